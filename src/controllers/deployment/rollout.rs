//! The two strategies: rolling update and recreate.

use super::Sync;
use super::replica_sets::Set;
use super::scale::Which;
use super::strategy::{is_recreate, max_surge, max_unavailable};
use super::{REVISION, status};
use crate::controllers::pod;

impl Sync<'_> {
    // Models pkg/controller/deployment/rolling.go rolloutRolling
    /// One step of a rolling update: the new ReplicaSet grows if it can; else the old ones shrink if they can; when
    /// all is done, ReplicaSets beyond the history limit go.
    pub(super) fn roll(&mut self) {
        self.find_new(true);
        if !self.grow_new() && !self.shrink_old() && self.is_complete() {
            self.clean_up();
        }
        self.sync_rollout_status();
    }

    // Models pkg/controller/deployment/recreate.go rolloutRecreate
    /// One step of a recreation: the old ReplicaSets go to 0; once none of their Pods is left, the new one gets all.
    pub(super) fn recreate(&mut self) {
        self.find_new(false);
        let mut scaled_down = false;
        for place in 0..self.old.len() {
            scaled_down |= self.resize(Which::Old(place), 0);
        }
        if !scaled_down && !self.old_pods_are_running() {
            if self.new.is_none() {
                self.find_new(true);
            }
            self.resize(Which::New, self.replicas());
            if self.is_complete() {
                self.clean_up();
            }
        }
        self.sync_rollout_status();
    }

    // Models pkg/controller/deployment/recreate.go oldPodsRunning
    /// Whether a Pod of an old ReplicaSet is still there, terminating ones included, ended ones not.
    fn old_pods_are_running(&self) -> bool {
        let is_running = |set: &Set| {
            let Some(uid) = &set.live.metadata.uid else { return false };
            let pods =
                self.store.owned_by(uid).filter_map(|object| object.get::<k8s_openapi::api::core::v1::Pod>());
            pods.into_iter().any(|pod| !pod::is_finished(pod))
        };
        self.old.iter().any(is_running)
    }

    fn is_complete(&self) -> bool {
        self.deployment.status.as_ref().is_some_and(|status| {
            status::is_complete(status, self.replicas(), self.owner.metadata.generation)
        })
    }

    // Models pkg/controller/deployment/util/deployment_util.go NewRSNewReplicas
    /// The size that the new ReplicaSet may have now, when it has `size`: all with Recreate; else as many as
    /// `replicas` and maxSurge leave beside the old Pods, and never less than it has.
    pub(super) fn new_replicas(&self, size: i32) -> i32 {
        let replicas = self.replicas();
        if is_recreate(self.spec) {
            return replicas;
        }
        let room = replicas + max_surge(self.spec) - self.wanted_total();
        if room <= 0 { size } else { size + room.min(replicas - size) }
    }

    // Models pkg/controller/deployment/rolling.go reconcileNewReplicaSet
    fn grow_new(&mut self) -> bool {
        let Some(size) = self.new.as_ref().map(Set::replicas) else { return false };
        let replicas = self.replicas();
        let size = match size.cmp(&replicas) {
            std::cmp::Ordering::Equal => return false,
            std::cmp::Ordering::Greater => replicas,
            std::cmp::Ordering::Less => self.new_replicas(size),
        };
        self.resize(Which::New, size)
    }

    // Models pkg/controller/deployment/rolling.go reconcileOldReplicaSets
    /// Takes Pods from the old ReplicaSets, oldest first: those that are not available as far as the new one's
    /// missing Pods allow, then available ones down to `replicas` less maxUnavailable.
    fn shrink_old(&mut self) -> bool {
        let Some(new) = &self.new else { return false };
        if self.old.iter().all(|set| set.replicas() == 0) {
            return false;
        }
        let min_available = self.replicas() - max_unavailable(self.spec);
        let most = self.wanted_total() - min_available - (new.replicas() - new.available());
        if most <= 0 {
            return false;
        }
        let mut cleaned = 0;
        for place in 0..self.old.len() {
            let Some(set) = self.old.get(place).filter(|set| set.replicas() > 0) else { continue };
            let unhealthy = (most - cleaned).min(set.replicas() - set.available());
            if unhealthy > 0 {
                let size = set.replicas() - unhealthy;
                self.resize(Which::Old(place), size);
                cleaned += unhealthy;
            }
        }
        let available: i32 = self.all().map(Set::available).sum();
        let mut left = available - min_available;
        let mut scaled_down = cleaned;
        for place in 0..self.old.len() {
            let Some(size) = self.old.get(place).map(Set::replicas).filter(|size| *size > 0) else {
                continue;
            };
            if left <= 0 {
                break;
            }
            let less = left.min(size);
            self.resize(Which::Old(place), size - less);
            left -= less;
            scaled_down += less;
        }
        scaled_down > 0
    }

    // Models pkg/controller/deployment/sync.go cleanupDeployment
    /// Deletes the old ReplicaSets with the lowest revisions beyond `revisionHistoryLimit`, if they have no Pods.
    pub(super) fn clean_up(&mut self) {
        let Some(limit) = self.spec.revision_history_limit.and_then(|limit| usize::try_from(limit).ok())
        else {
            return;
        };
        let is_alive = |set: &Set| set.live.metadata.deletion_timestamp.is_none();
        let mut alive: Vec<usize> = (0..self.old.len()).filter(|place| is_alive(&self.old[*place])).collect();
        alive.sort_by_key(|place| self.old[*place].number(REVISION).unwrap_or(0));
        let surplus = alive.len().saturating_sub(limit);
        for place in alive.into_iter().take(surplus) {
            let set = &mut self.old[place];
            let status = set.status();
            let is_seen = set.live.metadata.generation <= status.observed_generation;
            if status.replicas == 0 && set.replicas() == 0 && is_seen {
                set.delete();
            }
        }
    }
}
