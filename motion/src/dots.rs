//! Which dots are to be drawn in a window on the board.

use crate::geometry::{Point, Rect};

/// The dots in a window, by colour.
#[derive(Default)]
pub struct Dots {
    window: Window,
    /// How many spots there are in a row.
    columns: usize,
    /// How many spots there are in a pixel of the board.
    spots: f64,
    /// The window in spots, row by row, a bit for each: whether the middle of a dot is there.
    taken: Vec<u64>,
    by_colour: Vec<Vec<Point>>,
}

/// A window on the board.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Window {
    /// What is seen of the board.
    pub rect: Rect,
    /// How large dots are on the board.
    pub radius: f64,
    /// How large a spot is that has room for one dot: dots so near to each other look like one.
    pub spot: f64,
}

impl Dots {
    /// No dots, in this window.
    pub fn begin(&mut self, window: Window) {
        self.window = window;
        self.spots = 1.0 / window.spot;
        let spots = |length: f64| (length * self.spots) as usize + 2;
        self.columns = spots(window.rect.w);
        self.taken.clear();
        self.taken.resize(self.columns * spots(window.rect.h) / 64 + 1, 0);
        self.by_colour.iter_mut().for_each(Vec::clear);
    }

    /// A dot at a place of the board, unless it is outside of the window or on the same spot as one before.
    #[inline]
    pub fn add(&mut self, colour: usize, at: Point) {
        let Window { rect, radius, .. } = self.window;
        let (x, y) = (at.x - rect.x, at.y - rect.y);
        if x < -radius || y < -radius || x > rect.w + radius || y > rect.h + radius {
            return;
        }
        let spot = |along: f64| (along.max(0.0) * self.spots) as usize;
        if self.take(spot(y) * self.columns + spot(x)) {
            if self.by_colour.len() <= colour {
                self.by_colour.resize_with(colour + 1, Vec::new);
            }
            if let Some(dots) = self.by_colour.get_mut(colour) {
                dots.push(at);
            }
        }
    }

    /// Whether a spot was free.
    #[inline]
    fn take(&mut self, spot: usize) -> bool {
        let bit = 1 << (spot % 64);
        // What is just below the window counts to no spot.
        let Some(word) = self.taken.get_mut(spot / 64) else { return true };
        let free = *word & bit == 0;
        *word |= bit;
        free
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.by_colour.iter().map(Vec::len).sum()
    }

    /// The dots of each colour that has some.
    pub fn by_colour(&self) -> impl Iterator<Item = (usize, &[Point])> {
        let all = self.by_colour.iter().map(Vec::as_slice).enumerate();
        all.filter(|(_, dots)| !dots.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::point;

    #[test]
    fn dots_on_one_spot_are_one_and_those_outside_are_none() {
        let mut dots = Dots::default();
        let rect = Rect { x: 100.0, y: 0.0, w: 50.0, h: 25.0 };
        dots.begin(Window { rect, radius: 3.0, spot: 3.0 });
        for (x, y) in [
            (110.0, 10.0),
            (110.9, 10.9),
            (112.0, 10.0),
            (98.0, 20.0),
            (100.0, 20.0),
            (96.0, 5.0),
            (154.0, 5.0),
        ] {
            dots.add(3, point(x, y));
        }
        let found: Vec<_> = dots.by_colour().collect();
        assert_eq!(found, [(3, &[point(110.0, 10.0), point(112.0, 10.0), point(98.0, 20.0)][..])]);
        dots.begin(Window { rect, radius: 3.0, spot: 3.0 });
        assert_eq!(dots.count(), 0);
        dots.add(0, point(110.0, 10.0));
        assert_eq!(dots.count(), 1);
    }
}
