//! What stands on the board, as plain data: every text is final, every rectangle absolute.

use std::rc::Rc;

use super::geometry::Rect;
use crate::api::ObjectKey;
use crate::network::Client;

/// How a row, a gate or a Pod takes part in the request in focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Light {
    /// It does not.
    #[default]
    None,
    /// It was looked up, or another request uses it: tinted.
    Tinted,
    /// Bytes of the request in focus go here: solid.
    Solid,
}

/// The state of an endpoint or a Pod. Each has a shape and a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    /// Ready: a filled disc with a tick.
    Ready,
    /// Not ready: a hollow ring.
    NotReady,
    /// Terminating: hatched.
    Terminating,
    /// A near miss: a dotted ring.
    NearMiss,
    /// It has ended or was never started: a dash.
    Off,
}

/// A row of a card.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row {
    /// At the left.
    pub text: String,
    /// At the right.
    pub end: String,
    /// What is wrong with it, in a word or two: `503`.
    pub trouble: Option<String>,
    /// Its part in the request in focus.
    pub light: Light,
    /// The accent of the Service that it is about.
    pub accent: Option<u8>,
}

/// Someone who asks.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientCard {
    /// The card's id for placing and focus: `client/internet`.
    pub id: String,
    /// Who it is.
    pub client: Client,
    /// `Internet`.
    pub name: String,
    /// Its address.
    pub address: String,
    /// What it asked for lately.
    pub rows: Vec<Row>,
    /// Where.
    pub rect: Rect,
}

/// What a card in the Edge lane stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeKind {
    /// The load balancer of a Service.
    LoadBalancer,
    /// An Ingress, which is looked up, not visited.
    Ingress,
    /// A Gateway: it too is looked up; its Pods are visited.
    Gateway,
    /// An HTTPRoute, which is looked up.
    HttpRoute,
    /// The public resolver.
    PublicDns,
    /// The cluster's DNS server.
    ClusterDns,
    /// A host outside the cluster.
    External,
}

impl EdgeKind {
    /// Whether the rows of the card lead to Services.
    pub fn leads_to_services(self) -> bool {
        matches!(self, EdgeKind::Ingress | EdgeKind::HttpRoute)
    }
}

/// A card in the Edge lane.
#[derive(Clone, PartialEq, Debug)]
pub struct EdgeCard {
    /// The card's id: `lb/shop/web`, or the object's path.
    pub id: String,
    /// What it is.
    pub kind: EdgeKind,
    /// The object to select; a load balancer's is its Service.
    pub key: Option<ObjectKey>,
    /// Its name.
    pub name: String,
    /// A word at the right of the heading.
    pub note: String,
    /// Its address.
    pub address: String,
    /// Its rows.
    pub rows: Vec<Row>,
    /// The accent of the Service that it is about.
    pub accent: Option<u8>,
    /// Where.
    pub rect: Rect,
}

impl EdgeCard {
    /// The Service that a row leads to: `→ shop/web:80` or, in the card's own namespace, `→ web:80`.
    pub fn service_of(&self, row: &Row) -> Option<ObjectKey> {
        let own = self.key.as_ref().filter(|_| self.kind.leads_to_services())?;
        let (name, _) = row.end.strip_prefix("\u{2192} ")?.split_once(':')?;
        Some(match name.split_once('/') {
            Some((namespace, name)) => ObjectKey::service(namespace, name),
            None => ObjectKey::service(own.namespace.clone(), name),
        })
    }
}

/// A row of an EndpointSlice.
#[derive(Clone, PartialEq, Debug)]
pub struct SliceRow {
    /// The endpoint's address.
    pub address: String,
    /// The condition `ready`.
    pub ready: bool,
    /// The condition `serving`.
    pub serving: bool,
    /// The condition `terminating`.
    pub terminating: bool,
    /// How it is drawn.
    pub mark: Mark,
    /// The Pod that it points to.
    pub pod: Option<ObjectKey>,
    /// Zones and nodes of its hints: `for zone-a`; empty without hints.
    pub hints: String,
    /// Its part in the request in focus.
    pub light: Light,
}

/// An EndpointSlice, hanging below its Service.
#[derive(Clone, PartialEq, Debug)]
pub struct SliceBox {
    /// The EndpointSlice.
    pub key: ObjectKey,
    /// Its name.
    pub name: String,
    /// Whether it was written by the last change or since, and was there before.
    pub is_rewritten: bool,
    /// The slice's ports: `http 8080/TCP`, or `no ports`.
    pub ports: String,
    /// The rows that are shown.
    pub rows: Vec<SliceRow>,
    /// How many endpoints are not shown.
    pub more: usize,
    /// How many endpoints it holds.
    pub endpoints: usize,
    /// Why it is empty, in words.
    pub empty: Option<String>,
    /// Where; only at the full level.
    pub rect: Rect,
}

/// A Service.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceCard {
    /// The Service.
    pub key: ObjectKey,
    /// Its name.
    pub name: String,
    /// Its namespace, if the board shows several.
    pub namespace: Option<String>,
    /// Its accent, 1 to 6.
    pub accent: u8,
    /// `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`, or `Headless` for a ClusterIP Service without an IP.
    pub badge: String,
    /// `ClusterIP 10.96.84.12`, or what it has instead.
    pub address: String,
    /// One row for each port.
    pub rows: Vec<Row>,
    /// The selector.
    pub selector: Vec<(String, String)>,
    /// What is wrong, in a few words.
    pub alert: Option<String>,
    /// The endpoints' marks, at most 12: what the compact level shows.
    pub marks: Vec<Mark>,
    /// How many endpoints its slices hold.
    pub endpoints: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// Its EndpointSlices.
    pub slices: Vec<SliceBox>,
    /// The card without its slices.
    pub rect: Rect,
    /// The card with its slices.
    pub whole: Rect,
}

/// How a label chip of a Pod is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChipKind {
    /// No selector asks for it.
    Plain,
    /// A selector that matches asks for it: it wears that Service's accent.
    Hit(u8),
    /// It keeps the Pod from matching.
    Miss,
}

/// A label.
#[derive(Clone, PartialEq, Debug)]
pub struct Chip {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// How it is drawn.
    pub kind: ChipKind,
}

/// A Pod, or several replicas of one owner folded into one card.
#[derive(Clone, PartialEq, Debug)]
pub struct PodCard {
    /// The Pod; of a fold, the first.
    pub key: ObjectKey,
    /// All Pods of the card: one, or the fold's.
    pub keys: Vec<ObjectKey>,
    /// The name without its last 5 characters; of a fold, the owner's name.
    pub head: String,
    /// The last 5 characters of the name, which tell Pods apart; empty for a short name.
    pub tail: String,
    /// The Pod's IP; empty without one.
    pub address: String,
    /// Its state.
    pub mark: Mark,
    /// `1/1`, `not ready 0/1`, `terminating, 18 s left`.
    pub word: String,
    /// The labels that fit, the telling ones first.
    pub chips: Vec<Chip>,
    /// How many labels do not fit.
    pub more_chips: usize,
    /// The label that was wanted, for a near miss: `app=web`.
    pub wanted: Option<String>,
    /// The accent of the first Service that selects it.
    pub accent: Option<u8>,
    /// The Services that select it, by name.
    pub services: Vec<ObjectKey>,
    /// The Service that it nearly matches, for a near miss.
    pub near: Option<ObjectKey>,
    /// The fold that it belongs to, for [`super::View::unfolded`]; `None` without an owner.
    pub fold: Option<String>,
    /// Of an unfolded fold's first Pod: how many Pods would fold.
    pub folds: Option<usize>,
    /// Its part in the request in focus.
    pub light: Light,
    /// Where.
    pub rect: Rect,
}

/// A node with its Pods.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeCard {
    /// The node; `None` for the place where Pods wait that no node has.
    pub key: Option<ObjectKey>,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub zone: String,
    /// Its address.
    pub address: String,
    /// Whether it is Ready.
    pub ready: bool,
    /// What stands at its gate: `iptables rules (kube-proxy)`.
    pub gate: String,
    /// The gate's part in the request in focus.
    pub gate_light: Light,
    /// The accent of the Service whose rule decided there.
    pub gate_accent: Option<u8>,
    /// The node ports; the same on every node.
    pub ports: Vec<Row>,
    /// Its Pods.
    pub pods: Vec<Rc<PodCard>>,
    /// Where.
    pub rect: Rect,
}

/// How many chips fit into so many characters, at least one. A key's prefix takes one character: it is drawn as an
/// ellipsis.
pub fn chips_that_fit<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, room: usize) -> usize {
    let mut used = 0;
    let mut count = 0;
    for (key, value) in pairs {
        let key = key.rsplit_once('/').map_or(key.len(), |(_, name)| name.len() + 2);
        // Border and gap of a chip take about two characters.
        used += key + value.len() + 3;
        if used > room && count > 0 {
            break;
        }
        count += 1;
    }
    count
}

impl PodCard {
    /// The name in full; of a fold, the owner's name.
    pub fn name(&self) -> String {
        format!("{}{}", self.head, self.tail)
    }
}

/// A frame around the Services of one namespace.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// The namespace.
    pub namespace: String,
    /// Where.
    pub rect: Rect,
}
