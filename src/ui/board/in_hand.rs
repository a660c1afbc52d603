//! What follows the cards in the hand: their links and wires.
//!
//! They lie on a canvas of their own that is not much larger than they need: as elements they would have the
//! browser put the whole page together in each frame, and a canvas over the whole board takes as long to show as the board
//! itself.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use endpoint_playground::scene::geometry::{Path, Point, Rect};
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, Path2d};
use yew::prelude::*;

use super::view::{self, Camera};

/// How wide the lines are, in pixels of the board.
const WIDTH: f64 = 2.0;

/// How far the canvas reaches beyond what is on it, in pixels of the page, so that it need not be another one at once.
const REACH: f64 = 96.0;

/// How many times as large as it is made for what is on it the canvas may be.
const MOST: f64 = 4.0;

/// What is shown.
pub(super) struct InHand {
    lines: Path2d,
    /// What holds the lines, on the board.
    bounds: Option<Rect>,
}

impl InHand {
    /// Swings from point to point. `None` where the browser can not read paths.
    pub fn new(lines: &[(Point, Point)]) -> Option<InHand> {
        let path: String = lines.iter().map(|(from, to)| Path::swing_to_svg(*from, *to)).collect();
        let bounds = lines.iter().map(|(from, to)| Path::bounds_of_swing(*from, *to)).reduce(Rect::union);
        Some(InHand { lines: Path2d::new_with_path_string(&path).ok()?, bounds })
    }

    /// What of a window of this size it needs, in pixels of the page.
    fn needs(&self, camera: Camera, (width, height): (f64, f64)) -> Option<Rect> {
        let Camera { x, y, scale, .. } = camera;
        let Rect { x: left, y: top, w, h } = self.bounds?;
        let lines = Rect { x: left * scale + x, y: top * scale + y, w: w * scale, h: h * scale };
        within(lines.grown(WIDTH.max(WIDTH * scale)), width, height)
    }
}

/// The part of a rectangle that is in a window of this size.
fn within(rect: Rect, width: f64, height: f64) -> Option<Rect> {
    let (x, y) = (rect.x.max(0.0).floor(), rect.y.max(0.0).floor());
    let (w, h) = (rect.right().min(width).ceil() - x, rect.bottom().min(height).ceil() - y);
    (w > 0.0 && h > 0.0).then_some(Rect { x, y, w, h })
}

/// The canvas that they lie on.
#[derive(Default)]
pub(super) struct HandCanvas {
    canvas: NodeRef,
    context: RefCell<Option<CanvasRenderingContext2d>>,
    shown: RefCell<Option<InHand>>,
    /// Whether something else is to be shown since it was painted.
    stale: Cell<bool>,
    /// The camera and the colours that it was painted with.
    painted: RefCell<Option<(Camera, Rc<Vec<String>>)>>,
    /// Where it is in the window, in pixels of the page; `None` while it is hidden.
    place: Cell<Option<Rect>>,
}

impl HandCanvas {
    /// Shows what follows the cards in the hand; nothing when it is empty.
    pub fn show(&self, in_hand: Option<InHand>) {
        *self.shown.borrow_mut() = in_hand;
        self.stale.set(true);
    }

    /// Brings the canvas up to date in a window of this size. The lines have the colour `ink`, which is one of `colours`.
    pub fn paint(&self, camera: Camera, window: (f64, f64), colours: &Rc<Vec<String>>, ink: &str) {
        let shown = self.shown.borrow();
        let Some(shown) = &*shown else {
            self.hide();
            return;
        };
        let as_before =
            |(seen, told): &(Camera, Rc<Vec<String>>)| *seen == camera && Rc::ptr_eq(told, colours);
        let as_before = self.painted.borrow().as_ref().is_some_and(as_before);
        if !self.stale.take() && as_before {
            return;
        }
        *self.painted.borrow_mut() = Some((camera, colours.clone()));
        let needs = shown.needs(camera, window);
        let Some((needs, canvas)) = needs.and_then(|needs| Some((needs, self.canvas.cast()?))) else {
            self.hide();
            return;
        };
        let Some((context, place)) = self.take_place(&canvas, needs, window) else { return };
        let ratio = gloo::utils::window().device_pixel_ratio();
        // Setting the transform of a 2d context does not fail.
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, place.w, place.h);
        let (x, y, scale) = (camera.x - place.x, camera.y - place.y, camera.scale);
        let _ = context.set_transform(ratio * scale, 0.0, 0.0, ratio * scale, ratio * x, ratio * y);
        context.set_stroke_style_str(ink);
        context.set_line_width(WIDTH);
        context.stroke_with_path(&shown.lines);
    }

    /// The element.
    pub fn view(&self) -> Html {
        html! { <canvas class="packets hand" ref={self.canvas.clone()} hidden=true aria-hidden="true"></canvas> }
    }

    fn hide(&self) {
        if self.place.take().is_some()
            && let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>()
        {
            canvas.set_hidden(true);
            // It holds no memory while it is not needed.
            view::resize_canvas(&canvas, 0.0, 0.0);
            *self.painted.borrow_mut() = None;
        }
    }

    /// The context, and where the canvas is: where it was, if that is enough and not far too much.
    fn take_place(
        &self,
        canvas: &HtmlCanvasElement,
        needs: Rect,
        (width, height): (f64, f64),
    ) -> Option<(CanvasRenderingContext2d, Rect)> {
        let fits = |place: &Rect| {
            let most = needs.grown(REACH);
            place.holds(&needs) && place.w * place.h <= MOST * most.w * most.h
        };
        let place = match self.place.get().filter(fits) {
            Some(place) => place,
            None => {
                let place = within(needs.grown(REACH), width, height)?;
                view::resize_canvas(canvas, place.w, place.h);
                let Rect { x, y, w, h } = place;
                // Setting an attribute of a valid name does not fail.
                let _ =
                    canvas.set_attribute("style", &format!("left:{x}px;top:{y}px;width:{w}px;height:{h}px"));
                if self.place.replace(Some(place)).is_none() {
                    canvas.set_hidden(false);
                }
                place
            }
        };
        let mut context = self.context.borrow_mut();
        if context.is_none() {
            *context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok();
        }
        Some((context.clone()?, place))
    }
}
