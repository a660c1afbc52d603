//! Requests: the composer that sends them and the list that tells what became of each, hop by hop.

mod composer;
mod hops;
mod list;
mod suggest;

pub use composer::{Composer, Draft, Repeating, SendAgain};
pub use hops::hop_place;
pub use list::Requests;
pub use suggest::default_url;
