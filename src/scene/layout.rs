//! Where the cards stand: four columns, links short, what belongs together side by side.

use std::sync::Arc;

use super::Scene;
use super::card::{EdgeKind, NodeCard, ServiceCard};
use super::geometry::Rect;
use super::level::{Column, Level, Metrics};
use crate::api::ObjectKey;

/// The space around everything.
const MARGIN: f64 = 16.0;

/// Below the last row of a card.
const FOOT: f64 = 6.0;

type Places = imbl::OrdMap<Arc<str>, (i32, i32)>;

/// Gives every card its rectangle. Hand-placed cards stand where they were put; the others keep clear of them.
pub(super) fn place(scene: &mut Scene, places: &Places) {
    let metrics = &scene.metrics.clone();
    order_services(scene);
    let level = scene.level;
    place_nodes(scene, metrics, places);
    let heights: Vec<f64> =
        scene.services.iter_mut().map(|card| service_height(card, level, metrics)).collect();
    let ids: Vec<(String, Option<f64>)> =
        scene.services.iter().map(|card| (card.key.to_path(), None)).collect();
    let rects = in_columns(ids, &heights, metrics, places);
    for (card, rect) in scene.services.iter_mut().zip(rects) {
        place_service(card, rect, metrics);
    }
    place_edges(scene, metrics, places);
    place_clients(scene, metrics, places);
}

/// The area that holds every card.
pub(super) fn bounds(scene: &Scene) -> Rect {
    let metrics = &scene.metrics.clone();
    let rects = scene
        .clients
        .iter()
        .map(|card| card.rect)
        .chain(scene.edges.iter().map(|card| card.rect))
        .chain(scene.services.iter().map(|card| card.whole))
        .chain(scene.nodes.iter().map(|card| card.rect));
    let all = rects.fold(Rect { x: 0.0, y: 0.0, w: metrics.width, h: metrics.top }, Rect::union);
    Rect { w: all.w.max(metrics.width), h: all.h + MARGIN, ..all }
}

/// Services in the order of the nodes that their Pods stand on, so that links cross seldom: by the mean place of
/// their endpoints among all Pods, then by name. One without endpoints keeps the place of its name.
fn order_services(scene: &mut Scene) {
    let mut order: Vec<&ObjectKey> = Vec::new();
    for pod in scene.nodes.iter().flat_map(|node| &node.pods) {
        order.extend(&pod.keys);
    }
    let mut ranks: Vec<(u64, ObjectKey)> = Vec::new();
    for (index, service) in scene.services.iter().enumerate() {
        let mut sum = 0;
        let mut count = 0;
        for row in service.slices.iter().flat_map(|slice| &slice.rows) {
            if let Some(at) = row.pod.as_ref().and_then(|pod| order.iter().position(|key| *key == pod)) {
                sum += at as u64 * 1000;
                count += 1;
            }
        }
        let rank = u64::checked_div(sum, count).unwrap_or(index as u64 * 1000);
        ranks.push((rank, service.key.clone()));
    }
    ranks.sort();
    let rank_of = |key: &ObjectKey| ranks.iter().position(|(_, other)| other == key);
    scene.services.sort_by_key(|card| rank_of(&card.key));
}

/// Stacks cards in a column. Each card has an id, for its hand-given place, and perhaps a wish for its top edge.
fn stack(
    cards: Vec<(String, Option<f64>)>,
    heights: &[f64],
    column: &Column,
    metrics: &Metrics,
    places: &Places,
) -> Vec<Rect> {
    let by_hand: Vec<Option<Rect>> = cards
        .iter()
        .zip(heights)
        .map(|((id, _), height)| {
            let (x, y) = places.get(id.as_str())?;
            let (x, y) = (f64::from(*x) * metrics.ratio, f64::from(*y) * metrics.ratio);
            Some(Rect { x, y, w: column.w, h: *height })
        })
        .collect();
    let taken: Vec<Rect> = by_hand.iter().flatten().copied().collect();
    let mut below = metrics.top;
    cards
        .iter()
        .zip(heights)
        .zip(&by_hand)
        .map(|(((_, wish), height), by_hand)| {
            if let Some(rect) = by_hand {
                return *rect;
            }
            let mut rect = Rect { x: column.x, y: wish.unwrap_or(below).max(below), w: column.w, h: *height };
            while let Some(other) = taken.iter().find(|other| other.overlaps(&rect)) {
                rect.y = other.bottom() + metrics.gap;
            }
            below = rect.bottom() + metrics.gap;
            rect
        })
        .collect()
}

/// Stacks the Services in their columns, about equally high.
fn in_columns(
    cards: Vec<(String, Option<f64>)>,
    heights: &[f64],
    metrics: &Metrics,
    places: &Places,
) -> Vec<Rect> {
    let total: f64 = heights.iter().map(|height| height + metrics.gap).sum();
    let share = total / f64::from(metrics.columns);
    let mut rects = Vec::with_capacity(cards.len());
    let mut begun = 0;
    let mut filled = 0.0;
    for index in 0..metrics.columns {
        let mut end = begun;
        let goal = share * f64::from(index + 1);
        while let Some(height) = heights.get(end) {
            // The last column takes what is left; the others stop where half of the next card would stand out.
            if index + 1 < metrics.columns && filled + (height + metrics.gap) / 2.0 > goal {
                break;
            }
            filled += height + metrics.gap;
            end += 1;
        }
        let x = metrics.services.x + f64::from(index) * (metrics.services.w + metrics.column_gap);
        let column = Column { x, ..metrics.services };
        let (Some(part), Some(part_heights)) = (cards.get(begun..end), heights.get(begun..end)) else {
            break;
        };
        rects.extend(stack(part.to_vec(), part_heights, &column, metrics, places));
        begun = end;
    }
    rects
}

fn place_nodes(scene: &mut Scene, metrics: &Metrics, places: &Places) {
    let heights: Vec<f64> = scene.nodes.iter().map(|node| node_height(node, metrics)).collect();
    let ids = scene.nodes.iter().map(|node| (node_id(node), None)).collect();
    let gap = metrics.gap / 2.0 + 4.0;
    let column = Metrics { gap, ..*metrics };
    let rects = stack(ids, &heights, &metrics.nodes, &column, places);
    for (node, rect) in scene.nodes.iter_mut().zip(rects) {
        node.rect = rect;
        let mut y = rect.y + metrics.node_heading + gate_height(node, metrics);
        y += node.ports.len() as f64 * metrics.node_port;
        for pod in &mut node.pods {
            let x = rect.x + metrics.pod_indent;
            pod.rect = Rect { x, y, w: rect.w - metrics.pod_indent - 8.0, h: metrics.pod };
            y += metrics.pod + metrics.pod_gap;
        }
    }
}

fn gate_height(node: &NodeCard, metrics: &Metrics) -> f64 {
    if node.key.is_some() { metrics.gate + 4.0 } else { 0.0 }
}

fn node_height(node: &NodeCard, metrics: &Metrics) -> f64 {
    let ports = node.ports.len() as f64 * metrics.node_port;
    // An empty node keeps room for a Pod, so that it reads as a place.
    let pods = (node.pods.len() as f64 * (metrics.pod + metrics.pod_gap)).max(metrics.pod / 2.0);
    metrics.node_heading + gate_height(node, metrics) + ports + pods + 6.0
}

/// The id under which a node's place is kept.
pub fn node_id(node: &NodeCard) -> String {
    match &node.key {
        Some(key) => key.to_path(),
        None => format!("nowhere/{}", node.name),
    }
}

fn card_rows(rows: usize, metrics: &Metrics) -> f64 {
    // What does not fit is told by one more row.
    let shown = if rows > metrics.rows { metrics.rows + usize::from(metrics.rows > 0) } else { rows };
    shown as f64 * metrics.row
}

/// The height of a Service with its slices; remembers the card's own height in `rect`.
fn service_height(card: &mut ServiceCard, level: Level, metrics: &Metrics) -> f64 {
    let alert = if card.alert.is_some() && level == Level::Compact { metrics.row } else { 0.0 };
    let rings = if level == Level::Compact && card.alert.is_none() { metrics.slice_row } else { 0.0 };
    let selector = if card.selector.is_empty() { 0.0 } else { metrics.selector };
    let rows = match level {
        Level::Full => card_rows(card.rows.len(), metrics),
        Level::Compact => metrics.row,
        Level::Overview => 0.0,
    };
    let foot = if level == Level::Overview { 0.0 } else { FOOT };
    card.rect.h = metrics.heading + metrics.address + rows + selector + alert + rings + foot;
    let mut height = card.rect.h;
    if level == Level::Full {
        for slice in &mut card.slices {
            let lines = slice.rows.len() + usize::from(slice.more > 0) + usize::from(slice.empty.is_some());
            slice.rect.h = metrics.slice_heading + lines as f64 * metrics.slice_row + 4.0;
            height += slice.rect.h;
        }
    }
    height
}

fn place_service(card: &mut ServiceCard, whole: Rect, metrics: &Metrics) {
    card.whole = whole;
    card.rect = Rect { h: card.rect.h, ..whole };
    let mut y = card.rect.bottom();
    if metrics.slice_heading > 0.0 {
        for slice in &mut card.slices {
            slice.rect = Rect { x: whole.x + 4.0, y, w: whole.w - 8.0, h: slice.rect.h };
            y += slice.rect.h;
        }
    }
}

/// Load balancers and Gateways stand beside their Service, Ingresses and HTTPRoutes beside the first Service that they route to, resolvers last.
fn place_edges(scene: &mut Scene, metrics: &Metrics, places: &Places) {
    let top_of = |key: &ObjectKey, scene: &Scene| {
        scene.services.iter().find(|card| card.key == *key).map(|card| card.whole.y)
    };
    let mut wishes: Vec<(f64, usize)> = scene
        .edges
        .iter()
        .enumerate()
        .map(|(index, card)| {
            let beside = match card.kind {
                EdgeKind::LoadBalancer => card
                    .key
                    .as_ref()
                    .and_then(|key| scene.services.iter().find(|service| service.key == *key))
                    .map(|service| service.whole.y),
                EdgeKind::Ingress | EdgeKind::HttpRoute => card
                    .rows
                    .iter()
                    .filter_map(|row| card.service_of(row))
                    .find_map(|key| top_of(&key, scene)),
                EdgeKind::Gateway => card.key.as_ref().and_then(|key| {
                    let carries = |service: &&ServiceCard| {
                        let rest = service.key.name.strip_prefix(&*key.name);
                        service.key.namespace == key.namespace
                            && rest.is_some_and(|rest| rest.starts_with('-'))
                    };
                    scene.services.iter().find(carries).map(|service| service.whole.y)
                }),
                _ => Some(f64::MAX),
            };
            (beside.unwrap_or(metrics.top), index)
        })
        .collect();
    wishes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut order = Vec::new();
    for (_, index) in &wishes {
        order.extend(scene.edges.get(*index).cloned());
    }
    scene.edges = order;
    let heights: Vec<f64> = scene
        .edges
        .iter()
        .map(|card| match scene.level {
            Level::Overview => metrics.heading,
            _ => metrics.heading + metrics.address + card_rows(card.rows.len(), metrics) + FOOT,
        })
        .collect();
    let ids = scene
        .edges
        .iter()
        .zip(&wishes)
        .map(|(card, (wish, _))| (card.id.clone(), Some(*wish).filter(|wish| *wish < f64::MAX)));
    let rects = stack(ids.collect(), &heights, &metrics.edge, metrics, places);
    for (card, rect) in scene.edges.iter_mut().zip(rects) {
        card.rect = rect;
    }
}

fn place_clients(scene: &mut Scene, metrics: &Metrics, places: &Places) {
    let heights: Vec<f64> = scene
        .clients
        .iter()
        .map(|card| match scene.level {
            Level::Overview => metrics.heading,
            _ => metrics.heading + metrics.address + card_rows(card.rows.len().max(1), metrics) + FOOT,
        })
        .collect();
    // The internet stands beside the first load balancer, so that the way in is straight.
    let entry = scene.edges.iter().find(|card| card.kind == EdgeKind::LoadBalancer).map(|card| card.rect.y);
    let ids = scene
        .clients
        .iter()
        .enumerate()
        .map(|(index, card)| (card.id.clone(), if index == 0 { entry } else { None }));
    let rects = stack(ids.collect(), &heights, &metrics.outside, metrics, places);
    for (card, rect) in scene.clients.iter_mut().zip(rects) {
        card.rect = rect;
    }
}
