//! The board under the keyboard: one card is in the Tab order, the arrows go from card to card as a request travels.
//!
//! Which card that is, is kept in the document, past Yew, so that a step of the focus draws nothing anew.

use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::scene::walk::{self, Step, Stop};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, FocusOptions, HtmlElement};
use yew::prelude::*;

use super::Board;
use super::view::Camera;

/// How much of the board is kept in view around a card that gets the focus, in pixels of the window.
const MARGIN: f64 = 28.0;

/// Whether the focus is on nothing, or on something that a selector names.
pub(super) fn is_nowhere_or_in(selector: &str) -> bool {
    gloo::utils::document()
        .active_element()
        .is_none_or(|element| matches!(element.closest(selector), Ok(Some(_))) || is_body(element))
}

/// What the keyboard knows of the board.
#[derive(Default)]
pub(super) struct Walker {
    /// The card that had the focus last.
    last: Option<Stop>,
    /// The card that shall have it once it is drawn.
    wanted: Option<String>,
    /// Whether the focus is on the board.
    inside: bool,
}

/// The step that a key asks for.
pub(super) fn step_of(event: &KeyboardEvent) -> Option<Step> {
    if event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowLeft" => Step::Left,
        "ArrowRight" => Step::Right,
        "ArrowUp" => Step::Up,
        "ArrowDown" => Step::Down,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return None,
    })
}

/// The card that an event happened on or in.
pub(super) fn card_of(event: &web_sys::Event) -> Option<String> {
    card_at(event.target()?.dyn_into::<Element>().ok()?)
}

fn card_at(element: Element) -> Option<String> {
    element.closest("[data-card]").ok().flatten()?.get_attribute("data-card")
}

impl Walker {
    /// Gives the focus to a card once it is drawn.
    pub(super) fn want(&mut self, card: String) {
        self.wanted = Some(card);
    }

    /// Leaves the focus where it is.
    pub(super) fn stay(&mut self) {
        self.wanted = None;
    }
}

impl Board {
    /// Moves the focus a step on from a card.
    pub(super) fn walk(&mut self, ctx: &Context<Self>, from: &str, step: Step) {
        if let Some(stop) = walk::next(&ctx.props().scene.0, from, step) {
            self.reveal(stop.rect);
            self.walker.wanted = Some(stop.id);
            self.settle_focus(ctx);
        }
    }

    /// The focus came to a card, by whatever way: it is in view, and the one in the Tab order.
    pub(super) fn focused(&mut self, ctx: &Context<Self>, id: String) {
        self.walker.inside = true;
        // The browser scrolls what has the focus into view; the board moves its camera instead.
        if let Some(window) = self.window.cast::<Element>() {
            window.set_scroll_left(0);
            window.set_scroll_top(0);
        }
        let stop = walk::stops(&ctx.props().scene.0).into_iter().find(|stop| stop.id == id);
        // A card that was clicked was seen: the view stays.
        let by_keyboard = self.card(&id).is_some_and(|card| card.matches(":focus-visible").unwrap_or(false));
        if let Some(stop) = stop.as_ref().filter(|_| by_keyboard) {
            self.reveal(stop.rect);
        }
        self.walker.last = stop.or(self.walker.last.take());
        self.mark(&id);
    }

    /// The focus left the board, or what had it is gone.
    pub(super) fn unfocused(&mut self, event: &FocusEvent) {
        let gone = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok())
            .is_none_or(|node| !node.is_connected());
        self.walker.inside = gone;
    }

    /// After each drawing: gives the focus to the card that waits for it, or to the neighbour of one that is gone, and
    /// sees to it that one card is in the Tab order.
    pub(super) fn settle_focus(&mut self, ctx: &Context<Self>) {
        if let Some(card) = self.walker.wanted.as_deref().and_then(|id| self.card(id)) {
            self.walker.wanted = None;
            focus(&card);
            return;
        }
        let Some(world) = self.world.cast::<Element>() else { return };
        if matches!(world.query_selector("[data-card][tabindex='0']"), Ok(Some(_))) {
            return;
        }
        if !matches!(world.query_selector("[data-card]"), Ok(Some(_))) {
            // A map without cards.
            return;
        }
        let stops = walk::stops(&ctx.props().scene.0);
        let near = self.walker.last.as_ref().and_then(|last| {
            let off = |stop: &&Stop| (stop.rect.x - last.rect.x).hypot(stop.rect.y - last.rect.y) as i64;
            stops.iter().min_by_key(off)
        });
        let Some(stop) = near.or_else(|| stops.first()) else { return };
        let id = stop.id.clone();
        self.mark(&id);
        let lost = self.walker.inside && gloo::utils::document().active_element().is_none_or(is_body);
        if let Some(card) = self.card(&id).filter(|_| lost) {
            focus(&card);
        }
    }

    /// Puts one card into the Tab order, and the others out of it.
    fn mark(&self, id: &str) {
        let Some(world) = self.world.cast::<Element>() else { return };
        while let Ok(Some(old)) = world.query_selector("[data-card][tabindex='0']") {
            // Setting an attribute of a valid name does not fail.
            if old.set_attribute("tabindex", "-1").is_err() {
                break;
            }
        }
        if let Some(card) = self.card(id) {
            let _ = card.set_attribute("tabindex", "0");
        }
    }

    fn card(&self, id: &str) -> Option<HtmlElement> {
        let cards = self.world.cast::<Element>()?.query_selector_all("[data-card]").ok()?;
        (0..cards.length())
            .filter_map(|index| cards.item(index)?.dyn_into::<HtmlElement>().ok())
            .find(|card| card.get_attribute("data-card").as_deref() == Some(id))
    }

    /// Moves the view as little as is needed to see a rectangle of the board.
    fn reveal(&mut self, rect: Rect) {
        let camera = self.camera.get();
        let (width, height) = self.size();
        let shift = |at: f64, length: f64, window: f64| {
            let (begin, end) = (MARGIN - at, window - MARGIN - at - length);
            // What is too large for the window shows its beginning.
            if begin > 0.0 || length > window - 2.0 * MARGIN { begin } else { end.min(0.0) }
        };
        let x = shift(rect.x * camera.scale + camera.x, rect.w * camera.scale, width);
        let y = shift(rect.y * camera.scale + camera.y, rect.h * camera.scale, height);
        if x.abs() > 0.5 || y.abs() > 0.5 {
            self.set_camera(Camera { x: camera.x + x, y: camera.y + y, moved: true, ..camera });
        }
    }
}

fn is_body(element: Element) -> bool {
    element.tag_name() == "BODY"
}

fn focus(card: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    // An element that can not have the focus is left alone.
    let _ = card.focus_with_options(&options);
}

/// Whether an event happened in a card, not on the card itself.
pub(super) fn is_within(event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| !element.has_attribute("data-card"))
}

/// Gives the focus to the card around what an event happened in.
pub(super) fn back_to_card(event: &web_sys::Event) {
    let card = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("[data-card]").ok().flatten())
        .and_then(|card| card.dyn_into::<HtmlElement>().ok());
    if let Some(card) = card {
        focus(&card);
    }
}
