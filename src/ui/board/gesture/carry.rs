//! A tool in the hand: the ghost of what it will place, a click that places it, and a drag from the tool bar.

use std::cell::Cell;
use std::rc::Rc;

use endpoint_playground::scene::geometry::{Point, Rect};
use endpoint_playground::scene::pick;
use web_sys::Element;
use yew::prelude::*;

use super::super::{Board, BoardProps, Msg, view};
use super::client;
use crate::ui::browser::{self, Listener};
use crate::ui::events_model::{BoardEvent, Tool};

/// What listens on the whole page while a tool is in the hand.
pub(in super::super) struct Carrying {
    _listeners: [Listener; 2],
}

/// Keeps in mind whether the pointer that is down went down in the tool bar: the tool is dragged from there.
pub(in super::super) fn watch_tool_bar(from_tools: Rc<Cell<bool>>) -> Listener {
    browser::on_pointer_down(move |event| from_tools.set(view::closest(event, ".tools").is_some()))
}

impl Board {
    /// The tool in the hand is another one.
    pub(in super::super) fn took_tool(&mut self, ctx: &Context<Self>) {
        self.overlay.clear();
        let places = !matches!(ctx.props().tool, Tool::Select | Tool::Hand | Tool::Client);
        self.carrying = places.then(|| {
            let (moves, ends) = (ctx.link().callback(Msg::Carried), ctx.link().callback(Msg::PutDown));
            let listeners = [
                browser::on_pointer("pointermove", move |event| moves.emit(event)),
                browser::on_pointer("pointerup", move |event| ends.emit(event)),
            ];
            Carrying { _listeners: listeners }
        });
    }

    fn is_over(&self, at: (f64, f64)) -> bool {
        let Some(window) = self.window.cast::<Element>() else { return false };
        let rect = window.get_bounding_client_rect();
        rect.left() <= at.0 && at.0 <= rect.right() && rect.top() <= at.1 && at.1 <= rect.bottom()
    }

    /// A pointer moved anywhere while a tool is in the hand.
    pub(in super::super) fn carried(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = client(event);
        let over = self.is_over(at);
        let held_down = event.buttons() & 1 == 1;
        let props = ctx.props();
        let is_touch = event.pointer_type() == "touch" && !held_down;
        match self.placing(props, self.to_world(at)).filter(|_| over && self.gesture.is_none() && !is_touch) {
            Some(ghost) => {
                self.overlay.ghost(&ghost.rect);
                self.overlay.guides.show(None, ghost.guide);
                self.wake();
                let node = ghost.node.unwrap_or_default();
                self.flag("data-target", |id| !node.is_empty() && id == node);
            }
            None => {
                self.overlay.clear();
                self.flag("data-target", |_| false);
            }
        }
    }

    /// A pointer was lifted anywhere while a tool is in the hand: what was dragged from the tool bar is placed.
    pub(in super::super) fn put_tool_down(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        let at = client(event);
        if self.from_tools.take() && self.is_over(at) {
            self.use_tool(ctx, at);
            view::swallow_click();
        }
    }

    /// Places what the tool makes.
    pub(in super::super) fn use_tool(&mut self, ctx: &Context<Self>, at: (f64, f64)) {
        self.overlay.clear();
        self.flag("data-target", |_| false);
        let props = ctx.props();
        let point = self.to_world(at);
        let on_node = node_under(props, point);
        let place = self.placing(props, point).map(|ghost| ghost.place);
        props.on.emit(BoardEvent::PlaceNew { tool: props.tool, at: place, on_node });
    }

    /// What the tool in the hand would place at a point: new cards stand in their lane, with the heading under the
    /// pointer, and Pods on their node.
    fn placing(&self, props: &BoardProps, at: Point) -> Option<Ghost> {
        let (scene, tool) = (&props.scene.0, props.tool);
        let metrics = &scene.metrics;
        let column = match tool {
            Tool::Service => metrics.services,
            Tool::Ingress => metrics.edge,
            Tool::Node | Tool::Pod | Tool::Deployment => metrics.nodes,
            Tool::Select | Tool::Hand | Tool::Client => return None,
        };
        let rows = metrics.row + metrics.address + metrics.selector;
        let height = match tool {
            Tool::Pod => metrics.pod,
            Tool::Deployment => 2.0 * metrics.pod + metrics.pod_gap,
            Tool::Node => metrics.node_heading + metrics.gate,
            _ => metrics.heading + rows,
        };
        let grid = pick::GRID * metrics.ratio;
        let y = (at.y - metrics.heading / 2.0).max(metrics.top);
        let mut rect = Rect { x: column.x, y, w: column.w, h: height };
        if matches!(tool, Tool::Pod | Tool::Deployment) {
            let indent = metrics.pod_indent;
            // A Deployment's Pods go where the scheduler puts them.
            let node = scene.node_at(at.x, at.y).filter(|_| tool == Tool::Pod);
            let (x, y) = match node {
                Some(node) => {
                    let below =
                        node.pods.iter().map(|pod| pod.rect.bottom() + metrics.pod_gap).fold(0.0, f64::max);
                    let first = node.rect.bottom() - metrics.pod_gap;
                    (node.rect.x + indent, if node.pods.is_empty() { first } else { below })
                }
                None => (at.x - (column.w - indent) / 2.0, at.y - metrics.pod / 2.0),
            };
            rect = Rect { x, y, w: column.w - indent - 8.0 * metrics.ratio, h: height };
            let node = node.and_then(|node| node.key.as_ref()).map(|key| key.to_path());
            return Some(Ghost { place: full(&rect, metrics.ratio), rect, guide: None, node });
        }
        let neighbours: Vec<Rect> = scene.movable().map(|(_, rect)| rect).collect();
        let snap = pick::snap(&rect, &neighbours, grid);
        rect.y = (rect.y + snap.dy).max(0.0);
        Some(Ghost { place: full(&rect, metrics.ratio), rect, guide: snap.y, node: None })
    }
}

/// What a tool would place.
struct Ghost {
    rect: Rect,
    /// Its left and top edge at 100 %.
    place: (i32, i32),
    /// The level line that it snapped to.
    guide: Option<f64>,
    /// The id of the node's card that would get it.
    node: Option<String>,
}

fn full(rect: &Rect, ratio: f64) -> (i32, i32) {
    ((rect.x / ratio).round() as i32, (rect.y / ratio).round() as i32)
}

fn node_under(props: &BoardProps, at: Point) -> Option<String> {
    let node = props.scene.0.node_at(at.x, at.y)?;
    node.key.as_ref().map(|key| key.name.to_string())
}
