//! The canonical form of the subsets of an Endpoints object.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{EndpointPort, ServicePort};

/// A port of a subset as a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SubsetPort<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its number.
    pub port: i32,
    /// Its protocol.
    pub protocol: &'a str,
    /// Its application protocol, with the place where that is written: upstream compares these by place, so two equal
    /// ones from different places are two ports.
    pub app_protocol: Option<(&'a str, usize)>,
}

impl<'a> SubsetPort<'a> {
    /// The Service's port at this place, with its number on a Pod.
    pub fn new(port: &'a ServicePort, place: usize, number: i32) -> SubsetPort<'a> {
        SubsetPort {
            name: port.name.as_deref().unwrap_or_default(),
            port: number,
            protocol: port.protocol.as_deref().unwrap_or_default(),
            app_protocol: port.app_protocol.as_deref().map(|protocol| (protocol, place)),
        }
    }

    /// The port as the API has it.
    pub fn to_port(self) -> EndpointPort {
        EndpointPort {
            name: Some(self.name.to_owned()).filter(|name| !name.is_empty()),
            port: self.port,
            protocol: Some(self.protocol.to_owned()).filter(|protocol| !protocol.is_empty()),
            app_protocol: self.app_protocol.map(|(protocol, _)| protocol.to_owned()),
        }
    }
}

/// One subset: `A` stands for an address.
#[derive(Clone, Debug)]
pub(super) struct Subset<'a, A> {
    /// The addresses that are ready, by IP as text, then by the uid of their target.
    pub ready: Vec<A>,
    /// The addresses that are not ready, in the same order.
    pub not_ready: Vec<A>,
    /// The ports; none when the addresses have no port at all, or only ports with the number 0.
    pub ports: Vec<SubsetPort<'a>>,
}

// Models pkg/api/v1/endpoints/util.go RepackSubsets
/// Collects addresses with their ports and packs them into subsets: ports with exactly the same addresses, in the same
/// state, share one.
///
/// Addresses are the same if IP and uid of the target are; the first one added is kept, and where it is both ready and not
/// ready for a port, it is not ready. Upstream orders ports and subsets by a hash; here both are ordered by their ports.
pub(super) struct Repacker<'a, A> {
    addresses: Vec<(&'a str, &'a str, A)>,
    ports: BTreeMap<Option<SubsetPort<'a>>, usize>,
    /// Address, port and readiness, each by its place in the lists above.
    entries: Vec<(usize, usize, bool)>,
}

impl<'a, A: Copy> Repacker<'a, A> {
    /// A packer without addresses.
    pub fn new() -> Repacker<'a, A> {
        Repacker { addresses: Vec::new(), ports: BTreeMap::new(), entries: Vec::new() }
    }

    /// Adds an address and gives its place for [`Repacker::add_port`].
    pub fn add_address(&mut self, ip: &'a str, uid: &'a str, address: A) -> usize {
        self.addresses.push((ip, uid, address));
        self.addresses.len() - 1
    }

    /// Adds a port of an address; `None` when the address has no ports.
    pub fn add_port(&mut self, address: usize, port: Option<SubsetPort<'a>>, ready: bool) {
        let next = self.ports.len();
        let port = *self.ports.entry(port).or_insert(next);
        self.entries.push((address, port, ready));
    }

    /// The subsets.
    pub fn pack(self) -> Vec<Subset<'a, A>> {
        let Repacker { addresses, ports, entries } = self;
        // An IPv4 address is decided by its first 16 bytes, so most comparisons are of two numbers.
        let mut order: Vec<(u128, usize)> =
            addresses.iter().enumerate().map(|(place, (ip, ..))| (prefix(ip), place)).collect();
        order.sort_unstable_by(|one, other| {
            let key = |place: usize| addresses.get(place).map(|(ip, uid, _)| (*ip, *uid));
            one.0.cmp(&other.0).then_with(|| key(one.1).cmp(&key(other.1))).then_with(|| one.1.cmp(&other.1))
        });
        // Equal addresses share the rank, and the place, of the one that was added first.
        let mut ranks = vec![0; addresses.len()];
        let mut ranked: Vec<A> = Vec::with_capacity(addresses.len());
        let mut previous = None;
        for (_, place) in order {
            let Some((ip, uid, address)) = addresses.get(place) else { continue };
            if previous != Some((ip, uid)) {
                previous = Some((ip, uid));
                ranked.push(*address);
            }
            if let Some(rank) = ranks.get_mut(place) {
                *rank = ranked.len() - 1;
            }
        }

        let mut by_port: Vec<Vec<State>> = vec![vec![State::Absent; ranked.len()]; ports.len()];
        for (address, port, ready) in entries {
            let state = ranks.get(address).and_then(|rank| by_port.get_mut(port)?.get_mut(*rank));
            if let Some(state) = state {
                let ready = ready && *state != State::NotReady;
                *state = if ready { State::Ready } else { State::NotReady };
            }
        }
        let mut by_addresses: BTreeMap<Vec<State>, Vec<SubsetPort<'a>>> = BTreeMap::new();
        for (port, place) in ports {
            let states = by_port.get_mut(place).map(std::mem::take).unwrap_or_default();
            by_addresses.entry(states).or_default().extend(port.filter(|port| port.port > 0));
        }

        let mut subsets: Vec<Subset<'a, A>> = by_addresses
            .into_iter()
            .map(|(states, ports)| {
                let pick = |wanted: State| {
                    let all = states.iter().zip(&ranked);
                    all.filter(|(state, _)| **state == wanted).map(|(_, address)| *address).collect()
                };
                Subset { ready: pick(State::Ready), not_ready: pick(State::NotReady), ports }
            })
            .collect();
        subsets.sort_by(|one, other| one.ports.cmp(&other.ports));
        subsets
    }
}

/// How an address is for a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum State {
    Absent,
    NotReady,
    Ready,
}

/// The first 16 bytes of a text as a number that orders as the text does.
fn prefix(text: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(bytes)
}
