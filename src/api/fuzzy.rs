//! Fuzzy finding: how well a text fits what was typed, as the search and the command palette rank it.

/// How well `text` fits all words of `query`: smaller is better, `None` is not at all. A word fits best where the text
/// begins with it, then where a word of the text does, then anywhere, then as letters in order (`cip` in `ClusterIP`).
pub fn fuzzy(query: &str, text: &str) -> Option<u32> {
    let text: Vec<char> = text.chars().take(LONGEST).collect();
    let starts = starts(&text);
    let text: Vec<char> = text.into_iter().map(lower).collect();
    let mut score = 0;
    for word in query.split_whitespace() {
        let word: Vec<char> = word.chars().map(lower).collect();
        score += rank(&word, &text, &starts)?;
    }
    Some(score)
}

/// Longer texts are looked at so far.
const LONGEST: usize = 160;

/// What each letter that is left out between two found ones costs.
const GAP: u32 = 2;

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Where words begin: after what is no letter and no digit, and at a capital after a small letter.
fn starts(text: &[char]) -> Vec<bool> {
    let before = std::iter::once(' ').chain(text.iter().copied());
    before
        .zip(text)
        .map(|(before, here)| {
            here.is_alphanumeric()
                && (!before.is_alphanumeric() || before.is_lowercase() && here.is_uppercase())
        })
        .collect()
}

fn rank(word: &[char], text: &[char], starts: &[bool]) -> Option<u32> {
    if text.starts_with(word) {
        return Some(if text.len() == word.len() { 0 } else { 1 });
    }
    let mut inside = None;
    for (place, part) in text.windows(word.len().max(1)).enumerate() {
        if part == word {
            if starts.get(place) == Some(&true) {
                return Some(3);
            }
            inside = Some(8);
        }
    }
    inside.or_else(|| scattered(word, text, starts))
}

/// The letters of the word in order. The first stands where a word begins; each jump costs, and costs less to where a
/// word begins.
fn scattered(word: &[char], text: &[char], starts: &[bool]) -> Option<u32> {
    let (first, rest) = word.split_first()?;
    let mut best: Option<u32> = None;
    for begin in
        (0..text.len()).filter(|place| text.get(*place) == Some(first) && starts.get(*place) == Some(&true))
    {
        let mut at = begin;
        let mut cost = 12;
        let whole = rest.iter().all(|letter| {
            let jump =
                text.iter().zip(starts).skip(at + 1).position(|(here, start)| here == letter && *start);
            let near = text.iter().skip(at + 1).position(|here| here == letter);
            let step = match (near, jump) {
                (Some(0), _) => 0,
                (Some(_), Some(jump)) => jump,
                (Some(near), None) => near,
                (None, _) => return false,
            };
            at += step + 1;
            let is_start = starts.get(at) == Some(&true);
            cost += match step {
                0 => 0,
                _ if is_start => 1,
                far => GAP * u32::try_from(far).unwrap_or(u32::MAX / GAP).min(40),
            };
            true
        });
        // Letters that are strewn all over the text are no find.
        if whole && cost < 12 + GAP * 8 {
            best = Some(best.map_or(cost, |best| best.min(cost)));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that fit, best first.
    fn check(query: &str, texts: &[&str], expected: &[&str]) {
        let mut found: Vec<(u32, &str)> =
            texts.iter().filter_map(|text| Some((fuzzy(query, text)?, *text))).collect();
        found.sort_by_key(|(rank, _)| *rank);
        assert_eq!(found.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), expected, "{query}");
    }

    #[test]
    fn the_beginning_is_better_than_the_middle() {
        check("web", &["my-web", "cobweb", "web", "web-1"], &["web", "web-1", "my-web", "cobweb"]);
    }

    #[test]
    fn letters_in_order_are_found() {
        check("cip", &["ClusterIP", "Clip", "Pick a tool"], &["ClusterIP", "Clip"]);
        check("igw", &["Ingress gateway", "Ignore warnings"], &["Ignore warnings", "Ingress gateway"]);
        check("dupl", &["Delete", "Duplicate"], &["Duplicate"]);
    }

    #[test]
    fn every_word_counts() {
        check("dark theme", &["Theme: dark", "Theme: light"], &["Theme: dark"]);
        check("zzz", &["Theme: dark"], &[]);
        check("", &["a", "b"], &["a", "b"]);
    }

    #[test]
    fn any_letters_will_do() {
        check("ÄÖ", &["äöü", ""], &["äöü"]);
        check("x", &[""], &[]);
    }
}
