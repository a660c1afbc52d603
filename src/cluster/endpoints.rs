//! The endpoint controllers at work: what they look at is gathered from the store's indexes, and their plans are
//! written back.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Endpoints, Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Cluster;
use super::memory::{Known, SeenEndpoints};
use crate::api::{Kind, Live, ObjectKey};
use crate::controllers::endpoint_slice::{PodChange, PodChanges, ServiceState, reconcile_pod_change};
use crate::controllers::endpoints::KnownAddresses;
use crate::controllers::{endpoint_slice, endpoint_slice_mirroring, endpoints};
use crate::store;
use crate::store::admission::Part;

impl Cluster {
    /// The EndpointSlice controller looks at a Service: at the changed Pods alone where it knows the rest.
    pub(super) fn sync_slices(&mut self, key: &ObjectKey) {
        let Some(service) = self.store.find::<Service>(&key.namespace, &key.name).cloned() else {
            self.controllers.forget(key);
            return;
        };
        let slices = self.slices_of(key);
        let mut known = self.controllers.slices.remove(key);
        let mut selected = known.as_mut().map(Known::take_selected).unwrap_or_default();
        let plan = known.as_ref().and_then(|known| self.plan_for_changes(known, &service, &slices));
        let mut plan = plan.unwrap_or_else(|| {
            selected = self.selected_pods(&service, key);
            let store = &self.store;
            let input = endpoint_slice::Input {
                service: &service,
                pods: &selected,
                slices: &slices,
                nodes: &|name| store.find::<Node>("", name).map(|node| &**node),
                max_endpoints_per_slice: endpoint_slice::MAX_ENDPOINTS_PER_SLICE,
                trigger_time: None,
            };
            endpoint_slice::reconcile(&input, &mut self.controllers.topology)
        });
        if self.carry_out_plan(key, &mut plan) {
            let (store, version) = (&self.store, self.controllers.nodes_version);
            let slices = store.slices_of(&key.namespace, &key.name);
            let previous = known.as_ref().map(|known| &known.state);
            if let Some(state) = ServiceState::new(&plan, &service, version, slices, previous) {
                self.controllers.slices.insert(key.clone(), Known { selected, ..Known::new(state) });
            }
        }
    }

    /// The plan for the Pods that have changed; `None` when it takes a look at all of them.
    fn plan_for_changes(
        &self,
        known: &Known<ServiceState>,
        service: &Arc<Service>,
        slices: &[Arc<EndpointSlice>],
    ) -> Option<endpoint_slice::Plan> {
        let changed = self.changed_pods(&known.changed, service);
        let pods: Vec<PodChange<'_>> =
            changed.iter().map(|(name, pod)| PodChange { name, pod: pod.map(|pod| &**pod) }).collect();
        let changes = PodChanges {
            service,
            pods: &pods,
            slices,
            nodes: &|name| self.store.find::<Node>("", name).map(|node| &**node),
            nodes_version: self.controllers.nodes_version,
            max_endpoints_per_slice: endpoint_slice::MAX_ENDPOINTS_PER_SLICE,
            trigger_time: None,
        };
        reconcile_pod_change(&known.state, &changes)
    }

    /// The changed Pods of a Service as they are now: without those that are gone or that it does not select.
    fn changed_pods<'a>(
        &'a self,
        names: &'a BTreeSet<Arc<str>>,
        service: &Service,
    ) -> Vec<(&'a str, Option<&'a Arc<Pod>>)> {
        let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
        let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        let is_selected = |pod: &&Arc<Pod>| {
            selector.is_some_and(|selector| store::selects(selector, pod.metadata.labels.as_ref()))
        };
        let find = |name: &str| self.store.find::<Pod>(namespace, name).filter(is_selected);
        names.iter().map(|name| (&**name, find(name))).collect()
    }

    /// The Endpoints controller looks at a Service, unless nothing that it reads has changed.
    pub(super) fn sync_endpoints(&mut self, key: &ObjectKey) {
        let Some(service) = self.store.find::<Service>(&key.namespace, &key.name).cloned() else {
            self.controllers.forget(key);
            return;
        };
        let existing = self.store.find::<Endpoints>(&key.namespace, &key.name).cloned();
        let known = self.controllers.endpoints.remove(key);
        let mut addresses = None;
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.state.service, &service)) {
            if known.changed.is_empty() && known.state.holds(&service, existing.as_ref()) {
                self.controllers.endpoints.insert(key.clone(), known);
                return;
            }
            addresses = match known.state.addresses {
                Some(mut addresses) => {
                    let mut changes = self.changed_pods(&known.changed, &service).into_iter();
                    changes.all(|(name, pod)| addresses.change(name, pod).is_some()).then_some(addresses)
                }
                // From the first change on: most Services change seldom.
                None => KnownAddresses::new(&service, &self.selected_pods(&service, key)),
            };
        }
        let write = match &addresses {
            Some(addresses) => addresses.reconcile(existing.as_deref(), None),
            None => endpoints::reconcile(&endpoints::Input {
                service: &service,
                pods: &self
                    .controllers
                    .take_selected(key, &service)
                    .unwrap_or_else(|| self.selected_pods(&service, key)),
                existing: existing.as_deref(),
                trigger_time: None,
            }),
        };
        let done = match write {
            None => Ok(()),
            Some(endpoints::Write::Create(object)) => {
                self.create(Live::Endpoints(Arc::new(object)), Part::Spec).map(|_| ())
            }
            Some(endpoints::Write::Update(object)) => {
                self.update(Live::Endpoints(Arc::new(object)), Part::Spec)
            }
        };
        if done.is_ok() {
            let existing = self.store.find::<Endpoints>(&key.namespace, &key.name).cloned();
            let state = SeenEndpoints { service, existing, addresses };
            self.controllers.endpoints.insert(key.clone(), Known::new(state));
        }
        self.log_refusal(key, done);
    }

    /// The mirroring controller looks at the Endpoints of a Service.
    pub(super) fn sync_mirror(&mut self, key: &ObjectKey) {
        let endpoints = self.store.find::<Endpoints>(&key.namespace, &key.name).cloned();
        let service = self.store.find::<Service>(&key.namespace, &key.name).cloned();
        let slices = self.slices_of(key);
        let mut plan = endpoint_slice_mirroring::reconcile(&endpoint_slice_mirroring::Input {
            endpoints: endpoints.as_deref(),
            service: service.as_deref(),
            slices: &slices,
            max_endpoints_per_subset: endpoint_slice_mirroring::MAX_ENDPOINTS_PER_SUBSET,
        });
        self.carry_out_plan(key, &mut plan);
    }

    fn selected_pods(&self, service: &Service, key: &ObjectKey) -> Vec<Arc<Pod>> {
        match service.spec.as_ref().and_then(|spec| spec.selector.as_ref()) {
            Some(selector) => self.store.pods_matching(&key.namespace, selector),
            None => Vec::new(),
        }
    }

    fn slices_of(&self, key: &ObjectKey) -> Vec<Arc<EndpointSlice>> {
        self.store.slices_of(&key.namespace, &key.name).cloned().collect()
    }

    /// Takes the writes and events out of a plan and does them; whether all writes were accepted.
    fn carry_out_plan(&mut self, key: &ObjectKey, plan: &mut endpoint_slice::Plan) -> bool {
        use endpoint_slice::Write;
        let mut all_accepted = true;
        for write in std::mem::take(&mut plan.writes) {
            let done = match write {
                Write::Create(slice) => {
                    self.create(Live::EndpointSlice(Arc::new(slice)), Part::Spec).map(|_| ())
                }
                Write::Update(slice) => self.update(Live::EndpointSlice(Arc::new(slice)), Part::Spec),
                Write::Delete(slice) => {
                    let name = slice.metadata.name.as_deref().unwrap_or_default();
                    self.delete_object(
                        &ObjectKey::new(Kind::EndpointSlice, key.namespace.clone(), name),
                        None,
                    )
                }
            };
            all_accepted &= done.is_ok();
            self.log_refusal(key, done);
        }
        self.log_events(key, std::mem::take(&mut plan.events));
        all_accepted
    }
}
