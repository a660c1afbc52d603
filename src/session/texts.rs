//! The texts of objects as their authors wrote them, comments included.

use std::sync::Arc;

use serde_json::Value;

use super::{Fate, ObjectFate};
use crate::api::ObjectKey;
use crate::api::text::{self, Reading};

/// The texts that were applied, by object. Clones share everything.
#[derive(Clone, Default, Debug)]
pub struct Texts(imbl::OrdMap<ObjectKey, Arc<str>>);

impl Texts {
    /// Keeps the texts of documents that were applied; what was refused keeps the text it had.
    pub(super) fn keep(&mut self, reading: &Reading, fates: &[ObjectFate]) {
        let is_refused = |key: &ObjectKey| {
            fates.iter().any(|fate| fate.key == *key && matches!(fate.fate, Fate::Rejected(_)))
        };
        for document in reading.documents.iter().filter(|document| !is_refused(&document.key)) {
            match &document.text {
                Some(text) => self.0.insert(document.key.clone(), text.clone()),
                None => self.0.remove(&document.key),
            };
        }
    }

    /// The text of a document of an object: its author's own as far as it says the same, changed where the document
    /// was changed otherwise; `None` where there is none, or where that takes more than changing single lines.
    pub fn of(&self, key: &ObjectKey, document: &Value) -> Option<String> {
        text::rewrite(self.0.get(key)?, document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::patch::Edit;
    use crate::api::path::Path;
    use crate::session::{Command, Placement, Session, permalink};
    use serde_json::json;

    const YAML: &str = "# the shop's front
apiVersion: v1
kind: Service
metadata:
  name: web # its name
spec:
  selector:
    app: web
  ports:
  - port: 80 # for all
";

    fn board(yaml: &str) -> Session {
        let mut session = Session::new(1);
        let reading = text::read(yaml, "default");
        session.dispatch(Command::apply_text(&reading, yaml, "default"));
        session
    }

    fn edit(session: &mut Session, path: &str, value: Value) {
        let edits = vec![Edit { path: Path::parse(path).unwrap(), value: Some(value) }];
        session.dispatch(Command::Edit { key: ObjectKey::service("default", "web"), edits });
    }

    #[test]
    fn comments_survive_the_export_a_link_and_changes_of_single_fields() {
        let mut session = board(YAML);
        assert_eq!(session.export(), YAML);
        let link = permalink::encode(&session.recording());
        assert_eq!(Session::open(permalink::decode(&link).unwrap()).export(), YAML);
        edit(&mut session, "spec.ports[0].port", json!(8080));
        assert_eq!(session.export(), YAML.replace("80 #", "8080 #"));
        let places = vec![Placement { card: "v1/Service/default/web".to_owned(), at: Some((4, 8)) }];
        session.dispatch(Command::Place { places });
        let exported = session.export();
        assert!(
            exported.contains("# its name") && exported.contains("playground.endpoint/place: 4,8"),
            "{exported}"
        );
        // What is exported puts up the same board.
        assert_eq!(board(&exported).export(), exported);
    }

    #[test]
    fn an_object_that_was_changed_more_is_written_anew() {
        let mut session = board(YAML);
        edit(&mut session, "spec.ports", json!([{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]));
        let exported = session.export();
        assert!(exported.contains("port: 81") && !exported.contains('#'), "{exported}");
    }

    #[test]
    fn a_refused_text_leaves_the_one_before() {
        let mut session = board(YAML);
        let bad = YAML.replace("80 # for all", "99999 # too many");
        session.dispatch(Command::apply_text(&text::read(&bad, "default"), &bad, "default"));
        assert_eq!(session.export(), YAML);
    }
}
