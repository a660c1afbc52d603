//! How time passes: the sitting follows the moment on the screen, and the panels follow the sitting.

use endpoint_playground::api::Time;
use endpoint_playground::session::Cluster;

use super::State;
use crate::ui::act::Dialog;

/// How often the panels are brought up to date while time passes, in milliseconds of real time, and how often on a busy
/// board.
const LOOK_EVERY: f64 = 200.0;
const LOOK_EVERY_BUSY: f64 = 480.0;

/// From how many requests under way on a board is busy.
const BUSY: usize = 200;

/// How often one Service more is looked at for problems while the board is busy, in milliseconds of real time.
const PROBLEM_EVERY: f64 = 256.0;

/// How often the sitting follows the moment on the screen while the board is busy, in milliseconds of real time. Packets
/// move in each frame; that one sets out a moment late is not seen among so many.
const STEP_EVERY: f64 = 64.0;

/// How long the sitting may wait for frames that draw something that takes long, in milliseconds of real time.
const LATEST_STEP: f64 = STEP_EVERY + 20.0;

/// No frame passes more than this, in milliseconds: after a pause of the browser time goes on where it stood.
const LONGEST_FRAME: f64 = 100.0;

/// What passes from frame to frame. In most frames of a busy board there is nothing else, so the page looks at this alone.
#[derive(Clone, Copy, Default)]
pub struct Clockwork {
    /// When the last frame was, by the browser's time in milliseconds; `None` while time stands still.
    last: Option<f64>,
    /// How many simulated milliseconds pass in a real one.
    pub pace: f64,
    /// Whether the simulation goes in steps.
    is_busy: bool,
    /// The moment of the sitting.
    sitting: Time,
    /// How far the moment on the screen is ahead of the sitting, in milliseconds of simulated time.
    ahead: u64,
    /// The part of a millisecond that has not passed yet.
    rest: f64,
    /// Whether the panels wait to be brought up to date, and whether Services wait to be looked at for problems.
    panels_wait: bool,
    problems_wait: bool,
    /// From which part on panels that were brought up to date wait to be shown.
    unshown: Option<Part>,
    /// What of the page this frame brings up to date.
    part: Part,
    /// How long ago the sitting, the panels and a Service had their turn, in milliseconds of real time.
    since_step: f64,
    since_look: f64,
    since_problem: f64,
}

/// A part of the page.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// What is above the time line.
    Upper,
    /// The time line and what else is around the lists.
    Foot,
    /// The list that is shown.
    List,
}

impl Part {
    /// The part that follows this one on a busy board, on which each is shown by itself.
    fn next(self) -> Option<Part> {
        match self {
            Part::Upper => Some(Part::Foot),
            Part::Foot => Some(Part::List),
            Part::Whole | Part::List => None,
        }
    }
}

/// What is to be done for a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Time passes and what is due is done before it is shown.
    Whole,
    /// Time has passed; it is to be shown.
    Shown,
    /// The same, and after it what is due is to be done.
    ThenDue,
}

/// What is due.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    Nothing,
    Everything,
    Step,
    Panels,
    Shown,
    Problem,
}

impl Clockwork {
    /// The moment on the screen.
    pub fn now(&self) -> Time {
        self.sitting + self.ahead
    }

    /// Lets time pass until a frame on a busy board, and gives what else is to be done for it.
    pub fn show(&mut self, at: f64, reserved: bool) -> Frame {
        if self.pace == 0.0 || !self.is_busy {
            return Frame::Whole;
        }
        self.pass(at);
        if self.has_time(reserved) && self.due() != Due::Nothing { Frame::ThenDue } else { Frame::Shown }
    }

    /// Whether what is due is to be done around a frame: not around one that is `reserved`, as long as it can wait.
    pub fn has_time(&self, reserved: bool) -> bool {
        !reserved || self.since_step >= LATEST_STEP
    }

    fn pass(&mut self, at: f64) {
        let milliseconds = self.last.map_or(0.0, |last| (at - last).clamp(0.0, LONGEST_FRAME));
        self.last = Some(at);
        let passed = milliseconds * self.pace + self.rest;
        self.rest = passed - passed.floor();
        self.ahead += passed.floor() as u64;
        for since in [&mut self.since_step, &mut self.since_look, &mut self.since_problem] {
            *since += milliseconds;
        }
    }

    fn due(&self) -> Due {
        if !self.is_busy {
            Due::Everything
        } else if self.since_step >= STEP_EVERY {
            Due::Step
        } else if self.unshown.is_some() {
            Due::Shown
        } else if self.panels_are_due() {
            Due::Panels
        } else if self.problems_wait && self.since_problem >= PROBLEM_EVERY {
            Due::Problem
        } else {
            Due::Nothing
        }
    }

    fn panels_are_due(&self) -> bool {
        self.panels_wait && self.since_look >= if self.is_busy { LOOK_EVERY_BUSY } else { LOOK_EVERY }
    }
}

impl State {
    /// The moment on the screen.
    pub fn now(&self) -> Time {
        self.session.now() + self.clockwork.get().ahead
    }

    /// How many simulated milliseconds pass in a real one.
    pub fn pace(&self) -> f64 {
        // The story waits until the legend is read.
        if self.playing && self.dialog != Some(Dialog::Legend) { self.speed } else { 0.0 }
    }

    fn with_clockwork(&self, change: impl FnOnce(&mut Clockwork)) {
        let mut clockwork = self.clockwork.get();
        change(&mut clockwork);
        self.clockwork.set(clockwork);
    }

    /// Tells the clockwork what it needs to go on alone. To be called after each change.
    pub fn wind_up(&self) {
        self.with_clockwork(|clockwork| {
            clockwork.pace = if self.seek.is_some() { 0.0 } else { self.pace() };
            clockwork.is_busy = self.looking.scene.0.under_way.len() > BUSY;
            clockwork.sitting = self.session.now();
            clockwork.problems_wait = !self.problems.is_done();
        });
    }

    /// The moment on the screen is that of the sitting.
    pub(super) fn is_there(&self) {
        self.with_clockwork(|clockwork| (clockwork.ahead, clockwork.since_step) = (0, 0.0));
    }

    /// The panels have been brought up to date.
    pub(super) fn has_looked(&self) {
        self.with_clockwork(|clockwork| (clockwork.panels_wait, clockwork.since_look) = (false, 0.0));
    }

    /// Lets time pass until a frame, at the browser's time in milliseconds. Gives whether the panels have something new to
    /// show.
    pub fn pass(&mut self, at: f64) -> bool {
        self.with_clockwork(|clockwork| clockwork.part = Part::Whole);
        if let Some(to) = self.seek.take() {
            self.is_there();
            let playing = self.playing;
            self.with_clockwork(|clockwork| clockwork.last = playing.then_some(at));
            self.session.seek(to);
            self.changed();
            return true;
        }
        let pace = self.pace();
        if pace == 0.0 {
            self.with_clockwork(|clockwork| clockwork.last = None);
            return false;
        }
        self.wind_up();
        self.with_clockwork(|clockwork| clockwork.pass(at));
        self.do_what_is_due()
    }

    /// Does what is due between two frames of a busy board. Gives whether the panels have something new to show.
    pub fn between_frames(&mut self) -> bool {
        self.with_clockwork(|clockwork| clockwork.part = Part::Whole);
        self.clockwork.get().pace > 0.0 && self.do_what_is_due()
    }

    fn do_what_is_due(&mut self) -> bool {
        // On a busy board what takes long is done between two frames, and shown between the next ones.
        let fresh = match self.clockwork.get().due() {
            Due::Nothing => false,
            Due::Everything => {
                let fresh = self.look_for_problems();
                let drawn = self.go_on();
                let looked = self.clockwork.get().panels_are_due() && self.take_in();
                return fresh | drawn | looked | self.take_unshown();
            }
            Due::Shown => {
                self.with_clockwork(|clockwork| {
                    clockwork.part = clockwork.unshown.unwrap_or_default();
                    clockwork.unshown = clockwork.part.next();
                });
                return true;
            }
            Due::Step => self.go_on(),
            Due::Panels => self.take_in(),
            Due::Problem => self.look_for_problems(),
        };
        if fresh {
            self.with_clockwork(|clockwork| clockwork.unshown = Some(Part::Upper));
        }
        false
    }

    /// Looks at one Service more. Gives whether there is news of problems.
    fn look_for_problems(&mut self) -> bool {
        self.with_clockwork(|clockwork| clockwork.since_problem = 0.0);
        self.problems.look() && self.problems.is_done()
    }

    /// Brings everything to the moment on the screen. Gives whether the panels have something new to show.
    pub fn catch_up(&mut self) -> bool {
        self.with_clockwork(|clockwork| clockwork.part = Part::Whole);
        let unshown = self.take_unshown();
        if !self.playing {
            return unshown;
        }
        let drawn = self.go_on();
        unshown | if self.clockwork.get().panels_wait { self.take_in() } else { drawn }
    }

    /// Whether panels were brought up to date and not shown. They are now.
    fn take_unshown(&self) -> bool {
        let unshown = self.clockwork.get().unshown;
        self.with_clockwork(|clockwork| clockwork.unshown = None);
        unshown.is_some()
    }

    /// What of the page is to be brought up to date.
    pub fn part(&self) -> Part {
        self.clockwork.get().part
    }

    /// Brings the sitting and the board to the moment on the screen. Gives whether the board has something new to show that is
    /// not the painter's.
    fn go_on(&mut self) -> bool {
        self.session.advance(self.now());
        self.is_there();
        let beat = self.next_beat.is_some_and(|next| next <= self.session.now());
        if beat {
            self.beat += 1;
        }
        if !beat && self.session.generation() == self.seen {
            return false;
        }
        // Words that change faster than the panels are brought up to date are not read.
        self.with_clockwork(|clockwork| clockwork.panels_wait = true);
        let before = self.looking.scene.clone();
        self.draw_up();
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
