//! Points, rectangles and paths on the board, in pixels at 100 %.

use std::fmt::{self, Write as _};

/// A point on the board.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// Shorthand for a [`Point`].
pub const fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

impl Point {
    /// The distance to another point.
    pub fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point `share` (0 to 1) of the way to another.
    #[inline(always)]
    pub fn toward(self, other: Point, share: f64) -> Point {
        point(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// A rectangle on the board.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// The right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// The bottom edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// The middle of the left edge.
    pub fn left_middle(&self) -> Point {
        point(self.x, self.y + self.h / 2.0)
    }

    /// The middle of the right edge.
    pub fn right_middle(&self) -> Point {
        point(self.right(), self.y + self.h / 2.0)
    }

    /// A point.
    fn at(Point { x, y }: Point) -> Rect {
        Rect { x, y, w: 0.0, h: 0.0 }
    }

    /// The rectangle that reaches so much farther on each side.
    pub fn grown(self, by: f64) -> Rect {
        Rect { x: self.x - by, y: self.y - by, w: self.w + 2.0 * by, h: self.h + 2.0 * by }
    }

    /// Whether the other lies within this one.
    pub fn holds(&self, other: &Rect) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }

    /// The smallest rectangle that holds both.
    pub fn union(self, other: Rect) -> Rect {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Rect { x, y, w: self.right().max(other.right()) - x, h: self.bottom().max(other.bottom()) - y }
    }

    /// Whether the two share an area.
    pub fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A line along which something is drawn or travels: straight pieces between points.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Path {
    points: Vec<Point>,
    /// For each point, the length of the way to it.
    lengths: Vec<f64>,
}

/// A straight piece of a [`Path`].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Piece {
    /// Which one of its line, from 0.
    pub number: usize,
    /// The length of the way to where it begins.
    pub begin: f64,
    /// The length of the way to where it ends.
    pub end: f64,
    from: Point,
    /// How far one goes on each axis for each pixel of length.
    slope: Point,
}

impl Piece {
    /// The point of it to which the way has this length; the nearer end when it has none.
    #[inline(always)]
    pub fn at(&self, length: f64) -> Point {
        let along = length.min(self.end) - self.begin;
        point(self.from.x + self.slope.x * along, self.from.y + self.slope.y * along)
    }

    /// Where it leads: how far one goes on each axis for each pixel of length.
    pub fn direction(&self) -> Point {
        self.slope
    }
}

/// How many straight pieces stand for one curve. At the sizes on a board the eye sees no corner.
const PIECES: u32 = 16;

/// How many straight pieces stand for the end of a line.
const END_PIECES: u32 = 6;

/// The radius of the corners of a stepped line.
const CORNER: f64 = 10.0;

impl Path {
    /// The line through these points.
    pub fn through(points: Vec<Point>) -> Path {
        let mut lengths = Vec::with_capacity(points.len());
        let mut total = 0.0;
        for (index, here) in points.iter().enumerate() {
            if let Some(before) = index.checked_sub(1).and_then(|before| points.get(before)) {
                total += before.distance(*here);
            }
            lengths.push(total);
        }
        Path { points, lengths }
    }

    /// A cubic curve that leaves `from` and reaches `to` horizontally.
    pub fn swing(from: Point, to: Point) -> Path {
        let [c1, c2] = Path::pulls(from, to);
        let points = (0..=PIECES)
            .map(|piece| {
                let t = f64::from(piece) / f64::from(PIECES);
                let (a, b, c) = (from.toward(c1, t), c1.toward(c2, t), c2.toward(to, t));
                a.toward(b, t).toward(b.toward(c, t), t)
            })
            .collect();
        Path::through(points)
    }

    /// The two points that pull a swing towards them.
    fn pulls(from: Point, to: Point) -> [Point; 2] {
        let reach = ((to.x - from.x).abs() / 2.0).max(24.0);
        [point(from.x + reach, from.y), point(to.x - reach, to.y)]
    }

    /// The same curve as the `d` of an SVG path, which is shorter than that of its pieces.
    pub fn swing_to_svg(from: Point, to: Point) -> String {
        let [c1, c2] = Path::pulls(from, to);
        let [from, c1, c2, to] = [from, c1, c2, to].map(|at| format!("{} {}", Tenths(at.x), Tenths(at.y)));
        format!("M{from}C{c1} {c2} {to}")
    }

    /// A rectangle that holds the curve: a curve does not leave what its points span.
    pub fn bounds_of_swing(from: Point, to: Point) -> Rect {
        let [c1, c2] = Path::pulls(from, to);
        [from, c1, c2].into_iter().map(Rect::at).fold(Rect::at(to), Rect::union)
    }

    /// The line through these corners, each rounded.
    pub fn rounded(corners: &[Point]) -> Path {
        let mut points = Vec::new();
        for (index, here) in corners.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| corners.get(before));
            match (before, corners.get(index + 1)) {
                (Some(before), Some(after)) => {
                    let radius = CORNER.min(before.distance(*here) / 2.0).min(here.distance(*after) / 2.0);
                    if radius < 0.5 {
                        points.push(*here);
                        continue;
                    }
                    let start = here.toward(*before, radius / before.distance(*here));
                    let end = here.toward(*after, radius / here.distance(*after));
                    for piece in 0..=4 {
                        let t = f64::from(piece) / 4.0;
                        points.push(start.toward(*here, t).toward(here.toward(end, t), t));
                    }
                }
                _ => points.push(*here),
            }
        }
        Path::through(points)
    }

    /// This line and then another. A gap between them becomes a straight piece.
    pub fn then(mut self, other: &Path) -> Path {
        self.points.extend(other.points.iter().copied());
        Path::through(self.points)
    }

    /// The same line the other way.
    pub fn reversed(&self) -> Path {
        Path::through(self.points.iter().rev().copied().collect())
    }

    /// The last part of the line, of this length, in as many pieces whatever the line: what is drawn can glide from one such
    /// end to another.
    pub fn end(&self, length: f64) -> Path {
        let begin = (1.0 - length / self.length().max(length)).max(0.0);
        let share = |piece: u32| begin + (1.0 - begin) * f64::from(piece) / f64::from(END_PIECES);
        Path::through((0..=END_PIECES).map(|piece| self.at(share(piece))).collect())
    }

    /// The points of the line.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The length in pixels.
    pub fn length(&self) -> f64 {
        self.lengths.last().copied().unwrap_or(0.0)
    }

    /// The point at `share` (0 to 1) of the length.
    pub fn at(&self, share: f64) -> Point {
        let wanted = self.length() * share.clamp(0.0, 1.0);
        self.piece(self.after(wanted) - 1).at(wanted)
    }

    /// The direction of travel at `share` (0 to 1) of the length, in radians.
    pub fn heading(&self, share: f64) -> f64 {
        let slope = self.piece(self.after(self.length() * share.clamp(0.0, 1.0)) - 1).slope;
        slope.y.atan2(slope.x)
    }

    /// The straight piece with this number, from 0; the last one when there are not so many.
    pub fn piece(&self, number: usize) -> Piece {
        let number = number.min(self.points.len().saturating_sub(2));
        let (Some(from), Some(to)) = (self.points.get(number), self.points.get(number + 1)) else {
            let at = self.points.first().copied().unwrap_or_default();
            return Piece { number, from: at, ..Piece::default() };
        };
        let length_to = |index: usize| self.lengths.get(index).copied().unwrap_or(0.0);
        let (begin, end) = (length_to(number), length_to(number + 1));
        let each = if end > begin { 1.0 / (end - begin) } else { 0.0 };
        Piece {
            number,
            begin,
            end,
            from: *from,
            slope: point((to.x - from.x) * each, (to.y - from.y) * each),
        }
    }

    /// The index of the point before which the way has this length.
    fn after(&self, wanted: f64) -> usize {
        let (mut low, mut high) = (1, self.points.len().max(2) - 1);
        while low < high {
            let middle = low.midpoint(high);
            if self.lengths.get(middle).is_some_and(|length| *length < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The line as the `d` of an SVG path, to a tenth of a pixel.
    pub fn to_svg(&self) -> String {
        let mut d = String::with_capacity(self.points.len() * 12);
        for (index, point) in self.points.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            // Writing to a String does not fail.
            let _ = write!(d, "{letter}{} {}", Tenths(point.x), Tenths(point.y));
        }
        d
    }
}

/// A number with one decimal, put together of whole numbers, which are written faster than fractions.
struct Tenths(f64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round_ties_even() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_written_as_decimals() {
        let written = [0.0, -0.04, 0.06, -0.06, 12.34, -1234.56, 7.0].map(|value| Tenths(value).to_string());
        assert_eq!(written, ["0.0", "0.0", "0.1", "-0.1", "12.3", "-1234.6", "7.0"]);
    }

    #[test]
    fn half_way_along_a_corner_is_the_corner() {
        let path = Path::through(vec![point(0.0, 0.0), point(10.0, 0.0), point(10.0, 10.0)]);
        assert_eq!(path.length(), 20.0);
        assert_eq!(path.at(0.5), point(10.0, 0.0));
        assert_eq!(path.at(0.75), point(10.0, 5.0));
        assert_eq!(path.reversed().at(0.25), point(10.0, 5.0));
    }

    #[test]
    fn the_end_of_a_line_ends_where_the_line_does() {
        let path = Path::through(vec![point(0.0, 0.0), point(10.0, 0.0), point(10.0, 10.0)]);
        let end = |length| {
            let end = path.end(length);
            (end.points().first().copied(), end.points().last().copied(), end.points().len())
        };
        assert_eq!(end(15.0), (Some(point(5.0, 0.0)), Some(point(10.0, 10.0)), 7));
        assert_eq!(end(4.0), (Some(point(10.0, 6.0)), Some(point(10.0, 10.0)), 7));
        assert_eq!(end(40.0), (Some(point(0.0, 0.0)), Some(point(10.0, 10.0)), 7));
    }

    #[test]
    fn a_swing_is_the_same_curve_in_svg() {
        let (from, to) = (point(0.0, 10.0), point(100.0, 50.25));
        assert_eq!(Path::swing_to_svg(from, to), "M0.0 10.0C50.0 10.0 50.0 50.2 100.0 50.2");
    }

    #[test]
    fn a_rectangle_holds_what_it_was_grown_from() {
        let rect = Rect { x: 10.0, y: 20.0, w: 30.0, h: 40.0 };
        assert_eq!(rect.grown(5.0), Rect { x: 5.0, y: 15.0, w: 40.0, h: 50.0 });
        assert!(rect.holds(&rect) && rect.grown(5.0).holds(&rect) && !rect.holds(&rect.grown(5.0)));
        let beside = Rect { x: 11.0, ..rect };
        assert!(!rect.holds(&beside) && !beside.holds(&rect));
    }

    #[test]
    fn a_swing_stays_within_its_bounds() {
        for (from, to) in [
            (point(0.0, 10.0), point(100.0, 50.0)),
            (point(100.0, 50.0), point(0.0, 10.0)),
            (point(10.0, 0.0), point(20.0, 300.0)),
        ] {
            let Rect { x, y, w, h } = Path::bounds_of_swing(from, to);
            let swing = Path::swing(from, to);
            let inside = |at: &Point| (x..=x + w).contains(&at.x) && (y..=y + h).contains(&at.y);
            assert!(swing.points().iter().all(inside), "{swing:?}");
        }
    }

    #[test]
    fn empty_and_single_point_paths_have_a_place() {
        assert_eq!(Path::default().at(0.5), point(0.0, 0.0));
        assert_eq!(Path::through(vec![point(3.0, 4.0)]).at(0.5), point(3.0, 4.0));
    }

    #[test]
    fn a_swing_begins_and_ends_where_it_should() {
        let path = Path::swing(point(0.0, 0.0), point(100.0, 50.0));
        assert_eq!((path.at(0.0), path.at(1.0)), (point(0.0, 0.0), point(100.0, 50.0)));
    }
}
