//! Which HTTPRoute and rule of the Gateway API a request takes, what is done to it, and to which Service it goes.

mod attach;
mod filters;
mod matching;
#[cfg(test)]
mod tests;
pub mod types;

use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::api::core::v1::{Namespace, Service};

use super::http::{HttpRequest, Scheme};
use crate::api::{Kind, Live};
use crate::store::Store;
use filters::Context;
use matching::{Precedence, host_rank, precedence};
use types::{GATEWAY_GROUP, Gateway, HeaderFilter, HttpRoute, ReferenceGrant, RouteMatch, Rule};

pub use attach::{Condition, conditions};
pub use filters::modify_headers;

/// What the decision reads of the cluster.
pub trait GatewayView {
    /// The labels of a Namespace; `None` when it has none or does not exist.
    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>>;
    /// The Service of this name.
    fn service(&self, namespace: &str, name: &str) -> Option<&Service>;
    /// The ReferenceGrants of a namespace.
    fn reference_grants(&self, namespace: &str) -> Vec<ReferenceGrant>;
}

impl GatewayView for Store {
    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>> {
        self.find::<Namespace>("", namespace)?.metadata.labels.as_ref()
    }

    fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.find::<Service>(namespace, name).map(|service| &**service)
    }

    // Only references into another namespace ask for these.
    fn reference_grants(&self, namespace: &str) -> Vec<ReferenceGrant> {
        let versions = ["v1", "v1beta1"].into_iter();
        let kinds =
            versions.map(|version| Kind::from_api(&format!("{GATEWAY_GROUP}/{version}"), "ReferenceGrant"));
        kinds
            .flat_map(|kind| self.objects_of(kind))
            .filter(|object| &*object.key.namespace == namespace)
            .filter_map(|object| match &object.live {
                Live::Other(value) => ReferenceGrant::from_value(value),
                _ => None,
            })
            .collect()
    }
}

/// The Service that a request goes to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Backend {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The Service's port.
    pub port: i32,
}

/// Where a client is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// The scheme.
    pub scheme: String,
    /// The host.
    pub host: String,
    /// The port; `None` when it is the scheme's own.
    pub port: Option<u16>,
    /// The path, with the query.
    pub path: String,
}

impl fmt::Display for Location {
    /// The `Location` header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

/// What happens to a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// It goes to a Service.
    Forward {
        /// The Service.
        backend: Backend,
        /// The request as the backend sees it.
        request: HttpRequest,
        /// What is done to the headers of the response, in turn: see [`modify_headers`].
        response: Vec<HeaderFilter>,
    },
    /// The client is sent elsewhere.
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Where to.
        location: Location,
    },
    /// The Gateway answers itself.
    Answer {
        /// 404 when no rule matches, 500 when the rule has no backend that holds.
        status: u16,
        /// Why, in one sentence.
        reason: String,
    },
}

/// One of the things that may happen to a request, with its share.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// The share among the weights of all choices.
    pub weight: u32,
    /// What happens.
    pub action: Action,
}

/// A place in an HTTPRoute.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Match {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The index in `spec.rules`.
    pub rule: usize,
    /// The index in the rule's `matches`; 0 for a rule without any.
    pub index: usize,
}

/// What a Gateway does with a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// What may happen; never empty, and only one when the rule does not share requests out. A weight of 0 never
    /// happens, unless it is the only choice.
    pub choices: Vec<Choice>,
    /// The place in an HTTPRoute that decided; `None` when none did.
    pub matched: Option<Match>,
    /// The name of the listener that took the request; `None` when no rule matched.
    pub listener: Option<String>,
    /// Why, in a whole sentence.
    pub reason: String,
}

impl Decision {
    /// The sum of all weights.
    pub fn total_weight(&self) -> u64 {
        self.choices.iter().map(|choice| u64::from(choice.weight)).sum()
    }

    /// The choice for a number from 0 up to, but not including, the sum of all weights; with a greater number, or
    /// when all weights are 0, the last.
    pub fn pick(&self, mut number: u64) -> Option<&Action> {
        for choice in &self.choices {
            let weight = u64::from(choice.weight);
            if number < weight {
                return Some(&choice.action);
            }
            number -= weight;
        }
        self.choices.last().map(|choice| &choice.action)
    }
}

/// One match of a rule that fits a request.
struct Candidate<'a> {
    precedence: Precedence<'a>,
    route: &'a HttpRoute,
    rule: &'a Rule,
    one: RouteMatch,
    at: (usize, usize),
    listener: &'a str,
}

/// What `gateway` does with a request that arrives at `port`, given all HTTPRoutes of the cluster.
///
/// Only the listeners of the port and of the request's scheme count, and of each route only the hosts that it shares
/// with the listener. Of all matches that fit, the most specific wins: see [`Precedence`]. Its rule's filters act, then
/// those of the backend; a redirect ends it. A rule without backends, and a backend that does not hold, answer 500;
/// without a match the answer is 404.
pub fn route<V: GatewayView>(
    view: &V,
    gateway: &Gateway,
    routes: &[HttpRoute],
    port: u16,
    request: &HttpRequest,
) -> Decision {
    let host = request.host_name();
    let protocol = match request.scheme {
        Scheme::Http => "HTTP",
        Scheme::Https => "HTTPS",
    };
    let mut best: Option<Candidate<'_>> = None;
    for route in routes {
        let attached = attach::parents(route, gateway)
            .into_iter()
            .filter_map(|parent| attach::attached(view, route, gateway, parent).ok())
            .flatten();
        for (listener, hosts) in attached {
            if listener.port != port || listener.protocol != protocol {
                continue;
            }
            let Some(host_rank) = host_rank(&hosts, &host) else { continue };
            for (rule_index, rule) in route.spec.rules.iter().enumerate() {
                let everything = [RouteMatch::default()];
                let matches = if rule.matches.is_empty() { &everything[..] } else { &rule.matches[..] };
                for (index, one) in matches.iter().enumerate() {
                    let at = (rule_index, index);
                    let Some(precedence) = precedence(route, at, one, host_rank, request) else { continue };
                    if best.as_ref().is_none_or(|known| precedence > known.precedence) {
                        let listener = &listener.name;
                        best = Some(Candidate { precedence, route, rule, one: one.clone(), at, listener });
                    }
                }
            }
        }
    }
    match best {
        Some(found) => decided(view, &found, port, request),
        None => {
            let reason = format!("No rule of a route that is attached to port {port} matches the request.");
            let action = Action::Answer { status: 404, reason: reason.clone() };
            let choices = vec![Choice { weight: 1, action }];
            Decision { choices, matched: None, listener: None, reason }
        }
    }
}

fn decided<V: GatewayView>(view: &V, found: &Candidate<'_>, port: u16, request: &HttpRequest) -> Decision {
    let context = Context { path: found.one.path.as_ref(), port };
    let (rule, index) = found.at;
    let metadata = &found.route.metadata;
    let mut decision = Decision {
        choices: Vec::new(),
        matched: Some(Match {
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
            rule,
            index,
        }),
        listener: Some(found.listener.to_owned()),
        reason: format!(
            "HTTPRoute {}/{} matches best with spec.rules[{rule}], at the listener {}.",
            metadata.namespace, metadata.name, found.listener
        ),
    };
    let mut request = request.clone();
    let mut response = Vec::new();
    if let Some(action) = filters::apply(&found.rule.filters, &mut request, &mut response, &context) {
        decision.choices.push(Choice { weight: 1, action });
        return decision;
    }
    for reference in &found.rule.backend_refs {
        let action = match attach::backend(view, found.route, reference) {
            Err(broken) => Action::Answer { status: 500, reason: broken.message },
            Ok(backend) => {
                let (mut request, mut response) = (request.clone(), response.clone());
                let redirect = filters::apply(&reference.filters, &mut request, &mut response, &context);
                redirect.unwrap_or(Action::Forward { backend, request, response })
            }
        };
        decision.choices.push(Choice { weight: reference.weight.unwrap_or(1), action });
    }
    if decision.total_weight() == 0 {
        let reason = "The rule has no backend that requests could go to.".to_owned();
        decision.choices = vec![Choice { weight: 1, action: Action::Answer { status: 500, reason } }];
    }
    decision
}
