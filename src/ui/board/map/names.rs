//! The names on the map. To write one takes the browser as long as twenty rectangles, so each is written once, on a canvas that
//! is not in the document, and copied from there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::super::packets;
use super::super::view;
use super::pen::context_of;

/// The font.
const FONT: &str = "11px system-ui, sans-serif";

/// How large the place of a name is, in pixels.
const PLACE: (f64, f64) = (180.0, 14.0);

/// How many names are kept; one more, and all are forgotten. What then still finds no place is written on the map itself.
const KEPT: usize = 192;

/// What stands for the rest of a name that is cut off.
const REST: char = '\u{2026}';

/// A name on the map, in pixels of the page.
pub(super) struct Name<'a> {
    pub text: &'a str,
    /// Where its left edge is.
    pub x: f64,
    /// Where the middle of its line is.
    pub middle: f64,
    /// How wide it may be.
    pub room: f64,
}

/// The names that have been written.
#[derive(Default)]
pub(super) struct Names(RefCell<Option<Sheet>>);

struct Sheet {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// How many pixels of the screen one pixel of the page is.
    ratio: f64,
    colours: Rc<Vec<String>>,
    rows: BTreeMap<String, usize>,
    /// How wide each letter is, in pixels of the page.
    letters: BTreeMap<char, f64>,
}

impl Names {
    /// Puts names on a canvas.
    pub fn draw(&self, context: &CanvasRenderingContext2d, names: &[Name], colours: &Rc<Vec<String>>) {
        if names.is_empty() {
            return;
        }
        let ratio = gloo::utils::window().device_pixel_ratio();
        let mut sheet = self.0.borrow_mut();
        let fits = sheet.as_ref().is_some_and(|sheet| {
            let new = names.iter().filter(|name| !sheet.rows.contains_key(name.text)).count();
            sheet.ratio == ratio && Rc::ptr_eq(&sheet.colours, colours) && sheet.rows.len() + new <= KEPT
        });
        if !fits {
            *sheet = Sheet::new(ratio, colours);
        }
        let Some(sheet) = &mut *sheet else { return };
        // What is written after a name was copied has the browser copy the whole sheet.
        let Some(rest) = sheet.write(REST.encode_utf8(&mut [0; 4])) else { return };
        let rows: Vec<Option<usize>> = names.iter().map(|name| sheet.write(name.text)).collect();
        if rows.contains(&None) {
            prepare(context, colours);
        }
        for (name, row) in names.iter().zip(rows) {
            let (end, width) = sheet.fitting(name.text, name.room);
            let is_cut = end < name.text.len();
            if let Some(row) = row {
                sheet.copy(context, row, width, name.x, name.middle);
            } else {
                // Text of valid characters does not fail.
                let written = name.text.get(..end).unwrap_or_default();
                let _ = context.fill_text(written, name.x, name.middle);
            }
            if is_cut {
                let wide = sheet.width_of(REST);
                sheet.copy(context, rest, wide, name.x + width, name.middle);
            }
        }
    }
}

/// Readies a context for names.
fn prepare(context: &CanvasRenderingContext2d, colours: &[String]) {
    context.set_font(FONT);
    context.set_text_baseline("middle");
    context.set_fill_style_str(colours.get(packets::INK).map_or("#888", String::as_str));
}

impl Sheet {
    /// An empty sheet; `None` where the browser has no canvas.
    fn new(ratio: f64, colours: &Rc<Vec<String>>) -> Option<Sheet> {
        let canvas = gloo::utils::document().create_element("canvas").ok()?;
        let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
        view::resize_canvas(&canvas, PLACE.0, PLACE.1 * KEPT as f64);
        let context = context_of(&canvas)?;
        // Setting the transform of a 2d context does not fail.
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        prepare(&context, colours);
        let (rows, letters) = (BTreeMap::new(), BTreeMap::new());
        Some(Sheet { canvas, context, ratio, colours: colours.clone(), rows, letters })
    }

    /// The row of a text, which is written if it was not; `None` where there is no room.
    fn write(&mut self, text: &str) -> Option<usize> {
        if let Some(row) = self.rows.get(text) {
            return Some(*row);
        }
        let row = Some(self.rows.len()).filter(|row| *row < KEPT)?;
        // Text of valid characters does not fail.
        let _ = self.context.fill_text(text, 0.0, (row as f64 + 0.5) * PLACE.1);
        self.rows.insert(text.to_owned(), row);
        Some(row)
    }

    /// Where a text ends that is to fit so much room with what stands for the rest, and how wide that is, in pixels of the page.
    fn fitting(&mut self, text: &str, room: f64) -> (usize, f64) {
        let rest = self.width_of(REST);
        // Where it ends if there is more.
        let mut cut = (0, 0.0);
        let mut width = 0.0;
        for (at, letter) in text.char_indices() {
            if width + rest <= room {
                cut = (at, width);
            }
            width += self.width_of(letter);
            if width > room.min(PLACE.0) {
                return cut;
            }
        }
        (text.len(), width)
    }

    fn width_of(&mut self, letter: char) -> f64 {
        let Sheet { context, letters, .. } = self;
        *letters.entry(letter).or_insert_with(|| {
            // A context with a font can measure.
            context.measure_text(letter.encode_utf8(&mut [0; 4])).map_or(0.0, |measured| measured.width())
        })
    }

    /// Copies what begins a row, `width` pixels of the page wide.
    fn copy(&self, context: &CanvasRenderingContext2d, row: usize, width: f64, x: f64, middle: f64) {
        let h = PLACE.1;
        // Between two pixels it would be blurred.
        let whole = |at: f64| (at * self.ratio).round() / self.ratio;
        let w = ((width * self.ratio).ceil() / self.ratio).min(PLACE.0);
        if w <= 0.0 {
            return;
        }
        // A canvas with pixels can be copied.
        let _ = context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            &self.canvas,
            0.0,
            row as f64 * h * self.ratio,
            w * self.ratio,
            h * self.ratio,
            whole(x),
            whole(middle - h / 2.0),
            w,
            h,
        );
    }
}
