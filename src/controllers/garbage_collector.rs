//! The garbage collector: what depends on an object that is gone goes too.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

use super::{Outcome, Write};
use crate::api::{Kind, Object, ObjectKey};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "garbage-collector-controller";

// Models pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem and pkg/controller/namespace/deletion
/// The deletion, in the background, of what depends on `gone`, an object that was just removed: everything in it if it
/// was a Namespace, and all that names it as an owner. A dependent with another owner that is still there only
/// loses the reference. An owner that was never there is not looked for: imports leave owners out.
///
/// This comes before other controllers hear of the removal, so that none of them takes the dependents over.
pub fn reconcile(store: &Store, gone: &Object) -> Outcome {
    let mut outcome = Outcome::default();
    if gone.key.kind == Kind::Namespace {
        for object in store.objects().filter(|object| object.key.namespace == gone.key.name) {
            outcome.delete(object.key.clone(), None);
        }
        return outcome;
    }
    let uid = gone.uid();
    // The same object may be there again under its name and uid: an undone deletion.
    if uid.is_empty() || store.get(&gone.key).is_some_and(|object| object.uid() == uid) {
        return outcome;
    }
    for dependent in store.owned_by(uid) {
        let Some(metadata) = dependent.live.metadata() else { continue };
        let owners = metadata.owner_references.as_deref().unwrap_or_default();
        let is_solid =
            |owner: &&OwnerReference| owner.uid != uid && exists(store, &dependent.key.namespace, owner);
        if owners.iter().any(|owner| is_solid(&owner)) {
            let mut live = dependent.live.clone();
            if let Some(owners) = live.metadata_mut().and_then(|metadata| metadata.owner_references.as_mut())
            {
                owners.retain(|owner| owner.uid != uid);
            }
            outcome.writes.push(Write::Update(live));
        } else if metadata.deletion_timestamp.is_none() {
            outcome.delete(dependent.key.clone(), None);
        }
    }
    outcome
}

fn exists(store: &Store, namespace: &str, owner: &OwnerReference) -> bool {
    let kind = Kind::from_api(&owner.api_version, &owner.kind);
    let namespace = if kind.is_namespaced() { namespace } else { "" };
    store
        .get(&ObjectKey::new(kind, namespace, owner.name.as_str()))
        .is_some_and(|object| object.uid() == owner.uid)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::ReplicaSet;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use crate::api::{Kind, ObjectKey};
    use crate::controllers::testing::Cluster;

    #[test]
    fn a_deleted_deployment_takes_its_replica_sets_and_pods_along() {
        let mut cluster = Cluster::with_nodes(1);
        let key =
            cluster.apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}}));
        cluster.settle();
        cluster.delete(&key);
        cluster.pass(5_000);
        assert_eq!(cluster.store.list::<ReplicaSet>().count(), 0);
        assert_eq!(cluster.store.list::<Pod>().count(), 0);
    }

    #[test]
    fn a_dependent_with_another_owner_only_loses_the_reference() {
        let mut cluster = Cluster::with_nodes(1);
        for name in ["a", "b"] {
            cluster.apply(
                json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "uid": name}}),
            );
        }
        let owner = |name: &str| json!({"apiVersion": "v1", "kind": "Service", "name": name, "uid": name});
        let key = cluster.apply(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "p", "ownerReferences": [owner("a"), owner("b")]},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]}}));
        cluster.delete(&ObjectKey::service("shop", "a"));
        cluster.settle();
        assert_eq!(cluster.value(&key)["metadata"]["ownerReferences"], json!([owner("b")]));
        cluster.delete(&ObjectKey::service("shop", "b"));
        cluster.pass(5_000);
        assert!(cluster.store.get(&key).is_none());
    }

    #[test]
    fn an_owner_that_was_never_there_is_not_missed() {
        let mut cluster = Cluster::with_nodes(1);
        cluster.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "gone", "uid": "gone", "controller": true}]},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]}}));
        cluster.pass(60_000);
        assert_eq!(cluster.pods().len(), 1);
    }

    #[test]
    fn a_deleted_namespace_takes_everything_in_it_along() {
        let mut cluster = Cluster::with_nodes(1);
        let key =
            cluster.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
        cluster.apply(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}));
        cluster.delete(&key);
        assert!(cluster.store.get(&ObjectKey::new(Kind::Service, "shop", "web")).is_none());
    }
}
