//! Draws the packets of a busy board in a thread of its own, so that the page's has its hands free.
//!
//! The page starts it as a worker and hears `ready`; then it sends the canvas, and after that orders (see
//! `motion::orders`). A picture is drawn a moment after the next frame began.

#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(target_arch = "wasm32")]
fn main() {
    worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    println!("This is a part of the page: `./dev build` builds it.");
}
