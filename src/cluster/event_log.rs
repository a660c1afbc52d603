//! The event log: what the person, the controllers and the requests did, for the time line and the Events list.

use std::sync::Arc;

use crate::api::{ObjectKey, Time};

/// Who did it. The time line draws each with a shape of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Actor {
    /// The person at the board.
    Person,
    /// A controller or another component of the cluster.
    Cluster,
}

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: Actor,
    /// `Normal` or `Warning`, as in a Kubernetes Event.
    pub warning: bool,
    /// The reason of the Kubernetes Event (`SuccessfulCreate`), or what the person did (`applied`).
    pub reason: String,
    /// The object concerned.
    pub object: Option<ObjectKey>,
    /// One sentence.
    pub message: String,
}

/// The log, oldest first.
pub type EventLog = imbl::Vector<Arc<LogEntry>>;
