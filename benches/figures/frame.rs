//! What is worked out in one frame of a large board under load, without the browser: 1,000 Pods, 100 Services, 1,250 requests
//! a second, 2,000 packets. A frame lasts 4 ms of simulated time.

use std::hint::black_box;

use endpoint_playground::api::Time;
use endpoint_playground::scene::fleet::{Dots, Fleet, Window};
use endpoint_playground::scene::pixels::Pixels;
use endpoint_playground::scene::{Drawing, Level, Scene, View};
use endpoint_playground::session::{Command, Session};

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
    ("the same, and its 2,000 packets are found", || {
        let mut board = Board::default();
        frames(move |session| {
            let scene = board.draw_up(session);
            board.find(&scene, session.now());
        })
    }),
    ("the same, and drawn as pixels", || {
        let mut board = Board::default();
        frames(move |session| {
            let scene = board.draw_up(session);
            board.find(&scene, session.now());
            board.paint();
        })
    }),
];

/// How many pixels one of the board takes.
const SCALE: f64 = 0.4;

#[derive(Default)]
struct Board {
    drawing: Drawing,
    fleet: Fleet,
    dots: Dots,
    pixels: Pixels,
}

impl Board {
    fn draw_up(&mut self, session: &Session) -> std::rc::Rc<Scene> {
        let view = View { level: Level::Overview, ..View::default() };
        black_box(self.drawing.scene(session, &view))
    }

    fn find(&mut self, scene: &Scene, now: Time) {
        self.dots.begin(Window { rect: scene.bounds, radius: 2.5 / SCALE, spot: 2.5 / SCALE });
        self.fleet.find(scene, now, &mut self.dots);
    }

    fn paint(&mut self) {
        self.pixels.begin(1_000, 640, 2.5);
        for (colour, dots) in self.dots.by_colour() {
            for at in dots {
                self.pixels.dot(at.x * SCALE, at.y * SCALE, [colour as u8, 0, 0]);
            }
        }
        black_box(self.pixels.data());
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
