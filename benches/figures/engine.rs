//! What is measured. Each figure prepares its data and gives the work of one call.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use endpoint_playground::api::decode::decode;
use endpoint_playground::api::{Live, ObjectKey};
use endpoint_playground::store::Store;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// Prepares the data and gives the work of one call.
pub type Prepare = fn() -> Box<dyn FnMut()>;

/// The figures by name.
pub const FIGURES: &[(&str, Prepare)] = &[
    ("read a Pod from its document", read_a_pod),
    ("find the 50 Pods that a selector matches among 5,000", select_pods),
];

fn document(number: usize, app: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{app}-{number}"),
            "namespace": "default",
            "labels": { "app": app, "tier": "frontend", "number": number.to_string() },
        },
        "spec": { "containers": [{ "name": "web", "image": "nginx", "ports": [{ "name": "http", "containerPort": 8080 }] }] },
        "status": { "phase": "Running", "podIP": "10.244.1.5", "conditions": [{ "type": "Ready", "status": "True" }] },
    })
}

fn read_a_pod() -> Box<dyn FnMut()> {
    let document = document(1, "web");
    Box::new(move || {
        black_box(decode::<Pod>(black_box(&document)));
    })
}

fn select_pods() -> Box<dyn FnMut()> {
    let mut store = Store::default();
    for number in 0..5000 {
        let document = document(number, &format!("app-{}", number % 100));
        let pod: Pod = decode(&document).0;
        let key = ObjectKey::pod("default", pod.metadata.name.clone().unwrap_or_default());
        store.put(key, Some(Arc::new(document)), Live::Pod(Arc::new(pod)));
    }
    let selector =
        BTreeMap::from([("app".to_owned(), "app-7".to_owned()), ("tier".to_owned(), "frontend".to_owned())]);
    assert_eq!(store.pods_matching("default", &selector).len(), 50);
    Box::new(move || {
        black_box(store.pods_matching("default", black_box(&selector)));
    })
}
