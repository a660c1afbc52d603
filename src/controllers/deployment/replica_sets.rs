//! The ReplicaSets of a Deployment: which is the new one, their revisions and annotations.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::{ReplicaSet, ReplicaSetSpec, ReplicaSetStatus};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::super::template::{POD_TEMPLATE_HASH, equal_ignoring_hash, hash};
use super::super::{Event, Outcome, pod};
use super::condition::{self, PROGRESSING, set_condition};
use super::strategy::max_surge;
use super::{REVISION, Sync};
use crate::api::{Kind, ObjectKey};

const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of the Deployment that its ReplicaSets do not get.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// A ReplicaSet as it is to be.
pub(super) struct Set {
    pub live: ReplicaSet,
    fate: Fate,
}

#[derive(PartialEq)]
enum Fate {
    Keep,
    Create,
    Update,
    Delete,
}

impl Set {
    /// `spec.replicas`.
    pub fn replicas(&self) -> i32 {
        self.live.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
    }

    /// The numbers that the ReplicaSet's own controller counted.
    pub fn status(&self) -> ReplicaSetStatus {
        self.live.status.clone().unwrap_or_default()
    }

    pub fn available(&self) -> i32 {
        self.live.status.as_ref().and_then(|status| status.available_replicas).unwrap_or(0)
    }

    pub fn name(&self) -> &str {
        self.live.metadata.name.as_deref().unwrap_or_default()
    }

    /// The annotation as a number.
    pub fn number(&self, annotation: &str) -> Option<i64> {
        self.live.metadata.annotations.as_ref()?.get(annotation)?.parse().ok()
    }

    /// Changes the ReplicaSet, and remembers whether that made a difference.
    pub fn change(&mut self, act: impl FnOnce(&mut ReplicaSet)) -> bool {
        let before = self.live.clone();
        act(&mut self.live);
        let changed = before != self.live;
        if changed && self.fate == Fate::Keep {
            self.fate = Fate::Update;
        }
        changed
    }

    /// Marks the ReplicaSet as one to delete.
    pub fn delete(&mut self) {
        self.fate = Fate::Delete;
    }

    /// Adds the write that the ReplicaSet needs.
    pub fn write(self, outcome: &mut Outcome) {
        match self.fate {
            Fate::Keep => {}
            Fate::Create => outcome.create(self.live, None),
            Fate::Update => outcome.update::<ReplicaSet>(self.live),
            Fate::Delete => {
                let namespace = self.live.metadata.namespace.clone().unwrap_or_default();
                outcome.delete(ObjectKey::new(Kind::ReplicaSet, namespace, self.name()), None);
            }
        }
    }
}

impl Sync<'_> {
    // Models pkg/controller/deployment/util/deployment_util.go FindNewReplicaSet and FindOldReplicaSets
    /// Sorts the ReplicaSets by age. The oldest of those with the present template is the new one.
    pub(super) fn sort_out(&mut self, mut sets: Vec<Arc<ReplicaSet>>) {
        sets.sort_by(|a, b| {
            let age = |set: &ReplicaSet| (set.metadata.creation_timestamp.clone(), set.metadata.name.clone());
            age(a).cmp(&age(b))
        });
        for set in sets {
            let template = set.spec.as_ref().and_then(|spec| spec.template.as_ref());
            let is_new = self.new.is_none()
                && template.is_some_and(|template| equal_ignoring_hash(template, &self.spec.template));
            let set = Set { live: (*set).clone(), fate: Fate::Keep };
            if is_new { self.new = Some(set) } else { self.old.push(set) }
        }
    }

    // Models pkg/controller/deployment/sync.go getNewReplicaSet
    /// Brings the annotations of the new ReplicaSet up to date, its revision (one more than the highest of the old
    /// ones, unless it is higher already) and the Deployment's. Without a new ReplicaSet it makes one, if it may: as
    /// large as the strategy allows now.
    pub(super) fn find_new(&mut self, may_create: bool) {
        let highest = self.old.iter().filter_map(|set| set.number(REVISION)).max().unwrap_or(0).max(0);
        let revision = highest + 1;
        if let Some(mut set) = self.new.take() {
            let min_ready_seconds = self.spec.min_ready_seconds;
            set.change(|set| {
                self.annotate(&mut set.metadata, revision);
                if let Some(spec) = &mut set.spec
                    && spec.min_ready_seconds.unwrap_or(0) != min_ready_seconds.unwrap_or(0)
                {
                    spec.min_ready_seconds = min_ready_seconds;
                }
            });
            self.set_revision(set.number(REVISION).unwrap_or(revision));
            let words = format!("Found new replica set \"{}\"", set.name());
            self.note_progress("FoundNewReplicaSet", words, false);
            self.new = Some(set);
        } else if may_create {
            self.create_new(revision);
        }
    }

    fn create_new(&mut self, revision: i64) {
        let collisions = self.deployment.status.as_ref().and_then(|status| status.collision_count);
        let lost = self.lost_replica_set();
        let label = lost
            .as_ref()
            .map_or_else(|| hash(&self.spec.template, collisions), |lost| lost.template_hash.clone());
        let name = lost
            .as_ref()
            .map_or_else(|| format!("{}-{label}", self.owner.name()), |lost| lost.reference.name.clone());
        if self.store.find::<ReplicaSet>(self.owner.namespace(), &name).is_some() {
            // Another template or another owner has the name: count the collision and come back with a new hash.
            let status = self.deployment.status.get_or_insert_default();
            status.collision_count = Some(collisions.unwrap_or(0) + 1);
            return;
        }
        let mut template = self.spec.template.clone();
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(POD_TEMPLATE_HASH.to_owned(), label.clone());
        let labels = labels.clone();
        let mut selector = self.spec.selector.clone();
        selector.match_labels.get_or_insert_default().insert(POD_TEMPLATE_HASH.to_owned(), label);
        let replicas = self.new_replicas(0);
        let mut metadata = ObjectMeta {
            name: Some(name.clone()),
            namespace: self.deployment.metadata.namespace.clone(),
            uid: lost.map(|lost| lost.reference.uid),
            labels: Some(labels),
            owner_references: Some(vec![self.owner.reference()]),
            ..ObjectMeta::default()
        };
        self.annotate(&mut metadata, revision);
        set_replicas_annotations(&mut metadata, self.replicas(), self.replicas() + max_surge(self.spec));
        let spec = ReplicaSetSpec {
            replicas: Some(replicas),
            min_ready_seconds: self.spec.min_ready_seconds,
            selector,
            template: Some(template),
        };
        let live = ReplicaSet { metadata, spec: Some(spec), status: None };
        if replicas > 0 {
            let words = format!("Scaled up replica set {name} from 0 to {replicas}");
            self.outcome.events.push(Event::normal("ScalingReplicaSet", words));
        }
        self.new = Some(Set { live, fate: Fate::Create });
        self.set_revision(revision);
        self.note_progress("NewReplicaSetCreated", format!("Created new replica set \"{name}\""), true);
    }

    // Models pkg/controller/deployment/util/deployment_util.go SetNewReplicaSetAnnotations
    fn annotate(&self, metadata: &mut ObjectMeta, revision: i64) {
        let annotations = metadata.annotations.get_or_insert_default();
        for (name, value) in self.owner.metadata.annotations.iter().flatten() {
            if !NOT_COPIED.contains(&name.as_str()) {
                annotations.insert(name.clone(), value.clone());
            }
        }
        let old = annotations.get(REVISION).cloned();
        let old_number: i64 = old.as_ref().and_then(|old| old.parse().ok()).unwrap_or(0);
        if old_number < revision {
            annotations.insert(REVISION.to_owned(), revision.to_string());
            if let Some(old) = old {
                let history = annotations.entry(REVISION_HISTORY.to_owned()).or_default();
                if !history.is_empty() {
                    history.push(',');
                }
                history.push_str(&old);
            }
        }
    }

    fn set_revision(&mut self, revision: i64) {
        let annotations = self.deployment.metadata.annotations.get_or_insert_default();
        annotations.insert(REVISION.to_owned(), revision.to_string());
    }

    /// Tells of the new ReplicaSet in the condition Progressing; unless `always`, only where there is none.
    fn note_progress(&mut self, reason: &str, message: String, always: bool) {
        if self.spec.progress_deadline_seconds.is_none() {
            return;
        }
        let status = self.deployment.status.get_or_insert_default();
        if always || condition::find(status, PROGRESSING).is_none() {
            set_condition(status, PROGRESSING, "True", reason, message, self.now);
        }
    }

    /// The ReplicaSet that Pods of the present template name as their controller though it is not there: people
    /// import Deployments and Pods and leave the ReplicaSets out. Making it again keeps the Pods.
    fn lost_replica_set(&self) -> Option<Lost> {
        let mut found: BTreeMap<String, (usize, Lost)> = BTreeMap::new();
        for pod in self.owner.candidates(self.store) {
            let Some(reference) = pod::controller_of(&pod.metadata) else { continue };
            let template_hash = pod.metadata.labels.as_ref().and_then(|labels| labels.get(POD_TEMPLATE_HASH));
            let is_imported = self.store.get(&pod::key(&pod)).is_some_and(|object| object.document.is_some());
            let is_lost = reference.kind == "ReplicaSet"
                && self.store.find::<ReplicaSet>(self.owner.namespace(), &reference.name).is_none();
            if is_imported && is_lost && pod::is_active(&pod) && runs(&pod, &self.spec.template) {
                let Some(template_hash) = template_hash else { continue };
                let lost = Lost { reference: reference.clone(), template_hash: template_hash.clone() };
                found.entry(reference.uid.clone()).or_insert((0, lost)).0 += 1;
            }
        }
        found.into_values().max_by_key(|(pods, _)| *pods).map(|(_, lost)| lost)
    }
}

/// A ReplicaSet that only its Pods tell of.
struct Lost {
    reference: OwnerReference,
    template_hash: String,
}

/// Whether the Pod has the template's containers with the same images.
fn runs(pod: &Pod, template: &PodTemplateSpec) -> bool {
    let (Some(pod), Some(template)) = (&pod.spec, &template.spec) else { return false };
    let has = |name: &str, image: &Option<String>| {
        pod.containers.iter().any(|container| container.name == name && container.image == *image)
    };
    template.containers.iter().all(|container| has(&container.name, &container.image))
}

// Models pkg/controller/deployment/util/deployment_util.go SetReplicasAnnotations
/// Writes the two numbers that tell a scaling from a rollout.
pub(super) fn set_replicas_annotations(metadata: &mut ObjectMeta, desired: i32, max: i32) {
    let annotations = metadata.annotations.get_or_insert_default();
    annotations.insert(DESIRED_REPLICAS.to_owned(), desired.to_string());
    annotations.insert(MAX_REPLICAS.to_owned(), max.to_string());
}
