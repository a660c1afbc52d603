use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use serde_json::{Value, json};

use crate::api::{Kind, ObjectKey};
use crate::controllers::pod;
use crate::controllers::testing::Cluster;

fn deployment(replicas: i32, image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": image}]}}}})
}

fn sets(cluster: &Cluster) -> Vec<(String, i32)> {
    let mut sets: Vec<_> = cluster.store.list_in::<ReplicaSet>("shop").cloned().collect();
    sets.sort_by_key(|set| {
        set.metadata.annotations.as_ref().unwrap()[super::REVISION].parse::<i32>().unwrap()
    });
    sets.iter()
        .map(|set| (set.metadata.name.clone().unwrap(), set.spec.as_ref().unwrap().replicas.unwrap()))
        .collect()
}

fn sizes(cluster: &Cluster) -> Vec<i32> {
    sets(cluster).into_iter().map(|(_, size)| size).collect()
}

fn scaling_events(cluster: &Cluster) -> Vec<String> {
    let names = sets(cluster);
    let events =
        cluster.events.iter().filter_map(|event| event.strip_prefix("Deployment web: ScalingReplicaSet "));
    events
        .map(|event| {
            names.iter().enumerate().fold(event.to_owned(), |event, (place, (name, _))| {
                event.replace(name.as_str(), &format!("rs{}", place + 1))
            })
        })
        .collect()
}

#[test]
fn a_deployment_gets_a_replica_set_named_by_the_hash_of_its_template() {
    let mut cluster = Cluster::with_nodes(3);
    let key = cluster.apply(deployment(3, "nginx:1"));
    cluster.settle();
    let set = cluster.store.list_in::<ReplicaSet>("shop").next().unwrap().clone();
    let labels = set.metadata.labels.clone().unwrap();
    let hash = &labels["pod-template-hash"];
    assert_eq!(set.metadata.name, Some(format!("web-{hash}")));
    assert!(hash.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte)));
    assert_eq!(
        set.spec.as_ref().unwrap().selector.match_labels.as_ref().unwrap()["pod-template-hash"],
        *hash
    );
    assert!(cluster.pod_names().iter().all(|name| name.starts_with(&format!("web-{hash}-"))));
    let value = cluster.value(&key);
    assert_eq!(value["metadata"]["annotations"][super::REVISION], "1");
    let status = &value["status"];
    for count in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
        assert_eq!(status[count], 3, "{count}");
    }
    assert!(status["unavailableReplicas"].is_null());
    let conditions: Vec<_> = status["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|condition| condition["reason"].clone())
        .collect();
    assert_eq!(conditions, ["MinimumReplicasAvailable", "NewReplicaSetAvailable"]);
    assert_eq!(scaling_events(&cluster), ["Scaled up replica set rs1 from 0 to 3"]);
}

#[test]
fn a_second_look_writes_nothing() {
    let mut cluster = Cluster::with_nodes(3);
    let key = cluster.apply(deployment(3, "nginx:1"));
    cluster.settle();
    let revision = cluster.store.revision();
    cluster.settle();
    assert!(super::reconcile(&cluster.store, &key, cluster.now).is_quiet());
    assert_eq!(cluster.store.revision(), revision);
}

#[test]
fn a_changed_template_rolls_within_surge_and_unavailability() {
    let mut cluster = Cluster::with_nodes(3);
    cluster.apply(deployment(4, "nginx:1"));
    cluster.settle();
    cluster.apply(deployment(4, "nginx:2"));
    cluster.settle();
    assert_eq!(
        scaling_events(&cluster),
        [
            "Scaled up replica set rs1 from 0 to 4",
            "Scaled up replica set rs2 from 0 to 1",
            "Scaled down replica set rs1 from 4 to 3",
            "Scaled up replica set rs2 from 1 to 2",
            "Scaled down replica set rs1 from 3 to 1",
            "Scaled up replica set rs2 from 2 to 4",
            "Scaled down replica set rs1 from 1 to 0",
        ]
    );
    assert_eq!(sizes(&cluster), [0, 4]);
    cluster.pass(5_000);
    assert_eq!(cluster.pods().len(), 4);
}

#[test]
fn going_back_reuses_the_old_replica_set_with_a_new_revision() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(deployment(1, "nginx:1"));
    cluster.settle();
    let first = sets(&cluster)[0].0.clone();
    cluster.apply(deployment(1, "nginx:2"));
    cluster.settle();
    cluster.apply(deployment(1, "nginx:1"));
    cluster.settle();
    assert_eq!(sets(&cluster).len(), 2);
    assert_eq!(sets(&cluster)[1], (first.clone(), 1));
    assert_eq!(cluster.value(&key)["metadata"]["annotations"][super::REVISION], "3");
    let set = cluster.value(&ObjectKey::new(Kind::ReplicaSet, "shop", first));
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"], "1");
}

#[test]
fn recreate_waits_until_the_old_pods_are_gone() {
    let mut cluster = Cluster::with_nodes(1);
    let recreate = |image| {
        let mut value = deployment(2, image);
        value["spec"]["strategy"] = json!({"type": "Recreate"});
        value
    };
    cluster.apply(recreate("nginx:1"));
    cluster.settle();
    cluster.apply(recreate("nginx:2"));
    cluster.settle();
    assert_eq!(sizes(&cluster), [0]);
    assert!(cluster.each_pod(pod::is_terminating).into_iter().all(|terminating| terminating));
    cluster.pass(5_000);
    assert_eq!(sizes(&cluster), [0, 2]);
    assert_eq!(cluster.pods().len(), 2);
}

#[test]
fn scaling_changes_the_one_active_replica_set() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(deployment(2, "nginx:1"));
    cluster.settle();
    cluster.edit::<Deployment>(&key, |deployment| deployment.spec.as_mut().unwrap().replicas = Some(5));
    cluster.settle();
    assert_eq!(sizes(&cluster), [5]);
    cluster.edit::<Deployment>(&key, |deployment| deployment.spec.as_mut().unwrap().replicas = Some(0));
    cluster.pass(5_000);
    assert_eq!(sizes(&cluster), [0]);
    assert!(cluster.pods().is_empty());
}

#[test]
fn unready_new_pods_hold_the_rollout_and_a_scaling_meanwhile_is_shared() {
    let mut cluster = Cluster::with_nodes(3);
    let key = cluster.apply(deployment(8, "nginx:1"));
    cluster.settle();
    let mut broken = deployment(8, "nginx:broken");
    broken["spec"]["template"]["metadata"]["annotations"] = json!({"playground.endpoint/ready": "false"});
    cluster.apply(broken);
    cluster.pass(5_000);
    // At most 25 % of 8 missing, at most 25 % more: 6 old Pods stay, 4 new ones are not ready.
    assert_eq!(sizes(&cluster), [6, 4]);
    assert_eq!(cluster.value(&key)["status"]["unavailableReplicas"], 4);
    cluster.edit::<Deployment>(&key, |deployment| deployment.spec.as_mut().unwrap().replicas = Some(16));
    cluster.settle();
    assert_eq!(sizes(&cluster), [12, 8]);
    cluster.pass(700_000);
    let conditions = cluster.value(&key)["status"]["conditions"].clone();
    let progressing =
        conditions.as_array().unwrap().iter().find(|found| found["type"] == "Progressing").unwrap().clone();
    assert_eq!(progressing["reason"], "ProgressDeadlineExceeded");
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll() {
    let mut cluster = Cluster::with_nodes(1);
    cluster.apply(deployment(2, "nginx:1"));
    cluster.settle();
    let mut paused = deployment(3, "nginx:2");
    paused["spec"]["paused"] = json!(true);
    let key = cluster.apply(paused);
    cluster.settle();
    assert_eq!(sizes(&cluster), [3]);
    cluster.edit::<Deployment>(&key, |deployment| deployment.spec.as_mut().unwrap().paused = None);
    cluster.pass(5_000);
    assert_eq!(sizes(&cluster), [0, 3]);
}

#[test]
fn history_beyond_the_limit_is_deleted() {
    let mut cluster = Cluster::with_nodes(1);
    for image in ["nginx:1", "nginx:2", "nginx:3", "nginx:4"] {
        let mut value = deployment(1, image);
        value["spec"]["revisionHistoryLimit"] = json!(1);
        cluster.apply(value);
        cluster.pass(5_000);
    }
    assert_eq!(sizes(&cluster), [0, 1]);
}

#[test]
fn imported_pods_keep_running_when_their_replica_set_was_left_out() {
    let mut cluster = Cluster::with_nodes(1);
    cluster.apply(deployment(1, "nginx:1"));
    cluster.apply(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-7d9f8b6c5-x2x4z", "labels": {"app": "web", "pod-template-hash": "7d9f8b6c5"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f8b6c5",
                "uid": "lost", "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "c", "image": "nginx:1"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.9",
            "conditions": [{"type": "Ready", "status": "True"}]}}));
    cluster.settle();
    assert_eq!(sets(&cluster), [("web-7d9f8b6c5".to_owned(), 1)]);
    assert_eq!(cluster.pod_names(), ["web-7d9f8b6c5-x2x4z"]);
}

#[test]
fn percentages_of_surge_round_up_and_of_unavailability_round_down() {
    let check = |replicas, surge: Value, unavailable: Value, expected| {
        let mut value = deployment(replicas, "nginx");
        value["spec"]["strategy"]["rollingUpdate"] =
            json!({"maxSurge": surge, "maxUnavailable": unavailable});
        let deployment: Deployment = serde_json::from_value(value).unwrap();
        let spec = deployment.spec.unwrap();
        assert_eq!((super::strategy::max_surge(&spec), super::strategy::max_unavailable(&spec)), expected);
    };
    check(10, json!("25%"), json!("25%"), (3, 2));
    check(1, json!("25%"), json!("25%"), (1, 0));
    check(3, json!(0), json!("25%"), (0, 1));
    check(2, json!(1), json!(5), (1, 2));
}
