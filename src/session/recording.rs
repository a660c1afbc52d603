//! The only truth: what was done, and when. Everything else is computed from it.

use serde::{Deserialize, Serialize};

use super::Command;
use crate::api::Time;

/// The newest version of the form of a recording. Older ones are read for ever.
pub const VERSION: u32 = 1;

/// One command and the moment at which it was given.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// What.
    #[serde(flatten)]
    pub command: Command,
}

/// A whole sitting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// The form of this recording: [`VERSION`].
    pub version: u32,
    /// Where chance begins.
    pub seed: u64,
    /// The commands; their moments never decrease.
    pub entries: Vec<Entry>,
    /// The moment that is on the screen.
    pub now: Time,
    /// How many of the first entries the board began with, such as those of a scenario: undo stops before them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub base: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Recording {
    /// A board on which nothing was done yet.
    pub fn new(seed: u64) -> Recording {
        Recording { version: VERSION, seed, entries: Vec::new(), now: Time::ZERO, base: 0 }
    }
}
