//! The packet in focus as pixels: a disc with a rim and an arrow in the direction of travel.

use crate::geometry::{Point, point};

/// The radius of the halo, of the disc and of its core, in pixels at 100 %.
const RADII: [f64; 3] = [13.0, 9.0, 6.5];

/// How strong the halo is.
const HALO: f64 = 0.22;

/// The lines of the arrow when it points to the right, and how thick they are.
const ARROW: [(Point, Point); 3] = [
    (point(-3.5, 0.0), point(3.5, 0.0)),
    (point(0.8, -2.8), point(3.5, 0.0)),
    (point(0.8, 2.8), point(3.5, 0.0)),
];
const STROKE: f64 = 1.75;

/// A colour, red, green and blue, and how much of a pixel it covers, from 0 to 1.
pub type Shade = ([u8; 3], f64);

/// The disc.
pub struct Marker {
    size: f64,
    /// Where it goes, as a step of length 1.
    direction: Point,
    colour: [u8; 3],
    core: [u8; 3],
}

impl Marker {
    /// `size` is how many pixels of the screen one of its own takes. Without a direction it points to the right.
    pub fn new(size: f64, direction: Point, colour: [u8; 3], core: [u8; 3]) -> Marker {
        let length = direction.x.hypot(direction.y);
        let is_known = length > f64::EPSILON;
        let direction =
            if is_known { point(direction.x / length, direction.y / length) } else { point(1.0, 0.0) };
        Marker { size, direction, colour, core }
    }

    /// How far from its middle it reaches, in pixels of the screen.
    pub fn radius(&self) -> f64 {
        let [halo, ..] = RADII;
        halo * self.size
    }

    /// What lies at a place that is so far from its middle, in pixels of the screen; the lowest first.
    pub fn at(&self, x: f64, y: f64) -> [Shade; 4] {
        let from_middle = x.hypot(y);
        let [halo, disc, core] = RADII.map(|radius| cover(from_middle - radius * self.size));
        // The place as it lies before the arrow was turned.
        let turned = point(
            (x * self.direction.x + y * self.direction.y) / self.size,
            (y * self.direction.x - x * self.direction.y) / self.size,
        );
        let to_arrow = ARROW.iter().map(|(from, to)| distance(turned, *from, *to)).fold(f64::MAX, f64::min);
        let arrow = cover((to_arrow - STROKE / 2.0) * self.size);
        [(self.colour, halo * HALO), (self.colour, disc), (self.core, core), (self.colour, arrow)]
    }
}

/// How much of a pixel lies inside of a shape whose edge is so far from its middle; negative when that is inside.
fn cover(outside: f64) -> f64 {
    (0.5 - outside).clamp(0.0, 1.0)
}

/// How far a point is from a line between two others.
fn distance(at: Point, from: Point, to: Point) -> f64 {
    let (x, y) = (to.x - from.x, to.y - from.y);
    let along = ((at.x - from.x) * x + (at.y - from.y) * y) / (x * x + y * y);
    let along = along.clamp(0.0, 1.0);
    (at.x - from.x - along * x).hypot(at.y - from.y - along * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOUR: [u8; 3] = [1, 2, 3];
    const CORE: [u8; 3] = [250, 250, 250];

    /// What is seen of the shades at a place: the one on top that covers it.
    fn seen(marker: &Marker, x: f64, y: f64) -> Option<[u8; 3]> {
        marker.at(x, y).into_iter().rev().find(|(_, cover)| *cover >= 1.0).map(|(colour, _)| colour)
    }

    #[test]
    fn a_disc_has_a_core_with_an_arrow_that_points_where_it_goes() {
        let marker = Marker::new(2.0, point(0.0, 3.0), COLOUR, CORE);
        assert_eq!(marker.radius(), 26.0);
        // The arrow points down: its shaft is on the vertical through the middle, its head below.
        assert_eq!([(0.0, -5.0), (0.0, 5.0)].map(|(x, y)| seen(&marker, x, y)), [Some(COLOUR); 2]);
        assert_eq!([(4.0, 3.0), (-4.0, 3.0)].map(|(x, y)| seen(&marker, x, y)), [Some(COLOUR); 2]);
        assert_eq!([(4.0, -3.0), (-4.0, -3.0)].map(|(x, y)| seen(&marker, x, y)), [Some(CORE); 2]);
        // Around it are the rim, the halo and nothing.
        assert_eq!([16.0, 22.0, 28.0].map(|x| seen(&marker, x, 0.0)), [Some(COLOUR), None, None]);
        assert_eq!([22.0, 28.0].map(|x| marker.at(x, 0.0)[0].1), [HALO, 0.0]);
    }

    #[test]
    fn what_does_not_move_points_to_the_right() {
        let [still, right] = [point(0.0, 0.0), point(2.0, 0.0)]
            .map(|direction| Marker::new(1.0, direction, COLOUR, CORE).at(2.0, 1.0));
        assert_eq!(still, right);
    }
}
