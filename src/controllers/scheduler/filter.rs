//! Which nodes can take a Pod: the filters of the default profile that need no resources and no volumes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::affinity;
use crate::api::labels::Selector;
use crate::controllers::{node, pod};
use crate::store::Store;

/// The filters, prepared for one Pod.
pub struct Filters<'a> {
    store: &'a Store,
    spec: &'a PodSpec,
    ports: BTreeSet<HostPort<'a>>,
    /// For each required term: the topology key, whether Pods must be there (or must not), and how many matching
    /// Pods each domain has.
    inter_pod: Vec<InterPod<'a>>,
    spread: Vec<Spread<'a>>,
}

type HostPort<'a> = (&'a str, &'a str, i32);

struct InterPod<'a> {
    topology_key: &'a str,
    wanted: bool,
    domains: BTreeMap<String, usize>,
    /// Whether the Pod itself matches: the first of a group that wants to be together may go anywhere.
    matches_self: bool,
}

struct Spread<'a> {
    constraint: &'a TopologySpreadConstraint,
    domains: BTreeMap<String, usize>,
    matches_self: bool,
}

impl<'a> Filters<'a> {
    /// Looks up what the Pod's rules on other Pods need.
    pub fn new(store: &'a Store, pod: &'a Pod, spec: &'a PodSpec) -> Filters<'a> {
        let affinity = spec.affinity.as_ref();
        let together = affinity
            .and_then(|affinity| affinity.pod_affinity.as_ref())
            .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
        let apart = affinity
            .and_then(|affinity| affinity.pod_anti_affinity.as_ref())
            .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
        let together = together.into_iter().flatten().map(|term| InterPod::new(store, pod, term, true));
        let apart = apart.into_iter().flatten().map(|term| InterPod::new(store, pod, term, false));
        let spread = spec.topology_spread_constraints.iter().flatten();
        let spread = spread
            .filter(|constraint| constraint.when_unsatisfiable == "DoNotSchedule")
            .map(|constraint| Spread::new(store, pod, spec, constraint));
        Filters {
            store,
            spec,
            ports: host_ports(spec),
            inter_pod: together.chain(apart).collect(),
            spread: spread.collect(),
        }
    }

    /// Why the node can not take the Pod, in the scheduler's words; `None` if it can. The first filter that refuses
    /// speaks: cordoned, taints, node affinity, host ports, spread constraints, rules on other Pods.
    pub fn refusal(&self, node: &Node) -> Option<&'static str> {
        let tolerations = self.spec.tolerations.as_deref().unwrap_or_default();
        let mut untolerated = node::taints(node);
        untolerated
            .retain(|taint| taint.effect != "PreferNoSchedule" && !node::is_tolerated(taint, tolerations));
        if untolerated.iter().any(|taint| taint.key == node::UNSCHEDULABLE) {
            return Some("node(s) were unschedulable");
        }
        if !untolerated.is_empty() {
            return Some("node(s) had untolerated taint(s)");
        }
        if !affinity::matches(self.spec, node) {
            return Some("node(s) didn't match Pod's node affinity/selector");
        }
        if !self.ports.is_empty() && self.port_is_taken(node) {
            return Some("node(s) didn't have free ports for the requested pod ports");
        }
        if let Some(reason) = self.spread.iter().find_map(|spread| spread.refusal(node)) {
            return Some(reason);
        }
        self.inter_pod.iter().find_map(|rule| rule.refusal(node))
    }

    // Models pkg/scheduler/framework/plugins/nodeports/node_ports.go Fits
    fn port_is_taken(&self, node: &Node) -> bool {
        let others = self.store.pods_on_node(node::name(node)).filter(|other| !pod::is_finished(other));
        let mut taken = others.filter_map(|other| other.spec.as_ref()).flat_map(host_ports);
        taken.any(|(ip, protocol, port)| {
            self.ports.iter().any(|wanted| {
                (wanted.1, wanted.2) == (protocol, port)
                    && (wanted.0 == ip || wanted.0 == "0.0.0.0" || ip == "0.0.0.0")
            })
        })
    }
}

/// Address, protocol and port of each host port.
fn host_ports(spec: &PodSpec) -> BTreeSet<HostPort<'_>> {
    let ports = spec.containers.iter().flat_map(|container| container.ports.iter().flatten());
    ports
        .filter_map(|port| {
            let number = port.host_port.filter(|number| *number > 0)?;
            let ip = port.host_ip.as_deref().filter(|ip| !ip.is_empty()).unwrap_or("0.0.0.0");
            Some((ip, port.protocol.as_deref().unwrap_or("TCP"), number))
        })
        .collect()
}

/// The value of the topology key on the node where the Pod runs.
fn domain_of(store: &Store, pod: &Pod, topology_key: &str) -> Option<String> {
    let node = store.find::<Node>("", pod::node_name(pod))?;
    label(node, topology_key).map(str::to_owned)
}

fn label<'n>(node: &'n Node, name: &str) -> Option<&'n str> {
    node.metadata.labels.as_ref()?.get(name).map(String::as_str)
}

/// The active Pods of the namespace that the selector matches. An absent selector matches none.
fn pods_selected(store: &Store, namespace: &str, selector: Option<&LabelSelector>) -> Vec<Arc<Pod>> {
    let Some(pairs) = selector.map(|selector| selector.match_labels.clone().unwrap_or_default()) else {
        return Vec::new();
    };
    let Ok(selector) = Selector::from_label_selector(selector) else { return Vec::new() };
    let candidates = if pairs.is_empty() {
        store.list_in::<Pod>(namespace).cloned().collect()
    } else {
        store.pods_matching(namespace, &pairs)
    };
    let is_selected = |pod: &Arc<Pod>| selector.matches(&pod.metadata.labels) && pod::is_active(pod);
    candidates.into_iter().filter(is_selected).collect()
}

fn selects(selector: Option<&LabelSelector>, pod: &Pod) -> bool {
    Selector::from_label_selector(selector).is_ok_and(|selector| selector.matches(&pod.metadata.labels))
}

impl<'a> InterPod<'a> {
    fn new(store: &Store, pod: &'a Pod, term: &'a PodAffinityTerm, wanted: bool) -> InterPod<'a> {
        let own = pod.metadata.namespace.clone().unwrap_or_default();
        let listed = term.namespaces.clone().unwrap_or_default();
        let namespaces = if listed.is_empty() { vec![own.clone()] } else { listed };
        let mut domains = BTreeMap::new();
        for namespace in &namespaces {
            for other in pods_selected(store, namespace, term.label_selector.as_ref()) {
                if let Some(domain) = domain_of(store, &other, &term.topology_key) {
                    *domains.entry(domain).or_default() += 1;
                }
            }
        }
        let matches_self = namespaces.contains(&own) && selects(term.label_selector.as_ref(), pod);
        InterPod { topology_key: &term.topology_key, wanted, domains, matches_self }
    }

    // Models pkg/scheduler/framework/plugins/interpodaffinity/filtering.go Filter
    fn refusal(&self, node: &Node) -> Option<&'static str> {
        let domain = label(node, self.topology_key);
        let is_there = domain.is_some_and(|domain| self.domains.contains_key(domain));
        if self.wanted {
            let is_first = self.domains.is_empty() && self.matches_self && domain.is_some();
            (!is_there && !is_first).then_some("node(s) didn't match pod affinity rules")
        } else {
            is_there.then_some("node(s) didn't match pod anti-affinity rules")
        }
    }
}

impl<'a> Spread<'a> {
    fn new(store: &Store, pod: &Pod, spec: &PodSpec, constraint: &'a TopologySpreadConstraint) -> Spread<'a> {
        // A domain counts if one of its nodes is open to the Pod by affinity; taints are ignored by default.
        let nodes = store.list::<Node>().filter(|node| affinity::matches(spec, node));
        let mut domains: BTreeMap<String, usize> = nodes
            .filter_map(|node| label(node, &constraint.topology_key))
            .map(|domain| (domain.to_owned(), 0))
            .collect();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        for other in pods_selected(store, namespace, constraint.label_selector.as_ref()) {
            let domain = domain_of(store, &other, &constraint.topology_key);
            if let Some(count) = domain.and_then(|domain| domains.get_mut(&domain)) {
                *count += 1;
            }
        }
        let matches_self = selects(constraint.label_selector.as_ref(), pod);
        Spread { constraint, domains, matches_self }
    }

    // Models pkg/scheduler/framework/plugins/podtopologyspread/filtering.go Filter
    fn refusal(&self, node: &Node) -> Option<&'static str> {
        let Some(count) =
            label(node, &self.constraint.topology_key).and_then(|domain| self.domains.get(domain))
        else {
            return Some("node(s) didn't match pod topology spread constraints (missing required label)");
        };
        let enough_domains = self
            .constraint
            .min_domains
            .is_none_or(|least| usize::try_from(least).is_ok_and(|least| self.domains.len() >= least));
        let fewest = if enough_domains { self.domains.values().min().copied().unwrap_or(0) } else { 0 };
        let skew = count + usize::from(self.matches_self) - fewest.min(*count);
        let allowed = usize::try_from(self.constraint.max_skew).unwrap_or(0);
        (skew > allowed).then_some("node(s) didn't match pod topology spread constraints")
    }
}
