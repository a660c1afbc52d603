//! What all HTTP proxies have in common: where TLS ends, the answers that they give themselves, and the connection that
//! they begin to an endpoint, past the Service's ClusterIP.

use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use super::client::Location;
use super::flow::Flow;
use super::{DecidedBy, Host, Scheme, Target, Tracer, pod};
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::join_host_port;
use crate::network::http::{self, HttpRequest};
use crate::network::{Action, Outcome, Place, Rule};

/// What a proxy answers, and the object and field that decided it.
pub(super) type Answer = (Outcome, DecidedBy);

/// What a proxy decided for a request.
pub(super) struct Route {
    /// The rule, as people read it: `shop/front: shop.example /cart`.
    pub rule: Option<String>,
    /// The object that holds the rule.
    pub object: Option<ObjectKey>,
}

/// Where a proxy sends a request.
pub(super) struct Upstream {
    /// The Service whose endpoints it takes.
    pub service: ObjectKey,
    /// How the decision names it: `shop/web:http`.
    pub label: String,
    /// The endpoints, by address or name, with the port.
    pub endpoints: Vec<(String, i32)>,
    /// How many endpoints it tries at most.
    pub tries: usize,
    /// The object and field that led here.
    pub decided_by: DecidedBy,
}

impl Tracer<'_> {
    /// Says where the TLS of a request ends, and with whose certificate: `secret`, or the proxy's own.
    pub(super) fn end_tls(&mut self, pod: &Pod, flow: &Flow, name: &str, secret: Option<(String, String)>) {
        let decision = match &secret {
            Some((namespace, secret)) => {
                format!("TLS for {name} ends here, with the certificate in Secret {namespace}/{secret}")
            }
            None => {
                format!(
                    "TLS for {name} ends here, with the controller's own certificate, which clients do not trust"
                )
            }
        };
        let hop = self.hop(Place::Pod(pod::key(pod)), Action::Forward, decision, flow);
        let key = |(namespace, name): (String, String)| {
            ObjectKey::new(Kind::from_api("v1", "Secret"), namespace, name)
        };
        hop.looked_up = secret.map(key).into_iter().collect();
    }

    /// The proxy answers by itself.
    pub(super) fn proxy_answers(
        &mut self,
        pod: &Pod,
        flow: &Flow,
        status: u16,
        why: &str,
        route: &Route,
        decided_by: DecidedBy,
    ) -> Answer {
        let outcome = Outcome::Status(status);
        // What no object asks for, the proxy's own settings decide.
        let decided_by = decided_by.or_else(|| Some((pod::key(pod), "spec.containers[].args".to_owned())));
        let why = why.trim_end_matches('.');
        let why = why.strip_prefix("No ").map_or_else(|| why.to_owned(), |rest| format!("no {rest}"));
        let decision = format!("answers {outcome}: {why}");
        let mut looked_up: Vec<ObjectKey> = route.object.iter().cloned().collect();
        looked_up.extend(decided_by.iter().map(|(key, _)| key.clone()));
        looked_up.dedup();
        let hop = self.hop(Place::Pod(pod::key(pod)), Action::Answer, decision, flow);
        hop.rule = route.rule.clone().map(Rule::Named);
        hop.looked_up = looked_up;
        (outcome, decided_by)
    }

    /// Tries the endpoints in turn, beginning with any of them: 502 when the last one refuses, 504 when it does not
    /// answer, 503 when its name has no address, else what the endpoint answers.
    pub(super) fn send_on(
        &mut self,
        pod: &Arc<Pod>,
        flow: &Flow,
        target: &Target,
        route: &Route,
        upstream: &Upstream,
    ) -> Answer {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
        let location = Location::Pod { pod: pod.clone(), node: self.node_view(node) };
        let (service, endpoints) = (&upstream.service, &upstream.endpoints);
        let count = endpoints.len();
        let first = usize::try_from(self.random.below(count as u64)).unwrap_or(0);
        let order = endpoints.iter().cycle().skip(first).take(count.min(upstream.tries));
        let mut last: Answer = (Outcome::Status(503), None);
        for (number, (host, port)) in order.enumerate() {
            let again = if number == 0 { "" } else { " again" };
            let decision =
                format!("{}{again}: {}, 1 of {count} ready", upstream.label, join_host_port(host, port));
            let mut looked_up: Vec<ObjectKey> = route.object.iter().cloned().collect();
            looked_up.extend(self.with_slices(service));
            let hop = self.hop(Place::Pod(pod::key(pod)), Action::Proxy, decision, flow);
            hop.rule = route.rule.clone().map(Rule::Named);
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
                    return (outcome, upstream.decided_by.clone());
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
        self.proxy_answers(pod, flow, status, why, route, decided_by)
    }
}

/// The request as a proxy reads it.
pub(super) fn http_request(target: &Target, method: &str) -> HttpRequest {
    let scheme = if target.scheme == Scheme::Https { http::Scheme::Https } else { http::Scheme::Http };
    let host = match &target.host {
        Host::Name(name) => name.clone(),
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        Host::Address(address) => address.to_string(),
    };
    let host = if target.port == scheme.port() { host } else { format!("{host}:{}", target.port) };
    let mut headers = target.headers.clone();
    let own = headers.iter().position(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = own.map_or(host, |at| headers.remove(at).1);
    HttpRequest { scheme, method: method.to_owned(), host, path: target.path.clone(), headers }
}
