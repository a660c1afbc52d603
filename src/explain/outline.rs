//! The board as text: each Service with what it selects, each Pod with what selects it, each Ingress with where it
//! leads. What the lines of the board say to the eye stands here in words.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service, ServicePort, ServiceSpec};
use k8s_openapi::api::discovery::v1::Endpoint;
use k8s_openapi::api::networking::v1::Ingress;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::near_miss::near_misses;
use super::verdict::describe_difference;
use crate::api::gateway::{Gateway, HTTPRoute};
use crate::api::{Kind, ObjectKey};
use crate::store::Store;

/// One line about an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutlineLine {
    /// What it says, without a full stop; the name of the object at its other end goes behind it.
    pub text: String,
    /// The object at its other end.
    pub to: Option<ObjectKey>,
}

/// An object and the lines about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutlineItem {
    /// The object.
    pub key: ObjectKey,
    /// What it is, in one line.
    pub text: String,
    /// Its lines.
    pub lines: Vec<OutlineLine>,
}

/// The board as text. The cluster's own objects are left out, as on the board.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outline {
    /// The Ingresses, by name.
    pub ingresses: Vec<OutlineItem>,
    /// The Gateways and HTTPRoutes, by name.
    pub routes: Vec<OutlineItem>,
    /// The NetworkPolicies, by name.
    pub policies: Vec<OutlineItem>,
    /// The Services, by name.
    pub services: Vec<OutlineItem>,
    /// The Pods, by name.
    pub pods: Vec<OutlineItem>,
}

/// Writes the board down as text.
pub fn outline(store: &Store) -> Outline {
    let mut outline = Outline::default();
    // For each Pod the Services that have it as an endpoint, and its state in the slice.
    let mut selected: BTreeMap<ObjectKey, Vec<(ObjectKey, &'static str)>> = BTreeMap::new();
    // For each Service the Pods that it misses by a hair.
    let mut missed: BTreeMap<ObjectKey, Vec<(ObjectKey, String)>> = BTreeMap::new();
    let pods: Vec<(ObjectKey, &Pod)> = store
        .list::<Pod>()
        .filter_map(|pod| {
            let (namespace, name) = (pod.metadata.namespace.as_deref()?, pod.metadata.name.as_deref()?);
            (!is_system(namespace, name)).then(|| (ObjectKey::pod(namespace, name), &**pod))
        })
        .collect();
    for (key, pod) in &pods {
        for miss in near_misses(store, pod) {
            let why: Vec<String> = miss.differences.iter().map(describe_difference).collect();
            missed.entry(miss.service).or_default().push((key.clone(), why.join("; ")));
        }
    }
    for service in store.list::<Service>() {
        let metadata = &service.metadata;
        let (Some(namespace), Some(name)) = (metadata.namespace.as_deref(), metadata.name.as_deref()) else {
            continue;
        };
        if is_system(namespace, name) {
            continue;
        }
        let key = ObjectKey::service(namespace, name);
        let mut lines = Vec::new();
        let mut ready = 0;
        let slices = store.slices_of(namespace, name);
        for endpoint in slices.flat_map(|slice| slice.endpoints.iter().flatten()) {
            let state = state_of(endpoint);
            ready += usize::from(state == READY);
            let pod = pod_of(endpoint, namespace);
            lines.push(OutlineLine { text: endpoint_text(endpoint, state, pod.is_some()), to: pod.clone() });
            if let Some(pod) = pod {
                selected.entry(pod).or_default().push((key.clone(), state));
            }
        }
        let count = match lines.len() {
            0 => "no endpoints".to_owned(),
            all => format!("{ready} of {all} endpoints ready"),
        };
        lines.extend(missed.get(&key).into_iter().flatten().map(|(pod, why)| OutlineLine {
            text: format!("near miss, not an endpoint, {why}:"),
            to: Some(pod.clone()),
        }));
        let text = service.spec.as_ref().map(|spec| service_text(service, spec)).unwrap_or_default();
        outline.services.push(OutlineItem { key, text: format!("{text}; {count}"), lines });
    }
    for (key, pod) in pods {
        let mut lines: Vec<OutlineLine> = selected
            .remove(&key)
            .into_iter()
            .flatten()
            .map(|(service, state)| OutlineLine { text: format!("{state} endpoint of"), to: Some(service) })
            .collect();
        let near =
            missed.iter().flat_map(|(service, pods)| pods.iter().map(move |(pod, why)| (service, pod, why)));
        lines.extend(near.filter(|(_, pod, _)| **pod == key).map(|(service, _, why)| OutlineLine {
            text: format!("{why}, and so a near miss of"),
            to: Some(service.clone()),
        }));
        if lines.is_empty() {
            lines.push(OutlineLine { text: "no Service has it as an endpoint".to_owned(), to: None });
        }
        outline.pods.push(OutlineItem { key, text: pod_text(pod), lines });
    }
    outline.routes = store
        .list::<Gateway>()
        .map(|gateway| gateway_item(gateway))
        .chain(store.list::<HTTPRoute>().map(|route| route_item(route)))
        .collect();
    outline.policies =
        store.objects_of(Kind::NetworkPolicy).map(|object| policy_item(store, &object.key)).collect();
    outline.ingresses = store.list::<Ingress>().filter_map(|ingress| ingress_item(ingress)).collect();
    outline
}

fn is_system(namespace: &str, name: &str) -> bool {
    namespace.starts_with("kube-") || (namespace == "default" && name == "kubernetes")
}

const READY: &str = "ready";

fn state_of(endpoint: &Endpoint) -> &'static str {
    let conditions = endpoint.conditions.as_ref();
    // Absent means ready, as kube-proxy reads it.
    match conditions {
        Some(conditions) if conditions.terminating == Some(true) => "terminating",
        Some(conditions) if conditions.ready == Some(false) => "not ready",
        _ => READY,
    }
}

fn pod_of(endpoint: &Endpoint, namespace: &str) -> Option<ObjectKey> {
    let target = endpoint.target_ref.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"))?;
    Some(ObjectKey::pod(namespace, target.name.as_deref()?))
}

fn endpoint_text(endpoint: &Endpoint, state: &str, has_pod: bool) -> String {
    let mut text = format!("endpoint {}, {state}", endpoint.addresses.join(", "));
    if let Some(node) = &endpoint.node_name {
        text += &format!(", on {node}");
    }
    if has_pod { text + ":" } else { text }
}

fn service_text(service: &Service, spec: &ServiceSpec) -> String {
    let kind = spec.type_.as_deref().unwrap_or("ClusterIP");
    let mut parts = vec![kind.to_owned()];
    match spec.cluster_ip.as_deref() {
        _ if kind == "ExternalName" => {
            parts.push(format!("CNAME {}", spec.external_name.as_deref().unwrap_or_default()));
        }
        Some("None") => parts.push("headless".to_owned()),
        Some(address) => parts.push(format!("ClusterIP {address}")),
        None => {}
    }
    let ingress = service.status.as_ref().and_then(|status| status.load_balancer.as_ref()?.ingress.as_ref());
    for entry in ingress.into_iter().flatten() {
        if let Some(address) = entry.ip.as_ref().or(entry.hostname.as_ref()) {
            parts.push(format!("load balancer {address}"));
        }
    }
    parts.extend(spec.ports.iter().flatten().map(port_text));
    let selector = spec.selector.as_ref().filter(|selector| !selector.is_empty());
    parts.push(match selector {
        Some(selector) => format!("selector {}", pairs(selector)),
        None => "no selector".to_owned(),
    });
    parts.join(", ")
}

fn port_text(port: &ServicePort) -> String {
    let target = match &port.target_port {
        None => port.port.to_string(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => name.clone(),
    };
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    let node_port = port.node_port.map(|number| format!(", node port {number}")).unwrap_or_default();
    format!("port {} to {target} {protocol}{node_port}", port.port)
}

fn pairs(pairs: &BTreeMap<String, String>) -> String {
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

fn pod_text(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let ready = status
        .and_then(|status| status.conditions.as_ref())
        .is_some_and(|all| all.iter().any(|one| one.type_ == "Ready" && one.status == "True"));
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let state = match phase {
        _ if pod.metadata.deletion_timestamp.is_some() => "terminating",
        "Running" if ready => READY,
        "Running" => "not ready",
        other => other,
    };
    let mut parts = vec![state.to_owned()];
    parts.extend(status.and_then(|status| status.pod_ip.clone()));
    parts.push(match pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) {
        Some(node) => format!("on {node}"),
        None => "on no node".to_owned(),
    });
    parts.push(match pod.metadata.labels.as_ref().filter(|labels| !labels.is_empty()) {
        Some(labels) => format!("labels {}", pairs(labels)),
        None => "no labels".to_owned(),
    });
    parts.join(", ")
}

fn gateway_item(gateway: &Gateway) -> OutlineItem {
    let metadata = &gateway.metadata;
    let (namespace, name) =
        (metadata.namespace.as_deref().unwrap_or(""), metadata.name.as_deref().unwrap_or(""));
    let lines = gateway.spec.listeners.iter().map(|listener| OutlineLine {
        text: format!("listener {} on port {} for {}", listener.name, listener.port, listener.protocol),
        to: None,
    });
    let text = format!("class {}", gateway.spec.gateway_class_name);
    OutlineItem { key: ObjectKey::new(Kind::Gateway, namespace, name), text, lines: lines.collect() }
}

fn route_item(route: &HTTPRoute) -> OutlineItem {
    let namespace = route.metadata.namespace.as_deref().unwrap_or("");
    let mut lines = Vec::new();
    for parent in &route.spec.parent_refs {
        let of = parent.namespace.as_deref().unwrap_or(namespace);
        let to = ObjectKey::new(Kind::Gateway, of, parent.name.as_str());
        lines.push(OutlineLine { text: "attached to".to_owned(), to: Some(to) });
    }
    for (rule, one) in route.spec.rules.iter().flatten().enumerate() {
        for reference in &one.backend_refs {
            let of = reference.namespace.as_deref().unwrap_or(namespace);
            let to = ObjectKey::service(of, reference.name.as_str());
            let weight = reference.weight.unwrap_or(1);
            lines.push(OutlineLine {
                text: format!("rule {}, weight {weight}, leads to", rule + 1),
                to: Some(to),
            });
        }
    }
    let hosts = &route.spec.hostnames;
    let text = if hosts.is_empty() { "every host".to_owned() } else { hosts.join(", ") };
    let name = route.metadata.name.as_deref().unwrap_or("");
    OutlineItem { key: ObjectKey::new(Kind::HTTPRoute, namespace, name), text, lines }
}

fn policy_item(store: &Store, key: &ObjectKey) -> OutlineItem {
    let selected = super::talk::selected(store, key);
    let text = format!("{} of the Pods of {}", selected.len(), key.namespace);
    let lines = selected.into_iter().map(|pod| OutlineLine { text: "selects".to_owned(), to: Some(pod) });
    OutlineItem { key: key.clone(), text, lines: lines.collect() }
}

fn ingress_item(ingress: &Ingress) -> Option<OutlineItem> {
    let (namespace, name) = (ingress.metadata.namespace.as_deref()?, ingress.metadata.name.as_deref()?);
    let spec = ingress.spec.as_ref()?;
    let to_service = |what: String, backend: &k8s_openapi::api::networking::v1::IngressBackend| {
        let service = backend.service.as_ref()?;
        Some(OutlineLine {
            text: format!("{what} leads to"),
            to: Some(ObjectKey::service(namespace, service.name.as_str())),
        })
    };
    let mut lines = Vec::new();
    for rule in spec.rules.iter().flatten() {
        let host = rule.host.as_deref().unwrap_or("any host, path ");
        for path in rule.http.iter().flat_map(|http| &http.paths) {
            lines.extend(to_service(format!("{host}{}", path.path.as_deref().unwrap_or("/")), &path.backend));
        }
    }
    lines.extend(
        spec.default_backend.as_ref().and_then(|backend| to_service("anything else".to_owned(), backend)),
    );
    let text = match spec.ingress_class_name.as_deref() {
        Some(class) => format!("class {class}"),
        None => "no class".to_owned(),
    };
    Some(OutlineItem { key: ObjectKey::new(Kind::Ingress, namespace, name), text, lines })
}
