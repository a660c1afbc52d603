//! What a gesture shows while it lasts: rectangle, guides, line, ghost, handle. All of it is set past Yew.

use std::rc::Rc;

use endpoint_playground::scene::geometry::{Point, Rect};
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::guides::Guides;
use crate::ui::events_model::Tool;
use crate::ui::icons;

/// The elements, each hidden until it is needed.
#[derive(Default)]
pub(super) struct Overlay {
    marquee: NodeRef,
    pub guides: Rc<Guides>,
    line: NodeRef,
    end: NodeRef,
    ghost: NodeRef,
    handle: NodeRef,
    links: NodeRef,
    near: NodeRef,
}

fn put(node: &NodeRef, rect: &Rect) {
    let Some(element) = node.cast::<HtmlElement>() else { return };
    let style =
        format!("left:{:.1}px;top:{:.1}px;width:{:.1}px;height:{:.1}px", rect.x, rect.y, rect.w, rect.h);
    // Setting an attribute of a valid name does not fail.
    let _ = element.set_attribute("style", &style);
}

fn hide(node: &NodeRef) {
    if let Some(element) = node.cast::<Element>() {
        let _ = element.set_attribute("style", "display:none");
    }
}

impl Overlay {
    /// The elements but the guides; they stand in the world, so that they move with it.
    pub fn view(&self, tool: Tool) -> Html {
        html! {
            <>
                <svg key="drawn" class="net over drawn" width="1" height="1" aria-hidden="true">
                    <path class="lit-links" ref={self.links.clone()} />
                    <path class="lit-links near" ref={self.near.clone()} />
                    <path class="drawn-line" ref={self.line.clone()} style="display:none" />
                    <circle class="drawn-end" ref={self.end.clone()} r="5" style="display:none" />
                </svg>
                <div key="marquee" class="marquee" ref={self.marquee.clone()} style="display:none" aria-hidden="true"></div>
                <div key="ghost" class="ghost" ref={self.ghost.clone()} style="display:none" aria-hidden="true">
                    { icons::small_icon(tool.icon()) }{ tool.name() }
                </div>
                <div key="handle" class="handle" ref={self.handle.clone()} style="display:none" aria-hidden="true"
                    title="Drag to connect">{ icons::small_icon("i-plus") }</div>
            </>
        }
    }

    /// Hides everything that a gesture shows.
    pub fn clear(&self) {
        self.guides.clear();
        for node in [&self.marquee, &self.line, &self.end, &self.ghost] {
            hide(node);
        }
    }

    /// The rectangle of a selection.
    pub fn marquee(&self, rect: &Rect) {
        put(&self.marquee, rect);
    }

    /// What will be placed.
    pub fn ghost(&self, rect: &Rect) {
        put(&self.ghost, rect);
    }

    /// A line that is being drawn, to its end; solid when the end is on something that it can lead to.
    pub fn line(&self, path: &str, end: Point, leads: bool) {
        if let Some(line) = self.line.cast::<Element>() {
            let _ = line.set_attribute("style", "");
            let _ = line.set_attribute("d", path);
            let _ = line.class_list().toggle_with_force("leads", leads);
        }
        if let Some(circle) = self.end.cast::<Element>() {
            let _ = circle.set_attribute("style", "");
            let _ = circle.set_attribute("cx", &format!("{:.1}", end.x));
            let _ = circle.set_attribute("cy", &format!("{:.1}", end.y));
        }
    }

    /// The handle from which a line can be drawn, at a point or nowhere.
    pub fn handle(&self, at: Option<Point>) {
        let Some(element) = self.handle.cast::<Element>() else { return };
        let style = match at {
            Some(at) => format!("left:{:.1}px;top:{:.1}px", at.x, at.y),
            None => "display:none".to_owned(),
        };
        let _ = element.set_attribute("style", &style);
    }

    /// The links of what is pointed at, over the others, and the lines of its near misses; empty for none.
    pub fn links(&self, links: &str, near: &str) {
        for (node, path) in [(&self.links, links), (&self.near, near)] {
            if let Some(element) = node.cast::<Element>() {
                let _ = element.set_attribute("d", path);
            }
        }
    }
}
