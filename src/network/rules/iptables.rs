//! The rules in iptables mode, as given to `iptables-restore`.

use std::collections::BTreeMap;

use super::plan::{NoEndpoints, Plan};
use super::{Proxied, Proxy};
use crate::network::addresses::Family;
use crate::network::kube_proxy::Endpoint;
use crate::network::kube_proxy::chains::{iptables_endpoint, iptables_service};

/// The mark by which packets are chosen for masquerading.
const MARK: &str = "0x4000";
/// With more endpoints than this in all, rules for single endpoints have no comments.
const LARGE_CLUSTER: usize = 1000;

/// The chains of one table with their rules.
struct Table(BTreeMap<String, Vec<String>>);

impl Table {
    fn new(chains: &[&str]) -> Table {
        Table(chains.iter().map(|chain| ((*chain).to_owned(), Vec::new())).collect())
    }

    fn chain(&mut self, chain: &str) {
        self.0.entry(chain.to_owned()).or_default();
    }

    fn rule(&mut self, chain: &str, rule: impl AsRef<str>) {
        let line = format!("-A {chain} {}", rule.as_ref());
        self.0.entry(chain.to_owned()).or_default().push(line);
    }

    fn write(self, name: &str, lines: &mut Vec<String>) {
        lines.push(format!("*{name}"));
        lines.extend(self.0.keys().map(|chain| format!(":{chain} - [0:0]")));
        lines.extend(self.0.into_values().flatten());
        lines.push("COMMIT".to_owned());
    }
}

/// All rules, table by table: the chains, then the rules of each chain, chains in the order of their names and
/// service ports in the given order.
// Models pkg/proxy/iptables/proxier.go syncProxyRules
pub fn iptables(proxied: &[Proxied], proxy: &Proxy) -> Vec<String> {
    let filter = Table::new(&[
        "KUBE-EXTERNAL-SERVICES",
        "KUBE-FORWARD",
        "KUBE-NODEPORTS",
        "KUBE-PROXY-FIREWALL",
        "KUBE-SERVICES",
    ]);
    let nat = Table::new(&["KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES"]);
    let endpoints: usize = proxied.iter().map(|one| one.endpoints.len()).sum();
    let mut writer = Writer { filter, nat, proxy, has_comments: endpoints <= LARGE_CLUSTER };
    writer.common();
    for one in proxied {
        let plan = Plan::new(one, proxy);
        writer.destinations(&plan);
        writer.chains(&plan);
    }
    writer.jumps_to_node_ports();
    let mut lines = Vec::new();
    writer.filter.write("filter", &mut lines);
    writer.nat.write("nat", &mut lines);
    lines
}

struct Writer<'a> {
    filter: Table,
    nat: Table,
    proxy: &'a Proxy,
    has_comments: bool,
}

impl Writer<'_> {
    /// The rules that are about no Service.
    fn common(&mut self) {
        let nat = &mut self.nat;
        nat.rule("KUBE-POSTROUTING", format!("-m mark ! --mark {MARK}/{MARK} -j RETURN"));
        nat.rule("KUBE-POSTROUTING", format!("-j MARK --xor-mark {MARK}"));
        nat.rule(
            "KUBE-POSTROUTING",
            "-m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE",
        );
        nat.rule("KUBE-MARK-MASQ", format!("-j MARK --or-mark {MARK}"));
        let filter = &mut self.filter;
        if self.proxy.family == Family::V4 {
            filter.rule(
                "KUBE-FIREWALL",
                "-m comment --comment \"block incoming localnet connections\" -d 127.0.0.0/8 ! -s 127.0.0.0/8 \
                 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
            );
        }
        let counter = match self.proxy.has_counters {
            true => " -m nfacct --nfacct-name ct_state_invalid_dropped_pkts",
            false => "",
        };
        filter.rule("KUBE-FORWARD", format!("-m conntrack --ctstate INVALID{counter} -j DROP"));
        filter.rule(
            "KUBE-FORWARD",
            format!(
                "-m comment --comment \"kubernetes forwarding rules\" -m mark --mark {MARK}/{MARK} -j ACCEPT"
            ),
        );
        filter.rule(
            "KUBE-FORWARD",
            "-m comment --comment \"kubernetes forwarding conntrack rule\" -m conntrack \
             --ctstate RELATED,ESTABLISHED -j ACCEPT",
        );
    }

    /// The jumps to the node ports, behind all others: for every address of the node, or for those that were set.
    fn jumps_to_node_ports(&mut self) {
        let note = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";
        let mut jump = |to: String| {
            self.nat.rule("KUBE-SERVICES", format!("-m comment --comment \"{note}\" {to} -j KUBE-NODEPORTS"));
        };
        match &self.proxy.node_port_ips {
            None => {
                let not_local_host = if self.proxy.family == Family::V6 { " ! -d ::1/128" } else { "" };
                jump(format!("-m addrtype --dst-type LOCAL{not_local_host}"));
            }
            Some(ips) => ips.iter().for_each(|ip| jump(format!("-d {ip}"))),
        }
    }

    /// The rules that match a service port's addresses.
    fn destinations(&mut self, plan: &Plan<'_>) {
        let (port, protocol) = (plan.port, plan.protocol());
        let name = &port.name;
        let matched = format!("-m {protocol} -p {protocol}");
        let to = |ip: &std::net::IpAddr| format!("{matched} -d {ip} --dport {}", port.port);
        let external = iptables_service("KUBE-EXT-", name);
        let firewall = iptables_service("KUBE-FW-", name);
        if let Some(cluster_ip) = &port.cluster_ip {
            match plan.internal {
                None => self.nat.rule(
                    "KUBE-SERVICES",
                    format!(
                        "-m comment --comment \"{name} cluster IP\" {} -j {}",
                        to(cluster_ip),
                        policy_chain(plan, port.internal_policy_local)
                    ),
                ),
                Some(none) => {
                    self.filter.rule("KUBE-SERVICES", refusal(plan, none, &to(cluster_ip)));
                }
            }
        }
        let mut destinations: Vec<(&std::net::IpAddr, &str, &str)> =
            port.external_ips.iter().map(|ip| (ip, "external IP", external.as_str())).collect();
        let balanced = if has_firewall_chain(plan) { firewall.as_str() } else { external.as_str() };
        destinations.extend(port.load_balancer_vips.iter().map(|ip| (ip, "loadbalancer IP", balanced)));
        for (ip, what, chain) in destinations {
            if plan.has_any() {
                let rule = format!("-m comment --comment \"{name} {what}\" {} -j {chain}", to(ip));
                self.nat.rule("KUBE-SERVICES", rule);
            }
            if chain == firewall {
                let rule = format!(
                    "-m comment --comment \"{name} traffic not accepted by {firewall}\" {} -j DROP",
                    to(ip)
                );
                self.filter.rule("KUBE-PROXY-FIREWALL", rule);
            }
            if let Some(none) = plan.external {
                self.filter.rule("KUBE-EXTERNAL-SERVICES", refusal(plan, none, &to(ip)));
            }
        }
        if port.node_port != 0 {
            self.node_port(plan, &matched, &external);
        }
        if port.health_check_node_port != 0 {
            let rule = format!(
                "-m comment --comment \"{name} health check node port\" -m tcp -p tcp --dport {} -j ACCEPT",
                port.health_check_node_port
            );
            self.filter.rule("KUBE-NODEPORTS", rule);
        }
    }

    fn node_port(&mut self, plan: &Plan<'_>, matched: &str, external: &str) {
        let (name, node_port) = (&plan.port.name, plan.port.node_port);
        if plan.has_any() {
            if self.proxy.has_counters && self.proxy.family == Family::V4 {
                let rule = format!(
                    "-m comment --comment {name} {matched} -d 127.0.0.0/8 --dport {node_port} \
                     -m nfacct --nfacct-name localhost_nps_accepted_pkts -j {external}"
                );
                self.nat.rule("KUBE-NODEPORTS", rule);
            }
            let rule = format!("-m comment --comment {name} {matched} --dport {node_port} -j {external}");
            self.nat.rule("KUBE-NODEPORTS", rule);
        }
        if let Some(none) = plan.external {
            let to = format!("-m addrtype --dst-type LOCAL {matched} --dport {node_port}");
            self.filter.rule("KUBE-EXTERNAL-SERVICES", refusal(plan, none, &to));
        }
    }

    /// The chains of a service port.
    fn chains(&mut self, plan: &Plan<'_>) {
        let (port, protocol) = (plan.port, plan.protocol());
        let name = &port.name;
        if let (None, Some(cluster_ip), Some(pods)) =
            (plan.internal, &port.cluster_ip, self.proxy.pod_network)
        {
            let rule = format!(
                "-m comment --comment \"{name} cluster IP\" -m {protocol} -p {protocol} -d {cluster_ip} --dport {} \
                 ! -s {pods} -j KUBE-MARK-MASQ",
                port.port
            );
            self.nat.rule(&policy_chain(plan, port.internal_policy_local), rule);
        }
        if plan.has_external_chain {
            self.external_chain(plan);
        }
        if has_firewall_chain(plan) {
            self.firewall_chain(plan);
        }
        for (is_local, endpoints) in plan.endpoint_chains() {
            self.endpoint_choice(plan, &policy_chain(plan, is_local), endpoints);
        }
        for endpoint in &plan.reachable {
            let chain = iptables_endpoint(name, &endpoint.address());
            let comment = self.comment(&name.to_string());
            let sticky = match port.affinity_seconds {
                Some(_) => format!("-m recent --name {chain} --set "),
                None => String::new(),
            };
            self.nat.rule(&chain, format!("{comment}-s {} -j KUBE-MARK-MASQ", endpoint.ip));
            let rule = format!(
                "{comment}{sticky}-m {protocol} -p {protocol} -j DNAT --to-destination {}",
                endpoint.address()
            );
            self.nat.rule(&chain, rule);
        }
    }

    fn external_chain(&mut self, plan: &Plan<'_>) {
        let name = &plan.port.name;
        let chain = iptables_service("KUBE-EXT-", name);
        self.nat.chain(&chain);
        let cluster = policy_chain(plan, false);
        let mut add = |what: &str, rest: String| {
            let comment = format!("-m comment --comment \"{what} for {name} external destinations\"");
            self.nat.rule(&chain, format!("{comment} {rest}"));
        };
        if plan.port.external_policy_local {
            if let Some(pods) = self.proxy.pod_network {
                add("pod traffic", format!("-s {pods} -j {cluster}"));
            }
            add("masquerade LOCAL traffic", "-m addrtype --src-type LOCAL -j KUBE-MARK-MASQ".to_owned());
            add("route LOCAL traffic", format!("-m addrtype --src-type LOCAL -j {cluster}"));
        } else {
            add("masquerade traffic", "-j KUBE-MARK-MASQ".to_owned());
        }
        if plan.external.is_none() {
            let policy = policy_chain(plan, plan.port.external_policy_local);
            self.nat.rule(&chain, format!("-j {policy}"));
        }
    }

    fn firewall_chain(&mut self, plan: &Plan<'_>) {
        let port = plan.port;
        let name = &port.name;
        let chain = iptables_service("KUBE-FW-", name);
        let external = iptables_service("KUBE-EXT-", name);
        let mut allow = |source: String| {
            let comment = format!("-m comment --comment \"{name} loadbalancer IP\"");
            self.nat.rule(&chain, format!("{comment} -s {source} -j {external}"));
        };
        port.source_ranges.iter().for_each(|range| allow(range.to_string()));
        // A request of this node to the address may come back to it with that address as its source.
        if let Some(node_ip) = self.proxy.node_ip
            && port.source_ranges.iter().any(|range| range.contains(&node_ip))
        {
            port.load_balancer_vips.iter().for_each(|ip| allow(ip.to_string()));
        }
        let rest = format!("other traffic to {name} will be dropped by KUBE-PROXY-FIREWALL");
        self.nat.rule(&chain, format!("-m comment --comment \"{rest}\""));
    }

    /// The rules that choose among endpoints: those a client came from before, then by chance. The i-th of n rules has
    /// the probability 1/(n-i), the last one none, so each endpoint is as likely as the others.
    // Models pkg/proxy/iptables/proxier.go writeServiceToEndpointRules
    fn endpoint_choice(&mut self, plan: &Plan<'_>, chain: &str, endpoints: &[&Endpoint]) {
        let name = &plan.port.name;
        self.nat.chain(chain);
        for endpoint in endpoints.iter().filter(|_| plan.port.affinity_seconds.is_some()) {
            let own = iptables_endpoint(name, &endpoint.address());
            let comment = self.comment(&format!("\"{name} -> {}\"", endpoint.address()));
            let seconds = plan.port.affinity_seconds.unwrap_or(0);
            let rule =
                format!("{comment}-m recent --name {own} --rcheck --seconds {seconds} --reap -j {own}");
            self.nat.rule(chain, rule);
        }
        for (i, endpoint) in endpoints.iter().enumerate() {
            let own = iptables_endpoint(name, &endpoint.address());
            let comment = self.comment(&format!("\"{name} -> {}\"", endpoint.address()));
            let chance = match endpoints.len() - i {
                1 => String::new(),
                n => format!("-m statistic --mode random --probability {} ", probability(n as u64)),
            };
            self.nat.rule(chain, format!("{comment}{chance}-j {own}"));
        }
    }

    fn comment(&self, text: &str) -> String {
        if self.has_comments { format!("-m comment --comment {text} ") } else { String::new() }
    }
}

/// Whether there is a chain for source ranges; without endpoints everything is refused anyway.
fn has_firewall_chain(plan: &Plan<'_>) -> bool {
    plan.is_restricted && plan.has_any()
}

/// The chain that chooses among the endpoints of a policy.
fn policy_chain(plan: &Plan<'_>, is_local: bool) -> String {
    iptables_service(if is_local { "KUBE-SVL-" } else { "KUBE-SVC-" }, &plan.port.name)
}

fn refusal(plan: &Plan<'_>, none: NoEndpoints, to: &str) -> String {
    let (what, target) = match none {
        NoEndpoints::Reject => ("has no endpoints", "REJECT"),
        NoEndpoints::Drop => ("has no local endpoints", "DROP"),
    };
    format!("-m comment --comment \"{} {what}\" {to} -j {target}", plan.port.name)
}

/// 1/n with ten decimals, rounded.
fn probability(n: u64) -> String {
    const ONE: u64 = 10_000_000_000;
    let value = (ONE + n / 2) / n.max(1);
    format!("{}.{:010}", value / ONE, value % ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probability_has_ten_decimals() {
        assert_eq!(probability(2), "0.5000000000");
        assert_eq!(probability(3), "0.3333333333");
        assert_eq!(probability(6), "0.1666666667");
    }
}
