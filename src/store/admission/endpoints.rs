//! EndpointSlices and Endpoints.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointSubset, Endpoints};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointHints, EndpointPort, EndpointSlice};

use super::checks::{validate_endpoint_ip, validate_protocol};
use super::defaults::default_text;
use super::metadata::{invalid_each, validate_labels};
use super::strategy::{Strategy, next_generation};
use crate::api::validation::address::is_valid_ip_for_legacy_field;
use crate::api::validation::field::{FieldError, Path};
use crate::api::validation::{
    is_dns1123_label, is_dns1123_subdomain, is_fully_qualified_domain_name, is_qualified_name,
    is_valid_label_value, is_valid_port_num, parse_ip_sloppy,
};
use crate::store::Store;

const MAX_ENDPOINTS: usize = 1000;
const MAX_ADDRESSES: usize = 100;
const MAX_PORTS: usize = 20000;
const MAX_HINTS: usize = 8;
const MAX_TOPOLOGY_LABELS: usize = 16;

impl Strategy for EndpointSlice {
    // Models pkg/apis/discovery/v1/defaults.go SetDefaults_EndpointPort
    fn set_defaults(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            default_text(&mut port.protocol, "TCP");
        }
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
    }

    // Models pkg/registry/discovery/endpointslice/strategy.go PrepareForUpdate
    fn prepare_for_update(&mut self, old: &EndpointSlice) {
        let is_changed = self.endpoints != old.endpoints
            || self.ports != old.ports
            || self.address_type != old.address_type
            || self.metadata.labels != old.metadata.labels
            || self.metadata.annotations != old.metadata.annotations;
        next_generation(&mut self.metadata, &old.metadata, is_changed);
    }

    // Models pkg/apis/discovery/validation/validation.go ValidateEndpointSlice and ValidateEndpointSliceUpdate
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&EndpointSlice>) {
        let path = Path::new("addressType");
        match self.address_type.as_str() {
            "" => errors.push(FieldError::required(&path, "")),
            "IPv4" | "IPv6" | "FQDN" => {}
            other => errors.push(FieldError::not_supported(&path, other, &["FQDN", "IPv4", "IPv6"])),
        }
        let list = Path::new("endpoints");
        let endpoints = self.endpoints.as_deref().unwrap_or_default();
        if endpoints.len() > MAX_ENDPOINTS {
            errors.push(FieldError::too_many(&list, endpoints.len(), MAX_ENDPOINTS));
        } else {
            // What is stored was found right before: of many endpoints a change touches few.
            let stored = old.filter(|old| old.address_type == self.address_type);
            let stored = stored.and_then(|old| old.endpoints.as_deref()).unwrap_or_default();
            for (index, endpoint) in endpoints.iter().enumerate() {
                if stored.get(index) == Some(endpoint) {
                    continue;
                }
                validate_endpoint(errors, endpoint, &self.address_type, &list.index(index));
            }
        }
        validate_slice_ports(errors, self.ports.as_deref().unwrap_or_default());
        if old.is_some_and(|old| old.address_type != self.address_type) {
            errors.push(FieldError::invalid(&path, &self.address_type, "field is immutable"));
        }
    }
}

// Models pkg/apis/discovery/validation/validation.go validateEndpoints
fn validate_endpoint(errors: &mut Vec<FieldError>, endpoint: &Endpoint, address_type: &str, path: &Path<'_>) {
    let list = path.child("addresses");
    if endpoint.addresses.is_empty() {
        errors.push(FieldError::required(&list, "must contain at least 1 address"));
    } else if endpoint.addresses.len() > MAX_ADDRESSES {
        errors.push(FieldError::too_many(&list, endpoint.addresses.len(), MAX_ADDRESSES));
    }
    for (index, address) in endpoint.addresses.iter().enumerate() {
        let path = list.index(index);
        match address_type {
            "IPv4" | "IPv6" => match is_valid_ip_for_legacy_field(&path, address, &[]) {
                Err(error) => errors.push(error),
                Ok(()) => {
                    let is_v4 = parse_ip_sloppy(address).is_some_and(|ip| ip.is_ipv4());
                    if is_v4 != (address_type == "IPv4") {
                        let words = format!("must be an {address_type} address");
                        errors.push(FieldError::invalid(&path, address, words));
                    }
                    validate_endpoint_ip(errors, address, &path);
                }
            },
            "FQDN" => errors.extend(is_fully_qualified_domain_name(&path, address)),
            _ => {}
        }
    }
    if let Some(node) = endpoint.node_name.as_deref() {
        invalid_each(errors, &path.child("nodeName"), node, is_dns1123_subdomain(node));
    }
    if let Some(topology) = &endpoint.deprecated_topology {
        let path = path.child("deprecatedTopology");
        if topology.len() > MAX_TOPOLOGY_LABELS {
            errors.push(FieldError::too_many(&path, topology.len(), MAX_TOPOLOGY_LABELS));
        }
        validate_labels(errors, Some(topology), &path);
    }
    if let Some(host) = endpoint.hostname.as_deref() {
        invalid_each(errors, &path.child("hostname"), host, is_dns1123_label(host));
    }
    if let Some(hints) = &endpoint.hints {
        validate_hints(errors, hints, &path.child("hints"));
    }
}

// Models pkg/apis/discovery/validation/validation.go validateHints
fn validate_hints(errors: &mut Vec<FieldError>, hints: &EndpointHints, path: &Path<'_>) {
    let zones: Vec<&str> = hints.for_zones.iter().flatten().map(|zone| zone.name.as_str()).collect();
    let nodes: Vec<&str> = hints.for_nodes.iter().flatten().map(|node| node.name.as_str()).collect();
    validate_hint_names(errors, &zones, is_valid_label_value, &path.child("forZones"));
    validate_hint_names(errors, &nodes, is_dns1123_subdomain, &path.child("forNodes"));
}

fn validate_hint_names(
    errors: &mut Vec<FieldError>,
    names: &[&str],
    check: fn(&str) -> Vec<String>,
    list: &Path<'_>,
) {
    if names.len() > MAX_HINTS {
        errors.push(FieldError::too_many(list, names.len(), MAX_HINTS));
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let element = list.index(index);
        let path = element.child("name");
        if !seen.insert(name) {
            errors.push(FieldError::duplicate(&path, name));
        }
        invalid_each(errors, &path, name, check(name));
    }
}

// Models pkg/apis/discovery/validation/validation.go validatePorts
fn validate_slice_ports(errors: &mut Vec<FieldError>, ports: &[EndpointPort]) {
    let list = Path::new("ports");
    if ports.len() > MAX_PORTS {
        errors.push(FieldError::too_many(&list, ports.len(), MAX_PORTS));
        return;
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = list.index(index);
        let name = port.name.as_deref().unwrap_or_default();
        if !name.is_empty() {
            invalid_each(errors, &path.child("name"), name, is_dns1123_label(name));
        }
        if !names.insert(name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        validate_protocol(errors, port.protocol.as_deref(), &path.child("protocol"));
        if let Some(protocol) = port.app_protocol.as_deref() {
            invalid_each(errors, &path.child("appProtocol"), protocol, is_qualified_name(protocol));
        }
    }
}

impl Strategy for Endpoints {
    // Models pkg/apis/core/v1/defaults.go SetDefaults_Endpoints
    fn set_defaults(&mut self) {
        for port in self.subsets.iter_mut().flatten().flat_map(|subset| subset.ports.iter_mut().flatten()) {
            default_text(&mut port.protocol, "TCP");
        }
    }

    // Models pkg/apis/core/validation/validation.go validateEndpointSubsets
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&Endpoints>) {
        let mut stored = Stored::of(old);
        let list = Path::new("subsets");
        for (index, subset) in self.subsets.iter().flatten().enumerate() {
            let path = list.index(index);
            if addresses(subset).next().is_none() {
                errors.push(FieldError::required(&path, "must specify `addresses` or `notReadyAddresses`"));
            }
            for (field, list) in
                [("addresses", &subset.addresses), ("notReadyAddresses", &subset.not_ready_addresses)]
            {
                let path = path.child(field);
                for (index, address) in list.iter().flatten().enumerate() {
                    if !stored.has(address) {
                        validate_address(errors, address, &stored.nodes, &path.index(index));
                    }
                }
            }
            validate_subset_ports(errors, subset, &path.child("ports"));
        }
    }
}

/// The addresses of the stored object.
struct Stored<'a> {
    /// The node of each IP; the last one that the object names.
    nodes: BTreeMap<&'a str, &'a str>,
    /// The addresses that may follow, if each IP has one node: then what is stored needs no other look.
    next: Option<Box<dyn Iterator<Item = &'a EndpointAddress> + 'a>>,
    expected: Option<&'a EndpointAddress>,
}

impl<'a> Stored<'a> {
    fn of(old: Option<&'a Endpoints>) -> Stored<'a> {
        let all = || old.into_iter().flat_map(|old| old.subsets.iter().flatten()).flat_map(addresses);
        let nodes: BTreeMap<&str, &str> =
            all().filter_map(|address| Some((address.ip.as_str(), address.node_name.as_deref()?))).collect();
        let is_plain = nodes.len() == all().count();
        let mut next = is_plain.then(|| Box::new(all()) as Box<dyn Iterator<Item = _>>);
        let expected = next.as_mut().and_then(Iterator::next);
        Stored { nodes, next, expected }
    }

    /// Whether the address is one of the next two of the stored ones, as it is in a list from which little has changed.
    fn has(&mut self, address: &EndpointAddress) -> bool {
        let Some(next) = &mut self.next else { return false };
        for _ in 0..2 {
            if self.expected == Some(address) {
                self.expected = next.next();
                return true;
            }
            // An address that is new here stands before the expected one, one that is gone was the expected one.
            if self.expected.is_none_or(|expected| expected.ip > address.ip) {
                return false;
            }
            self.expected = next.next();
        }
        false
    }
}

fn addresses(subset: &EndpointSubset) -> impl Iterator<Item = &EndpointAddress> {
    subset.addresses.iter().flatten().chain(subset.not_ready_addresses.iter().flatten())
}

fn validate_subset_ports(errors: &mut Vec<FieldError>, subset: &EndpointSubset, list: &Path<'_>) {
    let ports = subset.ports.as_deref().unwrap_or_default();
    for (index, port) in ports.iter().enumerate() {
        let path = list.index(index);
        match port.name.as_deref().unwrap_or_default() {
            "" if ports.len() > 1 => errors.push(FieldError::required(&path.child("name"), "")),
            "" => {}
            name => invalid_each(errors, &path.child("name"), name, is_dns1123_label(name)),
        }
        invalid_each(errors, &path.child("port"), port.port, is_valid_port_num(port.port));
        validate_protocol(errors, port.protocol.as_deref(), &path.child("protocol"));
        if let Some(protocol) = port.app_protocol.as_deref() {
            invalid_each(errors, &path.child("appProtocol"), protocol, is_qualified_name(protocol));
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateEndpointAddress
fn validate_address(
    errors: &mut Vec<FieldError>,
    address: &EndpointAddress,
    nodes: &BTreeMap<&str, &str>,
    path: &Path<'_>,
) {
    let before = errors.len();
    let ip = path.child("ip");
    errors.extend(is_valid_ip_for_legacy_field(&ip, &address.ip, &[]).err());
    if let Some(host) = address.hostname.as_deref().filter(|host| !host.is_empty()) {
        invalid_each(errors, &path.child("hostname"), host, is_dns1123_label(host));
    }
    if let Some(node) = address.node_name.as_deref() {
        let path = path.child("nodeName");
        invalid_each(errors, &path, node, is_dns1123_subdomain(node));
        if nodes.get(address.ip.as_str()).is_some_and(|old| *old != node) {
            let words = format!("Cannot change NodeName for {} to {node}", address.ip);
            errors.push(FieldError::forbidden(&path, words));
        }
    }
    if errors.len() == before {
        validate_endpoint_ip(errors, &address.ip, &ip);
    }
}
