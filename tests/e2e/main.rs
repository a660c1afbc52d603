//! The stories: the built page in a real browser. Run by `./dev test`, or with a page in dist/ by
//! `cargo test --test e2e`. Each story has a browser session of its own and fails on any error in the console.

mod dist;
mod everyone;
mod hand;
mod page;
mod server;

mod axe;
mod board;
mod clipboard;
mod connecting;
mod describing;
mod drawing;
mod hovering;
mod in_place;
mod keyboard;
mod large;
mod later;
mod namespaces;
mod opening;
mod palette;
mod past_the_service;
mod pictures;
mod requests;
mod routes;
mod shots;
mod touch;
mod views;
mod yaml;
