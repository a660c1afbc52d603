//! The indexes that answer "who has this?" without a look at everything.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use equivalent::{Comparable, Equivalent};
use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Service;

use crate::api::validation::parse_ip_sloppy;
use crate::api::{Live, Object, ObjectKey};

/// The label by which an EndpointSlice names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// What an object is found by. A text is borrowed where one looks it up, and owned by the index.
// One type for all indexes: a map for each type of term would be as much code again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Term<T> {
    Text(T),
    Address(IpAddr),
    NodePort(i32),
}

impl Term<&str> {
    fn owned(self) -> Term<Arc<str>> {
        match self {
            Term::Text(text) => Term::Text(Arc::from(text)),
            Term::Address(address) => Term::Address(address),
            Term::NodePort(number) => Term::NodePort(number),
        }
    }
}

impl Term<Arc<str>> {
    fn borrowed(&self) -> Term<&str> {
        match self {
            Term::Text(text) => Term::Text(text),
            Term::Address(address) => Term::Address(*address),
            Term::NodePort(number) => Term::NodePort(*number),
        }
    }
}

impl Equivalent<Term<Arc<str>>> for Term<&str> {
    fn equivalent(&self, term: &Term<Arc<str>>) -> bool {
        *self == term.borrowed()
    }
}

impl Comparable<Term<Arc<str>>> for Term<&str> {
    fn compare(&self, term: &Term<Arc<str>>) -> Ordering {
        self.cmp(&term.borrowed())
    }
}

/// For each term, the keys of the objects that have it.
#[derive(Clone, Debug, Default)]
struct Postings(OrdMap<Term<Arc<str>>, OrdSet<ObjectKey>>);

impl Postings {
    fn add(&mut self, term: Term<&str>, key: &ObjectKey) {
        match self.0.get_mut(&term) {
            Some(keys) => {
                keys.insert(key.clone());
            }
            None => {
                self.0.insert(term.owned(), OrdSet::unit(key.clone()));
            }
        }
    }

    fn remove(&mut self, term: Term<&str>, key: &ObjectKey) {
        if let Some(keys) = self.0.get_mut(&term) {
            keys.remove(key);
            if keys.is_empty() {
                self.0.remove(&term);
            }
        }
    }

    fn get(&self, term: Term<&str>) -> Option<&OrdSet<ObjectKey>> {
        self.0.get(&term)
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
    /// Services by each of their node ports.
    by_node_port: Postings,
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

    fn visit(
        &mut self,
        live: &Live,
        key: &ObjectKey,
        mut act: impl FnMut(&mut Postings, Term<&str>, &ObjectKey),
    ) {
        for owner in live.metadata().iter().flat_map(|meta| meta.owner_references.iter().flatten()) {
            act(&mut self.by_owner, Term::Text(&owner.uid), key);
        }
        for address in addresses(live).filter_map(parse_ip_sloppy) {
            act(&mut self.by_address, Term::Address(address), key);
        }
        match live {
            Live::Pod(pod) => {
                act(&mut self.pods_by_node, Term::Text(node_of(pod)), key);
                for (name, value) in pod.metadata.labels.iter().flatten() {
                    let term = label_term(&key.namespace, name, value);
                    act(&mut self.pods_by_label, Term::Text(&term), key);
                }
            }
            Live::Service(service) => {
                if let Some((name, value)) = selector_of(service).and_then(BTreeMap::first_key_value) {
                    let term = label_term(&key.namespace, name, value);
                    act(&mut self.services_by_pair, Term::Text(&term), key);
                }
                for number in node_ports(service) {
                    act(&mut self.by_node_port, Term::NodePort(number), key);
                }
            }
            Live::EndpointSlice(slice) => {
                let labels = slice.metadata.labels.as_ref();
                if let Some(service) = labels.and_then(|labels| labels.get(SERVICE_NAME_LABEL)) {
                    let term = service_term(&key.namespace, service);
                    act(&mut self.slices_by_service, Term::Text(&term), key);
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
            .filter_map(move |(name, value)| {
                self.services_by_pair.get(Term::Text(&label_term(namespace, name, value)))
            })
            .flatten()
    }

    /// Pods of the namespace that have the rarest of these pairs; the caller compares the others. `None` when
    /// `pairs` is empty.
    pub fn pods_for(&self, namespace: &str, pairs: &BTreeMap<String, String>) -> Option<OrdSet<ObjectKey>> {
        let mut rarest: Option<OrdSet<ObjectKey>> = None;
        for (name, value) in pairs {
            let term = label_term(namespace, name, value);
            let found = self.pods_by_label.get(Term::Text(&term)).cloned().unwrap_or_default();
            if rarest.as_ref().is_none_or(|best| found.len() < best.len()) {
                rarest = Some(found);
            }
        }
        rarest
    }

    /// EndpointSlices whose label names this Service.
    pub fn slices_of(&self, namespace: &str, service: &str) -> Option<&OrdSet<ObjectKey>> {
        self.slices_by_service.get(Term::Text(&service_term(namespace, service)))
    }

    /// Objects with this uid among their owners.
    pub fn owned_by(&self, uid: &str) -> Option<&OrdSet<ObjectKey>> {
        self.by_owner.get(Term::Text(uid))
    }

    /// Pods that are bound to this node; those without one for the empty name.
    pub fn on_node(&self, node: &str) -> Option<&OrdSet<ObjectKey>> {
        self.pods_by_node.get(Term::Text(node))
    }

    /// Pods, Services and Nodes that have this address.
    pub fn at_address(&self, address: IpAddr) -> Option<&OrdSet<ObjectKey>> {
        self.by_address.get(Term::Address(address))
    }

    /// Services one of whose ports has this node port.
    pub fn at_node_port(&self, number: i32) -> Option<&OrdSet<ObjectKey>> {
        self.by_node_port.get(Term::NodePort(number))
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
            (Live::Service(old), Live::Service(new)) => {
                selector_of(old) == selector_of(new) && node_ports(old).eq(node_ports(new))
            }
            (Live::EndpointSlice(old), Live::EndpointSlice(new)) => {
                old.metadata.labels == new.metadata.labels
            }
            _ => true,
        }
}

fn node_of(pod: &k8s_openapi::api::core::v1::Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
}

fn selector_of(service: &Service) -> Option<&BTreeMap<String, String>> {
    service.spec.as_ref().and_then(|spec| spec.selector.as_ref())
}

fn node_ports(service: &Service) -> impl Iterator<Item = i32> {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    ports.filter_map(|port| port.node_port)
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
    [namespace, "\n", name, "\n", value].concat()
}

fn service_term(namespace: &str, service: &str) -> String {
    [namespace, "\n", service].concat()
}
