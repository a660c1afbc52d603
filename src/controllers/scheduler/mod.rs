//! The scheduler: gives a Pod its node.

pub(super) mod affinity;
mod filter;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, PodCondition};

use super::pod::{self, controller_of};
use super::{Event, Outcome, Write, node};
use crate::api::{Live, ObjectKey, Time};
use crate::store::Store;

/// The scheduler's name in events, and in `spec.schedulerName`.
pub const COMPONENT: &str = "default-scheduler";

/// Words in the message of an imported Pod that could not be scheduled for a reason that is not simulated. Such a
/// Pod stays as it was.
const NOT_SIMULATED: [&str; 3] = ["Insufficient ", "PersistentVolume", "volume"];

// Models pkg/scheduler/schedule_one.go ScheduleOne
/// Binds a Pod to a node: of those that pass the filters the one with the fewest Pods of the same controller (or,
/// without one, of the same labels), then the one with the fewest Pods, then the first by name. With no node that
/// passes, the condition PodScheduled says why, node by node. A gated Pod waits; a Pod of another scheduler is left
/// alone.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(pod) = store.find::<Pod>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &pod.spec else { return outcome };
    let is_ours = spec.scheduler_name.as_deref().is_none_or(|name| name.is_empty() || name == COMPONENT);
    if !is_ours || !pod::node_name(pod).is_empty() || !pod::is_active(pod) || waits_for_other_reasons(pod) {
        return outcome;
    }
    if spec.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty()) {
        let words = "Scheduling is blocked due to non-empty scheduling gates";
        refuse(pod, "SchedulingGated", words.to_owned(), now, &mut outcome);
        return outcome;
    }
    let mut reasons: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut fitting: Vec<&Arc<Node>> = Vec::new();
    let mut total = 0_usize;
    let filters = filter::Filters::new(store, pod, spec);
    for node in store.list::<Node>() {
        total += 1;
        match filters.refusal(node) {
            None => fitting.push(node),
            Some(reason) => *reasons.entry(reason).or_default() += 1,
        }
    }
    let siblings = siblings_by_node(store, pod);
    let load = |node: &Node| {
        let name = node::name(node);
        (siblings.get(name).copied().unwrap_or(0), store.count_on_node(name))
    };
    match fitting.into_iter().min_by_key(|node| load(node)) {
        Some(node) => bind(pod, node::name(node), now, &mut outcome),
        None => {
            let words = no_fit(total, &reasons);
            if refuse(pod, "Unschedulable", words.clone(), now, &mut outcome) {
                outcome.events.push(Event::warning("FailedScheduling", words));
            }
        }
    }
    outcome
}

/// Whether another scheduler, in the cluster that the Pod comes from, refused it for what is not simulated.
fn waits_for_other_reasons(pod: &Pod) -> bool {
    let scheduled = pod::condition(pod, "PodScheduled").filter(|scheduled| scheduled.status == "False");
    let message = scheduled.and_then(|scheduled| scheduled.message.as_deref()).unwrap_or_default();
    NOT_SIMULATED.iter().any(|words| message.contains(words))
}

/// How many active Pods like this one each node has.
fn siblings_by_node(store: &Store, pod: &Pod) -> BTreeMap<String, usize> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let siblings: Vec<Arc<Pod>> = match controller_of(&pod.metadata) {
        Some(controller) => {
            store.owned_by(&controller.uid).filter_map(|object| object.get::<Pod>()).cloned().collect()
        }
        None => pod
            .metadata
            .labels
            .as_ref()
            .map(|labels| store.pods_matching(namespace, labels))
            .unwrap_or_default(),
    };
    let mut counts = BTreeMap::new();
    for sibling in siblings.iter().filter(|sibling| pod::is_active(sibling)) {
        *counts.entry(pod::node_name(sibling).to_owned()).or_default() += 1;
    }
    counts
}

// Models pkg/scheduler/framework/types.go FitError.Error
/// `0/3 nodes are available: 1 node(s) were unschedulable, ...`, the reasons sorted as text.
fn no_fit(total: usize, reasons: &BTreeMap<&'static str, usize>) -> String {
    if total == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut parts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    format!(
        "0/{total} nodes are available: {}. no new claims to deallocate, preemption: 0/{total} nodes are \
         available: {total} Preemption is not helpful for scheduling.",
        parts.join(", ")
    )
}

fn bind(pod: &Pod, node: &str, now: Time, outcome: &mut Outcome) {
    let mut bound = pod.clone();
    if let Some(spec) = &mut bound.spec {
        spec.node_name = Some(node.to_owned());
    }
    set_scheduled(&mut bound, "True", None, None, now);
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let words = format!("Successfully assigned {namespace}/{} to {node}", pod::name(pod));
    outcome.writes.push(Write::Subresource(Live::Pod(Arc::new(bound))));
    outcome.events.push(Event::normal("Scheduled", words));
}

/// Writes why the Pod has no node; whether that was news.
fn refuse(pod: &Pod, reason: &str, message: String, now: Time, outcome: &mut Outcome) -> bool {
    let mut refused = pod.clone();
    set_scheduled(&mut refused, "False", Some(reason.to_owned()), Some(message), now);
    let is_news = refused.status != pod.status;
    if is_news {
        outcome.update_status::<Pod>(refused);
    }
    is_news
}

fn set_scheduled(pod: &mut Pod, value: &str, reason: Option<String>, message: Option<String>, now: Time) {
    let generation = pod.metadata.generation;
    let status = pod.status.get_or_insert_default();
    status.phase.get_or_insert_with(|| "Pending".to_owned());
    let conditions = status.conditions.get_or_insert_default();
    let old = conditions.iter().position(|condition| condition.type_ == "PodScheduled");
    let since = old
        .and_then(|place| conditions.get(place))
        .filter(|condition| condition.status == value)
        .and_then(|condition| condition.last_transition_time.clone());
    let condition = PodCondition {
        type_: "PodScheduled".to_owned(),
        status: value.to_owned(),
        reason,
        message,
        last_transition_time: Some(since.unwrap_or_else(|| now.to_timestamp())),
        observed_generation: generation,
        ..PodCondition::default()
    };
    match old.and_then(|place| conditions.get_mut(place)) {
        Some(old) => *old = condition,
        None => conditions.push(condition),
    }
}
