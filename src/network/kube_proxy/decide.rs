//! What the rules of kube-proxy on one node do with the first packet of a connection.

use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::{Node, Service};

use super::chains;
use super::endpoint::{Endpoint, endpoints};
use super::service_port::{ServicePort, ServicePortName, is_proxied, is_watched, service_ports};
use super::topology::{Categories, TopologyMode, categorize_endpoints};
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey, Random};
use crate::network::addresses::{Family, SERVICE_NETWORK};
use crate::network::settings::{ProxyMode, Settings};
use crate::store::Store;

/// Where a packet comes from, as the rules tell it apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// From a Pod, with the Pod's own address.
    Pod,
    /// From a process on this node.
    Node,
    /// From anywhere else: another node, a load balancer, the world outside.
    Outside,
}

/// The first packet of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The source address.
    pub source: SocketAddr,
    /// The destination address.
    pub destination: SocketAddr,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// Where it comes from.
    pub origin: Origin,
}

/// What kube-proxy knows of the node it runs on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeView {
    /// `metadata.name`.
    pub name: String,
    /// The label `topology.kubernetes.io/zone`; empty when there is none.
    pub zone: String,
    /// The node's internal and external addresses, in the order of its status.
    pub addresses: Vec<IpAddr>,
}

impl NodeView {
    /// The node as its object shows it.
    pub fn new(node: &Node) -> NodeView {
        let labels = node.metadata.labels.as_ref();
        let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
        NodeView {
            name: node.metadata.name.clone().unwrap_or_default(),
            zone: labels
                .and_then(|labels| labels.get("topology.kubernetes.io/zone"))
                .cloned()
                .unwrap_or_default(),
            addresses: addresses
                .filter(|address| matches!(address.type_.as_str(), "InternalIP" | "ExternalIP"))
                .filter_map(|address| parse_ip_sloppy(&address.address))
                .collect(),
        }
    }

    /// The address that the node puts in place of a source when it masquerades; `None` when it has none of the family.
    pub fn address(&self, family: Family) -> Option<IpAddr> {
        self.addresses.iter().copied().find(|address| Family::of(*address) == family)
    }
}

/// By which of its addresses a service port was matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `spec.clusterIP`.
    ClusterIp,
    /// One of `spec.externalIPs`.
    ExternalIp,
    /// The address of the load balancer.
    LoadBalancerIp,
    /// The node port on an address of this node.
    NodePort,
}

/// The traffic policy that chose among the endpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// All endpoints.
    Cluster,
    /// Endpoints on this node.
    Local,
}

/// Why the source is rewritten to the node's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Masquerade {
    /// `externalTrafficPolicy: Cluster`: the endpoint may be on another node, and its answer must come back here.
    ExternalTrafficPolicyCluster,
    /// The ClusterIP was called from outside the Pod network.
    OutsidePodNetwork,
    /// A process on this node called an external address of the Service.
    LocalSource,
    /// The client is the chosen endpoint itself.
    Hairpin,
}

/// The chains that a packet went through, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chains {
    /// Where the destination was matched: `KUBE-SERVICES`, `KUBE-NODEPORTS` or what stands for them.
    pub entry: &'static str,
    /// The chain of external traffic; `None` for the ClusterIP.
    pub external: Option<String>,
    /// The chain that chose among the endpoints.
    pub service: String,
    /// The chain of the chosen endpoint; `None` in nftables mode without session affinity, where the service's chain
    /// rewrites the destination itself.
    pub endpoint: Option<String>,
}

/// A packet that goes to an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// The service port that was matched.
    pub port: ServicePort,
    /// By which address.
    pub way: Way,
    /// The policy that chose.
    pub policy: Policy,
    /// The endpoint: the destination is rewritten to it.
    pub endpoint: Endpoint,
    /// How many endpoints could have been chosen.
    pub candidates: u64,
    /// Whether these are serving terminating endpoints, because none is ready.
    pub falls_back: bool,
    /// How topology hints narrowed the choice.
    pub topology: TopologyMode,
    /// Whether `sessionAffinity: ClientIP` tied the client to this endpoint.
    pub is_sticky: bool,
    /// Why the source is rewritten; `None` when it is kept.
    pub masquerade: Option<Masquerade>,
    /// The chains that did it.
    pub chains: Chains,
}

/// A packet that is refused: the client hears it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reject {
    /// The service port has no usable endpoint anywhere in the cluster.
    NoEndpoints(ServicePort, Way),
    /// The address is this Service's ClusterIP, and the Service has no such port.
    InvalidPort(ObjectKey),
}

/// A packet that is dropped: the client hears nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Drop {
    /// There are endpoints, but the policy Local is in force and none of them is on this node.
    NoLocalEndpoints(ServicePort, Way),
    /// The source is not in `loadBalancerSourceRanges`.
    SourceRanges(ServicePort),
    /// The address is in the range of ClusterIPs and no Service has it.
    Unallocated,
}

/// What the rules do with a packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// No rule is about this destination: the packet goes on as it is.
    NotAService,
    /// To an endpoint.
    Forward(Box<Forward>),
    /// Refused.
    Reject(Reject),
    /// Dropped.
    Drop(Drop),
}

/// What the rules on `node` do with a packet that comes to it or begins on it.
///
/// A destination is looked for among ClusterIPs, then external IPs, then load balancers' addresses, then, if it is an
/// address of this node, among node ports. Then, in this order:
/// - no usable endpoint anywhere: rejected (with nftables this comes after the next);
/// - the source is outside `loadBalancerSourceRanges`: dropped;
/// - policy Local and none on this node: dropped;
/// - else one of the usable endpoints, drawn from `random` (with `sessionAffinity: ClientIP` always the same one for
///   the same client, as long as it is usable).
///
/// Traffic from Pods and from the node itself to an external address follows the policy Cluster whatever
/// `externalTrafficPolicy` says, as if it had gone out to a load balancer and come in again.
// Models pkg/proxy/iptables/proxier.go syncProxyRules and pkg/proxy/nftables/proxier.go syncProxyRules
pub fn decide(
    store: &Store,
    settings: &Settings,
    node: &NodeView,
    packet: &Packet,
    random: &mut Random,
) -> Verdict {
    let Some((port, way)) = matched_port(store, settings, node, packet) else {
        return without_rule(store, settings, packet);
    };
    let source = packet.source.ip();
    let family = Family::of(packet.destination.ip());
    let slices = store.slices_of(&port.name.namespace, &port.name.name).map(|slice| &**slice);
    let watched = slices.filter(|slice| is_watched(slice));
    let all = endpoints(watched, &port.name, family, &node.name);
    let categories = categorize_endpoints(&all, &port, &node.name, &node.zone);
    let is_kept_out = way == Way::LoadBalancerIp
        && !port.source_ranges.is_empty()
        && !port.source_ranges.iter().any(|range| range.contains(&source));
    // Only nftables looks at the source before it looks for endpoints.
    if is_kept_out && (categories.has_any || settings.proxy_mode == ProxyMode::Nftables) {
        return Verdict::Drop(Drop::SourceRanges(port));
    }
    if !categories.has_any {
        return Verdict::Reject(Reject::NoEndpoints(port, way));
    }
    let policy = match way {
        Way::ClusterIp if port.internal_policy_local => Policy::Local,
        Way::ClusterIp => Policy::Cluster,
        _ if port.external_policy_local && packet.origin == Origin::Outside => Policy::Local,
        _ => Policy::Cluster,
    };
    let candidates = match policy {
        Policy::Cluster => &categories.cluster,
        Policy::Local => &categories.local,
    };
    let Some(endpoint) = choose(candidates, &port, node, source, random) else {
        return match settings.proxy_mode {
            // A virtual server without real servers answers with an ICMP error.
            ProxyMode::Ipvs => Verdict::Reject(Reject::NoEndpoints(port, way)),
            _ => Verdict::Drop(Drop::NoLocalEndpoints(port, way)),
        };
    };
    let endpoint = endpoint.clone();
    Verdict::Forward(Box::new(Forward {
        candidates: candidates.len() as u64,
        falls_back: falls_back(&categories, policy),
        topology: if policy == Policy::Cluster { categories.topology } else { TopologyMode::None },
        is_sticky: port.affinity_seconds.is_some(),
        masquerade: masquerade(&port, way, packet, &endpoint),
        chains: chain_names(settings.proxy_mode, &port, way, policy, &endpoint),
        endpoint,
        port,
        way,
        policy,
    }))
}

fn falls_back(categories: &Categories, policy: Policy) -> bool {
    match policy {
        Policy::Cluster => categories.cluster_falls_back,
        Policy::Local => categories.local_falls_back,
    }
}

/// The service port that a destination leads to on this node.
fn matched_port(
    store: &Store,
    settings: &Settings,
    node: &NodeView,
    packet: &Packet,
) -> Option<(ServicePort, Way)> {
    let ip = packet.destination.ip();
    let number = i32::from(packet.destination.port());
    let family = Family::of(ip);
    let mut best: Option<(ServicePort, Way)> = None;
    let text = ip.to_string();
    let at_address = store.at_address(&text).filter_map(|object| object.get::<Service>());
    for service in at_address.filter(|service| is_proxied(service)) {
        for port in service_ports(service, family).into_values() {
            if port.port != number || port.name.protocol != packet.protocol {
                continue;
            }
            let way = if port.cluster_ip == Some(ip) {
                Way::ClusterIp
            } else if port.external_ips.contains(&ip) {
                Way::ExternalIp
            } else if port.load_balancer_vips.contains(&ip) {
                Way::LoadBalancerIp
            } else {
                continue;
            };
            if best.as_ref().is_none_or(|(_, other)| (way as u8) < (*other as u8)) {
                best = Some((port, way));
            }
        }
    }
    let on_this_node = node.addresses.contains(&ip)
        || ip.is_loopback() && packet.origin == Origin::Node && settings.proxy_mode == ProxyMode::Iptables;
    if best.is_some() || !on_this_node {
        return best;
    }
    let services = store.list::<Service>().filter(|service| is_proxied(service));
    services
        .filter(|service| has_node_port(service, number))
        .flat_map(|service| service_ports(service, family).into_values())
        .find(|port| port.node_port == number && port.name.protocol == packet.protocol)
        .map(|port| (port, Way::NodePort))
}

fn has_node_port(service: &Service, number: i32) -> bool {
    let ports = service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
    ports.filter_map(|port| port.node_port).any(|port| port == number)
}

/// What happens to a destination that is no service port. iptables has no rule for it; nftables refuses other ports of
/// a ClusterIP and drops what goes to a ClusterIP that no Service has; IPVS refuses other ports.
// Models pkg/proxy/nftables/proxier.go cluster-ips-check
fn without_rule(store: &Store, settings: &Settings, packet: &Packet) -> Verdict {
    if settings.proxy_mode == ProxyMode::Iptables {
        return Verdict::NotAService;
    }
    let ip = packet.destination.ip();
    let family = Family::of(ip);
    for object in store.at_address(&ip.to_string()) {
        let Some(service) = object.get::<Service>().filter(|service| is_proxied(service)) else { continue };
        if service_ports(service, family).values().any(|port| port.cluster_ip == Some(ip)) {
            return Verdict::Reject(Reject::InvalidPort(object.key.clone()));
        }
    }
    match ip {
        IpAddr::V4(v4) if settings.proxy_mode == ProxyMode::Nftables && SERVICE_NETWORK.contains(&v4) => {
            Verdict::Drop(Drop::Unallocated)
        }
        _ => Verdict::NotAService,
    }
}

/// One of `candidates`, each as likely as the others. With session affinity the one whose hash with client and node
/// is highest: the same client keeps its endpoint as long as that is a candidate, and no table has to be kept.
fn choose<'a>(
    candidates: &[&'a Endpoint],
    port: &ServicePort,
    node: &NodeView,
    client: IpAddr,
    random: &mut Random,
) -> Option<&'a Endpoint> {
    if port.affinity_seconds.is_some() {
        return candidates.iter().copied().max_by_key(|endpoint| {
            let mut seed = 0xcbf2_9ce4_8422_2325_u64;
            for byte in format!("{client} {} {} {}", port.name, node.name, endpoint.address()).bytes() {
                seed = (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Random::new(seed).next_u64()
        });
    }
    let index = usize::try_from(random.below(candidates.len() as u64)).ok()?;
    candidates.get(index).copied()
}

fn masquerade(port: &ServicePort, way: Way, packet: &Packet, endpoint: &Endpoint) -> Option<Masquerade> {
    if endpoint.ip_address() == Some(packet.source.ip()) {
        return Some(Masquerade::Hairpin);
    }
    match (way, packet.origin) {
        (Way::ClusterIp, Origin::Pod) => None,
        (Way::ClusterIp, _) => Some(Masquerade::OutsidePodNetwork),
        _ if !port.external_policy_local => Some(Masquerade::ExternalTrafficPolicyCluster),
        (_, Origin::Node) => Some(Masquerade::LocalSource),
        _ => None,
    }
}

fn chain_names(mode: ProxyMode, port: &ServicePort, way: Way, policy: Policy, endpoint: &Endpoint) -> Chains {
    let name: &ServicePortName = &port.name;
    let is_external = way != Way::ClusterIp;
    let is_local = policy == Policy::Local;
    match mode {
        ProxyMode::Iptables => Chains {
            entry: if way == Way::NodePort { "KUBE-NODEPORTS" } else { "KUBE-SERVICES" },
            external: is_external.then(|| chains::iptables_service("KUBE-EXT-", name)),
            service: chains::iptables_service(if is_local { "KUBE-SVL-" } else { "KUBE-SVC-" }, name),
            endpoint: Some(chains::iptables_endpoint(name, &endpoint.address())),
        },
        ProxyMode::Nftables => Chains {
            entry: "services",
            external: is_external.then(|| chains::nftables_service("external-", name)),
            service: chains::nftables_service(if is_local { "local-" } else { "service-" }, name),
            endpoint: port
                .affinity_seconds
                .map(|_| chains::nftables_endpoint(name, &endpoint.ip, endpoint.port)),
        },
        ProxyMode::Ipvs => Chains {
            entry: "kube-ipvs0",
            external: None,
            service: format!("virtual server of {name}"),
            endpoint: Some(format!("real server {}", endpoint.address())),
        },
    }
}

impl ServicePortName {
    /// The Service to which the port belongs.
    pub fn service(&self) -> ObjectKey {
        ObjectKey::new(Kind::Service, self.namespace.as_str(), self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Live;
    use serde_json::{Value, json};

    fn put(store: &mut Store, value: &Value) {
        let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
        let live = Live::from_value(&kind, value).unwrap();
        let meta = live.metadata().unwrap();
        let namespace = meta.namespace.clone().unwrap_or_default();
        let key = ObjectKey::new(kind, namespace, meta.name.clone().unwrap());
        store.put(key, None, live);
    }

    /// A Service `shop/web` with `spec` over the usual fields, and one slice with these endpoints:
    /// `(address, node, ready)`.
    fn board(spec: Value, status: Value, endpoints: &[(&str, &str, bool)]) -> Store {
        let mut store = Store::default();
        let mut service = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"clusterIP": "10.96.84.12", "clusterIPs": ["10.96.84.12"], "type": "LoadBalancer",
                "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}});
        for (field, value) in spec.as_object().unwrap() {
            service["spec"][field] = value.clone();
        }
        if !status.is_null() {
            service["status"] = status;
        }
        put(&mut store, &service);
        let endpoints: Vec<Value> = endpoints
            .iter()
            .map(|(address, node, ready)| {
                json!({"addresses": [address], "nodeName": node,
                    "conditions": {"ready": ready, "serving": ready, "terminating": false}})
            })
            .collect();
        put(
            &mut store,
            &json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
                "metadata": {"name": "web-1", "namespace": "shop",
                    "labels": {"kubernetes.io/service-name": "web"}},
                "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": endpoints}),
        );
        store
    }

    /// What node-1 does with a packet; short, as `way endpoint masquerade`.
    fn check(store: &Store, mode: ProxyMode, from: (&str, Origin), to: &str, expected: &str) {
        let node = NodeView {
            name: "node-1".to_owned(),
            zone: String::new(),
            addresses: vec![parse_ip_sloppy("192.168.1.11").unwrap()],
        };
        let packet = Packet {
            source: format!("{}:49152", from.0).parse().unwrap(),
            destination: to.parse().unwrap(),
            protocol: "TCP",
            origin: from.1,
        };
        let settings = Settings { proxy_mode: mode, ..Settings::default() };
        let got = match decide(store, &settings, &node, &packet, &mut Random::new(1)) {
            Verdict::NotAService => "not a service".to_owned(),
            Verdict::Forward(forward) => {
                let masquerade =
                    forward.masquerade.map_or_else(|| "kept".to_owned(), |reason| format!("{reason:?}"));
                format!("{:?} {} {masquerade}", forward.way, forward.endpoint.address())
            }
            Verdict::Reject(Reject::NoEndpoints(..)) => "reject: no endpoints".to_owned(),
            Verdict::Reject(Reject::InvalidPort(_)) => "reject: invalid port".to_owned(),
            Verdict::Drop(Drop::NoLocalEndpoints(..)) => "drop: no local endpoints".to_owned(),
            Verdict::Drop(Drop::SourceRanges(_)) => "drop: source ranges".to_owned(),
            Verdict::Drop(Drop::Unallocated) => "drop: unallocated".to_owned(),
        };
        assert_eq!(got, expected);
    }

    const POD: (&str, Origin) = ("10.244.1.5", Origin::Pod);
    const OUTSIDE: (&str, Origin) = ("198.51.100.23", Origin::Outside);
    const NODE: (&str, Origin) = ("192.168.1.11", Origin::Node);

    #[test]
    fn cluster_ip_keeps_the_address_of_a_pod_and_masquerades_all_else() {
        let store = board(json!({}), Value::Null, &[("10.244.2.9", "node-2", true)]);
        let mode = ProxyMode::Iptables;
        check(&store, mode, POD, "10.96.84.12:80", "ClusterIp 10.244.2.9:8080 kept");
        check(&store, mode, NODE, "10.96.84.12:80", "ClusterIp 10.244.2.9:8080 OutsidePodNetwork");
        let hairpin = ("10.244.2.9", Origin::Pod);
        check(&store, mode, hairpin, "10.96.84.12:80", "ClusterIp 10.244.2.9:8080 Hairpin");
    }

    #[test]
    fn other_port_of_a_cluster_ip_depends_on_the_mode() {
        let store = board(json!({}), Value::Null, &[("10.244.2.9", "node-2", true)]);
        check(&store, ProxyMode::Iptables, POD, "10.96.84.12:8080", "not a service");
        check(&store, ProxyMode::Nftables, POD, "10.96.84.12:8080", "reject: invalid port");
        check(&store, ProxyMode::Nftables, POD, "10.96.84.13:80", "drop: unallocated");
        check(&store, ProxyMode::Ipvs, POD, "10.96.84.12:8080", "reject: invalid port");
    }

    #[test]
    fn local_policy_drops_without_a_local_endpoint_and_no_endpoint_at_all_rejects() {
        let local = json!({"externalTrafficPolicy": "Local"});
        let mode = ProxyMode::Iptables;
        let elsewhere = board(local.clone(), Value::Null, &[("10.244.2.9", "node-2", true)]);
        check(&elsewhere, mode, OUTSIDE, "192.168.1.11:30080", "drop: no local endpoints");
        check(&elsewhere, mode, POD, "203.0.113.10:80", "LoadBalancerIp 10.244.2.9:8080 kept");
        check(&elsewhere, mode, NODE, "203.0.113.10:80", "LoadBalancerIp 10.244.2.9:8080 LocalSource");
        let here = board(local.clone(), Value::Null, &[("10.244.1.7", "node-1", true)]);
        check(&here, mode, OUTSIDE, "192.168.1.11:30080", "NodePort 10.244.1.7:8080 kept");
        let none = board(local, Value::Null, &[("10.244.1.7", "node-1", false)]);
        check(&none, mode, OUTSIDE, "192.168.1.11:30080", "reject: no endpoints");
        let internal = json!({"internalTrafficPolicy": "Local"});
        let elsewhere = board(internal, Value::Null, &[("10.244.2.9", "node-2", true)]);
        check(&elsewhere, mode, POD, "10.96.84.12:80", "drop: no local endpoints");
    }

    #[test]
    fn node_port_of_another_node_is_not_this_nodes_business() {
        let store = board(json!({}), Value::Null, &[("10.244.1.7", "node-1", true)]);
        let mode = ProxyMode::Iptables;
        check(&store, mode, POD, "192.168.1.12:30080", "not a service");
        check(
            &store,
            mode,
            OUTSIDE,
            "192.168.1.11:30080",
            "NodePort 10.244.1.7:8080 ExternalTrafficPolicyCluster",
        );
    }

    #[test]
    fn source_ranges_hold_for_the_load_balancers_address_alone() {
        let spec = json!({"loadBalancerSourceRanges": [" 192.0.2.0/24"]});
        let store = board(spec, Value::Null, &[("10.244.1.7", "node-1", true)]);
        let mode = ProxyMode::Iptables;
        check(&store, mode, OUTSIDE, "203.0.113.10:80", "drop: source ranges");
        check(
            &store,
            mode,
            ("192.0.2.4", Origin::Outside),
            "203.0.113.10:80",
            "LoadBalancerIp 10.244.1.7:8080 ExternalTrafficPolicyCluster",
        );
        check(
            &store,
            mode,
            OUTSIDE,
            "192.168.1.11:30080",
            "NodePort 10.244.1.7:8080 ExternalTrafficPolicyCluster",
        );
    }

    #[test]
    fn proxying_load_balancer_has_no_rules_for_its_address() {
        let status = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.10", "ipMode": "Proxy"}]}});
        let store = board(json!({}), status, &[("10.244.1.7", "node-1", true)]);
        check(&store, ProxyMode::Iptables, POD, "203.0.113.10:80", "not a service");
    }

    #[test]
    fn session_affinity_sends_a_client_to_one_endpoint() {
        let endpoints = [("10.244.1.7", "node-1", true), ("10.244.2.9", "node-2", true)];
        let store = board(json!({"sessionAffinity": "ClientIP"}), Value::Null, &endpoints);
        let node = NodeView { name: "node-1".to_owned(), ..NodeView::default() };
        let packet = Packet {
            source: "10.244.1.5:50000".parse().unwrap(),
            destination: "10.96.84.12:80".parse().unwrap(),
            protocol: "TCP",
            origin: Origin::Pod,
        };
        let mut random = Random::new(1);
        let mut chosen: Vec<String> = (0..20)
            .map(|_| match decide(&store, &Settings::default(), &node, &packet, &mut random) {
                Verdict::Forward(forward) => forward.endpoint.address(),
                other => panic!("{other:?}"),
            })
            .collect();
        chosen.dedup();
        assert_eq!(chosen.len(), 1);
    }
}
