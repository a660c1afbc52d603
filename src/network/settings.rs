//! How the cluster's network is set up, as far as a request's way depends on it.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

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
    /// What the gate of a node is called: `iptables rules (kube-proxy)`.
    pub fn gate(self) -> &'static str {
        match self {
            ProxyMode::Iptables => "iptables rules (kube-proxy)",
            ProxyMode::Nftables => "nftables rules (kube-proxy)",
            ProxyMode::Ipvs => "IPVS rules (kube-proxy)",
        }
    }
}

/// The settings of the cluster's network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// kube-proxy's `mode`.
    pub proxy_mode: ProxyMode,
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
            cluster_domain: "cluster.local".to_owned(),
            pod_networks: config.pod_cidrs,
            service_networks: config.service_cidrs,
        }
    }
}
