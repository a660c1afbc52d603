//! What is wrong with one field, and how the API server says it.

use std::fmt;

use super::quote;

// Models pkg/util/validation/field/path.go
/// The way from an object's root to a field. Each step borrows the one before it, so that walking down an object
/// that is valid costs nothing.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Nothing,
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    /// The nil path of Go: printed alone it is `<nil>`, below it a field begins a path.
    pub const NIL: Path<'static> = Path { parent: None, step: Step::Nothing };

    /// A path that begins with the field `name`.
    pub const fn new(name: &'a str) -> Path<'a> {
        Path { parent: None, step: Step::Field(name) }
    }

    /// The field `name` of the object at this path.
    pub const fn child(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Field(name) }
    }

    /// The element `index` of the list at this path.
    pub const fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// The value under `key` of the map at this path.
    pub const fn key(&'a self, key: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    fn is_nil(&self) -> bool {
        matches!(self.step, Step::Nothing)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let above = self.parent.filter(|parent| !parent.is_nil());
        if let Some(parent) = above {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Nothing => f.write_str("<nil>"),
            Step::Field(name) if above.is_some() => write!(f, ".{name}"),
            Step::Field(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

/// The kinds of error that a field can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// What the field names does not exist.
    NotFound,
    /// The field has to have a value.
    Required,
    /// The value has to be unique and is not.
    Duplicate,
    /// The value is malformed or out of bounds.
    Invalid,
    /// The value is none of those that the field can have.
    NotSupported,
    /// The value would be good under other conditions.
    Forbidden,
    /// The value is too long.
    TooLong,
    /// The list has too many items.
    TooMany,
    /// The fault is not the user's.
    Internal,
}

impl ErrorKind {
    /// The reason that stands in a Status' causes.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "FieldValueNotFound",
            ErrorKind::Required => "FieldValueRequired",
            ErrorKind::Duplicate => "FieldValueDuplicate",
            ErrorKind::Invalid => "FieldValueInvalid",
            ErrorKind::NotSupported => "FieldValueNotSupported",
            ErrorKind::Forbidden => "FieldValueForbidden",
            ErrorKind::TooLong => "FieldValueTooLong",
            ErrorKind::TooMany => "FieldValueTooMany",
            ErrorKind::Internal => "InternalError",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::NotFound => "Not found",
            ErrorKind::Required => "Required value",
            ErrorKind::Duplicate => "Duplicate value",
            ErrorKind::Invalid => "Invalid value",
            ErrorKind::NotSupported => "Unsupported value",
            ErrorKind::Forbidden => "Forbidden",
            ErrorKind::TooLong => "Too long",
            ErrorKind::TooMany => "Too many",
            ErrorKind::Internal => "Internal error",
        })
    }
}

/// A value as an error shows it.
pub trait Shown {
    /// The value as Go's `field.Error` prints it: text quoted, numbers plain, everything else as JSON.
    fn shown(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        quote::quote(self)
    }
}

impl Shown for String {
    fn shown(&self) -> String {
        quote::quote(self)
    }
}

macro_rules! shown_plain {
    ($($type:ty),*) => {$(
        impl Shown for $type {
            fn shown(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

shown_plain!(i32, i64, usize, bool);

impl Shown for [String] {
    fn shown(&self) -> String {
        quote::json_strings(self)
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        quote::json_strings(self)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn shown(&self) -> String {
        (**self).shown()
    }
}

/// A value that is printed as it stands: JSON, or what Go prints for a missing value.
#[derive(Clone, Debug)]
pub struct Raw<S>(pub S);

impl<S: AsRef<str>> Shown for Raw<S> {
    fn shown(&self) -> String {
        self.0.as_ref().to_owned()
    }
}

// Models pkg/util/validation/field/errors.go Error
/// What is wrong with one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// The path of the field.
    pub field: String,
    /// The value as it is printed; `None` when the kind prints none.
    pub value: Option<String>,
    /// More words; empty when there are none.
    pub detail: String,
}

impl FieldError {
    fn new(kind: ErrorKind, path: &Path<'_>, value: Option<String>, detail: impl Into<String>) -> FieldError {
        FieldError { kind, field: path.to_string(), value, detail: detail.into() }
    }

    /// The value is malformed or out of bounds.
    pub fn invalid(path: &Path<'_>, value: impl Shown, detail: impl Into<String>) -> FieldError {
        FieldError::new(ErrorKind::Invalid, path, Some(value.shown()), detail)
    }

    /// The field has to have a value; `detail` may be empty.
    pub fn required(path: &Path<'_>, detail: impl Into<String>) -> FieldError {
        FieldError::new(ErrorKind::Required, path, None, detail)
    }

    /// The value has to be unique.
    pub fn duplicate(path: &Path<'_>, value: impl Shown) -> FieldError {
        FieldError::new(ErrorKind::Duplicate, path, Some(value.shown()), "")
    }

    /// What the field names does not exist.
    pub fn not_found(path: &Path<'_>, value: impl Shown) -> FieldError {
        FieldError::new(ErrorKind::NotFound, path, Some(value.shown()), "")
    }

    /// The value is none of `supported`.
    pub fn not_supported(path: &Path<'_>, value: impl Shown, supported: &[&str]) -> FieldError {
        let supported: Vec<String> = supported.iter().map(|value| quote::quote(value)).collect();
        let detail = if supported.is_empty() {
            String::new()
        } else {
            format!("supported values: {}", supported.join(", "))
        };
        FieldError::new(ErrorKind::NotSupported, path, Some(value.shown()), detail)
    }

    /// The value is not allowed as things are.
    pub fn forbidden(path: &Path<'_>, detail: impl Into<String>) -> FieldError {
        FieldError::new(ErrorKind::Forbidden, path, None, detail)
    }

    /// The value has more than `max` bytes.
    pub fn too_long(path: &Path<'_>, max: usize) -> FieldError {
        let bytes = if max == 1 { "byte" } else { "bytes" };
        FieldError::new(ErrorKind::TooLong, path, None, format!("may not be more than {max} {bytes}"))
    }

    /// The list has `actual` items, more than `max`.
    pub fn too_many(path: &Path<'_>, actual: usize, max: usize) -> FieldError {
        let items = if max == 1 { "item" } else { "items" };
        let detail = format!("must have at most {max} {items}");
        FieldError::new(ErrorKind::TooMany, path, Some(actual.shown()), detail)
    }

    /// The fault is not the user's.
    pub fn internal(path: &Path<'_>, detail: impl Into<String>) -> FieldError {
        FieldError::new(ErrorKind::Internal, path, None, detail)
    }

    /// The message without the field, as it stands in a Status' causes.
    pub fn body(&self) -> String {
        let mut body = self.kind.to_string();
        if let Some(value) = &self.value {
            body = format!("{body}: {value}");
        }
        if !self.detail.is_empty() {
            body = format!("{body}: {}", self.detail);
        }
        body
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

// Models pkg/util/validation/field/errors.go ErrorList.ToAggregate
/// Several errors in one text: equal ones once; more than one in brackets.
pub fn aggregate(errors: &[FieldError]) -> String {
    let mut texts: Vec<String> = Vec::with_capacity(errors.len());
    for error in errors {
        let text = error.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Path<'static> = Path::new("spec");

    fn check(error: FieldError, expected: &str) {
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn errors_read_as_upstream_prints_them() {
        let ports = SPEC.child("ports");
        let port = ports.index(0);
        check(
            FieldError::invalid(&port.child("nodePort"), 80, "provided port is not in the valid range"),
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range",
        );
        check(FieldError::required(&ports, ""), "spec.ports: Required value");
        check(FieldError::duplicate(&port.child("name"), "a"), "spec.ports[0].name: Duplicate value: \"a\"");
        check(
            FieldError::not_supported(&SPEC.child("type"), "x", &["A", "B"]),
            "spec.type: Unsupported value: \"x\": supported values: \"A\", \"B\"",
        );
        check(FieldError::too_long(&SPEC, 63), "spec: Too long: may not be more than 63 bytes");
        check(FieldError::too_many(&SPEC, 3, 1), "spec: Too many: 3: must have at most 1 item");
        check(FieldError::forbidden(&SPEC, "no"), "spec: Forbidden: no");
    }

    #[test]
    fn nil_path_is_printed_alone_only() {
        assert_eq!(Path::NIL.to_string(), "<nil>");
        let values = Path::NIL.child("values");
        assert_eq!(values.index(0).key("app").to_string(), "values[0][app]");
    }

    #[test]
    fn equal_errors_are_told_once() {
        let one = FieldError::required(&SPEC, "");
        let two = FieldError::forbidden(&SPEC, "");
        assert_eq!(aggregate(&[one.clone(), one.clone()]), "spec: Required value");
        assert_eq!(aggregate(&[one, two]), "[spec: Required value, spec: Forbidden]");
    }
}
