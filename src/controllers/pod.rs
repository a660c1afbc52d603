//! What every controller asks about a Pod.

use k8s_openapi::api::core::v1::{Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time as Timestamp};

use crate::api::{ObjectKey, Time};

/// The Pod's key.
pub fn key(pod: &Pod) -> ObjectKey {
    ObjectKey::pod(
        pod.metadata.namespace.as_deref().unwrap_or_default(),
        pod.metadata.name.as_deref().unwrap_or_default(),
    )
}

/// The Pod's name; empty if it has none.
pub fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or_default()
}

/// `spec.nodeName`; empty for a Pod that is not scheduled.
pub fn node_name(pod: &Pod) -> &str {
    pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
}

/// `status.phase`; empty when there is none yet.
pub fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// The condition of this type.
pub fn condition<'a>(pod: &'a Pod, condition_type: &str) -> Option<&'a PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == condition_type)
}

// Models pkg/api/v1/pod/util.go IsPodReady
/// Whether the condition `Ready` is `True`.
pub fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|ready| ready.status == "True")
}

/// Since when the Pod is ready; `None` if it is not ready or does not tell.
pub fn ready_time(pod: &Pod) -> Option<&Timestamp> {
    condition(pod, "Ready").filter(|ready| ready.status == "True")?.last_transition_time.as_ref()
}

// Models pkg/api/v1/pod/util.go IsPodAvailable
/// Whether the Pod has been ready for `min_ready_seconds`.
pub fn is_available(pod: &Pod, min_ready_seconds: i32, now: Time) -> bool {
    is_ready(pod)
        && (min_ready_seconds <= 0 || available_at(pod, min_ready_seconds).is_some_and(|at| at <= now))
}

/// When a ready Pod will have been ready for `min_ready_seconds`.
pub fn available_at(pod: &Pod, min_ready_seconds: i32) -> Option<Time> {
    let wait = u64::try_from(min_ready_seconds).unwrap_or(0) * 1000;
    ready_time(pod).map(|since| Time::from_timestamp(since) + wait)
}

// Models pkg/controller/controller_utils.go IsPodActive
/// Whether the Pod counts for its controller: it has not ended and nobody deletes it.
pub fn is_active(pod: &Pod) -> bool {
    !is_finished(pod) && pod.metadata.deletion_timestamp.is_none()
}

// Models pkg/controller/controller_utils.go IsPodTerminating
/// Whether somebody deletes the Pod and its processes may still run.
pub fn is_terminating(pod: &Pod) -> bool {
    !is_finished(pod) && pod.metadata.deletion_timestamp.is_some()
}

/// Whether the Pod's phase is `Succeeded` or `Failed`.
pub fn is_finished(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// The owner that controls the object.
pub fn controller_of(metadata: &ObjectMeta) -> Option<&OwnerReference> {
    metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
}
