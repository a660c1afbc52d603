//! What a Pod's card says.

use k8s_openapi::api::core::v1::{Pod, Service};

use super::card::{Chip, ChipKind, Light, Mark, PodCard, chips_that_fit};
use super::fold;
use crate::api::{Object, ObjectKey, Time};
use crate::explain::near_miss;
use crate::session::Session;

/// How many characters of labels a Pod's card has room for beside its word.
const CHIP_ROOM: usize = 24;

/// The card of a Pod, without a place.
pub(super) fn card(session: &Session, object: &Object, pod: &Pod) -> PodCard {
    let store = session.cluster().store();
    let (head, tail) = split_name(&object.key.name, pod);
    let services = match &pod.metadata.labels {
        Some(labels) => store.services_selecting(&object.key.namespace, labels),
        None => Vec::new(),
    };
    let (mark, word) = state_of(pod, session.now());
    let near = match mark {
        Mark::Ready => near_miss::near_misses(store, pod).into_iter().next(),
        _ => None,
    };
    let chips = chips(session, pod, &services, near.as_ref());
    // A near miss says beside its label which one was wanted.
    let room = if near.is_some() { CHIP_ROOM / 2 } else { CHIP_ROOM };
    let shown = chips_that_fit(chips.iter().map(|chip| (chip.key.as_str(), chip.value.as_str())), room);
    PodCard {
        key: object.key.clone(),
        keys: vec![object.key.clone()],
        head,
        tail,
        address: pod.status.as_ref().and_then(|status| status.pod_ip.clone()).unwrap_or_default(),
        mark: if near.is_some() { Mark::NearMiss } else { mark },
        word,
        more_chips: chips.len().saturating_sub(shown),
        chips: chips.into_iter().take(shown).collect(),
        wanted: near
            .as_ref()
            .and_then(|near| near.differences.first())
            .map(|difference| format!("{}={}", difference.key, difference.wanted)),
        accent: services.first().map(|key| session.accent(key)),
        services,
        near: near.map(|near| near.service),
        fold: fold::id_of(&object.key, pod),
        folds: None,
        light: Light::None,
        rect: Default::default(),
    }
}

/// The labels: those that keep the Pod from matching first, then those that selectors ask for, then the others.
fn chips(
    session: &Session,
    pod: &Pod,
    services: &[ObjectKey],
    near: Option<&near_miss::NearMiss>,
) -> Vec<Chip> {
    let store = session.cluster().store();
    let mut chips: Vec<Chip> = pod
        .metadata
        .labels
        .iter()
        .flatten()
        .map(|(key, value)| {
            let missed = near.is_some_and(|near| {
                near.differences
                    .iter()
                    .any(|difference| difference.found.as_ref().is_some_and(|(found, _)| found == key))
            });
            let asked = services.iter().find(|service| {
                store
                    .find::<Service>(&service.namespace, &service.name)
                    .and_then(|found| found.spec.as_ref()?.selector.as_ref()?.get(key))
                    .is_some_and(|wanted| wanted == value)
            });
            let kind = match asked {
                _ if missed => ChipKind::Miss,
                Some(service) => ChipKind::Hit(session.accent(service)),
                None => ChipKind::Plain,
            };
            Chip { key: key.clone(), value: value.clone(), kind }
        })
        .collect();
    chips.sort_by_key(|chip| match chip.kind {
        ChipKind::Miss => 0,
        ChipKind::Hit(_) => 1,
        ChipKind::Plain => 2,
    });
    chips
}

/// A Pod's own state, whatever Services think of it, and the words beside it.
fn state_of(pod: &Pod, now: Time) -> (Mark, String) {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let containers = pod.spec.as_ref().map_or(0, |spec| spec.containers.len());
    if let Some(deleted) = &pod.metadata.deletion_timestamp {
        // The timestamp is the end of the grace period.
        let left = Time::from_timestamp(deleted).since(now).div_ceil(1000);
        return (Mark::Terminating, format!("terminating, {left} s left"));
    }
    if phase == "Succeeded" || phase == "Failed" {
        return (Mark::Off, phase.to_lowercase());
    }
    let ready = status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    if ready {
        return (Mark::Ready, format!("{containers}/{containers}"));
    }
    if phase == "Pending" {
        return (Mark::NotReady, "pending".to_owned());
    }
    let ready_containers = status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten())
        .filter(|c| c.ready)
        .count();
    (Mark::NotReady, format!("not ready {ready_containers}/{containers}"))
}

/// The name in two parts: the tail of a generated name tells Pods apart and is never cut.
fn split_name(name: &str, pod: &Pod) -> (String, String) {
    let generated = pod.metadata.generate_name.is_some();
    match name.len().checked_sub(6).and_then(|at| name.split_at_checked(at)) {
        Some((head, tail)) if generated && tail.starts_with('-') => (head.to_owned(), tail.to_owned()),
        _ => (name.to_owned(), String::new()),
    }
}
