//! What the process in a Pod listens on. The API does not know: a Pod listens on its containerPorts, on every address,
//! and answers 200 at once, unless annotations with the playground's own prefix say otherwise.

use std::net::{IpAddr, Ipv6Addr};

use k8s_openapi::api::core::v1::Pod;

/// The annotation that says what is listened on, in place of the containerPorts: `8080, 127.0.0.1:9090, 53/UDP`. Empty for
/// nothing at all.
pub const LISTEN_ANNOTATION: &str = "playground.endpoint/listen";
/// The annotation with the HTTP status that the process answers.
pub const STATUS_ANNOTATION: &str = "playground.endpoint/status";
/// The annotation with the milliseconds that the process takes to answer.
pub const DELAY_ANNOTATION: &str = "playground.endpoint/delay";

/// A socket that is listened on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Socket {
    /// The address that it is bound to; `None` for every address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
}

impl Socket {
    /// Whether a packet to this address comes to the socket, if the port is its own.
    pub fn takes(&self, destination: IpAddr) -> bool {
        match self.address {
            None => true,
            // A socket bound to :: takes IPv4 too, one bound to 0.0.0.0 takes nothing else.
            Some(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => true,
            Some(address) if address.is_unspecified() => destination.is_ipv4(),
            Some(address) => address == destination,
        }
    }
}

impl std::fmt::Display for Socket {
    /// As in the annotation: `127.0.0.1:8080`, `53/UDP`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.address {
            None => write!(f, "{}", self.port)?,
            Some(address) => write!(f, "{}", std::net::SocketAddr::new(address, self.port))?,
        }
        if self.protocol == "TCP" { Ok(()) } else { write!(f, "/{}", self.protocol) }
    }
}

/// Reads the annotation [`LISTEN_ANNOTATION`]; the error is a whole sentence.
pub fn parse_sockets(text: &str) -> Result<Vec<Socket>, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_socket).collect()
}

fn parse_socket(text: &str) -> Result<Socket, String> {
    let bad = || format!("{text:?} is not a socket. Expected a port such as 8080, 127.0.0.1:8080 or 53/UDP.");
    let (place, protocol) = match text.split_once('/') {
        None => (text, "TCP"),
        Some((place, name)) => {
            let known = ["TCP", "UDP", "SCTP"].into_iter().find(|known| known.eq_ignore_ascii_case(name));
            (place, known.ok_or_else(bad)?)
        }
    };
    let (address, port) = match place.rsplit_once(':') {
        None => (None, place),
        Some((host, port)) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            (Some(host.parse().map_err(|_| bad())?), port)
        }
    };
    let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(bad)?;
    Ok(Socket { address, port, protocol })
}

fn annotation<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    pod.metadata.annotations.as_ref()?.get(name).map(String::as_str)
}

/// What the annotation says is listened on; `None` where it is not there or can not be read.
pub fn sockets(pod: &Pod) -> Option<Vec<Socket>> {
    parse_sockets(annotation(pod, LISTEN_ANNOTATION)?).ok()
}

/// The HTTP status that the process answers: 200, or what the annotation says if that is one.
pub fn status(pod: &Pod) -> u16 {
    let told = annotation(pod, STATUS_ANNOTATION).and_then(|text| text.trim().parse().ok());
    told.filter(|status| (200..=599).contains(status)).unwrap_or(200)
}

/// The milliseconds that the process takes to answer; at most an hour.
pub fn delay(pod: &Pod) -> u64 {
    let told = annotation(pod, DELAY_ANNOTATION).and_then(|text| text.trim().parse::<u64>().ok());
    told.unwrap_or(0).min(3_600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[&str], &str>) {
        let got =
            parse_sockets(text).map(|sockets| sockets.iter().map(Socket::to_string).collect::<Vec<_>>());
        let expected = expected.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        assert_eq!(got, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn sockets_are_read_as_they_are_written() {
        check("8080, 127.0.0.1:9090 ,53/udp", Ok(&["8080", "127.0.0.1:9090", "53/UDP"]));
        check("[::1]:8080", Ok(&["[::1]:8080"]));
        check("", Ok(&[]));
        let expected = "Expected a port such as 8080, 127.0.0.1:8080 or 53/UDP.";
        for text in ["http", "0", "70000", "80/ICMP", "localhost:80"] {
            check(text, Err(&format!("{text:?} is not a socket. {expected}")));
        }
    }

    #[test]
    fn a_socket_on_loopback_is_not_reached_from_outside() {
        let socket = |text: &str| parse_sockets(text).unwrap().remove(0);
        let (pod, v6) = (IpAddr::from([10, 244, 1, 7]), "fd00::7".parse().unwrap());
        assert!(!socket("127.0.0.1:80").takes(pod));
        assert!(socket("127.0.0.1:80").takes(IpAddr::from([127, 0, 0, 1])));
        assert!(socket("0.0.0.0:80").takes(pod) && !socket("0.0.0.0:80").takes(v6));
        assert!(socket("[::]:80").takes(pod) && socket("80").takes(v6));
    }
}
