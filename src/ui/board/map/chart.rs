//! What the map shows of a scene: each card as a rectangle, names where there is room, and the lines of what is selected or in
//! focus.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::card::{Light, Mark};
use endpoint_playground::scene::geometry::Rect;

use super::super::packets;
use super::names::Names;
use super::pen::{FULL, Layers, Pen};

/// Draws a scene on an empty canvas of this size, in pixels.
pub(super) fn draw(
    pen: &Pen,
    written: &Names,
    scene: &Scene,
    size: (f64, f64),
    selected: Option<&ObjectKey>,
) {
    let seen = Rect { x: 0.0, y: 0.0, w: size.0, h: size.1 };
    let mut cards = Vec::new();
    let mut names = Vec::new();
    let mut layers = Layers::default();
    for node in &scene.nodes {
        let rect = pen.rect(&node.rect);
        if !seen.overlaps(&rect) {
            continue;
        }
        cards.push(rect);
        for pod in &node.pods {
            layers.pod(&pen.rect(&pod.rect), pod.mark, pod.accent, pod.light != Light::None);
        }
        names.push((rect, &node.name, scene.metrics.node_heading));
    }
    for card in &scene.services {
        let rect = pen.rect(&card.whole);
        if !seen.overlaps(&rect) {
            continue;
        }
        cards.push(rect);
        let stripe = Rect { w: (rect.w / 6.0).clamp(2.0, 8.0), ..rect };
        layers.fills.entry((packets::probe_of(Some(card.accent)), FULL)).or_default().push(stripe);
        if card.alert.is_some() {
            layers.marks.push(Rect { x: rect.right() - 4.0, y: rect.y, w: 4.0, h: 4.0 });
        }
        names.push((Rect { x: rect.x + 6.0, w: rect.w - 6.0, ..rect }, &card.name, card.whole.h));
    }
    let edges = scene.edges.iter().map(|card| (card.rect, &card.name));
    for (rect, name) in edges.chain(scene.clients.iter().map(|card| (card.rect, &card.name))) {
        let rect = pen.rect(&rect);
        cards.push(rect);
        names.push((rect, name, scene.metrics.heading));
    }
    pen.fill_all(packets::LINE, FULL, &cards);
    let inner = |rect: &Rect| Rect { x: rect.x + 1.0, y: rect.y + 1.0, w: rect.w - 2.0, h: rect.h - 2.0 };
    pen.fill_all(packets::SURFACE, FULL, &cards.iter().map(inner).collect::<Vec<_>>());
    layers.draw(pen);
    lines(pen, scene);
    let names = names.iter().filter_map(|(rect, name, heading)| pen.name(rect, name, *heading));
    pen.context.set_global_alpha(1.0);
    written.draw(pen.context, &names.collect::<Vec<_>>(), &pen.colours);
    if let Some(rect) = selected.and_then(|key| scene.rect_of(key)) {
        let rect = pen.rect(&rect);
        pen.stroke(packets::INK, FULL, 2.0);
        pen.context.stroke_rect(rect.x - 2.0, rect.y - 2.0, rect.w + 4.0, rect.h + 4.0);
    }
}

/// Of thousands of lines those of what is selected, of kept connections and of the request in focus; with the widths and
/// strengths that they have between cards (`.link`, `.route` and `.halo` in `board.css`).
fn lines(pen: &Pen, scene: &Scene) {
    for link in scene.links.iter().filter(|link| link.selected) {
        let colour = match link.mark {
            Mark::NotReady => packets::WARN,
            Mark::Terminating => packets::BAD,
            Mark::NearMiss => packets::PLAIN,
            _ => packets::probe_of(Some(link.accent)),
        };
        pen.line(&link.path, colour, FULL, 2.0);
    }
    for standing in &scene.standing {
        pen.line(&standing.path, packets::probe_of(standing.accent), FULL, 2.0);
    }
    if let Some(focus) = &scene.focus {
        let colour = packets::probe_of(focus.route.way.accent);
        for tie in &focus.ties {
            pen.line(tie, colour, 80, 1.0);
        }
        for question in &focus.questions {
            pen.line(question, colour, FULL, 1.5);
        }
        pen.line(&focus.route.way.track, colour, 14, 12.0);
        pen.line(&focus.route.way.track, colour, FULL, 4.0);
    }
}
