//! A crowd of packets as a picture: what follows [`orders`](crate::orders) and draws what they say.

use crate::dots::{Dots, Window};
use crate::fleet::{Fleet, Muster as _};
use crate::geometry::{Point, Rect, point};
use crate::marker::Marker;
use crate::orders::{Order, read};
use crate::pixels::Pixels;

/// The number of the colour that is at the core of the packet in focus.
pub const CORE: usize = 7;

/// The radius of a dot, in pixels of the page; nearer than 100 % it grows with the board.
const RADIUS: f64 = 2.5;

/// The same at 100 %.
const RADIUS_ON_BOARD: f64 = 4.5;

/// Within how many pixels of the page two dots look like one.
const SPOT: f64 = 2.5;

/// A window on the board, in pixels of the screen.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Sight {
    /// Where the board's own left edge is in the window.
    pub x: f64,
    /// Where its top edge is.
    pub y: f64,
    /// How many pixels of the screen one of the board takes.
    pub scale: f64,
    /// How many pixels of the screen one of the page takes.
    pub ratio: f64,
    /// How wide the window is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
}

impl Sight {
    /// What it shows of the board.
    pub fn rect(&self) -> Rect {
        Rect {
            x: -self.x / self.scale,
            y: -self.y / self.scale,
            w: f64::from(self.width) / self.scale,
            h: f64::from(self.height) / self.scale,
        }
    }

    /// The radius of a dot in pixels of the board. From afar it is larger there, so that it is seen.
    pub fn radius(&self) -> f64 {
        (RADIUS * self.ratio / self.scale).max(RADIUS_ON_BOARD)
    }

    /// How many pixels of the board one of the packet in focus takes. As dots do, from afar it grows there.
    pub fn marker(&self) -> f64 {
        self.radius() / RADIUS_ON_BOARD
    }

    /// Which dots are to be drawn.
    pub fn window(&self) -> Window {
        Window { rect: self.rect(), radius: self.radius(), spot: SPOT * self.ratio / self.scale }
    }

    fn on_screen(&self, at: Point) -> Point {
        point(at.x * self.scale + self.x, at.y * self.scale + self.y)
    }
}

/// How time passes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Clock {
    /// The simulated moment, in milliseconds.
    pub now: f64,
    /// When it is that moment, in milliseconds of real time since whenever, the same for all.
    pub at: f64,
    /// How many simulated milliseconds pass in a real one; 0 while time stands still.
    pub pace: f64,
}

impl Clock {
    /// The simulated moment at another time.
    pub fn now_at(&self, at: f64) -> f64 {
        self.now + (at - self.at) * self.pace
    }
}

/// How long packets go on while nothing is ordered, in milliseconds of real time: whoever orders is held up then, and time
/// with it.
const ALONE: f64 = 150.0;

/// The packets, and the picture of them that was drawn last.
#[derive(Default)]
pub struct Crowd {
    fleet: Fleet,
    dots: Dots,
    pixels: Pixels,
    /// The colours by number: red, green and blue.
    colours: Vec<[u8; 3]>,
    wanted: Option<Wanted>,
    /// The simulated moment that was drawn last. Packets only look ahead.
    drawn: f64,
    /// Whether something was ordered since.
    fresh: bool,
}

/// What is to be drawn.
#[derive(Clone, Copy)]
struct Wanted {
    sight: Sight,
    clock: Clock,
    focus: Option<u64>,
}

impl Crowd {
    /// Does what the orders say, but for drawing: of several pictures only the last one is seen.
    pub fn follow(&mut self, orders: &[f64]) {
        self.fresh = true;
        for order in read(orders) {
            match order {
                Order::Forget => {
                    self.fleet.clear();
                    self.drawn = f64::NEG_INFINITY;
                }
                Order::TakeUp(trip) => self.fleet.take_up(trip),
                Order::Colours(colours) => self.colours = colours,
                Order::Draw { sight, clock, focus } => self.wanted = Some(Wanted { sight, clock, focus }),
            }
        }
    }

    /// Whether the picture is another one from moment to moment.
    pub fn moves(&self, at: f64) -> bool {
        self.wanted.is_some_and(|Wanted { clock, .. }| clock.pace > 0.0 && at < clock.at + ALONE)
    }

    /// Draws the picture that was ordered last as it is at this time, if it has not been drawn: its pixels row by row, four
    /// bytes each, with its width and height.
    pub fn draw(&mut self, at: f64) -> Option<(&[u8], u32, u32)> {
        let Wanted { sight, clock, focus } = self.wanted?;
        let alone = (at - clock.at).clamp(0.0, ALONE);
        let now = clock.now_at(clock.at + alone).max(self.drawn);
        if !std::mem::take(&mut self.fresh) && now == self.drawn {
            return None;
        }
        self.drawn = now;
        self.dots.begin(sight.window());
        let in_focus = self.fleet.find(now, focus, &mut self.dots);
        let Sight { width, height, .. } = sight;
        self.pixels.begin(width as usize, height as usize, sight.radius() * sight.scale);
        let colour = |number: usize| self.colours.get(number).copied().unwrap_or([136; 3]);
        for (number, dots) in self.dots.by_colour() {
            let colour = colour(number);
            for at in dots {
                let at = sight.on_screen(*at);
                self.pixels.dot(at.x, at.y, colour);
            }
        }
        if let Some(packet) = in_focus {
            let size = sight.marker() * sight.scale;
            let marker = Marker::new(size, packet.direction, colour(packet.colour), colour(CORE));
            let at = sight.on_screen(packet.at);
            self.pixels.stamp(at.x, at.y, marker.radius(), |x, y| marker.at(x, y));
        }
        Some((self.pixels.data(), width, height))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::fleet::Trip;
    use crate::geometry::Path;
    use crate::orders::Orders;

    const SIGHT: Sight = Sight { x: 10.0, y: 0.0, scale: 0.5, ratio: 1.0, width: 100, height: 40 };

    fn trip(number: u64, begin: f64) -> Trip {
        let line = Path::through(vec![point(0.0, 20.0), point(100.0, 20.0)]);
        Trip { number, colour: 1, lines: Rc::from([Some(line), None]), times: vec![(begin, begin + 100.0)] }
    }

    /// The columns of the pixels of this colour.
    fn painted(crowd: &mut Crowd, at: f64, colour: [u8; 3]) -> Vec<usize> {
        let (pixels, width, _) = crowd.draw(at).expect("there is another picture");
        let solid = |pixel: &[u8]| pixel.get(..3) == Some(&colour[..]) && pixel.get(3) == Some(&255);
        let all = pixels.chunks(4).enumerate().filter(|(_, pixel)| solid(pixel));
        all.map(|(at, _)| at % width as usize).collect()
    }

    fn middle(crowd: &mut Crowd, at: f64, colour: [u8; 3]) -> usize {
        let columns = painted(crowd, at, colour);
        columns.iter().sum::<usize>() / columns.len()
    }

    fn clock(now: f64, at: f64, pace: f64) -> Clock {
        Clock { now, at, pace }
    }

    #[test]
    fn packets_are_drawn_where_they_are_in_the_window() {
        let mut orders = Orders::default();
        orders.colours(&[[0; 3], [1, 2, 3]]);
        orders.take_up(trip(7, 1_000.0));
        orders.draw(SIGHT, clock(1_050.0, 5.0, 0.0), None);
        let mut crowd = Crowd::default();
        crowd.follow(&orders.take());
        // Half way along 100 pixels of the board, at half the size, and the board begins 10 pixels to the right.
        assert!(middle(&mut crowd, 5.0, [1, 2, 3]).abs_diff(35) <= 1);
        assert!(crowd.draw(6.0).is_none() && !crowd.moves(6.0), "time stands still");
        // In focus, it is a ring around a core, with an arrow to the right.
        orders.colours(&[[0; 3], [1, 2, 3], [0; 3], [0; 3], [0; 3], [0; 3], [0; 3], [250; 3]]);
        orders.draw(SIGHT, clock(1_050.0, 7.0, 0.0), Some(7));
        crowd.follow(&orders.take());
        let ring = painted(&mut crowd, 7.0, [1, 2, 3]);
        assert!(
            ring.iter().any(|column| *column <= 31) && ring.iter().any(|column| *column >= 38),
            "{ring:?}"
        );
        orders.draw(SIGHT, clock(1_050.0, 8.0, 0.0), Some(7));
        crowd.follow(&orders.take());
        assert!(!painted(&mut crowd, 8.0, [250; 3]).is_empty());
        // What was in focus leaves nothing behind.
        orders.draw(SIGHT, clock(1_200.0, 9.0, 0.0), Some(7));
        crowd.follow(&orders.take());
        assert!(crowd.draw(9.0).is_some_and(|(pixels, ..)| pixels.iter().all(|part| *part == 0)));
    }

    #[test]
    fn packets_go_on_without_orders_for_a_while_and_never_back() {
        let mut orders = Orders::default();
        orders.take_up(trip(7, 1_000.0));
        orders.draw(SIGHT, clock(1_020.0, 5_000.0, 0.5), None);
        let mut crowd = Crowd::default();
        crowd.follow(&orders.take());
        let mut at = |at| middle(&mut crowd, at, [136; 3]);
        let (first, second, third) = (at(5_000.0), at(5_040.0), at(5_150.0));
        assert!(first < second && second < third, "{first}, {second}, {third}");
        assert!(crowd.draw(5_200.0).is_none() && !crowd.moves(5_200.0), "nobody orders any more");
        // Orders that say an earlier moment come too late.
        orders.draw(SIGHT, clock(1_060.0, 5_210.0, 0.5), None);
        crowd.follow(&orders.take());
        assert_eq!(middle(&mut crowd, 5_210.0, [136; 3]), third);
        // But one can begin anew.
        orders.clear();
        orders.take_up(trip(7, 1_000.0));
        orders.draw(SIGHT, clock(1_020.0, 5_220.0, 0.5), None);
        crowd.follow(&orders.take());
        assert_eq!(middle(&mut crowd, 5_220.0, [136; 3]), first);
    }

    #[test]
    fn dots_are_seen_from_afar_and_grow_when_one_comes_near() {
        let radius = |scale: f64, ratio: f64| {
            let sight = Sight { scale: scale * ratio, ratio, ..SIGHT };
            sight.radius() * sight.scale
        };
        assert_eq!((radius(0.2, 1.0), radius(0.2, 2.0), radius(1.0, 1.0)), (2.5, 5.0, 4.5));
    }
}
