//! From a backend of an Ingress to the addresses that the controller sends to.

use std::fmt;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::IngressBackend;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The Service that a request goes to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Backend {
    /// The Service's namespace, which is the Ingress'.
    pub namespace: String,
    /// The Service's name.
    pub service: String,
    /// The port as the Ingress writes it.
    pub port: BackendPort,
}

/// A port of a Service as an Ingress writes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum BackendPort {
    /// By its number.
    Number(i32),
    /// By its name.
    Name(String),
}

impl Backend {
    /// The Service of an Ingress' backend; `None` for a backend of another kind.
    pub fn new(namespace: &str, backend: &IngressBackend) -> Option<Backend> {
        let service = backend.service.as_ref()?;
        let port = service.port.as_ref();
        let name = port.and_then(|port| port.name.clone()).filter(|name| !name.is_empty());
        Some(Backend {
            namespace: namespace.to_owned(),
            service: service.name.clone(),
            port: match name {
                Some(name) => BackendPort::Name(name),
                None => BackendPort::Number(port.and_then(|port| port.number).unwrap_or_default()),
            },
        })
    }
}

impl fmt::Display for BackendPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackendPort::Number(number) => write!(f, "{number}"),
            BackendPort::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Backend {
    /// `namespace/service:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.namespace, self.service, self.port)
    }
}

/// The port of the Service that the backend means: the first whose number, target port or name is what the Ingress
/// writes. `None` when the Service has no such port: the controller then answers 503.
// Models internal/ingress/controller/controller.go serviceEndpoints
pub fn service_port<'a>(service: &'a Service, port: &BackendPort) -> Option<&'a ServicePort> {
    let wanted = port.to_string();
    service.spec.as_ref()?.ports.iter().flatten().find(|port| {
        let target = match &port.target_port {
            Some(IntOrString::Int(number)) => number.to_string(),
            Some(IntOrString::String(name)) => name.clone(),
            None => String::new(),
        };
        port.port.to_string() == wanted || target == wanted || port.name.as_deref() == Some(&wanted)
    })
}

/// The addresses with ports that ingress-nginx sends to: the ready endpoints of the Service's slices, each once, in
/// their order. None means that it answers 503.
///
/// A slice's port counts when it is TCP and has the Service port's name, or the Service's port has no name; else a
/// target port that is a number counts as it is, as it does for a slice without ports. An ExternalName Service has its
/// external name with the target port.
// Models internal/ingress/controller/endpointslices.go getEndpointsFromSlices
pub fn endpoints<'a>(
    service: &Service,
    port: &ServicePort,
    slices: impl IntoIterator<Item = &'a EndpointSlice>,
) -> Vec<(String, i32)> {
    let target = match &port.target_port {
        Some(IntOrString::Int(number)) => Some(*number),
        _ => None,
    };
    let spec = service.spec.as_ref();
    if spec.and_then(|spec| spec.type_.as_deref()) == Some("ExternalName") {
        let host = spec.and_then(|spec| spec.external_name.clone()).unwrap_or_default();
        let local = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        return if local { Vec::new() } else { vec![(host, target.unwrap_or(port.port))] };
    }
    let mut found: Vec<(String, i32)> = Vec::new();
    for slice in slices {
        let slice_ports = slice.ports.as_deref().unwrap_or_default();
        let ports: Vec<i32> = match slice_ports {
            [] => target.into_iter().collect(),
            some => some
                .iter()
                .filter(|one| one.protocol.as_deref().unwrap_or("TCP") == "TCP")
                .filter_map(|one| {
                    let name = port.name.as_deref().unwrap_or_default();
                    let named = name.is_empty() || one.name.as_deref().unwrap_or_default() == name;
                    one.port.filter(|_| named).filter(|number| *number != 0).or(target)
                })
                .filter(|number| *number != 0)
                .collect(),
        };
        for endpoint in slice.endpoints.iter().flatten() {
            let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready);
            if ready == Some(false) {
                continue;
            }
            for port in &ports {
                for address in &endpoint.addresses {
                    let one = (address.clone(), *port);
                    if !found.contains(&one) {
                        found.push(one);
                    }
                }
            }
        }
    }
    found
}
