//! The Deployment controller: one ReplicaSet for each Pod template, and the way from one to the next.

mod condition;
mod replica_sets;
mod rollout;
mod scale;
mod status;
mod strategy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, ReplicaSet};

use super::pod_control::Owner;
use super::{Event, Outcome, Write};
use crate::api::{Kind, Live, ObjectKey, Time};
use crate::store::Store;
use condition::{PROGRESSING, set_condition};
use replica_sets::Set;
pub(super) use strategy::scaled;

/// The controller's name in events.
pub const COMPONENT: &str = "deployment-controller";

/// The annotation with the number of the rollout, on Deployments and ReplicaSets.
pub const REVISION: &str = "deployment.kubernetes.io/revision";

// Models pkg/controller/deployment/deployment_controller.go syncDeployment
/// Takes the Deployment one step further:
/// 1. a selector of everything is only warned of;
/// 2. ReplicaSets are adopted and released;
/// 3. a Deployment that is being deleted only gets its status;
/// 4. a paused one, and one whose `replicas` changed, is scaled without a rollout;
/// 5. else its strategy acts: new Pods come and old ones go as far as it allows now.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(original) = store.find::<Deployment>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &original.spec else { return outcome };
    let Some(owner) = Owner::new(Kind::Deployment, &original.metadata, &spec.selector) else {
        return outcome;
    };
    if owner.selector.is_empty() {
        let words = "This deployment is selecting all pods. A non-empty selector is required.";
        outcome.events.push(Event::warning("SelectingAll", words));
        let mut status = original.status.clone().unwrap_or_default();
        if status.observed_generation != original.metadata.generation {
            status.observed_generation = original.metadata.generation;
            let updated = Deployment { status: Some(status), ..(**original).clone() };
            outcome.update_status::<Deployment>(updated);
            return outcome;
        }
        return Outcome::default();
    }
    let listed = store.list_in::<ReplicaSet>(&key.namespace).cloned().collect();
    let sets = owner.claim(listed, &mut outcome, |_| true);
    let mut sync = Sync {
        store,
        owner,
        spec,
        deployment: (**original).clone(),
        new: None,
        old: Vec::new(),
        now,
        outcome,
    };
    sync.sort_out(sets);
    if original.metadata.deletion_timestamp.is_some() {
        sync.find_new(false);
        sync.sync_status();
    } else {
        sync.check_paused();
        if spec.paused == Some(true) || sync.is_scaling() {
            sync.find_new(false);
            sync.scale();
            if spec.paused == Some(true) {
                sync.clean_up();
            }
            sync.sync_status();
        } else if strategy::is_recreate(spec) {
            sync.recreate();
        } else {
            sync.roll();
        }
    }
    sync.finish(original)
}

/// One look at one Deployment: copies that the steps change, written out at the end.
struct Sync<'a> {
    store: &'a Store,
    owner: Owner<'a>,
    spec: &'a DeploymentSpec,
    /// The Deployment with the metadata and the status that it is to have.
    deployment: Deployment,
    /// The ReplicaSet of the present template.
    new: Option<Set>,
    /// The other ReplicaSets, oldest first.
    old: Vec<Set>,
    now: Time,
    outcome: Outcome,
}

impl Sync<'_> {
    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// All ReplicaSets: the old ones, then the new one.
    fn all(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(&self.new)
    }

    /// The Pods that the ReplicaSets ask for.
    fn wanted_total(&self) -> i32 {
        self.all().map(Set::replicas).sum()
    }

    /// Writes out what the steps changed: ReplicaSets first, the Deployment last.
    fn finish(mut self, original: &Arc<Deployment>) -> Outcome {
        for set in self.old.into_iter().chain(self.new) {
            set.write(&mut self.outcome);
        }
        let deployment = Arc::new(self.deployment);
        if deployment.metadata != original.metadata {
            self.outcome.writes.push(Write::Subresource(Live::Deployment(deployment)));
        } else if deployment.status != original.status {
            self.outcome.update_status::<Deployment>(deployment);
        }
        self.outcome
    }

    // Models pkg/controller/deployment/sync.go checkPausedConditions
    fn check_paused(&mut self) {
        if self.spec.progress_deadline_seconds.is_none() {
            return;
        }
        let status = self.deployment.status.get_or_insert_default();
        let reason = condition::find(status, PROGRESSING).and_then(|found| found.reason.as_deref());
        if reason == Some("ProgressDeadlineExceeded") {
            return;
        }
        let was_paused = reason == Some("DeploymentPaused");
        let is_paused = self.spec.paused == Some(true);
        if is_paused && !was_paused {
            set_condition(
                status,
                PROGRESSING,
                "Unknown",
                "DeploymentPaused",
                "Deployment is paused".into(),
                self.now,
            );
        } else if !is_paused && was_paused {
            let words = "Deployment is resumed".into();
            set_condition(status, PROGRESSING, "Unknown", "DeploymentResumed", words, self.now);
        }
    }
}
