//! A text cut into documents at its `---` lines, so that one broken document does not stop the others.

use std::borrow::Cow;

use crate::api::problem::{Place, Problem};

/// One document's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chunk<'t> {
    /// The text between two separators, or one object of several in a JSON text.
    pub text: Cow<'t, str>,
    /// Where it starts in the whole text: the line, from 1.
    pub first_line: u32,
    /// How many characters stand before it on its first line.
    pub first_column: u32,
}

// Models apimachinery/pkg/util/yaml/decoder.go YAMLReader.Read
/// Cuts a text at every line that starts with `---`. Only a comment may follow on that line; anything else is told
/// and left out. Documents of white space and comments alone are skipped.
pub fn documents<'t>(text: &'t str, problems: &mut Vec<Problem>) -> Vec<Chunk<'t>> {
    let mut chunks = Vec::new();
    let mut push = |start: usize, end: usize, first_line: u32| {
        let part = text.get(start..end).unwrap_or("");
        let blank = part.lines().all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with('#') || line.starts_with('%')
        });
        if !blank {
            json_objects(part, first_line, &mut chunks);
        }
    };
    let (mut start, mut first_line, mut offset, mut number) = (0, 1, 0, 0u32);
    for line in text.split_inclusive('\n') {
        number = number.saturating_add(1);
        if let Some(rest) = line.strip_prefix("---") {
            push(start, offset, first_line);
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                let columns =
                    u32::try_from(line.trim_end().chars().count()).unwrap_or(u32::MAX).saturating_add(1);
                let place = Place { end_column: columns, ..Place::at(number, 4) };
                problems.push(
                    Problem::error(format!("invalid Yaml document separator: {rest}"))
                        .at(place)
                        .hint("Leave only --- on this line."),
                );
            }
            (start, first_line) = (offset + line.len(), number.saturating_add(1));
        }
        offset += line.len();
    }
    push(start, offset, first_line);
    chunks
}

// Models the JSON side of apimachinery/pkg/util/yaml/decoder.go YAMLOrJSONDecoder.Decode
/// Adds a text as it is, or, if it is JSON, each of the objects that follow one another in it.
fn json_objects<'t>(text: &'t str, first_line: u32, chunks: &mut Vec<Chunk<'t>>) {
    let is_json =
        text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']));
    if !is_json {
        chunks.push(Chunk { text: Cow::Borrowed(text), first_line, first_column: 0 });
        return;
    }
    let (mut start, mut place) = (0, (first_line, 0));
    let (mut line, mut column) = place;
    let (mut depth, mut in_string, mut escaped, mut closed) = (0usize, false, false, false);
    for (offset, c) in text.char_indices() {
        if closed && c == '{' {
            push_json(text, start, offset, place, chunks);
            (start, place, closed) = (offset, (line, column), false);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' | '[' if !in_string => depth += 1,
            '}' | ']' if !in_string => {
                depth = depth.saturating_sub(1);
                closed = depth == 0;
            }
            c if !c.is_whitespace() => closed = false,
            _ => {}
        }
        (line, column) = if c == '\n' { (line.saturating_add(1), 0) } else { (line, column + 1) };
    }
    push_json(text, start, text.len(), place, chunks);
}

fn push_json<'t>(text: &'t str, start: usize, end: usize, place: (u32, u32), chunks: &mut Vec<Chunk<'t>>) {
    let part = text.get(start..end).unwrap_or("");
    chunks.push(Chunk { text: with_whole_escapes(part), first_line: place.0, first_column: place.1 });
}

/// JSON writes characters beyond the first 65536 as two escapes, which YAML has not: they become the one that YAML
/// has (which is shorter: later columns of that line are smaller by 2). A half alone becomes U+FFFD, as in Go.
fn with_whole_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let (used, replacement) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(high), low) if (0xd800..0xe000).contains(&high) => {
                match low.and_then(|low| char::decode_utf16([high, low]).next()?.ok()) {
                    Some(c) => (12, Some(c)),
                    None => (6, Some(char::REPLACEMENT_CHARACTER)),
                }
            }
            // A backslash takes the next character along, so that an escaped one does not count.
            _ => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), None),
        };
        let (escape, after) = escape.split_at_checked(used).unwrap_or((escape, ""));
        match replacement {
            Some(c) => whole.push_str(&format!("\\U{:08X}", u32::from(c))),
            None => whole.push_str(escape),
        }
        rest = after;
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, u32)], problems: usize) {
        let mut found = Vec::new();
        let chunks = documents(text, &mut found);
        let chunks: Vec<(&str, u32)> = chunks.iter().map(|chunk| (&*chunk.text, chunk.first_line)).collect();
        assert_eq!(chunks, expected);
        assert_eq!(found.len(), problems);
    }

    #[test]
    fn separators_cut_and_blank_documents_are_skipped() {
        check("", &[], 0);
        check("a: 1", &[("a: 1", 1)], 0);
        check(
            "---\na: 1\n--- # second\nb: 2\n---\n# only a comment\n---\n",
            &[("a: 1\n", 2), ("b: 2\n", 4)],
            0,
        );
        check("a: 1\r\n---\r\nb: 2\r\n", &[("a: 1\r\n", 1), ("b: 2\r\n", 3)], 0);
        check("a: |\n  ---\n  x\n", &[("a: |\n  ---\n  x\n", 1)], 0);
    }

    #[test]
    fn text_behind_a_separator_is_told() {
        check("a: 1\n--- b\nc: 2\n", &[("a: 1\n", 1), ("c: 2\n", 3)], 1);
        check("a: 1\n----\n", &[("a: 1\n", 1)], 1);
    }

    #[test]
    fn json_objects_may_follow_one_another() {
        check("{\"a\": \"}{\"}\n {}", &[("{\"a\": \"}{\"}\n ", 1), ("{}", 2)], 0);
        check("{a: 1}\n{b: 2}", &[("{a: 1}\n{b: 2}", 1)], 0);
    }

    #[test]
    fn pairs_of_json_escapes_become_one() {
        for (text, expected) in [
            (r"\ud83d\ude00", r"\U0001F600"),
            (r"\uD83D", r"\U0000FFFD"),
            (r"\\ud83d\n\ud83d\\", r"\\ud83d\n\U0000FFFD\\"),
            (r"é\ud83dé\", r"é\U0000FFFDé\"),
        ] {
            assert_eq!(with_whole_escapes(text), expected);
        }
    }
}
