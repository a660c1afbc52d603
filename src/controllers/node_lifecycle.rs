//! Nodes: how a new one registers, what becomes of one that is not ready, and of the Pods of one that is gone.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use k8s_openapi::api::core::v1::{Node, NodeAddress, NodeCondition, Pod, Taint, Toleration};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::node::{self, NOT_READY, UNREACHABLE};
use super::{Event, Outcome, pod};
use crate::api::{ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "node-controller";

/// How long Pods stay on a node that is not ready, in milliseconds, unless they say otherwise: the toleration of 300
/// seconds that admission gives to every Pod.
pub const EVICTION_TIME: u64 = 300_000;

/// The address of the API server; nodes have the ones after it.
const API_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 10);
/// What the IPv6 addresses of nodes begin with; they end in the digits of the IPv4 address.
const NODE_NETWORK_V6: &str = "fd00:192:168:1::";
/// The range of which each node has a /24 for its Pods.
const POD_NETWORK: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 244, 0, 0), 16);
/// What a node can run: resource and quantity.
const CAPACITY: [(&str, &str); 4] =
    [("cpu", "4"), ("ephemeral-storage", "100Gi"), ("memory", "16Gi"), ("pods", "110")];
/// The conditions of a healthy node: type, status, reason, message.
const CONDITIONS: [(&str, &str, &str, &str); 4] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

// Models pkg/kubelet/kubelet_node_status.go, pkg/controller/nodeipam, pkg/controller/nodelifecycle, pkg/controller/tainteviction
// and pkg/controller/podgc
/// Looks after one Node:
/// 1. one that is gone: its Pods are removed;
/// 2. one that lacks labels, addresses, ranges, conditions or capacity gets them, as if its kubelet had registered;
/// 3. the taints of its state are set and taken away;
/// 4. one that is not ready: its Pods are not ready, and after [`EVICTION_TIME`] (or what they tolerate) they are
///    deleted.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(original) = store.find::<Node>("", &key.name) else {
        if !key.name.is_empty() {
            for pod in store.pods_on_node(&key.name) {
                outcome.delete(pod::key(pod), Some(0));
            }
        }
        return outcome;
    };
    let mut node = (**original).clone();
    register(store, &mut node, now);
    let news = set_taints(&mut node, now);
    if node.metadata != original.metadata || node.spec != original.spec {
        outcome.update::<Node>(node.clone());
    }
    if node.status != original.status {
        outcome.update_status::<Node>(node.clone());
    }
    if let Some(reason) = news {
        let words = format!("Node {} status is now: {reason}", key.name);
        outcome.events.push(Event::normal(reason, words));
    }
    if !node::is_ready(&node) {
        leave_pods(store, &node, now, &mut outcome);
    }
    outcome
}

/// Fills in what a kubelet tells of its node, and the ranges that the cluster gives it.
fn register(store: &Store, node: &mut Node, now: Time) {
    let name = node::name(node).to_owned();
    let labels = node.metadata.labels.get_or_insert_default();
    for (label, value) in [
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name.as_str()),
        ("kubernetes.io/os", "linux"),
    ] {
        labels.entry(label.to_owned()).or_insert_with(|| value.to_owned());
    }
    let spec = node.spec.get_or_insert_default();
    if spec.pod_cidr.is_none() && spec.pod_cidrs.as_ref().is_none_or(Vec::is_empty) {
        let ranges = free_ranges(store);
        spec.pod_cidr = ranges.first().cloned();
        spec.pod_cidrs = Some(ranges);
    }
    let status = node.status.get_or_insert_default();
    if status.addresses.as_ref().is_none_or(Vec::is_empty) {
        let address = |type_: &str, address: String| NodeAddress { type_: type_.to_owned(), address };
        let has_v6 = spec.pod_cidrs.iter().flatten().any(|range| range.contains(':'));
        let mut addresses = Vec::new();
        if let Some(ip) = free_address(store) {
            addresses.push(address("InternalIP", ip.to_string()));
            if has_v6 {
                addresses.push(address("InternalIP", format!("{NODE_NETWORK_V6}{}", ip.octets()[3])));
            }
        }
        addresses.push(address("Hostname", name));
        status.addresses = Some(addresses);
    }
    if status.conditions.as_ref().is_none_or(Vec::is_empty) {
        let condition = |(type_, status, reason, message): (&str, &str, &str, &str)| NodeCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            last_heartbeat_time: Some(now.to_timestamp()),
            last_transition_time: Some(now.to_timestamp()),
        };
        status.conditions = Some(CONDITIONS.into_iter().map(condition).collect());
    }
    let capacity = || {
        CAPACITY
            .into_iter()
            .map(|(name, quantity)| (name.to_owned(), Quantity(quantity.to_owned())))
            .collect()
    };
    status.capacity.get_or_insert_with(capacity);
    status.allocatable.get_or_insert_with(capacity);
}

/// The lowest address of the nodes' network, after the API server's, that nobody has.
fn free_address(store: &Store) -> Option<Ipv4Addr> {
    let first = u32::from(API_SERVER);
    let mut addresses = (1..=u32::from(u8::MAX)).map(|place| Ipv4Addr::from(first.saturating_add(place)));
    addresses.find(|address| store.at_address((*address).into()).next().is_none())
}

/// The lowest /24 of the Pod network that no node has, and a /64 where other nodes have one too. The network's first
/// /24 is left alone, so that `node-1` has 10.244.1.0/24.
fn free_ranges(store: &Store) -> Vec<String> {
    let specs = store.list::<Node>().filter_map(|node| node.spec.as_ref());
    let taken: BTreeSet<IpNet> = specs
        .flat_map(|spec| spec.pod_cidr.iter().chain(spec.pod_cidrs.iter().flatten()))
        .filter_map(|range| range.parse().ok())
        .collect();
    let v4 = POD_NETWORK.subnets(24).into_iter().flatten().skip(1).map(IpNet::V4);
    let v6 = taken.iter().find_map(|range| match range {
        IpNet::V6(range) => Ipv6Net::new(range.network(), 56).ok(),
        IpNet::V4(_) => None,
    });
    let v6 =
        v6.into_iter().flat_map(|all| all.trunc().subnets(64).into_iter().flatten()).skip(1).map(IpNet::V6);
    let free = |range: &IpNet| !taken.contains(range);
    let first = |mut ranges: Box<dyn Iterator<Item = IpNet>>| ranges.find(|range| free(range));
    first(Box::new(v4)).into_iter().chain(first(Box::new(v6))).map(|range| range.to_string()).collect()
}

/// Brings the taints of the node's state up to date. Gives `NodeReady` or `NodeNotReady` when that changed.
fn set_taints(node: &mut Node, now: Time) -> Option<&'static str> {
    let mut wanted = node::state_taints(node);
    let lost: Vec<Taint> = wanted
        .iter()
        .filter(|taint| matches!(taint.key.as_str(), NOT_READY | UNREACHABLE))
        .map(|taint| Taint {
            effect: "NoExecute".to_owned(),
            time_added: Some(now.to_timestamp()),
            ..taint.clone()
        })
        .collect();
    wanted.extend(lost);
    let same = |a: &Taint, b: &Taint| a.key == b.key && a.effect == b.effect;
    let is_of_state =
        |taint: &Taint| matches!(taint.key.as_str(), NOT_READY | UNREACHABLE | node::UNSCHEDULABLE);
    let spec = node.spec.get_or_insert_default();
    let taints = spec.taints.get_or_insert_default();
    let was_lost = taints.iter().any(|taint| matches!(taint.key.as_str(), NOT_READY | UNREACHABLE));
    taints.retain(|taint| !is_of_state(taint) || wanted.iter().any(|wanted| same(wanted, taint)));
    for taint in wanted {
        if !taints.iter().any(|there| same(there, &taint)) {
            taints.push(taint);
        }
    }
    let is_lost = taints.iter().any(|taint| matches!(taint.key.as_str(), NOT_READY | UNREACHABLE));
    spec.taints.take_if(|taints| taints.is_empty());
    match (was_lost, is_lost) {
        (false, true) => Some("NodeNotReady"),
        (true, false) => Some("NodeReady"),
        _ => None,
    }
}

// Models pkg/controller/util/node/controller_utils.go MarkPodsNotReady and pkg/controller/tainteviction/taint_eviction.go
/// The Pods of a node that is not ready are not ready, and are deleted once they no longer tolerate that.
fn leave_pods(store: &Store, node: &Node, now: Time, outcome: &mut Outcome) {
    let taints: Vec<&Taint> = node
        .spec
        .iter()
        .flat_map(|spec| spec.taints.iter().flatten())
        .filter(|taint| taint.effect == "NoExecute")
        .collect();
    for pod in store.pods_on_node(node::name(node)).filter(|pod| pod::is_active(pod)) {
        let leaves_at = taints.iter().filter_map(|taint| eviction_time(pod, taint)).min();
        match leaves_at {
            Some(at) if at <= now => {
                outcome.delete(pod::key(pod), None);
                continue;
            }
            Some(at) => outcome.requeue(at),
            None => {}
        }
        if pod::is_ready(pod) {
            outcome.update_status::<Pod>(not_ready(pod, now));
        }
    }
}

/// When the Pod no longer tolerates the taint; `None` for never.
fn eviction_time(pod: &Pod, taint: &Taint) -> Option<Time> {
    let since = taint.time_added.as_ref().map(Time::from_timestamp)?;
    let tolerations = pod.spec.as_ref().and_then(|spec| spec.tolerations.as_deref()).unwrap_or_default();
    let tolerating: Vec<&Toleration> = tolerations
        .iter()
        .filter(|toleration| node::is_tolerated(taint, std::slice::from_ref(toleration)))
        .collect();
    if tolerating.is_empty() {
        let is_state = matches!(taint.key.as_str(), NOT_READY | UNREACHABLE);
        return Some(if is_state { since + EVICTION_TIME } else { since });
    }
    let seconds = tolerating.iter().filter_map(|toleration| toleration.toleration_seconds).min()?;
    Some(since + u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

/// The Pod with its condition Ready set to False. The condition gets no reason; that is how the kubelet, once it is
/// back, knows that it may be True again.
fn not_ready(pod: &Arc<Pod>, now: Time) -> Pod {
    let mut pod = (**pod).clone();
    let conditions = pod.status.iter_mut().flat_map(|status| status.conditions.iter_mut().flatten());
    for condition in conditions.filter(|condition| condition.type_ == "Ready") {
        condition.status = "False".to_owned();
        condition.last_transition_time = Some(now.to_timestamp());
    }
    pod
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::ObjectKey;
    use crate::controllers::pod;
    use crate::controllers::testing::Cluster;
    use k8s_openapi::api::core::v1::Node;

    fn set_ready(cluster: &mut Cluster, key: &ObjectKey, status: &str) {
        cluster.edit::<Node>(key, |node| {
            let conditions = node.status.as_mut().unwrap().conditions.as_mut().unwrap();
            conditions.iter_mut().find(|found| found.type_ == "Ready").unwrap().status = status.to_owned();
        });
        cluster.settle();
    }

    fn replica_set() -> Value {
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
    }

    #[test]
    fn a_node_that_somebody_draws_registers_itself() {
        let mut cluster = Cluster::with_nodes(3);
        let key = cluster.apply(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "mine"}}));
        cluster.settle();
        let node = cluster.value(&key);
        assert_eq!(node["status"]["addresses"][0], json!({"type": "InternalIP", "address": "192.168.1.14"}));
        assert_eq!(node["spec"]["podCIDRs"], json!(["10.244.4.0/24"]));
        assert_eq!(node["status"]["allocatable"]["cpu"], "4");
        assert_eq!(node["metadata"]["labels"]["kubernetes.io/hostname"], "mine");
        assert_eq!(node["status"]["conditions"][3]["reason"], "KubeletReady");
        assert!(node["spec"]["taints"].is_null());
    }

    #[test]
    fn pods_of_a_node_that_is_not_ready_are_unready_until_it_is_back() {
        let mut cluster = Cluster::with_nodes(2);
        cluster.apply(replica_set());
        cluster.settle();
        let key = ObjectKey::node("node-1");
        set_ready(&mut cluster, &key, "Unknown");
        assert_eq!(
            cluster.each_pod(|pod| (pod::node_name(pod) == "node-2") == pod::is_ready(pod)),
            [true, true]
        );
        let taints = cluster.value(&key)["spec"]["taints"].clone();
        assert_eq!(taints.as_array().unwrap().len(), 2);
        assert!(
            cluster
                .events
                .contains(&"Node node-1: NodeNotReady Node node-1 status is now: NodeNotReady".into())
        );
        set_ready(&mut cluster, &key, "True");
        assert_eq!(cluster.each_pod(pod::is_ready), [true, true]);
        assert!(cluster.value(&key)["spec"]["taints"].is_null());
    }

    #[test]
    fn after_five_minutes_the_pods_are_replaced_elsewhere() {
        let mut cluster = Cluster::with_nodes(2);
        cluster.apply(replica_set());
        cluster.settle();
        set_ready(&mut cluster, &ObjectKey::node("node-1"), "Unknown");
        cluster.pass(301_000);
        let ready_on_2 = cluster.each_pod(|pod| pod::is_ready(pod) && pod::node_name(pod) == "node-2");
        assert_eq!(ready_on_2.iter().filter(|ready| **ready).count(), 2);
        // The kubelet that would end the old Pod is not heard of.
        assert_eq!(cluster.each_pod(pod::is_terminating).iter().filter(|ends| **ends).count(), 1);
    }

    #[test]
    fn pods_of_a_deleted_node_are_removed_and_replaced() {
        let mut cluster = Cluster::with_nodes(2);
        cluster.apply(replica_set());
        cluster.settle();
        cluster.delete(&ObjectKey::node("node-1"));
        cluster.settle();
        assert_eq!(cluster.each_pod(|pod| pod::node_name(pod).to_owned()), ["node-2", "node-2"]);
    }

    #[test]
    fn a_cordoned_node_has_the_taint_that_says_so() {
        let mut cluster = Cluster::with_nodes(1);
        let key = ObjectKey::node("node-1");
        cluster.edit::<Node>(&key, |node| node.spec.as_mut().unwrap().unschedulable = Some(true));
        cluster.settle();
        assert_eq!(cluster.value(&key)["spec"]["taints"][0]["key"], "node.kubernetes.io/unschedulable");
        cluster.edit::<Node>(&key, |node| node.spec.as_mut().unwrap().unschedulable = None);
        cluster.settle();
        assert!(cluster.value(&key)["spec"]["taints"].is_null());
    }
}
