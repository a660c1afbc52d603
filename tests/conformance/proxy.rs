//! The checker of `proxy`: service ports, endpoints and their categories on one node.

use std::collections::BTreeMap;

use endpoint_playground::network::addresses::Family;
use endpoint_playground::network::kube_proxy::{Endpoint, categorize_endpoints, endpoints, service_ports};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};

/// Compares every service port of every case.
pub fn check(file: &Value) -> (usize, Vec<String>) {
    let cases = file.as_array().expect("the file is an array");
    let differences = cases.iter().filter(|case| !case["result"].is_null()).filter_map(difference).collect();
    (cases.len(), differences)
}

fn difference(case: &Value) -> Option<String> {
    let expected = by_port(case["result"].as_array()?.iter().cloned());
    let actual = by_port(actual(case).into_iter());
    if expected == actual {
        return None;
    }
    for (port, wanted) in &expected {
        let Some(got) = actual.get(port) else {
            return Some(format!("{}: {port} is missing", case["name"]));
        };
        for (field, value) in wanted.as_object()? {
            if got[field] != *value {
                return Some(format!("{}: {port} {field}: wanted {value}, got {}", case["name"], got[field]));
            }
        }
    }
    Some(format!("{}: wanted {:?}, got {:?}", case["name"], expected.keys(), actual.keys()))
}

/// By Service, port name and protocol; null lists become empty ones.
fn by_port(ports: impl Iterator<Item = Value>) -> BTreeMap<String, Value> {
    let mut result = BTreeMap::new();
    for mut port in ports {
        for (field, value) in port.as_object_mut().expect("a port is an object") {
            if field.ends_with("Endpoints") && value.is_null() {
                *value = json!([]);
            }
        }
        result.insert(format!("{}:{}/{}", port["service"], port["portName"], port["protocol"]), port);
    }
    result
}

fn actual(case: &Value) -> Vec<Value> {
    let family = if case["ipFamily"] == "IPv6" { Family::V6 } else { Family::V4 };
    let services: Vec<Service> = list(&case["services"]);
    let slices: Vec<EndpointSlice> = list(&case["slices"]);
    let node = case["nodeName"].as_str().unwrap_or_default();
    let zone = case["nodeLabels"]["topology.kubernetes.io/zone"].as_str().unwrap_or_default();
    let mut result = Vec::new();
    for service in &services {
        let own = |slice: &&EndpointSlice| {
            let labels = slice.metadata.labels.as_ref();
            slice.metadata.namespace == service.metadata.namespace
                && labels.and_then(|labels| labels.get("kubernetes.io/service-name"))
                    == service.metadata.name.as_ref()
        };
        for (name, port) in service_ports(service, family) {
            let all = endpoints(slices.iter().filter(own), &name, family);
            let categories = categorize_endpoints(&all, &port, node, zone);
            result.push(json!({
                "service": format!("{}/{}", name.namespace, name.name),
                "portName": name.port,
                "protocol": name.protocol,
                "usesClusterEndpoints": port.uses_cluster_endpoints(),
                "usesLocalEndpoints": port.uses_local_endpoints(),
                "externallyAccessible": port.is_externally_accessible(),
                "allEndpoints": addresses(all.iter()),
                "clusterEndpoints": addresses(categories.cluster.iter().copied()),
                "localEndpoints": addresses(categories.local.iter().copied()),
                "allReachableEndpoints": addresses(categories.reachable(&all).into_iter()),
                "hasAnyEndpoints": categories.has_any,
            }));
        }
    }
    result
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| T::deserialize(item).expect("the data are Kubernetes objects")).collect()
}

fn addresses<'a>(endpoints: impl Iterator<Item = &'a Endpoint>) -> Vec<String> {
    endpoints.map(Endpoint::address).collect()
}
