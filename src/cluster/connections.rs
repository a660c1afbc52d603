//! Connections that clients keep open: one for each client and target, as a pool of HTTP connections with one request at a
//! time, a channel of gRPC, or a UDP socket has it.

use std::sync::Arc;

use super::Cluster;
use super::request_log::RequestRecord;
use crate::api::Time;
use crate::network::trace::connection;
use crate::network::{Connection, Outcome, Request, Trace};

/// How long a kernel remembers a UDP flow after its last datagram, in milliseconds; longer once it has gone on for
/// [`UDP_STREAM_AFTER`].
// Models net/netfilter/nf_conntrack_proto_udp.c udp_timeouts
const UDP_TIMEOUT: u64 = 30_000;
const UDP_STREAM_TIMEOUT: u64 = 120_000;
const UDP_STREAM_AFTER: u64 = 2_000;

/// The most connections that are kept; the oldest goes first.
const CONNECTIONS_KEPT: usize = 200;

/// A connection on the board.
#[derive(Clone, Debug)]
pub struct OpenConnection {
    /// 1 for the first one on the board.
    pub number: u64,
    /// Where it leads.
    pub connection: Connection,
    /// When it was opened.
    pub opened_at: Time,
    /// When it was last used.
    pub last_used: Time,
    /// How many requests went over it.
    pub requests: u64,
    /// Why it can not be used any more; the client notices when it sends the next request.
    pub closed: Option<String>,
}

impl OpenConnection {
    /// `connection 3, established 12 s ago`.
    fn told(&self, now: Time) -> String {
        format!("connection {}, established {} s ago", self.number, now.since(self.opened_at) / 1000)
    }

    /// Whether a kernel on the way has forgotten the flow, because nothing came for too long.
    fn is_forgotten(&self, now: Time) -> bool {
        let goes_on = self.last_used.since(self.opened_at) > UDP_STREAM_AFTER;
        let timeout = if goes_on { UDP_STREAM_TIMEOUT } else { UDP_TIMEOUT };
        self.connection.protocol() == "UDP" && now.since(self.last_used) >= timeout
    }
}

/// The open connections, by their number.
pub type Connections = imbl::OrdMap<u64, Arc<OpenConnection>>;

/// Whether a URL is of a protocol that always keeps its connection.
pub(super) fn keeps_connection(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    ["grpc", "ws", "wss"].iter().any(|kept| scheme.eq_ignore_ascii_case(kept))
}

impl Cluster {
    /// The connections that clients keep open.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Sends a request over the connection that the client has open to the same target. Without one, or when the server
    /// has closed it, the request opens a connection and leaves it open.
    pub fn send_kept(&mut self, request: Request) {
        self.kernels.set_now(self.now);
        let target = connection::target_of(&request.url);
        let known = self.connections.values().find(|open| {
            open.connection.client == request.from && Some(&open.connection.target) == target.as_ref()
        });
        let Some(open) = known.cloned() else { return self.open_connection(request, None) };
        let is_udp = open.connection.protocol() == "UDP";
        if is_udp && (open.closed.is_some() || open.is_forgotten(self.now)) {
            return self.send_from_same_socket(request, &open);
        }
        if let Some(why) = &open.closed {
            self.connections.remove(&open.number);
            let note =
                format!("connection {} was closed, since {why}: the client opens another", open.number);
            return self.open_connection(request, Some(note));
        }
        let told = open.told(self.now);
        let chance = (&mut self.kernels, &mut self.random);
        let trace =
            connection::send_over(&self.store, &self.settings, &open.connection, &request, &told, chance);
        let used = OpenConnection { last_used: self.now, requests: open.requests + 1, ..(*open).clone() };
        self.connections.insert(open.number, Arc::new(used));
        self.record(request, trace, Some(open.number));
    }

    fn open_connection(&mut self, request: Request, note: Option<String>) {
        let chance = (&mut self.kernels, &mut self.random);
        let (trace, kept) = connection::open(&self.store, &self.settings, &request, note, chance);
        self.settle_new(request, trace, kept, None);
    }

    fn send_from_same_socket(&mut self, request: Request, open: &Arc<OpenConnection>) {
        open.connection.close(&mut self.kernels);
        let why = open.closed.clone().unwrap_or_else(|| "nothing was sent for too long".to_owned());
        let note =
            format!("flow {} is not tracked any more, since {why}: the rules are asked anew", open.number);
        let chance = (&mut self.kernels, &mut self.random);
        let (trace, kept) =
            connection::send_anew(&self.store, &self.settings, &open.connection, &request, note, chance);
        self.settle_new(request, trace, kept, Some(open.number));
    }

    fn settle_new(&mut self, request: Request, trace: Trace, kept: Option<Connection>, number: Option<u64>) {
        let Some(connection) = kept.filter(|_| !matches!(trace.outcome, Outcome::BadTarget(_))) else {
            return self.record(request, trace, None);
        };
        let number = number.unwrap_or_else(|| {
            self.connections_opened += 1;
            self.connections_opened
        });
        let open = OpenConnection {
            number,
            connection,
            opened_at: self.now,
            last_used: self.now,
            requests: 1,
            closed: None,
        };
        self.connections.insert(number, Arc::new(open));
        while self.connections.len() > CONNECTIONS_KEPT {
            let Some(oldest) = self.connections.keys().next().copied() else { break };
            self.disconnect(oldest);
        }
        self.record(request, trace, Some(number));
    }

    /// Closes a connection from the client's side; nothing happens when there is no such connection.
    pub fn disconnect(&mut self, number: u64) {
        if let Some(open) = self.connections.remove(&number) {
            self.kernels.set_now(self.now);
            if open.closed.is_none() {
                open.connection.close(&mut self.kernels);
            }
            self.connections_closed += 1;
        }
    }

    pub(super) fn record(&mut self, request: Request, trace: Trace, connection: Option<u64>) {
        self.requests_sent += 1;
        let mut record = RequestRecord::new(self.requests_sent, request, trace, self.now);
        record.connection = connection;
        self.request_ends.insert((record.ended_at, record.number));
        self.requests.push_back(Arc::new(record));
        let ended = |oldest: &Arc<RequestRecord>| !oldest.in_flight(self.now);
        while self.requests.len() > super::REQUESTS_UNDER_WAY
            || self.requests.len() > super::REQUESTS_KEPT && self.requests.front().is_some_and(ended)
        {
            if let Some(record) = self.requests.pop_front() {
                self.request_ends.remove(&(record.ended_at, record.number));
            }
        }
    }

    /// What becomes of connections when objects change: a server that ends closes its own, and kube-proxy deletes the
    /// tracking of UDP flows to endpoints that do not serve any more.
    pub(super) fn look_after_connections(&mut self) {
        let mut ended = Vec::new();
        for open in self.connections.values().filter(|open| open.closed.is_none()) {
            let why = match open.connection.protocol() {
                // Nobody tells a UDP client that its server is gone.
                "UDP" => open
                    .connection
                    .is_stale(&self.store)
                    .then(|| "kube-proxy deleted its entry: the endpoint does not serve any more".to_owned()),
                _ => open.connection.why_closed(&self.store),
            };
            if let Some(why) = why {
                ended.push((open.clone(), why));
            }
        }
        self.kernels.set_now(self.now);
        for (open, why) in ended {
            open.connection.close(&mut self.kernels);
            let closed = OpenConnection { closed: Some(why), ..(*open).clone() };
            self.connections.insert(open.number, Arc::new(closed));
        }
    }
}
