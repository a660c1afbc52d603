//! From card to card by the arrow keys: to the left and right as a request travels, up and down within a lane.

use super::Scene;
use super::card::{Light, Row};
use super::geometry::Rect;
use crate::api::ObjectKey;

/// One arrow key, or Home and End.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Against the way of a request.
    Left,
    /// The way of a request.
    Right,
    /// Up in the lane.
    Up,
    /// Down in the lane.
    Down,
    /// The first card of the lane.
    First,
    /// The last card of the lane.
    Last,
}

/// A card that can have the focus.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// The card's id: `client/internet`, `lb/shop/web`, else the path of its object.
    pub id: String,
    /// Where it stands.
    pub rect: Rect,
    /// 0 for Outside to 3 for Nodes.
    lane: u8,
    /// Whether the request in focus goes there or is looked up there.
    on_way: bool,
}

/// Every card, lane by lane, each from top to bottom: the order of reading.
pub fn stops(scene: &Scene) -> Vec<Stop> {
    let mut all = Vec::new();
    for card in &scene.clients {
        all.push(Stop { id: card.id.clone(), rect: card.rect, lane: 0, on_way: is_lit(&card.rows) });
    }
    for card in &scene.edges {
        all.push(Stop { id: card.id.clone(), rect: card.rect, lane: 1, on_way: is_lit(&card.rows) });
    }
    for card in &scene.services {
        all.push(Stop { id: card.key.to_path(), rect: card.whole, lane: 2, on_way: is_lit(&card.rows) });
    }
    for node in &scene.nodes {
        let id = node.key.as_ref().map_or_else(|| node.name.clone(), ObjectKey::to_path);
        // The way leads on to a Pod; the node is above it.
        all.push(Stop { id, rect: node.rect, lane: 3, on_way: false });
        all.extend(node.pods.iter().map(|pod| Stop {
            id: pod.key.to_path(),
            rect: pod.rect,
            lane: 3,
            on_way: pod.light != Light::None,
        }));
    }
    // Places are whole pixels: the order is the same everywhere.
    all.sort_by_key(|stop| (stop.lane, stop.rect.y as i64, stop.rect.x as i64));
    all
}

fn is_lit(rows: &[Row]) -> bool {
    rows.iter().any(|row| row.light != Light::None)
}

/// The card that a step leads to. Between lanes it follows, in this order: the request in focus, what the cards have to
/// do with each other, what stands nearest. `None` where there is nothing further, or no card with this id.
pub fn next(scene: &Scene, from: &str, step: Step) -> Option<Stop> {
    let all = stops(scene);
    let here = all.iter().find(|stop| stop.id == from)?;
    let lane: Vec<&Stop> = all.iter().filter(|stop| stop.lane == here.lane).collect();
    let found = match step {
        Step::First => lane.first().copied(),
        Step::Last => lane.last().copied(),
        Step::Up => lane.iter().rev().copied().find(|stop| stop.rect.y < here.rect.y && beside(stop, here)),
        Step::Down => lane.iter().copied().find(|stop| stop.rect.y > here.rect.y && beside(stop, here)),
        Step::Left | Step::Right => {
            let right = step == Step::Right;
            in_row(&lane, here, right).or_else(|| in_next_lane(scene, &all, here, right))
        }
    };
    found.filter(|stop| stop.id != from).cloned()
}

/// Whether a card stands in the same column, in whole or in part.
fn beside(stop: &Stop, here: &Stop) -> bool {
    stop.rect.x < here.rect.right() && here.rect.x < stop.rect.right()
}

/// The neighbour in the same lane, where the lane has several columns.
fn in_row<'s>(lane: &[&'s Stop], here: &Stop, right: bool) -> Option<&'s Stop> {
    let further = |stop: &&&Stop| match right {
        true => stop.rect.x >= here.rect.right(),
        false => stop.rect.right() <= here.rect.x,
    };
    let off = |stop: &&&Stop| {
        let across = (middle(stop) - middle(here)).abs();
        let along = (stop.rect.x - here.rect.x).abs();
        (along as i64, across as i64)
    };
    let level = |stop: &&&Stop| stop.rect.y < here.rect.bottom() && here.rect.y < stop.rect.bottom();
    lane.iter().filter(further).filter(level).min_by_key(off).copied()
}

fn in_next_lane<'s>(scene: &Scene, all: &'s [Stop], here: &Stop, right: bool) -> Option<&'s Stop> {
    let lanes: Vec<u8> = if right { (here.lane + 1..=3).collect() } else { (0..here.lane).rev().collect() };
    let nearest = |stop: &&Stop| (middle(stop) - middle(here)).abs() as i64;
    if here.on_way {
        let on_way =
            |lane: &u8| all.iter().filter(|stop| stop.lane == *lane && stop.on_way).min_by_key(nearest);
        if let Some(found) = lanes.iter().find_map(on_way) {
            return Some(found);
        }
    }
    let related = related(scene, here);
    for lane in lanes {
        let in_lane = || all.iter().filter(|stop| stop.lane == lane);
        let found = in_lane()
            .filter(|stop| related.contains(&stop.id))
            .min_by_key(|stop| (stop.rect.y as i64, stop.rect.x as i64))
            .or_else(|| in_lane().min_by_key(nearest));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn middle(stop: &Stop) -> f64 {
    stop.rect.y + stop.rect.h / 2.0
}

/// The ids of the cards that a line joins to this one: the Pods of a Service, the Services of a Pod, what an edge leads
/// to and what leads to a Service.
fn related(scene: &Scene, here: &Stop) -> Vec<String> {
    let mut ids = Vec::new();
    let card_of = |pod: &ObjectKey| scene.pod(pod).map(|(_, card)| card.key.to_path());
    for link in scene.links.iter() {
        let (service, pod) = (link.service.to_path(), card_of(&link.pod));
        if service == here.id {
            ids.extend(pod);
        } else if pod.as_ref() == Some(&here.id) {
            ids.push(service);
        }
    }
    let leads = scene.edges.iter().flat_map(|edge| {
        let wired = scene.wires.iter().filter(|wire| {
            wire.path
                .points()
                .first()
                .is_some_and(|point| edge.rect.y <= point.y && point.y <= edge.rect.bottom())
        });
        let services = wired.map(|wire| &wire.service).chain(&edge.key);
        services.map(|service| (edge.id.clone(), service.to_path()))
    });
    for (edge, service) in leads {
        if edge == here.id {
            ids.push(service);
        } else if service == here.id {
            ids.push(edge);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Columns, Level, View, scene};
    use crate::session::{Session, scenarios};

    fn board(scenario: &str, now: u64) -> std::rc::Rc<Scene> {
        let scenario = scenarios::find(scenario).expect("the scenario is there");
        let mut session = Session::open(scenario.recording(1));
        session.advance(crate::api::Time(now));
        scene(&session, &View { level: Level::Full, ..View::default() })
    }

    fn walk(scene: &Scene, from: &str, steps: &[Step]) -> Vec<String> {
        let mut ids = vec![from.to_owned()];
        for step in steps {
            let Some(stop) = next(scene, ids.last().expect("there is a first"), *step) else { break };
            ids.push(stop.id);
        }
        ids
    }

    #[test]
    fn the_right_arrow_follows_the_request_in_focus() {
        let board = board("first", 5_000);
        let way = walk(&board, "client/internet", &[Step::Right; 5]);
        assert_eq!(way.len(), 4, "{way:?}");
        assert_eq!(way[1], "lb/default/web");
        assert_eq!(way[2], "v1/Service/default/web");
        let focus = board.focus.as_ref().expect("a request is under way");
        assert!(focus.route.way.accent.is_some());
        let (_, pod) = scene_pod(&board, &way[3]);
        assert_ne!(pod.light, Light::None, "{way:?}");
        let back = walk(&board, &way[3], &[Step::Left; 5]);
        assert_eq!(back, way.iter().rev().cloned().collect::<Vec<_>>());
    }

    fn scene_pod<'s>(
        scene: &'s Scene,
        id: &str,
    ) -> (&'s crate::scene::card::NodeCard, &'s crate::scene::card::PodCard) {
        let mut pods = scene.nodes.iter().flat_map(|node| node.pods.iter().map(move |pod| (&**node, &**pod)));
        pods.find(|(_, pod)| pod.key.to_path() == id).expect("the way ends at a Pod")
    }

    #[test]
    fn every_card_is_reached_from_every_other() {
        for scenario in scenarios::all() {
            let mut session = Session::open(scenario.recording(1));
            session.advance(scenario.start);
            for level in [Level::Full, Level::Compact, Level::Overview] {
                for count in [1, 2] {
                    let columns = Columns { edges: count, services: count, nodes: count };
                    let board = scene(&session, &View { level, columns, ..View::default() });
                    reaches_all(&board, scenario.name);
                }
            }
        }
    }

    fn reaches_all(board: &Scene, name: &str) {
        let all = stops(board);
        let steps = [Step::Left, Step::Right, Step::Up, Step::Down, Step::First, Step::Last];
        for start in &all {
            let mut seen = vec![start.id.clone()];
            let mut next_up = 0;
            while let Some(id) = seen.get(next_up).cloned() {
                next_up += 1;
                for found in steps.iter().filter_map(|step| next(board, &id, *step)) {
                    if !seen.contains(&found.id) {
                        seen.push(found.id);
                    }
                }
            }
            let missed: Vec<_> =
                all.iter().filter(|stop| !seen.contains(&stop.id)).map(|stop| &stop.id).collect();
            assert!(missed.is_empty(), "{name}: from {} no arrows lead to {missed:?}", start.id);
        }
    }

    #[test]
    fn up_and_down_go_through_a_lane_and_end_there() {
        let board = board("first", 5_000);
        let nodes: Vec<String> =
            stops(&board).into_iter().filter(|stop| stop.lane == 3).map(|stop| stop.id).collect();
        let down = walk(&board, &nodes[0], &[Step::Down; 20]);
        assert_eq!(down, nodes);
        let up = walk(&board, &nodes[nodes.len() - 1], &[Step::Up; 20]);
        assert_eq!(up, nodes.iter().rev().cloned().collect::<Vec<_>>());
        assert_eq!(next(&board, &nodes[1], Step::Last).map(|stop| stop.id), nodes.last().cloned());
        assert_eq!(next(&board, "no such card", Step::Down), None);
    }
}
