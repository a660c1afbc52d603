//! "Did you mean": the known word that a misspelt one is nearest to.

/// The candidate that differs from `word` by case, `-` or `_` alone, or else the first of those that differ by the
/// fewest typing mistakes (at most one in short words, two in longer ones); `None` when none is that near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = fold(word);
    let limit = if wanted.len() < 5 { 1 } else { 2 };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let known = fold(candidate);
        if known.len().abs_diff(wanted.len()) > limit {
            continue;
        }
        let distance = distance(&wanted, &known);
        if distance <= limit && distance < known.len() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Lower case without `-` and `_`, at most 64 characters: what typing mistakes are counted in.
fn fold(word: &str) -> Vec<char> {
    word.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).take(64).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for j in 0..b.len() {
            let replace = last[j] + usize::from(a[i] != b[j]);
            let mut cost = replace.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        let known = ["name", "nodePort", "port", "ports", "protocol", "selector", "targetPort"];
        assert_eq!(nearest(word, known), expected, "{word}");
    }

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        check("targetport", Some("targetPort"));
        check("target_port", Some("targetPort"));
        check("tagretPort", Some("targetPort"));
        check("selectors", Some("selector"));
        check("prot", Some("port"));
        check("nmae", Some("name"));
        check("color", None);
        check("", None);
        check("é", None);
    }
}
