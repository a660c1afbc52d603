//! A small cluster for tests: applies what the controllers write until nothing is left to do.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::{
    Outcome, Write, daemon_set, deployment, garbage_collector, gateway, ingress_status, kubelet,
    node_lifecycle, replica_set, replication_controller, scheduler, service_load_balancer, stateful_set,
};
use crate::api::{Kind, Live, ObjectKey, Random, Resource, Time};
use crate::store::Store;
use crate::store::deletion::Deleted;

/// The most rounds until quiet; more mean that controllers work against each other.
const MAX_ROUNDS: usize = 200;

/// A store with its controllers, a clock and a log of events.
pub struct Cluster {
    pub store: Store,
    pub now: Time,
    /// `<kind> <name>: <reason> <message>`, in order.
    pub events: Vec<String>,
    /// Who gives load balancers.
    pub provider: service_load_balancer::Provider,
    random: Random,
    requeue_at: Option<Time>,
}

impl Cluster {
    /// A cluster with this many ready nodes, `node-1` and on, each in a zone of its own.
    pub fn with_nodes(count: u32) -> Cluster {
        let mut cluster = Cluster {
            store: Store::default(),
            now: Time(1_000),
            events: Vec::new(),
            provider: Default::default(),
            random: Random::new(7),
            requeue_at: None,
        };
        for number in 1..=count {
            cluster.apply(json!({"apiVersion": "v1", "kind": "Node",
                "metadata": {"name": format!("node-{number}"), "labels": {
                    "kubernetes.io/hostname": format!("node-{number}"),
                    "topology.kubernetes.io/zone": format!("zone-{number}")}},
                "spec": {"podCIDR": format!("10.244.{number}.0/24"), "podCIDRs": [format!("10.244.{number}.0/24")]},
                "status": {"addresses": [{"type": "InternalIP", "address": format!("192.168.1.{}", 10 + number)}],
                    "conditions": [{"type": "Ready", "status": "True"}]}}));
        }
        cluster
    }

    /// Writes an object as a person would; the document is kept. An update keeps what the server gave the object.
    pub fn apply(&mut self, value: Value) -> ObjectKey {
        let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
        let mut live = Live::from_value(&kind, &value).unwrap();
        let namespace =
            if kind.is_namespaced() { value["metadata"]["namespace"].as_str().unwrap_or("shop") } else { "" };
        let key = ObjectKey::new(kind.clone(), namespace, value["metadata"]["name"].as_str().unwrap());
        let metadata = live.metadata_mut().unwrap();
        metadata.namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        match self.store.get(&key).cloned() {
            Some(old) => {
                let old_metadata = old.live.metadata().unwrap().clone();
                metadata.uid = old_metadata.uid.clone();
                metadata.creation_timestamp = old_metadata.creation_timestamp.clone();
                metadata.generation = Some(old_metadata.generation.unwrap_or(1) + 1);
                let mut annotations = old_metadata.annotations.unwrap_or_default();
                annotations.extend(metadata.annotations.take().unwrap_or_default());
                metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
                if let Some(status) = old.live.to_value().get("status") {
                    let mut new = live.to_value();
                    new["status"] = status.clone();
                    live = Live::from_value(&kind, &new).unwrap();
                }
            }
            None => {
                metadata.uid.get_or_insert_with(|| self.random.uid());
                metadata.generation.get_or_insert(1);
                metadata.creation_timestamp.get_or_insert_with(|| self.now.to_timestamp());
            }
        }
        self.store.put(key.clone(), Some(Arc::new(value)), live);
        key
    }

    /// Changes a live object.
    pub fn edit<T: Resource>(&mut self, key: &ObjectKey, act: impl FnOnce(&mut T)) {
        let object = self.store.get(key).cloned().unwrap();
        let mut live = (**object.get::<T>().unwrap()).clone();
        act(&mut live);
        self.write(key, Write::Update(Arc::new(live).into_live()));
    }

    /// Deletes as `kubectl delete` does.
    pub fn delete(&mut self, key: &ObjectKey) {
        self.write(key, Write::Delete { key: key.clone(), grace: None });
    }

    /// Runs all controllers at this moment until none of them writes.
    pub fn settle(&mut self) {
        self.requeue_at = None;
        for _ in 0..MAX_ROUNDS {
            let keys: Vec<ObjectKey> = self.store.objects().map(|object| object.key.clone()).collect();
            let mut quiet = true;
            for key in keys {
                for outcome in reconcile_all(&self.store, &key, self.provider, self.now) {
                    quiet &= outcome.is_quiet();
                    if let Some(at) = outcome.requeue_at {
                        self.requeue_at = Some(self.requeue_at.map_or(at, |old| old.min(at)));
                    }
                    for write in outcome.writes {
                        self.write(&key, write);
                    }
                    for event in outcome.events {
                        self.log(&key, event.reason, &event.message);
                    }
                }
            }
            if quiet {
                return;
            }
            self.requeue_at = None;
        }
        panic!("the controllers do not come to rest: {:?}", &self.events[self.events.len() - 20..]);
    }

    /// Lets time pass, stopping wherever a controller asked to look again.
    pub fn pass(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        self.settle();
        while let Some(at) = self.requeue_at.filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    fn write(&mut self, by: &ObjectKey, write: Write) {
        match write {
            Write::Create { mut live, event } => {
                let (uid, now) = (self.random.uid(), self.now);
                let suffix = self.random.name_suffix(5);
                let metadata = live.metadata_mut().unwrap();
                metadata.uid.get_or_insert(uid);
                metadata.creation_timestamp = Some(now.to_timestamp());
                metadata.generation = Some(1);
                let prefix = metadata.generate_name.clone().unwrap_or_default();
                let name = metadata.name.get_or_insert_with(|| prefix + &suffix).clone();
                let key = key_of(&live);
                assert!(self.store.get(&key).is_none(), "{key} exists");
                self.store.put(key, None, live);
                if let Some(event) = event {
                    self.log(by, event.reason, &event.message.replace("{name}", &name));
                }
            }
            Write::Update(mut live) => {
                let key = key_of(&live);
                let old = self.store.get(&key).cloned().unwrap();
                if old.live.to_value()["spec"] != live.to_value()["spec"] {
                    let metadata = live.metadata_mut().unwrap();
                    metadata.generation = Some(metadata.generation.unwrap_or(0) + 1);
                }
                self.store.put(key, old.document.clone(), live);
            }
            Write::UpdateStatus(live) => {
                let key = key_of(&live);
                let old = self.store.get(&key).unwrap().clone();
                let mut value = old.live.to_value();
                value["status"] = live.to_value()["status"].clone();
                let mut live = Live::from_value(&key.kind, &value).unwrap();
                // JSON leaves out the milliseconds of a deletion time.
                *live.metadata_mut().unwrap() = old.live.metadata().unwrap().clone();
                self.store.put(key, old.document.clone(), live);
            }
            Write::Subresource(live) => {
                let key = key_of(&live);
                let document = self.store.get(&key).unwrap().document.clone();
                self.store.put(key, document, live);
            }
            Write::Delete { key, grace } => {
                let Some(object) = self.store.get(&key).cloned() else { return };
                if self.store.delete(&key, grace, self.now) == Deleted::Gone {
                    for write in garbage_collector::reconcile(&self.store, &object).writes {
                        self.write(&key, write);
                    }
                    if key.kind == Kind::Node {
                        for write in node_lifecycle::reconcile(&self.store, &key, self.now).writes {
                            self.write(&key, write);
                        }
                    }
                }
            }
        }
    }

    fn log(&mut self, key: &ObjectKey, reason: &str, message: &str) {
        self.events.push(format!("{} {}: {reason} {message}", key.kind, key.name));
    }

    /// The Pods of the namespace `shop`.
    pub fn pods(&self) -> Vec<Arc<Pod>> {
        self.store.list_in::<Pod>("shop").cloned().collect()
    }

    /// The names of the Pods, sorted.
    pub fn pod_names(&self) -> Vec<String> {
        self.pods().iter().map(|pod| pod.metadata.name.clone().unwrap()).collect()
    }

    /// A fact of each Pod, in the order of their names.
    pub fn each_pod<R>(&self, fact: impl Fn(&Pod) -> R) -> Vec<R> {
        self.pods().iter().map(|pod| fact(pod)).collect()
    }

    /// The object as JSON.
    pub fn value(&self, key: &ObjectKey) -> Value {
        self.store.get(key).unwrap().live.to_value()
    }
}

fn reconcile_all(
    store: &Store,
    key: &ObjectKey,
    provider: service_load_balancer::Provider,
    now: Time,
) -> Vec<Outcome> {
    match key.kind {
        Kind::Deployment => vec![deployment::reconcile(store, key, now)],
        Kind::ReplicaSet => vec![replica_set::reconcile(store, key, now)],
        Kind::ReplicationController => vec![replication_controller::reconcile(store, key, now)],
        Kind::StatefulSet => vec![stateful_set::reconcile(store, key, now)],
        Kind::DaemonSet => vec![daemon_set::reconcile(store, key, now)],
        Kind::Node => vec![node_lifecycle::reconcile(store, key, now)],
        Kind::Service => vec![service_load_balancer::reconcile(store, key, provider, now)],
        Kind::GatewayClass | Kind::Gateway | Kind::HTTPRoute => vec![gateway::reconcile(store, key, now)],
        Kind::Ingress => vec![ingress_status::reconcile(store, key, now)],
        Kind::Pod => {
            let scheduled = scheduler::reconcile(store, key, now);
            if scheduled.is_quiet() { vec![kubelet::reconcile(store, key, now)] } else { vec![scheduled] }
        }
        _ => Vec::new(),
    }
}

fn key_of(live: &Live) -> ObjectKey {
    let value = live.to_value();
    let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    let metadata = live.metadata().unwrap();
    ObjectKey::new(kind, metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap())
}
