use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::ObjectKey;
use crate::controllers::pod;
use crate::controllers::testing::Cluster;

fn pod(name: &str, spec: Value) -> Value {
    let mut value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]}});
    for (field, content) in spec.as_object().unwrap() {
        value["spec"][field] = content.clone();
    }
    value
}

fn node_of(cluster: &Cluster, name: &str) -> String {
    let key = ObjectKey::pod("shop", name);
    pod::node_name(cluster.store.get(&key).unwrap().get().unwrap()).to_owned()
}

/// The node that a Pod with this spec gets, or the message that says why none.
fn check(cluster: &mut Cluster, spec: Value, expected: &str) {
    let key = cluster.apply(pod("probe", spec));
    cluster.settle();
    let value = cluster.value(&key);
    let scheduled = value["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["type"] == "PodScheduled");
    let got = match value["spec"]["nodeName"].as_str() {
        Some(node) => node.to_owned(),
        None => scheduled.unwrap()["message"].as_str().unwrap().split(". no new").next().unwrap().to_owned(),
    };
    assert_eq!(got, expected);
    cluster.store.remove(&key);
}

#[test]
fn pods_alike_spread_over_the_nodes() {
    let mut cluster = Cluster::with_nodes(3);
    for number in 0..6 {
        cluster.apply(pod(&format!("web-{number}"), json!({})));
        cluster.settle();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for node in cluster.each_pod(|pod| pod::node_name(pod).to_owned()) {
        *counts.entry(node).or_default() += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count == 2));
    assert!(
        cluster
            .events
            .contains(&"Pod web-0: Scheduled Successfully assigned shop/web-0 to node-1".to_owned())
    );
}

#[test]
fn node_selector_and_required_affinity_choose_the_node() {
    let mut cluster = Cluster::with_nodes(3);
    check(&mut cluster, json!({"nodeSelector": {"kubernetes.io/hostname": "node-2"}}), "node-2");
    let affinity = |expression: Value| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}}})
    };
    let zone = "topology.kubernetes.io/zone";
    check(&mut cluster, affinity(json!({"key": zone, "operator": "In", "values": ["zone-3"]})), "node-3");
    check(
        &mut cluster,
        affinity(json!({"key": zone, "operator": "NotIn", "values": ["zone-1", "zone-3"]})),
        "node-2",
    );
    let nowhere = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector";
    check(&mut cluster, affinity(json!({"key": "gpu", "operator": "Exists"})), nowhere);
}

#[test]
fn each_node_tells_its_own_reason() {
    let mut cluster = Cluster::with_nodes(3);
    let node = |name: &str, spec: Value, ready: &str| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec,
            "status": {"conditions": [{"type": "Ready", "status": ready}]}})
    };
    for value in [
        node("node-1", json!({"unschedulable": true}), "True"),
        node("node-2", json!({"taints": [{"key": "team", "value": "a", "effect": "NoSchedule"}]}), "True"),
        node("node-3", json!({}), "False"),
    ] {
        let key = ObjectKey::node(value["metadata"]["name"].as_str().unwrap());
        cluster.store.remove(&key);
        cluster.apply(value);
    }
    check(
        &mut cluster,
        json!({}),
        "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s)",
    );
    check(
        &mut cluster,
        json!({"tolerations": [{"key": "team", "operator": "Equal", "value": "a", "effect": "NoSchedule"}]}),
        "node-2",
    );
    check(&mut cluster, json!({"tolerations": [{"operator": "Exists"}]}), "node-1");
}

#[test]
fn a_host_port_is_used_once_a_node() {
    let mut cluster = Cluster::with_nodes(2);
    let spec = || json!({"containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80, "hostPort": 80}]}]});
    for name in ["a", "b", "c"] {
        cluster.apply(pod(name, spec()));
        cluster.settle();
    }
    assert_eq!(["a", "b", "c"].map(|name| node_of(&cluster, name)), ["node-1", "node-2", ""]);
    assert!(cluster.events.iter().any(|event| event.contains(
        "FailedScheduling 0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    )));
}

#[test]
fn pods_that_refuse_each_other_get_nodes_of_their_own() {
    let mut cluster = Cluster::with_nodes(2);
    let spec = || {
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}]}}})
    };
    for name in ["a", "b"] {
        cluster.apply(pod(name, spec()));
        cluster.settle();
    }
    assert_eq!(["a", "b"].map(|name| node_of(&cluster, name)), ["node-1", "node-2"]);
    check(&mut cluster, spec(), "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules");
}

#[test]
fn a_pending_pod_is_scheduled_once_a_node_can_take_it() {
    let mut cluster = Cluster::with_nodes(0);
    let key = cluster.apply(pod("a", json!({})));
    cluster.settle();
    assert_eq!(
        cluster.value(&key)["status"]["conditions"][0]["message"],
        "no nodes available to schedule pods"
    );
    assert_eq!(cluster.store.pods_on_node("").count(), 1);
    cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDR": "10.1.0.0/24"}}));
    cluster.settle();
    assert_eq!(node_of(&cluster, "a"), "n");
}

#[test]
fn a_gated_pod_waits() {
    let mut cluster = Cluster::with_nodes(1);
    let gated = json!({"schedulingGates": [{"name": "example.com/wait"}]});
    check(&mut cluster, gated, "Scheduling is blocked due to non-empty scheduling gates");
}

#[test]
fn an_imported_pod_that_lacked_resources_stays_pending() {
    let mut cluster = Cluster::with_nodes(1);
    let mut value = pod("a", json!({}));
    value["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
    cluster.apply(value);
    cluster.settle();
    assert_eq!(node_of(&cluster, "a"), "");
}
