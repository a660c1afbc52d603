//! Text in columns.

/// The lines of a description as they are written, cells apart by tabs, and the text that they become.
#[derive(Default)]
pub struct Page {
    done: String,
    open: Vec<Vec<String>>,
}

impl Page {
    /// Writes a line, two blanks deep for each level. All cells but the last stand in columns.
    pub fn line(&mut self, level: usize, cells: &[&str]) {
        let mut line: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        if let Some(first) = line.first_mut() {
            first.insert_str(0, &"  ".repeat(level));
        }
        self.open.push(line);
    }

    /// Writes a name and a value.
    pub fn field(&mut self, level: usize, name: &str, value: &str) {
        self.line(level, &[&[name, ":"].concat(), value]);
    }

    /// Writes a name and a value, unless there is no value.
    pub fn field_if(&mut self, level: usize, name: &str, value: &str) {
        if !value.is_empty() {
            self.field(level, name, value);
        }
    }

    /// Writes a name and values, one below the other; `<none>` when there are none.
    pub fn list(&mut self, name: &str, values: &[String]) {
        let mut name: &str = &[name, ":"].concat();
        if values.is_empty() {
            self.line(0, &[name, "<none>"]);
        }
        for value in values {
            self.line(0, &[name, value]);
            name = "";
        }
    }

    /// Ends the columns: what follows is lined up anew.
    pub fn end_columns(&mut self) {
        align(&std::mem::take(&mut self.open), &mut self.done);
    }

    /// The text.
    pub fn finish(mut self) -> String {
        self.end_columns();
        self.done
    }
}

// Models k8s.io/cli-runtime/pkg/printers WriteEscaped
/// What would change the terminal is made visible.
pub fn escape(text: &str) -> String {
    text.replace('\x1b', "^[").replace('\r', "\\r")
}

// Models Go's text/tabwriter as kubectl sets it up: no least width, two blanks after each cell
/// Lines up the cells: a column is as wide as its widest cell among the lines one after the other that have it. The last
/// cell of a line belongs to no column.
fn align(lines: &[Vec<String>], text: &mut String) {
    // For each line and column the width of that column; filled from the first line of a run to its last.
    let mut widths: Vec<Vec<usize>> = vec![Vec::new(); lines.len()];
    for first in 0..lines.len() {
        let columns = lines[first].len().saturating_sub(1);
        for column in widths[first].len()..columns {
            let run = lines[first..].iter().take_while(|line| line.len() > column + 1).count();
            let cells = lines[first..first + run].iter().map(|line| line[column].chars().count());
            let width = cells.max().unwrap_or_default() + 2;
            for line in &mut widths[first..first + run] {
                line.push(width);
            }
        }
    }
    for (line, widths) in lines.iter().zip(&widths) {
        for (place, cell) in line.iter().enumerate() {
            text.push_str(cell);
            if let Some(width) = widths.get(place) {
                text.push_str(&" ".repeat(width.saturating_sub(cell.chars().count())));
            }
        }
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&[&str]], expected: &str) {
        let mut page = Page::default();
        for line in lines {
            page.line(0, line);
        }
        assert_eq!(page.finish(), expected);
    }

    #[test]
    fn a_line_without_a_column_ends_it() {
        check(
            &[&["Name:", "web"], &["Labels:", "<none>"], &["IPs:"], &["  IP:", "10.0.0.1"]],
            "Name:    web\nLabels:  <none>\nIPs:\n  IP:  10.0.0.1\n",
        );
    }

    #[test]
    fn columns_further_right_have_runs_of_their_own() {
        check(
            &[
                &["  Host", "Path", "Backends"],
                &["  a.b.c.d", ""],
                &["  ", "/ ", "x:1 (<none>)"],
                &["Events:", "<none>"],
            ],
            "  Host     Path  Backends\n  a.b.c.d  \n           /   x:1 (<none>)\nEvents:    <none>\n",
        );
    }

    #[test]
    fn what_would_change_the_terminal_is_visible() {
        check(&[&["a:", "\x1b[31mred\r"]], "a:  ^[[31mred\\r\n");
    }
}
