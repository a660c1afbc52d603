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
}

impl Names {
    /// Puts names on a canvas: each text with where its left edge and its middle are.
    pub fn draw(
        &self,
        context: &CanvasRenderingContext2d,
        names: &[(String, f64, f64)],
        colours: &Rc<Vec<String>>,
    ) {
        let ratio = gloo::utils::window().device_pixel_ratio();
        let mut sheet = self.0.borrow_mut();
        let fits = sheet.as_ref().is_some_and(|sheet| {
            let new = names.iter().filter(|(text, ..)| !sheet.rows.contains_key(text)).count();
            sheet.ratio == ratio && Rc::ptr_eq(&sheet.colours, colours) && sheet.rows.len() + new <= KEPT
        });
        if !fits {
            *sheet = Sheet::new(ratio, colours);
        }
        let Some(sheet) = &mut *sheet else { return };
        // What is written after a name was copied has the browser copy the whole sheet.
        for (text, ..) in names {
            sheet.write(text);
        }
        let (written, others): (Vec<_>, Vec<_>) =
            names.iter().partition(|(text, ..)| sheet.rows.contains_key(text));
        for (text, x, y) in written {
            sheet.copy(context, text, *x, *y);
        }
        if !others.is_empty() {
            prepare(context, colours);
        }
        for (text, x, y) in others {
            // Text of valid characters does not fail.
            let _ = context.fill_text(text, *x, *y);
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
        Some(Sheet { canvas, context, ratio, colours: colours.clone(), rows: BTreeMap::new() })
    }

    fn write(&mut self, text: &str) {
        let row = self.rows.len();
        if row < KEPT && !self.rows.contains_key(text) {
            // Text of valid characters does not fail.
            let _ = self.context.fill_text(text, 0.0, (row as f64 + 0.5) * PLACE.1);
            self.rows.insert(text.to_owned(), row);
        }
    }

    fn copy(&self, context: &CanvasRenderingContext2d, text: &str, x: f64, middle: f64) {
        let Some(row) = self.rows.get(text) else { return };
        let (w, h) = PLACE;
        let top = *row as f64 * h;
        // Between two pixels it would be blurred.
        let whole = |at: f64| (at * self.ratio).round() / self.ratio;
        // A canvas with pixels can be copied.
        let _ = context.draw_image_with_html_canvas_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
            &self.canvas,
            0.0,
            top * self.ratio,
            w * self.ratio,
            h * self.ratio,
            whole(x),
            whole(middle - h / 2.0),
            w,
            h,
        );
    }
}
