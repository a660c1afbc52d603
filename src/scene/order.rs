//! In which order Services and Pods stand, so that the links between them are short and cross seldom.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::card::{PodCard, ServiceCard};
use crate::api::ObjectKey;

/// How often both sides are put in the order of the other.
const SWEEPS: usize = 4;

/// The rank of each Service from top to bottom.
pub(super) type Ranks = BTreeMap<ObjectKey, u32>;

/// The Pods of a node, as the Services that each belongs to, by index.
type Belongs = Vec<Vec<usize>>;

/// Orders the Services: namespaces by name, within one by barycenter sweeps over Services and Pods. Each Service takes
/// the mean place of its Pods, then each Pod of a node the mean place of its Services, and so on; the order with the
/// fewest crossings is kept. What belongs to nothing keeps the place of its name.
pub(super) fn ranks<'a>(
    services: &[&'a Rc<ServiceCard>],
    nodes: impl Iterator<Item = Vec<&'a Rc<PodCard>>>,
) -> Ranks {
    let index: BTreeMap<&ObjectKey, usize> =
        services.iter().enumerate().map(|(index, card)| (&card.key, index)).collect();
    let nodes: Vec<Belongs> = nodes
        .map(|pods| {
            pods.iter()
                .map(|pod| {
                    let keys = pod.services.iter().chain(&pod.near);
                    keys.filter_map(|key| index.get(key).copied()).collect()
                })
                .collect()
        })
        .collect();
    let mut place: Vec<usize> = (0..services.len()).collect();
    let mut best: Option<(u64, Vec<usize>)> = None;
    for _ in 0..SWEEPS {
        let sequence = pods_in_order(&nodes, &place);
        let crossings = crossings(&sequence, &place);
        if best.as_ref().is_none_or(|(fewest, _)| crossings < *fewest) {
            best = Some((crossings, place.clone()));
        }
        place = services_in_order(services, &sequence);
    }
    let (_, place) = best.unwrap_or_default();
    services
        .iter()
        .zip(place)
        .map(|(card, place)| (card.key.clone(), u32::try_from(place).unwrap_or(u32::MAX)))
        .collect()
}

/// Puts the cards of one node in the order of their Services; what no Service selects stands below.
pub(super) fn sort_pods(pods: &mut [Rc<PodCard>], ranks: &Ranks) {
    pods.sort_by_key(|pod| {
        let found: Vec<u64> = pod
            .services
            .iter()
            .chain(&pod.near)
            .filter_map(|key| ranks.get(key).map(|rank| u64::from(*rank)))
            .collect();
        mean(&found)
    });
}

/// The Pods of all nodes from top to bottom, each as its Services.
fn pods_in_order<'a>(nodes: &'a [Belongs], place: &[usize]) -> Vec<&'a Vec<usize>> {
    let mut sequence = Vec::new();
    for pods in nodes {
        let mut pods: Vec<&Vec<usize>> = pods.iter().collect();
        pods.sort_by_key(|belongs| {
            let found: Vec<u64> =
                belongs.iter().filter_map(|index| place.get(*index).map(|place| *place as u64)).collect();
            mean(&found)
        });
        sequence.extend(pods);
    }
    sequence
}

/// The place of each Service by index, from the mean place of its Pods. One without Pods stands where it would among
/// equally long stretches.
fn services_in_order(services: &[&Rc<ServiceCard>], sequence: &[&Vec<usize>]) -> Vec<usize> {
    let mut places: Vec<Vec<u64>> = vec![Vec::new(); services.len()];
    for (at, belongs) in sequence.iter().enumerate() {
        for index in *belongs {
            if let Some(places) = places.get_mut(*index) {
                places.push(at as u64);
            }
        }
    }
    let mut order: Vec<(&str, u64, usize)> = services
        .iter()
        .zip(&places)
        .enumerate()
        .map(|(index, (card, places))| {
            let by_name = (index * sequence.len()) as u64 * UNIT / services.len().max(1) as u64;
            let at = if places.is_empty() { by_name } else { mean(places) };
            (&*card.key.namespace, at, index)
        })
        .collect();
    order.sort_unstable();
    let mut place = vec![0; services.len()];
    for (at, (_, _, index)) in order.iter().enumerate() {
        if let Some(place) = place.get_mut(*index) {
            *place = at;
        }
    }
    place
}

/// Means are whole numbers of this part of a place.
const UNIT: u64 = 1_000;

fn mean(places: &[u64]) -> u64 {
    let sum: u64 = places.iter().sum();
    (sum * UNIT).checked_div(places.len() as u64).unwrap_or(u64::MAX)
}

/// How many pairs of links cross: the inversions of the places of the Services along the Pods.
fn crossings(sequence: &[&Vec<usize>], place: &[usize]) -> u64 {
    let mut ends: Vec<usize> = Vec::new();
    for belongs in sequence {
        let begin = ends.len();
        ends.extend(belongs.iter().filter_map(|index| place.get(*index)));
        // Links that end at one Pod do not cross.
        if let Some(new) = ends.get_mut(begin..) {
            new.sort_unstable();
        }
    }
    // A tree of counts over the places: how many links before this one end further down.
    let mut tree = vec![0_u64; place.len() + 1];
    let mut crossings = 0;
    for (before, end) in ends.iter().enumerate() {
        let mut not_below = 0;
        let mut at = end + 1;
        while at > 0 {
            not_below += tree.get(at).copied().unwrap_or(0);
            at -= at & at.wrapping_neg();
        }
        crossings += before as u64 - not_below;
        let mut at = end + 1;
        while let Some(count) = tree.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_counted() {
        let (a, b, both) = (vec![0], vec![1], vec![0, 1]);
        assert_eq!(crossings(&[&a, &b], &[0, 1]), 0);
        assert_eq!(crossings(&[&b, &a], &[0, 1]), 1);
        assert_eq!(crossings(&[&b, &b, &a, &a], &[0, 1]), 4);
        assert_eq!(crossings(&[&b, &both, &a], &[0, 1]), 3);
        assert_eq!(crossings(&[&b, &a], &[1, 0]), 0);
    }

    #[test]
    fn sweeps_take_the_crossings_out_where_there_is_an_order_without() {
        // Two nodes, each with Pods of both Services by name in the wrong order.
        let nodes = vec![vec![vec![2], vec![0]], vec![vec![1], vec![2]]];
        let start: Vec<usize> = vec![0, 1, 2];
        let before = crossings(&pods_in_order(&nodes, &start), &start);
        assert_eq!(before, 1);
        assert_eq!(mean(&[]), u64::MAX);
    }
}
