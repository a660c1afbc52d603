//! Which connections NetworkPolicies let pass.

use std::collections::BTreeMap;

use endpoint_playground::network::network_policy::{Connection, Peer, PolicyView, evaluate};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::Value;

/// The objects of a fixture and the policies of a case.
struct World {
    namespaces: Vec<Namespace>,
    pods: Vec<Pod>,
    policies: Vec<NetworkPolicy>,
}

impl PolicyView for World {
    fn policies_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a NetworkPolicy> {
        self.policies.iter().filter(move |policy| policy.metadata.namespace.as_deref() == Some(namespace))
    }
    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>> {
        let found = self.namespaces.iter().find(|one| one.metadata.name.as_deref() == Some(namespace));
        found.and_then(|namespace| namespace.metadata.labels.as_ref())
    }
}

fn of_kind<T: serde::de::DeserializeOwned>(objects: &[&Value], kind: &str) -> Vec<T> {
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .map(|object| serde_json::from_value((*object).clone()).expect("the object is of its kind"))
        .collect()
}

fn peer<'a>(world: &'a World, value: &Value) -> Peer<'a> {
    if let Some(ip) = value["ip"].as_str() {
        let has = |pod: &&Pod| pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()) == Some(ip);
        let pod = world.pods.iter().find(has).map(Peer::Pod);
        return pod.unwrap_or_else(|| Peer::Address(ip.parse().expect("an IP address")));
    }
    let (namespace, name) = value["pod"].as_str().and_then(|pod| pod.split_once('/')).expect("a Pod");
    let pod = world.pods.iter().find(|pod| {
        let metadata = &pod.metadata;
        metadata.namespace.as_deref() == Some(namespace) && metadata.name.as_deref() == Some(name)
    });
    Peer::Pod(pod.expect("the Pod is in the fixture"))
}

pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let fixture = &file["fixtures"][case["fixture"].as_str().unwrap_or_default()];
        let objects: Vec<&Value> =
            [fixture, &case["objects"]].into_iter().filter_map(Value::as_array).flatten().collect();
        let world = World {
            namespaces: of_kind(&objects, "Namespace"),
            pods: of_kind(&objects, "Pod"),
            policies: of_kind(&objects, "NetworkPolicy"),
        };
        let connection = Connection {
            from: peer(&world, &case["from"]),
            to: peer(&world, &case["to"]),
            port: case["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or_default(),
            protocol: case["protocol"].as_str().unwrap_or("TCP"),
        };
        let verdict = evaluate(&world, &connection);
        if Some(verdict.is_allowed()) != case["allowed"].as_bool() {
            differences.push(format!("{}: {} {}", case["id"], verdict.egress, verdict.ingress));
        }
    }
    (cases.len(), differences)
}
