//! Connections that stay open after their first request: HTTP keep-alive, the one long connection of gRPC, a UDP socket.
//!
//! The rules of kube-proxy are asked for the first packet alone. From then on the connection tracking of the kernels
//! along the way knows where the packets go, whatever becomes of the Service: this is why long-lived connections are not
//! rebalanced.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};

use super::client::Location;
use super::flow::Flow;
use super::target::{Target, parse};
use super::{Failure, Server, Tracer, pod};
use crate::api::{ObjectKey, Random};
use crate::network::addresses::Family;
use crate::network::kernel::{Kernels, VirtualServer};
use crate::network::kube_proxy::{endpoints, is_proxied, is_watched, service_ports};
use crate::network::{Action, Client, Hop, Outcome, Place, Request, Rule, Settings, Trace};
use crate::store::Store;

/// A connection that is open.
#[derive(Clone)]
pub struct Connection {
    /// Who opened it.
    pub client: Client,
    /// What it leads to, as the client sees it: `http://web:80`.
    pub target: String,
    /// The Service whose rules or load balancer chose the server; `None` without one.
    pub service: Option<ObjectKey>,
    /// Who serves it.
    pub server: Place,
    flow: Flow,
    accepted: Server,
    /// The way to the server, without questions to DNS; the rewrites of `flow` count from its first hop.
    hops: Vec<Hop>,
    /// Where it is counted by virtual servers of IPVS.
    entries: Vec<(VirtualServer, String)>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.client, self.target, self.addresses())
    }
}

/// What a client has a connection to: the scheme with host and port.
fn target_text(url: &str, target: &Target) -> String {
    let host = match &target.host {
        super::Host::Name(name) => name.clone(),
        super::Host::Address(address) => address.to_string(),
    };
    let host = crate::network::addresses::join_host_port(&host, target.port);
    // gRPC is HTTP, and yet has its connections for itself.
    let typed = url.trim().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    format!("{}://{host}", typed.as_deref().unwrap_or(target.scheme.name()))
}

/// What the connection for this request leads to; `None` for a target that can not be sent to.
pub fn target_of(url: &str) -> Option<String> {
    parse(url).ok().map(|target| target_text(url, &target))
}

impl Connection {
    /// `TCP`, `UDP` or `SCTP`.
    pub fn protocol(&self) -> &'static str {
        self.flow.protocol
    }

    /// Source and destination, as the client sees them and as the server does.
    pub fn addresses(&self) -> String {
        let Flow { first_source, first_destination, source, destination, .. } = &self.flow;
        format!("{first_source} > {first_destination}, at the server {source} > {destination}")
    }

    /// Why the server has closed the connection, as the end of a sentence; `None` while it can be used. A process that
    /// ends closes its connections; one that is only not ready, or not selected any more, does not.
    pub fn why_closed(&self, store: &Store) -> Option<String> {
        let Server::Pod(pod) = &self.accepted else { return None };
        let key = pod::key(pod);
        let name = &key.name;
        match store.find::<Pod>(&key.namespace, &key.name) {
            None => Some(format!("{name} is gone")),
            Some(now) if now.metadata.uid != pod.metadata.uid => Some(format!("{name} is another Pod now")),
            Some(now)
                if now.status.as_ref().map(|status| &status.pod_ips)
                    != pod.status.as_ref().map(|status| &status.pod_ips) =>
            {
                Some(format!("{name} has another address now"))
            }
            Some(now) => pod::why_not_running(now).map(|why| format!("{name} {why}")),
        }
    }

    /// Whether kube-proxy deletes the connection tracking entry of this UDP flow: its Service still has serving
    /// endpoints, and the one that it goes to is none of them. An entry of a Service without any is left alone, and so
    /// is every TCP connection.
    // Models pkg/proxy/conntrack/cleanup.go CleanStaleEntries
    pub fn is_stale(&self, store: &Store) -> bool {
        if self.flow.protocol != "UDP" {
            return false;
        }
        let destination = self.translated_from();
        let family = Family::of(destination.ip());
        let number = i32::from(destination.port());
        let goes_to = self.flow.destination.ip();
        let services = store.list::<Service>().filter(|service| is_proxied(service));
        services.flat_map(|service| service_ports(service, family).into_values()).any(|port| {
            let ips = port.cluster_ip.iter().chain(&port.external_ips).chain(&port.load_balancer_vips);
            let is_own = port.port == number && ips.into_iter().any(|ip| *ip == destination.ip());
            let is_node_port = port.node_port != 0 && port.node_port == number;
            if port.name.protocol != "UDP" || !is_own && !is_node_port {
                return false;
            }
            let slices = store.slices_of(&port.name.namespace, &port.name.name).map(|slice| &**slice);
            let all = endpoints(slices.filter(|slice| is_watched(slice)), &port.name, family);
            let serving: Vec<IpAddr> =
                all.iter().filter(|endpoint| endpoint.is_serving).filter_map(|e| e.ip_address()).collect();
            !serving.is_empty() && !serving.contains(&goes_to)
        })
    }

    /// The destination that the rules of the node saw.
    fn translated_from(&self) -> SocketAddr {
        let at_node = |hop: &&Hop| hop.action == Action::Dnat && matches!(hop.place, Place::Node(_));
        let hop = self.hops.iter().find(at_node);
        hop.and_then(|hop| hop.destination).map_or(self.flow.first_destination, |change| change.before)
    }

    /// Takes the connection out of the counts of IPVS.
    pub fn close(&self, kernels: &mut Kernels) {
        for (server, endpoint) in &self.entries {
            kernels.closed(server, endpoint);
        }
    }
}

/// What a request left behind: a server that accepted, and the way to it.
pub(super) struct Accepted {
    server: Server,
    flow: Flow,
    /// The numbers of the hops, from 0.
    hops: Range<usize>,
    entries: usize,
}

impl Tracer<'_> {
    /// The request and its answer over the connection that `server` has accepted and whose way began with the hop
    /// number `first`.
    pub(super) fn accepted(
        &mut self,
        server: Server,
        flow: Flow,
        first: usize,
        target: &Target,
        request: &Request,
    ) -> (Outcome, super::DecidedBy) {
        let (hops, entries) = (first..self.hops.len(), self.entries.len());
        let ended = self.exchange(&server, &flow, target, request);
        self.accepted = Some(Accepted { server, flow, hops, entries });
        ended
    }

    /// The connection of a request that has ended, to be kept; and an end to all others.
    pub(super) fn keep(&mut self, request: &Request) -> Option<Connection> {
        let mut accepted = self.accepted.take()?;
        let target = parse(&request.url).ok()?;
        let entries = self.entries.drain(..accepted.entries).collect();
        for (number, _) in &mut accepted.flow.rewrites {
            *number = number.saturating_sub(accepted.hops.start);
        }
        Some(Connection {
            client: request.from.clone(),
            target: target_text(&request.url, &target),
            service: accepted.flow.service.as_ref().map(|(service, _)| service.clone()),
            server: match &accepted.server {
                Server::Pod(pod) => Place::Pod(pod::key(pod)),
                Server::External(address) => Place::External(address.to_string()),
                Server::Node { name, .. } => Place::Node(name.clone()),
            },
            flow: accepted.flow,
            accepted: accepted.server,
            hops: self.hops.get(accepted.hops).unwrap_or_default().to_vec(),
            entries,
        })
    }

    /// Tells something that the client notices before it sends.
    fn tell(&mut self, client: &Client, decision: String) {
        self.push(Hop {
            place: Place::Client(client.clone()),
            action: Action::Send,
            decision,
            rule: None,
            looked_up: Vec::new(),
            source: None,
            destination: None,
        });
    }

    /// Sends another request over an open connection.
    pub(super) fn send_over(
        &mut self,
        connection: &Connection,
        request: &Request,
        told: &str,
    ) -> Result<(Outcome, super::DecidedBy), Failure> {
        let bad = |message| Failure { outcome: Outcome::BadTarget(message), decided_by: None };
        let target = parse(&request.url).map_err(bad)?;
        self.locate(&request.from)?;
        for hop in &connection.hops {
            let mut hop = hop.clone();
            match (&hop.place, hop.action) {
                (Place::Node(_), Action::Dnat | Action::Snat) => {
                    hop.decision = format!("{told}: no rule is asked again");
                    hop.rule = Some(Rule::Fixed("conntrack"));
                }
                (Place::LoadBalancer(_), _) => hop.decision = format!("{told}: stays with its node"),
                _ => {}
            }
            self.push(hop);
        }
        if let Server::Pod(pod) = &connection.accepted {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
            self.require_answering(&connection.flow, node)?;
        }
        // What the Pod answers is asked of the Pod as it is now.
        let server = match &connection.accepted {
            Server::Pod(pod) => {
                let key = pod::key(pod);
                let now = self.store.find::<Pod>(&key.namespace, &key.name).cloned();
                Server::Pod(now.unwrap_or_else(|| Arc::clone(pod)))
            }
            other => other.clone(),
        };
        Ok(self.exchange(&server, &connection.flow, &target, request))
    }

    /// Sends a datagram from the same socket after the kernel has forgotten the flow: the rules are asked anew.
    pub(super) fn send_anew(
        &mut self,
        connection: &Connection,
        request: &Request,
    ) -> Result<(Outcome, super::DecidedBy), Failure> {
        let bad = |message| Failure { outcome: Outcome::BadTarget(message), decided_by: None };
        let target = parse(&request.url).map_err(bad)?;
        let location: Location = self.locate(&request.from)?;
        self.source_port = Some(connection.flow.first_source.port());
        let destination = connection.flow.first_destination;
        let first = self.hops.len();
        let (server, flow) = self.connect(&location, destination, connection.flow.protocol)?;
        Ok(self.accepted(server, flow, first, &target, request))
    }
}

/// Sends a request and keeps its connection open, if there is one in the end. `note` is what the client notices first.
pub fn open(
    store: &Store,
    settings: &Settings,
    request: &Request,
    note: Option<String>,
    (kernels, random): (&mut Kernels, &mut Random),
) -> (Trace, Option<Connection>) {
    let mut tracer = Tracer::new(store, settings, kernels, random);
    if let Some(note) = note {
        tracer.tell(&request.from, note);
    }
    let ended = tracer.run(request);
    let kept = if ended.is_ok() { tracer.keep(request) } else { None };
    (tracer.finish(ended), kept)
}

/// Sends another request over an open connection. `told` says which connection it is, and since when: `connection 3,
/// established 12 s ago`.
pub fn send_over(
    store: &Store,
    settings: &Settings,
    connection: &Connection,
    request: &Request,
    told: &str,
    (kernels, random): (&mut Kernels, &mut Random),
) -> Trace {
    let mut tracer = Tracer::new(store, settings, kernels, random);
    let ended = tracer.send_over(connection, request, told);
    tracer.finish(ended)
}

/// Sends a datagram from the socket of a flow that the kernel has forgotten; `note` says why it has.
pub fn send_anew(
    store: &Store,
    settings: &Settings,
    connection: &Connection,
    request: &Request,
    note: String,
    (kernels, random): (&mut Kernels, &mut Random),
) -> (Trace, Option<Connection>) {
    let mut tracer = Tracer::new(store, settings, kernels, random);
    tracer.tell(&request.from, note);
    let ended = tracer.send_anew(connection, request);
    let kept = if ended.is_ok() { tracer.keep(request) } else { None };
    (tracer.finish(ended), kept)
}
