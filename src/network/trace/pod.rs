//! The Pod at the end of a connection: whether it is there, and what it listens on.

use std::net::SocketAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Container, ContainerPort, ContainerStatus, Node, Pod};

use super::client::Location;
use super::flow::Flow;
use super::{Failure, Server, Tracer};
use crate::api::{Kind, ObjectKey};
use crate::network::{Action, Outcome, Place, listening};

/// The field in which a Pod declares what it listens on.
pub(super) const PORTS_FIELD: &str = "spec.containers[].ports";

/// The key of a Pod.
pub(super) fn key(pod: &Pod) -> ObjectKey {
    let metadata = &pod.metadata;
    ObjectKey::new(
        Kind::Pod,
        metadata.namespace.as_deref().unwrap_or(""),
        metadata.name.as_deref().unwrap_or(""),
    )
}

/// `spec.hostNetwork`.
pub(super) fn on_node_network(pod: &Pod) -> bool {
    pod.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true))
}

/// `status.podIPs`.
pub(super) fn addresses(pod: &Pod) -> impl Iterator<Item = &str> {
    let ips = pod.status.iter().flat_map(|status| status.pod_ips.iter().flatten());
    ips.map(|ip| ip.ip.as_str())
}

/// `status.phase`; `Pending` when it is not set.
pub(super) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or("Pending")
}

/// Whether all containers have ended: the address belongs to nobody any more.
pub(super) fn has_ended(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

/// Why no container of the Pod runs, as the end of a sentence; `None` when it runs.
pub(super) fn why_not_running(pod: &Pod) -> Option<String> {
    match phase(pod) {
        "Running" => None,
        phase => Some(format!("is {phase}")),
    }
}

/// Containers that serve while the Pod runs: the ordinary ones and the sidecars.
fn serving_containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    let spec = pod.spec.as_ref();
    let sidecars = spec
        .into_iter()
        .flat_map(|spec| spec.init_containers.iter().flatten())
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.into_iter().flat_map(|spec| spec.containers.iter()).chain(sidecars)
}

fn ports(pod: &Pod) -> impl Iterator<Item = (&Container, &ContainerPort)> {
    serving_containers(pod)
        .flat_map(|container| container.ports.iter().flatten().map(move |port| (container, port)))
}

/// Whether any container declares a port.
pub(super) fn declares_ports(pod: &Pod) -> bool {
    ports(pod).next().is_some()
}

/// Whether a port of an Ingress controller takes requests for others, and not its own metrics or health checks.
pub(super) fn serves_http(pod: &Pod, port: u16) -> bool {
    let named = |declared: &ContainerPort| {
        let name = declared.name.as_deref().unwrap_or("");
        declared.container_port == i32::from(port) && matches!(name, "http" | "https" | "web" | "websecure")
    };
    matches!(port, 80 | 443) || ports(pod).any(|(_, declared)| named(declared))
}

/// The container port that `hostPort` on the Pod's node leads to.
pub(super) fn container_port_of_host_port(pod: &Pod, port: u16, protocol: &str) -> Option<u16> {
    ports(pod)
        .map(|(_, declared)| declared)
        .filter(|declared| declared.protocol.as_deref().unwrap_or("TCP") == protocol)
        .find(|declared| declared.host_port == Some(i32::from(port)))
        .and_then(|declared| u16::try_from(declared.container_port).ok())
}

/// Whether the Pod is reachable on this port of its node's network.
pub(super) fn listens_on_node(pod: &Pod, port: u16, protocol: &str) -> bool {
    match listening::sockets(pod) {
        Some(sockets) => sockets.iter().any(|socket| socket.port == port && socket.protocol == protocol),
        None => declared(pod, port, protocol).is_some(),
    }
}

fn declared<'a>(pod: &'a Pod, port: u16, protocol: &str) -> Option<&'a Container> {
    ports(pod)
        .find(|(_, declared)| {
            declared.container_port == i32::from(port)
                && declared.protocol.as_deref().unwrap_or("TCP") == protocol
        })
        .map(|(container, _)| container)
}

/// Why no process in the Pod accepts a connection to this address, and the field that says so; `None` when one does.
/// What the annotation says is listened on counts; without it, a Pod that declares no port at all is taken to listen on
/// every port, and one that declares ports on these alone.
// The API does not know what a process listens on: containerPort is the author's word for it.
fn refusal(pod: &Pod, destination: SocketAddr, protocol: &str) -> Option<(String, String)> {
    let (name, port) = (pod.metadata.name.as_deref().unwrap_or(""), destination.port());
    if let Some(why) = why_not_running(pod) {
        return Some((format!("{name} {why}"), "status.phase".to_owned()));
    }
    let what = if protocol == "TCP" { port.to_string() } else { format!("{port}/{protocol}") };
    let nothing = || Some((format!("nothing listens on {what} in {name}"), PORTS_FIELD.to_owned()));
    if let Some(sockets) = listening::sockets(pod) {
        let mut own = sockets.iter().filter(|socket| socket.port == port && socket.protocol == protocol);
        let Some(first) = own.clone().next() else { return nothing() };
        if own.any(|socket| socket.takes(destination.ip())) {
            return None;
        }
        let field = format!("metadata.annotations[{:?}]", listening::LISTEN_ANNOTATION);
        return Some((format!("{name} listens on {first} alone"), field));
    }
    if !declares_ports(pod) {
        return None;
    }
    let Some(container) = declared(pod, port, protocol) else { return nothing() };
    let status = pod.status.as_ref();
    let statuses = status.into_iter().flat_map(|status| {
        status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten())
    });
    let mut own = statuses.filter(|status| status.name == container.name);
    own.any(|status| !is_running(status)).then(|| {
        let why = format!("container {} in {name} is not running", container.name);
        (why, "status.containerStatuses".to_owned())
    })
}

/// How the Pod comes to listen on a port, for the hop that answers.
pub(super) fn listening_words(pod: &Pod, port: u16) -> String {
    if listening::sockets(pod).is_some() || declares_ports(pod) {
        format!("listens on {port}")
    } else {
        format!("declares no ports, so {port} is assumed")
    }
}

fn is_running(status: &ContainerStatus) -> bool {
    let state = status.state.as_ref();
    state.is_none_or(|state| state.waiting.is_none() && state.terminated.is_none())
}

/// Whether a node has stopped to answer: its Ready condition is Unknown, because its kubelet is silent.
pub(super) fn is_silent(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.filter(|condition| condition.type_ == "Ready").any(|condition| condition.status == "Unknown")
}

impl Tracer<'_> {
    /// Brings a connection to a Pod.
    pub(super) fn deliver(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        pod: &Arc<Pod>,
    ) -> Result<Server, Failure> {
        let key = key(pod);
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
        self.require_answering(flow, node)?;
        self.ingress(flow, location, pod)?;
        if let Some((why, field)) = refusal(pod, flow.destination, flow.protocol) {
            self.hop(Place::Pod(key.clone()), Action::Reject, why.clone(), flow).looked_up =
                vec![key.clone()];
            let decided_by = match &flow.service {
                // The Pod listens, but on other ports than the Service's targetPort says.
                Some((service, port)) if field == PORTS_FIELD => {
                    (service.clone(), format!("spec.ports[{port}].targetPort"))
                }
                _ => (key, field),
            };
            return Err(Failure { outcome: Outcome::Refused(why), decided_by: Some(decided_by) });
        }
        if flow.decided_by.is_none() {
            flow.decided_by = Some((key, "status.podIPs".to_owned()));
        }
        Ok(Server::Pod(pod.clone()))
    }

    /// Ends the connection at a node that has stopped to answer.
    pub(super) fn require_answering(&mut self, flow: &Flow, node: &str) -> Result<(), Failure> {
        match self.store.find::<Node>("", node) {
            Some(found) if is_silent(found) => Err(self.silent(flow, node)),
            _ => Ok(()),
        }
    }

    /// The connection ends at a node that has stopped to answer.
    pub(super) fn silent(&mut self, flow: &Flow, node: &str) -> Failure {
        let why = format!("{node} does not answer");
        self.hop(Place::Node(node.to_owned()), Action::Drop, why.clone(), flow);
        Failure {
            outcome: Outcome::TimedOut(why),
            decided_by: Some((ObjectKey::node(node), "status.conditions".to_owned())),
        }
    }
}
