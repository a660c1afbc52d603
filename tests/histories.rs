//! Random histories of the whole cluster: what people do to Pods, Services, Deployments and Nodes, and time.
//!
//! After each step, whatever way it was reached: a full look at every Service writes nothing; the slices hold just the
//! Pods that they have to, none too many; the Endpoints are right; the API server has refused the controllers nothing;
//! and all came to rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{Kind, ObjectKey, Path, Time};
use endpoint_playground::cluster::Cluster;
use endpoint_playground::controllers::endpoint_slice::{
    Input, MANAGED_BY, MANAGED_BY_LABEL, MAX_ENDPOINTS_PER_SLICE, TopologyCache, is_pod_ready, reconcile,
    should_pod_be_in_endpoints,
};
use endpoint_playground::controllers::endpoints;
use endpoint_playground::session::{Command, Session};
use endpoint_playground::store;
use k8s_openapi::api::core::v1::{Endpoints, Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use proptest::prelude::*;
use serde_json::{Value, json};

/// One step of a history. Numbers choose among what may be there.
#[derive(Clone, Debug)]
enum Step {
    Pod { name: u8, app: u8, port: u8, ready: Option<bool>, node: u8 },
    Label { name: u8, app: u8 },
    Ready { name: u8, ready: Option<bool> },
    DeletePods(Vec<u8>),
    Service { name: u8, shape: Shape },
    DeleteService(u8),
    Deployment { app: u8, replicas: u8 },
    Scale { app: u8, replicas: u8 },
    DeleteDeployment(u8),
    DeleteNode(u8),
    Node { number: u8, zone: u8, ready: bool },
    DeleteSlice(u8),
    DeleteEndpoints(u8),
    Pass(u16),
    Undo,
    Redo,
    Seek(u16),
}

/// What a Service looks like.
#[derive(Clone, Copy, Debug)]
struct Shape {
    app: u8,
    headless: bool,
    ports: u8,
    tolerant: bool,
    distribution: u8,
    dual: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let (name, app, node) = (0..8u8, 0..3u8, 0..3u8);
    let ready = || proptest::option::of(any::<bool>());
    let shape = (app.clone(), any::<bool>(), 0..4u8, any::<bool>(), 0..4u8, any::<bool>()).prop_map(
        |(app, headless, ports, tolerant, distribution, dual)| Shape {
            app,
            headless,
            ports,
            tolerant,
            distribution,
            dual,
        },
    );
    let replicas = prop_oneof![12 => 0..6u8, 1 => Just(130u8)];
    prop_oneof![
        6 => (name.clone(), app.clone(), 0..4u8, ready(), 0..5u8)
            .prop_map(|(name, app, port, ready, node)| Step::Pod { name, app, port, ready, node }),
        2 => (name.clone(), app.clone()).prop_map(|(name, app)| Step::Label { name, app }),
        4 => (name.clone(), ready()).prop_map(|(name, ready)| Step::Ready { name, ready }),
        2 => proptest::collection::vec(name, 1..4).prop_map(Step::DeletePods),
        4 => (0..4u8, shape).prop_map(|(name, shape)| Step::Service { name, shape }),
        1 => (0..4u8).prop_map(Step::DeleteService),
        2 => (app.clone(), replicas.clone()).prop_map(|(app, replicas)| Step::Deployment { app, replicas }),
        2 => (app.clone(), replicas).prop_map(|(app, replicas)| Step::Scale { app, replicas }),
        1 => app.prop_map(Step::DeleteDeployment),
        1 => node.clone().prop_map(Step::DeleteNode),
        1 => (node, 0..4u8, any::<bool>())
            .prop_map(|(number, zone, ready)| Step::Node { number, zone, ready }),
        1 => any::<u8>().prop_map(Step::DeleteSlice),
        1 => (0..4u8).prop_map(Step::DeleteEndpoints),
        4 => (0..4_000u16).prop_map(Step::Pass),
        1 => (0..60_000u16).prop_map(Step::Pass),
        1 => Just(Step::Undo),
        1 => Just(Step::Redo),
        1 => any::<u16>().prop_map(Step::Seek),
    ]
}

fn app(number: u8) -> String {
    format!("app-{number}")
}

fn pod(name: u8, app_number: u8, port: u8, ready: Option<bool>, node: u8) -> Value {
    let ports = match port {
        0 => json!([]),
        number => {
            json!([{"name": "http", "containerPort": 8000 + u16::from(number)}, {"name": "admin", "containerPort": 9000}])
        }
    };
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("pod-{name}"), "labels": {"app": app(app_number)}},
        "spec": {"containers": [{"name": "c", "image": "nginx", "ports": ports}]},
    });
    if let Some(ready) = ready {
        pod["metadata"]["annotations"] = json!({"playground.endpoint/ready": ready.to_string()});
    }
    if (1..4).contains(&node) {
        pod["spec"]["nodeName"] = json!(format!("node-{node}"));
    }
    pod
}

fn service(name: u8, shape: Shape) -> Value {
    let ports = match shape.ports {
        0 => json!([{"name": "http", "port": 80, "targetPort": "http"}]),
        1 => json!([{"name": "http", "port": 80, "targetPort": 8080}]),
        2 => {
            json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "admin", "port": 81, "targetPort": "admin"}])
        }
        _ => json!([{"port": 80, "targetPort": 8080}]),
    };
    // Whether a Service is headless nobody can change: each name is one or the other for good.
    let name_of = format!("service-{name}-{}", if shape.headless { "headless" } else { "ip" });
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name_of},
        "spec": {"selector": {"app": app(shape.app)}, "ports": ports, "publishNotReadyAddresses": shape.tolerant},
    });
    if shape.headless {
        service["spec"]["clusterIP"] = json!("None");
    }
    match shape.distribution {
        0 => service["spec"]["trafficDistribution"] = json!("PreferSameZone"),
        1 => service["spec"]["trafficDistribution"] = json!("PreferSameNode"),
        _ => {}
    }
    if shape.dual {
        service["spec"]["ipFamilyPolicy"] = json!("PreferDualStack");
    }
    service
}

fn deployment(app_number: u8, replicas: u8) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app(app_number)},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": app(app_number), "by": "deployment"}},
            "template": {"metadata": {"labels": {"app": app(app_number), "by": "deployment"}},
                "spec": {"containers": [{"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 8001}]}]}}},
    })
}

fn node(number: u8, zone: u8, ready: bool) -> Value {
    let name = format!("node-{}", number + 1);
    let mut labels = json!({"kubernetes.io/hostname": name});
    if zone > 0 {
        labels["topology.kubernetes.io/zone"] = json!(format!("zone-{zone}"));
    }
    let number = number + 1;
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": format!("10.244.{number}.0/24"), "podCIDRs": [format!("10.244.{number}.0/24")]},
        "status": {
            "addresses": [{"type": "InternalIP", "address": format!("192.168.1.{}", 10 + number)}],
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}],
        },
    })
}

fn edit(key: ObjectKey, path: &str, value: Option<Value>) -> Command {
    let path = path.parse::<Path>().unwrap();
    Command::Edit { key, edits: vec![Edit { path, value }] }
}

fn delete(keys: Vec<ObjectKey>) -> Command {
    Command::Delete { keys }
}

fn services_named(name: u8) -> Vec<ObjectKey> {
    ["headless", "ip"]
        .iter()
        .map(|kind| ObjectKey::service("default", format!("service-{name}-{kind}")))
        .collect()
}

fn take(session: &mut Session, step: &Step) {
    let apply = |document| Command::Apply { documents: vec![document], namespace: "default".to_owned() };
    let pod_key = |name: &u8| ObjectKey::pod("default", format!("pod-{name}"));
    let deployment_key = |number: &u8| ObjectKey::new(Kind::Deployment, "default", app(*number));
    let command = match step {
        Step::Pod { name, app, port, ready, node } => apply(pod(*name, *app, *port, *ready, *node)),
        Step::Label { name, app: number } => {
            edit(pod_key(name), "metadata.labels.app", Some(json!(app(*number))))
        }
        Step::Ready { name, ready } => edit(
            pod_key(name),
            "metadata.annotations[\"playground.endpoint/ready\"]",
            ready.map(|ready| json!(ready.to_string())),
        ),
        Step::DeletePods(names) => delete(names.iter().map(pod_key).collect()),
        Step::Service { name, shape } => apply(service(*name, *shape)),
        Step::DeleteService(name) => delete(services_named(*name)),
        Step::Deployment { app, replicas } => apply(deployment(*app, *replicas)),
        Step::Scale { app, replicas } => edit(deployment_key(app), "spec.replicas", Some(json!(replicas))),
        Step::DeleteDeployment(app) => delete(vec![deployment_key(app)]),
        Step::DeleteNode(number) => delete(vec![ObjectKey::node(format!("node-{}", number + 1))]),
        Step::Node { number, zone, ready } => apply(node(*number, *zone, *ready)),
        Step::DeleteSlice(number) => {
            let slices: Vec<ObjectKey> = session
                .cluster()
                .store()
                .objects_of(Kind::EndpointSlice)
                .filter(|slice| &*slice.key.name != "kubernetes")
                .map(|slice| slice.key.clone())
                .collect();
            let count = slices.len().max(1);
            delete(slices.into_iter().skip(usize::from(*number) % count).take(1).collect())
        }
        Step::DeleteEndpoints(name) => delete(
            services_named(*name)
                .into_iter()
                .map(|key| ObjectKey::new(Kind::Endpoints, key.namespace, key.name))
                .collect(),
        ),
        Step::Pass(milliseconds) => {
            let to = Time(session.now().0 + u64::from(*milliseconds));
            return session.advance(to);
        }
        Step::Undo => {
            session.undo();
            return;
        }
        Step::Redo => {
            session.redo();
            return;
        }
        Step::Seek(part) => {
            let to = session.end().0 * u64::from(*part) / u64::from(u16::MAX);
            return session.seek(Time(to));
        }
    };
    session.dispatch(command);
}

/// Everything that holds whenever the cluster is quiet.
fn check(cluster: &Cluster) {
    let store = cluster.store();
    for line in cluster.events() {
        assert!(!["FailedWrite", "NeverAtRest"].contains(&line.reason.as_str()), "{line:?}");
    }
    let services: Vec<&Arc<Service>> = store.list::<Service>().collect();
    for service in &services {
        check_service(cluster, service);
    }
    // The slices and Endpoints of a Service that is gone are gone too.
    for slice in store.list::<EndpointSlice>() {
        let labels = slice.metadata.labels.as_ref().unwrap();
        let namespace = slice.metadata.namespace.as_deref().unwrap();
        let service = &labels[store::SERVICE_NAME_LABEL];
        assert!(store.find::<Service>(namespace, service).is_some(), "{slice:?}");
    }
    for endpoints in store.list::<Endpoints>() {
        let (namespace, name) = (endpoints.metadata.namespace.as_deref(), endpoints.metadata.name.as_deref());
        assert!(store.find::<Service>(namespace.unwrap(), name.unwrap()).is_some(), "{endpoints:?}");
    }
}

fn check_service(cluster: &Cluster, service: &Service) {
    let store = cluster.store();
    let (namespace, name) =
        (service.metadata.namespace.as_deref().unwrap(), service.metadata.name.as_deref().unwrap());
    let spec = service.spec.as_ref().unwrap();
    let Some(selector) = &spec.selector else { return };
    // Not by the index, which is on trial too.
    let pods: Vec<Arc<Pod>> = store
        .list_in::<Pod>(namespace)
        .filter(|pod| store::selects(selector, pod.metadata.labels.as_ref()))
        .cloned()
        .collect();
    let slices: Vec<Arc<EndpointSlice>> = store.slices_of(namespace, name).cloned().collect();
    let nodes = |name: &str| store.find::<Node>("", name).map(|node| &**node);

    let input = Input {
        service,
        pods: &pods,
        slices: &slices,
        nodes: &nodes,
        max_endpoints_per_slice: MAX_ENDPOINTS_PER_SLICE,
        trigger_time: None,
    };
    let plan = reconcile(&input, &mut TopologyCache::default());
    assert!(plan.writes.is_empty(), "{namespace}/{name} is not as it should be: {:#?}", plan.writes);

    let existing = store.find::<Endpoints>(namespace, name).map(|endpoints| &**endpoints);
    assert!(existing.is_some(), "{namespace}/{name} has no Endpoints");
    let input = endpoints::Input { service, pods: &pods, existing, trigger_time: None };
    let write = endpoints::reconcile(&input);
    assert!(write.is_none(), "the Endpoints of {namespace}/{name} are not as they should be: {write:#?}");

    let tolerant = spec.publish_not_ready_addresses == Some(true);
    for family in spec.ip_families.as_ref().unwrap() {
        let mut found = BTreeSet::new();
        for slice in slices.iter().filter(|slice| slice.address_type == *family) {
            assert_eq!(slice.metadata.labels.as_ref().unwrap()[MANAGED_BY_LABEL], MANAGED_BY);
            let endpoints = slice.endpoints.as_deref().unwrap_or_default();
            assert!(endpoints.len() <= MAX_ENDPOINTS_PER_SLICE);
            for endpoint in endpoints {
                let target = endpoint.target_ref.as_ref().unwrap().name.clone().unwrap();
                let pod = pods.iter().find(|pod| pod.metadata.name.as_ref() == Some(&target));
                let pod = pod.unwrap_or_else(|| panic!("{namespace}/{name} does not select {target}"));
                assert!(should_pod_be_in_endpoints(pod, true), "{target} may not be an endpoint");
                let terminating = pod.metadata.deletion_timestamp.is_some();
                let conditions = endpoint.conditions.as_ref().unwrap();
                assert_eq!(conditions.serving, Some(is_pod_ready(pod)), "{target}");
                assert_eq!(conditions.terminating, Some(terminating), "{target}");
                assert_eq!(conditions.ready, Some(tolerant || is_pod_ready(pod) && !terminating), "{target}");
                assert!(found.insert(target.clone()), "{target} is in two places");
            }
        }
        let wanted: BTreeSet<String> = pods
            .iter()
            .filter(|pod| should_pod_be_in_endpoints(pod, true))
            .filter(|pod| {
                let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default();
                tolerant || nodes(node).is_some()
            })
            .filter(|pod| {
                let ips = pod.status.iter().flat_map(|status| status.pod_ips.iter().flatten());
                ips.into_iter().any(|ip| ip.ip.contains(':') == (family == "IPv6"))
            })
            .map(|pod| pod.metadata.name.clone().unwrap())
            .collect();
        assert_eq!(found, wanted, "{namespace}/{name} {family}");
    }
}

fn play(steps: &[Step], seed: u64) {
    let mut session = Session::new(seed);
    check(session.cluster());
    for step in steps {
        take(&mut session, step);
        check(session.cluster());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 48 } else { 10_000 }))]

    #[test]
    fn endpoints_are_right_after_every_step(steps in proptest::collection::vec(step(), 1..20), seed in 0..4u64) {
        play(&steps, seed);
    }
}
