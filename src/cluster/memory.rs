//! What the endpoint controllers remember between two looks, so that a changed Pod costs no look at all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Endpoints, Node, Pod, Service};

use crate::api::{Object, ObjectKey};
use crate::controllers::{endpoint_slice, endpoints, node};

/// What controllers remember between two looks. Clones share everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) topology: endpoint_slice::TopologyCache,
    /// Changes whenever a Node comes, goes, or changes its zone or its readiness.
    pub(super) nodes_version: u64,
    /// What the EndpointSlice controller knows of each Service that was as it should be at the last look.
    pub(super) slices: OrdMap<ObjectKey, Known<endpoint_slice::ServiceState>>,
    /// The same of the Endpoints controller.
    pub(super) endpoints: OrdMap<ObjectKey, Known<SeenEndpoints>>,
}

/// What was known after a look, and what has changed since.
#[derive(Clone, Debug)]
pub(super) struct Known<S> {
    pub(super) state: S,
    /// The names of the Pods that came, went or changed, and that the Service's selector matches or matched.
    pub(super) changed: BTreeSet<Arc<str>>,
    /// The Pods that the Service selected at the look, for the other controller that is about to ask for them.
    pub(super) selected: Vec<Arc<Pod>>,
}

impl<S> Known<S> {
    pub(super) fn new(state: S) -> Known<S> {
        Known { state, changed: BTreeSet::new(), selected: Vec::new() }
    }

    /// The Pods that were selected at the look; none once one of them has changed, and none the second time.
    pub(super) fn take_selected(&mut self) -> Vec<Arc<Pod>> {
        let selected = std::mem::take(&mut self.selected);
        if self.changed.is_empty() { selected } else { Vec::new() }
    }
}

/// What the Endpoints controller saw of a Service.
#[derive(Clone, Debug)]
pub(super) struct SeenEndpoints {
    pub(super) service: Arc<Service>,
    pub(super) existing: Option<Arc<Endpoints>>,
    /// The addresses of a Service of which some Pod has changed.
    pub(super) addresses: Option<endpoints::KnownAddresses>,
}

impl SeenEndpoints {
    /// Whether Service and Endpoints are still the very same.
    pub(super) fn holds(&self, service: &Arc<Service>, existing: Option<&Arc<Endpoints>>) -> bool {
        Arc::ptr_eq(&self.service, service)
            && match (&self.existing, existing) {
                (None, None) => true,
                (Some(seen), Some(existing)) => Arc::ptr_eq(seen, existing),
                _ => false,
            }
    }
}

impl Memory {
    /// Notes that a Pod of the Service came, went or changed.
    pub(super) fn pod_changed(&mut self, service: &ObjectKey, pod: &Arc<str>) {
        if let Some(known) = self.slices.get_mut(service) {
            known.changed.insert(pod.clone());
        }
        if let Some(known) = self.endpoints.get_mut(service) {
            known.changed.insert(pod.clone());
        }
    }

    /// The Pods that were kept for the Service, unless it or one of them has changed since.
    pub(super) fn take_selected(&mut self, key: &ObjectKey, service: &Arc<Service>) -> Option<Vec<Arc<Pod>>> {
        let known = self.slices.get_mut(key).filter(|known| known.state.is_of(service))?;
        Some(known.take_selected()).filter(|pods| !pods.is_empty())
    }

    /// Forgets a Service that is gone.
    pub(super) fn forget(&mut self, service: &ObjectKey) {
        self.slices.remove(service);
        self.endpoints.remove(service);
    }
}

/// What of a Node matters to endpoints: that it is there, its zone, whether it is ready.
pub(super) fn traits_of(object: Option<&Arc<Object>>) -> Option<(Option<&str>, bool)> {
    let node = object?.get::<Node>()?;
    let labels: Option<&BTreeMap<String, String>> = node.metadata.labels.as_ref();
    let zone = labels.and_then(|labels| labels.get(endpoint_slice::ZONE_LABEL)).map(String::as_str);
    Some((zone, node::is_ready(node)))
}
