//! Workloads in the whole cluster: through admission, all controllers and time.

use endpoint_playground::api::{Kind, ObjectKey, Time};
use endpoint_playground::cluster::Cluster;
use serde_json::{Value, json};

fn workload(kind: &str, name: &str, spec: Value) -> Value {
    let mut value = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}}});
    for (field, content) in spec.as_object().unwrap() {
        value["spec"][field] = content.clone();
    }
    value
}

fn pods(cluster: &Cluster) -> Vec<Value> {
    let pods = cluster.store().objects_of(Kind::Pod).filter(|pod| &*pod.key.namespace == "default");
    pods.map(|pod| pod.live.to_value()).collect()
}

fn value(cluster: &Cluster, kind: Kind, name: &str) -> Value {
    cluster.store().get(&ObjectKey::new(kind, "default", name)).unwrap().live.to_value()
}

fn pass(cluster: &mut Cluster, milliseconds: u64) {
    let to = Time(cluster.now().0 + milliseconds);
    cluster.advance(to);
}

/// Nobody was refused anything.
fn check_log(cluster: &Cluster) {
    let refused: Vec<_> = cluster.events().iter().filter(|line| line.reason == "FailedWrite").collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn every_workload_gets_ready_pods_at_once_and_its_status_is_observed() {
    for (kind, replicas, ready) in [
        (Kind::Deployment, 3, "readyReplicas"),
        (Kind::ReplicaSet, 3, "readyReplicas"),
        (Kind::StatefulSet, 3, "readyReplicas"),
        (Kind::DaemonSet, 3, "numberReady"),
    ] {
        let mut cluster = Cluster::new(1);
        let spec = if kind == Kind::DaemonSet { json!({}) } else { json!({"replicas": replicas}) };
        cluster.apply(&[workload(kind.name(), "web", spec)], "default");
        assert_eq!(pods(&cluster).len(), 3, "{kind}");
        for pod in pods(&cluster) {
            assert_eq!(pod["status"]["phase"], "Running");
            assert!(pod["status"]["podIP"].as_str().unwrap().starts_with("10.244."));
        }
        let live = value(&cluster, kind.clone(), "web");
        assert_eq!(live["status"][ready], replicas, "{kind}");
        assert_eq!(live["metadata"]["generation"], 1, "{kind}");
        assert_eq!(live["status"]["observedGeneration"], 1, "{kind}");
        check_log(&cluster);
    }
}

#[test]
fn a_rollout_ends_with_new_pods_alone() {
    for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
        let mut cluster = Cluster::new(1);
        let mut manifest = workload(kind.name(), "web", json!({}));
        cluster.apply(&[manifest.clone()], "default");
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] = json!("nginx:2");
        cluster.apply(&[manifest], "default");
        pass(&mut cluster, 60_000);
        let pods = pods(&cluster);
        assert!(!pods.is_empty());
        assert!(pods.iter().all(|pod| pod["spec"]["containers"][0]["image"] == "nginx:2"), "{kind}");
        check_log(&cluster);
    }
}

#[test]
fn a_lone_pod_that_a_replica_set_selects_is_adopted() {
    let mut cluster = Cluster::new(1);
    cluster.apply(&[workload("ReplicaSet", "web", json!({"replicas": 1}))], "default");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "extra", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}});
    cluster.apply(&[pod], "default");
    pass(&mut cluster, 10_000);
    assert_eq!(pods(&cluster).len(), 1);
    check_log(&cluster);
}

#[test]
fn pods_move_when_their_node_is_deleted() {
    let mut cluster = Cluster::new(1);
    cluster.apply(&[workload("Deployment", "web", json!({"replicas": 3}))], "default");
    cluster.delete(&[ObjectKey::node("node-2")]);
    assert_eq!(pods(&cluster).len(), 3);
    assert!(pods(&cluster).iter().all(|pod| pod["spec"]["nodeName"] != "node-2"));
    assert!(pods(&cluster).iter().all(|pod| pod["status"]["phase"] == "Running"));
    check_log(&cluster);
}

#[test]
fn a_node_that_somebody_draws_takes_pods() {
    let mut cluster = Cluster::new(1);
    cluster.apply(&[json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-4"}})], "default");
    let selector = json!({"kubernetes.io/hostname": "node-4"});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"nodeSelector": selector, "containers": [{"name": "c", "image": "nginx:1"}]}});
    cluster.apply(&[pod], "default");
    assert_eq!(value(&cluster, Kind::Pod, "p")["status"]["podIP"], "10.244.4.2");
    check_log(&cluster);
}
