//! The Endpoints controller: one look at a Service.

use std::sync::Arc;

use endpoint_playground::api::labels::Selector;
use endpoint_playground::controllers::endpoints::{Input, Write, reconcile};
use k8s_openapi::api::core::v1::{Endpoints, Pod, Service};
use serde_json::{Value, json};

use super::endpoint_slices::{canonical, read, sort_by_text};

pub fn check(cases: &Value) -> (usize, Vec<String>) {
    let cases = cases.as_array().expect("a list of cases");
    let differences = cases.iter().filter_map(|case| check_case(case).err()).collect();
    (cases.len(), differences)
}

fn check_case(case: &Value) -> Result<(), String> {
    let service: Service = read(&case["service"]);
    let existing: Option<Endpoints> = read(&case["existingEndpoints"]);
    let pods = matching(&service, read(&case["pods"]));
    let write =
        reconcile(&Input { service: &service, pods: &pods, existing: existing.as_ref(), trigger_time: None });
    let (action, after) = match &write {
        None => ("none", existing.as_ref()),
        Some(Write::Create(endpoints)) => ("create", Some(endpoints)),
        Some(Write::Update(endpoints)) => ("update", Some(endpoints)),
    };
    let name = &case["name"];
    if case["action"] != action {
        return Err(format!("{name}: action is {action}, expected {}", case["action"]));
    }
    let actual = after.map_or(Value::Null, |endpoints| {
        canonical_endpoints(&serde_json::to_value(endpoints).expect("Endpoints are JSON"))
    });
    if case["addressCount"] != json!(addresses(&actual).count()) {
        return Err(format!(
            "{name}: has {} addresses, expected {}",
            addresses(&actual).count(),
            case["addressCount"]
        ));
    }
    if case["deterministic"] == json!(false) {
        return Ok(());
    }
    let expected = if case["result"].is_null() { Value::Null } else { canonical_endpoints(&case["result"]) };
    if actual == expected || same_but_for_rounding(&actual, &expected) {
        Ok(())
    } else {
        Err(format!("{name}: is {actual}, expected {expected}"))
    }
}

fn matching(service: &Service, pods: Vec<Pod>) -> Vec<Arc<Pod>> {
    let Some(selector) = service.spec.as_ref().and_then(|spec| spec.selector.as_ref()) else {
        return Vec::new();
    };
    let selector = Selector::from_set(Some(selector));
    pods.into_iter()
        .filter(|pod| {
            pod.metadata.namespace == service.metadata.namespace
                && selector.matches(pod.metadata.labels.as_ref())
        })
        .map(Arc::new)
        .collect()
}

const LISTS: [&str; 2] = ["addresses", "notReadyAddresses"];

fn addresses(endpoints: &Value) -> impl Iterator<Item = &Value> {
    subsets(endpoints).iter().flat_map(|subset| LISTS.iter().flat_map(|list| addresses_in(subset, list)))
}

fn subsets(endpoints: &Value) -> &[Value] {
    endpoints["subsets"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn addresses_in<'a>(subset: &'a Value, list: &str) -> &'a [Value] {
    subset[list].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn canonical_endpoints(endpoints: &Value) -> Value {
    let mut endpoints = canonical(endpoints);
    let object = endpoints.as_object_mut().expect("an object");
    object.shift_remove("apiVersion");
    object.shift_remove("kind");
    if let Some(meta) = object["metadata"].as_object_mut() {
        meta.shift_remove("resourceVersion");
        if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove("endpoints.kubernetes.io/last-change-trigger-time");
            if annotations.is_empty() {
                meta.shift_remove("annotations");
            }
        }
    }
    if let Some(subsets) = object.get_mut("subsets").and_then(Value::as_array_mut) {
        for subset in subsets.iter_mut() {
            for list in LISTS {
                if let Some(addresses) = subset.get_mut(list).and_then(Value::as_array_mut) {
                    addresses.sort_by_cached_key(|address| {
                        (address["ip"].as_str().unwrap_or_default().to_owned(), address.to_string())
                    });
                }
            }
            if let Some(ports) = subset.get_mut("ports").and_then(Value::as_array_mut) {
                sort_by_text(ports);
            }
        }
        sort_by_text(subsets);
    }
    endpoints
}

/// Over capacity, upstream's order of subsets by a hash decides which one gets the remainder: the numbers for each subset
/// may differ by one where the totals agree, and what is kept comes first in byte-wise order.
fn same_but_for_rounding(actual: &Value, expected: &Value) -> bool {
    let over_capacity = |value: &Value| {
        value["metadata"]["annotations"]["endpoints.kubernetes.io/over-capacity"] == "truncated"
    };
    if !over_capacity(actual) || !over_capacity(expected) || actual["metadata"] != expected["metadata"] {
        return false;
    }
    let total = |value: &Value, list: &str| -> usize {
        subsets(value).iter().map(|subset| addresses_in(subset, list).len()).sum()
    };
    LISTS.iter().all(|list| total(actual, list) == total(expected, list))
        && subsets(actual).len() == subsets(expected).len()
        && subsets(expected).iter().all(|expected| {
            subsets(actual).iter().any(|actual| {
                actual["ports"] == expected["ports"]
                    && LISTS.iter().all(|list| {
                        let (one, other) = (addresses_in(actual, list), addresses_in(expected, list));
                        one.len().abs_diff(other.len()) <= 1
                            && one.iter().zip(other).all(|(one, other)| one == other)
                    })
            })
        })
}
