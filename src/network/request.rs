//! A request and what became of it, hop by hop: plain data that the page and the tests read.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::kube_proxy::Chains;
use crate::api::ObjectKey;

/// How long a client waits for an answer before it gives up, in milliseconds of simulated time.
pub const CLIENT_PATIENCE: u64 = 2_000;

/// Who sends a request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Client {
    /// A browser somewhere on the internet.
    Internet,
    /// A machine on the nodes' network, outside the cluster.
    Laptop,
    /// A process on a node, on the node's network.
    Node(String),
    /// A Pod, by namespace and name.
    Pod {
        /// `metadata.namespace`.
        namespace: String,
        /// `metadata.name`.
        name: String,
    },
}

/// What a client is asked to send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Who sends.
    pub from: Client,
    /// The HTTP method; ignored where the target is not HTTP.
    pub method: String,
    /// A URL (`http://web.shop/cart`), or `host:port` for a plain connection, as the person typed it.
    pub url: String,
}

impl fmt::Display for Request {
    /// As people say it: `GET http://web.shop/cart`, or `db:5432` where there is no HTTP.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.url.contains("://") {
            write!(f, "{} {}", self.method, self.url)
        } else {
            f.write_str(&self.url)
        }
    }
}

/// A place where the bytes of a request go. Objects that are only looked up (a Service, an EndpointSlice, an
/// Ingress) are never places.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// The client itself.
    Client(Client),
    /// The public resolver, outside the cluster.
    PublicDns,
    /// The cluster's DNS server.
    ClusterDns,
    /// The load balancer of this Service.
    LoadBalancer(ObjectKey),
    /// A node and the rules that kube-proxy wrote there.
    Node(String),
    /// A Pod that serves, an Ingress controller's included.
    Pod(ObjectKey),
    /// A host outside the cluster, by address or name.
    External(String),
}

impl Place {
    /// Whether names are looked up here.
    pub fn is_resolver(&self) -> bool {
        matches!(self, Place::PublicDns | Place::ClusterDns)
    }
}

/// An address on the way into a hop and on the way out of it, each with its port. Shown as `10.96.84.12:80`,
/// `[fd00::1]:80`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// Before this hop.
    pub before: SocketAddr,
    /// After this hop; the same when nothing was rewritten.
    pub after: SocketAddr,
}

impl Change {
    /// An address that stays as it is.
    pub fn none(address: SocketAddr) -> Change {
        Change { before: address, after: address }
    }

    /// Whether the hop rewrote the address.
    pub fn is_rewritten(&self) -> bool {
        self.before != self.after
    }
}

/// What a hop did to the packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A name was looked up.
    Resolve,
    /// The connection was begun here.
    Send,
    /// Passed on unchanged.
    Forward,
    /// The destination was rewritten.
    Dnat,
    /// The source was rewritten.
    Snat,
    /// A proxy accepted the connection and began another.
    Proxy,
    /// The process here answered.
    Answer,
    /// Refused here: the sender hears it.
    Reject,
    /// Dropped here: the sender hears nothing.
    Drop,
    /// The answer travels back to this place, where the connection was begun; rewrites are undone on the way.
    Reply,
}

/// The rule that decided, as the component names it. Shown and written as that name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// One that always has the same name: `KUBE-POSTROUTING`.
    Fixed(&'static str),
    /// A rule of an Ingress or an HTTPRoute.
    Named(String),
    /// The chains of kube-proxy that led to an endpoint.
    Chains(Box<Chains>),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Fixed(name) => f.write_str(name),
            Rule::Named(name) => f.write_str(name),
            Rule::Chains(chains) => chains.fmt(f),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One step of a request's way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hop {
    /// Where this happens.
    pub place: Place,
    /// What is done.
    pub action: Action,
    /// What decided, in one plain sentence: `node-2, one of 3 healthy nodes`.
    pub decision: String,
    /// The rule that decided.
    pub rule: Option<Rule>,
    /// The objects that were looked up to decide, most telling first.
    pub looked_up: Vec<ObjectKey>,
    /// The source address; `None` where there is no connection yet.
    pub source: Option<Change>,
    /// The destination address; `None` where there is no connection yet.
    pub destination: Option<Change>,
}

/// How a request ended. None of these is an error of the playground.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// An HTTP status came back.
    Status(u16),
    /// A plain connection was accepted.
    Connected,
    /// The connection was refused, with the reason.
    Refused(String),
    /// Nothing came back, with the reason.
    TimedOut(String),
    /// The name has no address, with the DNS server's answer.
    NoSuchHost(String),
    /// The target is not a URL or address that can be sent to, with what was expected.
    BadTarget(String),
}

impl Outcome {
    /// Whether the person who sent it got what they asked for: a connection, or a status below 400.
    pub fn is_success(&self) -> bool {
        match self {
            Outcome::Status(status) => *status < 400,
            Outcome::Connected => true,
            _ => false,
        }
    }
}

impl fmt::Display for Outcome {
    /// As the Requests list says it: `200 OK`, `refused: no endpoints`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Status(status) => match reason_phrase(*status) {
                "" => write!(f, "{status}"),
                phrase => write!(f, "{status} {phrase}"),
            },
            Outcome::Connected => f.write_str("connected"),
            Outcome::Refused(why) => write!(f, "refused: {why}"),
            Outcome::TimedOut(why) => write!(f, "timed out: {why}"),
            Outcome::NoSuchHost(why) => write!(f, "no such host: {why}"),
            Outcome::BadTarget(why) => write!(f, "not sent: {why}"),
        }
    }
}

/// The reason phrase of an HTTP status; empty for one that does not occur here.
fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// A request's whole way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The hops in the order in which they happen, replies included.
    pub hops: Vec<Hop>,
    /// How it ended.
    pub outcome: Outcome,
    /// The object and field that decided the outcome, for the list to name and select; `None` when the target was
    /// bad or outside the cluster.
    pub decided_by: Option<(ObjectKey, String)>,
    /// The milliseconds that servers took to answer.
    pub delay: u64,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Client::Internet => f.write_str("Internet"),
            Client::Laptop => f.write_str("Laptop"),
            Client::Node(name) => write!(f, "Node {name}"),
            Client::Pod { namespace, name } => write!(f, "Pod {namespace}/{name}"),
        }
    }
}
