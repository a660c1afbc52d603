//! The report of an Ingress controller: the address at which an Ingress is reached.

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::{
    Ingress, IngressClass, IngressLoadBalancerIngress, IngressLoadBalancerStatus, IngressStatus,
};

use super::Outcome;
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller that the playground simulates, as an IngressClass names it.
pub const CONTROLLER: &str = "k8s.io/ingress-nginx";

/// The annotation that makes a class the default one.
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

/// The older way to name an Ingress's class.
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// What the controller does for an Ingress: the addresses of its own Service become the Ingress's, if the Ingress is of a
/// class that the controller owns; an Ingress that is not loses them.
pub fn reconcile(store: &Store, key: &ObjectKey, _: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(ingress) = store.find::<Ingress>(&key.namespace, &key.name) else { return outcome };
    let wanted = if is_owned(store, ingress) { addresses(store) } else { Vec::new() };
    let present: Vec<IngressLoadBalancerIngress> = ingress
        .status
        .iter()
        .filter_map(|status| status.load_balancer.as_ref())
        .flat_map(|balancer| balancer.ingress.iter().flatten())
        .cloned()
        .collect();
    if wanted != present {
        let mut ingress = Ingress::clone(ingress);
        ingress.status =
            Some(IngressStatus { load_balancer: Some(IngressLoadBalancerStatus { ingress: Some(wanted) }) });
        outcome.update_status(ingress);
    }
    outcome
}

/// Whether the simulated controller serves this Ingress: by its class, by the older annotation, or as the default class.
fn is_owned(store: &Store, ingress: &Ingress) -> bool {
    let named = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_deref());
    let annotated =
        ingress.metadata.annotations.as_ref().and_then(|annotations| annotations.get(CLASS_ANNOTATION));
    let owns = |class: &IngressClass| {
        class.spec.as_ref().and_then(|spec| spec.controller.as_deref()) == Some(CONTROLLER)
    };
    match named.or(annotated.map(String::as_str)) {
        Some(name) => store.find::<IngressClass>("", name).is_some_and(|class| owns(class)),
        None => store.list::<IngressClass>().any(|class| {
            let annotations = class.metadata.annotations.as_ref();
            owns(class)
                && annotations.and_then(|all| all.get(DEFAULT_CLASS)).is_some_and(|value| value == "true")
        }),
    }
}

/// The external addresses of the Services that select the controller's Pods.
fn addresses(store: &Store) -> Vec<IngressLoadBalancerIngress> {
    store
        .objects_of(Kind::Service)
        .filter_map(|object| object.get::<Service>())
        .filter(|service| selects_controller(store, service))
        .flat_map(|service| service.status.iter())
        .filter_map(|status| status.load_balancer.as_ref())
        .flat_map(|balancer| balancer.ingress.iter().flatten())
        .map(|ingress| IngressLoadBalancerIngress {
            ip: ingress.ip.clone(),
            hostname: ingress.hostname.clone(),
            ports: None,
        })
        .collect()
}

fn selects_controller(store: &Store, service: &Service) -> bool {
    let Some(selector) = service.spec.as_ref().and_then(|spec| spec.selector.as_ref()) else { return false };
    let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
    store.pods_matching(namespace, selector).iter().any(|pod| is_controller(pod))
}

/// Whether a Pod is the controller itself, by the labels that its installation gives it.
pub fn is_controller(pod: &Pod) -> bool {
    let has = |key: &str, value: &str| {
        pod.metadata.labels.as_ref().and_then(|labels| labels.get(key)).is_some_and(|found| found == value)
    };
    has("app.kubernetes.io/name", "ingress-nginx") && has("app.kubernetes.io/component", "controller")
}
