//! Replicas of one owner in the same state on one node fold into one card.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Pod;

use super::card::{Mark, PodCard};
use super::level::Level;
use crate::api::ObjectKey;
use crate::store::Store;

/// From how many like replicas on one node they fold.
pub(super) fn at_least(level: Level) -> usize {
    if level == Level::Overview { 2 } else { 4 }
}

/// The id of the fold that a Pod belongs to: its namespace and the uid of its owner.
pub(super) fn id_of(key: &ObjectKey, pod: &Pod) -> Option<String> {
    let owner =
        pod.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    Some(format!("{}/{}", key.namespace, owner.uid))
}

/// The name of a Pod's owner. A ReplicaSet is named for its Deployment and the hash of the template; people know the
/// Deployment.
fn owner_name(store: &Store, key: &ObjectKey) -> Option<String> {
    let pod = store.get(key)?.get::<Pod>()?;
    let owner =
        pod.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    let hash = pod.metadata.labels.as_ref().and_then(|labels| labels.get("pod-template-hash"));
    let name = hash.and_then(|hash| owner.name.strip_suffix(hash.as_str())?.strip_suffix('-'));
    Some(name.unwrap_or(&owner.name).to_owned())
}

/// Folds the Pods of one node.
pub(super) fn fold(
    store: &Store,
    pods: &[Rc<PodCard>],
    at_least: usize,
    unfolded: &BTreeSet<String>,
) -> Vec<Rc<PodCard>> {
    let mut alike: BTreeMap<(&str, Mark), Vec<&Rc<PodCard>>> = BTreeMap::new();
    for pod in pods {
        if let Some(id) = &pod.fold {
            alike.entry((id, pod.mark)).or_default().push(pod);
        }
    }
    let mut cards = Vec::with_capacity(pods.len());
    for pod in pods {
        let together = pod.fold.as_deref().and_then(|id| alike.get(&(id, pod.mark)));
        let Some(together) = together.filter(|together| together.len() >= at_least) else {
            cards.push(pod.clone());
            continue;
        };
        let is_first = together.first().is_some_and(|first| Rc::ptr_eq(first, pod));
        if pod.fold.as_ref().is_some_and(|id| unfolded.contains(id)) {
            cards.push(match is_first {
                true => Rc::new(PodCard { folds: Some(together.len()), ..(**pod).clone() }),
                false => pod.clone(),
            });
        } else if is_first {
            cards.push(Rc::new(folded(store, pod, together)));
        }
    }
    cards
}

fn folded(store: &Store, first: &PodCard, together: &[&Rc<PodCard>]) -> PodCard {
    let count = together.len();
    PodCard {
        keys: together.iter().map(|pod| pod.key.clone()).collect(),
        head: owner_name(store, &first.key).unwrap_or_else(|| first.head.clone()),
        tail: String::new(),
        address: String::new(),
        chips: first.chips.iter().filter(|chip| chip.key != "pod-template-hash").cloned().collect(),
        word: match first.mark {
            Mark::Ready => format!("{count}/{count} ready"),
            Mark::NotReady => format!("0/{count} ready"),
            Mark::Terminating => format!("{count} terminating"),
            Mark::NearMiss => format!("{count} near misses"),
            Mark::Off => format!("{count} ended"),
        },
        ..first.clone()
    }
}

/// The id of the fold that a Pod belongs to, for [`super::View::unfolded`]; `None` for a Pod without an owner.
pub fn fold_id(store: &Store, pod: &ObjectKey) -> Option<String> {
    id_of(pod, store.get(pod)?.get::<Pod>()?)
}
