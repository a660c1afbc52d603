//! The defaults of a Service.

use k8s_openapi::api::core::v1::{ClientIPConfig, ServiceSpec, SessionAffinityConfig};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::defaults::{absent_when_empty, absent_when_no_items, absent_when_zero};
use super::{is_externally_accessible, type_of};

/// How long an address stays with its endpoint by default: three hours.
const DEFAULT_CLIENT_IP_SECONDS: i32 = 10800;

/// Makes absent what Go can not tell from absent.
fn normalize(spec: &mut ServiceSpec) {
    for text in [
        &mut spec.cluster_ip,
        &mut spec.external_name,
        &mut spec.external_traffic_policy,
        &mut spec.load_balancer_ip,
        &mut spec.session_affinity,
        &mut spec.type_,
    ] {
        absent_when_empty(text);
    }
    for list in [
        &mut spec.cluster_ips,
        &mut spec.external_ips,
        &mut spec.ip_families,
        &mut spec.load_balancer_source_ranges,
    ] {
        absent_when_no_items(list);
    }
    absent_when_no_items(&mut spec.ports);
    absent_when_zero(&mut spec.health_check_node_port);
    for port in spec.ports.iter_mut().flatten() {
        absent_when_empty(&mut port.name);
        absent_when_empty(&mut port.protocol);
        absent_when_zero(&mut port.node_port);
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Service
/// Sets what the author left out: no affinity (or one of three hours), type ClusterIP, protocol TCP, the target port
/// that is the port, and both traffic policies `Cluster`.
pub(super) fn set_defaults(spec: &mut ServiceSpec) {
    normalize(spec);
    match spec.session_affinity.get_or_insert_with(|| "None".to_owned()).as_str() {
        "None" => spec.session_affinity_config = None,
        "ClientIP" => {
            let config = spec.session_affinity_config.as_ref();
            if config.and_then(|config| config.client_ip.as_ref()?.timeout_seconds).is_none() {
                spec.session_affinity_config = Some(SessionAffinityConfig {
                    client_ip: Some(ClientIPConfig { timeout_seconds: Some(DEFAULT_CLIENT_IP_SECONDS) }),
                });
            }
        }
        _ => {}
    }
    spec.type_.get_or_insert_with(|| "ClusterIP".to_owned());
    for port in spec.ports.iter_mut().flatten() {
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
        let is_empty = match &port.target_port {
            None | Some(IntOrString::Int(0)) => true,
            Some(IntOrString::String(name)) => name.is_empty(),
            Some(IntOrString::Int(_)) => false,
        };
        if is_empty {
            port.target_port = Some(IntOrString::Int(port.port));
        }
    }
    if is_externally_accessible(spec) {
        spec.external_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
    }
    if matches!(type_of(spec), "NodePort" | "LoadBalancer" | "ClusterIP") {
        spec.internal_traffic_policy.get_or_insert_with(|| "Cluster".to_owned());
    }
    if type_of(spec) == "LoadBalancer" {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
}
