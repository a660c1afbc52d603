//! The kinds of object that the playground knows, and how the API spells them.

use std::fmt;
use std::sync::Arc;

/// A kind of object together with its API group.
///
/// The order of the variants is the order in which lists and exports show objects: what others depend on first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// `v1` Namespace.
    Namespace,
    /// `v1` Node.
    Node,
    /// `networking.k8s.io/v1` IngressClass.
    IngressClass,
    /// `gateway.networking.k8s.io/v1` GatewayClass.
    GatewayClass,
    /// `apps/v1` Deployment.
    Deployment,
    /// `apps/v1` ReplicaSet.
    ReplicaSet,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `v1` ReplicationController.
    ReplicationController,
    /// `v1` Pod.
    Pod,
    /// `v1` Service.
    Service,
    /// `v1` Endpoints.
    Endpoints,
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlice,
    /// `networking.k8s.io/v1` Ingress.
    Ingress,
    /// `gateway.networking.k8s.io/v1` Gateway.
    Gateway,
    /// `gateway.networking.k8s.io/v1` HTTPRoute.
    HTTPRoute,
    /// `gateway.networking.k8s.io/v1beta1` ReferenceGrant.
    ReferenceGrant,
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy,
    /// Any other kind: kept whole, exported whole, not simulated.
    Other(Arc<OtherKind>),
}

/// A kind that is kept but not simulated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OtherKind {
    /// As in the object's `apiVersion`.
    pub api_version: String,
    /// As in the object's `kind`.
    pub kind: String,
}

/// One row of the table of simulated kinds: kind, apiVersion, name of the kind, plural resource name, namespaced.
const TABLE: [(Kind, &str, &str, &str, bool); 18] = [
    (Kind::Namespace, "v1", "Namespace", "namespaces", false),
    (Kind::Node, "v1", "Node", "nodes", false),
    (Kind::IngressClass, "networking.k8s.io/v1", "IngressClass", "ingressclasses", false),
    (Kind::GatewayClass, "gateway.networking.k8s.io/v1", "GatewayClass", "gatewayclasses", false),
    (Kind::Deployment, "apps/v1", "Deployment", "deployments", true),
    (Kind::ReplicaSet, "apps/v1", "ReplicaSet", "replicasets", true),
    (Kind::StatefulSet, "apps/v1", "StatefulSet", "statefulsets", true),
    (Kind::DaemonSet, "apps/v1", "DaemonSet", "daemonsets", true),
    (Kind::ReplicationController, "v1", "ReplicationController", "replicationcontrollers", true),
    (Kind::Pod, "v1", "Pod", "pods", true),
    (Kind::Service, "v1", "Service", "services", true),
    (Kind::Endpoints, "v1", "Endpoints", "endpoints", true),
    (Kind::EndpointSlice, "discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true),
    (Kind::Ingress, "networking.k8s.io/v1", "Ingress", "ingresses", true),
    (Kind::Gateway, "gateway.networking.k8s.io/v1", "Gateway", "gateways", true),
    (Kind::HTTPRoute, "gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", true),
    (Kind::ReferenceGrant, "gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "referencegrants", true),
    (Kind::NetworkPolicy, "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
];

/// The versions in which the kinds of the Gateway API are served, with the same fields.
const GATEWAY_VERSIONS: [&str; 2] = ["gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"];

/// Kinds that are kept, not simulated, and live outside namespaces.
const OTHER_CLUSTER_SCOPED: [&str; 15] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "MutatingWebhookConfiguration",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
];

impl Kind {
    /// The kinds that the playground simulates, in the order of the enum.
    pub fn simulated() -> impl Iterator<Item = Kind> {
        TABLE.iter().map(|row| row.0.clone())
    }

    /// The kind that an object's `apiVersion` and `kind` name. The Gateway API is served in two versions.
    pub fn from_api(api_version: &str, kind: &str) -> Kind {
        let is_served = |row: &&(Kind, &str, &str, &str, bool)| {
            row.2 == kind
                && (row.1 == api_version
                    || GATEWAY_VERSIONS.contains(&api_version) && GATEWAY_VERSIONS.contains(&row.1))
        };
        TABLE.iter().find(is_served).map_or_else(
            || {
                Kind::Other(Arc::new(OtherKind {
                    api_version: api_version.to_owned(),
                    kind: kind.to_owned(),
                }))
            },
            |row| row.0.clone(),
        )
    }

    fn row(&self) -> Option<&'static (Kind, &'static str, &'static str, &'static str, bool)> {
        TABLE.iter().find(|row| row.0 == *self)
    }

    /// The `apiVersion` of objects of this kind.
    pub fn api_version(&self) -> &str {
        match self {
            Kind::Other(other) => &other.api_version,
            known => known.row().map_or("", |row| row.1),
        }
    }

    /// The API group: empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The `kind` of objects of this kind.
    pub fn name(&self) -> &str {
        match self {
            Kind::Other(other) => &other.kind,
            known => known.row().map_or("", |row| row.2),
        }
    }

    /// The resource name that stands in API paths and messages: lower-case plural.
    pub fn plural(&self) -> String {
        match self.row() {
            Some(row) => row.3.to_owned(),
            None => {
                let lower = self.name().to_ascii_lowercase();
                if lower.ends_with('s') || lower.ends_with("ch") {
                    lower + "es"
                } else if let Some(stem) = lower.strip_suffix('y') {
                    stem.to_owned() + "ies"
                } else {
                    lower + "s"
                }
            }
        }
    }

    /// The resource with its group, as kubectl prints it: `deployments.apps`, `services`.
    pub fn resource(&self) -> String {
        match self.group() {
            "" => self.plural(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub fn is_namespaced(&self) -> bool {
        match self.row() {
            Some(row) => row.4,
            None => !OTHER_CLUSTER_SCOPED.contains(&self.name()),
        }
    }

    /// Whether the playground simulates this kind; the others are kept as they are.
    pub fn is_simulated(&self) -> bool {
        !matches!(self, Kind::Other(_))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_version_and_kind_lead_back_to_the_kind() {
        for kind in Kind::simulated() {
            assert_eq!(Kind::from_api(kind.api_version(), kind.name()), kind);
        }
    }

    #[test]
    fn same_kind_of_another_group_is_kept_but_not_simulated() {
        let kind = Kind::from_api("extensions/v1beta1", "Ingress");
        assert!(!kind.is_simulated());
        assert_eq!(kind.resource(), "ingresses.extensions");
        assert!(kind.is_namespaced());
    }

    #[test]
    fn cluster_scoped_kinds_have_no_namespace() {
        assert!(!Kind::from_api("storage.k8s.io/v1", "StorageClass").is_namespaced());
        assert!(!Kind::Node.is_namespaced());
    }
}
