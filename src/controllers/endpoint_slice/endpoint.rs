//! Which Pods become endpoints, and what their endpoints say.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{Node, ObjectReference, Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions};

use super::address::{AddressType, pod_addresses};

/// The label of a Node that names its zone.
pub const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

// Models k8s.io/endpointslice/util/controller_utils.go ShouldPodBeInEndpoints
/// Whether a Pod that a selector matches may be an endpoint: it has an address and has not ended (phase `Succeeded` or
/// `Failed`). A Pod that is being deleted is in only with `include_terminating`.
pub fn should_pod_be_in_endpoints(pod: &Pod, include_terminating: bool) -> bool {
    let Some(status) = &pod.status else { return false };
    if matches!(status.phase.as_deref(), Some("Failed" | "Succeeded")) {
        return false;
    }
    if status.pod_ip.as_deref().unwrap_or_default().is_empty()
        && status.pod_ips.as_deref().unwrap_or_default().is_empty()
    {
        return false;
    }
    include_terminating || pod.metadata.deletion_timestamp.is_none()
}

/// Whether the Pod's condition `Ready` is `True`.
pub fn is_pod_ready(pod: &Pod) -> bool {
    pod.status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .find(|condition| condition.type_ == "Ready")
        .is_some_and(|condition| condition.status == "True")
}

// Models k8s.io/endpointslice/util/controller_utils.go ShouldSetHostname
/// The hostname that the Pod's endpoint in this Service has: `spec.hostname`, if `spec.subdomain` is the Service's name
/// and both are in one namespace.
pub fn endpoint_hostname<'a>(pod: &'a Pod, service: &Service) -> Option<&'a str> {
    let spec = pod.spec.as_ref()?;
    let hostname = spec.hostname.as_deref().filter(|hostname| !hostname.is_empty())?;
    let in_domain = spec.subdomain.as_deref().unwrap_or_default()
        == service.metadata.name.as_deref().unwrap_or_default()
        && pod.metadata.namespace.as_deref().unwrap_or_default()
            == service.metadata.namespace.as_deref().unwrap_or_default();
    in_domain.then_some(hostname)
}

/// Whether the Service asks for addresses of Pods that are not ready.
pub(super) fn publishes_not_ready(service: &Service) -> bool {
    service.spec.as_ref().and_then(|spec| spec.publish_not_ready_addresses) == Some(true)
}

/// The endpoint that a Pod wants, as references: it is written out only where a slice changes.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pod: &'a Pod,
    addresses: Vec<Cow<'a, str>>,
    node_name: Option<&'a str>,
    zone: Option<&'a str>,
    hostname: Option<&'a str>,
    ready: bool,
    serving: bool,
    terminating: bool,
}

impl<'a> Candidate<'a> {
    // Models k8s.io/endpointslice/utils.go podToEndpoint
    /// The endpoint of an eligible Pod; `None` when it has no address of the family. `node` is the Pod's Node, if known.
    pub fn new(
        pod: &'a Pod,
        node: Option<&'a Node>,
        service: &Service,
        family: AddressType,
    ) -> Option<Candidate<'a>> {
        let addresses = pod_addresses(pod, family);
        if addresses.is_empty() {
            return None;
        }
        let serving = is_pod_ready(pod);
        let terminating = pod.metadata.deletion_timestamp.is_some();
        Some(Candidate {
            pod,
            addresses,
            node_name: node_name(pod),
            zone: node
                .and_then(|node| node.metadata.labels.as_ref()?.get(ZONE_LABEL))
                .map(String::as_str)
                .filter(|zone| !zone.is_empty()),
            hostname: endpoint_hostname(pod, service),
            ready: publishes_not_ready(service) || (serving && !terminating),
            serving,
            terminating,
        })
    }

    /// The Pod's name.
    pub fn name(&self) -> &'a str {
        self.pod.metadata.name.as_deref().unwrap_or_default()
    }

    // Models k8s.io/endpointslice/util/endpointset.go hashEndpoint
    /// Whether `endpoint` is this Pod's: the same addresses in any order, hostname, and Pod by namespace and name.
    pub fn is_same(&self, endpoint: &Endpoint) -> bool {
        let target = endpoint.target_ref.as_ref();
        self.name() == target.and_then(|target| target.name.as_deref()).unwrap_or_default()
            && self.pod.metadata.namespace.as_deref().unwrap_or_default()
                == target.and_then(|target| target.namespace.as_deref()).unwrap_or_default()
            && self.hostname.unwrap_or_default() == endpoint.hostname.as_deref().unwrap_or_default()
            && same_addresses(&self.addresses, &endpoint.addresses)
    }

    // Models k8s.io/endpointslice/util/controller_utils.go EndpointsEqualBeyondHash
    /// Whether the rest of `endpoint` is as it should be: node, zone, conditions, and the Pod down to its uid. Hints
    /// are not looked at.
    pub fn is_up_to_date(&self, endpoint: &Endpoint) -> bool {
        let conditions = endpoint.conditions.as_ref();
        self.node_name == endpoint.node_name.as_deref()
            && self.zone == endpoint.zone.as_deref()
            && conditions.is_some_and(|conditions| {
                conditions.ready == Some(self.ready)
                    && conditions.serving == Some(self.serving)
                    && conditions.terminating == Some(self.terminating)
            })
            && endpoint.target_ref.as_ref().is_some_and(|target| {
                let is =
                    |value: &Option<String>, expected: &str| value.as_deref().unwrap_or_default() == expected;
                is(&target.kind, "Pod")
                    && is(&target.uid, self.pod.metadata.uid.as_deref().unwrap_or_default())
                    && is(&target.api_version, "")
                    && is(&target.field_path, "")
            })
    }

    /// The endpoint in full, without hints.
    pub fn to_endpoint(&self) -> Endpoint {
        Endpoint {
            addresses: self.addresses.iter().map(|address| address.clone().into_owned()).collect(),
            conditions: Some(EndpointConditions {
                ready: Some(self.ready),
                serving: Some(self.serving),
                terminating: Some(self.terminating),
            }),
            hostname: self.hostname.map(str::to_owned),
            node_name: self.node_name.map(str::to_owned),
            target_ref: Some(ObjectReference {
                kind: Some("Pod".to_owned()),
                namespace: self.pod.metadata.namespace.clone(),
                name: self.pod.metadata.name.clone(),
                uid: self.pod.metadata.uid.clone(),
                ..ObjectReference::default()
            }),
            zone: self.zone.map(str::to_owned),
            ..Endpoint::default()
        }
    }
}

/// The name of the Pod's node; `None` when it has none.
pub(super) fn node_name(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).filter(|name| !name.is_empty())
}

/// An endpoint that stays as it is, written out as its Pod would be: without hints and without what no Pod gives.
pub(super) fn kept(endpoint: &Endpoint) -> Endpoint {
    let mut addresses = endpoint.addresses.clone();
    addresses.sort_unstable();
    let target = endpoint.target_ref.as_ref();
    Endpoint {
        addresses,
        conditions: endpoint.conditions.clone(),
        hostname: endpoint.hostname.clone().filter(|hostname| !hostname.is_empty()),
        node_name: endpoint.node_name.clone(),
        target_ref: target.map(|target| ObjectReference {
            kind: target.kind.clone(),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            uid: target.uid.clone(),
            ..ObjectReference::default()
        }),
        zone: endpoint.zone.clone(),
        ..Endpoint::default()
    }
}

fn same_addresses(sorted: &[Cow<'_, str>], addresses: &[String]) -> bool {
    if sorted.len() != addresses.len() {
        return false;
    }
    if let ([one], [other]) = (sorted, addresses) {
        return **one == **other;
    }
    let mut others: Vec<&str> = addresses.iter().map(String::as_str).collect();
    others.sort_unstable();
    sorted.iter().zip(others).all(|(one, other)| **one == *other)
}
