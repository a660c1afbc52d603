//! The board as a picture for slides and documents: one SVG that stands for itself, with real text and nothing from
//! outside.

mod cards;
mod lines;
mod nodes;
mod palette;
mod pen;

use std::rc::Rc;

use super::geometry::Rect;
use super::level::Column;
use super::{Drawing, Level, Scene, View};
use crate::api::Time;
use crate::session::Session;
pub use palette::Palette;
use pen::{Anchor, NAME, Paint, Pen, number};

/// The width and height of a slide, in pixels at 100 %.
const SLIDE: (f64, f64) = (1400.0, 800.0);

/// Around what is on the board, in pixels.
const MARGIN: f64 = 16.0;

/// Draws a scene at a moment in the colours of a theme: the whole board, or the part in `area`.
pub fn picture(scene: &Scene, palette: Palette, area: Option<Rect>, now: Time) -> String {
    let area = area.unwrap_or_else(|| whole(scene));
    let mut pen = Pen::new(palette);
    let [x, y, w, h] = [area.x, area.y, area.w, area.h].map(number);
    let view_box = format!("{x} {y} {w} {h}");
    pen.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", &view_box),
            ("width", &w),
            ("height", &h),
            ("role", "img"),
            ("aria-labelledby", "board-title board-text"),
        ],
    );
    pen.open("title", &[("id", "board-title")]);
    pen.data(&title(scene));
    pen.raw("</title>");
    pen.open("desc", &[("id", "board-text")]);
    pen.data(&text(scene));
    pen.raw("</desc>");
    pen.rect(area, 0.0, Paint::fill(palette.get("canvas")));
    lanes(&mut pen, scene, area);
    nodes::nodes(&mut pen, scene);
    lines::below(&mut pen, scene);
    cards::cards(&mut pen, scene);
    nodes::pods(&mut pen, scene);
    nodes::gates(&mut pen, scene);
    lines::above(&mut pen, scene, now);
    pen.raw("</svg>\n");
    pen.finish()
}

/// The board with everything on its cards, in as many columns as a slide shows best.
pub fn whole_board(session: &Session, view: &View) -> Rc<Scene> {
    let (width, height) = SLIDE;
    let mut drawing = Drawing::default();
    let columns = drawing.fit_level(session, view, Level::Full, width, height).columns;
    drawing.scene(session, &View { level: Level::Full, columns, stretch: 1.0, ..view.clone() })
}

/// Everything on the board, from the names of the lanes on.
fn whole(scene: &Scene) -> Rect {
    let bounds = scene.bounds.union(Rect { x: 0.0, y: 0.0, w: scene.metrics.width, h: 0.0 });
    Rect { x: bounds.x.min(0.0), y: bounds.y.min(0.0), w: bounds.w, h: bounds.h + MARGIN }
}

fn title(scene: &Scene) -> String {
    let pods: usize = scene.nodes.iter().flat_map(|node| &node.pods).map(|pod| pod.keys.len()).sum();
    let counted = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        more => format!("{more} {word}s"),
    };
    let services = counted(scene.services.len(), "Service");
    format!("A Kubernetes cluster with {services} and {}", counted(pods, "Pod"))
}

/// What the picture shows, for who can not see it.
fn text(scene: &Scene) -> String {
    let mut sentences: Vec<String> = scene
        .services
        .iter()
        .map(|card| {
            let endpoints = match card.endpoints {
                0 => "no endpoints".to_owned(),
                all => format!("{} of {all} endpoints ready", card.ready),
            };
            format!("Service {}, {}: {endpoints}.", card.name, card.badge)
        })
        .collect();
    for node in &scene.nodes {
        let pods: Vec<String> =
            node.pods.iter().map(|pod| format!("{} ({})", pod.name(), pod.word)).collect();
        let pods = if pods.is_empty() { "no Pods".to_owned() } else { pods.join(", ") };
        sentences.push(format!("On {}: {pods}.", node.name));
    }
    sentences.join(" ")
}

fn lanes(pen: &mut Pen, scene: &Scene, area: Rect) {
    let metrics = &scene.metrics;
    let columns: [(Column, &str, &str); 4] = [
        (metrics.outside, "Outside", "who asks"),
        (metrics.edge, "Edge", "where it enters"),
        (metrics.services, "Services", "which Pods may answer"),
        (metrics.nodes, "Nodes", "where Pods run"),
    ];
    let ends =
        [metrics.edge.lane, metrics.services.lane, metrics.nodes.lane, area.right().max(metrics.width)];
    for (index, ((column, name, what), end)) in columns.into_iter().zip(ends).enumerate() {
        let begin = column.lane.max(area.x);
        let end = end.min(area.right());
        if index % 2 == 1 && end > begin {
            let lane = Rect { x: begin, y: area.y, w: end - begin, h: area.h };
            let colour = pen.palette.get("lane");
            pen.rect(lane, 0.0, Paint::fill(colour));
        }
        let (ink, pale) = (pen.palette.get("ink-2"), pen.palette.get("ink-3"));
        let y = if scene.level == Level::Full { 20.0 } else { 16.0 };
        if scene.level == Level::Full {
            pen.text_and_more((column.x, y), [name, what], NAME, [ink, pale]);
        } else {
            pen.text((column.x, y), name, NAME, ink, Anchor::Start);
        }
    }
}

#[cfg(test)]
mod tests;
