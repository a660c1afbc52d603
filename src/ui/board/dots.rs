//! The packets that are not in focus: small dots, up to thousands of them.

use endpoint_playground::api::Time;
use endpoint_playground::scene::Scene;
use endpoint_playground::scene::fleet::{Dots, Fleet, Window};
use endpoint_playground::scene::geometry::{Point, Rect};
use endpoint_playground::scene::pixels::Pixels;
use wasm_bindgen::Clamped;
use web_sys::{CanvasRenderingContext2d, ImageData};

use super::packets::probe;
use super::view::Camera;

/// From how many dots on they are drawn as pixels: to tell the browser of each would take longer.
const MANY: usize = 300;

/// Up to which radius dots are drawn as pixels, in pixels of the screen; the browser draws few large ones faster.
const SMALL: f64 = 8.0;

/// Within how many pixels of the page two dots look like one.
const SPOT: f64 = 2.5;

/// A window on the board.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// What it shows.
    pub camera: Camera,
    /// How many pixels of the screen one of the page is.
    pub ratio: f64,
    /// Its size in pixels of the screen.
    pub width: u32,
    pub height: u32,
}

impl View {
    /// What it shows of the board.
    pub fn rect(&self) -> Rect {
        let scale = self.camera.scale * self.ratio;
        let (x, y) = self.camera.to_world(0.0, 0.0);
        Rect { x, y, w: f64::from(self.width) / scale, h: f64::from(self.height) / scale }
    }
}

/// What is kept from frame to frame, so that nothing is allocated in most.
#[derive(Default)]
pub(super) struct Others {
    fleet: Fleet,
    found: Dots,
    pixels: Pixels,
    /// The pixels as the browser knows them, and where they are in memory, with their size. It looks at them there; once the
    /// memory has grown it finds nothing, says so, and has to be told again.
    image: Option<((*const u8, u32, u32), ImageData)>,
}

impl Others {
    /// Draws the dots of a scene, and nothing else stays on the canvas. The transform of the context is that of the view.
    pub fn paint(
        &mut self,
        context: &CanvasRenderingContext2d,
        scene: &Scene,
        now: Time,
        view: View,
        colours: &[String],
    ) {
        let View { camera, ratio, .. } = view;
        // From afar a dot is larger on the board, so that it is seen.
        let radius = (2.5 / camera.scale).max(4.5);
        let scale = camera.scale * ratio;
        let rect = view.rect();
        self.found.begin(Window { rect, radius, spot: SPOT / camera.scale });
        self.fleet.find(scene, now, &mut self.found);
        let many = self.found.count() >= MANY && radius * scale <= SMALL;
        if !many || self.as_pixels(context, radius, view, colours).is_none() {
            context.clear_rect(rect.x, rect.y, rect.w, rect.h);
            self.one_by_one(context, radius, colours);
        }
    }

    /// Draws them in one picture, which takes the place of all that is on the canvas; `None` when the browser can not.
    fn as_pixels(
        &mut self,
        context: &CanvasRenderingContext2d,
        radius: f64,
        view: View,
        colours: &[String],
    ) -> Option<()> {
        let View { camera, ratio, width, height } = view;
        let scale = camera.scale * ratio;
        self.pixels.begin(width as usize, height as usize, radius * scale);
        for (accent, dots) in self.found.by_colour() {
            let colour = parts(colours.get(probe(accent))?)?;
            for at in dots {
                self.pixels.dot(at.x * scale + camera.x * ratio, at.y * scale + camera.y * ratio, colour);
            }
        }
        let data = self.pixels.data();
        let kept = self.image.take().filter(|(at, ..)| *at == (data.as_ptr(), width, height));
        if let Some((_, image)) = &kept
            && context.put_image_data(image, 0.0, 0.0).is_ok()
        {
            self.image = kept;
            return Some(());
        }
        let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(data), width, height).ok()?;
        context.put_image_data(&image, 0.0, 0.0).ok()?;
        self.image = Some(((data.as_ptr(), width, height), image));
        Some(())
    }

    fn one_by_one(&self, context: &CanvasRenderingContext2d, radius: f64, colours: &[String]) {
        // Setting a colour costs as much as a dot, so those of one colour come together.
        for (accent, dots) in self.found.by_colour() {
            context.set_fill_style_str(colours.get(probe(accent)).map_or("#888", String::as_str));
            for at in dots {
                dot(context, *at, radius);
            }
        }
    }
}

/// Fills a circle.
pub(super) fn dot(context: &CanvasRenderingContext2d, at: Point, radius: f64) {
    context.begin_path();
    // A circle with a radius that is not negative does not fail.
    let _ = context.arc(at.x, at.y, radius, 0.0, std::f64::consts::TAU);
    context.fill();
}

/// The parts of a colour as a browser computes it: `rgb(1, 2, 3)`. `None` for one of another colour space.
fn parts(colour: &str) -> Option<[u8; 3]> {
    let mut parts =
        colour.strip_prefix("rgb(")?.strip_suffix(')')?.split(',').map(|part| part.trim().parse());
    let mut next = || parts.next()?.ok();
    let colour = [next()?, next()?, next()?];
    next().is_none().then_some(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_three_parts() {
        assert_eq!(parts("rgb(1, 20, 255)"), Some([1, 20, 255]));
        for other in
            ["rgba(1, 2, 3, 0.5)", "rgb(1, 2)", "rgb(1, 2, 3, 4)", "rgb(1, 2, 300)", "oklch(1 0 0)", ""]
        {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
