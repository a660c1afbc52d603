//! Where a Gateway sends a request, and what the status of a route says.

use std::collections::BTreeMap;

use endpoint_playground::network::http::{HttpRequest, Scheme};
use endpoint_playground::network::http_route::types::{Gateway, HttpRoute, ReferenceGrant};
use endpoint_playground::network::http_route::{
    Action, Decision, GatewayView, conditions, modify_headers, route,
};
use k8s_openapi::api::core::v1::{Namespace, Service};
use serde_json::Value;

/// The objects of a fixture.
struct World {
    namespaces: Vec<Namespace>,
    services: Vec<Service>,
    grants: Vec<ReferenceGrant>,
    gateways: Vec<Gateway>,
    routes: Vec<HttpRoute>,
}

impl GatewayView for World {
    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>> {
        let found = self.namespaces.iter().find(|one| one.metadata.name.as_deref() == Some(namespace));
        found.and_then(|namespace| namespace.metadata.labels.as_ref())
    }
    fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| {
            let metadata = &service.metadata;
            metadata.namespace.as_deref() == Some(namespace) && metadata.name.as_deref() == Some(name)
        })
    }
    fn reference_grants(&self, namespace: &str) -> Vec<ReferenceGrant> {
        self.grants.iter().filter(|grant| grant.metadata.namespace == namespace).cloned().collect()
    }
}

fn of_kind<T>(objects: &Value, kind: &str, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let objects = objects.as_array().expect("a fixture is a list").iter();
    objects
        .filter(|object| object["kind"] == kind)
        .map(|object| read(object).expect("the object is of its kind"))
        .collect()
}

fn decode<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// What differs between headers and what is expected of them.
fn compare_headers(found: &[(String, String)], expected: &Value, absent: &Value) -> Vec<String> {
    let value = |name: &str| {
        let values = found.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
    };
    let wrong = headers(expected).into_iter().filter(|(name, wanted)| value(name) != *wanted);
    let mut wrong: Vec<String> =
        wrong.map(|(name, wanted)| format!("{name} is {:?}, expected {wanted:?}", value(&name))).collect();
    for name in absent.as_array().into_iter().flatten().filter_map(Value::as_str) {
        if found.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            wrong.push(format!("{name} should be absent"));
        }
    }
    wrong
}

fn check_condition(world: &World, gateway: &Gateway, case: &Value) -> Vec<String> {
    let named = |route: &&HttpRoute| {
        let name = format!("{}/{}", route.metadata.namespace, route.metadata.name);
        case["route"].as_str() == Some(&name)
    };
    let route = world.routes.iter().find(named).expect("the route is in the fixture");
    let expect = &case["expect"];
    let all = conditions(world, route, gateway);
    let found = all.iter().flatten().find(|one| expect["type"] == one.condition_type);
    let status = |status| if status { "True" } else { "False" };
    let holds = found.is_some_and(|one| {
        expect["status"] == status(one.status)
            && expect["reason"].as_str().is_none_or(|reason| reason == one.reason)
    });
    if holds { Vec::new() } else { vec![format!("condition is {found:?}, expected {expect}")] }
}

fn check_distribution(decision: &Decision, expected: &Value) -> Vec<String> {
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for choice in &decision.choices {
        if let Action::Forward { backend, .. } = &choice.action {
            let share = f64::from(choice.weight) / decision.total_weight() as f64;
            *shares.entry(format!("{}/{}", backend.namespace, backend.service)).or_default() += share;
        }
    }
    let expected = expected.as_object().into_iter().flatten();
    expected
        .filter(|(name, share)| {
            let found = shares.get(*name).copied().unwrap_or_default();
            (found - share.as_f64().unwrap_or_default()).abs() > 0.001
        })
        .map(|(name, share)| format!("{name} has {:?}, expected {share}", shares.get(name)))
        .collect()
}

fn check_request(world: &World, gateway: &Gateway, case: &Value) -> Vec<String> {
    let text = |name: &str| case["request"][name].as_str().unwrap_or_default().to_owned();
    let request = HttpRequest {
        scheme: if text("scheme") == "https" { Scheme::Https } else { Scheme::Http },
        method: text("method"),
        host: text("host"),
        path: text("path"),
        headers: headers(&case["request"]["headers"]),
    };
    let port = case["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or_default();
    let decision = route(world, gateway, &world.routes, port, &request);
    let expect = &case["expect"];
    let mut wrong = check_distribution(&decision, &expect["distribution"]);
    let mut compare = |what: &str, found: String, expected: String| {
        if found != expected {
            wrong.push(format!("{what} is {found}, expected {expected}"));
        }
    };
    for choice in decision.choices.iter().filter(|choice| choice.weight > 0) {
        let status = match &choice.action {
            Action::Forward { .. } => 200,
            Action::Redirect { status, .. } | Action::Answer { status, .. } => *status,
        };
        compare("status", status.to_string(), expect["status"].to_string());
        if let Some(expected) = expect["backend"].as_str() {
            let found = match &choice.action {
                Action::Forward { backend, .. } => format!("{}/{}", backend.namespace, backend.service),
                _ => String::new(),
            };
            compare("backend", found, expected.to_owned());
        }
        if let Action::Forward { request: arrived, response, .. } = &choice.action {
            let expected = &expect["backendRequest"];
            if expected.is_null() {
                compare("request", format!("{arrived:?}"), format!("{request:?}"));
            }
            for (what, found) in [("path", &arrived.path), ("host", &arrived.host)] {
                if let Some(expected) = expected[what].as_str() {
                    compare(what, found.clone(), expected.to_owned());
                }
            }
            let differing =
                compare_headers(&arrived.headers, &expected["headers"], &expected["absentHeaders"]);
            compare("request headers", differing.join("; "), String::new());
            let mut answered = headers(&expect["backendSetsResponseHeaders"]);
            for modifier in response {
                modify_headers(modifier, &mut answered);
            }
            let differing =
                compare_headers(&answered, &expect["responseHeaders"], &expect["absentResponseHeaders"]);
            compare("response headers", differing.join("; "), String::new());
        }
        let expected = &expect["redirect"];
        if let (Action::Redirect { location, .. }, Some(_)) = (&choice.action, expected.as_object()) {
            let scheme = expected["scheme"].as_str().unwrap_or(request.scheme.as_str());
            compare("scheme", location.scheme.clone(), scheme.to_owned());
            let path = expected["path"].as_str().unwrap_or(&request.path);
            compare("path", location.path.clone(), path.to_owned());
            if let Some(host) = expected["host"].as_str() {
                compare("host", location.host.clone(), host.to_owned());
            }
            let expected = expected["port"].as_str().unwrap_or_default();
            let well_known = [("http", "80"), ("https", "443")].contains(&(scheme, expected));
            let found = location.port.map(|port| port.to_string()).unwrap_or_default();
            compare("port", found, if well_known { String::new() } else { expected.to_owned() });
        }
    }
    if !wrong.is_empty() {
        wrong.push(decision.reason);
    }
    wrong
}

pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let objects = &file["fixtures"][case["fixture"].as_str().unwrap_or_default()];
        let world = World {
            namespaces: of_kind(objects, "Namespace", decode),
            services: of_kind(objects, "Service", decode),
            grants: of_kind(objects, "ReferenceGrant", ReferenceGrant::from_value),
            gateways: of_kind(objects, "Gateway", Gateway::from_value),
            routes: of_kind(objects, "HTTPRoute", HttpRoute::from_value),
        };
        let (namespace, name) =
            case["gateway"].as_str().and_then(|gateway| gateway.split_once('/')).expect("a Gateway");
        let named =
            |gateway: &&Gateway| gateway.metadata.namespace == namespace && gateway.metadata.name == name;
        let gateway = world.gateways.iter().find(named).expect("the Gateway is in the fixture");
        let wrong = if case["check"] == "condition" {
            check_condition(&world, gateway, case)
        } else {
            check_request(&world, gateway, case)
        };
        if !wrong.is_empty() {
            differences.push(format!("{}: {}", case["id"], wrong.join("; ")));
        }
    }
    (cases.len(), differences)
}
