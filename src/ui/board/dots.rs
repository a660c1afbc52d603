//! The packets that are not in focus: small dots, up to thousands of them.
//!
//! Many are drawn by a thread of their own on its own canvas, and with them the one in focus; few, or all where there is no
//! such thread, are drawn here.

use std::rc::Rc;

use endpoint_playground::api::Time;
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::fleet::{CORE, Clock, Dispatch, Dots, Fleet, Sight, rgb};
use endpoint_playground::scene::geometry::Point;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::NodeRef;

use super::packets::{SURFACE, probe};
use crate::ui::browser::{PainterThread, Tempo};

/// From how many requests under way on there are many.
const MANY: usize = 300;

/// Who draws many dots.
#[derive(Default)]
enum Helper {
    /// There never were many.
    #[default]
    NotAsked,
    /// A thread.
    Thread(PainterThread),
    /// This page has no such thread.
    Missing,
}

/// What is kept from frame to frame.
#[derive(Default)]
pub(super) struct Others {
    helper: Helper,
    dispatch: Dispatch,
    /// The colours that the helper was told.
    told: Option<Rc<Vec<String>>>,
    /// Whether the helper draws.
    helps: bool,
    fleet: Fleet,
    found: Dots,
}

impl Others {
    /// Orders the dots of a scene from the helper, if there are many; without a scene, none. Gives whether it draws them.
    pub fn hand_over(
        &mut self,
        canvas: &NodeRef,
        scene: Option<&Scene>,
        now: Time,
        tempo: Tempo,
        sight: Sight,
        colours: &Rc<Vec<String>>,
    ) -> bool {
        let many = scene.filter(|scene| scene.under_way.len() >= MANY);
        if many.is_some() && matches!(self.helper, Helper::NotAsked) {
            let thread = canvas.cast::<HtmlCanvasElement>().and_then(PainterThread::start);
            self.helper = thread.map_or(Helper::Missing, Helper::Thread);
        }
        let Helper::Thread(thread) = &self.helper else { return false };
        let helped = self.helps;
        let clock = Clock { now: now.0 as f64, at: tempo.at, pace: tempo.pace };
        self.helps = thread.is_ready()
            && many.is_some_and(|scene| {
                let told = tell_colours(&mut self.told, colours, &mut self.dispatch);
                if told {
                    self.dispatch.draw(scene, now, clock, sight);
                }
                told
            });
        if helped && !self.helps {
            self.dispatch.rest();
        }
        if self.helps && !helped {
            // What was known here is not kept up to date.
            self.fleet = Fleet::default();
        }
        self.helps
    }

    /// Sends the helper its orders. It begins at once, and where processors are few this thread has to wait for it; so what
    /// else there is to do comes first.
    pub fn send(&mut self) {
        if let Helper::Thread(thread) = &self.helper {
            let orders = self.dispatch.orders.take();
            if !orders.is_empty() {
                thread.tell(&orders);
            }
        }
    }

    /// Draws the dots of a scene here. The transform of the context is that of the sight. Gives whether there are any.
    pub fn paint(
        &mut self,
        context: &CanvasRenderingContext2d,
        scene: &Scene,
        now: Time,
        sight: Sight,
        colours: &[String],
    ) -> bool {
        self.found.begin(sight.window());
        self.fleet.find(scene, now, &mut self.found);
        let mut any = false;
        // Setting a colour costs as much as a dot, so those of one colour come together.
        for (accent, dots) in self.found.by_colour() {
            any = true;
            context.set_fill_style_str(colours.get(probe(accent)).map_or("#888", String::as_str));
            for at in dots {
                dot(context, *at, sight.radius());
            }
        }
        any
    }
}

/// Adds to what the helper is told the colours, where they are others. Gives `false` for colours that can not be told.
fn tell_colours(
    told: &mut Option<Rc<Vec<String>>>,
    colours: &Rc<Vec<String>>,
    dispatch: &mut Dispatch,
) -> bool {
    if told.as_ref().is_some_and(|told| Rc::ptr_eq(told, colours)) {
        return true;
    }
    // The surface has the number of the core of the packet in focus.
    let probes = (0..CORE).map(probe).chain([SURFACE]);
    let parts: Option<Vec<[u8; 3]>> =
        probes.map(|probe| colours.get(probe).and_then(|colour| rgb(colour))).collect();
    let Some(parts) = parts else { return false };
    dispatch.orders.colours(&parts);
    *told = Some(colours.clone());
    true
}

/// Fills a circle.
pub(super) fn dot(context: &CanvasRenderingContext2d, at: Point, radius: f64) {
    context.begin_path();
    // A circle with a radius that is not negative does not fail.
    let _ = context.arc(at.x, at.y, radius, 0.0, std::f64::consts::TAU);
    context.fill();
}
