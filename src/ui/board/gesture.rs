//! The gestures on the board: pan, pinch, drag, wheel, and the keys that move the view.

use std::rc::Rc;

use endpoint_playground::session::{Command, Placement};
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::Board;
use super::view::{self, Camera};
use crate::ui::events_model::{BoardEvent, Tool};

/// What a zoom button does.
#[derive(Clone, Copy, PartialEq)]
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
    Pan { pointer: i32, from: (f64, f64), moved: bool },
    Pinch { first: (i32, (f64, f64)), second: (i32, (f64, f64)) },
    Drag { pointer: i32, card: Rc<str>, element: HtmlElement, from: (f64, f64), moved: bool },
}

/// How far a pointer may tremble and still be a click, in pixels.
const TREMBLE: f64 = 4.0;

/// How much one zoom step changes the scale.
const ZOOM_STEP: f64 = 1.2;

impl Board {
    pub(super) fn pan_start(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        if let Some(Gesture::Pan { pointer, from, .. }) = &self.gesture {
            self.gesture =
                Some(Gesture::Pinch { first: (*pointer, *from), second: (event.pointer_id(), at) });
            return;
        }
        if event.button() > 1
            || ctx.props().tool != Tool::Select && event.button() == 0 && self.gesture.is_some()
        {
            return;
        }
        self.gesture = Some(Gesture::Pan { pointer: event.pointer_id(), from: at, moved: false });
    }

    pub(super) fn drag_start(&mut self, event: &PointerEvent, card: Rc<str>, element: Element) {
        let Ok(element) = wasm_bindgen::JsCast::dyn_into::<HtmlElement>(element) else { return };
        let from = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.gesture = Some(Gesture::Drag { pointer: event.pointer_id(), card, element, from, moved: false });
    }

    pub(super) fn moved(&mut self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let camera = self.camera.get();
        let far = |from: &(f64, f64)| (at.0 - from.0).hypot(at.1 - from.1) > TREMBLE;
        match &mut self.gesture {
            Some(Gesture::Pan { pointer, from, moved })
                if *pointer == event.pointer_id() && (*moved || far(from)) =>
            {
                let (dx, dy) = (at.0 - from.0, at.1 - from.1);
                if !*moved {
                    view::capture(&self.window, event);
                }
                (*from, *moved) = (at, true);
                self.set_camera(Camera { x: camera.x + dx, y: camera.y + dy, moved: true, ..camera });
            }
            Some(Gesture::Drag { pointer, element, from, moved, .. })
                if *pointer == event.pointer_id() && (*moved || far(from)) =>
            {
                if !*moved {
                    *moved = true;
                    let _ = element.set_pointer_capture(event.pointer_id());
                    let _ = element.class_list().add_1("held");
                }
                let (dx, dy) = ((at.0 - from.0) / camera.scale, (at.1 - from.1) / camera.scale);
                let _ = element.style().set_property("transform", &format!("translate({dx}px,{dy}px)"));
            }
            Some(Gesture::Pinch { first, second }) => {
                let id = event.pointer_id();
                let (mine, other) = if first.0 == id { (first, &*second) } else { (second, &*first) };
                if mine.0 == id {
                    let before = (mine.1.0 - other.1.0).hypot(mine.1.1 - other.1.1).max(1.0);
                    let after = (at.0 - other.1.0).hypot(at.1 - other.1.1).max(1.0);
                    let middle = (f64::midpoint(at.0, other.1.0), f64::midpoint(at.1, other.1.1));
                    mine.1 = at;
                    let corner = view::corner(&self.window);
                    let about = (middle.0 - corner.0, middle.1 - corner.1);
                    self.set_camera(camera.zoomed(after / before, about));
                }
            }
            _ => {}
        }
    }

    pub(super) fn lifted(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        match self.gesture.take() {
            Some(Gesture::Pan { moved: false, .. }) if event.type_() == "pointerup" => self.clicked(ctx, at),
            Some(Gesture::Drag { card, element, from, moved: true, .. }) => {
                let _ = element.class_list().remove_1("held");
                let _ = element.style().remove_property("transform");
                if event.type_() == "pointerup" {
                    self.dropped(ctx, &card, from, at);
                }
                view::swallow_click();
            }
            Some(Gesture::Pinch { .. }) => self.change_level(ctx),
            _ => {}
        }
    }

    fn clicked(&mut self, ctx: &Context<Self>, at: (f64, f64)) {
        let props = ctx.props();
        let corner = view::corner(&self.window);
        let (x, y) = self.camera.get().to_world(at.0 - corner.0, at.1 - corner.1);
        if props.tool == Tool::Select {
            props.on.emit(match view::route_at(&props.scene.0, x, y) {
                Some(number) => BoardEvent::FocusRequest(number),
                None => BoardEvent::Select(None),
            });
            return;
        }
        let ratio = props.scene.0.metrics.ratio;
        let on_node = props
            .scene
            .0
            .nodes
            .iter()
            .find(|node| {
                let rect = node.rect;
                rect.x - 20.0 <= x && x <= rect.right() && rect.y <= y && y <= rect.bottom()
            })
            .and_then(|node| node.key.as_ref().map(|key| key.name.to_string()));
        let metrics = &props.scene.0.metrics;
        // New cards stand in their lane; the heading comes under the pointer.
        let x = match props.tool {
            Tool::Service => metrics.services.x,
            Tool::Ingress => metrics.edge.x,
            Tool::Node => metrics.nodes.x,
            _ => x,
        };
        let y = (y - metrics.heading / 2.0).max(metrics.top);
        let at = Some(((x / ratio).round() as i32, (y / ratio).round() as i32));
        props.on.emit(BoardEvent::PlaceNew { tool: props.tool, at, on_node });
    }

    /// A dragged card was put down: one command, snapped to the grid.
    fn dropped(&mut self, ctx: &Context<Self>, card: &str, from: (f64, f64), at: (f64, f64)) {
        let scene = &ctx.props().scene.0;
        let scale = self.camera.get().scale;
        let Some(rect) = view::rect_of(scene, card) else { return };
        let ratio = scene.metrics.ratio;
        let snap = |value: f64| ((value / ratio / 4.0).round() * 4.0) as i32;
        let x = snap(rect.x + (at.0 - from.0) / scale);
        let y = snap(rect.y + (at.1 - from.1) / scale).max(0);
        let place = Placement { card: card.to_owned(), at: Some((x, y)) };
        ctx.props().on.emit(BoardEvent::Command(Command::Place { places: vec![place] }));
    }

    pub(super) fn wheel(&mut self, ctx: &Context<Self>, event: &WheelEvent) {
        let camera = self.camera.get();
        if event.ctrl_key() || event.meta_key() {
            let corner = view::corner(&self.window);
            let about = (f64::from(event.client_x()) - corner.0, f64::from(event.client_y()) - corner.1);
            self.set_camera(camera.zoomed((-event.delta_y() / 300.0).exp(), about));
            self.change_level(ctx);
        } else {
            let (dx, dy) = if event.shift_key() {
                (event.delta_y(), event.delta_x())
            } else {
                (event.delta_x(), event.delta_y())
            };
            self.set_camera(Camera { x: camera.x - dx, y: camera.y - dy, moved: true, ..camera });
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
    fn change_level(&mut self, ctx: &Context<Self>) {
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
pub(super) fn moves_camera(key: &str) -> bool {
    matches!(key, "+" | "=" | "-" | "0" | "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown")
}
