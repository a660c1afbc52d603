//! Hints that tell kube-proxy which endpoints a node should prefer: `spec.trafficDistribution`.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointHints, EndpointSlice, ForNode, ForZone};

use super::slice::endpoints_of;

/// The annotation that asks for topology hints.
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
/// Its older name, which wins where both are present.
const TOPOLOGY_AWARE_HINTS: &str = "service.kubernetes.io/topology-aware-hints";

/// How a Service's endpoints get hints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HintMode {
    /// None.
    Off,
    /// By the annotation `service.kubernetes.io/topology-mode: Auto`.
    TopologyAuto,
    /// The own zone of each ready endpoint.
    SameZone,
    /// The own zone and the own node of each ready endpoint.
    SameNode,
}

// Models k8s.io/endpointslice/reconciler.go validTrafficDistribution and utils.go hintsEnabled
/// How this Service's endpoints get hints. The annotation wins over the field, even where it then yields no hints; of the
/// annotation's two names the older one wins, whatever its value.
pub(super) fn hint_mode(service: &Service) -> HintMode {
    let annotation = |name| service.metadata.annotations.as_ref().and_then(|all| all.get(name));
    let mode = annotation(TOPOLOGY_AWARE_HINTS).or_else(|| annotation(TOPOLOGY_MODE));
    if mode.is_some_and(|mode| mode == "Auto" || mode == "auto") {
        return HintMode::TopologyAuto;
    }
    match service.spec.as_ref().and_then(|spec| spec.traffic_distribution.as_deref()) {
        Some("PreferClose" | "PreferSameZone") => HintMode::SameZone,
        Some("PreferSameNode") => HintMode::SameNode,
        _ => HintMode::Off,
    }
}

/// The slices of one address type, sorted by what happens to them.
#[derive(Debug, Default)]
pub(super) struct SliceSets<'a> {
    pub creates: Vec<EndpointSlice>,
    pub updates: Vec<EndpointSlice>,
    pub unchanged: Vec<&'a Arc<EndpointSlice>>,
}

impl<'a> SliceSets<'a> {
    /// Marks for an update the unchanged slices that `needs_update` picks.
    pub fn update_where(&mut self, mut needs_update: impl FnMut(&EndpointSlice) -> bool) {
        for slice in std::mem::take(&mut self.unchanged) {
            if needs_update(slice) {
                self.updates.push(copy_for_update(slice));
            } else {
                self.unchanged.push(slice);
            }
        }
    }

    /// The endpoints that are to be written, to change them: those of new slices first.
    pub fn written_endpoints_mut(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        self.creates
            .iter_mut()
            .chain(&mut self.updates)
            .flat_map(|slice| slice.endpoints.iter_mut().flatten())
    }

    /// All endpoints.
    pub fn all_endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.creates
            .iter()
            .chain(&self.updates)
            .chain(self.unchanged.iter().map(|slice| &***slice))
            .flat_map(endpoints_of)
    }

    // Models k8s.io/endpointslice/topologycache/utils.go RemoveHintsFromSlices
    /// Takes all hints away; an unchanged slice that has any is updated.
    pub fn remove_hints(&mut self) {
        self.update_where(|slice| endpoints_of(slice).iter().any(|endpoint| endpoint.hints.is_some()));
        self.written_endpoints_mut().for_each(|endpoint| endpoint.hints = None);
    }

    // Models k8s.io/endpointslice/trafficdist/trafficdist.go ReconcileHints
    /// Gives each ready endpoint the hint for its own zone and, with `same_node`, its own node; an unchanged slice with
    /// other hints on ready endpoints is updated. Endpoints that are not ready keep what they have.
    pub fn put_close_hints(&mut self, same_node: bool) {
        self.update_where(|slice| {
            endpoints_of(slice)
                .iter()
                .any(|endpoint| is_ready(endpoint) && !has_close_hints(endpoint, same_node))
        });
        for endpoint in self.written_endpoints_mut().filter(|endpoint| is_ready(endpoint)) {
            let for_zones = endpoint.zone.clone().map(|name| vec![ForZone { name }]);
            let for_nodes =
                endpoint.node_name.clone().filter(|_| same_node).map(|name| vec![ForNode { name }]);
            endpoint.hints = (for_zones.is_some() || for_nodes.is_some())
                .then_some(EndpointHints { for_zones, for_nodes });
        }
    }
}

/// A copy that is to be written. Upstream has sorted the addresses by then.
fn copy_for_update(slice: &EndpointSlice) -> EndpointSlice {
    let mut copy = slice.clone();
    copy.endpoints.iter_mut().flatten().for_each(|endpoint| endpoint.addresses.sort_unstable());
    copy
}

fn has_close_hints(endpoint: &Endpoint, same_node: bool) -> bool {
    let hints = endpoint.hints.as_ref();
    let zones = hints.and_then(|hints| hints.for_zones.as_deref()).unwrap_or_default();
    let nodes = hints.and_then(|hints| hints.for_nodes.as_deref()).unwrap_or_default();
    let zones_are_right = match (&endpoint.zone, zones) {
        (Some(zone), [hint]) => hint.name == *zone,
        (wanted, hints) => wanted.is_none() && hints.is_empty(),
    };
    let nodes_are_right = match (endpoint.node_name.as_ref().filter(|_| same_node), nodes) {
        (Some(node), [hint]) => hint.name == *node,
        (wanted, hints) => wanted.is_none() && hints.is_empty(),
    };
    zones_are_right && nodes_are_right
}

/// Whether the endpoint's condition `ready` is true; an absent one is not.
pub(super) fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|conditions| conditions.ready) == Some(true)
}
