//! Two changes of one text brought together, line by line.

use super::line_diff::{Tag, steps};

/// What one side made of the base.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Side<'t> {
    /// For each line of the base, whether it stayed.
    kept: Vec<bool>,
    /// The lines that were added before each line of the base, and at the end.
    added: Vec<Vec<&'t str>>,
}

impl<'t> Side<'t> {
    fn new(base: &[&'t str], changed: &[&'t str]) -> Side<'t> {
        let mut side =
            Side { kept: vec![false; base.len()], added: vec![Vec::new(); base.len().saturating_add(1)] };
        // An added line stands before the next line of the base that was not passed yet.
        let mut next = 0;
        for (tag, old, new) in steps(base, changed) {
            match tag {
                Tag::Same | Tag::Removed => {
                    if let Some(kept) = side.kept.get_mut(old) {
                        *kept = tag == Tag::Same;
                    }
                    next = old + 1;
                }
                Tag::Added => {
                    if let (Some(added), Some(line)) = (side.added.get_mut(next), changed.get(new)) {
                        added.push(line);
                    }
                }
            }
        }
        side
    }

    /// Whether something was added before line `index`, or the line itself did not stay.
    fn touches(&self, index: usize) -> bool {
        self.added.get(index).is_some_and(|added| !added.is_empty())
            || self.kept.get(index).is_some_and(|kept| !kept)
    }
}

/// What `mine` and `theirs` both changed of `base`; `None` where both changed the same lines, or lines that touch, in
/// different ways.
pub fn merge(base: &str, mine: &str, theirs: &str) -> Option<String> {
    if base == theirs || mine == theirs {
        return Some(mine.to_owned());
    }
    if base == mine {
        return Some(theirs.to_owned());
    }
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (base, mine, theirs) = (lines(base), lines(mine), lines(theirs));
    let (mine, theirs) = (Side::new(&base, &mine), Side::new(&base, &theirs));
    let mut merged = String::new();
    let mut index = 0;
    while index <= base.len() {
        let (by_me, by_them) = (mine.touches(index), theirs.touches(index));
        if !by_me && !by_them {
            merged.extend(base.get(index).copied());
            index += 1;
            continue;
        }
        // A stretch of lines that were changed without one between that stayed in both.
        let start = index;
        while index < base.len() && (mine.touches(index) || theirs.touches(index)) {
            index += 1;
        }
        let end = index;
        let stretch = |side: &Side| -> String {
            let lines = (start..=end).flat_map(|at| {
                let kept = at < end && side.kept.get(at).copied().unwrap_or(false);
                let line = if kept { base.get(at) } else { None };
                side.added.get(at).into_iter().flatten().chain(line).copied()
            });
            lines.collect()
        };
        let touched = |side: &Side| (start..=end).any(|at| side.touches(at));
        let (my_part, their_part) = (stretch(&mine), stretch(&theirs));
        if my_part == their_part || !touched(&theirs) {
            merged.push_str(&my_part);
        } else if touched(&mine) {
            return None;
        } else {
            merged.push_str(&their_part);
        }
        if end == base.len() {
            break;
        }
    }
    Some(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines are letters.
    fn check(base: &str, mine: &str, theirs: &str, expected: Option<&str>) {
        let text = |letters: &str| letters.chars().map(|letter| format!("{letter}\n")).collect::<String>();
        let found = merge(&text(base), &text(mine), &text(theirs));
        let found = found.map(|text| text.replace('\n', ""));
        assert_eq!(found.as_deref(), expected, "{base} {mine} {theirs}");
    }

    #[test]
    fn changes_of_different_lines_come_together() {
        check("abcde", "aBcde", "abcdE", Some("aBcdE"));
        check("abcde", "abcdex", "yabcde", Some("yabcdex"));
        check("abcde", "acde", "abcd", Some("acd"));
        check("abc", "abc", "xyz", Some("xyz"));
        check("", "a", "", Some("a"));
    }

    #[test]
    fn the_same_change_twice_is_made_once() {
        check("abc", "aXc", "aXc", Some("aXc"));
        check("abcde", "aXcde", "aXcdE", Some("aXcdE"));
    }

    #[test]
    fn changes_of_the_same_line_can_not_be_brought_together() {
        check("abc", "aXc", "aYc", None);
        check("abc", "ac", "aYc", None);
        check("abc", "abcX", "abcY", None);
    }

    proptest! {
        #[test]
        fn whoever_changed_alone_has_it_his_way(base in "[ab\n]{0,12}", other in "[ab\n]{0,12}") {
            prop_assert_eq!(merge(&base, &other, &base), Some(other.clone()));
            prop_assert_eq!(merge(&base, &base, &other), Some(other));
        }

        #[test]
        fn the_order_of_the_two_does_not_matter(
            base in "[abc\n]{0,12}", mine in "[abc\n]{0,12}", theirs in "[abc\n]{0,12}"
        ) {
            prop_assert_eq!(merge(&base, &mine, &theirs), merge(&base, &theirs, &mine));
        }
    }
}
