//! What is worked out in one frame of a large board under load, without the browser: 1,000 Pods, 100 Services, 1,250 requests
//! a second, 2,000 packets. A frame lasts 4 ms of simulated time.

use std::hint::black_box;

use endpoint_playground::api::Time;
use endpoint_playground::scene::fleet::{Clock, Dispatch, Sight};
use endpoint_playground::scene::{Drawing, Level, Scene, View};
use endpoint_playground::session::{Command, Session};
use motion::crowd::Crowd;

use crate::crowd::{crowd, to_node_port};
use crate::engine::Prepare;

/// The figures by name.
pub const FIGURES: &[(&str, Prepare)] = &[
    ("4 ms pass in which 5 requests are sent to 1,000 Pods", || frames(|_| ())),
    ("the same, and the board is drawn up", || {
        let mut board = Board::default();
        frames(move |session| {
            board.draw_up(session);
        })
    }),
    ("the same, and a picture of its 2,000 packets is ordered", || {
        let mut board = Board::default();
        frames(move |session| drop(board.order(session)))
    }),
    ("the same, and drawn", || {
        let mut board = Board::default();
        frames(move |session| {
            let orders = board.order(session);
            board.crowd.follow(&orders);
            black_box(board.crowd.draw(f64::INFINITY));
        })
    }),
];

/// What is seen of the board.
fn sight(scene: &Scene) -> Sight {
    let scale = 0.4;
    let (x, y) = (-scene.bounds.x * scale, -scene.bounds.y * scale);
    Sight { x, y, scale, ratio: 1.0, width: 1_000, height: 640 }
}

#[derive(Default)]
struct Board {
    drawing: Drawing,
    dispatch: Dispatch,
    crowd: Crowd,
}

impl Board {
    fn draw_up(&mut self, session: &Session) -> std::rc::Rc<Scene> {
        let view = View { level: Level::Overview, ..View::default() };
        black_box(self.drawing.scene(session, &view))
    }

    fn order(&mut self, session: &Session) -> Vec<f64> {
        let scene = self.draw_up(session);
        let now = session.now();
        // A quarter of a real one's speed.
        let clock = Clock { now: now.0 as f64, at: now.0 as f64 * 4.0, pace: 0.25 };
        self.dispatch.draw(&scene, now, clock, sight(&scene));
        black_box(self.dispatch.orders.take())
    }
}

/// Lets one frame after the other pass on a board under load.
fn frames(mut then: impl FnMut(&Session) + 'static) -> Box<dyn FnMut()> {
    let mut session = crowd(50, 100);
    for number in 0..100 {
        session.dispatch(Command::Repeat { request: to_node_port(number), every: 80 });
        session.advance(session.now() + 1);
    }
    session.advance(Time(8_000));
    Box::new(move || {
        session.advance(session.now() + 4);
        then(&session);
    })
}
