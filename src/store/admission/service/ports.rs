//! The node ports of a Service, and the port of its health check.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ServiceSpec;

use super::super::metadata::SPEC;
use super::super::port_allocator::{PortAllocator, PortError};
use super::super::rejected::Rejected;
use super::{needs_health_check, needs_node_port, node_ports, ports, type_of};
use crate::api::validation::field::FieldError;
use crate::api::{Kind, Random};

// Models pkg/registry/core/service/storage/alloc.go shouldAllocateNodePorts
fn should_allocate(spec: &ServiceSpec) -> bool {
    match type_of(spec) {
        "NodePort" => true,
        "LoadBalancer" => spec.allocate_load_balancer_node_ports.unwrap_or(true),
        _ => false,
    }
}

fn wrong_node_port(name: &str, index: usize, port: i32, error: PortError) -> Rejected {
    let ports = SPEC.child("ports");
    let element = ports.index(index);
    let error = FieldError::invalid(&element.child("nodePort"), port, error.to_string());
    Rejected::invalid(&Kind::Service, name, vec![error])
}

fn none_left(name: &str, error: PortError) -> Rejected {
    Rejected::internal(&Kind::Service, name, &format!("failed to allocate a nodePort: {error}"))
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.txnAllocNodePorts
/// Draws the node ports and the health check's port of a new Service.
pub(super) fn allocate(
    spec: &mut ServiceSpec,
    pool: &mut PortAllocator,
    random: &mut Random,
    name: &str,
) -> Result<(), Rejected> {
    if needs_node_port(spec) {
        init_node_ports(spec, pool, random, name)?;
    }
    if needs_health_check(spec) {
        allocate_health_check_node_port(spec, pool, random, name)?;
    }
    Ok(())
}

// Models pkg/registry/core/service/storage/alloc.go initNodePorts
/// Ports of one number (as UDP and TCP 53) share a node port, unless the author gives them different ones.
fn init_node_ports(
    spec: &mut ServiceSpec,
    pool: &mut PortAllocator,
    random: &mut Random,
    name: &str,
) -> Result<(), Rejected> {
    let should_allocate = should_allocate(spec);
    let mut requested: BTreeMap<i32, i32> = BTreeMap::new();
    for port in ports(spec) {
        if let Some(node_port) = port.node_port {
            requested.entry(port.port).or_insert(node_port);
        }
    }
    let mut drawn: BTreeMap<i32, i32> = BTreeMap::new();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        if port.node_port.is_none() && !should_allocate {
            continue;
        }
        match (drawn.get(&port.port), port.node_port) {
            (None, _) => {
                let node_port = match requested.get(&port.port) {
                    Some(&given) => {
                        pool.allocate(given).map_err(|error| wrong_node_port(name, index, given, error))?;
                        given
                    }
                    None => pool.allocate_next(random).map_err(|error| none_left(name, error))?,
                };
                port.node_port = Some(node_port);
                drawn.insert(port.port, node_port);
            }
            (Some(&shared), None) => port.node_port = Some(shared),
            (Some(&shared), Some(given)) if given != shared => {
                pool.allocate(given).map_err(|error| wrong_node_port(name, index, given, error))?;
            }
            _ => {}
        }
    }
    Ok(())
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.allocHealthCheckNodePort
fn allocate_health_check_node_port(
    spec: &mut ServiceSpec,
    pool: &mut PortAllocator,
    random: &mut Random,
    name: &str,
) -> Result<(), Rejected> {
    let internal = |words: String| Rejected::internal(&Kind::Service, name, &words);
    match spec.health_check_node_port {
        Some(given) => pool.allocate(given).map_err(|error| {
            internal(format!("failed to allocate requested HealthCheck NodePort {given}: {error}"))
        }),
        None => {
            let drawn = pool
                .allocate_next(random)
                .map_err(|error| internal(format!("failed to allocate a HealthCheck NodePort 0: {error}")))?;
            spec.health_check_node_port = Some(drawn);
            Ok(())
        }
    }
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.txnUpdateNodePorts
/// Draws the ports that a change adds, and gives those that it frees.
pub(super) fn update(
    spec: &mut ServiceSpec,
    before: &ServiceSpec,
    pool: &mut PortAllocator,
    random: &mut Random,
    name: &str,
) -> Result<Vec<i32>, Rejected> {
    let mut freed = Vec::new();
    if needs_node_port(before) && matches!(type_of(spec), "ExternalName" | "ClusterIP") {
        freed.extend(node_ports(before));
    }
    if needs_node_port(spec) {
        update_node_ports(spec, before, pool, random, name)?;
        let own = node_ports(spec);
        freed.extend(node_ports(before).into_iter().filter(|port| !own.contains(port)));
    }
    match (needs_health_check(before), needs_health_check(spec)) {
        (false, true) => allocate_health_check_node_port(spec, pool, random, name)?,
        (true, false) => freed.extend(before.health_check_node_port),
        _ => {}
    }
    Ok(freed)
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.updateNodePorts
fn update_node_ports(
    spec: &mut ServiceSpec,
    before: &ServiceSpec,
    pool: &mut PortAllocator,
    random: &mut Random,
    name: &str,
) -> Result<(), Rejected> {
    let should_allocate = should_allocate(spec);
    let old = node_ports(before);
    let mut seen: Vec<(String, i32)> = Vec::new();
    let mut drawn: Vec<i32> = Vec::new();
    for (index, port) in spec.ports.iter_mut().flatten().enumerate() {
        if port.node_port.is_none() && !should_allocate {
            continue;
        }
        let node_port = match port.node_port {
            Some(given) => {
                if !old.contains(&given) && !drawn.contains(&given) {
                    pool.allocate(given).map_err(|error| wrong_node_port(name, index, given, error))?;
                    drawn.push(given);
                }
                given
            }
            None => pool.allocate_next(random).map_err(|error| none_left(name, error))?,
        };
        port.node_port = Some(node_port);
        let pair = (port.protocol.clone().unwrap_or_default(), node_port);
        if seen.contains(&pair) {
            let mut rejected = Rejected::internal(&Kind::Service, name, "");
            rejected.message = format!("duplicate nodePort: {{{} {}}}", pair.0, pair.1);
            return Err(rejected);
        }
        seen.push(pair);
    }
    Ok(())
}
