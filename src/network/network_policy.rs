//! Whether NetworkPolicies let a connection pass, and which rule lets it.
//!
//! This is what the API promises and a perfect network plugin does: no address is translated on the way, and replies
//! of a connection that may be opened always pass.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::api::labels::Selector;
use crate::store::Store;

/// The label that the API server puts on every Namespace.
const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// What the decision reads of the cluster.
pub trait PolicyView {
    /// The NetworkPolicies of a namespace.
    fn policies_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a NetworkPolicy>;
    /// The labels of a Namespace; `None` when it has none or does not exist.
    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>>;
}

impl PolicyView for Store {
    fn policies_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a NetworkPolicy> {
        self.list_in::<NetworkPolicy>(namespace).map(|policy| &**policy)
    }

    fn namespace_labels(&self, namespace: &str) -> Option<&BTreeMap<String, String>> {
        self.find::<Namespace>("", namespace)?.metadata.labels.as_ref()
    }
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Peer<'a> {
    /// A Pod of the cluster.
    Pod(&'a Pod),
    /// Any other address: outside, or a node.
    Address(IpAddr),
}

impl<'a> Peer<'a> {
    /// The Pod, if it has an address of its own. A Pod on its node's network can not be told from the node.
    fn own_pod(self) -> Option<&'a Pod> {
        match self {
            Peer::Pod(pod) if !on_host_network(pod) => Some(pod),
            _ => None,
        }
    }

    fn addresses(self) -> Vec<IpAddr> {
        match self {
            Peer::Address(address) => vec![address],
            Peer::Pod(pod) => {
                let status = pod.status.as_ref();
                let ips = status.and_then(|status| status.pod_ips.as_deref()).unwrap_or_default();
                let single = status.and_then(|status| status.pod_ip.as_deref()).filter(|_| ips.is_empty());
                ips.iter().map(|ip| ip.ip.as_str()).chain(single).filter_map(|ip| ip.parse().ok()).collect()
            }
        }
    }
}

/// A connection that somebody wants to open.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Connection<'a> {
    /// Who opens it.
    pub from: Peer<'a>,
    /// Whom it is opened to.
    pub to: Peer<'a>,
    /// The port of the Pod at the other end, after any translation by a Service.
    pub port: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'a str,
}

/// A direction, as in `policyTypes`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// Out of the Pod that opens the connection.
    Egress,
    /// Into the Pod that it is opened to.
    Ingress,
}

/// The name of a NetworkPolicy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PolicyName {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkPolicy {}/{}", self.namespace, self.name)
    }
}

/// A rule that lets a connection pass.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AllowingRule {
    /// The policy.
    pub policy: PolicyName,
    /// The index in `spec.ingress` or `spec.egress`.
    pub rule: usize,
    /// The index in the rule's `from` or `to`; `None` when that list is empty and so matches everyone.
    pub peer: Option<usize>,
    /// The index in the rule's `ports`; `None` when that list is empty and so matches every port.
    pub port: Option<usize>,
}

/// Why no policy counts in a direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exemption {
    /// A Pod always reaches itself.
    SamePod,
    /// A Pod and the node it runs on always reach each other.
    OwnNode,
    /// This end is not a Pod with an address of its own, so no policy can select it.
    NotAPod,
}

/// What the policies say in one direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// Which direction.
    pub direction: Direction,
    /// Why no policy counts; `None` when they do.
    pub exempt: Option<Exemption>,
    /// The policies that select the Pod for this direction. With at least one only what a rule allows passes.
    pub isolating: Vec<PolicyName>,
    /// The rules of those policies that let the connection pass, at most one for each policy.
    pub allowing: Vec<AllowingRule>,
}

impl Side {
    /// Whether the connection passes in this direction.
    pub fn is_allowed(&self) -> bool {
        self.exempt.is_some() || self.isolating.is_empty() || !self.allowing.is_empty()
    }
}

/// What the policies say of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// On the way out of the Pod that opens it.
    pub egress: Side,
    /// On the way into the Pod that it is opened to.
    pub ingress: Side,
}

impl Verdict {
    /// Whether the connection can be opened: both directions must allow it.
    pub fn is_allowed(&self) -> bool {
        self.egress.is_allowed() && self.ingress.is_allowed()
    }

    /// The direction that drops the connection, the first on its way; `None` when it passes.
    pub fn dropped_by(&self) -> Option<&Side> {
        [&self.egress, &self.ingress].into_iter().find(|side| !side.is_allowed())
    }
}

impl fmt::Display for Side {
    /// One whole sentence that says what decided in this direction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self.direction {
            Direction::Egress => "egress",
            Direction::Ingress => "ingress",
        };
        match (self.exempt, self.isolating.as_slice(), self.allowing.first()) {
            (Some(Exemption::SamePod), ..) => f.write_str("A Pod always reaches itself."),
            (Some(Exemption::OwnNode), ..) => f.write_str("A Pod and its node always reach each other."),
            (Some(Exemption::NotAPod), ..) => write!(f, "No NetworkPolicy can select this end for {way}."),
            (None, [], _) => write!(f, "No NetworkPolicy selects the Pod for {way}, so everything may pass."),
            (None, _, Some(rule)) => {
                write!(f, "{} allows it with spec.{way}[{}].", rule.policy, rule.rule)
            }
            (None, [one], None) => {
                write!(f, "{one} selects the Pod for {way}, and none of its rules allows it.")
            }
            (None, many, None) => {
                let names: Vec<&str> = many.iter().map(|policy| policy.name.as_str()).collect();
                let names = names.join(", ");
                write!(
                    f,
                    "{} NetworkPolicies select the Pod for {way} ({names}), and no rule allows it.",
                    many.len()
                )
            }
        }
    }
}

/// Whether a connection can be opened.
///
/// In each direction, in this order: a Pod always reaches itself, and a Pod and its node always reach each other; an
/// end that is no Pod with an address of its own is not restricted; a Pod that no policy selects for the direction is
/// not restricted; else at least one rule of those policies must match both the other end and the port.
/// `policyTypes` absent or empty means Ingress, and Egress too when there is at least one egress rule.
pub fn evaluate<V: PolicyView>(view: &V, connection: &Connection<'_>) -> Verdict {
    let side = |direction| evaluate_side(view, connection, direction);
    Verdict { egress: side(Direction::Egress), ingress: side(Direction::Ingress) }
}

/// What the policies say of a connection in one direction; see [`evaluate`].
pub fn evaluate_side<V: PolicyView>(view: &V, connection: &Connection<'_>, direction: Direction) -> Side {
    let (subject, other) = match direction {
        Direction::Egress => (connection.from, connection.to),
        Direction::Ingress => (connection.to, connection.from),
    };
    let mut side = Side { direction, exempt: None, isolating: Vec::new(), allowing: Vec::new() };
    let Some(pod) = subject.own_pod() else {
        side.exempt = Some(Exemption::NotAPod);
        return side;
    };
    side.exempt = if other.own_pod().is_some_and(|other| same_pod(pod, other)) {
        Some(Exemption::SamePod)
    } else if is_own_node(pod, other) {
        Some(Exemption::OwnNode)
    } else {
        None
    };
    for policy in view.policies_in(namespace(pod)) {
        let Some(spec) = &policy.spec else { continue };
        let egress_rules = spec.egress.as_deref().unwrap_or_default();
        let ingress_rules = spec.ingress.as_deref().unwrap_or_default();
        let types = spec.policy_types.as_deref().unwrap_or_default();
        let applies = match (types, direction) {
            ([], Direction::Ingress) => true,
            ([], Direction::Egress) => !egress_rules.is_empty(),
            (types, Direction::Ingress) => types.iter().any(|one| one == "Ingress"),
            (types, Direction::Egress) => types.iter().any(|one| one == "Egress"),
        };
        // An absent selector is an empty one here: it selects every Pod of the namespace.
        let selects = spec.pod_selector.as_ref().is_none_or(|selector| selects(selector, labels(pod)));
        if !applies || !selects {
            continue;
        }
        let name = PolicyName {
            namespace: namespace(pod).to_owned(),
            name: policy.metadata.name.clone().unwrap_or_default(),
        };
        let rules: Vec<(&[NetworkPolicyPeer], &[NetworkPolicyPort])> = match direction {
            Direction::Ingress => ingress_rules
                .iter()
                .map(|rule| {
                    (rule.from.as_deref().unwrap_or_default(), rule.ports.as_deref().unwrap_or_default())
                })
                .collect(),
            Direction::Egress => egress_rules
                .iter()
                .map(|rule| {
                    (rule.to.as_deref().unwrap_or_default(), rule.ports.as_deref().unwrap_or_default())
                })
                .collect(),
        };
        let allowing = rules.iter().enumerate().find_map(|(rule, (peers, ports))| {
            let peer = first_match(peers, |peer| matches_peer(view, peer, other, namespace(pod)))?;
            let port = first_match(ports, |port| matches_port(port, connection))?;
            Some(AllowingRule { policy: name.clone(), rule, peer, port })
        });
        side.allowing.extend(allowing);
        side.isolating.push(name);
    }
    side
}

/// The index of the first that matches. `None`: none does. `Some(None)`: the list is empty, which matches everything.
fn first_match<T>(list: &[T], matches: impl Fn(&T) -> bool) -> Option<Option<usize>> {
    if list.is_empty() { Some(None) } else { list.iter().position(matches).map(Some) }
}

/// Whether a peer of a rule is `other`. Selectors match only Pods: a `podSelector` alone those of the policy's own
/// namespace, with a `namespaceSelector` both must match. An `ipBlock` matches every address in its range that no
/// `except` has, those of Pods included.
fn matches_peer<V: PolicyView>(
    view: &V,
    peer: &NetworkPolicyPeer,
    other: Peer<'_>,
    policy_namespace: &str,
) -> bool {
    if let Some(block) = &peer.ip_block {
        return other.addresses().into_iter().any(|address| in_block(block, address));
    }
    let Some(pod) = other.own_pod() else { return false };
    let in_namespace = match &peer.namespace_selector {
        None => peer.pod_selector.is_some() && namespace(pod) == policy_namespace,
        Some(selector) => {
            let mut labels = view.namespace_labels(namespace(pod)).cloned().unwrap_or_default();
            labels.insert(NAMESPACE_NAME_LABEL.to_owned(), namespace(pod).to_owned());
            selects(selector, Some(&labels))
        }
    };
    in_namespace && peer.pod_selector.as_ref().is_none_or(|selector| selects(selector, labels(pod)))
}

fn in_block(block: &IPBlock, address: IpAddr) -> bool {
    let within = |cidr: &String| cidr.parse::<IpNet>().is_ok_and(|net| net.contains(&address));
    within(&block.cidr) && !block.except.iter().flatten().any(within)
}

/// Whether a port of a rule is the connection's. The protocol is TCP unless the rule says otherwise; without a port it
/// is the whole protocol; a name is looked up among the ports of the Pod at the other end, and matches no other
/// address; `endPort` is the last of a range.
fn matches_port(port: &NetworkPolicyPort, connection: &Connection<'_>) -> bool {
    if port.protocol.as_deref().unwrap_or("TCP") != connection.protocol {
        return false;
    }
    let wanted = i32::from(connection.port);
    match &port.port {
        None => true,
        Some(IntOrString::Int(first)) => (*first..=port.end_port.unwrap_or(*first)).contains(&wanted),
        Some(IntOrString::String(name)) => {
            connection.to.own_pod().is_some_and(|pod| has_named_port(pod, name, wanted, connection.protocol))
        }
    }
}

fn has_named_port(pod: &Pod, name: &str, number: i32, protocol: &str) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let sidecars = spec.init_containers.iter().flatten();
    let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten()).any(
        |port| {
            port.name.as_deref() == Some(name)
                && port.container_port == number
                && port.protocol.as_deref().unwrap_or("TCP") == protocol
        },
    )
}

/// Whether a selector matches; one that is not valid matches nothing.
fn selects(selector: &LabelSelector, labels: Option<&BTreeMap<String, String>>) -> bool {
    Selector::from_label_selector(Some(selector)).is_ok_and(|selector| selector.matches(labels))
}

fn on_host_network(pod: &Pod) -> bool {
    pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or(false)
}

/// Whether `other` is the node that the Pod runs on, or a Pod on that node's network.
fn is_own_node(pod: &Pod, other: Peer<'_>) -> bool {
    match other {
        Peer::Address(address) => {
            let status = pod.status.as_ref();
            let ips = status.and_then(|status| status.host_ips.as_deref()).unwrap_or_default();
            let single = status.and_then(|status| status.host_ip.as_deref());
            ips.iter()
                .map(|ip| ip.ip.as_str())
                .chain(single)
                .any(|ip| ip.parse::<IpAddr>().is_ok_and(|ip| ip == address))
        }
        Peer::Pod(other) => {
            let node = |pod: &Pod| {
                pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).filter(|name| !name.is_empty())
            };
            on_host_network(other) && node(pod).is_some() && node(pod) == node(other)
        }
    }
}

fn same_pod(a: &Pod, b: &Pod) -> bool {
    a.metadata.name == b.metadata.name && a.metadata.namespace == b.metadata.namespace
}

fn namespace(pod: &Pod) -> &str {
    pod.metadata.namespace.as_deref().unwrap_or_default()
}

fn labels(pod: &Pod) -> Option<&BTreeMap<String, String>> {
    pod.metadata.labels.as_ref()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    struct World(Vec<NetworkPolicy>);

    impl PolicyView for World {
        fn policies_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a NetworkPolicy> {
            self.0.iter().filter(move |policy| policy.metadata.namespace.as_deref() == Some(namespace))
        }
        fn namespace_labels(&self, _namespace: &str) -> Option<&BTreeMap<String, String>> {
            None
        }
    }

    fn pod(namespace: &str, name: &str, host_network: bool) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"namespace": namespace, "name": name, "labels": {"app": name}},
            "spec": {"nodeName": "node-1", "hostNetwork": host_network, "containers": []},
            "status": {"podIP": "10.0.0.9", "hostIP": "192.168.0.1", "hostIPs": [{"ip": "192.168.0.1"}]},
        }))
        .expect("it is a Pod")
    }

    /// Denies everything into every Pod of `shop` but what `ingress` allows, and compares whether TCP port 80 of
    /// `shop/web` can be reached.
    fn check(ingress: Value, from: Peer<'_>, expected: bool) -> Verdict {
        let policy = json!({"metadata": {"namespace": "shop", "name": "p"},
            "spec": {"podSelector": {}, "ingress": ingress}});
        let world = World(vec![serde_json::from_value(policy).expect("it is a NetworkPolicy")]);
        let web = pod("shop", "web", false);
        let verdict = evaluate(&world, &Connection { from, to: Peer::Pod(&web), port: 80, protocol: "TCP" });
        assert_eq!(verdict.is_allowed(), expected, "{} {}", verdict.egress, verdict.ingress);
        verdict
    }

    #[test]
    fn pod_reaches_itself_and_its_node_reaches_it() {
        let web = pod("shop", "web", false);
        check(json!([]), Peer::Pod(&web), true);
        check(json!([]), Peer::Address([192, 168, 0, 1].into()), true);
        check(json!([]), Peer::Address([192, 168, 0, 2].into()), false);
        check(json!([]), Peer::Pod(&pod("shop", "agent", true)), true);
        check(json!([]), Peer::Pod(&pod("shop", "other", false)), false);
    }

    #[test]
    fn missing_namespace_still_has_its_name_as_a_label() {
        let rule = json!([{"from": [{"namespaceSelector":
            {"matchLabels": {"kubernetes.io/metadata.name": "tools"}}}]}]);
        check(rule.clone(), Peer::Pod(&pod("tools", "x", false)), true);
        check(rule, Peer::Pod(&pod("other", "x", false)), false);
    }

    #[test]
    fn verdict_names_the_rule_the_peer_and_the_port() {
        let rules = json!([
            {"from": [{"podSelector": {"matchLabels": {"app": "no"}}}]},
            {"from": [{"ipBlock": {"cidr": "10.9.0.0/16"}}, {"podSelector": {}}],
             "ports": [{"port": 443}, {"port": 80, "endPort": 90}]},
        ]);
        let verdict = check(rules, Peer::Pod(&pod("shop", "client", false)), true);
        let rule = verdict.ingress.allowing.first().expect("a rule allows it");
        assert_eq!((rule.rule, rule.peer, rule.port), (1, Some(1), Some(1)));
        assert_eq!(verdict.ingress.to_string(), "NetworkPolicy shop/p allows it with spec.ingress[1].");
        assert_eq!(verdict.egress.isolating, []);
    }

    #[test]
    fn drop_is_told_in_words() {
        let verdict = check(json!([]), Peer::Address([203, 0, 113, 7].into()), false);
        assert_eq!(
            verdict.dropped_by().map(ToString::to_string).as_deref(),
            Some("NetworkPolicy shop/p selects the Pod for ingress, and none of its rules allows it.")
        );
    }
}
