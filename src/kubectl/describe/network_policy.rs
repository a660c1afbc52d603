//! NetworkPolicy.

use super::super::age::plain_date;
use super::super::doc::{Doc, or_none, selector, selector_or_none};
use super::super::page::Page;
use super::{labels_and_annotations, name};

// Models describe.go describeNetworkPolicy
/// Writes a NetworkPolicy.
pub fn describe_network_policy(page: &mut Page, policy: Doc<'_>) {
    let spec = policy.at("spec");
    name(page, policy);
    page.field(0, "Created on", &plain_date(policy, "metadata.creationTimestamp"));
    labels_and_annotations(page, policy);
    page.line(0, &["Spec:"]);
    let pods = match &*selector(spec.at("podSelector")) {
        "" => "<none> (Allowing the specific traffic to all pods in this namespace)".to_owned(),
        selector => selector.to_owned(),
    };
    // kubectl writes the value two levels deep on the line of its name.
    page.line(1, &[&["PodSelector:     ", &*pods].concat()]);
    let types = spec.texts("policyTypes");
    for (kind, direction, peers) in [("Ingress", "ingress", "From"), ("Egress", "egress", "To")] {
        if types.contains(&kind) {
            page.line(1, &[&["Allowing ", direction, " traffic:"].concat()]);
            rules(page, spec.at(direction), direction, peers);
        } else {
            page.line(1, &[&["Not affecting ", direction, " traffic"].concat()]);
        }
    }
    page.line(1, &[&["Policy Types: ", &*or_none(types.join(", "))].concat()]);
}

// Models describe.go printNetworkPolicySpecIngressFrom, printNetworkPolicySpecEgressTo
fn rules(page: &mut Page, rules: Doc<'_>, direction: &str, peers: &str) {
    let rules = rules.items_here();
    let count = rules.len();
    let mut line = |level: usize, parts: &[&str]| page.line(level + 2, &[&parts.concat()]);
    if count == 0 {
        line(0, &["<none> (Selected pods are isolated for ", direction, " connectivity)"]);
    }
    for (place, rule) in rules.enumerate() {
        if rule.items("ports").len() == 0 {
            line(0, &["To Port: <any> (traffic allowed to all ports)"]);
        }
        for port in rule.items("ports") {
            let (number, protocol) = (port.word("port"), port.text_or("protocol", "TCP"));
            let number = if port.has("port") { &*number } else { "<nil>" };
            match &*port.word("endPort") {
                "" => line(0, &["To Port: ", number, "/", protocol]),
                end => line(0, &["To Port Range: ", number, "-", end, "/", protocol]),
            }
        }
        let field = peers.to_ascii_lowercase();
        if rule.items(&field).len() == 0 {
            let end = if peers == "From" { "source" } else { "destination" };
            line(0, &[peers, ": <any> (traffic not restricted by ", end, ")"]);
        }
        for peer in rule.items(&field) {
            line(0, &[peers, ":"]);
            for (title, field) in [("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")]
            {
                if peer.has(field) {
                    line(1, &[title, ": ", &selector_or_none(peer.at(field))]);
                }
            }
            if peer.has("ipBlock") && !peer.has("podSelector") && !peer.has("namespaceSelector") {
                line(1, &["IPBlock:"]);
                line(2, &["CIDR: ", peer.text("ipBlock.cidr")]);
                line(2, &["Except: ", &peer.texts("ipBlock.except").join(", ")]);
            }
        }
        if place + 1 != count {
            line(0, &["----------"]);
        }
    }
}
