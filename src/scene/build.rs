//! What the cards say, before they have a place.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend};

use super::View;
use super::card::{EdgeCard, EdgeKind, Light, NodeCard, Row};
use crate::api::{Kind, Object, ObjectKey};
use crate::network::Provider;
use crate::network::load_balancer::announcer;
use crate::session::Session;
use crate::store::Store;

/// Whether an object is on the board: the cluster's own objects only when asked for, other namespaces never while one
/// is looked at.
pub(super) fn is_shown(object: &Object, view: &View) -> bool {
    let namespace = &*object.key.namespace;
    let own = namespace.starts_with("kube-") || (namespace == "default" && &*object.key.name == "kubernetes");
    let other = view.namespace.as_deref().is_some_and(|wanted| !namespace.is_empty() && wanted != namespace);
    (view.system || !own) && !other
}

/// The namespaces in which people put something, in order.
pub fn namespaces(store: &Store) -> Vec<&str> {
    let mut found = BTreeSet::new();
    for object in store.objects().filter(|object| object.document.is_some()) {
        found.insert(&*object.key.namespace);
    }
    found.into_iter().filter(|namespace| !namespace.is_empty() && !namespace.starts_with("kube-")).collect()
}

/// What the cards of edges and nodes are read from.
pub(super) struct Context<'a> {
    /// For the accents.
    pub session: &'a Session,
    /// What is looked at.
    pub view: &'a View,
    /// The objects.
    pub store: &'a Store,
}

impl Context<'_> {
    /// Load balancers and Ingresses; the resolvers come from the requests, see `asked`.
    pub fn edges(&self) -> Vec<EdgeCard> {
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

    /// A node without its Pods.
    pub fn node(&self, node: &Node, ports: Vec<Row>) -> NodeCard {
        let name = node.metadata.name.clone().unwrap_or_default();
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
            pods: Vec::new(),
            rect: Default::default(),
        }
    }

    /// The node ports: each is open on every node, so they are drawn on the node cards.
    pub fn node_ports(&self) -> Vec<Row> {
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
}

/// The place of Pods that are on no node, for the empty name, or on one that the API does not know.
pub(super) fn nowhere(name: &str) -> NodeCard {
    NodeCard {
        key: None,
        name: match name {
            "" => "Pending: on no node".to_owned(),
            unknown => format!("{unknown} (no such Node)"),
        },
        zone: String::new(),
        address: String::new(),
        ready: false,
        gate: String::new(),
        gate_light: Light::None,
        gate_accent: None,
        ports: Vec::new(),
        pods: Vec::new(),
        rect: Default::default(),
    }
}

/// What a client's card says of a request: `GET web.shop/`.
pub(super) fn request_text(method: &str, url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) => format!("{method} {}", rest.strip_suffix('/').unwrap_or(rest)),
        None => url.to_owned(),
    }
}

/// Whether a client's card says this of a request. It is asked for each request, and allocates nothing.
pub(super) fn tells_of(text: &str, method: &str, url: &str) -> bool {
    match url.split_once("://") {
        Some((_, rest)) => {
            let said = text.strip_prefix(method).and_then(|text| text.strip_prefix(' '));
            said == Some(rest.strip_suffix('/').unwrap_or(rest))
        }
        None => text == url,
    }
}
