//! The data plane of a Gateway: it accepts the connection at a listener, reads the HTTP request, and begins another to an
//! endpoint of the Service that an HTTPRoute names.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};

use super::flow::Flow;
use super::proxy::{Answer, Route, Upstream, http_request};
use super::{DecidedBy, Scheme, Target, Tracer, pod};
use crate::api::gateway::{Gateway, HTTPRoute, Listener};
use crate::api::{Kind, ObjectKey};
use crate::controllers::gateway::{self, Backend};
use crate::network::http::HttpRequest;
use crate::network::http_route::{self, Choice, Match};
use crate::network::ingress::endpoints;
use crate::network::{Action, Outcome, Place};

impl Tracer<'_> {
    /// The Gateway whose traffic a Pod carries; `None` for an ordinary Pod.
    pub(super) fn gateway_at(&self, pod: &Pod) -> Option<Arc<Gateway>> {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("");
        self.store.find::<Gateway>(namespace, gateway::gateway_of(pod)?).cloned()
    }

    /// What the Gateway in `pod` does with a request that came over `flow`: it answers 404 without a rule, 500 without a
    /// backend that holds, 503 without an endpoint, 502 when the endpoint refuses, 504 when it does not answer, else what
    /// the endpoint answers.
    pub(super) fn through_gateway(
        &mut self,
        pod: &Arc<Pod>,
        gateway: &Gateway,
        flow: &Flow,
        target: &Target,
        method: &str,
    ) -> Answer {
        let request = http_request(target, method);
        let port = flow.destination.port();
        let object = gateway_key(gateway);
        // Listeners with a fault take no connection.
        let mut working = gateway.clone();
        let store = self.store;
        working
            .spec
            .listeners
            .retain(|listener| gateway::listener::fault(store, gateway, listener).is_none());
        let at_port = |listener: &&Listener| listener.port == i32::from(port);
        let mut route = Route { rule: None, object: Some(object.clone()) };
        let speaks_tls =
            working.spec.listeners.iter().find(at_port).map(|listener| listener.protocol == "HTTPS");
        if speaks_tls.is_some_and(|tls| tls != (target.scheme == Scheme::Https)) {
            let why = match speaks_tls {
                Some(true) => "a plain HTTP request was sent to a listener that speaks TLS",
                _ => "TLS was sent to a listener that speaks plain HTTP",
            };
            let at = gateway.spec.listeners.iter().position(|listener| listener.port == i32::from(port));
            let decided_by = at.map(|at| (object, format!("spec.listeners[{at}].protocol")));
            return self.proxy_answers(pod, flow, 400, why, &route, decided_by);
        }
        if target.scheme == Scheme::Https {
            let name = request.host_name();
            match certificate(&working, port, &name) {
                Some(secret) => self.end_tls(pod, flow, &name, Some(secret)),
                None => {
                    let why = format!("no listener on port {port} serves {name}, so the TLS handshake fails");
                    self.hop(Place::Pod(pod::key(pod)), Action::Reject, why.clone(), flow).looked_up =
                        vec![object.clone()];
                    return (Outcome::Refused(why), Some((object, "spec.listeners[].hostname".to_owned())));
                }
            }
        }
        let decision = http_route::route(self.store, &working, port, &request);
        let number = self.random.below(decision.total_weight().max(1));
        let total = decision.total_weight();
        let Some(choice) = decision.pick(number) else {
            return self.proxy_answers(pod, flow, 404, "no rule matches", &route, None);
        };
        let by_route = decision.matched.as_ref().map(|at| (route_key(at), choice.field.clone()));
        if let Some(at) = &decision.matched {
            route.object = Some(route_key(at));
            route.rule = Some(self.route_rule_text(at, decision.listener.as_deref()));
        }
        match &choice.action {
            http_route::Action::Answer { status: 404, reason } => {
                let (why, decided_by) = self.no_route(gateway, &request);
                let why = why.unwrap_or_else(|| reason.clone());
                self.proxy_answers(pod, flow, 404, &why, &route, decided_by)
            }
            http_route::Action::Answer { status, reason } => {
                self.proxy_answers(pod, flow, *status, reason, &route, by_route)
            }
            http_route::Action::Redirect { status, location } => {
                let why = format!("Location: {location}");
                self.proxy_answers(pod, flow, *status, &why, &route, by_route)
            }
            http_route::Action::Forward { backend, request: changed, .. } => {
                let endpoints = match self.gateway_upstreams(backend) {
                    Ok(endpoints) => endpoints,
                    Err((why, decided_by)) => {
                        return self.proxy_answers(pod, flow, 503, &why, &route, decided_by);
                    }
                };
                let upstream = Upstream {
                    service: ObjectKey::service(backend.namespace.as_str(), backend.service.as_str()),
                    label: label(backend, choice, total, &request, changed),
                    tries: endpoints.len(),
                    endpoints,
                    decided_by: by_route,
                };
                let mut onward = target.clone();
                onward.path.clone_from(&changed.path);
                self.send_on(pod, flow, &onward, &route, &upstream)
            }
        }
    }

    /// The ready endpoints of a Service, past its ClusterIP; or why there are none, and the object and field that say so.
    fn gateway_upstreams(&self, backend: &Backend) -> Result<Vec<(String, i32)>, (String, DecidedBy)> {
        let service = self.store.find::<Service>(&backend.namespace, &backend.service);
        let ports = service.and_then(|service| service.spec.as_ref()).and_then(|spec| spec.ports.as_deref());
        let port = ports.unwrap_or_default().iter().find(|port| port.port == backend.port);
        let slices = self.store.slices_of(&backend.namespace, &backend.service);
        let found = match (service, port) {
            (Some(service), Some(port)) => endpoints(service, port, slices.map(|slice| &**slice)),
            _ => Vec::new(),
        };
        if found.is_empty() {
            let key = ObjectKey::service(backend.namespace.as_str(), backend.service.as_str());
            let why = format!("Service {}/{} has no endpoints", backend.namespace, backend.service);
            return Err((why, Some((key, "spec.selector".to_owned()))));
        }
        Ok(found)
    }

    /// A rule as people read it: `shop/front: rule 1, shop.example /cart at listener http`.
    fn route_rule_text(&self, at: &Match, listener: Option<&str>) -> String {
        let name = format!("{}/{}", at.namespace, at.name);
        let Some(route) = self.store.find::<HTTPRoute>(&at.namespace, &at.name) else { return name };
        let host = route.spec.hostnames.first().map_or("*", String::as_str);
        let rule = route.spec.rules.iter().flatten().nth(at.rule);
        let one = rule.and_then(|rule| rule.matches.as_ref()?.get(at.index));
        let path = one.and_then(|one| one.path.as_ref()?.value.as_deref()).unwrap_or("/");
        let at = listener.map(|listener| format!(" at listener {listener}")).unwrap_or_default();
        format!("{name}: {host} {path}{at}")
    }

    /// Why no rule takes a request, and the object and field to look at: a route for the host that is attached and whose
    /// rules do not match; else one that wants to attach and is not let; else the Gateway, which no route wants.
    fn no_route(&self, gateway: &Gateway, request: &HttpRequest) -> (Option<String>, DecidedBy) {
        let host = request.host_name();
        let mut refused: (Option<String>, DecidedBy) = (None, None);
        let mut has_routes = false;
        for route in self.store.list::<HTTPRoute>() {
            let hosts = &route.spec.hostnames;
            let serves = hosts.is_empty() || hosts.iter().any(|pattern| gateway::covers(pattern, &host));
            let (namespace, name) =
                (gateway::namespace_of(route), route.metadata.name.as_deref().unwrap_or(""));
            let key = ObjectKey::new(Kind::HTTPRoute, namespace, name);
            for parent in gateway::parents(route, gateway) {
                has_routes = true;
                match gateway::attached(self.store, route, gateway, parent) {
                    Ok(_) if serves => {
                        let why = format!("no rule of HTTPRoute {namespace}/{name} matches");
                        return (Some(why), Some((key, "spec.rules".to_owned())));
                    }
                    Err(refusal) if serves => {
                        let why = format!(
                            "HTTPRoute {namespace}/{name} is not attached ({}: {})",
                            refusal.reason(),
                            refusal.message()
                        );
                        refused = (Some(why), Some((key.clone(), "spec.parentRefs".to_owned())));
                    }
                    _ => {}
                }
            }
        }
        if refused.1.is_some() {
            return refused;
        }
        let why = if has_routes {
            format!("no HTTPRoute of the Gateway serves {host}")
        } else {
            "no HTTPRoute names the Gateway as its parent".to_owned()
        };
        (Some(why), Some((gateway_key(gateway), "spec.listeners".to_owned())))
    }
}

/// What the decision says of the backend: its share where there are several, and what filters changed.
fn label(
    backend: &Backend,
    choice: &Choice,
    total: u64,
    sent: &HttpRequest,
    changed: &HttpRequest,
) -> String {
    let mut label = format!("{}/{}:{}", backend.namespace, backend.service, backend.port);
    if total > u64::from(choice.weight) {
        label = format!("{label} by weight {} of {total}", choice.weight);
    }
    if sent.path != changed.path {
        label = format!("{label}, path {}", changed.path);
    }
    if sent.host != changed.host {
        label = format!("{label}, host {}", changed.host);
    }
    if sent.headers != changed.headers {
        let headers: Vec<String> =
            changed.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        label = format!("{label}, headers {}", headers.join(", "));
    }
    label
}

/// Namespace and name of the Secret with whose certificate a listener answers for a name: the listener whose hostname fits
/// most closely. `None` when no listener serves the name.
fn certificate(gateway: &Gateway, port: u16, name: &str) -> Option<(String, String)> {
    let listeners = gateway.spec.listeners.iter().filter(|listener| listener.port == i32::from(port));
    let fitting = listeners.filter_map(|listener| {
        let hostname = listener.hostname.as_deref().unwrap_or_default();
        let fits = hostname.is_empty() || gateway::covers(hostname, name);
        fits.then_some(((!hostname.starts_with('*'), hostname.len()), listener))
    });
    let (_, listener) = fitting.max_by_key(|(closeness, _)| *closeness)?;
    let reference = listener.tls.as_ref()?.certificate_refs.first()?;
    let own = gateway.metadata.namespace.as_deref().unwrap_or_default();
    Some((reference.namespace.clone().unwrap_or_else(|| own.to_owned()), reference.name.clone()))
}

fn gateway_key(gateway: &Gateway) -> ObjectKey {
    let metadata = &gateway.metadata;
    ObjectKey::new(
        Kind::Gateway,
        metadata.namespace.as_deref().unwrap_or(""),
        metadata.name.as_deref().unwrap_or(""),
    )
}

fn route_key(at: &Match) -> ObjectKey {
    ObjectKey::new(Kind::HTTPRoute, at.namespace.as_str(), at.name.as_str())
}
