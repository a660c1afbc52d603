//! The packets of all requests that are under way: where each is now, found from where it was a moment ago.
//!
//! From one frame to the next a packet stays on its straight piece of line or comes to the next one, so each remembers
//! its piece, and all lie side by side in memory.

use std::rc::Rc;

use crate::dots::Dots;
use crate::geometry::{Path, Piece, Point};

/// How many packets have a dot at most: those of the newest requests.
const MOST: usize = 3_000;

/// One request's way in time.
#[derive(Clone, PartialEq, Debug)]
pub struct Trip {
    /// The request's number.
    pub number: u64,
    /// The number of its colour.
    pub colour: usize,
    /// The lines that it follows one after the other; `None` where one of the ends is not on the board.
    pub lines: Rc<[Option<Path>]>,
    /// When it leaves and when it arrives on each of them, in milliseconds.
    pub times: Vec<(f64, f64)>,
}

/// Whoever takes up packets.
pub trait Muster {
    /// Lets go of all.
    fn clear(&mut self);

    /// Takes up a request that is newer than all the others.
    fn take_up(&mut self, trip: Trip);
}

/// The packet of the request in focus.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct InFocus {
    /// Where it is.
    pub at: Point,
    /// Where it goes: how far on each axis for each pixel of its way.
    pub direction: Point,
    /// The number of its colour.
    pub colour: usize,
}

/// The packets as they were found last.
#[derive(Default)]
pub struct Fleet {
    /// Of the oldest request first.
    packets: Vec<Packet>,
}

/// One packet.
struct Packet {
    /// When it leaves for the end of its line, or will leave for that of the next.
    begin: f64,
    /// When it arrives there.
    end: f64,
    /// How long that line is; negative when there is none on the board.
    length: f64,
    /// The straight piece of it.
    piece: Piece,
    /// Which of its lines that is.
    line: usize,
    trip: Trip,
}

/// Starts and stops gently, so that the eye can follow.
#[inline]
pub fn ease(share: f64) -> f64 {
    share * share * (3.0 - 2.0 * share)
}

impl Muster for Fleet {
    fn clear(&mut self) {
        self.packets.clear();
    }

    fn take_up(&mut self, trip: Trip) {
        let nowhere = Piece::default();
        let mut packet = Packet { begin: 0.0, end: 0.0, length: 0.0, piece: nowhere, line: 0, trip };
        packet.enter();
        self.packets.push(packet);
    }
}

impl Fleet {
    /// Adds a dot for each packet that is on a line now, those of the newest requests first, but not for the request
    /// `focus`: gives where its packet is. The moment, in milliseconds, must not be before the last one: packets only look
    /// ahead.
    #[inline(never)]
    pub fn find(&mut self, now: f64, focus: Option<u64>, dots: &mut Dots) -> Option<InFocus> {
        let mut arrived = 0;
        let mut in_focus = None;
        for (index, packet) in self.packets.iter_mut().rev().enumerate() {
            match packet.at(now) {
                Some(at) if Some(packet.trip.number) == focus => {
                    let direction = packet.piece.direction();
                    in_focus = Some(InFocus { at, direction, colour: packet.trip.colour });
                }
                Some(at) if index < MOST => dots.add(packet.trip.colour, at),
                Some(_) => {}
                None => arrived += usize::from(packet.has_arrived()),
            }
        }
        // To let one go moves those after it, so many go at once.
        if arrived * 4 > self.packets.len() {
            self.packets.retain(|packet| !packet.has_arrived());
        }
        in_focus
    }
}

impl Packet {
    /// Reads what there is to know of its line.
    fn enter(&mut self) {
        // After the last line comes one for which it never leaves.
        let after = (f64::INFINITY, f64::INFINITY);
        (self.begin, self.end) = self.trip.times.get(self.line).copied().unwrap_or(after);
        let path = self.trip.lines.get(self.line).and_then(Option::as_ref);
        self.length = path.map_or(-1.0, Path::length);
        self.piece = path.map_or_else(Piece::default, |path| path.piece(0));
    }

    /// Whether it has left its last line behind.
    fn has_arrived(&self) -> bool {
        self.begin == f64::INFINITY
    }

    /// Where it is at a moment that is not before the last that it was asked for.
    #[inline]
    fn at(&mut self, now: f64) -> Option<Point> {
        while now >= self.end {
            self.line += 1;
            self.enter();
        }
        if now < self.begin || self.length < 0.0 {
            return None;
        }
        let done = ease((now - self.begin) / (self.end - self.begin)) * self.length;
        if done > self.piece.end {
            self.go_on(done);
        }
        Some(self.piece.at(done))
    }

    /// Comes to the piece of its line to which the way has this length.
    fn go_on(&mut self, done: f64) {
        let Some(path) = self.trip.lines.get(self.line).and_then(Option::as_ref) else { return };
        while done > self.piece.end {
            let next = path.piece(self.piece.number + 1);
            if next.number == self.piece.number {
                break;
            }
            self.piece = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dots::Window;
    use crate::geometry::{Rect, point};

    fn trip(number: u64, times: &[(f64, f64)]) -> Trip {
        let line = Path::through(vec![point(0.0, 0.0), point(10.0, 0.0), point(10.0, 10.0)]);
        let lines = [Some(line.clone()), None, Some(line.reversed())];
        Trip { number, colour: 0, lines: Rc::from(lines), times: times.to_vec() }
    }

    fn found(fleet: &mut Fleet, now: f64, focus: Option<u64>) -> Vec<Point> {
        let mut dots = Dots::default();
        let rect = Rect { x: 0.0, y: 0.0, w: 100.0, h: 100.0 };
        dots.begin(Window { rect, radius: 1.0, spot: 0.1 });
        fleet.find(now, focus, &mut dots);
        dots.by_colour().flat_map(|(_, dots)| dots.to_vec()).collect()
    }

    #[test]
    fn a_packet_is_seen_while_it_is_on_a_line_that_is_on_the_board() {
        let mut fleet = Fleet::default();
        fleet.take_up(trip(1, &[(100.0, 200.0), (250.0, 300.0), (300.0, 400.0)]));
        let mut at = |now| found(&mut fleet, now, None);
        assert_eq!(at(99.0), []);
        assert_eq!(at(100.0), [point(0.0, 0.0)]);
        assert_eq!(at(150.0), [point(10.0, 0.0)]);
        // It waits, and then it is on a line that is not on the board.
        assert_eq!((at(200.0), at(270.0)), (vec![], vec![]));
        assert_eq!(at(350.0), [point(10.0, 0.0)]);
        assert_eq!(at(400.0), []);
    }

    #[test]
    fn those_that_have_arrived_are_let_go_and_the_one_in_focus_is_no_dot() {
        let mut fleet = Fleet::default();
        for number in 0..8 {
            let begin = number as f64 * 10.0;
            fleet.take_up(trip(number, &[(begin, begin + 40.0)]));
        }
        let all = found(&mut fleet, 75.0, None).len();
        assert_eq!(found(&mut fleet, 75.0, Some(6)).len(), all - 1);
        let in_focus = fleet.find(75.0, Some(6), &mut Dots::default());
        let there = InFocus { at: point(6.328125, 0.0), direction: point(1.0, 0.0), colour: 0 };
        assert_eq!(in_focus, Some(there));
        assert!(fleet.packets.len() < 8);
        assert_eq!(found(&mut fleet, 500.0, None), []);
        assert!(fleet.packets.is_empty());
    }

    #[test]
    fn of_very_many_the_newest_have_a_dot_and_all_are_let_go_in_the_end() {
        let mut fleet = Fleet::default();
        for number in 0..2 * MOST as u64 {
            fleet.take_up(trip(number, &[(0.0, 40.0)]));
            if number == 0 {
                // The oldest is alone at its place.
                fleet.packets[0].trip.times = vec![(0.0, 400.0)];
                fleet.packets[0].enter();
            }
        }
        assert_eq!(found(&mut fleet, 20.0, None), [point(10.0, 0.0)]);
        found(&mut fleet, 50.0, None);
        assert_eq!((fleet.packets.len(), found(&mut fleet, 51.0, None).len()), (1, 1));
        assert_eq!(found(&mut fleet, 500.0, None), []);
        assert!(fleet.packets.is_empty());
    }
}
