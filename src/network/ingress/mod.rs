//! Which Ingress, rule and path a request takes, and to which Service it goes.
//!
//! [`route`] decides, either by the specification of `networking.k8s.io/v1` alone or as ingress-nginx does, whose
//! annotations and regular expressions differ from it. [`endpoints`] then says where the controller sends the
//! request: it goes to the endpoints itself, past kube-proxy.

mod annotations;
mod backend;
mod class;
mod nginx;
mod specification;
#[cfg(test)]
mod tests;

use std::fmt;

use k8s_openapi::api::networking::v1::{Ingress, IngressBackend, IngressClass};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::http::{self, HttpRequest};

pub use backend::{Backend, BackendPort, endpoints, service_port};
pub use class::{Controller, DEFAULT_CLASS_ANNOTATION, Ownership, default_class};

/// Which rules a controller follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// What the API reference says of Ingress, and nothing more.
    Specification,
    /// What ingress-nginx 1.15 does.
    IngressNginx,
}

/// What a controller does with a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What happens.
    pub action: Action,
    /// The place in an Ingress that decided; `None` when none did.
    pub matched: Option<Match>,
    /// For a request in TLS, namespace and name of the Secret that holds the certificate; `None` when the controller
    /// shows its own.
    pub tls_secret: Option<(String, String)>,
    /// Why, in whole sentences.
    pub reason: String,
}

impl Decision {
    /// The HTTP status as far as the controller decides it: 200 stands for "goes to the backend".
    pub fn status(&self) -> u16 {
        match &self.action {
            Action::Forward { .. } => 200,
            Action::Redirect { status, .. } => *status,
            Action::NotFound => 404,
        }
    }
}

/// What happens to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// It goes to a Service.
    Forward {
        /// The Service and its port.
        backend: Backend,
        /// The path, with the query, that the backend sees.
        path: String,
    },
    /// The client is sent elsewhere.
    Redirect {
        /// The HTTP status.
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// Nothing takes it: the controller's own default backend answers 404.
    NotFound,
}

/// A place in an Ingress.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Match {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The index in `spec.rules` and the index in its paths; `None` for `spec.defaultBackend` and for what holds for
    /// the whole Ingress.
    pub path: Option<(usize, usize)>,
}

impl Match {
    fn new(ingress: &Ingress, path: Option<(usize, usize)>) -> Match {
        Match { namespace: namespace(ingress).to_owned(), name: name(ingress).to_owned(), path }
    }
}

impl fmt::Display for Match {
    /// As people say it: `Ingress shop/front`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ingress {}/{}", self.namespace, self.name)
    }
}

/// What `controller` does with `request`, given all Ingresses and IngressClasses of the cluster. Ingresses that the
/// controller does not own count for nothing.
pub fn route<'a>(
    ingresses: impl IntoIterator<Item = &'a Ingress>,
    classes: &[&IngressClass],
    controller: &Controller,
    request: &HttpRequest,
) -> Decision {
    let mut owned: Vec<&Ingress> =
        ingresses.into_iter().filter(|ingress| controller.owns(ingress, classes).is_owned()).collect();
    match controller.dialect {
        Dialect::Specification => {
            owned.sort_by_key(|ingress| (creation(ingress), namespace(ingress), name(ingress)));
            specification::route(&owned, request)
        }
        Dialect::IngressNginx => nginx::route(owned, request),
    }
}

/// The oldest Ingress comes first. One without a time counts as older than all others.
fn creation(ingress: &Ingress) -> Option<&Time> {
    ingress.metadata.creation_timestamp.as_ref()
}

fn namespace(ingress: &Ingress) -> &str {
    ingress.metadata.namespace.as_deref().unwrap_or_default()
}

fn name(ingress: &Ingress) -> &str {
    ingress.metadata.name.as_deref().unwrap_or_default()
}

/// One path of a rule, with its place.
struct Path<'a> {
    ingress: &'a Ingress,
    at: (usize, usize),
    host: &'a str,
    path: &'a str,
    path_type: &'a str,
    backend: &'a IngressBackend,
}

/// Every path of an Ingress, in order. An absent path is `/`.
fn paths(ingress: &Ingress) -> impl Iterator<Item = Path<'_>> {
    let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten()).enumerate();
    rules.flat_map(move |(rule_index, rule)| {
        let paths = rule.http.iter().flat_map(|http| http.paths.iter()).enumerate();
        paths.map(move |(path_index, path)| Path {
            ingress,
            at: (rule_index, path_index),
            host: rule.host.as_deref().unwrap_or_default(),
            path: path.path.as_deref().filter(|path| !path.is_empty()).unwrap_or("/"),
            path_type: &path.path_type,
            backend: &path.backend,
        })
    })
}

/// The hosts of an Ingress' rules, in order; an empty one stands for every host.
fn rule_hosts(ingress: &Ingress) -> impl Iterator<Item = &str> {
    let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten());
    rules.map(|rule| rule.host.as_deref().unwrap_or_default())
}
