//! What the cards say, before they have a place.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend};

use super::card::{
    Chip, ChipKind, ClientCard, EdgeCard, EdgeKind, Light, Mark, NodeCard, PodCard, Row, chips_that_fit,
};
use super::{Scene, View, fold, service};
use crate::api::{Kind, Object, ObjectKey, Time};
use crate::explain::near_miss;
use crate::network::load_balancer::announcer;
use crate::network::{Client, Place, Provider, addresses};
use crate::session::Session;
use crate::store::Store;

/// How many of its last requests a client's card lists.
const CLIENT_ROWS: usize = 3;

/// How many characters of labels a Pod's card has room for beside its word.
const CHIP_ROOM: usize = 24;

/// Everything on the board, without rectangles, links and ways.
pub(super) fn contents(session: &Session, view: &View) -> Scene {
    let store = session.cluster().store();
    let mut kept = BTreeMap::new();
    for object in store.objects().filter(|object| !object.key.kind.is_simulated()) {
        *kept.entry(object.key.kind.name().to_owned()).or_insert(0) += 1;
    }
    let services: Vec<_> = store
        .objects_of(Kind::Service)
        .filter(|object| is_shown(object, view))
        .filter_map(|object| service::card(session, object, view))
        .collect();
    let context = Context { session, view, store, now: session.now() };
    Scene {
        level: view.level,
        metrics: view.level.metrics(view.columns).stretched(view.stretch),
        clients: context.clients(),
        edges: context.edges(),
        nodes: context.nodes(),
        services,
        kept,
        ..Scene::default()
    }
}

/// Whether an object is on the board: the cluster's own objects only when asked for, other namespaces never while one
/// is looked at.
pub(super) fn is_shown(object: &Object, view: &View) -> bool {
    let namespace = &*object.key.namespace;
    let own = namespace.starts_with("kube-") || (namespace == "default" && &*object.key.name == "kubernetes");
    let other = view.namespace.as_deref().is_some_and(|wanted| !namespace.is_empty() && wanted != namespace);
    (view.system || !own) && !other
}

struct Context<'a> {
    session: &'a Session,
    view: &'a View,
    store: &'a Store,
    now: Time,
}

impl Context<'_> {
    /// The internet, always; the laptop, once it asked for something or was placed.
    fn clients(&self) -> Vec<ClientCard> {
        let requests = self.session.cluster().requests();
        let mut cards = Vec::new();
        for (client, id, name, address) in [
            (Client::Internet, "client/internet", "Internet", addresses::INTERNET_CLIENT),
            (Client::Laptop, "client/laptop", "Laptop", addresses::LAPTOP),
        ] {
            let mut rows: Vec<Row> = Vec::new();
            for record in requests.iter().rev().filter(|record| record.request.from == client) {
                let text = request_text(&record.request.method, &record.request.url);
                if !rows.iter().any(|row| row.text == text) {
                    rows.push(Row { text, ..Row::default() });
                }
                if rows.len() == CLIENT_ROWS {
                    break;
                }
            }
            if client == Client::Internet || !rows.is_empty() || self.session.places().contains_key(id) {
                cards.push(ClientCard {
                    id: id.to_owned(),
                    client,
                    name: name.to_owned(),
                    address: address.to_string(),
                    rows,
                    rect: Default::default(),
                });
            }
        }
        cards
    }

    fn edges(&self) -> Vec<EdgeCard> {
        let mut cards: Vec<EdgeCard> = Vec::new();
        for object in self.store.objects_of(Kind::Service).filter(|object| is_shown(object, self.view)) {
            if let Some(service) = object.get::<Service>() {
                cards.extend(self.load_balancer(object, service));
            }
        }
        for object in self.store.objects_of(Kind::Ingress).filter(|object| is_shown(object, self.view)) {
            if let Some(ingress) = object.get::<Ingress>() {
                cards.push(self.ingress(object, ingress));
            }
        }
        cards.extend(super::gateway::cards(self.session, self.view));
        cards.extend(self.resolvers());
        cards
    }

    fn load_balancer(&self, object: &Object, service: &Service) -> Option<EdgeCard> {
        let spec = service.spec.as_ref().filter(|spec| spec.type_.as_deref() == Some("LoadBalancer"))?;
        let addresses: Vec<&str> = service
            .status
            .iter()
            .filter_map(|status| status.load_balancer.as_ref())
            .flat_map(|balancer| balancer.ingress.iter().flatten())
            .filter_map(|ingress| ingress.ip.as_deref().or(ingress.hostname.as_deref()))
            .collect();
        let accent = self.session.accent(&object.key);
        let cluster = self.session.cluster();
        // MetalLB's address is answered for by a node; there is no machine in front that rewrites.
        let announcer = addresses
            .iter()
            .filter_map(|address| address.parse().ok())
            .find(|address| {
                cluster.settings().load_balancers == Provider::MetalLb && Provider::MetalLb.gives(*address)
            })
            .map(|address| announcer(cluster.store(), service, address).map(|(node, _)| node.name));
        let name = if announcer.is_some() { "MetalLB" } else { "Load balancer" };
        let rows = spec.ports.iter().flatten().map(|port| {
            let end = match &announcer {
                Some(Some(node)) => format!("on {node}"),
                Some(None) => "on no node".to_owned(),
                None => port.node_port.map(|number| format!("node:{number}")).unwrap_or_default(),
            };
            Row { text: format!(":{}", port.port), end, accent: Some(accent), ..Row::default() }
        });
        Some(EdgeCard {
            id: format!("lb/{}/{}", object.key.namespace, object.key.name),
            kind: EdgeKind::LoadBalancer,
            key: Some(object.key.clone()),
            name: name.to_owned(),
            note: format!("for {}", object.key.name),
            address: if addresses.is_empty() { "<pending>".to_owned() } else { addresses.join(", ") },
            rows: rows.collect(),
            accent: Some(accent),
            rect: Default::default(),
        })
    }

    fn ingress(&self, object: &Object, ingress: &Ingress) -> EdgeCard {
        let namespace = &object.key.namespace;
        let spec = ingress.spec.as_ref();
        let mut rows = Vec::new();
        for rule in spec.iter().flat_map(|spec| spec.rules.iter().flatten()) {
            let host = rule.host.as_deref().unwrap_or("every host");
            rows.push(Row { text: host.to_owned(), ..Row::default() });
            for path in rule.http.iter().flat_map(|http| &http.paths) {
                let text = path.path.clone().unwrap_or_else(|| "/".to_owned());
                rows.push(self.backend_row(namespace, text, &path.backend));
            }
        }
        if let Some(backend) = spec.and_then(|spec| spec.default_backend.as_ref()) {
            rows.push(self.backend_row(namespace, "everything else".to_owned(), backend));
        }
        let address = ingress
            .status
            .iter()
            .filter_map(|status| status.load_balancer.as_ref())
            .flat_map(|balancer| balancer.ingress.iter().flatten())
            .find_map(|ingress| ingress.ip.clone().or_else(|| ingress.hostname.clone()));
        EdgeCard {
            id: object.key.to_path(),
            kind: EdgeKind::Ingress,
            key: Some(object.key.clone()),
            name: object.key.name.to_string(),
            note: "Ingress".to_owned(),
            address: address.unwrap_or_else(|| "no address yet".to_owned()),
            rows,
            accent: None,
            rect: Default::default(),
        }
    }

    fn backend_row(&self, namespace: &str, text: String, backend: &IngressBackend) -> Row {
        let Some(service) = &backend.service else {
            return Row { text, end: "a resource".to_owned(), ..Row::default() };
        };
        let port = service
            .port
            .as_ref()
            .map(|port| port.name.clone().unwrap_or_else(|| port.number.unwrap_or(0).to_string()))
            .unwrap_or_default();
        let key = ObjectKey::service(namespace, service.name.as_str());
        let exists = self.store.get(&key).is_some();
        let endpoints = self
            .store
            .slices_of(namespace, &service.name)
            .any(|slice| slice.endpoints.as_ref().is_some_and(|endpoints| !endpoints.is_empty()));
        Row {
            text,
            end: format!("\u{2192} {}:{port}", service.name),
            // What the controller answers when it has nowhere to send to.
            trouble: (!exists || !endpoints).then(|| "503".to_owned()),
            light: Light::None,
            accent: exists.then(|| self.session.accent(&key)),
        }
    }

    /// The resolvers that a request asked lately, with the names.
    fn resolvers(&self) -> Vec<EdgeCard> {
        let mut cards = Vec::new();
        for (place, id, kind, name, address) in [
            (Place::PublicDns, "dns/public", EdgeKind::PublicDns, "Public DNS", addresses::PUBLIC_DNS),
            (Place::ClusterDns, "dns/cluster", EdgeKind::ClusterDns, "Cluster DNS", addresses::CLUSTER_DNS),
        ] {
            let mut rows: Vec<Row> = Vec::new();
            for record in self.session.cluster().requests().iter().rev().take(20) {
                let Some(hop) = record.trace.hops.iter().find(|hop| hop.place == place) else { continue };
                let text = hop.rule.clone().unwrap_or_else(|| host_of(&record.request.url).to_owned());
                if rows.len() < CLIENT_ROWS && !rows.iter().any(|row| row.text == text) {
                    rows.push(Row { text, ..Row::default() });
                }
            }
            if !rows.is_empty() {
                cards.push(EdgeCard {
                    id: id.to_owned(),
                    kind,
                    key: None,
                    name: name.to_owned(),
                    note: String::new(),
                    address: address.to_string(),
                    rows,
                    accent: None,
                    rect: Default::default(),
                });
            }
        }
        cards
    }

    fn nodes(&self) -> Vec<NodeCard> {
        let mut by_node: BTreeMap<String, Vec<PodCard>> = BTreeMap::new();
        for object in self.store.objects_of(Kind::Pod).filter(|object| is_shown(object, self.view)) {
            if let Some(pod) = object.get::<Pod>() {
                let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default();
                by_node.entry(node).or_default().push(self.pod(object, pod));
            }
        }
        let ports = self.node_ports();
        let mut cards: Vec<NodeCard> = self
            .store
            .list::<Node>()
            .map(|node| {
                let name = node.metadata.name.clone().unwrap_or_default();
                let pods = by_node.remove(&name).unwrap_or_default();
                self.node(node, name, pods, ports.clone())
            })
            .collect();
        // What is left is on no node, or on one that the API does not know.
        for (name, pods) in by_node {
            let (key, name) = match name.as_str() {
                "" => (None, "Pending: on no node".to_owned()),
                unknown => (None, format!("{unknown} (no such Node)")),
            };
            cards.push(NodeCard {
                key,
                name,
                zone: String::new(),
                address: String::new(),
                ready: false,
                gate: String::new(),
                gate_light: Light::None,
                gate_accent: None,
                ports: Vec::new(),
                pods: fold::fold(self.store, pods, self.view),
                rect: Default::default(),
            });
        }
        cards
    }

    fn node(&self, node: &Node, name: String, pods: Vec<PodCard>, ports: Vec<Row>) -> NodeCard {
        let labels = node.metadata.labels.as_ref();
        let zone = labels.and_then(|labels| labels.get("topology.kubernetes.io/zone")).cloned();
        let address = node
            .status
            .iter()
            .flat_map(|status| status.addresses.iter().flatten())
            .find(|address| address.type_ == "InternalIP");
        let ready = node
            .status
            .iter()
            .flat_map(|status| status.conditions.iter().flatten())
            .any(|condition| condition.type_ == "Ready" && condition.status == "True");
        NodeCard {
            key: Some(ObjectKey::node(name.as_str())),
            name,
            zone: zone.unwrap_or_default(),
            address: address.map(|address| address.address.clone()).unwrap_or_default(),
            ready,
            gate: self.session.cluster().settings().proxy_mode.gate().to_owned(),
            gate_light: Light::None,
            gate_accent: None,
            ports,
            pods: fold::fold(self.store, pods, self.view),
            rect: Default::default(),
        }
    }

    /// The node ports: each is open on every node, so they are drawn on the node cards.
    fn node_ports(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for object in self.store.objects_of(Kind::Service).filter(|object| is_shown(object, self.view)) {
            let Some(spec) = object.get::<Service>().and_then(|service| service.spec.as_ref()) else {
                continue;
            };
            // A load balancer's node ports are told on its own card.
            if spec.type_.as_deref() != Some("NodePort") {
                continue;
            }
            for number in spec.ports.iter().flatten().filter_map(|port| port.node_port) {
                rows.push(Row {
                    text: format!(":{number}"),
                    end: format!("\u{2192} {}", object.key.name),
                    accent: Some(self.session.accent(&object.key)),
                    ..Row::default()
                });
            }
        }
        rows
    }

    fn pod(&self, object: &Object, pod: &Pod) -> PodCard {
        let (head, tail) = split_name(&object.key.name, pod);
        let services = match &pod.metadata.labels {
            Some(labels) => self.store.services_selecting(&object.key.namespace, labels),
            None => Vec::new(),
        };
        let near = near_miss::near_misses(self.store, pod);
        let (mark, word) = state_of(pod, self.now);
        let near = near.first().filter(|_| mark == Mark::Ready);
        let chips = self.chips(pod, &services, near);
        // A near miss says beside its label which one was wanted.
        let room = if near.is_some() { CHIP_ROOM / 2 } else { CHIP_ROOM };
        let shown = chips_that_fit(chips.iter().map(|chip| (chip.key.as_str(), chip.value.as_str())), room);
        PodCard {
            key: object.key.clone(),
            keys: vec![object.key.clone()],
            head,
            tail,
            address: pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap_or_default(),
            mark: if near.is_some() { Mark::NearMiss } else { mark },
            word,
            more_chips: chips.len().saturating_sub(shown),
            chips: chips.into_iter().take(shown).collect(),
            wanted: near
                .and_then(|near| near.differences.first())
                .map(|difference| format!("{}={}", difference.key, difference.wanted)),
            accent: services.first().map(|key| self.session.accent(key)),
            light: Light::None,
            rect: Default::default(),
        }
    }

    /// The labels: those that keep the Pod from matching first, then those that selectors ask for, then the others.
    fn chips(&self, pod: &Pod, services: &[ObjectKey], near: Option<&near_miss::NearMiss>) -> Vec<Chip> {
        let mut chips: Vec<Chip> = pod
            .metadata
            .labels
            .iter()
            .flatten()
            .map(|(key, value)| {
                let missed = near.is_some_and(|near| {
                    near.differences
                        .iter()
                        .any(|difference| difference.found.as_ref().is_some_and(|(found, _)| found == key))
                });
                let asked = services.iter().find(|service| {
                    self.store
                        .find::<Service>(&service.namespace, &service.name)
                        .and_then(|found| found.spec.as_ref()?.selector.as_ref()?.get(key))
                        .is_some_and(|wanted| wanted == value)
                });
                let kind = match asked {
                    _ if missed => ChipKind::Miss,
                    Some(service) => ChipKind::Hit(self.session.accent(service)),
                    None => ChipKind::Plain,
                };
                Chip { key: key.clone(), value: value.clone(), kind }
            })
            .collect();
        chips.sort_by_key(|chip| match chip.kind {
            ChipKind::Miss => 0,
            ChipKind::Hit(_) => 1,
            ChipKind::Plain => 2,
        });
        chips
    }
}

/// A Pod's own state, whatever Services think of it, and the words beside it.
fn state_of(pod: &Pod, now: Time) -> (Mark, String) {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let containers = pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
    if let Some(deleted) = &pod.metadata.deletion_timestamp {
        // The timestamp is the end of the grace period.
        let left = Time::from_timestamp(deleted).since(now).div_ceil(1000);
        return (Mark::Terminating, format!("terminating, {left} s left"));
    }
    if phase == "Succeeded" || phase == "Failed" {
        return (Mark::Off, phase.to_lowercase());
    }
    let ready = status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    if ready {
        return (Mark::Ready, format!("{containers}/{containers}"));
    }
    if phase == "Pending" {
        return (Mark::NotReady, "pending".to_owned());
    }
    let ready_containers = status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten())
        .filter(|c| c.ready)
        .count();
    (Mark::NotReady, format!("not ready {ready_containers}/{containers}"))
}

/// The name in two parts: the tail of a generated name tells Pods apart and is never cut.
fn split_name(name: &str, pod: &Pod) -> (String, String) {
    let generated = pod.metadata.generate_name.is_some();
    match name.len().checked_sub(6).and_then(|at| name.split_at_checked(at)) {
        Some((head, tail)) if generated && tail.starts_with('-') => (head.to_owned(), tail.to_owned()),
        _ => (name.to_owned(), String::new()),
    }
}

/// What a client's card says of a request: `GET web.shop/`.
pub(super) fn request_text(method: &str, url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) => format!("{method} {}", rest.strip_suffix('/').unwrap_or(rest)),
        None => url.to_owned(),
    }
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}
