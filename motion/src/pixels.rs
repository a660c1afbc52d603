//! Round dots as pixels: where there are so many packets that telling the browser of each would take longer than
//! drawing them.

use crate::marker::Shade;

/// Into how many steps a pixel is divided on each axis for the middle of a dot.
const STEPS: usize = 4;

/// The sides of the boxes of dots that most boards have, on plain and on fine screens: loops of a known length are faster.
const SMALL: usize = 7;
const LARGE: usize = 12;

/// A picture of dots, each pixel red, green, blue and alpha, on nothing.
#[derive(Default)]
pub struct Pixels {
    width: usize,
    height: usize,
    data: Vec<[u8; 4]>,
    /// Left and top of the boxes in which there are dots.
    drawn: Vec<(isize, isize)>,
    radius: f64,
    /// How many pixels the box of a dot is wide and high.
    side: usize,
    /// How much of each pixel of its box a dot covers, for each place of its middle within a pixel.
    masks: Vec<u8>,
    /// Left, top and side of the boxes in which there is something else.
    stamped: Vec<(isize, isize, usize)>,
}

impl Pixels {
    /// An empty picture of this size for dots with this radius, in pixels.
    #[inline(never)]
    pub fn begin(&mut self, width: usize, height: usize, radius: f64) {
        if (width, height) == (self.width, self.height) {
            let mut drawn = std::mem::take(&mut self.drawn);
            for at in drawn.drain(..) {
                match (self.side, self.whole(at)) {
                    (SMALL, Some(first)) => self.erase::<SMALL>(first),
                    (LARGE, Some(first)) => self.erase::<LARGE>(first),
                    _ => self.rows(at, self.side, |row, _| row.fill([0; 4])),
                }
            }
            self.drawn = drawn;
            for (left, top, side) in std::mem::take(&mut self.stamped) {
                self.rows((left, top), side, |row, _| row.fill([0; 4]));
            }
        } else {
            (self.width, self.height) = (width, height);
            self.drawn.clear();
            self.stamped.clear();
            self.data.clear();
            self.data.resize(width * height, [0; 4]);
        }
        if radius != self.radius {
            self.radius = radius;
            self.side = (2.0 * radius).ceil() as usize + 2;
            self.masks = masks(radius, self.side);
        }
    }

    /// A dot with its middle at this place. What is left of it outside of the picture is cut off.
    #[inline(never)]
    pub fn dot(&mut self, x: f64, y: f64, [red, green, blue]: [u8; 3]) {
        let solid = u32::from_le_bytes([red, green, blue, u8::MAX]);
        let (x, y) = (x - self.radius - 1.0, y - self.radius - 1.0);
        let at = (x.floor() as isize, y.floor() as isize);
        let step = |share: f64| ((share - share.floor()) * STEPS as f64) as usize;
        let area = self.side * self.side;
        let mask_from = (step(y) * STEPS + step(x)) * area;
        let masks = std::mem::take(&mut self.masks);
        let mask = masks.get(mask_from..mask_from + area).unwrap_or_default();
        match (self.side, self.whole(at)) {
            (SMALL, Some(first)) => self.put::<SMALL>(first, mask, solid),
            (LARGE, Some(first)) => self.put::<LARGE>(first, mask, solid),
            _ => self.rows(at, self.side, |row, skipped| {
                put(row, mask.get(skipped..).unwrap_or_default(), solid);
            }),
        }
        self.masks = masks;
        self.drawn.push(at);
    }

    /// Something else than a dot, over what is there. `shades` gives what lies so far right and below of its middle, the lowest
    /// first; nothing lies farther than `radius`.
    #[inline(never)]
    pub fn stamp<const COUNT: usize>(
        &mut self,
        x: f64,
        y: f64,
        radius: f64,
        shades: impl Fn(f64, f64) -> [Shade; COUNT],
    ) {
        let (left, top) = ((x - radius).floor() as isize - 1, (y - radius).floor() as isize - 1);
        let side = (2.0 * radius).ceil() as usize + 3;
        self.rows((left, top), side, |row, skipped| {
            for (at, pixel) in row.iter_mut().enumerate() {
                let (column, line) = ((skipped + at) % side, (skipped + at) / side);
                let middle = |from: isize, along: usize| from as f64 + along as f64 + 0.5;
                for ([red, green, blue], cover) in shades(middle(left, column) - x, middle(top, line) - y) {
                    let solid = u32::from_le_bytes([red, green, blue, u8::MAX]);
                    put(std::slice::from_mut(pixel), &[(cover * 255.0).round() as u8], solid);
                }
            }
        });
        self.stamped.push((left, top, side));
    }

    /// The index of the first pixel of a dot's box that is whole in the picture.
    fn whole(&self, (left, top): (isize, isize)) -> Option<usize> {
        let (left, top) = (usize::try_from(left).ok()?, usize::try_from(top).ok()?);
        (left + self.side <= self.width && top + self.side <= self.height).then_some(top * self.width + left)
    }

    /// Erases a box with this side.
    fn erase<const SIDE: usize>(&mut self, first: usize) {
        for row in 0..SIDE {
            let row = self.data.get_mut(first + row * self.width..);
            if let Some(pixels) = row.and_then(|row| row.first_chunk_mut::<SIDE>()) {
                *pixels = [[0; 4]; SIDE];
            }
        }
    }

    /// Draws a dot in a box with this side.
    fn put<const SIDE: usize>(&mut self, first: usize, mask: &[u8], solid: u32) {
        let (masks, _) = mask.as_chunks::<SIDE>();
        for (row, mask) in masks.iter().enumerate() {
            let row = self.data.get_mut(first + row * self.width..);
            if let Some(pixels) = row.and_then(|row| row.first_chunk_mut::<SIDE>()) {
                put(pixels, mask, solid);
            }
        }
    }

    /// Calls back with each row of the picture that a box with this side takes, and where in the box, row by row, that row
    /// begins.
    fn rows(
        &mut self,
        (left, top): (isize, isize),
        side: usize,
        mut each: impl FnMut(&mut [[u8; 4]], usize),
    ) {
        let cut = |at: isize, most: usize| at.clamp(0, most as isize) as usize;
        let side = side as isize;
        let (from, to) = (cut(left, self.width), cut(left + side, self.width));
        for y in cut(top, self.height)..cut(top + side, self.height) {
            let skipped = (y as isize - top) * side + from as isize - left;
            let row = y * self.width;
            if let Some(row) = self.data.get_mut(row + from..row + to) {
                each(row, skipped as usize);
            }
        }
    }

    /// The pixels row by row, four bytes each.
    pub fn data(&self) -> &[u8] {
        self.data.as_flattened()
    }
}

/// Draws a row of a dot.
#[inline(always)]
fn put(pixels: &mut [[u8; 4]], mask: &[u8], solid: u32) {
    for (pixel, cover) in pixels.iter_mut().zip(mask) {
        match *cover {
            0 => {}
            u8::MAX => *pixel = solid.to_le_bytes(),
            cover => *pixel = over(*pixel, solid, cover).to_le_bytes(),
        }
    }
}

/// A colour that covers a part of a pixel, over what is there; red is in the lowest byte.
#[inline(always)]
fn over(under: [u8; 4], solid: u32, cover: u8) -> u32 {
    let [red, green, blue, below] = under;
    let colour = solid & 0xff_ffff;
    if below < u8::MAX {
        // Two rims that meet on nothing: who covers more is seen, which saves a division for each of so many pixels.
        return if cover >= below { colour | u32::from(cover) << 24 } else { u32::from_le_bytes(under) };
    }
    let share = u32::from(cover);
    let mix = |top: u32, bottom: u8| (top * share + u32::from(bottom) * (255 - share) + 127) / 255;
    let [top_red, top_green, top_blue, _] = solid.to_le_bytes().map(u32::from);
    mix(top_red, red) | mix(top_green, green) << 8 | mix(top_blue, blue) << 16 | 0xff << 24
}

fn masks(radius: f64, side: usize) -> Vec<u8> {
    let mut masks = Vec::with_capacity(STEPS * STEPS * side * side);
    for step in 0..STEPS * STEPS {
        let middle = |step: usize| radius + 1.0 + (step as f64 + 0.5) / STEPS as f64;
        let (x, y) = (middle(step % STEPS), middle(step / STEPS));
        for pixel in 0..side * side {
            let (column, row) = ((pixel % side) as f64 + 0.5, (pixel / side) as f64 + 0.5);
            let inside = radius + 0.5 - (column - x).hypot(row - y);
            masks.push((inside.clamp(0.0, 1.0) * 255.0).round() as u8);
        }
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(pixels: &Pixels) -> usize {
        pixels.data.iter().filter(|pixel| pixel[3] > 0).count()
    }

    #[test]
    fn a_dot_covers_as_much_as_a_circle_wherever_its_middle_is() {
        for (x, y) in [(10.0, 10.0), (10.3, 9.9), (8.99, 11.5), (7.5, 7.76)] {
            let mut pixels = Pixels::default();
            pixels.begin(20, 20, 2.5);
            pixels.dot(x, y, [10, 20, 30]);
            let covered: f64 = pixels.data.iter().map(|pixel| f64::from(pixel[3]) / 255.0).sum();
            assert!((covered - std::f64::consts::PI * 2.5 * 2.5).abs() < 1.0, "{covered}");
            let middle = pixels.data[y as usize * 20 + x as usize];
            assert_eq!(middle, [10, 20, 30, 255]);
        }
    }

    #[test]
    fn what_was_drawn_is_gone_in_the_next_picture() {
        let mut pixels = Pixels::default();
        pixels.begin(30, 20, 2.5);
        for (x, y) in [(-1.0, 5.0), (29.5, 19.9), (12.0, 0.0), (500.0, 10.0), (15.0, -80.0)] {
            pixels.dot(x, y, [255, 0, 0]);
        }
        assert!(painted(&pixels) > 20);
        // Also when the next dots are of another size.
        pixels.begin(30, 20, 4.0);
        assert_eq!(painted(&pixels), 0);
        pixels.dot(15.0, 10.0, [255, 0, 0]);
        pixels.begin(10, 40, 4.0);
        assert_eq!((painted(&pixels), pixels.data().len()), (0, 10 * 40 * 4));
    }

    #[test]
    fn the_rim_of_a_dot_is_mixed_with_the_dot_below() {
        let solid = u32::from_le_bytes([200, 100, 0, 255]);
        let over = |under, cover| over(under, solid, cover).to_le_bytes();
        assert_eq!(over([0; 4], 128), [200, 100, 0, 128]);
        assert_eq!(over([0, 0, 0, 255], 51), [40, 20, 0, 255]);
        assert_eq!(over([9, 8, 7, 128], 129), [200, 100, 0, 129]);
        assert_eq!(over([9, 8, 7, 128], 127), [9, 8, 7, 128]);
    }
}
