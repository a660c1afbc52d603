//! What a tool makes: small objects that work at once and fit what is there.

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::draw::free_name;
use endpoint_playground::session::{Cluster, Command, Placement};
use serde_json::{Map, Value, json};

use super::events_model::Tool;

/// Where something is made.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The namespace.
    pub namespace: &'a str,
}

/// The label's value where there is nothing to fit.
const USUAL: &str = "web";

/// What a click with a tool makes: the key of the new object, and the command. `None` for tools that make nothing.
pub fn create(
    ground: Ground<'_>,
    tool: Tool,
    at: Option<(i32, i32)>,
    on_node: Option<String>,
    near: Option<&ObjectKey>,
) -> Option<(ObjectKey, Command)> {
    let document = match tool {
        Tool::Select | Tool::Hand | Tool::Client => return None,
        Tool::Pod => pod(ground, on_node, near),
        Tool::Service => service(ground),
        Tool::Ingress => ingress(ground, near),
        Tool::Node => node(ground),
        Tool::Deployment => deployment(ground),
    };
    // Pods stand in their node's column; there is nothing to place.
    let at = at.filter(|_| !matches!(tool, Tool::Pod | Tool::Deployment));
    put(ground, vec![document], at)
}

/// The kinds of objects that can be made besides those of the tools.
pub const MORE: [Kind; 5] =
    [Kind::StatefulSet, Kind::DaemonSet, Kind::Gateway, Kind::HTTPRoute, Kind::NetworkPolicy];

/// One of a kind, in words: `a StatefulSet`, `an HTTPRoute`.
pub fn words(kind: &Kind) -> String {
    let article = if *kind == Kind::HTTPRoute || *kind == Kind::Ingress { "an" } else { "a" };
    format!("{article} {}", kind.name())
}

/// Makes an object of one of these kinds: its key, and the command.
pub fn make(
    ground: Ground<'_>,
    kind: &Kind,
    at: Option<(i32, i32)>,
    near: Option<&ObjectKey>,
) -> Option<(ObjectKey, Command)> {
    let documents = match kind {
        Kind::StatefulSet | Kind::DaemonSet => vec![workload(ground, kind)],
        Kind::Gateway => vec![gateway(ground)],
        Kind::HTTPRoute => http_route(ground, near),
        Kind::NetworkPolicy => vec![network_policy(ground, near)],
        _ => return None,
    };
    put(ground, documents, at.filter(|_| matches!(kind, Kind::Gateway | Kind::HTTPRoute)))
}

/// The key of the last of these documents, and the command that makes them; `at` is where its card goes.
fn put(ground: Ground<'_>, documents: Vec<Value>, at: Option<(i32, i32)>) -> Option<(ObjectKey, Command)> {
    let key = ObjectKey::of_document(documents.last()?, ground.namespace)?;
    let apply = Command::Apply { documents, namespace: ground.namespace.to_owned() };
    if at.is_none() {
        return Some((key, apply));
    }
    let place = Command::Place { places: vec![Placement { card: key.to_path(), at }] };
    Some((key, Command::Batch { commands: vec![apply, place] }))
}

/// `base` itself if it is free, else with a number.
fn free_plain_name(ground: Ground<'_>, kind: &Kind, base: &str) -> String {
    match ground.cluster.store().get(&ObjectKey::new(kind.clone(), ground.namespace, base)) {
        None => base.to_owned(),
        Some(_) => free_name(ground.cluster, kind, ground.namespace, base, 2),
    }
}

fn own_services<'a>(ground: Ground<'a>) -> impl Iterator<Item = (&'a ObjectKey, Value)> {
    ground
        .cluster
        .store()
        .objects_of(Kind::Service)
        .filter(move |object| &*object.key.namespace == ground.namespace && &*object.key.name != "kubernetes")
        .map(|object| (&object.key, object.live.to_value()))
}

/// Labels that a Service wants: of the one that is selected, else of the last one there is.
fn wanted_labels(ground: Ground<'_>, near: Option<&ObjectKey>) -> Map<String, Value> {
    let mut labels = Map::new();
    for (key, service) in own_services(ground) {
        if let Some(selector) = service.pointer("/spec/selector").and_then(Value::as_object)
            && !selector.is_empty()
        {
            labels = selector.clone();
            if Some(key) == near {
                break;
            }
        }
    }
    if labels.is_empty() {
        labels.insert("app".to_owned(), json!(USUAL));
    }
    labels
}

fn base_of(labels: &Map<String, Value>) -> String {
    labels.get("app").or_else(|| labels.values().next()).and_then(Value::as_str).unwrap_or(USUAL).to_owned()
}

fn containers(name: &str) -> Value {
    json!([{ "name": name, "image": "nginx:1.29", "ports": [{ "name": "http", "containerPort": 8080 }] }])
}

fn pod(ground: Ground<'_>, on_node: Option<String>, near: Option<&ObjectKey>) -> Value {
    let labels = wanted_labels(ground, near);
    let base = base_of(&labels);
    let name = free_name(ground.cluster, &Kind::Pod, ground.namespace, &base, 1);
    let mut spec = Map::new();
    if let Some(node) = on_node {
        spec.insert("nodeName".to_owned(), json!(node));
    }
    spec.insert("containers".to_owned(), containers(&base));
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": labels }, "spec": spec })
}

/// A Service that selects Pods that no Service selects yet.
fn service(ground: Ground<'_>) -> Value {
    let store = ground.cluster.store();
    let lonely = store
        .objects_of(Kind::Pod)
        .filter(|object| &*object.key.namespace == ground.namespace)
        .find_map(|object| {
            let labels = object.labels()?;
            let app = labels.get_key_value("app").or_else(|| labels.iter().next())?;
            store
                .services_selecting(ground.namespace, labels)
                .is_empty()
                .then(|| (app.0.clone(), app.1.clone()))
        });
    let (key, value) = lonely.unwrap_or_else(|| ("app".to_owned(), USUAL.to_owned()));
    let selector: Map<String, Value> = [(key, json!(value))].into_iter().collect();
    let name = free_plain_name(ground, &Kind::Service, &value);
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
        "spec": { "selector": selector, "ports": [{ "name": "http", "port": 80, "targetPort": 8080 }] },
    })
}

fn deployment(ground: Ground<'_>) -> Value {
    let labels = wanted_labels(ground, None);
    let base = base_of(&labels);
    let name = free_plain_name(ground, &Kind::Deployment, &base);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers(&base) } },
        },
    })
}

/// The Service that is selected, else the last one there is, and its first port.
fn backend(ground: Ground<'_>, near: Option<&ObjectKey>) -> (String, Value) {
    let mut backend = (USUAL.to_owned(), json!(80));
    for (key, service) in own_services(ground) {
        let port = service.pointer("/spec/ports/0/port").cloned().unwrap_or(json!(80));
        backend = (key.name.to_string(), port);
        if Some(key) == near {
            break;
        }
    }
    backend
}

fn ingress(ground: Ground<'_>, near: Option<&ObjectKey>) -> Value {
    let (service, port) = backend(ground, near);
    let class = ground
        .cluster
        .store()
        .objects_of(Kind::IngressClass)
        .next()
        .map(|object| object.key.name.to_string());
    let name = free_plain_name(ground, &Kind::Ingress, &service);
    let mut spec = Map::new();
    if let Some(class) = class {
        spec.insert("ingressClassName".to_owned(), json!(class));
    }
    let backend = json!({ "service": { "name": service, "port": { "number": port } } });
    spec.insert(
        "rules".to_owned(),
        json!([{
            "host": format!("{service}.example"),
            "http": { "paths": [{ "path": "/", "pathType": "Prefix", "backend": backend }] },
        }]),
    );
    json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": name }, "spec": spec })
}

fn node(ground: Ground<'_>) -> Value {
    let name = free_name(ground.cluster, &Kind::Node, "", "node", 1);
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } })
}

fn workload(ground: Ground<'_>, kind: &Kind) -> Value {
    let labels = wanted_labels(ground, None);
    let base = base_of(&labels);
    let name = free_plain_name(ground, kind, &base);
    let mut spec = Map::new();
    if *kind == Kind::StatefulSet {
        spec.insert("serviceName".to_owned(), json!(base));
        spec.insert("replicas".to_owned(), json!(2));
    }
    spec.insert("selector".to_owned(), json!({ "matchLabels": labels }));
    let template = json!({ "metadata": { "labels": labels }, "spec": { "containers": containers(&base) } });
    spec.insert("template".to_owned(), template);
    json!({ "apiVersion": "apps/v1", "kind": kind.name(), "metadata": { "name": name }, "spec": spec })
}

fn gateway(ground: Ground<'_>) -> Value {
    let class = ground.cluster.store().objects_of(Kind::GatewayClass).next();
    let class = class.map_or_else(|| "nginx".to_owned(), |object| object.key.name.to_string());
    let name = free_plain_name(ground, &Kind::Gateway, "gateway");
    json!({
        "apiVersion": Kind::Gateway.api_version(), "kind": "Gateway", "metadata": { "name": name },
        "spec": { "gatewayClassName": class, "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }] },
    })
}

/// An HTTPRoute to the Service that is selected, else to the last one there is, with a Gateway where there is none yet.
fn http_route(ground: Ground<'_>, near: Option<&ObjectKey>) -> Vec<Value> {
    let mut gateways = ground.cluster.store().objects_of(Kind::Gateway);
    let there = gateways
        .find(|object| &*object.key.namespace == ground.namespace)
        .map(|object| object.key.name.to_string());
    let mut documents = Vec::new();
    let parent = there.unwrap_or_else(|| {
        documents.push(gateway(ground));
        "gateway".to_owned()
    });
    let (service, port) = backend(ground, near);
    let name = free_plain_name(ground, &Kind::HTTPRoute, &service);
    documents.push(json!({
        "apiVersion": Kind::HTTPRoute.api_version(), "kind": "HTTPRoute", "metadata": { "name": name },
        "spec": {
            "parentRefs": [{ "name": parent }],
            "hostnames": [format!("{service}.example")],
            "rules": [{
                "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }],
                "backendRefs": [{ "name": service, "port": port }],
            }],
        },
    }));
    documents
}

/// A policy that isolates the Pods of a Service: nothing reaches them until it says who may.
fn network_policy(ground: Ground<'_>, near: Option<&ObjectKey>) -> Value {
    let labels = wanted_labels(ground, near);
    let name = free_plain_name(ground, &Kind::NetworkPolicy, &format!("deny-{}", base_of(&labels)));
    json!({
        "apiVersion": Kind::NetworkPolicy.api_version(), "kind": "NetworkPolicy", "metadata": { "name": name },
        "spec": { "podSelector": { "matchLabels": labels }, "policyTypes": ["Ingress"] },
    })
}
