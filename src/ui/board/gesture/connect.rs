//! A line from one object to another, which joins the two.

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::geometry::{Path, Point};
use endpoint_playground::session::draw;
use yew::prelude::*;

use super::super::popup::Popup;
use super::super::{Board, BoardProps};

impl Board {
    /// The object under a place of the page that a line from `from` can lead to.
    fn target(&self, props: &BoardProps, from: &ObjectKey, at: (f64, f64)) -> Option<ObjectKey> {
        let point = self.to_world(at);
        let under = props.scene.0.object_at(point.x, point.y)?;
        (under != from && draw::joins(&from.kind, &under.kind)).then(|| under.clone())
    }

    /// Draws the line to where the pointer is, and lights what it leads to.
    pub(super) fn draw_line(&self, props: &BoardProps, from: &ObjectKey, at: (f64, f64)) {
        let scene = &props.scene.0;
        let Some(rect) = scene.rect_of(from) else { return };
        let end = self.to_world(at);
        // From the side that is nearer.
        let begin = if end.x < rect.x + rect.w / 2.0 { rect.left_middle() } else { rect.right_middle() };
        let path = if end.x < begin.x { Path::swing(end, begin) } else { Path::swing(begin, end) };
        let target = self.target(props, from, at);
        self.overlay.line(&path.to_svg(), end, target.is_some());
        let ids: Vec<String> = target.iter().map(|key| key.to_path()).collect();
        self.flag("data-target", |id| ids.iter().any(|other| other == id));
    }

    pub(super) fn end_line(&mut self, ctx: &Context<Self>, from: ObjectKey, at: (f64, f64), done: bool) {
        self.overlay.clear();
        self.flag("data-target", |_| false);
        if let Some(to) = self.target(ctx.props(), &from, at).filter(|_| done) {
            let at = self.in_window(at);
            self.show(ctx, Popup::Connect { at, from, to: Some(to) });
        }
    }

    /// Where the handle stands from which a line is drawn: at the card of a Service or Ingress, at the edge that looks
    /// where its lines go.
    pub(in super::super) fn show_handle(&mut self, props: &BoardProps, object: Option<&ObjectKey>) {
        let scene = &props.scene.0;
        let free = !props.read_only && props.tool.is_select();
        let found = object
            .filter(|key| free && key.kind != Kind::Pod && draw::connects(&key.kind))
            .and_then(|key| Some((key.clone(), scene.rect_of(key)?)));
        let at = found.as_ref().map(|(key, rect)| {
            let y = match scene.service(key) {
                Some(card) => card.rect.y + (scene.metrics.heading / 2.0),
                None => rect.y + scene.metrics.heading / 2.0,
            };
            Point { x: rect.right(), y }
        });
        self.overlay.handle(at);
        self.handle = found.map(|(key, _)| key);
    }
}
