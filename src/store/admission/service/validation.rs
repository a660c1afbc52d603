//! What the API server demands of a Service.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};

use super::super::allocators::family_of;
use super::super::checks::{validate_endpoint_ip, validate_port_num_or_name, validate_protocol};
use super::super::metadata::{
    METADATA, NameForm, SPEC, invalid_each, validate_labels, validate_object_meta,
    validate_object_meta_update,
};
use super::{
    NONE, cluster_ips, ip_families, is_externally_accessible, is_headless, needs_cluster_ip,
    needs_health_check, ports, type_of,
};
use crate::api::validation::address::{is_valid_cidr_for_legacy_field, is_valid_ip_for_legacy_field};
use crate::api::validation::field::{FieldError, Raw, Shown};
use crate::api::validation::quote::json_string;
use crate::api::validation::{
    is_dns1123_label, is_dns1123_subdomain, is_qualified_name, is_valid_port_num, parse_ip_sloppy,
};

/// The longest time that an address may stay with its endpoint: a day.
const MAX_CLIENT_IP_SECONDS: i32 = 86400;
/// The older way to write `loadBalancerSourceRanges`.
const SOURCE_RANGES_ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

// Models pkg/apis/core/validation/validation.go ValidateServiceCreate
/// What is wrong with a new Service.
pub(super) fn validate_create(service: &Service) -> Vec<FieldError> {
    let mut errors = Vec::new();
    validate_object_meta(&mut errors, &service.metadata, true, NameForm::Label);
    validate(&mut errors, service, None);
    errors
}

// Models pkg/apis/core/validation/validation.go ValidateServiceUpdate
/// What is wrong with a changed Service.
pub(super) fn validate_update(service: &Service, old: &Service) -> Vec<FieldError> {
    let mut errors = Vec::new();
    validate_object_meta_update(&mut errors, &service.metadata, &old.metadata);
    if let (Some(spec), Some(before)) = (&service.spec, &old.spec) {
        if needs_cluster_ip(spec) && needs_cluster_ip(before) {
            validate_cluster_ips_change(&mut errors, spec, before);
            validate_ip_families_change(&mut errors, spec, before);
        }
        validate_load_balancer_class(&mut errors, spec, Some(before));
        if needs_health_check(spec)
            && needs_health_check(before)
            && spec.health_check_node_port != before.health_check_node_port
        {
            errors.push(FieldError::forbidden(&SPEC.child("healthCheckNodePort"), "field is immutable"));
        }
    }
    validate(&mut errors, service, Some(old));
    errors
}

// Models pkg/apis/core/validation/validation.go validateUpgradeDowngradeClusterIPs
fn validate_cluster_ips_change(errors: &mut Vec<FieldError>, spec: &ServiceSpec, before: &ServiceSpec) {
    if is_headless(spec) && is_headless(before) {
        return;
    }
    let path = SPEC.child("clusterIPs");
    let (ips, old) = (cluster_ips(spec), cluster_ips(before));
    let mut changed = |index| {
        errors.push(FieldError::invalid(&path.index(index), ips_shown(ips), "may not change once set"));
    };
    if ips.len() == old.len() {
        (0..ips.len()).filter(|&index| ips.get(index) != old.get(index)).for_each(changed);
        return;
    }
    match (ips.first(), old.first()) {
        (None, _) => {
            let words = "primary clusterIP can not be unset";
            errors.push(FieldError::invalid(&path.index(0), ips_shown(ips), words));
        }
        (Some(ip), Some(old)) if ip != old => changed(0),
        _ => {}
    }
    if ips.len() == 1 && old.len() > 1 && spec.ip_family_policy.as_deref() != Some("SingleStack") {
        let words = "must be set to 'SingleStack' when releasing the secondary clusterIP";
        errors.push(FieldError::invalid(&SPEC.child("ipFamilyPolicy"), policy_shown(spec), words));
    }
}

// Models pkg/apis/core/validation/validation.go validateUpgradeDowngradeIPFamilies
fn validate_ip_families_change(errors: &mut Vec<FieldError>, spec: &ServiceSpec, before: &ServiceSpec) {
    if is_headless(spec) || is_headless(before) {
        return;
    }
    let path = SPEC.child("ipFamilies");
    let first = path.index(0);
    let (families, old) = (ip_families(spec), ip_families(before));
    if families.len() == old.len() {
        for _ in families.iter().zip(old).filter(|(family, old)| family != old) {
            errors.push(FieldError::invalid(&first, ips_shown(families), "may not change once set"));
        }
        return;
    }
    if families.len() < old.len() && cluster_ips(spec).is_empty() {
        errors.push(FieldError::invalid(&first, ips_shown(families), "primary ipFamily can not be unset"));
    }
    if let (Some(family), Some(old)) = (families.first(), old.first())
        && family != old
    {
        // Upstream shows the addresses here, not the families.
        errors.push(FieldError::invalid(&first, ips_shown(cluster_ips(spec)), "may not change once set"));
    }
    if families.len() == 1 && old.len() > 1 && spec.ip_family_policy.as_deref() != Some("SingleStack") {
        let words = "must be set to 'SingleStack' when releasing the secondary ipFamily";
        errors.push(FieldError::invalid(&SPEC.child("ipFamilyPolicy"), policy_shown(spec), words));
    }
}

/// A list as Go prints it in JSON: an absent one is `null`.
fn ips_shown(list: &[String]) -> Raw<String> {
    Raw(if list.is_empty() { "null".to_owned() } else { list.shown() })
}

fn policy_shown(spec: &ServiceSpec) -> Raw<String> {
    Raw(spec.ip_family_policy.as_deref().map_or_else(|| "null".to_owned(), json_string))
}

// Models pkg/apis/core/validation/validation.go validateLoadBalancerClassField
fn validate_load_balancer_class(
    errors: &mut Vec<FieldError>,
    spec: &ServiceSpec,
    before: Option<&ServiceSpec>,
) {
    let path = SPEC.child("loadBalancerClass");
    let class = spec.load_balancer_class.as_deref();
    let is_load_balancer = type_of(spec) == "LoadBalancer";
    if let Some(before) = before
        && is_load_balancer
        && type_of(before) == "LoadBalancer"
        && class != before.load_balancer_class.as_deref()
    {
        let shown = Raw(class.map_or_else(|| "null".to_owned(), json_string));
        errors.push(FieldError::invalid(&path, shown, "may not change once set"));
    }
    match class {
        Some(class) if is_load_balancer => invalid_each(errors, &path, class, is_qualified_name(class)),
        Some(_) => {
            errors.push(FieldError::forbidden(&path, "may only be used when `type` is 'LoadBalancer'"))
        }
        None => {}
    }
}

// Models pkg/apis/core/validation/validation.go validateService
fn validate(errors: &mut Vec<FieldError>, service: &Service, old: Option<&Service>) {
    let absent = ServiceSpec::default();
    let spec = service.spec.as_ref().unwrap_or(&absent);
    let before = old.and_then(|old| old.spec.as_ref());
    validate_topology_annotations(errors, service);
    if ports(spec).is_empty() && !is_headless(spec) && type_of(spec) != "ExternalName" {
        errors.push(FieldError::required(&SPEC.child("ports"), ""));
    }
    validate_type_needs(errors, spec);
    validate_ports(errors, spec);
    validate_labels(errors, spec.selector.as_ref(), &SPEC.child("selector"));
    validate_session_affinity(errors, spec);
    validate_cluster_ips_related_fields(errors, spec, before);
    let path = SPEC.child("externalIPs");
    let old_ips = before.and_then(|before| before.external_ips.as_deref()).unwrap_or_default();
    for (index, ip) in spec.external_ips.iter().flatten().enumerate() {
        let path = path.index(index);
        match is_valid_ip_for_legacy_field(&path, ip, old_ips) {
            Err(error) => errors.push(error),
            Ok(()) => validate_endpoint_ip(errors, ip, &path),
        }
    }
    let path = SPEC.child("type");
    match type_of(spec) {
        "" => errors.push(FieldError::required(&path, "")),
        "ClusterIP" | "ExternalName" | "LoadBalancer" | "NodePort" => {}
        other => {
            let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
            errors.push(FieldError::not_supported(&path, other, &supported));
        }
    }
    validate_port_uniqueness(errors, spec);
    validate_source_ranges(errors, service, spec, before);
    if spec.allocate_load_balancer_node_ports.is_some() && type_of(spec) != "LoadBalancer" {
        let words = "may only be used when `type` is 'LoadBalancer'";
        errors.push(FieldError::forbidden(&SPEC.child("allocateLoadBalancerNodePorts"), words));
    }
    validate_load_balancer_class(errors, spec, None);
    validate_traffic_policies(errors, spec);
}

fn validate_topology_annotations(errors: &mut Vec<FieldError>, service: &Service) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    const MODE: &str = "service.kubernetes.io/topology-mode";
    let annotation = |key| service.metadata.annotations.as_ref().and_then(|own| own.get(key));
    if let (Some(hints), Some(mode)) = (annotation(HINTS), annotation(MODE))
        && hints != mode
    {
        let annotations = METADATA.child("annotations");
        let words = format!("must match annotations[{HINTS}] when both are specified");
        errors.push(FieldError::invalid(&annotations.key(MODE), mode, words));
    }
}

fn validate_type_needs(errors: &mut Vec<FieldError>, spec: &ServiceSpec) {
    match type_of(spec) {
        kind @ ("LoadBalancer" | "NodePort") if is_headless(spec) => {
            let ips = SPEC.child("clusterIPs");
            let words = format!("may not be set to 'None' for {kind} services");
            errors.push(FieldError::invalid(&ips.index(0), NONE, words));
        }
        "ExternalName" => {
            let words = "may not be set for ExternalName services";
            if !cluster_ips(spec).is_empty() {
                errors.push(FieldError::forbidden(&SPEC.child("clusterIPs"), words));
            }
            if !ip_families(spec).is_empty() {
                errors.push(FieldError::forbidden(&SPEC.child("ipFamilies"), words));
            }
            if spec.ip_family_policy.is_some() {
                errors.push(FieldError::forbidden(&SPEC.child("ipFamilyPolicy"), words));
            }
            let path = SPEC.child("externalName");
            let name = spec.external_name.as_deref().unwrap_or_default();
            match name.strip_suffix('.').unwrap_or(name) {
                "" => errors.push(FieldError::required(&path, "")),
                name => invalid_each(errors, &path, name, is_dns1123_subdomain(name)),
            }
        }
        _ => {}
    }
}

// Models pkg/apis/core/validation/validation.go validateServicePort
fn validate_ports(errors: &mut Vec<FieldError>, spec: &ServiceSpec) {
    let list = SPEC.child("ports");
    let mut names = BTreeSet::new();
    for (index, port) in ports(spec).iter().enumerate() {
        let path = list.index(index);
        match port.name.as_deref() {
            None if ports(spec).len() > 1 => errors.push(FieldError::required(&path.child("name"), "")),
            None => {}
            Some(name) => {
                invalid_each(errors, &path.child("name"), name, is_dns1123_label(name));
                if !names.insert(name) {
                    errors.push(FieldError::duplicate(&path.child("name"), name));
                }
            }
        }
        invalid_each(errors, &path.child("port"), port.port, is_valid_port_num(port.port));
        validate_protocol(errors, port.protocol.as_deref(), &path.child("protocol"));
        if let Some(target_port) = &port.target_port {
            validate_port_num_or_name(errors, target_port, &path.child("targetPort"));
        }
        if let Some(protocol) = port.app_protocol.as_deref() {
            invalid_each(errors, &path.child("appProtocol"), protocol, is_qualified_name(protocol));
        }
    }
}

fn validate_session_affinity(errors: &mut Vec<FieldError>, spec: &ServiceSpec) {
    let path = SPEC.child("sessionAffinity");
    let config_path = SPEC.child("sessionAffinityConfig");
    match spec.session_affinity.as_deref() {
        None => errors.push(FieldError::required(&path, "")),
        Some("None") => {
            if spec.session_affinity_config.is_some() {
                let words = "must not be set when session affinity is None";
                errors.push(FieldError::forbidden(&config_path, words));
            }
        }
        Some("ClientIP") => {
            let config = spec.session_affinity_config.as_ref();
            let seconds = config.and_then(|config| config.client_ip.as_ref()?.timeout_seconds).unwrap_or(0);
            if seconds <= 0 || seconds > MAX_CLIENT_IP_SECONDS {
                let client_ip = config_path.child("clientIP");
                let words = format!("must be greater than 0 and less than {MAX_CLIENT_IP_SECONDS}");
                errors.push(FieldError::invalid(&client_ip.child("timeoutSeconds"), seconds, words));
            }
        }
        Some(other) => errors.push(FieldError::not_supported(&path, other, &["ClientIP", "None"])),
    }
}

// Models pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields
/// `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy`, each and together. When an address is not valid, what
/// would be said of the addresses together is left out.
pub(super) fn validate_cluster_ips_related_fields(
    errors: &mut Vec<FieldError>,
    spec: &ServiceSpec,
    before: Option<&ServiceSpec>,
) {
    if !needs_cluster_ip(spec) {
        return;
    }
    let path = SPEC.child("clusterIPs");
    let ips = cluster_ips(spec);
    match (spec.cluster_ip.as_ref(), ips.first()) {
        (Some(_), None) => errors.push(FieldError::required(&path, "")),
        (Some(ip), Some(first)) if ip != first => {
            errors.push(FieldError::invalid(&path, ips, "first value must match `clusterIP`"));
        }
        (None, Some(_)) => {
            errors.push(FieldError::invalid(&path, ips, "must be empty when `clusterIP` is not specified"));
        }
        _ => {}
    }
    let families_path = SPEC.child("ipFamilies");
    let mut seen = BTreeSet::new();
    for (index, family) in ip_families(spec).iter().enumerate() {
        let path = families_path.index(index);
        if family != "IPv4" && family != "IPv6" {
            errors.push(FieldError::not_supported(&path, family, &["IPv4", "IPv6"]));
        }
        if !seen.insert(family) {
            errors.push(FieldError::duplicate(&path, family));
        }
    }
    if let Some(policy) = spec.ip_family_policy.as_deref()
        && !["PreferDualStack", "RequireDualStack", "SingleStack"].contains(&policy)
    {
        let supported = ["PreferDualStack", "RequireDualStack", "SingleStack"];
        let shown = policy_shown(spec);
        errors.push(FieldError::not_supported(&SPEC.child("ipFamilyPolicy"), shown, &supported));
    }
    let mut has_invalid_ips = false;
    let old = before.map(cluster_ips).unwrap_or_default();
    for (index, ip) in ips.iter().enumerate() {
        if index == 0 && ip == NONE {
            if ips.len() > 1 {
                has_invalid_ips = true;
                errors.push(FieldError::invalid(&path, ips, "'None' must be the first and only value"));
            }
            continue;
        }
        if let Err(error) = is_valid_ip_for_legacy_field(&path.index(index), ip, old) {
            has_invalid_ips = true;
            errors.push(error);
        }
    }
    if ips.len() > 2 {
        errors.push(FieldError::invalid(&path, ips, "may only hold up to 2 values"));
    }
    if has_invalid_ips || is_headless(spec) {
        return;
    }
    let found: Vec<&str> = ips.iter().filter_map(|ip| parse_ip_sloppy(ip).map(family_of)).collect();
    if ips.len() > 1 && !(found.contains(&"IPv4") && found.contains(&"IPv6")) {
        errors.push(FieldError::invalid(&path, ips, "may specify no more than one IP for each IP family"));
    }
    for (index, ((family, found), ip)) in ip_families(spec).iter().zip(&found).zip(ips).enumerate() {
        if (family == "IPv4" || family == "IPv6") && family != found {
            let words = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.push(FieldError::invalid(&path.index(index), ip, words));
        }
    }
}

fn validate_port_uniqueness(errors: &mut Vec<FieldError>, spec: &ServiceSpec) {
    let list = SPEC.child("ports");
    let protocol = |port: &ServicePort| port.protocol.clone().unwrap_or_default();
    if type_of(spec) == "ClusterIP" {
        for (index, _) in ports(spec).iter().enumerate().filter(|(_, port)| port.node_port.is_some()) {
            let words = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(&list.index(index).child("nodePort"), words));
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports(spec).iter().enumerate() {
        if let Some(node_port) = port.node_port
            && !seen.insert((protocol(port), node_port))
        {
            errors.push(FieldError::duplicate(&list.index(index).child("nodePort"), node_port));
        }
    }
    let mut seen = BTreeSet::new();
    for (index, port) in ports(spec).iter().enumerate() {
        if !seen.insert((protocol(port), port.port)) {
            // The value is what Go makes of its key: a port with nothing but protocol and number.
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                json_string(&protocol(port)),
                port.port
            );
            errors.push(FieldError::duplicate(&list.index(index), Raw(shown)));
        }
    }
}

fn validate_source_ranges(
    errors: &mut Vec<FieldError>,
    service: &Service,
    spec: &ServiceSpec,
    before: Option<&ServiceSpec>,
) {
    let only_load_balancer = "may only be used when `type` is 'LoadBalancer'";
    let is_load_balancer = type_of(spec) == "LoadBalancer";
    let annotation = service.metadata.annotations.as_ref().and_then(|own| own.get(SOURCE_RANGES_ANNOTATION));
    if let Some(ranges) = &spec.load_balancer_source_ranges {
        // Upstream spells the field with a capital letter here.
        let path = SPEC.child("LoadBalancerSourceRanges");
        if !is_load_balancer {
            errors.push(FieldError::forbidden(&path, only_load_balancer));
        }
        let old = before.and_then(|before| before.load_balancer_source_ranges.as_deref());
        for (index, range) in ranges.iter().enumerate() {
            let path = path.index(index);
            errors.extend(is_valid_cidr_for_legacy_field(&path, range.trim(), old.unwrap_or_default()).err());
        }
    } else if let Some(ranges) = annotation {
        let annotations = METADATA.child("annotations");
        let path = annotations.key(SOURCE_RANGES_ANNOTATION);
        if !is_load_balancer {
            errors.push(FieldError::forbidden(&path, only_load_balancer));
        }
        for range in ranges.trim().split(',').filter(|_| !ranges.trim().is_empty()) {
            errors.extend(is_valid_cidr_for_legacy_field(&path, range.trim(), &[]).err());
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateServiceExternalTrafficPolicy and its neighbours
fn validate_traffic_policies(errors: &mut Vec<FieldError>, spec: &ServiceSpec) {
    let path = SPEC.child("externalTrafficPolicy");
    match (is_externally_accessible(spec), spec.external_traffic_policy.as_deref()) {
        (false, Some(policy)) => {
            let words = "may only be set for externally-accessible services";
            errors.push(FieldError::invalid(&path, policy, words));
        }
        (true, None) => errors.push(FieldError::required(&path, "")),
        (true, Some(policy)) if policy != "Cluster" && policy != "Local" => {
            errors.push(FieldError::not_supported(&path, policy, &["Cluster", "Local"]));
        }
        _ => {}
    }
    let path = SPEC.child("healthCheckNodePort");
    match (needs_health_check(spec), spec.health_check_node_port) {
        (false, Some(port)) => {
            let words =
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            errors.push(FieldError::invalid(&path, port, words));
        }
        (true, None) => errors.push(FieldError::required(&path, "")),
        (true, Some(port)) => invalid_each(errors, &path, port, is_valid_port_num(port)),
        (false, None) => {}
    }
    let path = SPEC.child("internalTrafficPolicy");
    match spec.internal_traffic_policy.as_deref() {
        None if matches!(type_of(spec), "NodePort" | "LoadBalancer" | "ClusterIP") => {
            errors.push(FieldError::required(&path, ""));
        }
        None | Some("Cluster" | "Local") => {}
        Some(other) => errors.push(FieldError::not_supported(&path, other, &["Cluster", "Local"])),
    }
    let supported = ["PreferClose", "PreferSameNode", "PreferSameZone"];
    if let Some(other) = spec.traffic_distribution.as_deref()
        && !supported.contains(&other)
    {
        errors.push(FieldError::not_supported(&SPEC.child("trafficDistribution"), other, &supported));
    }
}
