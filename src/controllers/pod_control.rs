//! How controllers make Pods from a template, and which objects they take for their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};

use super::Outcome;
use super::pod::controller_of;
use crate::api::labels::Selector;
use crate::api::{Kind, Resource};
use crate::store::Store;

/// The longest `generateName` that leaves room for the suffix.
const MAX_GENERATED_PREFIX: usize = 58;

/// A controller's object, as far as its dependents are concerned.
#[derive(Clone, Debug)]
pub struct Owner<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its metadata.
    pub metadata: &'a ObjectMeta,
    /// Which objects it takes for its own.
    pub selector: Selector,
    /// The pairs that every object it takes has: what the selector says by equality.
    pub pairs: BTreeMap<String, String>,
}

impl<'a> Owner<'a> {
    /// The owner of this kind with the selector of its spec; `None` when the selector can not be used.
    pub fn new(kind: Kind, metadata: &'a ObjectMeta, selector: &LabelSelector) -> Option<Owner<'a>> {
        let pairs = selector.match_labels.clone().unwrap_or_default();
        let selector = Selector::from_label_selector(Some(selector)).ok()?;
        Some(Owner { kind, metadata, selector, pairs })
    }

    /// The owner's namespace.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// The owner's name.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// The owner's uid; empty if it has none.
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    // Models k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go NewControllerRef
    /// The reference by which a dependent names this owner as its controller.
    pub fn reference(&self) -> OwnerReference {
        OwnerReference {
            api_version: self.kind.api_version().to_owned(),
            kind: self.kind.name().to_owned(),
            name: self.name().to_owned(),
            uid: self.uid().to_owned(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }

    // Models pkg/controller/controller_utils.go GetPodFromTemplate
    /// A Pod of this template that the owner controls. The API server appends a suffix to `<owner>-`.
    pub fn new_pod(&self, template: &PodTemplateSpec) -> Pod {
        let metadata = template.metadata.as_ref();
        let mut prefix: String = self.name().chars().take(MAX_GENERATED_PREFIX - 1).collect();
        prefix.push('-');
        Pod {
            metadata: ObjectMeta {
                generate_name: Some(prefix),
                namespace: self.metadata.namespace.clone(),
                labels: metadata.and_then(|metadata| metadata.labels.clone()),
                annotations: metadata.and_then(|metadata| metadata.annotations.clone()),
                finalizers: metadata.and_then(|metadata| metadata.finalizers.clone()),
                owner_references: Some(vec![self.reference()]),
                ..ObjectMeta::default()
            },
            spec: template.spec.clone(),
            status: None,
        }
    }

    /// The Pods that the owner controls or could: those that name it as an owner and those that its selector
    /// matches. Ordered by name.
    pub fn candidates(&self, store: &Store) -> Vec<Arc<Pod>> {
        let namespace = self.namespace();
        let mut found: BTreeMap<String, Arc<Pod>> = BTreeMap::new();
        let mut add = |pod: &Arc<Pod>| {
            found.insert(pod.metadata.name.clone().unwrap_or_default(), pod.clone());
        };
        if !self.uid().is_empty() {
            let owned = store.owned_by(self.uid()).filter(|object| *object.key.namespace == *namespace);
            owned.filter_map(|object| object.get::<Pod>()).for_each(&mut add);
        }
        if self.pairs.is_empty() {
            let matching =
                store.list_in::<Pod>(namespace).filter(|pod| self.selector.matches(&pod.metadata.labels));
            matching.for_each(&mut add);
        } else {
            let matching = store.pods_matching(namespace, &self.pairs);
            matching.iter().filter(|pod| self.selector.matches(&pod.metadata.labels)).for_each(&mut add);
        }
        found.into_values().collect()
    }

    // Models pkg/controller/controller_ref_manager.go ClaimObject
    /// Of these objects, those that the owner controls from now on. An object that nobody controls is adopted if the
    /// selector matches it and it is a member; one that the owner controls and the selector no longer matches
    /// is released. An owner that is being deleted does neither.
    pub fn claim<T: Resource>(
        &self,
        objects: Vec<Arc<T>>,
        outcome: &mut Outcome,
        is_member: impl Fn(&T) -> bool,
    ) -> Vec<Arc<T>> {
        let deleting = self.metadata.deletion_timestamp.is_some();
        let mut claimed = Vec::new();
        for object in objects {
            let metadata = object.metadata();
            let matches = self.selector.matches(&metadata.labels) && is_member(&object);
            match controller_of(metadata) {
                Some(controller) if controller.uid != self.uid() => {}
                Some(_) if matches => claimed.push(object),
                Some(_) if deleting => {}
                Some(_) => {
                    let mut released = (*object).clone();
                    let owners = released.metadata_mut().owner_references.take().unwrap_or_default();
                    let left: Vec<_> = owners.into_iter().filter(|owner| owner.uid != self.uid()).collect();
                    released.metadata_mut().owner_references = Some(left).filter(|left| !left.is_empty());
                    outcome.update::<T>(released);
                }
                None if matches && !deleting && metadata.deletion_timestamp.is_none() => {
                    let mut adopted = (*object).clone();
                    let owners = adopted.metadata_mut().owner_references.get_or_insert_default();
                    owners.retain(|owner| owner.uid != self.uid());
                    owners.push(self.reference());
                    let adopted = Arc::new(adopted);
                    outcome.update::<T>(adopted.clone());
                    claimed.push(adopted);
                }
                None => {}
            }
        }
        claimed
    }
}

/// A count as objects hold it: left out when it is 0, as the API server leaves it out.
pub(super) fn unless_zero(count: i32) -> Option<i32> {
    Some(count).filter(|count| *count != 0)
}
