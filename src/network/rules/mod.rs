//! The text of the rules that kube-proxy writes on a node: what `iptables-save`, `nft list` or `ipvsadm -Ln` would show
//! of it.

mod iptables;
mod ipvs;
mod meaning;
mod nftables;
mod plan;
pub mod taken;
mod taken_nftables;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;

pub use self::iptables::iptables;
pub use self::ipvs::ipvs;
pub use self::nftables::nftables;
pub use self::taken::Packet;
use super::addresses::Family;
use super::kernel::Kernels;
pub use super::kube_proxy::Proxied;
use super::kube_proxy::{NodeView, endpoints, is_proxied, is_watched, service_ports};
use super::settings::{ProxyMode, Settings};
use crate::api::ObjectKey;
use crate::store::Store;

/// What kube-proxy on one node knows and was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxy {
    /// The node.
    pub node: NodeView,
    /// The IP family of this proxier; each family has its own.
    pub family: Family,
    /// The node's own address, which source ranges may let in.
    pub node_ip: Option<IpAddr>,
    /// The addresses that node ports are served on; `None` for all of the node's.
    pub node_port_ips: Option<Vec<IpAddr>>,
    /// The network by which it tells Pods from all else (`clusterCIDR`); without one it can not.
    pub pod_network: Option<IpNet>,
    /// The ranges of ClusterIPs.
    pub service_networks: Vec<IpNet>,
    /// Whether the kernel has the counters of `nfacct`.
    pub has_counters: bool,
}

/// The service ports of these Services with their endpoints, in the order of their names.
pub fn proxied<'a>(
    services: impl IntoIterator<Item = &'a Service>,
    slices: impl Fn(&Service) -> Vec<&'a EndpointSlice>,
    proxy: &Proxy,
) -> Vec<Proxied> {
    let mut all = Vec::new();
    for service in services {
        let watched: Vec<&EndpointSlice> = slices(service);
        for (name, port) in service_ports(service, proxy.family) {
            let listed = watched.iter().copied();
            let endpoints = endpoints(listed, &name, proxy.family);
            all.push(Proxied { port, endpoints });
        }
    }
    all
}

/// A line of the rules, what it does, and whether a packet took it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleLine {
    /// The line.
    pub text: String,
    /// What it does, in one sentence.
    pub meaning: String,
    /// The place of the line on the packet's way, from 1; `None` when the packet did not take it.
    pub step: Option<usize>,
}

impl RuleLine {
    /// Whether the packet took it: it matched, and something was done by it.
    pub fn is_taken(&self) -> bool {
        self.step.is_some()
    }
}

/// The rules of one family on a node of the board, line by line: of one Service, or of all when `service` is `None`.
/// Lines that are about no Service are always among them.
pub fn rules(
    store: &Store,
    settings: &Settings,
    kernels: &Kernels,
    node: &NodeView,
    service: Option<&ObjectKey>,
    family: Family,
) -> Vec<String> {
    let of_family = |networks: &[IpNet]| -> Vec<IpNet> {
        networks.iter().copied().filter(|network| Family::of(network.addr()) == family).collect()
    };
    let proxy = Proxy {
        node: node.clone(),
        family,
        node_ip: node.address(family),
        node_port_ips: settings.node_port_ips(node, family),
        pod_network: of_family(&settings.pod_networks).first().copied(),
        service_networks: of_family(&settings.service_networks),
        has_counters: false,
    };
    let services = store.objects_of(crate::api::Kind::Service);
    let services = services.filter(|object| service.is_none_or(|key| object.key == *key));
    let services = services.filter_map(|object| object.get::<Service>()).map(|service| &**service);
    let slices = |service: &Service| -> Vec<&EndpointSlice> {
        let namespace = service.metadata.namespace.as_deref().unwrap_or("");
        let name = service.metadata.name.as_deref().unwrap_or("");
        store.slices_of(namespace, name).map(|slice| &**slice).filter(|slice| is_watched(slice)).collect()
    };
    let proxied = proxied(services.filter(|service| is_proxied(service)), slices, &proxy);
    match settings.proxy_mode {
        ProxyMode::Iptables => iptables(&proxied, &proxy),
        ProxyMode::Nftables => nftables(&proxied, &proxy),
        ProxyMode::Ipvs => ipvs(&proxied, &proxy, settings.ipvs_scheduler, kernels),
    }
}

/// The same lines with their meaning, and marks on those that the packets took.
pub fn told(lines: Vec<String>, mode: ProxyMode, node: &NodeView, packets: &[Packet]) -> Vec<RuleLine> {
    let mut taken: Vec<usize> = Vec::new();
    for line in packets.iter().flat_map(|packet| taken::taken(&lines, mode, node, packet).lines) {
        if !taken.contains(&line) {
            taken.push(line);
        }
    }
    let mut told: Vec<RuleLine> = Vec::with_capacity(lines.len());
    let mut server = String::new();
    for (index, text) in lines.into_iter().enumerate() {
        if !text.starts_with("  ->") {
            server.clone_from(&text);
        }
        let meaning = meaning::meaning(&text, mode, &server);
        told.push(RuleLine {
            meaning,
            step: taken.iter().position(|line| *line == index).map(|place| place + 1),
            text,
        });
    }
    told
}
