//! The kubelet: starts Pods that are bound to its node, reports their status, and ends those that are deleted.

mod address;
mod status;
#[cfg(test)]
mod tests;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::{Event, Outcome, node, pod};
use crate::api::{ObjectKey, Time};
use crate::store::Store;

/// The kubelet's name in events.
pub const COMPONENT: &str = "kubelet";

/// How long a process takes to end after it was told to, in milliseconds, if its grace period is not shorter.
pub const SHUTDOWN_TIME: u64 = 2_000;

/// The annotation by which people make a Pod unready (`"false"`) or ready (`"true"`), as its readiness probe would.
pub const READY_ANNOTATION: &str = "playground.endpoint/ready";

// Models pkg/kubelet/kubelet.go SyncPod and SyncTerminatingPod
/// Looks after one Pod:
/// 1. without a node, on a node that is not there or that lost its kubelet, nothing happens;
/// 2. one that is being deleted runs until [`SHUTDOWN_TIME`] or its grace period is over, then it is removed;
/// 3. one that has ended stays as it is;
/// 4. one that has not started yet gets addresses and starts;
/// 5. for one that runs, what the status lacks is filled in, and readiness is brought up to date. What the status
///    of an imported Pod says stays.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(pod) = store.find::<Pod>(&key.namespace, &key.name) else { return outcome };
    let Some(node) = store.find::<Node>("", pod::node_name(pod)) else { return outcome };
    if !node::is_reachable(node) {
        return outcome;
    }
    if pod.metadata.deletion_timestamp.is_some() {
        let imported = store.get(key).and_then(|object| object.document.as_ref());
        let was_terminating =
            imported.is_some_and(|document| !document["metadata"]["deletionTimestamp"].is_null());
        if !was_terminating {
            terminate(pod, key, now, &mut outcome);
        }
        return outcome;
    }
    if pod::is_finished(pod) {
        return outcome;
    }
    let mut status = pod.status.clone().unwrap_or_default();
    if status::waits_to_start(&status) {
        let Some(addresses) = address::addresses_for(store, pod, node) else {
            if status::wait_for_address(&mut status, now) {
                let words = "Failed to create pod sandbox: no IP addresses available in range set";
                outcome.events.push(Event::warning("FailedCreatePodSandBox", words));
                outcome.update_status::<Pod>(Pod { status: Some(status), ..(**pod).clone() });
            }
            return outcome;
        };
        status::start(&mut status, pod, addresses, now);
        outcome.events.extend(start_events(pod));
    } else if status.phase.as_deref() == Some("Running") {
        status::fill(&mut status, pod, || address::addresses_for(store, pod, node), now);
    }
    if status.host_ip.is_none() {
        status::set_host_ips(&mut status, node);
    }
    if status.phase.as_deref() == Some("Running") {
        let requeue = |at| outcome.requeue_at = Some(at);
        let event = status::update_readiness(&mut status, pod, node::is_ready(node), now, requeue);
        outcome.events.extend(event);
    }
    if pod.status.as_ref() != Some(&status) {
        let mut updated = (**pod).clone();
        updated.status = Some(status);
        outcome.update_status::<Pod>(updated);
    }
    outcome
}

/// What the kubelet reports when it starts the containers.
fn start_events(pod: &Pod) -> impl Iterator<Item = Event> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.flat_map(|container| {
        let image = container.image.as_deref().unwrap_or_default();
        let pulled =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        [
            Event::normal("Pulled", pulled),
            Event::normal("Created", "Container created"),
            Event::normal("Started", "Container started"),
        ]
    })
}

/// Waits until the processes have ended, then has the Pod removed.
fn terminate(pod: &Pod, key: &ObjectKey, now: Time, outcome: &mut Outcome) {
    let metadata = &pod.metadata;
    let grace = metadata.deletion_grace_period_seconds.unwrap_or(0);
    let grace = u64::try_from(grace).unwrap_or(0).saturating_mul(1000);
    let Some(deadline) = metadata.deletion_timestamp.as_ref().map(Time::from_timestamp) else { return };
    let begun = Time(deadline.0.saturating_sub(grace));
    let ended = begun + grace.min(SHUTDOWN_TIME);
    if now >= ended {
        // With a grace period of 0 only finalizers hold the object: there is nothing left to ask for.
        if grace > 0 || metadata.finalizers.as_ref().is_none_or(Vec::is_empty) {
            outcome.delete(key.clone(), Some(0));
        }
        return;
    }
    outcome.requeue(ended);
    // The deletion raised the generation; what the kubelet has seen, it does not report again.
    let seen = pod.status.as_ref().and_then(|status| status.observed_generation);
    if metadata.generation.is_some() && seen < metadata.generation {
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        outcome.events.extend(
            containers
                .map(|container| Event::normal("Killing", format!("Stopping container {}", container.name))),
        );
        let mut updated = pod.clone();
        updated.status.get_or_insert_default().observed_generation = metadata.generation;
        outcome.update_status::<Pod>(updated);
    }
}
