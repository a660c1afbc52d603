//! The controllers, one file or folder each: from what is there and what is wanted to writes. All are pure.

pub mod endpoint_slice;
mod event;

pub use event::{Event, EventType};
