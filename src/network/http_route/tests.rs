//! Behaviours that the conformance data do not show.

use serde_json::{Value, json};

use super::*;
use crate::api::{Kind, Live, ObjectKey};

/// A cluster with the Service `shop/web`, the Gateway `infra/gw` and these objects besides.
fn cluster(others: &[Value]) -> Store {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"ports": [{"port": 80}]}});
    let listener = json!({"name": "http", "port": 80, "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "All"}}});
    let gateway = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "infra"}, "spec": {"listeners": [listener]}});
    let mut store = Store::default();
    for object in others.iter().chain([&service, &gateway]) {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = Kind::from_api(&text("/apiVersion"), &text("/kind"));
        let live = Live::from_value(&kind, object).expect("the object is of its kind");
        store.put(ObjectKey::new(kind, text("/metadata/namespace"), text("/metadata/name")), None, live);
    }
    store
}

fn http_route(name: &str, created: &str, rules: Value) -> Value {
    json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "shop", "creationTimestamp": created},
        "spec": {"parentRefs": [{"name": "gw", "namespace": "infra"}], "rules": rules}})
}

/// What the Gateway does with `GET http://a.com/PATH`; the route and the rule that decide are as expected.
fn check(objects: &[Value], path: &str, expected: Option<(&str, usize)>) -> Decision {
    let store = cluster(objects);
    let gateway = store.find::<Gateway>("infra", "gw").expect("it was put there");
    let request = HttpRequest {
        scheme: Scheme::Http,
        method: "GET".to_owned(),
        host: "a.com".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
    };
    let decision = route(&store, gateway, 80, &request);
    let found = decision.matched.as_ref().map(|found| (found.name.as_str(), found.rule));
    assert_eq!(found, expected, "{path}");
    decision
}

#[test]
fn oldest_route_wins_among_equals_then_the_first_rule() {
    let rules = json!([{"backendRefs": [{"name": "web", "port": 80}]}, {"backendRefs": []}]);
    let routes = [
        http_route("a-young", "2025-02-01T00:00:00Z", rules.clone()),
        http_route("old", "2025-01-01T00:00:00Z", rules),
    ];
    check(&routes, "/", Some(("old", 0)));
    check(&[], "/", None);
}

#[test]
fn share_of_a_broken_backend_answers_500() {
    let rules =
        json!([{"backendRefs": [{"name": "web", "port": 80, "weight": 3}, {"name": "gone", "port": 80}]}]);
    let decision = check(&[http_route("r", "2025-01-01T00:00:00Z", rules)], "/", Some(("r", 0)));
    assert_eq!(decision.total_weight(), 4);
    assert!(matches!(decision.pick(2), Some(Choice { action: Action::Forward { .. }, .. })));
    let broken = decision.pick(3).expect("it has two backends");
    assert!(matches!(broken.action, Action::Answer { status: 500, .. }));
    assert_eq!(broken.field, "spec.rules[0].backendRefs[1].name");
}

#[test]
fn location_names_only_a_port_that_is_not_the_scheme_s_own() {
    let redirect = |redirect: Value| {
        let rules = json!([{"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}]);
        let routes = [http_route("r", "2025-01-01T00:00:00Z", rules)];
        let decision = check(&routes, "/x?q=1", Some(("r", 0)));
        match decision.pick(0).map(|choice| &choice.action) {
            Some(Action::Redirect { status, location }) => format!("{status} {location}"),
            other => panic!("not a redirect: {other:?}"),
        }
    };
    assert_eq!(redirect(json!({"scheme": "https", "statusCode": 301})), "301 https://a.com/x?q=1");
    assert_eq!(redirect(json!({"port": 8083})), "302 http://a.com:8083/x?q=1");
}
