//! The checkers of `iptables` and `nftables`: all rules of one node.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use endpoint_playground::network::addresses::Family;
use endpoint_playground::network::kube_proxy::NodeView;
use endpoint_playground::network::rules::{Proxied, Proxy, iptables, nftables, proxied};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::Value;

/// Compares the rules in iptables mode.
pub fn check_iptables(file: &Value) -> (usize, Vec<String>) {
    check(file, iptables, None)
}

/// Compares the rules in nftables mode.
pub fn check_nftables(file: &Value) -> (usize, Vec<String>) {
    check(file, nftables, Some(vec![NODE_IP]))
}

type Write = fn(&[Proxied], &Proxy) -> Vec<String>;

/// The node's address in every case.
const NODE_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 0, 2));

/// `node_port_ips` are the addresses that node ports are served on by default.
fn check(file: &Value, write: Write, node_port_ips: Option<Vec<IpAddr>>) -> (usize, Vec<String>) {
    let cases = file.as_array().expect("the file is an array");
    let difference = |case| difference(case, write, &node_port_ips);
    (cases.len(), cases.iter().filter_map(difference).collect())
}

fn difference(case: &Value, write: Write, node_port_ips: &Option<Vec<IpAddr>>) -> Option<String> {
    let rules = case["rules"].as_array()?;
    let expected = canonical(rules.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    let zone = case["nodeLabels"]["topology.kubernetes.io/zone"].as_str().unwrap_or_default();
    let proxy = Proxy {
        node: NodeView {
            name: case["nodeName"].as_str().unwrap_or_default().to_owned(),
            zone: zone.to_owned(),
            addresses: vec![NODE_IP],
        },
        family: Family::V4,
        node_ip: Some(NODE_IP),
        node_port_ips: node_port_ips.clone(),
        pod_network: Some("10.0.0.0/8".parse().expect("a network")),
        service_networks: vec!["172.30.0.0/16".parse().expect("a network")],
        has_counters: true,
    };
    let services: Vec<Service> = list(&case["services"]);
    let slices: Vec<EndpointSlice> = list(&case["slices"]);
    let own = |service: &Service| -> Vec<&EndpointSlice> {
        let is_own = |slice: &&EndpointSlice| {
            let labels = slice.metadata.labels.as_ref();
            slice.metadata.namespace == service.metadata.namespace
                && labels.and_then(|labels| labels.get("kubernetes.io/service-name"))
                    == service.metadata.name.as_ref()
        };
        slices.iter().filter(is_own).collect()
    };
    let actual = canonical(write(&proxied(&services, own, &proxy), &proxy));
    let differs = expected.iter().zip(&actual).find(|(wanted, got)| wanted != got);
    match differs {
        Some((wanted, got)) => Some(format!("{}: wanted {wanted}\n    got {got}", case["name"])),
        None if expected.len() != actual.len() => {
            Some(format!("{}: wanted {} lines, got {}", case["name"], expected.len(), actual.len()))
        }
        None => None,
    }
}

/// Chains that hold rules of several service ports, whose order among each other is not determined.
const SHARED: [&str; 4] =
    ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-FIREWALL"];

/// Sorts the rules of shared chains stably by service port; everything else keeps its order.
fn canonical(rules: Vec<String>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for rule in rules {
        let chain = rule.strip_prefix("-A ").and_then(|rest| rest.split(' ').next()).unwrap_or("").to_owned();
        match groups.last_mut() {
            Some((last, rules)) if *last == chain => rules.push(rule),
            _ => groups.push((chain, vec![rule])),
        }
    }
    for (chain, rules) in &mut groups {
        if SHARED.contains(&chain.as_str()) {
            let mut by_port: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for rule in rules.drain(..) {
                by_port.entry(service_port(&rule)).or_default().push(rule);
            }
            rules.extend(by_port.into_values().flatten());
        }
    }
    groups.into_iter().flat_map(|(_, rules)| rules).collect()
}

/// The service port that the comment begins with; the last place for the jump to the node ports.
fn service_port(rule: &str) -> String {
    let comment = rule.split("--comment ").nth(1).unwrap_or("~").trim_start_matches('"');
    if comment.starts_with("kubernetes service nodeports") {
        return "~".to_owned();
    }
    comment.split([' ', '"']).next().unwrap_or("~").to_owned()
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| T::deserialize(item).expect("the data are Kubernetes objects")).collect()
}
