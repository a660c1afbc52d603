//! How time passes: the sitting follows the moment on the screen, and the panels follow the sitting.

use endpoint_playground::api::Time;
use endpoint_playground::session::Cluster;

use super::State;
use crate::ui::act::Dialog;
use crate::ui::events_model::Selection;

/// How often the panels are brought up to date while time passes, in milliseconds of real time.
const LOOK_EVERY: f64 = 200.0;

/// From how many requests under way on a board is busy.
const BUSY: usize = 200;

/// How often one Service more is looked at for problems while the board is busy, in milliseconds of real time.
const PROBLEM_EVERY: f64 = 2.0 * STEP_EVERY;

/// How often the sitting follows the moment on the screen while the board is busy, in milliseconds of real time. Packets
/// move in each frame; that one sets out a moment late is not seen among so many.
const STEP_EVERY: f64 = 64.0;

impl State {
    /// The moment on the screen.
    pub fn now(&self) -> Time {
        self.session.now() + self.ahead
    }

    /// How many simulated milliseconds pass in a real one.
    pub fn pace(&self) -> f64 {
        // The story waits until the legend is read.
        if self.playing && self.dialog != Some(Dialog::Legend) { self.speed } else { 0.0 }
    }

    /// Lets `milliseconds` of real time pass. Gives whether the panels have something new to show.
    pub fn pass(&mut self, milliseconds: f64) -> bool {
        if let Some(to) = self.seek.take() {
            self.ahead = 0;
            self.session.seek(to);
            self.changed();
            return true;
        }
        let pace = self.pace();
        if pace == 0.0 {
            return false;
        }
        let passed = milliseconds * pace + self.rest;
        let whole = passed.floor();
        self.rest = passed - whole;
        self.ahead += whole as u64;
        self.since_look += milliseconds;
        self.since_step += milliseconds;
        self.since_problem += milliseconds;
        if self.looking.scene.0.under_way.len() <= BUSY {
            let fresh = self.look_for_problems();
            let drawn = self.go_on();
            fresh | if self.looks_now() { self.look() } else { drawn }
        } else if self.since_step >= STEP_EVERY {
            self.go_on()
        } else if self.looks_now() {
            // The panels take their turn in a frame of their own.
            self.look()
        } else if self.since_problem >= PROBLEM_EVERY {
            self.look_for_problems()
        } else {
            false
        }
    }

    /// Looks at one Service more. Gives whether there is news of problems.
    fn look_for_problems(&mut self) -> bool {
        self.since_problem = 0.0;
        self.problems.look() && self.problems.is_done()
    }

    /// Brings everything to the moment on the screen. Gives whether the panels have something new to show.
    pub fn catch_up(&mut self) -> bool {
        if !self.playing {
            return false;
        }
        let drawn = self.go_on();
        if self.waits { self.look() } else { drawn }
    }

    /// Whether the panels are to be brought up to date.
    fn looks_now(&self) -> bool {
        self.waits && self.since_look >= LOOK_EVERY
    }

    /// Brings the sitting and the board to the moment on the screen. Gives whether the board has something new to show that is
    /// not the painter's.
    fn go_on(&mut self) -> bool {
        self.since_step = 0.0;
        self.session.advance(self.now());
        self.ahead = 0;
        let beat = self.next_beat.is_some_and(|next| next <= self.session.now());
        if beat {
            self.beat += 1;
        }
        if !beat && self.session.generation() == self.seen {
            return false;
        }
        // Words that change faster than the panels are brought up to date are not read.
        self.waits = true;
        self.seen = self.session.generation();
        self.next_beat = next_beat(self.session.cluster(), self.session.now());
        let before = self.looking.scene.clone();
        let selected = self.selection.as_ref().and_then(Selection::object);
        self.looking.look(&self.session, selected, self.focus);
        !before.0.looks_like(&self.looking.scene.0)
    }

    /// Goes on to the next thing that happens, and stops there.
    pub(super) fn step(&mut self) {
        self.playing = false;
        let now = self.session.now();
        let due = self.session.cluster().next_due();
        let entry = self.session.entries().get(self.session.applied()).map(|entry| entry.at);
        let hop = next_beat(self.session.cluster(), now);
        match [due, entry, hop].into_iter().flatten().filter(|at| *at > now).min() {
            Some(next) => {
                self.session.advance(next);
                self.beat += 1;
                self.look();
            }
            None => {
                self.notices.say(
                    "Nothing is due. Change something or send a request, then step on.",
                    false,
                    None,
                );
            }
        }
    }
}

/// When the next hop or answer of a request under way happens.
pub(super) fn next_beat(cluster: &Cluster, now: Time) -> Option<Time> {
    let under_way = cluster.requests().iter().rev().take(64).filter(|record| record.in_flight(now));
    under_way
        .flat_map(|record| record.hop_at.iter().copied().chain([record.ended_at]))
        .filter(|at| *at > now)
        .min()
}
