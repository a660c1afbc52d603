//! What the kernels of the nodes remember from one connection to the next: which endpoint a client was sent to
//! (session affinity), and where the virtual servers of IPVS stand.

mod maglev;
mod schedule;

use std::collections::BTreeSet;
use std::net::IpAddr;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Service;

pub use self::schedule::{VirtualServer, VirtualServerState};
use super::addresses::Family;
use super::kube_proxy::{Endpoint, Known, endpoints, is_watched, service_ports};
use super::settings::Scheduler;
use crate::api::{ObjectKey, Random, Time};
use crate::store::Store;

/// A place in the list of the clients that came to an endpoint: an `xt_recent` list, a set of nftables with a timeout,
/// or a template of IPVS. Each node has its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Visit {
    node: String,
    /// What is shared: the service port with iptables and nftables, the virtual server with IPVS.
    table: String,
    client: IpAddr,
    /// `ip:port`.
    endpoint: String,
}

impl Visit {
    /// The Service of a table that belongs to a service port; `None` for a virtual server, whose templates outlive its
    /// real servers.
    fn service(&self) -> Option<ObjectKey> {
        let (namespace, rest) = self.table.split_once('/')?;
        Some(ObjectKey::service(namespace, rest.split([':', ' ']).next()?))
    }
}

/// The memory of all nodes' kernels, with the rules that kube-proxy wrote there. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Kernels {
    now: Time,
    /// What the rules that packets came to were written from.
    pub(super) known: Known,
    /// When a client was last sent to an endpoint.
    visits: OrdMap<Visit, Time>,
    servers: OrdMap<VirtualServer, VirtualServerState>,
}

/// What a choice among endpoints depends on beside the endpoints.
pub struct Choice<'a> {
    /// The node whose rules choose.
    pub node: &'a str,
    /// What keeps clients and endpoints together; see [`Kernels`]. Nobody looks at it without session affinity.
    pub table: &'a str,
    /// The source address as the rules see it.
    pub client: IpAddr,
    /// The seconds for which a client stays with its endpoint; `None` without session affinity.
    pub affinity_seconds: Option<i32>,
}

impl Kernels {
    /// Lets time pass up to `now`.
    pub fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// Goes back to what was remembered before. What is known of Services stays: it holds at any time.
    pub fn go_back(&mut self, before: Kernels) {
        *self = Kernels { known: std::mem::take(&mut self.known), ..before };
    }

    /// The moment.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The endpoint that a client is kept with: the first of `candidates` to which it was sent less than the timeout
    /// ago.
    // Models xt_recent --rcheck --seconds, nftables sets with a timeout, and persistent virtual servers of IPVS
    pub fn kept<'a>(&self, candidates: &[&'a Endpoint], choice: &Choice<'_>) -> Option<&'a Endpoint> {
        let seconds = u64::try_from(choice.affinity_seconds?).unwrap_or(0);
        candidates.iter().copied().find(|endpoint| {
            let last = self.visits.get(&choice.visit(endpoint));
            last.is_some_and(|last| self.now.since(*last) < seconds.saturating_mul(1000))
        })
    }

    /// Notes that a client was sent to an endpoint, which begins its time anew.
    pub fn note(&mut self, endpoint: &Endpoint, choice: &Choice<'_>) {
        if choice.affinity_seconds.is_some() {
            self.visits.insert(choice.visit(endpoint), self.now);
        }
    }

    /// Forgets the clients of endpoints that are not usable any more: a list goes with the last rule that names it.
    pub fn forget_gone_endpoints(&mut self, store: &Store) {
        let services: BTreeSet<ObjectKey> = self.visits.keys().filter_map(Visit::service).collect();
        for key in services {
            let mut there: BTreeSet<(String, String)> = BTreeSet::new();
            for family in [Family::V4, Family::V6] {
                let service = store.find::<Service>(&key.namespace, &key.name);
                let ports = service.map(|service| service_ports(service, family)).unwrap_or_default();
                for (name, _) in ports.into_iter().filter(|(_, port)| port.affinity_seconds.is_some()) {
                    let slices = store.slices_of(&key.namespace, &key.name).map(|slice| &**slice);
                    let all = endpoints(slices.filter(|slice| is_watched(slice)), &name, family);
                    let usable = all.iter().filter(|e| e.is_ready || e.is_serving_and_terminating());
                    there.extend(usable.map(|endpoint| (name.table(), endpoint.address())));
                }
            }
            let gone: Vec<Visit> = self
                .visits
                .keys()
                .filter(|visit| visit.service().as_ref() == Some(&key))
                .filter(|visit| !there.contains(&(visit.table.clone(), visit.endpoint.clone())))
                .cloned()
                .collect();
            for visit in gone {
                self.visits.remove(&visit);
            }
        }
    }

    /// The endpoint that a virtual server sends a connection to.
    pub fn schedule<'a>(
        &mut self,
        server: &VirtualServer,
        scheduler: Scheduler,
        candidates: &[&'a Endpoint],
        source: std::net::SocketAddr,
    ) -> Option<&'a Endpoint> {
        let mut state = self.servers.get(server).cloned().unwrap_or_default();
        state.expire(self.now);
        let chosen = state.choose(scheduler, candidates, server.address, source);
        self.servers.insert(server.clone(), state);
        chosen
    }

    /// A connection through a virtual server is established; a datagram's never is.
    pub fn opened(&mut self, server: &VirtualServer, endpoint: &str) {
        let now = self.now;
        self.servers.entry(server.clone()).or_default().opened(endpoint, server.protocol, now);
    }

    /// A connection through a virtual server has ended.
    pub fn closed(&mut self, server: &VirtualServer, endpoint: &str) {
        let now = self.now;
        if let Some(state) = self.servers.get_mut(server) {
            state.closed(endpoint, server.protocol, now);
        }
    }

    /// How many connections of a virtual server to an endpoint are active and inactive now, as `ipvsadm -Ln` counts
    /// them.
    pub fn counts(&self, server: &VirtualServer, endpoint: &str) -> (u64, u64) {
        self.servers.get(server).map_or((0, 0), |state| state.counts(endpoint, self.now))
    }
}

impl Kernels {
    /// The endpoints that have connections of a virtual server, active or inactive.
    pub fn real_servers(&self, server: &VirtualServer) -> Vec<String> {
        let known = self.servers.get(server).map(VirtualServerState::endpoints).unwrap_or_default();
        known.into_iter().filter(|endpoint| self.counts(server, endpoint) != (0, 0)).collect()
    }
}

impl Choice<'_> {
    fn visit(&self, endpoint: &Endpoint) -> Visit {
        Visit {
            node: self.node.to_owned(),
            table: self.table.to_owned(),
            client: self.client,
            endpoint: endpoint.address(),
        }
    }
}

/// One of `candidates`, each as likely as the others: what the probabilities of iptables and `numgen random` of
/// nftables come to.
pub fn draw<'a>(candidates: &[&'a Endpoint], random: &mut Random) -> Option<&'a Endpoint> {
    let index = usize::try_from(random.below(candidates.len() as u64)).ok()?;
    candidates.get(index).copied()
}
