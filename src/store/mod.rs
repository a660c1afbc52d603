//! The API server and etcd: objects with their revision, watch events, indexes, admission.

pub mod admission;
pub mod config;
pub mod deletion;
mod index;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet, Vector};
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use crate::api::key::KeyRef;
use crate::api::{Kind, Live, Object, ObjectKey, Resource};
use index::Index;
pub use index::SERVICE_NAME_LABEL;

/// One change of one object, as a watch reports it.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// The object before; `None` when it was created.
    pub old: Option<Arc<Object>>,
    /// The object after; `None` when it was deleted.
    pub new: Option<Arc<Object>>,
}

impl WatchEvent {
    /// The object's key; `None` for an event without an object, which the store never makes.
    pub fn key(&self) -> Option<&ObjectKey> {
        self.new.as_ref().or(self.old.as_ref()).map(|object| &object.key)
    }
}

/// Everything that the API server holds. Clones share everything, so keeping an old state costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: OrdMap<ObjectKey, Arc<Object>>,
    revision: u64,
    index: Index,
    events: Vector<WatchEvent>,
}

impl Store {
    /// The number of writes so far: the revision of the newest one.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The object with this key.
    pub fn get(&self, key: &ObjectKey) -> Option<&Arc<Object>> {
        self.objects.get(key)
    }

    /// The live object of type `T` with this name; `namespace` is empty for objects of the whole cluster.
    pub fn find<T: Resource>(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        let kind = T::OBJECT_KIND;
        self.objects.get(&KeyRef { kind: &kind, namespace, name }).and_then(|object| object.get::<T>())
    }

    /// All objects, ordered by kind, namespace and name.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.objects.values()
    }

    /// All objects of a kind, ordered by namespace and name.
    pub fn objects_of(&self, kind: Kind) -> impl Iterator<Item = &Arc<Object>> + use<'_> {
        self.objects
            .range(KeyRef { kind: &kind, namespace: "", name: "" }..)
            .map(|(_, object)| object)
            .take_while(move |object| object.key.kind == kind)
    }

    /// All live objects of type `T`, ordered by namespace and name.
    pub fn list<T: Resource>(&self) -> impl Iterator<Item = &Arc<T>> + use<'_, T> {
        self.objects_of(T::OBJECT_KIND).filter_map(|object| object.get::<T>())
    }

    /// The live objects of type `T` in one namespace, ordered by name.
    pub fn list_in<'a, T: Resource>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<T>> {
        self.objects_in(T::OBJECT_KIND, namespace).filter_map(|object| object.get::<T>())
    }

    /// All live objects of a kind in a namespace, ordered by name.
    pub fn objects_in<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Object>> {
        self.objects
            .range(KeyRef { kind: &kind, namespace, name: "" }..)
            .map(|(_, object)| object)
            .take_while(move |object| object.key.kind == kind && &*object.key.namespace == namespace)
    }

    /// The Services of the namespace whose selector matches these labels, in no meaningful order, each once.
    pub fn services_selecting(&self, namespace: &str, labels: &BTreeMap<String, String>) -> Vec<ObjectKey> {
        let mut found: Vec<ObjectKey> = self
            .index
            .services_for(namespace, labels)
            .filter(|key| {
                self.get(key)
                    .and_then(|object| object.get::<Service>())
                    .and_then(|service| service.spec.as_ref()?.selector.as_ref())
                    .is_some_and(|selector| matches(selector, labels))
            })
            .cloned()
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// The Pods of the namespace that have every pair of `selector`, ordered by name. An empty selector, as
    /// everywhere in a Service, selects nothing.
    pub fn pods_matching(&self, namespace: &str, selector: &BTreeMap<String, String>) -> Vec<Arc<Pod>> {
        let Some(candidates) = self.index.pods_for(namespace, selector) else { return Vec::new() };
        let none = BTreeMap::new();
        // The index has answered for the one pair already.
        let answered = selector.len() == 1;
        candidates
            .iter()
            .filter_map(|key| self.get(key)?.get::<Pod>())
            .filter(|pod| answered || matches(selector, pod.metadata.labels.as_ref().unwrap_or(&none)))
            .cloned()
            .collect()
    }

    /// The EndpointSlices whose label `kubernetes.io/service-name` names this Service, ordered by name.
    pub fn slices_of<'a>(
        &'a self,
        namespace: &str,
        service: &str,
    ) -> impl Iterator<Item = &'a Arc<EndpointSlice>> {
        self.resolve(self.index.slices_of(namespace, service))
            .filter_map(|object| object.get::<EndpointSlice>())
    }

    /// The objects that name `uid` among their owners.
    pub fn owned_by<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Arc<Object>> {
        self.resolve(self.index.owned_by(uid))
    }

    /// The Pods that are bound to this node, ended and terminating ones included, ordered by namespace and name. The
    /// empty name gives the Pods that are not scheduled.
    pub fn pods_on_node<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Arc<Pod>> {
        self.resolve(self.index.on_node(node)).filter_map(|object| object.get::<Pod>())
    }

    /// How many Pods [`Store::pods_on_node`] gives.
    pub fn count_on_node(&self, node: &str) -> usize {
        self.index.on_node(node).map_or(0, OrdSet::len)
    }

    /// The Pods, Services and Nodes that have this address. A Pod on its node's network is not among them.
    pub fn at_address(&self, address: IpAddr) -> impl Iterator<Item = &Arc<Object>> {
        self.resolve(self.index.at_address(address))
    }

    /// The Services that have this address, ordered by namespace and name.
    pub fn services_at(&self, address: IpAddr) -> impl Iterator<Item = (&ObjectKey, &Arc<Service>)> {
        self.services_among(self.index.at_address(address))
    }

    /// The Services one of whose ports has this `nodePort`, ordered by namespace and name.
    pub fn services_at_node_port(&self, number: i32) -> impl Iterator<Item = (&ObjectKey, &Arc<Service>)> {
        self.services_among(self.index.at_node_port(number))
    }

    fn services_among<'a>(
        &'a self,
        keys: Option<&'a OrdSet<ObjectKey>>,
    ) -> impl Iterator<Item = (&'a ObjectKey, &'a Arc<Service>)> {
        let services = keys.into_iter().flatten().filter(|key| key.kind == Kind::Service);
        services.filter_map(|key| Some((key, self.objects.get(key)?.get::<Service>()?)))
    }

    fn resolve<'a>(&'a self, keys: Option<&'a OrdSet<ObjectKey>>) -> impl Iterator<Item = &'a Arc<Object>> {
        keys.into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// Writes an object as it is, created or replaced, and reports the change to the watchers. Nothing is checked:
    /// admission comes before.
    pub fn put(&mut self, key: ObjectKey, document: Option<Arc<serde_json::Value>>, live: Live) {
        self.revision += 1;
        let new = Arc::new(Object { key: key.clone(), revision: self.revision, document, live });
        let old = self.objects.insert(key, new.clone());
        self.index.update(old.as_deref(), Some(&new));
        self.events.push_back(WatchEvent { old, new: Some(new) });
    }

    /// Removes an object and reports it; gives what was removed.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Arc<Object>> {
        let old = self.objects.remove(key)?;
        self.revision += 1;
        self.index.update(Some(&old), None);
        self.events.push_back(WatchEvent { old: Some(old.clone()), new: None });
        Some(old)
    }

    /// What was written since another state of this store, or between two states that were forked from one: for each
    /// object that differs the one before and the one now, in the order of keys. What both share is not visited, so this
    /// takes no longer than there are changes.
    pub fn changes_since<'a>(
        &'a self,
        before: &'a Store,
    ) -> impl Iterator<Item = (Option<&'a Arc<Object>>, Option<&'a Arc<Object>>)> {
        before.objects.diff(&self.objects).map(|item| match item {
            DiffItem::Add(_, new) => (None, Some(new)),
            DiffItem::Update { old: (_, old), new: (_, new) } => (Some(old), Some(new)),
            DiffItem::Remove(_, old) => (Some(old), None),
        })
    }

    /// Takes the oldest change that no watcher has seen.
    pub fn next_event(&mut self) -> Option<WatchEvent> {
        self.events.pop_front()
    }
}

/// The Service that the label of a slice names.
pub fn service_of_slice(slice: &Object) -> Option<ObjectKey> {
    let name = slice.labels()?.get(SERVICE_NAME_LABEL)?;
    Some(ObjectKey::service(slice.key.namespace.clone(), name.as_str()))
}

/// Whether a Service with this selector selects a Pod with these labels: an empty selector selects nothing.
pub fn selects(selector: &BTreeMap<String, String>, labels: Option<&BTreeMap<String, String>>) -> bool {
    let none = BTreeMap::new();
    !selector.is_empty() && matches(selector, labels.unwrap_or(&none))
}

/// Whether `labels` has every pair of `selector`: `labels.Set(selector).AsSelectorPreValidated()` of a selector that
/// is not empty.
fn matches(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn put(store: &mut Store, value: serde_json::Value) {
        let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
        let live = Live::from_value(&kind, &value).unwrap();
        let meta = live.metadata().unwrap();
        let key =
            ObjectKey::new(kind, meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap());
        store.put(key, None, live);
    }

    fn pod(name: &str, labels: serde_json::Value) -> serde_json::Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels}})
    }

    fn service(name: &str, selector: serde_json::Value) -> serde_json::Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": selector}})
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn names(pods: &[Arc<Pod>]) -> Vec<&str> {
        pods.iter().map(|pod| pod.metadata.name.as_deref().unwrap()).collect()
    }

    #[test]
    fn pods_and_services_find_each_other_by_labels() {
        let mut store = Store::default();
        put(&mut store, pod("a", json!({"app": "web", "tier": "front"})));
        put(&mut store, pod("b", json!({"app": "web"})));
        put(&mut store, service("web", json!({"app": "web"})));
        put(&mut store, service("front", json!({"app": "web", "tier": "front"})));
        put(&mut store, service("none", json!({})));
        assert_eq!(names(&store.pods_matching("shop", &labels(&[("app", "web")]))), ["a", "b"]);
        assert_eq!(names(&store.pods_matching("shop", &labels(&[("app", "web"), ("tier", "front")]))), ["a"]);
        assert!(store.pods_matching("shop", &labels(&[])).is_empty());
        assert!(store.pods_matching("other", &labels(&[("app", "web")])).is_empty());
        assert_eq!(
            store.services_selecting("shop", &labels(&[("app", "web")])),
            [ObjectKey::service("shop", "web")]
        );
    }

    #[test]
    fn a_changed_label_moves_the_pod_in_the_index() {
        let mut store = Store::default();
        put(&mut store, pod("a", json!({"app": "web"})));
        put(&mut store, pod("a", json!({"app": "wbe"})));
        assert!(store.pods_matching("shop", &labels(&[("app", "web")])).is_empty());
        assert_eq!(names(&store.pods_matching("shop", &labels(&[("app", "wbe")]))), ["a"]);
        store.remove(&ObjectKey::pod("shop", "a"));
        assert!(store.pods_matching("shop", &labels(&[("app", "wbe")])).is_empty());
    }

    #[test]
    fn services_are_found_by_the_node_ports_and_addresses_that_they_have_now() {
        let mut store = Store::default();
        let spec = |node_ports: &[i32], address: &str| {
            let ports: Vec<_> = node_ports.iter().map(|port| json!({"port": 80, "nodePort": port})).collect();
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"ports": ports, "clusterIPs": [address]}})
        };
        let at = |store: &Store, address: &str| store.services_at(address.parse().unwrap()).count();
        put(&mut store, spec(&[30_080, 30_080, 30_443], "10.96.0.1"));
        assert_eq!([30_080, 30_443, 30_081].map(|port| store.services_at_node_port(port).count()), [1, 1, 0]);
        // The address is the same, however it is written.
        put(&mut store, spec(&[30_081, 30_443], "FD00:0::1"));
        assert_eq!([30_080, 30_443, 30_081].map(|port| store.services_at_node_port(port).count()), [0, 1, 1]);
        assert_eq!([at(&store, "10.96.0.1"), at(&store, "fd00::1")], [0, 1]);
        store.remove(&ObjectKey::service("shop", "web"));
        assert_eq!([30_443, 30_081].map(|port| store.services_at_node_port(port).count()), [0, 0]);
        assert_eq!(at(&store, "fd00::1"), 0);
    }

    #[test]
    fn lists_end_at_the_kind_and_the_namespace() {
        let mut store = Store::default();
        put(&mut store, pod("a", json!({})));
        put(&mut store, service("web", json!({})));
        put(
            &mut store,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "z", "namespace": "zoo"}}),
        );
        assert_eq!(store.list::<Pod>().count(), 2);
        assert_eq!(store.list_in::<Pod>("shop").count(), 1);
        assert_eq!(store.find::<Pod>("zoo", "z").map(|pod| pod.metadata.name.as_deref()), Some(Some("z")));
    }

    #[test]
    fn changes_between_two_states_are_found() {
        let mut store = Store::default();
        for number in 0..300 {
            put(&mut store, pod(&format!("p{number:03}"), json!({"app": "web"})));
        }
        let before = store.clone();
        assert_eq!(store.changes_since(&before).count(), 0);
        put(&mut store, pod("p007", json!({"app": "web"})));
        put(&mut store, pod("new", json!({})));
        store.remove(&ObjectKey::pod("shop", "p200"));
        let names = |store: &Store, before: &Store| -> Vec<(String, bool, bool)> {
            let changes = store.changes_since(before);
            changes
                .filter_map(|(old, new)| {
                    let object = old.or(new)?;
                    Some((object.key.name.to_string(), old.is_some(), new.is_some()))
                })
                .collect()
        };
        let change = |name: &str, old, new| (name.to_owned(), old, new);
        assert_eq!(
            names(&store, &before),
            [change("new", false, true), change("p007", true, true), change("p200", true, false)]
        );
        assert_eq!(
            names(&before, &store),
            [change("new", true, false), change("p007", true, true), change("p200", false, true)]
        );
    }

    #[test]
    fn watch_events_come_in_the_order_of_the_writes() {
        let mut store = Store::default();
        put(&mut store, pod("a", json!({})));
        store.remove(&ObjectKey::pod("shop", "a"));
        let (first, second) = (store.next_event().unwrap(), store.next_event().unwrap());
        assert!(first.old.is_none() && first.new.is_some());
        assert!(second.old.is_some() && second.new.is_none());
        assert!(store.next_event().is_none());
    }
}
