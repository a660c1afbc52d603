//! How the cluster's network is set up, as far as a request's way depends on it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::addresses::Family;
use super::kube_proxy::NodeView;
use crate::api::validation::parse_cidr_sloppy;
pub use crate::controllers::service_load_balancer::Provider;
use crate::store::config::ClusterConfig;

/// The rules that kube-proxy writes on each node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyMode {
    /// iptables, the default on Linux.
    #[default]
    Iptables,
    /// nftables.
    Nftables,
    /// IPVS, deprecated since Kubernetes 1.35.
    Ipvs,
}

impl ProxyMode {
    /// As in kube-proxy's configuration: `iptables`.
    pub fn name(self) -> &'static str {
        match self {
            ProxyMode::Iptables => "iptables",
            ProxyMode::Nftables => "nftables",
            ProxyMode::Ipvs => "ipvs",
        }
    }

    /// What the gate of a node is called: `iptables rules (kube-proxy)`.
    pub fn gate(self) -> &'static str {
        match self {
            ProxyMode::Iptables => "iptables rules (kube-proxy)",
            ProxyMode::Nftables => "nftables rules (kube-proxy)",
            ProxyMode::Ipvs => "IPVS rules (kube-proxy)",
        }
    }
}

/// How a virtual server of IPVS picks a real server: kube-proxy's `ipvs.scheduler`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheduler {
    /// Round robin: each in turn. The default.
    #[default]
    Rr,
    /// Weighted round robin.
    Wrr,
    /// Least connections.
    Lc,
    /// Weighted least connections.
    Wlc,
    /// Locality-based least connections.
    Lblc,
    /// Locality-based least connections with replication.
    Lblcr,
    /// Source hashing.
    Sh,
    /// Destination hashing.
    Dh,
    /// Shortest expected delay.
    Sed,
    /// Never queue.
    Nq,
    /// Maglev hashing.
    Mh,
}

impl Scheduler {
    /// All of them, in the order of kube-proxy's documentation.
    pub const ALL: [Scheduler; 11] = [
        Scheduler::Rr,
        Scheduler::Wrr,
        Scheduler::Lc,
        Scheduler::Wlc,
        Scheduler::Lblc,
        Scheduler::Lblcr,
        Scheduler::Sh,
        Scheduler::Dh,
        Scheduler::Sed,
        Scheduler::Nq,
        Scheduler::Mh,
    ];

    /// Its name, as `ipvsadm` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Scheduler::Rr => "rr",
            Scheduler::Wrr => "wrr",
            Scheduler::Lc => "lc",
            Scheduler::Wlc => "wlc",
            Scheduler::Lblc => "lblc",
            Scheduler::Lblcr => "lblcr",
            Scheduler::Sh => "sh",
            Scheduler::Dh => "dh",
            Scheduler::Sed => "sed",
            Scheduler::Nq => "nq",
            Scheduler::Mh => "mh",
        }
    }

    /// How it picks, as the end of a sentence: `each in turn`.
    pub fn way(self) -> &'static str {
        match self {
            Scheduler::Rr => "each in turn",
            Scheduler::Wrr => "each in turn, by weight",
            Scheduler::Lc => "the fewest connections",
            Scheduler::Wlc => "the fewest connections, by weight",
            Scheduler::Lblc => "the one that served this address, unless it is overloaded",
            Scheduler::Lblcr => "one of those that served this address, unless they are overloaded",
            Scheduler::Sh => "by a hash of the source address",
            Scheduler::Dh => "by a hash of the destination address",
            Scheduler::Sed => "the shortest expected delay",
            Scheduler::Nq => "one that is idle, else the shortest expected delay",
            Scheduler::Mh => "by Maglev hashing of source address and port",
        }
    }
}

/// The settings of the cluster's network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// kube-proxy's `mode`.
    pub proxy_mode: ProxyMode,
    /// kube-proxy's `ipvs.scheduler`, for the mode IPVS.
    pub ipvs_scheduler: Scheduler,
    /// kube-proxy's `nodePortAddresses`: networks, or `primary` for the node's own address. Empty for the default of
    /// the mode: every address of the node, with nftables the primary one alone.
    pub node_port_addresses: Vec<String>,
    /// Who gives Services of type LoadBalancer their load balancers.
    pub load_balancers: Provider,
    /// The domain of cluster DNS.
    pub cluster_domain: String,
    /// The ranges of Pod addresses.
    #[serde(skip)]
    pub pod_networks: Vec<IpNet>,
    /// The ranges of ClusterIPs.
    #[serde(skip)]
    pub service_networks: Vec<IpNet>,
}

impl Default for Settings {
    fn default() -> Settings {
        let config = ClusterConfig::dual_stack();
        Settings {
            proxy_mode: ProxyMode::default(),
            ipvs_scheduler: Scheduler::default(),
            node_port_addresses: Vec::new(),
            load_balancers: Provider::default(),
            cluster_domain: "cluster.local".to_owned(),
            pod_networks: config.pod_cidrs,
            service_networks: config.service_cidrs,
        }
    }
}

impl Settings {
    /// The addresses of a node on which node ports are served; `None` for all of them, those of loopback included
    /// where the mode can.
    // Models pkg/proxy/util/nodeport_addresses.go NodePortAddresses.GetNodeIPs and MatchAll
    pub fn node_port_ips(&self, node: &NodeView, family: Family) -> Option<Vec<IpAddr>> {
        let own = || node.addresses.iter().copied().filter(|ip| Family::of(*ip) == family);
        let primary = || node.address(family).into_iter().collect();
        if self.node_port_addresses.is_empty() {
            return (self.proxy_mode == ProxyMode::Nftables).then(primary);
        }
        if self.node_port_addresses.iter().any(|text| text == "primary") {
            return Some(primary());
        }
        let networks = self.node_port_addresses.iter().filter_map(|text| parse_cidr_sloppy(text));
        let networks: Vec<IpNet> = networks.map(|(_, network)| network).collect();
        let of_family = |network: &&IpNet| Family::of(network.addr()) == family;
        if networks.iter().filter(of_family).any(|network| network.prefix_len() == 0) {
            return None;
        }
        Some(own().filter(|ip| networks.iter().any(|network| network.contains(ip))).collect())
    }

    /// What is wrong with a text for [`Settings::node_port_addresses`]; `None` when it can be used.
    // Models pkg/proxy/apis/config/validation validateKubeProxyNodePortAddress
    pub fn refuses_node_port_addresses(addresses: &[String]) -> Option<String> {
        let bad = |text: &&String| *text != "primary" && parse_cidr_sloppy(text).is_none();
        match addresses {
            [_, _, ..] if addresses.iter().any(|text| text == "primary") => {
                Some("primary can only be used alone".to_owned())
            }
            _ => addresses.iter().find(bad).map(|text| {
                format!("{text:?} is not valid: must be a CIDR block such as 192.168.1.0/24, or primary")
            }),
        }
    }
}

impl std::fmt::Display for Settings {
    /// One sentence: `kube-proxy runs in mode ipvs with the scheduler rr; load balancers come from a cloud`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kube-proxy runs in mode {}", self.proxy_mode.name())?;
        if self.proxy_mode == ProxyMode::Ipvs {
            write!(f, " with the scheduler {}", self.ipvs_scheduler.name())?;
        }
        if !self.node_port_addresses.is_empty() {
            write!(f, ", node ports on {}", self.node_port_addresses.join(", "))?;
        }
        f.write_str("; load balancers come from ")?;
        f.write_str(match self.load_balancers {
            Provider::None => "nobody",
            Provider::Cloud => "a cloud",
            Provider::MetalLb => "MetalLB",
        })
    }
}
