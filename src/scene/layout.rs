//! Where the cards stand: four lanes, links short, what belongs together side by side.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::card::{ClientCard, EdgeCard, EdgeKind, Frame, NodeCard, ServiceCard};
use super::geometry::Rect;
use super::level::{Column, Level, Metrics};

/// The space around everything.
const MARGIN: f64 = 16.0;

/// Below the last row of a card.
const FOOT: f64 = 6.0;

/// Between a frame and the cards in it.
const FRAME_MARGIN: f64 = 8.0;

/// Where cards were put by hand, by id, in pixels at 100 %.
pub(super) type Places = imbl::OrdMap<Arc<str>, (i32, i32)>;

/// What stands on the board, before it has a place: each lane in its order.
#[derive(Default)]
pub(super) struct Contents {
    pub clients: Vec<Rc<ClientCard>>,
    pub edges: Vec<Rc<EdgeCard>>,
    pub services: Vec<Rc<ServiceCard>>,
    pub nodes: Vec<Rc<NodeCard>>,
}

impl Contents {
    /// How many cards there are.
    pub fn count(&self) -> usize {
        let pods: usize = self.nodes.iter().map(|node| node.pods.len()).sum();
        self.clients.len() + self.edges.len() + self.services.len() + self.nodes.len() + pods
    }
}

/// The rectangles of all cards, in the order of the contents.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Arrangement {
    pub clients: Vec<Rect>,
    pub edges: Vec<Rect>,
    /// With their slices.
    pub services: Vec<Rect>,
    pub nodes: Vec<Rect>,
    pub frames: Vec<Frame>,
    /// The area that holds everything.
    pub bounds: Rect,
}

/// Gives every card its rectangle. Hand-placed cards stand where they were put; the others keep clear of them.
pub(super) fn arrange(contents: &Contents, level: Level, metrics: &Metrics, places: &Places) -> Arrangement {
    let nodes = place_nodes(contents, metrics, places);
    let (services, frames) = place_services(contents, level, metrics, places);
    let edges = place_edges(contents, &services, level, metrics, places);
    let clients = place_clients(contents, &edges, level, metrics, places);
    let all = clients.iter().chain(&edges).chain(&services).chain(&nodes).copied();
    let all = all.chain(frames.iter().map(|frame| frame.rect));
    let all = all.fold(Rect { x: 0.0, y: 0.0, w: metrics.width, h: metrics.top }, Rect::union);
    let bounds = Rect { w: all.w.max(metrics.width), h: all.h + MARGIN, ..all };
    Arrangement { clients, edges, services, nodes, frames, bounds }
}

/// A card that is to be stacked.
#[derive(Default)]
struct Item {
    /// Where it was put by hand.
    by_hand: Option<Rect>,
    /// Where its top edge would best be.
    wish: Option<f64>,
    height: f64,
    /// More room above it, where it is not the next one of its group.
    group: usize,
}

/// The place of a card that was put by hand.
fn by_hand(
    id: impl FnOnce() -> String,
    size: (f64, f64),
    metrics: &Metrics,
    places: &Places,
) -> Option<Rect> {
    // Most boards have none: no id is made then.
    let (x, y) = if places.is_empty() { None } else { places.get(id().as_str()) }?;
    let (x, y) = (f64::from(*x) * metrics.ratio, f64::from(*y) * metrics.ratio);
    Some(Rect { x, y, w: size.0, h: size.1 })
}

/// How cards are stacked: the columns from left to right, and the room between cards and above a group.
struct Stacking {
    columns: Vec<Column>,
    top: f64,
    gap: f64,
    heading: f64,
}

impl Stacking {
    fn new(first: Column, count: u32, step: f64, metrics: &Metrics, gap: f64) -> Stacking {
        let columns =
            (0..count).map(|index| Column { x: first.x + f64::from(index) * step, ..first }).collect();
        Stacking { columns, top: metrics.top, gap, heading: 0.0 }
    }

    /// One column after the other, about equally high; in each, cards with a wish stand no higher than they wish.
    fn run(&self, items: &[Item]) -> Vec<Rect> {
        let taken: Vec<Rect> = items.iter().filter_map(|item| item.by_hand).collect();
        let free = items.iter().filter(|item| item.by_hand.is_none());
        let total: f64 = free.map(|item| item.height + self.gap).sum();
        let share = total / self.columns.len().max(1) as f64;
        let mut filled = 0.0;
        let mut column = 0;
        let mut below = self.top;
        let mut group = usize::MAX;
        let mut rects = Vec::with_capacity(items.len());
        for item in items {
            if let Some(rect) = item.by_hand {
                rects.push(rect);
                continue;
            }
            let whole = item.height + self.gap;
            // A column ends where half of the next card would stand out; the last takes what is left.
            let full = filled + whole / 2.0 > share * (column + 1) as f64;
            if full && column + 1 < self.columns.len() && below > self.top {
                column += 1;
                below = self.top;
                group = usize::MAX;
            }
            filled += whole;
            if item.group != group {
                group = item.group;
                below += self.heading;
            }
            let Some(Column { x, w, .. }) = self.columns.get(column).copied() else { break };
            let mut rect = Rect { x, y: item.wish.unwrap_or(below).max(below), w, h: item.height };
            while let Some(other) = taken.iter().find(|other| other.overlaps(&rect)) {
                rect.y = other.bottom() + self.gap;
            }
            below = rect.bottom() + self.gap;
            rects.push(rect);
        }
        rects
    }

    /// Each card in the column where it comes nearest to its wish.
    fn run_by_wish(&self, items: &[Item]) -> Vec<Rect> {
        let taken: Vec<Rect> = items.iter().filter_map(|item| item.by_hand).collect();
        let mut below = vec![self.top; self.columns.len()];
        let mut rects = Vec::with_capacity(items.len());
        for item in items {
            if let Some(rect) = item.by_hand {
                rects.push(rect);
                continue;
            }
            let candidates = self.columns.iter().zip(&mut below).map(|(column, below)| {
                let y = item.wish.unwrap_or(*below).max(*below);
                let mut rect = Rect { x: column.x, y, w: column.w, h: item.height };
                while let Some(other) = taken.iter().find(|other| other.overlaps(&rect)) {
                    rect.y = other.bottom() + self.gap;
                }
                (rect, below)
            });
            // The right one of two that are equally good: it is nearer to the Service.
            let best = candidates.min_by(|a, b| a.0.y.total_cmp(&b.0.y).then(b.0.x.total_cmp(&a.0.x)));
            if let Some((rect, below)) = best {
                *below = rect.bottom() + self.gap;
                rects.push(rect);
            }
        }
        rects
    }
}

fn place_nodes(contents: &Contents, metrics: &Metrics, places: &Places) -> Vec<Rect> {
    let column = metrics.nodes;
    let items: Vec<Item> = contents
        .nodes
        .iter()
        .map(|node| {
            let height = node_height(node, metrics);
            Item {
                by_hand: by_hand(|| node_id(node), (column.w, height), metrics, places),
                height,
                ..Item::default()
            }
        })
        .collect();
    let step = column.w + metrics.node_gap;
    Stacking::new(column, metrics.columns.nodes, step, metrics, metrics.gap / 2.0 + 4.0).run(&items)
}

/// The rectangles of the Pods in a node's card.
pub(super) fn pod_rects(
    node: &NodeCard,
    rect: Rect,
    metrics: &Metrics,
) -> impl Iterator<Item = Rect> + use<> {
    let top = rect.y
        + metrics.node_heading
        + gate_height(node, metrics)
        + node.ports.len() as f64 * metrics.node_port;
    let (x, w) = (rect.x + metrics.pod_indent, rect.w - metrics.pod_indent - 8.0);
    let (h, step) = (metrics.pod, metrics.pod + metrics.pod_gap);
    (0..node.pods.len()).map(move |index| Rect { x, y: top + index as f64 * step, w, h })
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

/// The height of a Service's card without its slices.
fn service_height(card: &ServiceCard, level: Level, metrics: &Metrics) -> f64 {
    let alert = if card.alert.is_some() && level == Level::Compact { metrics.row } else { 0.0 };
    let rings = if level == Level::Compact && card.alert.is_none() { metrics.slice_row } else { 0.0 };
    let selector = if card.selector.is_empty() { 0.0 } else { metrics.selector };
    let rows = match level {
        Level::Full => card_rows(card.rows.len(), metrics),
        Level::Compact => metrics.row,
        Level::Overview => 0.0,
    };
    let foot = if level == Level::Overview { 0.0 } else { FOOT };
    metrics.heading + metrics.address + rows + selector + alert + rings + foot
}

/// The heights of a Service's slices; none where they are not drawn.
fn slice_heights(card: &ServiceCard, level: Level, metrics: &Metrics) -> impl Iterator<Item = f64> {
    let metrics = *metrics;
    card.slices.iter().filter(move |_| level == Level::Full).map(move |slice| {
        let lines = slice.rows.len() + usize::from(slice.more > 0) + usize::from(slice.empty.is_some());
        metrics.slice_heading + lines as f64 * metrics.slice_row + 4.0
    })
}

/// Puts a Service's card and its slices into the rectangle of the whole.
pub(super) fn place_service(card: &mut ServiceCard, whole: Rect, level: Level, metrics: &Metrics) {
    card.whole = whole;
    card.rect = Rect { h: service_height(card, level, metrics), ..whole };
    let heights: Vec<f64> = slice_heights(card, level, metrics).collect();
    let mut y = card.rect.bottom();
    for (slice, h) in card.slices.iter_mut().zip(heights) {
        slice.rect = Rect { x: whole.x + 4.0, y, w: whole.w - 8.0, h };
        y += h;
    }
}

/// The Services in their columns, and a frame around those of each namespace where there are several.
fn place_services(
    contents: &Contents,
    level: Level,
    metrics: &Metrics,
    places: &Places,
) -> (Vec<Rect>, Vec<Frame>) {
    let column = metrics.services;
    let namespace = |index: usize| contents.services.get(index).map_or("", |card| &*card.key.namespace);
    let mut group = 0;
    let mut items = Vec::with_capacity(contents.services.len());
    for (index, card) in contents.services.iter().enumerate() {
        if index > 0 && namespace(index - 1) != namespace(index) {
            group += 1;
        }
        let height = service_height(card, level, metrics) + slice_heights(card, level, metrics).sum::<f64>();
        let by_hand = by_hand(|| card.key.to_path(), (column.w, height), metrics, places);
        items.push(Item { by_hand, height, group, wish: None });
    }
    let step = column.w + metrics.column_gap;
    let mut stacking = Stacking::new(column, metrics.columns.services, step, metrics, metrics.gap);
    if group == 0 {
        return (stacking.run(&items), Vec::new());
    }
    stacking.heading = metrics.frame;
    let rects = stacking.run(&items);
    let mut frames: Vec<(usize, Frame)> = Vec::new();
    for ((index, item), rect) in
        items.iter().enumerate().zip(&rects).filter(|((_, item), _)| item.by_hand.is_none())
    {
        let rect = Rect {
            x: rect.x - FRAME_MARGIN,
            y: rect.y - metrics.frame + 4.0,
            w: rect.w + 2.0 * FRAME_MARGIN,
            h: rect.h + metrics.frame - 4.0 + FRAME_MARGIN,
        };
        match frames.last_mut() {
            Some((last, frame)) if *last == item.group && frame.rect.x == rect.x => {
                frame.rect = frame.rect.union(rect);
            }
            _ => frames.push((item.group, Frame { namespace: namespace(index).to_owned(), rect })),
        }
    }
    (rects, frames.into_iter().map(|(_, frame)| frame).collect())
}

/// Load balancers and Gateways stand beside their Service, Ingresses and HTTPRoutes beside the first Service that they
/// route to, resolvers last.
fn place_edges(
    contents: &Contents,
    services: &[Rect],
    level: Level,
    metrics: &Metrics,
    places: &Places,
) -> Vec<Rect> {
    let column = metrics.edge;
    let tops = tops(contents, services);
    let items: Vec<Item> = contents
        .edges
        .iter()
        .map(|card| {
            let height = match level {
                Level::Overview => metrics.heading,
                _ => metrics.heading + metrics.address + card_rows(card.rows.len(), metrics) + FOOT,
            };
            Item {
                by_hand: by_hand(|| card.id.clone(), (column.w, height), metrics, places),
                wish: edge_wish(card, &tops).filter(|wish| *wish < f64::MAX),
                height,
                group: 0,
            }
        })
        .collect();
    let step = column.w + metrics.column_gap;
    Stacking::new(column, metrics.columns.edges, step, metrics, metrics.gap).run_by_wish(&items)
}

/// The top edges of the Services by name, then namespace.
type Tops<'a> = BTreeMap<(&'a str, &'a str), f64>;

fn tops<'a>(contents: &'a Contents, services: &[Rect]) -> Tops<'a> {
    let keys = contents.services.iter().map(|card| (&*card.key.name, &*card.key.namespace));
    keys.zip(services.iter().map(|rect| rect.y)).collect()
}

/// Where the top edge of a card in the Edge lane would best be; the largest number for what comes last.
fn edge_wish(card: &EdgeCard, tops: &Tops<'_>) -> Option<f64> {
    let key = card.key.as_ref();
    let top = |name: &str, namespace: &str| tops.get(&(name, namespace)).copied();
    match card.kind {
        EdgeKind::LoadBalancer => key.and_then(|key| top(&key.name, &key.namespace)),
        EdgeKind::Gateway => key.and_then(|key| {
            let names =
                tops.range((&*key.name, "")..).take_while(|((name, _), _)| name.starts_with(&*key.name));
            let mut carries = names.filter(|((name, namespace), _)| {
                *namespace == &*key.namespace
                    && name.get(key.name.len()..).is_some_and(|rest| rest.starts_with('-'))
            });
            carries.next().map(|(_, top)| *top)
        }),
        EdgeKind::Ingress | EdgeKind::HttpRoute => {
            let services = card.rows.iter().filter_map(|row| card.service_of(row));
            services.into_iter().find_map(|service| top(&service.name, &service.namespace))
        }
        EdgeKind::PublicDns | EdgeKind::ClusterDns | EdgeKind::External => Some(f64::MAX),
    }
}

/// The cards of the Edge lane from top to bottom: by where they would best stand.
pub(super) fn sort_edges(contents: &mut Contents, level: Level, metrics: &Metrics, places: &Places) {
    if contents.edges.len() < 2 {
        return;
    }
    let (services, _) = place_services(contents, level, metrics, places);
    let tops = tops(contents, &services);
    let wishes: Vec<f64> =
        contents.edges.iter().map(|card| edge_wish(card, &tops).unwrap_or(metrics.top)).collect();
    let mut order: Vec<(f64, Rc<EdgeCard>)> = wishes.into_iter().zip(contents.edges.drain(..)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    contents.edges = order.into_iter().map(|(_, card)| card).collect();
}

fn place_clients(
    contents: &Contents,
    edges: &[Rect],
    level: Level,
    metrics: &Metrics,
    places: &Places,
) -> Vec<Rect> {
    // The internet stands beside the first load balancer, so that the way in is straight.
    let entry = contents.edges.iter().zip(edges).find(|(card, _)| card.kind == EdgeKind::LoadBalancer);
    let entry = entry.map(|(_, rect)| rect.y);
    let column = metrics.outside;
    let items: Vec<Item> = contents
        .clients
        .iter()
        .enumerate()
        .map(|(index, card)| {
            let height = match level {
                Level::Overview => metrics.heading,
                _ => metrics.heading + metrics.address + card_rows(card.rows.len().max(1), metrics) + FOOT,
            };
            let by_hand = by_hand(|| card.id.clone(), (column.w, height), metrics, places);
            Item { by_hand, wish: entry.filter(|_| index == 0), height, group: 0 }
        })
        .collect();
    Stacking::new(column, 1, 0.0, metrics, metrics.gap).run(&items)
}
