//! YAML to JSON values with marks, as kubectl converts it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::MAX_PROBLEMS;
use super::marks::{Below, Marks};
use super::scalar::Scalar;
use super::split::Chunk;
use crate::api::problem::{Place, Problem};

/// How deep lists and maps may stand in one another: as deep as recordings can be read back.
pub const MAX_DEPTH: usize = 100;
/// How many values a text may hold.
const MAX_VALUES: usize = 500_000;
/// How many bytes anchors and aliases may copy, all in all.
const MAX_COPIED: usize = 16 << 20;

/// What may still be read of one text.
pub struct Budget {
    values: usize,
    copied: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { values: MAX_VALUES, copied: MAX_COPIED }
    }
}

impl Budget {
    /// Whether nothing more may be read.
    pub fn is_spent(&self) -> bool {
        self.values == 0 || self.copied == 0
    }

    fn spend_value(&mut self, place: Place) -> Result<(), Problem> {
        self.values = self.values.saturating_sub(1);
        if self.values > 0 {
            return Ok(());
        }
        Err(Problem::error(format!("the text holds more than {MAX_VALUES} values"))
            .at(place)
            .hint("Read it in parts."))
    }

    fn spend_copy(&mut self, value: &Value, place: Place) -> Result<(), Problem> {
        self.copied = self.copied.saturating_sub(cost(value));
        if self.copied > 0 {
            return Ok(());
        }
        Err(Problem::error("error converting YAML to JSON: yaml: document contains excessive aliasing")
            .at(place)
            .hint("Write the values out instead of using aliases of aliases."))
    }
}

/// Reads the YAML documents of a text. A document with an error is left out;
/// after a syntax error nothing more can be read.
///
/// Models sigs.k8s.io/yaml YAMLToJSONStrict: keys become strings, unquoted words mean what YAML 1.1 says, a key that
/// comes twice is an error, and of two values of a key that `<<` brings the later one in the text counts.
pub fn parse(chunk: &Chunk<'_>, budget: &mut Budget, problems: &mut Vec<Problem>) -> Vec<(Value, Marks)> {
    let mut builder = Builder::new(chunk, budget);
    let mut parser = Parser::new_from_str(&chunk.text);
    while let Some(event) = parser.next_event() {
        let read = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => {
                let place = builder.at(error.marker());
                Err(syntax_error(error.info(), chunk, place))
            }
        };
        let is_broken = read.is_err();
        builder.problems.extend(read.err());
        if is_broken || builder.problems.len() > MAX_PROBLEMS {
            break;
        }
    }
    problems.append(&mut builder.problems);
    builder.documents
}

/// A syntax error in go-yaml's form, with what to do about the common ones.
fn syntax_error(info: &str, chunk: &Chunk<'_>, place: Place) -> Problem {
    let problem =
        Problem::error(format!("error converting YAML to JSON: yaml: line {}: {info}", place.line)).at(place);
    let index = place.line.saturating_sub(chunk.first_line) as usize;
    let mut near = chunk.text.lines().skip(index.saturating_sub(1)).take(2);
    let with_tab = near.any(|line| line.trim_start_matches(' ').starts_with('\t')) || info.contains("tab");
    if with_tab {
        problem.hint("Indent with spaces: YAML takes no tabs.")
    } else if info.contains("mapping values are not allowed") || info.contains("did not find expected key") {
        problem.hint("Check the indentation, and put values that hold \": \" in quotes.")
    } else if info.contains("simple key") {
        problem.hint("Write \"key: value\", with a space after the colon.")
    } else {
        problem
    }
}

/// A list or map whose end has not come yet.
struct Open {
    anchor: usize,
    place: Place,
    kind: OpenKind,
}

enum OpenKind {
    List {
        items: Vec<Value>,
        marks: Vec<Marks>,
    },
    Map {
        map: Map<String, Value>,
        marks: IndexMap<String, Marks>,
        merged: BTreeSet<String>,
        key: Option<Key>,
    },
}

/// A key whose value has not come yet.
enum Key {
    Name(String, Place),
    Merge(Place),
    /// A key that was refused; its value is dropped.
    Bad,
}

struct Builder<'b> {
    budget: &'b mut Budget,
    first_line: u32,
    first_column: u32,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, Marks)>,
    root: Option<(Value, Marks)>,
    /// How many problems there were when the present document began.
    problems_before: usize,
    problems: Vec<Problem>,
    documents: Vec<(Value, Marks)>,
}

impl<'b> Builder<'b> {
    fn new(chunk: &Chunk<'_>, budget: &'b mut Budget) -> Builder<'b> {
        Builder {
            budget,
            first_line: chunk.first_line,
            first_column: chunk.first_column,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            problems_before: 0,
            problems: Vec::new(),
            documents: Vec::new(),
        }
    }

    fn at(&self, marker: &saphyr_parser::Marker) -> Place {
        let line = u32::try_from(marker.line()).unwrap_or(u32::MAX).max(1);
        let before = if line == 1 { self.first_column } else { 0 };
        let column = u32::try_from(marker.col()).unwrap_or(u32::MAX).saturating_add(1).saturating_add(before);
        Place::at(line.saturating_add(self.first_line).saturating_sub(1), column)
    }

    fn place(&self, span: Span) -> Place {
        let (start, end) = (self.at(&span.start), self.at(&span.end));
        Place { end_line: end.line, end_column: end.column, ..start }
    }

    /// One step of the parser; an error ends the reading of this text.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let place = self.place(span);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            Event::DocumentStart(_) => {
                self.problems_before = self.problems.len();
                self.anchors.clear();
            }
            Event::DocumentEnd => {
                let root = self.root.take();
                if self.problems.len() == self.problems_before {
                    self.documents.extend(root);
                }
            }
            Event::SequenceStart(anchor, _) => {
                self.push(anchor, place, OpenKind::List { items: Vec::new(), marks: Vec::new() })?;
            }
            Event::MappingStart(anchor, _) => {
                let kind = OpenKind::Map {
                    map: Map::new(),
                    marks: IndexMap::new(),
                    merged: BTreeSet::new(),
                    key: None,
                };
                self.push(anchor, place, kind)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => self.alias(anchor, place)?,
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), place)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, anchor: usize, place: Place, kind: OpenKind) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Problem::error(format!(
                "exceeded max depth: values are nested more than {MAX_DEPTH} deep"
            ))
            .at(place)
            .hint("Nest lists and maps less deeply."));
        }
        self.open.push(Open { anchor, place, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let (value, below, last) = match open.kind {
            OpenKind::List { items, marks } => {
                let last = marks.last().map(|marks| marks.value);
                (Value::Array(items), Below::Items(marks), last)
            }
            OpenKind::Map { map, marks, .. } => {
                let last = marks.last().map(|(_, marks)| marks.value);
                (Value::Object(map), Below::Fields(marks), last)
            }
        };
        // The parser ends a collection where the next thing starts; people see its end behind its last value.
        let end = last.unwrap_or(open.place);
        let place = Place { end_line: end.end_line, end_column: end.end_column, ..open.place };
        self.insert(value, Marks { key: place, value: place, below }, open.anchor)
    }

    /// Notes an error that does not end the reading; the document is left out.
    fn refuse(&mut self, message: String, place: Place, hint: &str) {
        self.problems
            .push(Problem::error(format!("error converting YAML to JSON: {message}")).at(place).hint(hint));
    }

    fn is_key_next(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: Place,
    ) -> Result<(), Problem> {
        let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
        let plain = style == ScalarStyle::Plain && tag.is_none();
        if self.is_key_next() && ((plain && text == "<<") || core == Some("merge")) {
            self.set_key(Key::Merge(place));
            return Ok(());
        }
        let scalar = match core {
            None if plain => Scalar::of(text),
            Some("int" | "float" | "bool" | "null" | "timestamp") => Scalar::of(text),
            _ => Scalar::Text,
        };
        if let Some(tag) = core
            && !fits(tag, scalar)
        {
            let found = type_tag(scalar);
            let message = format!("yaml: cannot decode !!{found} `{text}` as a !!{tag}");
            self.refuse(message, place, "Remove the tag, or write a value of its type.");
        }
        let decoded = (core == Some("binary")).then(|| {
            let text: String = text.split_ascii_whitespace().collect();
            base64::engine::general_purpose::STANDARD.decode(text)
        });
        let decoded = match decoded {
            Some(Ok(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Some(Err(_)) => {
                let message = "yaml: !!binary value contains invalid base64 data".to_owned();
                self.refuse(message, place, "Write base64, or remove the tag.");
                None
            }
            None => None,
        };
        let text = decoded.as_deref().unwrap_or(text);
        let value = match self.is_key_next() {
            // What a key is anchored as is its value, not its text.
            true if anchor == 0 => {
                match scalar.to_key(text) {
                    Some(name) => self.set_key(Key::Name(name, place)),
                    None => self.refuse_key("null", place),
                }
                return Ok(());
            }
            _ => scalar.to_value(text),
        };
        let value = value.unwrap_or_else(|| {
            let number = match scalar {
                Scalar::Float(value) if value.is_nan() => "NaN",
                Scalar::Float(value) if value < 0.0 => "-Inf",
                _ => "+Inf",
            };
            self.refuse(
                format!("json: unsupported value: {number}"),
                place,
                "Write a finite number, or use quotes.",
            );
            Value::Null
        });
        self.insert(value, Marks::scalar(place), anchor)
    }

    fn refuse_key(&mut self, what: &str, place: Place) {
        self.refuse(
            format!("invalid map key: {what}"),
            place,
            "Write the key as a word, in quotes if need be.",
        );
        self.set_key(Key::Bad);
    }

    fn set_key(&mut self, next: Key) {
        if let Some(Open { kind: OpenKind::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(next);
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Problem> {
        let Some((value, marks)) = self.anchors.get(&anchor) else {
            return Err(Problem::error("error converting YAML to JSON: yaml: anchor value contains itself")
                .at(place)
                .hint("Write the value out: an alias can not stand inside its own anchor."));
        };
        self.budget.spend_copy(value, place)?;
        let copy = (value.clone(), Marks { key: place, value: place, below: marks.below.clone() });
        self.insert(copy.0, copy.1, 0)
    }

    /// Puts a finished value where it belongs: into the innermost open list or map, as a key, or as the document.
    fn insert(&mut self, value: Value, marks: Marks, anchor: usize) -> Result<(), Problem> {
        self.budget.spend_value(marks.value)?;
        if anchor > 0 {
            self.budget.spend_copy(&value, marks.value)?;
            self.anchors.insert(anchor, (value.clone(), marks.clone()));
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some((value, marks)),
            Some(OpenKind::List { items, marks: all }) => {
                items.push(value);
                all.push(marks);
            }
            Some(OpenKind::Map { key: key @ None, .. }) => {
                let name = match &value {
                    Value::String(name) => Some(name.clone()),
                    Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                    Value::Null | Value::Array(_) | Value::Object(_) => None,
                };
                match name {
                    Some(name) => *key = Some(Key::Name(name, marks.value)),
                    None => self.refuse_key(type_name(&value), marks.value),
                }
            }
            Some(OpenKind::Map { map, marks: all, merged, key }) => match key.take() {
                Some(Key::Name(name, place)) => {
                    if map.contains_key(&name) && !merged.remove(&name) {
                        let message = format!(
                            "yaml: unmarshal errors:\n  line {}: key {name:?} already set in map",
                            place.line
                        );
                        self.refuse(message, place, "Keep one of the two.");
                        return Ok(());
                    }
                    map.insert(name.clone(), value);
                    all.insert(name, Marks { key: place, ..marks });
                }
                Some(Key::Merge(place)) => {
                    if !merge(value, marks, map, all, merged) {
                        let message =
                            "yaml: map merge requires map or sequence of maps as the value".to_owned();
                        self.refuse(message, place, "Write an alias of a map after \"<<:\".");
                    }
                }
                Some(Key::Bad) | None => {}
            },
        }
        Ok(())
    }
}

// Models go.yaml.in/yaml/v2 decode.go merge: a list is taken from its end, so that earlier maps count.
/// Adds the entries of a map, or of the maps of a list; `false` if the value is neither.
fn merge(
    value: Value,
    marks: Marks,
    map: &mut Map<String, Value>,
    all: &mut IndexMap<String, Marks>,
    merged: &mut BTreeSet<String>,
) -> bool {
    match (value, marks.below) {
        (Value::Object(entries), Below::Fields(mut below)) => {
            for (name, value) in entries {
                let marks = below.swap_remove(&name).unwrap_or_default();
                map.insert(name.clone(), value);
                all.insert(name.clone(), marks);
                merged.insert(name);
            }
            true
        }
        (Value::Array(items), Below::Items(below)) => items
            .into_iter()
            .zip(below)
            .rev()
            .all(|(item, marks)| item.is_object() && merge(item, marks, map, all, merged)),
        _ => false,
    }
}

/// About how many bytes a copy of the value takes, its marks included.
fn cost(value: &Value) -> usize {
    const NODE: usize = 128;
    match value {
        Value::String(text) => NODE + text.len(),
        Value::Array(items) => NODE + items.iter().map(cost).sum::<usize>(),
        Value::Object(map) => {
            NODE + map.iter().map(|(key, value)| 2 * key.len() + cost(value)).sum::<usize>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => NODE,
    }
}

/// Whether a scalar may carry a tag of the core schema.
fn fits(tag: &str, scalar: Scalar) -> bool {
    match tag {
        "int" => matches!(scalar, Scalar::Int(_) | Scalar::Uint(_)),
        "float" => matches!(scalar, Scalar::Float(_) | Scalar::Int(_) | Scalar::Uint(_)),
        "bool" => matches!(scalar, Scalar::Bool(_)),
        "null" => scalar == Scalar::Null,
        _ => true,
    }
}

fn type_tag(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Null => "null",
        Scalar::Bool(_) => "bool",
        Scalar::Int(_) | Scalar::Uint(_) => "int",
        Scalar::Float(_) => "float",
        Scalar::Text => "str",
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
