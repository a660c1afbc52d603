//! The controllers, one file or folder each: from what is there and what is wanted to writes. All are pure.

pub mod endpoint_slice;
pub mod endpoint_slice_mirroring;
mod endpoint_subsets;
pub mod endpoints;
mod event;

pub use event::{Event, EventType};
