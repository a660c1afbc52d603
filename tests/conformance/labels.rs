//! Label selectors: what parses, what matches, and the canonical form.

use std::collections::BTreeMap;

use endpoint_playground::api::labels::{ParseError, Selector};
use serde_json::{Value, json};

fn map(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

fn selector(case: &Value) -> Result<Selector, ParseError> {
    match case["kind"].as_str() {
        Some("parse") => Selector::parse(case["selector"].as_str().unwrap_or_default()),
        Some("labelSelector") if case["labelSelectorIsNil"] == true => Selector::from_label_selector(None),
        Some("labelSelector") => {
            let selector = serde_json::from_value(case["labelSelector"].clone()).unwrap_or_default();
            Selector::from_label_selector(Some(&selector))
        }
        // A nil map is an empty one here: only the controllers ask whether there is one.
        Some("set") => Ok(Selector::from_set(Some(&map(&case["set"])))),
        _ => Err(ParseError(format!("unknown kind {}", case["kind"]))),
    }
}

fn outcome(case: &Value) -> Value {
    match selector(case) {
        Err(error) => json!({ "parses": false, "matches": false, "empty": false, "error": error.0 }),
        Ok(selector) => json!({
            "parses": true,
            "matches": selector.matches(&map(&case["labels"])),
            "canonical": selector.to_string(),
            "empty": selector.is_empty(),
            "requirements": selector
                .requirements()
                .iter()
                .map(|own| json!({ "key": own.key(), "op": own.operator().as_str(), "values": own.values() }))
                .collect::<Vec<_>>(),
        }),
    }
}

/// Whether upstream looks at several labels in no order, so that the error is that of any bad one.
fn has_random_error(case: &Value) -> bool {
    case["labelSelector"]["matchLabels"].as_object().is_some_and(|labels| labels.len() > 1)
}

/// Compares every case's outcome; the error text too, where upstream determines it.
pub fn check(data: &Value) -> (usize, Vec<String>) {
    let cases = data.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut differences = Vec::new();
    for case in cases {
        let outcome = outcome(case);
        let facts = ["parses", "error", "matches", "canonical", "empty", "requirements"];
        let absent = |value: &Value| value.is_null() || *value == json!([]);
        let differs = |fact: &&str| {
            let (actual, expected) = (&outcome[fact], &case[fact]);
            if *fact == "error" && has_random_error(case) {
                return actual.is_null() != expected.is_null();
            }
            actual != expected && !(absent(actual) && absent(expected))
        };
        if let Some(fact) = facts.into_iter().find(differs) {
            differences.push(format!("{fact}: {} instead of {case}", outcome[fact]));
        }
    }
    (cases.len(), differences)
}
