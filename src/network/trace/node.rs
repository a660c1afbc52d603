//! What kube-proxy's rules on a node do with a connection, told as hops.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::{Service, ServiceSpec};

use super::client::Location;
use super::flow::{Flow, Rewriter};
use super::policy::DNS_PORT;
use super::{Failure, Tracer};
use crate::api::{Kind, ObjectKey};
use crate::network::addresses::Family;
use crate::network::kube_proxy::{
    Drop, Forward, Masquerade, NodeView, Origin, Packet, Policy, Reject, TopologyMode, Verdict, Way, decide,
};
use crate::network::settings::{ProxyMode, Settings};
use crate::network::{Action, Outcome, Place, Rule};

/// How the decision of a hop ends when session affinity made it.
pub const KEPT_BY_AFFINITY: &str = ", kept by sessionAffinity: ClientIP";

impl Tracer<'_> {
    /// Takes a connection through the rules on `node`. Nothing is told when no rule is about it.
    pub(super) fn rules(&mut self, flow: &mut Flow, node: &NodeView, origin: Origin) -> Result<(), Failure> {
        let packet =
            Packet { source: flow.source, destination: flow.destination, protocol: flow.protocol, origin };
        match decide(self.store, self.settings, node, &packet, self.kernels, self.random) {
            Verdict::NotAService => Ok(()),
            Verdict::Forward(forward) => {
                self.forward(flow, node, *forward);
                Ok(())
            }
            Verdict::Reject(reject) => Err(self.reject(flow, node, &reject)),
            Verdict::Drop(drop) => Err(self.drop(flow, node, &drop)),
        }
    }

    /// Whether the rules on the client's node lead its question to an endpoint of the DNS server at `server`. The
    /// question itself is told as one hop, at the resolver.
    pub(super) fn dns_rules(&mut self, location: &Location, server: IpAddr) -> Result<(), Failure> {
        let Some(node) = location.node().cloned() else { return Ok(()) };
        // The question takes no part in what chance decides for the request.
        let before = (self.random.clone(), self.kernels.clone());
        let Ok(flow) = self.begin(location, (server, DNS_PORT).into(), "UDP") else { return Ok(()) };
        let packet = Packet {
            source: flow.source,
            destination: flow.destination,
            protocol: flow.protocol,
            origin: location.origin(),
        };
        let verdict = decide(self.store, self.settings, &node, &packet, self.kernels, self.random);
        *self.random = before.0;
        self.kernels.go_back(before.1);
        let failure = match verdict {
            // A board without the DNS server's Service has a DNS server all the same.
            Verdict::NotAService | Verdict::Forward(_) | Verdict::Drop(Drop::Unallocated) => return Ok(()),
            Verdict::Reject(reject) => self.reject(&flow, &node, &reject),
            Verdict::Drop(drop) => self.drop(&flow, &node, &drop),
        };
        let outcome = match failure.outcome {
            Outcome::Refused(why) => Outcome::NoSuchHost(format!("no answer from DNS, {why}")),
            Outcome::TimedOut(why) => Outcome::TimedOut(format!("no answer from DNS, {why}")),
            other => other,
        };
        Err(Failure { outcome, ..failure })
    }

    fn forward(&mut self, flow: &mut Flow, node: &NodeView, forward: Forward) {
        let service = forward.port.service();
        let spec = self.service_spec(&service);
        let port = spec.and_then(|spec| port_index(spec, &forward)).unwrap_or(0);
        let field = endpoints_field(spec).to_owned();
        flow.service = Some((service.clone(), port));
        flow.decided_by = Some((service.clone(), field));
        let port = u16::try_from(forward.endpoint.port).unwrap_or(0);
        let Some(ip) = forward.endpoint.ip_address() else { return };
        let decision = choice(&forward, node, self.settings);
        if let Some(server) = &forward.server {
            self.entries.push((server.clone(), forward.endpoint.address()));
        }
        let by = Rewriter::Node(node.name.clone());
        let place = Place::Node(node.name.clone());
        let hop = self.dnat(place, decision, flow, SocketAddr::new(ip, port), by);
        hop.rule = Some(Rule::Chains(Box::new(forward.chains)));
        hop.looked_up = vec![service.clone(), forward.endpoint.slice.clone()];
        let Some(reason) = forward.masquerade else { return };
        let Some(address) = node.address(Family::of(ip)) else { return };
        let rule = match self.settings.proxy_mode {
            ProxyMode::Nftables => "masquerading",
            _ => "KUBE-POSTROUTING",
        };
        let hop = self.snat(&node.name, masquerade_reason(reason).to_owned(), flow, address);
        hop.rule = Some(Rule::Fixed(rule));
        hop.looked_up = vec![service];
    }

    fn reject(&mut self, flow: &Flow, node: &NodeView, reject: &Reject) -> Failure {
        let (why, decision, rule, service, field) = match reject {
            Reject::NoEndpoints(port, way) => {
                let rule = match (self.settings.proxy_mode, way) {
                    (ProxyMode::Iptables, Way::ClusterIp) => "KUBE-SERVICES",
                    (ProxyMode::Iptables, _) => "KUBE-EXTERNAL-SERVICES",
                    (ProxyMode::Nftables, Way::NodePort) => "no-endpoint-nodeports",
                    (ProxyMode::Nftables, _) => "no-endpoint-services",
                    (ProxyMode::Ipvs, _) => "virtual server without real servers",
                };
                let decision = format!("{port} has no endpoints");
                let service = port.service();
                let field = endpoints_field(self.service_spec(&service));
                ("no endpoints".to_owned(), decision, rule, service, field)
            }
            Reject::InvalidPort(service) => {
                let why = format!("{}/{} has no port {}", service.namespace, service.name, port_text(flow));
                let rule = match self.settings.proxy_mode {
                    ProxyMode::Nftables => "cluster-ips-check",
                    _ => "KUBE-IPVS-FILTER",
                };
                (why.clone(), why, rule, service.clone(), "spec.ports")
            }
        };
        let looked_up = self.with_slices(&service);
        let hop = self.hop(Place::Node(node.name.clone()), Action::Reject, decision, flow);
        hop.rule = Some(Rule::Fixed(rule));
        hop.looked_up = looked_up;
        Failure { outcome: Outcome::Refused(why), decided_by: Some((service, field.to_owned())) }
    }

    fn drop(&mut self, flow: &Flow, node: &NodeView, drop: &Drop) -> Failure {
        let iptables = self.settings.proxy_mode == ProxyMode::Iptables;
        let place = Place::Node(node.name.clone());
        let (why, decision, rule, decided_by) = match drop {
            Drop::NoLocalEndpoints(port, way) => {
                let why = format!("no endpoint on {}", node.name);
                let (policy, field) = match way {
                    Way::ClusterIp => ("internalTrafficPolicy: Local", "spec.internalTrafficPolicy"),
                    _ => ("externalTrafficPolicy: Local", "spec.externalTrafficPolicy"),
                };
                let rule = match way {
                    _ if self.settings.proxy_mode == ProxyMode::Ipvs => {
                        "virtual server without a local endpoint"
                    }
                    Way::ClusterIp if iptables => "KUBE-SERVICES",
                    _ if iptables => "KUBE-EXTERNAL-SERVICES",
                    Way::NodePort => "no-endpoint-nodeports",
                    _ => "no-endpoint-services",
                };
                let mut decision = format!("{policy}, and {port} has no endpoint on {}", node.name);
                if self.settings.proxy_mode == ProxyMode::Ipvs {
                    decision.push_str(
                        ": a Pod elsewhere gets the packet with the client's address, and its answer comes from an \
                         address that the client did not call",
                    );
                }
                (why, decision, rule, Some((port.service(), field.to_owned())))
            }
            Drop::SourceRanges(port) => {
                let why = format!("{} is not in loadBalancerSourceRanges", flow.source.ip());
                let rule = if iptables { "KUBE-PROXY-FIREWALL" } else { "firewall-check" };
                let field = "spec.loadBalancerSourceRanges".to_owned();
                (why.clone(), why, rule, Some((port.service(), field)))
            }
            Drop::Unallocated => {
                let why = format!("no Service has {}", flow.destination.ip());
                (why.clone(), why, "cluster-ips-check", None)
            }
        };
        let looked_up = decided_by.iter().flat_map(|(service, _)| self.with_slices(service)).collect();
        let hop = self.hop(place, Action::Drop, decision, flow);
        hop.rule = Some(Rule::Fixed(rule));
        hop.looked_up = looked_up;
        Failure { outcome: Outcome::TimedOut(why), decided_by }
    }

    fn service_spec(&self, service: &ObjectKey) -> Option<&ServiceSpec> {
        self.store.find::<Service>(&service.namespace, &service.name)?.spec.as_ref()
    }

    /// A Service and all its EndpointSlices.
    pub(super) fn with_slices(&self, service: &ObjectKey) -> Vec<ObjectKey> {
        let slices = self.store.slices_of(&service.namespace, &service.name);
        let names = slices.filter_map(|slice| slice.metadata.name.as_deref());
        let keys = names.map(|name| ObjectKey::new(Kind::EndpointSlice, service.namespace.clone(), name));
        std::iter::once(service.clone()).chain(keys).collect()
    }
}

/// The field of a Service that says which endpoints it has; without a selector somebody else writes its slices.
fn endpoints_field(spec: Option<&ServiceSpec>) -> &'static str {
    match spec.and_then(|spec| spec.selector.as_ref()) {
        Some(selector) if !selector.is_empty() => "spec.selector",
        _ => "spec.ports",
    }
}

/// The place of the port that was matched among the Service's.
fn port_index(spec: &ServiceSpec, forward: &Forward) -> Option<usize> {
    spec.ports.iter().flatten().position(|port| {
        port.port == forward.number && port.protocol.as_deref().unwrap_or("TCP") == forward.port.protocol
    })
}

/// The destination's port as people write it: `8080`, `53/UDP`.
pub(super) fn port_text(flow: &Flow) -> String {
    let port = flow.destination.port();
    if flow.protocol == "TCP" { port.to_string() } else { format!("{port}/{}", flow.protocol) }
}

/// Which endpoint of how many, and what narrowed the choice.
fn choice(forward: &Forward, node: &NodeView, settings: &Settings) -> String {
    let count = forward.candidates;
    let what: Cow<'_, str> = match (forward.policy, forward.falls_back, forward.topology) {
        (Policy::Local, true, _) => {
            format!("serving terminating on {}, none there is ready", node.name).into()
        }
        (Policy::Local, false, _) => format!("ready on {}", node.name).into(),
        (Policy::Cluster, true, _) => "serving terminating, none is ready anywhere".into(),
        (Policy::Cluster, false, TopologyMode::None) => "ready".into(),
        (Policy::Cluster, false, TopologyMode::SameZone) => {
            format!("ready, with hints for zone {}", node.zone).into()
        }
        (Policy::Cluster, false, TopologyMode::SameNode) => {
            format!("ready, with hints for {}", node.name).into()
        }
    };
    let how: Cow<'_, str> = match (forward.is_kept, &forward.server) {
        (true, _) => KEPT_BY_AFFINITY.into(),
        (false, Some(_)) => {
            format!(", {} ({})", settings.ipvs_scheduler.way(), settings.ipvs_scheduler.name()).into()
        }
        (false, None) => "".into(),
    };
    format!("{}: 1 of {count} {what}{how}", forward.port)
}

fn masquerade_reason(reason: Masquerade) -> &'static str {
    match reason {
        Masquerade::ExternalTrafficPolicyCluster => "externalTrafficPolicy: Cluster",
        Masquerade::OutsidePodNetwork => "the client is outside the Pod network",
        Masquerade::LocalSource => "the client is a process on this node",
        Masquerade::Hairpin => "the client is the chosen endpoint itself",
    }
}
