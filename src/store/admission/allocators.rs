//! The pools that Services draw from.

use std::net::IpAddr;

use super::ip_allocator::IpAllocator;
use super::port_allocator::{PortAllocator, PortRange};
use crate::store::config::ClusterConfig;

/// The family of an address as `ipFamilies` spells it.
pub fn family_of(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// The family that is not `family`.
pub fn other_family(family: &str) -> &'static str {
    if family == "IPv4" { "IPv6" } else { "IPv4" }
}

// Models pkg/registry/core/service/storage/alloc.go Allocators
/// The cluster IPs of each family, the default one first, and the node ports. Clones share everything.
#[derive(Clone, Debug)]
pub struct Allocators {
    cluster_ips: Vec<IpAllocator>,
    /// The node ports.
    pub node_ports: PortAllocator,
}

impl Default for Allocators {
    /// Pools without any cluster IP.
    fn default() -> Allocators {
        Allocators { cluster_ips: Vec::new(), node_ports: PortAllocator::new(PortRange::DEFAULT) }
    }
}

impl Allocators {
    /// Empty pools for a cluster. The error is the API server's for a range of cluster IPs that is too large.
    pub fn new(config: &ClusterConfig) -> Result<Allocators, String> {
        let cluster_ips = config.service_cidrs.iter().map(|cidr| IpAllocator::new(*cidr));
        Ok(Allocators {
            cluster_ips: cluster_ips.collect::<Result<_, _>>()?,
            node_ports: PortAllocator::new(config.node_port_range),
        })
    }

    /// The family of Services that ask for none.
    pub fn default_family(&self) -> &'static str {
        self.cluster_ips.first().map_or("IPv4", |ips| family_of(ips.cidr().network()))
    }

    /// How many families the cluster has.
    pub fn families(&self) -> usize {
        self.cluster_ips.len()
    }

    /// Whether the cluster has cluster IPs of the family.
    pub fn has_family(&self, family: &str) -> bool {
        self.cluster_ips.iter().any(|ips| family_of(ips.cidr().network()) == family)
    }

    /// The cluster IPs of a family.
    pub fn cluster_ips(&self, family: &str) -> Option<&IpAllocator> {
        self.cluster_ips.iter().find(|ips| family_of(ips.cidr().network()) == family)
    }

    /// The cluster IPs of a family, to draw from.
    pub fn cluster_ips_mut(&mut self, family: &str) -> Option<&mut IpAllocator> {
        self.cluster_ips.iter_mut().find(|ips| family_of(ips.cidr().network()) == family)
    }
}
