//! What the controller writes, as people see it.

use serde_json::{Value, json};

use super::CONTROLLER_NAME;
use crate::api::{Kind, ObjectKey};
use crate::controllers::testing::Cluster;

fn cluster() -> Cluster {
    let mut cluster = Cluster::with_nodes(1);
    cluster.apply(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass",
        "metadata": {"name": "nginx"}, "spec": {"controllerName": CONTROLLER_NAME}}));
    cluster
}

fn gateway(cluster: &mut Cluster, class: &str, listeners: Value) -> ObjectKey {
    cluster.apply(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "gw"}, "spec": {"gatewayClassName": class, "listeners": listeners}}))
}

fn route(cluster: &mut Cluster, name: &str, spec: Value) -> ObjectKey {
    cluster.apply(json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name}, "spec": spec}))
}

/// The conditions below a pointer, as `Accepted=True/Accepted`.
fn conditions(cluster: &Cluster, key: &ObjectKey, pointer: &str) -> Vec<String> {
    let value = cluster.value(key);
    let list = value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|one| format!("{}={}/{}", text(one, "type"), text(one, "status"), text(one, "reason")))
        .collect()
}

const HTTP: &str = "http";

fn http() -> Value {
    json!({"name": HTTP, "port": 80, "protocol": "HTTP"})
}

#[test]
fn a_gateway_of_the_class_gets_a_deployment_a_service_and_an_address() {
    let mut cluster = cluster();
    let key = gateway(&mut cluster, "nginx", json!([http()]));
    cluster.settle();
    let service = cluster.value(&ObjectKey::service("shop", "gw-nginx"));
    assert_eq!(service["spec"]["externalTrafficPolicy"], "Local");
    assert_eq!(service["metadata"]["ownerReferences"][0]["name"], "gw");
    assert_eq!(cluster.pods().len(), 1);
    assert_eq!(
        conditions(&cluster, &key, "/status/conditions"),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
    assert_eq!(
        cluster.value(&key)["status"]["addresses"],
        json!([{"type": "IPAddress", "value": "203.0.113.10"}])
    );
    // Another listener opens another port; the Pod is made anew with it.
    gateway(&mut cluster, "nginx", json!([http(), {"name": "more", "port": 8080, "protocol": "HTTP"}]));
    cluster.settle();
    let ports = cluster.value(&ObjectKey::service("shop", "gw-nginx"))["spec"]["ports"].clone();
    assert_eq!(ports.as_array().map(Vec::len), Some(2));
    cluster.delete(&key);
    cluster.pass(60_000);
    assert!(cluster.pods().is_empty());
    assert!(cluster.store.get(&ObjectKey::service("shop", "gw-nginx")).is_none());
}

#[test]
fn a_gateway_of_another_class_is_left_alone() {
    let mut cluster = cluster();
    let key = gateway(&mut cluster, "other", json!([http()]));
    cluster.settle();
    assert!(conditions(&cluster, &key, "/status/conditions").is_empty());
    assert!(cluster.pods().is_empty());
}

#[test]
fn a_listener_without_its_certificate_is_not_programmed() {
    let mut cluster = cluster();
    let https = json!({"name": "https", "port": 443, "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}});
    let key = gateway(&mut cluster, "nginx", json!([http(), https]));
    cluster.settle();
    assert_eq!(
        conditions(&cluster, &key, "/status/listeners/1/conditions"),
        [
            "Accepted=False/InvalidCertificateRef",
            "Programmed=False/Invalid",
            "ResolvedRefs=False/InvalidCertificateRef",
            "Conflicted=False/NoConflicts"
        ]
    );
    assert_eq!(
        conditions(&cluster, &key, "/status/conditions"),
        ["Accepted=True/ListenersNotValid", "Programmed=True/Programmed"]
    );
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "cert", "namespace": "shop"}});
    let live = crate::api::Live::Other(std::sync::Arc::new(secret));
    cluster.store.put(ObjectKey::new(Kind::from_api("v1", "Secret"), "shop", "cert"), None, live);
    cluster.settle();
    assert_eq!(conditions(&cluster, &key, "/status/listeners/1/conditions")[1], "Programmed=True/Programmed");
}

#[test]
fn two_protocols_on_one_port_conflict() {
    let mut cluster = cluster();
    let other = json!({"name": "tls", "port": 80, "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}});
    let key = gateway(&mut cluster, "nginx", json!([http(), other]));
    cluster.settle();
    assert_eq!(
        conditions(&cluster, &key, "/status/conditions"),
        ["Accepted=False/ListenersNotValid", "Programmed=False/Invalid"]
    );
    assert!(cluster.pods().is_empty());
}

#[test]
fn routes_are_counted_where_they_attach_and_told_why_not() {
    let mut cluster = cluster();
    let key = gateway(&mut cluster, "nginx", json!([http()]));
    let rules = json!([{"backendRefs": [{"name": "gone", "port": 80}]}]);
    let good = route(&mut cluster, "good", json!({"parentRefs": [{"name": "gw"}], "rules": rules}));
    let bad = route(
        &mut cluster,
        "bad",
        json!({"parentRefs": [{"name": "gw", "sectionName": "none"}], "rules": []}),
    );
    cluster.settle();
    assert_eq!(cluster.value(&key)["status"]["listeners"][0]["attachedRoutes"], 1);
    assert_eq!(
        conditions(&cluster, &good, "/status/parents/0/conditions"),
        ["Accepted=True/Accepted", "ResolvedRefs=False/BackendNotFound"]
    );
    assert_eq!(
        conditions(&cluster, &bad, "/status/parents/0/conditions"),
        ["Accepted=False/NoMatchingParent", "ResolvedRefs=True/ResolvedRefs"]
    );
}
