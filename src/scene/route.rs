//! The ways of requests over the board: where the bytes go, when, and what was looked up on the way.

use std::rc::Rc;
use std::sync::Arc;

use super::card::{EdgeCard, Light, Row, ServiceCard, SliceRow};
use super::geometry::{Path, Point, point};
use super::level::Level;
use super::{Scene, build};
use crate::api::{Kind, ObjectKey, Time};
use crate::cluster::RequestRecord;
use crate::network::{Action, Client, Hop, Outcome, Place};
use crate::session::Session;

/// From the Services to the nodes, where the lines swing, in pixels at 100 %.
const NODE_GUTTER: f64 = 90.0;

/// A part of the way, with its time.
#[derive(Clone, PartialEq, Debug)]
pub struct Leg {
    /// The line.
    pub path: Path,
    /// When the packet leaves.
    pub from: Time,
    /// When it arrives.
    pub to: Time,
    /// Whether it is an answer on its way back.
    pub back: bool,
}

/// A numbered disc at a place where something was decided. The numbers are those of the hop list.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// `2`, or `3, 4` where several things happen at one place.
    pub numbers: String,
    /// Where.
    pub at: Point,
}

/// Where a request died.
#[derive(Clone, PartialEq, Debug)]
pub struct Burst {
    /// Where.
    pub at: Point,
    /// `refused: no endpoints`.
    pub label: String,
    /// A clock instead of a cross: nothing came back.
    pub silent: bool,
    /// When.
    pub since: Time,
}

/// The way of one request.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// The request's number.
    pub number: u64,
    /// The accent of the Service that was looked up last; `None` when there was none.
    pub accent: Option<u8>,
    /// The parts, in the order of time.
    pub legs: Vec<Leg>,
    /// The whole way there, without questions to a resolver.
    pub track: Path,
    /// The ways to the resolvers that were asked first.
    pub questions: Vec<Path>,
    /// The numbered discs.
    pub stops: Vec<Stop>,
    /// Thin lines from where something was looked up to what was looked up.
    pub ties: Vec<Path>,
    /// Where it died, if it did.
    pub burst: Option<Burst>,
    /// When it left.
    pub sent_at: Time,
    /// When the client knows the outcome.
    pub ended_at: Time,
}

/// A connection that a client keeps open.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// Its way, from the client to the Pod.
    pub path: Path,
    /// The accent of its Service; `None` without one.
    pub accent: Option<u8>,
    /// `#1: 12 requests`.
    pub text: String,
    /// Where that is written: a little before the Pod.
    pub at: Point,
}

/// Where a packet is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Packet {
    /// The middle of the disc.
    pub at: Point,
    /// The direction of travel, in radians.
    pub angle: f64,
    /// Whether it is an answer.
    pub back: bool,
}

impl Standing {
    fn is_at(&self, end: Point) -> bool {
        self.path.points().last().is_some_and(|other| *other == end)
    }
}

impl Route {
    /// The packet's place at a moment: a pure function of time. `None` before it left, while it is at a place, and
    /// after its end.
    pub fn packet(&self, now: Time) -> Option<Packet> {
        let leg = self.legs.iter().find(|leg| leg.from <= now && now < leg.to)?;
        let done = now.since(leg.from) as f64 / leg.to.since(leg.from).max(1) as f64;
        let (at, angle) = leg.path.at(ease(done));
        Some(Packet { at, angle, back: leg.back })
    }
}

/// Starts and stops gently, so that the eye can follow.
fn ease(share: f64) -> f64 {
    share * share * (3.0 - 2.0 * share)
}

/// The connections that are open, each on the way of the newest request that went over it.
pub(super) fn standing(scene: &Scene, session: &Session) -> Vec<Standing> {
    let cluster = session.cluster();
    let mut all = Vec::new();
    for open in cluster.connections().values().filter(|open| open.closed.is_none()) {
        let newest = cluster.requests().iter().rev().find(|record| record.connection == Some(open.number));
        let Some(route) = newest.map(|record| route(scene, session, record)) else { continue };
        let Some(end) = route.track.points().last().copied() else { continue };
        let requests = if open.requests == 1 { "request" } else { "requests" };
        all.push(Standing {
            path: route.track,
            accent: route.accent,
            text: format!("#{}: {} {requests}", open.number, open.requests),
            // Connections to one Pod stand below each other.
            at: point(
                end.x,
                end.y + 14.0 * all.iter().filter(|other: &&Standing| other.is_at(end)).count() as f64,
            ),
        });
    }
    all
}

/// A place on the board from which a line can leave.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Anchor {
    /// For a line to the left.
    left: Point,
    /// For a line to the right.
    right: Point,
    /// The index of the node that holds it.
    node: Option<usize>,
    /// Whether it is a node's gate.
    gate: bool,
}

/// The way of a request over a scene whose cards stand.
pub(super) fn route(scene: &Scene, session: &Session, record: &Arc<RequestRecord>) -> Route {
    let hops = &record.trace.hops;
    let service = hops
        .iter()
        .rev()
        .flat_map(|hop| &hop.looked_up)
        .find(|key| key.kind == Kind::Service && scene.service(key).is_some())
        .cloned();
    let mut here = Place::Client(record.request.from.clone());
    let mut left_at = record.sent_at;
    let mut legs: Vec<Leg> = Vec::new();
    let mut track: Vec<Path> = Vec::new();
    let mut questions: Vec<Path> = Vec::new();
    let mut stops: Vec<(Place, Vec<usize>)> = Vec::new();
    for (index, (hop, at)) in hops.iter().zip(&record.hop_at).enumerate() {
        match stops.iter_mut().find(|(place, _)| *place == hop.place) {
            Some((_, numbers)) => numbers.push(index + 1),
            None => stops.push((hop.place.clone(), vec![index + 1])),
        }
        if hop.action == Action::Reply {
            continue;
        }
        if hop.place.is_resolver() {
            // There and back, each as long as the other.
            let back_at = *at + at.since(left_at);
            if let Some(path) = way(scene, &here, &hop.place, service.as_ref(), record) {
                legs.push(Leg { path: path.clone(), from: left_at, to: *at, back: false });
                legs.push(Leg { path: path.reversed(), from: *at, to: back_at, back: true });
                questions.push(path);
            }
            left_at = back_at;
            continue;
        }
        if hop.place != here {
            if let Some(path) = way(scene, &here, &hop.place, service.as_ref(), record) {
                track.push(path.clone());
                legs.push(Leg { path, from: left_at, to: *at, back: false });
            }
            here = hop.place.clone();
        }
        left_at = *at;
    }
    let track = track.iter().fold(Path::default(), |whole, part| whole.then(part));
    let silent = matches!(record.trace.outcome, Outcome::TimedOut(_));
    if !silent && record.ended_at > left_at && track.length() > 0.0 {
        legs.push(Leg { path: track.reversed(), from: left_at, to: record.ended_at, back: true });
    }
    let died = matches!(record.trace.outcome, Outcome::Refused(_) | Outcome::TimedOut(_));
    let burst = died.then(|| anchor(scene, &here, record)).flatten().map(|anchor| Burst {
        at: anchor.left,
        label: record.trace.outcome.to_string(),
        silent,
        since: left_at,
    });
    Route {
        number: record.number,
        accent: service.as_ref().map(|key| session.accent(key)),
        legs,
        stops: stops
            .into_iter()
            .filter_map(|(place, numbers)| {
                let anchor = anchor(scene, &place, record)?;
                let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
                Some(Stop { numbers: numbers.join(", "), at: anchor.left })
            })
            .collect(),
        ties: ties(scene, record),
        questions,
        track,
        burst,
        sent_at: record.sent_at,
        ended_at: record.ended_at,
    }
}

/// Where a place is on the board; `None` when it has no card.
fn anchor(scene: &Scene, place: &Place, record: &RequestRecord) -> Option<Anchor> {
    let metrics = scene.metrics;
    let first_row = |rect: super::geometry::Rect, row: usize| {
        if scene.level == Level::Overview {
            rect.y + rect.h / 2.0
        } else {
            rect.y + metrics.heading + metrics.address + (row as f64 + 0.5) * metrics.row
        }
    };
    let at_row = |rect: super::geometry::Rect, row: usize| {
        let y = first_row(rect, row);
        Anchor { left: point(rect.x, y), right: point(rect.right(), y), node: None, gate: false }
    };
    let gate = |name: &str| {
        let index =
            scene.nodes.iter().position(|node| node.key.as_ref().is_some_and(|key| &*key.name == name))?;
        let rect = scene.nodes.get(index)?.rect;
        let y = match scene.level {
            Level::Overview => rect.y + metrics.node_heading / 2.0,
            _ => rect.y + metrics.node_heading + metrics.gate / 2.0,
        };
        let at = point(rect.x, y);
        Some(Anchor { left: at, right: at, node: Some(index), gate: true })
    };
    let pod = |key: &ObjectKey| {
        let ((index, _), card) = scene.pod_at(key)?;
        let at = card.rect.left_middle();
        Some(Anchor { left: at, right: at, node: Some(index), gate: false })
    };
    let edge = |id: &str| scene.edges.iter().find(|card| card.id == id);
    match place {
        Place::Client(Client::Node(name)) | Place::Node(name) => gate(name),
        Place::Client(Client::Pod { namespace, name }) => {
            pod(&ObjectKey::pod(namespace.as_str(), name.as_str()))
        }
        Place::Client(client) => {
            let card = scene.clients.iter().find(|card| card.client == *client)?;
            let text = build::request_text(&record.request.method, &record.request.url);
            let row = card.rows.iter().position(|row| row.text == text).unwrap_or(0);
            Some(at_row(card.rect, row))
        }
        Place::Pod(key) => pod(key),
        Place::LoadBalancer(key) => {
            edge(&format!("lb/{}/{}", key.namespace, key.name)).map(|card| at_row(card.rect, 0))
        }
        Place::PublicDns => edge("dns/public").map(|card| at_row(card.rect, 0)),
        Place::ClusterDns => edge("dns/cluster").map(|card| at_row(card.rect, 0)),
        Place::External(name) => edge(&format!("external/{name}")).map(|card| at_row(card.rect, 0)),
    }
}

/// The line from one place to another, past the cards that are not on the way.
fn way(
    scene: &Scene,
    from: &Place,
    to: &Place,
    service: Option<&ObjectKey>,
    record: &RequestRecord,
) -> Option<Path> {
    let (a, b) = (anchor(scene, from, record)?, anchor(scene, to, record)?);
    let metrics = scene.metrics;
    Some(match (a.node, b.node) {
        (Some(one), Some(other)) if one == other => {
            // Within a node: along the rail between its edge and its Pods.
            let x = scene.nodes.get(one).map_or(a.left.x, |node| node.rect.x) + metrics.pod_indent / 2.0;
            Path::rounded(&[a.left, point(x, a.left.y), point(x, b.left.y), b.left])
        }
        (Some(_), Some(_)) => {
            // From node to node: in the gutter before them.
            let x = metrics.nodes.x - 18.0;
            Path::rounded(&[a.left, point(x, a.left.y), point(x, b.left.y), b.left])
        }
        (None, Some(_)) => past_services(scene, a.right, b.left, service),
        (Some(_), None) => past_services(scene, b.right, a.left, service).reversed(),
        (None, None) if a.right.x < b.left.x => {
            let x = f64::midpoint(a.right.x, b.left.x);
            Path::rounded(&[a.right, point(x, a.right.y), point(x, b.left.y), b.left])
        }
        (None, None) if b.right.x < a.left.x => {
            let x = f64::midpoint(b.right.x, a.left.x);
            Path::rounded(&[a.left, point(x, a.left.y), point(x, b.right.y), b.right])
        }
        (None, None) => {
            // Both in one lane: out to the right and back in.
            let x = a.right.x.max(b.right.x) + 14.0;
            Path::rounded(&[a.right, point(x, a.right.y), point(x, b.right.y), b.right])
        }
    })
}

/// From the left of the Services to a node: a Service is looked up, not visited, so the way runs above the card of
/// the one that was looked up.
fn past_services(scene: &Scene, from: Point, to: Point, service: Option<&ObjectKey>) -> Path {
    let metrics = scene.metrics;
    let (enter, leave) = (metrics.services.x - 14.0, metrics.nodes.x - NODE_GUTTER * metrics.ratio);
    let blocked =
        |y: f64| scene.services.iter().any(|card| card.whole.y - 6.0 < y && y < card.whole.bottom() + 6.0);
    let y = if !blocked(from.y) {
        from.y
    } else {
        let above = service.and_then(|key| scene.service(key)).map(|card| card.whole.y - metrics.gap / 2.0);
        above.unwrap_or(metrics.top - metrics.gap / 2.0)
    };
    let approach = to.x - 30.0;
    let mut corners = vec![from];
    if (y - from.y).abs() > 0.5 {
        // From the left edge of a card in the Outside lane the way first goes round the cards of the Edge lane.
        let turn = if from.x < metrics.edge.x { metrics.edge.x - 12.0 } else { enter };
        corners.extend([point(turn, from.y), point(turn, y)]);
    }
    corners.push(point(leave, y));
    Path::rounded(&corners)
        .then(&Path::swing(point(leave, y), point(approach.max(leave + 1.0), to.y)))
        .then(&Path::through(vec![point(approach.max(leave + 1.0), to.y), to]))
}

/// Thin ties from the gates and controllers to the Services and Ingresses that were looked up there.
fn ties(scene: &Scene, record: &RequestRecord) -> Vec<Path> {
    let metrics = scene.metrics;
    let mut ties = Vec::new();
    for hop in &record.trace.hops {
        if !matches!(hop.place, Place::Node(_) | Place::Pod(_) | Place::Client(_)) {
            continue;
        }
        let Some(from) = anchor(scene, &hop.place, record) else { continue };
        for key in &hop.looked_up {
            let to = if let Some(card) = scene.service(key) {
                let y = match scene.level {
                    Level::Overview => card.rect.y + card.rect.h / 2.0,
                    _ => card.rect.y + metrics.heading + metrics.address + metrics.row / 2.0,
                };
                point(card.rect.right(), y)
            } else {
                continue;
            };
            let tie = Path::swing(to, from.left);
            if from.node.is_some() && !ties.contains(&tie) {
                ties.push(tie);
            }
        }
    }
    ties
}

/// The host of `host:port`, without the brackets of an IPv6 address.
fn host(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Lights up the rows, gates and Pods that a request uses: solid where bytes go, tinted where something was looked up.
pub(super) fn light(scene: &mut Scene, record: &RequestRecord, accent: Option<u8>) {
    let text = build::request_text(&record.request.method, &record.request.url);
    for card in scene.clients.iter_mut().filter(|card| card.client == record.request.from) {
        for row in Rc::make_mut(card).rows.iter_mut().filter(|row| row.text == text) {
            (row.light, row.accent) = (Light::Solid, accent);
        }
    }
    let mut last_pod = None;
    for hop in &record.trace.hops {
        visit(scene, hop, accent);
        if let Place::Pod(key) = &hop.place {
            last_pod =
                Some((key.clone(), hop.destination.as_ref().map(|change| host(&change.after).to_owned())));
        }
        for key in &hop.looked_up {
            look_up(scene, key, hop);
        }
    }
    if let Some((pod, reached)) = last_pod {
        // A Pod may be in slices of both families: the row is that of the address that was reached.
        let is_reached = |row: &SliceRow| {
            row.pod.as_ref() == Some(&pod)
                && reached
                    .as_deref()
                    .is_none_or(|reached| row.address.split(", ").any(|address| address == reached))
        };
        let holds = |card: &ServiceCard| {
            let mut rows = card.slices.iter().flat_map(|slice| &slice.rows);
            rows.any(is_reached)
        };
        for card in scene.services.iter_mut().filter(|card| holds(card)) {
            for row in Rc::make_mut(card).slices.iter_mut().flat_map(|slice| &mut slice.rows) {
                if is_reached(row) {
                    row.light = Light::Tinted;
                }
            }
        }
    }
}

fn visit(scene: &mut Scene, hop: &Hop, accent: Option<u8>) {
    let place = &hop.place;
    match place {
        Place::Node(name) | Place::Client(Client::Node(name)) => {
            let nodes = scene.nodes.iter_mut();
            for node in nodes.filter(|node| node.key.as_ref().is_some_and(|key| *key.name == **name)) {
                let node = Rc::make_mut(node);
                (node.gate_light, node.gate_accent) = (Light::Solid, accent);
            }
        }
        Place::Pod(key) => light_pod(scene, key),
        Place::Client(Client::Pod { namespace, name }) => {
            light_pod(scene, &ObjectKey::pod(namespace.as_str(), name.as_str()));
        }
        Place::LoadBalancer(key) => {
            let id = format!("lb/{}/{}", key.namespace, key.name);
            let asked = hop.destination.as_ref().and_then(|change| change.before.rsplit_once(':'));
            let asked = asked.map(|(_, port)| format!(":{port}"));
            if let Some(row) = row_of(scene, &id, asked.as_deref()) {
                (row.light, row.accent) = (Light::Solid, accent);
            }
        }
        Place::PublicDns | Place::ClusterDns => {
            let id = if *place == Place::PublicDns { "dns/public" } else { "dns/cluster" };
            if let Some(row) = row_of(scene, id, None) {
                row.light = Light::Tinted;
            }
        }
        Place::Client(_) | Place::External(_) => {}
    }
}

/// The row of a card in the Edge lane that says `text`, else its first.
fn row_of<'s>(scene: &'s mut Scene, id: &str, text: Option<&str>) -> Option<&'s mut Row> {
    let card = scene.edges.iter_mut().find(|card| card.id == id)?;
    let at = card.rows.iter().position(|row| text == Some(row.text.as_str())).unwrap_or(0);
    Rc::make_mut(card).rows.get_mut(at)
}

fn light_pod(scene: &mut Scene, key: &ObjectKey) {
    let Some((node, place)) = scene.pod_at(key).map(|(at, _)| at) else { return };
    let pod = scene.nodes.get_mut(node).and_then(|node| Rc::make_mut(node).pods.get_mut(place));
    if let Some(pod) = pod {
        Rc::make_mut(pod).light = Light::Solid;
    }
}

fn look_up(scene: &mut Scene, key: &ObjectKey, hop: &crate::network::Hop) {
    if let Some(card) = scene.services.iter_mut().find(|card| card.key == *key) {
        // The row of the port that was asked for; the only row, where there is one.
        let asked =
            hop.destination.as_ref().and_then(|change| change.before.rsplit_once(':')).map(|(_, port)| port);
        let only = card.rows.len() == 1;
        for row in &mut Rc::make_mut(card).rows {
            let named = asked.is_some_and(|port| {
                row.text.split(' ').next() == Some(port) || row.end.strip_prefix(':') == Some(port)
            });
            if only || named {
                row.light = Light::Tinted;
            }
        }
    }
    // Of an Ingress or HTTPRoute, the rows that lead to a Service that was looked up with it.
    let is_it = |card: &&mut Rc<EdgeCard>| card.kind.leads_to_services() && card.key.as_ref() == Some(key);
    for card in scene.edges.iter_mut().filter(is_it) {
        let lit: Vec<bool> = card
            .rows
            .iter()
            .map(|row| card.service_of(row).is_some_and(|service| hop.looked_up.contains(&service)))
            .collect();
        for (row, _) in Rc::make_mut(card).rows.iter_mut().zip(lit).filter(|(_, lit)| *lit) {
            row.light = Light::Tinted;
        }
    }
}
