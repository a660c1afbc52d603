//! Text to objects with problems, and objects back to text.

pub mod cursor;
pub mod line_diff;
pub mod marks;
mod merge;
pub mod scalar;

mod rewrite;
mod served;
mod split;
mod write;
mod yaml;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::decode::{self, Finding, Oddity};
use super::nearest::nearest;
use super::problem::{Place, Problem, Severity};
use super::{Kind, Live, ObjectKey, Path};
pub use line_diff::line_diff;
use marks::{Below, Marks};
pub use merge::merge;
pub use rewrite::rewrite;
pub use write::write;

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 5_000_000;

/// The most problems that are told of one text.
const MAX_PROBLEMS: usize = 500;

/// One object of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The object as its author wrote it, in the author's key order. An item of a typed list that names no apiVersion
    /// and kind has those that the list tells.
    pub value: Value,
    /// Kind, namespace and name; without a namespace of its own the object is in the default one.
    pub key: ObjectKey,
    /// The object as the API server reads it.
    pub live: Live,
    /// Where everything in `value` stands in the text.
    pub marks: Marks,
    /// The part of the text that is this document, where that tells more than `value`: where it has comments.
    pub text: Option<Arc<str>>,
}

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The objects that could be read, in the order of the text.
    pub documents: Vec<Document>,
    /// What is wrong, in the order of the text. An object with an error is not among the documents.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// Whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

// Models staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go StreamVisitor.Visit
/// Reads YAML or JSON: many documents, lists of objects, comments, anchors. What can not be read is told among the
/// problems and keeps nothing else from being read. Objects of namespaced kinds that name no namespace are in
/// `default_namespace`.
pub fn read(text: &str, default_namespace: &str) -> Reading {
    let mut reading = Reading::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_BYTES {
        let size = text.len().div_ceil(100_000);
        let message = format!(
            "the text has {}.{} MB; at most {} MB are read",
            size / 10,
            size % 10,
            MAX_BYTES / 1_000_000
        );
        reading.problems.push(Problem::error(message).at(Place::at(1, 1)).hint("Read it in parts."));
        return reading;
    }
    let mut budget = yaml::Budget::default();
    for chunk in split::documents(text, &mut reading.problems) {
        if budget.is_spent() || reading.problems.len() > MAX_PROBLEMS {
            break;
        }
        let found = yaml::parse(&chunk, &mut budget, &mut reading.problems);
        let is_one = found.len() == 1 && chunk.first_column == 0;
        let text = (is_one && chunk.text.contains('#')).then(|| own_text(&chunk.text));
        for (value, marks) in found {
            add(value, marks, text.as_ref(), default_namespace, &mut reading);
        }
    }
    reading.problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    if let Some(problem) = reading.problems.get(MAX_PROBLEMS) {
        let message = format!("more than {MAX_PROBLEMS} problems; the others are not shown");
        let last = Problem { message, path: None, object: None, hint: None, ..problem.clone() };
        reading.problems.truncate(MAX_PROBLEMS);
        reading.problems.push(Problem { severity: Severity::Error, ..last });
    }
    reading
}

/// A document's text without blank lines around it.
fn own_text(text: &str) -> Arc<str> {
    let text = text.trim_end();
    let text = text.trim_start_matches(['\n', '\r']);
    format!("{text}\n").into()
}

/// Adds an object, or the objects of a list.
fn add(value: Value, marks: Marks, text: Option<&Arc<str>>, default_namespace: &str, reading: &mut Reading) {
    if value.is_null() || reading.problems.len() > MAX_PROBLEMS {
        return;
    }
    match object(value, &marks) {
        Ok(Found::List { api_version, item_kind, items, marks }) => {
            for (mut item, marks) in items.into_iter().zip(marks) {
                name_type(&mut item, &api_version, &item_kind);
                add(item, marks, None, default_namespace, reading);
            }
        }
        Ok(Found::Object { kind, value }) => {
            let (document, problems) = document(kind, value, marks, default_namespace);
            reading.problems.extend(problems);
            reading.documents.extend(document.map(|document| Document { text: text.cloned(), ..document }));
        }
        Err(problem) => reading.problems.push(problem),
    }
}

enum Found {
    Object { kind: Kind, value: Value },
    List { api_version: String, item_kind: String, items: Vec<Value>, marks: Vec<Marks> },
}

// Models kubectl/pkg/util/openapi/validation/validation.go GetObjectKind, then
// apimachinery/pkg/apis/meta/v1/unstructured/helpers.go unstructuredJSONScheme.decode
/// Tells an object from a list; the error is about a missing or odd apiVersion and kind.
fn object(value: Value, marks: &Marks) -> Result<Found, Problem> {
    let Value::Object(mut map) = value else {
        return Err(Problem::error("error validating data: invalid object to validate")
            .at(marks.value)
            .hint("Write an object: apiVersion, kind, metadata and so on."));
    };
    let mut missing = Vec::new();
    let mut at = marks.key;
    for field in ["apiVersion", "kind"] {
        match map.get(field) {
            None | Some(Value::Null) => missing.push(format!("{field} not set")),
            Some(Value::String(_)) => {}
            Some(_) => {
                missing.push(format!("{field} isn't string type"));
                at = marks.value_place(&Path::from_iter([field]));
            }
        }
    }
    if !missing.is_empty() {
        let list = missing.join(", ");
        let list = if missing.len() > 1 { format!("[{list}]") } else { list };
        return Err(Problem::error(format!("error validating data: {list}")).at(first_line(at)).hint(
            "Every object starts with its apiVersion and kind, such as \"apiVersion: v1\" and \"kind: Pod\".",
        ));
    }
    let text = |field: &str| map.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    for (field, shown, value) in [("apiVersion", "apiVersion", &api_version), ("kind", "Kind", &kind)] {
        if value.is_empty() {
            let path = Path::from_iter([field]);
            return Err(Problem::error(format!("Object '{shown}' is missing in '{}'", shorten(&map)))
                .at(marks.value_place(&path))
                .path(path)
                .hint(format!("Write the object's {field}.")));
        }
    }
    if api_version.matches('/').count() > 1 {
        let path = Path::from_iter(["apiVersion"]);
        return Err(Problem::error(format!(
            "error validating data: unexpected GroupVersion string: {api_version}"
        ))
        .at(marks.value_place(&path))
        .path(path)
        .hint("Write a group and a version, such as \"apps/v1\", or \"v1\"."));
    }
    if let (Some(item_kind), Some(items)) = (kind.strip_suffix("List"), map.get_mut("items")) {
        let items = match items.take() {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            _ => {
                let path = Path::from_iter(["items"]);
                return Err(Problem::error(format!("the items of a {kind} are not a list"))
                    .at(marks.value_place(&path))
                    .path(path)
                    .hint("Write one object per item, each starting with \"- \"."));
            }
        };
        let below = match &marks.find(&Path::from_iter(["items"])).0.below {
            Below::Items(below) => below.clone(),
            Below::Nothing | Below::Fields(_) => Vec::new(),
        };
        return Ok(Found::List { api_version, item_kind: item_kind.to_owned(), items, marks: below });
    }
    Ok(Found::Object { kind: Kind::from_api(&api_version, &kind), value: Value::Object(map) })
}

/// Gives an item of a typed list the type that the list tells, unless it names one itself.
fn name_type(item: &mut Value, api_version: &str, item_kind: &str) {
    let Value::Object(map) = item else { return };
    let names = |field: &str| map.get(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if item_kind.is_empty() || names("apiVersion") || names("kind") {
        return;
    }
    let mut typed = Map::new();
    typed.insert("apiVersion".to_owned(), api_version.into());
    typed.insert("kind".to_owned(), item_kind.into());
    map.shift_remove("apiVersion");
    map.shift_remove("kind");
    typed.append(map);
    *map = typed;
}

/// Reads one object. It is `None` if any problem is an error.
fn document(
    kind: Kind,
    value: Value,
    marks: Marks,
    default_namespace: &str,
) -> (Option<Document>, Vec<Problem>) {
    let key = match object_key(&kind, &value, &marks, default_namespace) {
        Ok(key) => key,
        Err(problem) => return (None, vec![problem]),
    };
    let mut problems = Vec::new();
    if let Kind::Other(other) = &kind {
        problems.extend(served::no_match(&other.api_version, &other.kind).map(|problem| {
            let path = Path::from_iter(["apiVersion"]);
            problem.at(marks.value_place(&path)).path(path)
        }));
    }
    let (live, findings) = Live::decode(&kind, &value);
    let is_refused = findings.iter().any(|finding| matches!(finding.what, Oddity::Refused { .. }));
    problems.extend(findings.into_iter().take(MAX_PROBLEMS + 1).map(|finding| tell(finding, &marks)));
    for problem in &mut problems {
        problem.object = Some(key.clone());
    }
    ((!is_refused).then_some(Document { value, key, live, marks, text: None }), problems)
}

/// The name of an object, or what is wrong with it.
fn object_key(
    kind: &Kind,
    value: &Value,
    marks: &Marks,
    default_namespace: &str,
) -> Result<ObjectKey, Problem> {
    let metadata = value.get("metadata").unwrap_or(&Value::Null);
    let text = |field: &str| match metadata.get(field) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => {
            let (found, hint) = match other {
                Value::Number(_) => ("number", decode::STRING),
                Value::Bool(_) => ("bool", decode::STRING_NOT_BOOLEAN),
                Value::Array(_) => ("array", decode::STRING_WANTED),
                _ => ("object", decode::STRING_WANTED),
            };
            let path = Path::from_iter(["metadata", field]);
            let message = format!(
                "json: cannot unmarshal {found} into Go struct field ObjectMeta.metadata.{field} of type string"
            );
            Err(Problem::error(message).at(marks.value_place(&path)).path(path).hint(hint))
        }
    };
    let (name, namespace, generate) = (text("name")?, text("namespace")?, text("generateName")?);
    if name.is_empty() {
        let path = Path::from_iter(["metadata", "name"]);
        let message = match generate {
            "" => "resource name may not be empty".to_owned(),
            prefix => format!("from {prefix}: cannot use generate name with apply"),
        };
        let place = first_line(marks.value_place(&path));
        return Err(Problem::error(message)
            .at(place)
            .path(path)
            .hint("Give the object a name: metadata.name."));
    }
    let namespace = match (kind.is_namespaced(), namespace) {
        (false, _) => "",
        (true, "") => default_namespace,
        (true, namespace) => namespace,
    };
    Ok(ObjectKey::new(kind.clone(), namespace, name))
}

/// Puts what the decoder found into words.
fn tell(finding: Finding, marks: &Marks) -> Problem {
    let path = finding.path;
    match finding.what {
        Oddity::UnknownField { siblings } => {
            let field = match path.0.last() {
                Some(super::path::Segment::Field(name)) => name.as_str(),
                _ => "",
            };
            let near = nearest(field, siblings.iter().copied());
            let hint = match near {
                Some(near) => format!("Did you mean {near}?"),
                None => {
                    "Kubernetes has no such field here: it has no effect. Check its spelling and indentation."
                        .to_owned()
                }
            };
            let problem = Problem::warning(format!("strict decoding error: unknown field \"{path}\""))
                .at(marks.key_place(&path))
                .path(&path)
                .hint(hint);
            // Renamed onto a field that is there, it would stand twice.
            match near.filter(|near| !marks.find(&path.beside(near)).1) {
                Some(near) => problem.instead(near),
                None => problem,
            }
        }
        Oddity::Refused { message, wanted } => {
            let problem = Problem::error(message).at(marks.value_place(&path)).path(&path);
            if wanted.is_empty() { problem } else { problem.hint(wanted) }
        }
    }
}

/// The part of a stretch that is on its first line, so that a whole object is not underlined.
fn first_line(place: Place) -> Place {
    if place.end_line == place.line { place } else { Place::at(place.line, place.column) }
}

/// An object as JSON, cut after 200 characters.
fn shorten(map: &Map<String, Value>) -> String {
    let mut text = serde_json::to_string(map).unwrap_or_default();
    if let Some((end, _)) = text.char_indices().nth(200) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests;
