//! What is wrong with a text or an object, where, and what to do about it.

use serde::Serialize;

use super::ObjectKey;

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The object is accepted; something in it has no effect or may be a mistake.
    Warning,
    /// The object is refused.
    Error,
}

/// A stretch of a text. Lines and columns count from 1, columns in characters; the end stands behind the last one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// The line of the end.
    pub end_line: u32,
    /// The column of the end.
    pub end_column: u32,
}

impl Place {
    /// The empty stretch before the character at `line` and `column`.
    pub fn at(line: u32, column: u32) -> Place {
        Place { line, column, end_line: line, end_column: column }
    }
}

/// One thing that is wrong, for the editor, the import dialog and the answer to an apply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// Whether the object is refused for it.
    pub severity: Severity,
    /// Where in the text; `None` when there is no text.
    pub place: Option<Place>,
    /// Where in the object, as in `spec.ports[0].port`; `None` when it is about the whole.
    pub path: Option<String>,
    /// The object; `None` when the text could not be read so far.
    pub object: Option<ObjectKey>,
    /// What is wrong, in the words of kubectl and the API server where they have any.
    pub message: String,
    /// What to do about it, one sentence.
    pub hint: Option<String>,
    /// What to write at the place instead; `None` when that is not known.
    pub instead: Option<String>,
}

impl Problem {
    /// A problem for which an object is refused.
    pub fn error(message: impl Into<String>) -> Problem {
        Problem::new(Severity::Error, message.into())
    }

    /// A problem that refuses nothing.
    pub fn warning(message: impl Into<String>) -> Problem {
        Problem::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Problem {
        Problem { severity, place: None, path: None, object: None, message, hint: None, instead: None }
    }

    /// The same problem at a place in the text.
    pub fn at(mut self, place: Place) -> Problem {
        self.place = Some(place);
        self
    }

    /// The same problem at a path in the object.
    pub fn path(mut self, path: impl ToString) -> Problem {
        self.path = Some(path.to_string());
        self
    }

    /// The same problem of one object.
    pub fn object(mut self, key: ObjectKey) -> Problem {
        self.object = Some(key);
        self
    }

    /// The same problem with the sentence that says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// The same problem with what to write at its place instead.
    pub fn instead(mut self, instead: impl Into<String>) -> Problem {
        self.instead = Some(instead.into());
        self
    }

    /// Whether the object is refused for it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
