//! The whole board as one text that is being changed: what applying it does.

use super::Command;
use crate::api::text::{self, Document, Reading};
use crate::api::{ObjectKey, Problem};

/// What a changed text of the board asks for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The text, read.
    pub reading: Reading,
    /// The documents that are new or different, comments included, as one text.
    pub apply: String,
    /// The objects whose documents are gone.
    pub delete: Vec<ObjectKey>,
}

/// What is different in `text` from `began`, the text that [`super::Session::export`] gave. Objects without a
/// namespace of their own are in `default`.
pub fn plan(began: &str, text: &str) -> Plan {
    let before = text::read(began, "default");
    let mut reading = text::read(text, "default");
    let mut twice = Vec::new();
    for (index, document) in reading.documents.iter().enumerate() {
        let earlier = reading.documents.get(..index).unwrap_or_default();
        if earlier.iter().any(|other| other.key == document.key) {
            let message = format!("{} stands in this text twice", document.key);
            let problem = Problem::error(message).at(document.marks.key).object(document.key.clone());
            twice.push(problem.hint("Give one of the two another name, or take it out."));
        }
    }
    reading.problems.extend(twice);
    let old = |key: &ObjectKey| before.documents.iter().find(|document| document.key == *key);
    let is_new = |new: &&Document| {
        old(&new.key).is_none_or(|old| old.value != new.value || (new.text.is_some() && old.text != new.text))
    };
    let changed: Vec<String> = reading.documents.iter().filter(is_new).map(own_text).collect();
    let apply = changed.join("---\n");
    let stays = |key: &ObjectKey| reading.documents.iter().any(|document| document.key == *key);
    let gone = before.documents.iter().filter(|document| !stays(&document.key));
    let delete = gone.map(|document| document.key.clone()).collect();
    Plan { reading, apply, delete }
}

fn own_text(document: &Document) -> String {
    match &document.text {
        Some(text) => text.to_string(),
        None => text::write([&document.value]),
    }
}

impl Plan {
    /// Whether the text can be read whole; only then is it known which objects are gone.
    pub fn is_readable(&self) -> bool {
        !self.reading.has_errors()
    }

    /// What does it, as one step; `None` when there is nothing to do, or the text can not be read. What is gone goes
    /// first: an object of another name may want its node port.
    pub fn command(&self) -> Option<Command> {
        if !self.is_readable() {
            return None;
        }
        let delete = Command::Delete { keys: self.delete.clone() };
        let apply = Command::apply_text(&text::read(&self.apply, "default"), &self.apply, "default");
        match (self.delete.is_empty(), self.apply.is_empty()) {
            (true, true) => None,
            (true, false) => Some(apply),
            (false, true) => Some(delete),
            (false, false) => Some(Command::Batch { commands: vec![delete, apply] }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 80\n---\n\
        apiVersion: v1\nkind: Service\nmetadata:\n  name: b\nspec:\n  ports:\n  - port: 80\n";

    /// `expected` are the names to apply and to delete.
    fn check(text: &str, apply: &[&str], delete: &[&str]) {
        let found = plan(BEGAN, text);
        let documents = text::read(&found.apply, "default").documents;
        let applied: Vec<&str> = documents.iter().map(|document| &*document.key.name).collect();
        let deleted: Vec<&str> = found.delete.iter().map(|key| &*key.name).collect();
        assert_eq!((applied.as_slice(), deleted.as_slice()), (apply, delete));
    }

    #[test]
    fn only_what_is_different_is_applied() {
        check(BEGAN, &[], &[]);
        check(&format!("# a comment\n{BEGAN}"), &["a"], &[]);
        check(&BEGAN.replacen("80", "81", 1), &["a"], &[]);
        assert!(plan(BEGAN, BEGAN).command().is_none());
    }

    #[test]
    fn a_document_that_is_gone_deletes_its_object() {
        let second = BEGAN.split("---\n").nth(1).unwrap();
        check(second, &[], &["a"]);
        check(&BEGAN.replace("name: b", "name: c"), &["c"], &["b"]);
        assert!(matches!(plan(BEGAN, second).command(), Some(Command::Delete { .. })));
    }

    #[test]
    fn a_text_that_can_not_be_read_deletes_nothing() {
        assert!(plan(BEGAN, "kind: [").command().is_none());
        let twice = format!("{BEGAN}---\n{BEGAN}");
        assert!(plan(BEGAN, &twice).command().is_none());
    }
}
