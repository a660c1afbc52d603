//! Services: what the API server makes of one before it is stored.

mod addresses;
mod defaults;
mod ports;
mod validation;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};

use super::allocators::{Allocators, family_of};
use super::rejected::Rejected;
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, Random};

/// `clusterIP: None`.
pub(super) const NONE: &str = "None";

/// `spec.type`; empty when it is absent.
fn type_of(spec: &ServiceSpec) -> &str {
    spec.type_.as_deref().unwrap_or_default()
}

fn needs_cluster_ip(spec: &ServiceSpec) -> bool {
    type_of(spec) != "ExternalName"
}

fn needs_node_port(spec: &ServiceSpec) -> bool {
    matches!(type_of(spec), "NodePort" | "LoadBalancer")
}

// Models pkg/api/service/util.go NeedsHealthCheck
fn needs_health_check(spec: &ServiceSpec) -> bool {
    type_of(spec) == "LoadBalancer" && spec.external_traffic_policy.as_deref() == Some("Local")
}

// Models pkg/api/service/util.go ExternallyAccessible
fn is_externally_accessible(spec: &ServiceSpec) -> bool {
    needs_node_port(spec)
        || type_of(spec) == "ClusterIP" && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty())
}

// Models pkg/apis/core/validation/validation.go isHeadlessService
fn is_headless(spec: &ServiceSpec) -> bool {
    spec.cluster_ips.as_deref().is_some_and(|ips| ips == [NONE])
}

fn cluster_ips(spec: &ServiceSpec) -> &[String] {
    spec.cluster_ips.as_deref().unwrap_or_default()
}

fn ip_families(spec: &ServiceSpec) -> &[String] {
    spec.ip_families.as_deref().unwrap_or_default()
}

fn ports(spec: &ServiceSpec) -> &[ServicePort] {
    spec.ports.as_deref().unwrap_or_default()
}

/// The node ports that are set, in the order of the ports.
fn node_ports(spec: &ServiceSpec) -> Vec<i32> {
    ports(spec).iter().filter_map(|port| port.node_port).collect()
}

/// The name for messages about a Service.
fn name_of(service: &Service) -> &str {
    service.metadata.name.as_deref().unwrap_or_default()
}

// Models pkg/registry/core/service/storage/storage.go REST.beginCreate and pkg/registry/core/service/strategy.go
/// Defaults a new Service, draws its addresses and ports, and checks it. Errors come in upstream's order: what can
/// not be drawn first and alone, then everything that validation finds. `allocators` may have changed on an error.
pub(super) fn create(
    service: &mut Service,
    allocators: &mut Allocators,
    random: &mut Random,
) -> Result<(), Rejected> {
    let name = name_of(service).to_owned();
    service.status = None;
    let spec = service.spec.get_or_insert_default();
    defaults::set_defaults(spec);
    addresses::normalize_cluster_ips(spec, None);
    addresses::init_ip_family_fields(spec, None, allocators, &name)?;
    addresses::allocate(spec, allocators, random, &name)?;
    ports::allocate(spec, &mut allocators.node_ports, random, &name)?;
    let errors = validation::validate_create(service);
    if errors.is_empty() { Ok(()) } else { Err(Rejected::invalid(&Kind::Service, &name, errors)) }
}

// Models pkg/registry/core/service/storage/storage.go REST.beginUpdate and pkg/registry/core/service/strategy.go
/// The same for a changed Service: keeps what was drawn before and the author left out, draws what is new, and gives
/// back what is no longer needed. `allocators` may have changed on an error.
pub(super) fn update(
    service: &mut Service,
    old: &Service,
    allocators: &mut Allocators,
    random: &mut Random,
) -> Result<(), Rejected> {
    let name = name_of(service).to_owned();
    let before = old.spec.clone().unwrap_or_default();
    service.status.clone_from(&old.status);
    let spec = service.spec.get_or_insert_default();
    defaults::set_defaults(spec);
    patch_allocated_values(spec, &before);
    addresses::normalize_cluster_ips(spec, Some(&before));
    addresses::init_ip_family_fields(spec, Some(&before), allocators, &name)?;
    let addresses_freed = addresses::update(spec, &before, allocators, random, &name)?;
    let ports_freed = ports::update(spec, &before, &mut allocators.node_ports, random, &name)?;
    drop_type_dependent_fields(spec, &before);
    if type_of(spec) != "LoadBalancer"
        && let Some(status) = &mut service.status
    {
        status.load_balancer = None;
    }
    let errors = validation::validate_update(service, old);
    if !errors.is_empty() {
        return Err(Rejected::invalid(&Kind::Service, &name, errors));
    }
    // What is given back is given back last, so that nothing is drawn twice in one update.
    addresses::release(&addresses_freed, allocators);
    for port in ports_freed {
        allocators.node_ports.release(port);
    }
    Ok(())
}

// Models pkg/registry/core/service/storage/alloc.go Allocators.releaseAllocatedResources
/// Gives back everything that a deleted Service had.
pub(super) fn release(service: &Service, allocators: &mut Allocators) {
    let Some(spec) = &service.spec else { return };
    if needs_cluster_ip(spec) && !is_headless(spec) {
        let mut freed = Vec::new();
        for ip in cluster_ips(spec) {
            if let Some(address) = parse_ip_sloppy(ip) {
                freed.push((family_of(address).to_owned(), ip.clone()));
            }
        }
        addresses::release(&freed, allocators);
    }
    for port in node_ports(spec) {
        allocators.node_ports.release(port);
    }
    if needs_health_check(spec)
        && let Some(port) = spec.health_check_node_port
    {
        allocators.node_ports.release(port);
    }
}

// Models pkg/registry/core/service/storage/storage.go patchAllocatedValues
/// Takes over cluster IPs, node ports (by the port's name) and the health check's port that the author left out.
fn patch_allocated_values(spec: &mut ServiceSpec, before: &ServiceSpec) {
    if needs_cluster_ip(before) && needs_cluster_ip(spec) {
        if spec.cluster_ip.is_none() {
            spec.cluster_ip.clone_from(&before.cluster_ip);
        }
        if cluster_ips(spec).is_empty() && !cluster_ips(before).is_empty() {
            spec.cluster_ips.clone_from(&before.cluster_ips);
        }
    }
    if needs_node_port(before) && needs_node_port(spec) {
        // A port that both have is not free for another port of this Service.
        let own = node_ports(spec);
        let used: Vec<i32> = node_ports(before).into_iter().filter(|port| own.contains(port)).collect();
        for port in spec.ports.iter_mut().flatten().filter(|port| port.node_port.is_none()) {
            // The last port of a name counts, as in a map.
            let same_name = |old: &&ServicePort| {
                old.name.as_deref().unwrap_or_default() == port.name.as_deref().unwrap_or_default()
            };
            let old = ports(before).iter().rev().find(same_name).and_then(|old| old.node_port);
            port.node_port = old.filter(|old| !used.contains(old));
        }
    }
    if needs_health_check(before) && needs_health_check(spec) && spec.health_check_node_port.is_none() {
        spec.health_check_node_port = before.health_check_node_port;
    }
}

// Models pkg/registry/core/service/strategy.go dropTypeDependentFields
/// Clears what the new type does not need, unless the author changed it, which is then an error of validation.
fn drop_type_dependent_fields(spec: &mut ServiceSpec, before: &ServiceSpec) {
    if needs_cluster_ip(before) && !needs_cluster_ip(spec) {
        if before.cluster_ip == spec.cluster_ip && cluster_ips(before) == cluster_ips(spec) {
            spec.cluster_ip = None;
            spec.cluster_ips = None;
        }
        if ip_families(before) == ip_families(spec) {
            spec.ip_families = None;
        }
        if before.ip_family_policy == spec.ip_family_policy {
            spec.ip_family_policy = None;
        }
    }
    if needs_node_port(before) && !needs_node_port(spec) {
        let old = node_ports(before);
        if node_ports(spec).iter().all(|port| old.contains(port)) {
            for port in spec.ports.iter_mut().flatten() {
                port.node_port = None;
            }
        }
    }
    if needs_health_check(before)
        && !needs_health_check(spec)
        && before.health_check_node_port == spec.health_check_node_port
    {
        spec.health_check_node_port = None;
    }
    if type_of(before) == "LoadBalancer" && type_of(spec) != "LoadBalancer" {
        if before.allocate_load_balancer_node_ports == spec.allocate_load_balancer_node_ports {
            spec.allocate_load_balancer_node_ports = None;
        }
        if before.load_balancer_class == spec.load_balancer_class {
            spec.load_balancer_class = None;
        }
    }
    if is_externally_accessible(before)
        && !is_externally_accessible(spec)
        && before.external_traffic_policy == spec.external_traffic_policy
    {
        spec.external_traffic_policy = None;
    }
}
