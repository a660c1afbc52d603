//! The thread that draws the packets of a busy board: the package `painter`.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use js_sys::{Array, Float64Array};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlCanvasElement, MessageEvent, Worker};

/// The thread. It ends when this is dropped.
pub struct PainterThread {
    worker: Worker,
    /// Whether it listens and has the canvas.
    is_ready: Rc<Cell<bool>>,
    _ready: EventListener,
}

impl PainterThread {
    /// Starts it. From when it is ready on the canvas is its own. `None` where the page was built without, or where the
    /// browser gives this page no threads.
    pub fn start(canvas: HtmlCanvasElement) -> Option<PainterThread> {
        let meta = gloo::utils::document().query_selector("meta[name=playground-painter]").ok()??;
        let worker = Worker::new(&meta.get_attribute("content")?).ok()?;
        let is_ready = Rc::new(Cell::new(false));
        let ready = EventListener::once(&worker, "message", {
            let (worker, is_ready) = (worker.clone(), is_ready.clone());
            move |event| {
                let says = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string());
                is_ready
                    .set(says.is_some_and(|word| word == "ready") && hand_over(&canvas, &worker).is_some());
            }
        });
        Some(PainterThread { worker, is_ready, _ready: ready })
    }

    /// Whether it listens. Where it can not be loaded it never does.
    pub fn is_ready(&self) -> bool {
        self.is_ready.get()
    }

    /// Tells it orders; see [`Orders`](endpoint_playground::scene::fleet::Orders).
    pub fn tell(&self, orders: &[f64]) {
        // Numbers can always be sent.
        let _ = self.worker.post_message(&Float64Array::from(orders));
    }
}

impl Drop for PainterThread {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn hand_over(canvas: &HtmlCanvasElement, worker: &Worker) -> Option<()> {
    let canvas = canvas.transfer_control_to_offscreen().ok()?;
    worker.post_message_with_transfer(&canvas, &Array::of1(&canvas)).ok()
}
