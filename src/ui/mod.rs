//! The user interface: Yew components that draw the scene and send commands to the session.

mod act;
mod app;
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
