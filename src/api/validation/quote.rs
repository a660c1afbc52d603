//! Text inside messages, as Go prints it.

use std::fmt::Write;

/// `text` in double quotes as Go's `%q` prints it: printable characters as they are, the others escaped.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            // Writing to a String can not fail.
            c if (c as u32) < 0x80 => _ = write!(out, "\\x{:02x}", c as u32),
            c if (c as u32) < 0x10000 => _ = write!(out, "\\u{:04x}", c as u32),
            c => _ = write!(out, "\\U{:08x}", c as u32),
        }
    }
    out.push('"');
    out
}

/// Whether Go's `strconv.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    // Rust escapes what it can not print and, at the start of a text only, combining marks: so put a letter before.
    let mut text = [b'a', 0, 0, 0, 0];
    let length = 1 + c.encode_utf8(&mut text[1..]).len();
    str::from_utf8(&text[..length]).is_ok_and(|text| text.escape_debug().count() == 2)
}

/// A JSON string as Go's `json.Marshal` prints it: `<`, `>` and `&` are escaped too.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                _ = write!(out, "\\u{:04x}", c as u32)
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of strings as Go's `json.Marshal` prints it.
pub fn json_strings<S: AsRef<str>>(texts: &[S]) -> String {
    let shown: Vec<String> = texts.iter().map(|text| json_string(text.as_ref())).collect();
    format!("[{}]", shown.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(quote(text), expected);
    }

    #[test]
    fn quotes_as_go_does() {
        check("a\"b\\c", r#""a\"b\\c""#);
        check("\x07\x08\x0c\n\r\t\x0b\x00\x1b\x7f", r#""\a\b\f\n\r\t\v\x00\x1b\x7f""#);
        check("it's", "\"it's\"");
    }

    #[test]
    fn printable_characters_stay() {
        check("é世界🎈", "\"é世界🎈\"");
        check("e\u{301}", "\"e\u{301}\"");
        check("\u{301}", "\"\u{301}\"");
        check("\u{fffd}", "\"\u{fffd}\"");
    }

    #[test]
    fn other_spaces_and_controls_are_escaped() {
        check("\u{a0}\u{2028}\u{200b}\u{feff}\u{85}\u{3000}", r#""\u00a0\u2028\u200b\ufeff\u0085\u3000""#);
        check("\u{e000}\u{10ffff}", r#""\ue000\U0010ffff""#);
        check("\u{ad}", r#""\u00ad""#);
    }

    #[test]
    fn json_escapes_html() {
        assert_eq!(json_string("<a&b>\u{1}é"), r#""\u003ca\u0026b\u003e\u0001é""#);
        assert_eq!(json_strings(&["a", "b"]), r#"["a","b"]"#);
    }
}
