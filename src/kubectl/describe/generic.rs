//! Custom resources: kubectl knows nothing of their fields and prints them all.

use serde_json::Value;

use super::super::doc::Doc;
use super::super::page::Page;
use super::{labels_and_annotations, name};

/// Fields of the metadata that are printed before the others, or never.
const SKIPPED: [&str; 5] = ["managedFields", "name", "namespace", "labels", "annotations"];

// Models describe.go genericDescriber
/// Writes an object of which kubectl knows nothing: every field.
pub fn describe_generic(page: &mut Page, object: Doc<'_>) {
    name(page, object);
    labels_and_annotations(page, object);
    for (field, value) in object.entries_here() {
        if field == "metadata" {
            page.line(0, &["Metadata:"]);
            for (field, value) in
                value.entries_here().into_iter().filter(|(field, _)| !SKIPPED.contains(field))
            {
                print(page, 1, field, value);
            }
        } else {
            print(page, 0, field, value);
        }
    }
}

// Models describe.go printUnstructuredContent
fn print(page: &mut Page, level: usize, field: &str, value: Doc<'_>) {
    let label = label(field);
    match value.0 {
        Value::Object(_) => {
            page.line(level, &[&[&*label, ":"].concat()]);
            for (field, value) in value.entries_here() {
                print(page, level + 1, field, value);
            }
        }
        Value::Array(items) => {
            page.line(level, &[&[&*label, ":"].concat()]);
            for item in items.iter().map(Doc) {
                match item.0 {
                    Value::Object(_) => {
                        for (field, value) in item.entries_here() {
                            print(page, level + 1, field, value);
                        }
                    }
                    _ => page.line(level + 1, &[&item.own()]),
                }
            }
        }
        Value::Null => page.field(level, &label, "<nil>"),
        _ => page.field(level, &label, &value.own()),
    }
}

// Models describe.go smartLabelFor
/// The name of a field as words: `parentRefs` is `Parent Refs`. A name with other signs stays as it is.
fn label(field: &str) -> String {
    if !field.chars().all(|c| c.is_alphabetic() || c == '-') {
        return field.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    for part in split(field) {
        // A word in capitals and the next word are one: `DNSName`.
        if let Some(last) = words.last_mut()
            && last.len() >= 2
            && last.chars().all(char::is_uppercase)
            && part.starts_with(char::is_uppercase)
        {
            last.push_str(part);
            continue;
        }
        words.push(part.to_owned());
    }
    for word in &mut words {
        if ["API", "URL", "UID", "GUID"].contains(&&*word.to_uppercase()) {
            *word = word.to_uppercase();
        } else if *word == word.to_lowercase()
            && let Some(first) = word.chars().next()
        {
            *word = first.to_uppercase().chain(word.chars().skip(1)).collect();
        }
    }
    words.join(" ")
}

// Models github.com/fatih/camelcase Split
/// Parts of a camel-case name: runs of small letters, of capitals, of other signs. The last capital before small letters
/// belongs to them.
fn split(name: &str) -> Vec<&str> {
    let class = |c: char| {
        if c.is_lowercase() {
            0
        } else if c.is_uppercase() {
            1
        } else {
            2
        }
    };
    let mut starts = vec![0];
    let mut before: Option<(usize, u8)> = None;
    for (at, c) in name.char_indices() {
        if let Some((previous, kind)) = before
            && kind != class(c)
        {
            let is_word = kind == 1 && class(c) == 0;
            let start = if is_word { previous } else { at };
            if starts.last() != Some(&start) {
                starts.push(start);
            }
        }
        before = Some((at, class(c)));
    }
    let ends = starts[1..].iter().copied().chain([name.len()]);
    starts.iter().zip(ends).map(|(start, end)| &name[*start..end]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_become_words() {
        let check = |field: &str, expected: &str| assert_eq!(label(field), expected);
        check("apiVersion", "API Version");
        check("parentRefs", "Parent Refs");
        check("kind", "Kind");
        check("uid", "UID");
        check("observedGeneration", "Observed Generation");
        check("DNSNames", "DNSNames");
        check("app.kubernetes.io/name", "app.kubernetes.io/name");
        check("type", "Type");
    }
}
