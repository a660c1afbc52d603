//! Other formats that fields of a Pod have: environment variables, config keys, HTTP headers, percentages.

use super::name::DNS_SUBDOMAIN_MAX_LENGTH;
use super::{max_len_error, regex_error};

// Models pkg/util/validation/validation.go IsValidPercent
/// A percentage: digits and `%`.
pub fn is_valid_percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let words = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![regex_error(words, "[0-9]+%", &["1%", "93%"])]
}

// Models pkg/util/validation/validation.go IsHTTPHeaderName
/// The name of an HTTP header, as strict as Go's HTTP library.
pub fn is_http_header_name(value: &str) -> Vec<String> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Vec::new();
    }
    let words = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![regex_error(words, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

// Models pkg/util/validation/validation.go IsEnvVarName
/// The name of an environment variable under the strict rules. Gives the form, then a leading `..`.
pub fn is_env_var_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let form = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if value.is_empty() || !form || value.starts_with(|first: char| first.is_ascii_digit()) {
        errors.push(regex_error(
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and \
             must not start with a digit",
            "[-._a-zA-Z][-._a-zA-Z0-9]*",
            &["my.env-name", "MY_ENV.NAME", "MyEnvName1"],
        ));
    }
    errors.extend(directory_prefix_error(value));
    errors
}

// Models pkg/util/validation/validation.go IsRelaxedEnvVarName
/// The name of an environment variable as the API takes it: printable ASCII without `=`.
pub fn is_relaxed_env_var_name(value: &str) -> Vec<String> {
    if value.is_empty() {
        return vec!["environment variable name must be non-empty".to_owned()];
    }
    if value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=') {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .to_owned(),
    ]
}

// Models pkg/util/validation/validation.go IsConfigMapKey
/// The key of a ConfigMap or Secret. Gives up to three messages: too long, the form, a leading `..`.
pub fn is_config_map_key(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_SUBDOMAIN_MAX_LENGTH {
        errors.push(max_len_error(DNS_SUBDOMAIN_MAX_LENGTH));
    }
    let form = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    if value.is_empty() || !form {
        errors.push(regex_error(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    errors.extend(directory_prefix_error(value));
    errors
}

fn directory_prefix_error(value: &str) -> Option<String> {
    match value {
        "." => Some("must not be '.'".to_owned()),
        ".." => Some("must not be '..'".to_owned()),
        _ => value.starts_with("..").then(|| "must not start with '..'".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_needs_digits_and_the_sign() {
        assert!(is_valid_percent("25%").is_empty());
        for bad in ["", "%", "25", "-1%", "1.5%", "1%%"] {
            assert_eq!(is_valid_percent(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn directories_are_no_keys() {
        assert_eq!(is_config_map_key(".."), ["must not be '..'"]);
        assert_eq!(is_config_map_key("..a"), ["must not start with '..'"]);
        assert_eq!(is_env_var_name("."), ["must not be '.'"]);
    }

    #[test]
    fn relaxed_names_take_everything_but_the_equals_sign() {
        assert!(is_relaxed_env_var_name("1 a:b").is_empty());
        for bad in ["", "a=b", "é", "a\n"] {
            assert_eq!(is_relaxed_env_var_name(bad).len(), 1, "{bad:?}");
        }
    }
}
