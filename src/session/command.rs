//! Everything that a person can do to the board, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::ObjectKey;
use crate::api::patch::Edit;
use crate::api::text::Reading;
use crate::network::{Request, Settings};

/// One thing that a person does. Undo and redo step over whole commands.
///
/// The names in the serialized form are short and stay as they are: links of every age must open.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
pub enum Command {
    /// Create or change objects, each by itself, as `kubectl apply` does.
    Apply {
        /// The documents, with their author's fields.
        documents: Vec<Value>,
        /// The namespace of documents that name none.
        namespace: String,
    },
    /// The same from a text whose comments are worth keeping.
    ApplyText {
        /// YAML.
        text: String,
        /// The namespace of documents that name none.
        namespace: String,
    },
    /// Change some fields of one object, as `kubectl patch` does.
    Edit {
        /// Which object.
        key: ObjectKey,
        /// The fields.
        edits: Vec<Edit>,
    },
    /// Delete objects, and what they own.
    Delete {
        /// Which objects.
        keys: Vec<ObjectKey>,
    },
    /// Put cards by hand, or give them back to the automatic layout.
    Place {
        /// The cards.
        places: Vec<Placement>,
    },
    /// Send one request.
    Send {
        /// What to send.
        request: Request,
    },
    /// Begin to send the same request again and again, or stop.
    Repeat {
        /// What to send.
        request: Request,
        /// Milliseconds from one to the next; 0 stops.
        every: u64,
    },
    /// Send a request over the connection that its client keeps open to the same target; the first one opens it.
    SendKept {
        /// What to send.
        request: Request,
        /// Milliseconds from one to the next; 0 for one alone.
        #[serde(default)]
        every: u64,
    },
    /// Close a connection that a client keeps open.
    Disconnect {
        /// Its number.
        connection: u64,
    },
    /// Set the cluster's network up in another way.
    Configure {
        /// All settings; those that are left out have their defaults.
        settings: Settings,
    },
    /// Several commands that are one step for undo.
    Batch {
        /// The commands, in order.
        commands: Vec<Command>,
    },
}

impl Command {
    /// What applies a text that was read: with its comments, where it has some.
    pub fn apply_text(reading: &Reading, text: &str, namespace: &str) -> Command {
        let namespace = namespace.to_owned();
        if reading.documents.iter().any(|document| document.text.is_some()) {
            return Command::ApplyText { text: text.to_owned(), namespace };
        }
        let documents = reading.documents.iter().map(|document| document.value.clone()).collect();
        Command::Apply { documents, namespace }
    }
}

/// Where a card stands. Positions are whole pixels at 100 % on the board.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// The card's id, as the scene gives it: an object's path, or a name such as `client/internet`.
    pub card: String,
    /// Left and top edge; `None` for wherever the layout puts it.
    pub at: Option<(i32, i32)>,
}
