//! Which endpoints of a service port a node uses: traffic policies, topology hints and terminating endpoints.

use super::endpoint::Endpoint;
use super::service_port::ServicePort;

/// Why a node prefers some ready endpoints for traffic of the policy Cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TopologyMode {
    /// It does not: all ready endpoints are used.
    None,
    /// Every ready endpoint has a node hint, and at least one names this node.
    SameNode,
    /// Every ready endpoint has a zone hint, and at least one names this node's zone.
    SameZone,
}

/// The endpoints of a service port as one node uses them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Categories<'a> {
    /// Usable by traffic of the policy Cluster; empty when the port never has such traffic.
    pub cluster: Vec<&'a Endpoint>,
    /// Usable by traffic of the policy Local; empty when the port never has such traffic.
    pub local: Vec<&'a Endpoint>,
    /// Whether any endpoint is usable anywhere in the cluster, even if this node reaches none.
    pub has_any: bool,
    /// How topology hints narrowed `cluster`.
    pub topology: TopologyMode,
    /// Whether `cluster` holds serving terminating endpoints because no endpoint anywhere is ready.
    pub cluster_falls_back: bool,
    /// Whether `local` holds serving terminating endpoints because no endpoint on this node is ready.
    pub local_falls_back: bool,
}

/// Sorts the endpoints of a service port by how the node `node_name` in `zone` (empty when it has none) uses them.
///
/// - Cluster: the ready ones that the topology hints leave; if none is ready, the serving terminating ones, without a
///   look at hints.
/// - Local: the ready ones on this node; if there are none, the serving terminating ones on this node.
///
/// The two fall-backs are independent of each other. Whether any is usable: ready or serving terminating, anywhere.
// Models pkg/proxy/topology.go CategorizeEndpoints
pub fn categorize_endpoints<'a>(
    endpoints: &'a [Endpoint],
    port: &ServicePort,
    node_name: &str,
    zone: &str,
) -> Categories<'a> {
    let mut result = Categories {
        cluster: Vec::new(),
        local: Vec::new(),
        has_any: false,
        topology: TopologyMode::None,
        cluster_falls_back: false,
        local_falls_back: false,
    };
    if port.uses_cluster_endpoints() {
        let mode = topology_mode(endpoints, node_name, zone);
        result.topology = mode;
        result.cluster = endpoints
            .iter()
            .filter(|endpoint| endpoint.is_ready && is_available(endpoint, mode, node_name, zone))
            .collect();
        if result.cluster.is_empty() {
            result.cluster = endpoints.iter().filter(|e| e.is_serving_and_terminating()).collect();
            result.cluster_falls_back = !result.cluster.is_empty();
        }
        result.has_any = !result.cluster.is_empty();
    }
    if port.uses_local_endpoints() {
        result.has_any |= endpoints.iter().any(|e| e.is_ready || e.is_serving_and_terminating());
        result.local = endpoints.iter().filter(|e| e.is_on(node_name) && e.is_ready).collect();
        if result.local.is_empty() {
            // Here none is local and ready, so upstream's "not ready" need not be asked again.
            result.local =
                endpoints.iter().filter(|e| e.is_on(node_name) && e.is_serving_and_terminating()).collect();
            result.local_falls_back = !result.local.is_empty();
        }
    }
    result
}

impl<'a> Categories<'a> {
    /// All of `endpoints` that this node reaches by either policy, each once.
    pub fn reachable(&self, endpoints: &'a [Endpoint]) -> Vec<&'a Endpoint> {
        // Both lists keep the order of `endpoints`, so one walk merges them.
        let (mut cluster, mut local) = (self.cluster.iter().peekable(), self.local.iter().peekable());
        let mut reachable = Vec::new();
        for endpoint in endpoints {
            let in_cluster = cluster.next_if(|other| std::ptr::eq(**other, endpoint)).is_some();
            let in_local = local.next_if(|other| std::ptr::eq(**other, endpoint)).is_some();
            if in_cluster || in_local {
                reachable.push(endpoint);
            }
        }
        reachable
    }
}

/// How the hints of the ready endpoints narrow the choice on this node: node hints come first, then zone hints.
// Models pkg/proxy/topology.go topologyModeFromHints
fn topology_mode(endpoints: &[Endpoint], node_name: &str, zone: &str) -> TopologyMode {
    let ready = || endpoints.iter().filter(|endpoint| endpoint.is_ready);
    if ready().all(|e| !e.node_hints.is_empty()) && ready().any(|e| e.node_hints.contains(node_name)) {
        return TopologyMode::SameNode;
    }
    if ready().all(|e| !e.zone_hints.is_empty()) && ready().any(|e| e.zone_hints.contains(zone)) {
        return TopologyMode::SameZone;
    }
    TopologyMode::None
}

// Models pkg/proxy/topology.go availableForTopology
fn is_available(endpoint: &Endpoint, mode: TopologyMode, node_name: &str, zone: &str) -> bool {
    match mode {
        TopologyMode::None => true,
        TopologyMode::SameNode => endpoint.node_hints.contains(node_name),
        TopologyMode::SameZone => endpoint.zone_hints.contains(zone),
    }
}
