//! The Deployment and the Service that carry the traffic of a Gateway: one of each, in the Gateway's namespace.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, Pod, PodSpec, PodTemplateSpec, Service, ServicePort, ServiceSpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::Outcome;
use super::listener::fault;
use crate::api::Kind;
use crate::api::gateway::Gateway;
use crate::store::Store;

/// The label that tells the Gateway of a Pod or Service.
pub const GATEWAY_NAME_LABEL: &str = "gateway.networking.k8s.io/gateway-name";
/// The longest name of a Service.
const MOST_CHARACTERS: usize = 63;

/// The name of the Gateway that a Pod carries the traffic of.
pub fn gateway_of(pod: &Pod) -> Option<&str> {
    pod.metadata.labels.as_ref()?.get(GATEWAY_NAME_LABEL).map(String::as_str)
}

// Models nginx-gateway-fabric internal/framework/controller/resource.go CreateNginxResourceName
/// The name of a Gateway's Deployment and Service: the Gateway's and the class's. Too long a name is cut.
pub(super) fn name(gateway: &Gateway) -> String {
    let own = gateway.metadata.name.as_deref().unwrap_or_default();
    let class = gateway.spec.gateway_class_name.as_str();
    let room = MOST_CHARACTERS.saturating_sub(class.len() + 1);
    let end = own.floor_char_boundary(room);
    format!("{}-{class}", own[..end].trim_end_matches(['-', '.']))
}

/// The ports of the listeners that work, each once.
fn ports(store: &Store, gateway: &Gateway) -> BTreeSet<i32> {
    let listeners = gateway.spec.listeners.iter();
    listeners
        .filter(|listener| fault(store, gateway, listener).is_none())
        .map(|listener| listener.port)
        .collect()
}

// Models nginx-gateway-fabric internal/controller/provisioner/objects.go buildNginxResourceObjects
/// Creates the Deployment and the Service of a Gateway, or gives them other ports. A Gateway without a listener that
/// works gets none.
pub(super) fn provide(store: &Store, gateway: &Gateway, outcome: &mut Outcome) {
    let namespace = gateway.metadata.namespace.as_deref().unwrap_or_default();
    let name = name(gateway);
    let ports = ports(store, gateway);
    if ports.is_empty() || gateway.metadata.deletion_timestamp.is_some() {
        return;
    }
    let labels: BTreeMap<String, String> = [
        ("app.kubernetes.io/instance", "nginx-gateway"),
        ("app.kubernetes.io/managed-by", "nginx-gateway-nginx"),
        ("app.kubernetes.io/name", name.as_str()),
        (GATEWAY_NAME_LABEL, gateway.metadata.name.as_deref().unwrap_or_default()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    let metadata = ObjectMeta {
        name: Some(name.clone()),
        namespace: Some(namespace.to_owned()),
        labels: Some(labels.clone()),
        owner_references: Some(vec![OwnerReference {
            api_version: Kind::Gateway.api_version().to_owned(),
            block_owner_deletion: Some(true),
            controller: Some(true),
            kind: "Gateway".to_owned(),
            name: gateway.metadata.name.clone().unwrap_or_default(),
            uid: gateway.metadata.uid.clone().unwrap_or_default(),
        }]),
        ..ObjectMeta::default()
    };
    match store.find::<Deployment>(namespace, &name) {
        None => outcome.create(deployment(metadata.clone(), &labels, &ports), None),
        Some(found) => {
            let wanted = container_ports(&ports);
            let mut changed = (**found).clone();
            let template = changed.spec.as_mut().and_then(|spec| spec.template.spec.as_mut());
            let container = template.and_then(|template| template.containers.first_mut());
            if let Some(container) = container.filter(|container| container.ports.as_ref() != Some(&wanted)) {
                container.ports = Some(wanted);
                outcome.update::<Deployment>(changed);
            }
        }
    }
    match store.find::<Service>(namespace, &name) {
        None => outcome.create(service(metadata, &labels, &ports), None),
        Some(found) => {
            let has = |spec: &ServiceSpec| -> BTreeSet<i32> {
                spec.ports.iter().flatten().map(|port| port.port).collect()
            };
            let mut changed = (**found).clone();
            if let Some(spec) = changed.spec.as_mut().filter(|spec| has(spec) != ports) {
                let kept = spec.ports.take().unwrap_or_default();
                let port = |number: &i32| {
                    kept.iter()
                        .find(|port| port.port == *number)
                        .cloned()
                        .unwrap_or_else(|| service_port(*number))
                };
                spec.ports = Some(ports.iter().map(port).collect());
                outcome.update::<Service>(changed);
            }
        }
    }
}

fn container_ports(ports: &BTreeSet<i32>) -> Vec<ContainerPort> {
    let port = |number: &i32| ContainerPort {
        name: Some(format!("port-{number}")),
        container_port: *number,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    ports.iter().map(port).collect()
}

fn service_port(number: i32) -> ServicePort {
    ServicePort {
        name: Some(format!("port-{number}")),
        port: number,
        protocol: Some("TCP".to_owned()),
        target_port: Some(IntOrString::Int(number)),
        ..ServicePort::default()
    }
}

fn deployment(metadata: ObjectMeta, labels: &BTreeMap<String, String>, ports: &BTreeSet<i32>) -> Deployment {
    let container = Container {
        name: "nginx".to_owned(),
        image: Some("ghcr.io/nginx/nginx-gateway-fabric/nginx:2.6.0".to_owned()),
        ports: Some(container_ports(ports)),
        ..Container::default()
    };
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(labels.clone()), ..ObjectMeta::default() }),
        spec: Some(PodSpec { containers: vec![container], ..PodSpec::default() }),
    };
    let selector = LabelSelector { match_labels: Some(labels.clone()), ..LabelSelector::default() };
    let spec = DeploymentSpec { replicas: Some(1), selector, template, ..DeploymentSpec::default() };
    Deployment { metadata, spec: Some(spec), status: None }
}

fn service(metadata: ObjectMeta, labels: &BTreeMap<String, String>, ports: &BTreeSet<i32>) -> Service {
    let spec = ServiceSpec {
        type_: Some("LoadBalancer".to_owned()),
        external_traffic_policy: Some("Local".to_owned()),
        ip_family_policy: Some("PreferDualStack".to_owned()),
        selector: Some(labels.clone()),
        ports: Some(ports.iter().map(|number| service_port(*number)).collect()),
        ..ServiceSpec::default()
    };
    Service { metadata, spec: Some(spec), status: None }
}
