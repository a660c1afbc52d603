//! The findings about all Services of a store, kept up to date as objects change.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::core::v1::Pod;

use super::near_miss::near_misses;
use super::{Finding, findings};
use crate::api::{Kind, ObjectKey};
use crate::store::{Store, service_of_slice};

/// The findings, and the Services that are still to be looked at. Services of the system are left out: they are not the
/// reader's.
#[derive(Default)]
pub struct Watch {
    /// All findings, by Service; new whenever there may be news.
    pub list: Rc<Vec<(ObjectKey, Finding)>>,
    found: BTreeMap<ObjectKey, Vec<Finding>>,
    waiting: BTreeSet<ObjectKey>,
    /// The objects as they were taken in last.
    seen: Option<Store>,
}

impl Watch {
    /// Whether it has taken nothing in.
    pub fn is_new(&self) -> bool {
        self.seen.is_none()
    }

    /// Takes in what has changed in the store. Gives how many Services are to be looked at.
    pub fn take_in(&mut self, store: &Store) -> usize {
        match self.seen.as_ref().map(|seen| concerned(seen, store)) {
            Some(Concerned::Services(services)) if services.is_empty() => {}
            Some(Concerned::Services(services)) => {
                self.waiting.extend(services.into_iter().filter(is_told));
                // What is wrong already may be wrong in another way.
                self.waiting.extend(self.found.keys().cloned());
            }
            Some(Concerned::All) | None => {
                let services = store.objects_of(Kind::Service).map(|object| object.key.clone());
                self.waiting.extend(services.chain(self.found.keys().cloned()).filter(is_told));
            }
        }
        self.seen = Some(store.clone());
        self.waiting.len()
    }

    /// Looks at the next Service of the store that was taken in last. Gives `false` when there was none.
    pub fn look(&mut self) -> bool {
        let (Some(service), Some(store)) = (self.waiting.pop_first(), &self.seen) else { return false };
        let found = findings(store, &service);
        if found.is_empty() {
            self.found.remove(&service);
        } else {
            self.found.insert(service, found);
        }
        if self.waiting.is_empty() {
            let of = |(service, found): (&ObjectKey, &Vec<Finding>)| -> Vec<(ObjectKey, Finding)> {
                found.iter().map(|finding| (service.clone(), finding.clone())).collect()
            };
            self.list = Rc::new(self.found.iter().flat_map(of).collect());
        }
        true
    }

    /// Whether every Service has been looked at.
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty()
    }
}

fn is_told(service: &ObjectKey) -> bool {
    !service.namespace.starts_with("kube-")
}

/// Of which Services something may be told in another way, beside those of which something is told already.
enum Concerned {
    All,
    Services(BTreeSet<ObjectKey>),
}

/// A Pod that keeps its labels concerns the Services that select or nearly select it, and a slice concerns its own.
fn concerned(before: &Store, now: &Store) -> Concerned {
    let mut services = BTreeSet::new();
    for (old, new) in now.changes_since(before) {
        let Some(object) = new.or(old) else { continue };
        match object.key.kind {
            Kind::Pod if old.map(|pod| pod.labels()) == new.map(|pod| pod.labels()) => {
                let labels = object.labels().cloned().unwrap_or_default();
                services.extend(now.services_selecting(&object.key.namespace, &labels));
                if let Some(pod) = object.get::<Pod>() {
                    services.extend(near_misses(now, pod).into_iter().map(|near| near.service));
                }
            }
            Kind::EndpointSlice => {
                services.extend([old, new].into_iter().flatten().filter_map(|slice| service_of_slice(slice)));
            }
            // They only repeat what the slices tell.
            Kind::Endpoints => {}
            // A fix names the template that a Pod comes from: where there is one, something is told already.
            Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet => {}
            _ => return Concerned::All,
        }
    }
    Concerned::Services(services)
}
