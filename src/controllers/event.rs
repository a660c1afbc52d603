//! Events: what a controller reports about an object, as `kubectl describe` lists it.

use std::fmt;

/// An event about the object that a controller was looking at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Whether somebody should worry.
    pub event_type: EventType,
    /// The machine-readable reason in CamelCase.
    pub reason: &'static str,
    /// The message for people.
    pub message: String,
}

impl Event {
    /// An event of type `Normal`.
    pub fn normal(reason: &'static str, message: impl Into<String>) -> Event {
        Event { event_type: EventType::Normal, reason, message: message.into() }
    }

    /// An event of type `Warning`.
    pub fn warning(reason: &'static str, message: impl Into<String>) -> Event {
        Event { event_type: EventType::Warning, reason, message: message.into() }
    }
}

/// The type of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventType {
    /// Information only.
    Normal,
    /// Something may be wrong.
    Warning,
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        })
    }
}
