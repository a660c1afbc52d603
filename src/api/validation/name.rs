//! Names: DNS labels and subdomains, and the names and numbers of ports.

use super::field::{FieldError, Path};
use super::{inclusive_range_error, max_len_error, regex_error};

/// The longest DNS label, in bytes.
pub const DNS_LABEL_MAX_LENGTH: usize = 63;
/// The longest DNS subdomain, in bytes.
pub const DNS_SUBDOMAIN_MAX_LENGTH: usize = 253;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Whether `value` matches `[a-z0-9]([-a-z0-9]*[a-z0-9])?`.
fn matches_label(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(|&byte| is_lower_or_digit(byte))
        && bytes.last().is_some_and(|&byte| is_lower_or_digit(byte))
        && bytes.iter().all(|&byte| is_lower_or_digit(byte) || byte == b'-')
}

fn matches_subdomain(value: &str) -> bool {
    value.split('.').all(matches_label)
}

/// Whether `value` matches `_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?`.
fn matches_label_with_underscore(value: &str) -> bool {
    let bytes = value.strip_prefix('_').unwrap_or(value).as_bytes();
    bytes.first().is_some_and(|&byte| is_lower_or_digit(byte))
        && bytes.last().is_some_and(|&byte| is_lower_or_digit(byte))
        && bytes.iter().all(|&byte| is_lower_or_digit(byte) || byte == b'-' || byte == b'_')
}

// Models pkg/util/validation/validation.go IsDNS1123Label
/// A label of DNS as RFC 1123 has it. Gives up to two messages: too long, then either the dots or the form.
pub fn is_dns1123_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_LABEL_MAX_LENGTH {
        errors.push(max_len_error(DNS_LABEL_MAX_LENGTH));
    }
    if !matches_label(value) {
        errors.push(if matches_subdomain(value) {
            "must not contain dots".to_owned()
        } else {
            regex_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// What is said of a value that is no subdomain.
fn subdomain_form_error() -> String {
    regex_error(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
         start and end with an alphanumeric character",
        SUBDOMAIN,
        &["example.com"],
    )
}

/// The subdomain check, with the words for a value that is too long left to the caller.
pub(super) fn subdomain_errors(value: &str, too_long: impl FnOnce(usize) -> String) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_SUBDOMAIN_MAX_LENGTH {
        errors.push(too_long(DNS_SUBDOMAIN_MAX_LENGTH));
    }
    if !matches_subdomain(value) {
        errors.push(subdomain_form_error());
    }
    errors
}

// Models pkg/util/validation/validation.go IsDNS1123Subdomain
/// A subdomain of DNS as RFC 1123 has it. Gives up to two messages: too long, then the form.
pub fn is_dns1123_subdomain(value: &str) -> Vec<String> {
    subdomain_errors(value, max_len_error)
}

// Models pkg/util/validation/validation.go IsDNS1123SubdomainWithUnderscore
/// A subdomain of DNS in which underscores are allowed. Gives up to two messages: too long, then the form.
pub fn is_dns1123_subdomain_with_underscore(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_SUBDOMAIN_MAX_LENGTH {
        errors.push(max_len_error(DNS_SUBDOMAIN_MAX_LENGTH));
    }
    if !value.split('.').all(matches_label_with_underscore) {
        errors.push(regex_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', \
             and must start and end with an alphanumeric character",
            r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*",
            &["example.com"],
        ));
    }
    errors
}

// Models pkg/util/validation/validation.go IsDNS1035Label
/// A label of DNS as RFC 1035 has it: it begins with a letter. Gives up to two messages: too long, then the form.
pub fn is_dns1035_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_LABEL_MAX_LENGTH {
        errors.push(max_len_error(DNS_LABEL_MAX_LENGTH));
    }
    if !(matches_label(value) && value.starts_with(|first: char| first.is_ascii_lowercase())) {
        errors.push(regex_error(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    errors
}

// Models pkg/util/validation/validation.go IsWildcardDNS1123Subdomain
/// A subdomain of DNS whose first label is `*`. Gives up to two messages: too long, then the form.
pub fn is_wildcard_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > DNS_SUBDOMAIN_MAX_LENGTH {
        errors.push(max_len_error(DNS_SUBDOMAIN_MAX_LENGTH));
    }
    if !value.strip_prefix("*.").is_some_and(matches_subdomain) {
        errors.push(regex_error(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must \
             consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            &format!(r"\*\.{SUBDOMAIN}"),
            &["*.example.com"],
        ));
    }
    errors
}

// Models pkg/util/validation/validation.go IsFullyQualifiedDomainName
/// A DNS name of at least two labels; a dot at its end is allowed.
pub fn is_fully_qualified_domain_name(path: &Path<'_>, name: &str) -> Option<FieldError> {
    if name.is_empty() {
        return Some(FieldError::required(path, ""));
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let messages = is_dns1123_subdomain(name);
    if !messages.is_empty() {
        return Some(FieldError::invalid(path, name, messages.join(",")));
    }
    if !name.contains('.') {
        let words = "should be a domain with at least two segments separated by dots";
        return Some(FieldError::invalid(path, name, words));
    }
    let bad = name.split('.').find(|label| !is_dns1123_label(label).is_empty())?;
    Some(FieldError::invalid(path, bad, is_dns1123_label(bad).join(",")))
}

// Models pkg/util/validation/validation.go IsDomainPrefixedPath
/// A path after a DNS subdomain, as `example.com/ingress-controller`.
pub fn is_domain_prefixed_path(path: &Path<'_>, value: &str) -> Vec<FieldError> {
    if value.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let Some((host, rest)) =
        value.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty())
    else {
        let words = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        return vec![FieldError::invalid(path, value, words)];
    };
    let mut errors: Vec<FieldError> = is_dns1123_subdomain(host)
        .into_iter()
        .map(|message| FieldError::invalid(path, host, message))
        .collect();
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)) {
        let words = regex_error("Invalid path", r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", &[]);
        errors.push(FieldError::invalid(path, rest, words));
    }
    errors
}

// Models pkg/api/validate/content/path.go IsPathSegmentName
/// A name that can stand in a path of the API.
pub fn is_path_segment_name(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    let not_allowed = ["/", "%"].into_iter().filter(|text| name.contains(text));
    not_allowed.map(|text| format!("may not contain '{text}'")).collect()
}

// Models pkg/util/validation/validation.go IsValidPortName
/// The name of a container's port or of a target port. Gives up to five messages, in this order: too long, other
/// characters than lower-case letters, digits and hyphens, no letter, hyphens in a row, a hyphen at an end.
pub fn is_valid_port_name(port: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if port.len() > 15 {
        errors.push(max_len_error(15));
    }
    if port.is_empty() || !port.bytes().all(|byte| is_lower_or_digit(byte) || byte == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !port.bytes().any(|byte| byte.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if port.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if port.starts_with('-') || port.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

// Models pkg/util/validation/validation.go IsValidPortNum
/// The number of a port: 1 to 65535.
pub fn is_valid_port_num(port: i32) -> Vec<String> {
    if (1..=65535).contains(&port) { Vec::new() } else { vec![inclusive_range_error(1, 65535)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(errors: Vec<String>, expected: &[&str]) {
        assert_eq!(errors.len(), expected.len(), "{errors:?}");
        for (error, start) in errors.iter().zip(expected) {
            assert!(error.starts_with(start), "{error:?} does not start with {start:?}");
        }
    }

    #[test]
    fn label_with_dots_is_told_of_the_dots() {
        check(is_dns1123_label("a.b"), &["must not contain dots"]);
        check(is_dns1123_label("a..b"), &["a lowercase RFC 1123 label"]);
        check(is_dns1123_label(&"a.".repeat(40)), &["must be no more than 63 characters", "a lowercase"]);
    }

    #[test]
    fn wildcard_stands_only_in_the_first_label() {
        check(is_wildcard_dns1123_subdomain("*.foo.com"), &[]);
        for bad in ["*", "*.", "*.*.com", "*foo.com", "foo.*.com", "foo.com"] {
            check(is_wildcard_dns1123_subdomain(bad), &["a wildcard DNS-1123 subdomain"]);
        }
    }

    #[test]
    fn underscore_may_lead_a_label_once() {
        check(is_dns1123_subdomain_with_underscore("_http._tcp.a_b"), &[]);
        for bad in ["__a", "_", "a_", "", "_-a"] {
            check(is_dns1123_subdomain_with_underscore(bad), &["a lowercase RFC 1123 subdomain"]);
        }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        check(
            is_valid_port_name("éééééééé"),
            &["must be no more than 15 characters", "must contain only", "must contain at least one letter"],
        );
    }

    #[test]
    fn port_numbers_go_from_1_to_65535() {
        check(is_valid_port_num(1), &[]);
        check(is_valid_port_num(65535), &[]);
        check(is_valid_port_num(0), &["must be between 1 and 65535, inclusive"]);
        check(is_valid_port_num(-1), &["must be between 1 and 65535, inclusive"]);
    }
}
