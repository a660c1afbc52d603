//! Requests in flight and ended, with the moments at which each hop happens.

use std::sync::Arc;

use crate::api::Time;
use crate::network::request::CLIENT_PATIENCE;
use crate::network::rules::Packet;
use crate::network::{Action, Outcome, Place, Request, Rule, Trace, trace};

/// How long the way from one place to the next takes, in milliseconds of simulated time. A real network is a
/// thousand times faster; here a person wants to see it.
const LEG: u64 = 600;

/// A request with its whole way and its place in time.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// 1 for the first request on the board.
    pub number: u64,
    /// What was asked.
    pub request: Request,
    /// The way and the outcome.
    pub trace: Trace,
    /// When it left the client.
    pub sent_at: Time,
    /// For each hop of the trace, when it happens. Never decreases.
    pub hop_at: Vec<Time>,
    /// When the client knows the outcome.
    pub ended_at: Time,
    /// The number of the kept connection that it went over; `None` when it had one of its own.
    pub connection: Option<u64>,
}

impl RequestRecord {
    /// Sets a trace into time: a leg between two places takes [`LEG`], what happens at one place happens at once, a
    /// question to a resolver goes there and back before anything else, a reply travels the whole way back, and a client
    /// waits [`CLIENT_PATIENCE`] for an
    /// answer that does not come. A server takes as long to answer as its trace says.
    pub fn new(number: u64, request: Request, trace: Trace, sent_at: Time) -> RequestRecord {
        let mut now = sent_at;
        let mut hop_at = Vec::with_capacity(trace.hops.len());
        let mut here = Place::Client(request.from.clone());
        let mut legs: u64 = 0;
        // Of several servers, the last one that answers is the slow one.
        let last_answer = trace.hops.iter().rposition(|hop| hop.action == Action::Answer);
        for (index, hop) in trace.hops.iter().enumerate() {
            if hop.action == Action::Reply {
                now = now + legs.div_ceil(2) * LEG;
            } else if hop.place.is_resolver() {
                hop_at.push(now + LEG);
                now = now + 2 * LEG;
                continue;
            } else if hop.place != here {
                now = now + LEG;
                legs += 1;
                here = hop.place.clone();
            }
            hop_at.push(now);
            if Some(index) == last_answer {
                now = now + trace.delay.min(CLIENT_PATIENCE);
            }
        }
        let replied = trace.hops.last().is_some_and(|hop| hop.action == Action::Reply);
        let ended_at = match trace.outcome {
            Outcome::TimedOut(_) => now + CLIENT_PATIENCE.saturating_sub(trace.delay),
            Outcome::Refused(_) if !replied => now + legs.div_ceil(2) * LEG,
            _ => now,
        };
        RequestRecord { number, request, trace, sent_at, hop_at, ended_at, connection: None }
    }

    /// The packets that came to the rules of a node, as they came there. Those of a connection that was open already
    /// come to no rule.
    pub fn packets_on(&self, node: &str) -> Vec<Packet> {
        let mut protocol = trace::parse(&self.request.url).map_or("TCP", |target| target.scheme.protocol());
        let mut packets = Vec::new();
        for hop in &self.trace.hops {
            if hop.action == Action::Proxy {
                // A proxy's own connections are HTTP.
                protocol = "TCP";
            }
            let is_rule = !matches!(hop.rule, None | Some(Rule::Fixed("CNI-HOSTPORT-DNAT" | "conntrack")));
            let is_decided = matches!(hop.action, Action::Dnat | Action::Reject | Action::Drop);
            if !is_rule || !is_decided || hop.place != Place::Node(node.to_owned()) {
                continue;
            }
            let (Some(source), Some(change)) = (hop.source, hop.destination) else { continue };
            let (source, destination) = (source.before, change.before);
            let endpoint = (hop.action == Action::Dnat).then_some(change.after);
            let is_kept = hop.decision.ends_with(trace::KEPT_BY_AFFINITY);
            packets.push(Packet { source, destination, protocol, endpoint, is_kept });
        }
        packets
    }

    /// Whether the client still waits at `now`.
    pub fn in_flight(&self, now: Time) -> bool {
        now < self.ended_at
    }

    /// The number of hops that have happened at `now`.
    pub fn hops_done(&self, now: Time) -> usize {
        self.hop_at.partition_point(|at| *at <= now)
    }
}

/// The requests that the list keeps, oldest first.
pub type RequestLog = imbl::Vector<Arc<RequestRecord>>;
