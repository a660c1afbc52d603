//! Where in a document a cursor stands, told from the lines around it: the text is being written and need not be YAML
//! yet. Block style, with flow style inside one line; JSON is not looked into.

use crate::api::path::{Path, Segment};

/// What is being written at a cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// A key of an object.
    Key,
    /// The value of a key.
    Value,
    /// An item of a list: a value, or the first key of an object.
    Item,
}

/// Where a cursor stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The object that holds the key, or the value itself.
    pub path: Path,
    /// What is being written.
    pub slot: Slot,
    /// What stands of it before the cursor, without an opening quote.
    pub begun: String,
    /// The column where it starts, from 1.
    pub column: u32,
    /// The column of the key that is being written, from 1, or of the key whose value is: where its siblings stand.
    pub key_column: u32,
    /// Whether the rest of the line is empty.
    pub at_end: bool,
    /// Whether it stands within `{}` or `[]` on its line.
    pub in_flow: bool,
    /// The keys that the object has already.
    pub siblings: Vec<String>,
    /// `apiVersion` of the document, as far as it is written.
    pub api_version: Option<String>,
    /// `kind` of the document, as far as it is written.
    pub kind: Option<String>,
    /// `metadata.namespace` of the document.
    pub namespace: Option<String>,
    /// The document, from its first line to its last.
    pub document: String,
}

/// One line in block style: the columns of its dashes, then a key with what follows, or a value alone.
struct Line<'t> {
    dashes: Vec<usize>,
    column: usize,
    key: Option<&'t str>,
    rest: &'t str,
}

impl<'t> Line<'t> {
    /// Reads a line; `None` if it is blank or a comment.
    fn read(text: &'t str) -> Option<Line<'t>> {
        let mut rest = text.trim_start_matches(' ');
        let mut column = text.len() - rest.len();
        let mut dashes = Vec::new();
        while rest == "-" || rest.starts_with("- ") {
            dashes.push(column);
            let after = rest.get(1..).unwrap_or("");
            rest = after.trim_start_matches(' ');
            column += 1 + after.len() - rest.len();
        }
        if rest.starts_with('#') || (rest.trim().is_empty() && dashes.is_empty()) {
            return None;
        }
        let (key, rest) = match colon(rest) {
            Some(at) => (rest.get(..at), rest.get(at + 1..).unwrap_or("")),
            None => (None, rest),
        };
        Some(Line { dashes, column, key: key.map(unquoted), rest })
    }
}

/// The place of the colon that ends a key.
fn colon(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if text.starts_with(['{', '[']) {
        return None;
    }
    let mut closed = quote.is_none();
    for (at, c) in text.char_indices() {
        if !closed {
            closed = at > 0 && Some(c) == quote;
        } else if c == ':' && text.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(' ')) {
            return Some(at);
        } else if c == '#' && text.get(..at).is_some_and(|before| before.ends_with(' ')) {
            return None;
        }
    }
    None
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// Finds out what is being written at a line and column, both from 1, the column in characters. `None` in a comment
/// and where no object is.
pub fn cursor(text: &str, line: u32, column: u32) -> Option<Cursor> {
    let lines: Vec<&str> = text.lines().collect();
    let here = (line as usize).saturating_sub(1);
    let is_separator = |line: &&str| line.starts_with("---");
    let start = lines.iter().take(here).rposition(is_separator).map_or(0, |at| at + 1);
    let end = lines.iter().skip(here).position(is_separator).map_or(lines.len(), |at| here + at);
    let whole = lines.get(here).copied().unwrap_or("");
    if whole.starts_with("---") {
        return None;
    }
    let split =
        whole.char_indices().nth((column as usize).saturating_sub(1)).map_or(whole.len(), |(at, _)| at);
    let (before, after) = whole.split_at_checked(split)?;
    let document = lines.get(start..end).unwrap_or_default();
    let mut cursor = Cursor {
        path: Path::ROOT,
        slot: Slot::Key,
        begun: String::new(),
        column,
        key_column: column,
        at_end: after.trim().is_empty(),
        in_flow: false,
        siblings: Vec::new(),
        api_version: top(document, "apiVersion"),
        kind: top(document, "kind"),
        namespace: below(document, "metadata", "namespace"),
        document: document.join("\n"),
    };
    let own = Line::read(before);
    if own.is_none() && before.trim_start().starts_with('#') {
        return None;
    }
    let blank = Line { dashes: Vec::new(), column: before.len(), key: None, rest: "" };
    let own = own.unwrap_or(blank);
    let mut inner: Vec<Segment> = Vec::new();
    match own.key {
        Some(key) => {
            if own.rest.contains(" #") {
                return None;
            }
            let value = own.rest.trim_start();
            inner.push(Segment::Field(key.to_owned()));
            cursor.slot = Slot::Value;
            cursor.begin(before, value, &mut inner);
        }
        None => {
            if own.rest.contains(" #") {
                return None;
            }
            cursor.slot = if own.dashes.is_empty() { Slot::Key } else { Slot::Item };
            cursor.begin(before, own.rest, &mut inner);
        }
    }
    cursor.key_column = u32::try_from(own.column).unwrap_or(u32::MAX).saturating_add(1);
    let (outer, siblings) = outwards(document, here - start, &own);
    let mut segments = outer;
    segments.extend(inner);
    cursor.path = Path(segments);
    if !cursor.in_flow {
        cursor.siblings = siblings;
    }
    Some(cursor)
}

impl Cursor {
    /// Takes what stands of the value before the cursor; where it opens brackets, goes into them.
    fn begin(&mut self, before: &str, value: &str, inner: &mut Vec<Segment>) {
        let mut rest = value;
        while let Some(open) = rest.chars().next().filter(|c| matches!(c, '{' | '[')) {
            let content = rest.get(1..).unwrap_or("");
            let Some((index, item)) = last_item(content) else { return self.take(before, "") };
            self.in_flow = true;
            if open == '[' {
                inner.push(Segment::Index(index));
                self.slot = Slot::Item;
                rest = item.trim_start();
                continue;
            }
            match colon(item.trim_start()) {
                Some(at) => {
                    let item = item.trim_start();
                    inner.push(Segment::Field(unquoted(item.get(..at).unwrap_or("")).to_owned()));
                    self.slot = Slot::Value;
                    rest = item.get(at + 1..).unwrap_or("").trim_start();
                }
                None => {
                    self.slot = Slot::Key;
                    self.siblings = keys_of(content);
                    return self.take(before, item.trim_start());
                }
            }
        }
        self.take(before, rest);
    }

    fn take(&mut self, before: &str, begun: &str) {
        let begun = begun.strip_prefix(['"', '\'']).unwrap_or(begun);
        let column = before.chars().count() - begun.chars().count();
        self.column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(1);
        self.begun = begun.to_owned();
    }
}

/// The number and the text of the last item of what stands behind an opening bracket; `None` when it was closed.
fn last_item(content: &str) -> Option<(u32, &str)> {
    let (mut depth, mut start, mut index) = (0_u32, 0, 0_u32);
    for (at, c) in content.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                start = at + 1;
                index += 1;
            }
            _ => {}
        }
    }
    content.get(start..).map(|item| (index, item))
}

/// The keys of the items behind an opening brace.
fn keys_of(content: &str) -> Vec<String> {
    content
        .split(',')
        .filter_map(|item| {
            let item = item.trim_start();
            item.get(..colon(item)?).map(|key| unquoted(key).to_owned())
        })
        .collect()
}

/// The way from the top of the document to the object that holds the cursor's line, and the keys of that object.
fn outwards(document: &[&str], here: usize, own: &Line) -> (Vec<Segment>, Vec<String>) {
    let mut inside_out: Vec<Segment> = Vec::new();
    let mut siblings = Vec::new();
    let mut column = own.column;
    // Whether what stands at `column` is the dash of an item, not a key.
    let mut is_item = false;
    for dash in own.dashes.iter().rev() {
        inside_out.push(Segment::Index(0));
        (column, is_item) = (*dash, true);
    }
    let first_object_is_open = |is_item: bool, out: &[Segment]| !is_item && out.is_empty();
    for text in document.get(..here).unwrap_or_default().iter().rev() {
        if column == 0 && !is_item {
            if inside_out.is_empty()
                && let Some(Line { key: Some(key), column: 0, dashes, .. }) = Line::read(text)
                && dashes.is_empty()
            {
                siblings.push(key.to_owned());
            }
            continue;
        }
        let Some(line) = Line::read(text) else { continue };
        if is_item {
            if line.dashes.contains(&column) {
                if let Some(Segment::Index(index)) = inside_out.last_mut() {
                    *index = index.saturating_add(1);
                }
                continue;
            }
            let is_parent = line.key.is_some() && line.column <= column && line.rest.trim().is_empty();
            if !is_parent {
                continue;
            }
        } else {
            if line.column > column {
                continue;
            }
            if line.column == column {
                if first_object_is_open(is_item, &inside_out) {
                    siblings.extend(line.key.map(str::to_owned));
                }
                // The first line of an item holds its dash.
                for dash in line.dashes.iter().rev() {
                    inside_out.push(Segment::Index(0));
                    (column, is_item) = (*dash, true);
                }
                continue;
            }
        }
        if let Some(key) = line.key {
            inside_out.push(Segment::Field(key.to_owned()));
            (column, is_item) = (line.column, false);
            for dash in line.dashes.iter().rev() {
                inside_out.push(Segment::Index(0));
                (column, is_item) = (*dash, true);
            }
        }
    }
    for text in document.get(here + 1..).unwrap_or_default() {
        let Some(line) = Line::read(text) else { continue };
        if line.column < own.column || line.dashes.iter().any(|dash| *dash < own.column) {
            break;
        }
        if line.column == own.column {
            siblings.extend(line.key.map(str::to_owned));
        }
    }
    inside_out.reverse();
    (inside_out, siblings)
}

/// The value of a key at the top of a document.
fn top(document: &[&str], name: &str) -> Option<String> {
    let line = document.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    value(line)
}

/// The value of a key below a key at the top.
fn below(document: &[&str], name: &str, key: &str) -> Option<String> {
    let start =
        document.iter().position(|line| line.strip_prefix(name).is_some_and(|rest| rest.trim() == ":"))?;
    let inside =
        document.iter().skip(start + 1).take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let line =
        inside.map(|line| line.trim_start()).find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    value(line)
}

fn value(rest: &str) -> Option<String> {
    let text = unquoted(rest.split(" #").next().unwrap_or(rest));
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the cursor; `expected` is slot, path, what was begun, and the siblings.
    fn check(text: &str, expected: &str) {
        let at = text.find('|').unwrap();
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let found = cursor(&text.replacen('|', "", 1), line as u32, column as u32);
        let found = found.map(|it| format!("{:?} {} {:?} {:?}", it.slot, it.path, it.begun, it.siblings));
        assert_eq!(found.as_deref().unwrap_or("nothing"), expected, "{text}");
    }

    #[test]
    fn keys_of_objects() {
        check("|", r#"Key  "" []"#);
        check("apiVersion: v1\nki|", r#"Key  "ki" ["apiVersion"]"#);
        check("spec:\n  po|\n  type: x\n", r#"Key spec "po" ["type"]"#);
        check("kind: Service\nspec:\n  selector:\n    app: web\n  |", r#"Key spec "" ["selector"]"#);
        check("spec:\n  selector:\n    |", r#"Key spec.selector "" []"#);
    }

    #[test]
    fn items_of_lists_indented_or_not() {
        check("spec:\n  ports:\n  - |", r#"Item spec.ports[0] "" []"#);
        check("spec:\n  ports:\n    - na|", r#"Item spec.ports[0] "na" []"#);
        check("spec:\n  ports:\n  - port: 80\n    |", r#"Key spec.ports[0] "" ["port"]"#);
        check("spec:\n  ports:\n  - port: 80\n  - name: a\n    pr|", r#"Key spec.ports[1] "pr" ["name"]"#);
        check("spec:\n  ports:\n  - port: 80\n  |", r#"Key spec "" ["ports"]"#);
        check("a:\n- b:\n  - c: 1\n    d|", r#"Key a[0].b[0] "d" ["c"]"#);
    }

    #[test]
    fn values_and_what_was_begun_of_them() {
        check("spec:\n  type: Node|", r#"Value spec.type "Node" []"#);
        check("spec:\n  type: \"No|", r#"Value spec.type "No" []"#);
        check("spec:\n  selector:\n    app: w|", r#"Value spec.selector.app "w" []"#);
        check("spec:\n  ports:\n  - protocol: |", r#"Value spec.ports[0].protocol "" []"#);
    }

    #[test]
    fn flow_style_within_a_line() {
        check("spec:\n  selector: {app: we|", r#"Value spec.selector.app "we" []"#);
        check("spec:\n  selector: {app: web, ti|}", r#"Key spec.selector "ti" ["app"]"#);
        check("spec:\n  ports: [{port: 80, na|", r#"Key spec.ports[0] "na" ["port"]"#);
        check("spec:\n  ipFamilies: [IPv4, I|", r#"Item spec.ipFamilies[1] "I" []"#);
    }

    #[test]
    fn comments_hold_nothing() {
        check("# a|", "nothing");
        check("spec: # a|", "nothing");
        check("--|-", "nothing");
    }

    #[test]
    fn a_document_ends_at_its_separators() {
        check("kind: Pod\nspec:\n  a: 1\n---\n|", r#"Key  "" []"#);
        let found = cursor("kind: Pod\n---\nkind: Service\nmetadata:\n  namespace: shop\n", 4, 1).unwrap();
        assert_eq!((found.kind.as_deref(), found.namespace.as_deref()), (Some("Service"), Some("shop")));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[ \\-a:{}\\[\\],#\"'\n]{0,60}", line in 0u32..9, column in 0u32..30) {
            let _ = cursor(&text, line, column);
        }
    }
}
