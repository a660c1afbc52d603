//! Where a packet goes by its destination, once the rules of the node it is on have had their say.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{Node, Pod, Service};

use super::client::Location;
use super::flow::{Flow, Rewriter};
use super::node::port_text;
use super::{DecidedBy, Failure, Server, Tracer, pod};
use crate::api::validation::{parse_cidr_sloppy, parse_ip_sloppy};
use crate::api::{Object, ObjectKey};
use crate::network::addresses::{
    API_SERVER, API_SERVER_PORT, Family, INTERNET_CLIENT, LAPTOP, LOAD_BALANCER_NETWORK, NODE_NETWORK,
};
use crate::network::kube_proxy::{NodeView, Origin, load_balancer_ingress, service_ports};
use crate::network::load_balancer::{Fault, announcer, balance, health_answer, local_endpoints};
use crate::network::settings::Provider;
use crate::network::{Action, Outcome, Place, Rule};

/// A way with more hops than this goes round in circles.
const MOST_HOPS: usize = 40;
/// The port on which kube-proxy answers for its own health, and the kubelet's.
const NODE_DAEMONS: [(u16, &str); 2] = [(10256, "kube-proxy"), (10250, "the kubelet")];

impl Tracer<'_> {
    /// Brings a packet to its destination. `at` is the node on which it is; `None` outside the cluster.
    ///
    /// The owner of the destination is looked for in this order: a node, a running Pod, a load balancer, a ClusterIP,
    /// an external IP; then the networks of [`crate::network::addresses`]; all else is a host outside.
    pub(super) fn route(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        at: Option<&NodeView>,
    ) -> Result<Server, Failure> {
        if self.hops.len() > MOST_HOPS {
            return Err(self.lost(flow, location, at, "the packet goes round in circles".to_owned(), None));
        }
        let address = flow.destination.ip();
        if address.is_loopback() {
            return self.reach_self(flow, location, at);
        }
        if at.is_some() {
            self.egress(flow, location)?;
        }
        let store = self.store;
        let owners: Vec<&Arc<Object>> = store.at_address(address).collect();
        if let Some(node) = owners.iter().find_map(|owner| owner.get::<Node>()) {
            return self.reach_node(flow, location, at, node);
        }
        let pods = || owners.iter().filter_map(|owner| owner.get::<Pod>());
        if let Some(pod) = pods().find(|pod| !pod::has_ended(pod)) {
            if at.is_none() {
                let why = format!("{address} is a Pod's address, and the Pod network ends at the nodes");
                let decided_by = Some((pod::key(pod), "status.podIPs".to_owned()));
                return Err(self.lost(flow, location, at, why, decided_by));
            }
            return self.deliver(flow, location, pod);
        }
        for owner in &owners {
            if let Some(service) = owner.get::<Service>()
                && load_balancer_ingress(service)
                    .filter_map(|ingress| parse_ip_sloppy(ingress.ip.as_deref()?))
                    .any(|ip| ip == address)
            {
                return self.reach_load_balancer(flow, location, at, &owner.key, service);
            }
        }
        if let Some(owner) = owners.iter().find(|owner| owner.get::<Service>().is_some()) {
            return Err(self.no_way_to_service(flow, location, at, owner));
        }
        if let Some(pod) = pods().next() {
            let why = format!("{} {}", pod.metadata.name.as_deref().unwrap_or(""), pod::phase(pod));
            let why = format!("nobody has {address} any more: {why}");
            let decided_by = Some((pod::key(pod), "status.phase".to_owned()));
            return Err(self.lost(flow, location, at, why, decided_by));
        }
        if let Some(why) = self.unowned(flow, location, at) {
            return Err(self.lost(flow, location, at, why, None));
        }
        self.leave_pod_network(flow, location, at);
        if address == API_SERVER && flow.destination.port() != API_SERVER_PORT {
            let why = format!("nothing listens on {} of the API server", port_text(flow));
            self.hop(Place::External(address.to_string()), Action::Reject, why.clone(), flow);
            return Err(Failure { outcome: Outcome::Refused(why), decided_by: flow.decided_by.clone() });
        }
        Ok(Server::External(address))
    }

    /// A packet to the sender itself.
    fn reach_self(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        at: Option<&NodeView>,
    ) -> Result<Server, Failure> {
        match (location, at) {
            (Location::Pod { pod, .. }, _) if !pod::on_node_network(pod) => self.deliver(flow, location, pod),
            (_, Some(node)) => self.reach_process(flow, location, &node.clone()),
            _ => {
                let why = format!("nothing listens on {} of the client itself", port_text(flow));
                Err(Failure { outcome: Outcome::Refused(why), decided_by: None })
            }
        }
    }

    fn reach_node(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        at: Option<&NodeView>,
        node: &Node,
    ) -> Result<Server, Failure> {
        let there = NodeView::new(node);
        if at.is_some_and(|at| at.name == there.name) {
            return self.reach_process(flow, location, &there);
        }
        let address = flow.destination.ip();
        if matches!(location, Location::Internet) && at.is_none() && !is_external(node, address) {
            let why = format!("{address} is an address inside the nodes' network");
            let decided_by = Some((ObjectKey::node(there.name.as_str()), "status.addresses".to_owned()));
            return Err(self.lost(flow, location, at, why, decided_by));
        }
        self.leave_pod_network(flow, location, at);
        if pod::is_silent(node) {
            return Err(self.silent(flow, &there.name));
        }
        self.arrive(flow, location, &there)
    }

    /// A packet from outside comes to a node.
    fn arrive(&mut self, flow: &mut Flow, location: &Location, node: &NodeView) -> Result<Server, Failure> {
        let before = flow.destination;
        self.rules(flow, node, Origin::Outside)?;
        if flow.destination == before && node.addresses.contains(&before.ip()) {
            return self.reach_process(flow, location, node);
        }
        self.route(flow, location, Some(node))
    }

    /// A packet to a process on the node itself: a Pod on the node's network, a host port, or one of the node's own
    /// servers.
    fn reach_process(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        node: &NodeView,
    ) -> Result<Server, Failure> {
        let (port, protocol) = (flow.destination.port(), flow.protocol);
        let pods = self.store.list::<Pod>().filter(|pod| {
            let on_node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
            on_node == Some(node.name.as_str()) && !pod::has_ended(pod)
        });
        let mut host_port = None;
        for pod in pods {
            if pod::on_node_network(pod) {
                if pod::listens_on_node(pod, port, protocol) {
                    let pod = pod.clone();
                    return self.deliver(flow, location, &pod);
                }
            } else if let Some(container_port) = pod::container_port_of_host_port(pod, port, protocol) {
                host_port = Some((pod.clone(), container_port));
            }
        }
        if let Some((pod, container_port)) = host_port {
            let family = Family::of(flow.destination.ip());
            let addresses = pod::addresses(&pod).filter_map(parse_ip_sloppy);
            if let Some(ip) = addresses.into_iter().find(|ip| Family::of(*ip) == family) {
                let decision = format!("hostPort {port} of {}", pod::key(&pod));
                let by = Rewriter::Node(node.name.clone());
                let place = Place::Node(node.name.clone());
                let hop = self.dnat(place, decision, flow, SocketAddr::new(ip, container_port), by);
                hop.rule = Some(Rule::Fixed("CNI-HOSTPORT-DNAT"));
                hop.looked_up = vec![pod::key(&pod)];
                return self.route(flow, location, Some(node));
            }
        }
        if let Some(server) = self.node_server(node, flow.destination, protocol) {
            return Ok(server);
        }
        let why = match port {
            30000..=32767 => format!("no Service has node port {}", port_text(flow)),
            _ => format!("nothing listens on {} of {}", port_text(flow), node.name),
        };
        self.hop(Place::Node(node.name.clone()), Action::Reject, why.clone(), flow);
        Err(Failure { outcome: Outcome::Refused(why), decided_by: None })
    }

    /// The servers that run on every node: the health checks of kube-proxy and the kubelet.
    fn node_server(&self, node: &NodeView, destination: SocketAddr, protocol: &str) -> Option<Server> {
        let port = destination.port();
        if protocol != "TCP" {
            return None;
        }
        if let Some((_, name)) = NODE_DAEMONS.iter().find(|(number, _)| *number == port) {
            let decision = format!("{name} answers 200 OK");
            return Some(Server::Node { name: node.name.clone(), status: 200, decision });
        }
        // kube-proxy answers for a Service where it serves node ports.
        let served = self.settings.node_port_ips(node, Family::of(destination.ip()));
        if served.is_some_and(|ips| !ips.contains(&destination.ip())) {
            return None;
        }
        let service = self.store.list::<Service>().find(|service| {
            let ports = service_ports(service, Family::V4);
            ports.values().any(|checked| checked.health_check_node_port == i32::from(port))
        })?;
        let (status, body) = health_answer(self.store, service, &node.name);
        let name = service.metadata.name.as_deref().unwrap_or("");
        let found = match local_endpoints(self.store, service, &node.name) {
            0 => "no ready endpoint".to_owned(),
            1 => "1 ready endpoint".to_owned(),
            n => format!("{n} ready endpoints"),
        };
        let body: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
        let decision = format!("health check of {name}: {found} on {}; the body is {body}", node.name);
        Some(Server::Node { name: node.name.clone(), status, decision })
    }

    fn reach_load_balancer(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        at: Option<&NodeView>,
        key: &ObjectKey,
        service: &Service,
    ) -> Result<Server, Failure> {
        let address = flow.destination.ip();
        match self.settings.load_balancers {
            Provider::Cloud => {}
            // An address that nobody at the playground gave out belongs to a load balancer elsewhere.
            Provider::MetalLb if Provider::MetalLb.gives(address) => {
                return self.reach_announcer(flow, location, at, key, service);
            }
            _ if !Provider::Cloud.gives(address) => {}
            _ => {
                let why = format!("nobody answers for {address}");
                let decided_by = Some((key.clone(), "status.loadBalancer".to_owned()));
                return Err(self.lost(flow, location, at, why, decided_by));
            }
        }
        self.leave_pod_network(flow, location, at);
        let place = Place::LoadBalancer(key.clone());
        let client = flow.source.ip();
        let chosen = balance(self.store, service, flow.destination, flow.protocol, client, self.random);
        let balanced = match chosen {
            Ok(balanced) => balanced,
            Err(fault) => {
                let (why, field) = match fault {
                    Fault::NoSuchPort => {
                        (format!("the load balancer has no port {}", port_text(flow)), "spec.ports")
                    }
                    Fault::SourceRanges => (
                        format!("{client} is not in loadBalancerSourceRanges"),
                        "spec.loadBalancerSourceRanges",
                    ),
                    Fault::NoHealthyNode { is_local: true } => {
                        ("no node has a ready endpoint".to_owned(), "spec.externalTrafficPolicy")
                    }
                    Fault::NoHealthyNode { is_local: false } => {
                        ("no node is healthy".to_owned(), "status.loadBalancer")
                    }
                };
                self.hop(place, Action::Drop, why.clone(), flow).looked_up = vec![key.clone()];
                let decided_by = Some((key.clone(), field.to_owned()));
                return Err(Failure { outcome: Outcome::TimedOut(why), decided_by });
            }
        };
        let name = &balanced.node.name;
        let decision = match (balanced.healthy, balanced.is_local) {
            (1, false) => format!("{name}, the only healthy node"),
            (1, true) => format!("{name}, the only node with a ready endpoint"),
            (n, false) => format!("{name}, one of {n} healthy nodes"),
            (n, true) => format!("{name}, one of {n} nodes with a ready endpoint"),
        };
        let hop = if balanced.destination == flow.destination {
            self.hop(place, Action::Forward, decision, flow)
        } else {
            self.dnat(place, decision, flow, balanced.destination, Rewriter::LoadBalancer)
        };
        hop.looked_up = vec![key.clone()];
        self.require_answering(flow, name)?;
        self.arrive(flow, location, &balanced.node)
    }

    /// A packet to an address of MetalLB's: on the nodes' network one node answers for it.
    fn reach_announcer(
        &mut self,
        flow: &mut Flow,
        location: &Location,
        at: Option<&NodeView>,
        key: &ObjectKey,
        service: &Service,
    ) -> Result<Server, Failure> {
        let address = flow.destination.ip();
        let status = || Some((key.clone(), "status.loadBalancer".to_owned()));
        if matches!(location, Location::Internet) && at.is_none() {
            let why = format!("{address} is an address inside the nodes' network");
            return Err(self.lost(flow, location, at, why, status()));
        }
        self.leave_pod_network(flow, location, at);
        let Some((node, count)) = announcer(self.store, service, address) else {
            let why = format!("no node answers ARP for {address}: no endpoint can serve");
            let decided_by = Some((key.clone(), "spec.selector".to_owned()));
            return Err(self.lost(flow, location, at, why, decided_by));
        };
        let what = match count {
            1 => "the only node that can".to_owned(),
            n => format!("chosen of {n} by a hash"),
        };
        let decision = format!("answers ARP for {address}, {what}; the address stays the destination");
        let hop = self.hop(Place::Node(node.name.clone()), Action::Forward, decision, flow);
        hop.rule = Some(Rule::Fixed("MetalLB speaker"));
        hop.looked_up = vec![key.clone()];
        self.require_answering(flow, &node.name)?;
        self.arrive(flow, location, &node)
    }

    /// A Service's address for which no rule was found, or no way from outside.
    fn no_way_to_service(
        &mut self,
        flow: &Flow,
        location: &Location,
        at: Option<&NodeView>,
        owner: &Object,
    ) -> Failure {
        let address = flow.destination.ip();
        let (namespace, name) = (&owner.key.namespace, &owner.key.name);
        let is_cluster_ip = owner.get::<Service>().is_some_and(|service| {
            let ips = service.spec.iter().flat_map(|spec| spec.cluster_ips.iter().flatten());
            ips.filter_map(|ip| parse_ip_sloppy(ip)).any(|ip| ip == address)
        });
        let (why, field) = if is_cluster_ip && at.is_none() {
            let why = format!("{address} is a ClusterIP, which exists only in the rules of the nodes");
            (why, "spec.clusterIP")
        } else if at.is_none() {
            (format!("nothing brings {address} to a node"), "spec.externalIPs")
        } else {
            (format!("{namespace}/{name} has no port {}", port_text(flow)), "spec.ports")
        };
        let failure = self.lost(flow, location, at, why, Some((owner.key.clone(), field.to_owned())));
        if at.is_some()
            && let Some(hop) = self.hops.last_mut()
        {
            hop.decision = format!("no rule is about this destination: {}", hop.decision);
        }
        failure
    }

    /// Why nobody is at an address that no object has; `None` when it is outside the cluster.
    fn unowned(&self, flow: &Flow, location: &Location, at: Option<&NodeView>) -> Option<String> {
        let address = flow.destination.ip();
        let pod_networks = self.store.list::<Node>().flat_map(|node| {
            let spec = node.spec.as_ref();
            spec.into_iter().flat_map(|spec| spec.pod_cidrs.iter().flatten())
        });
        let mut pod_networks = pod_networks.filter_map(|cidr| parse_cidr_sloppy(cidr));
        if pod_networks.any(|(_, network)| network.contains(&address)) {
            return Some(format!("no Pod has {address}"));
        }
        let is_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        if is_in(&self.settings.pod_networks) {
            return Some(format!("no Pod has {address}"));
        }
        if is_in(&self.settings.service_networks) {
            return Some(format!("no Service has {address}"));
        }
        let IpAddr::V4(v4) = address else { return None };
        let is_known = [API_SERVER, LAPTOP, INTERNET_CLIENT].contains(&address) || flow.service.is_some();
        if matches!(location, Location::Internet) && at.is_none() && v4.is_private() {
            Some(format!("{address} is a private address"))
        } else if is_known {
            // What an EndpointSlice lists is taken to be there.
            None
        } else if LOAD_BALANCER_NETWORK.contains(&v4) {
            Some(format!("no load balancer has {address}"))
        } else if NODE_NETWORK.contains(&v4) {
            Some(format!("no node has {address}"))
        } else {
            None
        }
    }

    /// Rewrites a Pod's own address to its node's when the packet leaves the Pod network.
    fn leave_pod_network(&mut self, flow: &mut Flow, location: &Location, at: Option<&NodeView>) {
        let is_pods_own = flow.source == flow.first_source && location.origin() == Origin::Pod;
        let Some(node) = at.filter(|_| is_pods_own) else { return };
        let Some(address) = node.address(Family::of(flow.destination.ip())) else { return };
        self.snat(&node.name, "the packet leaves the Pod network".to_owned(), flow, address);
    }

    /// Ends a connection whose packets come to nobody.
    fn lost(
        &mut self,
        flow: &Flow,
        location: &Location,
        at: Option<&NodeView>,
        why: String,
        decided_by: DecidedBy,
    ) -> Failure {
        let (place, action) = match at {
            Some(node) => (Place::Node(node.name.clone()), Action::Drop),
            None => (Place::Client(location.client()), Action::Send),
        };
        let hop = self.hop(place, action, why.clone(), flow);
        hop.looked_up = decided_by.iter().map(|(key, _)| key.clone()).collect();
        Failure { outcome: Outcome::TimedOut(why), decided_by }
    }
}

fn is_external(node: &Node, address: IpAddr) -> bool {
    let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
    addresses
        .filter(|known| known.type_ == "ExternalIP")
        .any(|known| parse_ip_sloppy(&known.address) == Some(address))
}
