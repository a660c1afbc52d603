//! Who may talk to whom: for one Pod, what the NetworkPolicies let it open and let in.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::networking::v1::NetworkPolicy;

use super::finding::{Certainty, Finding};
use crate::api::labels::Selector;
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::INTERNET_CLIENT;
use crate::network::network_policy::{Connection, Direction, Peer, PolicyName, Side, Verdict, evaluate};
use crate::store::Store;

/// Whether connections in one direction can be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// On every port that the other end declares.
    All,
    /// On these ports alone, as `8080/TCP`.
    Some(Vec<String>),
    /// On none.
    None,
}

impl Reach {
    /// Whether at least one port can be reached.
    pub fn is_open(&self) -> bool {
        *self != Reach::None
    }
}

/// How one Pod stands to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Talk {
    /// The other Pod.
    pub pod: ObjectKey,
    /// What the first may open to it.
    pub out: Reach,
    /// What it may open to the first.
    pub into: Reach,
    /// What decided, the policies by name: one sentence for each direction that is not open.
    pub why: Vec<String>,
}

/// What the policies make of a Pod.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Isolation {
    /// The policies that select it for ingress; empty when everything may come in.
    pub ingress: Vec<ObjectKey>,
    /// The policies that select it for egress; empty when it may go everywhere.
    pub egress: Vec<ObjectKey>,
    /// Whether the outside may open connections to it.
    pub from_outside: bool,
    /// Whether it may open connections to the outside.
    pub to_outside: bool,
    /// Whether it may ask the cluster's DNS.
    pub dns: bool,
    /// How it stands to each other Pod, by namespace and name. Empty when no policy is on the board.
    pub others: Vec<Talk>,
}

/// What the policies make of a Pod; `None` when there is no such Pod, or no policy at all.
pub fn isolation(store: &Store, pod: &ObjectKey) -> Option<Isolation> {
    store.objects_of(Kind::NetworkPolicy).next()?;
    let this = store.get(pod)?.get::<Pod>()?;
    let outside = Peer::Address(INTERNET_CLIENT);
    let own_ports = ports(this);
    let coming =
        own_ports.iter().map(|(port, protocol)| verdict(store, outside, Peer::Pod(this), *port, protocol));
    let going = verdict(store, Peer::Pod(this), outside, 443, "TCP");
    let from_outside = coming.map(|verdict| verdict.ingress).collect::<Vec<_>>();
    let dns = store
        .pods_matching("kube-system", &[("k8s-app".to_owned(), "kube-dns".to_owned())].into_iter().collect())
        .first()
        .is_none_or(|dns| verdict(store, Peer::Pod(this), Peer::Pod(dns), 53, "UDP").is_allowed());
    let others = store
        .list::<Pod>()
        .filter(|other| !std::ptr::eq(&***other, &**this) && !is_system(other))
        .filter_map(|other| talk(store, this, other))
        .collect();
    Some(Isolation {
        ingress: from_outside.first().map(|side| keys(&side.isolating)).unwrap_or_default(),
        egress: keys(&going.egress.isolating),
        from_outside: from_outside.iter().any(Side::is_allowed),
        to_outside: going.egress.is_allowed(),
        dns,
        others,
    })
}

fn is_system(pod: &Pod) -> bool {
    pod.metadata.namespace.as_deref().is_some_and(|namespace| namespace.starts_with("kube-"))
}

fn keys(policies: &[PolicyName]) -> Vec<ObjectKey> {
    let key = |policy: &PolicyName| {
        ObjectKey::new(Kind::NetworkPolicy, policy.namespace.as_str(), policy.name.as_str())
    };
    policies.iter().map(key).collect()
}

fn verdict<'a>(store: &Store, from: Peer<'a>, to: Peer<'a>, port: u16, protocol: &'a str) -> Verdict {
    evaluate(store, &Connection { from, to, port, protocol })
}

/// What a Pod declares; a Pod that declares nothing stands for port 80.
fn ports(pod: &Pod) -> Vec<(u16, &str)> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let declared = containers.flat_map(|container| container.ports.iter().flatten());
    let mut found: Vec<(u16, &str)> = declared
        .filter_map(|port| {
            Some((u16::try_from(port.container_port).ok()?, port.protocol.as_deref().unwrap_or("TCP")))
        })
        .collect();
    if found.is_empty() {
        found.push((80, "TCP"));
    }
    found
}

/// How `this` stands to `other`; `None` for a Pod without a name.
fn talk(store: &Store, this: &Pod, other: &Pod) -> Option<Talk> {
    let mut why = Vec::new();
    let mut reach = |from: &Pod, to: &Pod| {
        let all = ports(to);
        let mut open = Vec::new();
        for (port, protocol) in &all {
            let verdict = verdict(store, Peer::Pod(from), Peer::Pod(to), *port, protocol);
            match verdict.dropped_by() {
                None => open.push(format!("{port}/{protocol}")),
                Some(side) => {
                    let told = told(side, from, to);
                    if !why.contains(&told) {
                        why.push(told);
                    }
                }
            }
        }
        match open.len() {
            0 => Reach::None,
            some if some == all.len() => Reach::All,
            _ => Reach::Some(open),
        }
    };
    let (out, into) = (reach(this, other), reach(other, this));
    let metadata = &other.metadata;
    let pod = ObjectKey::pod(metadata.namespace.as_deref()?, metadata.name.as_deref()?);
    Some(Talk { pod, out, into, why })
}

/// `web-1 to client: NetworkPolicy default/web selects the Pod for ingress, ...`.
fn told(side: &Side, from: &Pod, to: &Pod) -> String {
    let name = |pod: &Pod| pod.metadata.name.clone().unwrap_or_default();
    let whose = match side.direction {
        Direction::Egress => name(from),
        Direction::Ingress => name(to),
    };
    format!("{} to {}, at {whose}: {side}", name(from), name(to))
}

/// What is odd about a NetworkPolicy.
pub(super) fn findings(store: &Store, key: &ObjectKey) -> Vec<Finding> {
    let Some(policy) = store.get(key).and_then(|object| object.get::<NetworkPolicy>()) else {
        return Vec::new();
    };
    let Some(spec) = &policy.spec else { return Vec::new() };
    let mut findings = Vec::new();
    let selected = selected(store, key);
    let mut add = |title: &str, text: String, certainty, evidence| {
        findings.push(Finding { title: title.to_owned(), text, certainty, evidence, fix: None });
    };
    if selected.is_empty() {
        let text =
            format!("spec.podSelector matches no Pod in {}, so the policy changes nothing.", key.namespace);
        add("The policy selects no Pod", text, Certainty::Found, vec![key.clone()]);
    }
    let isolates_egress = spec.policy_types.iter().flatten().any(|one| one == "Egress");
    let without_dns =
        selected.iter().find(|pod| isolates_egress && isolation(store, pod).is_some_and(|found| !found.dns));
    if let Some(pod) = without_dns {
        let text = format!(
            "{} may not ask the cluster's DNS: no rule for egress allows port 53 to kube-system. Every request by name \
             ends with a timeout before it begins.",
            pod.name
        );
        add("Names can not be looked up", text, Certainty::Found, vec![key.clone(), pod.clone()]);
    }
    findings
}

/// The Pods that a NetworkPolicy selects, by name.
pub fn selected(store: &Store, policy: &ObjectKey) -> Vec<ObjectKey> {
    let found = store.get(policy).and_then(|object| object.get::<NetworkPolicy>());
    let Some(spec) = found.and_then(|policy| policy.spec.as_ref()) else { return Vec::new() };
    let selector = spec.pod_selector.clone().unwrap_or_default();
    let Ok(selector) = Selector::from_label_selector(Some(&selector)) else { return Vec::new() };
    let pods = store
        .list_in::<Pod>(&policy.namespace)
        .filter(|pod| selector.matches(&pod.metadata.labels.clone().unwrap_or_default()));
    pods.filter_map(|pod| Some(ObjectKey::pod(policy.namespace.clone(), pod.metadata.name.as_deref()?)))
        .collect()
}
