//! The DaemonSet controller: one Pod on each node that can take it.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetStatus};
use k8s_openapi::api::core::v1::{
    Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec, Toleration,
};

use super::deployment::scaled;
use super::pod_control::{Owner, unless_zero};
use super::revision::{CONTROLLER_REVISION_HASH, is_updated};
use super::scheduler::affinity;
use super::template::hash;
use super::{Event, Outcome, node, pod};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "daemonset-controller";

/// The taints that every daemon Pod tolerates: key and effect.
const TOLERATED: [(&str, &str); 6] = [
    (node::NOT_READY, "NoExecute"),
    (node::UNREACHABLE, "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    (node::UNSCHEDULABLE, "NoSchedule"),
];

// Models pkg/controller/daemon/daemon_controller.go syncDaemonSet
/// Takes the DaemonSet one step further: a Pod is created on each node that should have one, surplus and ended Pods
/// are deleted, then Pods of an old template as far as maxUnavailable allows (maxSurge is not simulated).
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = store.find::<DaemonSet>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &set.spec else { return outcome };
    let Some(owner) = Owner::new(Kind::DaemonSet, &set.metadata, &spec.selector) else { return outcome };
    // A selector of everything would claim every Pod.
    if owner.selector.is_empty() {
        return outcome;
    }
    let pods = owner.claim(owner.candidates(store), &mut outcome, |_| true);
    let mut by_node: BTreeMap<String, Vec<Arc<Pod>>> = BTreeMap::new();
    for pod in pods {
        by_node.entry(target_node(&pod).to_owned()).or_default().push(pod);
    }
    for pods in by_node.values_mut() {
        pods.sort_by(|a, b| age(a).cmp(&age(b)));
    }
    let old = set.status.clone().unwrap_or_default();
    let revision = hash(&spec.template, old.collision_count.filter(|count| *count > 0));
    let nodes = store.list::<Node>().map(|node| {
        let (should_run, may_stay) = fate(spec, node);
        (node::name(node), should_run, may_stay)
    });
    let nodes = nodes.collect();
    let mut sync = Sync { store, spec, owner, revision, nodes, by_node, now, outcome };
    if set.metadata.deletion_timestamp.is_none() && !sync.manage() {
        sync.replace_old();
    }
    let status = sync.status(&old, set.metadata.generation);
    let mut outcome = sync.outcome;
    if set.status.as_ref() != Some(&status) {
        outcome.update_status::<DaemonSet>(DaemonSet { status: Some(status), ..(**set).clone() });
    }
    outcome
}

/// The node of a daemon Pod, scheduled or not.
fn target_node(pod: &Pod) -> &str {
    let bound = pod::node_name(pod);
    if !bound.is_empty() {
        return bound;
    }
    let terms = pod
        .spec
        .as_ref()
        .and_then(|spec| spec.affinity.as_ref()?.node_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    let fields = terms
        .iter()
        .flat_map(|terms| &terms.node_selector_terms)
        .flat_map(|term| term.match_fields.iter().flatten());
    let mut names = fields.filter(|field| field.key == "metadata.name");
    names.find_map(|field| field.values.as_ref()?.first()).map_or("", String::as_str)
}

fn age(pod: &Pod) -> impl Ord + '_ {
    (&pod.metadata.creation_timestamp, &pod.metadata.name)
}

/// The template's spec with the tolerations of every daemon Pod.
fn tolerating(spec: &DaemonSetSpec) -> PodSpec {
    let mut pod = spec.template.spec.clone().unwrap_or_default();
    let tolerations = pod.tolerations.get_or_insert_default();
    let network = ("node.kubernetes.io/network-unavailable", "NoSchedule");
    let host_network = pod.host_network == Some(true);
    for (key, effect) in TOLERATED.into_iter().chain(host_network.then_some(network)) {
        let is_it = |toleration: &Toleration| {
            toleration.key.as_deref() == Some(key) && toleration.effect.as_deref() == Some(effect)
        };
        if !tolerations.iter().any(is_it) {
            tolerations.push(Toleration {
                key: Some(key.to_owned()),
                operator: Some("Exists".to_owned()),
                effect: Some(effect.to_owned()),
                ..Toleration::default()
            });
        }
    }
    pod
}

// Models pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod
/// Whether a Pod should run on the node, and whether one that runs there may stay: taints that only forbid new Pods
/// let it.
fn fate(spec: &DaemonSetSpec, node: &Node) -> (bool, bool) {
    let pod = tolerating(spec);
    let named = pod.node_name.as_deref().unwrap_or_default();
    if !(named.is_empty() || named == node::name(node)) || !affinity::matches(&pod, node) {
        return (false, false);
    }
    let tolerations = pod.tolerations.as_deref().unwrap_or_default();
    let is_untolerated = |effect: &str| {
        node::taints(node)
            .iter()
            .any(|taint| taint.effect == effect && !node::is_tolerated(taint, tolerations))
    };
    let evicted = is_untolerated("NoExecute");
    (!evicted && !is_untolerated("NoSchedule"), !evicted)
}

/// One look at one DaemonSet.
struct Sync<'a> {
    store: &'a Store,
    spec: &'a DaemonSetSpec,
    owner: Owner<'a>,
    /// The hash of the present template.
    revision: String,
    /// Each node: its name, whether a Pod should run there, whether one may stay.
    nodes: Vec<(&'a str, bool, bool)>,
    /// The Pods by their node, oldest first.
    by_node: BTreeMap<String, Vec<Arc<Pod>>>,
    now: Time,
    outcome: Outcome,
}

impl Sync<'_> {
    fn is_available(&self, pod: &Pod) -> bool {
        pod::is_available(pod, self.spec.min_ready_seconds.unwrap_or(0), self.now)
            && pod.metadata.deletion_timestamp.is_none()
    }

    fn is_updated(&self, pod: &Pod) -> bool {
        is_updated(self.store, pod, &self.spec.template, &self.revision)
    }

    // Models pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode
    /// Creates what is missing and deletes what is too much; whether there was anything to do.
    fn manage(&mut self) -> bool {
        let mut surplus: Vec<Arc<Pod>> = Vec::new();
        let mut missing: Vec<&str> = Vec::new();
        for (node, should_run, may_stay) in &self.nodes {
            let pods = self.by_node.get(*node).map(Vec::as_slice).unwrap_or_default();
            if !may_stay {
                surplus.extend(pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none()).cloned());
            } else if pods.is_empty() {
                if *should_run {
                    missing.push(node);
                }
            } else {
                let staying = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
                let (ended, running): (Vec<_>, Vec<_>) = staying.partition(|pod| pod::is_finished(pod));
                for pod in &ended {
                    let (reason, word, end) = match pod::phase(pod) {
                        "Failed" => ("FailedDaemonPod", "failed", "kill"),
                        _ => ("SucceededDaemonPod", "succeeded", "delete"),
                    };
                    let words = format!(
                        "Found {word} daemon pod {}/{} on node {node}, will try to {end} it",
                        self.owner.namespace(),
                        pod::name(pod)
                    );
                    self.outcome.events.push(match reason {
                        "FailedDaemonPod" => Event::warning(reason, words),
                        _ => Event::normal(reason, words),
                    });
                }
                surplus.extend(ended.into_iter().chain(running.into_iter().skip(1)).cloned());
            }
        }
        let anything = !surplus.is_empty() || !missing.is_empty();
        for pod in surplus {
            self.delete(&pod);
        }
        for node in missing {
            let pod = self.new_pod(node);
            let event = Event::normal("SuccessfulCreate", "Created pod: {name}");
            self.outcome.create(pod, Some(event));
        }
        anything
    }

    // Models pkg/controller/daemon/util/daemonset_util.go CreatePodTemplate and ReplaceDaemonSetPodNodeNameNodeAffinity
    fn new_pod(&self, node: &str) -> Pod {
        let mut pod = self.owner.new_pod(&self.spec.template);
        let labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(CONTROLLER_REVISION_HASH.to_owned(), self.revision.clone());
        let mut spec = tolerating(self.spec);
        let node_affinity = spec.affinity.get_or_insert_default().node_affinity.get_or_insert_default();
        node_affinity.required_during_scheduling_ignored_during_execution = Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm {
                match_fields: Some(vec![NodeSelectorRequirement {
                    key: "metadata.name".to_owned(),
                    operator: "In".to_owned(),
                    values: Some(vec![node.to_owned()]),
                }]),
                match_expressions: None,
            }],
        });
        pod.spec = Some(spec);
        pod
    }

    fn delete(&mut self, pod: &Pod) {
        self.outcome.delete(pod::key(pod), None);
        let words = format!("Deleted pod: {}", pod::name(pod));
        self.outcome.events.push(Event::normal("SuccessfulDelete", words));
    }

    // Models pkg/controller/daemon/update.go rollingUpdate
    /// Deletes Pods of an old template: those that are not available at once, others while fewer than maxUnavailable
    /// nodes are without an available Pod.
    fn replace_old(&mut self) {
        let strategy = self.spec.update_strategy.as_ref();
        if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
            return;
        }
        let allowed = strategy
            .and_then(|strategy| strategy.rolling_update.as_ref())
            .and_then(|rolling| rolling.max_unavailable.as_ref());
        let wanted: Vec<&str> =
            self.nodes.iter().filter(|(_, should_run, _)| *should_run).map(|(node, ..)| *node).collect();
        let desired = i32::try_from(wanted.len()).unwrap_or(i32::MAX);
        let allowed = allowed.map_or(1, |allowed| scaled(allowed, desired, true)).max(1);
        let mut unavailable = 0_usize;
        let (mut at_once, mut in_turn) = (Vec::new(), Vec::new());
        for node in wanted {
            let pods = self.by_node.get(node).map(Vec::as_slice).unwrap_or_default();
            match pods.iter().find(|pod| pod.metadata.deletion_timestamp.is_none()) {
                Some(pod) if !self.is_available(pod) => {
                    unavailable += 1;
                    if !self.is_updated(pod) {
                        at_once.push(pod.clone());
                    }
                }
                Some(pod) if !self.is_updated(pod) => in_turn.push(pod.clone()),
                Some(_) => {}
                None => unavailable += 1,
            }
        }
        let budget = usize::try_from(allowed).unwrap_or(1).saturating_sub(unavailable);
        for pod in at_once.into_iter().chain(in_turn.into_iter().take(budget)) {
            self.delete(&pod);
        }
    }

    // Models pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus
    fn status(&mut self, old: &DaemonSetStatus, generation: Option<i64>) -> DaemonSetStatus {
        let (mut desired, mut current, mut misscheduled) = (0, 0, 0);
        let (mut ready, mut available, mut updated) = (0, 0, 0);
        for (node, should_run, _) in self.nodes.clone() {
            let Some(oldest) = self.by_node.get(node).and_then(|pods| pods.first()).cloned() else {
                desired += i32::from(should_run);
                continue;
            };
            if !should_run {
                misscheduled += 1;
                continue;
            }
            desired += 1;
            current += 1;
            let wait = self.spec.min_ready_seconds.unwrap_or(0);
            if pod::is_ready(&oldest) {
                ready += 1;
                if pod::is_available(&oldest, wait, self.now) {
                    available += 1;
                } else if let Some(at) = pod::available_at(&oldest, wait) {
                    self.outcome.requeue(at);
                }
            }
            updated += i32::from(self.is_updated(&oldest));
        }
        DaemonSetStatus {
            observed_generation: generation,
            desired_number_scheduled: desired,
            current_number_scheduled: current,
            number_misscheduled: misscheduled,
            number_ready: ready,
            number_available: unless_zero(available),
            number_unavailable: unless_zero(desired - available),
            updated_number_scheduled: unless_zero(updated),
            collision_count: old.collision_count,
            conditions: old.conditions.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Cluster;
    use serde_json::{Value, json};

    fn set(image: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
            "spec": {"selector": {"matchLabels": {"app": "agent"}},
                "template": {"metadata": {"labels": {"app": "agent"}},
                    "spec": {"containers": [{"name": "c", "image": image}]}}}})
    }

    fn nodes(cluster: &Cluster) -> Vec<String> {
        let mut nodes = cluster.each_pod(|pod| pod::node_name(pod).to_owned());
        nodes.sort();
        nodes
    }

    #[test]
    fn each_node_gets_one_pod_a_new_node_too() {
        let mut cluster = Cluster::with_nodes(2);
        let key = cluster.apply(set("agent:1"));
        cluster.settle();
        assert_eq!(nodes(&cluster), ["node-1", "node-2"]);
        cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-3"}}));
        cluster.settle();
        assert_eq!(nodes(&cluster), ["node-1", "node-2", "node-3"]);
        let status = cluster.value(&key)["status"].clone();
        for count in [
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "numberAvailable",
            "updatedNumberScheduled",
        ] {
            assert_eq!(status[count], 3, "{count}");
        }
        assert!(status["numberUnavailable"].is_null());
    }

    #[test]
    fn selectors_and_taints_leave_nodes_out_but_not_cordons() {
        let mut cluster = Cluster::with_nodes(3);
        cluster.edit::<Node>(&ObjectKey::node("node-1"), |node| {
            let taint = json!({"key": "team", "effect": "NoSchedule"});
            node.spec.as_mut().unwrap().taints = Some(vec![serde_json::from_value(taint).unwrap()]);
        });
        cluster.edit::<Node>(&ObjectKey::node("node-2"), |node| {
            node.spec.as_mut().unwrap().unschedulable = Some(true);
        });
        cluster.apply(set("agent:1"));
        cluster.settle();
        assert_eq!(nodes(&cluster), ["node-2", "node-3"]);
        let mut value = set("agent:1");
        value["spec"]["template"]["spec"]["nodeSelector"] = json!({"kubernetes.io/hostname": "node-3"});
        cluster.apply(value);
        cluster.pass(10_000);
        assert_eq!(nodes(&cluster), ["node-3"]);
    }

    #[test]
    fn a_changed_template_replaces_one_pod_at_a_time() {
        let mut cluster = Cluster::with_nodes(3);
        cluster.apply(set("agent:1"));
        cluster.settle();
        cluster.apply(set("agent:2"));
        cluster.settle();
        assert_eq!(cluster.each_pod(pod::is_terminating).iter().filter(|ends| **ends).count(), 1);
        cluster.pass(10_000);
        let image = |pod: &Pod| pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap();
        assert_eq!(cluster.each_pod(image), ["agent:2", "agent:2", "agent:2"]);
    }
}
