//! The checks of single values that the API server makes: names, labels, addresses. All words are upstream's.
//!
//! Lengths are counted in bytes, as Go counts them. Every function that gives a list of messages gives an empty
//! one for a valid value.

pub mod address;
pub mod field;
pub mod format;
pub mod label;
pub mod name;
pub mod quote;

pub use address::{is_valid_cidr, is_valid_ip, parse_cidr_sloppy, parse_ip_sloppy};
pub use field::{ErrorKind, FieldError, Path};
pub use format::{
    is_config_map_key, is_env_var_name, is_http_header_name, is_relaxed_env_var_name, is_valid_percent,
};
pub use label::{is_qualified_name, is_valid_label_value};
pub use name::{
    is_dns1035_label, is_dns1123_label, is_dns1123_subdomain, is_dns1123_subdomain_with_underscore,
    is_domain_prefixed_path, is_fully_qualified_domain_name, is_path_segment_name, is_valid_port_name,
    is_valid_port_num, is_wildcard_dns1123_subdomain,
};

// Models pkg/util/validation/validation.go RegexError
/// `message` followed by examples and by the regular expression that upstream uses for the check.
fn regex_error(message: &str, expression: &str, examples: &[&str]) -> String {
    let shown: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    let lead = if shown.is_empty() { " (".to_owned() } else { format!(" (e.g. {}", shown.join(" or ")) };
    format!("{message}{lead}regex used for validation is '{expression}')")
}

// Models pkg/util/validation/validation.go InclusiveRangeError
/// What is said of a number outside `low..=high`.
pub fn inclusive_range_error(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

// Models pkg/util/validation/validation.go MaxLenError
/// What most checks say of a text that is too long.
pub(crate) fn max_len_error(length: usize) -> String {
    format!("must be no more than {length} characters")
}
