//! The packets of all requests that are under way.
//!
//! [`Route::at`] tells where one is at any moment. A large board asks for thousands in each frame: `motion::fleet` finds
//! them from where they were a moment ago, and this follows the scene for it.

use std::rc::Rc;

pub use motion::crowd::{CORE, Clock, Sight};
pub use motion::dots::Dots;
use motion::fleet::{self, Muster, Trip};
pub use motion::orders::{Orders, rgb};

use super::Scene;
use super::route::Route;
use crate::api::Time;

/// The packets as they were found last.
#[derive(Default)]
pub struct Fleet {
    packets: fleet::Fleet,
    roll: Roll,
}

impl Fleet {
    /// Adds a dot for each packet that is on a line now, those of the newest requests first. The request in focus is left
    /// out. The colour of a dot is the accent of its Service, or 0.
    pub fn find(&mut self, scene: &Scene, now: Time, dots: &mut Dots) {
        self.roll.call(scene, now, &mut self.packets);
        self.packets.find(now.0 as f64, in_focus(scene), dots);
    }
}

/// How long who draws elsewhere goes on alone until it is told how time passes, in milliseconds of real time.
const TOLD_EVERY: f64 = 96.0;

/// By how many milliseconds of real time it may be before or behind.
const APART: f64 = 8.0;

/// The packets for who draws them elsewhere.
#[derive(Default)]
pub struct Dispatch {
    roll: Roll,
    /// The picture that was ordered last.
    ordered: Option<(Sight, Clock, Option<u64>)>,
    /// What is to be told next.
    pub orders: Orders,
}

impl Dispatch {
    /// Orders a picture of all packets, the one in focus as what to look at, unless the one that was ordered last goes on as
    /// it should. The simulated moment of the clock is `now`.
    pub fn draw(&mut self, scene: &Scene, now: Time, clock: Clock, sight: Sight) {
        let focus = in_focus(scene);
        let goes_on = self.ordered.is_some_and(|(seen, ordered, looked_at)| {
            (seen, ordered.pace, looked_at) == (sight, clock.pace, focus)
                && (ordered.at..ordered.at + TOLD_EVERY).contains(&clock.at)
                && (ordered.now_at(clock.at) - clock.now).abs() <= APART * clock.pace
        });
        if goes_on && self.roll.is_same(scene, now) {
            return;
        }
        self.roll.call(scene, now, &mut self.orders);
        self.orders.draw(sight, clock, focus);
        self.ordered = Some((sight, clock, focus));
    }

    /// Orders a picture without packets; after that nobody knows of any.
    pub fn rest(&mut self) {
        self.roll = Roll::default();
        self.orders.clear();
        if let Some((sight, clock, focus)) = self.ordered.take() {
            self.orders.draw(sight, Clock { pace: 0.0, ..clock }, focus);
        }
    }
}

fn in_focus(scene: &Scene) -> Option<u64> {
    scene.focus.as_ref().map(|focus| focus.route.number)
}

/// Which requests were under way, and when that was.
#[derive(Default)]
struct Roll {
    known: imbl::OrdMap<u64, Rc<Route>>,
    now: Time,
}

impl Roll {
    /// Whether there is nothing to tell.
    fn is_same(&self, scene: &Scene, now: Time) -> bool {
        self.now <= now && self.known.ptr_eq(&scene.under_way)
    }

    /// Tells of the requests that are new in the scene.
    fn call(&mut self, scene: &Scene, now: Time, to: &mut impl Muster) {
        // Ways are laid anew all at once or not at all, so one of those that both know tells of all.
        let both = self.known.values().rev().find_map(|route| {
            let now = scene.under_way.get(&route.number)?;
            Some(Rc::ptr_eq(now, route))
        });
        // What has arrived was let go, and would be missing in the past.
        if both != Some(true) || now < self.now {
            to.clear();
            self.known.clear();
        }
        let newest = self.known.get_max().map_or(0, |(number, _)| number + 1);
        for (number, route) in scene.under_way.range(newest..) {
            let times = route.times.iter().map(|(from, to)| (from.0 as f64, to.0 as f64)).collect();
            let colour = route.way.accent.map_or(0, usize::from);
            to.take_up(Trip { number: *number, colour, lines: route.way.lines.clone(), times });
        }
        self.known = scene.under_way.clone();
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
    use motion::crowd::Crowd;
    use motion::dots::Window;
    use proptest::prelude::*;

    use super::*;
    use crate::scene::{Drawing, View};
    use crate::session::{Session, scenarios};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn each_packet_is_where_its_route_says(
            which in 0..scenarios::all().len(),
            steps in prop::collection::vec(prop_oneof![8 => 1_i64..120, 1 => 120_i64..4_000, 1 => -3_000_i64..0], 1..60),
        ) {
            let scenario = scenarios::all().nth(which).expect("it is one of them");
            let mut session = Session::open(scenario.recording(1));
            let (mut drawing, mut fleet) = (Drawing::default(), Fleet::default());
            let (mut found, mut expected) = (Dots::default(), Dots::default());
            for step in steps {
                session.seek(Time(session.now().0.saturating_add_signed(step)));
                let board = drawing.scene(&session, &View::default());
                let window = Window { rect: board.bounds, radius: 4.0, spot: 1.0 };
                found.begin(window);
                fleet.find(&board, session.now(), &mut found);
                expected.begin(window);
                for route in board.others().rev() {
                    if let Some(at) = route.at(session.now()) {
                        expected.add(route.way.accent.map_or(0, usize::from), at);
                    }
                }
                prop_assert_eq!(found.count(), expected.count());
                for ((colour, dots), (other, there)) in found.by_colour().zip(expected.by_colour()) {
                    prop_assert_eq!((colour, dots.len()), (other, there.len()));
                    for (at, there) in dots.iter().zip(there) {
                        prop_assert!(at.distance(*there) < 1e-6, "{:?} and {:?}", at, there);
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn who_is_told_what_is_new_draws_as_one_who_is_told_all(
            which in 0..scenarios::all().len(),
            steps in prop::collection::vec(prop_oneof![8 => 1_i64..120, 1 => 120_i64..4_000, 1 => -3_000_i64..0], 1..40),
        ) {
            let scenario = scenarios::all().nth(which).expect("it is one of them");
            let mut session = Session::open(scenario.recording(1));
            let (mut drawing, mut dispatch, mut crowd) = (Drawing::default(), Dispatch::default(), Crowd::default());
            for (at, step) in steps.into_iter().enumerate() {
                session.seek(Time(session.now().0.saturating_add_signed(step)));
                let board = drawing.scene(&session, &View::default());
                let sight = Sight { x: 0.0, y: 0.0, scale: 0.5, ratio: 1.0, width: 400, height: 300 };
                let clock = Clock { now: session.now().0 as f64, at: at as f64, pace: 0.0 };
                let (mut anew, mut other) = (Dispatch::default(), Crowd::default());
                for (dispatch, crowd) in [(&mut dispatch, &mut crowd), (&mut anew, &mut other)] {
                    dispatch.draw(&board, session.now(), clock, sight);
                    crowd.follow(&dispatch.orders.take());
                }
                prop_assert!(crowd.draw(at as f64) == other.draw(at as f64));
                if step == 7 {
                    dispatch.rest();
                }
            }
        }
    }

    #[test]
    fn what_goes_on_as_it_should_is_not_ordered_again() {
        let scenario = scenarios::find("first").expect("it is listed");
        let session = Session::open(scenario.recording(1));
        let board = Drawing::default().scene(&session, &View::default());
        let sight = Sight { x: 0.0, y: 0.0, scale: 0.5, ratio: 1.0, width: 400, height: 300 };
        let mut dispatch = Dispatch::default();
        let mut orders = |now: u64, at: f64, pace: f64, sight| {
            dispatch.draw(&board, Time(now), Clock { now: now as f64, at, pace }, sight);
            !dispatch.orders.take().is_empty()
        };
        assert!(orders(1_000, 100.0, 1.0, sight), "the first");
        assert!(!orders(1_016, 116.0, 1.0, sight));
        assert!(orders(1_018, 132.0, 1.0, sight), "time was held up");
        assert!(!orders(1_034, 148.0, 1.0, sight));
        assert!(orders(1_116, 230.0, 1.0, sight), "it must not go on alone");
        assert!(orders(1_116, 238.0, 1.0, Sight { x: 4.0, ..sight }), "the view moved");
        assert!(orders(1_124, 246.0, 0.0, sight), "time stands still");
        assert!(orders(1_120, 247.0, 0.0, sight), "time went back");
    }

    #[test]
    fn a_board_on_which_requests_are_sent_has_packets() {
        let scenario = scenarios::find("first").expect("it is listed");
        let mut session = Session::open(scenario.recording(1));
        let (mut drawing, mut fleet) = (Drawing::default(), Fleet::default());
        let mut seen = 0;
        for _ in 0..200 {
            session.advance(Time(session.now().0 + 16));
            let board = drawing.scene(&session, &View::default());
            let mut dots = Dots::default();
            dots.begin(Window { rect: board.bounds, radius: 4.0, spot: 1.0 });
            fleet.find(&board, session.now(), &mut dots);
            seen += dots.count();
        }
        assert!(seen > 0);
    }
}
