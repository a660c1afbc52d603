//! What the rules of kube-proxy on one node do with the first packet of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Node;

use super::chains::Chains;
use super::endpoint::Endpoint;
use super::known::{Known, Proxied};
use super::service_port::{ServicePort, ServicePortName, is_proxied, service_ports};
use super::topology::{Categories, TopologyMode, categorize_endpoints};
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey, Random};
use crate::network::addresses::Family;
use crate::network::kernel::{Choice, Kernels, VirtualServer, draw};
use crate::network::settings::{ProxyMode, Settings};
use crate::store::Store;

/// Where a packet comes from, as the rules tell it apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// From a Pod, with the Pod's own address.
    Pod,
    /// From a process on this node.
    Node,
    /// From anywhere else: another node, a load balancer, the world outside.
    Outside,
}

/// The first packet of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The source address.
    pub source: SocketAddr,
    /// The destination address.
    pub destination: SocketAddr,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// Where it comes from.
    pub origin: Origin,
}

/// What kube-proxy knows of the node it runs on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeView {
    /// `metadata.name`.
    pub name: String,
    /// The label `topology.kubernetes.io/zone`; empty when there is none.
    pub zone: String,
    /// The node's internal and external addresses, in the order of its status.
    pub addresses: Vec<IpAddr>,
}

impl NodeView {
    /// The node as its object shows it.
    pub fn new(node: &Node) -> NodeView {
        let labels = node.metadata.labels.as_ref();
        let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
        NodeView {
            name: node.metadata.name.clone().unwrap_or_default(),
            zone: labels
                .and_then(|labels| labels.get("topology.kubernetes.io/zone"))
                .cloned()
                .unwrap_or_default(),
            addresses: addresses
                .filter(|address| matches!(address.type_.as_str(), "InternalIP" | "ExternalIP"))
                .filter_map(|address| parse_ip_sloppy(&address.address))
                .collect(),
        }
    }

    /// The address that the node puts in place of a source when it masquerades; `None` when it has none of the family.
    pub fn address(&self, family: Family) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| Family::of(*address) == family)
    }
}

/// By which of its addresses a service port was matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `spec.clusterIP`.
    ClusterIp,
    /// One of `spec.externalIPs`.
    ExternalIp,
    /// The address of the load balancer.
    LoadBalancerIp,
    /// The node port on an address of this node.
    NodePort,
}

/// The traffic policy that chose among the endpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// All endpoints.
    Cluster,
    /// Endpoints on this node.
    Local,
}

/// Why the source is rewritten to the node's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Masquerade {
    /// `externalTrafficPolicy: Cluster`: the endpoint may be on another node, and its answer must come back here.
    ExternalTrafficPolicyCluster,
    /// The ClusterIP was called from outside the Pod network.
    OutsidePodNetwork,
    /// A process on this node called an external address of the Service.
    LocalSource,
    /// The client is the chosen endpoint itself.
    Hairpin,
}

/// A packet that goes to an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// The service port that was matched.
    pub port: Arc<ServicePortName>,
    /// Its `spec.ports[].port`.
    pub number: i32,
    /// By which address.
    pub way: Way,
    /// The policy that chose.
    pub policy: Policy,
    /// The endpoint: the destination is rewritten to it.
    pub endpoint: Endpoint,
    /// How many endpoints could have been chosen.
    pub candidates: u64,
    /// Whether these are serving terminating endpoints, because none is ready.
    pub falls_back: bool,
    /// How topology hints narrowed the choice.
    pub topology: TopologyMode,
    /// Whether `sessionAffinity: ClientIP` kept the client with the endpoint that it had before.
    pub is_kept: bool,
    /// The virtual server that took the connection, with IPVS.
    pub server: Option<VirtualServer>,
    /// Why the source is rewritten; `None` when it is kept.
    pub masquerade: Option<Masquerade>,
    /// The chains that did it.
    pub chains: Chains,
}

/// A packet that is refused: the client hears it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reject {
    /// The service port has no usable endpoint anywhere in the cluster.
    NoEndpoints(Arc<ServicePortName>, Way),
    /// The address is this Service's ClusterIP, and the Service has no such port.
    InvalidPort(ObjectKey),
}

/// A packet that is dropped: the client hears nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Drop {
    /// There are endpoints, but the policy Local is in force and none of them is on this node.
    NoLocalEndpoints(Arc<ServicePortName>, Way),
    /// The source is not in `loadBalancerSourceRanges`.
    SourceRanges(Arc<ServicePortName>),
    /// The address is in the range of ClusterIPs and no Service has it.
    Unallocated,
}

/// What the rules do with a packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No rule is about this destination: the packet goes on as it is.
    NotAService,
    /// To an endpoint.
    Forward(Box<Forward>),
    /// Refused.
    Reject(Reject),
    /// Dropped.
    Drop(Drop),
}

/// What the rules on `node` do with a packet that comes to it or begins on it.
///
/// A destination is looked for among ClusterIPs, then external IPs, then load balancers' addresses, then, if it is an
/// address of this node, among node ports. Then, in this order:
/// - no usable endpoint anywhere: rejected (with nftables this comes after the next);
/// - the source is outside `loadBalancerSourceRanges`: dropped;
/// - policy Local and none on this node: dropped;
/// - else one of the usable endpoints: with `sessionAffinity: ClientIP` the one that the client was sent to less than
///   the timeout ago, as long as it is usable; else one drawn from `random`, or with IPVS the scheduler's.
///
/// Traffic from Pods and from the node itself to an external address follows the policy Cluster whatever
/// `externalTrafficPolicy` says, as if it had gone out to a load balancer and come in again. IPVS makes no such
/// difference: a virtual server has the endpoints on this node, or all of them where none is.
// Models pkg/proxy/iptables/proxier.go, pkg/proxy/nftables/proxier.go and pkg/proxy/ipvs/proxier.go syncProxyRules
pub fn decide(
    store: &Store,
    settings: &Settings,
    node: &NodeView,
    packet: &Packet,
    kernels: &mut Kernels,
    random: &mut Random,
) -> Verdict {
    let Some((proxied, way)) = matched_port(store, settings, node, packet, &mut kernels.known) else {
        return without_rule(store, settings, packet);
    };
    let port = &proxied.port;
    let source = packet.source.ip();
    let categories = categorize_endpoints(&proxied.endpoints, port, &node.name, &node.zone);
    let is_kept_out = way == Way::LoadBalancerIp
        && !port.source_ranges.is_empty()
        && !port.source_ranges.iter().any(|range| range.contains(&source));
    // Only nftables looks at the source before it looks for endpoints.
    if is_kept_out && (categories.has_any || settings.proxy_mode == ProxyMode::Nftables) {
        return Verdict::Drop(Drop::SourceRanges(port.name.clone()));
    }
    if !categories.has_any {
        return Verdict::Reject(Reject::NoEndpoints(port.name.clone(), way));
    }
    let is_ipvs = settings.proxy_mode == ProxyMode::Ipvs;
    let policy = match way {
        Way::ClusterIp if port.internal_policy_local => Policy::Local,
        Way::ClusterIp => Policy::Cluster,
        _ if port.external_policy_local && (is_ipvs || packet.origin == Origin::Outside) => Policy::Local,
        _ => Policy::Cluster,
    };
    // A virtual server for which no endpoint is on this node takes the others. What comes from outside reaches them
    // with its own source, so the answer comes from an address that the client did not call.
    let takes_others = is_ipvs && policy == Policy::Local && categories.local.is_empty();
    if takes_others && way != Way::ClusterIp && packet.origin == Origin::Outside {
        return Verdict::Drop(Drop::NoLocalEndpoints(port.name.clone(), way));
    }
    let policy = if takes_others { Policy::Cluster } else { policy };
    let candidates = match policy {
        Policy::Cluster => &categories.cluster,
        Policy::Local => &categories.local,
    };
    let server = is_ipvs.then(|| VirtualServer {
        node: node.name.clone(),
        protocol: packet.protocol,
        address: packet.destination,
    });
    // The kernel's tables stand on each node, and with IPVS each virtual server has one of its own.
    let table = match (&server, port.affinity_seconds) {
        (_, None) => String::new(),
        (Some(server), _) => format!("{} {}", server.protocol, server.address),
        (None, _) => port.name.table(),
    };
    let choice =
        Choice { node: &node.name, table: &table, client: source, affinity_seconds: port.affinity_seconds };
    let kept = kernels.kept(candidates, &choice);
    let chosen = kept.or_else(|| match &server {
        Some(server) => kernels.schedule(server, settings.ipvs_scheduler, candidates, packet.source),
        None => draw(candidates, random),
    });
    let Some(endpoint) = chosen else {
        return match settings.proxy_mode {
            // A virtual server without real servers answers with an ICMP error.
            ProxyMode::Ipvs => Verdict::Reject(Reject::NoEndpoints(port.name.clone(), way)),
            _ => Verdict::Drop(Drop::NoLocalEndpoints(port.name.clone(), way)),
        };
    };
    kernels.note(endpoint, &choice);
    let endpoint = endpoint.clone();
    if let Some(server) = &server {
        kernels.opened(server, &endpoint.address());
    }
    let is_kept = kept.is_some();
    Verdict::Forward(Box::new(Forward {
        candidates: candidates.len() as u64,
        falls_back: falls_back(&categories, policy),
        topology: if policy == Policy::Cluster { categories.topology } else { TopologyMode::None },
        is_kept,
        server,
        masquerade: masquerade(port, way, packet, &endpoint, is_ipvs),
        chains: Chains {
            mode: settings.proxy_mode,
            port: port.name.clone(),
            keeps_clients: port.affinity_seconds.is_some(),
            way,
            policy,
            endpoint: (endpoint.ip.clone(), endpoint.port),
        },
        endpoint,
        number: port.port,
        port: port.name.clone(),
        way,
        policy,
    }))
}

fn falls_back(categories: &Categories, policy: Policy) -> bool {
    match policy {
        Policy::Cluster => categories.cluster_falls_back,
        Policy::Local => categories.local_falls_back,
    }
}

/// The service port that a destination leads to on this node, with its endpoints.
fn matched_port(
    store: &Store,
    settings: &Settings,
    node: &NodeView,
    packet: &Packet,
    known: &mut Known,
) -> Option<(Arc<Proxied>, Way)> {
    let ip = packet.destination.ip();
    let number = i32::from(packet.destination.port());
    let family = Family::of(ip);
    let mut best: Option<(Arc<Proxied>, Way)> = None;
    for (key, service) in store.services_at(ip).filter(|(_, service)| is_proxied(service)) {
        for proxied in known.ports(store, key, service, family).iter() {
            let port = &proxied.port;
            if port.port != number || port.name.protocol != packet.protocol {
                continue;
            }
            let way = if port.cluster_ip == Some(ip) {
                Way::ClusterIp
            } else if port.external_ips.contains(&ip) {
                Way::ExternalIp
            } else if port.load_balancer_vips.contains(&ip) {
                Way::LoadBalancerIp
            } else {
                continue;
            };
            if best.as_ref().is_none_or(|(_, other)| (way as u8) < (*other as u8)) {
                best = Some((proxied.clone(), way));
            }
        }
    }
    if best.is_some() || !serves_node_ports(settings, node, packet) {
        return best;
    }
    let mut services = store.services_at_node_port(number).filter(|(_, service)| is_proxied(service));
    services.find_map(|(key, service)| {
        let ports = known.ports(store, key, service, family);
        let is_it = |port: &ServicePort| port.node_port == number && port.name.protocol == packet.protocol;
        let found = ports.iter().find(|proxied| is_it(&proxied.port))?;
        Some((found.clone(), Way::NodePort))
    })
}

/// Whether node ports are served on the destination address. On loopback only iptables does so, for IPv4, and only
/// where `nodePortAddresses` takes in every address.
fn serves_node_ports(settings: &Settings, node: &NodeView, packet: &Packet) -> bool {
    let ip = packet.destination.ip();
    let is_served = match settings.node_port_ips(node, Family::of(ip)) {
        Some(ips) => return ips.contains(&ip),
        None => node.addresses.contains(&ip),
    };
    let is_local =
        packet.origin == Origin::Node && settings.proxy_mode == ProxyMode::Iptables && ip.is_ipv4();
    is_served || ip.is_loopback() && is_local
}

/// What happens to a destination that is no service port. iptables has no rule for it; nftables refuses other ports of
/// a ClusterIP and drops what goes to a ClusterIP that no Service has; IPVS refuses other ports.
// Models pkg/proxy/nftables/proxier.go cluster-ips-check
fn without_rule(store: &Store, settings: &Settings, packet: &Packet) -> Verdict {
    if settings.proxy_mode == ProxyMode::Iptables {
        return Verdict::NotAService;
    }
    let ip = packet.destination.ip();
    let family = Family::of(ip);
    for (key, service) in store.services_at(ip).filter(|(_, service)| is_proxied(service)) {
        if service_ports(service, family).values().any(|port| port.cluster_ip == Some(ip)) {
            return Verdict::Reject(Reject::InvalidPort(key.clone()));
        }
    }
    let is_virtual = settings.service_networks.iter().any(|network| network.contains(&ip));
    if is_virtual && settings.proxy_mode == ProxyMode::Nftables {
        Verdict::Drop(Drop::Unallocated)
    } else {
        Verdict::NotAService
    }
}

fn masquerade(
    port: &ServicePort,
    way: Way,
    packet: &Packet,
    endpoint: &Endpoint,
    is_ipvs: bool,
) -> Option<Masquerade> {
    if endpoint.ip_address() == Some(packet.source.ip()) {
        return Some(Masquerade::Hairpin);
    }
    match (way, packet.origin) {
        (Way::ClusterIp, Origin::Pod) => None,
        (Way::ClusterIp, _) => Some(Masquerade::OutsidePodNetwork),
        _ if !port.external_policy_local => Some(Masquerade::ExternalTrafficPolicyCluster),
        (_, Origin::Node) if !is_ipvs => Some(Masquerade::LocalSource),
        _ => None,
    }
}

impl ServicePortName {
    /// The name of the table that keeps clients with their endpoints, on each node.
    pub fn table(&self) -> String {
        format!("{self} {}", self.protocol)
    }

    /// The Service to which the port belongs.
    pub fn service(&self) -> ObjectKey {
        ObjectKey::new(Kind::Service, self.namespace.as_str(), self.name.as_str())
    }
}
