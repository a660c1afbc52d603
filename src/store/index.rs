//! The indexes that answer "who has this?" without a look at everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::api::{Kind, Live, Object, ObjectKey};

/// The label by which an EndpointSlice names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// For each term, the keys of the objects that have it.
#[derive(Clone, Debug, Default)]
struct Postings(OrdMap<Arc<str>, OrdSet<ObjectKey>>);

impl Postings {
    fn add(&mut self, term: &str, key: &ObjectKey) {
        match self.0.get_mut(term) {
            Some(keys) => {
                keys.insert(key.clone());
            }
            None => {
                self.0.insert(Arc::from(term), OrdSet::unit(key.clone()));
            }
        }
    }

    fn remove(&mut self, term: &str, key: &ObjectKey) {
        if let Some(keys) = self.0.get_mut(term) {
            keys.remove(key);
            if keys.is_empty() {
                self.0.remove(term);
            }
        }
    }

    fn get(&self, term: &str) -> Option<&OrdSet<ObjectKey>> {
        self.0.get(term)
    }
}

/// All indexes of the store. Clones share everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Pods by one of their labels.
    pods_by_label: Postings,
    /// Services with a selector, by the first pair of it: a Pod that lacks this pair can not match.
    services_by_pair: Postings,
    /// EndpointSlices by the Service that their label names.
    slices_by_service: Postings,
    /// Objects by the uid of each owner.
    by_owner: Postings,
    /// Pods, Services and Nodes by each of their addresses.
    by_address: Postings,
    /// Pods by the node they are bound to; those without one under the empty name.
    pods_by_node: Postings,
}

impl Index {
    /// Takes the change of one object into all indexes. Terms that stay are not touched.
    pub fn update(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let Some(key) = new.or(old).map(|object| &object.key) else { return };
        let unchanged = match (old, new) {
            (Some(old), Some(new)) => same_terms(&old.live, &new.live),
            _ => false,
        };
        if unchanged {
            return;
        }
        if let Some(old) = old {
            self.visit(&old.live, key, |postings, term, key| postings.remove(term, key));
        }
        if let Some(new) = new {
            self.visit(&new.live, key, |postings, term, key| postings.add(term, key));
        }
    }

    fn visit(&mut self, live: &Live, key: &ObjectKey, mut act: impl FnMut(&mut Postings, &str, &ObjectKey)) {
        for owner in live.metadata().iter().flat_map(|meta| meta.owner_references.iter().flatten()) {
            act(&mut self.by_owner, &owner.uid, key);
        }
        for address in addresses(live) {
            act(&mut self.by_address, address, key);
        }
        match live {
            Live::Pod(pod) => {
                act(&mut self.pods_by_node, node_of(pod), key);
                for (name, value) in pod.metadata.labels.iter().flatten() {
                    act(&mut self.pods_by_label, &label_term(&key.namespace, name, value), key);
                }
            }
            Live::Service(service) => {
                if let Some((name, value)) = selector_of(service).and_then(BTreeMap::first_key_value) {
                    act(&mut self.services_by_pair, &label_term(&key.namespace, name, value), key);
                }
            }
            Live::EndpointSlice(slice) => {
                let labels = slice.metadata.labels.as_ref();
                if let Some(service) = labels.and_then(|labels| labels.get(SERVICE_NAME_LABEL)) {
                    act(&mut self.slices_by_service, &service_term(&key.namespace, service), key);
                }
            }
            _ => {}
        }
    }

    /// Services of the namespace that may select a Pod with these labels; the caller compares the whole selector.
    pub fn services_for<'a>(
        &'a self,
        namespace: &'a str,
        labels: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = &'a ObjectKey> {
        labels
            .iter()
            .filter_map(move |(name, value)| self.services_by_pair.get(&label_term(namespace, name, value)))
            .flatten()
    }

    /// Pods of the namespace that have the rarest of these pairs; the caller compares the others. `None` when
    /// `pairs` is empty.
    pub fn pods_for(&self, namespace: &str, pairs: &BTreeMap<String, String>) -> Option<OrdSet<ObjectKey>> {
        let mut rarest: Option<OrdSet<ObjectKey>> = None;
        for (name, value) in pairs {
            let found =
                self.pods_by_label.get(&label_term(namespace, name, value)).cloned().unwrap_or_default();
            if rarest.as_ref().is_none_or(|best| found.len() < best.len()) {
                rarest = Some(found);
            }
        }
        rarest
    }

    /// EndpointSlices whose label names this Service.
    pub fn slices_of(&self, namespace: &str, service: &str) -> Option<&OrdSet<ObjectKey>> {
        self.slices_by_service.get(&service_term(namespace, service))
    }

    /// Objects with this uid among their owners.
    pub fn owned_by(&self, uid: &str) -> Option<&OrdSet<ObjectKey>> {
        self.by_owner.get(uid)
    }

    /// Pods that are bound to this node; those without one for the empty name.
    pub fn on_node(&self, node: &str) -> Option<&OrdSet<ObjectKey>> {
        self.pods_by_node.get(node)
    }

    /// Pods, Services and Nodes that have this address.
    pub fn at_address(&self, address: &str) -> Option<&OrdSet<ObjectKey>> {
        self.by_address.get(address)
    }
}

/// Whether the two states of one object have the same terms. Compares only what [`Index::visit`] reads.
fn same_terms(old: &Live, new: &Live) -> bool {
    let same_owners = match (old.metadata(), new.metadata()) {
        (Some(old), Some(new)) => old.owner_references == new.owner_references,
        (old, new) => old.is_none() && new.is_none(),
    };
    same_owners
        && addresses(old).eq(addresses(new))
        && match (old, new) {
            (Live::Pod(old), Live::Pod(new)) => {
                old.metadata.labels == new.metadata.labels && node_of(old) == node_of(new)
            }
            (Live::Service(old), Live::Service(new)) => selector_of(old) == selector_of(new),
            (Live::EndpointSlice(old), Live::EndpointSlice(new)) => {
                old.metadata.labels == new.metadata.labels
            }
            _ => true,
        }
}

fn node_of(pod: &k8s_openapi::api::core::v1::Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
}

fn selector_of(service: &k8s_openapi::api::core::v1::Service) -> Option<&BTreeMap<String, String>> {
    service.spec.as_ref().and_then(|spec| spec.selector.as_ref())
}

/// The addresses by which others reach this object: a Pod's IPs, a Service's cluster, external and load-balancer
/// IPs, a Node's addresses.
fn addresses(live: &Live) -> Box<dyn Iterator<Item = &str> + '_> {
    match live {
        Live::Pod(pod) => {
            // A Pod on its node's network has the node's addresses; those lead to the Node.
            let own_network = pod.spec.as_ref().is_none_or(|spec| spec.host_network != Some(true));
            let ips = pod
                .status
                .iter()
                .filter(move |_| own_network)
                .flat_map(|status| status.pod_ips.iter().flatten());
            Box::new(ips.map(|ip| ip.ip.as_str()))
        }
        Live::Service(service) => {
            let spec = service.spec.as_ref();
            let cluster = spec.into_iter().flat_map(|spec| spec.cluster_ips.iter().flatten());
            let external = spec.into_iter().flat_map(|spec| spec.external_ips.iter().flatten());
            let ingress = service
                .status
                .iter()
                .filter_map(|status| status.load_balancer.as_ref())
                .flat_map(|balancer| balancer.ingress.iter().flatten())
                .filter_map(|ingress| ingress.ip.as_ref());
            Box::new(
                cluster
                    .chain(external)
                    .chain(ingress)
                    .map(String::as_str)
                    .filter(|ip| !ip.is_empty() && *ip != "None"),
            )
        }
        Live::Node(node) => Box::new(
            node.status
                .iter()
                .flat_map(|status| status.addresses.iter().flatten())
                .filter(|address| address.type_ != "Hostname")
                .map(|address| address.address.as_str()),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

// Namespaces, names, label keys and values hold neither of the separators.
fn label_term(namespace: &str, name: &str, value: &str) -> String {
    let mut term = String::with_capacity(namespace.len() + name.len() + value.len() + 2);
    term.push_str(namespace);
    term.push('\n');
    term.push_str(name);
    term.push('\n');
    term.push_str(value);
    term
}

fn service_term(namespace: &str, service: &str) -> String {
    format!("{namespace}\n{service}")
}

/// The range of keys that holds every object of `kind`, or of `kind` in `namespace`.
pub(super) fn first_key(kind: Kind, namespace: &str) -> ObjectKey {
    ObjectKey::new(kind, namespace, "")
}
