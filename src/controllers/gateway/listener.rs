//! What the status says of each listener of a Gateway, and which of them take connections.

use super::attach::is_granted;
use super::condition::{Wanted, fails, holds};
use crate::api::gateway::{GROUP, Gateway, Listener, SecretObjectReference};
use crate::api::{Kind, Live, ObjectKey};
use crate::store::Store;

/// Why a listener does not work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// A word of the Gateway API.
    pub reason: &'static str,
    /// What that means.
    pub message: String,
    /// The field of the listener that is to blame.
    pub field: &'static str,
    /// The conditions that are not as they should be, beside `Programmed`.
    conditions: &'static [&'static str],
}

// Models nginx-gateway-fabric internal/controller/state/graph/gateway_listener.go
/// What is wrong with a listener, in this order: a protocol that no HTTPRoute can use; kinds of routes that the
/// controller does not know; another protocol on the same port; a certificate that is not there or not granted.
pub fn fault(store: &Store, gateway: &Gateway, listener: &Listener) -> Option<Fault> {
    if !matches!(listener.protocol.as_str(), "HTTP" | "HTTPS") {
        return Some(Fault {
            reason: "UnsupportedProtocol",
            message: format!("protocol {} is not supported: HTTP and HTTPS are", listener.protocol),
            field: "protocol",
            conditions: &["Accepted"],
        });
    }
    let kinds = listener.allowed_routes.as_ref().map_or(&[][..], |allowed| &allowed.kinds);
    let strange = |kind: &&crate::api::gateway::RouteGroupKind| {
        kind.kind != "HTTPRoute" || kind.group.as_deref().unwrap_or(GROUP) != GROUP
    };
    if let Some(kind) = kinds.iter().find(strange) {
        return Some(Fault {
            reason: "InvalidRouteKinds",
            message: format!("routes of kind {} are not supported: HTTPRoute is", kind.kind),
            field: "allowedRoutes.kinds",
            conditions: &["ResolvedRefs"],
        });
    }
    let others = &gateway.spec.listeners;
    if others.iter().any(|other| other.port == listener.port && other.protocol != listener.protocol) {
        return Some(Fault {
            reason: "ProtocolConflict",
            message: format!(
                "Multiple listeners for the same port {} specify incompatible protocols",
                listener.port
            ),
            field: "port",
            conditions: &["Accepted", "Conflicted"],
        });
    }
    let references = listener.tls.as_ref().map_or(&[][..], |tls| &tls.certificate_refs);
    if listener.protocol == "HTTPS" && references.is_empty() {
        return Some(Fault {
            reason: "InvalidCertificateRef",
            message: "HTTPS needs a certificate".to_owned(),
            field: "tls.certificateRefs",
            conditions: &["Accepted", "ResolvedRefs"],
        });
    }
    references.iter().find_map(|reference| broken_certificate(store, gateway, reference))
}

fn broken_certificate(store: &Store, gateway: &Gateway, reference: &SecretObjectReference) -> Option<Fault> {
    let own = gateway.metadata.namespace.as_deref().unwrap_or_default();
    let namespace = reference.namespace.as_deref().unwrap_or(own);
    let name = reference.name.as_str();
    let fault = |reason, message| {
        Some(Fault {
            reason,
            message,
            field: "tls.certificateRefs",
            conditions: &["Accepted", "ResolvedRefs"],
        })
    };
    if namespace != own && !is_granted(store, ("Gateway", own), ("Secret", namespace, name)) {
        let message =
            format!("Certificate ref to secret {namespace}/{name} not permitted by any ReferenceGrant");
        return fault("RefNotPermitted", message);
    }
    let secret = store.get(&ObjectKey::new(Kind::from_api("v1", "Secret"), namespace, name));
    let Some(secret) = secret else {
        return fault("InvalidCertificateRef", format!("Secret {namespace}/{name} does not exist"));
    };
    let is_tls = match &secret.live {
        Live::Other(value) => {
            value.get("type").and_then(serde_json::Value::as_str) == Some("kubernetes.io/tls")
        }
        _ => false,
    };
    if is_tls {
        None
    } else {
        fault("InvalidCertificateRef", format!("Secret {namespace}/{name} is not of type kubernetes.io/tls"))
    }
}

/// The conditions of a listener.
pub(super) fn wanted(fault: Option<&Fault>) -> Vec<Wanted> {
    let good = |condition_type| match condition_type {
        "ResolvedRefs" => holds("ResolvedRefs", "ResolvedRefs", "All references are resolved"),
        "Conflicted" => fails("Conflicted", "NoConflicts", "No conflicts"),
        "Programmed" => holds("Programmed", "Programmed", "The Listener is programmed"),
        _ => holds("Accepted", "Accepted", "The Listener is accepted"),
    };
    ["Accepted", "Programmed", "ResolvedRefs", "Conflicted"]
        .into_iter()
        .map(|condition_type| match fault {
            Some(fault) if condition_type == "Programmed" => fails("Programmed", "Invalid", &fault.message),
            Some(fault) if fault.conditions.contains(&condition_type) => Wanted {
                condition_type,
                status: condition_type == "Conflicted",
                reason: fault.reason,
                message: fault.message.clone(),
            },
            _ => good(condition_type),
        })
        .collect()
}
