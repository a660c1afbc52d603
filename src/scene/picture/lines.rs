//! Lines between the cards, and what stands on them.

use super::palette::Accent;
use super::pen::{Anchor, CAPTION, Paint, Pen, STRONG};
use crate::api::Time;
use crate::scene::card::Mark;
use crate::scene::geometry::{Path, Point, Rect, point};
use crate::scene::route::Burst;
use crate::scene::{Focus, Scene};

/// Configuration, membership and the ways of requests, below the cards.
pub fn below(pen: &mut Pen, scene: &Scene) {
    let palette = pen.palette;
    for frame in &scene.frames {
        pen.rect(frame.rect, 12.0, Paint::line(palette.get("line-strong"), 1.0).opacity(0.6));
        let at = (frame.rect.x + 10.0, frame.rect.y + 9.0);
        pen.text(at, &frame.namespace, CAPTION, palette.get("ink-3"), Anchor::Start);
    }
    for wire in &scene.wires {
        pen.path(&wire.path, Paint::line(palette.get("line-strong"), 1.25));
    }
    for link in scene.links.iter() {
        let opacity = |pale: f64| if link.selected { 1.0 } else { pale };
        match link.mark {
            Mark::NotReady => {
                pen.path(&link.path, Paint::line(palette.get("warn"), 4.5).opacity(0.7));
                pen.path(&link.path, Paint::line(palette.get("canvas"), 2.0));
            }
            Mark::Terminating => {
                pen.path(&link.path, Paint::line(palette.get("bad"), 1.5).dash("5 3").opacity(opacity(0.6)));
            }
            Mark::NearMiss => {
                pen.path(
                    &link.drawn(),
                    Paint::line(palette.get("near"), 2.0).dash(".1 6").opacity(opacity(0.45)),
                );
            }
            Mark::Ready | Mark::Off => {
                let accent = palette.accent(Some(link.accent));
                pen.path(&link.path, Paint::line(accent.line, 1.5).opacity(opacity(0.55)));
            }
        }
    }
    for route in scene.others() {
        let accent = palette.accent(route.way.accent);
        pen.path(&route.way.track, Paint::line(accent.line, 2.5).opacity(0.45));
    }
    for standing in &scene.standing {
        let accent = palette.accent(standing.accent);
        pen.path(&standing.path, Paint::line(accent.line, 2.0).dash("9 3 2 3"));
    }
    if let Some(focus) = &scene.focus {
        let way = &focus.route.way;
        let accent = palette.accent(way.accent);
        for tie in &focus.ties {
            pen.path(tie, Paint::line(accent.line, 1.0).dash("3 3").opacity(0.8));
        }
        for question in &focus.questions {
            pen.path(question, Paint::line(accent.ink, 1.5).dash("2 4"));
        }
        pen.path(&way.track, Paint::line(accent.line, 12.0).opacity(0.14));
        pen.path(&way.track, Paint::line(accent.ink, 4.0));
    }
}

/// The ends of the links, the numbers of the hops, the packet and the burst, above the cards.
pub fn above(pen: &mut Pen, scene: &Scene, now: Time) {
    let palette = pen.palette;
    let surface = palette.get("surface");
    for link in scene.links.iter() {
        let Some(end) = link.path.points().last() else { continue };
        let paint = match link.mark {
            Mark::NotReady => Paint::fill(surface).border(palette.get("warn"), 1.75),
            Mark::Terminating => Paint::fill(palette.get("bad")),
            Mark::NearMiss => Paint::fill(surface).border(palette.get("near"), 1.0).dash("2 1.6"),
            Mark::Ready | Mark::Off => {
                Paint::fill(palette.accent(Some(link.accent)).line).border(surface, 1.5)
            }
        };
        pen.circle(end.x, end.y, 3.5, paint);
    }
    for standing in &scene.standing {
        let w = 12.0 + 6.2 * standing.text.chars().count() as f64;
        let rect = Rect { x: standing.at.x - 22.0 - w, y: standing.at.y - 8.0, w, h: 16.0 };
        pen.rect(rect, 8.0, Paint::fill(surface).border(palette.accent(standing.accent).line, 1.0));
        let (at, ink) = ((rect.x + w / 2.0, standing.at.y), palette.get("ink-2"));
        pen.text(at, &standing.text, CAPTION, ink, Anchor::Middle);
    }
    let Some(focus) = &scene.focus else { return };
    let accent = palette.accent(focus.route.way.accent);
    let packet = focus.route.packet(now);
    if packet.is_none() {
        stops(pen, focus, accent);
    }
    if let Some(packet) = packet {
        pen.circle(packet.at.x, packet.at.y, 12.0, Paint::fill(accent.line).opacity(0.2));
        pen.circle(packet.at.x, packet.at.y, 7.0, Paint::fill(surface).border(accent.ink, 2.0));
        let (cos, sin) = (packet.angle.cos(), packet.angle.sin());
        let turned = |x: f64, y: f64| point(packet.at.x + x * cos - y * sin, packet.at.y + x * sin + y * cos);
        let arrow = Path::through(vec![turned(-0.5, -3.0), turned(2.5, 0.0), turned(-0.5, 3.0)]);
        pen.path(&arrow, Paint::line(accent.ink, 1.6));
        pen.path(&Path::through(vec![turned(-3.0, 0.0), turned(2.5, 0.0)]), Paint::line(accent.ink, 1.6));
    }
    if let Some(burst) = focus.burst.as_ref().filter(|burst| burst.since <= now) {
        draw_burst(pen, burst);
    }
}

fn stops(pen: &mut Pen, focus: &Focus, accent: Accent) {
    let palette = pen.palette;
    for stop in &focus.stops {
        let w = 16.0 + 6.0 * (stop.numbers.chars().count() as f64 - 1.0);
        let rect = Rect { x: stop.at.x - w / 2.0, y: stop.at.y - 8.0, w, h: 16.0 };
        pen.rect(rect, 8.0, Paint::fill(accent.ink).border(palette.get("surface"), 2.0));
        let colour = palette.get("on-accent");
        pen.text((stop.at.x, stop.at.y), &stop.numbers, STRONG, colour, Anchor::Middle);
    }
}

fn draw_burst(pen: &mut Pen, burst: &Burst) {
    let palette = pen.palette;
    let (bad, on) = (palette.get("bad-ink"), palette.get("on-accent"));
    let at = |x: f64, y: f64| -> Point { point(burst.at.x + x, burst.at.y + y) };
    if !burst.silent {
        for ray in 0..8 {
            let angle = f64::from(ray) * std::f64::consts::FRAC_PI_4;
            let (x, y) = (angle.cos(), angle.sin());
            let ray = Path::through(vec![at(x * 12.0, y * 12.0), at(x * 18.0, y * 18.0)]);
            pen.path(&ray, Paint::line(bad, 2.0));
        }
    }
    pen.circle(burst.at.x, burst.at.y, 9.0, Paint::fill(bad));
    let strokes = if burst.silent {
        vec![vec![at(0.0, -4.5), at(0.0, 0.0), at(3.5, 2.0)]]
    } else {
        vec![vec![at(-3.0, -3.0), at(3.0, 3.0)], vec![at(3.0, -3.0), at(-3.0, 3.0)]]
    };
    for stroke in strokes {
        pen.path(&Path::through(stroke), Paint::line(on, 2.0));
    }
    let w = STRONG.width(&burst.label) + 18.0;
    let label = Rect { x: burst.at.x - w, y: burst.at.y + 20.0, w, h: 24.0 };
    pen.rect(label, 4.0, Paint::fill(bad));
    pen.text((label.x + w / 2.0, label.y + 12.0), &burst.label, STRONG, on, Anchor::Middle);
}
