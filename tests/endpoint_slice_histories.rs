//! Random histories of one Service: Pods come, go and change, people edit the Service, the Nodes and the slices.
//!
//! After each step: the slices hold just the eligible matching Pods, none holds too many, a second look writes nothing, and
//! the look at the changed Pods alone, where it is possible, comes to the same as the look at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use endpoint_playground::controllers::endpoint_slice::{
    Input, Plan, PodChange, PodChanges, ServiceState, TopologyCache, Write, is_pod_ready, reconcile,
    reconcile_pod_change, should_pod_be_in_endpoints,
};
use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use proptest::prelude::*;
use serde_json::{Value, json};

const MAX: usize = 4;

/// One step of a history. Numbers choose among what is there.
#[derive(Clone, Debug)]
enum Step {
    /// Makes or replaces Pods: name, number of the address, port, ready.
    Pods(Vec<(u8, u8, u8, bool)>),
    Ready(Vec<(u8, bool)>),
    Terminate(Vec<u8>),
    Delete(Vec<u8>),
    /// Whether the Pod has the labels that the Service selects.
    Match(u8, bool),
    Finish(u8),
    /// The zone of a Node; `None` takes the Node away.
    Zone(u8, Option<u8>),
    Service(Shape),
    DeleteSlice(u8),
    EditSlice(u8, u8),
}

/// What a Service looks like.
#[derive(Clone, Copy, Debug)]
struct Shape {
    families: u8,
    ports: u8,
    distribution: u8,
    tolerant: bool,
    label: u8,
    headless: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pod = 0..14u8;
    let shape = (0..4u8, 0..4u8, 0..5u8, any::<bool>(), 0..3u8, any::<bool>()).prop_map(
        |(families, ports, distribution, tolerant, label, headless)| Shape {
            families,
            ports,
            distribution,
            tolerant: tolerant && label == 0,
            label,
            headless,
        },
    );
    let pods = proptest::collection::vec((pod.clone(), 0..20u8, 0..6u8, any::<bool>()), 1..8);
    let step = prop_oneof![
        6 => pods.prop_map(Step::Pods),
        4 => proptest::collection::vec((pod.clone(), any::<bool>()), 1..3).prop_map(Step::Ready),
        2 => proptest::collection::vec(pod.clone(), 1..3).prop_map(Step::Terminate),
        3 => proptest::collection::vec(pod.clone(), 1..5).prop_map(Step::Delete),
        2 => (pod.clone(), any::<bool>()).prop_map(|(pod, matches)| Step::Match(pod, matches)),
        1 => pod.prop_map(Step::Finish),
        1 => (0..3u8, proptest::option::weighted(0.8, 0..3u8)).prop_map(|(node, zone)| Step::Zone(node, zone)),
        2 => shape.prop_map(Step::Service),
        1 => any::<u8>().prop_map(Step::DeleteSlice),
        1 => (any::<u8>(), 0..4u8).prop_map(|(slice, kind)| Step::EditSlice(slice, kind)),
    ];
    proptest::collection::vec(step, 1..24)
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the object is well formed")
}

fn service(shape: Shape) -> Arc<Service> {
    let families = [json!(["IPv4"]), json!(["IPv6"]), json!(["IPv4", "IPv6"]), json!(["IPv6", "IPv4"])];
    let ports = [
        json!([{"port": 80, "protocol": "TCP", "targetPort": 8080}]),
        json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]),
        json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"},
            {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"}]),
        json!([]),
    ];
    let distribution = [None, Some("PreferClose"), Some("PreferSameNode"), Some("Odd"), None];
    let auto = shape.distribution == 4;
    let labels = [json!(null), json!({"team": "a"}), json!({"team": ""})];
    Arc::new(read(json!({
        "metadata": {"name": "web", "namespace": "shop", "uid": "s1", "labels": labels[usize::from(shape.label)],
            "annotations": {"service.kubernetes.io/topology-mode": if auto { "Auto" } else { "Off" }}},
        "spec": {"selector": {"app": "web"}, "clusterIP": if shape.headless { "None" } else { "10.96.0.9" },
            "ipFamilies": families[usize::from(shape.families)], "ports": ports[usize::from(shape.ports)],
            "publishNotReadyAddresses": shape.tolerant,
            "trafficDistribution": distribution[usize::from(shape.distribution)]},
    })))
}

fn pod(name: &str, address: u8, port: u8, ready: bool) -> Arc<Pod> {
    let ips: Vec<Value> = match address % 5 {
        0 => vec![json!({"ip": format!("10.0.0.{address}")})],
        1 => vec![json!({"ip": format!("fd00::{address:x}")})],
        2 => vec![],
        _ => vec![json!({"ip": format!("10.0.0.{address}")}), json!({"ip": format!("FD00:0::{address:x}")})],
    };
    let mut ports = Vec::new();
    if port & 1 == 0 {
        ports.push(json!({"name": "http", "containerPort": 8080 + u16::from(port & 2), "protocol": "TCP"}));
    }
    if port > 2 {
        ports.push(json!({"name": "dns", "containerPort": 53, "protocol": "UDP"}));
    }
    Arc::new(read(json!({
        "metadata": {"name": name, "namespace": "shop", "uid": format!("{name}-{address}-{port}"), "labels": {"app": "web"}},
        "spec": {"nodeName": format!("node-{}", address % 3), "containers": [{"name": "c", "ports": ports}],
            "hostname": if address == 7 { "seven" } else { "" }, "subdomain": "web"},
        "status": {"podIP": "10.9.9.9", "podIPs": ips, "phase": "Running",
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    })))
}

#[derive(Clone)]
struct World {
    service: Arc<Service>,
    pods: BTreeMap<String, Arc<Pod>>,
    nodes: BTreeMap<String, Node>,
    nodes_version: u64,
    slices: BTreeMap<String, Arc<EndpointSlice>>,
    names: u32,
}

impl World {
    fn new() -> World {
        let shape =
            Shape { families: 0, ports: 1, distribution: 1, tolerant: false, label: 0, headless: false };
        let mut world = World {
            service: service(shape),
            pods: BTreeMap::new(),
            nodes: BTreeMap::new(),
            nodes_version: 0,
            slices: BTreeMap::new(),
            names: 0,
        };
        (0..3).for_each(|node| world.set_zone(node, Some(node)));
        world
    }

    fn set_zone(&mut self, node: u8, zone: Option<u8>) {
        let name = format!("node-{node}");
        self.nodes_version += 1;
        match zone {
            None => {
                self.nodes.remove(&name);
            }
            Some(zone) => {
                let node = json!({"metadata": {"name": name,
                        "labels": {"topology.kubernetes.io/zone": if zone == 2 { String::new() } else { format!("z{zone}") }}},
                    "status": {"allocatable": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]}});
                self.nodes.insert(name, read(node));
            }
        }
    }

    /// Makes the step; gives the names of the Pods that may have changed.
    fn make(&mut self, step: &Step) -> BTreeSet<String> {
        let name = |pod: &u8| format!("web-{pod:02}");
        let mut changed = BTreeSet::new();
        let mut edit = |pods: &mut BTreeMap<String, Arc<Pod>>, pod: &u8, change: &dyn Fn(&mut Pod)| {
            if let Some(pod) = pods.get_mut(&name(pod)) {
                change(Arc::make_mut(pod));
            }
            changed.insert(name(pod));
        };
        match step {
            Step::Pods(pods) => {
                for (number, address, port, ready) in pods {
                    self.pods.insert(name(number), pod(&name(number), *address, *port, *ready));
                    changed.insert(name(number));
                }
            }
            Step::Ready(pods) => {
                for (number, ready) in pods {
                    edit(&mut self.pods, number, &|pod| {
                        let status = pod.status.as_mut().unwrap();
                        status.conditions.as_mut().unwrap()[0].status =
                            if *ready { "True" } else { "False" }.to_owned();
                    });
                }
            }
            Step::Terminate(pods) => {
                for number in pods {
                    edit(&mut self.pods, number, &|pod| {
                        pod.metadata.deletion_timestamp = Some(read(json!("2026-01-01T00:00:00Z")));
                    });
                }
            }
            Step::Delete(pods) => {
                for number in pods {
                    self.pods.remove(&name(number));
                    changed.insert(name(number));
                }
            }
            Step::Match(number, matches) => edit(&mut self.pods, number, &|pod| {
                let app = if *matches { "web" } else { "other" };
                pod.metadata.labels = Some([("app".to_owned(), app.to_owned())].into());
            }),
            Step::Finish(number) => edit(&mut self.pods, number, &|pod| {
                pod.status.as_mut().unwrap().phase = Some("Succeeded".to_owned());
            }),
            Step::Zone(node, zone) => self.set_zone(*node, *zone),
            Step::Service(shape) => self.service = service(*shape),
            Step::DeleteSlice(number) => {
                if let Some(name) = self.slice_name(*number) {
                    self.slices.remove(&name);
                }
            }
            Step::EditSlice(number, kind) => {
                if let Some(name) = self.slice_name(*number) {
                    let slice = Arc::make_mut(self.slices.get_mut(&name).unwrap());
                    let endpoints = slice.endpoints.get_or_insert_default();
                    match kind {
                        0 => slice
                            .metadata
                            .labels
                            .as_mut()
                            .unwrap()
                            .insert("mine".into(), "x".into())
                            .map(drop),
                        1 => endpoints.pop().map(drop),
                        2 => endpoints.first().cloned().map(|copy| endpoints.push(copy)),
                        _ => endpoints.first_mut().map(|first| {
                            first.hints = Some(read(json!({"forZones": [{"name": "z9"}]})));
                        }),
                    };
                }
            }
        }
        changed
    }

    fn slice_name(&self, number: u8) -> Option<String> {
        let count = self.slices.len();
        (count > 0).then(|| self.slices.keys().nth(usize::from(number) % count).unwrap().clone())
    }

    fn matching(&self) -> Vec<Arc<Pod>> {
        self.pods.values().filter(|pod| matches(pod)).cloned().collect()
    }

    fn slice_list(&self) -> Vec<Arc<EndpointSlice>> {
        self.slices.values().cloned().collect()
    }

    fn whole(&self, topology: &mut TopologyCache) -> Plan {
        let nodes = |name: &str| self.nodes.get(name);
        let (pods, slices) = (self.matching(), self.slice_list());
        let input = Input {
            service: &self.service,
            pods: &pods,
            slices: &slices,
            nodes: &nodes,
            max_endpoints_per_slice: MAX,
            trigger_time: None,
        };
        reconcile(&input, topology)
    }

    fn partial(&self, state: &ServiceState, changed: &BTreeSet<String>) -> Option<Plan> {
        let nodes = |name: &str| self.nodes.get(name);
        let slices = self.slice_list();
        let pods: Vec<PodChange<'_>> = changed
            .iter()
            .map(|name| PodChange {
                name,
                pod: self.pods.get(name).filter(|pod| matches(pod)).map(|pod| &**pod),
            })
            .collect();
        let changes = PodChanges {
            service: &self.service,
            pods: &pods,
            slices: &slices,
            nodes: &nodes,
            nodes_version: self.nodes_version,
            max_endpoints_per_slice: MAX,
            trigger_time: None,
        };
        reconcile_pod_change(state, &changes)
    }

    fn apply(&mut self, plan: &Plan) {
        for write in &plan.writes {
            match write {
                Write::Create(slice) => {
                    self.names += 1;
                    let mut slice = slice.clone();
                    let name = format!("web-{:04}", self.names);
                    slice.metadata.uid = Some(format!("uid-{name}"));
                    slice.metadata.name = Some(name.clone());
                    self.slices.insert(name, Arc::new(slice));
                }
                Write::Update(slice) => {
                    let name = slice.metadata.name.clone().unwrap();
                    assert!(self.slices.insert(name, Arc::new(slice.clone())).is_some());
                }
                Write::Delete(slice) => {
                    assert!(self.slices.remove(slice.metadata.name.as_ref().unwrap()).is_some());
                }
            }
        }
    }

    /// Every endpoint's Pod matches, is eligible and is told of as it is; none is missing; no slice holds too many.
    fn check(&self, edited: bool) {
        let spec = self.service.spec.as_ref().unwrap();
        let tolerant = spec.publish_not_ready_addresses == Some(true);
        let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
        for pod in self.matching().iter().filter(|pod| should_pod_be_in_endpoints(pod, true)) {
            let node = pod.spec.as_ref().unwrap().node_name.as_ref().unwrap();
            if !tolerant && !self.nodes.contains_key(node) {
                continue;
            }
            for ip in pod.status.iter().flat_map(|status| status.pod_ips.iter().flatten()) {
                let family = if ip.ip.contains(':') { "IPv6" } else { "IPv4" };
                if spec.ip_families.as_ref().unwrap().iter().any(|wanted| wanted == family) {
                    wanted.insert((family.to_owned(), pod.metadata.name.clone().unwrap()));
                }
            }
        }
        let mut present = BTreeSet::new();
        for slice in self.slices.values() {
            let endpoints = slice.endpoints.as_deref().unwrap_or_default();
            assert!(endpoints.len() <= MAX || edited, "a slice holds {}", endpoints.len());
            for endpoint in endpoints {
                let name = endpoint.target_ref.as_ref().unwrap().name.clone().unwrap();
                let pod = &self.pods[&name];
                let conditions = endpoint.conditions.as_ref().unwrap();
                let terminating = pod.metadata.deletion_timestamp.is_some();
                assert_eq!(conditions.serving, Some(is_pod_ready(pod)));
                assert_eq!(conditions.terminating, Some(terminating));
                assert_eq!(conditions.ready, Some(tolerant || is_pod_ready(pod) && !terminating));
                assert!(present.insert((slice.address_type.clone(), name)), "an endpoint is there twice");
            }
        }
        assert_eq!(present, wanted);
    }
}

fn matches(pod: &Pod) -> bool {
    pod.metadata.labels.as_ref().is_some_and(|labels| labels.get("app").is_some_and(|app| app == "web"))
}

fn replay(history: &[Step]) -> (usize, usize) {
    let mut world = World::new();
    let mut topology = TopologyCache::default();
    let mut state: Option<ServiceState> = None;
    let mut edited = false;
    let (mut partial, mut writes) = (0, 0);
    for step in history {
        let changed = world.make(step);
        edited |= matches!(step, Step::EditSlice(..));
        topology.set_nodes(world.nodes.values());
        let mut topology_after = topology.clone();
        let plan = world.whole(&mut topology_after);

        if let Some(found) = state.as_ref().and_then(|state| world.partial(state, &changed)) {
            let (mut one, mut other) = (world.clone(), world.clone());
            one.apply(&plan);
            other.apply(&found);
            assert_eq!(one.slices, other.slices, "the looks differ after {step:?}");
            assert_eq!((&plan.events, &plan.error), (&found.events, &found.error));
            assert_eq!(plan.writes.len(), found.writes.len());
            partial += 1;
            writes += found.writes.len();
        }

        world.apply(&plan);
        topology = topology_after;
        world.check(edited);
        if plan.settled {
            let again = world.whole(&mut topology.clone());
            assert!(
                again.writes.is_empty() && again.events.is_empty(),
                "a second look writes after {step:?}"
            );
        }
        state = ServiceState::new(
            &plan,
            &world.service,
            world.nodes_version,
            world.slices.values(),
            state.as_ref(),
        );
    }
    (partial, writes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn look_at_changed_pods_comes_to_the_same_as_the_look_at_everything(history in steps()) {
        replay(&history);
    }
}

#[test]
fn most_changes_of_pods_need_no_look_at_the_others() {
    let pods = |range: std::ops::Range<u8>, ready| Step::Pods(range.map(|n| (n, 5 * n, 0, ready)).collect());
    // The first look is at everything; so is the one after the Service was edited.
    let (partial, writes) = replay(&[
        pods(0..13, true),
        Step::Ready(vec![(3, false)]),
        Step::Terminate(vec![4]),
        Step::Delete(vec![4, 5]),
        pods(4..6, true),
        Step::Match(6, false),
        Step::Delete(vec![0, 1, 2, 3]),
        Step::Service(Shape {
            families: 0,
            ports: 0,
            distribution: 2,
            tolerant: false,
            label: 1,
            headless: true,
        }),
        Step::Ready(vec![(7, false)]),
    ]);
    assert_eq!(partial, 7);
    assert!(writes >= 7, "{writes} writes");
}
