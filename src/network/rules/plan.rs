//! What the rules for one service port have to do, the same for every kind of rules.

use super::{Proxied, Proxy};
use crate::network::kube_proxy::{Categories, Endpoint, ServicePort, categorize_endpoints};

/// What happens to traffic for which there is no endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoEndpoints {
    /// None anywhere: refused.
    Reject,
    /// None on this node, with the policy Local: dropped.
    Drop,
}

/// The plan for one service port on one node.
pub struct Plan<'a> {
    /// The service port.
    pub port: &'a ServicePort,
    /// Its endpoints by use.
    pub categories: Categories<'a>,
    /// All endpoints that the node reaches, each once.
    pub reachable: Vec<&'a Endpoint>,
    /// What happens to traffic for the ClusterIP without an endpoint; `None` when there is one.
    pub internal: Option<NoEndpoints>,
    /// The same for external traffic.
    pub external: Option<NoEndpoints>,
    /// Whether there is a chain for external traffic.
    pub has_external_chain: bool,
    /// Whether `loadBalancerSourceRanges` restrict anything.
    pub is_restricted: bool,
    /// Whether there is a chain of endpoints for the policy Cluster.
    pub has_cluster_chain: bool,
    /// Whether there is a chain of endpoints for the policy Local.
    pub has_local_chain: bool,
}

impl<'a> Plan<'a> {
    /// The plan for a service port on the proxy's node.
    // Models the first part of the loop in pkg/proxy/iptables/proxier.go syncProxyRules
    pub fn new(proxied: &'a Proxied, proxy: &Proxy) -> Plan<'a> {
        let port = &proxied.port;
        let categories = categorize_endpoints(&proxied.endpoints, port, &proxy.node.name, &proxy.node.zone);
        let has_any = categories.has_any;
        let without = |is_local: bool| match (has_any, is_local && categories.local.is_empty()) {
            (false, _) => Some(NoEndpoints::Reject),
            (true, true) => Some(NoEndpoints::Drop),
            (true, false) => None,
        };
        Plan {
            internal: without(port.internal_policy_local),
            external: without(port.external_policy_local),
            has_external_chain: has_any && port.is_externally_accessible(),
            is_restricted: !port.load_balancer_vips.is_empty() && !port.source_ranges.is_empty(),
            has_cluster_chain: !categories.cluster.is_empty(),
            has_local_chain: !categories.local.is_empty(),
            reachable: categories.reachable(&proxied.endpoints),
            categories,
            port,
        }
    }

    /// Whether any endpoint is usable anywhere.
    pub fn has_any(&self) -> bool {
        self.categories.has_any
    }

    /// The service port's protocol in lower case.
    pub fn protocol(&self) -> String {
        self.port.name.protocol.to_ascii_lowercase()
    }

    /// The chains of endpoints: whether it is the one for the policy Local, and its endpoints.
    pub fn endpoint_chains(&self) -> impl Iterator<Item = (bool, &[&'a Endpoint])> {
        let cluster = self.has_cluster_chain.then_some((false, self.categories.cluster.as_slice()));
        let local = self.has_local_chain.then_some((true, self.categories.local.as_slice()));
        cluster.into_iter().chain(local)
    }
}
