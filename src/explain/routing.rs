//! What is wrong with an Ingress, a Gateway or an HTTPRoute.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend, IngressClass};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::finding::{Certainty, Finding, Fix};
use crate::api::gateway::{Gateway, GatewayClass, HTTPRoute};
use crate::api::patch::Edit;
use crate::api::path::Path;
use crate::api::{Kind, ObjectKey};
use crate::controllers::gateway::{CONTROLLER_NAME, gateway_of_parent};
use crate::network::ingress::{Backend, Controller, Ownership, service_port};
use crate::store::Store;

/// The findings about an Ingress, a GatewayClass, a Gateway or an HTTPRoute, gravest first. Empty when nothing is wrong.
pub(super) fn findings(store: &Store, key: &ObjectKey) -> Vec<Finding> {
    let Some(object) = store.get(key) else { return Vec::new() };
    if let Some(ingress) = object.get::<Ingress>() {
        return of_ingress(store, key, ingress);
    }
    if let Some(gateway) = object.get::<Gateway>() {
        return of_gateway(store, key, gateway);
    }
    if let Some(route) = object.get::<HTTPRoute>() {
        return of_route(store, key, route);
    }
    let class = object.get::<GatewayClass>().filter(|class| class.spec.controller_name != CONTROLLER_NAME);
    class.map(|class| foreign_class(key, &class.spec.controller_name)).into_iter().collect()
}

fn found(title: String, text: String, evidence: Vec<ObjectKey>) -> Finding {
    Finding { title, text, certainty: Certainty::Found, evidence, fix: None }
}

fn set(object: &ObjectKey, path: &str, value: &str, label: String) -> Option<Fix> {
    let edit = Edit { path: Path::parse(path).ok()?, value: Some(value.into()) };
    Some(Fix { object: object.clone(), edits: vec![edit], label })
}

fn of_ingress(store: &Store, key: &ObjectKey, ingress: &Ingress) -> Vec<Finding> {
    let mut findings = Vec::new();
    let classes: Vec<&IngressClass> = store.list::<IngressClass>().map(|class| &**class).collect();
    let why = match Controller::ingress_nginx().owns(ingress, &classes) {
        Ownership::Owned => None,
        Ownership::NoSuchClass(class) => Some(format!("There is no IngressClass {class}.")),
        Ownership::NoClass => {
            Some("It names no class, and had no default class when it was made.".to_owned())
        }
        Ownership::OtherController(name) => {
            let runs = name == "traefik.io/ingress-controller";
            (!runs).then(|| format!("Its class belongs to {name}, and no such controller runs here."))
        }
        Ownership::OtherAnnotation(class) => Some(format!(
            "Its annotation kubernetes.io/ingress.class names {class}, which nobody takes as its own."
        )),
    };
    if let Some(why) = why {
        let text = format!("{why} The Ingress gets no address, and requests for its hosts get a 404.");
        let mut finding = found("No controller serves this Ingress".to_owned(), text, vec![key.clone()]);
        finding.fix = classes
            .iter()
            .find(|class| {
                class.spec.as_ref().and_then(|spec| spec.controller.as_deref())
                    == Some("k8s.io/ingress-nginx")
            })
            .and_then(|class| class.metadata.name.as_deref())
            .and_then(|class| set(key, "spec.ingressClassName", class, format!("Use the class {class}")));
        findings.push(finding);
    }
    let Some(spec) = &ingress.spec else { return findings };
    let paths = spec.rules.iter().flatten().enumerate().flat_map(|(rule, one)| {
        let paths = one.http.iter().flat_map(|http| &http.paths).enumerate();
        paths.map(move |(path, one)| (format!("spec.rules[{rule}].http.paths[{path}].backend"), &one.backend))
    });
    let default = spec.default_backend.as_ref().map(|backend| ("spec.defaultBackend".to_owned(), backend));
    for (field, backend) in paths.chain(default) {
        findings.extend(of_backend(store, key, &field, backend));
    }
    for tls in spec.tls.iter().flatten() {
        let name = tls.secret_name.as_deref().unwrap_or_default();
        let secret = ObjectKey::new(Kind::from_api("v1", "Secret"), key.namespace.clone(), name);
        if !name.is_empty() && store.get(&secret).is_none() {
            let text = format!(
                "spec.tls names the Secret {name}, which is not in {}. The controller answers with a certificate of its \
                 own, which clients do not trust.",
                key.namespace
            );
            findings.push(found(format!("The Secret {name} does not exist"), text, vec![key.clone()]));
        }
    }
    findings
}

fn of_backend(store: &Store, key: &ObjectKey, field: &str, backend: &IngressBackend) -> Option<Finding> {
    let Some(named) = &backend.service else {
        let resource = backend.resource.as_ref()?;
        let text = format!(
            "{field} leads to the {} {}. ingress-nginx sends to Services alone, and leaves the path out: requests for it \
             get a 404.",
            resource.kind, resource.name
        );
        return Some(found("A path leads to a resource".to_owned(), text, vec![key.clone()]));
    };
    let name = named.name.as_str();
    let service_key = ObjectKey::service(key.namespace.clone(), name);
    let Some(service) = store.find::<Service>(&key.namespace, name) else {
        let text = format!("{field} names it, and there is none in {}. Requests get a 503.", key.namespace);
        return Some(found(format!("The Service {name} does not exist"), text, vec![key.clone()]));
    };
    let port = Backend::new(&key.namespace, backend)?.port;
    if service_port(service, &port).is_none() {
        let text = format!(
            "{field} names the port {port}, and the Service has none of this number or name. Requests get a 503."
        );
        return Some(found(format!("{name} has no port {port}"), text, vec![key.clone(), service_key]));
    }
    no_endpoints(store, &service_key, field)
}

fn no_endpoints(store: &Store, service: &ObjectKey, field: &str) -> Option<Finding> {
    let mut slices = store.slices_of(&service.namespace, &service.name);
    let external = store
        .find::<Service>(&service.namespace, &service.name)
        .and_then(|found| found.spec.as_ref()?.external_name.as_ref())
        .is_some();
    if external || slices.any(|slice| slice.endpoints.as_ref().is_some_and(|endpoints| !endpoints.is_empty()))
    {
        return None;
    }
    let text = format!(
        "{field} leads to it. The controller goes to the endpoints itself, past the ClusterIP, and answers 503 when there is \
         none. The tab Why of the Service says why it has none."
    );
    Some(found(format!("{} has no endpoints", service.name), text, vec![service.clone()]))
}

fn foreign_class(key: &ObjectKey, controller: &str) -> Finding {
    let text = format!(
        "The class belongs to {controller}, and no such controller runs here: the one that does is {CONTROLLER_NAME}. \
         Gateways of this class stay as they are, waiting."
    );
    found("No controller serves this class".to_owned(), text, vec![key.clone()])
}

fn of_gateway(store: &Store, key: &ObjectKey, gateway: &Gateway) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = gateway.spec.gateway_class_name.as_str();
    let class = store.find::<GatewayClass>("", name);
    match class {
        None => {
            let text =
                "Without a class no controller looks at the Gateway: it gets no address and stays Pending.";
            let mut finding =
                found(format!("There is no GatewayClass {name}"), text.to_owned(), vec![key.clone()]);
            let served =
                store.list::<GatewayClass>().find(|class| class.spec.controller_name == CONTROLLER_NAME);
            let served = served.and_then(|class| class.metadata.name.as_deref());
            finding.fix = served
                .and_then(|class| set(key, "spec.gatewayClassName", class, format!("Use the class {class}")));
            findings.push(finding);
        }
        Some(class) if class.spec.controller_name != CONTROLLER_NAME => {
            let class_key = ObjectKey::new(Kind::GatewayClass, "", name);
            findings.push(foreign_class(&class_key, &class.spec.controller_name));
        }
        Some(_) => {}
    }
    let Some(status) = &gateway.status else { return findings };
    for listener in &status.listeners {
        // One fault fails several conditions: the last of them, Programmed apart, says which it is.
        let mut failed = failed(&listener.conditions).filter(|condition| condition.type_ != "Programmed");
        if let Some(condition) = failed.next_back() {
            let title = format!("Listener {} does not work: {}", listener.name, condition.reason);
            let text =
                format!("{}. The listener takes no connection and no route.", sentence(&condition.message));
            findings.push(found(title, text, vec![key.clone()]));
        }
    }
    if class.is_some_and(|class| class.spec.controller_name == CONTROLLER_NAME) {
        for condition in failed(&status.conditions) {
            findings.push(of_condition(key, condition, "The Gateway"));
        }
    }
    findings
}

fn of_route(store: &Store, key: &ObjectKey, route: &HTTPRoute) -> Vec<Finding> {
    let mut findings = Vec::new();
    if route.spec.parent_refs.is_empty() {
        let text = "spec.parentRefs is empty, so the route is attached to no Gateway and gets no request.";
        findings.push(found("The route names no Gateway".to_owned(), text.to_owned(), vec![key.clone()]));
    }
    for parent in &route.spec.parent_refs {
        if gateway_of_parent(store, route, parent).is_none() {
            let namespace = parent.namespace.as_deref().unwrap_or(&key.namespace);
            let mut gateways = store.objects_of(Kind::Gateway).map(|object| object.key.clone());
            let other = gateways.find(|other| *other.name == *parent.name);
            let text = match &other {
                Some(other) => format!(
                    "There is one of this name in {}. A route of another namespace names it with \
                     parentRefs[].namespace, and the listener has to allow that namespace.",
                    other.namespace
                ),
                None => "Nobody looks at the route: it has no status and gets no request.".to_owned(),
            };
            let evidence = std::iter::once(key.clone()).chain(other).collect();
            findings.push(found(format!("There is no Gateway {namespace}/{}", parent.name), text, evidence));
        }
    }
    for parent in route.status.iter().flat_map(|status| &status.parents) {
        for condition in failed(&parent.conditions) {
            findings.push(of_condition(key, condition, &format!("The route at {}", parent.parent_ref.name)));
        }
    }
    for (rule, one) in route.spec.rules.iter().flatten().enumerate() {
        for (index, reference) in one.backend_refs.iter().enumerate() {
            if let Ok(backend) = crate::controllers::gateway::backend(store, route, reference) {
                let service = ObjectKey::service(backend.namespace.as_str(), backend.service.as_str());
                findings.extend(no_endpoints(
                    store,
                    &service,
                    &format!("spec.rules[{rule}].backendRefs[{index}]"),
                ));
            }
        }
    }
    findings
}

/// The conditions that are not as they should be.
fn failed(conditions: &[Condition]) -> impl DoubleEndedIterator<Item = &Condition> {
    conditions.iter().filter(|condition| match condition.type_.as_str() {
        "Conflicted" => condition.status == "True",
        _ => condition.status == "False",
    })
}

fn of_condition(key: &ObjectKey, condition: &Condition, whose: &str) -> Finding {
    let follows = match condition.reason.as_str() {
        "NoMatchingParent" => {
            "parentRefs[].sectionName or port names a listener that the Gateway does not have."
        }
        "NotAllowedByListeners" => {
            "A listener takes routes of the Gateway's own namespace only, unless allowedRoutes says otherwise."
        }
        "NoMatchingListenerHostname" => {
            "Only hosts that the route and a listener have in common are served; there is none."
        }
        "BackendNotFound" | "InvalidKind" => "Requests for this backend get a 500; other backends work.",
        "RefNotPermitted" => {
            "A reference into another namespace needs a ReferenceGrant in that namespace. Requests for it get a 500."
        }
        "AddressNotAssigned" => "Nothing can reach it from outside yet.",
        _ => "",
    };
    let title = format!("{whose} is not {}: {}", state(&condition.type_), condition.reason);
    let text = format!("{}. {follows}", sentence(&condition.message)).trim_end().to_owned();
    found(title, text, vec![key.clone()])
}

fn state(condition_type: &str) -> &str {
    match condition_type {
        "Accepted" => "accepted",
        "Programmed" => "programmed",
        "ResolvedRefs" => "whole",
        other => other,
    }
}

/// A message with a capital and without a full stop.
fn sentence(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut letters = message.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
