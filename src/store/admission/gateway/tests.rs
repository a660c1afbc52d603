//! What is filled in and what is refused, in the API server's words for custom resources.

use serde_json::{Value, json};

use crate::api::{Kind, Live, Random, Time};
use crate::store::Store;
use crate::store::admission::{Allocators, Part, Request, admit};
use crate::store::config::ClusterConfig;

fn admitted(kind: &str, spec: Value) -> Result<Value, String> {
    let value = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec});
    let kind = Kind::from_api("gateway.networking.k8s.io/v1", kind);
    let request = Request {
        object: Live::from_value(&kind, &value).expect("it is of its kind"),
        old: None,
        part: Part::Spec,
        store: &Store::default(),
        now: Time(0),
        random: &mut Random::new(1),
    };
    let mut allocators = Allocators::new(&ClusterConfig::default()).expect("the ranges are valid");
    admit(request, &mut allocators).map(|live| live.to_value()).map_err(|rejected| rejected.to_string())
}

fn check(kind: &str, spec: Value, message: &str) {
    assert_eq!(admitted(kind, spec).expect_err("it is bad"), message);
}

#[test]
fn defaults_are_those_of_the_definitions() {
    let gateway = admitted(
        "Gateway",
        json!({"gatewayClassName": "nginx", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}),
    );
    let gateway = gateway.expect("it is good");
    assert_eq!(gateway["spec"]["listeners"][0]["allowedRoutes"], json!({"namespaces": {"from": "Same"}}));
    assert_eq!(gateway["status"]["conditions"][1]["reason"], "Pending");
    let route = admitted(
        "HTTPRoute",
        json!({"parentRefs": [{"name": "gw"}], "rules": [
        {"backendRefs": [{"name": "web", "port": 80}]}]}),
    );
    let route = route.expect("it is good");
    assert_eq!(
        route["spec"],
        json!({"parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}],
            "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}]}]})
    );
    assert!(route.get("status").is_none());
}

#[test]
fn bad_gateways_are_refused() {
    let blocked = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; \
                   correct the existing errors to complete validation";
    let start = "Gateway.gateway.networking.k8s.io \"x\" is invalid: ";
    let listener = |more: Value| {
        let mut listener = json!({"name": "a", "port": 80, "protocol": "HTTP"});
        for (field, value) in more.as_object().into_iter().flatten() {
            listener[field] = value.clone();
        }
        listener
    };
    let gateway = |listeners: Value| json!({"gatewayClassName": "nginx", "listeners": listeners});
    check("Gateway", gateway(json!([])), &format!("{start}[spec.listeners: Required value, {blocked}]"));
    check(
        "Gateway",
        gateway(json!([listener(json!({"port": 70000}))])),
        &format!(
            "{start}spec.listeners[0].port: Invalid value: 70000: spec.listeners[0].port in body should be less than \
             or equal to 65535"
        ),
    );
    check(
        "Gateway",
        gateway(json!([listener(json!({"hostname": "Shop"}))])),
        &format!(
            "{start}spec.listeners[0].hostname: Invalid value: \"Shop\": spec.listeners[0].hostname in body should \
             match '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'"
        ),
    );
    check(
        "Gateway",
        gateway(json!([listener(json!({"allowedRoutes": {"namespaces": {"from": "Everyone"}}}))])),
        &format!(
            "{start}[spec.listeners[0].allowedRoutes.namespaces.from: Unsupported value: \"Everyone\": supported \
             values: \"All\", \"Selector\", \"Same\", {blocked}]"
        ),
    );
    check(
        "Gateway",
        gateway(json!([listener(json!({})), listener(json!({"name": "b"}))])),
        &format!(
            "{start}spec.listeners: Invalid value: Combination of port, protocol and hostname must be unique for each \
             listener"
        ),
    );
    check(
        "Gateway",
        gateway(json!([listener(json!({})), listener(json!({"port": 81}))])),
        &format!("{start}spec.listeners[1]: Duplicate value: {{\"name\":\"a\"}}"),
    );
    check(
        "Gateway",
        gateway(json!([listener(json!({"tls": {"certificateRefs": [{"name": "cert"}]}}))])),
        &format!(
            "{start}spec.listeners: Invalid value: tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"
        ),
    );
}

#[test]
fn bad_routes_are_refused() {
    let start = "HTTPRoute.gateway.networking.k8s.io \"x\" is invalid: ";
    let route = |rule: Value| json!({"parentRefs": [{"name": "gw"}], "rules": [rule]});
    check(
        "HTTPRoute",
        route(json!({"backendRefs": [{"name": "web"}]})),
        &format!("{start}spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference"),
    );
    let redirect = json!({"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}});
    check(
        "HTTPRoute",
        route(json!({"filters": [redirect], "backendRefs": [{"name": "web", "port": 80}]})),
        &format!(
            "{start}spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs"
        ),
    );
    check(
        "HTTPRoute",
        route(json!({"filters": [{"type": "URLRewrite"}]})),
        &format!(
            "{start}spec.rules[0].filters[0]: Invalid value: filter.urlRewrite must be specified for URLRewrite \
             filter.type"
        ),
    );
    check(
        "HTTPRoute",
        route(json!({"matches": [{"path": {"value": "/a//b"}}]})),
        &format!(
            "{start}spec.rules[0].matches[0].path: Invalid value: must not contain '//' when type one of ['Exact', \
             'PathPrefix']"
        ),
    );
    check(
        "HTTPRoute",
        json!({"parentRefs": [{"name": "gw"}, {"name": "gw"}]}),
        &format!(
            "{start}spec.parentRefs: Invalid value: sectionName must be unique when parentRefs includes 2 or more \
             references to the same parent"
        ),
    );
}
