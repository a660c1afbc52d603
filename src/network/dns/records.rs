//! The records of the cluster's zone: which entries a name has, before the type of the question narrows them down.

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use super::{DnsConfig, DnsView, PodMode, name};

/// The name does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoSuchName;

/// One entry of a name: an address or another name, with the port it is reached at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// An IP address, or the name that an ExternalName Service stands for.
    pub host: String,
    /// The port; `None` when the Service or the slice declares none. A Pod's name has port 0.
    pub port: Option<i32>,
    /// The name of the host for SRV records, with its final dot.
    pub target: String,
}

/// What a name below the zone asks for.
#[derive(Default)]
struct Parts<'a> {
    port: &'a str,
    protocol: &'a str,
    endpoint: &'a str,
    service: &'a str,
    namespace: &'a str,
    pod: bool,
}

/// The parts of `name`: `_port._protocol.service.namespace.svc|pod.zone`, `endpoint.service.namespace.svc.zone`, or
/// less. `Ok(None)` for the names above all namespaces, which exist but are empty; an error for anything but `svc`
/// and `pod`, and for more than two labels before the Service.
// Models plugin/kubernetes/parse.go parseRequest
fn parse<'a>(name: &'a str, zone: &str) -> Result<Option<Parts<'a>>, NoSuchName> {
    let mut labels = name::labels(name);
    labels.truncate(labels.len().saturating_sub(name::labels(zone).len()));
    let mut parts = Parts::default();
    match labels.pop() {
        None => return Ok(None),
        Some("svc") => {}
        Some("pod") => parts.pod = true,
        Some(_) => return Err(NoSuchName),
    }
    match labels.as_slice() {
        [] => return Ok(None),
        [namespace] => parts.namespace = namespace,
        [service, namespace] => {
            parts.service = service;
            parts.namespace = namespace;
        }
        [endpoint, service, namespace] => {
            parts.endpoint = endpoint;
            parts.service = service;
            parts.namespace = namespace;
        }
        [port, protocol, service, namespace] => {
            parts.port = port.strip_prefix('_').unwrap_or(port);
            parts.protocol = protocol.strip_prefix('_').unwrap_or(protocol);
            parts.service = service;
            parts.namespace = namespace;
        }
        _ => return Err(NoSuchName),
    }
    Ok(Some(parts))
}

/// The entries of `name`, which is `zone` or below it. `zone` gives the targets their letter case.
///
/// An empty list: the name exists, but has nothing (the zone, `svc`, `pod`, a namespace, or an address that can not
/// be). An error: it does not exist.
// Models plugin/kubernetes/kubernetes.go Records
pub fn entries<V: DnsView>(
    view: &V,
    config: &DnsConfig,
    name: &str,
    zone: &str,
) -> Result<Vec<Entry>, NoSuchName> {
    let name = name.to_ascii_lowercase();
    let Some(parts) = parse(&name, zone)? else { return Ok(Vec::new()) };
    if name.ends_with(".in-addr.arpa.")
        || name.ends_with(".ip6.arpa.")
        || !view.namespace_exists(parts.namespace)
    {
        return Err(NoSuchName);
    }
    if parts.pod {
        pod_entries(view, config, &parts, zone)
    } else {
        service_entries(view, config, &parts, zone)
    }
}

/// The entries of a Pod's dashed address. Four groups without an empty one are IPv4, all else is tried as IPv6. What
/// stands before the address is not looked at.
// Models plugin/kubernetes/kubernetes.go findPods
fn pod_entries<V: DnsView>(
    view: &V,
    config: &DnsConfig,
    parts: &Parts<'_>,
    zone: &str,
) -> Result<Vec<Entry>, NoSuchName> {
    if config.pods == PodMode::Disabled {
        return Err(NoSuchName);
    }
    let dashed = parts.service;
    if dashed.is_empty() {
        return Ok(Vec::new());
    }
    let ipv4 = dashed.matches('-').count() == 3 && !dashed.contains("--");
    let ip = dashed.replace('-', if ipv4 { "." } else { ":" });
    let count = match config.pods {
        PodMode::Verified => view
            .pods_with_ip(parts.namespace, &ip)
            .filter(|pod| pod.metadata.deletion_timestamp.is_none())
            .count(),
        _ => usize::from(ip.parse::<std::net::IpAddr>().is_ok()),
    };
    if count == 0 {
        return Err(NoSuchName);
    }
    let target = format!("{dashed}.{}.pod.{zone}", parts.namespace);
    Ok(vec![Entry { host: ip, port: Some(0), target }; count])
}

/// The entries of a Service or of one of its endpoints.
///
/// In this order: an ExternalName Service has its external name, unless that is an IP address, and nothing below it;
/// a headless Service, and every name of an endpoint, has the ready endpoints, each with every port of its slice that
/// matches; any other Service has its cluster IPs with every port of the Service that matches. A Service without
/// ports counts as having one that every question but one for a named port matches.
// Models plugin/kubernetes/kubernetes.go findServices
fn service_entries<V: DnsView>(
    view: &V,
    config: &DnsConfig,
    parts: &Parts<'_>,
    zone: &str,
) -> Result<Vec<Entry>, NoSuchName> {
    if parts.service.is_empty() {
        return Ok(Vec::new());
    }
    let service = view.service(parts.namespace, parts.service).ok_or(NoSuchName)?;
    let slices = || view.slices_of(parts.namespace, parts.service);
    let suffix = format!("{}.{}.svc.{zone}", parts.service, parts.namespace);
    let spec = service.spec.as_ref();

    if spec.and_then(|spec| spec.type_.as_deref()) == Some("ExternalName") {
        if !(parts.endpoint.is_empty() && parts.port.is_empty() && parts.protocol.is_empty()) {
            return Err(NoSuchName);
        }
        let host = spec.and_then(|spec| spec.external_name.as_deref()).unwrap_or_default();
        if host.is_empty() || host.parse::<std::net::IpAddr>().is_ok() {
            return Err(NoSuchName);
        }
        return Ok(vec![Entry { host: host.to_owned(), port: Some(0), target: suffix }]);
    }

    let headless = is_headless(service);
    if config.ignore_empty_service
        && !headless
        && !slices().any(|slice| ready_endpoints(slice).any(|endpoint| !endpoint.addresses.is_empty()))
    {
        return Err(NoSuchName);
    }

    let mut entries = Vec::new();
    if headless || !parts.endpoint.is_empty() {
        for slice in slices() {
            for (endpoint, address) in ready_addresses(slice) {
                let hostname = endpoint_hostname(endpoint, address);
                if !parts.endpoint.is_empty() && !parts.endpoint.eq_ignore_ascii_case(&hostname) {
                    continue;
                }
                for port in slice_ports(slice, parts) {
                    let target = format!("{hostname}.{suffix}");
                    entries.push(Entry { host: address.to_owned(), port, target });
                }
            }
        }
        return if entries.is_empty() { Err(NoSuchName) } else { Ok(entries) };
    }

    let ports = service_ports(service, parts);
    if ports.is_empty() {
        return Err(NoSuchName);
    }
    for port in ports {
        for ip in cluster_ips(service) {
            entries.push(Entry { host: ip.to_owned(), port, target: suffix.clone() });
        }
    }
    Ok(entries)
}

/// Whether the Service has `clusterIP: None`.
pub fn is_headless(service: &Service) -> bool {
    cluster_ips(service).next() == Some("None")
}

/// The cluster IPs of a Service: `clusterIPs`, or `clusterIP` when that list is empty.
pub fn cluster_ips(service: &Service) -> impl Iterator<Item = &str> {
    let spec = service.spec.as_ref();
    let list = spec.and_then(|spec| spec.cluster_ips.as_deref()).unwrap_or_default();
    let single = spec.filter(|_| list.is_empty()).and_then(|spec| spec.cluster_ip.as_deref());
    list.iter().map(String::as_str).chain(single).filter(|ip| !ip.is_empty())
}

/// The endpoints of a slice that DNS shows: those that are ready; not to say so counts as ready.
fn ready_endpoints(slice: &EndpointSlice) -> impl Iterator<Item = &Endpoint> {
    slice.endpoints.iter().flatten().filter(|endpoint| {
        endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    })
}

/// Every address of the ready endpoints of a slice.
pub fn ready_addresses(slice: &EndpointSlice) -> impl Iterator<Item = (&Endpoint, &str)> {
    ready_endpoints(slice)
        .flat_map(|endpoint| endpoint.addresses.iter().map(move |address| (endpoint, address.as_str())))
}

/// The label of an endpoint under its Service: its hostname, else its address with dashes. An IPv6 address that would
/// end in a dash gets a final `0`.
// Models plugin/kubernetes/kubernetes.go endpointHostname
pub fn endpoint_hostname(endpoint: &Endpoint, address: &str) -> String {
    if let Some(hostname) = endpoint.hostname.as_deref().filter(|hostname| !hostname.is_empty()) {
        return hostname.to_owned();
    }
    if address.contains('.') {
        return address.replace('.', "-");
    }
    let dashed = address.replace(':', "-");
    if dashed.ends_with('-') { dashed + "0" } else { dashed }
}

/// The ports of a slice that the question matches; one `None` stands for a slice without ports.
fn slice_ports(slice: &EndpointSlice, parts: &Parts<'_>) -> Vec<Option<i32>> {
    match slice.ports.as_deref().unwrap_or_default() {
        [] => without_ports(parts),
        ports => ports
            .iter()
            .filter(|port| matches_port(parts, port.name.as_deref(), port.protocol.as_deref()))
            .map(|port| port.port)
            .collect(),
    }
}

/// The ports of a Service that the question matches; one `None` stands for a Service without ports.
fn service_ports(service: &Service, parts: &Parts<'_>) -> Vec<Option<i32>> {
    let ports: &[ServicePort] =
        service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    match ports {
        [] => without_ports(parts),
        ports => ports
            .iter()
            .filter(|port| matches_port(parts, port.name.as_deref(), port.protocol.as_deref()))
            .map(|port| Some(port.port))
            .collect(),
    }
}

fn without_ports(parts: &Parts<'_>) -> Vec<Option<i32>> {
    if parts.port.is_empty() && parts.protocol.is_empty() { vec![None] } else { Vec::new() }
}

/// Whether the question's port and protocol allow this port; an empty one allows every port.
// Models plugin/kubernetes/kubernetes.go matchPortAndProtocol
fn matches_port(parts: &Parts<'_>, port: Option<&str>, protocol: Option<&str>) -> bool {
    (parts.port.is_empty() || parts.port.eq_ignore_ascii_case(port.unwrap_or_default()))
        && (parts.protocol.is_empty() || parts.protocol.eq_ignore_ascii_case(protocol.unwrap_or("TCP")))
}
