//! Behaviours that the conformance data do not show.

use serde_json::{Value, json};

use super::attach::covers;
use super::*;
use crate::api::ObjectKey;

/// A cluster with the Service `shop/web` and these objects besides.
fn cluster(others: &[Value]) -> Store {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"ports": [{"port": 80}]}});
    let mut store = Store::default();
    for object in others.iter().chain([&service]) {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = Kind::from_api(&text("/apiVersion"), &text("/kind"));
        let live = Live::from_value(&kind, object).expect("the object is of its kind");
        store.put(ObjectKey::new(kind, text("/metadata/namespace"), text("/metadata/name")), None, live);
    }
    store
}

fn gateway(from: Value) -> Gateway {
    let listener =
        json!({"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": from}});
    let gateway =
        json!({"metadata": {"name": "gw", "namespace": "infra"}, "spec": {"listeners": [listener]}});
    Gateway::from_value(&gateway).expect("it is a Gateway")
}

fn http_route(namespace: &str, name: &str, created: &str, rules: Value) -> HttpRoute {
    let route = json!({"metadata": {"name": name, "namespace": namespace, "creationTimestamp": created},
        "spec": {"parentRefs": [{"name": "gw", "namespace": "infra"}], "rules": rules}});
    HttpRoute::from_value(&route).expect("it is an HTTPRoute")
}

fn get(path: &str) -> HttpRequest {
    HttpRequest {
        scheme: Scheme::Http,
        method: "GET".to_owned(),
        host: "a.com".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
    }
}

fn check(store: &Store, routes: &[HttpRoute], path: &str, expected: Option<(&str, usize)>) -> Decision {
    let decision = route(store, &gateway(json!({"from": "All"})), routes, 80, &get(path));
    let found = decision.matched.as_ref().map(|found| (found.name.as_str(), found.rule));
    assert_eq!(found, expected, "{path}");
    decision
}

#[test]
fn oldest_route_wins_among_equals_then_the_first_rule() {
    let rules = json!([{"backendRefs": [{"name": "web", "port": 80}]}, {"backendRefs": []}]);
    let routes = [
        http_route("shop", "young", "2025-02-01T00:00:00Z", rules.clone()),
        http_route("shop", "old", "2025-01-01T00:00:00Z", rules),
    ];
    check(&cluster(&[]), &routes, "/", Some(("old", 0)));
    check(&cluster(&[]), &[], "/", None);
}

#[test]
fn share_of_a_broken_backend_answers_500() {
    let rules =
        json!([{"backendRefs": [{"name": "web", "port": 80, "weight": 3}, {"name": "gone", "port": 80}]}]);
    let routes = [http_route("shop", "r", "", rules)];
    let decision = check(&cluster(&[]), &routes, "/", Some(("r", 0)));
    assert_eq!(decision.total_weight(), 4);
    assert!(matches!(decision.pick(2), Some(Action::Forward { .. })));
    assert!(matches!(decision.pick(3), Some(Action::Answer { status: 500, .. })));
}

#[test]
fn reference_into_another_namespace_needs_a_grant_there() {
    let grant = json!({"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "shop"}, "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "apps"}],
            "to": [{"group": "", "kind": "Service"}]}});
    let rules = json!([{"backendRefs": [{"name": "web", "namespace": "shop", "port": 80}]}]);
    let resolved = |store: &Store, namespace: &str| {
        let route = http_route(namespace, "r", "", rules.clone());
        let [_, resolved] =
            conditions(store, &route, &gateway(json!({"from": "All"}))).expect("it is a parent");
        resolved.reason
    };
    assert_eq!(resolved(&cluster(std::slice::from_ref(&grant)), "apps"), "ResolvedRefs");
    assert_eq!(resolved(&cluster(&[grant]), "tools"), "RefNotPermitted");
    assert_eq!(resolved(&cluster(&[]), "apps"), "RefNotPermitted");
}

#[test]
fn namespaces_are_selected_by_their_name_too() {
    let selector = json!({"from": "Selector",
        "selector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}});
    let accepted = |namespace: &str| {
        let route = http_route(namespace, "r", "", json!([]));
        let [accepted, _] =
            conditions(&cluster(&[]), &route, &gateway(selector.clone())).expect("it is a parent");
        accepted.reason
    };
    assert_eq!(accepted("shop"), "Accepted");
    assert_eq!(accepted("apps"), "NotAllowedByListeners");
}

#[test]
fn wildcard_host_covers_any_number_of_labels() {
    assert!(covers("*.example.com", "a.b.Example.com"));
    assert!(covers("*.example.com", "*.b.example.com"));
    assert!(!covers("*.example.com", "example.com"));
    assert!(!covers("*.example.com", "notexample.com"));
}

#[test]
fn location_names_only_a_port_that_is_not_the_scheme_s_own() {
    let redirect = |redirect: Value| {
        let rules = json!([{"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}]);
        let decision = check(&cluster(&[]), &[http_route("shop", "r", "", rules)], "/x?q=1", Some(("r", 0)));
        match decision.pick(0) {
            Some(Action::Redirect { status, location }) => format!("{status} {location}"),
            other => panic!("not a redirect: {other:?}"),
        }
    };
    assert_eq!(redirect(json!({"scheme": "https", "statusCode": 301})), "301 https://a.com/x?q=1");
    assert_eq!(redirect(json!({"port": 8083})), "302 http://a.com:8083/x?q=1");
}
