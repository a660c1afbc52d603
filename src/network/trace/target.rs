//! The target of a request, as a person types it: a URL, or `host:port`.

use std::net::{IpAddr, Ipv6Addr};

use crate::api::validation::parse_ip_sloppy;

/// What is spoken over the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// HTTP over TCP.
    Http,
    /// HTTP over TLS over TCP.
    Https,
    /// A plain TCP connection.
    Tcp,
    /// A datagram and its answer.
    Udp,
    /// A plain SCTP connection.
    Sctp,
}

impl Scheme {
    /// The protocol as a Service port spells it.
    pub fn protocol(self) -> &'static str {
        match self {
            Scheme::Http | Scheme::Https | Scheme::Tcp => "TCP",
            Scheme::Udp => "UDP",
            Scheme::Sctp => "SCTP",
        }
    }

    /// Whether a server answers with an HTTP status.
    pub fn is_http(self) -> bool {
        matches!(self, Scheme::Http | Scheme::Https)
    }

    /// As in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Tcp => "tcp",
            Scheme::Udp => "udp",
            Scheme::Sctp => "sctp",
        }
    }

    fn default_port(self) -> Option<u16> {
        match self {
            Scheme::Http => Some(80),
            Scheme::Https => Some(443),
            _ => None,
        }
    }
}

/// Where a request goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Host {
    /// A name to be resolved.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// A target that can be sent to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// What is spoken.
    pub scheme: Scheme,
    /// The host as typed, without brackets.
    pub host: Host,
    /// The port, the scheme's own when none was typed.
    pub port: u16,
    /// The path with the query, `/` when none was typed.
    pub path: String,
    /// The headers that were typed behind the URL as curl takes them: `-H 'version: two'`.
    pub headers: Vec<(String, String)>,
}

/// What a target may look like, for messages.
const EXPECTED: &str = "a URL such as http://web.shop/cart, or host:port such as db-0.db:5432";

/// Reads a target. `http://` is assumed for a host without a port, as curl does; `host:port` alone is a plain TCP
/// connection. The error is a whole sentence that says what was expected.
pub fn parse(text: &str) -> Result<Target, String> {
    let (text, headers) = split_headers(text)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("Nothing was typed. Expected {EXPECTED}."));
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(parse_scheme(scheme)?), rest),
        None => (None, text),
    };
    let split = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(split);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = split_port(authority)?;
    let scheme = scheme.unwrap_or(if port.is_some() && path.is_empty() { Scheme::Tcp } else { Scheme::Http });
    let port = match port {
        Some(port) => parse_port(port)?,
        None => scheme
            .default_port()
            .ok_or_else(|| format!("{}:// needs a port, such as {host}:5432.", scheme.name()))?,
    };
    let path = path.split('#').next().unwrap_or("");
    let path = match path.chars().next() {
        None => "/".to_owned(),
        Some('/') => path.to_owned(),
        Some(_) => format!("/{path}"),
    };
    Ok(Target { scheme, host: parse_host(host)?, port, path, headers })
}

/// A URL and the headers behind it.
type WithHeaders<'a> = (&'a str, Vec<(String, String)>);

/// Takes the options `-H 'NAME: VALUE'` off the end of a target.
fn split_headers(text: &str) -> Result<WithHeaders<'_>, String> {
    let mut parts = text.split(" -H ");
    let url = parts.next().unwrap_or_default();
    let headers = parts.map(|part| {
        let part = part.trim();
        let bare = ['\'', '"'].iter().find_map(|quote| part.strip_prefix(*quote)?.strip_suffix(*quote));
        let header = bare.unwrap_or(part).split_once(':');
        let header = header.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        header
            .filter(|(name, _)| !name.is_empty() && !name.contains(' '))
            .ok_or_else(|| format!("{part} is not a header. Expected -H 'NAME: VALUE', as curl takes it."))
    });
    Ok((url, headers.collect::<Result<_, _>>()?))
}

fn parse_scheme(text: &str) -> Result<Scheme, String> {
    match text.to_ascii_lowercase().as_str() {
        "http" | "ws" | "grpc" => Ok(Scheme::Http),
        "https" | "wss" => Ok(Scheme::Https),
        "tcp" => Ok(Scheme::Tcp),
        "udp" => Ok(Scheme::Udp),
        "sctp" => Ok(Scheme::Sctp),
        _ => Err(format!("{text}:// is not known. Expected http, https, tcp, udp or sctp.")),
    }
}

/// Splits `host:port`, `[v6]:port`, `host`, `[v6]` or a bare IPv6 address.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) =
            rest.split_once(']').ok_or_else(|| format!("{authority} lacks the closing ]."))?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(format!("After ] only a port may follow, as in [{host}]:80.")),
        };
    }
    // A host with its port has one colon; a bare IPv6 address has more.
    if authority.matches(':').count() > 1 && authority.parse::<Ipv6Addr>().is_ok() {
        return Ok((authority, None));
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err(format!("{authority} is not a host. An IPv6 address stands in brackets, as in [fd00::1]:80."))
        }
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => Err(format!("{text:?} is not a port. Expected a number from 1 to 65535.")),
    }
}

fn parse_host(text: &str) -> Result<Host, String> {
    if text.is_empty() {
        return Err(format!("The host is missing. Expected {EXPECTED}."));
    }
    if let Some(address) = parse_ip_sloppy(text) {
        return Ok(Host::Address(address));
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let labels_fit =
        text.trim_end_matches('.').split('.').all(|label| !label.is_empty() && label.len() <= 63);
    if !text.bytes().all(known) || !labels_fit || text.len() > 253 {
        return Err(format!("{text:?} is not a host name or address. Expected {EXPECTED}."));
    }
    Ok(Host::Name(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let got = match parse(text) {
            Ok(target) => {
                let host = match &target.host {
                    Host::Name(name) => format!("name {name}"),
                    Host::Address(address) => format!("address {address}"),
                };
                format!("{} {host} {} {}", target.scheme.name(), target.port, target.path)
            }
            Err(message) => message,
        };
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn url_and_host_with_port_are_targets() {
        check("http://web.shop/cart?x=1#top", "http name web.shop 80 /cart?x=1");
        check("https://shop.example", "https name shop.example 443 /");
        check("web", "http name web 80 /");
        check("web:8080", "tcp name web 8080 /");
        check("web:8080/cart", "http name web 8080 /cart");
        check("tcp://db-0.db:5432", "tcp name db-0.db 5432 /");
        check("udp://[fd00::1]:53", "udp address fd00::1 53 /");
        check("http://[fd00::1]", "http address fd00::1 80 /");
        check("10.96.0.1:443", "tcp address 10.96.0.1 443 /");
        check("http://user:secret@web/", "http name web 80 /");
    }

    #[test]
    fn headers_stand_behind_the_url_as_curl_takes_them() {
        let target =
            parse("http://web/ -H 'Version: two' -H \"Host: shop.example\" -H a:b").expect("it is good");
        let headers: Vec<String> =
            target.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(headers, ["Version=two", "Host=shop.example", "a=b"]);
        check("http://web/ -H 'Version: two'", "http name web 80 /");
        check("http://web/ -H two", "two is not a header. Expected -H 'NAME: VALUE', as curl takes it.");
    }

    #[test]
    fn bad_target_says_what_was_expected() {
        check(
            "  ",
            "Nothing was typed. Expected a URL such as http://web.shop/cart, or host:port such as db-0.db:5432.",
        );
        check("ftp://web", "ftp:// is not known. Expected http, https, tcp, udp or sctp.");
        check("tcp://db", "tcp:// needs a port, such as db:5432.");
        check("web:http", "\"http\" is not a port. Expected a number from 1 to 65535.");
        check("web:0", "\"0\" is not a port. Expected a number from 1 to 65535.");
        check(
            "fd00::1:80:zz",
            "fd00::1:80:zz is not a host. An IPv6 address stands in brackets, as in [fd00::1]:80.",
        );
        check("[fd00::1:80", "[fd00::1:80 lacks the closing ].");
        check(
            "http://my web/",
            "\"my web\" is not a host name or address. Expected a URL such as http://web.shop/cart, or host:port such as \
             db-0.db:5432.",
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_target_or_is_told_what_was_expected(text in "(http://|udp://|)[\\[\\]:a-z0-9./@é -]{0,20}") {
            if let Err(message) = parse(&text) {
                proptest::prop_assert!(message.ends_with('.'), "{message}");
            }
        }
    }
}
