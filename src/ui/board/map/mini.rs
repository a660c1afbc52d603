//! The mini map, where the board is larger than its window: the whole board, and which part of it is seen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use endpoint_playground::scene::Scene;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};
use yew::prelude::*;

use super::super::view::{self, Camera};
use super::super::{Board, Msg, packets};
use super::pen::{FULL, Pen, context_of};

/// The largest size of the mini map, in pixels.
const LARGEST: (f64, f64) = (176.0, 112.0);

/// Windows up to this width have no room for it, in pixels.
const NARROW: f64 = 480.0;

/// The mini map.
#[derive(Default)]
pub(super) struct Mini {
    frame: NodeRef,
    board: NodeRef,
    /// A canvas of its own: an element that moves is laid out anew in each frame.
    view: NodeRef,
    contexts: RefCell<Option<[CanvasRenderingContext2d; 2]>>,
    /// Whether it is shown.
    shown: Cell<bool>,
    /// The size that it was drawn in, in pixels of the screen, while it is up to date.
    drawn: Cell<Option<(u32, u32)>>,
}

impl Mini {
    /// Draws what is not up to date of a scene that is seen through a window of this size; `stale` when the scene or its
    /// colours are others.
    pub fn draw(
        &self,
        scene: &Scene,
        camera: Camera,
        window: (f64, f64),
        colours: &Rc<Vec<String>>,
        stale: bool,
    ) {
        if stale {
            self.drawn.set(None);
        }
        let bounds = scene.bounds;
        let larger = window.0 > NARROW
            && (bounds.w * camera.scale > window.0 + 8.0 || bounds.h * camera.scale > window.1 + 8.0);
        let Some(frame) = self.frame.cast::<HtmlElement>() else { return };
        if self.shown.replace(larger) != larger {
            // Setting a class of a valid name does not fail.
            let _ = frame.class_list().toggle_with_force("shown", larger);
        }
        let Some([board, view]) = self.contexts().filter(|_| larger) else { return };
        let scale = scale_of(scene);
        let (w, h) = (bounds.w * scale, bounds.h * scale);
        let ratio = gloo::utils::window().device_pixel_ratio();
        let size = ((w * ratio) as u32, (h * ratio) as u32);
        if self.drawn.replace(Some(size)) != Some(size) {
            self.resize((w, h));
            for context in [&board, &view] {
                // Setting the transform of a 2d context does not fail.
                let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
            }
            board.clear_rect(0.0, 0.0, w, h);
            let at = Camera { x: -bounds.x * scale, y: -bounds.y * scale, scale, moved: false };
            draw_board(&Pen::new(&board, colours.clone(), at), scene);
        }
        let (left, top) = camera.to_world(0.0, 0.0);
        let (x, y) = ((left - bounds.x) * scale, (top - bounds.y) * scale);
        let (right, bottom) = (x + window.0 / camera.scale * scale, y + window.1 / camera.scale * scale);
        let (x, y) = (x.clamp(0.0, w), y.clamp(0.0, h));
        let (right, bottom) = (right.clamp(x, w), bottom.clamp(y, h));
        let (width, height) = ((right - x).max(4.0), (bottom - y).max(4.0));
        view.clear_rect(0.0, 0.0, w, h);
        let pen = Pen::new(&view, colours.clone(), Camera::default());
        pen.fill(packets::INK, 12);
        view.fill_rect(x, y, width, height);
        pen.stroke(packets::INK, FULL, 1.5);
        view.stroke_rect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
    }

    /// The contexts of its canvases, once they are there.
    fn contexts(&self) -> Option<[CanvasRenderingContext2d; 2]> {
        let mut contexts = self.contexts.borrow_mut();
        if contexts.is_none() {
            let context = |canvas: &NodeRef| context_of(&canvas.cast::<HtmlCanvasElement>()?);
            *contexts = Some([context(&self.board)?, context(&self.view)?]);
        }
        contexts.clone()
    }

    fn resize(&self, (w, h): (f64, f64)) {
        for canvas in [&self.board, &self.view] {
            let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { continue };
            view::resize_canvas(&canvas, w, h);
            // Setting a property of a valid name does not fail.
            let _ = canvas.style().set_property("width", &format!("{w:.0}px"));
            let _ = canvas.style().set_property("height", &format!("{h:.0}px"));
        }
    }
}

fn draw_board(pen: &Pen, scene: &Scene) {
    let cards = scene.nodes.iter().map(|card| card.rect).chain(scene.edges.iter().map(|card| card.rect));
    let services = scene.services.iter().map(|card| (packets::probe_of(Some(card.accent)), card.whole));
    for (colour, rect) in cards.map(|rect| (packets::LINE, rect)).chain(services) {
        let rect = pen.rect(&rect);
        pen.fill(colour, FULL);
        pen.context.fill_rect(rect.x, rect.y, rect.w.max(1.0), rect.h.max(1.0));
    }
}

/// How many pixels of the mini map one pixel of the board takes.
fn scale_of(scene: &Scene) -> f64 {
    (LARGEST.0 / scene.bounds.w.max(1.0)).min(LARGEST.1 / scene.bounds.h.max(1.0))
}

impl Board {
    /// The mini map: a second way to move the view beside dragging, the wheel and the arrow keys.
    pub(in super::super) fn mini_map(&self, ctx: &Context<Self>) -> Html {
        let go = ctx.link().batch_callback(|event: PointerEvent| {
            event.stop_propagation();
            (event.buttons() & 1 == 1).then_some(Msg::Go(event))
        });
        let mini = &self.map.mini;
        html! {
            <div class="float mini" ref={mini.frame.clone()} aria-hidden="true" title="The whole board: click or drag to go there"
                onpointerdown={go.clone()} onpointermove={go}>
                <canvas ref={mini.board.clone()}></canvas>
                <canvas class="view" ref={mini.view.clone()}></canvas>
            </div>
        }
    }

    /// Moves the view to where the pointer is on the mini map.
    pub(in super::super) fn go(&mut self, event: &PointerEvent) {
        let scene = self.map.scene.borrow().clone();
        let corner = view::corner(&self.map.mini.board);
        let scale = scale_of(&scene);
        let x = (f64::from(event.client_x()) - corner.0) / scale + scene.bounds.x;
        let y = (f64::from(event.client_y()) - corner.1) / scale + scene.bounds.y;
        let (width, height) = self.size();
        let camera = self.camera.get();
        self.set_camera(Camera {
            x: width / 2.0 - x * camera.scale,
            y: height / 2.0 - y * camera.scale,
            moved: true,
            ..camera
        });
    }
}
