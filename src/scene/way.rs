//! The lines along which requests travel over the board, laid once for all requests that go the same way.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

use indexmap::IndexMap;

use super::geometry::{Path, Point, Rect, point};
use super::level::Level;
use super::route::{Move, Turn};
use super::{Scene, build};
use crate::api::{Kind, ObjectKey};
use crate::cluster::RequestRecord;
use crate::network::{Client, Place};
use crate::session::Session;

/// From the Services to the nodes, where the lines swing, in pixels at 100 %.
const NODE_GUTTER: f64 = 90.0;

/// How many ways are remembered at least before those that nobody goes are let go.
const REMEMBERED: usize = 2_000;

/// A way over the board.
#[derive(Clone, PartialEq, Debug)]
pub struct Way {
    /// The accent of the Service that was looked up last; `None` when there was none.
    pub accent: Option<u8>,
    /// The line of each move; `None` where one of its ends has no card.
    pub lines: Rc<[Option<Path>]>,
    /// The whole way there, without questions to a resolver.
    pub track: Path,
}

/// What makes two requests go the same way over the same board.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    from: Client,
    /// The row of the client's card from which the line leaves.
    row: usize,
    service: Option<ObjectKey>,
    moves: Vec<(Turn, Place)>,
}

/// The same, of a request that is looked at.
#[derive(Hash)]
struct Asked<'r> {
    from: &'r Client,
    row: usize,
    service: Option<&'r ObjectKey>,
    moves: &'r [Move<'r>],
}

impl Asked<'_> {
    fn to_key(&self) -> Key {
        Key {
            from: self.from.clone(),
            row: self.row,
            service: self.service.cloned(),
            moves: self.moves.iter().map(|one| (one.turn, one.to.clone())).collect(),
        }
    }
}

impl equivalent::Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        (self.from, self.row, self.service) == (&key.from, key.row, key.service.as_ref())
            && self.moves.len() == key.moves.len()
            && self.moves.iter().zip(&key.moves).all(|(one, (turn, to))| one.turn == *turn && one.to == to)
    }
}

/// The ways over a board that stands.
#[derive(Default)]
pub(super) struct Ways {
    /// Asked for by [`Asked`], which allocates nothing.
    known: IndexMap<Key, Rc<Way>, BuildHasherDefault<DefaultHasher>>,
    /// How many may be known before those that nobody goes are let go.
    most: usize,
}

impl Ways {
    /// The way of a request that makes these moves.
    pub fn way(
        &mut self,
        scene: &Scene,
        session: &Session,
        record: &RequestRecord,
        moves: &[Move<'_>],
    ) -> Rc<Way> {
        let looked_up = record.trace.hops.iter().rev().flat_map(|hop| &hop.looked_up);
        let service = { looked_up }.find(|key| key.kind == Kind::Service && scene.service(key).is_some());
        let asked = Asked { from: &record.request.from, row: row_of(scene, record), service, moves };
        if let Some(way) = self.known.get(&asked) {
            return way.clone();
        }
        if self.known.len() >= self.most.max(REMEMBERED) {
            self.known.retain(|_, way| Rc::strong_count(way) > 1);
            // Where most are gone, looking through all of them must not come with each new one.
            self.most = self.known.len() * 2;
        }
        let way = Rc::new(lay(scene, session, service, asked.row, moves));
        self.known.insert(asked.to_key(), way.clone());
        way
    }
}

/// Lays the lines of the moves.
fn lay(scene: &Scene, session: &Session, service: Option<&ObjectKey>, row: usize, moves: &[Move<'_>]) -> Way {
    let mut track = Path::default();
    let mut asked = None;
    let mut lines = Vec::with_capacity(moves.len());
    for one in moves {
        let line = match one.turn {
            Turn::Ask | Turn::There => line(scene, one.from, one.to, service, row),
            Turn::Told => asked.take(),
            Turn::Home => (track.length() > 0.0).then(|| track.reversed()),
        };
        match (one.turn, &line) {
            (Turn::Ask, Some(line)) => asked = Some(line.reversed()),
            (Turn::There, Some(line)) => track = track.then(line),
            _ => {}
        }
        lines.push(line);
    }
    Way { accent: service.map(|key| session.accent(key)), lines: lines.into(), track }
}

/// The row of the client's card that tells of this request, where cards show their rows; else the first.
pub(super) fn row_of(scene: &Scene, record: &RequestRecord) -> usize {
    if scene.level == Level::Overview {
        return 0;
    }
    let Some(card) = scene.clients.iter().find(|card| card.client == record.request.from) else { return 0 };
    let request = &record.request;
    card.rows.iter().position(|row| build::tells_of(&row.text, &request.method, &request.url)).unwrap_or(0)
}

/// A place on the board from which a line can leave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Anchor {
    /// For a line to the left.
    pub left: Point,
    /// For a line to the right.
    pub right: Point,
    /// The index of the node that holds it.
    pub node: Option<usize>,
}

/// Where a place is on the board; `None` when it has no card. `row` is that of the client's card.
pub(super) fn anchor(scene: &Scene, place: &Place, row: usize) -> Option<Anchor> {
    let metrics = scene.metrics;
    let first_row = |rect: Rect, row: usize| {
        if scene.level == Level::Overview {
            rect.y + rect.h / 2.0
        } else {
            rect.y + metrics.heading + metrics.address + (row as f64 + 0.5) * metrics.row
        }
    };
    let at_row = |rect: Rect, row: usize| {
        let y = first_row(rect, row);
        Anchor { left: point(rect.x, y), right: point(rect.right(), y), node: None }
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
        Some(Anchor { left: at, right: at, node: Some(index) })
    };
    let pod = |key: &ObjectKey| {
        let ((index, _), card) = scene.pod_at(key)?;
        let at = card.rect.left_middle();
        Some(Anchor { left: at, right: at, node: Some(index) })
    };
    let edge = |id: &str| scene.edges.iter().find(|card| card.id == id);
    match place {
        Place::Client(Client::Node(name)) | Place::Node(name) => gate(name),
        Place::Client(Client::Pod { namespace, name }) => {
            pod(&ObjectKey::pod(namespace.as_str(), name.as_str()))
        }
        Place::Client(client) => {
            let card = scene.clients.iter().find(|card| card.client == *client)?;
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
fn line(scene: &Scene, from: &Place, to: &Place, service: Option<&ObjectKey>, row: usize) -> Option<Path> {
    let (a, b) = (anchor(scene, from, row)?, anchor(scene, to, row)?);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{View, route, scene};
    use crate::session::{Session, scenarios};

    #[test]
    fn a_way_is_laid_once_for_all_requests_that_go_it() {
        let scenario = scenarios::find("first").expect("it is listed");
        let session = Session::open(scenario.recording(1));
        let board = scene(&session, &View::default());
        let record = session.cluster().requests().back().expect("a request was sent");
        let mut ways = Ways::default();
        let one = route::route(&board, &session, &mut ways, record).way;
        let other = route::route(&board, &session, &mut ways, record).way;
        assert!(Rc::ptr_eq(&one, &other) && one.track.length() > 0.0);
    }
}
