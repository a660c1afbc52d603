//! What differs between two texts, line by line, for the page.

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// It stands in both texts.
    Same,
    /// It stands only in the old text.
    Removed,
    /// It stands only in the new text.
    Added,
}

/// One line of a difference. Its text is `before`, `changed` and `after`, one behind the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffLine {
    /// What became of it.
    pub tag: Tag,
    /// Its number in the old text, from 1.
    pub old_line: Option<u32>,
    /// Its number in the new text, from 1.
    pub new_line: Option<u32>,
    /// What it begins with in common with the line that stands against it; the whole line if it is the same.
    pub before: String,
    /// What differs from the line that stands against it; without such a line, all but the indentation.
    pub changed: String,
    /// What it ends with in common with the line that stands against it.
    pub after: String,
}

/// A part of a difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// One line.
    Line(DiffLine),
    /// So many lines that are the same and are not shown.
    Skipped(u32),
}

/// The largest table of line pairs that is searched for the least difference; larger changes are shown as all lines
/// removed and all lines added.
const MAX_PAIRS: usize = 4_000_000;

/// The difference between two texts with `context` lines around every change. Empty when the texts are equal.
pub fn line_diff(old: &str, new: &str, context: usize) -> Vec<Part> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    let mut removed: Vec<usize> = Vec::new();
    let mut added: Vec<usize> = Vec::new();
    for (tag, old_index, new_index) in steps(&old, &new) {
        match tag {
            Tag::Removed => removed.push(old_index),
            Tag::Added => added.push(new_index),
            Tag::Same => {
                change(&old, &new, &mut removed, &mut added, &mut lines);
                lines.push(DiffLine {
                    tag,
                    old_line: Some(number(old_index)),
                    new_line: Some(number(new_index)),
                    before: old.get(old_index).copied().unwrap_or_default().to_owned(),
                    changed: String::new(),
                    after: String::new(),
                });
            }
        }
    }
    change(&old, &new, &mut removed, &mut added, &mut lines);
    trim(lines, context)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// The lines in the order of the difference, each with its index in the old and in the new text.
pub(super) fn steps(old: &[&str], new: &[&str]) -> Vec<(Tag, usize, usize)> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count().min(shorter - start);
    let old_middle = old.get(start..old.len() - end).unwrap_or(&[]);
    let new_middle = new.get(start..new.len() - end).unwrap_or(&[]);

    let mut steps: Vec<(Tag, usize, usize)> = (0..start).map(|index| (Tag::Same, index, index)).collect();
    let (mut i, mut j) = (0, 0);
    let table = common(old_middle, new_middle);
    let width = new_middle.len() + 1;
    let length = |i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    while i < old_middle.len() || j < new_middle.len() {
        let same = !table.is_empty() && i < old_middle.len() && old_middle.get(i) == new_middle.get(j);
        if same {
            steps.push((Tag::Same, start + i, start + j));
            (i, j) = (i + 1, j + 1);
        } else if i < old_middle.len() && (j == new_middle.len() || length(i + 1, j) >= length(i, j + 1)) {
            steps.push((Tag::Removed, start + i, start + j));
            i += 1;
        } else {
            steps.push((Tag::Added, start + i, start + j));
            j += 1;
        }
    }
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    steps.extend((0..end).map(|index| (Tag::Same, old_end + index, new_end + index)));
    steps
}

/// For each pair of places, how many lines the texts from there on have in common, row by row; empty when there are
/// too many pairs.
fn common(old: &[&str], new: &[&str]) -> Vec<u32> {
    let width = new.len() + 1;
    match width.checked_mul(old.len() + 1) {
        Some(pairs) if pairs <= MAX_PAIRS => {}
        _ => return Vec::new(),
    }
    let mut rows: Vec<Vec<u32>> = vec![vec![0; width]];
    for line in old.iter().rev() {
        let mut row = vec![0; width];
        if let Some(below) = rows.last() {
            for (j, other) in new.iter().enumerate().rev() {
                row[j] = if line == other { below[j + 1] + 1 } else { below[j].max(row[j + 1]) };
            }
        }
        rows.push(row);
    }
    rows.into_iter().rev().flatten().collect()
}

/// Adds the lines of one change: first those removed, then those added, each against the one of the same rank.
fn change(
    old: &[&str],
    new: &[&str],
    removed: &mut Vec<usize>,
    added: &mut Vec<usize>,
    lines: &mut Vec<DiffLine>,
) {
    let text = |lines: &[&str], index: Option<&usize>| {
        index.and_then(|index| lines.get(*index).copied().map(str::to_owned))
    };
    for (rank, index) in removed.iter().enumerate() {
        let (before, changed, after) =
            marked(&text(old, Some(index)).unwrap_or_default(), text(new, added.get(rank)).as_deref());
        lines.push(DiffLine {
            tag: Tag::Removed,
            old_line: Some(number(*index)),
            new_line: None,
            before,
            changed,
            after,
        });
    }
    for (rank, index) in added.iter().enumerate() {
        let (before, changed, after) =
            marked(&text(new, Some(index)).unwrap_or_default(), text(old, removed.get(rank)).as_deref());
        lines.push(DiffLine {
            tag: Tag::Added,
            old_line: None,
            new_line: Some(number(*index)),
            before,
            changed,
            after,
        });
    }
    removed.clear();
    added.clear();
}

/// A line in three: what it has in common with the other at its begin, what differs, what it has in common at its end.
fn marked(line: &str, other: Option<&str>) -> (String, String, String) {
    let indentation = line.len() - line.trim_start().len();
    let (start, end) = match other {
        None => (indentation, 0),
        Some(other) => {
            let start: usize =
                line.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
            let rest = line.get(start..).unwrap_or("");
            let other_rest = other.get(start..).unwrap_or("");
            let end: usize = rest
                .chars()
                .rev()
                .zip(other_rest.chars().rev())
                .take_while(|(a, b)| a == b)
                .map(|(c, _)| c.len_utf8())
                .sum();
            (start, end)
        }
    };
    let (before, rest) = line.split_at_checked(start).unwrap_or(("", line));
    let (changed, after) = rest.split_at_checked(rest.len().saturating_sub(end)).unwrap_or((rest, ""));
    (before.to_owned(), changed.to_owned(), after.to_owned())
}

/// Leaves out lines that are the same and further than `context` lines from every change.
fn trim(lines: Vec<DiffLine>, context: usize) -> Vec<Part> {
    // How far each line is from the nearest change above it, then from the nearest of all.
    let mut distances = vec![usize::MAX; lines.len()];
    let mut pass = |order: &mut dyn Iterator<Item = usize>| {
        let mut distance = usize::MAX;
        for index in order {
            distance = if lines[index].tag == Tag::Same { distance.saturating_add(1) } else { 0 };
            distances[index] = distances[index].min(distance);
        }
    };
    pass(&mut (0..lines.len()));
    pass(&mut (0..lines.len()).rev());
    let changed = lines.iter().any(|line| line.tag != Tag::Same);
    let mut parts = Vec::new();
    for (line, distance) in lines.into_iter().zip(distances) {
        if distance <= context {
            parts.push(Part::Line(line));
        } else if let Some(Part::Skipped(count)) = parts.last_mut() {
            *count += 1;
        } else {
            parts.push(Part::Skipped(1));
        }
    }
    if changed { parts } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines as ` same`, `-old` and `+new` with the differing part in brackets; `@3` for three skipped lines.
    fn check(old: &str, new: &str, context: usize, expected: &[&str]) {
        let found: Vec<String> = line_diff(old, new, context)
            .iter()
            .map(|part| match part {
                Part::Skipped(count) => format!("@{count}"),
                Part::Line(line) => match line.tag {
                    Tag::Same => format!(" {}", line.before),
                    Tag::Removed => format!("-{}[{}]{}", line.before, line.changed, line.after),
                    Tag::Added => format!("+{}[{}]{}", line.before, line.changed, line.after),
                },
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_differing_part_of_a_pair_of_lines_is_marked() {
        check("app: web\n", "app: wbe\n", 3, &["-app: w[eb]", "+app: w[be]"]);
        check("port: 80\n", "port: 8080\n", 3, &["-port: 80[]", "+port: 80[80]"]);
        check("  é: ü", "  é: ö", 3, &["-  é: [ü]", "+  é: [ö]"]);
        check("a\n", "a\n  b: c\n", 3, &[" a", "+  [b: c]"]);
    }

    #[test]
    fn equal_texts_have_no_difference() {
        check("a\nb\n", "a\nb\n", 3, &[]);
        check("", "", 3, &[]);
    }

    #[test]
    fn lines_far_from_a_change_are_left_out() {
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n",
            "1\n2\n3\nx\n5\n6\n7\n8\n",
            1,
            &["@2", " 3", "-[4]", "+[x]", " 5", "@3"],
        );
        check("1\n2\n3\n4\n5", "0\n1\n2\n3\n4\n6", 1, &["+[0]", " 1", "@2", " 4", "-[5]", "+[6]"]);
    }

    #[test]
    fn moved_lines_are_as_few_as_can_be() {
        check("a\nb\nc\nd\n", "b\nc\na\nd\n", 9, &["-[a]", " b", " c", "+[a]", " d"]);
    }

    proptest! {
        #[test]
        fn the_difference_holds_both_texts(
            old in proptest::collection::vec("[ab]{0,2}", 0..12), new in proptest::collection::vec("[ab]{0,2}", 0..12)
        ) {
            let (old, new) = (old.join("\n") + "\n", new.join("\n") + "\n");
            prop_assume!(old != new);
            let side = |tag: Tag| -> Vec<String> {
                line_diff(&old, &new, 99).into_iter().filter_map(|part| match part {
                    Part::Line(line) if line.tag == Tag::Same || line.tag == tag => {
                        Some(line.before + &line.changed + &line.after)
                    }
                    _ => None,
                }).collect()
            };
            prop_assert_eq!(side(Tag::Removed), old.lines().collect::<Vec<_>>());
            prop_assert_eq!(side(Tag::Added), new.lines().collect::<Vec<_>>());
        }
    }
}
