//! Random histories of Services in a cluster with few addresses and ports: what is stored is exactly what is drawn,
//! nothing is drawn twice, and nothing is lost when all are deleted.

use std::collections::{BTreeMap, BTreeSet};

use endpoint_playground::api::{Kind, Live, ObjectKey, Random, Time};
use endpoint_playground::store::Store;
use endpoint_playground::store::admission::{Allocators, Part, Request, admit, release};
use endpoint_playground::store::config::ClusterConfig;
use serde_json::{Value, json};

const SEEDS: u64 = 200;
const STEPS: usize = 60;

fn config(dual: bool) -> ClusterConfig {
    let second = dual.then(|| "fd00:10:96::/125".parse().unwrap());
    let first = "10.96.0.0/28".parse().unwrap();
    ClusterConfig {
        service_cidrs: [first].into_iter().chain(second).collect(),
        node_port_range: "30000-30011".parse().unwrap(),
        ..ClusterConfig::default()
    }
}

fn pick<'a, T>(random: &mut Random, from: &'a [T]) -> &'a T {
    &from[random.below(from.len() as u64) as usize]
}

/// A Service with one of each odd thing that authors write.
fn service(random: &mut Random) -> Value {
    let name = *pick(random, &["a", "b", "c", "d", "e", "f"]);
    let mut spec = json!({
        "type": pick(random, &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "Nonsense"]),
        "ports": [{ "name": "p", "port": 80 }],
    });
    if random.below(2) == 0 {
        spec["ports"] = json!([
            { "name": "p", "port": 80 },
            { "name": "q", "port": pick(random, &[80, 81]), "protocol": pick(random, &["TCP", "UDP"]) },
        ]);
    }
    // The API server takes node ports of an ExternalName Service and draws none: they would be nobody's.
    if random.below(3) == 0 && spec["type"] != "ExternalName" {
        spec["ports"][0]["nodePort"] = (*pick(random, &[30000, 30001, 30002, 80, 0])).into();
    }
    if random.below(4) == 0 {
        let ip = pick(random, &["10.96.0.3", "10.96.0.4", "None", "", "10.97.0.1", "fd00:10:96::3", "x"]);
        spec["clusterIP"] = (*ip).into();
    }
    if random.below(3) == 0 {
        let policy = pick(random, &["SingleStack", "PreferDualStack", "RequireDualStack", "y"]);
        spec["ipFamilyPolicy"] = (*policy).into();
    }
    if random.below(4) == 0 {
        let families = [json!(["IPv4"]), json!(["IPv6"]), json!(["IPv4", "IPv6"]), json!(["IPv6", "IPv4"])];
        spec["ipFamilies"] = pick(random, &families).clone();
    }
    if random.below(3) == 0 {
        spec["externalTrafficPolicy"] = (*pick(random, &["Local", "Cluster"])).into();
    }
    if random.below(6) == 0 {
        spec["healthCheckNodePort"] = (*pick(random, &[30005, 30006, 1])).into();
    }
    if random.below(5) == 0 {
        spec["allocateLoadBalancerNodePorts"] = false.into();
    }
    if random.below(2) == 0 {
        spec["selector"] = json!({ "app": "a" });
    }
    if spec["type"] == "ExternalName" {
        spec["externalName"] = "db.example.com".into();
    }
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name }, "spec": spec })
}

fn key(value: &Value) -> ObjectKey {
    ObjectKey::service("default", value["metadata"]["name"].as_str().unwrap())
}

/// Addresses and ports of all stored Services; panics when two have the same.
fn stored(store: &Store) -> (BTreeSet<String>, BTreeSet<i32>) {
    let (mut ips, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for object in store.objects() {
        let spec = object.live.to_value()["spec"].clone();
        for ip in spec["clusterIPs"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(ip == "None" || ips.insert(ip.to_owned()), "{ip} twice");
        }
        let mut own = BTreeSet::new();
        for port in spec["ports"].as_array().into_iter().flatten() {
            own.extend(port["nodePort"].as_i64());
        }
        own.extend(spec["healthCheckNodePort"].as_i64());
        for port in own {
            assert!(ports.insert(i32::try_from(port).unwrap()), "{port} twice");
        }
    }
    (ips, ports)
}

fn check_pools(store: &Store, allocators: &Allocators) {
    let (ips, ports) = stored(store);
    for port in 30000..30012 {
        assert_eq!(allocators.node_ports.is_allocated(port), ports.contains(&port), "{port}");
    }
    let v4 = (0..16).map(|last| format!("10.96.0.{last}"));
    let v6 = (0..8).map(|last| format!("fd00:10:96::{last}"));
    for ip in v4.chain(v6) {
        let address = ip.parse().unwrap();
        let taken = ["IPv4", "IPv6"]
            .iter()
            .any(|family| allocators.cluster_ips(family).is_some_and(|pool| pool.is_allocated(address)));
        assert_eq!(taken, ips.contains(&ip), "{ip}");
    }
}

#[test]
fn services_hold_exactly_what_is_drawn() {
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..SEEDS {
        let mut random = Random::new(seed);
        let mut store = Store::default();
        let mut allocators = Allocators::new(&config(seed % 2 == 0)).unwrap();
        for _ in 0..STEPS {
            let value = service(&mut random);
            let key = key(&value);
            if random.below(6) == 0 {
                if let Some(object) = store.remove(&key) {
                    release(&object.live, &mut allocators);
                }
            } else {
                let old = store.get(&key).map(|object| object.live.clone());
                let request = Request {
                    object: Live::from_value(&Kind::Service, &value).unwrap(),
                    old: old.as_ref(),
                    part: Part::Spec,
                    store: &store,
                    now: Time(0),
                    random: &mut random,
                };
                match admit(request, &mut allocators) {
                    Ok(live) => {
                        *outcomes.entry("taken".to_owned()).or_default() += 1;
                        store.put(key, None, live);
                    }
                    Err(rejected) => *outcomes.entry(rejected.reason.to_string()).or_default() += 1,
                }
            }
            check_pools(&store, &allocators);
        }
        for object in store.objects().cloned().collect::<Vec<_>>() {
            store.remove(&object.key);
            release(&object.live, &mut allocators);
        }
        check_pools(&store, &allocators);
    }
    for outcome in ["taken", "Invalid", "InternalError"] {
        assert!(outcomes.get(outcome).is_some_and(|count| *count > 10), "{outcomes:?}");
    }
}
