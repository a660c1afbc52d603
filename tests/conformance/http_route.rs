//! Where a Gateway sends a request, and what the status of a route says.

use std::collections::BTreeMap;

use endpoint_playground::api::gateway::{Gateway, HTTPRoute};
use endpoint_playground::api::{Live, ObjectKey};
use endpoint_playground::controllers::gateway::{parent_conditions, parents};
use endpoint_playground::network::http::{HttpRequest, Scheme};
use endpoint_playground::network::http_route::{Action, Decision, modify_headers, route};
use endpoint_playground::store::Store;
use serde_json::Value;

/// The objects of a fixture.
fn world(objects: &Value) -> Store {
    let mut store = Store::default();
    for object in objects.as_array().expect("a fixture is a list") {
        let key = ObjectKey::of_document(object, "").expect("the object has a name");
        let live = Live::from_value(&key.kind, object).expect("the object is of its kind");
        store.put(key, None, live);
    }
    store
}

/// `namespace/name`, in two.
fn named(value: &Value) -> (&str, &str) {
    value.as_str().and_then(|name| name.split_once('/')).expect("namespace and name")
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

fn check_condition(world: &Store, gateway: &Gateway, case: &Value) -> Vec<String> {
    let (namespace, name) = named(&case["route"]);
    let route = world.find::<HTTPRoute>(namespace, name).expect("the route is in the fixture");
    let expect = &case["expect"];
    let parent = parents(route, gateway).next().expect("the Gateway is a parent");
    let all = parent_conditions(world, route, gateway, parent);
    let found = all.iter().find(|one| expect["type"] == one.condition_type);
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

fn check_request(world: &Store, gateway: &Gateway, case: &Value) -> Vec<String> {
    let text = |name: &str| case["request"][name].as_str().unwrap_or_default().to_owned();
    let request = HttpRequest {
        scheme: if text("scheme") == "https" { Scheme::Https } else { Scheme::Http },
        method: text("method"),
        host: text("host"),
        path: text("path"),
        headers: headers(&case["request"]["headers"]),
    };
    let port = case["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or_default();
    let decision = route(world, gateway, port, &request);
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
        wrong.push(format!("{:?}", decision.matched));
    }
    wrong
}

pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let world = world(&file["fixtures"][case["fixture"].as_str().unwrap_or_default()]);
        let (namespace, name) = named(&case["gateway"]);
        let gateway = world.find::<Gateway>(namespace, name).expect("the Gateway is in the fixture").clone();
        let wrong = if case["check"] == "condition" {
            check_condition(&world, &gateway, case)
        } else {
            check_request(&world, &gateway, case)
        };
        if !wrong.is_empty() {
            differences.push(format!("{}: {}", case["id"], wrong.join("; ")));
        }
    }
    (cases.len(), differences)
}
