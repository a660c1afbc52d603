//! Conditions in the status of the Gateway API's objects.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::api::Time;

/// A condition as a controller wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Its type, such as `Accepted`.
    pub condition_type: &'static str,
    /// Whether the status is `True`.
    pub status: bool,
    /// The reason, a word of the Gateway API.
    pub reason: &'static str,
    /// What that means.
    pub message: String,
}

/// A condition that is `True`.
pub fn holds(condition_type: &'static str, reason: &'static str, message: impl Into<String>) -> Wanted {
    Wanted { condition_type, status: true, reason, message: message.into() }
}

/// A condition that is `False`.
pub fn fails(condition_type: &'static str, reason: &'static str, message: impl Into<String>) -> Wanted {
    Wanted { condition_type, status: false, reason, message: message.into() }
}

// Models apimachinery/pkg/api/meta/conditions.go SetStatusCondition
/// The conditions as they are to be written. One whose status stays keeps the time of its last transition.
pub fn conditions(
    old: &[Condition],
    wanted: &[Wanted],
    generation: Option<i64>,
    now: Time,
) -> Vec<Condition> {
    wanted
        .iter()
        .map(|wanted| {
            let status = if wanted.status { "True" } else { "False" };
            let before = old.iter().find(|old| old.type_ == wanted.condition_type && old.status == status);
            Condition {
                last_transition_time: before
                    .map_or_else(|| now.to_timestamp(), |old| old.last_transition_time.clone()),
                message: wanted.message.clone(),
                observed_generation: generation,
                reason: wanted.reason.to_owned(),
                status: status.to_owned(),
                type_: wanted.condition_type.to_owned(),
            }
        })
        .collect()
}
