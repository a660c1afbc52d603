//! The user interface: Yew components that draw the scene and send commands to the session.

mod act;
mod app;
#[allow(dead_code, reason = "the page takes it in next")]
mod board;
mod browser;
mod events_model;
mod icons;
mod keys;
mod menu;
mod options;
mod tabs;
mod tools;
mod top_bar;

pub use app::App;
