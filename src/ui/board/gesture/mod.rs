//! The gestures on the board: what the pointer and the keys do to the view and to the cards.
//!
//! One set of handlers stands on the board itself and asks which card an event happened on; the cards have none of their
//! own. While a gesture lasts, what it shows is set past Yew; what it means is sent when the pointer is lifted.

mod carry;
mod connect;
mod drag;
mod marquee;
mod pointing;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::geometry::Point;
use web_sys::HtmlElement;
use yew::prelude::*;

use super::view::{self, Camera};
use super::{Board, Msg};
use crate::ui::browser;
use crate::ui::events_model::{BoardEvent, Tool};

pub(super) use carry::{Carrying, watch_tool_bar};
pub(super) use pointing::{answers, selection_of_edge};

/// What a zoom button does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ZoomStep {
    /// Nearer.
    In,
    /// Farther.
    Out,
    /// Everything into view.
    Fit,
}

/// What the pointer is doing.
pub(super) enum Gesture {
    /// Moves the view.
    Pan { pointer: i32, from: (f64, f64), moved: bool },
    /// Two fingers zoom the view.
    Pinch { first: (i32, (f64, f64)), second: (i32, (f64, f64)) },
    /// Moves cards.
    Drag { pointer: i32, from: (f64, f64), moved: bool, card: String, hand: drag::Hand },
    /// Draws a rectangle around what is to be selected; points of the board.
    Marquee { pointer: i32, from: (f64, f64), begin: Point, moved: bool, add: bool },
    /// Draws a line from an object to another.
    Connect { pointer: i32, from: (f64, f64), object: ObjectKey, moved: bool },
}

/// How far a pointer may tremble and still be a click, in pixels.
const TREMBLE: f64 = 4.0;

/// How much one zoom step changes the scale.
const ZOOM_STEP: f64 = 1.2;

/// How long a finger rests until it asks for the menu, in milliseconds.
const LONG_PRESS: u32 = 500;

/// Where a pointer is in the window of the page.
pub(super) fn client(event: &MouseEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}

impl Board {
    /// A place of the page as a point of the board.
    pub(super) fn to_world(&self, at: (f64, f64)) -> Point {
        let (x, y) = self.in_window(at);
        let (x, y) = self.camera.get().to_world(x, y);
        Point { x, y }
    }

    /// A pointer went down: what it is on decides what it will do if it moves.
    pub(super) fn pressed(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let (at, pointer, props) = (client(event), event.pointer_id(), ctx.props());
        let is_touch = event.pointer_type() == "touch";
        if let Some(Gesture::Pan { pointer: first, from, .. }) = &self.gesture
            && is_touch
        {
            self.resting = None;
            self.gesture = Some(Gesture::Pinch { first: (*first, *from), second: (pointer, at) });
            return;
        }
        let on_control = view::closest(event, "button, input, select, textarea, .float, .popup").is_some();
        if on_control || browser::is_typing(event) || self.gesture.is_some() {
            return;
        }
        if is_touch {
            self.rest(ctx, at, event);
        }
        let pan = Gesture::Pan { pointer, from: at, moved: false };
        let card = view::closest(event, "[data-card]").and_then(|card| card.get_attribute("data-card"));
        let free = !props.read_only && props.tool == Tool::Select;
        self.gesture = match (event.button(), card) {
            (2.., _) => None,
            (1, _) => Some(pan),
            _ if free && !is_touch && event.shift_key() => Some(self.marquee(pointer, at, true)),
            _ if !free => Some(pan).filter(|_| is_touch || matches!(props.tool, Tool::Select | Tool::Hand)),
            _ if view::closest(event, ".handle").is_some() => {
                self.handle.clone().map(|object| Gesture::Connect { pointer, from: at, object, moved: false })
            }
            (_, Some(card)) => match self.object_of(props, &card) {
                // A Pod stands where its node is: a drag from it draws a line. Fingers move the view.
                Some(object) if super::is_pod(&object) => Some(if is_touch {
                    pan
                } else {
                    Gesture::Connect { pointer, from: at, object, moved: false }
                }),
                _ => {
                    Some(Gesture::Drag { pointer, from: at, moved: false, card, hand: drag::Hand::default() })
                }
            },
            (_, None) if is_touch || props.pans => Some(pan),
            (_, None) => Some(self.marquee(pointer, at, false)),
        };
    }

    /// A finger that rests asks for the menu.
    fn rest(&mut self, ctx: &Context<Self>, at: (f64, f64), event: &PointerEvent) {
        let (link, event) = (ctx.link().clone(), event.clone());
        let timer = gloo::timers::callback::Timeout::new(LONG_PRESS, move || {
            link.send_message(Msg::Rested(at, event));
        });
        self.resting = Some(timer);
    }

    pub(super) fn moved(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let (at, id) = (client(event), event.pointer_id());
        let camera = self.camera.get();
        let far = |from: &(f64, f64)| (at.0 - from.0).hypot(at.1 - from.1) > TREMBLE;
        let Some(mut gesture) = self.gesture.take() else {
            self.pointed(ctx, event);
            return;
        };
        match &mut gesture {
            Gesture::Pan { pointer, from, moved } if *pointer == id && (*moved || far(from)) => {
                let (dx, dy) = (at.0 - from.0, at.1 - from.1);
                if !*moved {
                    self.took_hold(event);
                }
                (*from, *moved) = (at, true);
                self.set_camera(Camera { x: camera.x + dx, y: camera.y + dy, moved: true, ..camera });
            }
            Gesture::Drag { pointer, from, moved, card, hand } if *pointer == id && (*moved || far(from)) => {
                if !*moved {
                    self.took_hold(event);
                    *hand = self.take_up(ctx.props(), card);
                    *moved = true;
                }
                self.drag(hand, *from, at);
            }
            Gesture::Marquee { pointer, from, begin, moved, .. }
                if *pointer == id && (*moved || far(from)) =>
            {
                if !*moved {
                    self.took_hold(event);
                    *moved = true;
                }
                self.draw_marquee(ctx.props(), *begin, at);
            }
            Gesture::Connect { pointer, from, object, moved } if *pointer == id && (*moved || far(from)) => {
                if !*moved {
                    self.took_hold(event);
                    *moved = true;
                }
                self.draw_line(ctx.props(), object, at);
            }
            Gesture::Pinch { first, second } => {
                let (mine, other) = if first.0 == id { (first, &*second) } else { (second, &*first) };
                if mine.0 == id {
                    let before = (mine.1.0 - other.1.0).hypot(mine.1.1 - other.1.1).max(1.0);
                    let after = (at.0 - other.1.0).hypot(at.1 - other.1.1).max(1.0);
                    let middle = (f64::midpoint(at.0, other.1.0), f64::midpoint(at.1, other.1.1));
                    mine.1 = at;
                    let about = self.in_window(middle);
                    self.set_camera(camera.zoomed(after / before, about));
                }
            }
            _ => {}
        }
        self.gesture = Some(gesture);
    }

    /// A gesture has begun in earnest: the board hears of the pointer wherever it goes, and nothing is pointed at.
    fn took_hold(&mut self, event: &PointerEvent) {
        self.resting = None;
        view::capture(&self.window, event);
        self.unlight();
        self.overlay.handle(None);
    }

    pub(super) fn lifted(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        self.resting = None;
        let (at, done) = (client(event), event.type_() == "pointerup");
        match self.gesture.take() {
            Some(Gesture::Drag { moved: true, from, hand, .. }) => {
                self.put_down(ctx, &hand, from, at, done);
                view::swallow_click();
            }
            Some(Gesture::Marquee { moved: true, begin, add, .. }) => {
                self.end_marquee(ctx, begin, at, add, done);
                view::swallow_click();
            }
            Some(Gesture::Connect { moved: true, object, .. }) => {
                self.end_line(ctx, object, at, done);
                view::swallow_click();
            }
            Some(Gesture::Pan { moved: true, .. }) => view::swallow_click(),
            Some(Gesture::Pinch { .. }) => {
                self.change_level(ctx);
                view::swallow_click();
            }
            // The click of a finger that rested is no click on what is below the menu.
            _ if self.popup.is_some() && view::closest(event, ".popup").is_none() => view::swallow_click(),
            _ => {}
        }
    }

    /// Ends whatever the pointer is doing, as if it had not begun.
    pub(super) fn let_go(&mut self) {
        self.resting = None;
        if let Some(gesture) = self.gesture.take() {
            if let Gesture::Drag { hand, .. } = &gesture {
                hand.stand_still();
                self.hold(false);
            }
            self.overlay.clear();
            view::swallow_click();
        }
    }

    pub(super) fn zoom(&mut self, ctx: &Context<Self>, step: ZoomStep) {
        let (width, height) = self.size();
        let about = (width / 2.0, height / 2.0);
        match step {
            ZoomStep::In => self.set_camera(self.camera.get().zoomed(ZOOM_STEP, about)),
            ZoomStep::Out => self.set_camera(self.camera.get().zoomed(1.0 / ZOOM_STEP, about)),
            ZoomStep::Fit => {
                self.camera.set(Camera { moved: false, ..self.camera.get() });
                ctx.props().on.emit(BoardEvent::Window { width, height, fit: true });
                return;
            }
        }
        self.change_level(ctx);
    }

    /// Text is never drawn below 11 px: beyond its scales another level takes over.
    pub(super) fn change_level(&mut self, ctx: &Context<Self>) {
        let scene = &ctx.props().scene.0;
        if let Some(level) = self.camera.get().level_for(scene.level) {
            ctx.props().on.emit(BoardEvent::Level(level));
        }
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let camera = self.camera.get();
        let step = 40.0;
        match event.key().as_str() {
            "+" | "=" => self.zoom(ctx, ZoomStep::In),
            "-" => self.zoom(ctx, ZoomStep::Out),
            "0" => self.zoom(ctx, ZoomStep::Fit),
            "ArrowLeft" => self.set_camera(Camera { x: camera.x + step, moved: true, ..camera }),
            "ArrowRight" => self.set_camera(Camera { x: camera.x - step, moved: true, ..camera }),
            "ArrowUp" => self.set_camera(Camera { y: camera.y + step, moved: true, ..camera }),
            "ArrowDown" => self.set_camera(Camera { y: camera.y - step, moved: true, ..camera }),
            _ => {}
        }
    }
}

/// Whether a key is one that the board moves by.
pub(super) fn moves_camera(event: &KeyboardEvent) -> bool {
    let plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
    let key = event.key();
    plain && matches!(key.as_str(), "+" | "=" | "-" | "0")
        || plain
            && !event.shift_key()
            && matches!(key.as_str(), "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown")
}

/// The elements of these cards.
fn elements(board: &Board, is_held: impl Fn(&str) -> bool) -> Vec<(String, HtmlElement)> {
    board
        .cards()
        .filter_map(|card| Some((card.get_attribute("data-card").filter(|id| is_held(id))?, card)))
        .collect()
}
