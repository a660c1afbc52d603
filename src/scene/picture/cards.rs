//! The cards of clients, edges and Services.

use super::nodes::chip_colours;
use super::pen::{Anchor, CAPTION, CODE, HEADING, NAME, Paint, Pen, STRONG, Type};
use crate::scene::card::{ChipKind, EdgeKind, Light, Mark, Row, ServiceCard, SliceBox, SliceRow};
use crate::scene::geometry::Rect;
use crate::scene::{Level, Scene};

/// Everything but nodes and Pods.
pub fn cards(pen: &mut Pen, scene: &Scene) {
    for card in &scene.clients {
        let icon = if card.id == "client/laptop" { "i-laptop" } else { "i-globe" };
        let head = Head { icon, name: &card.name, note: "", address: &card.address };
        plain(pen, scene, card.rect, &head, &card.rows);
        if card.rows.is_empty() && scene.level != Level::Overview {
            let y = card.rect.y + scene.metrics.heading + scene.metrics.address + scene.metrics.row / 2.0;
            let colour = pen.palette.get("ink-3");
            pen.text((card.rect.x + 9.0, y), "sends nothing yet", CAPTION, colour, Anchor::Start);
        }
    }
    for card in &scene.edges {
        let icon = match card.kind {
            EdgeKind::LoadBalancer => "i-lb",
            EdgeKind::Ingress => "i-ingress",
            EdgeKind::PublicDns | EdgeKind::ClusterDns => "i-dns",
            _ => "i-globe",
        };
        let head = Head { icon, name: &card.name, note: &card.note, address: &card.address };
        plain(pen, scene, card.rect, &head, &card.rows);
    }
    for card in &scene.services {
        service(pen, scene, card);
    }
}

/// What stands on top of a card.
struct Head<'a> {
    icon: &'a str,
    name: &'a str,
    note: &'a str,
    address: &'a str,
}

/// The heading's type at a level.
fn heading(level: Level) -> Type {
    match level {
        Level::Full => HEADING,
        Level::Compact => NAME,
        Level::Overview => STRONG,
    }
}

fn plain(pen: &mut Pen, scene: &Scene, rect: Rect, head: &Head, rows: &[Row]) {
    let (palette, metrics, of) = (pen.palette, &scene.metrics, heading(scene.level));
    pen.rect(rect, 8.0, Paint::fill(palette.get("surface")).border(palette.get("line"), 1.0));
    if scene.level == Level::Overview {
        let lit = rows.iter().find(|row| row.light == Light::Solid);
        let ink = match lit {
            Some(row) => {
                pen.rect(rect, 8.0, Paint::fill(palette.accent(row.accent).ink));
                palette.get("on-accent")
            }
            None => palette.get("ink"),
        };
        let middle = rect.x + rect.w / 2.0;
        pen.symbol(head.icon, (middle - 8.0, rect.y + 6.0), 16.0, ink);
        pen.text((middle, rect.y + 31.0), &of.cut(head.name, rect.w - 6.0), of, ink, Anchor::Middle);
        return;
    }
    let middle = rect.y + metrics.heading / 2.0;
    pen.symbol(head.icon, (rect.x + 11.0, middle - 8.0), 16.0, palette.get("ink-2"));
    let x = rect.x + 35.0;
    let name = of.cut(head.name, rect.right() - 9.0 - x);
    pen.text((x, middle), &name, of, palette.get("ink"), Anchor::Start);
    if scene.level == Level::Full {
        let room = rect.right() - 9.0 - x - of.width(&name) - 6.0;
        if room > 20.0 {
            let note = CAPTION.cut(head.note, room);
            pen.text((rect.right() - 9.0, middle), &note, CAPTION, palette.get("ink-2"), Anchor::End);
        }
        address(pen, rect, metrics.heading, head.address);
    }
    all_rows(pen, scene, rect, rows);
}

fn address(pen: &mut Pen, rect: Rect, heading: f64, text: &str) {
    let colour = pen.palette.get("ink-2");
    let text = CODE.cut(text, rect.w - 18.0);
    pen.text((rect.x + 9.0, rect.y + heading + 10.0), &text, CODE, colour, Anchor::Start);
}

/// The rows of a card below its address.
fn all_rows(pen: &mut Pen, scene: &Scene, rect: Rect, rows: &[Row]) {
    let metrics = &scene.metrics;
    let top = rect.y + metrics.heading + metrics.address;
    for (index, one) in rows.iter().take(metrics.rows).enumerate() {
        let y = top + index as f64 * metrics.row;
        row(pen, one, Rect { x: rect.x, y, w: rect.w, h: metrics.row });
    }
    if rows.len() > metrics.rows {
        let y = top + (metrics.rows as f64 + 0.5) * metrics.row;
        let text = format!("and {} more", rows.len() - metrics.rows);
        let colour = pen.palette.get("ink-3");
        pen.text((rect.x + 9.0, y), &text, CAPTION, colour, Anchor::Start);
    }
}

/// A row of a card: what stands at its left and right, lit or tinted.
pub fn row(pen: &mut Pen, row: &Row, rect: Rect) {
    let palette = pen.palette;
    let accent = palette.accent(row.accent);
    let ink = match row.light {
        Light::Solid => {
            pen.rect(rect, 0.0, Paint::fill(accent.ink));
            palette.get("on-accent")
        }
        Light::Tinted => {
            pen.rect(rect, 0.0, Paint::fill(accent.soft));
            for y in [rect.y, rect.bottom() - 1.0] {
                pen.rect(Rect { y, h: 1.0, ..rect }, 0.0, Paint::fill(accent.line));
            }
            accent.ink
        }
        Light::None => palette.get("ink-2"),
    };
    let middle = rect.y + rect.h / 2.0;
    let mut right = rect.right() - 9.0;
    if let Some(trouble) = &row.trouble {
        let w = STRONG.width(trouble) + 10.0;
        let badge = Rect { x: right - w, y: middle - 8.0, w, h: 16.0 };
        pen.rect(badge, 4.0, Paint::fill(palette.get("bad-soft")));
        pen.text((badge.x + w / 2.0, middle), trouble, STRONG, palette.get("bad-ink"), Anchor::Middle);
        right = badge.x - 6.0;
    }
    let end = CODE.cut(&row.end, (right - rect.x - 9.0) * 0.78);
    pen.text((right, middle), &end, CODE, ink, Anchor::End);
    let room = right - CODE.width(&end) - 6.0 - rect.x - 9.0;
    pen.text((rect.x + 9.0, middle), &CODE.cut(&row.text, room.max(8.0)), CODE, ink, Anchor::Start);
}

/// A label at a place, whose middle is at `y`; gives its width.
pub fn chip(pen: &mut Pen, text: &str, kind: ChipKind, (x, y): (f64, f64)) -> f64 {
    let (fill, border, ink) = chip_colours(pen, kind);
    let w = CODE.width(text) + 12.0;
    let paint = Paint::fill(fill).border(border, 1.0);
    let paint = if kind == ChipKind::Miss { paint.dash("3 2") } else { paint };
    pen.rect(Rect { x, y: y - 9.0, w, h: 18.0 }, 4.0, paint);
    pen.text((x + 6.0, y), text, CODE, ink, Anchor::Start);
    w
}

/// A Pod's or an endpoint's mark.
pub fn mark(pen: &mut Pen, mark: Mark, at: (f64, f64), size: f64) {
    let symbol = match mark {
        Mark::Ready => "r-ready",
        Mark::NotReady => "r-warn",
        Mark::Terminating => "r-bad",
        Mark::NearMiss => "r-near",
        Mark::Off => "r-no",
    };
    pen.symbol(symbol, at, size, "none");
}

fn service(pen: &mut Pen, scene: &Scene, card: &ServiceCard) {
    let (palette, metrics, of) = (pen.palette, &scene.metrics, heading(scene.level));
    let (rect, accent) = (card.rect, palette.accent(Some(card.accent)));
    if scene.level == Level::Full {
        for slice in &card.slices {
            slice_box(pen, slice, card);
        }
    }
    pen.rect(rect, 8.0, Paint::fill(palette.get("surface")).border(palette.get("line"), 1.0));
    let overview = scene.level == Level::Overview;
    let lit = card.rows.iter().find(|row| row.light == Light::Solid).filter(|_| overview);
    if lit.is_some() {
        pen.rect(rect, 8.0, Paint::fill(accent.ink));
    }
    let middle = rect.y + metrics.heading / 2.0;
    let square = Rect { x: rect.x + if overview { 6.0 } else { 9.0 }, y: middle - 10.0, w: 20.0, h: 20.0 };
    pen.rect(square, 5.0, Paint::fill(accent.ink));
    pen.symbol("i-svc", (square.x + 2.0, square.y + 2.0), 16.0, palette.get("on-accent"));
    let x = square.right() + 6.0;
    if overview {
        let (ink, pale) = if lit.is_some() {
            ("on-accent", "on-accent")
        } else {
            ("ink", if card.alert.is_some() { "bad-ink" } else { "ink-3" })
        };
        let count = match card.endpoints {
            0 => "empty".to_owned(),
            all => format!("{} of {all}", card.ready),
        };
        let name = STRONG.cut(&card.name, rect.right() - x - 4.0);
        pen.text((x, middle - 7.0), &name, STRONG, palette.get(ink), Anchor::Start);
        pen.text((x, middle + 7.0), &count, CAPTION, palette.get(pale), Anchor::Start);
    } else {
        let badge = CAPTION.width(&card.badge) + 14.0;
        let at = Rect { x: rect.right() - 9.0 - badge, y: middle - 9.0, w: badge, h: 18.0 };
        pen.rect(at, 4.0, Paint::fill(accent.soft));
        pen.text((at.x + badge / 2.0, middle), &card.badge, CAPTION, accent.ink, Anchor::Middle);
        let name = of.cut(&card.name, at.x - 6.0 - x);
        pen.text((x, middle), &name, of, palette.get("ink"), Anchor::Start);
        let after = x + of.width(&name) + 5.0;
        if let Some(namespace) = card.namespace.as_ref().filter(|_| at.x - after > 24.0) {
            let x = after;
            let text = CAPTION.cut(namespace, (at.x - x - 4.0).max(8.0));
            pen.text((x, middle), &text, CAPTION, palette.get("ink-3"), Anchor::Start);
        }
    }
    match scene.level {
        Level::Full => {
            address(pen, rect, metrics.heading, &card.address);
            all_rows(pen, scene, rect, &card.rows);
            selector(pen, card, rect.bottom() - metrics.selector / 2.0);
        }
        Level::Compact => compact(pen, scene, card),
        Level::Overview => {}
    }
    if card.alert.is_some() {
        let (x, y) = (rect.right() - 2.0, rect.y + 2.0);
        pen.circle(x, y, 10.0, Paint::fill(palette.get("bad-ink")).border(palette.get("canvas"), 2.0));
        pen.symbol("i-bang", (x - 6.0, y - 6.0), 12.0, palette.get("on-accent"));
    }
}

fn compact(pen: &mut Pen, scene: &Scene, card: &ServiceCard) {
    let (palette, metrics, rect) = (pen.palette, &scene.metrics, card.rect);
    let top = rect.y + metrics.heading;
    if let Some(first) = card.rows.first() {
        row(pen, first, Rect { y: top, h: metrics.row, ..rect });
    }
    let middle = rect.bottom() - 17.0;
    if let Some(alert) = &card.alert {
        pen.rect(Rect { y: middle - 11.0, h: 22.0, ..rect }, 0.0, Paint::fill(palette.get("bad-soft")));
        let text = STRONG.cut(alert, rect.w - 18.0);
        pen.text((rect.x + 9.0, middle), &text, STRONG, palette.get("bad-ink"), Anchor::Start);
        return;
    }
    for (index, one) in card.marks.iter().enumerate() {
        mark(pen, *one, (rect.x + 9.0 + 16.0 * index as f64, middle - 6.0), 12.0);
    }
    let at = (rect.right() - 9.0, middle);
    pen.text(at, &count_words(card.endpoints), CAPTION, palette.get("ink-2"), Anchor::End);
}

fn selector(pen: &mut Pen, card: &ServiceCard, middle: f64) {
    if card.selector.is_empty() {
        return;
    }
    let colour = pen.palette.get("ink-3");
    pen.text((card.rect.x + 9.0, middle), "selector", CAPTION, colour, Anchor::Start);
    let mut x = card.rect.x + 9.0 + CAPTION.width("selector") + 6.0;
    let mut left_out = 0;
    for (key, value) in &card.selector {
        let key = key.rsplit_once('/').map_or_else(|| key.clone(), |(_, name)| format!("…/{name}"));
        let text = CODE.cut(&format!("{key}={value}"), card.rect.w - 104.0);
        if x + CODE.width(&text) + 12.0 > card.rect.right() - 8.0 {
            left_out += 1;
            continue;
        }
        x += chip(pen, &text, ChipKind::Hit(card.accent), (x, middle)) + 4.0;
    }
    if left_out > 0 {
        pen.text(
            (x.min(card.rect.right() - 22.0), middle),
            &format!("+{left_out}"),
            CODE,
            colour,
            Anchor::Start,
        );
    }
}

fn count_words(endpoints: usize) -> String {
    match endpoints {
        1 => "1 endpoint".to_owned(),
        all => format!("{all} endpoints"),
    }
}

/// Where the three conditions and the word of an endpoint stand, from the right edge of its slice.
const CONDITIONS: [f64; 3] = [121.0, 107.0, 93.0];
const WORD: f64 = 80.0;

fn slice_box(pen: &mut Pen, slice: &SliceBox, card: &ServiceCard) {
    let palette = pen.palette;
    let rect = slice.rect;
    // Its upper end lies below the card that it hangs from.
    let whole = Rect { y: rect.y - 8.0, h: rect.h + 8.0, ..rect };
    pen.rect(whole, 8.0, Paint::fill(palette.get("sunken")).border(palette.get("line"), 1.0));
    let (x, right, pale) = (rect.x + 9.0, rect.right() - 9.0, palette.get("ink-3"));
    let count = count_words(slice.endpoints);
    let name = CODE.cut(&slice.name, right - x - CAPTION.width(&count) - 8.0);
    pen.text((x, rect.y + 10.0), &name, CODE, pale, Anchor::Start);
    pen.text((right, rect.y + 10.0), &count, CAPTION, palette.get("ink-2"), Anchor::End);
    let ports = CODE.cut(&slice.ports, rect.w - 140.0);
    pen.text((x, rect.y + 30.0), &ports, CODE, pale, Anchor::Start);
    for (letter, from_right) in ["R", "S", "T"].into_iter().zip(CONDITIONS) {
        pen.text((rect.right() - from_right, rect.y + 30.0), letter, CAPTION, pale, Anchor::Middle);
    }
    if slice.is_rewritten {
        pen.text((rect.right() - WORD, rect.y + 30.0), "rewritten", CAPTION, pale, Anchor::Start);
    }
    let mut y = rect.y + 40.0;
    for one in &slice.rows {
        slice_row(pen, one, Rect { y, h: 20.0, ..rect }, card);
        y += 20.0;
    }
    if slice.more > 0 {
        pen.text((x, y + 10.0), &format!("and {} more", slice.more), CODE, pale, Anchor::Start);
        y += 20.0;
    }
    if let Some(why) = &slice.empty {
        let text = CODE.cut(why, rect.w - 18.0);
        pen.text((x, y + 10.0), &text, CODE, palette.get("bad-ink"), Anchor::Start);
    }
}

fn slice_row(pen: &mut Pen, row: &SliceRow, rect: Rect, card: &ServiceCard) {
    let palette = pen.palette;
    let accent = palette.accent(Some(card.accent));
    let lit = row.light != Light::None;
    if lit {
        pen.rect(rect, 0.0, Paint::fill(accent.soft));
        pen.rect(Rect { x: rect.right() - 3.0, w: 3.0, ..rect }, 0.0, Paint::fill(accent.ink));
    }
    let ink = palette.get(if lit { "ink" } else { "ink-2" });
    let middle = rect.y + 10.0;
    let address = CODE.cut(&row.address, rect.w - 145.0);
    pen.text((rect.x + 9.0, middle), &address, CODE, ink, Anchor::Start);
    let conditions = [(row.ready, false), (row.serving, false), (row.terminating, true)];
    for ((holds, trouble), from_right) in conditions.into_iter().zip(CONDITIONS) {
        let symbol = match (holds, trouble) {
            (true, true) => "m-x",
            (true, false) => "m-t",
            (false, _) => "m-f",
        };
        pen.symbol(symbol, (rect.right() - from_right - 4.0, middle - 4.0), 8.0, ink);
    }
    let (word, colour) = match row.mark {
        Mark::Terminating => ("terminating", palette.get("bad-ink")),
        Mark::NotReady => ("not ready", palette.get("warn-ink")),
        _ => ("ready", if lit { accent.ink } else { palette.get("ink-2") }),
    };
    let word = if row.hints.is_empty() { word } else { &row.hints };
    pen.text((rect.right() - WORD, middle), &CAPTION.cut(word, WORD - 8.0), CAPTION, colour, Anchor::Start);
}
