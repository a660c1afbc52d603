//! What the API server says to the objects of a text, at the places that it speaks of.

use super::{Fate, ObjectFate};
use crate::api::text::{Document, Reading};
use crate::api::{Path, Problem};

/// What the API server refuses of a text whose documents would have these fates: one problem for each field that it
/// names, or for the object.
pub fn refusals(reading: &Reading, fates: &[ObjectFate]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for ObjectFate { key, fate } in fates {
        let Fate::Rejected(why) = fate else { continue };
        // Of two documents for one object the last one counts; both are refused for the same.
        let document = reading.documents.iter().rfind(|document| document.key == *key);
        let whole = || Problem::error(why.to_string()).object(key.clone());
        let Some(document) = document else {
            problems.push(whole());
            continue;
        };
        let name = Path::from_iter(["metadata", "name"]);
        if why.causes.is_empty() {
            problems.push(whole().at(document.marks.value_place(&name)));
        }
        for cause in &why.causes {
            let at = cause.field.clone();
            let problem = Problem::error(cause.to_string()).object(key.clone()).path(&at);
            let path = Path::parse(&at).unwrap_or_default();
            problems.push(problem.at(place(document, &path, &name)));
        }
    }
    problems
}

/// Where to point for what is said about `path`: the value, or for a whole object or list the key that opens it.
fn place(document: &Document, path: &Path, name: &Path) -> crate::api::problem::Place {
    let marks = &document.marks;
    let (found, exact) = marks.find(path);
    if path.0.is_empty() || (!exact && found.key == marks.key) {
        return marks.value_place(name);
    }
    if exact && found.value.line == found.value.end_line { found.value } else { found.key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::text;
    use crate::session::{Command, Session};

    /// `expected` is line, column and the beginning of the message of each problem.
    fn check(yaml: &str, expected: &[(u32, u32, &str)]) {
        let session = Session::new(1);
        let reading = text::read(yaml, "default");
        let documents = reading.documents.iter().map(|it| it.value.clone()).collect();
        let fates = session.rehearse(&Command::Apply { documents, namespace: "default".to_owned() });
        let found = refusals(&reading, &fates);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (problem, (line, column, message)) in found.iter().zip(expected) {
            let place = problem.place.unwrap();
            assert_eq!((place.line, place.column), (*line, *column), "{problem:?}");
            assert!(problem.message.starts_with(message), "{problem:?}");
        }
    }

    #[test]
    fn each_field_that_is_refused_is_pointed_at() {
        check(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  type: Nonsense\n  ports:\n  - {port: 99999, targetPort: 80}\n",
            &[(8, 12, "spec.ports[0].port: Invalid value: 99999"), (6, 9, "spec.type: Unsupported value")],
        );
    }

    #[test]
    fn a_missing_field_is_told_at_what_should_hold_it() {
        check(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  type: ClusterIP\n",
            &[(5, 1, "spec.ports: Required value")],
        );
    }

    #[test]
    fn what_concerns_the_object_is_told_at_its_name() {
        check(
            "kind: Pod\napiVersion: v1\nmetadata:\n  name: a\n  namespace: nowhere\nspec:\n  containers:\n  - {name: a, image: b}\n",
            &[(4, 9, "namespaces \"nowhere\" not found")],
        );
    }
}
