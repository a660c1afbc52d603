//! An EndpointSlice as a whole: its labels, its owner, the empty one that stands for a Service without endpoints.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::address::AddressType;
use crate::api::validation::is_dns1123_subdomain;

/// The label by which a slice names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
/// The label by which a slice names the controller that keeps it.
pub const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY_LABEL`] on the slices of this controller.
pub const MANAGED_BY: &str = "endpointslice-controller.k8s.io";
/// The label on the slices and Endpoints of Services without a cluster IP.
pub const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";
/// The annotation that holds the time of the change that led to the last write.
pub const TRIGGER_TIME_ANNOTATION: &str = "endpoints.kubernetes.io/last-change-trigger-time";

pub(super) type Labels = BTreeMap<String, String>;

/// Whether a slice is one that the controller looks at for the Service: named in both labels, in the Service's namespace
/// and not about to be deleted.
pub(super) fn is_visible(slice: &EndpointSlice, service: &Service) -> bool {
    let label = |name| slice.metadata.labels.as_ref().and_then(|labels| labels.get(name)).map(String::as_str);
    slice.metadata.deletion_timestamp.is_none()
        && slice.metadata.namespace.as_deref().unwrap_or_default()
            == service.metadata.namespace.as_deref().unwrap_or_default()
        && label(SERVICE_NAME_LABEL) == Some(service.metadata.name.as_deref().unwrap_or_default())
        && label(MANAGED_BY_LABEL) == Some(MANAGED_BY)
}

// Models k8s.io/endpointslice/utils.go ownedBy
/// Whether the slice names this very Service, by uid, among its owners.
pub(super) fn is_owned_by(slice: &EndpointSlice, service: &Service) -> bool {
    let uid = service.metadata.uid.as_deref().unwrap_or_default();
    slice
        .metadata
        .owner_references
        .iter()
        .flatten()
        .any(|owner| owner.uid == uid && owner.kind == "Service" && owner.api_version == "v1")
}

/// Whether the Service has a cluster IP.
pub(super) fn has_cluster_ip(service: &Service) -> bool {
    let ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    !matches!(ip, None | Some("" | "None"))
}

fn is_reserved(label: &str) -> bool {
    [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL].contains(&label)
}

// Models k8s.io/endpointslice/utils.go setEndpointSliceLabels
/// The labels that the Service's slices should have: the Service's own, except the reserved ones, and the controller's.
pub(super) fn wanted_labels(service: &Service) -> Labels {
    let mut labels: Labels = service.metadata.labels.clone().unwrap_or_default();
    labels.retain(|label, _| !is_reserved(label));
    if !has_cluster_ip(service) {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    }
    labels.insert(SERVICE_NAME_LABEL.to_owned(), service.metadata.name.clone().unwrap_or_default());
    labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned());
    labels
}

/// Whether the labels alone make an update necessary. The reserved ones are not looked at: a Service that becomes
/// headless does not lead to a write.
pub(super) fn labels_changed(slice: &EndpointSlice, wanted: &Labels) -> bool {
    let free = |label: &&String| !is_reserved(label);
    let present = slice.metadata.labels.iter().flatten().filter(|(label, _)| free(label));
    let wanted = wanted.iter().filter(|(label, _)| free(label));
    !present.eq(wanted)
}

// Models k8s.io/endpointslice/utils.go newEndpointSlice
/// A new slice without endpoints. It has a `generateName` and no name.
pub(super) fn new_slice(
    service: &Service,
    labels: &Labels,
    ports: Vec<EndpointPort>,
    address_type: AddressType,
) -> EndpointSlice {
    let name = service.metadata.name.as_deref().unwrap_or_default();
    EndpointSlice {
        metadata: ObjectMeta {
            generate_name: Some(name_prefix(name)),
            namespace: service.metadata.namespace.clone(),
            labels: Some(labels.clone()),
            owner_references: Some(vec![controller_reference(
                "Service",
                name,
                service.metadata.uid.as_deref().unwrap_or_default(),
            )]),
            ..ObjectMeta::default()
        },
        address_type: address_type.as_str().to_owned(),
        ports: Some(ports),
        endpoints: Some(Vec::new()),
    }
}

/// A reference to a `v1` object as the owner and controller of another.
pub(in crate::controllers) fn controller_reference(kind: &str, name: &str, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

// Models k8s.io/endpointslice/utils.go getEndpointSlicePrefix
/// What the names of an object's slices begin with: its name and a dash, or only its name where that would not do.
pub(in crate::controllers) fn name_prefix(name: &str) -> String {
    // The check treats the dash as if more followed: it and the letter before it count as one letter.
    let mut masked = name.to_owned();
    masked.pop();
    masked.push('a');
    if is_dns1123_subdomain(&masked).is_empty() { format!("{name}-") } else { name.to_owned() }
}

/// Whether an existing slice already is what `placeholder` would be: no endpoints, no ports, the same labels. Its name,
/// its annotations and even its owner do not count.
pub(super) fn is_same_placeholder(slice: &EndpointSlice, placeholder: &EndpointSlice) -> bool {
    // A label with an empty value is as good as none.
    let labels = |slice: &EndpointSlice| -> Vec<(String, String)> {
        slice
            .metadata
            .labels
            .iter()
            .flatten()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    slice.metadata.namespace.as_deref().unwrap_or_default()
        == placeholder.metadata.namespace.as_deref().unwrap_or_default()
        && slice.address_type == placeholder.address_type
        && slice.endpoints.as_ref().is_none_or(Vec::is_empty)
        && slice.ports.as_ref().is_none_or(Vec::is_empty)
        && labels(slice) == labels(placeholder)
}

// Models k8s.io/endpointslice/utils.go addTriggerTimeAnnotation
/// Puts the time of the change, or takes an old one away.
pub(super) fn set_trigger_time(slice: &mut EndpointSlice, trigger_time: Option<&str>) {
    let annotations = &mut slice.metadata.annotations;
    match trigger_time {
        Some(time) => {
            annotations.get_or_insert_default().insert(TRIGGER_TIME_ANNOTATION.to_owned(), time.to_owned());
        }
        None => {
            if let Some(present) = annotations {
                present.remove(TRIGGER_TIME_ANNOTATION);
            }
        }
    }
    if annotations.as_ref().is_some_and(BTreeMap::is_empty) {
        *annotations = None;
    }
}

/// The endpoints of a slice.
pub(super) fn endpoints_of(slice: &EndpointSlice) -> &[k8s_openapi::api::discovery::v1::Endpoint] {
    slice.endpoints.as_deref().unwrap_or_default()
}

/// The name of a slice; empty for one that is yet to be named.
pub(super) fn name_of(slice: &EndpointSlice) -> &str {
    slice.metadata.name.as_deref().unwrap_or_default()
}
