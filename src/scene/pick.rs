//! What the pointer means on a board: which card is under it, which ones a rectangle holds, where a dragged card snaps.

use super::Scene;
use super::card::EdgeKind;
use super::geometry::Rect;
use crate::api::ObjectKey;

/// The grid to which cards snap, in pixels at 100 %.
pub const GRID: f64 = 4.0;

/// How near an edge must come to another to snap to it, in pixels at 100 %.
const NEAR: f64 = 6.0;

impl Scene {
    /// The cards that can be put by hand, with their ids.
    pub fn movable(&self) -> impl Iterator<Item = (String, Rect)> + '_ {
        let clients = self.clients.iter().map(|card| (card.id.clone(), card.rect));
        let edges = self.edges.iter().map(|card| (card.id.clone(), card.rect));
        let services = self.services.iter().map(|card| (card.key.to_path(), card.whole));
        let nodes = self.nodes.iter().filter_map(|node| Some((node.key.as_ref()?.to_path(), node.rect)));
        clients.chain(edges).chain(services).chain(nodes)
    }

    /// The object whose card is at a point, the topmost: a Pod before its node.
    pub fn object_at(&self, x: f64, y: f64) -> Option<&ObjectKey> {
        let holds = |rect: &Rect| rect.x <= x && x <= rect.right() && rect.y <= y && y <= rect.bottom();
        let edges = self.edges.iter().filter(|card| holds(&card.rect)).filter_map(|card| card.key.as_ref());
        let services = self.services.iter().filter(|card| holds(&card.whole)).map(|card| &card.key);
        let pods = self.nodes.iter().flat_map(|node| &node.pods);
        let pods = pods.filter(|card| holds(&card.rect)).map(|card| &card.key);
        let nodes = self.nodes.iter().filter(|node| holds(&node.rect)).filter_map(|node| node.key.as_ref());
        pods.chain(services).chain(edges).chain(nodes).next()
    }

    /// The id of the card at a point, the topmost.
    pub fn card_at(&self, x: f64, y: f64) -> Option<String> {
        let holds = |rect: &Rect| rect.x <= x && x <= rect.right() && rect.y <= y && y <= rect.bottom();
        let client = self.clients.iter().find(|card| holds(&card.rect)).map(|card| card.id.clone());
        let edge = || self.edges.iter().find(|card| holds(&card.rect)).map(|card| card.id.clone());
        client.or_else(edge).or_else(|| self.object_at(x, y).map(ObjectKey::to_path))
    }

    /// The node at a point; its gate, which stands a little out of it at the left, counts as its own.
    pub fn node_at(&self, x: f64, y: f64) -> Option<&super::card::NodeCard> {
        self.nodes.iter().map(|node| &**node).find(|node| {
            let rect = node.rect;
            rect.x - 20.0 <= x && x <= rect.right() && rect.y <= y && y <= rect.bottom()
        })
    }

    /// The objects whose cards a rectangle touches. Nodes are not among them: who draws a rectangle means what stands on
    /// them.
    pub fn objects_in(&self, area: &Rect) -> Vec<ObjectKey> {
        // A load balancer's object is its Service, which has a card of its own.
        let edges =
            self.edges.iter().filter(|card| card.kind != EdgeKind::LoadBalancer && area.overlaps(&card.rect));
        let services = self.services.iter().filter(|card| area.overlaps(&card.whole));
        let pods = self.nodes.iter().flat_map(|node| &node.pods).filter(|card| area.overlaps(&card.rect));
        let edges = edges.filter_map(|card| card.key.clone());
        let services = services.map(|card| card.key.clone());
        let mut found: Vec<ObjectKey> =
            edges.chain(services).chain(pods.flat_map(|card| card.keys.iter().cloned())).collect();
        found.sort();
        found.dedup();
        found
    }

    /// The id of the card that stands for an object: its own, or for a Pod the one of the fold that holds it.
    pub fn card_of(&self, key: &ObjectKey) -> String {
        self.pod(key).map_or_else(|| key.to_path(), |(_, card)| card.key.to_path())
    }

    /// Where the card of an object is; of a Service with its slices.
    pub fn rect_of(&self, key: &ObjectKey) -> Option<Rect> {
        if let Some((_, card)) = self.pod(key) {
            return Some(card.rect);
        }
        if let Some(card) = self.service(key) {
            return Some(card.whole);
        }
        let edge = self.edges.iter().find(|card| card.key.as_ref() == Some(key)).map(|card| card.rect);
        edge.or_else(|| self.nodes.iter().find(|node| node.key.as_ref() == Some(key)).map(|node| node.rect))
    }
}

/// How a dragged card is put right.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Snap {
    /// To be added to its left edge.
    pub dx: f64,
    /// To be added to its top edge.
    pub dy: f64,
    /// The upright line that it snapped to, if it did.
    pub x: Option<f64>,
    /// The level line that it snapped to, if it did.
    pub y: Option<f64>,
}

/// Snaps a dragged rectangle: to an edge or the middle of a neighbour that is near, else to the grid. `grid` is the grid's
/// width as the board is drawn.
pub fn snap(moving: &Rect, neighbours: &[Rect], grid: f64) -> Snap {
    let lines = |rect: &Rect| {
        ([rect.x, rect.x + rect.w / 2.0, rect.right()], [rect.y, rect.y + rect.h / 2.0, rect.bottom()])
    };
    let near = NEAR * grid / GRID;
    let mut best = (None::<(f64, f64)>, None::<(f64, f64)>);
    let (own_x, own_y) = lines(moving);
    for neighbour in neighbours {
        let (xs, ys) = lines(neighbour);
        for (own, others, best) in [(own_x, xs, &mut best.0), (own_y, ys, &mut best.1)] {
            // Edges go with edges, the middle with the middle.
            for (index, place) in own.iter().enumerate() {
                for (other, line) in others.iter().enumerate() {
                    let by = line - place;
                    let fits = (index == 1) == (other == 1) && by.abs() <= near;
                    if fits && best.is_none_or(|(least, _)| by.abs() < least.abs()) {
                        *best = Some((by, *line));
                    }
                }
            }
        }
    }
    let onto_grid = |place: f64| (place / grid).round() * grid - place;
    Snap {
        dx: best.0.map_or_else(|| onto_grid(moving.x), |(by, _)| by),
        dy: best.1.map_or_else(|| onto_grid(moving.y), |(by, _)| by),
        x: best.0.map(|(_, line)| line),
        y: best.1.map(|(_, line)| line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::scene::{View, scene};
    use crate::session::{Session, scenarios};

    fn rect(x: f64, y: f64, w: f64, h: f64) -> Rect {
        Rect { x, y, w, h }
    }

    #[test]
    fn a_card_snaps_to_the_grid_where_nothing_is_near() {
        let snapped = snap(&rect(101.0, 50.5, 40.0, 40.0), &[rect(400.0, 400.0, 40.0, 40.0)], GRID);
        assert_eq!((snapped.dx, snapped.dy, snapped.x, snapped.y), (-1.0, 1.5, None, None));
    }

    #[test]
    fn a_card_snaps_to_the_nearest_edge_of_a_neighbour() {
        let neighbours = [rect(100.0, 200.0, 60.0, 40.0), rect(103.0, 300.0, 60.0, 40.0)];
        let snapped = snap(&rect(104.5, 10.0, 60.0, 40.0), &neighbours, GRID);
        assert_eq!((snapped.dx, snapped.x), (-1.5, Some(103.0)));
        let right = snap(&rect(157.0, 10.0, 90.0, 40.0), &neighbours[..1], GRID);
        assert_eq!((right.dx, right.x), (3.0, Some(160.0)), "the left edge snaps to the right one");
        let middle = snap(&rect(10.0, 216.0, 90.0, 10.0), &neighbours[..1], GRID);
        assert_eq!((middle.dy, middle.y), (-1.0, Some(220.0)), "the middle snaps to the middle");
    }

    #[test]
    fn a_rectangle_holds_what_it_touches_but_no_nodes() {
        let session = Session::open(scenarios::find("first").expect("it is listed").recording(1));
        let board = scene(&session, &View::default());
        let all = board.objects_in(&rect(-1e4, -1e4, 1e5, 1e5));
        let count = |kind: Kind| all.iter().filter(|key| key.kind == kind).count();
        assert_eq!(
            (count(Kind::Node), count(Kind::Pod)),
            (0, board.nodes.iter().flat_map(|node| &node.pods).count())
        );
        let pod = board.nodes.iter().find_map(|node| node.pods.first()).expect("there are Pods");
        let touched = board.objects_in(&rect(pod.rect.x + 2.0, pod.rect.y + 2.0, 1.0, 1.0));
        assert_eq!(touched, std::slice::from_ref(&pod.key));
        assert_eq!(board.object_at(pod.rect.x + 2.0, pod.rect.y + 2.0), Some(&pod.key));
        assert_eq!(board.card_at(pod.rect.x + 2.0, pod.rect.y + 2.0), Some(pod.key.to_path()));
        let client = board.clients.first().expect("somebody asks");
        assert_eq!(board.card_at(client.rect.x + 2.0, client.rect.y + 2.0), Some(client.id.clone()));
        assert_eq!(board.rect_of(&pod.key), Some(pod.rect));
        assert_eq!(board.object_at(-500.0, -500.0), None);
    }
}
