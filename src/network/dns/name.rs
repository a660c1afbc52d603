//! Domain names as text.

/// The longest name that fits into a question, without the final dot.
const MAX_NAME: usize = 253;
/// The longest label.
const MAX_LABEL: usize = 63;

/// `name` with a final dot.
pub fn fully_qualified(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

/// The labels of `name`, without the root.
pub fn labels(name: &str) -> Vec<&str> {
    match name.strip_suffix('.').unwrap_or(name) {
        "" => Vec::new(),
        trimmed => trimmed.split('.').collect(),
    }
}

/// Whether a question can carry `name`: no empty label, none above 63 bytes, not above 253 in all.
pub fn is_well_formed(name: &str) -> bool {
    let trimmed = name.strip_suffix('.').unwrap_or(name);
    trimmed.len() <= MAX_NAME
        && labels(trimmed).iter().all(|label| !label.is_empty() && label.len() <= MAX_LABEL)
}

/// Whether `name` is `zone` or below it; letter case does not matter.
pub fn is_within(name: &str, zone: &str) -> bool {
    let (name, zone) = (labels(name), labels(zone));
    name.len() >= zone.len()
        && name.iter().rev().zip(zone.iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// The last labels of `name`, as many as `zone` has: the zone in the letter case of the question. Always ends in a
/// dot.
pub fn zone_as_asked(name: &str, zone: &str) -> String {
    let labels_of_name = labels(name);
    let skip = labels_of_name.len().saturating_sub(labels(zone).len());
    labels_of_name.iter().skip(skip).fold(String::new(), |text, label| text + label + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_holds_itself_and_what_is_below_it() {
        assert!(is_within("Cluster.Local.", "cluster.local"));
        assert!(is_within("a.b.cluster.local.", "cluster.local."));
        assert!(!is_within("notcluster.local.", "cluster.local."));
        assert!(!is_within("local.", "cluster.local."));
    }

    #[test]
    fn zone_keeps_the_letter_case_of_the_question() {
        assert_eq!(zone_as_asked("a.ClusteR.local.", "cluster.local"), "ClusteR.local.");
    }

    #[test]
    fn empty_and_long_labels_are_not_well_formed() {
        assert!(is_well_formed("web.shop.svc.cluster.local."));
        assert!(!is_well_formed("web..shop."));
        assert!(!is_well_formed(&format!("{}.shop.", "x".repeat(64))));
        assert!(!is_well_formed(&"abcdefg.".repeat(40)));
    }
}
