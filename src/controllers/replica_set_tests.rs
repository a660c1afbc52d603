use serde_json::json;

use super::pod;
use super::testing::Cluster;
use crate::api::{Kind, ObjectKey};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;

fn replica_set(replicas: i32) -> serde_json::Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web", "uid": "rs"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
}

fn lone_pod(name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
}

#[test]
fn missing_pods_are_created_owned_and_counted() {
    let mut cluster = Cluster::with_nodes(3);
    let key = cluster.apply(replica_set(3));
    cluster.settle();
    assert!(cluster.pod_names().iter().all(|name| name.starts_with("web-") && name.len() == 9));
    let pod = cluster.pods()[0].clone();
    let owner = pod::controller_of(&pod.metadata).unwrap();
    assert_eq!((owner.uid.as_str(), owner.kind.as_str()), ("rs", "ReplicaSet"));
    assert_eq!(
        cluster.value(&key)["status"],
        json!({"replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
            "terminatingReplicas": 0, "observedGeneration": 1})
    );
    let created = cluster.events.iter().filter(|event| event.contains("SuccessfulCreate Created pod: web-"));
    assert_eq!(created.count(), 3);
}

#[test]
fn a_pod_whose_label_no_longer_matches_is_released_and_replaced() {
    let mut cluster = Cluster::with_nodes(1);
    cluster.apply(replica_set(1));
    cluster.settle();
    let key = pod::key(&cluster.pods()[0]);
    cluster.edit::<Pod>(&key, |pod| {
        pod.metadata.labels.as_mut().unwrap().insert("app".into(), "debug".into());
    });
    cluster.settle();
    let owners = cluster.each_pod(|pod| pod.metadata.owner_references.as_ref().map_or(0, Vec::len));
    assert_eq!(owners.iter().sum::<usize>(), 1);
    assert_eq!(owners.len(), 2);
}

#[test]
fn a_matching_pod_without_controller_is_adopted_instead_of_duplicated() {
    let mut cluster = Cluster::with_nodes(1);
    cluster.apply(lone_pod("mine"));
    cluster.apply(replica_set(1));
    cluster.settle();
    assert_eq!(cluster.pod_names(), ["mine"]);
    assert_eq!(cluster.each_pod(|pod| pod::controller_of(&pod.metadata).is_some()), [true]);
}

#[test]
fn scaling_down_takes_unscheduled_then_unready_then_cheap_then_crowded_pods() {
    let mut cluster = Cluster::with_nodes(0);
    for (name, node, ready, cost) in [
        ("a-best", "node-1", "True", "0"),
        ("b-crowded", "node-2", "True", "0"),
        ("c-crowded", "node-2", "True", "0"),
        ("d-cheap", "node-3", "True", "-5"),
        ("e-unready", "node-4", "False", "0"),
        ("f-pending", "", "False", "0"),
    ] {
        let mut pod = lone_pod(name);
        pod["metadata"]["annotations"] = json!({"controller.kubernetes.io/pod-deletion-cost": cost});
        pod["spec"]["nodeName"] = json!(node);
        pod["status"] = json!({"phase": if node.is_empty() { "Pending" } else { "Running" },
            "conditions": [{"type": "Ready", "status": ready}]});
        cluster.apply(pod);
    }
    let pods = cluster.pods();
    let order = super::replica_set::pods_to_delete(&pods, &pods, 5, cluster.now);
    let names: Vec<&str> = order.iter().map(|pod| pod::name(pod)).collect();
    assert_eq!(names, ["f-pending", "e-unready", "d-cheap", "b-crowded", "c-crowded"]);
}

#[test]
fn scaling_down_is_graceful_and_terminating_pods_do_not_count() {
    let mut cluster = Cluster::with_nodes(2);
    let key = cluster.apply(replica_set(3));
    cluster.settle();
    cluster.edit::<ReplicaSet>(&key, |set| set.spec.as_mut().unwrap().replicas = Some(1));
    cluster.settle();
    assert_eq!(cluster.pods().len(), 3);
    assert_eq!(cluster.value(&key)["status"]["replicas"], 1);
    assert_eq!(cluster.value(&key)["status"]["terminatingReplicas"], 2);
    cluster.pass(5_000);
    assert_eq!(cluster.pods().len(), 1);
    assert_eq!(cluster.value(&key)["status"]["terminatingReplicas"], 0);
}

#[test]
fn a_pod_counts_as_available_after_min_ready_seconds() {
    let mut cluster = Cluster::with_nodes(1);
    let mut set = replica_set(1);
    set["spec"]["minReadySeconds"] = json!(10);
    let key = cluster.apply(set);
    cluster.settle();
    assert_eq!(cluster.value(&key)["status"]["readyReplicas"], 1);
    assert!(cluster.value(&key)["status"]["availableReplicas"].is_null());
    cluster.pass(10_000);
    assert_eq!(cluster.value(&key)["status"]["availableReplicas"], 1);
}

#[test]
fn a_replication_controller_does_the_same() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(json!({"apiVersion": "v1", "kind": "ReplicationController",
        "metadata": {"name": "old"},
        "spec": {"replicas": 2, "selector": {"app": "old"}, "template": {"metadata": {"labels": {"app": "old"}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}}));
    cluster.settle();
    assert_eq!(cluster.pods().len(), 2);
    assert_eq!(cluster.value(&key)["status"]["availableReplicas"], 2);
    assert_eq!(key, ObjectKey::new(Kind::ReplicationController, "shop", "old"));
}
