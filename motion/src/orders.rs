//! What one thread tells the one that draws a [`Crowd`](crate::crowd::Crowd): numbers in a row, which travel as they are.
//!
//! Each order is the number of its kind, and then what [`Order`] holds. A list begins with its length.

use crate::crowd::{Clock, Sight};
use crate::fleet::{Muster, Trip};
use crate::geometry::{Path, point};

const FORGET: u8 = 0;
const TAKE_UP: u8 = 1;
const COLOURS: u8 = 2;
const DRAW: u8 = 3;

/// What stands for the number of no request.
const NONE: f64 = -1.0;

/// Orders that are written one after the other.
#[derive(Default)]
pub struct Orders(Vec<f64>);

impl Muster for Orders {
    fn clear(&mut self) {
        self.0.push(f64::from(FORGET));
    }

    #[inline(never)]
    fn take_up(&mut self, trip: Trip) {
        // A request's number, like all whole numbers below 2^53, is the same as a float.
        self.0.extend([f64::from(TAKE_UP), trip.number as f64, trip.colour as f64]);
        self.0.push(trip.times.len() as f64);
        self.0.extend(trip.times.iter().flat_map(|(from, to)| [*from, *to]));
        self.0.push(trip.lines.len() as f64);
        for line in trip.lines.iter() {
            let points = line.as_ref().map_or(&[][..], Path::points);
            self.0.push(points.len() as f64);
            self.0.extend(points.iter().flat_map(|at| [at.x, at.y]));
        }
    }
}

impl Orders {
    /// The colours of packets by number.
    pub fn colours(&mut self, colours: &[[u8; 3]]) {
        self.0.extend([f64::from(COLOURS), colours.len() as f64]);
        self.0.extend(colours.iter().flatten().map(|part| f64::from(*part)));
    }

    /// Draw what is seen there, with the packet of the request `focus` as the one to look at, and go on with it as the clock
    /// does.
    pub fn draw(&mut self, sight: Sight, clock: Clock, focus: Option<u64>) {
        let Sight { x, y, scale, ratio, width, height } = sight;
        let Clock { now, at, pace } = clock;
        let focus = focus.map_or(NONE, |number| number as f64);
        self.0.extend([f64::from(DRAW), now, at, pace, focus]);
        self.0.extend([x, y, scale, ratio, f64::from(width), f64::from(height)]);
    }

    /// The orders, after which there are none.
    pub fn take(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.0)
    }
}

/// The parts of a colour as a browser computes it: `rgb(1, 2, 3)`. `None` for one of another colour space.
pub fn rgb(colour: &str) -> Option<[u8; 3]> {
    let mut parts =
        colour.strip_prefix("rgb(")?.strip_suffix(')')?.split(',').map(|part| part.trim().parse());
    let mut next = || parts.next()?.ok();
    let colour = [next()?, next()?, next()?];
    next().is_none().then_some(colour)
}

/// One order as it is read.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Order {
    Forget,
    TakeUp(Trip),
    Colours(Vec<[u8; 3]>),
    Draw { sight: Sight, clock: Clock, focus: Option<u64> },
}

/// The orders one after the other. What makes no sense ends them.
pub(crate) fn read(orders: &[f64]) -> impl Iterator<Item = Order> {
    let mut numbers = Numbers(orders);
    std::iter::from_fn(move || numbers.order())
}

/// The numbers that are still to be read.
struct Numbers<'a>(&'a [f64]);

impl Numbers<'_> {
    fn next(&mut self) -> Option<f64> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn some<const COUNT: usize>(&mut self) -> Option<[f64; COUNT]> {
        let (first, rest) = self.0.split_first_chunk::<COUNT>()?;
        self.0 = rest;
        Some(*first)
    }

    fn list<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.next()? as usize;
        // Each of them takes at least a number.
        let mut list = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            list.push(each(self)?);
        }
        Some(list)
    }

    /// A line; no points are that of one that is not on the board.
    fn line(&mut self) -> Option<Option<Path>> {
        let points = self.list(|numbers| numbers.some().map(|[x, y]| point(x, y)))?;
        Some((!points.is_empty()).then(|| Path::through(points)))
    }

    fn order(&mut self) -> Option<Order> {
        match self.next()? as u8 {
            FORGET => Some(Order::Forget),
            TAKE_UP => Some(Order::TakeUp(Trip {
                number: self.next()? as u64,
                colour: self.next()? as usize,
                times: self.list(|numbers| numbers.some().map(|[from, to]| (from, to)))?,
                lines: self.list(Self::line)?.into(),
            })),
            COLOURS => {
                let colours = self.list(|numbers| numbers.some::<3>())?;
                Some(Order::Colours(colours.into_iter().map(|parts| parts.map(|part| part as u8)).collect()))
            }
            DRAW => {
                let [now, at, pace, focus, x, y, scale, ratio, width, height] = self.some()?;
                let sight = Sight { x, y, scale, ratio, width: width as u32, height: height as u32 };
                let focus = (focus != NONE).then_some(focus as u64);
                Some(Order::Draw { sight, clock: Clock { now, at, pace }, focus })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let line = Path::through(vec![point(1.5, 2.0), point(3.0, -4.25)]);
        let lines = Rc::from([Some(line), None]);
        let sight = Sight { x: -3.5, y: 8.0, scale: 0.4, ratio: 2.0, width: 1_000, height: 640 };
        let mut orders = Orders::default();
        orders.clear();
        let trip = Trip { number: 12, colour: 3, lines, times: vec![(1.0, 2.5)] };
        orders.take_up(trip.clone());
        orders.colours(&[[1, 2, 255]]);
        let clock = Clock { now: 12_345.5, at: 1.8e12, pace: 0.25 };
        orders.draw(sight, clock, Some(9));
        orders.draw(sight, clock, None);
        let expected = [
            Order::Forget,
            Order::TakeUp(trip),
            Order::Colours(vec![[1, 2, 255]]),
            Order::Draw { sight, clock, focus: Some(9) },
            Order::Draw { sight, clock, focus: None },
        ];
        assert_eq!(read(&orders.take()).collect::<Vec<_>>(), expected);
        assert_eq!(read(&orders.take()).count(), 0);
    }

    #[test]
    fn a_colour_has_three_parts() {
        assert_eq!(rgb("rgb(1, 20, 255)"), Some([1, 20, 255]));
        for other in
            ["rgba(1, 2, 3, 0.5)", "rgb(1, 2)", "rgb(1, 2, 3, 4)", "rgb(1, 2, 300)", "oklch(1 0 0)", ""]
        {
            assert_eq!(rgb(other), None, "{other}");
        }
    }

    #[test]
    fn orders_that_are_cut_off_or_no_orders_end_quietly() {
        let mut orders = Orders::default();
        orders.colours(&[[1, 2, 255]]);
        orders.clear();
        let whole = orders.take();
        let counts: Vec<usize> = (0..=whole.len()).map(|end| read(&whole[..end]).count()).collect();
        assert_eq!(counts, [0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(read(&[f64::NAN, 77.0, -1.0, 1e300]).next(), Some(Order::Forget));
        assert_eq!(read(&[2.0, 1e300, 1.0]).count(), 0);
    }
}
