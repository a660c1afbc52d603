//! How the cluster was set up: what its administrator passed to the API server and kube-proxy.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::admission::port_allocator::PortRange;

/// The settings of the cluster that admission and the data plane depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterConfig {
    /// The ranges of cluster IPs (`--service-cluster-ip-range`): one, or one of each family. The first one's family
    /// is the family of Services that ask for none.
    pub service_cidrs: Vec<IpNet>,
    /// The range of node ports (`--service-node-port-range`).
    pub node_port_range: PortRange,
    /// The ranges of Pod addresses (`--cluster-cidr`), in the same order of families.
    pub pod_cidrs: Vec<IpNet>,
}

/// 10.96.0.0/12, what kubeadm sets up.
const SERVICE_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 96, 0, 0), 12);
/// 10.244.0.0/16, what most network plugins expect.
const POD_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 244, 0, 0), 16);
/// fd00:10:96::/112, the secondary range of cluster IPs that kind sets up.
const SERVICE_CIDR_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0x10, 0x96, 0, 0, 0, 0, 0), 112);
/// fd00:10:244::/56, the secondary range of Pod addresses that kind sets up.
const POD_CIDR_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0x10, 0x244, 0, 0, 0, 0, 0), 56);

impl Default for ClusterConfig {
    /// A cluster of IPv4 alone.
    fn default() -> ClusterConfig {
        ClusterConfig {
            service_cidrs: vec![SERVICE_CIDR.into()],
            node_port_range: PortRange::DEFAULT,
            pod_cidrs: vec![POD_CIDR.into()],
        }
    }
}

impl ClusterConfig {
    /// A dual-stack cluster: IPv4 first, IPv6 second.
    pub fn dual_stack() -> ClusterConfig {
        ClusterConfig {
            service_cidrs: vec![SERVICE_CIDR.into(), SERVICE_CIDR_V6.into()],
            pod_cidrs: vec![POD_CIDR.into(), POD_CIDR_V6.into()],
            ..ClusterConfig::default()
        }
    }
}
