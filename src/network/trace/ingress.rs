//! An Ingress controller: it accepts the connection, reads the HTTP request, and begins another to an endpoint.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};

use super::flow::Flow;
use super::proxy::{Answer, Route, Upstream, http_request};
use super::{DecidedBy, Scheme, Target, Tracer};
use crate::api::{Kind, ObjectKey};
use crate::network::http::{HttpRequest, host_matches, path_has_prefix};
use crate::network::ingress::{self, Backend, Controller, Dialect, Match, endpoints, service_port};

/// The most endpoints that ingress-nginx tries for one request (`proxy-next-upstream-tries`).
const MOST_TRIES: usize = 3;
/// The annotation that makes ingress-nginx send to the Service's ClusterIP instead of the endpoints.
const SERVICE_UPSTREAM: &str = "nginx.ingress.kubernetes.io/service-upstream";

/// The controller that a Pod runs, by the labels that its manifests set; `None` for an ordinary Pod.
pub(super) fn controller_of(pod: &Pod) -> Option<Controller> {
    let labels = pod.metadata.labels.as_ref()?;
    let is = |label: &str, value: &str| labels.get(label).is_some_and(|found| found == value);
    if is("app.kubernetes.io/name", "ingress-nginx") && is("app.kubernetes.io/component", "controller") {
        return Some(Controller::ingress_nginx());
    }
    is("app.kubernetes.io/name", "traefik").then(|| Controller {
        name: "traefik.io/ingress-controller".to_owned(),
        annotation: "traefik".to_owned(),
        watch_without_class: true,
        dialect: Dialect::Specification,
    })
}

impl Tracer<'_> {
    /// What the controller in `pod` does with a request that came over `flow`: it answers 404 without a rule, 503
    /// without a Service or endpoint, 502 when the endpoint refuses, 504 when it does not answer, else what the
    /// endpoint answers. ingress-nginx tries up to three endpoints.
    pub(super) fn proxy(
        &mut self,
        pod: &Arc<Pod>,
        controller: &Controller,
        flow: &Flow,
        target: &Target,
        method: &str,
    ) -> Answer {
        let request = http_request(target, method);
        let ingresses: Vec<Arc<Ingress>> = self.store.list::<Ingress>().cloned().collect();
        let classes: Vec<Arc<IngressClass>> = self.store.list::<IngressClass>().cloned().collect();
        let classes: Vec<&IngressClass> = classes.iter().map(|class| &**class).collect();
        let decision =
            ingress::route(ingresses.iter().map(|ingress| &**ingress), &classes, controller, &request);
        if target.scheme == Scheme::Https {
            self.end_tls(pod, flow, &request.host_name(), decision.tls_secret);
        }
        let matched = decision.matched.as_ref();
        let route = Route { rule: matched.and_then(|at| self.rule_text(at)), object: matched.map(key) };
        match &decision.action {
            ingress::Action::NotFound => {
                let (why, decided_by) = not_found(&ingresses, &classes, controller, &request);
                let why = why.unwrap_or(decision.reason);
                self.proxy_answers(pod, flow, 404, &why, &route, decided_by)
            }
            ingress::Action::Redirect { status, location } => {
                let decided_by = matched.map(|at| (key(at), self.redirect_field(at, location)));
                let why = format!("Location: {location}. {}", decision.reason);
                self.proxy_answers(pod, flow, *status, &why, &route, decided_by)
            }
            ingress::Action::Forward { backend, .. } => {
                let endpoints = match self.upstreams(backend, matched) {
                    Ok(endpoints) => endpoints,
                    Err((why, decided_by)) => {
                        return self.proxy_answers(pod, flow, 503, &why, &route, decided_by);
                    }
                };
                let upstream = Upstream {
                    service: ObjectKey::service(backend.namespace.as_str(), backend.service.as_str()),
                    label: backend.to_string(),
                    endpoints,
                    tries: MOST_TRIES,
                    decided_by: matched.map(|at| (key(at), path_field(at, "backend.service"))),
                };
                self.send_on(pod, flow, target, &route, &upstream)
            }
        }
    }

    /// Where the controller sends to, or why it answers 503, and the object and field that say so.
    fn upstreams(
        &self,
        backend: &Backend,
        matched: Option<&Match>,
    ) -> Result<Vec<(String, i32)>, (String, DecidedBy)> {
        let at_ingress = |field: &str| matched.map(|at| (key(at), path_field(at, field)));
        let name = format!("{}/{}", backend.namespace, backend.service);
        let Some(service) = self.store.find::<Service>(&backend.namespace, &backend.service) else {
            return Err((format!("Service {name} does not exist"), at_ingress("backend.service.name")));
        };
        let Some(port) = service_port(service, &backend.port) else {
            let why = format!("Service {name} has no port {}", backend.port);
            return Err((why, at_ingress("backend.service.port")));
        };
        let ingress = matched.and_then(|at| self.store.find::<Ingress>(&at.namespace, &at.name));
        let annotations = ingress.and_then(|ingress| ingress.metadata.annotations.as_ref());
        let upstream = annotations.and_then(|annotations| annotations.get(SERVICE_UPSTREAM));
        if upstream.is_some_and(|value| value == "true") {
            let cluster_ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.clone());
            if let Some(ip) = cluster_ip.filter(|ip| ip != "None") {
                return Ok(vec![(ip, port.port)]);
            }
        }
        let slices = self.store.slices_of(&backend.namespace, &backend.service);
        let found = endpoints(service, port, slices.map(|slice| &**slice));
        if found.is_empty() {
            let service = ObjectKey::service(backend.namespace.as_str(), backend.service.as_str());
            return Err((
                format!("Service {name} has no endpoints"),
                Some((service, "spec.selector".to_owned())),
            ));
        }
        Ok(found)
    }

    /// The field of an Ingress that makes ingress-nginx redirect: an annotation; else, to https, the section on TLS; else
    /// the final slash of a path.
    fn redirect_field(&self, at: &Match, location: &str) -> String {
        let ingress = self.store.find::<Ingress>(&at.namespace, &at.name);
        let annotations = ingress.and_then(|ingress| ingress.metadata.annotations.as_ref());
        let names = ["permanent-redirect", "temporal-redirect", "app-root", "force-ssl-redirect"];
        let annotation = names.into_iter().map(|name| format!("nginx.ingress.kubernetes.io/{name}"));
        let mut set = annotation.filter(|name| annotations.is_some_and(|own| own.contains_key(name)));
        match set.next() {
            Some(name) => format!("metadata.annotations[{name:?}]"),
            None if location.starts_with("https:") => "spec.tls".to_owned(),
            None => path_field(at, "path"),
        }
    }

    /// A rule as people read it: `shop/front: shop.example /cart`.
    fn rule_text(&self, at: &Match) -> Option<String> {
        let name = format!("{}/{}", at.namespace, at.name);
        let Some((rule, path)) = at.path else { return Some(format!("{name}: default backend")) };
        let ingress = self.store.find::<Ingress>(&at.namespace, &at.name)?;
        let rule = ingress.spec.as_ref()?.rules.as_ref()?.get(rule)?;
        let path = rule.http.as_ref()?.paths.get(path)?.path.as_deref().unwrap_or("/");
        Some(format!("{name}: {} {path}", rule.host.as_deref().unwrap_or("*")))
    }
}

fn key(at: &Match) -> ObjectKey {
    ObjectKey::new(Kind::Ingress, at.namespace.as_str(), at.name.as_str())
}

fn path_field(at: &Match, field: &str) -> String {
    match at.path {
        Some((rule, path)) => format!("spec.rules[{rule}].http.paths[{path}].{field}"),
        None => format!("spec.defaultBackend.{}", field.trim_start_matches("backend.")),
    }
}

/// The Ingress that a person probably meant when nothing matched, and why it does not answer where that can be said:
/// one whose path fits and leads to a resource; else one with this host that the controller does not own; else one with
/// this host.
fn not_found(
    ingresses: &[Arc<Ingress>],
    classes: &[&IngressClass],
    controller: &Controller,
    request: &HttpRequest,
) -> (Option<String>, DecidedBy) {
    let host = request.host_name();
    let rules = |ingress: &'_ Arc<Ingress>| {
        ingress
            .spec
            .iter()
            .flat_map(|spec| spec.rules.iter().flatten())
            .cloned()
            .enumerate()
            .collect::<Vec<_>>()
    };
    let covers = |pattern: Option<&str>| pattern.is_none_or(|pattern| host_matches(pattern, &host));
    let object = |ingress: &Ingress| {
        let namespace = ingress.metadata.namespace.as_deref().unwrap_or("");
        ObjectKey::new(Kind::Ingress, namespace, ingress.metadata.name.as_deref().unwrap_or(""))
    };
    for ingress in ingresses.iter().filter(|ingress| controller.owns(ingress, classes).is_owned()) {
        for (number, rule) in rules(ingress).iter().filter(|(_, rule)| covers(rule.host.as_deref())) {
            for (place, path) in rule.http.iter().flat_map(|http| &http.paths).enumerate() {
                let Some(resource) = &path.backend.resource else { continue };
                if path_has_prefix(request.path_only(), path.path.as_deref().unwrap_or("/")) {
                    let why = format!(
                        "the backend of its path is the {} {}, and the controller sends to Services alone",
                        resource.kind, resource.name
                    );
                    let field = format!("spec.rules[{number}].http.paths[{place}].backend.resource");
                    return (Some(why), Some((object(ingress), field)));
                }
            }
        }
    }
    let with_host = ingresses.iter().filter(|ingress| {
        rules(ingress)
            .iter()
            .any(|(_, rule)| rule.host.as_deref().is_some_and(|pattern| host_matches(pattern, &host)))
    });
    let Some(ingress) = with_host.min_by_key(|ingress| controller.owns(ingress, classes).is_owned()) else {
        return (None, None);
    };
    let field =
        if controller.owns(ingress, classes).is_owned() { "spec.rules" } else { "spec.ingressClassName" };
    (None, Some((object(ingress), field.to_owned())))
}
