//! A document changed in its author's own text: comments, order and style stay wherever nothing was changed.

use serde_json::{Map, Value};

use super::marks::{Below, Marks};
use super::{read, write};
use crate::api::Path;

/// The most single changes that are made in a text.
const MOST: usize = 40;

/// One difference between two documents.
enum Change<'v> {
    /// Another value.
    Set(Path, &'v Value),
    /// A field that was not there.
    Insert(Path, &'v str, &'v Value),
    /// A field that is not there any more.
    Remove(Path),
}

/// The text, which holds one document, changed such that it holds `target`. `None` where that takes more than changing
/// single values and lines.
pub fn rewrite(text: &str, target: &Value) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..MOST {
        let mut reading = read(&text, "default");
        let document = reading.documents.pop().filter(|_| reading.documents.is_empty())?;
        let Some(change) = difference(&document.value, target, &Path::ROOT) else { return Some(text) };
        let next = make(&text, &document.marks, &change)?;
        // A change that did not arrive would be made for ever.
        if next == text {
            return None;
        }
        text = next;
    }
    None
}

/// The first difference, those below a field before those of the next.
fn difference<'v>(have: &'v Value, want: &'v Value, path: &Path) -> Option<Change<'v>> {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => {
            if let Some(gone) = have.keys().find(|name| !want.contains_key(*name)) {
                return Some(Change::Remove(path.field(gone)));
            }
            want.iter().find_map(|(name, value)| match have.get(name) {
                Some(old) => difference(old, value, &path.field(name)),
                None => Some(Change::Insert(path.clone(), name, value)),
            })
        }
        (Value::Array(have), Value::Array(want)) if have.len() == want.len() => {
            have.iter().zip(want).zip(0..).find_map(|((old, new), at)| difference(old, new, &path.index(at)))
        }
        _ => (have != want).then(|| Change::Set(path.clone(), want)),
    }
}

fn make(text: &str, marks: &Marks, change: &Change) -> Option<String> {
    match change {
        Change::Set(path, value) => set(text, exact(marks, path)?, value),
        Change::Insert(path, name, value) => insert(text, exact(marks, path)?, name, value),
        Change::Remove(path) => remove(text, exact(marks, path)?),
    }
}

fn exact<'m>(marks: &'m Marks, path: &Path) -> Option<&'m Marks> {
    let (found, is_exact) = marks.find(path);
    is_exact.then_some(found)
}

fn set(text: &str, marks: &Marks, value: &Value) -> Option<String> {
    let place = marks.value;
    let is_flat =
        !matches!(value, Value::Object(_) | Value::Array(_)) && matches!(marks.below, Below::Nothing);
    let written = write([value]);
    let written = written.strip_suffix('\n')?;
    if !is_flat || place.line != place.end_line || written.contains('\n') {
        return None;
    }
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let line = lines.get_mut(place.line.checked_sub(1)? as usize)?;
    let (from, to) = (place.column.checked_sub(1)? as usize, place.end_column.checked_sub(1)? as usize);
    let before: String = line.chars().take(from).collect();
    let after: String = line.chars().skip(to).collect();
    *line = format!("{before}{written}{after}");
    Some(lines.join("\n"))
}

/// Puts a field behind the first one of an object in block style.
fn insert(text: &str, marks: &Marks, name: &str, value: &Value) -> Option<String> {
    let Below::Fields(fields) = &marks.below else { return None };
    let (_, first) = fields.first()?;
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = first.key.line.checked_sub(1)? as usize;
    let indent = first.key.column.checked_sub(1)? as usize;
    if !is_alone(lines.get(at)?, indent) {
        return None;
    }
    let flat = matches!(first.below, Below::Nothing) && first.value.end_line == first.key.line;
    let mut object = Map::new();
    object.insert(name.to_owned(), value.clone());
    let written = write([&Value::Object(object)]);
    let at = if flat { at + 1 } else { at };
    for (index, line) in written.lines().enumerate() {
        lines.insert((at + index).min(lines.len()), format!("{}{line}", " ".repeat(indent)));
    }
    Some(lines.join("\n"))
}

/// Takes the lines of a field away.
fn remove(text: &str, marks: &Marks) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').collect();
    let from = marks.key.line.checked_sub(1)? as usize;
    let mut to = marks.value.end_line.checked_sub(1)? as usize;
    // A value in block style ends at the beginning of the line behind it.
    if marks.value.end_column <= marks.key.column && to > from {
        to -= 1;
    }
    if !is_alone(lines.get(from)?, marks.key.column.checked_sub(1)? as usize) {
        return None;
    }
    let kept = lines.iter().enumerate().filter(|(index, _)| *index < from || *index > to);
    Some(kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n"))
}

/// Whether nothing but spaces stands before a column.
fn is_alone(line: &str, column: usize) -> bool {
    line.chars().take(column).all(|c| c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const TEXT: &str = "# who answers
apiVersion: v1
kind: Service
metadata:
  name: web # its name
spec:
  # which Pods
  selector:
    app: web
  ports:
  - port: 80 # for all
";

    /// Changes the document of [`TEXT`] and compares with the text in which `from` became `to`.
    fn check(change: impl Fn(&mut Value), from: &str, to: &str) {
        let mut value = read(TEXT, "default").documents[0].value.clone();
        change(&mut value);
        assert!(TEXT.contains(from));
        assert_eq!(rewrite(TEXT, &value).as_deref(), Some(TEXT.replacen(from, to, 1).as_str()));
    }

    #[test]
    fn single_values_change_in_their_place() {
        check(|_| {}, "", "");
        check(|value| value["spec"]["ports"][0]["port"] = json!(81), "port: 80 #", "port: 81 #");
        check(|value| value["spec"]["selector"]["app"] = json!("1"), "app: web", "app: \"1\"");
    }

    #[test]
    fn new_fields_get_lines_of_their_own() {
        check(
            |value| value["metadata"]["namespace"] = json!("shop"),
            "name: web # its name\n",
            "name: web # its name\n  namespace: shop\n",
        );
        check(
            |value| value["metadata"]["annotations"] = json!({"a/b": "1,2"}),
            "name: web # its name\n",
            "name: web # its name\n  annotations:\n    a/b: 1,2\n",
        );
    }

    #[test]
    fn fields_that_are_gone_take_their_lines_along() {
        check(
            |value| drop(value["spec"].as_object_mut().unwrap().shift_remove("selector")),
            "  selector:\n    app: web\n",
            "",
        );
    }

    #[test]
    fn lists_of_another_length_are_not_changed_in_place() {
        let mut value = read(TEXT, "default").documents[0].value.clone();
        value["spec"]["ports"] = json!([]);
        assert_eq!(rewrite(TEXT, &value), None);
    }

    proptest! {
        #[test]
        fn what_comes_out_is_always_the_target(
            name in "[a-z#: ]{0,8}", port in 0u16..100, key in "[a-z/.]{1,6}", remove in any::<bool>()
        ) {
            let mut value = read(TEXT, "default").documents[0].value.clone();
            value["spec"]["selector"][key.as_str()] = json!(name);
            value["spec"]["ports"][0]["targetPort"] = json!(port);
            if remove {
                value["spec"].as_object_mut().unwrap().shift_remove("selector");
            }
            if let Some(text) = rewrite(TEXT, &value) {
                let back = &read(&text, "default").documents[0].value;
                prop_assert_eq!(back, &value);
            }
        }
    }
}
