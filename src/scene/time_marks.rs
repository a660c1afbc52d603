//! The marks of the time line: what the person, the cluster and the requests did.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::api::Time;
use crate::cluster::{Actor, Cluster};

/// A mark of the time line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeMark {
    /// Where it stands, in thousandths of the line.
    pub place: u32,
    /// What happened.
    pub sort: MarkSort,
    /// Whether it lies ahead.
    pub future: bool,
}

/// What a mark stands for. In one place what matters most is seen: a failure, then the person, then a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MarkSort {
    /// A controller or another component did something.
    Cluster,
    /// A request was sent.
    Request,
    /// The person did something.
    Person,
    /// A request came to nothing.
    Failed,
}

/// In how many places marks can stand. Marks that fall together are one.
const PLACES: u64 = 160;

/// The end of the line: a whole minute at least, then whole steps beyond `latest`.
pub fn line_end(latest: Time) -> Time {
    let step = match latest.0 {
        0..60_000 => return Time(60_000),
        60_000..300_000 => 30_000,
        300_000..1_800_000 => 60_000,
        _ => 600_000,
    };
    Time((latest.0 / step + 1) * step)
}

/// The place of a moment on a line with this end, in thousandths of the line.
fn place(at: Time, end: Time) -> u32 {
    u32::try_from(at.0.min(end.0) * PLACES / end.0.max(1) * 1000 / PLACES).unwrap_or(0)
}

/// The marks as they were told last, to which is added what happens.
#[derive(Default)]
pub struct TimeMarks {
    /// What they are for: a number that grows with everything that is not the passing of time, and the line's end.
    of: (u64, Time),
    /// Until when all is marked; `None` where marks lie ahead, which will not for ever.
    until: Option<Time>,
    seen: BTreeMap<u32, (MarkSort, bool)>,
    told: Rc<Vec<TimeMark>>,
}

impl TimeMarks {
    /// The marks of everything in `latest`, the cluster at the farthest moment that was seen, on a line with this end.
    /// `epoch` grows with everything that is not the passing of time. Of what lies behind, only what is new since is looked
    /// at: thousands of requests are remembered.
    pub fn tell(&mut self, latest: &Cluster, now: Time, epoch: u64, end: Time) -> Rc<Vec<TimeMark>> {
        let at_the_end = latest.now() <= now;
        let goes_on = self.until.filter(|until| self.of == (epoch, end) && *until <= now && at_the_end);
        if goes_on.is_none() {
            self.seen.clear();
        }
        // What happened at that very moment may not have been all.
        let since = goes_on.unwrap_or_default();
        let mut other = goes_on.is_none();
        let mut mark = |at: Time, sort: MarkSort| {
            let mark = (sort, at > now);
            let known = self.seen.get(&place(at, end));
            if known.is_none_or(|known| *known < mark) {
                self.seen.insert(place(at, end), mark);
                other = true;
            }
        };
        for entry in latest.events().iter().rev().take_while(|entry| entry.at >= since) {
            let sort = if entry.actor == Actor::Person { MarkSort::Person } else { MarkSort::Cluster };
            mark(entry.at, sort);
        }
        for record in latest.requests().iter().rev().take_while(|record| record.sent_at >= since) {
            mark(record.sent_at, MarkSort::Request);
        }
        for record in latest.ended_since(since).filter(|record| !record.trace.outcome.is_success()) {
            mark(record.ended_at, MarkSort::Failed);
        }
        (self.of, self.until) = ((epoch, end), at_the_end.then_some(latest.now()));
        if other {
            let marks = self.seen.iter().map(|(place, (sort, future))| TimeMark {
                place: *place,
                sort: *sort,
                future: *future,
            });
            self.told = Rc::new(marks.collect());
        }
        self.told.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::{Session, scenarios};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn marks_that_are_added_are_those_that_are_made_at_once(
            which in 0..scenarios::all().len(),
            steps in prop::collection::vec(prop_oneof![8 => 0_i64..700, 1 => 700_i64..9_000, 1 => -6_000_i64..0], 1..50),
        ) {
            let scenario = scenarios::all().nth(which).expect("it is one of them");
            let mut session = Session::open(scenario.recording(1));
            let mut latest = session.cluster().clone();
            let mut marks = TimeMarks::default();
            for step in steps {
                session.seek(Time(session.now().0.saturating_add_signed(step)));
                if session.now() >= latest.now() {
                    latest = session.cluster().clone();
                }
                let end = line_end(latest.now());
                let told = marks.tell(&latest, session.now(), 1, end);
                prop_assert_eq!(told, TimeMarks::default().tell(&latest, session.now(), 1, end));
            }
        }
    }

    #[test]
    fn the_line_ends_after_the_latest_moment() {
        let ends = [0, 59_999, 60_000, 299_999, 300_000, 1_800_000].map(|at| line_end(Time(at)).0);
        assert_eq!(ends, [60_000, 60_000, 90_000, 300_000, 360_000, 2_400_000]);
    }
}
