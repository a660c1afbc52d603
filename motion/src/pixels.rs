//! Round dots as pixels: where there are so many packets that telling the browser of each would take longer than
//! drawing them.

/// Into how many steps a pixel is divided on each axis for the middle of a dot.
const STEPS: usize = 4;

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
}

impl Pixels {
    /// An empty picture of this size for dots with this radius, in pixels.
    pub fn begin(&mut self, width: usize, height: usize, radius: f64) {
        if (width, height) == (self.width, self.height) {
            let mut drawn = std::mem::take(&mut self.drawn);
            for at in drawn.drain(..) {
                self.rows(at, |row, _| row.fill([0; 4]));
            }
            self.drawn = drawn;
        } else {
            (self.width, self.height) = (width, height);
            self.drawn.clear();
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
    pub fn dot(&mut self, x: f64, y: f64, [red, green, blue]: [u8; 3]) {
        let (x, y) = (x - self.radius - 1.0, y - self.radius - 1.0);
        let at = (x.floor() as isize, y.floor() as isize);
        let step = |share: f64| ((share - share.floor()) * STEPS as f64) as usize;
        let area = self.side * self.side;
        let mask = std::mem::take(&mut self.masks);
        let mask_from = (step(y) * STEPS + step(x)) * area;
        if let Some(mask) = mask.get(mask_from..mask_from + area) {
            self.rows(at, |row, from| {
                for (pixel, cover) in row.iter_mut().zip(mask.get(from..).unwrap_or_default()) {
                    match *cover {
                        0 => {}
                        u8::MAX => *pixel = [red, green, blue, u8::MAX],
                        cover => *pixel = over(*pixel, [red, green, blue], cover),
                    }
                }
            });
        }
        self.masks = mask;
        self.drawn.push(at);
    }

    /// The pixels row by row, four bytes each.
    pub fn data(&self) -> &[u8] {
        self.data.as_flattened()
    }

    /// Calls back with each row of the picture that the box of a dot takes, and where in the box that row begins.
    fn rows(&mut self, (left, top): (isize, isize), mut each: impl FnMut(&mut [[u8; 4]], usize)) {
        let cut = |at: isize, most: usize| at.clamp(0, most as isize) as usize;
        let side = self.side as isize;
        let (from, to) = (cut(left, self.width), cut(left + side, self.width));
        for y in cut(top, self.height)..cut(top + side, self.height) {
            let row = y * self.width;
            let skipped = (y as isize - top) * side + from as isize - left;
            if let Some(row) = self.data.get_mut(row + from..row + to) {
                each(row, skipped as usize);
            }
        }
    }
}

/// A colour that covers a part of a pixel, over what is there.
fn over(under: [u8; 4], colour: [u8; 3], cover: u8) -> [u8; 4] {
    let [red, green, blue] = colour;
    if under[3] == 0 {
        return [red, green, blue, cover];
    }
    let (above, below) = (u32::from(cover) * 255, u32::from(under[3]) * u32::from(255 - cover));
    let alpha = above + below;
    // A mean of two bytes is a byte, and so is the 255th part of at most 255 times 255.
    let mix = |top: u8, bottom: u8| ((u32::from(top) * above + u32::from(bottom) * below) / alpha) as u8;
    [mix(red, under[0]), mix(green, under[1]), mix(blue, under[2]), (alpha / 255) as u8]
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
        assert_eq!(over([0; 4], [200, 100, 0], 128), [200, 100, 0, 128]);
        assert_eq!(over([0, 0, 0, 255], [200, 100, 0], 51), [40, 20, 0, 255]);
        let [red, _, _, alpha] = over([0, 0, 0, 128], [200, 100, 0], 128);
        assert!((130..140).contains(&red) && (190..194).contains(&alpha), "{red} {alpha}");
    }
}
