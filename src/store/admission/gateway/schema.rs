//! Checks as the API server makes them on custom resources: by the OpenAPI schema of the CustomResourceDefinition, in
//! its words, then by the schema's rules in CEL, which are left out while the schema itself is violated.

use regex_lite::Regex;

use crate::api::validation::field::{ErrorKind, FieldError, Path, Raw, Shown};

/// A DNS label or subdomain, as the definitions write it.
pub const SUBDOMAIN: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// A host name, which may begin with a wildcard.
pub const HOSTNAME: &str = "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// A group, empty for the core one.
pub const GROUP: &str = "^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// A kind.
pub const KIND: &str = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$";
/// A namespace.
pub const NAMESPACE: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/// The name of a header or of a parameter.
pub const HEADER_NAME: &str = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$";

/// The errors of one object on the way through its schema.
pub struct Schema<'e> {
    errors: &'e mut Vec<FieldError>,
    /// The errors of rules, which count only when the schema holds.
    rules: Vec<FieldError>,
    blocked: bool,
}

// Models staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/validation/validation.go kubeOpenAPIResultToFieldErrors
impl<'e> Schema<'e> {
    pub fn new(errors: &'e mut Vec<FieldError>) -> Schema<'e> {
        Schema { errors, rules: Vec::new(), blocked: false }
    }

    fn add(&mut self, error: FieldError) {
        // Models apiextensions-apiserver/pkg/registry/customresource/strategy.go hasBlockingErr
        self.blocked |= matches!(
            error.kind,
            ErrorKind::NotSupported | ErrorKind::Required | ErrorKind::TooLong | ErrorKind::TooMany
        );
        self.errors.push(error);
    }

    /// A value that the schema refuses otherwise.
    pub fn invalid(&mut self, path: &Path<'_>, value: impl Shown, words: String) {
        self.add(FieldError::invalid(path, value, words));
    }

    /// The rules after the schema.
    pub fn finish(self) {
        if self.blocked {
            let words = "some validation rules were not checked because the object was invalid; correct the existing \
                         errors to complete validation";
            self.errors.push(FieldError::invalid(&Path::NIL, Raw("null"), words));
        } else {
            self.errors.extend(self.rules);
        }
    }

    /// A text that has to be there, with a greatest length and a pattern; no pattern when it is empty. An empty text is
    /// taken for an absent one: who leaves a field out does not write it as empty.
    pub fn text(&mut self, path: &Path<'_>, value: &str, max: usize, pattern: &str) {
        if value.is_empty() && !pattern.starts_with("^$") {
            return self.add(FieldError::required(path, ""));
        }
        self.optional(path, Some(value), max, pattern);
    }

    /// A text that may be absent, but not empty unless its pattern allows that.
    pub fn optional(&mut self, path: &Path<'_>, value: Option<&str>, max: usize, pattern: &str) {
        let Some(value) = value else { return };
        if value.is_empty() && !pattern.starts_with("^$") {
            let words = format!("{path} in body should be at least 1 chars long");
            self.add(FieldError::invalid(path, value, words));
        }
        if value.chars().count() > max {
            self.add(FieldError::too_long(path, max));
        }
        if !pattern.is_empty() && !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(value)) {
            let words = format!("{path} in body should match '{pattern}'");
            self.add(FieldError::invalid(path, value, words));
        }
    }

    /// A text with a greatest length alone.
    pub fn at_most(&mut self, path: &Path<'_>, value: Option<&str>, max: usize) {
        if value.is_some_and(|value| value.chars().count() > max) {
            self.add(FieldError::too_long(path, max));
        }
    }

    /// A text of which the schema lists the values.
    pub fn one_of(&mut self, path: &Path<'_>, value: Option<&str>, supported: &[&str]) {
        if let Some(value) = value.filter(|value| !supported.contains(value)) {
            self.add(FieldError::not_supported(path, value, supported));
        }
    }

    /// A number within bounds.
    pub fn number(&mut self, path: &Path<'_>, value: Option<i32>, min: i32, max: i32) {
        let Some(value) = value else { return };
        if value < min {
            let words = format!("{path} in body should be greater than or equal to {min}");
            self.add(FieldError::invalid(path, value, words));
        } else if value > max {
            let words = format!("{path} in body should be less than or equal to {max}");
            self.add(FieldError::invalid(path, value, words));
        }
    }

    /// A list within bounds.
    pub fn items(&mut self, path: &Path<'_>, count: usize, max: usize) {
        if count > max {
            self.add(FieldError::too_many(path, count, max));
        }
    }

    /// The same for a list that has to be there.
    pub fn some_items(&mut self, path: &Path<'_>, count: usize, max: usize) {
        if count == 0 {
            self.add(FieldError::required(path, ""));
        }
        self.items(path, count, max);
    }

    /// Names by which the items of a list are told apart.
    pub fn unique<'n>(&mut self, path: &Path<'_>, names: impl Iterator<Item = &'n str>) {
        let mut seen: Vec<&str> = Vec::new();
        for (index, name) in names.enumerate() {
            if seen.contains(&name) {
                let shown = crate::api::validation::quote::json_string(name);
                let key = Raw(format!("{{\"name\":{shown}}}"));
                self.add(FieldError::duplicate(&path.index(index), key));
            }
            seen.push(name);
        }
    }

    /// A rule of the schema in CEL: `holds` or the message. The value is not shown: it is an object or a list.
    // Models apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go validateExpressions
    pub fn rule(&mut self, path: &Path<'_>, holds: bool, message: &str) {
        if !holds {
            let mut error = FieldError::invalid(path, "", message);
            error.value = None;
            self.rules.push(error);
        }
    }
}
