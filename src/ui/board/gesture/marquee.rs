//! A rectangle around what is to be selected.

use endpoint_playground::scene::geometry::{Point, Rect};
use yew::prelude::*;

use super::super::{Board, BoardProps};
use super::Gesture;
use crate::ui::events_model::BoardEvent;

fn between(a: Point, b: Point) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect { x, y, w: (a.x - b.x).abs(), h: (a.y - b.y).abs() }
}

impl Board {
    pub(super) fn marquee(&self, pointer: i32, at: (f64, f64), add: bool) -> Gesture {
        Gesture::Marquee { pointer, from: at, begin: self.to_world(at), moved: false, add }
    }

    /// Draws the rectangle, and lights what it would select.
    pub(super) fn draw_marquee(&self, props: &BoardProps, begin: Point, at: (f64, f64)) {
        let area = between(begin, self.to_world(at));
        self.overlay.marquee(&area);
        let scene = &props.scene.0;
        let ids: Vec<String> = scene.objects_in(&area).iter().map(|key| scene.card_of(key)).collect();
        self.flag("data-picking", |id| ids.iter().any(|other| other == id));
    }

    pub(super) fn end_marquee(
        &self,
        ctx: &Context<Self>,
        begin: Point,
        at: (f64, f64),
        add: bool,
        done: bool,
    ) {
        self.overlay.clear();
        self.flag("data-picking", |_| false);
        if done {
            let keys = ctx.props().scene.0.objects_in(&between(begin, self.to_world(at)));
            ctx.props().on.emit(BoardEvent::Pick { keys, add });
        }
    }
}
