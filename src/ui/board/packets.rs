//! Packets: drawn each frame on a canvas of their own, each a pure function of simulated time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use endpoint_playground::api::Time;
use endpoint_playground::scene::fleet::Sight;
use endpoint_playground::scene::geometry::{Point, Rect};
use endpoint_playground::scene::route::{Burst, Packet};
use endpoint_playground::scene::{Focus, Route};
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
use yew::prelude::*;

use super::LiveScene;
use super::dots::{Others, dot};
use super::in_hand::HandCanvas;
use super::view::Camera;
use crate::ui::browser::Tempo;

/// The elements whose computed colour the canvas reads: a custom property with `light-dark()` is resolved only there.
/// The first six are the accents, then what has no Service, then surface, trouble and canvas.
pub(super) const PROBES: [&str; 13] = [
    "a1 p",
    "a2 p",
    "a3 p",
    "a4 p",
    "a5 p",
    "a6 p",
    "p-plain",
    "p-surface",
    "p-bad",
    "p-canvas",
    "p-warn",
    "p-line",
    "p-ink",
];

/// Places in [`PROBES`].
pub(super) const PLAIN: usize = 6;
pub(super) const SURFACE: usize = 7;
pub(super) const BAD: usize = 8;
const CANVAS: usize = 9;
pub(super) const WARN: usize = 10;
pub(super) const LINE: usize = 11;
pub(super) const INK: usize = 12;

/// How many frames pass before labels are looked at again that nothing has happened to.
const LABELS_KEPT: u32 = 15;

/// Draws the packets of a scene.
pub(super) struct Painter {
    canvas: NodeRef,
    /// The canvas of who draws many packets.
    crowd: NodeRef,
    drawn_on: RefCell<Option<(HtmlCanvasElement, CanvasRenderingContext2d)>>,
    probes: NodeRef,
    camera: Rc<Cell<Camera>>,
    scene: LiveScene,
    still: Cell<bool>,
    /// What the probes said; empty until they are asked.
    colours: RefCell<Rc<Vec<String>>>,
    /// Which focus was painted last, which of its labels are shown, and since how many frames.
    labelled: Cell<((*const Focus, bool, bool), u32)>,
    /// The moment that was painted last.
    now: Cell<Time>,
    others: RefCell<Others>,
    /// Whether something is on the canvas.
    drawn: Cell<bool>,
    /// Whether the canvas is hidden.
    hidden: Cell<bool>,
    /// What alone is on the canvas and does not change.
    standing: RefCell<Option<Standing>>,
    hand: HandCanvas,
}

/// A burst that has grown, and how it is seen.
#[derive(PartialEq)]
struct Standing {
    /// Where it is, and since when.
    burst: (Point, Time),
    sight: Sight,
    colours: Rc<Vec<String>>,
}

impl Painter {
    pub fn new(
        canvas: NodeRef,
        crowd: NodeRef,
        probes: NodeRef,
        camera: Rc<Cell<Camera>>,
        scene: LiveScene,
    ) -> Painter {
        Painter {
            canvas,
            crowd,
            drawn_on: RefCell::default(),
            probes,
            camera,
            scene,
            still: Cell::new(false),
            colours: RefCell::default(),
            labelled: Cell::new(((std::ptr::null(), false, false), 0)),
            now: Cell::new(Time::ZERO),
            others: RefCell::default(),
            drawn: Cell::new(false),
            hidden: Cell::new(false),
            standing: RefCell::default(),
            hand: HandCanvas::default(),
        }
    }

    /// Whether packets are left out.
    pub fn set_still(&self, still: bool) {
        self.still.set(still);
    }

    /// The colours are others now. To be told them the browser brings all styles up to date, so they are not asked for more
    /// often.
    pub fn forget_colours(&self) {
        self.colours.take();
    }

    /// The canvas of what follows the cards in the hand.
    pub fn hand(&self) -> &HandCanvas {
        &self.hand
    }

    /// The request whose packet is at a point, as it was painted last; the one in focus first.
    pub fn packet_at(&self, at: Point) -> Option<u64> {
        let scene = self.scene.0.borrow();
        let now = self.now.get();
        let near =
            |route: &Route, radius: f64| route.at(now).is_some_and(|there| there.distance(at) <= radius);
        let focus = scene.focus.iter().map(|focus| &focus.route).find(|route| near(route, 16.0));
        let others = || scene.others().map(|route| &**route).find(|route| near(route, 9.0));
        focus.or_else(others).map(|route| route.number)
    }

    /// Draws the packets as they are at `now`, and goes on with them.
    pub fn paint(&self, now: Time, tempo: Tempo) {
        self.now.set(now);
        let Some((canvas, context)) = self.drawn_on() else { return };
        let ratio = gloo::utils::window().device_pixel_ratio();
        let Camera { x, y, scale, .. } = self.camera.get();
        let (x, y, scale) = (x * ratio, y * ratio, scale * ratio);
        let sight = Sight { x, y, scale, ratio, width: canvas.width(), height: canvas.height() };
        let scene = self.scene.0.borrow().clone();
        let colours = self.colours();
        let mut others = self.others.borrow_mut();
        let shown = (!self.still.get()).then_some(&*scene);
        let handed_over = others.hand_over(&self.crowd, shown, now, tempo, sight, &colours);
        let here = shown.filter(|_| !handed_over);
        let burst =
            scene.focus.iter().find_map(|focus| focus.burst.as_ref().filter(|burst| burst.since <= now));
        if let Some(focus) = &scene.focus {
            self.time_labels(focus, now);
        }
        let colour = |index: usize| colours.get(index).map_or("#888", String::as_str);
        let window = (f64::from(canvas.width()) / ratio, f64::from(canvas.height()) / ratio);
        self.hand.paint(self.camera.get(), window, &colours, colour(PLAIN));
        // What does not change from frame to frame stays as it was drawn.
        let alone = here.is_none();
        let standing = burst.filter(|burst| alone && burst.grown(now) >= 1.0);
        let picture = standing.map(|burst| Standing {
            burst: (burst.at, burst.since),
            sight,
            colours: colours.clone(),
        });
        let stays = picture.is_some() && *self.standing.borrow() == picture;
        *self.standing.borrow_mut() = picture;
        if stays {
            return;
        }
        if self.drawn.get() || !alone || burst.is_some() {
            // Setting the transform of a 2d context does not fail.
            let _ = context.set_transform(scale, 0.0, 0.0, scale, x, y);
        }
        if self.drawn.take() {
            let Rect { x, y, w, h } = sight.rect();
            context.clear_rect(x, y, w, h);
        }
        if let Some(scene) = here {
            self.drawn.set(self.drawn.get() | others.paint(&context, scene, now, sight, &colours));
            let route = scene.focus.as_ref().map(|focus| &focus.route);
            if let Some((route, packet)) = route.and_then(|route| Some((route, route.packet(now)?))) {
                self.drawn.set(true);
                let own = colour(probe_of(route.way.accent));
                disc(&context, &packet, sight.marker(), own, colour(SURFACE));
            }
        }
        if let Some(burst) = burst {
            self.drawn.set(true);
            draw_burst(&context, burst, now, colour(BAD), colour(CANVAS));
        }
        // An empty canvas, too, would be laid over the board in each frame.
        if self.hidden.replace(!self.drawn.get()) == self.drawn.get() {
            canvas.set_hidden(!self.drawn.get());
        }
    }

    /// Sends what is ordered elsewhere.
    pub fn send(&self) {
        self.others.borrow_mut().send();
    }

    /// The canvas and its context, once they are there.
    fn drawn_on(&self) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
        if self.drawn_on.borrow().is_none() {
            let canvas = self.canvas.cast::<HtmlCanvasElement>()?;
            let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
            *self.drawn_on.borrow_mut() = Some((canvas, context));
        }
        self.drawn_on.borrow().clone()
    }

    /// Shows and hides what stands on the board from a moment on.
    fn time_labels(&self, focus: &Rc<Focus>, now: Time) {
        let burst = focus.burst.as_ref().is_some_and(|burst| burst.since <= now);
        let shown = (Rc::as_ptr(focus), burst, focus.ended_at <= now);
        let (before, since) = self.labelled.get();
        let since = if shown == before { since.wrapping_add(1) } else { 0 };
        self.labelled.set((shown, since));
        // Labels that are new come into the document after this frame. Later, something else may have drawn them anew.
        if since > 2 && since % LABELS_KEPT != 0 {
            return;
        }
        let Some(board) = self.canvas.cast::<Element>().and_then(|canvas| canvas.parent_element()) else {
            return;
        };
        for (selector, name) in [(".tag.drop", "data-since"), (".hops-on-board", "data-ended")] {
            let Some(element) = board.query_selector(selector).ok().flatten() else { continue };
            let at = element.get_attribute(name).and_then(|at| at.parse().ok()).unwrap_or(0);
            let _ = element.class_list().toggle_with_force("shown", at <= now.0);
        }
    }

    /// The colours of the probes.
    pub(super) fn colours(&self) -> Rc<Vec<String>> {
        let mut kept = self.colours.borrow_mut();
        if kept.is_empty() {
            *kept = Rc::new((0..PROBES.len()).filter_map(|probe| self.colour_of(probe)).collect());
        }
        kept.clone()
    }

    fn colour_of(&self, probe: usize) -> Option<String> {
        let probe = self.probes.cast::<Element>()?.children().item(u32::try_from(probe).ok()?)?;
        gloo::utils::window().get_computed_style(&probe).ok()??.get_property_value("color").ok()
    }
}

/// The place in [`PROBES`] of the colour of what has this accent.
pub(super) fn probe_of(accent: Option<u8>) -> usize {
    probe(accent.map_or(0, usize::from))
}

/// The place in [`PROBES`] of the colour of packets: that of a Service's accent, or 0 for none.
pub(super) fn probe(accent: usize) -> usize {
    accent.checked_sub(1).unwrap_or(PLAIN)
}

/// The packet in focus: a white disc with a rim and an arrow in the direction of travel, `size` times as large as at 100 %.
/// Where the painter's thread draws it, it is the `Marker` of the package `motion`.
fn disc(context: &CanvasRenderingContext2d, packet: &Packet, size: f64, colour: &str, core: &str) {
    context.save();
    let _ = context.translate(packet.at.x, packet.at.y);
    let _ = context.scale(size, size);
    context.set_global_alpha(0.22);
    context.set_fill_style_str(colour);
    dot(context, Point::default(), 13.0);
    context.set_global_alpha(1.0);
    dot(context, Point::default(), 9.0);
    context.set_fill_style_str(core);
    dot(context, Point::default(), 6.5);
    let _ = context.rotate(packet.angle);
    context.set_stroke_style_str(colour);
    context.set_line_width(1.75);
    context.set_line_cap("round");
    context.begin_path();
    context.move_to(-3.5, 0.0);
    context.line_to(3.5, 0.0);
    context.move_to(0.8, -2.8);
    context.line_to(3.5, 0.0);
    context.line_to(0.8, 2.8);
    context.stroke();
    context.restore();
}

fn draw_burst(context: &CanvasRenderingContext2d, burst: &Burst, now: Time, colour: &str, canvas: &str) {
    let grown = burst.grown(now);
    context.save();
    let _ = context.translate(burst.at.x, burst.at.y);
    context.set_stroke_style_str(colour);
    context.set_fill_style_str(colour);
    context.set_line_width(2.0);
    context.set_line_cap("round");
    if !burst.silent {
        context.begin_path();
        for ray in 0..8 {
            let angle = f64::from(ray) * std::f64::consts::FRAC_PI_4;
            let (from, to) = (12.0, 12.0 + 6.0 * grown);
            context.move_to(angle.cos() * from, angle.sin() * from);
            context.line_to(angle.cos() * to, angle.sin() * to);
        }
        context.stroke();
    }
    dot(context, Point::default(), 9.0 * grown);
    context.set_stroke_style_str(canvas);
    context.begin_path();
    if burst.silent {
        // A clock: it waited, and nothing came.
        context.move_to(0.0, -4.5);
        context.line_to(0.0, 0.0);
        context.line_to(3.5, 2.0);
    } else {
        context.move_to(-3.0, -3.0);
        context.line_to(3.0, 3.0);
        context.move_to(3.0, -3.0);
        context.line_to(-3.0, 3.0);
    }
    context.stroke();
    context.restore();
}
