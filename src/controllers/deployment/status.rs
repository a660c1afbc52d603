//! The status of a Deployment.

use k8s_openapi::api::apps::v1::DeploymentStatus;

use super::super::pod_control::unless_zero;
use super::Sync;
use super::condition::{self, AVAILABLE, PROGRESSING, remove_condition, set_condition};
use super::replica_sets::Set;
use super::strategy::max_unavailable;
use crate::api::Time;

// Models pkg/controller/deployment/util/deployment_util.go DeploymentComplete
/// Whether all Pods are of the new template and available, and no others are left.
pub(super) fn is_complete(status: &DeploymentStatus, replicas: i32, generation: Option<i64>) -> bool {
    status.updated_replicas.unwrap_or(0) == replicas
        && status.replicas.unwrap_or(0) == replicas
        && status.available_replicas.unwrap_or(0) == replicas
        && status.observed_generation >= generation
}

impl Sync<'_> {
    // Models pkg/controller/deployment/sync.go calculateStatus
    fn calculate_status(&self) -> DeploymentStatus {
        let old = self.deployment.status.clone().unwrap_or_default();
        let sum = |count: &dyn Fn(&Set) -> i32| -> i32 { self.all().map(count).sum() };
        let available = sum(&Set::available);
        let mut status = DeploymentStatus {
            observed_generation: self.owner.metadata.generation,
            replicas: unless_zero(sum(&|set| set.status().replicas)),
            updated_replicas: unless_zero(self.new.as_ref().map_or(0, |set| set.status().replicas)),
            ready_replicas: unless_zero(sum(&|set| set.status().ready_replicas.unwrap_or(0))),
            available_replicas: unless_zero(available),
            unavailable_replicas: unless_zero((self.wanted_total() - available).max(0)),
            terminating_replicas: Some(sum(&|set| set.status().terminating_replicas.unwrap_or(0))),
            collision_count: old.collision_count,
            conditions: old.conditions,
        };
        let (value, reason, words) = if available >= self.replicas() - max_unavailable(self.spec) {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        set_condition(&mut status, AVAILABLE, value, reason, words.to_owned(), self.now);
        status
    }

    // Models pkg/controller/deployment/sync.go syncDeploymentStatus
    /// Writes the counts and the condition Available.
    pub(super) fn sync_status(&mut self) {
        self.deployment.status = Some(self.calculate_status());
    }

    // Models pkg/controller/deployment/progress.go syncRolloutStatus
    /// Writes the counts, the condition Available and, where there is a deadline, the condition Progressing:
    /// complete, on its way, or too long without progress.
    pub(super) fn sync_rollout_status(&mut self) {
        let old = self.deployment.status.clone().unwrap_or_default();
        let mut status = self.calculate_status();
        let deadline = self.spec.progress_deadline_seconds.filter(|deadline| *deadline != i32::MAX);
        let Some(deadline) = deadline else {
            remove_condition(&mut status, PROGRESSING, |_| ());
            self.deployment.status = Some(status);
            return;
        };
        let name = self.new.as_ref().map_or_else(
            || format!("Deployment \"{}\"", self.owner.name()),
            |set| format!("ReplicaSet \"{}\"", set.name()),
        );
        let current = condition::find(&old, PROGRESSING).cloned();
        let was_complete = status.replicas.unwrap_or(0) == status.updated_replicas.unwrap_or(0)
            && current.as_ref().and_then(|current| current.reason.as_deref())
                == Some("NewReplicaSetAvailable");
        if !was_complete {
            if is_complete(&status, self.replicas(), self.owner.metadata.generation) {
                let words = format!("{name} has successfully progressed.");
                set_condition(&mut status, PROGRESSING, "True", "NewReplicaSetAvailable", words, self.now);
            } else if progressed(&old, &status) {
                let words = format!("{name} is progressing.");
                let transition = current
                    .filter(|current| current.status == "True")
                    .and_then(|current| current.last_transition_time);
                // Taken out first, so that the update time moves although status and reason stay.
                remove_condition(&mut status, PROGRESSING, |status| {
                    set_condition(status, PROGRESSING, "True", "ReplicaSetUpdated", words, self.now);
                    let conditions = status.conditions.iter_mut().flatten();
                    if let (Some(condition), Some(_)) = (conditions.last(), &transition) {
                        condition.last_transition_time = transition;
                    }
                });
            } else if self.is_timed_out(&status, deadline) {
                let words = format!("{name} has timed out progressing.");
                set_condition(&mut status, PROGRESSING, "False", "ProgressDeadlineExceeded", words, self.now);
            }
        }
        if let Some(at) = deadline_of(&status, deadline).filter(|at| *at > self.now) {
            self.outcome.requeue(at);
        }
        self.deployment.status = Some(status);
    }

    // Models pkg/controller/deployment/util/deployment_util.go DeploymentTimedOut
    fn is_timed_out(&self, status: &DeploymentStatus, deadline: i32) -> bool {
        let reason = condition::find(status, PROGRESSING).and_then(|current| current.reason.as_deref());
        reason == Some("ProgressDeadlineExceeded")
            || deadline_of(status, deadline).is_some_and(|at| at <= self.now)
    }
}

/// When a rollout that shows no progress from now on has taken too long; `None` when it is over.
fn deadline_of(status: &DeploymentStatus, deadline: i32) -> Option<Time> {
    let current = condition::find(status, PROGRESSING)?;
    if matches!(current.reason.as_deref(), Some("NewReplicaSetAvailable" | "ProgressDeadlineExceeded")) {
        return None;
    }
    let since = Time::from_timestamp(current.last_update_time.as_ref()?);
    // One second more, as the real controller waits: timestamps hold whole seconds.
    Some(since + (u64::try_from(deadline).unwrap_or(0) + 1) * 1000)
}

// Models pkg/controller/deployment/util/deployment_util.go DeploymentProgressing
/// Whether there are more new Pods, fewer old ones, more ready or more available ones.
fn progressed(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    let count = |count: Option<i32>| count.unwrap_or(0);
    let old_pods = |status: &DeploymentStatus| count(status.replicas) - count(status.updated_replicas);
    count(new.updated_replicas) > count(old.updated_replicas)
        || old_pods(new) < old_pods(old)
        || count(new.ready_replicas) > count(old.ready_replicas)
        || count(new.available_replicas) > count(old.available_replicas)
}
