//! The packets of all requests that are under way.
//!
//! [`Route::at`] tells where one is at any moment. A large board asks for thousands in each frame: `motion::fleet` finds
//! them from where they were a moment ago, and this follows the scene for it.

use std::rc::Rc;

pub use motion::dots::{Dots, Window};
use motion::fleet::{self, Trip};

use super::Scene;
use super::route::Route;
use crate::api::Time;

/// The packets as they were found last.
#[derive(Default)]
pub struct Fleet {
    packets: fleet::Fleet,
    /// The requests that were under way then.
    known: imbl::OrdMap<u64, Rc<Route>>,
    /// When that was.
    now: Time,
}

impl Fleet {
    /// Adds a dot for each packet that is on a line now, those of the newest requests first. The request in focus is left
    /// out. The colour of a dot is the accent of its Service, or 0.
    pub fn find(&mut self, scene: &Scene, now: Time, dots: &mut Dots) {
        self.take_up(scene, now);
        let focus = scene.focus.as_ref().map(|focus| focus.route.number);
        self.packets.find(now.0 as f64, focus, dots);
    }

    /// Takes up the requests that are new in the scene.
    fn take_up(&mut self, scene: &Scene, now: Time) {
        // Ways are laid anew all at once or not at all, so one of those that both know tells of all.
        let both = self.known.values().rev().find_map(|route| {
            let now = scene.under_way.get(&route.number)?;
            Some(Rc::ptr_eq(now, route))
        });
        // What has arrived was let go, and would be missing in the past.
        if both != Some(true) || now < self.now {
            self.packets.clear();
            self.known.clear();
        }
        let newest = self.known.get_max().map_or(0, |(number, _)| number + 1);
        for (number, route) in scene.under_way.range(newest..) {
            let times = route.times.iter().map(|(from, to)| (from.0 as f64, to.0 as f64)).collect();
            let colour = route.way.accent.map_or(0, usize::from);
            self.packets.take_up(Trip { number: *number, colour, lines: route.way.lines.clone(), times });
        }
        self.known = scene.under_way.clone();
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
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
