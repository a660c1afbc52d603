//! The schedulers of IPVS. kube-proxy gives every real server the weight 1, so those that differ by weights alone
//! (`wrr` from `rr`, `wlc` from `lc`) choose alike.

use std::net::{IpAddr, SocketAddr};

use imbl::{OrdMap, OrdSet, Vector};

use super::maglev;
use crate::api::Time;
use crate::network::kube_proxy::Endpoint;
use crate::network::settings::Scheduler;

/// How long an ended TCP connection is remembered, in milliseconds: the timeout of FIN_WAIT and TIME_WAIT.
// Models net/netfilter/ipvs/ip_vs_proto_tcp.c tcp_timeouts
const TCP_INACTIVE: u64 = 120_000;
/// How long a UDP flow is remembered after its last datagram, in milliseconds.
// Models net/netfilter/ipvs/ip_vs_proto_udp.c udp_timeouts
const UDP_INACTIVE: u64 = 300_000;
/// The number of buckets of the hashing schedulers.
const BUCKETS_BITS: u32 = 8;
/// 2^32 divided by the golden ratio, as the kernel multiplies with it.
const GOLDEN_RATIO_32: u32 = 0x61C8_8647;

/// A virtual server on one node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct VirtualServer {
    /// The node.
    pub node: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// Its address and port.
    pub address: SocketAddr,
}

/// What a virtual server remembers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VirtualServerState {
    /// The endpoint that had the last turn.
    last: Option<String>,
    /// The endpoints that serve this address (`lblc` and `lblcr`).
    serving: OrdSet<String>,
    /// Established connections by endpoint.
    active: OrdMap<String, u64>,
    /// Ended connections and datagrams by endpoint, each with the moment at which it is forgotten.
    inactive: OrdMap<String, Vector<Time>>,
}

impl VirtualServerState {
    /// Forgets what is to be forgotten at `now`.
    pub(super) fn expire(&mut self, now: Time) {
        let is_over = |ends: &Vector<Time>| ends.front().is_some_and(|end| *end <= now);
        let over =
            self.inactive.iter().filter(|(_, ends)| is_over(ends)).map(|(endpoint, _)| endpoint.clone());
        for endpoint in over.collect::<Vec<_>>() {
            if let Some(ends) = self.inactive.get_mut(&endpoint) {
                while is_over(ends) {
                    ends.pop_front();
                }
            }
        }
    }

    pub(super) fn opened(&mut self, endpoint: &str, protocol: &str, now: Time) {
        if protocol == "UDP" {
            self.inactive.entry(endpoint.to_owned()).or_default().push_back(now + UDP_INACTIVE);
        } else {
            *self.active.entry(endpoint.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn closed(&mut self, endpoint: &str, protocol: &str, now: Time) {
        if protocol != "UDP"
            && let Some(count) = self.active.get_mut(endpoint).filter(|count| **count > 0)
        {
            *count -= 1;
            self.inactive.entry(endpoint.to_owned()).or_default().push_back(now + TCP_INACTIVE);
        }
    }

    pub(super) fn counts(&self, endpoint: &str, now: Time) -> (u64, u64) {
        let active = self.active.get(endpoint).copied().unwrap_or(0);
        let inactive = self.inactive.get(endpoint).map_or(0, |ends| {
            // The ends of one protocol never decrease.
            ends.iter().rev().take_while(|end| **end > now).count() as u64
        });
        (active, inactive)
    }

    /// Every endpoint that was ever counted.
    pub(super) fn endpoints(&self) -> Vec<String> {
        let mut all: Vec<String> = self.active.keys().chain(self.inactive.keys()).cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn active(&self, endpoint: &Endpoint) -> u64 {
        self.active.get(&endpoint.address()).copied().unwrap_or(0)
    }

    /// An active connection weighs as much as 256 inactive ones.
    // Models include/net/ip_vs.h ip_vs_dest_conn_overhead
    fn overhead(&self, endpoint: &Endpoint) -> u64 {
        let address = endpoint.address();
        let inactive = self.inactive.get(&address).map_or(0, Vector::len) as u64;
        (self.active(endpoint) << 8) + inactive
    }

    /// The endpoint that the scheduler picks, for a connection from `source` to the virtual server at `address`.
    ///
    /// The kernel puts a new real server at the head of its list, and kube-proxy adds several in no determined order; here
    /// they are added sorted by `ip:port` as text, so the list runs backwards. Of equals the first in the list is picked.
    // Models net/netfilter/ipvs/ip_vs_{rr,lc,sed,nq,lblc,lblcr,sh,dh,mh}.c
    pub(super) fn choose<'a>(
        &mut self,
        scheduler: Scheduler,
        candidates: &[&'a Endpoint],
        address: SocketAddr,
        source: SocketAddr,
    ) -> Option<&'a Endpoint> {
        let mut list = candidates.to_vec();
        list.sort_by_key(|endpoint| std::cmp::Reverse(endpoint.address()));
        let chosen = match scheduler {
            Scheduler::Rr | Scheduler::Wrr => {
                let last = self.last.as_deref();
                let next = list.iter().find(|endpoint| last.is_some_and(|last| *endpoint.address() < *last));
                next.or(list.first()).copied()
            }
            Scheduler::Lc | Scheduler::Wlc => self.least(&list),
            Scheduler::Sed => list.iter().copied().min_by_key(|endpoint| self.active(endpoint)),
            Scheduler::Nq => {
                let idle = list.iter().copied().find(|endpoint| self.active(endpoint) == 0);
                idle.or_else(|| list.iter().copied().min_by_key(|endpoint| self.active(endpoint)))
            }
            Scheduler::Lblc | Scheduler::Lblcr => self.by_locality(scheduler, &list),
            Scheduler::Dh => bucket(&list, address.ip()),
            Scheduler::Sh => bucket(&list, source.ip()),
            Scheduler::Mh => {
                let servers: Vec<(IpAddr, u16)> = list.iter().map(|endpoint| place(endpoint)).collect();
                maglev::pick(&servers, source).and_then(|index| list.get(index)).copied()
            }
        };
        self.last = chosen.map(Endpoint::address).or_else(|| self.last.take());
        chosen
    }

    fn least<'a>(&self, list: &[&'a Endpoint]) -> Option<&'a Endpoint> {
        list.iter().copied().min_by_key(|endpoint| self.overhead(endpoint))
    }

    /// The endpoint that has served this address so far, as long as it is not overloaded while another is idle. With
    /// `lblcr` several may come to serve it.
    fn by_locality<'a>(&mut self, scheduler: Scheduler, list: &[&'a Endpoint]) -> Option<&'a Endpoint> {
        let serving: Vec<&Endpoint> =
            list.iter().copied().filter(|endpoint| self.serving.contains(&endpoint.address())).collect();
        let known = self.least(&serving).map(Endpoint::address);
        let known = known.and_then(|known| list.iter().copied().find(|endpoint| endpoint.address() == known));
        let is_idle = |endpoint: &&Endpoint| self.active(endpoint) == 0;
        if let Some(known) = known.filter(|known| self.active(known) <= 1 || !list.iter().any(is_idle)) {
            return Some(known);
        }
        let chosen = self.least(list)?;
        if scheduler == Scheduler::Lblc {
            self.serving.clear();
        }
        self.serving.insert(chosen.address());
        Some(chosen)
    }
}

fn place(endpoint: &Endpoint) -> (IpAddr, u16) {
    let ip = endpoint.ip_address().unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    (ip, u16::try_from(endpoint.port).unwrap_or(0))
}

/// The server in the bucket of an address: the buckets are filled with the list again and again.
fn bucket<'a>(list: &[&'a Endpoint], address: IpAddr) -> Option<&'a Endpoint> {
    let hash = folded(address).wrapping_mul(GOLDEN_RATIO_32) >> (32 - BUCKETS_BITS);
    list.get(hash as usize % list.len().max(1)).copied()
}

/// An address as 32 bits; those of IPv6 folded by exclusive or.
pub(super) fn folded(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => u32::from(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address);
            // Only the low 32 bits of each part are wanted.
            (bits >> 96) as u32 ^ (bits >> 64) as u32 ^ (bits >> 32) as u32 ^ bits as u32
        }
    }
}
