//! Field selectors, as `kubectl --field-selector` takes them.

mod selectable;

use std::fmt;

use super::labels::ParseError;

/// One condition on one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldRequirement {
    /// The field's path, such as `status.phase`.
    pub field: String,
    /// Whether the field has to differ from the value.
    pub negated: bool,
    /// The value, escapes resolved.
    pub value: String,
}

/// Which objects match: those that meet every requirement.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FieldSelector {
    requirements: Vec<FieldRequirement>,
}

impl FieldSelector {
    // Models pkg/fields/selector.go ParseSelector
    /// Reads terms `field=value`, `field==value` and `field!=value`, separated by commas; `\`, `,` and `=` in a value
    /// are escaped by `\`. Empty terms are left out; an empty text matches everything.
    pub fn parse(text: &str) -> Result<FieldSelector, ParseError> {
        let mut terms = split_terms(text);
        terms.sort_unstable();
        let mut requirements = Vec::new();
        for term in terms.into_iter().filter(|term| !term.is_empty()) {
            let Some((field, negated, value)) = split_term(term) else {
                return Err(ParseError(format!("invalid selector: '{text}'; can't understand '{term}'")));
            };
            let value = unescape(value)?;
            // A term without field and value requires nothing.
            if !field.is_empty() || !value.is_empty() {
                requirements.push(FieldRequirement { field: field.to_owned(), negated, value });
            }
        }
        Ok(FieldSelector { requirements })
    }

    /// Whether an object meets every requirement. `get` gives the value of a field, empty when it is absent.
    pub fn matches(&self, get: impl Fn(&str) -> String) -> bool {
        self.requirements.iter().all(|own| (get(&own.field) == own.value) != own.negated)
    }

    /// The requirements, sorted as text.
    pub fn requirements(&self) -> &[FieldRequirement] {
        &self.requirements
    }

    /// Whether the selector matches everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, own) in self.requirements.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let sign = if own.negated { "!=" } else { "=" };
            let value = own.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            write!(f, "{comma}{}{sign}{value}", own.field)?;
        }
        Ok(())
    }
}

/// The text between commas that are not escaped.
fn split_terms(text: &str) -> Vec<&str> {
    let mut escaped = false;
    text.split(|c| {
        let splits = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
    .collect()
}

/// Field, whether negated, and the value as written; split at the first operator.
fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    term.char_indices().find_map(|(at, _)| {
        let (field, rest) = term.split_at(at);
        [("!=", true), ("==", false), ("=", false)]
            .iter()
            .find_map(|&(sign, negated)| rest.strip_prefix(sign).map(|value| (field, negated, value)))
    })
}

// Models pkg/fields/selector.go UnescapeValue
fn unescape(text: &str) -> Result<String, ParseError> {
    let invalid =
        |sequence: &str| ParseError(format!("invalid field selector: invalid escape sequence: {sequence}"));
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => value.push(c),
                Some(c) => return Err(invalid(&format!("\\{c}"))),
                None => return Err(invalid("\\")),
            },
            // Go prints the character's number here.
            ',' | '=' => {
                let number = u32::from(c);
                return Err(ParseError(format!(
                    "invalid field selector: unescaped character in value: {number}"
                )));
            }
            c => value.push(c),
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let result = FieldSelector::parse(text).map(|selector| selector.to_string()).map_err(|error| error.0);
        assert_eq!(result.as_deref().map_err(String::as_str), expected, "{text:?}");
    }

    #[test]
    fn terms_are_sorted_and_printed_with_one_sign() {
        check("status.phase!=Running,metadata.name==a", Ok("metadata.name=a,status.phase!=Running"));
        check("", Ok(""));
        check(",,a=,", Ok("a="));
    }

    #[test]
    fn escaped_characters_belong_to_the_value() {
        check(r"a=b\,c\=d\\", Ok(r"a=b\,c\=d\\"));
        check(r"a=b\c", Err(r"invalid field selector: invalid escape sequence: \c"));
        check(r"a=b\", Err(r"invalid field selector: invalid escape sequence: \"));
        check("a=b=c", Err("invalid field selector: unescaped character in value: 61"));
        check("a", Err("invalid selector: 'a'; can't understand 'a'"));
    }

    #[test]
    fn absent_field_equals_the_empty_text() {
        let get = |field: &str| if field == "spec.nodeName" { "node-1".to_owned() } else { String::new() };
        let matches = |text: &str| FieldSelector::parse(text).unwrap().matches(get);
        assert!(matches("spec.nodeName=node-1,status.phase="));
        assert!(matches("spec.nodeName!=node-2"));
        assert!(!matches("status.phase=Running"));
    }
}
