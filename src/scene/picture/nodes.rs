//! Nodes, their gates and their Pods.

use super::cards::{chip, mark, row};
use super::pen::{Anchor, CAPTION, CODE, HEADING, NAME, Paint, Pen, STRONG, Type};
use crate::scene::card::{ChipKind, Light, Mark, NodeCard, PodCard};
use crate::scene::geometry::Rect;
use crate::scene::{Level, Scene};

/// The boxes of the nodes with their headings and node ports.
pub fn nodes(pen: &mut Pen, scene: &Scene) {
    let (palette, metrics) = (pen.palette, &scene.metrics);
    for node in &scene.nodes {
        let paint = match (&node.key, node.ready) {
            (None, _) => Paint::line(palette.get("near"), 1.0).dash("4 3"),
            (Some(_), true) => Paint::fill(palette.get("surface")).border(palette.get("line"), 1.0),
            (Some(_), false) => {
                Paint::fill(palette.get("surface")).border(palette.get("warn"), 1.0).dash("4 3")
            }
        };
        pen.rect(node.rect, 12.0, paint);
        let middle = node.rect.y + metrics.node_heading / 2.0;
        let of = if scene.level == Level::Overview { STRONG } else { HEADING };
        let mut x = node.rect.x + if scene.level == Level::Overview { 9.0 } else { 13.0 };
        let address = if scene.level == Level::Full { CODE.width(&node.address) } else { 0.0 };
        let name = of.cut(&node.name, node.rect.right() - x - address - 16.0);
        pen.text((x, middle), &name, of, palette.get("ink"), Anchor::Start);
        x += of.width(&name) + 6.0;
        if scene.level != Level::Overview {
            pen.text((x, middle), &node.zone, CAPTION, palette.get("ink-3"), Anchor::Start);
            x += CAPTION.width(&node.zone) + 6.0;
            if node.key.is_some() && !node.ready {
                pen.text((x, middle), "not ready", STRONG, palette.get("warn-ink"), Anchor::Start);
            }
        }
        if scene.level == Level::Full {
            let end = (node.rect.right() - 13.0, middle);
            pen.text(end, &node.address, CODE, palette.get("ink-2"), Anchor::End);
            let top = node.rect.y + metrics.node_heading + metrics.gate + 3.0;
            for (index, port) in node.ports.iter().enumerate() {
                let y = top + index as f64 * metrics.node_port;
                let rect = Rect { x: node.rect.x + 20.0, y, w: node.rect.w - 29.0, h: metrics.node_port };
                row(pen, port, rect);
            }
        }
    }
}

/// The gates: where a node's rules rewrite addresses.
pub fn gates(pen: &mut Pen, scene: &Scene) {
    let (palette, metrics) = (pen.palette, &scene.metrics);
    for node in scene.nodes.iter().filter(|node| node.key.is_some()) {
        let (text, y, w, h) = match scene.level {
            Level::Full => {
                (node.gate.as_str(), metrics.node_heading + 3.0, CAPTION.width(&node.gate) + 20.0, 20.0)
            }
            Level::Compact => ("iptables rules", metrics.node_heading + 2.0, 88.0, 20.0),
            Level::Overview => ("", metrics.node_heading / 2.0 - 5.0, 10.0, 10.0),
        };
        let rect = Rect { x: node.rect.x - 6.0, y: node.rect.y + y, w, h };
        let accent = palette.accent(node.gate_accent);
        let (fill, ink, border) = match node.gate_light {
            Light::Solid => (accent.ink, palette.get("on-accent"), accent.ink),
            Light::Tinted => (accent.soft, accent.ink, accent.line),
            Light::None => (palette.get("surface"), palette.get("ink-2"), palette.get("line-strong")),
        };
        pen.rect(rect, h / 2.0, Paint::fill(fill).border(border, 1.0));
        pen.text((rect.x + w / 2.0, rect.y + h / 2.0), text, CAPTION, ink, Anchor::Middle);
    }
}

/// The Pods of all nodes.
pub fn pods(pen: &mut Pen, scene: &Scene) {
    for node in &scene.nodes {
        for card in &node.pods {
            pod(pen, card, node, scene);
        }
    }
}

/// The border, the area and the words of a Pod.
struct Look<'a> {
    paint: Paint<'a>,
    ink: &'a str,
    word: &'a str,
}

fn pod(pen: &mut Pen, card: &PodCard, _node: &NodeCard, scene: &Scene) {
    let palette = pen.palette;
    let focus = scene.focus.as_ref().and_then(|focus| focus.route.way.accent);
    let accent = palette.accent(if card.light == Light::None { card.accent } else { focus.or(card.accent) });
    let canvas = palette.get("canvas");
    let plain = |word| Look {
        paint: Paint::fill(canvas).border(palette.get("line"), 1.0),
        ink: palette.get("ink"),
        word,
    };
    let mut look = match card.mark {
        Mark::Ready => plain(palette.get("ink-3")),
        Mark::NotReady => Look {
            paint: Paint::fill(canvas).border(palette.get("warn"), 1.0).dash("4 3"),
            ..plain(palette.get("warn-ink"))
        },
        Mark::Terminating => Look {
            paint: Paint::fill(palette.get("bad-soft")).border(palette.get("bad"), 1.0),
            ..plain(palette.get("bad-ink"))
        },
        Mark::NearMiss => Look {
            paint: Paint::fill(canvas).border(palette.get("near"), 1.0).dash("4 3"),
            ..plain(palette.get("ink-3"))
        },
        Mark::Off => Look { ink: palette.get("ink-3"), ..plain(palette.get("ink-3")) },
    };
    if card.light != Light::None {
        look.paint = Paint::fill(accent.soft).border(accent.ink, 2.0);
    }
    let stacked = card.keys.len() > 1;
    if stacked {
        for (inset, below) in [(10.0, 7.0), (5.0, 4.0)] {
            let edge = Rect {
                x: card.rect.x + inset,
                y: card.rect.y + below,
                w: card.rect.w - 2.0 * inset,
                ..card.rect
            };
            pen.rect(edge, 8.0, Paint::fill(canvas).border(palette.get("line"), 1.0));
        }
    }
    if scene.level != Level::Overview || card.light != Light::None {
        pen.rect(card.rect, 8.0, look.paint);
    }
    let inset = if scene.level == Level::Overview { 5.0 } else { 9.0 };
    let (x, right) = (card.rect.x + inset, card.rect.right() - inset);
    let first = if scene.level == Level::Full { card.rect.y + 12.0 } else { card.rect.y + card.rect.h / 2.0 };
    mark(pen, card.mark, (x, first - 8.0), 16.0);
    let count = format!("\u{d7}{}", card.keys.len());
    let (end, of, colour): (&str, Type, &str) = match (stacked, scene.level) {
        (true, _) => (&count, NAME, palette.get("ink-2")),
        (false, Level::Overview) => ("", CODE, look.word),
        (false, _) => {
            let plain = matches!(card.mark, Mark::Ready | Mark::Off | Mark::NearMiss);
            let text = if scene.level == Level::Full || card.mark == Mark::Ready {
                &card.address
            } else {
                &card.word
            };
            (text, CODE, if plain { palette.get("ink-2") } else { look.word })
        }
    };
    let room = right - x - 28.0 - of.width(end);
    pen.text((x + 22.0, first), &short_name(card, room), NAME, look.ink, Anchor::Start);
    pen.text((right, first), end, of, colour, Anchor::End);
    if scene.level != Level::Full {
        return;
    }
    let second = card.rect.y + 32.0;
    let word = card.wanted.as_ref().map_or_else(|| card.word.clone(), |wanted| format!("wanted {wanted}"));
    let limit = right - CAPTION.width(&word) - 6.0;
    let mut at = x + 22.0;
    let mut left_out = card.more_chips;
    for label in &card.chips {
        let text = format!(
            "{}={}",
            label.key.rsplit_once('/').map_or(label.key.as_str(), |(_, name)| name),
            label.value
        );
        let shown = CODE.cut(&text, (limit - at - 12.0).max(24.0));
        if at + CODE.width(&shown) + 12.0 > limit + 24.0 {
            left_out += 1;
            continue;
        }
        at += chip(pen, &shown, label.kind, (at, second)) + 4.0;
    }
    if left_out > 0 && at + 18.0 < limit {
        pen.text((at + 2.0, second), &format!("+{left_out}"), CODE, palette.get("ink-3"), Anchor::Start);
    }
    pen.text((right, second), &word, CAPTION, look.word, Anchor::End);
}

/// The name, cut before the last five characters, which tell Pods apart.
fn short_name(card: &PodCard, room: f64) -> String {
    if NAME.width(&card.name()) <= room || card.tail.is_empty() {
        return NAME.cut(&card.name(), room);
    }
    format!("{}{}", NAME.cut(&card.head, room - NAME.width(&card.tail)), card.tail)
}

/// The colours of a label chip: area, border, text.
pub fn chip_colours(pen: &Pen, kind: ChipKind) -> (&'static str, &'static str, &'static str) {
    let palette = pen.palette;
    match kind {
        ChipKind::Plain => (palette.get("sunken"), palette.get("line"), palette.get("ink-2")),
        ChipKind::Hit(accent) => {
            let accent = palette.accent(Some(accent));
            (accent.soft, accent.line, accent.ink)
        }
        ChipKind::Miss => ("none", palette.get("near"), palette.get("ink")),
    }
}
