//! Where an Ingress controller sends a request.

use endpoint_playground::network::http::{HttpRequest, Scheme, host_matches};
use endpoint_playground::network::ingress::{Action, Controller, Dialect, default_class, route};
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};
use serde_json::Value;

fn of_kind<T: serde::de::DeserializeOwned>(objects: &Value, kind: &str) -> Vec<T> {
    let objects = objects.as_array().expect("a fixture is a list");
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .map(|object| serde_json::from_value(object.clone()).expect("the object is of its kind"))
        .collect()
}

/// What admission does: an Ingress that names no class gets the default one.
fn admit(ingress: &mut Ingress, classes: &[&IngressClass]) {
    let annotated = ingress
        .metadata
        .annotations
        .as_ref()
        .is_some_and(|annotations| annotations.contains_key("kubernetes.io/ingress.class"));
    if let Some(spec) = ingress.spec.as_mut().filter(|spec| spec.ingress_class_name.is_none() && !annotated) {
        spec.ingress_class_name = default_class(classes).and_then(|class| class.metadata.name.clone());
    }
}

/// Whether the controller writes its address into the status of the Ingress that the case is about: one with a rule for
/// the host, else any.
fn status_address(
    ingresses: &[Ingress],
    classes: &[&IngressClass],
    controller: &Controller,
    host: &str,
) -> bool {
    let names_host = |ingress: &&Ingress| {
        let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten());
        rules.filter_map(|rule| rule.host.as_deref()).any(|pattern| host_matches(pattern, host))
    };
    let owned = |ingress: &Ingress| controller.owns(ingress, classes).is_owned();
    if ingresses.iter().any(|ingress| names_host(&ingress)) {
        return ingresses.iter().filter(names_host).any(owned);
    }
    ingresses.iter().any(owned)
}

pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let objects = &file["fixtures"][case["fixture"].as_str().unwrap_or_default()];
        let classes: Vec<IngressClass> = of_kind(objects, "IngressClass");
        let classes: Vec<&IngressClass> = classes.iter().collect();
        let mut ingresses: Vec<Ingress> = of_kind(objects, "Ingress");
        for ingress in &mut ingresses {
            admit(ingress, &classes);
        }
        let dialect = match case["controller"].as_str() {
            Some("ingress-nginx") => Dialect::IngressNginx,
            _ => Dialect::Specification,
        };
        let controller = Controller { dialect, ..Controller::ingress_nginx() };
        let text = |name: &str| case["request"][name].as_str().unwrap_or_default().to_owned();
        let request = HttpRequest {
            scheme: if text("scheme") == "https" { Scheme::Https } else { Scheme::Http },
            method: text("method"),
            host: text("host"),
            path: text("path"),
            headers: Vec::new(),
        };
        let decision = route(&ingresses, &classes, &controller, &request);
        let (service, path) = match &decision.action {
            Action::Forward { backend, path } => (Some(backend.to_string()), Some(path.as_str())),
            _ => (None, None),
        };

        let expect = &case["expect"];
        let mut wrong = Vec::new();
        let mut compare = |what: &str, found: String, expected: String| {
            if found != expected {
                wrong.push(format!("{what} is {found}, expected {expected}"));
            }
        };
        compare("status", decision.status().to_string(), expect["status"].to_string());
        compare("service", format!("{service:?}"), format!("{:?}", expect["service"].as_str()));
        let addressed = status_address(&ingresses, &classes, &controller, &request.host_name());
        compare("ingressStatusAddress", addressed.to_string(), expect["ingressStatusAddress"].to_string());
        if let Some(expected) = expect["backendPath"].as_str() {
            compare("backendPath", path.unwrap_or_default().to_owned(), expected.to_owned());
        }
        if let Some(expected) = expect["tlsSecret"].as_str() {
            let (namespace, name) = decision.tls_secret.clone().unwrap_or_default();
            let found = if expected.contains('/') { format!("{namespace}/{name}") } else { name };
            compare("tlsSecret", found, expected.to_owned());
        }
        if !wrong.is_empty() {
            differences.push(format!("{}: {} ({})", case["id"], wrong.join("; "), decision.reason));
        }
    }
    (cases.len(), differences)
}
