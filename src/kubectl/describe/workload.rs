//! What makes Pods from a template.

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::super::ApiServer;
use super::super::age::date;
use super::super::doc::{Doc, labels, or_none, pairs, selector, selector_or_none};
use super::super::page::Page;
use super::container::describe_containers;
use super::pod::{controlled_by, tolerations, topology_spread_constraints};
use super::volume::describe_volumes;
use super::{annotations, labels_and_annotations, name};
use crate::api::Resource;
use crate::api::encode::encode;

/// The label that tells the Pods of one template from those of another.
const HASH_LABEL: &str = "pod-template-hash";

// Models describe.go DescribePodTemplate
fn template(page: &mut Page, object: Doc<'_>) {
    let template = object.at("spec.template");
    let spec = template.at("spec");
    page.line(0, &["Pod Template:"]);
    page.list("  Labels", &pairs(template, "metadata.labels"));
    if !template.entries("metadata.annotations").is_empty() {
        annotations(page, "  Annotations", template.at("metadata.annotations"));
    }
    page.field_if(1, "Service Account", spec.text("serviceAccountName"));
    if spec.items("initContainers").len() > 0 {
        describe_containers(page, "Init Containers", spec, "initContainers", None, "  ");
    }
    describe_containers(page, "Containers", spec, "containers", None, "  ");
    describe_volumes(page, spec, "  ");
    topology_spread_constraints(page, spec, "  ");
    page.field_if(1, "Priority Class Name", spec.text("priorityClassName"));
    page.list("  Node-Selectors", &pairs(spec, "nodeSelector"));
    page.list("  Tolerations", &tolerations(spec));
}

fn conditions(page: &mut Page, object: Doc<'_>) {
    if object.items("status.conditions").len() == 0 {
        return;
    }
    page.line(0, &["Conditions:"]);
    page.line(1, &["Type", "Status", "Reason"]);
    page.line(1, &["----", "------", "------"]);
    for condition in object.items("status.conditions") {
        let name = [condition.text("type"), " "].concat();
        page.line(1, &[&name, condition.text("status"), condition.text("reason")]);
    }
}

// Models describe.go getPodStatusForController
/// How many Pods of a controller are in each phase.
fn pods_status(page: &mut Page, server: ApiServer<'_>, object: Doc<'_>) {
    let phases = ["Running", "Pending", "Succeeded", "Failed"];
    let mut counts = [0; 4];
    for pod in owned::<Pod>(server, object) {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default();
        if let Some(place) = phases.iter().position(|known| *known == phase) {
            counts[place] += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    let text = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    page.field(0, "Pods Status", &text);
}

/// The objects that this one controls, ordered by name.
fn owned<'a, T: Resource>(server: ApiServer<'a>, object: Doc<'_>) -> impl Iterator<Item = &'a T> {
    let uid = object.text("metadata.uid").to_owned();
    let is_of = move |owned: &T| {
        let mut owners = owned.metadata().owner_references.iter().flatten();
        owners.any(|owner| owner.controller == Some(true) && owner.uid == uid)
    };
    let objects = server.store.owned_by(object.text("metadata.uid"));
    objects.filter_map(|object| object.get::<T>()).map(|object| &**object).filter(move |object| is_of(object))
}

fn wanted(object: Doc<'_>) -> i64 {
    if object.has("spec.replicas") { object.number("spec.replicas") } else { 1 }
}

fn replicas(page: &mut Page, object: Doc<'_>) {
    let current = object.number("status.replicas");
    page.field(0, "Replicas", &format!("{current} current / {} desired", wanted(object)));
}

// Models describe.go describeDeployment
/// Writes a Deployment.
pub fn describe_deployment(page: &mut Page, server: ApiServer<'_>, deployment: Doc<'_>) {
    let spec = deployment.at("spec");
    name(page, deployment);
    page.field(0, "CreationTimestamp", &date(deployment, "metadata.creationTimestamp"));
    labels_and_annotations(page, deployment);
    page.field(0, "Selector", &selector(spec.at("selector")));
    let mut counts = format!("{} desired", wanted(deployment));
    for (field, words) in [
        ("updatedReplicas", "updated"),
        ("replicas", "total"),
        ("availableReplicas", "available"),
        ("unavailableReplicas", "unavailable"),
    ] {
        counts += &format!(" | {} {words}", deployment.at("status").number(field));
    }
    page.field(0, "Replicas", &counts);
    page.field(0, "StrategyType", spec.text("strategy.type"));
    page.field(0, "MinReadySeconds", &spec.number("minReadySeconds").to_string());
    if spec.has("strategy.rollingUpdate") {
        let update = spec.at("strategy.rollingUpdate");
        let words = format!(
            "{} max unavailable, {} max surge",
            update.word("maxUnavailable"),
            update.word("maxSurge")
        );
        page.field(0, "RollingUpdateStrategy", &words);
    }
    template(page, deployment);
    conditions(page, deployment);
    let (new, old) = replica_sets(server, deployment);
    if !new.is_empty() || !old.is_empty() {
        page.field(0, "OldReplicaSets", &or_none(old.join(", ")));
        page.field(0, "NewReplicaSet", &or_none(new.join(", ")));
    }
}

// Models pkg/util/deployment GetAllReplicaSets and describe.go printReplicaSetsByLabels
/// The ReplicaSet of a Deployment's present template, and the others.
fn replica_sets(server: ApiServer<'_>, deployment: Doc<'_>) -> (Vec<String>, Vec<String>) {
    let mut sets: Vec<Value> = owned::<ReplicaSet>(server, deployment).map(encode).collect();
    // The oldest that fits is the new one.
    sets.sort_by(|a, b| {
        let by = |set| [Doc(set).text("metadata.creationTimestamp"), Doc(set).text("metadata.name")];
        by(a).cmp(&by(b))
    });
    let wanted = without_hash(deployment);
    let new = sets.iter().position(|set| without_hash(Doc(set)) == wanted).map(|place| sets.remove(place));
    sets.sort_by(|a, b| Doc(a).text("metadata.name").cmp(Doc(b).text("metadata.name")));
    let told = |set: &Value| {
        let set = Doc(set);
        let (name, current) = (set.text("metadata.name"), set.number("status.replicas"));
        format!("{name} ({current}/{} replicas created)", self::wanted(set))
    };
    (new.iter().map(told).collect(), sets.iter().map(told).collect())
}

fn without_hash(object: Doc<'_>) -> Value {
    let mut template = object.at("spec.template").0.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove(HASH_LABEL);
    }
    template
}

// Models describe.go describeReplicaSet
/// Writes a ReplicaSet.
pub fn describe_replica_set(page: &mut Page, server: ApiServer<'_>, set: Doc<'_>) {
    name(page, set);
    page.field(0, "Selector", &selector_or_none(set.at("spec.selector")));
    labels_and_annotations(page, set);
    page.field_if(0, "Controlled By", &controlled_by(set));
    replicas(page, set);
    pods_status(page, server, set);
    template(page, set);
    conditions(page, set);
}

// Models describe.go describeReplicationController
/// Writes a ReplicationController.
pub fn describe_replication_controller(page: &mut Page, server: ApiServer<'_>, controller: Doc<'_>) {
    name(page, controller);
    page.field(0, "Selector", &labels(controller, "spec.selector"));
    labels_and_annotations(page, controller);
    replicas(page, controller);
    pods_status(page, server, controller);
    template(page, controller);
    conditions(page, controller);
}

// Models describe.go describeStatefulSet
/// Writes a StatefulSet.
pub fn describe_stateful_set(page: &mut Page, server: ApiServer<'_>, set: Doc<'_>) {
    name(page, set);
    page.field(0, "CreationTimestamp", &date(set, "metadata.creationTimestamp"));
    page.field(0, "Selector", &selector(set.at("spec.selector")));
    labels_and_annotations(page, set);
    let total = set.number("status.replicas");
    page.field(0, "Replicas", &format!("{} desired | {total} total", wanted(set)));
    let strategy = set.at("spec.updateStrategy");
    page.field(0, "Update Strategy", strategy.text("type"));
    if strategy.has("rollingUpdate.partition") {
        page.field(1, "Partition", &strategy.word("rollingUpdate.partition"));
        page.field_if(1, "MaxUnavailable", &strategy.word("rollingUpdate.maxUnavailable"));
    }
    pods_status(page, server, set);
    template(page, set);
    volume_claims(page, set);
}

// Models describe.go describeVolumeClaimTemplates
fn volume_claims(page: &mut Page, set: Doc<'_>) {
    if set.items("spec.volumeClaimTemplates").len() == 0 {
        page.field(0, "Volume Claims", "<none>");
        return;
    }
    page.line(0, &["Volume Claims:"]);
    for claim in set.items("spec.volumeClaimTemplates") {
        page.field(1, "Name", claim.text("metadata.name"));
        page.field(1, "StorageClass", claim.text("spec.storageClassName"));
        for (title, field) in [("  Labels:", "metadata.labels"), ("  Annotations:", "metadata.annotations")] {
            let mut title = title;
            let pairs = pairs(claim, field);
            if pairs.is_empty() {
                page.line(0, &[title, "<none>"]);
            }
            for pair in &pairs {
                page.line(0, &[title, pair]);
                title = "  ";
            }
        }
        let capacity = claim.word("spec.resources.requests.storage");
        page.field(1, "Capacity", if capacity.is_empty() { "<default>" } else { &capacity });
        page.field(1, "Access Modes", &["[", &claim.texts("spec.accessModes").join(" "), "]"].concat());
    }
}

// Models describe.go describeDaemonSet
/// Writes a DaemonSet.
pub fn describe_daemon_set(page: &mut Page, server: ApiServer<'_>, set: Doc<'_>) {
    name(page, set);
    page.field(0, "Selector", &selector(set.at("spec.selector")));
    page.field(0, "Node-Selector", &labels(set, "spec.template.spec.nodeSelector"));
    labels_and_annotations(page, set);
    for (words, field) in [
        ("Desired Number of Nodes Scheduled: ", "desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled: ", "currentNumberScheduled"),
        ("Number of Nodes Scheduled with Up-to-date Pods: ", "updatedNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods: ", "numberAvailable"),
        ("Number of Nodes Misscheduled: ", "numberMisscheduled"),
    ] {
        page.line(0, &[&[words, &*set.at("status").number(field).to_string()].concat()]);
    }
    pods_status(page, server, set);
    template(page, set);
}
