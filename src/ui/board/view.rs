//! The camera over the board, and the few questions to the browser that go with it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::scene::{Level, Route, SMALLEST, Scene};
use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlCanvasElement, ResizeObserver, WheelEvent};
use yew::prelude::*;

use super::{Board, BoardProps, gesture};
use crate::ui::browser;
use crate::ui::events_model::BoardEvent;

/// Which part of the board is seen, and how large.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Camera {
    /// Where the board's left edge is in the window.
    pub x: f64,
    /// Where its top edge is.
    pub y: f64,
    /// How many pixels of the window one pixel of the board takes.
    pub scale: f64,
    /// Whether the person moved it; then fitting keeps away.
    pub moved: bool,
}

/// The largest scale of a level before a finer one takes over.
const LARGEST: f64 = 1.3;

/// The scales between which the person may zoom at all.
const LIMITS: (f64, f64) = (0.1, 3.0);

impl Default for Camera {
    fn default() -> Camera {
        Camera { x: 0.0, y: 0.0, scale: 1.0, moved: false }
    }
}

impl Camera {
    /// As a CSS transform.
    pub fn to_css(self) -> String {
        placed(self.x, self.y, self.scale)
    }

    /// A point of the window as a point of the board.
    pub fn to_world(self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.x) / self.scale, (y - self.y) / self.scale)
    }

    /// Larger or smaller by a factor, about a point of the window that stays where it is.
    pub fn zoomed(self, factor: f64, about: (f64, f64)) -> Camera {
        let scale = (self.scale * factor).clamp(LIMITS.0, LIMITS.1);
        let factor = scale / self.scale;
        Camera {
            x: about.0 - (about.0 - self.x) * factor,
            y: about.1 - (about.1 - self.y) * factor,
            scale,
            moved: true,
        }
    }

    /// The level that should be drawn at this scale, if it is another one.
    pub fn level_for(self, level: Level) -> Option<Level> {
        if self.scale < SMALLEST - 0.06 {
            level.coarser()
        } else if self.scale > LARGEST {
            level.finer()
        } else {
            None
        }
    }

    /// The camera that shows the same part after the board changed its size with its level.
    pub fn rescaled(self, before: Rect, after: Rect, window: (f64, f64)) -> Camera {
        let factor = before.w / after.w.max(1.0);
        let scale = (self.scale * factor).clamp(SMALLEST, LARGEST);
        let middle = (window.0 / 2.0, window.1 / 2.0);
        let (x, y) = self.to_world(middle.0, middle.1);
        let (x, y) = (x * after.w / before.w.max(1.0), y * after.h / before.h.max(1.0));
        Camera { x: middle.0 - x * scale, y: middle.1 - y * scale, scale, moved: true }
    }
}

/// A CSS transform that moves to a place and then enlarges.
pub(super) fn placed(x: f64, y: f64, scale: f64) -> String {
    format!("{} scale({}e-5)", shifted(x, y), whole(scale * 100_000.0))
}

/// A CSS transform that moves so far, to a hundredth of a pixel.
pub(super) fn shifted(x: f64, y: f64) -> String {
    format!("translate({}e-2px,{}e-2px)", whole(x * 100.0), whole(y * 100.0))
}

/// Whole numbers with an exponent are written in a tenth of the time that fractions take.
fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// How long the board is taken to stand where it stood on the page since that was asked last, in milliseconds.
const CORNER_KEPT: f64 = 250.0;

/// How far the wheel turns until the scale is 2.7 times as large, in pixels.
const WHEEL: f64 = 300.0;

/// Where the board's window stands on the page. In a page that has just changed the browser has to lay everything out to
/// answer, so while a pointer moves or a wheel turns it is not asked each time.
pub(super) struct Corner {
    window: NodeRef,
    kept: Cell<Option<((f64, f64), f64)>>,
}

impl Corner {
    pub fn new(window: NodeRef) -> Corner {
        Corner { window, kept: Cell::new(None) }
    }

    /// Where it is, in pixels of the page.
    pub fn get(&self) -> (f64, f64) {
        let now = browser::milliseconds();
        let kept = self.kept.get().filter(|(_, asked)| (*asked..asked + CORNER_KEPT).contains(&now));
        let corner = kept.map_or_else(|| corner(&self.window), |(corner, _)| corner);
        self.kept.set(Some((corner, now)));
        corner
    }

    /// It may be elsewhere now.
    pub fn forget(&self) {
        self.kept.set(None);
    }
}

impl Board {
    pub(super) fn size(&self) -> (f64, f64) {
        let window = self.window.cast::<Element>();
        window.map_or((0.0, 0.0), |window| {
            (f64::from(window.client_width()), f64::from(window.client_height()))
        })
    }

    pub(super) fn set_camera(&self, camera: Camera) {
        if self.camera.get() != camera {
            self.map.moved.set(true);
        }
        self.camera.set(camera);
        self.map.place_world();
        self.wake();
    }

    /// Lets the wheel move the view, past Yew, as it turns many times a second; with Ctrl it zooms about the pointer.
    /// `other_level` runs when another level is to be drawn.
    pub(super) fn watch_wheel(&self, window: &Element, other_level: impl Fn() + 'static) -> EventListener {
        let options = EventListenerOptions { phase: EventListenerPhase::Bubble, passive: false };
        let (camera, corner, map, hooks) =
            (self.camera.clone(), self.corner.clone(), self.map.clone(), self.hooks.clone());
        EventListener::new_with_options(window, "wheel", options, move |event| {
            let Some(wheel) = event.dyn_ref::<WheelEvent>() else { return };
            if browser::is_inside(wheel, ".popup") {
                return;
            }
            wheel.prevent_default();
            let (x, y) = (wheel.delta_x(), wheel.delta_y());
            let now = camera.get();
            if wheel.ctrl_key() || wheel.meta_key() {
                let (at, corner) = (gesture::client(wheel), corner.get());
                camera.set(now.zoomed((-y / WHEEL).exp(), (at.0 - corner.0, at.1 - corner.1)));
                if map.wants_other_level() {
                    other_level();
                }
            } else {
                let (dx, dy) = if wheel.shift_key() { (y, x) } else { (x, y) };
                camera.set(Camera { x: now.x - dx, y: now.y - dy, moved: true, ..now });
            }
            map.moved.set(true);
            if let Some(hooks) = &hooks {
                if map.has_much_to_draw() {
                    hooks.reserve();
                }
                hooks.wake();
            }
        })
    }

    pub(super) fn resized(&mut self, ctx: &Context<Self>) {
        let (width, height) = self.size();
        if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() {
            resize_canvas(&canvas, width, height);
        }
        self.map.set_window((width, height));
        self.corner.forget();
        let (w, h) = (width as u32, height as u32);
        if (w, h) != (self.seen.1, self.seen.2) && w > 0 {
            (self.seen.1, self.seen.2) = (w, h);
            ctx.props().on.emit(BoardEvent::Window { width, height, fit: !self.camera.get().moved });
        }
        self.wake();
    }

    pub(super) fn show_all(&mut self, props: &BoardProps) {
        let (width, _) = self.size();
        let bounds = props.scene.0.bounds;
        let scale = props.fit.scale;
        // What is narrower than the window stands in its middle; what is wider begins at its left edge.
        let x = ((width - bounds.w * scale) / 2.0).max(0.0) - bounds.x * scale;
        self.set_camera(Camera { x, y: (-bounds.y * scale).max(0.0), scale, moved: false });
    }
}

/// How near to a track a click is on it, in pixels of the board.
const ON_TRACK: f64 = 8.0;

/// The number of the request whose track runs through a point; the one in focus first.
pub(super) fn route_at(scene: &Scene, x: f64, y: f64) -> Option<u64> {
    let near = |route: &&Route| {
        let track = &route.way.track;
        let length = track.length();
        let steps = (length / ON_TRACK).ceil() as u32;
        (0..=steps).any(|step| {
            let at = track.at(f64::from(step) / f64::from(steps.max(1)));
            length > 0.0 && (at.x - x).hypot(at.y - y) < ON_TRACK
        })
    };
    let focus = scene.focus.iter().map(|focus| &focus.route);
    let others = scene.others().rev().map(|route| &**route);
    focus.chain(others).find(near).map(|route| route.number)
}

/// Calls back whenever the element has another size. The observer must be disconnected.
pub(super) fn observe_size(element: &Element, then: impl Fn() + 'static) -> Option<ResizeObserver> {
    let callback = Closure::<dyn Fn()>::new(then);
    let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
    // The observer keeps the callback; both live as long as the board, which is as long as the page.
    callback.forget();
    observer.observe(element);
    Some(observer)
}

/// Gives a canvas as many pixels as the screen has under it. Gives whether it is another number; then the canvas is empty, and
/// its context forgot everything.
pub(super) fn resize_canvas(canvas: &HtmlCanvasElement, width: f64, height: f64) -> bool {
    let ratio = gloo::utils::window().device_pixel_ratio();
    let (w, h) = ((width * ratio) as u32, (height * ratio) as u32);
    // Setting the size, even to the same value, clears the canvas.
    let other = (canvas.width(), canvas.height()) != (w, h);
    if other {
        canvas.set_width(w);
        canvas.set_height(h);
    }
    other
}

/// Where the board's window stands on the page.
pub(super) fn corner(window: &NodeRef) -> (f64, f64) {
    window.cast::<Element>().map_or((0.0, 0.0), |window| {
        let rect = window.get_bounding_client_rect();
        (rect.left(), rect.top())
    })
}

/// Lets the board hear of this pointer until it is lifted, wherever it goes. Only once it moves: a captured click would
/// be the board's, not the card's.
pub(super) fn capture(window: &NodeRef, event: &PointerEvent) {
    if let Some(element) = window.cast::<Element>() {
        // A pointer that was lifted in the meantime can not be captured, and needs not.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

/// The element around the target of an event, or itself, that a selector names.
pub(super) fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Keeps the click that follows a drag from selecting what was dropped on.
pub(super) fn swallow_click() {
    let options = EventListenerOptions { phase: EventListenerPhase::Capture, passive: false };
    let listener = EventListener::once_with_options(&gloo::utils::document(), "click", options, |event| {
        event.stop_propagation()
    });
    // Where no click follows, the next one must not be swallowed: it begins with another press, or comes from a key.
    let held = Rc::new(RefCell::new(Some(listener)));
    let released = held.clone();
    let press =
        EventListener::once_with_options(&gloo::utils::document(), "pointerdown", options, move |_| {
            drop(released.take())
        });
    gloo::timers::callback::Timeout::new(50, move || {
        drop(held.take());
        drop(press);
    })
    .forget();
}
