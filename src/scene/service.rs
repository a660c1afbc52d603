//! A Service's card and the EndpointSlices below it.

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::View;
use super::card::{Light, Mark, Row, ServiceCard, SliceBox, SliceRow};
use super::level::{Columns, Level};
use crate::api::{Kind, Object, ObjectKey};
use crate::session::Session;

/// How many marks the compact level has room for.
const MARKS: usize = 6;

/// The card of a Service; `None` for another kind of object.
pub(super) fn card(session: &Session, object: &Object, view: &View) -> Option<ServiceCard> {
    let service = object.get::<Service>()?;
    let spec = service.spec.as_ref()?;
    let store = session.cluster().store();
    let accent = session.accent(&object.key);
    let kind = spec.type_.as_deref().unwrap_or("ClusterIP");
    let headless = kind == "ClusterIP" && spec.cluster_ip.as_deref() == Some("None");
    // The coarser levels show no rows; the card is the same at all of them.
    let slices: Vec<_> = store.slices_of(&object.key.namespace, &object.key.name).collect();
    let shown = rows_of_each(slices.len(), Level::Full.metrics(Columns::default()).slice_rows);
    let slices: Vec<SliceBox> =
        slices.into_iter().map(|slice| slice_box(session, slice, spec, shown)).collect();
    let marks: Vec<Mark> = store
        .slices_of(&object.key.namespace, &object.key.name)
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .map(mark)
        .collect();
    let endpoints = marks.len();
    let alert = (kind != "ExternalName" && endpoints == 0).then(|| "no endpoints".to_owned());
    Some(ServiceCard {
        key: object.key.clone(),
        name: object.key.name.to_string(),
        namespace: view
            .namespace
            .is_none()
            .then(|| object.key.namespace.to_string())
            .filter(|ns| ns != "default"),
        accent,
        badge: if headless { "Headless".to_owned() } else { kind.to_owned() },
        address: address(kind, spec),
        rows: spec
            .ports
            .iter()
            .flatten()
            .map(|port| Row {
                text: port_text(service, port, headless, store),
                end: port.node_port.map(|number| format!(":{number}")).unwrap_or_default(),
                accent: Some(accent),
                ..Row::default()
            })
            .collect(),
        selector: spec.selector.clone().unwrap_or_default().into_iter().collect(),
        alert,
        ready: marks.iter().filter(|mark| **mark == Mark::Ready).count(),
        marks: marks.into_iter().take(MARKS).collect(),
        endpoints,
        slices,
        rect: Default::default(),
        whole: Default::default(),
    })
}

fn address(kind: &str, spec: &k8s_openapi::api::core::v1::ServiceSpec) -> String {
    if kind == "ExternalName" {
        return format!("CNAME {}", spec.external_name.as_deref().unwrap_or_default());
    }
    match spec.cluster_ips.as_deref().filter(|ips| !ips.is_empty()) {
        Some(ips) => format!("ClusterIP {}", ips.join(", ")),
        None => format!("ClusterIP {}", spec.cluster_ip.as_deref().unwrap_or("")),
    }
}

/// `80 -> http(8080)/TCP`. A name is shown with the number that it stands for, where the slices agree on one. A
/// headless Service maps no port, and says so by having no arrow.
fn port_text(service: &Service, port: &ServicePort, headless: bool, store: &crate::store::Store) -> String {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    if headless {
        let name = port.name.as_deref().map(|name| format!("{name} ")).unwrap_or_default();
        return format!("{name}{}/{protocol}", port.port);
    }
    let target = match &port.target_port {
        None => port.port.to_string(),
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(name)) => {
            let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
            let service = service.metadata.name.as_deref().unwrap_or_default();
            let mut numbers: Vec<i32> = store
                .slices_of(namespace, service)
                .flat_map(|slice| slice.ports.iter().flatten())
                .filter(|found| found.name.as_deref().unwrap_or("") == port.name.as_deref().unwrap_or(""))
                .filter_map(|found| found.port)
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            match numbers.as_slice() {
                [] => name.clone(),
                [number] => format!("{name}({number})"),
                _ => format!("{name}(several)"),
            }
        }
    };
    format!("{} \u{2192} {target}/{protocol}", port.port)
}

/// How many rows each of a Service's slices shows: `most` up to two slices, then fewer, so that all of them stay in view.
fn rows_of_each(slices: usize, most: usize) -> usize {
    (2 * most).checked_div(slices).unwrap_or(most).clamp(2, most)
}

fn slice_box(
    session: &Session,
    slice: &EndpointSlice,
    spec: &k8s_openapi::api::core::v1::ServiceSpec,
    shown: usize,
) -> SliceBox {
    let namespace = slice.metadata.namespace.as_deref().unwrap_or_default();
    let name = slice.metadata.name.clone().unwrap_or_default();
    let ports: Vec<String> = slice
        .ports
        .iter()
        .flatten()
        .map(|port| {
            let number = port.port.map_or_else(|| "all".to_owned(), |number| number.to_string());
            let number = format!("{number}/{}", port.protocol.as_deref().unwrap_or("TCP"));
            match port.name.as_deref().filter(|name| !name.is_empty()) {
                Some(name) => format!("{name} {number}"),
                None => number,
            }
        })
        .collect();
    let endpoints = slice.endpoints.as_deref().unwrap_or_default();
    let empty = endpoints.is_empty().then(|| match &spec.selector {
        Some(selector) if !selector.is_empty() => {
            let pairs: Vec<String> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("No Pod has {}", pairs.join(", "))
        }
        _ => "Nobody wrote an endpoint".to_owned(),
    });
    let key = ObjectKey::new(Kind::EndpointSlice, namespace, name.as_str());
    SliceBox {
        is_rewritten: session.is_rewritten(&key),
        key,
        name,
        ports: if ports.is_empty() { "no ports".to_owned() } else { ports.join(", ") },
        rows: endpoints.iter().take(shown).map(|endpoint| row(slice, endpoint)).collect(),
        more: endpoints.len().saturating_sub(shown),
        endpoints: endpoints.len(),
        empty,
        rect: Default::default(),
    }
}

fn row(slice: &EndpointSlice, endpoint: &Endpoint) -> SliceRow {
    let conditions = endpoint.conditions.as_ref();
    let ready = conditions.and_then(|conditions| conditions.ready).unwrap_or(true);
    let namespace = slice.metadata.namespace.as_deref().unwrap_or_default();
    let pod = endpoint
        .target_ref
        .as_ref()
        .filter(|target| target.kind.as_deref() == Some("Pod"))
        .and_then(|target| Some(ObjectKey::pod(namespace, target.name.as_deref()?)));
    let hints = endpoint.hints.as_ref();
    let zones =
        hints.into_iter().flat_map(|hints| hints.for_zones.iter().flatten()).map(|zone| zone.name.as_str());
    let nodes =
        hints.into_iter().flat_map(|hints| hints.for_nodes.iter().flatten()).map(|node| node.name.as_str());
    let hints: Vec<&str> = zones.chain(nodes).collect();
    SliceRow {
        address: endpoint.addresses.join(", "),
        ready,
        serving: conditions.and_then(|conditions| conditions.serving).unwrap_or(ready),
        terminating: conditions.and_then(|conditions| conditions.terminating).unwrap_or(false),
        mark: mark(endpoint),
        pod,
        hints: if hints.is_empty() { String::new() } else { format!("for {}", hints.join(", ")) },
        light: Light::None,
    }
}

/// How an endpoint is drawn.
pub(super) fn mark(endpoint: &Endpoint) -> Mark {
    let conditions = endpoint.conditions.as_ref();
    if conditions.and_then(|conditions| conditions.terminating).unwrap_or(false) {
        Mark::Terminating
    } else if conditions.and_then(|conditions| conditions.ready).unwrap_or(true) {
        Mark::Ready
    } else {
        Mark::NotReady
    }
}
