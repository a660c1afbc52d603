//! What the rules on a node do, by board and packet.

use serde_json::{Value, json};

use super::*;
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, Live, ObjectKey, Random, Time};
use crate::network::kernel::Kernels;
use crate::network::settings::{ProxyMode, Settings};
use crate::store::Store;

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
    let got = match decide(store, &settings, &node, &packet, &mut Kernels::default(), &mut Random::new(1)) {
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

/// The endpoints to which a client is sent, one connection every `seconds`.
fn sent_to(spec: Value, settings: &Settings, seconds: u64, ready: &dyn Fn(u64) -> [bool; 2]) -> Vec<String> {
    let node = NodeView { name: "node-1".to_owned(), ..NodeView::default() };
    let mut kernels = Kernels::default();
    let mut random = Random::new(1);
    let mut sent = Vec::new();
    for number in 0..20 {
        let [first, second] = ready(number);
        let endpoints = [("10.244.1.7", "node-1", first), ("10.244.2.9", "node-2", second)];
        let store = board(spec.clone(), Value::Null, &endpoints);
        kernels.set_now(Time(number * seconds * 1000));
        kernels.forget_gone_endpoints(&store);
        let packet = Packet {
            source: "10.244.1.5:50000".parse().unwrap(),
            destination: "10.96.84.12:80".parse().unwrap(),
            protocol: "TCP",
            origin: Origin::Pod,
        };
        match decide(&store, settings, &node, &packet, &mut kernels, &mut random) {
            Verdict::Forward(forward) => sent.push(forward.endpoint.ip),
            other => panic!("{other:?}"),
        }
    }
    sent
}

fn affinity(seconds: i32) -> Value {
    json!({"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": seconds}}})
}

#[test]
fn session_affinity_keeps_a_client_until_it_was_away_for_the_timeout() {
    for proxy_mode in [ProxyMode::Iptables, ProxyMode::Nftables, ProxyMode::Ipvs] {
        let settings = Settings { proxy_mode, ..Settings::default() };
        let both = |_| [true, true];
        let distinct = |seconds| {
            let mut sent = sent_to(affinity(100), &settings, seconds, &both);
            sent.dedup();
            sent.len()
        };
        // Each connection begins the time anew, so a client that comes often enough stays for ever.
        assert_eq!(distinct(99), 1, "{proxy_mode:?}");
        assert!(distinct(100) > 1, "{proxy_mode:?}");
    }
}

#[test]
fn a_client_whose_endpoint_went_stays_with_the_next_one_even_when_the_first_comes_back() {
    let settings = Settings::default();
    let ready = |number| [number != 5, number == 5];
    let sent = sent_to(affinity(10_800), &settings, 1, &ready);
    assert_eq!(sent[4..=6], ["10.244.1.7", "10.244.2.9", "10.244.1.7"]);
    let ready = |number| [!(5..=8).contains(&number), number >= 5];
    let sent = sent_to(affinity(10_800), &settings, 1, &ready);
    assert!(sent[..5].iter().all(|ip| ip == "10.244.1.7"));
    assert!(sent[5..].iter().all(|ip| ip == "10.244.2.9"), "{sent:?}");
}

#[test]
fn node_ports_are_served_where_the_mode_or_the_setting_says() {
    let store = board(json!({}), Value::Null, &[("10.244.1.7", "node-1", true)]);
    let node = NodeView {
        name: "node-1".to_owned(),
        zone: String::new(),
        addresses: ["192.168.1.11", "198.51.100.7"].map(|text| text.parse().unwrap()).to_vec(),
    };
    let check = |proxy_mode, addresses: &[&str], to: &str, origin, expected: bool| {
        let node_port_addresses = addresses.iter().map(|text| (*text).to_owned()).collect();
        let settings = Settings { proxy_mode, node_port_addresses, ..Settings::default() };
        let packet = Packet {
            source: "192.168.1.50:50000".parse().unwrap(),
            destination: format!("{to}:30080").parse().unwrap(),
            protocol: "TCP",
            origin,
        };
        let verdict = decide(&store, &settings, &node, &packet, &mut Kernels::default(), &mut Random::new(1));
        let is_served = matches!(verdict, Verdict::Forward(_));
        assert_eq!(is_served, expected, "{proxy_mode:?} {addresses:?} {to} {origin:?}");
    };
    for (mode, second, loopback) in [
        (ProxyMode::Iptables, true, true),
        (ProxyMode::Nftables, false, false),
        (ProxyMode::Ipvs, true, false),
    ] {
        check(mode, &[], "192.168.1.11", OUTSIDE.1, true);
        check(mode, &[], "198.51.100.7", OUTSIDE.1, second);
        check(mode, &[], "127.0.0.1", Origin::Node, loopback);
        check(mode, &["198.51.100.0/24"], "198.51.100.7", OUTSIDE.1, true);
        check(mode, &["198.51.100.0/24"], "192.168.1.11", OUTSIDE.1, false);
        check(mode, &["primary"], "192.168.1.11", OUTSIDE.1, true);
        check(mode, &["primary"], "198.51.100.7", OUTSIDE.1, false);
    }
}

#[test]
fn ipvs_has_the_endpoints_on_its_node_or_all_of_them_for_everybody() {
    let local = json!({"externalTrafficPolicy": "Local"});
    let both = [("10.244.1.7", "node-1", true), ("10.244.2.9", "node-2", true)];
    let mode = ProxyMode::Ipvs;
    let store = board(local.clone(), Value::Null, &both);
    for from in [POD, NODE, OUTSIDE] {
        check(&store, mode, from, "192.168.1.11:30080", "NodePort 10.244.1.7:8080 kept");
    }
    let elsewhere = board(local, Value::Null, &both[1..]);
    check(&elsewhere, mode, POD, "203.0.113.10:80", "LoadBalancerIp 10.244.2.9:8080 kept");
    check(&elsewhere, mode, OUTSIDE, "203.0.113.10:80", "drop: no local endpoints");
    let nowhere = board(json!({}), Value::Null, &[]);
    check(&nowhere, mode, POD, "10.96.84.12:80", "reject: no endpoints");
}
