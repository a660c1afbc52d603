//! The trace of a request: every place where its bytes go, what decides there, and how it ends.
//!
//! A request is one connection: the choice of an endpoint is made once, for its first packet. A packet goes to
//! places only (see [`Place`]); a Service, an EndpointSlice or an Ingress is looked up on the way. A refusal by
//! kube-proxy's rules happens on the node whose rules refuse, a drop ends there in silence, and what an Ingress
//! controller answers travels back as a reply.
//!
//! What is modelled of the network below Kubernetes: see [`super::addresses`].

mod client;
mod flow;
mod ingress;
mod names;
mod node;
mod pod;
mod policy;
mod route;
mod target;
#[cfg(test)]
mod tests;
mod text;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;

use self::client::Location;
use self::flow::Flow;
pub use self::target::{Host, Scheme, Target, parse};
pub use self::text::hops_as_text;
use super::addresses::API_SERVER;
use super::{Action, Hop, Outcome, Place, Request, Settings, Trace};
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

/// Follows a request through the cluster as it is now. `random` decides what a real cluster leaves to chance: source
/// ports, the node that a load balancer picks, the endpoint that a rule picks, the order of addresses in DNS answers.
pub fn trace(store: &Store, settings: &Settings, request: &Request, random: &mut Random) -> Trace {
    let mut tracer = Tracer { store, settings, random, hops: Vec::new() };
    match tracer.run(request) {
        Ok((outcome, decided_by)) => Trace { hops: tracer.hops, outcome, decided_by },
        Err(failure) => Trace { hops: tracer.hops, outcome: failure.outcome, decided_by: failure.decided_by },
    }
}

/// A trace in the making.
struct Tracer<'a> {
    store: &'a Store,
    settings: &'a Settings,
    random: &'a mut Random,
    hops: Vec<Hop>,
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
        let (server, flow) = self.connect(&location, destination, target.scheme.protocol())?;
        let controller = match &server {
            Server::Pod(pod) if target.scheme.is_http() && pod::serves_http(pod, flow.destination.port()) => {
                ingress::controller_of(pod).map(|controller| (pod.clone(), controller))
            }
            _ => None,
        };
        let (outcome, decided_by) = match controller {
            Some((pod, controller)) => self.proxy(&pod, &controller, &flow, &target, &request.method),
            None => (self.answer(&server, &flow, &target), flow.decided_by.clone()),
        };
        self.reply(Place::Client(request.from.clone()), &flow);
        Ok((outcome, decided_by))
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
        let outcome = if target.scheme.is_http() { Outcome::Status(200) } else { Outcome::Connected };
        let port = flow.destination.port();
        match server {
            Server::Pod(pod) => {
                let listening = if pod::declares_ports(pod) {
                    format!("listens on {port}")
                } else {
                    format!("declares no ports, so {port} is assumed")
                };
                let answer = match outcome {
                    Outcome::Connected => "accepts the connection".to_owned(),
                    _ => format!("answers {outcome}"),
                };
                let key = pod::key(pod);
                let decision = format!("{listening}, {answer}");
                let hop = self.hop(Place::Pod(key.clone()), Action::Answer, decision, flow);
                hop.looked_up = vec![key];
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
