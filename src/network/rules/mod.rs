//! The text of the rules that kube-proxy writes on a node: what `iptables-save`, `nft list` or `ipvsadm -Ln` would show
//! of it.

mod iptables;
mod ipvs;
mod nftables;
mod plan;

use std::net::IpAddr;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;

pub use self::iptables::iptables;
pub use self::ipvs::ipvs;
pub use self::nftables::nftables;
use super::addresses::Family;
use super::kube_proxy::{Endpoint, NodeView, ServicePort, endpoints, is_proxied, is_watched, service_ports};
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
    /// The address that node ports are served on with nftables, and that source ranges may let in.
    pub node_ip: Option<IpAddr>,
    /// The network by which it tells Pods from all else (`clusterCIDR`); without one it can not.
    pub pod_network: Option<IpNet>,
    /// The ranges of ClusterIPs.
    pub service_networks: Vec<IpNet>,
    /// Whether the kernel has the counters of `nfacct`.
    pub has_counters: bool,
}

/// A service port with all its endpoints, as kube-proxy keeps them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxied {
    /// The service port.
    pub port: ServicePort,
    /// Its endpoints, sorted by `ip:port` as text.
    pub endpoints: Vec<Endpoint>,
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
            let endpoints = endpoints(listed, &name, proxy.family, &proxy.node.name);
            all.push(Proxied { port, endpoints });
        }
    }
    all
}

/// The IPv4 rules on a node of the board, line by line: of one Service, or of all when `service` is `None`. Lines that
/// are about no Service are always among them.
pub fn rules(
    store: &Store,
    settings: &Settings,
    node: &NodeView,
    service: Option<&ObjectKey>,
) -> Vec<String> {
    let proxy = Proxy {
        node: node.clone(),
        family: Family::V4,
        node_ip: node.address(Family::V4),
        pod_network: settings.pod_networks.iter().copied().find(|network| network.addr().is_ipv4()),
        service_networks: settings
            .service_networks
            .iter()
            .copied()
            .filter(|network| network.addr().is_ipv4())
            .collect(),
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
        ProxyMode::Ipvs => ipvs(&proxied, &proxy),
    }
}
