//! Which HTTPRoute and rule of the Gateway API a request takes, what is done to it, and to which Service it goes.

mod filters;
mod matching;
#[cfg(test)]
mod tests;

use std::fmt;

use super::http::{HttpRequest, Scheme};
use crate::api::gateway::{Gateway, HTTPHeaderFilter, HTTPRoute, HTTPRouteMatch, HTTPRouteRule};
use crate::controllers::gateway::{self, Backend};
use crate::store::Store;
use filters::Context;
use matching::{Precedence, host_rank, precedence};

pub use filters::modify_headers;

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
        response: Vec<HTTPHeaderFilter>,
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
        /// Why, as the end of a sentence.
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
    /// The field of the HTTPRoute that says so; empty when no route matched.
    pub field: String,
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
}

impl Decision {
    /// The sum of all weights.
    pub fn total_weight(&self) -> u64 {
        self.choices.iter().map(|choice| u64::from(choice.weight)).sum()
    }

    /// The choice for a number from 0 up to, but not including, the sum of all weights; with a greater number, or
    /// when all weights are 0, the last.
    pub fn pick(&self, mut number: u64) -> Option<&Choice> {
        for choice in &self.choices {
            let weight = u64::from(choice.weight);
            if number < weight {
                return Some(choice);
            }
            number -= weight;
        }
        self.choices.last()
    }
}

/// One match of a rule that fits a request.
struct Candidate<'a> {
    precedence: Precedence<'a>,
    route: &'a HTTPRoute,
    rule: &'a HTTPRouteRule,
    one: HTTPRouteMatch,
    at: (usize, usize),
    listener: &'a str,
}

/// What `gateway` does with a request that arrives at `port`.
///
/// Only the listeners of the port and of the request's scheme count, and of each route only the hosts that it shares
/// with the listener. Of all matches that fit, the most specific wins: see [`Precedence`]. Its rule's filters act, then
/// those of the backend; a redirect ends it. A rule without backends, and a backend that does not hold, answer 500;
/// without a match the answer is 404.
pub fn route(store: &Store, gateway: &Gateway, port: u16, request: &HttpRequest) -> Decision {
    let host = request.host_name();
    let protocol = match request.scheme {
        Scheme::Http => "HTTP",
        Scheme::Https => "HTTPS",
    };
    let mut best: Option<Candidate<'_>> = None;
    for route in store.list::<HTTPRoute>() {
        let attached = gateway::parents(route, gateway)
            .filter_map(|parent| gateway::attached(store, route, gateway, parent).ok())
            .flatten();
        for (listener, hosts) in attached {
            if listener.port != i32::from(port) || listener.protocol != protocol {
                continue;
            }
            let Some(host_rank) = host_rank(&hosts, &host) else { continue };
            for (rule_index, rule) in route.spec.rules.iter().flatten().enumerate() {
                let everything = [HTTPRouteMatch::default()];
                let matches = rule.matches.as_deref().filter(|matches| !matches.is_empty());
                for (index, one) in matches.unwrap_or(&everything).iter().enumerate() {
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
        Some(found) => decided(store, &found, port, request),
        None => {
            let reason = "no rule of an attached HTTPRoute matches".to_owned();
            let action = Action::Answer { status: 404, reason };
            let choices = vec![Choice { weight: 1, action, field: String::new() }];
            Decision { choices, matched: None, listener: None }
        }
    }
}

fn decided(store: &Store, found: &Candidate<'_>, port: u16, request: &HttpRequest) -> Decision {
    let context = Context { path: found.one.path.as_ref(), port };
    let (rule, index) = found.at;
    let metadata = &found.route.metadata;
    let mut decision = Decision {
        choices: Vec::new(),
        matched: Some(Match {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            rule,
            index,
        }),
        listener: Some(found.listener.to_owned()),
    };
    let mut request = request.clone();
    let mut response = Vec::new();
    if let Some(action) = filters::apply(&found.rule.filters, &mut request, &mut response, &context) {
        decision.choices.push(Choice { weight: 1, action, field: format!("spec.rules[{rule}].filters") });
        return decision;
    }
    for (number, reference) in found.rule.backend_refs.iter().enumerate() {
        let mut field = format!("spec.rules[{rule}].backendRefs[{number}]");
        let action = match gateway::backend(store, found.route, reference) {
            Err(broken) => {
                field = format!("{field}.{}", broken.field);
                Action::Answer { status: 500, reason: broken.message }
            }
            Ok(backend) => {
                let (mut request, mut response) = (request.clone(), response.clone());
                let redirect = filters::apply(&reference.filters, &mut request, &mut response, &context);
                redirect.unwrap_or(Action::Forward { backend, request, response })
            }
        };
        let weight = reference.weight.and_then(|weight| u32::try_from(weight).ok()).unwrap_or(1);
        decision.choices.push(Choice { weight, action, field });
    }
    if decision.total_weight() == 0 {
        let reason = "the rule has no backend that requests could go to".to_owned();
        let action = Action::Answer { status: 500, reason };
        let field = format!("spec.rules[{rule}].backendRefs");
        decision.choices = vec![Choice { weight: 1, action, field }];
    }
    decision
}
