//! Keys and values of labels.

use super::name::subdomain_errors;
use super::regex_error;

/// The longest value of a label, in bytes; also the longest name part of a key.
pub const LABEL_MAX_LENGTH: usize = 63;

const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const KEY_WORDS: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                         alphanumeric character";

fn matches_key(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && value.ends_with(|last: char| last.is_ascii_alphanumeric())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

// Models pkg/api/validate/content/errors.go MaxLenError
fn max_len_error(length: usize) -> String {
    format!("must be no more than {length} bytes")
}

fn key_form_error() -> String {
    regex_error(KEY_WORDS, KEY, &["MyName", "my.name", "123-abc"])
}

// Models pkg/api/validate/content/kube.go IsLabelKey
/// The key of a label or an annotation: a name, with a DNS subdomain and `/` before it if wanted. More than one `/`
/// gives one message; otherwise those of the prefix come first, then those of the name: empty or too long, the form.
pub fn is_qualified_name(value: &str) -> Vec<String> {
    let (prefix, name) = match value.split_once('/') {
        None => (None, value),
        Some((_, rest)) if rest.contains('/') => {
            let form = key_form_error();
            return vec![format!(
                "a valid label key {form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    let mut errors = Vec::new();
    match prefix {
        None => {}
        Some("") => errors.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => errors.extend(
            subdomain_errors(prefix, max_len_error)
                .into_iter()
                .map(|message| format!("prefix part {message}")),
        ),
    }
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_MAX_LENGTH {
        errors.push(format!("name part {}", max_len_error(LABEL_MAX_LENGTH)));
    }
    if !matches_key(name) {
        errors.push(format!("name part {}", key_form_error()));
    }
    errors
}

// Models pkg/api/validate/content/kube.go IsLabelValue
/// The value of a label. Gives up to two messages: too long, then the form.
pub fn is_valid_label_value(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > LABEL_MAX_LENGTH {
        errors.push(max_len_error(LABEL_MAX_LENGTH));
    }
    if !value.is_empty() && !matches_key(value) {
        errors.push(regex_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
            &format!("({KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_name_is_empty_and_of_wrong_form() {
        let errors = is_qualified_name("example.com/");
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0], "name part must be non-empty");
        assert!(errors[1].starts_with("name part must consist of"));
    }

    #[test]
    fn prefix_is_told_of_before_the_name() {
        assert_eq!(is_qualified_name("/a"), ["prefix part must be non-empty"]);
        let errors = is_qualified_name(&format!("{}/{}", "P".repeat(254), "-".repeat(64)));
        let starts: Vec<&str> = errors.iter().map(|error| &error[..30]).collect();
        assert_eq!(
            starts,
            [
                "prefix part must be no more th",
                "prefix part a lowercase RFC 11",
                "name part must be no more than",
                "name part must consist of alph",
            ]
        );
    }

    #[test]
    fn empty_value_is_valid() {
        assert!(is_valid_label_value("").is_empty());
        assert_eq!(is_valid_label_value(&"v".repeat(64)), ["must be no more than 63 bytes"]);
    }
}
