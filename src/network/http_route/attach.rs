//! Which listeners a route attaches to, whether its references hold, and what its status says of both.

use super::types::{BackendRef, GATEWAY_GROUP, Gateway, HttpRoute, Listener, ParentRef};
use super::{Backend, GatewayView};
use crate::api::labels::Selector;
use crate::network::network_policy::NAMESPACE_NAME_LABEL;

/// A condition in the status of a route.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// `Accepted` or `ResolvedRefs`.
    pub condition_type: &'static str,
    /// Whether the status is `True`.
    pub status: bool,
    /// The reason, a word of the Gateway API.
    pub reason: &'static str,
    /// What that means, in one sentence.
    pub message: String,
}

/// The conditions of a route for one Gateway: `Accepted`, then `ResolvedRefs`. `None` when no parent of the route is
/// this Gateway. With several, the route is accepted when one is.
pub fn conditions<V: GatewayView>(view: &V, route: &HttpRoute, gateway: &Gateway) -> Option<[Condition; 2]> {
    let parents = parents(route, gateway);
    let refused = parents.iter().map(|parent| attached(view, route, gateway, parent).err());
    let refused = refused.min_by_key(Option::is_some)?;
    let condition = |condition_type, reason: &'static str, good: &str, message: String| Condition {
        condition_type,
        status: reason == good,
        reason,
        message,
    };
    let accepted = match refused {
        None => condition("Accepted", "Accepted", "Accepted", "A listener takes the route.".to_owned()),
        Some(refusal) => condition("Accepted", refusal.reason(), "Accepted", refusal.message().to_owned()),
    };
    let references = route.spec.rules.iter().flat_map(|rule| &rule.backend_refs);
    let broken = references.filter_map(|reference| backend(view, route, reference).err()).next();
    let resolved = match broken {
        None => condition("ResolvedRefs", "ResolvedRefs", "ResolvedRefs", "All references hold.".to_owned()),
        Some(broken) => condition("ResolvedRefs", broken.reason, "ResolvedRefs", broken.message),
    };
    Some([accepted, resolved])
}

/// The parents of a route that are this Gateway.
pub fn parents<'a>(route: &'a HttpRoute, gateway: &Gateway) -> Vec<&'a ParentRef> {
    let is_this = |parent: &&ParentRef| {
        parent.group.as_deref().unwrap_or(GATEWAY_GROUP) == GATEWAY_GROUP
            && parent.kind.as_deref().unwrap_or("Gateway") == "Gateway"
            && parent.namespace.as_deref().unwrap_or(&route.metadata.namespace) == gateway.metadata.namespace
            && parent.name == gateway.metadata.name
    };
    route.spec.parent_refs.iter().filter(is_this).collect()
}

/// Why no listener takes a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No listener has the name and the port.
    NoMatchingParent,
    /// Those that have do not allow the route's namespace or kind.
    NotAllowedByListeners,
    /// Those that allow it serve none of its hosts.
    NoMatchingListenerHostname,
}

impl Refusal {
    fn reason(self) -> &'static str {
        match self {
            Refusal::NoMatchingParent => "NoMatchingParent",
            Refusal::NotAllowedByListeners => "NotAllowedByListeners",
            Refusal::NoMatchingListenerHostname => "NoMatchingListenerHostname",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Refusal::NoMatchingParent => "The Gateway has no listener of this name and port.",
            Refusal::NotAllowedByListeners => {
                "No listener allows routes from this namespace or of this kind."
            }
            Refusal::NoMatchingListenerHostname => "No listener serves any of the route's hosts.",
        }
    }
}

/// The listeners that take a route for one of its parents, each with the hosts that it serves there; an empty host is
/// every host.
pub fn attached<'a, V: GatewayView>(
    view: &V,
    route: &HttpRoute,
    gateway: &'a Gateway,
    parent: &ParentRef,
) -> Result<Vec<(&'a Listener, Vec<String>)>, Refusal> {
    let meant = |listener: &&Listener| {
        parent.section_name.as_deref().is_none_or(|name| name == listener.name)
            && parent.port.is_none_or(|port| port == listener.port)
    };
    let meant: Vec<&Listener> = gateway.spec.listeners.iter().filter(meant).collect();
    if meant.is_empty() {
        return Err(Refusal::NoMatchingParent);
    }
    let allows = |listener: &&Listener| allows(view, listener, route, gateway);
    let allowing: Vec<&Listener> = meant.into_iter().filter(allows).collect();
    if allowing.is_empty() {
        return Err(Refusal::NotAllowedByListeners);
    }
    let with_hosts = allowing.into_iter().map(|listener| (listener, common_hosts(listener, route)));
    let taking: Vec<_> = with_hosts.filter(|(_, hosts)| !hosts.is_empty()).collect();
    if taking.is_empty() { Err(Refusal::NoMatchingListenerHostname) } else { Ok(taking) }
}

fn allows<V: GatewayView>(view: &V, listener: &Listener, route: &HttpRoute, gateway: &Gateway) -> bool {
    let kinds = &listener.allowed_routes.kinds;
    let kind = kinds.is_empty()
        || kinds.iter().any(|one| {
            one.kind == "HTTPRoute" && one.group.as_deref().unwrap_or(GATEWAY_GROUP) == GATEWAY_GROUP
        });
    let namespaces = &listener.allowed_routes.namespaces;
    let from = match namespaces.from.as_deref() {
        Some("All") => true,
        Some("None") => false,
        Some("Selector") => {
            let mut labels = view.namespace_labels(&route.metadata.namespace).cloned().unwrap_or_default();
            labels.insert(NAMESPACE_NAME_LABEL.to_owned(), route.metadata.namespace.clone());
            Selector::from_label_selector(namespaces.selector.as_ref())
                .is_ok_and(|selector| selector.matches(&labels))
        }
        _ => route.metadata.namespace == gateway.metadata.namespace,
    };
    kind && from && matches!(listener.protocol.as_str(), "HTTP" | "HTTPS")
}

/// The hosts that listener and route have in common.
fn common_hosts(listener: &Listener, route: &HttpRoute) -> Vec<String> {
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

/// Why a reference to a backend does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// A word of the Gateway API.
    pub reason: &'static str,
    /// What that means, in one sentence.
    pub message: String,
}

/// The Service that a route refers to.
///
/// In this order: another kind than Service is `InvalidKind`; a Service of another namespace needs a ReferenceGrant
/// there, else `RefNotPermitted`; a Service or port that does not exist is `BackendNotFound`.
pub fn backend<V: GatewayView>(
    view: &V,
    route: &HttpRoute,
    reference: &BackendRef,
) -> Result<Backend, Broken> {
    let namespace = reference.namespace.as_deref().unwrap_or(&route.metadata.namespace);
    let name = reference.name.as_str();
    let kind = reference.kind.as_deref().unwrap_or("Service");
    if kind != "Service" || reference.group.as_deref().is_some_and(|group| !group.is_empty()) {
        let message = format!("The backend {name} is a {kind}, and only Services can be backends.");
        return Err(Broken { reason: "InvalidKind", message });
    }
    let granted = || {
        view.reference_grants(namespace).iter().any(|grant| {
            let from = grant.spec.from.iter().any(|from| {
                from.group == GATEWAY_GROUP
                    && from.kind == "HTTPRoute"
                    && from.namespace == route.metadata.namespace
            });
            let to = grant.spec.to.iter().any(|to| {
                to.group.is_empty()
                    && to.kind == "Service"
                    && to.name.as_deref().is_none_or(|granted| granted.is_empty() || granted == name)
            });
            from && to
        })
    };
    if namespace != route.metadata.namespace && !granted() {
        let message = format!("No ReferenceGrant in {namespace} lets the route refer to the Service {name}.");
        return Err(Broken { reason: "RefNotPermitted", message });
    }
    let missing = |message| Err(Broken { reason: "BackendNotFound", message });
    let Some(service) = view.service(namespace, name) else {
        return missing(format!("The Service {namespace}/{name} does not exist."));
    };
    let mut ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    match reference.port {
        Some(port) if ports.any(|known| known.port == port) => {
            Ok(Backend { namespace: namespace.to_owned(), service: name.to_owned(), port })
        }
        Some(port) => missing(format!("The Service {namespace}/{name} has no port {port}.")),
        None => missing(format!("The reference to the Service {namespace}/{name} names no port.")),
    }
}
