//! Requests: the composer that sends them and the list that tells what became of each, hop by hop.

mod composer;
mod connections;
mod hops;
mod list;
mod suggest;

pub use composer::{Composer, Draft, Repeating, SendAgain};
pub use connections::Connections;
pub use hops::hop_place;
pub use list::Requests;
pub use suggest::{client_of, client_value, default_url, senders};
