//! Time: the event queue, controllers at work, requests in flight, the event log.
//!
//! Everything that happens, happens at a moment of simulated time. What a write sets going is done at the same
//! moment, in a fixed order, until nothing is left to do ("quiet"); what takes time is put into the queue.

mod apply;
pub mod base;
mod connections;
mod endpoints;
pub mod event_log;
mod memory;
mod reconcile;
pub mod request_log;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use k8s_openapi::api::core::v1::Node;

pub use apply::{Fate, ObjectFate};
pub use connections::{Connections, OpenConnection};
pub use event_log::{Actor, EventLog, LogEntry};
pub use request_log::{RequestLog, RequestRecord};

use crate::api::{Live, ObjectKey, Random, Time};
use crate::network::addresses::Family;
use crate::network::kernel::Kernels;
use crate::network::kube_proxy::NodeView;
use crate::network::rules::{self, RuleLine};
use crate::network::trace::dig::Dig;
use crate::network::{Client, Request, Settings, trace};
use crate::store::Store;
use crate::store::admission::Allocators;
use crate::store::config::ClusterConfig;
use memory::Memory;
use reconcile::Work;

/// How many requests the list keeps.
const REQUESTS_KEPT: usize = 500;

/// How many it keeps at most while they are under way.
const REQUESTS_UNDER_WAY: usize = 4_000;

/// How many lines the event log keeps.
const EVENTS_KEPT: usize = 1_000;

/// Something that will happen.
#[derive(Clone, Debug)]
enum Due {
    /// An object is to be looked at again by the controllers that asked for it.
    Work(Work),
    /// The next request of the repetition with this number is sent.
    Repeat(u64),
}

/// The same request, again and again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repetition {
    /// What is sent.
    pub request: Request,
    /// Milliseconds from one to the next.
    pub every: u64,
    /// Whether it goes over a connection that the client keeps open.
    pub keep: bool,
}

/// A whole cluster and what travels in it. Clones share everything.
#[derive(Clone, Debug)]
pub struct Cluster {
    store: Store,
    now: Time,
    random: Random,
    allocators: Allocators,
    settings: Settings,
    kernels: Kernels,
    connections: Connections,
    connections_opened: u64,
    connections_closed: u64,
    queue: OrdMap<(Time, u64), Due>,
    sequence: u64,
    work: OrdSet<Work>,
    controllers: Memory,
    requests: RequestLog,
    /// When each of them ends, and its number.
    request_ends: OrdSet<(Time, u64)>,
    requests_sent: u64,
    repetitions: OrdMap<u64, Repetition>,
    events: EventLog,
    events_logged: u64,
}

impl Cluster {
    /// A dual-stack cluster of three nodes with nothing on it but its own objects.
    pub fn new(seed: u64) -> Cluster {
        let config = ClusterConfig::dual_stack();
        let mut cluster = Cluster {
            store: Store::default(),
            now: Time::ZERO,
            random: Random::new(seed),
            // The default ranges are valid: a test of the admission holds them to it.
            allocators: Allocators::new(&config).unwrap_or_default(),
            settings: Settings::default(),
            kernels: Kernels::default(),
            connections: Connections::new(),
            connections_opened: 0,
            connections_closed: 0,
            queue: OrdMap::new(),
            sequence: 0,
            work: OrdSet::new(),
            controllers: Memory::default(),
            requests: RequestLog::new(),
            request_ends: OrdSet::new(),
            requests_sent: 0,
            repetitions: OrdMap::new(),
            events: EventLog::new(),
            events_logged: 0,
        };
        cluster.install_base();
        cluster
    }

    /// A cluster with all objects that the playground itself puts on a board, the Ingress controller's included.
    pub fn own_objects() -> Cluster {
        let mut cluster = Cluster::new(0);
        cluster.install_ingress_controller();
        cluster.install_gateway_class();
        cluster.settle();
        cluster
    }

    /// The moment up to which everything has happened.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The objects.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How the cluster's network is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules of a node for one family as text, line by line: of one Service, or of all. Each line says what it does;
    /// those that a request took are marked. Empty when there is no such node.
    pub fn rules(
        &self,
        node: &str,
        service: Option<&ObjectKey>,
        is_v6: bool,
        request: Option<&RequestRecord>,
    ) -> Vec<RuleLine> {
        let Some(node) = self.store.find::<Node>("", node) else { return Vec::new() };
        let node = NodeView::new(node);
        let family = if is_v6 { Family::V6 } else { Family::V4 };
        let mut kernels = self.kernels.clone();
        kernels.set_now(self.now);
        let lines = rules::rules(&self.store, &self.settings, &kernels, &node, service, family);
        let packets = request.map(|record| record.packets_on(&node.name)).unwrap_or_default();
        rules::told(lines, self.settings.proxy_mode, &node, &packets)
    }

    /// Looks a name up from a client, as dig does.
    pub fn dig(&self, client: &Client, name: &str, record_type: &str) -> Dig {
        trace::dig::dig(&self.store, &self.settings, client, name, record_type)
    }

    /// The requests that are remembered, oldest first.
    pub fn requests(&self) -> &RequestLog {
        &self.requests
    }

    /// Of the requests that are remembered, the one that ended last.
    pub fn ended_last(&self) -> Option<&Arc<RequestRecord>> {
        self.ended_since(Time::ZERO).next_back()
    }

    /// Of the requests that are remembered, those that have ended at this moment or after it, in this order.
    pub fn ended_since(&self, since: Time) -> impl DoubleEndedIterator<Item = &Arc<RequestRecord>> {
        let ends = self.request_ends.range((since, 0)..=(self.now, u64::MAX));
        ends.filter_map(|(_, number)| {
            let at = self.requests.binary_search_by(|record| record.number.cmp(number)).ok()?;
            self.requests.get(at)
        })
    }

    /// How many requests were ever sent.
    pub fn requests_sent(&self) -> u64 {
        self.requests_sent
    }

    /// What is sent again and again, by the number that the repetition was given.
    pub fn repetitions(&self) -> &OrdMap<u64, Repetition> {
        &self.repetitions
    }

    /// The lines of the event log that are remembered, oldest first.
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// A number that grows with each write, request, closed connection and line of the log.
    pub fn generation(&self) -> u64 {
        self.store.revision() + self.requests_sent + self.events_logged + self.connections_closed
    }

    /// Puts objects into the store as they are, as a restored backup of etcd brings them: nothing is admitted. The
    /// controllers see them all at the next [`Cluster::settle`]. An object without a name is left out.
    pub fn restore(&mut self, objects: impl IntoIterator<Item = Live>) {
        for live in objects {
            if let Some(key) = reconcile::key_of(&live) {
                self.store.put(key, None, live);
            }
        }
    }

    /// Lets time pass up to `to`, and everything happen that is due until then. Never goes back.
    pub fn advance(&mut self, to: Time) {
        while let Some((place, _)) = self.queue.get_min().filter(|((at, _), _)| *at <= to) {
            let place = *place;
            self.now = self.now.max(place.0);
            if let Some(due) = self.queue.remove(&place) {
                self.happen(due);
            }
            self.settle();
        }
        self.now = self.now.max(to);
    }

    /// When the next thing is due; `None` when nothing is.
    pub fn next_due(&self) -> Option<Time> {
        self.queue.get_min().map(|((at, _), _)| *at)
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Work(work) => {
                self.work.insert(work);
            }
            Due::Repeat(number) => {
                if let Some(repetition) = self.repetitions.get(&number).cloned() {
                    self.schedule(self.now + repetition.every, Due::Repeat(number));
                    self.send_once(repetition.request, repetition.keep);
                }
            }
        }
    }

    fn schedule(&mut self, at: Time, due: Due) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), due);
    }

    /// Sends a request now, over a connection of its own, unless its protocol keeps connections by its nature (gRPC,
    /// WebSocket). Its way is decided now, by the rules as they stand.
    pub fn send(&mut self, request: Request) {
        if connections::keeps_connection(&request.url) {
            return self.send_kept(request);
        }
        self.kernels.set_now(self.now);
        let trace = trace::trace(&self.store, &self.settings, &request, &mut self.kernels, &mut self.random);
        self.record(request, trace, None);
    }

    fn send_once(&mut self, request: Request, keep: bool) {
        if keep { self.send_kept(request) } else { self.send(request) }
    }

    /// Sends a request now and then every `every` milliseconds; 0 stops the repetitions of this request. With `keep` all
    /// go over a connection that the client keeps open.
    pub fn repeat(&mut self, request: Request, every: u64, keep: bool) {
        let same: Vec<u64> = self
            .repetitions
            .iter()
            .filter(|(_, known)| known.request == request)
            .map(|(number, _)| *number)
            .collect();
        for number in same {
            self.repetitions.remove(&number);
        }
        if every > 0 {
            self.sequence += 1;
            let number = self.sequence;
            // Faster than this and the list would hold less than a minute.
            let every = every.max(50);
            self.repetitions.insert(number, Repetition { request: request.clone(), every, keep });
            self.schedule(self.now + every, Due::Repeat(number));
            self.send_once(request, keep);
        }
    }

    /// Sets the cluster's network up in another way, as if every node and controller had been started anew with these
    /// settings. Settings that can not be used change nothing, and a line of the log says why.
    pub fn configure(&mut self, settings: &Settings) {
        if let Some(why) = Settings::refuses_node_port_addresses(&settings.node_port_addresses) {
            self.log(Actor::Person, true, "FailedSettings", None, format!("nodePortAddresses: {why}"));
            return;
        }
        let before = std::mem::replace(&mut self.settings, settings.clone());
        if before.proxy_mode != settings.proxy_mode || before.ipvs_scheduler != settings.ipvs_scheduler {
            // kube-proxy cleans up what it wrote in its other mode, and the kernel's lists go with it. What connection
            // tracking knows of open connections stays.
            self.kernels = Kernels::default();
        }
        if before.load_balancers != settings.load_balancers {
            let services: Vec<ObjectKey> =
                self.store.objects_of(crate::api::Kind::Service).map(|object| object.key.clone()).collect();
            self.work.extend(services.into_iter().map(Work::LoadBalancer));
        }
        self.log(Actor::Person, false, "Configured", None, settings.to_string());
        self.settle();
    }

    /// The connections that a virtual server of IPVS counts.
    pub fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    fn log(&mut self, actor: Actor, warning: bool, reason: &str, object: Option<ObjectKey>, message: String) {
        let entry = LogEntry { at: self.now, actor, warning, reason: reason.to_owned(), object, message };
        self.events.push_back(Arc::new(entry));
        self.events_logged += 1;
        if self.events.len() > EVENTS_KEPT {
            self.events.pop_front();
        }
    }
}
