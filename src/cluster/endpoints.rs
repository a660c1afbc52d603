//! The endpoint controllers at work: what they look at is gathered from the store's indexes, and their plans are
//! written back.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Endpoints, Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::Cluster;
use crate::api::{Kind, Live, ObjectKey};
use crate::controllers::{endpoint_slice, endpoint_slice_mirroring, endpoints};
use crate::store::admission::Part;

impl Cluster {
    /// The EndpointSlice controller looks at a Service.
    pub(super) fn sync_slices(&mut self, key: &ObjectKey) {
        let Some(service) = self.store.find::<Service>(&key.namespace, &key.name).cloned() else { return };
        let pods = self.selected_pods(&service, key);
        let slices = self.slices_of(key);
        let store = &self.store;
        let nodes = |name: &str| store.find::<Node>("", name).map(|node| &**node);
        let input = endpoint_slice::Input {
            service: &service,
            pods: &pods,
            slices: &slices,
            nodes: &nodes,
            max_endpoints_per_slice: endpoint_slice::MAX_ENDPOINTS_PER_SLICE,
            trigger_time: None,
        };
        let plan = endpoint_slice::reconcile(&input, &mut self.controllers.topology);
        self.carry_out_plan(key, plan);
    }

    /// The Endpoints controller looks at a Service.
    pub(super) fn sync_endpoints(&mut self, key: &ObjectKey) {
        let Some(service) = self.store.find::<Service>(&key.namespace, &key.name).cloned() else { return };
        let pods = self.selected_pods(&service, key);
        let existing = self.store.find::<Endpoints>(&key.namespace, &key.name).cloned();
        let input = endpoints::Input {
            service: &service,
            pods: &pods,
            existing: existing.as_deref(),
            trigger_time: None,
        };
        let done = match endpoints::reconcile(&input) {
            None => Ok(()),
            Some(endpoints::Write::Create(object)) => {
                self.create(Live::Endpoints(Arc::new(object)), Part::Spec).map(|_| ())
            }
            Some(endpoints::Write::Update(object)) => {
                self.update(Live::Endpoints(Arc::new(object)), Part::Spec)
            }
        };
        self.log_refusal(key, done);
    }

    /// The mirroring controller looks at the Endpoints of a Service.
    pub(super) fn sync_mirror(&mut self, key: &ObjectKey) {
        let endpoints = self.store.find::<Endpoints>(&key.namespace, &key.name).cloned();
        let service = self.store.find::<Service>(&key.namespace, &key.name).cloned();
        let slices = self.slices_of(key);
        let plan = endpoint_slice_mirroring::reconcile(&endpoint_slice_mirroring::Input {
            endpoints: endpoints.as_deref(),
            service: service.as_deref(),
            slices: &slices,
            max_endpoints_per_subset: endpoint_slice_mirroring::MAX_ENDPOINTS_PER_SUBSET,
        });
        self.carry_out_plan(key, plan);
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

    fn carry_out_plan(&mut self, key: &ObjectKey, plan: endpoint_slice::Plan) {
        use endpoint_slice::Write;
        for write in plan.writes {
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
            self.log_refusal(key, done);
        }
        self.log_events(key, plan.events);
    }
}
