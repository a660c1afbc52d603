//! The control plane at work on clusters of several sizes.

use endpoint_playground::api::{Kind, Live};
use endpoint_playground::cluster::Cluster;
use endpoint_playground::controllers::endpoint_slice::is_pod_ready;
use endpoint_playground::controllers::kubelet::READY_ANNOTATION;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::engine::Prepare;

/// The figures by name.
pub const FIGURES: &[(&str, Prepare)] = &[
    ("all slices from nothing: 100 Pods, 10 Services", || from_nothing(100, 10)),
    ("all slices from nothing: 1,000 Pods, 100 Services", || from_nothing(1_000, 100)),
    ("all slices from nothing: 10,000 Pods, 1,000 Services", || from_nothing(10_000, 1_000)),
    ("all slices from nothing: 5,000 Pods, 1 Service", || from_nothing(5_000, 1)),
    ("one Pod turns unready: 100 Pods, 10 Services", || one_pod(100, 10)),
    ("one Pod turns unready: 1,000 Pods, 100 Services", || one_pod(1_000, 100)),
    ("one Pod turns unready: 10,000 Pods, 1,000 Services", || one_pod(10_000, 1_000)),
    ("one Pod turns unready: 20,000 Pods, 2,000 Services", || one_pod(20_000, 2_000)),
    ("one Pod turns unready: 5,000 Pods, 1 Service", || one_pod(5_000, 1)),
    ("one Pod turns unready: 10,000 Pods, 1 and 1,000 Services", || one_of_many_among_others(5_000)),
];

/// The endpoints that each round turns unready and ready again.
const NODES: usize = 100;

fn live(value: &Value) -> Live {
    let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    Live::from_value(&kind, value).expect("the object is well formed")
}

fn node(number: usize) -> Live {
    live(&json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": format!("worker-{number}"), "labels": {
            "kubernetes.io/hostname": format!("worker-{number}"),
            "topology.kubernetes.io/zone": format!("zone-{}", number % 3),
        } },
        "status": {
            "addresses": [{ "type": "InternalIP", "address": format!("192.168.2.{number}") }],
            "allocatable": { "cpu": "64", "memory": "512Gi", "pods": "500" },
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    }))
}

fn pod(number: usize, service: usize, ready: bool) -> Live {
    let ip = format!("10.{}.{}.{}", 100 + number / 60_000, number / 250 % 240, number % 250 + 1);
    let node = number % NODES;
    live(&json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("app-{service}-{number:05}"), "namespace": "default",
            "uid": format!("6f1d2c3b-0000-4000-8000-{number:012}"),
            "labels": { "app": format!("app-{service}") },
            "annotations": { READY_ANNOTATION: ready.to_string() },
            "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1,
        },
        "spec": {
            "nodeName": format!("worker-{node}"),
            "containers": [{ "name": "web", "image": "nginx", "ports": [{ "name": "http", "containerPort": 8080, "protocol": "TCP" }] }],
        },
        "status": {
            "phase": "Running", "podIP": ip, "podIPs": [{ "ip": ip }],
            "hostIP": format!("192.168.2.{node}"), "hostIPs": [{ "ip": format!("192.168.2.{node}") }],
            "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" }],
        },
    }))
}

fn service(number: usize) -> Live {
    let ip = format!("10.97.{}.{}", number / 250, number % 250 + 1);
    live(&json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {
            "name": format!("app-{number}"), "namespace": "default",
            "uid": format!("7a1d2c3b-0000-4000-8000-{number:012}"), "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack", "selector": { "app": format!("app-{number}") },
            "ports": [{ "name": "http", "port": 80, "targetPort": "http", "protocol": "TCP" }],
        },
    }))
}

/// A cluster of running Pods that are spread evenly over the Services, before and after the Services are there.
fn without_services(pods: usize, services: usize) -> Cluster {
    let mut cluster = Cluster::new(1);
    cluster.restore((0..NODES).map(node));
    cluster.restore((0..pods).map(|number| pod(number, number % services, true)));
    cluster.settle();
    cluster
}

fn settled(pods: usize, services: usize) -> Cluster {
    let mut cluster = without_services(pods, services);
    cluster.restore((0..services).map(service));
    cluster.settle();
    cluster
}

/// The objects are in the store, and no controller has seen the Services yet: until all slices and Endpoints are
/// written.
fn from_nothing(pods: usize, services: usize) -> Box<dyn FnMut()> {
    let mut cluster = without_services(pods, services);
    cluster.restore((0..services).map(service));
    let slices = |cluster: &Cluster| cluster.store().objects_of(Kind::EndpointSlice).count();
    let before = slices(&cluster);
    Box::new(move || {
        let mut cluster = cluster.clone();
        cluster.settle();
        assert_eq!(slices(&cluster) - before, services * (pods / services).div_ceil(100));
    })
}

/// A Pod's readiness probe fails, or succeeds again: until the kubelet has written the Pod's status and the controllers
/// have written the slice and the Endpoints.
fn one_pod(pods: usize, services: usize) -> Box<dyn FnMut()> {
    flip(settled(pods, services), pods / services / 2 * services, 0)
}

/// As [`one_pod`], of a Service of half of the Pods; the other half has 1,000 Services of its own.
fn one_of_many_among_others(half: usize) -> Box<dyn FnMut()> {
    let mut cluster = settled(half, 1);
    cluster.restore((half..2 * half).map(|number| pod(number, 1 + number % 1_000, true)));
    cluster.restore((1..=1_000).map(service));
    cluster.settle();
    flip(cluster, half / 2, 0)
}

fn flip(mut cluster: Cluster, number: usize, of: usize) -> Box<dyn FnMut()> {
    let states = [false, true].map(|ready| {
        let mut settled = cluster.clone();
        settled.restore([pod(number, of, ready)]);
        settled.settle();
        let name = format!("app-{of}-{number:05}");
        let pod = settled.store().find::<Pod>("default", &name).expect("the Pod is there").clone();
        assert_eq!(is_pod_ready(&pod), ready);
        pod
    });
    let mut turn = 0;
    Box::new(move || {
        // The other's annotations: what the kubelet has to bring the status in line with.
        let (now, wanted) = (&states[1 - turn], &states[turn]);
        let mut changed = (**now).clone();
        changed.metadata.annotations.clone_from(&wanted.metadata.annotations);
        let before = cluster.store().revision();
        cluster.restore([Live::Pod(std::sync::Arc::new(changed))]);
        cluster.settle();
        assert!(cluster.store().revision() - before >= 3, "Pod, status, slice");
        turn = 1 - turn;
    })
}
