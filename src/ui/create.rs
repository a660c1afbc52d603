//! What a tool makes: small objects that work at once and fit what is there.

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::draw::free_name;
use endpoint_playground::session::{Cluster, Command, Placement};
use serde_json::{Map, Value, json};

use super::events_model::Tool;

/// The namespace of what is made.
const NAMESPACE: &str = "default";

/// The label's value where there is nothing to fit.
const USUAL: &str = "web";

/// What a click with a tool makes: the key of the new object, and the command. `None` for tools that make nothing.
pub fn create(
    cluster: &Cluster,
    tool: Tool,
    at: Option<(i32, i32)>,
    on_node: Option<String>,
    near: Option<&ObjectKey>,
) -> Option<(ObjectKey, Command)> {
    let document = match tool {
        Tool::Select | Tool::Hand | Tool::Client => return None,
        Tool::Pod => pod(cluster, on_node, near),
        Tool::Service => service(cluster),
        Tool::Ingress => ingress(cluster, near),
        Tool::Node => node(cluster),
        Tool::Deployment => deployment(cluster),
    };
    let kind = Kind::from_api(document["apiVersion"].as_str()?, document["kind"].as_str()?);
    let namespace = if kind.is_namespaced() { NAMESPACE } else { "" };
    let key = ObjectKey::new(kind, namespace, document.pointer("/metadata/name")?.as_str()?);
    let apply = Command::Apply { documents: vec![document], namespace: NAMESPACE.to_owned() };
    // Pods stand in their node's column; there is nothing to place.
    if matches!(tool, Tool::Pod | Tool::Deployment) {
        return Some((key, apply));
    }
    let place = Command::Place { places: vec![Placement { card: key.to_path(), at }] };
    Some((key, Command::Batch { commands: vec![apply, place] }))
}

/// `base` itself if it is free, else with a number.
fn free_plain_name(cluster: &Cluster, kind: &Kind, base: &str) -> String {
    match cluster.store().get(&ObjectKey::new(kind.clone(), NAMESPACE, base)) {
        None => base.to_owned(),
        Some(_) => free_name(cluster, kind, NAMESPACE, base, 2),
    }
}

fn own_services(cluster: &Cluster) -> impl Iterator<Item = (&ObjectKey, Value)> {
    cluster
        .store()
        .objects_of(Kind::Service)
        .filter(|object| &*object.key.namespace == NAMESPACE && &*object.key.name != "kubernetes")
        .map(|object| (&object.key, object.live.to_value()))
}

/// Labels that a Service wants: of the one that is selected, else of the last one there is.
fn wanted_labels(cluster: &Cluster, near: Option<&ObjectKey>) -> Map<String, Value> {
    let mut labels = Map::new();
    for (key, service) in own_services(cluster) {
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

fn pod(cluster: &Cluster, on_node: Option<String>, near: Option<&ObjectKey>) -> Value {
    let labels = wanted_labels(cluster, near);
    let base = base_of(&labels);
    let name = free_name(cluster, &Kind::Pod, NAMESPACE, &base, 1);
    let mut spec = Map::new();
    if let Some(node) = on_node {
        spec.insert("nodeName".to_owned(), json!(node));
    }
    spec.insert("containers".to_owned(), containers(&base));
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": labels }, "spec": spec })
}

/// A Service that selects Pods that no Service selects yet.
fn service(cluster: &Cluster) -> Value {
    let store = cluster.store();
    let lonely =
        store.objects_of(Kind::Pod).filter(|object| &*object.key.namespace == NAMESPACE).find_map(|object| {
            let labels = object.labels()?;
            let app = labels.get_key_value("app").or_else(|| labels.iter().next())?;
            store.services_selecting(NAMESPACE, labels).is_empty().then(|| (app.0.clone(), app.1.clone()))
        });
    let (key, value) = lonely.unwrap_or_else(|| ("app".to_owned(), USUAL.to_owned()));
    let selector: Map<String, Value> = [(key, json!(value))].into_iter().collect();
    let name = free_plain_name(cluster, &Kind::Service, &value);
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
        "spec": { "selector": selector, "ports": [{ "name": "http", "port": 80, "targetPort": 8080 }] },
    })
}

fn deployment(cluster: &Cluster) -> Value {
    let labels = wanted_labels(cluster, None);
    let base = base_of(&labels);
    let name = free_plain_name(cluster, &Kind::Deployment, &base);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers(&base) } },
        },
    })
}

fn ingress(cluster: &Cluster, near: Option<&ObjectKey>) -> Value {
    let mut backend = (USUAL.to_owned(), json!(80));
    for (key, service) in own_services(cluster) {
        let port = service.pointer("/spec/ports/0/port").cloned().unwrap_or(json!(80));
        backend = (key.name.to_string(), port);
        if Some(key) == near {
            break;
        }
    }
    let (service, port) = backend;
    let class =
        cluster.store().objects_of(Kind::IngressClass).next().map(|object| object.key.name.to_string());
    let name = free_plain_name(cluster, &Kind::Ingress, &service);
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

fn node(cluster: &Cluster) -> Value {
    let name = free_name(cluster, &Kind::Node, "", "node", 1);
    json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } })
}
