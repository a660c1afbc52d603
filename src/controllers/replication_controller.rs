//! The ReplicationController controller: the ReplicaSet controller behind an older API.

use k8s_openapi::api::core::v1::{ReplicationController, ReplicationControllerStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::Outcome;
use super::pod_control::{Owner, unless_zero};
use super::replica_set::{Wanted, sync};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "replication-controller";

// Models pkg/controller/replication/conversion.go: the same core with a plain map as the selector
/// As [`super::replica_set::reconcile`]. A selector that is absent is that of the template's labels.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = store.find::<ReplicationController>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &set.spec else { return outcome };
    let template_labels = || spec.template.as_ref()?.metadata.as_ref()?.labels.clone();
    let pairs = spec.selector.clone().filter(|pairs| !pairs.is_empty()).or_else(template_labels);
    // An empty map would match every Pod of the namespace; validation refuses it, an import may still hold it.
    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { return outcome };
    let selector = LabelSelector { match_labels: Some(pairs), match_expressions: None };
    let Some(owner) = Owner::new(Kind::ReplicationController, &set.metadata, &selector) else {
        return outcome;
    };
    let wanted = Wanted {
        replicas: spec.replicas.unwrap_or(1),
        min_ready_seconds: spec.min_ready_seconds.unwrap_or(0),
        template: spec.template.as_ref(),
    };
    let related = || {
        let mut pods = owner.candidates(store);
        pods.retain(|pod| owner.selector.matches(&pod.metadata.labels));
        pods
    };
    let counts = sync(store, &owner, &wanted, related, now, &mut outcome);
    let old = set.status.clone().unwrap_or_default();
    let status = ReplicationControllerStatus {
        replicas: counts.replicas,
        fully_labeled_replicas: unless_zero(counts.fully_labeled),
        ready_replicas: unless_zero(counts.ready),
        available_replicas: unless_zero(counts.available),
        observed_generation: set.metadata.generation,
        conditions: old.conditions.clone(),
    };
    if status != old {
        let mut updated = (**set).clone();
        updated.status = Some(status);
        outcome.update_status::<ReplicationController>(updated);
    }
    outcome
}
