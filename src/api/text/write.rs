//! JSON values to YAML as kubectl prints it: two spaces a level, list items under their key without indentation, no
//! quotes where none are needed, several lines as a `|` block.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::scalar;

/// Longer keys are written behind a `? `: YAML takes at most 1024 characters before a colon.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// Writes values as YAML documents, separated by `---`. What comes out is read back as the same values, except that a
/// number without a fraction comes back as a whole number. The keys stay in their order.
pub fn write<'v>(values: impl IntoIterator<Item = &'v Value>) -> String {
    let mut out = String::new();
    for (number, value) in values.into_iter().enumerate() {
        if number > 0 {
            out.push_str("---\n");
        }
        node(value, 0, Position::Start, &mut out);
    }
    out
}

/// What stands on the line already when a value begins.
#[derive(Clone, Copy, PartialEq)]
enum Position {
    /// Nothing, or the `- ` of a list or the `? ` of a long key: a list or map may begin right here.
    Start,
    /// A key and its colon.
    AfterKey,
}

/// Writes a value up to and with the end of its last line. Lists and maps put their lines at `indent`.
fn node(value: &Value, indent: usize, position: Position, out: &mut String) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            if position == Position::AfterKey {
                out.push('\n');
            }
            list(items, indent, position, out);
        }
        Value::Object(map) if !map.is_empty() => {
            let indent = match position {
                Position::Start => indent,
                Position::AfterKey => indent + 2,
            };
            if position == Position::AfterKey {
                out.push('\n');
            }
            fields(map, indent, position, out);
        }
        flat => {
            if position == Position::AfterKey {
                out.push(' ');
            }
            // A block stands deeper than the key or the dash that it belongs to.
            let block_indent = match position {
                Position::AfterKey => indent + 2,
                Position::Start => indent.max(2),
            };
            scalar_value(flat, block_indent, out);
            out.push('\n');
        }
    }
}

fn list(items: &[Value], indent: usize, position: Position, out: &mut String) {
    for (number, item) in items.iter().enumerate() {
        if number > 0 || position == Position::AfterKey {
            pad(indent, out);
        }
        out.push_str("- ");
        node(item, indent + 2, Position::Start, out);
    }
}

fn fields(map: &Map<String, Value>, indent: usize, position: Position, out: &mut String) {
    for (number, (key, value)) in map.iter().enumerate() {
        if number > 0 || position == Position::AfterKey {
            pad(indent, out);
        }
        let written = key_text(key);
        if written.len() > LONGEST_SIMPLE_KEY {
            let _ = writeln!(out, "? {written}");
            pad(indent, out);
        } else {
            out.push_str(&written);
        }
        out.push(':');
        node(value, indent, Position::AfterKey, out);
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar_value(value: &Value, block_indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Number(number) => {
            let number = match number.as_f64().filter(|_| number.is_f64()) {
                Some(value) => scalar::json_number(value).unwrap_or_else(|| number.clone()),
                None => number.clone(),
            };
            let _ = write!(out, "{number}");
        }
        Value::String(text) if fits_block(text) => block(text, block_indent, out),
        Value::String(text) => out.push_str(&flow_text(text)),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

/// A key: never a block, and quoted where unquoted it would be a merge key.
fn key_text(key: &str) -> String {
    if key == "<<" { double_quoted(key) } else { flow_text(key) }
}

// Models go.yaml.in/yaml/v2 encode.go stringv and emitterc.go yaml_emitter_select_scalar_style
/// A text on one line: double quotes where it would be read as another type, else without quotes if YAML allows, else
/// single quotes, and double quotes again for characters that need an escape.
fn flow_text(text: &str) -> String {
    if text.chars().any(needs_escape) || !scalar::is_text(text) {
        double_quoted(text)
    } else if fits_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Whether a character can only stand in double quotes, as an escape.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether YAML reads the text without quotes as it is, on one line.
fn fits_plain(text: &str) -> bool {
    let starts_badly = match text.chars().next() {
        None
        | Some(
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' | '#',
        ) => true,
        Some('-' | '?' | ':') => text.chars().nth(1).is_none_or(char::is_whitespace),
        Some(_) => false,
    };
    !starts_badly
        && text.trim() == text
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
}

/// Whether the text is of several lines that can stand in a `|` block: as kubectl, blocks have no blanks at the ends
/// of lines, because nobody sees them.
fn fits_block(text: &str) -> bool {
    text.contains('\n')
        && !text.chars().any(|c| needs_escape(c) && !matches!(c, '\n' | '\t'))
        && text.split('\n').all(|line| !line.ends_with([' ', '\t']))
        && text.contains(|c| c != '\n')
}

fn block(text: &str, indent: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\t', '\n']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) => {
            if body.ends_with('\n') {
                out.push('+');
            }
            body
        }
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(indent, out);
            out.push_str(line);
        }
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if needs_escape(c) => {
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code => write!(out, "\\u{code:04x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::{read, split, yaml};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(value: Value, expected: &str) {
        assert_eq!(write([&value]), expected);
        assert_eq!(back(expected), [value]);
    }

    /// The values of a text.
    fn back(text: &str) -> Vec<Value> {
        let mut problems = Vec::new();
        let values = split::documents(text, &mut problems)
            .iter()
            .flat_map(|chunk| yaml::parse(chunk, &mut yaml::Budget::default(), &mut problems))
            .map(|(value, _)| value)
            .collect();
        assert_eq!(problems, [], "{text}");
        values
    }

    #[test]
    fn lists_and_maps_are_laid_out_as_kubectl_does() {
        check(
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"labels": {}, "name": "web"},
                "spec": {"clusterIPs": ["10.0.0.1", "fd00::1"], "ports": [{"name": "http", "port": 80}, {"port": 443}], "x": [[1, [2]], [], {}]},
            }),
            "apiVersion: v1\nkind: Service\nmetadata:\n  labels: {}\n  name: web\nspec:\n  clusterIPs:\n  - 10.0.0.1\n  - fd00::1\n  \
             ports:\n  - name: http\n    port: 80\n  - port: 443\n  x:\n  - - 1\n    - - 2\n  - []\n  - {}\n",
        );
        check(json!([{"a": [1]}, [{"b": null}]]), "- a:\n  - 1\n- - b: null\n");
    }

    #[test]
    fn strings_are_quoted_only_where_they_would_be_something_else() {
        for (text, expected) in [
            ("web", "web"),
            ("two words", "two words"),
            ("a:b", "a:b"),
            ("a#b", "a#b"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("1.2.3", "1.2.3"),
            ("-x", "-x"),
            ("é😀", "é😀"),
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("y", "\"y\""),
            ("Off", "\"Off\""),
            ("null", "\"null\""),
            ("~", "\"~\""),
            ("1.0", "\"1.0\""),
            ("8080", "\"8080\""),
            ("08", "\"08\""),
            ("0x10", "\"0x10\""),
            ("0o7", "\"0o7\""),
            ("1_000", "\"1_000\""),
            ("1e3", "\"1e3\""),
            ("1e999", "\"1e999\""),
            ("0xFFFFFFFFFFFFFFFFFFF", "\"0xFFFFFFFFFFFFFFFFFFF\""),
            (".inf", "\".inf\""),
            ("12:30:45", "\"12:30:45\""),
            ("2026-01-31", "\"2026-01-31\""),
            ("2026-01-31T12:00:00Z", "\"2026-01-31T12:00:00Z\""),
            ("a: b", "'a: b'"),
            ("a:", "'a:'"),
            ("a #b", "'a #b'"),
            (" a", "' a'"),
            ("a ", "'a '"),
            ("-", "'-'"),
            ("---", "'---'"),
            ("- a", "'- a'"),
            ("*", "'*'"),
            ("'it''s'", "'''it''''s'''"),
            ("{a}", "'{a}'"),
            ("%", "'%'"),
            ("a\tb", "\"a\\tb\""),
            ("\u{7}\u{85}\u{2028}\u{feff}", "\"\\x07\\x85\\u2028\\ufeff\""),
        ] {
            check(json!({"k": text}), &format!("k: {expected}\n"));
            check(json!({text: 1}), &format!("{expected}: 1\n"));
        }
        check(json!({"<<": 1}), "\"<<\": 1\n");
    }

    #[test]
    fn several_lines_become_a_block() {
        check(json!({"k": "a\nb"}), "k: |-\n  a\n  b\n");
        check(json!({"k": "a\nb\n", "l": 1}), "k: |\n  a\n  b\nl: 1\n");
        check(json!({"k": "a\n\n\n", "l": 1}), "k: |+\n  a\n\n\nl: 1\n");
        check(json!({"k": "  a\nb\n\n\tc"}), "k: |2-\n    a\n  b\n\n  \tc\n");
        check(json!({"k": "\na\n"}), "k: |2\n\n  a\n");
        check(json!(["a\nb", ["c\nd\n"]]), "- |-\n  a\n  b\n- - |\n    c\n    d\n");
        check(json!("a\n---\nb"), "|-\n  a\n  ---\n  b\n");
        check(json!({"k": "a \nb"}), "k: \"a \\nb\"\n");
        check(json!({"k": "\n\n"}), "k: \"\\n\\n\"\n");
        check(json!({"a\nb": 1}), "\"a\\nb\": 1\n");
        check(json!({"k": {"l": ["a\nb\n"]}}), "k:\n  l:\n  - |\n    a\n    b\n");
    }

    #[test]
    fn numbers_and_long_keys_come_back() {
        check(
            json!([1, -1, u64::MAX, i64::MIN, 1.5, 1e300, 1e-7]),
            "- 1\n- -1\n- 18446744073709551615\n- -9223372036854775808\n- 1.5\n- 1e+300\n- 1e-7\n",
        );
        assert_eq!(write([&json!(2.0)]), "2\n");
        let key = "k".repeat(2000);
        check(json!({key.clone(): {"a": 1}, "b": 2}), &format!("? {key}\n:\n  a: 1\nb: 2\n"));
    }

    #[test]
    fn every_document_of_a_manifest_comes_back() {
        let text = include_str!("../../../tests/manifests/shop.yaml");
        let values: Vec<Value> =
            read(text, "default").documents.into_iter().map(|document| document.value).collect();
        let written = write(&values);
        let again: Vec<Value> =
            read(&written, "default").documents.into_iter().map(|document| document.value).collect();
        assert_eq!(again, values);
        assert_eq!(write(&again), written);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[ \t\n\r:#'\"\\\\a0.,|>-]{0,12}",
            "[-+.0-9xobe_:]{1,6}",
            "[yYnNtTfFoO~<=!&*?%@`{}\\[\\]-]{1,4}",
            "(\n| |a|---|\u{85}|\u{2029}){1,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("without a fraction it comes back as a whole number", |value| value.fract()
                    != 0.0)
                .prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((text.clone(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn any_value_comes_back(values in proptest::collection::vec(any_value(), 1..3)) {
            prop_assert_eq!(back(&write(&values)), values);
        }
    }
}
