//! The endpoints of a service port, from EndpointSlices.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use k8s_openapi::api::discovery::v1::{Endpoint as SliceEndpoint, EndpointSlice};

use super::service_port::ServicePortName;
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::{Family, join_host_port};

/// An endpoint of a service port as kube-proxy sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The address as the slice writes it.
    pub ip: String,
    /// The port as the slice gives it.
    pub port: i32,
    /// `conditions.ready`; true when absent.
    pub is_ready: bool,
    /// `conditions.serving`; true when absent.
    pub is_serving: bool,
    /// `conditions.terminating`; false when absent.
    pub is_terminating: bool,
    /// The zones that `hints.forZones` names.
    pub zone_hints: BTreeSet<String>,
    /// The nodes that `hints.forNodes` names.
    pub node_hints: BTreeSet<String>,
    /// The node on which it runs.
    pub node_name: Option<String>,
    /// The slice that lists it.
    pub slice: ObjectKey,
}

impl Endpoint {
    /// `ip:port`, by which endpoints are told apart and sorted.
    pub fn address(&self) -> String {
        join_host_port(&self.ip, self.port)
    }

    /// The address as a number; `None` when it does not parse.
    pub fn ip_address(&self) -> Option<IpAddr> {
        parse_ip_sloppy(&self.ip)
    }

    /// Whether it runs on this node; the empty name is of none.
    pub fn is_on(&self, node_name: &str) -> bool {
        !node_name.is_empty() && self.node_name.as_deref() == Some(node_name)
    }

    /// Whether it is used only when no endpoint is ready.
    pub fn is_serving_and_terminating(&self) -> bool {
        self.is_serving && self.is_terminating
    }
}

/// The endpoints of a service port, sorted by `ip:port` as text. `slices` are those of the
/// Service, in any order.
///
/// A slice counts with every port of its own that has this name (`""` is a name, absent is not), this protocol and a
/// number other than 0; an endpoint counts with its first address, if that is of the family. An `ip:port` that occurs
/// more than once is taken from the last one that does not terminate, else from the first. The order in which
/// kube-proxy sees the slices of one Service is not determined; here it is their given order.
// Models pkg/proxy/endpointslicecache.go endpointInfoByServicePort and addEndpoints
pub fn endpoints<'a>(
    slices: impl IntoIterator<Item = &'a EndpointSlice>,
    port_name: &ServicePortName,
    family: Family,
) -> Vec<Endpoint> {
    let mut found: BTreeMap<String, Endpoint> = BTreeMap::new();
    for slice in slices {
        let mut ports: Vec<i32> = slice
            .ports
            .iter()
            .flatten()
            .filter(|port| port.name.as_deref() == Some(&port_name.port))
            .filter(|port| port.protocol.as_deref().unwrap_or("TCP") == port_name.protocol)
            .filter_map(|port| port.port.filter(|number| *number != 0))
            .collect();
        ports.sort_unstable();
        let mut listed: Vec<&SliceEndpoint> = slice.endpoints.iter().flatten().collect();
        listed.sort_by(|one, other| as_joined(&one.addresses, &other.addresses));
        let name = |name: &Option<String>| name.clone().unwrap_or_default();
        let metadata = &slice.metadata;
        let key = ObjectKey::new(Kind::EndpointSlice, name(&metadata.namespace), name(&metadata.name));
        for port in ports {
            for endpoint in &listed {
                let Some(ip) = endpoint.addresses.first() else { continue };
                if ip.contains(':') != (family == Family::V6) {
                    continue;
                }
                let info = endpoint_info(endpoint, &key, ip, port);
                let address = info.address();
                if !info.is_terminating || !found.contains_key(&address) {
                    found.insert(address, info);
                }
            }
        }
    }
    found.into_values().collect()
}

/// The order of lists of addresses, each written with commas between them.
fn as_joined(one: &[String], other: &[String]) -> Ordering {
    match (one, other) {
        ([one], [other]) => one.cmp(other),
        _ => one.join(",").cmp(&other.join(",")),
    }
}

// Models pkg/proxy/endpointslicecache.go newEndpointSliceInfo
fn endpoint_info(endpoint: &SliceEndpoint, slice: &ObjectKey, ip: &str, port: i32) -> Endpoint {
    let conditions = endpoint.conditions.as_ref();
    let hints = endpoint.hints.as_ref();
    Endpoint {
        ip: ip.to_owned(),
        port,
        is_ready: conditions.and_then(|conditions| conditions.ready).unwrap_or(true),
        is_serving: conditions.and_then(|conditions| conditions.serving).unwrap_or(true),
        is_terminating: conditions.and_then(|conditions| conditions.terminating).unwrap_or(false),
        zone_hints: hints
            .into_iter()
            .flat_map(|hints| hints.for_zones.iter().flatten())
            .map(|zone| zone.name.clone())
            .collect(),
        node_hints: hints
            .into_iter()
            .flat_map(|hints| hints.for_nodes.iter().flatten())
            .map(|node| node.name.clone())
            .collect(),
        node_name: endpoint.node_name.clone(),
        slice: slice.clone(),
    }
}
