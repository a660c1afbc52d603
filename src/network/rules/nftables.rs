//! The rules in nftables mode, as a list of `add` commands.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::plan::{NoEndpoints, Plan};
use super::{Proxied, Proxy};
use crate::network::addresses::Family;
use crate::network::kube_proxy::Endpoint;
use crate::network::kube_proxy::chains::{nftables_endpoint, nftables_service};

/// All commands: the declarations, the elements of sets and maps, then the rules chain by chain; each part in the order
/// of its text, the rules of one chain in their own order.
// Models pkg/proxy/nftables/proxier.go syncProxyRules
pub fn nftables(proxied: &[Proxied], proxy: &Proxy) -> Vec<String> {
    let ip = if proxy.family == Family::V6 { "ip6" } else { "ip" };
    let mut writer =
        Writer { ip, proxy, declared: BTreeSet::new(), elements: BTreeSet::new(), rules: BTreeMap::new() };
    writer.declarations();
    writer.common_rules();
    for one in proxied {
        let plan = Plan::new(one, proxy);
        writer.destinations(&plan);
        writer.chains(&plan);
    }
    let mut lines: Vec<String> = writer.declared.into_iter().collect();
    lines.extend(writer.elements);
    lines.extend(writer.rules.into_values().flatten());
    lines
}

struct Writer<'a> {
    ip: &'static str,
    proxy: &'a Proxy,
    declared: BTreeSet<String>,
    elements: BTreeSet<String>,
    rules: BTreeMap<String, Vec<String>>,
}

impl Writer<'_> {
    fn declare(&mut self, what: &str, name: &str, details: &str) {
        let details = if details.is_empty() { String::new() } else { format!(" {{ {details} ; }}") };
        let place = if what == "table" { "kube-proxy".to_owned() } else { format!("kube-proxy {name}") };
        self.declared.insert(format!("add {what} {} {place}{details}", self.ip));
    }

    fn element(&mut self, set: &str, element: impl AsRef<str>) {
        self.elements.insert(format!("add element {} kube-proxy {set} {{ {} }}", self.ip, element.as_ref()));
    }

    fn rule(&mut self, chain: &str, rule: impl AsRef<str>) {
        let line = format!("add rule {} kube-proxy {chain} {}", self.ip, rule.as_ref());
        self.rules.entry(chain.to_owned()).or_default().push(line);
    }

    fn declarations(&mut self) {
        self.declare("table", "", "comment \"rules for kube-proxy\"");
        for (name, kind, hook, priority) in [
            ("filter-forward", "filter", "forward", 0),
            ("filter-input", "filter", "input", 0),
            ("filter-output", "filter", "output", 0),
            ("filter-output-pre-dnat", "filter", "output", -110),
            ("filter-prerouting-pre-dnat", "filter", "prerouting", -110),
            ("nat-output", "nat", "output", -100),
            ("nat-postrouting", "nat", "postrouting", 100),
            ("nat-prerouting", "nat", "prerouting", -100),
        ] {
            self.declare("chain", name, &format!("type {kind} hook {hook} priority {priority}"));
        }
        for name in [
            "cluster-ips-check",
            "firewall-check",
            "masquerading",
            "nodeport-endpoints-check",
            "service-endpoints-check",
            "services",
        ] {
            self.declare("chain", name, "");
        }
        self.declare(
            "chain",
            "reject-chain",
            "comment \"helper for @no-endpoint-services / @no-endpoint-nodeports\"",
        );
        let address = self.address_type();
        let destination = format!("type {address} . inet_proto . inet_service : verdict");
        let node_port = "type inet_proto . inet_service : verdict";
        for (name, kind, comment) in [
            (
                "firewall-ips",
                destination.as_str(),
                "destinations that are subject to LoadBalancerSourceRanges",
            ),
            (
                "no-endpoint-nodeports",
                node_port,
                "vmap to drop or reject packets to service nodeports with no endpoints",
            ),
            (
                "no-endpoint-services",
                &destination,
                "vmap to drop or reject packets to services with no endpoints",
            ),
            ("service-ips", &destination, "ClusterIP, ExternalIP and LoadBalancer IP traffic"),
            ("service-nodeports", node_port, "NodePort traffic"),
        ] {
            self.declare("map", name, &format!("{kind} ; comment \"{comment}\""));
        }
        let hairpin = format!("{address} . {address} . inet_proto . inet_service");
        let mut sets = vec![
            ("cluster-ips", address, "Active ClusterIPs"),
            ("hairpin-connections", &hairpin, "service hairpin connections"),
        ];
        if self.proxy.node_port_ips.is_some() {
            sets.push(("nodeport-ips", address, "IPs that accept NodePort traffic"));
        }
        for (name, kind, comment) in sets {
            self.declare("set", name, &format!("type {kind} ; comment \"{comment}\""));
        }
    }

    fn address_type(&self) -> &'static str {
        if self.proxy.family == Family::V6 { "ipv6_addr" } else { "ipv4_addr" }
    }

    /// The rules that are about no Service.
    fn common_rules(&mut self) {
        let ip = self.ip;
        for node_port_ip in self.proxy.node_port_ips.iter().flatten() {
            self.element("nodeport-ips", node_port_ip.to_string());
        }
        for (chain, target) in [
            ("filter-forward", "service-endpoints-check"),
            ("filter-forward", "cluster-ips-check"),
            ("filter-input", "nodeport-endpoints-check"),
            ("filter-input", "service-endpoints-check"),
            ("filter-output", "service-endpoints-check"),
            ("filter-output", "cluster-ips-check"),
            ("filter-output-pre-dnat", "firewall-check"),
            ("filter-prerouting-pre-dnat", "firewall-check"),
        ] {
            self.rule(chain, format!("ct state new jump {target}"));
        }
        for (chain, target) in
            [("nat-output", "services"), ("nat-postrouting", "masquerading"), ("nat-prerouting", "services")]
        {
            self.rule(chain, format!("jump {target}"));
        }
        let check = "cluster-ips-check";
        let invalid = "reject comment \"Reject traffic to invalid ports of ClusterIPs\"";
        self.rule(check, format!("{ip} daddr @cluster-ips {invalid}"));
        if !self.proxy.service_networks.is_empty() {
            let networks: Vec<String> = self.proxy.service_networks.iter().map(ToString::to_string).collect();
            let unallocated = "drop comment \"Drop traffic to unallocated ClusterIPs\"";
            self.rule(check, format!("{ip} daddr {{ {} }} {unallocated}", networks.join(",")));
        }
        let destination = format!("{ip} daddr . meta l4proto . th dport");
        let no_local_host = if ip == "ip" { "ip daddr != 127.0.0.0/8" } else { "ip6 daddr != ::1" };
        let node_port = match self.proxy.node_port_ips {
            Some(_) => format!("{ip} daddr @nodeport-ips meta l4proto . th dport"),
            None => format!("fib daddr type local {no_local_host} meta l4proto . th dport"),
        };
        self.rule("firewall-check", format!("{destination} vmap @firewall-ips"));
        self.rule("service-endpoints-check", format!("{destination} vmap @no-endpoint-services"));
        self.rule("nodeport-endpoints-check", format!("{node_port} vmap @no-endpoint-nodeports"));
        self.rule("reject-chain", "reject");
        self.rule("masquerading", "mark and 0x4000 != 0 mark set mark xor 0x4000 masquerade fully-random");
        self.rule(
            "masquerading",
            format!(
                "ct status dnat {ip} saddr . {ip} daddr . meta l4proto . th dport @hairpin-connections \
                 masquerade fully-random"
            ),
        );
        if let Some(pods) = self.proxy.pod_network {
            let masquerade = "comment \"masquerade clusterIP traffic from outside cluster\"";
            self.rule(
                "services",
                format!("{ip} daddr @cluster-ips {ip} saddr != {pods} mark set mark or 0x4000 {masquerade}"),
            );
        }
        self.rule("services", format!("{destination} vmap @service-ips"));
        self.rule("services", format!("{node_port} vmap @service-nodeports"));
    }

    /// The elements that match a service port's addresses.
    fn destinations(&mut self, plan: &Plan<'_>) {
        let (port, protocol) = (plan.port, plan.protocol());
        let name = &port.name;
        let to = |ip: &IpAddr| format!("{ip} . {protocol} . {}", port.port);
        if let Some(cluster_ip) = &port.cluster_ip {
            self.element("cluster-ips", cluster_ip.to_string());
            match plan.internal {
                None => {
                    let chain = policy_chain(plan, port.internal_policy_local);
                    self.element("service-ips", format!("{} : goto {chain}", to(cluster_ip)));
                }
                Some(none) => self.element("no-endpoint-services", refusal(plan, &to(cluster_ip), none)),
            }
        }
        let external = nftables_service("external-", name);
        for ip in port.external_ips.iter().chain(&port.load_balancer_vips) {
            if plan.has_any() {
                self.element("service-ips", format!("{} : goto {external}", to(ip)));
            }
            if let Some(none) = plan.external {
                self.element("no-endpoint-services", refusal(plan, &to(ip), none));
            }
        }
        if plan.is_restricted {
            let firewall = nftables_service("firewall-", name);
            for ip in &port.load_balancer_vips {
                self.element("firewall-ips", format!("{} : goto {firewall}", to(ip)));
            }
        }
        if port.node_port != 0 {
            let to = format!("{protocol} . {}", port.node_port);
            if plan.has_any() {
                self.element("service-nodeports", format!("{to} : goto {external}"));
            }
            if let Some(none) = plan.external {
                self.element("no-endpoint-nodeports", refusal(plan, &to, none));
            }
        }
    }

    /// The chains of a service port.
    fn chains(&mut self, plan: &Plan<'_>) {
        if plan.has_external_chain {
            self.external_chain(plan);
        }
        if plan.is_restricted {
            self.firewall_chain(plan);
        }
        for (is_local, endpoints) in plan.endpoint_chains() {
            self.endpoint_choice(plan, &policy_chain(plan, is_local), endpoints);
        }
        let protocol = plan.protocol();
        for endpoint in &plan.reachable {
            if endpoint.is_on(&self.proxy.node.name) {
                let Endpoint { ip, port, .. } = endpoint;
                self.element("hairpin-connections", format!("{ip} . {ip} . {protocol} . {port}"));
            }
            if let Some(seconds) = plan.port.affinity_seconds {
                let ip = self.ip;
                let (chain, set) = endpoint_names(plan, endpoint);
                let timeout = format!("flags dynamic,timeout ; timeout {seconds}s");
                self.declare("set", &set, &format!("type {} ; {timeout}", self.address_type()));
                self.declare("chain", &chain, "");
                self.rule(&chain, format!("update @{set} {{ {ip} saddr }}"));
                self.rule(&chain, format!("meta l4proto {protocol} dnat to {}", endpoint.address()));
            }
        }
    }

    fn external_chain(&mut self, plan: &Plan<'_>) {
        let chain = nftables_service("external-", &plan.port.name);
        self.declare("chain", &chain, "");
        let cluster = policy_chain(plan, false);
        if plan.port.external_policy_local {
            let local = "fib saddr type local";
            if let Some(pods) = self.proxy.pod_network {
                let comment = "comment \"short-circuit pod traffic\"";
                self.rule(&chain, format!("{} saddr {pods} goto {cluster} {comment}", self.ip));
            }
            self.rule(
                &chain,
                format!("{local} mark set mark or 0x4000 comment \"masquerade local traffic\""),
            );
            self.rule(&chain, format!("{local} goto {cluster} comment \"short-circuit local traffic\""));
        } else {
            self.rule(&chain, "mark set mark or 0x4000 comment \"masquerade\"");
        }
        if plan.external.is_none() {
            self.rule(&chain, format!("goto {}", policy_chain(plan, plan.port.external_policy_local)));
        }
    }

    fn firewall_chain(&mut self, plan: &Plan<'_>) {
        let port = plan.port;
        let chain = nftables_service("firewall-", &port.name);
        self.declare("chain", &chain, "");
        let mut sources: Vec<String> = port.source_ranges.iter().map(ToString::to_string).collect();
        // A request of this node to the address may come back to it with that address as its source.
        if let Some(node_ip) = self.proxy.node_ip
            && port.source_ranges.iter().any(|range| range.contains(&node_ip))
        {
            sources.extend(port.load_balancer_vips.iter().map(ToString::to_string));
        }
        self.rule(&chain, format!("{} saddr != {} drop", self.ip, set_of(&sources)));
    }

    /// The rules that choose among endpoints: those a client came from before, then by chance, each as likely as the
    /// others.
    // Models pkg/proxy/nftables/proxier.go writeServiceToEndpointRules
    fn endpoint_choice(&mut self, plan: &Plan<'_>, chain: &str, endpoints: &[&Endpoint]) {
        let ip = self.ip;
        self.declare("chain", chain, "");
        let count = endpoints.len();
        let numbered = |text: &dyn Fn(&Endpoint) -> String| -> String {
            let items = endpoints.iter().enumerate().map(|(i, endpoint)| format!("{i} : {}", text(endpoint)));
            items.collect::<Vec<_>>().join(" , ")
        };
        if plan.port.affinity_seconds.is_some() {
            for endpoint in endpoints {
                let (own, set) = endpoint_names(plan, endpoint);
                self.rule(chain, format!("{ip} saddr @{set} goto {own}"));
            }
            let all = numbered(&|endpoint| format!("goto {}", endpoint_names(plan, endpoint).0));
            self.rule(chain, format!("numgen random mod {count} vmap {{ {all} }}"));
        } else {
            let all = numbered(&|endpoint| format!("{} . {}", endpoint.ip, endpoint.port));
            let choice = format!("numgen random mod {count} map {{ {all} }}");
            let protocol = plan.protocol();
            self.rule(chain, format!("meta l4proto {protocol} dnat {ip} addr . port to {choice}"));
        }
    }
}

/// The chain of an endpoint, and the set of the clients that came to it.
fn endpoint_names(plan: &Plan<'_>, endpoint: &Endpoint) -> (String, String) {
    let chain = nftables_endpoint(&plan.port.name, &endpoint.ip, endpoint.port);
    let set = chain.replacen("endpoint-", "affinity-", 1);
    (chain, set)
}

/// The chain that chooses among the endpoints of a policy.
fn policy_chain(plan: &Plan<'_>, is_local: bool) -> String {
    nftables_service(if is_local { "local-" } else { "service-" }, &plan.port.name)
}

fn refusal(plan: &Plan<'_>, to: &str, none: NoEndpoints) -> String {
    let verdict = match none {
        NoEndpoints::Reject => "goto reject-chain",
        NoEndpoints::Drop => "drop",
    };
    format!("{to} comment \"{}\" : {verdict}", plan.port.name)
}

fn set_of(items: &[String]) -> String {
    format!("{{ {} }}", items.join(" , "))
}
