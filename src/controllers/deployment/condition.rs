//! The conditions in a Deployment's status.

use k8s_openapi::api::apps::v1::{DeploymentCondition, DeploymentStatus};

use crate::api::Time;

/// The condition that tells how a rollout goes.
pub const PROGRESSING: &str = "Progressing";
/// The condition that tells whether enough Pods are available.
pub const AVAILABLE: &str = "Available";

/// The condition of this type.
pub fn find<'a>(status: &'a DeploymentStatus, condition_type: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().flatten().find(|condition| condition.type_ == condition_type)
}

// Models pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition
/// Puts the condition last. Nothing changes while its status and reason stay; its transition time stays while its
/// status does.
pub fn set_condition(
    status: &mut DeploymentStatus,
    condition_type: &str,
    value: &str,
    reason: &str,
    message: String,
    now: Time,
) {
    let old = find(status, condition_type);
    let same_value = old.filter(|old| old.status == value);
    if same_value.is_some_and(|old| old.reason.as_deref() == Some(reason)) {
        return;
    }
    let transition = same_value.and_then(|old| old.last_transition_time.clone());
    remove_condition(status, condition_type, |status| {
        status.conditions.get_or_insert_default().push(DeploymentCondition {
            type_: condition_type.to_owned(),
            status: value.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_update_time: Some(now.to_timestamp()),
            last_transition_time: Some(transition.unwrap_or_else(|| now.to_timestamp())),
        });
    });
}

/// Takes the condition out, then lets `then` act on what is left.
pub fn remove_condition(
    status: &mut DeploymentStatus,
    condition_type: &str,
    then: impl FnOnce(&mut DeploymentStatus),
) {
    if let Some(conditions) = &mut status.conditions {
        conditions.retain(|condition| condition.type_ != condition_type);
    }
    then(status);
    status.conditions.take_if(|conditions| conditions.is_empty());
}
