//! The cloud's controller for Services of type LoadBalancer: gives them an address and takes it back.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{LoadBalancerIngress, LoadBalancerStatus, Service, ServiceStatus};

use super::{Event, Outcome};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The first address that the cloud gives; the next ones follow.
const FIRST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The last address that the cloud has.
const LAST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 254);

// Models k8s.io/cloud-provider/controllers/service/controller.go syncLoadBalancerIfNeeded
/// What the controller does for a Service:
/// 1. a Service that is no LoadBalancer, or that names a class of load balancers, which another controller serves, loses
///    the address that it was given;
/// 2. a LoadBalancer without an address gets `spec.loadBalancerIP` if that is free, else the lowest free one;
/// 3. with no address left it waits, and an event says so.
pub fn reconcile(store: &Store, key: &ObjectKey, _: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(service) = store.find::<Service>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &service.spec else { return outcome };
    let wanted = spec.type_.as_deref() == Some("LoadBalancer") && spec.load_balancer_class.is_none();
    let has_address = ingress_of(service).next().is_some();
    if wanted == has_address {
        return outcome;
    }
    if !wanted {
        if spec.type_.as_deref() != Some("LoadBalancer") {
            outcome.update_status(with_status(service, None));
            outcome.events.push(Event::normal("DeletedLoadBalancer", "Deleted load balancer"));
        }
        return outcome;
    }
    outcome.events.push(Event::normal("EnsuringLoadBalancer", "Ensuring load balancer"));
    match free_address(store, spec.load_balancer_ip.as_deref()) {
        Some(address) => {
            outcome.update_status(with_status(service, Some(address)));
            outcome.events.push(Event::normal("EnsuredLoadBalancer", "Ensured load balancer"));
        }
        None => outcome.events.push(Event::warning(
            "SyncLoadBalancerFailed",
            "Error syncing load balancer: failed to ensure load balancer: no address is free",
        )),
    }
    outcome
}

fn ingress_of(service: &Service) -> impl Iterator<Item = &LoadBalancerIngress> {
    service
        .status
        .iter()
        .filter_map(|status| status.load_balancer.as_ref())
        .flat_map(|balancer| balancer.ingress.iter().flatten())
}

fn free_address(store: &Store, wanted: Option<&str>) -> Option<String> {
    let taken: BTreeSet<String> = store
        .objects_of(Kind::Service)
        .filter_map(|object| object.get::<Service>())
        .flat_map(|service| ingress_of(service))
        .filter_map(|ingress| ingress.ip.clone())
        .collect();
    let wanted = wanted.map(str::to_owned).filter(|address| !address.is_empty() && !taken.contains(address));
    wanted.or_else(|| {
        (u32::from(FIRST)..=u32::from(LAST))
            .map(|number| Ipv4Addr::from(number).to_string())
            .find(|address| !taken.contains(address))
    })
}

fn with_status(service: &Arc<Service>, address: Option<String>) -> Service {
    let mut service = Service::clone(service);
    let status = service.status.get_or_insert_with(ServiceStatus::default);
    status.load_balancer = address.map(|address| LoadBalancerStatus {
        ingress: Some(vec![LoadBalancerIngress {
            ip: Some(address),
            // A balancer that passes packets on with its own address as the destination, so that the node's rules match.
            ip_mode: Some("VIP".to_owned()),
            ..LoadBalancerIngress::default()
        }]),
    });
    service
}
