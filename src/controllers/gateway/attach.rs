//! Which listeners a route attaches to, and whether its references hold.

use k8s_openapi::api::core::v1::{Namespace, Service};

use crate::api::gateway::{
    GROUP, Gateway, HTTPBackendRef, HTTPRoute, Listener, ParentReference, ReferenceGrant,
};
use crate::api::labels::Selector;
use crate::store::Store;

/// The label that the API server puts on every Namespace.
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The namespace of a route.
pub fn namespace_of(route: &HTTPRoute) -> &str {
    route.metadata.namespace.as_deref().unwrap_or_default()
}

/// The parents of a route that are this Gateway.
pub fn parents<'a>(route: &'a HTTPRoute, gateway: &'a Gateway) -> impl Iterator<Item = &'a ParentReference> {
    route.spec.parent_refs.iter().filter(|parent| parent.is(gateway, namespace_of(route)))
}

/// Why no listener takes a route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    /// No listener has the name and the port.
    NoMatchingParent,
    /// Those that have do not allow the route's namespace or kind.
    NotAllowedByListeners,
    /// Those that allow it serve none of its hosts.
    NoMatchingListenerHostname,
}

impl Refusal {
    /// The reason, a word of the Gateway API.
    pub fn reason(self) -> &'static str {
        match self {
            Refusal::NoMatchingParent => "NoMatchingParent",
            Refusal::NotAllowedByListeners => "NotAllowedByListeners",
            Refusal::NoMatchingListenerHostname => "NoMatchingListenerHostname",
        }
    }

    /// What it means, as the controller words it.
    pub fn message(self) -> &'static str {
        match self {
            Refusal::NoMatchingParent => "The Listener is not found for this parent ref",
            Refusal::NotAllowedByListeners => "The Route is not allowed by any listener",
            Refusal::NoMatchingListenerHostname => "The Listener hostname does not match the Route hostnames",
        }
    }
}

/// The listeners that take a route for one of its parents, each with the hosts that it serves there; an empty host is
/// every host.
pub fn attached<'a>(
    store: &Store,
    route: &HTTPRoute,
    gateway: &'a Gateway,
    parent: &ParentReference,
) -> Result<Vec<(&'a Listener, Vec<String>)>, Refusal> {
    let is_meant = |listener: &&Listener| {
        parent.section_name.as_deref().is_none_or(|name| name == listener.name)
            && parent.port.is_none_or(|port| port == listener.port)
    };
    let meant: Vec<&Listener> = gateway.spec.listeners.iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(Refusal::NoMatchingParent);
    }
    let allows = |listener: &&Listener| allows(store, listener, route, gateway);
    let allowing: Vec<&Listener> = meant.into_iter().filter(allows).collect();
    if allowing.is_empty() {
        return Err(Refusal::NotAllowedByListeners);
    }
    let with_hosts = allowing.into_iter().map(|listener| (listener, common_hosts(listener, route)));
    let taking: Vec<_> = with_hosts.filter(|(_, hosts)| !hosts.is_empty()).collect();
    if taking.is_empty() { Err(Refusal::NoMatchingListenerHostname) } else { Ok(taking) }
}

fn allows(store: &Store, listener: &Listener, route: &HTTPRoute, gateway: &Gateway) -> bool {
    let allowed = listener.allowed_routes.as_ref();
    let kinds = allowed.map_or(&[][..], |allowed| &allowed.kinds);
    let kind = kinds.is_empty()
        || kinds.iter().any(|one| one.kind == "HTTPRoute" && one.group.as_deref().unwrap_or(GROUP) == GROUP);
    let namespaces = allowed.and_then(|allowed| allowed.namespaces.as_ref());
    let namespace = namespace_of(route);
    let from = match namespaces.and_then(|namespaces| namespaces.from.as_deref()) {
        Some("All") => true,
        Some("None") => false,
        Some("Selector") => {
            let found = store.find::<Namespace>("", namespace);
            let mut labels = found.and_then(|found| found.metadata.labels.clone()).unwrap_or_default();
            labels.insert(NAMESPACE_NAME_LABEL.to_owned(), namespace.to_owned());
            let selector = namespaces.and_then(|namespaces| namespaces.selector.as_ref());
            Selector::from_label_selector(selector).is_ok_and(|selector| selector.matches(&labels))
        }
        _ => gateway.metadata.namespace.as_deref() == Some(namespace),
    };
    kind && from && matches!(listener.protocol.as_str(), "HTTP" | "HTTPS")
}

/// The hosts that listener and route have in common.
fn common_hosts(listener: &Listener, route: &HTTPRoute) -> Vec<String> {
    let own = listener.hostname.as_deref().unwrap_or_default();
    let wanted = &route.spec.hostnames;
    if wanted.is_empty() {
        return vec![own.to_owned()];
    }
    let common = |host: &String| {
        if own.is_empty() || covers(own, host) {
            Some(host.clone())
        } else {
            covers(host, own).then(|| own.to_owned())
        }
    };
    wanted.iter().filter_map(common).collect()
}

/// Whether a host pattern has all hosts of another: it is the same, or `*.` with any number of labels before it.
pub fn covers(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    match pattern.strip_prefix('*') {
        Some(suffix) if suffix.starts_with('.') => {
            pattern == host
                || host.strip_suffix(suffix).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
        }
        _ => pattern == host,
    }
}

/// The Service that requests of a route go to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Backend {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The Service's port.
    pub port: i32,
}

/// Why a reference does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// A word of the Gateway API.
    pub reason: &'static str,
    /// What that means, as the controller words it.
    pub message: String,
    /// The field of the reference that is to blame.
    pub field: &'static str,
}

// Models nginx-gateway-fabric internal/controller/state/graph/backend_refs.go validateRouteBackendRef
/// The Service that a route refers to.
///
/// In this order: another kind than Service is `InvalidKind`; a Service of another namespace needs a ReferenceGrant
/// there, else `RefNotPermitted`; a Service or port that does not exist is `BackendNotFound`.
pub fn backend(store: &Store, route: &HTTPRoute, reference: &HTTPBackendRef) -> Result<Backend, Broken> {
    let namespace = reference.namespace.as_deref().unwrap_or(namespace_of(route));
    let name = reference.name.as_str();
    let kind = reference.kind.as_deref().unwrap_or("Service");
    if kind != "Service" || reference.group.as_deref().is_some_and(|group| !group.is_empty()) {
        let message = format!("Backend ref {name} is a {kind}, and only Services are supported");
        return Err(Broken { reason: "InvalidKind", message, field: "kind" });
    }
    if namespace != namespace_of(route)
        && !is_granted(store, ("HTTPRoute", namespace_of(route)), ("Service", namespace, name))
    {
        let message =
            format!("Backend ref to Service {namespace}/{name} not permitted by any ReferenceGrant");
        return Err(Broken { reason: "RefNotPermitted", message, field: "namespace" });
    }
    let missing = |field, message| Err(Broken { reason: "BackendNotFound", message, field });
    let Some(service) = store.find::<Service>(namespace, name) else {
        return missing("name", format!("Service {namespace}/{name} does not exist"));
    };
    let mut ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    match reference.port {
        Some(port) if ports.any(|known| known.port == port) => {
            Ok(Backend { namespace: namespace.to_owned(), service: name.to_owned(), port })
        }
        Some(port) => missing("port", format!("Service {namespace}/{name} has no port {port}")),
        None => missing("port", format!("the reference to Service {namespace}/{name} names no port")),
    }
}

/// Whether a ReferenceGrant lets objects of a kind and namespace refer to an object of the core group.
pub fn is_granted(
    store: &Store,
    (kind, from): (&str, &str),
    (to, namespace, name): (&str, &str, &str),
) -> bool {
    store.list_in::<ReferenceGrant>(namespace).any(|grant| {
        let from_fits = |one: &crate::api::gateway::ReferenceGrantFrom| {
            one.group == GROUP && one.kind == kind && one.namespace == from
        };
        let to_fits = |one: &crate::api::gateway::ReferenceGrantTo| {
            let named = one.name.as_deref().is_none_or(|granted| granted.is_empty() || granted == name);
            one.group.is_empty() && one.kind == to && named
        };
        grant.spec.from.iter().any(from_fits) && grant.spec.to.iter().any(to_fits)
    })
}
