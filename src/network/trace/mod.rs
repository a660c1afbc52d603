//! The trace of a request: every place where its bytes go, what decides there, and how it ends.
//!
//! A request is one connection: the choice of an endpoint is made once, for its first packet. A packet goes to
//! places only (see [`Place`]); a Service, an EndpointSlice or an Ingress is looked up on the way. A refusal by
//! kube-proxy's rules happens on the node whose rules refuse, a drop ends there in silence, and what an Ingress
//! controller answers travels back as a reply.
//!
//! What is modelled of the network below Kubernetes: see [`super::addresses`].

mod client;
pub mod connection;
pub mod dig;
mod flow;
mod gateway;
mod ingress;
mod names;
mod node;
mod pod;
mod policy;
mod proxy;
mod route;
mod target;
#[cfg(test)]
mod tests;
mod text;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use self::client::Location;
use self::connection::Accepted;
pub use self::connection::Connection;
use self::flow::Flow;
pub use self::node::KEPT_BY_AFFINITY;
pub use self::target::{Host, Scheme, Target, parse};
pub use self::text::hops_as_text;
use super::addresses::API_SERVER;
use super::kernel::{Kernels, VirtualServer};
use super::request::CLIENT_PATIENCE;
use super::{Action, Hop, Outcome, Place, Request, Settings, Trace, listening};
use crate::api::{ObjectKey, Random};
use crate::store::Store;

/// The object and the field of it that decided an outcome.
type DecidedBy = Option<(ObjectKey, String)>;

/// A request that ended before a server answered.
struct Failure {
    outcome: Outcome,
    decided_by: DecidedBy,
}

/// Who accepts a connection.
#[derive(Clone)]
enum Server {
    Pod(Arc<Pod>),
    /// A host outside the cluster.
    External(IpAddr),
    /// A server that runs on the node itself, with the HTTP status it answers.
    Node {
        name: String,
        status: u16,
        decision: String,
    },
}

/// Follows a request through the cluster as it is now, over a connection of its own. `random` decides what a real cluster
/// leaves to chance: source ports, the node that a load balancer picks, the endpoint that a rule picks, the order of
/// addresses in DNS answers. `kernels` is what the nodes remember of earlier connections.
pub fn trace(
    store: &Store,
    settings: &Settings,
    request: &Request,
    kernels: &mut Kernels,
    random: &mut Random,
) -> Trace {
    let mut tracer = Tracer::new(store, settings, kernels, random);
    let ended = tracer.run(request);
    tracer.finish(ended)
}

/// A trace in the making.
struct Tracer<'a> {
    store: &'a Store,
    settings: &'a Settings,
    kernels: &'a mut Kernels,
    random: &'a mut Random,
    hops: Vec<Hop>,
    /// The connections that virtual servers of IPVS have counted.
    entries: Vec<(VirtualServer, String)>,
    /// The client's own connection, once a server has accepted it.
    accepted: Option<Accepted>,
    /// The source port that the next connection has to begin from.
    source_port: Option<u16>,
    /// The milliseconds that servers took to answer.
    delay: u64,
}

impl<'a> Tracer<'a> {
    fn new(
        store: &'a Store,
        settings: &'a Settings,
        kernels: &'a mut Kernels,
        random: &'a mut Random,
    ) -> Tracer<'a> {
        Tracer {
            store,
            settings,
            kernels,
            random,
            hops: Vec::new(),
            entries: Vec::new(),
            accepted: None,
            source_port: None,
            delay: 0,
        }
    }

    /// The trace; every connection that was not kept ends.
    fn finish(mut self, ended: Result<(Outcome, DecidedBy), Failure>) -> Trace {
        for (server, endpoint) in std::mem::take(&mut self.entries) {
            self.kernels.closed(&server, &endpoint);
        }
        let (outcome, decided_by) = ended.unwrap_or_else(|failure| (failure.outcome, failure.decided_by));
        Trace { hops: self.hops, outcome, decided_by, delay: self.delay }
    }
}

impl Tracer<'_> {
    fn run(&mut self, request: &Request) -> Result<(Outcome, DecidedBy), Failure> {
        let bad = |message| Failure { outcome: Outcome::BadTarget(message), decided_by: None };
        let target = parse(&request.url).map_err(bad)?;
        let location = self.locate(&request.from)?;
        let address = match &target.host {
            Host::Address(address) => *address,
            Host::Name(name) => self.resolve(&location, name)?,
        };
        let destination = SocketAddr::new(address, target.port);
        let first = self.hops.len();
        let (server, flow) = self.connect(&location, destination, target.scheme.protocol())?;
        Ok(self.accepted(server, flow, first, &target, request))
    }

    /// The request and its answer over a connection that `server` has accepted.
    fn exchange(
        &mut self,
        server: &Server,
        flow: &Flow,
        target: &Target,
        request: &Request,
    ) -> (Outcome, DecidedBy) {
        let proxy = match server {
            Server::Pod(pod) if target.scheme.is_http() => Some(pod),
            _ => None,
        };
        let gateway = proxy.and_then(|pod| Some((pod, self.gateway_at(pod)?)));
        let controller = proxy
            .filter(|pod| pod::serves_http(pod, flow.destination.port()))
            .and_then(|pod| Some((pod, ingress::controller_of(pod)?)));
        let (outcome, decided_by) = match (gateway, controller) {
            (Some((pod, gateway)), _) => self.through_gateway(pod, &gateway, flow, target, &request.method),
            (None, Some((pod, controller))) => self.proxy(pod, &controller, flow, target, &request.method),
            (None, None) => (self.answer(server, flow, target), flow.decided_by.clone()),
        };
        if self.delay > CLIENT_PATIENCE {
            // The answer comes when nobody waits for it any more.
            let why = format!("no answer in {} s", CLIENT_PATIENCE / 1000);
            return (Outcome::TimedOut(why), self.slow_answer().or(decided_by));
        }
        self.reply(Place::Client(request.from.clone()), flow);
        (outcome, decided_by)
    }

    /// The annotation that made a server slow.
    fn slow_answer(&self) -> DecidedBy {
        let slow = self.hops.iter().rev().find(|hop| hop.action == Action::Answer)?;
        let Place::Pod(key) = &slow.place else { return None };
        Some((key.clone(), format!("metadata.annotations[{:?}]", listening::DELAY_ANNOTATION)))
    }

    /// Begins a connection at `location` and follows it to the server that accepts it.
    fn connect(
        &mut self,
        location: &Location,
        destination: SocketAddr,
        protocol: &'static str,
    ) -> Result<(Server, Flow), Failure> {
        let mut flow = self.begin(location, destination, protocol)?;
        let server = match location.node() {
            Some(node) => {
                let node = node.clone();
                self.rules(&mut flow, &node, location.origin())?;
                self.route(&mut flow, location, Some(&node))?
            }
            None => self.route(&mut flow, location, None)?,
        };
        Ok((server, flow))
    }

    /// The answer of a server that accepted the connection.
    fn answer(&mut self, server: &Server, flow: &Flow, target: &Target) -> Outcome {
        let is_http = target.scheme.is_http();
        let outcome = if is_http { Outcome::Status(200) } else { Outcome::Connected };
        let port = flow.destination.port();
        match server {
            Server::Pod(pod) => {
                let outcome = if is_http { Outcome::Status(listening::status(pod)) } else { outcome };
                let mut decision = pod::listening_words(pod, port);
                match outcome {
                    Outcome::Connected => decision.push_str(", accepts the connection"),
                    _ => decision.push_str(&format!(", answers {outcome}")),
                }
                let delay = listening::delay(pod);
                self.delay += delay;
                if delay > 0 {
                    decision.push_str(&format!(" after {delay} ms"));
                }
                let key = pod::key(pod);
                let hop = self.hop(Place::Pod(key.clone()), Action::Answer, decision, flow);
                hop.looked_up = vec![key];
                return outcome;
            }
            Server::Node { name, status, decision } => {
                self.hop(Place::Node(name.clone()), Action::Answer, decision.clone(), flow);
                if target.scheme.is_http() {
                    return Outcome::Status(*status);
                }
            }
            Server::External(address) if *address == API_SERVER => {
                // The API server speaks TLS alone, and lets nobody see `/` without a name.
                let outcome = match target.scheme {
                    Scheme::Https => Outcome::Status(403),
                    Scheme::Http => Outcome::Status(400),
                    _ => Outcome::Connected,
                };
                let decision = match outcome {
                    Outcome::Status(403) => {
                        "the API server answers 403 Forbidden: the request has no credentials"
                    }
                    Outcome::Status(_) => "the API server answers 400 Bad Request: it speaks HTTPS alone",
                    _ => "the API server accepts the connection",
                };
                self.hop(Place::External(address.to_string()), Action::Answer, decision.to_owned(), flow);
                return outcome;
            }
            Server::External(address) => {
                let decision = "a host outside the cluster, assumed to answer".to_owned();
                self.hop(Place::External(address.to_string()), Action::Answer, decision, flow);
            }
        }
        outcome
    }
}
