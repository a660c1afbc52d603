//! How a connection to a load balancer's address comes to a node, by provider.
//!
//! - The cloud's is a NAT load balancer, as many clouds' are: it sends each connection to one healthy node, rewrites
//!   the destination to the node's address and node port, and keeps the client's address. A Service without node ports
//!   (`allocateLoadBalancerNodePorts: false`) is passed through: the destination stays, and kube-proxy on the node
//!   matches the load balancer's address.
//! - MetalLB in layer 2 mode has no machine of its own: one node answers for the address on the nodes' network, takes
//!   every connection, and kube-proxy there matches the address, which stays the destination.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use crate::api::Random;
use crate::network::addresses::Family;
use crate::network::kube_proxy::{NodeView, load_balancer_ingress, sha256, source_ranges};
use crate::store::Store;

/// The label that keeps a node out of every load balancer.
pub const EXCLUDE_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// Where a cloud's load balancer sends a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Balanced {
    /// The node.
    pub node: NodeView,
    /// The destination on the way to the node: node address and node port, or unchanged when passed through.
    pub destination: SocketAddr,
    /// How many nodes are healthy.
    pub healthy: usize,
    /// How many nodes the load balancer has, healthy or not.
    pub nodes: usize,
    /// Whether a node is healthy only with a ready endpoint of the Service: `externalTrafficPolicy: Local`.
    pub is_local: bool,
}

/// Why a load balancer drops a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The Service has no port of this number and protocol, so nothing is forwarded.
    NoSuchPort,
    /// The client is not in `spec.loadBalancerSourceRanges`, which clouds enforce at the load balancer.
    SourceRanges,
    /// No node passes the health check; with `is_local` because no node has a ready endpoint.
    NoHealthyNode {
        /// Whether the check asks for a local ready endpoint.
        is_local: bool,
    },
}

/// The node to which the load balancer of `service` sends a connection to `destination`; each healthy node is as likely
/// as the others.
///
/// A node takes part unless it has the label that excludes it. It is healthy when it is Ready and, with
/// `externalTrafficPolicy: Local`, has a ready endpoint of the Service: this is what `healthCheckNodePort` answers.
/// Terminating endpoints do not count there, although the node would still serve with them.
// Models cloud-provider's stableNodeSetPredicates and pkg/proxy/healthcheck/service_health.go
pub fn balance(
    store: &Store,
    service: &Service,
    destination: SocketAddr,
    protocol: &str,
    client: IpAddr,
    random: &mut Random,
) -> Result<Balanced, Fault> {
    let spec = service.spec.as_ref().ok_or(Fault::NoSuchPort)?;
    let number = i32::from(destination.port());
    let port = spec
        .ports
        .iter()
        .flatten()
        .find(|port| port.port == number && port.protocol.as_deref().unwrap_or("TCP") == protocol)
        .ok_or(Fault::NoSuchPort)?;
    let family = Family::of(destination.ip());
    let ranges = source_ranges(spec, family);
    if !ranges.is_empty() && !ranges.iter().any(|range| range.contains(&client)) {
        return Err(Fault::SourceRanges);
    }
    let is_local = spec.external_traffic_policy.as_deref() == Some("Local");
    let members: Vec<_> = store.list::<Node>().filter(|node| is_member(node)).collect();
    let healthy: Vec<NodeView> = members
        .iter()
        .filter(|node| {
            is_ready(node)
                && (!is_local
                    || local_endpoints(store, service, node.metadata.name.as_deref().unwrap_or("")) > 0)
        })
        .map(|node| NodeView::new(node))
        .filter(|node| node.address(family).is_some())
        .collect();
    let chosen = usize::try_from(random.below(healthy.len() as u64)).ok().and_then(|i| healthy.get(i));
    let node = chosen.ok_or(Fault::NoHealthyNode { is_local })?;
    let node_port = port.node_port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
    let destination = match (node.address(family), node_port) {
        (Some(address), Some(node_port)) => SocketAddr::new(address, node_port),
        _ => destination,
    };
    Ok(Balanced { node: node.clone(), destination, healthy: healthy.len(), nodes: members.len(), is_local })
}

/// How many ready endpoints the Service has on the node: the distinct addresses, whatever their ports.
// Models pkg/proxy/endpointschangetracker.go EndpointsMap.LocalReadyEndpoints
pub fn local_endpoints(store: &Store, service: &Service, node: &str) -> usize {
    let slices = slices(store, service);
    let ready: BTreeSet<&String> = slices
        .filter(|slice| slice.ports.as_ref().is_some_and(|ports| !ports.is_empty()))
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|endpoint| endpoint.node_name.as_deref() == Some(node))
        .filter(|endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        })
        .filter_map(|endpoint| endpoint.addresses.first())
        .collect();
    ready.len()
}

/// What `healthCheckNodePort` answers on a node: the HTTP status and the body.
// Models pkg/proxy/healthcheck/service_health.go hcHandler.ServeHTTP
pub fn health_answer(store: &Store, service: &Service, node: &str) -> (u16, String) {
    let count = local_endpoints(store, service, node);
    let namespace = service.metadata.namespace.as_deref().unwrap_or("");
    let name = service.metadata.name.as_deref().unwrap_or("");
    let body = format!(
        "{{\n\t\"service\": {{\n\t\t\"namespace\": {namespace:?},\n\t\t\"name\": {name:?}\n\t}},\n\t\"localEndpoints\": {count},\n\t\
         \"serviceProxyHealthy\": true\n}}"
    );
    (if count > 0 { 200 } else { 503 }, body)
}

/// The node that answers for a load balancer's address with MetalLB, and how many could; `None` when none does.
///
/// A node can when it is not excluded from load balancers, its network is there, and its speaker is heard of; with
/// `externalTrafficPolicy: Local` it also needs an endpoint that can serve. Without such an endpoint anywhere no node
/// answers at all. Of those that can, the one with the lowest hash of its name and the address does, so an address
/// moves only when it must.
// Models MetalLB speaker/layer2_controller.go ShouldAnnounce
pub fn announcer(store: &Store, service: &Service, address: IpAddr) -> Option<(NodeView, usize)> {
    let is_local = service.spec.as_ref()?.external_traffic_policy.as_deref() == Some("Local");
    let serving: Vec<Option<&str>> = slices(store, service)
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|endpoint| {
            let conditions = endpoint.conditions.as_ref();
            let serving = conditions.and_then(|conditions| conditions.serving);
            let ready = conditions.and_then(|conditions| conditions.ready).unwrap_or(true);
            // The condition serving counts where it is told, and ready where it is not.
            serving.unwrap_or(ready)
        })
        .map(|endpoint| endpoint.node_name.as_deref())
        .collect();
    if serving.is_empty() {
        return None;
    }
    let all: Vec<_> = store.list::<Node>().filter(|node| is_member(node) && has_speaker(node)).collect();
    let can = all.iter().filter(|node| !is_local || serving.contains(&node.metadata.name.as_deref()));
    // As MetalLB names an address of several families by the first.
    let first = load_balancer_ingress(service).find_map(|ingress| ingress.ip.clone());
    let first = first.unwrap_or_else(|| address.to_string());
    let mut can: Vec<NodeView> = can.map(|node| NodeView::new(node)).collect();
    can.sort_by_key(|node| sha256(format!("{}#{first}", node.name).as_bytes()));
    let count = can.len();
    can.into_iter().next().map(|node| (node, count))
}

/// Whether the node's speaker takes part: it is a member of the others' list as long as the node is heard of.
fn has_speaker(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().all(|condition| match condition.type_.as_str() {
        "Ready" => condition.status != "Unknown",
        "NetworkUnavailable" => condition.status != "True",
        _ => true,
    })
}

fn slices<'a>(store: &'a Store, service: &Service) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
    let namespace = service.metadata.namespace.as_deref().unwrap_or("");
    let name = service.metadata.name.as_deref().unwrap_or("");
    store.slices_of(namespace, name)
}

fn is_member(node: &Node) -> bool {
    node.metadata.labels.as_ref().is_none_or(|labels| !labels.contains_key(EXCLUDE_LABEL))
}

/// Whether the node's Ready condition is True; a node that reports no such condition counts as ready.
fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter(|condition| condition.type_ == "Ready").all(|condition| condition.status == "True")
}
