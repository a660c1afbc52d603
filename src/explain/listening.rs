//! Endpoints whose process does not listen where the Service sends: on another port, or on 127.0.0.1 alone.

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;

use super::finding::{Certainty, Finding, Fix};
use crate::api::patch::Edit;
use crate::api::path::Path;
use crate::api::{ObjectKey, validation::parse_ip_sloppy};
use crate::network::listening::{LISTEN_ANNOTATION, Socket, sockets};
use crate::store::Store;

/// A port that the Service sends to on a Pod, and why nobody takes it there.
struct Deaf<'a> {
    pod: &'a Pod,
    key: ObjectKey,
    port: u16,
    protocol: &'a str,
    /// What the annotation says, if it does.
    told: Option<Vec<Socket>>,
}

/// The findings about ready endpoints at which nothing listens; one for each port and cause, with all Pods of it.
pub(super) fn findings(store: &Store, service: &ObjectKey, found: &Service) -> Vec<Finding> {
    let mut deaf: Vec<Deaf<'_>> = Vec::new();
    for slice in store.slices_of(&service.namespace, &service.name) {
        deaf.extend(deaf_endpoints(store, service, slice));
    }
    let mut groups: Vec<Vec<Deaf<'_>>> = Vec::new();
    for one in deaf {
        let is_like = |group: &&mut Vec<Deaf<'_>>| {
            group
                .iter()
                .any(|other| (other.port, other.protocol, &other.told) == (one.port, one.protocol, &one.told))
        };
        match groups.iter_mut().find(is_like) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups.iter().filter_map(|group| finding(service, found, group)).collect()
}

/// Ready endpoints of a slice that are Pods, with the slice's ports that nothing takes there.
fn deaf_endpoints<'a>(store: &'a Store, service: &ObjectKey, slice: &'a EndpointSlice) -> Vec<Deaf<'a>> {
    let mut deaf = Vec::new();
    for endpoint in slice.endpoints.iter().flatten() {
        let ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true);
        let Some(target) = endpoint.target_ref.as_ref().filter(|_| ready) else { continue };
        let Some(pod) = store.find::<Pod>(&service.namespace, target.name.as_deref().unwrap_or("")) else {
            continue;
        };
        let address = endpoint.addresses.first().and_then(|address| parse_ip_sloppy(address));
        for port in slice.ports.iter().flatten() {
            let Some(number) = port.port.and_then(|number| u16::try_from(number).ok()) else { continue };
            let protocol = port.protocol.as_deref().unwrap_or("TCP");
            let told = sockets(pod);
            let is_taken = match (&told, address) {
                (Some(sockets), Some(address)) => sockets.iter().any(|socket| {
                    socket.port == number && socket.protocol == protocol && socket.takes(address)
                }),
                _ => declares(pod, number, protocol),
            };
            if !is_taken {
                let key = ObjectKey::pod(service.namespace.clone(), target.name.as_deref().unwrap_or(""));
                deaf.push(Deaf { pod, key, port: number, protocol, told });
            }
        }
    }
    deaf
}

/// Whether the Pod declares the port, or declares none at all, which says nothing.
fn declares(pod: &Pod, number: u16, protocol: &str) -> bool {
    let spec = pod.spec.as_ref();
    let sidecars = spec
        .into_iter()
        .flat_map(|spec| spec.init_containers.iter().flatten())
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let containers = spec.into_iter().flat_map(|spec| &spec.containers).chain(sidecars);
    let mut ports = containers.flat_map(|container| container.ports.iter().flatten()).peekable();
    ports.peek().is_none()
        || ports.any(|port| {
            port.container_port == i32::from(number) && port.protocol.as_deref().unwrap_or("TCP") == protocol
        })
}

fn finding(service: &ObjectKey, found: &Service, same: &[Deaf<'_>]) -> Option<Finding> {
    let first = same.first()?;
    let Deaf { port, protocol, told, key, .. } = first;
    let what = if *protocol == "TCP" { port.to_string() } else { format!("{port}/{protocol}") };
    let who = match same.len() {
        1 => key.name.to_string(),
        n => format!("{} and {} more", key.name, n - 1),
    };
    let evidence = std::iter::once(service.clone()).chain(same.iter().map(|one| one.key.clone())).collect();
    let bound = told.iter().flatten().find(|socket| socket.port == *port && socket.protocol == *protocol);
    if let Some(socket) = bound {
        let address = Path::ROOT.field("metadata").field("annotations").field(LISTEN_ANNOTATION);
        let value = first.told.iter().flatten().map(|one| {
            let everywhere = Socket { address: None, ..one.clone() };
            if one == socket { everywhere.to_string() } else { one.to_string() }
        });
        let value = value.collect::<Vec<_>>().join(", ");
        let edits = vec![Edit { path: address, value: Some(json!(value)) }];
        // Only a Pod of its own can be mended by one change; others are made anew by their owner.
        let fix = (same.len() == 1).then(|| Fix {
            object: key.clone(),
            edits,
            label: format!("Bind {port} to every address"),
        });
        return Some(Finding {
            title: format!("{who} listens on {socket} alone"),
            text: format!(
                "The process is bound to {}, so it takes connections from inside its own Pod alone. The Service sends to the \
                 Pod's address, where port {what} refuses. Bind it to 0.0.0.0 or :: (every address).",
                socket.address.map_or_else(|| "every address".to_owned(), |address| address.to_string())
            ),
            certainty: Certainty::Found,
            evidence,
            fix,
        });
    }
    let listens = match told {
        Some(sockets) if sockets.is_empty() => "its process listens on nothing".to_owned(),
        Some(sockets) => {
            let all: Vec<String> = sockets.iter().map(Socket::to_string).collect();
            format!("its process listens on {}", all.join(", "))
        }
        None => format!("its containers declare {}", declared(first.pod)),
    };
    let (certainty, check) = match told {
        Some(_) => (Certainty::Found, String::new()),
        None => (
            Certainty::Possible,
            " What a process listens on is not in the API, so check it: kubectl exec POD -- ss -ltn."
                .to_owned(),
        ),
    };
    Some(Finding {
        title: format!("Nothing listens on {what} in {who}"),
        text: format!(
            "The Service sends to port {what} of the Pod, and {listens}. Connections are refused.{check}"
        ),
        certainty,
        evidence,
        fix: target_port_fix(service, found, first),
    })
}

/// Sends the Service to the only port that the Pod has, where that is one change.
fn target_port_fix(service: &ObjectKey, found: &Service, deaf: &Deaf<'_>) -> Option<Fix> {
    let ports = found.spec.as_ref()?.ports.as_deref()?;
    let own: Vec<i32> = match &deaf.told {
        Some(sockets) => {
            let usable = sockets.iter().filter(|socket| {
                socket.protocol == deaf.protocol
                    && socket.address.is_none_or(|address| !address.is_loopback())
            });
            usable.map(|socket| i32::from(socket.port)).collect()
        }
        None => container_ports(deaf.pod).collect(),
    };
    let [only] = own.as_slice() else { return None };
    let number =
        |port: &IntOrString| matches!(port, IntOrString::Int(number) if *number == i32::from(deaf.port));
    let index = ports.iter().position(|port| port.target_port.as_ref().is_some_and(number))?;
    let path = Path::ROOT.field("spec").field("ports").index(u32::try_from(index).ok()?).field("targetPort");
    Some(Fix {
        object: service.clone(),
        edits: vec![Edit { path, value: Some(json!(only)) }],
        label: format!("Set targetPort: {only}"),
    })
}

fn container_ports(pod: &Pod) -> impl Iterator<Item = i32> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.flat_map(|container| container.ports.iter().flatten()).map(|port| port.container_port)
}

fn declared(pod: &Pod) -> String {
    let ports: Vec<String> = container_ports(pod).map(|port| port.to_string()).collect();
    ports.join(", ")
}
