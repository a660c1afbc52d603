//! Label selectors: parsed from text, from a `LabelSelector` or from a plain map, and matched.

mod parser;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::validation::field::{self, FieldError, Path, Raw};
use super::validation::quote::quote;
use super::validation::{is_qualified_name, is_valid_label_value};

/// How a requirement relates a key to its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// The key is there and its value is one of the values.
    In,
    /// The key is absent or its value is none of the values.
    NotIn,
    /// Written `=`: the key is there with the value.
    Equals,
    /// Written `==`: as `=`, printed as it was written.
    DoubleEquals,
    /// Written `!=`: the key is absent or has another value.
    NotEquals,
    /// The key is there.
    Exists,
    /// The key is absent.
    DoesNotExist,
    /// The key is there and its value is an integer greater than the value.
    GreaterThan,
    /// The key is there and its value is an integer less than the value.
    LessThan,
}

impl Operator {
    /// Upstream's name of the operator.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::In => "in",
            Operator::NotIn => "notin",
            Operator::Equals => "=",
            Operator::DoubleEquals => "==",
            Operator::NotEquals => "!=",
            Operator::Exists => "exists",
            Operator::DoesNotExist => "!",
            Operator::GreaterThan => "gt",
            Operator::LessThan => "lt",
        }
    }
}

/// Why a selector can not be used, in upstream's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError(pub String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

impl From<Vec<FieldError>> for ParseError {
    fn from(errors: Vec<FieldError>) -> ParseError {
        ParseError(field::aggregate(&errors))
    }
}

/// One condition on one label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

impl Requirement {
    // Models pkg/labels/selector.go NewRequirement
    /// A requirement, checked. All errors come at once: the key's, those of the number and form of the values by the
    /// operator, then those of each value as a label.
    pub fn new(key: &str, operator: Operator, values: Vec<String>) -> Result<Requirement, Vec<FieldError>> {
        let mut errors = Vec::new();
        errors.extend(key_error(key, &Path::NIL.child("key")));
        let path = Path::NIL.child("values");
        let mut wrong_number = |words: &str| {
            // An absent list is Go's nil slice, which prints as null.
            let invalid = match values.as_slice() {
                [] => FieldError::invalid(&path, Raw("null"), words),
                some => FieldError::invalid(&path, some, words),
            };
            errors.push(invalid);
        };
        match operator {
            Operator::In | Operator::NotIn => {
                if values.is_empty() {
                    wrong_number("for 'in', 'notin' operators, values set can't be empty");
                }
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
                if values.len() != 1 {
                    wrong_number("exact-match compatibility requires one single value");
                }
            }
            Operator::Exists | Operator::DoesNotExist => {
                if !values.is_empty() {
                    wrong_number("values set must be empty for exists and does not exist");
                }
            }
            Operator::GreaterThan | Operator::LessThan => {
                if values.len() != 1 {
                    wrong_number("for 'Gt', 'Lt' operators, exactly one value is required");
                }
                for (index, value) in values.iter().enumerate() {
                    if integer(value).is_none() {
                        let words = "for 'Gt', 'Lt' operators, the value must be an integer";
                        errors.push(FieldError::invalid(&path.index(index), value, words));
                    }
                }
            }
        }
        for (index, value) in values.iter().enumerate() {
            let messages = is_valid_label_value(value);
            if !messages.is_empty() {
                let element = path.index(index);
                errors.push(FieldError::invalid(&element.key(key), value, messages.join("; ")));
            }
        }
        if errors.is_empty() {
            Ok(Requirement { key: key.to_owned(), operator, values })
        } else {
            Err(errors)
        }
    }

    /// The label's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How key and values are related.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, each once.
    pub fn values(&self) -> BTreeSet<&str> {
        self.values.iter().map(String::as_str).collect()
    }

    // Models pkg/labels/selector.go Requirement.Matches
    /// Whether labels that have `value` under this requirement's key meet it; `None` when the key is absent.
    pub fn matches_value(&self, value: Option<&str>) -> bool {
        let has = |value: &str| self.values.iter().any(|own| own == value);
        let compare = |holds: fn(&i64, &i64) -> bool| {
            let theirs = value.and_then(integer);
            let own = self.values.first().map(String::as_str).and_then(integer);
            theirs.zip(own).is_some_and(|(theirs, own)| holds(&theirs, &own))
        };
        match self.operator {
            Operator::In | Operator::Equals | Operator::DoubleEquals => value.is_some_and(has),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(has),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => compare(i64::gt),
            Operator::LessThan => compare(i64::lt),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        values.sort_unstable();
        let (key, values) = (&self.key, values.join(","));
        match self.operator {
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
            Operator::In => write!(f, "{key} in ({values})"),
            Operator::NotIn => write!(f, "{key} notin ({values})"),
            Operator::GreaterThan => write!(f, "{key}>{values}"),
            Operator::LessThan => write!(f, "{key}<{values}"),
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
                write!(f, "{key}{}{values}", self.operator.as_str())
            }
        }
    }
}

/// A decimal 64-bit integer with an optional sign.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn key_error(key: &str, path: &Path<'_>) -> Option<FieldError> {
    let messages = is_qualified_name(key);
    (!messages.is_empty()).then(|| FieldError::invalid(path, key, messages.join("; ")))
}

/// Which labels match: those that meet every requirement, or none at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selector {
    /// Sorted by key; `None` for the selector that matches nothing.
    requirements: Option<Vec<Requirement>>,
}

impl Selector {
    /// The selector that matches all labels.
    pub fn everything() -> Selector {
        Selector { requirements: Some(Vec::new()) }
    }

    /// The selector that matches no labels.
    pub fn nothing() -> Selector {
        Selector { requirements: None }
    }

    fn of(mut requirements: Vec<Requirement>) -> Selector {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Selector { requirements: Some(requirements) }
    }

    // Models pkg/labels/selector.go Parse
    /// Reads a selector as `kubectl -l` takes it. An empty text matches everything.
    pub fn parse(text: &str) -> Result<Selector, ParseError> {
        parser::parse(text).map(Selector::of)
    }

    // Models pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector
    /// The selector of a workload or a policy: an absent one matches nothing, an empty one everything.
    pub fn from_label_selector(selector: Option<&LabelSelector>) -> Result<Selector, ParseError> {
        let Some(selector) = selector else { return Ok(Selector::nothing()) };
        let mut requirements = Vec::new();
        for (key, value) in selector.match_labels.iter().flatten() {
            requirements.push(Requirement::new(key, Operator::Equals, vec![value.clone()])?);
        }
        for expression in selector.match_expressions.iter().flatten() {
            let operator = match expression.operator.as_str() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => {
                    return Err(ParseError(format!(
                        "{} is not a valid label selector operator",
                        quote(other)
                    )));
                }
            };
            let values = expression.values.clone().unwrap_or_default();
            requirements.push(Requirement::new(&expression.key, operator, values)?);
        }
        Ok(Selector::of(requirements))
    }

    // Models pkg/labels/labels.go Set.AsSelectorPreValidated
    /// The selector of a Service or a ReplicationController: an absent one matches nothing, which is what their
    /// controllers make of it; an empty one matches everything. Keys and values are not checked.
    pub fn from_set(set: Option<&BTreeMap<String, String>>) -> Selector {
        let Some(set) = set else { return Selector::nothing() };
        let equals = |(key, value): (&String, &String)| Requirement {
            key: key.clone(),
            operator: Operator::Equals,
            values: vec![value.clone()],
        };
        Selector { requirements: Some(set.iter().map(equals).collect()) }
    }

    /// Whether `labels` meet every requirement; absent labels are an empty map.
    pub fn matches<'a>(&self, labels: impl Into<Option<&'a BTreeMap<String, String>>>) -> bool {
        let labels = labels.into();
        self.requirements.as_ref().is_some_and(|requirements| {
            requirements.iter().all(|requirement| {
                let value = labels.and_then(|labels| labels.get(&requirement.key));
                requirement.matches_value(value.map(String::as_str))
            })
        })
    }

    /// The requirements, sorted by key; none for the selectors of everything and of nothing.
    pub fn requirements(&self) -> &[Requirement] {
        self.requirements.as_deref().unwrap_or_default()
    }

    /// Whether the selector matches everything because it requires nothing.
    pub fn is_empty(&self) -> bool {
        self.requirements.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether the selector matches nothing because there is none.
    pub fn is_nothing(&self) -> bool {
        self.requirements.is_none()
    }
}

impl fmt::Display for Selector {
    /// The canonical form: requirements sorted by key, values sorted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements().iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn check(text: &str, expected: Result<&str, &str>) {
        let result = Selector::parse(text).map(|selector| selector.to_string()).map_err(|error| error.0);
        assert_eq!(result.as_deref().map_err(String::as_str), expected, "{text:?}");
    }

    #[test]
    fn empty_places_are_empty_values() {
        for text in ["a in ()", "a in (,)", "a in ( , )"] {
            check(text, Ok("a in ()"));
        }
        check("a in (b,)", Ok("a in (,b)"));
        check("a in (,b)", Ok("a in (,b)"));
        check("a in (b,,c)", Ok("a in (,b,c)"));
        check("a=,b", Ok("a=,b"));
    }

    #[test]
    fn keywords_are_keys_and_values_too() {
        check("in in (in,notin)", Ok("in in (in,notin)"));
        check("notin!=in", Ok("notin!=in"));
        check("!in", Ok("!in"));
    }

    #[test]
    fn what_does_not_parse_is_told_of_in_upstream_words() {
        check("a,", Err("found '', expected: identifier after ','"));
        check(",a", Err("found ',', expected: !, identifier, or 'end of string'"));
        check("!!a", Err("unable to parse requirement: found '!', expected: identifier"));
        check("!", Err("unable to parse requirement: found '', expected: identifier"));
        check("!a=b", Err("found '=', expected: ',' or 'end of string'"));
        check("a in b", Err("unable to parse requirement: found 'b' expected: '('"));
        check("a in (b", Err("unable to parse requirement: found '', expected: ',' or ')'"));
        check("a in (b,", Err("unable to parse requirement: found '', expected: ',', or identifier"));
        check("a===b", Err("unable to parse requirement: found '=', expected: identifier"));
        check("a b", Err("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"));
    }

    #[test]
    fn nul_ends_a_word_and_in_front_of_a_token_the_text() {
        check("a\0,b", Ok("a,b"));
        check("a\0\0,b", Ok("a"));
        check("\0a", Ok(""));
        check("a\0b", Err("unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"));
    }

    #[test]
    fn absent_selector_matches_nothing_and_empty_one_everything() {
        let labels = map(&[("app", "web")]);
        assert!(!Selector::from_set(None).matches(&labels));
        assert!(Selector::from_set(Some(&BTreeMap::new())).matches(&labels));
        assert!(!Selector::from_label_selector(None).unwrap().matches(&labels));
        assert!(Selector::from_label_selector(Some(&LabelSelector::default())).unwrap().matches(None));
    }

    #[test]
    fn order_needs_integers_on_both_sides() {
        let selector = Selector::parse("n>5").unwrap();
        for (value, expected) in
            [("6", true), ("5", false), ("-7", false), ("x", false), ("+6", true), ("", false)]
        {
            assert_eq!(selector.matches(&map(&[("n", value)])), expected, "{value}");
        }
        assert!(!selector.matches(None));
    }
}
