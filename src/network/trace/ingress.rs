//! An Ingress controller: it accepts the connection, reads the HTTP request, and begins another to an endpoint.

use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::{Ingress, IngressClass};

use super::client::Location;
use super::flow::Flow;
use super::{DecidedBy, Host, Scheme, Target, Tracer, pod};
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::join_host_port;
use crate::network::http::{self, HttpRequest, host_matches};
use crate::network::ingress::{self, Backend, Controller, Dialect, Match, endpoints, service_port};
use crate::network::{Action, Outcome, Place};

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

/// What a controller answers, and the object and field that decided it.
type Answer = (Outcome, DecidedBy);

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
        let matched = decision.matched.as_ref();
        match &decision.action {
            ingress::Action::NotFound => {
                let decided_by = not_found(&ingresses, &classes, controller, &request.host_name());
                self.controller_answers(pod, flow, 404, &decision.reason, matched, decided_by)
            }
            ingress::Action::Redirect { status, .. } => {
                let decided_by = matched.map(|at| (key(at), "metadata.annotations".to_owned()));
                self.controller_answers(pod, flow, *status, &decision.reason, matched, decided_by)
            }
            ingress::Action::Forward { backend, .. } => {
                let upstreams = match self.upstreams(backend, matched) {
                    Ok(upstreams) => upstreams,
                    Err((why, decided_by)) => {
                        return self.controller_answers(pod, flow, 503, &why, matched, decided_by);
                    }
                };
                self.send_on(pod, flow, target, backend, matched, &upstreams)
            }
        }
    }

    /// Tries the endpoints in turn, beginning with any of them.
    fn send_on(
        &mut self,
        pod: &Arc<Pod>,
        flow: &Flow,
        target: &Target,
        backend: &Backend,
        matched: Option<&Match>,
        upstreams: &[(String, i32)],
    ) -> Answer {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
        let location = Location::Pod { pod: pod.clone(), node: self.node_view(node) };
        let service = ObjectKey::service(backend.namespace.as_str(), backend.service.as_str());
        let first = usize::try_from(self.random.below(upstreams.len() as u64)).unwrap_or(0);
        let order = upstreams.iter().cycle().skip(first).take(upstreams.len().min(MOST_TRIES));
        let mut last: Answer = (Outcome::Status(503), None);
        for (number, (host, port)) in order.enumerate() {
            let lead = if number == 0 { backend.to_string() } else { format!("{backend} again") };
            let count = upstreams.len();
            let decision = format!("{lead}: {}, 1 of {count} ready", join_host_port(host, port));
            let mut looked_up: Vec<ObjectKey> = matched.map(key).into_iter().collect();
            looked_up.extend(self.with_slices(&service));
            let rule = matched.and_then(|at| self.rule_text(at));
            let hop = self.hop(Place::Pod(pod::key(pod)), Action::Proxy, decision, flow);
            hop.rule = rule;
            hop.looked_up = looked_up;
            let attempt = match parse_ip_sloppy(host) {
                Some(address) => Ok(address),
                None => self.resolve(&location, host),
            };
            let port = u16::try_from(*port).unwrap_or(0);
            let attempt =
                attempt.and_then(|address| self.connect(&location, SocketAddr::new(address, port), "TCP"));
            match attempt {
                Ok((server, inner)) => {
                    let outcome = self.answer(&server, &inner, target);
                    self.reply(Place::Pod(pod::key(pod)), &inner);
                    let decided_by = matched.map(|at| (key(at), path_field(at, "backend.service")));
                    return (outcome, decided_by);
                }
                Err(failure) => {
                    let status = match failure.outcome {
                        Outcome::Refused(_) => 502,
                        Outcome::TimedOut(_) => 504,
                        _ => 503,
                    };
                    let decided_by = failure.decided_by.map(|(object, field)| {
                        // The Pod listens, but on other ports than the Service's targetPort says.
                        if field == pod::PORTS_FIELD {
                            (service.clone(), "spec.ports[].targetPort".to_owned())
                        } else {
                            (object, field)
                        }
                    });
                    last = (Outcome::Status(status), decided_by);
                }
            }
        }
        let (outcome, decided_by) = last;
        let Outcome::Status(status) = outcome else { return (outcome, decided_by) };
        let why = match status {
            502 => "the endpoint refused the connection",
            504 => "the endpoint did not answer",
            _ => "the endpoint's name has no address",
        };
        self.controller_answers(pod, flow, status, why, matched, decided_by)
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

    /// The controller answers by itself.
    fn controller_answers(
        &mut self,
        pod: &Pod,
        flow: &Flow,
        status: u16,
        why: &str,
        matched: Option<&Match>,
        decided_by: DecidedBy,
    ) -> Answer {
        let outcome = Outcome::Status(status);
        let why = why.trim_end_matches('.');
        let why = why.strip_prefix("No ").map_or_else(|| why.to_owned(), |rest| format!("no {rest}"));
        let decision = format!("answers {outcome}: {why}");
        let rule = matched.and_then(|at| self.rule_text(at));
        let mut looked_up: Vec<ObjectKey> = matched.map(key).into_iter().collect();
        looked_up.extend(decided_by.iter().map(|(key, _)| key.clone()));
        looked_up.dedup();
        let hop = self.hop(Place::Pod(pod::key(pod)), Action::Answer, decision, flow);
        hop.rule = rule;
        hop.looked_up = looked_up;
        (outcome, decided_by)
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

/// The Ingress that a person probably meant when nothing matched: one with this host that the controller does not own,
/// else one with this host.
fn not_found(
    ingresses: &[Arc<Ingress>],
    classes: &[&IngressClass],
    controller: &Controller,
    host: &str,
) -> DecidedBy {
    let with_host = ingresses.iter().filter(|ingress| {
        let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten());
        rules.filter_map(|rule| rule.host.as_deref()).any(|pattern| host_matches(pattern, host))
    });
    let ingress = with_host.min_by_key(|ingress| controller.owns(ingress, classes).is_owned())?;
    let field =
        if controller.owns(ingress, classes).is_owned() { "spec.rules" } else { "spec.ingressClassName" };
    let namespace = ingress.metadata.namespace.as_deref().unwrap_or("");
    let name = ingress.metadata.name.as_deref().unwrap_or("");
    Some((ObjectKey::new(Kind::Ingress, namespace, name), field.to_owned()))
}

fn http_request(target: &Target, method: &str) -> HttpRequest {
    let scheme = if target.scheme == Scheme::Https { http::Scheme::Https } else { http::Scheme::Http };
    let host = match &target.host {
        Host::Name(name) => name.clone(),
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        Host::Address(address) => address.to_string(),
    };
    let host = if target.port == scheme.port() { host } else { format!("{host}:{}", target.port) };
    HttpRequest { scheme, method: method.to_owned(), host, path: target.path.clone(), headers: Vec::new() }
}
