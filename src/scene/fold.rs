//! Replicas of one owner in the same state on one node fold into one card.

use k8s_openapi::api::core::v1::Pod;

use super::View;
use super::card::{Mark, PodCard};
use super::level::Level;
use crate::api::ObjectKey;
use crate::store::Store;

/// From how many like replicas on one node they fold.
const AT_LEAST: usize = 4;

/// What replicas must have in common to fold, and the name of the fold.
fn owner_of(store: &Store, key: &ObjectKey) -> Option<(String, String)> {
    let pod = store.get(key)?.get::<Pod>()?;
    let owner =
        pod.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    // A ReplicaSet is named for its Deployment and the hash of the template; people know the Deployment.
    let hash = pod.metadata.labels.as_ref().and_then(|labels| labels.get("pod-template-hash"));
    let name = hash
        .and_then(|hash| owner.name.strip_suffix(hash.as_str())?.strip_suffix('-'))
        .unwrap_or(&owner.name)
        .to_owned();
    Some((format!("{}/{}", key.namespace, owner.uid), name))
}

/// Folds the Pods of one node.
pub(super) fn fold(store: &Store, pods: Vec<PodCard>, view: &View) -> Vec<PodCard> {
    let at_least = if view.level == Level::Overview { 2 } else { AT_LEAST };
    let owners: Vec<Option<(String, String)>> = pods.iter().map(|pod| owner_of(store, &pod.key)).collect();
    let mut folded: Vec<PodCard> = Vec::new();
    let mut begun: Vec<(String, Mark, usize)> = Vec::new();
    for (pod, owner) in pods.iter().zip(&owners) {
        let Some((id, name)) = owner.as_ref().filter(|(id, _)| !view.unfolded.contains(id)) else {
            folded.push(pod.clone());
            continue;
        };
        let alike = |other: &(&PodCard, &Option<(String, String)>)| {
            other.1.as_ref().is_some_and(|(other, _)| other == id) && other.0.mark == pod.mark
        };
        if pods.iter().zip(&owners).filter(alike).count() < at_least {
            folded.push(pod.clone());
            continue;
        }
        match begun.iter().find(|(other, mark, _)| other == id && *mark == pod.mark) {
            Some((_, _, at)) => {
                if let Some(card) = folded.get_mut(*at) {
                    card.keys.push(pod.key.clone());
                }
            }
            None => {
                begun.push((id.clone(), pod.mark, folded.len()));
                folded.push(PodCard {
                    head: name.clone(),
                    tail: String::new(),
                    address: String::new(),
                    chips: pod.chips.iter().filter(|chip| chip.key != "pod-template-hash").cloned().collect(),
                    ..pod.clone()
                });
            }
        }
    }
    for card in folded.iter_mut().filter(|card| card.keys.len() > 1) {
        let count = card.keys.len();
        card.word = match card.mark {
            Mark::Ready => format!("{count}/{count} ready"),
            Mark::NotReady => format!("0/{count} ready"),
            Mark::Terminating => format!("{count} terminating"),
            Mark::NearMiss => format!("{count} near misses"),
            Mark::Off => format!("{count} ended"),
        };
    }
    folded
}

/// The id of the fold that a Pod belongs to, for [`View::unfolded`]; `None` for a Pod without an owner.
pub fn fold_id(store: &Store, pod: &ObjectKey) -> Option<String> {
    owner_of(store, pod).map(|(id, _)| id)
}
