//! The service ports that kube-proxy proxies, from Services.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{LoadBalancerIngress, Service, ServicePort as Port, ServiceSpec};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use crate::api::validation::{parse_cidr_sloppy, parse_ip_sloppy};
use crate::network::addresses::Family;

/// The label that hands a Service (and its EndpointSlices) to another proxy than kube-proxy.
const SERVICE_PROXY_NAME_LABEL: &str = "service.kubernetes.io/service-proxy-name";
/// The label of a headless Service's EndpointSlices; kube-proxy does not watch these.
const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";

/// The name of one port of a Service, as kube-proxy keys its maps. Shown as `namespace/name:port`, without the colon
/// when the port has no name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ServicePortName {
    /// The Service's namespace.
    pub namespace: String,
    /// The Service's name.
    pub name: String,
    /// The name of the port; empty when it has none.
    pub port: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

impl ServicePortName {
    /// A name from its parts.
    pub fn new(namespace: &str, name: &str, port: &str, protocol: &str) -> ServicePortName {
        ServicePortName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            port: port.to_owned(),
            protocol: protocol.to_owned(),
        }
    }
}

// Models pkg/proxy/types.go ServicePortName.String
impl fmt::Display for ServicePortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)?;
        if self.port.is_empty() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// One port of a Service, with everything that kube-proxy's rules for it depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePort {
    /// Which port of which Service.
    pub name: Arc<ServicePortName>,
    /// The Service's ClusterIP of this family; `None` when it does not parse.
    pub cluster_ip: Option<IpAddr>,
    /// `spec.ports[].port`.
    pub port: i32,
    /// `spec.ports[].nodePort`; 0 when there is none.
    pub node_port: i32,
    /// Addresses of the load balancer that kube-proxy answers for on every node: those with `ipMode: VIP`.
    pub load_balancer_vips: Vec<IpAddr>,
    /// `spec.externalIPs` of this family.
    pub external_ips: Vec<IpAddr>,
    /// The seconds for which a client stays with its endpoint; `None` without `sessionAffinity: ClientIP`.
    pub affinity_seconds: Option<i32>,
    /// `spec.loadBalancerSourceRanges` of this family; empty when every source may come in.
    pub source_ranges: Vec<IpNet>,
    /// The port on each node that tells a load balancer whether the node has local endpoints; 0 when there is none.
    pub health_check_node_port: i32,
    /// `externalTrafficPolicy: Local`, where it counts.
    pub external_policy_local: bool,
    /// `internalTrafficPolicy: Local`.
    pub internal_policy_local: bool,
}

impl ServicePort {
    /// Whether the port is reachable by anything but its ClusterIP.
    // Models pkg/proxy/serviceport.go ExternallyAccessible
    pub fn is_externally_accessible(&self) -> bool {
        self.node_port != 0 || !self.load_balancer_vips.is_empty() || !self.external_ips.is_empty()
    }

    /// Whether any traffic to the port follows the policy Cluster. External traffic always may: Pods of the cluster
    /// that call an external address are short-circuited to it.
    // Models pkg/proxy/serviceport.go UsesClusterEndpoints
    pub fn uses_cluster_endpoints(&self) -> bool {
        !self.internal_policy_local || self.is_externally_accessible()
    }

    /// Whether any traffic to the port follows the policy Local.
    // Models pkg/proxy/serviceport.go UsesLocalEndpoints
    pub fn uses_local_endpoints(&self) -> bool {
        self.internal_policy_local || (self.external_policy_local && self.is_externally_accessible())
    }
}

/// The service ports of one Service that kube-proxy of this family proxies. Empty for Services that it skips:
/// headless ones, those without ClusterIP (of this family) and ExternalName.
// Models pkg/proxy/servicechangetracker.go serviceToServiceMap
pub fn service_ports(service: &Service, family: Family) -> BTreeMap<ServicePortName, ServicePort> {
    let mut ports = BTreeMap::new();
    let Some(spec) = &service.spec else { return ports };
    let Some(cluster_ip) = proxied_cluster_ip(spec, family) else { return ports };
    let namespace = service.metadata.namespace.as_deref().unwrap_or("");
    let name = service.metadata.name.as_deref().unwrap_or("");
    for port in spec.ports.iter().flatten() {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let key = ServicePortName::new(namespace, name, port.name.as_deref().unwrap_or(""), protocol);
        let info = service_port(Arc::new(key.clone()), service, spec, port, cluster_ip, family);
        ports.insert(key, info);
    }
    ports
}

/// The ClusterIP for which rules are written; `None` when kube-proxy skips the Service.
// Models pkg/proxy/util ShouldSkipService and GetClusterIPByFamily
fn proxied_cluster_ip(spec: &ServiceSpec, family: Family) -> Option<&str> {
    let first = spec.cluster_ip.as_deref().filter(|ip| !ip.is_empty() && *ip != "None")?;
    if spec.type_.as_deref() == Some("ExternalName") {
        return None;
    }
    let families = spec.ip_families.as_deref().unwrap_or(&[]);
    if families.is_empty() {
        return (first.contains(':') == (family == Family::V6)).then_some(first);
    }
    let position = families.iter().position(|name| name == family.name())?;
    spec.cluster_ips.as_ref()?.get(position).map(String::as_str).filter(|ip| !ip.is_empty())
}

// Models pkg/proxy/serviceport.go newBaseServiceInfo
fn service_port(
    name: Arc<ServicePortName>,
    service: &Service,
    spec: &ServiceSpec,
    port: &Port,
    cluster_ip: &str,
    family: Family,
) -> ServicePort {
    let kind = spec.type_.as_deref().unwrap_or("ClusterIP");
    let external_policy_local = spec.external_traffic_policy.as_deref() == Some("Local")
        && (matches!(kind, "LoadBalancer" | "NodePort")
            || kind == "ClusterIP" && spec.external_ips.as_ref().is_some_and(|ips| !ips.is_empty()));
    let affinity_seconds = (spec.session_affinity.as_deref() == Some("ClientIP")).then(|| {
        let client_ip = spec.session_affinity_config.as_ref().and_then(|config| config.client_ip.as_ref());
        client_ip.and_then(|config| config.timeout_seconds).unwrap_or(10800)
    });
    let needs_health_check = kind == "LoadBalancer" && external_policy_local;
    ServicePort {
        name,
        cluster_ip: parse_ip_sloppy(cluster_ip),
        port: port.port,
        node_port: port.node_port.unwrap_or(0),
        load_balancer_vips: load_balancer_ingress(service)
            .filter(|ingress| ingress.ip_mode.as_deref().is_none_or(|mode| mode == "VIP"))
            .filter_map(|ingress| parse_ip_sloppy(ingress.ip.as_deref()?))
            .filter(|ip| Family::of(*ip) == family)
            .collect(),
        external_ips: spec
            .external_ips
            .iter()
            .flatten()
            .filter_map(|ip| parse_ip_sloppy(ip))
            .filter(|ip| Family::of(*ip) == family)
            .collect(),
        affinity_seconds,
        source_ranges: source_ranges(spec, family),
        health_check_node_port: if needs_health_check { spec.health_check_node_port.unwrap_or(0) } else { 0 },
        external_policy_local,
        internal_policy_local: spec.internal_traffic_policy.as_deref() == Some("Local"),
    }
}

/// Whether kube-proxy handles the Service, and not another proxy that a label names.
// Models cmd/kube-proxy/app/server.go Run, the label selector of the informers
pub fn is_proxied(service: &Service) -> bool {
    has_no_label(service.metadata.labels.as_ref(), SERVICE_PROXY_NAME_LABEL)
}

/// Whether kube-proxy watches the EndpointSlice: not for a headless Service or another proxy.
pub fn is_watched(slice: &EndpointSlice) -> bool {
    let labels = slice.metadata.labels.as_ref();
    has_no_label(labels, SERVICE_PROXY_NAME_LABEL) && has_no_label(labels, HEADLESS_LABEL)
}

fn has_no_label(labels: Option<&BTreeMap<String, String>>, label: &str) -> bool {
    labels.is_none_or(|labels| !labels.contains_key(label))
}

/// `status.loadBalancer.ingress` of a Service.
pub fn load_balancer_ingress(service: &Service) -> impl Iterator<Item = &LoadBalancerIngress> {
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    balancer.into_iter().flat_map(|balancer| balancer.ingress.iter().flatten())
}

/// The source ranges of a family, trimmed; empty, so without restriction, when one of them is the whole family.
pub fn source_ranges(spec: &ServiceSpec, family: Family) -> Vec<IpNet> {
    let ranges: Vec<IpNet> = spec
        .load_balancer_source_ranges
        .iter()
        .flatten()
        .filter_map(|range| parse_cidr_sloppy(range.trim()))
        .map(|(_, range)| range)
        .filter(|range| Family::of(range.addr()) == family)
        .collect();
    if ranges.iter().any(|range| range.prefix_len() == 0) { Vec::new() } else { ranges }
}
