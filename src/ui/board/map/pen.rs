//! Rectangles, names and lines of the board on a canvas.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use endpoint_playground::scene::card::Mark;
use endpoint_playground::scene::geometry::{Path, Rect};
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::super::packets;
use super::super::view::Camera;
use super::names::Name;

/// From which width on a rectangle has room for a name, in pixels.
const NAME_FROM: f64 = 34.0;

/// The least width of a line, in pixels: thinner ones are not seen.
const THINNEST: f64 = 1.25;

/// The context of a canvas.
pub(super) fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}

/// Draws on a canvas where the camera sees the board.
pub(super) struct Pen<'a> {
    pub context: &'a CanvasRenderingContext2d,
    pub colours: Rc<Vec<String>>,
    camera: Camera,
    /// The colour that is set, and its strength in percent.
    set: Cell<(usize, u8)>,
}

impl<'a> Pen<'a> {
    pub fn new(context: &'a CanvasRenderingContext2d, colours: Rc<Vec<String>>, camera: Camera) -> Pen<'a> {
        Pen { context, colours, camera, set: Cell::new((usize::MAX, 0)) }
    }

    /// Where a rectangle of the board is on the canvas.
    pub fn rect(&self, rect: &Rect) -> Rect {
        let Camera { x, y, scale, .. } = self.camera;
        Rect { x: rect.x * scale + x, y: rect.y * scale + y, w: rect.w * scale, h: rect.h * scale }
    }

    fn colour(&self, index: usize) -> &str {
        self.colours.get(index).map_or("#888", String::as_str)
    }

    /// Sets the colour of what is filled; setting it costs more than a rectangle does.
    pub fn fill(&self, index: usize, percent: u8) {
        if self.set.replace((index, percent)) != (index, percent) {
            self.context.set_fill_style_str(self.colour(index));
            self.context.set_global_alpha(f64::from(percent) / 100.0);
        }
    }

    /// Sets the colour and the width of lines, in pixels.
    pub fn stroke(&self, index: usize, percent: u8, width: f64) {
        self.set.set((usize::MAX, 0));
        self.context.set_stroke_style_str(self.colour(index));
        self.context.set_global_alpha(f64::from(percent) / 100.0);
        self.context.set_line_width(width);
    }

    /// Fills rectangles with one colour.
    pub fn fill_all(&self, index: usize, percent: u8, rects: &[Rect]) {
        if rects.is_empty() {
            return;
        }
        self.fill(index, percent);
        for rect in rects {
            self.context.fill_rect(rect.x, rect.y, rect.w, rect.h);
        }
    }

    /// A line of the board, `width` pixels of the board wide but never so thin that it is not seen.
    pub fn line(&self, path: &Path, index: usize, percent: u8, width: f64) {
        let Some((first, rest)) = path.points().split_first() else { return };
        let Camera { x, y, scale, .. } = self.camera;
        self.stroke(index, percent, (width * scale).max(THINNEST));
        self.context.begin_path();
        self.context.move_to(first.x * scale + x, first.y * scale + y);
        for point in rest {
            self.context.line_to(point.x * scale + x, point.y * scale + y);
        }
        self.context.stroke();
    }

    /// Where a name at the size of all texts stands in a rectangle; `None` where there is no room.
    pub fn name<'n>(&self, rect: &Rect, text: &'n str, heading: f64) -> Option<Name<'n>> {
        if rect.w < NAME_FROM || heading * self.camera.scale < 9.0 {
            return None;
        }
        let middle = rect.y + heading * self.camera.scale / 2.0;
        Some(Name { text, x: rect.x + 4.0, middle, room: rect.w - 6.0 })
    }
}

/// The strength of a colour that is not thinned, in percent.
pub(super) const FULL: u8 = 100;

/// Rectangles by colour, as setting a colour costs more than a rectangle does; the later ones lie over the earlier.
#[derive(Default)]
pub(super) struct Layers {
    /// By the place of their colour and its strength in percent.
    pub fills: BTreeMap<(usize, u8), Vec<Rect>>,
    /// Hollow out what they lie on.
    holes: Vec<Rect>,
    /// What is in trouble.
    pub marks: Vec<Rect>,
}

impl Layers {
    /// Ready is filled; not ready is hollow; terminating is filled by half; what no Service has is pale.
    pub fn pod(&mut self, rect: &Rect, mark: Mark, accent: Option<u8>, lit: bool) {
        let gap = (rect.h * 0.1).min(1.0);
        let rect = Rect { y: rect.y + gap, h: rect.h - gap, ..*rect };
        let own = packets::probe_of(accent);
        let fill = match mark {
            Mark::Ready | Mark::Off => match (accent, lit, mark) {
                (_, true, _) => (own, FULL),
                (Some(_), _, Mark::Ready) => (own, 60),
                _ => (own, 25),
            },
            Mark::NotReady => (packets::WARN, FULL),
            Mark::NearMiss => (packets::PLAIN, FULL),
            Mark::Terminating => (packets::BAD, 30),
        };
        self.fills.entry(fill).or_default().push(rect);
        match mark {
            Mark::NotReady | Mark::NearMiss => {
                let (x, y, w) = (rect.x + 1.5, rect.y + 1.5, rect.w - 3.0);
                self.holes.push(Rect { x, y, w, h: (rect.h - 3.0).max(0.5) });
            }
            Mark::Terminating => {
                self.marks.push(Rect { y: rect.y + rect.h / 2.0, h: rect.h / 2.0, ..rect });
            }
            Mark::Ready | Mark::Off => {}
        }
    }

    pub fn draw(&self, pen: &Pen) {
        for ((index, percent), rects) in &self.fills {
            pen.fill_all(*index, *percent, rects);
        }
        pen.fill_all(packets::SURFACE, FULL, &self.holes);
        pen.fill_all(packets::BAD, FULL, &self.marks);
    }
}
