//! Reading an object as the API shows it, by the paths that Kubernetes' reference gives its fields.
//!
//! The printers read values and not types: many kinds share their fields (Pod templates, conditions, ports), and one
//! reader of all of them is a fraction of the code.

use std::borrow::Cow;

use serde_json::Value;

/// A value of an object. What is not there reads as nothing.
#[derive(Clone, Copy)]
pub struct Doc<'a>(pub &'a Value);

static NOTHING: Value = Value::Null;

impl<'a> Doc<'a> {
    /// The value at a path such as `spec.ports`.
    pub fn at(self, path: &str) -> Doc<'a> {
        Doc(path.split('.').try_fold(self.0, |value, field| value.get(field)).unwrap_or(&NOTHING))
    }

    /// Whether there is something at a path.
    pub fn has(self, path: &str) -> bool {
        !self.at(path).0.is_null()
    }

    /// The text at a path; empty when there is none.
    pub fn text(self, path: &str) -> &'a str {
        self.at(path).0.as_str().unwrap_or_default()
    }

    /// The text at a path, or `other` when there is none or it is empty.
    pub fn text_or(self, path: &str, other: &'a str) -> &'a str {
        match self.text(path) {
            "" => other,
            text => text,
        }
    }

    /// The number at a path; 0 when there is none.
    pub fn number(self, path: &str) -> i64 {
        self.at(path).0.as_i64().unwrap_or_default()
    }

    /// Whether the value at a path is `true`.
    pub fn is(self, path: &str) -> bool {
        self.at(path).0.as_bool().unwrap_or_default()
    }

    /// A text, number or truth value at a path as Go prints it; empty when there is none.
    pub fn word(self, path: &str) -> Cow<'a, str> {
        match self.at(path).0 {
            Value::String(text) => Cow::Borrowed(text),
            Value::Null | Value::Array(_) | Value::Object(_) => Cow::Borrowed(""),
            scalar => Cow::Owned(scalar.to_string()),
        }
    }

    /// The items of the list at a path.
    pub fn items(self, path: &str) -> impl DoubleEndedIterator<Item = Doc<'a>> + ExactSizeIterator + use<'a> {
        self.at(path).items_here()
    }

    /// The texts of the list at a path.
    pub fn texts(self, path: &str) -> Vec<&'a str> {
        self.items(path).map(|item| item.0.as_str().unwrap_or_default()).collect()
    }

    /// The entries of the map at a path, ordered by key.
    pub fn entries(self, path: &str) -> Vec<(&'a str, Doc<'a>)> {
        self.at(path).entries_here()
    }

    /// The entries of this map, ordered by key.
    pub fn entries_here(self) -> Vec<(&'a str, Doc<'a>)> {
        let map = self.0.as_object();
        let mut entries: Vec<_> =
            map.into_iter().flatten().map(|(key, value)| (key.as_str(), Doc(value))).collect();
        entries.sort_by_key(|(key, _)| *key);
        entries
    }

    /// The items of this list.
    pub fn items_here(self) -> impl DoubleEndedIterator<Item = Doc<'a>> + ExactSizeIterator + use<'a> {
        self.0.as_array().map_or(&[][..], Vec::as_slice).iter().map(Doc)
    }

    /// The text of the value itself.
    pub fn own(self) -> Cow<'a, str> {
        match self.0 {
            Value::String(text) => Cow::Borrowed(text),
            Value::Null => Cow::Borrowed(""),
            other => Cow::Owned(other.to_string()),
        }
    }
}

// Models k8s.io/apimachinery/pkg/labels FormatLabels
/// The labels of the map at a path in one line, `<none>` when there are none.
pub fn labels(doc: Doc<'_>, path: &str) -> String {
    or_none(pairs(doc, path).join(","))
}

/// The labels of the map at a path, each as `key=value`.
pub fn pairs(doc: Doc<'_>, path: &str) -> Vec<String> {
    let pair = |(key, value): (&str, Doc<'_>)| [key, "=", &*value.own()].concat();
    doc.entries(path).into_iter().map(pair).collect()
}

// Models k8s.io/apimachinery/pkg/apis/meta/v1 FormatLabelSelector
/// A label selector in one line, `<none>` when it is empty.
pub fn selector_or_none(selector: Doc<'_>) -> String {
    or_none(self::selector(selector))
}

// Models k8s.io/apimachinery/pkg/labels internalSelector.String of what LabelSelectorAsSelector gives
/// A label selector in one line: the requirements ordered by key. Empty when there are none.
pub fn selector(selector: Doc<'_>) -> String {
    let mut requirements: Vec<(&str, String)> = Vec::new();
    for (key, value) in selector.entries("matchLabels") {
        requirements.push((key, [key, "=", &*value.own()].concat()));
    }
    for expression in selector.items("matchExpressions") {
        let key = expression.text("key");
        let mut values = expression.texts("values");
        values.sort_unstable();
        let among = |word: &str| [key, word, "(", &values.join(","), ")"].concat();
        let text = match expression.text("operator") {
            "In" => among(" in "),
            "NotIn" => among(" notin "),
            "DoesNotExist" => ["!", key].concat(),
            _ => key.to_owned(),
        };
        requirements.push((key, text));
    }
    requirements.sort_by_key(|(key, _)| *key);
    let texts: Vec<String> = requirements.into_iter().map(|(_, text)| text).collect();
    texts.join(",")
}

/// The text, or `<none>` when it is empty.
pub fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text }
}

/// An address with its port; an IPv6 address stands in brackets.
pub fn host_port(host: &str, port: &str) -> String {
    if host.contains(':') { ["[", host, "]:", port].concat() } else { [host, ":", port].concat() }
}
