//! Controllers at work: who looks at what after a change, in a fixed order, until all is quiet.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Service};

use super::memory::traits_of;
use super::{Actor, Cluster, Due};
use crate::api::{Kind, Live, Object, ObjectKey, Time};
use crate::controllers::{self, Event, EventType, Outcome, Write};
use crate::store::admission::{self, Part, Rejected};
use crate::store::deletion::Deleted;
use crate::store::{Store, WatchEvent};

/// A look of one controller at one object. The order of the variants is the order of the work at one moment: what
/// makes Pods, then what changes Pods, then what follows from Pods.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Work {
    /// Deployment, ReplicaSet, StatefulSet, DaemonSet or ReplicationController, by the kind of the object.
    Workload(ObjectKey),
    /// What looks after Nodes, for a Node that is there or was.
    Node(ObjectKey),
    /// The scheduler, for a Pod that has no node.
    Schedule(ObjectKey),
    /// The kubelet, for a Pod on a node.
    Kubelet(ObjectKey),
    /// The provider of load balancers, for a Service.
    LoadBalancer(ObjectKey),
    /// The EndpointSlice controller, for a Service.
    EndpointSlice(ObjectKey),
    /// The Endpoints controller, for a Service.
    Endpoints(ObjectKey),
    /// The mirroring of hand-written Endpoints, for a Service.
    Mirroring(ObjectKey),
    /// The Ingress controller's report, for an Ingress.
    IngressStatus(ObjectKey),
    /// The controller of the Gateway API, for a GatewayClass, a Gateway or an HTTPRoute.
    Gateway(ObjectKey),
}

/// How many looks there may be at one moment before the loop gives up, and how many more for each object: a bound
/// against controllers that never agree, which would otherwise hang the page.
const MOST_LOOKS: usize = 10_000;
const MOST_LOOKS_PER_OBJECT: usize = 50;

impl Work {
    /// The object that is looked at.
    fn key(&self) -> &ObjectKey {
        match self {
            Work::Workload(key)
            | Work::Node(key)
            | Work::Schedule(key)
            | Work::Kubelet(key)
            | Work::LoadBalancer(key)
            | Work::EndpointSlice(key)
            | Work::Endpoints(key)
            | Work::Mirroring(key)
            | Work::IngressStatus(key)
            | Work::Gateway(key) => key,
        }
    }
}

impl Cluster {
    /// Puts the cluster's own objects on the board.
    pub(super) fn install_base(&mut self) {
        for live in super::base::objects() {
            self.install(live);
        }
        self.settle();
    }

    /// Puts the Ingress controller on the board, before the first Ingress; a board that has an IngressClass of its own
    /// brings its own controller too.
    pub(super) fn install_ingress_controller(&mut self) {
        if self.store.objects_of(Kind::IngressClass).next().is_some() {
            return;
        }
        for live in super::base::ingress_controller() {
            self.install(live);
        }
    }

    /// Puts the class of Gateways that the playground serves on the board, before the first Gateway; a board that has a
    /// GatewayClass of its own brings its own controller too.
    pub(super) fn install_gateway_class(&mut self) {
        if self.store.objects_of(Kind::GatewayClass).next().is_some() {
            return;
        }
        for live in super::base::gateway_class() {
            self.install(live);
        }
    }

    fn install(&mut self, live: Live) {
        let Some(key) = key_of(&live) else { return };
        if self.store.get(&key).is_some() {
            return;
        }
        // The base objects are valid: a test applies them all.
        if let Ok(live) = self.admit(live, None, Part::Whole) {
            self.store.put(key, None, live);
        }
    }

    /// Sends an object through the API server.
    pub(super) fn admit(&mut self, object: Live, old: Option<&Object>, part: Part) -> Result<Live, Rejected> {
        let request = admission::Request {
            object,
            old: old.map(|old| &old.live),
            part,
            store: &self.store,
            now: self.now,
            random: &mut self.random,
        };
        admission::admit(request, &mut self.allocators)
    }

    /// Lets the controllers work until nothing is left to do at this moment.
    pub fn settle(&mut self) {
        let mut looks = 0;
        loop {
            while let Some(event) = self.store.next_event() {
                self.watch(&event);
            }
            let Some(next) = self.work.get_min().cloned() else {
                if looks > 0 {
                    self.look_after_connections();
                    self.kernels.forget_gone_endpoints(&self.store);
                }
                return;
            };
            if looks >= MOST_LOOKS + MOST_LOOKS_PER_OBJECT * self.store.len() {
                return self.give_up(&next);
            }
            looks += 1;
            self.work.remove(&next);
            self.look(&next);
        }
    }

    /// Stops a quarrel: what is left to do is dropped, and a line of the log names the object at which it was.
    fn give_up(&mut self, work: &Work) {
        self.work.clear();
        let key = work.key().clone();
        let message =
            format!("{key} did not come to rest: the controllers write to it without end, and were stopped");
        self.log(Actor::Cluster, true, "NeverAtRest", Some(key), message);
    }

    /// Notes who has to look after a change.
    fn watch(&mut self, event: &WatchEvent) {
        let Some(key) = event.key().cloned() else { return };
        let objects = [&event.old, &event.new].into_iter().flatten();
        // Whoever owns it, by the kind of the owner.
        for object in objects.clone() {
            let meta = object.live.metadata();
            let owners = meta.iter().flat_map(|meta| meta.owner_references.iter().flatten());
            for owner in owners.filter(|owner| owner.controller == Some(true)) {
                let kind = Kind::from_api(&owner.api_version, &owner.kind);
                if is_workload(&kind) {
                    self.work.insert(Work::Workload(ObjectKey::new(
                        kind,
                        key.namespace.clone(),
                        owner.name.as_str(),
                    )));
                }
            }
        }
        match &key.kind {
            kind if is_workload(kind) => {
                self.work.insert(Work::Workload(key));
            }
            Kind::Pod => self.watch_pod(&key, event),
            Kind::Service => {
                self.look_at_service(&key, event);
                self.work.insert(Work::LoadBalancer(key));
            }
            Kind::EndpointSlice => {
                let labels = objects.filter_map(|object| object.labels());
                let services: BTreeSet<&String> =
                    labels.filter_map(|labels| labels.get(crate::store::SERVICE_NAME_LABEL)).collect();
                for service in services {
                    let service = ObjectKey::service(key.namespace.clone(), service.as_str());
                    self.work.insert(Work::EndpointSlice(service));
                }
            }
            Kind::Endpoints => {
                let service = ObjectKey::service(key.namespace, key.name);
                self.work.insert(Work::Endpoints(service.clone()));
                self.work.insert(Work::Mirroring(service));
            }
            Kind::Node => self.watch_node(&key, event),
            Kind::Ingress => {
                self.work.insert(Work::IngressStatus(key));
            }
            Kind::GatewayClass | Kind::Gateway | Kind::HTTPRoute | Kind::ReferenceGrant => {
                self.work.insert(Work::Gateway(key));
                self.look_at_gateways();
            }
            // Certificates are in Secrets.
            Kind::Namespace | Kind::Other(_) => self.look_at_gateways(),
            _ => {}
        }
    }

    /// Whoever serves Gateways looks at all of them and at all routes: what one refers to can be anywhere.
    fn look_at_gateways(&mut self) {
        for kind in [Kind::Gateway, Kind::HTTPRoute] {
            let keys: Vec<ObjectKey> = self.store.objects_of(kind).map(|object| object.key.clone()).collect();
            self.work.extend(keys.into_iter().map(Work::Gateway));
        }
    }

    fn watch_pod(&mut self, key: &ObjectKey, event: &WatchEvent) {
        let old = event.old.as_ref().and_then(|object| object.get::<Pod>());
        let new = event.new.as_ref().and_then(|object| object.get::<Pod>());
        // The same labels are asked for once.
        let before = old.filter(|old| new.is_none_or(|new| new.metadata.labels != old.metadata.labels));
        for pod in [before, new].into_iter().flatten() {
            if let Some(labels) = &pod.metadata.labels {
                for service in self.store.services_selecting(&key.namespace, labels) {
                    self.controllers.pod_changed(&service, &key.name);
                    self.work.insert(Work::EndpointSlice(service.clone()));
                    self.work.insert(Work::Endpoints(service));
                }
            }
        }
        let is_offered = |pod: &Arc<Pod>| {
            let meta = &pod.metadata;
            let same = |old: &Arc<Pod>| {
                old.metadata.labels == meta.labels && old.metadata.owner_references == meta.owner_references
            };
            controllers::pod::controller_of(meta).is_none() && !old.is_some_and(same)
        };
        if new.is_some_and(is_offered) {
            self.offer_for_adoption(key);
        }
        match new.map(|pod| pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default())
        {
            Some("") => {
                self.work.insert(Work::Schedule(key.clone()));
            }
            Some(_) => {
                self.work.insert(Work::Kubelet(key.clone()));
            }
            None => {
                // A Pod that is gone may leave room for one that waits.
                self.schedule_waiting();
            }
        }
    }

    /// A Pod that nobody controls, new or with other labels: whoever selects it in its namespace may take it.
    fn offer_for_adoption(&mut self, pod: &ObjectKey) {
        for kind in [Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicationController] {
            let sets: Vec<ObjectKey> = self
                .store
                .objects_of(kind)
                .filter(|object| object.key.namespace == pod.namespace)
                .map(|object| object.key.clone())
                .collect();
            self.work.extend(sets.into_iter().map(Work::Workload));
        }
    }

    fn watch_node(&mut self, key: &ObjectKey, event: &WatchEvent) {
        self.work.insert(Work::Node(key.clone()));
        if traits_of(event.old.as_ref()) != traits_of(event.new.as_ref()) {
            self.controllers.nodes_version += 1;
        }
        let on_node: Vec<ObjectKey> = self
            .store
            .pods_on_node(&key.name)
            .filter_map(|pod| {
                Some(ObjectKey::pod(pod.metadata.namespace.as_deref()?, pod.metadata.name.as_deref()?))
            })
            .collect();
        for pod in on_node {
            self.work.insert(Work::Kubelet(pod.clone()));
            if let Some(labels) = self.store.get(&pod).and_then(|pod| pod.labels()).cloned() {
                for service in self.store.services_selecting(&pod.namespace, &labels) {
                    self.work.insert(Work::EndpointSlice(service));
                }
            }
        }
        let sets: Vec<ObjectKey> =
            self.store.objects_of(Kind::DaemonSet).map(|object| object.key.clone()).collect();
        self.work.extend(sets.into_iter().map(Work::Workload));
        self.controllers.topology.set_nodes(self.store.list::<Node>().map(|node| &**node));
        for service in self.controllers.topology.overloaded_services() {
            if let Some((namespace, name)) = service.split_once('/') {
                self.work.insert(Work::EndpointSlice(ObjectKey::service(namespace, name)));
            }
        }
        self.schedule_waiting();
    }

    /// Pods that no node has yet.
    fn schedule_waiting(&mut self) {
        let waiting: Vec<ObjectKey> =
            self.store.pods_on_node("").map(|pod| controllers::pod::key(pod)).collect();
        self.work.extend(waiting.into_iter().map(Work::Schedule));
    }

    fn look_at_service(&mut self, key: &ObjectKey, event: &WatchEvent) {
        self.work.insert(Work::EndpointSlice(key.clone()));
        self.work.insert(Work::Endpoints(key.clone()));
        self.work.insert(Work::Mirroring(key.clone()));
        self.look_at_gateways();
        // An Ingress controller reports the address of its own Service.
        let services =
            [&event.old, &event.new].into_iter().flatten().filter_map(|object| object.get::<Service>());
        if !services.into_iter().any(|service| controllers::ingress_status::is_publisher(service)) {
            return;
        }
        let ingresses: Vec<ObjectKey> =
            self.store.objects_of(Kind::Ingress).map(|object| object.key.clone()).collect();
        self.work.extend(ingresses.into_iter().map(Work::IngressStatus));
    }

    fn look(&mut self, work: &Work) {
        let (store, now) = (&self.store, self.now);
        let (key, outcome) = match work {
            Work::EndpointSlice(key) => return self.sync_slices(key),
            Work::Endpoints(key) => return self.sync_endpoints(key),
            Work::Mirroring(key) => return self.sync_mirror(key),
            Work::Workload(key) => (key, workload(store, key, now)),
            Work::Node(key) => (key, controllers::node_lifecycle::reconcile(store, key, now)),
            Work::Schedule(key) => (key, controllers::scheduler::reconcile(store, key, now)),
            Work::Kubelet(key) => (key, controllers::kubelet::reconcile(store, key, now)),
            Work::LoadBalancer(key) => {
                let provider = self.settings.load_balancers;
                (key, controllers::service_load_balancer::reconcile(store, key, provider, now))
            }
            Work::IngressStatus(key) => (key, controllers::ingress_status::reconcile(store, key, now)),
            Work::Gateway(key) => (key, controllers::gateway::reconcile(store, key, now)),
        };
        if let Some(at) = outcome.requeue_at {
            self.schedule(at.max(now + 1), Due::Work(work.clone()));
        }
        self.carry_out(key, outcome);
    }

    /// Does what a controller asks for.
    fn carry_out(&mut self, key: &ObjectKey, outcome: Outcome) {
        for write in outcome.writes {
            let part = write.part();
            let done = match write {
                Write::Create { live, event } => self.create(live, part).map(|name| {
                    let event =
                        event.map(|event| Event { message: event.message.replace("{name}", &name), ..event });
                    self.log_events(key, event);
                }),
                Write::Update(live) | Write::UpdateStatus(live) => self.update(live, part),
                Write::Subresource(live) => self.write_as_it_is(live),
                Write::Delete { key, grace } => self.delete_object(&key, grace),
            };
            self.log_refusal(key, done);
        }
        self.log_events(key, outcome.events);
    }

    /// Creates an object for a controller; gives its name.
    pub(super) fn create(&mut self, live: Live, part: Part) -> Result<String, Rejected> {
        let live = self.admit(live, None, part)?;
        let Some(key) = key_of(&live) else { return Ok(String::new()) };
        if self.store.get(&key).is_some() {
            return Err(Rejected::already_exists(&key));
        }
        let name = key.name.to_string();
        self.store.put(key, None, live);
        Ok(name)
    }

    /// Updates an object for a controller; what its author wrote stays as it is.
    pub(super) fn update(&mut self, live: Live, part: Part) -> Result<(), Rejected> {
        let Some(key) = key_of(&live) else { return Ok(()) };
        let Some(old) = self.store.get(&key).cloned() else { return Err(Rejected::not_found(&key)) };
        let live = self.admit(live, Some(&old), part)?;
        // As the API server: what would be the same is not written, and no watch hears of it.
        if live != old.live {
            self.store.put(key, old.document.clone(), live);
        }
        Ok(())
    }

    /// Takes what only the cluster's own components may write: a Pod's node, a Deployment's revision.
    fn write_as_it_is(&mut self, live: Live) -> Result<(), Rejected> {
        let Some(key) = key_of(&live) else { return Ok(()) };
        let Some(old) = self.store.get(&key).cloned() else { return Err(Rejected::not_found(&key)) };
        self.store.put(key, old.document.clone(), live);
        Ok(())
    }

    /// Deletes an object as the API server does: a Pod with grace, a Namespace with all it holds, others at once.
    /// What they own follows.
    pub(super) fn delete_object(&mut self, key: &ObjectKey, grace: Option<i64>) -> Result<(), Rejected> {
        let old = self.store.get(key).cloned().ok_or_else(|| Rejected::not_found(key))?;
        admission::admit_deletion(key)?;
        if self.store.delete(key, grace, self.now) == Deleted::Gone {
            admission::release(&old.live, &mut self.allocators);
            let mut writes = controllers::garbage_collector::reconcile(&self.store, &old).writes;
            // The Endpoints of a Service have its name and no owner.
            if old.key.kind == Kind::Service {
                let endpoints = ObjectKey::new(Kind::Endpoints, key.namespace.clone(), key.name.clone());
                writes.push(Write::Delete { key: endpoints, grace: None });
            }
            for write in writes {
                // A dependent may be gone already, as the dependent of another.
                let _ = match write {
                    Write::Delete { key, grace } => self.delete_object(&key, grace),
                    other => {
                        let part = other.part();
                        other.live().cloned().map_or(Ok(()), |live| self.update(live, part))
                    }
                };
            }
        }
        Ok(())
    }

    pub(super) fn log_refusal(&mut self, key: &ObjectKey, done: Result<(), Rejected>) {
        if let Err(rejected) = done {
            self.log(Actor::Cluster, true, "FailedWrite", Some(key.clone()), rejected.to_string());
        }
    }

    pub(super) fn log_events(&mut self, key: &ObjectKey, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let warning = event.event_type == EventType::Warning;
            self.log(Actor::Cluster, warning, event.reason, Some(key.clone()), event.message);
        }
    }
}

fn is_workload(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicationController
    )
}

fn workload(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    match key.kind {
        Kind::Deployment => controllers::deployment::reconcile(store, key, now),
        Kind::ReplicaSet => controllers::replica_set::reconcile(store, key, now),
        Kind::StatefulSet => controllers::stateful_set::reconcile(store, key, now),
        Kind::DaemonSet => controllers::daemon_set::reconcile(store, key, now),
        Kind::ReplicationController => controllers::replication_controller::reconcile(store, key, now),
        _ => Outcome::default(),
    }
}

pub(super) fn key_of(live: &Live) -> Option<ObjectKey> {
    let meta = live.metadata()?;
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    Some(ObjectKey::new(live.kind(), namespace, meta.name.as_deref()?))
}
