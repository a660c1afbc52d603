//! How far a rollout may go at once.

use k8s_openapi::api::apps::v1::DeploymentSpec;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Whether all old Pods go before new ones come.
pub fn is_recreate(spec: &DeploymentSpec) -> bool {
    spec.strategy.as_ref().and_then(|strategy| strategy.type_.as_deref()) == Some("Recreate")
}

// Models pkg/controller/deployment/util/deployment_util.go MaxSurge
/// How many Pods there may be beyond `replicas`; 0 unless the Deployment rolls.
pub fn max_surge(spec: &DeploymentSpec) -> i32 {
    if is_recreate(spec) { 0 } else { fenceposts(spec).0 }
}

// Models pkg/controller/deployment/util/deployment_util.go MaxUnavailable
/// How many of `replicas` Pods may be missing; 0 unless the Deployment rolls, and never more than `replicas`.
pub fn max_unavailable(spec: &DeploymentSpec) -> i32 {
    let replicas = spec.replicas.unwrap_or(1);
    if is_recreate(spec) || replicas == 0 { 0 } else { fenceposts(spec).1.min(replicas) }
}

// Models pkg/controller/deployment/util/deployment_util.go ResolveFenceposts
/// maxSurge rounded up and maxUnavailable rounded down, 25 % each unless given; both 0 would allow nothing, so
/// maxUnavailable is then 1.
fn fenceposts(spec: &DeploymentSpec) -> (i32, i32) {
    let rolling = spec.strategy.as_ref().and_then(|strategy| strategy.rolling_update.as_ref());
    let replicas = spec.replicas.unwrap_or(1);
    let quarter = IntOrString::String("25%".to_owned());
    let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref()).unwrap_or(&quarter);
    let unavailable = rolling.and_then(|rolling| rolling.max_unavailable.as_ref()).unwrap_or(&quarter);
    match (scaled(surge, replicas, true), scaled(unavailable, replicas, false)) {
        (0, 0) => (0, 1),
        both => both,
    }
}

// Models k8s.io/apimachinery/pkg/util/intstr/intstr.go GetScaledValueFromIntOrPercent
/// The number itself, or that many percent of `total`. Text that is no percentage counts as 0.
pub fn scaled(value: &IntOrString, total: i32, round_up: bool) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => {
            let percent: i64 =
                text.strip_suffix('%').and_then(|text| text.parse::<i32>().ok()).unwrap_or(0).into();
            let hundredths = percent * i64::from(total);
            let rounded =
                if round_up { (hundredths + 99).div_euclid(100) } else { hundredths.div_euclid(100) };
            i32::try_from(rounded).unwrap_or(i32::MAX)
        }
    }
}
