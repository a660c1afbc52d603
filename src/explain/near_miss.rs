//! Pods that a selector misses by a hair: a typo, another case, another key for the same value.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};

use crate::api::ObjectKey;
use crate::store::Store;

/// One pair of a selector that a Pod does not have, and what the Pod has in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The key in the selector.
    pub key: String,
    /// The value in the selector.
    pub wanted: String,
    /// The label that the Pod has instead; `None` when nothing resembles the pair.
    pub found: Option<(String, String)>,
}

/// A Service that a Pod would belong to but for some labels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NearMiss {
    /// The Service.
    pub service: ObjectKey,
    /// The pairs that differ, at least one.
    pub differences: Vec<Difference>,
}

/// Keys that people use for the same thing.
const SYNONYMS: [&str; 6] = ["app", "name", "run", "k8s-app", "app.kubernetes.io/name", "component"];

/// What keeps a Pod with `labels` from matching `selector`, if it is so little that it looks like a mistake: each pair
/// that differs has a label that resembles it, or all pairs but one of several match. `None` when the Pod matches,
/// or when it is simply another Pod.
pub fn differences(
    selector: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> Option<Vec<Difference>> {
    let differing = || selector.iter().filter(|(key, value)| labels.get(*key) != Some(value));
    let count = differing().count();
    // With one pair left out of several, even an absent or quite different label is worth a look.
    let one_is_left = count == 1 && selector.len() > 1;
    // Most Pods are simply others: they are told apart without a copy of anything.
    let is_near = count > 0
        && (one_is_left || differing().all(|(key, wanted)| resembling(key, wanted, labels).is_some()));
    is_near.then(|| {
        let difference = |(key, wanted): (&String, &String)| {
            let found = resembling(key, wanted, labels).or_else(|| labels.get_key_value(key));
            let found = found.map(|(key, value)| (key.clone(), value.clone()));
            Difference { key: key.clone(), wanted: wanted.clone(), found }
        };
        differing().map(difference).collect()
    })
}

/// The label that most resembles the pair: the same key with nearly the value, or a like key with the value.
fn resembling<'l>(
    key: &str,
    wanted: &str,
    labels: &'l BTreeMap<String, String>,
) -> Option<(&'l String, &'l String)> {
    if let Some(found) = labels.get_key_value(key).filter(|(_, value)| is_near(value, wanted)) {
        return Some(found);
    }
    labels.iter().find(|(other, value)| {
        other.as_str() != key
            && value.eq_ignore_ascii_case(wanted)
            && (is_near(other, key) || SYNONYMS.contains(&key) && SYNONYMS.contains(&other.as_str()))
    })
}

/// Whether one text is a likely slip for the other: another case, or one letter changed, added, lost or swapped with
/// its neighbour; two in a long text.
fn is_near(a: &str, b: &str) -> bool {
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let shorter = a.len().min(b.len());
    let allowed = if shorter >= 8 { 2 } else { 1 };
    // A differing number at the end is what people use to tell things apart, not a slip.
    let stem = |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = stem(a) < a.len() || stem(b) < b.len();
    if numbered && a[..stem(a)] == b[..stem(b)] {
        return false;
    }
    shorter >= 2 && a.len().abs_diff(b.len()) <= 4 * allowed && distance(a, b) <= allowed
}

/// The number of slips between two texts (optimal string alignment: change, add, lose, swap neighbours).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The Services of the Pod's namespace that nearly select it, by name. Empty when some Service does select it: then
/// its labels are what its author meant.
pub fn near_misses(store: &Store, pod: &Pod) -> Vec<NearMiss> {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let Some(labels) = &pod.metadata.labels else { return Vec::new() };
    if !store.services_selecting(namespace, labels).is_empty() {
        return Vec::new();
    }
    store
        .list_in::<Service>(namespace)
        .filter_map(|service| {
            let selector = service.spec.as_ref()?.selector.as_ref()?;
            let differences = differences(selector, labels)?;
            let name = service.metadata.name.as_deref()?;
            Some(NearMiss { service: ObjectKey::service(namespace, name), differences })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> BTreeMap<String, String> {
        text.split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// `expected` is `wanted<-found` for each difference, or empty when it is no near miss.
    fn check(selector: &str, labels: &str, expected: &str) {
        let found = differences(&pairs(selector), &pairs(labels)).unwrap_or_default();
        let text: Vec<String> = found
            .iter()
            .map(|d| {
                let found =
                    d.found.as_ref().map_or("nothing".to_owned(), |(key, value)| format!("{key}={value}"));
                format!("{}={}<-{found}", d.key, d.wanted)
            })
            .collect();
        assert_eq!(text.join(" "), expected, "{selector} against {labels}");
    }

    #[test]
    fn a_typo_another_case_and_a_like_key_are_near() {
        check("app=web", "app=wbe", "app=web<-app=wbe");
        check("app=web", "app=Web", "app=web<-app=Web");
        check("app=web", "name=web", "app=web<-name=web");
        check("app=web", "app=weeb,x=y", "app=web<-app=weeb");
    }

    #[test]
    fn another_pod_is_not_near() {
        check("app=web", "app=db", "");
        check("app=web", "app=web", "");
        check("app=web-1", "app=web-2", "");
        check("app=web", "", "");
        check("app=web,tier=front", "app=db,tier=back", "");
    }

    #[test]
    fn one_pair_of_several_may_differ_or_lack() {
        check("app=web,tier=front", "app=web", "tier=front<-nothing");
        check("app=web,tier=front", "app=web,tier=back", "tier=front<-tier=back");
    }
}
