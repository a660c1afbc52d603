//! The worker: takes orders, and hands pictures to its canvas.

use std::cell::RefCell;

use js_sys::Float64Array;
use motion::crowd::Crowd;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;
use web_sys::{
    DedicatedWorkerGlobalScope, ImageData, MessageEvent, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

/// How long after the beginning of a frame a picture is drawn, in milliseconds: it is shown with the next frame, and until
/// then the page's own thread needs the processor more.
const LATER: i32 = 6;

thread_local! {
    static PAINTER: RefCell<Option<Painter>> = const { RefCell::new(None) };
}

/// The crowd and where it is drawn.
struct Painter {
    scope: DedicatedWorkerGlobalScope,
    /// When this thread's clock was at 0, in milliseconds since 1970.
    origin: f64,
    canvas: Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)>,
    crowd: Crowd,
    /// Runs in each frame that is asked for, with its time.
    frame: Closure<dyn FnMut(f64)>,
    /// Runs a moment later.
    late: Closure<dyn FnMut()>,
    /// The time of the frame.
    at: f64,
    /// Whether a frame has been asked for.
    asked: bool,
}

/// Begins to listen, and tells the page.
pub fn start() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(|message: MessageEvent| {
        with_painter(|painter| painter.hear(message.data()));
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    hear.forget();
    let painter = Painter {
        origin: scope.performance().map_or(0.0, |clock| clock.time_origin()),
        scope: scope.clone(),
        canvas: None,
        crowd: Crowd::default(),
        frame: Closure::new(|at: f64| with_painter(|painter| painter.begin(at))),
        late: Closure::new(|| with_painter(Painter::draw)),
        at: 0.0,
        asked: false,
    };
    PAINTER.set(Some(painter));
    // A text can always be sent.
    let _ = scope.post_message(&JsValue::from_str("ready"));
}

fn with_painter(then: impl FnOnce(&mut Painter)) {
    PAINTER.with_borrow_mut(|painter| painter.as_mut().map(then));
}

impl Painter {
    fn hear(&mut self, told: JsValue) {
        match told.dyn_into::<Float64Array>() {
            Ok(orders) => self.crowd.follow(&orders.to_vec()),
            Err(told) => self.canvas = told.dyn_into().ok().and_then(with_context),
        }
        self.ask();
    }

    /// Asks for a frame.
    fn ask(&mut self) {
        if !self.asked {
            let frame = self.frame.as_ref().unchecked_ref();
            self.asked = self.scope.request_animation_frame(frame).is_ok();
        }
    }

    /// A frame begins: the page's own thread and the browser's are at work now.
    fn begin(&mut self, at: f64) {
        self.at = self.origin + at;
        let late = self.late.as_ref().unchecked_ref();
        if self.scope.set_timeout_with_callback_and_timeout_and_arguments_0(late, LATER).is_err() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        self.asked = false;
        let at = self.at;
        if let Some((canvas, context)) = &self.canvas
            && let Some((pixels, width, height)) = self.crowd.draw(at)
        {
            if (canvas.width(), canvas.height()) != (width, height) {
                canvas.set_width(width);
                canvas.set_height(height);
            }
            if let Ok(picture) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width, height) {
                // Putting pixels fails for memory that is gone alone, and this was given just now.
                let _ = context.put_image_data(&picture, 0.0, 0.0);
            }
        }
        if self.crowd.moves(at) {
            self.ask();
        }
    }
}

fn with_context(canvas: OffscreenCanvas) -> Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)> {
    let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    Some((canvas, context))
}
