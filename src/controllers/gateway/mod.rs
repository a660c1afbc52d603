//! A controller of the Gateway API, in the manner of NGINX Gateway Fabric: for each Gateway of its class it brings up a
//! Deployment and a Service that carry the traffic, and it writes what it thinks of classes, Gateways and routes into
//! their status.

mod attach;
pub mod condition;
mod data_plane;
pub mod listener;
#[cfg(test)]
mod tests;

use k8s_openapi::api::core::v1::Service;

pub use attach::{Backend, Broken, Refusal, attached, backend, covers, namespace_of, parents};
use condition::{Wanted, conditions, fails, holds};
pub use data_plane::{GATEWAY_NAME_LABEL, gateway_of};

use super::Outcome;
use crate::api::gateway::{
    GROUP, Gateway, GatewayAddress, GatewayClass, HTTPRoute, ListenerStatus, ParentReference, RouteGroupKind,
    RouteParentStatus,
};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "nginx-gateway-fabric";
/// `spec.controllerName` of the classes that the controller serves.
pub const CONTROLLER_NAME: &str = "gateway.nginx.org/nginx-gateway-controller";

/// Looks at a GatewayClass, a Gateway or an HTTPRoute.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    match key.kind {
        Kind::GatewayClass => reconcile_class(store, key, now, &mut outcome),
        Kind::Gateway => reconcile_gateway(store, key, now, &mut outcome),
        Kind::HTTPRoute => reconcile_route(store, key, now, &mut outcome),
        _ => {}
    }
    outcome
}

/// Whether the controller serves this Gateway: its class exists and is the controller's.
pub fn is_served(store: &Store, gateway: &Gateway) -> bool {
    let class = store.find::<GatewayClass>("", &gateway.spec.gateway_class_name);
    class.is_some_and(|class| class.spec.controller_name == CONTROLLER_NAME)
}

// Models nginx-gateway-fabric internal/controller/state/conditions/conditions.go NewDefaultGatewayClassConditions
fn reconcile_class(store: &Store, key: &ObjectKey, now: Time, outcome: &mut Outcome) {
    let Some(class) = store.find::<GatewayClass>("", &key.name) else { return };
    if class.spec.controller_name != CONTROLLER_NAME {
        return;
    }
    let wanted = [
        holds("Accepted", "Accepted", "The GatewayClass is accepted"),
        holds("SupportedVersion", "SupportedVersion", "The Gateway API CRD versions are supported"),
    ];
    let mut changed = (**class).clone();
    let status = changed.status.get_or_insert_default();
    status.conditions = conditions(&status.conditions, &wanted, class.metadata.generation, now);
    if changed.status != class.status {
        outcome.update_status::<GatewayClass>(changed);
    }
}

fn reconcile_gateway(store: &Store, key: &ObjectKey, now: Time, outcome: &mut Outcome) {
    let Some(gateway) = store.find::<Gateway>(&key.namespace, &key.name) else { return };
    if !is_served(store, gateway) {
        return;
    }
    data_plane::provide(store, gateway, outcome);
    let generation = gateway.metadata.generation;
    let mut changed = (**gateway).clone();
    let status = changed.status.get_or_insert_default();
    let before = std::mem::take(&mut status.listeners);
    let mut faults = 0;
    for listener in &gateway.spec.listeners {
        let fault = listener::fault(store, gateway, listener);
        faults += usize::from(fault.is_some());
        let old = before.iter().find(|old| old.name == listener.name);
        let old = old.map_or(&[][..], |old| &old.conditions);
        status.listeners.push(ListenerStatus {
            name: listener.name.clone(),
            supported_kinds: vec![RouteGroupKind {
                group: Some(GROUP.to_owned()),
                kind: "HTTPRoute".to_owned(),
            }],
            attached_routes: count_attached(store, gateway, &listener.name),
            conditions: conditions(old, &listener::wanted(fault.as_ref()), generation, now),
        });
    }
    status.addresses = addresses(store, gateway);
    let wanted = gateway_conditions(gateway.spec.listeners.len(), faults, status.addresses.is_empty());
    status.conditions = conditions(&status.conditions, &wanted, generation, now);
    if changed.status != gateway.status {
        outcome.update_status::<Gateway>(changed);
    }
}

// Models nginx-gateway-fabric internal/controller/status/prepare_requests.go prepareGatewayRequest
fn gateway_conditions(listeners: usize, faults: usize, no_address: bool) -> [Wanted; 2] {
    let words = "The Gateway has no valid listeners";
    let accepted = match faults {
        0 => holds("Accepted", "Accepted", "The Gateway is accepted"),
        some if some < listeners => {
            holds("Accepted", "ListenersNotValid", "The Gateway has at least one valid listener")
        }
        _ => return [fails("Accepted", "ListenersNotValid", words), fails("Programmed", "Invalid", words)],
    };
    let programmed = if no_address {
        fails("Programmed", "AddressNotAssigned", "The Gateway's Service has no address yet")
    } else {
        holds("Programmed", "Programmed", "The Gateway is programmed")
    };
    [accepted, programmed]
}

/// The addresses of the Gateway's Service: those of its load balancer.
fn addresses(store: &Store, gateway: &Gateway) -> Vec<GatewayAddress> {
    let namespace = gateway.metadata.namespace.as_deref().unwrap_or_default();
    let service = store.find::<Service>(namespace, &data_plane::name(gateway));
    let balancer = service.and_then(|service| service.status.as_ref()?.load_balancer.as_ref());
    let ingress = balancer.into_iter().flat_map(|balancer| balancer.ingress.iter().flatten());
    let address = |kind: &str, value: &String| GatewayAddress {
        address_type: Some(kind.to_owned()),
        value: Some(value.clone()),
    };
    ingress
        .filter_map(|one| match (&one.ip, &one.hostname) {
            (Some(ip), _) => Some(address("IPAddress", ip)),
            (None, Some(name)) => Some(address("Hostname", name)),
            (None, None) => None,
        })
        .collect()
}

/// How many routes are attached to a listener.
fn count_attached(store: &Store, gateway: &Gateway, listener: &str) -> i32 {
    let is_attached = |route: &&std::sync::Arc<HTTPRoute>| {
        parents(route, gateway)
            .filter_map(|parent| attached(store, route, gateway, parent).ok())
            .flatten()
            .any(|(taking, _)| taking.name == listener)
    };
    i32::try_from(store.list::<HTTPRoute>().filter(is_attached).count()).unwrap_or(i32::MAX)
}

fn reconcile_route(store: &Store, key: &ObjectKey, now: Time, outcome: &mut Outcome) {
    let Some(route) = store.find::<HTTPRoute>(&key.namespace, &key.name) else { return };
    let mut changed = (**route).clone();
    let status = changed.status.get_or_insert_default();
    let before = std::mem::take(&mut status.parents);
    for parent in &route.spec.parent_refs {
        let Some(gateway) =
            gateway_of_parent(store, route, parent).filter(|gateway| is_served(store, gateway))
        else {
            continue;
        };
        let is_this =
            |old: &&RouteParentStatus| old.controller_name == CONTROLLER_NAME && old.parent_ref == *parent;
        let old = before.iter().find(is_this).map_or(&[][..], |old| &old.conditions);
        let wanted = parent_conditions(store, route, gateway, parent);
        status.parents.push(RouteParentStatus {
            parent_ref: parent.clone(),
            controller_name: CONTROLLER_NAME.to_owned(),
            conditions: conditions(old, &wanted, route.metadata.generation, now),
        });
    }
    status.parents.extend(before.into_iter().filter(|old| old.controller_name != CONTROLLER_NAME));
    if status.parents.is_empty() && route.status.is_none() {
        return;
    }
    if changed.status != route.status {
        outcome.update_status::<HTTPRoute>(changed);
    }
}

/// The Gateway that a route's parent names; `None` when there is none or the parent is of another kind.
pub fn gateway_of_parent<'a>(
    store: &'a Store,
    route: &HTTPRoute,
    parent: &ParentReference,
) -> Option<&'a std::sync::Arc<Gateway>> {
    let namespace = parent.namespace.as_deref().unwrap_or(namespace_of(route));
    store.find::<Gateway>(namespace, &parent.name).filter(|gateway| parent.is(gateway, namespace_of(route)))
}

/// The conditions of a route for one of its parents: `Accepted`, then `ResolvedRefs`.
pub fn parent_conditions(
    store: &Store,
    route: &HTTPRoute,
    gateway: &Gateway,
    parent: &ParentReference,
) -> [Wanted; 2] {
    let accepted = match attached(store, route, gateway, parent) {
        Ok(_) => holds("Accepted", "Accepted", "The Route is accepted"),
        Err(refusal) => fails("Accepted", refusal.reason(), refusal.message()),
    };
    let rules = route.spec.rules.iter().flatten();
    let broken = rules
        .flat_map(|rule| &rule.backend_refs)
        .find_map(|reference| backend(store, route, reference).err());
    let resolved = match broken {
        None => holds("ResolvedRefs", "ResolvedRefs", "All references are resolved"),
        Some(broken) => fails("ResolvedRefs", broken.reason, broken.message),
    };
    [accepted, resolved]
}
