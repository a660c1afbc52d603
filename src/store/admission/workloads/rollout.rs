//! How workloads replace their Pods.

use k8s_openapi::api::apps::v1::{DaemonSetUpdateStrategy, DeploymentStrategy, StatefulSetUpdateStrategy};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::checks::non_negative;
use super::super::defaults::default_text;
use crate::api::validation::field::{FieldError, Path, Raw, Shown};
use crate::api::validation::is_valid_percent;
use crate::api::validation::quote::json_string;

fn quarter() -> IntOrString {
    IntOrString::String("25%".to_owned())
}

/// A rolling update by a quarter of the Pods.
pub(super) fn set_deployment_defaults(strategy: &mut DeploymentStrategy) {
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert_with(quarter);
        rolling.max_surge.get_or_insert_with(quarter);
    }
}

/// A rolling update of all.
pub(super) fn set_stateful_set_defaults(strategy: &mut StatefulSetUpdateStrategy) {
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        strategy.rolling_update.get_or_insert_default().partition.get_or_insert(0);
    }
}

/// A rolling update, one node at a time.
pub(super) fn set_daemon_set_defaults(strategy: &mut DaemonSetUpdateStrategy) {
    default_text(&mut strategy.type_, "RollingUpdate");
    if strategy.type_.as_deref() == Some("RollingUpdate") {
        let rolling = strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert(IntOrString::Int(1));
        rolling.max_surge.get_or_insert(IntOrString::Int(0));
    }
}

fn shown(value: &IntOrString) -> Raw<String> {
    Raw(match value {
        IntOrString::Int(number) => number.shown(),
        IntOrString::String(text) => json_string(text),
    })
}

/// The number, or the percentage without its sign.
fn value_of(value: Option<&IntOrString>) -> i32 {
    match value {
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(text)) => {
            text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0)
        }
        None => 0,
    }
}

// Models pkg/apis/apps/validation/validation.go ValidatePositiveIntOrPercent
fn validate_int_or_percent(errors: &mut Vec<FieldError>, value: Option<&IntOrString>, path: &Path<'_>) {
    match value {
        Some(IntOrString::Int(number)) => non_negative(errors, Some(*number), path),
        Some(value @ IntOrString::String(text)) => {
            let messages = is_valid_percent(text);
            errors
                .extend(messages.into_iter().map(|message| FieldError::invalid(path, shown(value), message)));
        }
        None => {}
    }
}

// Models pkg/apis/apps/validation/validation.go IsNotMoreThan100Percent
fn validate_at_most_100_percent(errors: &mut Vec<FieldError>, value: Option<&IntOrString>, path: &Path<'_>) {
    if let Some(percent @ IntOrString::String(text)) = value
        && is_valid_percent(text).is_empty()
        && value_of(value) > 100
    {
        errors.push(FieldError::invalid(path, shown(percent), "must not be greater than 100%"));
    }
}

// Models pkg/apis/apps/validation/validation.go ValidateDeploymentStrategy
pub(super) fn validate_deployment(
    errors: &mut Vec<FieldError>,
    strategy: &DeploymentStrategy,
    path: &Path<'_>,
) {
    let rolling_path = path.child("rollingUpdate");
    match (strategy.type_.as_deref(), &strategy.rolling_update) {
        (Some("Recreate"), Some(_)) => {
            let words = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden(&rolling_path, words));
        }
        (Some("Recreate"), None) => {}
        (Some("RollingUpdate"), Some(rolling)) => {
            let (unavailable, surge) = (rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref());
            let unavailable_path = rolling_path.child("maxUnavailable");
            validate_int_or_percent(errors, unavailable, &unavailable_path);
            validate_int_or_percent(errors, surge, &rolling_path.child("maxSurge"));
            if value_of(unavailable) == 0
                && value_of(surge) == 0
                && let Some(unavailable) = unavailable
            {
                let words = "may not be 0 when `maxSurge` is 0";
                errors.push(FieldError::invalid(&unavailable_path, shown(unavailable), words));
            }
            validate_at_most_100_percent(errors, unavailable, &unavailable_path);
        }
        (other, _) => {
            let other = json_string(other.unwrap_or_default());
            let value = Raw(format!("{{\"Type\":{other},\"RollingUpdate\":null}}"));
            errors.push(FieldError::not_supported(path, value, &["Recreate", "RollingUpdate"]));
        }
    }
}

/// The update strategy of a StatefulSet.
pub(super) fn validate_stateful_set(
    errors: &mut Vec<FieldError>,
    strategy: &StatefulSetUpdateStrategy,
    path: &Path<'_>,
) {
    let rolling_path = path.child("rollingUpdate");
    match (strategy.type_.as_deref(), &strategy.rolling_update) {
        (Some("OnDelete"), Some(rolling)) => {
            let value = Raw(format!(
                "{{\"Partition\":{},\"MaxUnavailable\":{}}}",
                rolling.partition.unwrap_or(0),
                rolling.max_unavailable.as_ref().map_or_else(|| "null".to_owned(), |value| shown(value).0)
            ));
            let words = "only allowed for updateStrategy 'RollingUpdate'";
            errors.push(FieldError::invalid(&rolling_path, value, words));
        }
        (Some("OnDelete"), None) => {}
        (Some("RollingUpdate"), rolling) => {
            let partition = rolling.as_ref().and_then(|rolling| rolling.partition);
            non_negative(errors, partition, &rolling_path.child("partition"));
        }
        (other, _) => {
            let other = json_string(other.unwrap_or_default());
            let value = Raw(format!("{{\"Type\":{other},\"RollingUpdate\":null}}"));
            errors.push(FieldError::invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'"));
        }
    }
}

// Models pkg/apis/apps/validation/validation.go ValidateDaemonSetUpdateStrategy
pub(super) fn validate_daemon_set(
    errors: &mut Vec<FieldError>,
    strategy: &DaemonSetUpdateStrategy,
    path: &Path<'_>,
) {
    match (strategy.type_.as_deref(), &strategy.rolling_update) {
        (Some("OnDelete"), _) => {}
        (Some("RollingUpdate"), Some(rolling)) => {
            let rolling_path = path.child("rollingUpdate");
            let (unavailable, surge) = (rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref());
            let unavailable_path = rolling_path.child("maxUnavailable");
            let surge_path = rolling_path.child("maxSurge");
            validate_int_or_percent(errors, unavailable, &unavailable_path);
            validate_int_or_percent(errors, surge, &surge_path);
            match (value_of(unavailable), value_of(surge)) {
                (0, 0) => {
                    if let Some(unavailable) = unavailable {
                        let words = "cannot be 0 when maxSurge is 0";
                        errors.push(FieldError::invalid(&unavailable_path, shown(unavailable), words));
                    }
                }
                (_, 0) | (0, _) => {}
                _ => {
                    if let Some(surge) = surge {
                        let words = "may not be set when maxUnavailable is non-zero";
                        errors.push(FieldError::invalid(&surge_path, shown(surge), words));
                    }
                }
            }
            validate_at_most_100_percent(errors, unavailable, &unavailable_path);
            validate_at_most_100_percent(errors, surge, &surge_path);
        }
        _ => {
            let value = strategy.type_.as_deref().unwrap_or_default();
            let types = ["RollingUpdate", "OnDelete"];
            errors.push(FieldError::not_supported(&path.child("type"), value, &types));
        }
    }
}
