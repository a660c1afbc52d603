//! Scaling of a Deployment's ReplicaSets.

use super::super::Event;
use super::Sync;
use super::replica_sets::{DESIRED_REPLICAS, MAX_REPLICAS, Set, set_replicas_annotations};
use super::strategy::{is_recreate, max_surge};

/// One of the ReplicaSets of a [`Sync`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    /// The new one.
    New,
    /// The old one at this place, counted from the oldest.
    Old(usize),
}

impl Sync<'_> {
    // Models pkg/controller/deployment/sync.go isScalingEvent
    /// Whether `replicas` changed since the ReplicaSets were last scaled.
    pub(super) fn is_scaling(&self) -> bool {
        let active = self.all().filter(|set| set.replicas() > 0);
        let mut desired = active.filter_map(|set| set.number(DESIRED_REPLICAS));
        desired.any(|desired| desired != i64::from(self.replicas()))
    }

    // Models pkg/controller/deployment/sync.go scale
    /// Fits the ReplicaSets to `replicas`:
    /// 1. if one alone is active, or none, that one (or the newest) gets all;
    /// 2. if the new one has all its Pods available, the old ones go to 0;
    /// 3. else, when the Deployment rolls, each gets its share, and the first what is left over.
    pub(super) fn scale(&mut self) {
        let replicas = self.replicas();
        let active: Vec<Which> = self.active();
        if active.len() <= 1 {
            let newest = || match (&self.new, self.old.len()) {
                (Some(_), _) => Some(Which::New),
                (None, 0) => None,
                (None, old) => Some(Which::Old(old - 1)),
            };
            if let Some(which) = active.first().copied().or_else(newest) {
                self.resize(which, replicas);
            }
            return;
        }
        if self.is_saturated() {
            for which in active.into_iter().filter(|which| *which != Which::New) {
                self.resize(which, 0);
            }
            return;
        }
        if is_recreate(self.spec) {
            return;
        }
        let allowed = if replicas > 0 { replicas + max_surge(self.spec) } else { 0 };
        let to_add = allowed - self.wanted_total();
        let order = self.by_size(active, to_add > 0);
        let mut added = 0;
        let mut sizes: Vec<i32> = Vec::new();
        for which in &order {
            let Some(set) = self.set(*which) else { continue };
            let share = if to_add == 0 { 0 } else { self.proportion(set, to_add, added) };
            added += share;
            sizes.push(set.replicas() + share);
        }
        if let Some(first) = sizes.first_mut()
            && to_add != 0
        {
            *first = (*first + to_add - added).max(0);
        }
        for (which, size) in order.into_iter().zip(sizes) {
            self.resize_with_annotations(which, size);
        }
    }

    /// The ReplicaSets that want Pods.
    fn active(&self) -> Vec<Which> {
        let old = self.old.iter().enumerate().filter(|(_, set)| set.replicas() > 0);
        let new = self.new.as_ref().filter(|set| set.replicas() > 0);
        old.map(|(place, _)| Which::Old(place)).chain(new.map(|_| Which::New)).collect()
    }

    fn set(&self, which: Which) -> Option<&Set> {
        match which {
            Which::New => self.new.as_ref(),
            Which::Old(place) => self.old.get(place),
        }
    }

    // Models pkg/controller/deployment/util/deployment_util.go IsSaturated
    /// Whether the new ReplicaSet wants all Pods and all are available.
    fn is_saturated(&self) -> bool {
        let Some(set) = &self.new else { return false };
        let wanted = self.replicas();
        set.number(DESIRED_REPLICAS) == Some(i64::from(wanted))
            && set.replicas() == wanted
            && set.available() == wanted
    }

    /// The largest first; equal ones newest first when Pods are to be added, else oldest first.
    fn by_size(&self, mut sets: Vec<Which>, newest_first: bool) -> Vec<Which> {
        sets.sort_by(|a, b| {
            let (Some(a), Some(b)) = (self.set(*a), self.set(*b)) else { return std::cmp::Ordering::Equal };
            let age =
                |set: &Set| (set.live.metadata.creation_timestamp.clone(), set.live.metadata.name.clone());
            let by_age = if newest_first { age(b).cmp(&age(a)) } else { age(a).cmp(&age(b)) };
            b.replicas().cmp(&a.replicas()).then(by_age)
        });
        sets
    }

    // Models pkg/controller/deployment/util/deployment_util.go GetReplicaSetProportion
    /// The share of this ReplicaSet in what is to be added (or, when negative, taken away), at most what is left.
    fn proportion(&self, set: &Set, to_add: i32, added: i32) -> i32 {
        if set.replicas() == 0 || to_add == added {
            return 0;
        }
        let fraction = self.fraction(set);
        let left = to_add - added;
        if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
    }

    // Models pkg/controller/deployment/util/deployment_util.go getReplicaSetFraction
    fn fraction(&self, set: &Set) -> i32 {
        if self.replicas() == 0 {
            return -set.replicas();
        }
        let counted = || self.deployment.status.as_ref().and_then(|status| status.replicas).map(i64::from);
        let before = set.number(MAX_REPLICAS).filter(|max| *max != 0).or_else(counted).unwrap_or(0);
        if before <= 0 {
            return 0;
        }
        let now = i64::from(self.replicas() + max_surge(self.spec));
        let size = i64::from(set.replicas()).saturating_mul(now);
        // Rounded to the nearest, halves up: sizes are never negative.
        let rounded = (size.saturating_mul(2) + before) / (before.saturating_mul(2));
        i32::try_from(rounded).unwrap_or(i32::MAX) - set.replicas()
    }

    // Models pkg/controller/deployment/sync.go scaleReplicaSetAndRecordEvent
    /// Gives the ReplicaSet this size and reports it; whether that made a difference.
    pub(super) fn resize(&mut self, which: Which, size: i32) -> bool {
        self.set(which).is_some_and(|set| set.replicas() != size) && self.resize_with_annotations(which, size)
    }

    fn resize_with_annotations(&mut self, which: Which, size: i32) -> bool {
        let (desired, max) = (self.replicas(), self.replicas() + max_surge(self.spec));
        let set = match which {
            Which::New => self.new.as_mut(),
            Which::Old(place) => self.old.get_mut(place),
        };
        let Some(set) = set else { return false };
        let before = set.replicas();
        set.change(|set| {
            set_replicas_annotations(&mut set.metadata, desired, max);
            if let Some(spec) = &mut set.spec {
                spec.replicas = Some(size);
            }
        });
        if before == size {
            return false;
        }
        let way = if before < size { "up" } else { "down" };
        let words = format!("Scaled {way} replica set {} from {before} to {size}", set.name());
        self.outcome.events.push(Event::normal("ScalingReplicaSet", words));
        true
    }
}
