//! The playground's cloud: the load balancer of a Service, which sends each connection to one node.
//!
//! It is a NAT load balancer, as many clouds' are: it rewrites the destination to the node's address and node port and
//! keeps the client's address. A Service without node ports (`allocateLoadBalancerNodePorts: false`) is passed through:
//! the destination stays, and kube-proxy on the node matches the load balancer's address.

use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::{Node, Service};

use crate::api::Random;
use crate::network::addresses::Family;
use crate::network::kube_proxy::{NodeView, source_ranges};
use crate::store::Store;

/// The label that keeps a node out of every load balancer.
pub const EXCLUDE_LABEL: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// Where a load balancer sends a connection.
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
        .filter(|node| is_ready(node) && (!is_local || has_local_endpoint(store, service, node)))
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

/// Whether the Service has a ready endpoint on the node.
pub fn has_local_endpoint(store: &Store, service: &Service, node: &Node) -> bool {
    let namespace = service.metadata.namespace.as_deref().unwrap_or("");
    let name = service.metadata.name.as_deref().unwrap_or("");
    store
        .slices_of(namespace, name)
        .filter(|slice| slice.ports.as_ref().is_some_and(|ports| !ports.is_empty()))
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|endpoint| endpoint.node_name.is_some() && endpoint.node_name == node.metadata.name)
        .any(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true))
}

fn is_member(node: &Node) -> bool {
    node.metadata.labels.as_ref().is_none_or(|labels| !labels.contains_key(EXCLUDE_LABEL))
}

/// Whether the node's Ready condition is True; a node that reports no such condition counts as ready.
fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter(|condition| condition.type_ == "Ready").all(|condition| condition.status == "True")
}
