//! The ReplicaSet controller: as many Pods of the template as wanted. ReplicationControllers share its core.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetStatus};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time as Timestamp;

use super::pod::{self, controller_of};
use super::pod_control::{Owner, unless_zero};
use super::{Event, Outcome};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "replicaset-controller";

/// The most Pods that one look creates or deletes.
const BURST_REPLICAS: usize = 500;

/// The annotation that says how much the deletion of a Pod costs; the cheapest goes first.
const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

// Models pkg/controller/replicaset/replica_set.go syncReplicaSet
/// Adopts and releases Pods, creates what is missing, deletes what is too much (see [`pods_to_delete`]) and writes
/// the counts into the status.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = store.find::<ReplicaSet>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &set.spec else { return outcome };
    let Some(owner) = Owner::new(Kind::ReplicaSet, &set.metadata, &spec.selector) else { return outcome };
    let wanted = Wanted {
        replicas: spec.replicas.unwrap_or(1),
        min_ready_seconds: spec.min_ready_seconds.unwrap_or(0),
        template: spec.template.as_ref(),
    };
    let counts = sync(store, &owner, &wanted, || related_pods(store, set), now, &mut outcome);
    let old = set.status.clone().unwrap_or_default();
    let status = ReplicaSetStatus {
        replicas: counts.replicas,
        fully_labeled_replicas: unless_zero(counts.fully_labeled),
        ready_replicas: unless_zero(counts.ready),
        available_replicas: unless_zero(counts.available),
        // Kept at 0 too: only its absence says that nobody counts.
        terminating_replicas: Some(counts.terminating),
        observed_generation: set.metadata.generation,
        conditions: old.conditions.clone(),
    };
    if status != old {
        let mut updated = (**set).clone();
        updated.status = Some(status);
        outcome.update_status::<ReplicaSet>(updated);
    }
    outcome
}

/// What the owner's spec asks for.
pub(super) struct Wanted<'a> {
    /// The number of Pods.
    pub replicas: i32,
    /// For how long a Pod must be ready before it counts as available.
    pub min_ready_seconds: i32,
    /// What the Pods look like.
    pub template: Option<&'a PodTemplateSpec>,
}

/// The numbers of the status.
pub(super) struct Counts {
    pub replicas: i32,
    pub fully_labeled: i32,
    pub ready: i32,
    pub available: i32,
    pub terminating: i32,
}

/// The core of both kinds: claims, then creates or deletes, then counts what was there before. `related` gives the
/// Pods beside which the owner's Pods are too many on one node.
pub(super) fn sync(
    store: &Store,
    owner: &Owner<'_>,
    wanted: &Wanted<'_>,
    related: impl FnOnce() -> Vec<Arc<Pod>>,
    now: Time,
    outcome: &mut Outcome,
) -> Counts {
    let (active, inactive): (Vec<_>, Vec<_>) =
        owner.candidates(store).into_iter().partition(|pod| pod::is_active(pod));
    let terminating = inactive.iter().filter(|pod| {
        pod::is_terminating(pod)
            && controller_of(&pod.metadata).is_some_and(|controller| controller.uid == owner.uid())
    });
    let terminating = count(terminating.count());
    let pods = owner.claim(active, outcome, |_| true);
    if owner.metadata.deletion_timestamp.is_none() {
        manage(owner, wanted, &pods, related, now, outcome);
    }
    let no_labels = BTreeMap::new();
    let template_labels = wanted
        .template
        .and_then(|template| template.metadata.as_ref()?.labels.as_ref())
        .unwrap_or(&no_labels);
    let is_fully_labeled = |pod: &&Arc<Pod>| {
        let labels = pod.metadata.labels.as_ref().unwrap_or(&no_labels);
        template_labels.iter().all(|(name, value)| labels.get(name) == Some(value))
    };
    let is_available = |pod: &&Arc<Pod>| pod::is_available(pod, wanted.min_ready_seconds, now);
    for pod in pods.iter().filter(|pod| pod::is_ready(pod) && !is_available(pod)) {
        if let Some(at) = pod::available_at(pod, wanted.min_ready_seconds) {
            outcome.requeue(at);
        }
    }
    Counts {
        replicas: count(pods.len()),
        fully_labeled: count(pods.iter().filter(is_fully_labeled).count()),
        ready: count(pods.iter().filter(|pod| pod::is_ready(pod)).count()),
        available: count(pods.iter().filter(is_available).count()),
        terminating,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

// Models pkg/controller/replicaset/replica_set.go manageReplicas
fn manage(
    owner: &Owner<'_>,
    wanted: &Wanted<'_>,
    pods: &[Arc<Pod>],
    related: impl FnOnce() -> Vec<Arc<Pod>>,
    now: Time,
    outcome: &mut Outcome,
) {
    let replicas = usize::try_from(wanted.replicas).unwrap_or(0);
    if let Some(missing) = replicas.checked_sub(pods.len()).filter(|missing| *missing > 0) {
        let Some(template) = wanted.template else { return };
        for _ in 0..missing.min(BURST_REPLICAS) {
            let event = Event::normal("SuccessfulCreate", "Created pod: {name}");
            outcome.create(owner.new_pod(template), Some(event));
        }
    } else if pods.len() > replicas {
        let surplus = (pods.len() - replicas).min(BURST_REPLICAS);
        for pod in pods_to_delete(pods, &related(), surplus, now) {
            outcome.delete(pod::key(&pod), None);
            let message = format!("Deleted pod: {}", pod::name(&pod));
            outcome.events.push(Event::normal("SuccessfulDelete", message));
        }
    }
}

// Models pkg/controller/replicaset/replica_set.go getPodsToDelete and controller_utils.go ActivePodsWithRanks
/// The `surplus` Pods that go first. In this order, each rule only where those before do not decide:
/// 1. not scheduled before scheduled;
/// 2. phase Pending, then Unknown, then Running;
/// 3. not ready before ready;
/// 4. the lower `controller.kubernetes.io/pod-deletion-cost`;
/// 5. more active Pods of `related` on the same node;
/// 6. ready for a shorter time, where the times differ by their power of two; else by uid;
/// 7. more restarts of a container;
/// 8. created later, by powers of two as in 6.
pub fn pods_to_delete(pods: &[Arc<Pod>], related: &[Arc<Pod>], surplus: usize, now: Time) -> Vec<Arc<Pod>> {
    let mut on_node: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in related.iter().filter(|pod| pod::is_active(pod)) {
        *on_node.entry(pod::node_name(pod)).or_default() += 1;
    }
    let mut sorted = pods.to_vec();
    if surplus < sorted.len() {
        let rank = |pod: &Pod| on_node.get(pod::node_name(pod)).copied().unwrap_or(0);
        sorted.sort_by(|a, b| {
            let unscheduled = |pod: &Pod| pod::node_name(pod).is_empty();
            unscheduled(b)
                .cmp(&unscheduled(a))
                .then_with(|| phase_order(a).cmp(&phase_order(b)))
                .then_with(|| pod::is_ready(a).cmp(&pod::is_ready(b)))
                .then_with(|| deletion_cost(a).cmp(&deletion_cost(b)))
                .then_with(|| rank(b).cmp(&rank(a)))
                .then_with(|| by_age(a, b, pod::ready_time(a), pod::ready_time(b), now))
                .then_with(|| max_restarts(b).cmp(&max_restarts(a)))
                .then_with(|| {
                    let created = |pod: &'_ Pod| pod.metadata.creation_timestamp.clone();
                    by_age(a, b, created(a).as_ref(), created(b).as_ref(), now)
                })
        });
    }
    sorted.truncate(surplus);
    sorted
}

fn phase_order(pod: &Pod) -> u8 {
    match pod::phase(pod) {
        "Unknown" => 1,
        "Running" => 2,
        _ => 0,
    }
}

fn deletion_cost(pod: &Pod) -> i32 {
    let cost = pod.metadata.annotations.as_ref().and_then(|annotations| annotations.get(POD_DELETION_COST));
    cost.and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn max_restarts(pod: &Pod) -> i32 {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    statuses.map(|status| status.restart_count).max().unwrap_or(0)
}

/// The younger first; a moment that nobody told is the youngest. Equal powers of two go by uid.
fn by_age(a: &Pod, b: &Pod, time_a: Option<&Timestamp>, time_b: Option<&Timestamp>, now: Time) -> Ordering {
    match (time_a, time_b) {
        (Some(time_a), Some(time_b)) if time_a == time_b => Ordering::Equal,
        (Some(time_a), Some(time_b)) => {
            let age = |time| now.since(Time::from_timestamp(time)).saturating_mul(1_000_000).checked_ilog2();
            age(time_a).cmp(&age(time_b)).then_with(|| a.metadata.uid.cmp(&b.metadata.uid))
        }
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
    }
}

// Models pkg/controller/replicaset/replica_set.go getIndirectlyRelatedPods
/// The Pods that the selectors of all ReplicaSets of this one's controller match; without a controller, those that
/// its own selector matches.
fn related_pods(store: &Store, set: &Arc<ReplicaSet>) -> Vec<Arc<Pod>> {
    let sets: Vec<Arc<ReplicaSet>> = match controller_of(&set.metadata) {
        None => vec![set.clone()],
        Some(controller) => store
            .owned_by(&controller.uid)
            .filter_map(|object| object.get::<ReplicaSet>())
            .filter(|other| other.metadata.namespace == set.metadata.namespace)
            .cloned()
            .collect(),
    };
    let mut related: BTreeMap<ObjectKey, Arc<Pod>> = BTreeMap::new();
    for set in &sets {
        let Some(spec) = &set.spec else { continue };
        let Some(owner) = Owner::new(Kind::ReplicaSet, &set.metadata, &spec.selector) else { continue };
        for pod in owner.candidates(store) {
            if owner.selector.matches(&pod.metadata.labels) {
                related.insert(pod::key(&pod), pod);
            }
        }
    }
    related.into_values().collect()
}
