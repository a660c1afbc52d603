//! Where a request begins.

use std::net::IpAddr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod};

use super::{Failure, Tracer, pod};
use crate::api::ObjectKey;
use crate::api::validation::parse_ip_sloppy;
use crate::network::addresses::{Family, INTERNET_CLIENT, LAPTOP};
use crate::network::kube_proxy::{NodeView, Origin};
use crate::network::{Client, Outcome};

/// A client with what its place on the network decides.
pub(super) enum Location {
    Internet,
    Laptop,
    Node(NodeView),
    Pod { pod: Arc<Pod>, node: NodeView },
}

impl Location {
    /// The node on which the client runs; `None` outside the cluster.
    pub fn node(&self) -> Option<&NodeView> {
        match self {
            Location::Internet | Location::Laptop => None,
            Location::Node(node) | Location::Pod { node, .. } => Some(node),
        }
    }

    /// How the rules on its own node see the client. A Pod on its node's network is a process on the node.
    pub fn origin(&self) -> Origin {
        match self {
            Location::Internet | Location::Laptop => Origin::Outside,
            Location::Node(_) => Origin::Node,
            Location::Pod { pod, .. } if pod::on_node_network(pod) => Origin::Node,
            Location::Pod { .. } => Origin::Pod,
        }
    }

    /// The client's address of a family.
    pub fn address(&self, family: Family) -> Option<IpAddr> {
        match self {
            Location::Internet => Some(INTERNET_CLIENT).filter(|address| Family::of(*address) == family),
            Location::Laptop => Some(LAPTOP).filter(|address| Family::of(*address) == family),
            Location::Node(node) => node.address(family),
            Location::Pod { pod, node } if pod::on_node_network(pod) => node.address(family),
            Location::Pod { pod, .. } => {
                pod::addresses(pod).filter_map(parse_ip_sloppy).find(|address| Family::of(*address) == family)
            }
        }
    }

    /// The client as the request names it.
    pub fn client(&self) -> Client {
        match self {
            Location::Internet => Client::Internet,
            Location::Laptop => Client::Laptop,
            Location::Node(node) => Client::Node(node.name.clone()),
            Location::Pod { pod, .. } => {
                let key = pod::key(pod);
                Client::Pod { namespace: key.namespace.to_string(), name: key.name.to_string() }
            }
        }
    }

    /// The object that the client is.
    pub fn key(&self) -> Option<ObjectKey> {
        match self {
            Location::Internet | Location::Laptop => None,
            Location::Node(node) => Some(ObjectKey::node(node.name.as_str())),
            Location::Pod { pod, .. } => Some(pod::key(pod)),
        }
    }
}

impl Tracer<'_> {
    /// Finds the client; the failure says why nothing can be sent from it.
    pub(super) fn locate(&self, client: &Client) -> Result<Location, Failure> {
        let not_sent = |why: String, decided_by| Failure { outcome: Outcome::BadTarget(why), decided_by };
        match client {
            Client::Internet => Ok(Location::Internet),
            Client::Laptop => Ok(Location::Laptop),
            Client::Node(name) => match self.store.find::<Node>("", name) {
                Some(node) => Ok(Location::Node(NodeView::new(node))),
                None => Err(not_sent(format!("Node {name} does not exist."), None)),
            },
            Client::Pod { namespace, name } => {
                let Some(pod) = self.store.find::<Pod>(namespace, name) else {
                    return Err(not_sent(format!("Pod {namespace}/{name} does not exist."), None));
                };
                let state = pod::why_not_running(pod);
                let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
                if let Some(why) = state {
                    let field = Some((pod::key(pod), "status.phase".to_owned()));
                    return Err(not_sent(format!("Pod {namespace}/{name} {why}."), field));
                }
                Ok(Location::Pod { pod: pod.clone(), node: self.node_view(node) })
            }
        }
    }

    /// The node of this name; without addresses when it is not on the board.
    pub(super) fn node_view(&self, name: &str) -> NodeView {
        self.store.find::<Node>("", name).map_or_else(
            || NodeView { name: name.to_owned(), ..NodeView::default() },
            |node| NodeView::new(node),
        )
    }
}
