//! What a gesture on the board means: the command that it gives, and what it does besides.
//!
//! Everything here is a question to a cluster and changes nothing; the answers are commands for
//! [`Session::dispatch`](super::Session::dispatch).

mod connect;
mod copy;
mod labels;
mod names;
mod port;
mod rename;

pub use connect::{Proposal, connects, joins, partners, proposals};
pub use copy::{Paste, copy, delete, duplicate, manifest, paste};
pub use labels::{completions, pair_edits};
pub use names::{base_name, free_name};
pub use port::{port_edits, port_text};
pub use rename::{named_by, rename};
