//! Whether a rule matches a request, and which of several matches wins.

use std::cmp::Reverse;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use regex_lite::Regex;

use super::super::http::{HttpRequest, path_has_prefix, percent_decoded};
use crate::api::gateway::{HTTPPathMatch, HTTPRoute, HTTPRouteMatch, HTTPValueMatch};
use crate::controllers::gateway::covers;

/// How specific a match is: what is greater wins. In this order: characters of a host without wildcard, characters of
/// the host, the kind of path (exact, pattern, prefix), characters of the path, a method, the number of headers, the
/// number of parameters; then the oldest route, the first by namespace and name, the first rule, the first match.
pub type Precedence<'a> = (
    (usize, usize),
    (u8, usize),
    bool,
    usize,
    usize,
    Reverse<Option<&'a Time>>,
    Reverse<(&'a str, &'a str)>,
    Reverse<usize>,
    Reverse<usize>,
);

/// The greatest number of characters among the hosts that cover the request's: of those without a wildcard, and of
/// all. An empty host covers every one. `None` when no host does.
pub fn host_rank(hosts: &[String], host: &str) -> Option<(usize, usize)> {
    hosts
        .iter()
        .filter(|pattern| pattern.is_empty() || covers(pattern, host))
        .map(|pattern| (if pattern.starts_with("*.") { 0 } else { pattern.len() }, pattern.len()))
        .max()
}

/// How specifically a match fits a request; `None` when it does not.
pub fn precedence<'a>(
    route: &'a HTTPRoute,
    (rule, index): (usize, usize),
    one: &HTTPRouteMatch,
    host_rank: (usize, usize),
    request: &HttpRequest,
) -> Option<Precedence<'a>> {
    let path = path_rank(one.path.as_ref(), request.path_only())?;
    if one.method.as_deref().is_some_and(|method| method != request.method) {
        return None;
    }
    let headers = first_of_each_name(&one.headers, |a, b| a.eq_ignore_ascii_case(b));
    let parameters = first_of_each_name(&one.query_params, |a, b| a == b);
    let query = request.query().unwrap_or_default();
    let fits = headers.iter().all(|wanted| value_fits(wanted, header(request, &wanted.name)))
        && parameters.iter().all(|wanted| value_fits(wanted, parameter(query, &wanted.name)));
    let metadata = &route.metadata;
    fits.then(|| {
        (
            host_rank,
            path,
            one.method.is_some(),
            headers.len(),
            parameters.len(),
            Reverse(metadata.creation_timestamp.as_ref()),
            Reverse((
                metadata.namespace.as_deref().unwrap_or_default(),
                metadata.name.as_deref().unwrap_or_default(),
            )),
            Reverse(rule),
            Reverse(index),
        )
    })
}

fn path_rank(wanted: Option<&HTTPPathMatch>, path: &str) -> Option<(u8, usize)> {
    let value = wanted.and_then(|wanted| wanted.value.as_deref()).unwrap_or("/");
    match wanted.and_then(|wanted| wanted.match_type.as_deref()) {
        Some("Exact") => (path == value).then_some((2, value.len())),
        Some("RegularExpression") => matches_pattern(value, path).then_some((1, value.len())),
        _ => {
            let length = value.strip_suffix('/').unwrap_or(value).len();
            path_has_prefix(path, value).then_some((0, length))
        }
    }
}

/// Of several conditions on one name only the first counts.
fn first_of_each_name(wanted: &[HTTPValueMatch], same: impl Fn(&str, &str) -> bool) -> Vec<&HTTPValueMatch> {
    let mut first: Vec<&HTTPValueMatch> = Vec::new();
    for one in wanted {
        if !first.iter().any(|known| same(&known.name, &one.name)) {
            first.push(one);
        }
    }
    first
}

fn value_fits(wanted: &HTTPValueMatch, found: Option<String>) -> bool {
    let value = wanted.value.as_str();
    found.is_some_and(|found| match wanted.match_type.as_deref() {
        Some("RegularExpression") => matches_pattern(value, &found),
        _ => found == value,
    })
}

/// The value of a header, several joined by commas.
fn header(request: &HttpRequest, name: &str) -> Option<String> {
    let values: Vec<&str> = request
        .headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    if values.is_empty() { None } else { Some(values.join(",")) }
}

/// The first value of a parameter.
fn parameter(query: &str, name: &str) -> Option<String> {
    let decoded = |text: &str| percent_decoded(&text.replace('+', " "));
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(known, _)| decoded(known) == name)
        .map(|(_, value)| decoded(value))
}

/// Whether a pattern matches the whole text; one that is no pattern matches nothing.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
}
