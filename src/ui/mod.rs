//! The user interface: Yew components that draw the scene and send commands to the session.

mod act;
mod actions;
mod app;
mod board;
mod browser;
mod clipboard;
mod create;
mod dialogs;
mod drawing;
mod embed;
mod events;
mod events_model;
mod fates;
mod icons;
mod inspector;
mod keys;
mod looking;
mod menu;
mod moment;
mod notices;
mod options;
mod outline;
mod palette;
mod requests;
mod search;
mod sentence;
mod sheet;
mod skips;
mod state;
mod steps;
mod stored;
mod tabs;
mod timeline;
mod tools;
mod top_bar;

pub use app::App;
