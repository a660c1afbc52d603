use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::api::{ObjectKey, Time};
use crate::controllers::pod;
use crate::controllers::testing::Cluster;

fn pod_on(node: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "nginx"}, {"name": "d", "image": "nginx"}]}})
}

fn conditions(cluster: &Cluster, key: &ObjectKey) -> Vec<String> {
    let value = cluster.value(key);
    let conditions = value["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    conditions.iter().map(|found| format!("{}={}", text(&found["type"]), text(&found["status"]))).collect()
}

fn annotate(cluster: &mut Cluster, key: &ObjectKey, ready: Option<&str>) {
    cluster.edit::<Pod>(key, |pod| {
        let annotations = pod.metadata.annotations.get_or_insert_default();
        match ready {
            Some(ready) => annotations.insert(super::READY_ANNOTATION.into(), ready.into()),
            None => annotations.remove(super::READY_ANNOTATION),
        };
    });
    cluster.settle();
}

#[test]
fn a_new_pod_runs_and_is_ready_at_once() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(pod_on("node-1", "a"));
    cluster.settle();
    let status = cluster.value(&key)["status"].clone();
    assert_eq!(
        conditions(&cluster, &key),
        [
            "PodReadyToStartContainers=True",
            "Initialized=True",
            "Ready=True",
            "ContainersReady=True",
            "PodScheduled=True"
        ]
    );
    assert_eq!(status["phase"], "Running");
    assert_eq!(status["podIP"], "10.244.1.2");
    assert_eq!(status["podIPs"], json!([{"ip": "10.244.1.2"}]));
    assert_eq!(status["hostIP"], "192.168.1.11");
    assert_eq!(status["startTime"], "2026-01-01T00:00:01Z");
    assert_eq!(status["containerStatuses"][1]["ready"], true);
    assert!(status["containerStatuses"][0]["state"]["running"].is_object());
}

#[test]
fn addresses_rise_and_are_not_used_twice() {
    let mut cluster = Cluster::with_nodes(1);
    for name in ["a", "b", "c"] {
        cluster.apply(pod_on("node-1", name));
    }
    cluster.settle();
    cluster.store.remove(&ObjectKey::pod("shop", "b"));
    cluster.apply(pod_on("node-1", "d"));
    cluster.settle();
    let ips = cluster.each_pod(|pod| pod.status.clone().unwrap().pod_ip.unwrap());
    assert_eq!(ips, ["10.244.1.2", "10.244.1.4", "10.244.1.5"]);
}

#[test]
fn a_full_range_gives_out_what_became_free_and_then_nothing() {
    let mut cluster = Cluster::with_nodes(0);
    cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "10.9.0.0/29"}}));
    for name in ["a", "b", "c", "d", "e"] {
        cluster.apply(pod_on("n", name));
    }
    cluster.settle();
    cluster.store.remove(&ObjectKey::pod("shop", "b"));
    cluster.apply(pod_on("n", "f"));
    let late = cluster.apply(pod_on("n", "g"));
    cluster.settle();
    let ip = |cluster: &Cluster, name: &str| {
        cluster.value(&ObjectKey::pod("shop", name))["status"]["podIP"].clone()
    };
    assert_eq!(ip(&cluster, "f"), "10.9.0.3");
    assert_eq!(conditions(&cluster, &late), ["PodReadyToStartContainers=False"]);
    cluster.store.remove(&ObjectKey::pod("shop", "a"));
    cluster.settle();
    assert_eq!(ip(&cluster, "g"), "10.9.0.2");
}

#[test]
fn a_dual_stack_node_gives_one_address_of_each_family() {
    let mut cluster = Cluster::with_nodes(0);
    cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"},
        "spec": {"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24", "fd00:10:244:1::/64"]}}));
    let key = cluster.apply(pod_on("n", "a"));
    cluster.settle();
    assert_eq!(
        cluster.value(&key)["status"]["podIPs"],
        json!([{"ip": "10.9.0.2"}, {"ip": "fd00:10:244:1::2"}])
    );
}

#[test]
fn a_pod_on_the_host_network_has_the_address_of_its_node() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod_on("node-1", "a");
    value["spec"]["hostNetwork"] = json!(true);
    let key = cluster.apply(value);
    cluster.settle();
    assert_eq!(cluster.value(&key)["status"]["podIP"], "192.168.1.11");
}

#[test]
fn the_annotation_makes_a_pod_unready_and_its_removal_ready_again() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(pod_on("node-1", "a"));
    cluster.settle();
    annotate(&mut cluster, &key, Some("false"));
    let pod = cluster.pods()[0].clone();
    let ready = pod::condition(&pod, "Ready").unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_deref()), ("False", Some("ContainersNotReady")));
    assert_eq!(ready.message.as_deref(), Some("containers with unready status: [c d]"));
    assert_eq!(cluster.value(&key)["status"]["containerStatuses"][0]["ready"], false);
    let failed = "Pod a: Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503";
    assert_eq!(cluster.events.iter().filter(|event| *event == failed).count(), 1);
    annotate(&mut cluster, &key, None);
    let pod = cluster.pods()[0].clone();
    assert!(pod::is_ready(&pod));
    assert!(pod::condition(&pod, "Ready").unwrap().reason.is_none());
    assert_eq!(cluster.value(&key)["status"]["containerStatuses"][0]["ready"], true);
}

#[test]
fn what_an_imported_status_says_stays_and_the_rest_is_filled_in() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod_on("node-1", "a");
    value["status"] = json!({"phase": "Running", "podIP": "10.0.0.9", "conditions": [
        {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "as it was"}]});
    let key = cluster.apply(value);
    cluster.settle();
    let status = cluster.value(&key)["status"].clone();
    assert_eq!(status["podIP"], "10.0.0.9");
    assert_eq!(status["podIPs"], json!([{"ip": "10.0.0.9"}]));
    assert_eq!(status["conditions"][0]["message"], "as it was");
    assert_eq!(status["containerStatuses"][0]["ready"], false);
    assert!(conditions(&cluster, &key).contains(&"ContainersReady=False".to_owned()));
    annotate(&mut cluster, &key, Some("true"));
    assert!(pod::is_ready(&cluster.pods()[0]));
}

#[test]
fn an_ended_or_waiting_imported_pod_is_left_alone() {
    for status in [
        json!({"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]}),
        json!({"phase": "Pending", "hostIP": "1.2.3.4", "containerStatuses": [{"name": "c", "image": "x", "imageID": "",
            "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}),
    ] {
        let mut cluster = Cluster::with_nodes(1);
        let mut value = pod_on("node-1", "a");
        value["status"] = status;
        let key = cluster.apply(value);
        let before = cluster.value(&key);
        cluster.settle();
        assert_eq!(cluster.value(&key), before);
    }
}

#[test]
fn a_readiness_gate_holds_the_pod_back_until_its_condition_is_true() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod_on("node-1", "a");
    value["spec"]["readinessGates"] = json!([{"conditionType": "example.com/lb"}]);
    let key = cluster.apply(value);
    cluster.settle();
    let message = |cluster: &Cluster| pod::condition(&cluster.pods()[0], "Ready").unwrap().message.clone();
    assert_eq!(
        message(&cluster).as_deref(),
        Some("corresponding condition of pod readiness gate \"example.com/lb\" does not exist.")
    );
    cluster.edit::<Pod>(&key, |pod| {
        let conditions = pod.status.as_mut().unwrap().conditions.as_mut().unwrap();
        let mut gate = conditions[0].clone();
        gate.type_ = "example.com/lb".into();
        conditions.push(gate);
    });
    cluster.settle();
    assert!(pod::is_ready(&cluster.pods()[0]));
}

#[test]
fn a_deleted_pod_stays_ready_until_its_process_ends() {
    let mut cluster = Cluster::with_nodes(1);
    let key = cluster.apply(pod_on("node-1", "a"));
    cluster.now = Time(5_400);
    cluster.settle();
    cluster.delete(&key);
    cluster.pass(1_999);
    let pod = cluster.pods()[0].clone();
    assert!(pod::is_ready(&pod) && pod::is_terminating(&pod));
    assert_eq!(cluster.value(&key)["metadata"]["deletionTimestamp"], "2026-01-01T00:00:35Z");
    assert_eq!(
        cluster.events.iter().filter(|event| event.contains("Killing Stopping container c")).count(),
        1
    );
    cluster.pass(1);
    assert!(cluster.pods().is_empty());
}

#[test]
fn the_process_never_outlives_the_grace_period() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod_on("node-1", "a");
    value["spec"]["terminationGracePeriodSeconds"] = json!(1);
    let key = cluster.apply(value);
    cluster.settle();
    cluster.delete(&key);
    cluster.pass(999);
    assert_eq!(cluster.pods().len(), 1);
    cluster.pass(1);
    assert!(cluster.pods().is_empty());
}

#[test]
fn finalizers_hold_a_pod_after_its_process_ended() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod_on("node-1", "a");
    value["metadata"]["finalizers"] = json!(["example.com/hold"]);
    let key = cluster.apply(value);
    cluster.settle();
    cluster.delete(&key);
    cluster.pass(10_000);
    assert_eq!(cluster.value(&key)["metadata"]["deletionGracePeriodSeconds"], 0);
}

#[test]
fn pods_of_an_unreachable_or_unknown_node_are_not_looked_after() {
    let mut cluster = Cluster::with_nodes(0);
    cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "lost"}, "spec": {"podCIDR": "10.1.0.0/24"},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}));
    let on_lost = cluster.apply(pod_on("lost", "a"));
    let on_nothing = cluster.apply(pod_on("never-there", "b"));
    cluster.pass(60_000);
    assert!(conditions(&cluster, &on_lost).is_empty());
    assert!(conditions(&cluster, &on_nothing).is_empty());
    cluster.delete(&on_lost);
    cluster.pass(60_000);
    assert_eq!(cluster.pods().len(), 2);
}
