//! What differs between the kinds on their way to the store.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Endpoints, Namespace, Node, Pod, ReplicationController, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{Ingress, IngressClass, NetworkPolicy};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::{NameForm, validate_object_meta, validate_object_meta_update};
use crate::api::Resource;
use crate::api::gateway::{Gateway, GatewayClass, HTTPRoute, ReferenceGrant};
use crate::api::validation::field::FieldError;
use crate::store::Store;

/// The parts of an object that a write may mean.
pub(super) trait Status: Resource {
    /// Takes the status away.
    fn clear_status(&mut self);
    /// Takes over the status of `other`.
    fn copy_status(&mut self, other: &Self);
}

macro_rules! status {
    ($($kind:ty),*; without: $($none:ty),*) => {
        $(impl Status for $kind {
            fn clear_status(&mut self) {
                self.status = None;
            }
            fn copy_status(&mut self, other: &Self) {
                self.status.clone_from(&other.status);
            }
        })*
        $(impl Status for $none {
            fn clear_status(&mut self) {}
            fn copy_status(&mut self, _: &Self) {}
        })*
    };
}

status!(
    Service, Namespace, Node, Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Pod, Ingress,
    GatewayClass, Gateway, HTTPRoute;
    without: IngressClass, Endpoints, EndpointSlice, NetworkPolicy, ReferenceGrant
);

/// The stored object with the status of another.
pub(super) fn with_status_of<K: Status>(stored: &Arc<K>, other: &K) -> Arc<K> {
    let mut object = stored.clone();
    Arc::make_mut(&mut object).copy_status(other);
    object
}

/// The defaults and checks of one kind. What is not said here is the same for all.
pub(super) trait Strategy: Status {
    /// What names have to be.
    const NAME_FORM: NameForm = NameForm::Subdomain;

    /// Whether a new object may come with its status.
    const HAS_STATUS_WHEN_NEW: bool = false;

    /// Sets what the author left out.
    fn set_defaults(&mut self) {}

    /// Sets what only a new object gets.
    fn prepare_for_create(&mut self, _store: &Store) {}

    /// Keeps what the author of a change left out or can not change.
    fn prepare_for_update(&mut self, _old: &Self) {}

    /// What is wrong with the object apart from its metadata; `old` is the stored one of a change.
    fn validate(&self, _errors: &mut Vec<FieldError>, _old: Option<&Self>) {}

    /// Everything that is wrong with a new object.
    fn validate_create(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let namespaced = Self::OBJECT_KIND.is_namespaced();
        validate_object_meta(&mut errors, self.metadata(), namespaced, Self::NAME_FORM);
        self.validate(&mut errors, None);
        errors
    }

    /// Everything that is wrong with a changed object.
    fn validate_update(&self, old: &Self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        validate_object_meta_update(&mut errors, self.metadata(), old.metadata());
        self.validate(&mut errors, Some(old));
        errors
    }
}

/// The generation of a changed object: one more when what it stands for has changed.
pub(super) fn next_generation(meta: &mut ObjectMeta, old: &ObjectMeta, is_changed: bool) {
    meta.generation = Some(old.generation.unwrap_or(0) + i64::from(is_changed));
}
