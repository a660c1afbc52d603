//! The StatefulSet controller: Pods with fixed names, created and deleted in the order of their ordinals.

use std::sync::Arc;

use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec, StatefulSetStatus};
use k8s_openapi::api::core::v1::{PersistentVolumeClaimVolumeSource, Pod, Volume};

use super::deployment::scaled;
use super::pod_control::{Owner, unless_zero};
use super::revision::{CONTROLLER_REVISION_HASH, is_updated, revision_of};
use super::template::hash;
use super::{Event, Outcome, pod};
use crate::api::{Kind, ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "statefulset-controller";

/// The label with the Pod's own name.
pub const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The label with the Pod's ordinal.
pub const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

// Models pkg/controller/statefulset/stateful_set_control.go updateStatefulSet
/// Takes the StatefulSet one step further:
/// 1. Pods are adopted and released; only those named `<set>-<ordinal>` are members;
/// 2. missing Pods are created, and ended ones deleted to be created again, from the lowest ordinal up;
/// 3. Pods beyond `replicas` are deleted, from the highest ordinal down;
/// 4. Pods of an old template are deleted, from the highest ordinal down to the partition, as far as maxUnavailable
///    allows.
///
/// With OrderedReady each step waits until the Pods before are available and none is terminating; with Parallel 2 and
/// 3 do not wait. A Pod below the partition that has to be made again gets the present template: old ones are not kept.
pub fn reconcile(store: &Store, key: &ObjectKey, now: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(set) = store.find::<StatefulSet>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &set.spec else { return outcome };
    let Some(owner) = Owner::new(Kind::StatefulSet, &set.metadata, &spec.selector) else { return outcome };
    let pods = owner.claim(owner.candidates(store), &mut outcome, |pod| ordinal(&key.name, pod).is_some());
    let old = set.status.clone().unwrap_or_default();
    let update =
        format!("{}-{}", key.name, hash(&spec.template, old.collision_count.filter(|count| *count > 0)));
    let mut sync = Sync { store, spec, owner, update, now, outcome };
    if set.metadata.deletion_timestamp.is_none() {
        sync.step(&pods);
    }
    let status = sync.status(&old, &pods, set.metadata.generation);
    let mut outcome = sync.outcome;
    if set.status.as_ref() != Some(&status) {
        outcome.update_status::<StatefulSet>(StatefulSet { status: Some(status), ..(**set).clone() });
    }
    outcome
}

/// The ordinal in the Pod's name; `None` if the name is not one of this set's.
fn ordinal(set: &str, pod: &Pod) -> Option<i32> {
    let number = pod::name(pod).strip_prefix(set)?.strip_prefix('-')?;
    let is_plain =
        number.bytes().all(|byte| byte.is_ascii_digit()) && (number == "0" || !number.starts_with('0'));
    if is_plain { number.parse().ok() } else { None }
}

/// One look at one StatefulSet.
struct Sync<'a> {
    store: &'a Store,
    spec: &'a StatefulSetSpec,
    owner: Owner<'a>,
    /// The name of the present template's revision.
    update: String,
    now: Time,
    outcome: Outcome,
}

impl Sync<'_> {
    fn min_ready_seconds(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or(0)
    }

    fn start(&self) -> i32 {
        self.spec.ordinals.as_ref().and_then(|ordinals| ordinals.start).unwrap_or(0)
    }

    fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    fn is_ready(pod: &Pod) -> bool {
        pod::phase(pod) == "Running" && pod::is_ready(pod)
    }

    /// Whether the Pod can be counted on: ready for long enough and not on its way out.
    fn is_available(&self, pod: &Pod) -> bool {
        Self::is_ready(pod)
            && pod::is_available(pod, self.min_ready_seconds(), self.now)
            && pod.metadata.deletion_timestamp.is_none()
    }

    fn is_updated(&self, pod: &Pod) -> bool {
        is_updated(self.store, pod, &self.spec.template, &self.update)
    }

    fn step(&mut self, pods: &[Arc<Pod>]) {
        let in_order = self.spec.pod_management_policy.as_deref() != Some("Parallel");
        let name = self.owner.name().to_owned();
        let mut numbered: Vec<(i32, &Arc<Pod>)> =
            pods.iter().filter_map(|pod| Some((ordinal(&name, pod)?, pod))).collect();
        numbered.sort_by_key(|(number, _)| *number);
        let wanted = self.start()..self.start().saturating_add(self.replicas());
        let (kept, condemned): (Vec<_>, Vec<_>) =
            numbered.into_iter().partition(|(number, _)| wanted.contains(number));
        let mut kept = kept.into_iter().peekable();
        let mut replicas: Vec<&Arc<Pod>> = Vec::new();
        for number in wanted {
            match kept.next_if(|(found, _)| *found == number) {
                Some((_, pod)) => {
                    replicas.push(pod);
                    if self.process(pod, in_order) {
                        return;
                    }
                }
                None => {
                    self.create(number);
                    if in_order {
                        return;
                    }
                }
            }
        }
        let first_unhealthy =
            condemned.iter().find(|(_, pod)| !self.is_available(pod)).map(|(number, _)| *number);
        for (number, pod) in condemned.into_iter().rev() {
            if pod.metadata.deletion_timestamp.is_some() {
                if in_order {
                    return;
                }
                continue;
            }
            if in_order && !self.is_available(pod) && first_unhealthy != Some(number) {
                return;
            }
            self.delete(pod);
            if in_order {
                return;
            }
        }
        self.replace_old(&replicas);
    }

    // Models pkg/controller/statefulset/stateful_set_control.go processReplica
    /// Looks after a Pod that is wanted; whether the set waits for it.
    fn process(&mut self, pod: &Arc<Pod>, in_order: bool) -> bool {
        if pod::is_finished(pod) {
            if pod.metadata.deletion_timestamp.is_none() {
                self.delete(pod);
            }
            return in_order;
        }
        let mut named = (**pod).clone();
        self.set_identity(&mut named);
        if named != **pod {
            self.outcome.update::<Pod>(named);
        }
        in_order && !self.is_available(pod)
    }

    // Models pkg/controller/statefulset/stateful_set_control.go updateStatefulSetAfterInvariantEstablished
    fn replace_old(&mut self, replicas: &[&Arc<Pod>]) {
        let strategy = self.spec.update_strategy.as_ref();
        if strategy.and_then(|strategy| strategy.type_.as_deref()) == Some("OnDelete") {
            return;
        }
        let rolling = strategy.and_then(|strategy| strategy.rolling_update.as_ref());
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or(0);
        let allowed = rolling.and_then(|rolling| rolling.max_unavailable.as_ref());
        let allowed = allowed.map_or(1, |allowed| scaled(allowed, self.replicas(), false)).max(1);
        let unavailable = replicas.iter().filter(|pod| !self.is_available(pod)).count();
        let mut budget = usize::try_from(allowed).unwrap_or(1).saturating_sub(unavailable);
        let first = usize::try_from(partition).unwrap_or(0);
        for pod in replicas.iter().skip(first).rev() {
            if self.is_updated(pod) || pod.metadata.deletion_timestamp.is_some() {
                continue;
            }
            // One that is not available costs nothing.
            if self.is_available(pod) {
                let Some(left) = budget.checked_sub(1) else { return };
                budget = left;
            }
            self.delete(pod);
        }
    }

    fn create(&mut self, number: i32) {
        let name = format!("{}-{number}", self.owner.name());
        let mut pod = self.owner.new_pod(&self.spec.template);
        pod.metadata.generate_name = Some(format!("{}-", self.owner.name()));
        pod.metadata.name = Some(name.clone());
        let labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(CONTROLLER_REVISION_HASH.to_owned(), self.update.clone());
        let spec = pod.spec.get_or_insert_default();
        spec.hostname = Some(name.clone());
        spec.subdomain = self.spec.service_name.clone().filter(|service| !service.is_empty());
        for claim in self.spec.volume_claim_templates.iter().flatten() {
            let Some(volume) = claim.metadata.name.clone() else { continue };
            let volumes = spec.volumes.get_or_insert_default();
            volumes.retain(|other| other.name != volume);
            let source =
                PersistentVolumeClaimVolumeSource { claim_name: format!("{volume}-{name}"), read_only: None };
            volumes.push(Volume { name: volume, persistent_volume_claim: Some(source), ..Volume::default() });
        }
        self.set_identity(&mut pod);
        let words = format!("create Pod {name} in StatefulSet {} successful", self.owner.name());
        self.outcome.create(pod, Some(Event::normal("SuccessfulCreate", words)));
    }

    // Models pkg/controller/statefulset/stateful_set_utils.go updateIdentity
    fn set_identity(&self, pod: &mut Pod) {
        let name = pod::name(pod).to_owned();
        let Some(number) = ordinal(self.owner.name(), pod) else { return };
        let labels = pod.metadata.labels.get_or_insert_default();
        labels.insert(POD_NAME_LABEL.to_owned(), name);
        labels.insert(POD_INDEX_LABEL.to_owned(), number.to_string());
    }

    fn delete(&mut self, pod: &Pod) {
        self.outcome.delete(pod::key(pod), None);
        let words = format!("delete Pod {} in StatefulSet {} successful", pod::name(pod), self.owner.name());
        self.outcome.events.push(Event::normal("SuccessfulDelete", words));
    }

    // Models pkg/controller/statefulset/stateful_set_control.go computeReplicaStatus and completeRollingUpdate
    fn status(
        &mut self,
        old: &StatefulSetStatus,
        pods: &[Arc<Pod>],
        generation: Option<i64>,
    ) -> StatefulSetStatus {
        let count = |counts: &dyn Fn(&Pod) -> bool| -> i32 {
            i32::try_from(pods.iter().filter(|pod| counts(pod)).count()).unwrap_or(i32::MAX)
        };
        let stays = |pod: &Pod| pod.metadata.deletion_timestamp.is_none();
        let wait = self.min_ready_seconds();
        let is_available = |pod: &Pod| Self::is_ready(pod) && pod::is_available(pod, wait, self.now);
        let replicas = count(&|_| true);
        let ready = count(&Self::is_ready);
        let updated = count(&|pod| stays(pod) && self.is_updated(pod));
        let mut current_revision = old
            .current_revision
            .clone()
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| self.update.clone());
        if updated == replicas && ready == replicas && replicas == self.replicas() {
            current_revision = self.update.clone();
        }
        let current = count(&|pod| {
            let is_current = revision_of(pod) == current_revision;
            stays(pod) && (is_current || current_revision == self.update && self.is_updated(pod))
        });
        let available = count(&is_available);
        for at in pods
            .iter()
            .filter(|pod| Self::is_ready(pod) && !is_available(pod))
            .filter_map(|pod| pod::available_at(pod, wait))
            .collect::<Vec<_>>()
        {
            self.outcome.requeue(at);
        }
        StatefulSetStatus {
            observed_generation: generation,
            replicas,
            ready_replicas: unless_zero(ready),
            available_replicas: Some(available),
            current_replicas: unless_zero(current),
            updated_replicas: unless_zero(updated),
            current_revision: Some(current_revision),
            update_revision: Some(self.update.clone()),
            collision_count: Some(old.collision_count.unwrap_or(0)),
            conditions: old.conditions.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Cluster;
    use serde_json::{Value, json};

    fn set(replicas: i32, image: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
            "spec": {"replicas": replicas, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
                "template": {"metadata": {"labels": {"app": "db"}},
                    "spec": {"containers": [{"name": "c", "image": image}]}}}})
    }

    #[test]
    fn pods_have_fixed_names_hostnames_and_labels() {
        let mut cluster = Cluster::with_nodes(2);
        let key = cluster.apply(set(2, "db:1"));
        cluster.settle();
        assert_eq!(cluster.pod_names(), ["db-0", "db-1"]);
        let pod = cluster.value(&ObjectKey::pod("shop", "db-1"));
        assert_eq!(pod["spec"]["hostname"], "db-1");
        assert_eq!(pod["spec"]["subdomain"], "db");
        assert_eq!(pod["metadata"]["labels"][POD_NAME_LABEL], "db-1");
        assert_eq!(pod["metadata"]["labels"][POD_INDEX_LABEL], "1");
        let status = cluster.value(&key)["status"].clone();
        assert_eq!(status["readyReplicas"], 2);
        assert_eq!(status["currentRevision"], status["updateRevision"]);
        assert_eq!(status["currentReplicas"], 2);
        assert_eq!(
            cluster.events.iter().find(|event| event.starts_with("StatefulSet")).unwrap(),
            "StatefulSet db: SuccessfulCreate create Pod db-0 in StatefulSet db successful"
        );
    }

    #[test]
    fn an_unready_pod_holds_back_the_next_one_unless_parallel() {
        for (policy, expected) in [("OrderedReady", 1), ("Parallel", 3)] {
            let mut cluster = Cluster::with_nodes(1);
            let mut value = set(3, "db:1");
            value["spec"]["podManagementPolicy"] = json!(policy);
            value["spec"]["template"]["metadata"]["annotations"] =
                json!({"playground.endpoint/ready": "false"});
            cluster.apply(value);
            cluster.settle();
            assert_eq!(cluster.pods().len(), expected, "{policy}");
        }
    }

    #[test]
    fn scaling_down_takes_the_highest_ordinal_first_one_at_a_time() {
        let mut cluster = Cluster::with_nodes(1);
        cluster.apply(set(3, "db:1"));
        cluster.settle();
        cluster.apply(set(1, "db:1"));
        cluster.settle();
        assert_eq!(cluster.each_pod(pod::is_terminating), [false, false, true]);
        cluster.pass(10_000);
        assert_eq!(cluster.pod_names(), ["db-0"]);
    }

    #[test]
    fn a_changed_template_replaces_pods_from_the_highest_ordinal_down() {
        let mut cluster = Cluster::with_nodes(1);
        let key = cluster.apply(set(2, "db:1"));
        cluster.settle();
        cluster.events.clear();
        cluster.apply(set(2, "db:2"));
        cluster.pass(10_000);
        let order: Vec<bool> = cluster
            .events
            .iter()
            .filter(|event| event.starts_with("StatefulSet"))
            .map(|event| event.contains("db-1 "))
            .collect();
        assert_eq!(order, [true, true, false, false]);
        let image = |pod: &Pod| pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap();
        assert_eq!(cluster.each_pod(image), ["db:2", "db:2"]);
        let status = cluster.value(&key)["status"].clone();
        assert_eq!(status["currentRevision"], status["updateRevision"]);
        assert_eq!(status["updatedReplicas"], 2);
    }

    #[test]
    fn the_partition_keeps_the_pods_below_it() {
        let mut cluster = Cluster::with_nodes(1);
        cluster.apply(set(3, "db:1"));
        cluster.settle();
        let mut value = set(3, "db:2");
        value["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}});
        cluster.apply(value);
        cluster.pass(10_000);
        let image = |pod: &Pod| pod.spec.as_ref().unwrap().containers[0].image.clone().unwrap();
        assert_eq!(cluster.each_pod(image), ["db:1", "db:1", "db:2"]);
    }

    #[test]
    fn imported_pods_of_another_clusters_revision_are_kept() {
        let mut cluster = Cluster::with_nodes(1);
        let mut value = set(1, "db:1");
        value["metadata"]["uid"] = json!("db");
        cluster.apply(value);
        cluster.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db-0", "uid": "old",
            "labels": {"app": "db", "controller-revision-hash": "db-7d9f8b6c5"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "db", "controller": true}]},
            "spec": {"nodeName": "node-1", "containers": [{"name": "c", "image": "db:1"}]}}));
        cluster.pass(10_000);
        assert_eq!(cluster.each_pod(|pod| pod.metadata.uid.clone().unwrap()), ["old"]);
    }

    #[test]
    fn a_deleted_pod_comes_back_under_its_name() {
        let mut cluster = Cluster::with_nodes(1);
        cluster.apply(set(1, "db:1"));
        cluster.settle();
        let before = cluster.pods()[0].metadata.uid.clone();
        cluster.delete(&ObjectKey::pod("shop", "db-0"));
        cluster.pass(5_000);
        assert_eq!(cluster.pod_names(), ["db-0"]);
        assert_ne!(cluster.pods()[0].metadata.uid, before);
    }
}
