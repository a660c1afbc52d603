//! NetworkPolicies on the way: egress where the client runs, ingress where the server runs.

use std::net::IpAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::client::Location;
use super::flow::Flow;
use super::{Failure, Tracer, pod};
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::PUBLIC_DNS;
use crate::network::kube_proxy::{NodeView, Origin};
use crate::network::network_policy::{
    Connection, Direction, Peer, PolicyName, Side, evaluate, evaluate_side,
};
use crate::network::{Action, Outcome, Place};

/// The port on which DNS servers answer.
pub(super) const DNS_PORT: u16 = 53;

impl Tracer<'_> {
    /// Whether the client's egress rules let the packet out of its Pod, asked once, on the client's node, after the
    /// rules of kube-proxy have set the destination.
    pub(super) fn egress(&mut self, flow: &mut Flow, location: &Location) -> Result<(), Failure> {
        let Location::Pod { pod: client, node } = location else { return Ok(()) };
        if std::mem::replace(&mut flow.is_let_out, true) {
            return Ok(());
        }
        let address = flow.destination.ip();
        let server = self.pod_at(address);
        let to = server.as_deref().map_or(Peer::Address(address), Peer::Pod);
        let (port, protocol) = (flow.destination.port(), flow.protocol);
        let connection = Connection { from: Peer::Pod(client), to, port, protocol };
        let side = evaluate_side(self.store, &connection, Direction::Egress);
        let node = node.name.clone();
        self.pass(flow, &side, &node)
    }

    /// Whether the ingress rules of a Pod let the packet in. They see the source as it is now: a masqueraded one is
    /// the address of a node.
    pub(super) fn ingress(&mut self, flow: &Flow, location: &Location, server: &Pod) -> Result<(), Failure> {
        let is_pods_own = flow.source == flow.first_source && location.origin() == Origin::Pod;
        let from = match location {
            Location::Pod { pod, .. } if is_pods_own => Peer::Pod(pod),
            _ => Peer::Address(flow.source.ip()),
        };
        let (port, protocol) = (flow.destination.port(), flow.protocol);
        let connection = Connection { from, to: Peer::Pod(server), port, protocol };
        let side = evaluate_side(self.store, &connection, Direction::Ingress);
        let node = server.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
        self.pass(flow, &side, node)
    }

    /// Whether a Pod's question to the DNS server at `server` gets through.
    pub(super) fn dns_egress(&mut self, location: &Location, server: IpAddr) -> Result<(), Failure> {
        let Location::Pod { pod: client, node } = location else { return Ok(()) };
        let dns = self.dns_pod();
        let to = if server == PUBLIC_DNS { Peer::Address(server) } else { Peer::Pod(&dns) };
        let connection = Connection { from: Peer::Pod(client), to, port: DNS_PORT, protocol: "UDP" };
        let verdict = evaluate(self.store, &connection);
        let Some(side) = verdict.dropped_by() else { return Ok(()) };
        let Ok(flow) = self.begin(location, (server, DNS_PORT).into(), "UDP") else { return Ok(()) };
        let NodeView { name, .. } = node;
        let failure = self.blocked(&flow, side, name);
        let Outcome::TimedOut(why) = failure.outcome else { return Err(failure) };
        Err(Failure { outcome: Outcome::TimedOut(format!("no answer from DNS, {why}")), ..failure })
    }

    fn pass(&mut self, flow: &Flow, side: &Side, node: &str) -> Result<(), Failure> {
        if !side.is_allowed() {
            return Err(self.blocked(flow, side, node));
        }
        if side.exempt.is_none() && !side.isolating.is_empty() {
            let decision = side.to_string().trim_end_matches('.').to_owned();
            let allowing: Vec<ObjectKey> = side.allowing.iter().map(|rule| key(&rule.policy)).collect();
            self.hop(Place::Node(node.to_owned()), Action::Forward, decision, flow).looked_up = allowing;
        }
        Ok(())
    }

    fn blocked(&mut self, flow: &Flow, side: &Side, node: &str) -> Failure {
        let hop = self.hop(
            Place::Node(node.to_owned()),
            Action::Drop,
            side.to_string().trim_end_matches('.').to_owned(),
            flow,
        );
        hop.looked_up = side.isolating.iter().map(key).collect();
        let field = match side.direction {
            Direction::Egress => "spec.egress",
            Direction::Ingress => "spec.ingress",
        };
        let why = match side.isolating.as_slice() {
            [only] => format!("blocked by {only}"),
            [one, other] => format!("blocked by {one} and {}", other.name),
            many => format!("blocked by {} NetworkPolicies", many.len()),
        };
        // Of several, one that was written for this Pod and not for all: that is where a rule would be added.
        let is_for_all = |policy: &&PolicyName| {
            let found = self.store.find::<NetworkPolicy>(&policy.namespace, &policy.name);
            let selector = found.and_then(|found| found.spec.as_ref()?.pod_selector.as_ref());
            selector.is_none_or(|selector| *selector == LabelSelector::default())
        };
        let telling = side.isolating.iter().min_by_key(is_for_all);
        let decided_by = telling.map(|policy| (key(policy), field.to_owned()));
        Failure { outcome: Outcome::TimedOut(why), decided_by }
    }

    /// The Pod that has this address and has not ended.
    pub(super) fn pod_at(&self, address: IpAddr) -> Option<Arc<Pod>> {
        let mut pods = self.store.at_address(address).filter_map(|object| object.get::<Pod>());
        pods.find(|pod| !pod::has_ended(pod)).cloned()
    }

    /// A Pod of the cluster's DNS server; when none is on the board, one as kubeadm makes them.
    fn dns_pod(&self) -> Arc<Pod> {
        let labels = [("k8s-app".to_owned(), "kube-dns".to_owned())].into_iter().collect();
        let found = self.store.pods_matching("kube-system", &labels).into_iter().next();
        found.unwrap_or_else(|| {
            let mut pod = Pod::default();
            pod.metadata.namespace = Some("kube-system".to_owned());
            pod.metadata.name = Some("coredns".to_owned());
            pod.metadata.labels = Some(labels);
            Arc::new(pod)
        })
    }
}

fn key(policy: &PolicyName) -> ObjectKey {
    ObjectKey::new(Kind::NetworkPolicy, policy.namespace.as_str(), policy.name.as_str())
}
