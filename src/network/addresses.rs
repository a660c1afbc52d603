//! Who has which address on the board.
//!
//! ```text
//! internet 198.51.100.0/24 --- load balancers 203.0.113.0/24 --- nodes' network 192.168.1.0/24
//!                                                                 node-N 192.168.1.1N, Pods 10.244.N.0/24
//! ```
//! The Pod network is routed: Pods and nodes reach every Pod address unchanged. What leaves it is masqueraded to
//! the node's address. ClusterIPs exist only in the rules of the nodes.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;

/// The client on the internet.
pub const INTERNET_CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 23));
/// The public DNS resolver.
pub const PUBLIC_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 53));
/// The laptop on the nodes' network.
pub const LAPTOP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 50));
/// The network of the nodes' internal addresses; private, so the internet has no way to it.
pub const NODE_NETWORK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 1, 0), 24);
/// The address of the API server, on a machine of its own beside the nodes.
pub const API_SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 10));
/// The port of the API server.
pub const API_SERVER_PORT: u16 = 6443;
/// The ClusterIP of the cluster's DNS server, as kubeadm sets it.
pub const CLUSTER_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 96, 0, 10));
/// The network of the load balancers' addresses.
pub const LOAD_BALANCER_NETWORK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(203, 0, 113, 0), 24);
/// The first port that clients send from: the ephemeral range of IANA.
pub const FIRST_EPHEMERAL_PORT: u16 = 49152;

/// An IP family, as `spec.ipFamilies` spells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Family {
        if address.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// `IPv4` or `IPv6`.
    pub fn name(self) -> &'static str {
        match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }
}

/// `ip:port`, with brackets around an IPv6 address.
// Models net.JoinHostPort
pub fn join_host_port(ip: &str, port: impl std::fmt::Display) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}
