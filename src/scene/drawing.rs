//! Draws scene after scene and keeps what did not change, so that the work of a change is in proportion to it.
//!
//! The memory is of the store as it was drawn last: what differs from it since is made anew, and cards, links and ways
//! that come out equal keep their place in memory, so that who draws them can compare pointers. A scene from an empty
//! memory is the same scene.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::asked::Asked;
use super::build::{Context, is_shown};
use super::card::{EdgeCard, NodeCard, PodCard, Row, ServiceCard};
use super::layout::Contents;
use super::level::Level;
use super::order::{self, Ranks};
use super::placed::Placed;
use super::{Scene, View, build, fold, pod, service, touched};
use crate::api::{Kind, Object, ObjectKey};
use crate::network::{Provider, Settings};
use crate::session::Session;
use crate::store::{Store, service_of_slice};

/// What the memory is of.
struct Seen {
    store: Store,
    before: Store,
    accents: imbl::OrdMap<ObjectKey, u8>,
    settings: Settings,
    namespace: Option<String>,
    system: bool,
    unfolded: BTreeSet<String>,
}

/// A board that is drawn again and again.
#[derive(Default)]
pub struct Drawing {
    seen: Option<Seen>,
    /// The Pods' cards without a place.
    pods: BTreeMap<ObjectKey, Rc<PodCard>>,
    /// The shown Pods of each node, also of nodes that are not there; Pods on none under the empty name.
    by_node: BTreeMap<String, BTreeSet<ObjectKey>>,
    /// Whose words change with time.
    terminating: BTreeSet<ObjectKey>,
    /// The nodes without their Pods.
    heads: BTreeMap<String, NodeCard>,
    /// The names of the nodes that have a card, in order.
    node_names: Vec<String>,
    node_ports: Vec<Row>,
    services: BTreeMap<ObjectKey, Rc<ServiceCard>>,
    /// The Services in the order in which they stand; `None` when it is out of date.
    in_order: Option<Vec<Rc<ServiceCard>>>,
    /// The slices that the last command or what came of it rewrote.
    rewritten: BTreeSet<ObjectKey>,
    edges: Vec<Rc<EdgeCard>>,
    asked: Asked,
    kept: BTreeMap<String, usize>,
    ranks: Ranks,
    /// The nodes with their Pods, by name, folded as the overview does and as the finer levels do.
    nodes: [BTreeMap<String, Rc<NodeCard>>; 2],
    /// The Services of which a slice was written since the last scene.
    touched: BTreeSet<ObjectKey>,
    /// Whether any object was written since the last scene.
    changed: bool,
    placed: Placed,
}

/// What has to be made anew.
#[derive(Default)]
struct Dirty {
    pods: BTreeSet<ObjectKey>,
    services: BTreeSet<ObjectKey>,
    /// Namespaces in which other Pods are selected or nearly selected.
    selectors: BTreeSet<Arc<str>>,
    nodes: BTreeSet<String>,
    /// Whether there are other nodes.
    node_set: bool,
    edges: bool,
    node_ports: bool,
    /// Whether Services and Pods may stand in another order.
    order: bool,
}

impl Drawing {
    /// Draws up the board as it is at the session's `now`.
    pub fn scene(&mut self, session: &Session, view: &View) -> Rc<Scene> {
        self.take_in(session, view);
        let contents = self.contents(session, view.level, view);
        let touched = std::mem::take(&mut self.touched);
        let changed = std::mem::take(&mut self.changed);
        self.placed.scene(session, view, contents, &self.kept, touched, changed)
    }

    /// The contents as they are, for trying out how the board fits a window.
    pub(super) fn tried(&mut self, session: &Session, view: &View, level: Level) -> Contents {
        self.take_in(session, view);
        self.contents(session, level, view)
    }

    /// Brings the cards up to date, and remembers of what.
    fn take_in(&mut self, session: &Session, view: &View) {
        let store = session.cluster().store();
        let holds = |seen: &Seen| {
            seen.namespace == view.namespace
                && seen.system == view.system
                && seen.settings == *session.cluster().settings()
        };
        if !self.seen.as_ref().is_some_and(holds) {
            let (placed, touched) = (std::mem::take(&mut self.placed), std::mem::take(&mut self.touched));
            // A scene without what is hidden now is another one, whatever was written.
            *self = Drawing { placed, touched, changed: true, ..Drawing::default() };
        }
        let seen = self.seen.take();
        let mut dirty = Dirty { node_set: seen.is_none(), ..Dirty::default() };
        let empty = Store::default();
        let before = seen.as_ref().map_or(&empty, |seen| &seen.store);
        // Who announces an address depends on nodes and on endpoints.
        let announced = session.cluster().settings().load_balancers == Provider::MetalLb;
        for (old, new) in store.changes_since(before) {
            self.count_kept(old, new);
            dirty.note(old, new, announced);
            self.changed = true;
        }
        let accents = session.accents();
        if !seen.as_ref().is_some_and(|seen| seen.accents.ptr_eq(accents)) {
            for (key, card) in self.services.iter().filter(|(key, card)| session.accent(key) != card.accent) {
                dirty.services.insert(key.clone());
                dirty.selectors.insert(card.key.namespace.clone());
                (dirty.edges, dirty.node_ports) = (true, true);
            }
        }
        if !seen.as_ref().is_some_and(|seen| same(&seen.store, store) && same(&seen.before, session.before()))
        {
            self.note_rewritten(session, &mut dirty);
        }
        self.make_anew(session, view, dirty);
        if seen.as_ref().is_none_or(|seen| seen.unfolded != view.unfolded) {
            self.nodes = Default::default();
        }
        self.asked.update(session);
        self.seen = Some(Seen {
            store: store.clone(),
            before: session.before().clone(),
            accents: accents.clone(),
            settings: session.cluster().settings().clone(),
            namespace: view.namespace.clone(),
            system: view.system,
            unfolded: view.unfolded.clone(),
        });
    }

    fn count_kept(&mut self, old: Option<&Arc<Object>>, new: Option<&Arc<Object>>) {
        let Some(kind) = old.or(new).map(|object| &object.key.kind).filter(|kind| !kind.is_simulated())
        else {
            return;
        };
        let count = self.kept.entry(kind.name().to_owned()).or_insert(0);
        *count = *count + usize::from(new.is_some()) - usize::from(old.is_some());
        if *count == 0 {
            self.kept.remove(kind.name());
        }
    }

    /// A slice says so when it was rewritten lately.
    fn note_rewritten(&mut self, session: &Session, dirty: &mut Dirty) {
        let store = session.cluster().store();
        let rewritten: BTreeSet<ObjectKey> = store
            .changes_since(session.before())
            .filter_map(|(old, new)| old.and(new))
            .filter(|object| object.key.kind == Kind::EndpointSlice)
            .map(|object| object.key.clone())
            .collect();
        for key in rewritten.symmetric_difference(&self.rewritten) {
            dirty.services.extend(store.get(key).and_then(|object| service_of_slice(object)));
        }
        self.rewritten = rewritten;
    }

    fn make_anew(&mut self, session: &Session, view: &View, mut dirty: Dirty) {
        let store = session.cluster().store();
        let context = Context { session, view, store };
        self.touched.extend(dirty.services.iter().cloned());
        if !dirty.services.is_empty() {
            self.in_order = None;
        }
        for key in &dirty.services {
            let object = store.get(key).filter(|object| is_shown(object, view));
            match object.and_then(|object| service::card(session, object, view)) {
                Some(card) => match self.services.get(key) {
                    Some(old) if **old == card => {}
                    old => {
                        dirty.order |= old.is_none();
                        self.services.insert(key.clone(), Rc::new(card));
                    }
                },
                None => dirty.order |= self.services.remove(key).is_some(),
            }
        }
        if dirty.edges {
            self.edges = super::asked::keep(&self.edges, context.edges().into_iter());
        }
        for namespace in &dirty.selectors {
            let first = ObjectKey::pod(namespace.clone(), "");
            let pods = self.pods.range(first..).map(|(key, _)| key);
            dirty.pods.extend(pods.take_while(|key| key.namespace == *namespace).cloned());
        }
        dirty.pods.extend(self.terminating.iter().cloned());
        for key in std::mem::take(&mut dirty.pods) {
            self.make_pod(session, view, &key, &mut dirty);
        }
        if dirty.node_ports {
            let ports = context.node_ports();
            if ports != self.node_ports {
                self.node_ports = ports;
                dirty.nodes.extend(self.heads.keys().cloned());
            }
        }
        for name in &dirty.nodes {
            match store.find::<Node>("", name) {
                Some(node) => {
                    let head = context.node(node, self.node_ports.clone());
                    dirty.node_set |= self.heads.insert(name.clone(), head).is_none();
                }
                None => dirty.node_set |= self.heads.remove(name).is_some(),
            }
        }
        if dirty.node_set {
            self.name_nodes();
            dirty.order = true;
        }
        if dirty.order {
            self.put_in_order();
        }
        for name in &dirty.nodes {
            for nodes in &mut self.nodes {
                nodes.remove(name);
            }
        }
    }

    /// Makes a Pod's card anew, if it has changed, and the cards of the nodes that it leaves and comes to.
    fn make_pod(&mut self, session: &Session, view: &View, key: &ObjectKey, dirty: &mut Dirty) {
        let object = session.cluster().store().get(key).filter(|object| is_shown(object, view));
        let found = object.and_then(|object| Some((object, object.get::<Pod>()?)));
        let Some((object, pod)) = found else {
            self.terminating.remove(key);
            if self.pods.remove(key).is_some() {
                dirty.order = true;
                self.leave_node(key, None, dirty);
            }
            return;
        };
        if pod.metadata.deletion_timestamp.is_some() {
            self.terminating.insert(key.clone());
        } else {
            self.terminating.remove(key);
        }
        let name = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
        let card = pod::card(session, object, pod);
        let old = self.pods.get(key);
        let stays = self.by_node.get(name).is_some_and(|pods| pods.contains(key));
        if stays && old.is_some_and(|old| **old == card) {
            return;
        }
        dirty.order |=
            !stays || old.is_none_or(|old| (&old.services, &old.near) != (&card.services, &card.near));
        if !stays {
            if old.is_some() {
                self.leave_node(key, Some(name), dirty);
            }
            let pods = self.by_node.entry(name.to_owned()).or_default();
            dirty.node_set |= pods.is_empty();
            pods.insert(key.clone());
        }
        dirty.nodes.insert(name.to_owned());
        self.pods.insert(key.clone(), Rc::new(card));
    }

    /// Takes a Pod off every node but `stays`.
    fn leave_node(&mut self, key: &ObjectKey, stays: Option<&str>, dirty: &mut Dirty) {
        for (name, pods) in &mut self.by_node {
            if Some(name.as_str()) != stays && pods.remove(key) {
                dirty.nodes.insert(name.clone());
                dirty.node_set |= pods.is_empty();
            }
        }
        self.by_node.retain(|_, pods| !pods.is_empty());
    }

    /// The nodes by name, `node-2` before `node-10`; then the places of Pods that are on no node.
    fn name_nodes(&mut self) {
        let mut names: Vec<&String> = self.heads.keys().collect();
        names.sort_by_cached_key(|name| natural(name));
        let nowhere = self.by_node.keys().filter(|name| !self.heads.contains_key(*name));
        self.node_names = names.into_iter().chain(nowhere).cloned().collect();
    }

    fn put_in_order(&mut self) {
        let services: Vec<&Rc<ServiceCard>> = self.services.values().collect();
        let nodes = self.node_names.iter().map(|name| {
            let pods = self.by_node.get(name).into_iter().flatten();
            pods.filter_map(|key| self.pods.get(key)).collect()
        });
        let ranks = order::ranks(&services, nodes);
        if ranks != self.ranks {
            self.ranks = ranks;
            self.in_order = None;
            self.nodes = Default::default();
        }
    }

    /// Everything that stands on the board at a level.
    fn contents(&mut self, session: &Session, level: Level, view: &View) -> Contents {
        let services = self.in_order.get_or_insert_with(|| {
            let mut services: Vec<Rc<ServiceCard>> = self.services.values().cloned().collect();
            services.sort_by_key(|card| self.ranks.get(&card.key).copied().unwrap_or(u32::MAX));
            services
        });
        let services = services.clone();
        let at_least = fold::at_least(level);
        let [overview, finer] = &mut self.nodes;
        let memory = if level == Level::Overview { overview } else { finer };
        let mut nodes = Vec::with_capacity(self.node_names.len());
        for name in &self.node_names {
            if let Some(node) = memory.get(name) {
                nodes.push(node.clone());
                continue;
            }
            let keys = self.by_node.get(name).into_iter().flatten();
            let pods: Vec<Rc<PodCard>> = keys.filter_map(|key| self.pods.get(key)).cloned().collect();
            let mut pods = fold::fold(session.cluster().store(), &pods, at_least, &view.unfolded);
            order::sort_pods(&mut pods, &self.ranks);
            let head = self.heads.get(name).cloned().unwrap_or_else(|| build::nowhere(name));
            let node = Rc::new(NodeCard { pods, ..head });
            memory.insert(name.clone(), node.clone());
            nodes.push(node);
        }
        let edges = self.edges.iter().chain(&self.asked.resolvers).cloned().collect();
        let mut contents = Contents { clients: self.asked.clients.clone(), edges, services, nodes };
        if view.touched {
            touched::keep(&mut contents, session, view);
        }
        contents
    }
}

impl Dirty {
    /// Notes what an object's change makes out of date.
    fn note(&mut self, old: Option<&Arc<Object>>, new: Option<&Arc<Object>>, announced: bool) {
        let Some(key) = new.or(old).map(|object| &object.key) else { return };
        match &key.kind {
            Kind::Pod => {
                self.pods.insert(key.clone());
            }
            Kind::Service => {
                self.services.insert(key.clone());
                (self.edges, self.node_ports) = (true, true);
                if selector(old) != selector(new) || old.is_none() || new.is_none() {
                    self.selectors.insert(key.namespace.clone());
                }
            }
            Kind::EndpointSlice => {
                self.services.extend(old.and_then(|object| service_of_slice(object)));
                self.services.extend(new.and_then(|object| service_of_slice(object)));
                // Rules to a Service say what comes of it that nobody is there.
                self.edges |= announced || endpoints(old) != endpoints(new);
            }
            Kind::Node => {
                self.nodes.insert(key.name.to_string());
                self.edges |= announced;
            }
            Kind::Endpoints
            | Kind::Deployment
            | Kind::ReplicaSet
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::ReplicationController => {}
            _ => self.edges = true,
        }
    }
}

/// Whether two states of the store hold the same objects.
fn same(one: &Store, other: &Store) -> bool {
    one.revision() == other.revision() && one.changes_since(other).next().is_none()
}

fn selector(object: Option<&Arc<Object>>) -> Option<&BTreeMap<String, String>> {
    object?.get::<Service>()?.spec.as_ref()?.selector.as_ref()
}

/// Whether a slice has endpoints, and whether one of them is ready.
fn endpoints(object: Option<&Arc<Object>>) -> (bool, bool) {
    let endpoints = object
        .and_then(|object| object.get::<EndpointSlice>())
        .and_then(|slice| slice.endpoints.as_deref())
        .unwrap_or_default();
    (
        !endpoints.is_empty(),
        endpoints.iter().any(|endpoint| service::mark(endpoint) == super::card::Mark::Ready),
    )
}

/// A name in parts, so that numbers in it are compared as numbers.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, after) = rest.split_at(text);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((0, before.to_owned()));
        parts.push((number.parse().unwrap_or(u64::MAX), number.to_owned()));
        rest = after;
    }
    parts
}
