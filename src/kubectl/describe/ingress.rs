//! Ingress and IngressClass.

use super::super::ApiServer;
use super::super::doc::Doc;
use super::super::doc::pairs;
use super::super::get::load_balancer_status;
use super::super::page::Page;
use super::labels_and_annotations;
use super::service::{endpoints, slices};
use crate::api::encode::encode;
use k8s_openapi::api::core::v1::Service;

// Models describe.go describeIngressV1
/// Writes an Ingress.
pub fn describe_ingress(page: &mut Page, server: ApiServer<'_>, ingress: Doc<'_>) {
    let namespace = ingress.text("metadata.namespace");
    let spec = ingress.at("spec");
    page.field(0, "Name", ingress.text("metadata.name"));
    page.list("Labels", &pairs(ingress, "metadata.labels"));
    page.field(0, "Namespace", namespace);
    page.field(0, "Address", &load_balancer_status(ingress, true));
    page.field(0, "Ingress Class", spec.text_or("ingressClassName", "<none>"));
    let default = match spec.has("defaultBackend") {
        true => backend(server, namespace, spec.at("defaultBackend")),
        false => "<default>".to_owned(),
    };
    page.field(0, "Default backend", &default);
    if spec.items("tls").len() > 0 {
        page.line(0, &["TLS:"]);
        for tls in spec.items("tls") {
            let hosts = tls.texts("hosts").join(",");
            let line = match tls.text("secretName") {
                "" => ["SNI routes ", &hosts].concat(),
                secret => [secret, " terminates ", &hosts].concat(),
            };
            page.line(1, &[&line]);
        }
    }
    page.line(0, &["Rules:"]);
    page.line(1, &["Host", "Path", "Backends"]);
    page.line(1, &["----", "----", "--------"]);
    let mut has_rule = false;
    for rule in spec.items("rules").filter(|rule| rule.has("http")) {
        has_rule = true;
        page.line(1, &[rule.text_or("host", "*"), ""]);
        for path in rule.items("http.paths") {
            let backend = backend(server, namespace, path.at("backend"));
            page.line(2, &["", &[path.text("path"), " "].concat(), &backend]);
        }
    }
    if !has_rule {
        page.line(1, &["*", "*", &default]);
    }
    super::annotations(page, "Annotations", ingress.at("metadata.annotations"));
}

// Models describe.go describeBackendV1
/// A backend with the first endpoints of its Service, or why there are none.
fn backend(server: ApiServer<'_>, namespace: &str, backend: Doc<'_>) -> String {
    if backend.has("resource") {
        let resource = backend.at("resource");
        let (group, kind) = (resource.text_or("apiGroup", "<none>"), resource.text("kind"));
        return format!("APIGroup: {group}, Kind: {kind}, Name: {}", resource.text("name"));
    }
    let (name, port) = (backend.text("service.name"), backend.at("service.port"));
    let number = port.number("number");
    let shown = if number == 0 { port.text("name").to_owned() } else { number.to_string() };
    let Some(service) = server.store.find::<Service>(namespace, name) else {
        return format!("{name}:{shown} (<error: services \"{name}\" not found>)");
    };
    let service = encode(&**service);
    let is_named = |known: &Doc<'_>| match number {
        0 => !port.text("name").is_empty() && port.text("name") == known.text("name"),
        _ => known.number("port") == number,
    };
    // As kubectl has it: the last port that fits; one that is not there reads as the port without a name.
    let port_name = Doc(&service).items("spec.ports").rfind(is_named).map_or("", |known| known.text("name"));
    format!("{name}:{shown} ({})", endpoints(&slices(server, namespace, name), port_name))
}

// Models describe.go describeIngressClassV1
/// Writes an IngressClass.
pub fn describe_ingress_class(page: &mut Page, class: Doc<'_>) {
    page.field(0, "Name", class.text("metadata.name"));
    labels_and_annotations(page, class);
    page.field(0, "Controller", class.text("spec.controller"));
    if class.has("spec.parameters") {
        let parameters = class.at("spec.parameters");
        page.line(0, &["Parameters:"]);
        page.field_if(1, "APIGroup", parameters.text("apiGroup"));
        page.field(1, "Kind", parameters.text("kind"));
        page.field(1, "Name", parameters.text("name"));
    }
}
