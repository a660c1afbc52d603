//! Objects that the page offers to make about the one that is selected.

use endpoint_playground::api::{Kind, ObjectKey};
use serde_json::{Value, json};

use super::field::Editing;

/// The first name that no object of the kind has.
fn free(editing: &Editing, kind: &Kind) -> String {
    let base = &editing.key.name;
    let taken = |name: &str| {
        let key = ObjectKey::new(kind.clone(), editing.key.namespace.clone(), name);
        editing.objects.get(&key).is_some()
    };
    let others = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.to_string()).chain(others).find(|name| !taken(name)).unwrap_or_default()
}

/// A NetworkPolicy for the Pods that have all labels of this one: nothing comes in until a rule allows it.
pub fn policy(editing: &Editing) -> Vec<Value> {
    let labels = editing.value().pointer("/metadata/labels").cloned().unwrap_or(json!({}));
    let name = free(editing, &Kind::NetworkPolicy);
    vec![json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": name },
        "spec": { "podSelector": { "matchLabels": labels }, "policyTypes": ["Ingress"] },
    })]
}

/// An HTTPRoute to this Service, at the first Gateway of its namespace, or at a new one.
pub fn route(editing: &Editing) -> Vec<Value> {
    let store = editing.objects.cluster().store();
    let mut gateways = store.objects_of(Kind::Gateway);
    let gateway = gateways.find(|gateway| gateway.key.namespace == editing.key.namespace);
    let mut documents = Vec::new();
    if gateway.is_none() {
        documents.push(json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": { "name": "edge" },
            "spec": { "gatewayClassName": "nginx", "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }] },
        }));
    }
    let gateway = gateway.map_or_else(|| "edge".to_owned(), |gateway| gateway.key.name.to_string());
    let port = editing.value().pointer("/spec/ports/0/port").cloned().unwrap_or(json!(80));
    let service = editing.key.name.to_string();
    documents.push(json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": { "name": free(editing, &Kind::HTTPRoute) },
        "spec": {
            "parentRefs": [{ "name": gateway }],
            "hostnames": [format!("{service}.example")],
            "rules": [{ "backendRefs": [{ "name": service, "port": port }] }],
        },
    }));
    documents
}
