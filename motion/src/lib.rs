//! What is worked out for each packet in each frame: where it is on its line, and which pixels it colours.
//!
//! A package of its own, because the page is compiled for size and these few loops for speed (see the profile `web` in
//! `Cargo.toml`). For that to hold, what is called from outside is not generic: generic code is compiled where it is used.

pub mod crowd;
pub mod dots;
pub mod fleet;
pub mod geometry;
mod marker;
pub mod orders;
mod pixels;
