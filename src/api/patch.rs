//! Edits in documents: what the canvas and the forms change is changed in the author's text, and nothing else is.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use super::path::{Path, PathError, Segment};

/// One change of a document.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub path: Path,
    /// What shall stand there; `None` removes what does. (`null` is a value: it is told from none in recordings too.)
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub value: Option<Value>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Edit {
    /// The edit that puts a value at a path.
    pub fn set(path: Path, value: impl Into<Value>) -> Edit {
        Edit { path, value: Some(value.into()) }
    }

    /// The edit that removes what stands at a path.
    pub fn remove(path: Path) -> Edit {
        Edit { path, value: None }
    }
}

/// An edit does not fit its document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchError {
    /// The value that is in the way.
    pub path: Path,
    /// What is wrong with it, one sentence.
    pub message: String,
}

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.0.is_empty() {
            true => f.write_str(&self.message),
            false => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

impl std::error::Error for PatchError {}

/// Maps that mean the same empty as absent, so that none is left empty: maps with free keys, and objects that the API
/// always has. Other objects mean something when they are empty: a pod selector selects every Pod then.
const TIDIED: [&str; 16] = [
    "allocatable",
    "annotations",
    "binaryData",
    "capacity",
    "data",
    "labels",
    "limits",
    "matchLabels",
    "metadata",
    "nodeAffinity",
    "nodeSelector",
    "options",
    "requests",
    "resources",
    "selector",
    "stringData",
];

/// Applies edits in their order: all of them, or on an error none.
///
/// Setting creates the maps and lists above that are missing; a new item may only follow the last one of its list, and
/// a new key follows the others of its map. Removing what is not there changes nothing. A list or a map with free
/// keys (such as `labels`) that a removal leaves empty is removed too.
pub fn apply(value: &mut Value, edits: &[Edit]) -> Result<(), PatchError> {
    let before = value.clone();
    for edit in edits {
        let done = match &edit.value {
            Some(new) => set(value, &edit.path, new),
            None => remove(value, &edit.path),
        };
        if let Err(error) = done {
            *value = before;
            return Err(error);
        }
    }
    Ok(())
}

fn set(root: &mut Value, path: &Path, new: &Value) -> Result<(), PatchError> {
    let mut here = root;
    for (depth, segment) in path.0.iter().enumerate() {
        let refuse = |message: String| PatchError { path: above(path, depth), message };
        match (segment, &mut *here) {
            (Segment::Field(_), Value::Null) => *here = Value::Object(Map::new()),
            (Segment::Index(_), Value::Null) => *here = Value::Array(Vec::new()),
            _ => {}
        }
        here = match (segment, here) {
            (Segment::Field(name), Value::Object(map)) => map.entry(name.as_str()).or_insert(Value::Null),
            (Segment::Index(index), Value::Array(items)) => {
                let (index, length) = (*index as usize, items.len());
                if index == length {
                    items.push(Value::Null);
                }
                items.get_mut(index).ok_or_else(|| {
                    refuse(format!("the list has {length} items, so number {index} can not be set."))
                })?
            }
            (Segment::Field(name), other) => {
                return Err(refuse(format!("there is {}, which has no field {name}.", what(other))));
            }
            (Segment::Index(index), other) => {
                return Err(refuse(format!("there is {}, which has no item {index}.", what(other))));
            }
        };
    }
    *here = new.clone();
    Ok(())
}

fn remove(root: &mut Value, path: &Path) -> Result<(), PatchError> {
    let mut depth = path.0.len();
    if depth == 0 {
        return Err(PatchError {
            path: Path::ROOT,
            message: "the document itself can not be removed by an edit.".to_owned(),
        });
    }
    // From the value upwards, as long as the removal leaves something empty that means nothing empty.
    while let Some((last, parents)) = path.0.get(..depth).and_then(<[Segment]>::split_last) {
        let Some(parent) = get_mut(root, parents) else { return Ok(()) };
        let removed = match (last, &mut *parent) {
            (Segment::Field(name), Value::Object(map)) => map.shift_remove(name).is_some(),
            (Segment::Index(index), Value::Array(items)) if (*index as usize) < items.len() => {
                items.remove(*index as usize);
                true
            }
            _ => false,
        };
        let name = match parents.last() {
            Some(Segment::Field(name)) => name.as_str(),
            Some(Segment::Index(_)) | None => return Ok(()),
        };
        let is_idle = match parent {
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty() && TIDIED.contains(&name),
            _ => false,
        };
        if !removed || !is_idle {
            return Ok(());
        }
        depth -= 1;
    }
    Ok(())
}

fn get_mut<'v>(root: &'v mut Value, segments: &[Segment]) -> Option<&'v mut Value> {
    segments.iter().try_fold(root, |value, segment| match (segment, value) {
        (Segment::Field(name), Value::Object(map)) => map.get_mut(name),
        (Segment::Index(index), Value::Array(items)) => items.get_mut(*index as usize),
        _ => None,
    })
}

fn above(path: &Path, depth: usize) -> Path {
    Path(path.0.iter().take(depth).cloned().collect())
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// The edits that make `new` of `old`: as few values as can be, so that all else stays as its author wrote it. They
/// do not carry the order of keys. A list with new items anywhere but at its end is set as a whole.
pub fn diff(old: &Value, new: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    compare(old, new, &mut Path::default(), &mut edits);
    edits
}

fn compare(old: &Value, new: &Value, path: &mut Path, edits: &mut Vec<Edit>) {
    match (old, new) {
        _ if old == new => {}
        // A removal may tidy up what it leaves empty: what shall stay empty is set.
        (Value::Object(old), Value::Object(new)) if !new.is_empty() => {
            // Values are set before others are removed, so that the map is never empty in between.
            for (name, new) in new {
                path.0.push(Segment::Field(name.clone()));
                match old.get(name) {
                    Some(old) => compare(old, new, path, edits),
                    None => edits.push(Edit::set(path.clone(), new.clone())),
                }
                path.0.pop();
            }
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            edits.extend(gone.map(|name| Edit::remove(path.field(name))));
        }
        (Value::Array(old), Value::Array(new_items)) if !new_items.is_empty() => {
            if !compare_items(old, new_items, path, edits) {
                edits.push(Edit::set(path.clone(), new.clone()));
            }
        }
        _ => edits.push(Edit::set(path.clone(), new.clone())),
    }
}

/// The edits of a list; `false` if it has to be set as a whole.
fn compare_items(old: &[Value], new: &[Value], path: &mut Path, edits: &mut Vec<Edit>) -> bool {
    let same = |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| pairs.take_while(|(a, b)| a == b).count();
    let start = same(&mut old.iter().zip(new));
    let shorter = old.len().min(new.len());
    let end = same(&mut old.iter().rev().zip(new.iter().rev())).min(shorter - start.min(shorter));
    let (old_middle, new_middle) = (old.len() - start - end, new.len() - start - end);
    let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    if old_middle == new_middle {
        for (place, (old, new)) in old.iter().zip(new).enumerate() {
            path.0.push(Segment::Index(index(place)));
            compare(old, new, path, edits);
            path.0.pop();
        }
    } else if new_middle == 0 {
        edits.extend((start..start + old_middle).rev().map(|place| Edit::remove(path.index(index(place)))));
    } else if old_middle == 0 && end == 0 {
        edits.extend(
            new.iter()
                .enumerate()
                .skip(start)
                .map(|(place, item)| Edit::set(path.index(index(place)), item.clone())),
        );
    } else {
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(path: &str) -> Path {
        Path::parse(path).unwrap()
    }

    fn check(value: Value, edits: &[Edit], expected: Value) {
        let mut edited = value;
        apply(&mut edited, edits).unwrap();
        assert_eq!(edited.to_string(), expected.to_string());
    }

    fn check_error(value: Value, edit: Edit, expected: &str) {
        let mut edited = value.clone();
        let added = Edit::set(at("added"), 1);
        assert_eq!(apply(&mut edited, &[added, edit]).unwrap_err().to_string(), expected);
        assert_eq!(edited, value);
    }

    #[test]
    fn setting_keeps_the_order_and_creates_what_is_missing() {
        check(json!({"b": 1, "a": 2}), &[Edit::set(at("b"), 3)], json!({"b": 3, "a": 2}));
        check(
            json!({"kind": "Service"}),
            &[
                Edit::set(at("metadata.labels[app.kubernetes.io/name]"), "web"),
                Edit::set(at("spec.ports[0].port"), 80),
            ],
            json!({
                "kind": "Service", "metadata": {"labels": {"app.kubernetes.io/name": "web"}}, "spec": {"ports": [{"port": 80}]},
            }),
        );
        check(json!({"a": null}), &[Edit::set(at("a[0]"), json!(null))], json!({"a": [null]}));
        check(json!(1), &[Edit::set(Path::ROOT, 2)], json!(2));
    }

    #[test]
    fn removing_keeps_the_order_and_leaves_no_empty_labels() {
        check(json!({"a": 1, "b": 2, "c": 3}), &[Edit::remove(at("a"))], json!({"b": 2, "c": 3}));
        check(
            json!({"metadata": {"name": "web", "labels": {"app": "web"}}}),
            &[Edit::remove(at("metadata.labels.app"))],
            json!({"metadata": {"name": "web"}}),
        );
        check(
            json!({"spec": {"type": "x", "ports": [1]}}),
            &[Edit::remove(at("spec.ports[0]"))],
            json!({"spec": {"type": "x"}}),
        );
        check(
            json!({"a": [1]}),
            &[Edit::remove(at("b.c")), Edit::remove(at("a[7]")), Edit::remove(at("a.b"))],
            json!({"a": [1]}),
        );
    }

    #[test]
    fn an_empty_selector_of_pods_stays_because_it_selects_every_pod() {
        check(
            json!({"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}),
            &[Edit::remove(at("from[0].podSelector.matchLabels.app"))],
            json!({"from": [{"podSelector": {}}]}),
        );
    }

    #[test]
    fn edits_that_do_not_fit_change_nothing() {
        let value = json!({"a": [1], "s": "x"});
        check_error(
            value.clone(),
            Edit::set(at("a[2]"), 1),
            "a: the list has 1 items, so number 2 can not be set.",
        );
        check_error(value.clone(), Edit::set(at("s.x.y"), 1), "s: there is a string, which has no field x.");
        check_error(value.clone(), Edit::set(at("s[0]"), 1), "s: there is a string, which has no item 0.");
        check_error(value.clone(), Edit::set(at("[0]"), 1), "there is a map, which has no item 0.");
        check_error(value, Edit::remove(Path::ROOT), "the document itself can not be removed by an edit.");
    }

    #[test]
    fn edits_come_back_from_json() {
        for (edit, expected) in [
            (Edit::set(at("a.b[0]"), json!(null)), r#"{"path":"a.b[0]","value":null}"#),
            (Edit::set(at("a"), json!({"b": 1})), r#"{"path":"a","value":{"b":1}}"#),
            (Edit::remove(at("a[x/y]")), r#"{"path":"a[x/y]"}"#),
        ] {
            let text = serde_json::to_string(&edit).unwrap();
            assert_eq!(text, expected);
            assert_eq!(serde_json::from_str::<Edit>(&text).unwrap(), edit);
        }
    }

    #[test]
    fn differences_are_small() {
        let check = |old: Value, new: Value, expected: &[Edit]| assert_eq!(diff(&old, &new), expected);
        check(json!({"a": 1}), json!({"a": 1}), &[]);
        check(
            json!({"spec": {"replicas": 1, "x": 1}}),
            json!({"spec": {"replicas": 2, "y": 1}}),
            &[Edit::set(at("spec.replicas"), 2), Edit::set(at("spec.y"), 1), Edit::remove(at("spec.x"))],
        );
        check(
            json!({"p": [{"a": 1}, {"a": 2}]}),
            json!({"p": [{"a": 1}, {"a": 3}]}),
            &[Edit::set(at("p[1].a"), 3)],
        );
        check(json!([1, 2, 3, 4]), json!([1, 4]), &[Edit::remove(at("[2]")), Edit::remove(at("[1]"))]);
        check(json!([1]), json!([1, 2, 3]), &[Edit::set(at("[1]"), 2), Edit::set(at("[2]"), 3)]);
        check(json!([1, 2]), json!([0, 1, 2]), &[Edit::set(Path::ROOT, json!([0, 1, 2]))]);
        check(json!({"labels": {"a": 1}}), json!({"labels": {}}), &[Edit::set(at("labels"), json!({}))]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(json!(null)), (0..3i32).prop_map(Value::from), Just(json!("x"))];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(
                    (prop::sample::select(vec!["labels", "a", "b/c", "metadata"]), inner),
                    0..4
                )
                .prop_map(|entries| Value::Object(
                    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                )),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn the_difference_leads_from_one_to_the_other(old in any_value(), new in any_value()) {
            let mut edited = old.clone();
            apply(&mut edited, &diff(&old, &new)).unwrap();
            prop_assert_eq!(edited, new);
        }
    }
}
