//! The EndpointSlice controller against `endpointslice`, `endpointslice_directed`, `endpointslice_topology` (one look at a
//! Service) and `endpointslice_sequences` (a controller that lives on).

use std::collections::BTreeMap;
use std::sync::Arc;

use endpoint_playground::api::labels::Selector;
use endpoint_playground::controllers::endpoint_slice::{self, Input, Plan, TopologyCache, Write};
use k8s_openapi::api::core::v1::{Node, Pod, PodCondition, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Map, Value, json};

/// An API server that keeps what it is given, and the controller beside it.
#[derive(Default)]
struct World {
    service: Service,
    pods: BTreeMap<String, Arc<Pod>>,
    nodes: BTreeMap<String, Node>,
    slices: BTreeMap<String, Arc<EndpointSlice>>,
    topology: TopologyCache,
    names: usize,
}

/// The number of API calls of one look.
#[derive(Default)]
struct Counts {
    created: usize,
    updated: usize,
    deleted: usize,
}

pub fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn name(value: &Value) -> String {
    value["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

impl World {
    fn new(case: &Value) -> World {
        let mut world = World {
            service: read(&case["service"]),
            nodes: list(&case["nodes"]).iter().map(|node| (name(node), read(node))).collect(),
            slices: list(&case["existingSlices"])
                .iter()
                .map(|slice| (name(slice), Arc::new(read(slice))))
                .collect(),
            ..World::default()
        };
        world.topology.set_nodes(world.nodes.values());
        world.create_pods(&case["pods"]);
        world
    }

    fn create_pods(&mut self, pods: &Value) {
        self.pods.extend(list(pods).iter().map(|pod| {
            let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
            (format!("{namespace}/{}", name(pod)), Arc::new(read(pod)))
        }));
    }

    fn matching_pods(&self) -> Vec<Arc<Pod>> {
        let Some(selector) = self.service.spec.as_ref().and_then(|spec| spec.selector.as_ref()) else {
            return Vec::new();
        };
        let selector = Selector::from_set(Some(selector));
        self.pods
            .values()
            .filter(|pod| {
                pod.metadata.namespace == self.service.metadata.namespace
                    && selector.matches(pod.metadata.labels.as_ref())
            })
            .cloned()
            .collect()
    }

    /// One look of the controller at the Service.
    fn sync(&mut self) -> (Plan, Counts) {
        let pods = self.matching_pods();
        let slices: Vec<Arc<EndpointSlice>> = self.slices.values().cloned().collect();
        let nodes = |name: &str| self.nodes.get(name);
        let input = Input {
            service: &self.service,
            pods: &pods,
            slices: &slices,
            nodes: &nodes,
            max_endpoints_per_slice: endpoint_slice::MAX_ENDPOINTS_PER_SLICE,
            trigger_time: None,
        };
        let plan = endpoint_slice::reconcile(&input, &mut self.topology);
        let counts = self.apply(&plan);
        (plan, counts)
    }

    fn apply(&mut self, plan: &Plan) -> Counts {
        let mut counts = Counts::default();
        for write in &plan.writes {
            match write {
                Write::Create(slice) => {
                    counts.created += 1;
                    self.names += 1;
                    let mut slice = slice.clone();
                    let meta = &mut slice.metadata;
                    assert_eq!(meta.name, None);
                    let name =
                        format!("{}x{:04}", meta.generate_name.as_deref().unwrap_or_default(), self.names);
                    meta.name = Some(name.clone());
                    meta.uid = Some(format!("uid-{name}"));
                    meta.generation = Some(1);
                    self.slices.insert(name, Arc::new(slice));
                }
                Write::Update(slice) => {
                    counts.updated += 1;
                    let name = slice.metadata.name.clone().expect("an update names its slice");
                    let old = self.slices.get(&name).expect("the slice is there");
                    let mut slice = slice.clone();
                    slice.metadata.uid = old.metadata.uid.clone();
                    slice.metadata.generation = old.metadata.generation;
                    assert_eq!(slice.address_type, old.address_type, "the address type never changes");
                    self.slices.insert(name, Arc::new(slice));
                }
                Write::Delete(slice) => {
                    counts.deleted += 1;
                    let name = slice.metadata.name.as_deref().unwrap_or_default();
                    self.slices.remove(name).expect("the slice is there");
                }
            }
        }
        counts
    }

    /// All slices in canonical form; a name is kept only if `named` has it.
    fn canonical_slices(&self, named: &[String]) -> Vec<Value> {
        self.slices
            .values()
            .map(|slice| {
                let mut value = serde_json::to_value(&**slice).expect("a slice is JSON");
                let object = value.as_object_mut().expect("a slice is an object");
                object.remove("apiVersion");
                object.remove("kind");
                let meta = object["metadata"].as_object_mut().expect("metadata are an object");
                if !named.iter().any(|known| Some(known.as_str()) == meta["name"].as_str()) {
                    meta.remove("name");
                }
                canonical_slice(value)
            })
            .collect()
    }
}

/// Sorts what has no order and drops what is not compared.
fn canonical_slice(mut slice: Value) -> Value {
    drop_nulls(&mut slice);
    if let Some(meta) = slice["metadata"].as_object_mut() {
        for dropped in ["uid", "resourceVersion", "generation", "creationTimestamp"] {
            meta.remove(dropped);
        }
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("endpoints.kubernetes.io/last-change-trigger-time");
            if annotations.is_empty() {
                meta.remove("annotations");
            }
        }
    }
    for part in ["ports", "endpoints"] {
        if let Some(list) = slice.get_mut(part).and_then(Value::as_array_mut) {
            sort_by_text(list);
        }
    }
    slice
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let old = std::mem::take(map);
            let mut kept: Vec<(String, Value)> =
                old.into_iter().filter(|(_, value)| !value.is_null()).collect();
            // Key order must not matter in texts that are compared.
            kept.sort_by(|one, other| one.0.cmp(&other.0));
            kept.iter_mut().for_each(|(_, value)| drop_nulls(value));
            *map = kept.into_iter().collect();
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

pub fn canonical(value: &Value) -> Value {
    let mut value = value.clone();
    drop_nulls(&mut value);
    value
}

pub fn sort_by_text(values: &mut [Value]) {
    values.sort_by_cached_key(Value::to_string);
}

/// The slices of each group (address type and ports), the groups as `{"addressType":..,"ports":..}`.
fn groups(slices: &[Value]) -> BTreeMap<String, (Value, Vec<&Value>)> {
    let mut groups: BTreeMap<String, (Value, Vec<&Value>)> = BTreeMap::new();
    for slice in slices {
        let ports = slice.get("ports").cloned().unwrap_or_else(|| json!([]));
        let group = json!({"addressType": slice["addressType"], "ports": ports});
        groups.entry(group.to_string()).or_insert_with(|| (group, Vec::new())).1.push(slice);
    }
    groups
}

fn endpoints(slices: &[&Value], hints: bool) -> Vec<Value> {
    let mut all: Vec<Value> =
        slices.iter().flat_map(|slice| list(&slice["endpoints"])).map(canonical).collect();
    if !hints {
        for endpoint in &mut all {
            endpoint.as_object_mut().map(|endpoint| endpoint.shift_remove("hints"));
        }
    }
    sort_by_text(&mut all);
    all
}

fn sizes(slices: &[&Value]) -> Value {
    let mut sizes: Vec<usize> = slices.iter().map(|slice| list(&slice["endpoints"]).len()).collect();
    sizes.sort_by(|one, other| other.cmp(one));
    json!(sizes)
}

fn zone_hints(slices: &[&Value]) -> Value {
    let mut zones: BTreeMap<String, u64> = BTreeMap::new();
    for endpoint in slices.iter().flat_map(|slice| list(&slice["endpoints"])) {
        for zone in list(&endpoint["hints"]["forZones"]) {
            *zones.entry(zone["name"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    json!(zones)
}

fn events(plan: &Plan) -> Value {
    let mut events: Vec<String> = plan
        .events
        .iter()
        .map(|event| match event.reason {
            "FailedToUpdateEndpointSlices" => format!("{} {}", event.event_type, event.reason),
            _ => format!("{} {} {}", event.event_type, event.reason, event.message),
        })
        .collect();
    events.sort();
    json!(events)
}

/// What the case may give under `result` or `stable`, by its name there.
fn fact(name: &str, slices: &[Value], plan: &Plan, counts: &Counts) -> Value {
    let per_group = |key: &str, of: &dyn Fn(&[&Value]) -> Value| -> Value {
        groups(slices)
            .into_values()
            .map(|(group, slices)| {
                let mut entry = Map::new();
                entry.insert("group".to_owned(), group);
                entry.insert(key.to_owned(), of(&slices));
                Value::Object(entry)
            })
            .collect()
    };
    match name {
        "slices" => json!(slices),
        "counts" => {
            json!({"created": counts.created, "updated": counts.updated, "deleted": counts.deleted})
        }
        "error" => json!(if plan.error.is_some() { "NodeNotFound" } else { "" }),
        "events" => events(plan),
        "sliceCount" => json!(slices.len()),
        "sizes" => per_group("sizes", &sizes),
        "endpoints" => per_group("endpoints", &|slices| json!(endpoints(slices, true))),
        "endpointsWithoutHints" => per_group("endpoints", &|slices| json!(endpoints(slices, false))),
        "zoneHintCounts" => per_group("zones", &zone_hints),
        other => panic!("unknown fact {other}"),
    }
}

/// Brings an expected fact into the form in which facts are compared.
fn expected_fact(name: &str, value: &Value) -> Value {
    let mut value = canonical(value);
    match name {
        "slices" => value = list(&value).iter().cloned().map(canonical_slice).collect(),
        "endpoints" | "endpointsWithoutHints" => {
            for group in value.as_array_mut().into_iter().flatten() {
                if let Some(endpoints) = group["endpoints"].as_array_mut() {
                    sort_by_text(endpoints);
                }
            }
        }
        _ => {}
    }
    if let Some(list) = value.as_array_mut() {
        for entry in list.iter_mut() {
            let ports = entry.get_mut("group").and_then(|group| group.get_mut("ports"));
            if let Some(ports) = ports.and_then(Value::as_array_mut) {
                sort_by_text(ports);
            }
        }
        sort_by_text(list);
    }
    value
}

/// One look at a Service by a controller that has just started.
pub fn check(cases: &Value) -> (usize, Vec<String>) {
    let cases = list(cases);
    let differences = cases.iter().filter_map(|case| check_case(case).err()).collect();
    (cases.len(), differences)
}

fn check_case(case: &Value) -> Result<(), String> {
    let mut world = World::new(case);
    let named: Vec<String> = world.slices.keys().cloned().collect();
    let (plan, counts) = world.sync();
    let slices = world.canonical_slices(&named);
    let expected = if case["result"].is_null() { &case["stable"] } else { &case["result"] };
    for (name, expected) in expected.as_object().into_iter().flatten() {
        if name == "error" && expected.is_null() {
            continue;
        }
        let actual = expected_fact(name, &fact(name, &slices, &plan, &counts));
        let expected = expected_fact(name, expected);
        if actual != expected {
            return Err(format!("{}: {name}: is {actual}, expected {expected}", case["name"]));
        }
    }
    if case["result"].is_object() && case["result"]["error"].is_null() && plan.error.is_some() {
        return Err(format!("{}: unexpected error", case["name"]));
    }
    Ok(())
}

/// Many looks by one controller, with changes between.
pub fn check_sequences(cases: &Value) -> (usize, Vec<String>) {
    let cases = list(cases);
    let differences = cases.iter().filter_map(|case| check_sequence(case).err()).collect();
    (cases.len(), differences)
}

fn check_sequence(case: &Value) -> Result<(), String> {
    let mut world = World::new(case);
    for (number, step) in list(&case["steps"]).iter().enumerate() {
        for op in list(&step["ops"]) {
            world.apply_op(op);
        }
        let (plan, counts) = world.sync();
        let slices = world.canonical_slices(&[]);
        for (name, expected) in step["expect"].as_object().into_iter().flatten() {
            if expected.is_null() {
                continue;
            }
            let actual = sequence_fact(name, &slices, &plan, &counts);
            let mut expected = canonical(expected);
            if let Some(groups) = expected.as_array_mut() {
                for group in groups.iter_mut() {
                    if let Some(ports) = group.get_mut("ports").and_then(Value::as_array_mut) {
                        sort_by_text(ports);
                    }
                }
                sort_by_text(groups);
            }
            if actual != expected {
                return Err(format!(
                    "{} step {number} ({}): {name}: is {actual}, expected {expected}",
                    case["name"], step["what"]
                ));
            }
        }
    }
    Ok(())
}

fn sequence_fact(name: &str, slices: &[Value], plan: &Plan, counts: &Counts) -> Value {
    let per_group = |key: &str, of: &dyn Fn(&[&Value]) -> Value| -> Value {
        let mut groups: Vec<Value> = groups(slices)
            .into_values()
            .map(|(mut group, slices)| {
                group[key] = of(&slices);
                canonical(&group)
            })
            .collect();
        sort_by_text(&mut groups);
        json!(groups)
    };
    match name {
        "created" => json!(counts.created),
        "updated" => json!(counts.updated),
        "deleted" => json!(counts.deleted),
        "sliceCount" => json!(slices.len()),
        "sizes" => per_group("sizes", &sizes),
        "endpointCounts" => per_group("endpoints", &|slices| json!(endpoints(slices, false).len())),
        "endpoints" => per_group("endpoints", &|slices| {
            let mut lines: Vec<String> = endpoints(slices, true).iter().map(endpoint_line).collect();
            lines.sort();
            json!(lines)
        }),
        "labelSets" => {
            let mut sets: BTreeMap<String, u64> = BTreeMap::new();
            for slice in slices {
                *sets.entry(slice["metadata"]["labels"].to_string()).or_default() += 1;
            }
            json!(sets)
        }
        "error" => json!(if plan.error.is_some() { "NodeNotFound" } else { "" }),
        "events" => events(plan),
        other => panic!("unknown fact {other}"),
    }
}

/// `ip|pod|RST`, and `|zones/nodes` if there are hints.
fn endpoint_line(endpoint: &Value) -> String {
    let join = |key: &str, values: &Value| -> String {
        let texts: Vec<&str> = list(values)
            .iter()
            .filter_map(|value| if key.is_empty() { value.as_str() } else { value[key].as_str() })
            .collect();
        texts.join(",")
    };
    let condition = |name: &str| if endpoint["conditions"][name] == json!(true) { '1' } else { '0' };
    let mut line = format!(
        "{}|{}|{}{}{}",
        join("", &endpoint["addresses"]),
        endpoint["targetRef"]["name"].as_str().unwrap_or_default(),
        condition("ready"),
        condition("serving"),
        condition("terminating"),
    );
    let hints = &endpoint["hints"];
    if !hints.is_null() {
        line += &format!("|{}/{}", join("name", &hints["forZones"]), join("name", &hints["forNodes"]));
    }
    line
}

impl World {
    fn apply_op(&mut self, op: &Value) {
        let namespace = self.service.metadata.namespace.clone().unwrap_or_default();
        let keys: Vec<String> = list(&op["names"])
            .iter()
            .map(|name| format!("{namespace}/{}", name.as_str().unwrap_or_default()))
            .collect();
        let mut each = |change: &dyn Fn(&mut Pod)| {
            for key in &keys {
                change(Arc::make_mut(self.pods.get_mut(key).expect("the Pod is there")));
            }
        };
        match op["op"].as_str().unwrap_or_default() {
            "createPods" => self.create_pods(&op["pods"]),
            "deletePods" => self.pods.retain(|key, _| !keys.contains(key)),
            "setReady" => each(&|pod| set_ready(pod, op["ready"] == json!(true))),
            "terminate" => each(&|pod| {
                pod.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
            }),
            "setPodLabels" => each(&|pod| pod.metadata.labels = read(&op["labels"])),
            "updateService" => self.service = read(&op["service"]),
            other => panic!("unknown operation {other}"),
        }
    }
}

fn set_ready(pod: &mut Pod, ready: bool) {
    let status = if ready { "True" } else { "False" }.to_owned();
    let conditions = pod.status.get_or_insert_default().conditions.get_or_insert_default();
    match conditions.iter_mut().find(|condition| condition.type_ == "Ready") {
        Some(condition) => condition.status = status,
        None => {
            conditions.push(PodCondition { type_: "Ready".to_owned(), status, ..PodCondition::default() })
        }
    }
}
