//! Where in a document: `spec.ports[0].name`, `metadata.labels[app.kubernetes.io/name]`.

use std::borrow::Cow;
use std::fmt;

/// One step of a [`Path`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// A field of an object, or a key of a map.
    Field(String),
    /// A place in a list, from 0.
    Index(u32),
}

/// A path from the top of a document to one value in it; empty for the document itself.
///
/// Its text joins fields with dots and puts list indexes in brackets. A key that holds more than letters, digits, `-`
/// and `_` stands in brackets too, and as a JSON string there if it would not be read back as the same key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Path(pub Vec<Segment>);

/// A text is not a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathError(pub String);

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a path: {:?}", self.0)
    }
}

impl std::error::Error for PathError {}

impl Path {
    /// The path of the document itself.
    pub const ROOT: Path = Path(Vec::new());

    /// Reads a path from its text.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        parse(text).ok_or_else(|| PathError(text.to_owned()))
    }

    /// The path of a field (or key) of what stands here.
    pub fn field(&self, name: impl Into<String>) -> Path {
        self.join(Segment::Field(name.into()))
    }

    /// The path of an item of the list that stands here.
    pub fn index(&self, index: u32) -> Path {
        self.join(Segment::Index(index))
    }

    fn join(&self, segment: Segment) -> Path {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Path(segments)
    }

    /// The path of another field of the object that holds this one; the document itself has none beside it.
    pub fn beside(&self, name: &str) -> Path {
        let mut segments = self.0.clone();
        segments.pop();
        segments.push(Segment::Field(name.to_owned()));
        Path(segments)
    }

    /// The value at this path, if there is one.
    pub fn get<'v>(&self, value: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Field(name) => value.as_object()?.get(name),
            Segment::Index(index) => value.as_array()?.get(*index as usize),
        })
    }
}

impl<S: Into<String>> FromIterator<S> for Path {
    /// A path of fields only.
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Path {
        Path(names.into_iter().map(|name| Segment::Field(name.into())).collect())
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Path, PathError> {
        Path::parse(text)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Field(name) if is_plain(name) => {
                    if place > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(name)?;
                }
                Segment::Field(name) if stands_in_brackets(name) => write!(f, "[{name}]")?,
                Segment::Field(name) => write!(f, "[{}]", serde_json::Value::from(name.as_str()))?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn stands_in_brackets(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('"') && !name.contains(']') && !name.contains(char::is_control)
}

fn parse(text: &str) -> Option<Path> {
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (segment, after) = parse_bracket(inner)?;
            segments.push(segment);
            rest = after;
        } else {
            let name = if segments.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            if name.is_empty() {
                return None;
            }
            segments.push(Segment::Field(name.to_owned()));
            rest = after;
        }
    }
    Some(Path(segments))
}

/// What follows a `[`: the segment, and the text after the closing bracket.
fn parse_bracket(inner: &str) -> Option<(Segment, &str)> {
    if inner.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let name = strings.next()?.ok()?;
        let after = inner.get(strings.byte_offset()..)?.strip_prefix(']')?;
        return Some((Segment::Field(name), after));
    }
    let (name, after) = inner.split_once(']')?;
    let segment = match name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Segment::Index(name.parse().ok()?),
        false => Segment::Field(name.to_owned()),
    };
    Some((segment, after))
}

impl serde::Serialize for Path {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Path {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        Path::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[Segment]) {
        let path = Path::parse(text).unwrap();
        assert_eq!(path.0, expected);
        assert_eq!(path.to_string(), text);
    }

    fn field(name: &str) -> Segment {
        Segment::Field(name.to_owned())
    }

    #[test]
    fn fields_indexes_and_odd_keys_are_read_and_written() {
        check("", &[]);
        check("spec.ports[0].name", &[field("spec"), field("ports"), Segment::Index(0), field("name")]);
        check(
            "metadata.labels[app.kubernetes.io/name]",
            &[field("metadata"), field("labels"), field("app.kubernetes.io/name")],
        );
        check("data.0", &[field("data"), field("0")]);
        check(r#"data["a]\"b"][""]"#, &[field("data"), field("a]\"b"), field("")]);
        check("[2][1]", &[Segment::Index(2), Segment::Index(1)]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [".", "a.", "a..b", "a[", "a[1", "a[\"x]", "a[0]b", "a[99999999999]"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_leads_back_to_the_path(
            segments in proptest::collection::vec(
                prop_oneof![any::<String>().prop_map(Segment::Field), any::<u32>().prop_map(Segment::Index)], 0..6)
        ) {
            let path = Path(segments);
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Path::parse(&text);
        }
    }
}
