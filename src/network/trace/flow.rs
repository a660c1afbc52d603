//! A connection on its way: its addresses now and at the beginning, and who rewrote them.

use std::net::{IpAddr, SocketAddr};

use super::client::Location;
use super::{DecidedBy, Failure, Tracer};
use crate::api::ObjectKey;
use crate::network::addresses::{FIRST_EPHEMERAL_PORT, Family};
use crate::network::{Action, Change, Hop, Outcome, Place};

/// Who keeps the table by which a rewrite is undone for the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Rewriter {
    /// The connection tracking of a node's kernel.
    Node(String),
    /// The load balancer.
    LoadBalancer,
}

/// The state of one connection.
#[derive(Clone)]
pub(super) struct Flow {
    /// The source as the client has it.
    pub first_source: SocketAddr,
    /// The destination as the client has it.
    pub first_destination: SocketAddr,
    /// The source now.
    pub source: SocketAddr,
    /// The destination now.
    pub destination: SocketAddr,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The numbers (from 1) of the hops that rewrote an address, and who undoes each.
    pub rewrites: Vec<(usize, Rewriter)>,
    /// Whether the egress rules for the client have been asked.
    pub is_let_out: bool,
    /// The object and field that chose the way so far.
    pub decided_by: DecidedBy,
    /// The Service whose rules or load balancer led here, with the index of its port.
    pub service: Option<(ObjectKey, usize)>,
}

impl Tracer<'_> {
    /// A new connection from an ephemeral port of the client.
    pub(super) fn begin(
        &mut self,
        location: &Location,
        destination: SocketAddr,
        protocol: &'static str,
    ) -> Result<Flow, Failure> {
        let family = Family::of(destination.ip());
        let Some(address) = location.address(family) else {
            return Err(Failure {
                outcome: Outcome::TimedOut(format!("the client has no {} address", family.name())),
                decided_by: location.key().map(|key| (key, "status.podIPs".to_owned())),
            });
        };
        let port = self.source_port.take();
        let source = SocketAddr::new(address, port.unwrap_or_else(|| self.ephemeral_port()));
        Ok(Flow {
            first_source: source,
            first_destination: destination,
            source,
            destination,
            protocol,
            rewrites: Vec::new(),
            is_let_out: false,
            decided_by: None,
            service: None,
        })
    }

    /// A port from the ephemeral range.
    pub(super) fn ephemeral_port(&mut self) -> u16 {
        let offset = self.random.below(u64::from(u16::MAX - FIRST_EPHEMERAL_PORT));
        FIRST_EPHEMERAL_PORT + u16::try_from(offset).unwrap_or(0)
    }

    /// Adds a hop at which no address is rewritten.
    pub(super) fn hop(&mut self, place: Place, action: Action, decision: String, flow: &Flow) -> &mut Hop {
        let hop = Hop {
            place,
            action,
            decision,
            rule: None,
            looked_up: Vec::new(),
            source: Some(Change::none(flow.source)),
            destination: Some(Change::none(flow.destination)),
        };
        self.push(hop)
    }

    /// Adds a hop that rewrites the destination.
    pub(super) fn dnat(
        &mut self,
        place: Place,
        decision: String,
        flow: &mut Flow,
        to: SocketAddr,
        by: Rewriter,
    ) -> &mut Hop {
        let before = std::mem::replace(&mut flow.destination, to);
        flow.rewrites.push((self.hops.len() + 1, by));
        let hop = self.hop(place, Action::Dnat, decision, flow);
        hop.destination = Some(Change { before, after: to });
        hop
    }

    /// Adds a hop that rewrites the source to `address`, with a new port.
    pub(super) fn snat(
        &mut self,
        node: &str,
        decision: String,
        flow: &mut Flow,
        address: IpAddr,
    ) -> &mut Hop {
        let to = SocketAddr::new(address, self.ephemeral_port());
        let before = std::mem::replace(&mut flow.source, to);
        flow.rewrites.push((self.hops.len() + 1, Rewriter::Node(node.to_owned())));
        let hop = self.hop(Place::Node(node.to_owned()), Action::Snat, decision, flow);
        hop.source = Some(Change { before, after: to });
        hop
    }

    /// Adds the way of the answer back to `place`: each rewrite is undone, the last one first.
    pub(super) fn reply(&mut self, place: Place, flow: &Flow) {
        let hop = Hop {
            place,
            action: Action::Reply,
            decision: undone(&flow.rewrites),
            rule: None,
            looked_up: Vec::new(),
            source: Some(Change { before: flow.destination, after: flow.first_destination }),
            destination: Some(Change { before: flow.source, after: flow.first_source }),
        };
        self.push(hop);
    }

    /// Adds a hop as it is.
    pub(super) fn push(&mut self, hop: Hop) -> &mut Hop {
        self.hops.push(hop);
        let last = self.hops.len() - 1;
        &mut self.hops[last]
    }
}

/// `conntrack on node-2 undoes 4 and 3, the load balancer 2`.
fn undone(rewrites: &[(usize, Rewriter)]) -> String {
    let mut told = String::new();
    for together in rewrites.chunk_by(|(_, one), (_, other)| one == other).rev() {
        let is_first = told.is_empty();
        told.push_str(if is_first { "" } else { ", " });
        match together {
            [(_, Rewriter::Node(name)), ..] => {
                told.push_str("conntrack on ");
                told.push_str(name);
            }
            _ => told.push_str("the load balancer"),
        }
        told.push_str(if is_first { " undoes " } else { " " });
        for (place, (number, _)) in together.iter().rev().enumerate() {
            // `a`, `a and b`, `a, b and c`.
            told.push_str(match place {
                0 => "",
                _ if place + 1 == together.len() => " and ",
                _ => ", ",
            });
            told.push_str(&number.to_string());
        }
    }
    if told.is_empty() { "nothing was rewritten".to_owned() } else { told }
}
