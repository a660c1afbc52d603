//! Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers.

mod rollout;

use k8s_openapi::api::apps::v1::{
    DaemonSet, Deployment, DeploymentSpec, ReplicaSet, StatefulSet,
    StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
};
use k8s_openapi::api::core::v1::{PodTemplateSpec, ReplicationController};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::checks::non_negative;
use super::defaults::default_text;
use super::metadata::{
    NameForm, SPEC, invalid_each, label_selector_shown, labels_shown, validate_label_selector,
};
use super::pod::{set_template_defaults, template_labels, validate_template, validate_template_metadata};
use super::strategy::{Strategy, next_generation};
use crate::api::labels::Selector;
use crate::api::validation::field::{FieldError, Path};
use crate::api::validation::is_dns1123_label;
use crate::store::Store;

/// The generation of a new object.
const FIRST: Option<i64> = Some(1);

fn is_empty(selector: &LabelSelector) -> bool {
    selector.match_labels.as_ref().is_none_or(|labels| labels.is_empty())
        && selector.match_expressions.as_ref().is_none_or(Vec::is_empty)
}

/// A selector that has to be there. An empty one is taken for an absent one, which is far more frequent.
fn validate_selector(errors: &mut Vec<FieldError>, selector: &LabelSelector) {
    let path = SPEC.child("selector");
    if is_empty(selector) {
        errors.push(FieldError::required(&path, ""));
    } else {
        validate_label_selector(errors, Some(selector), &path);
    }
}

// Models pkg/apis/apps/validation/validation.go ValidatePodTemplateSpecForReplicaSet and its siblings
/// The selector's use on the template, and the template itself. `kind` is the kind's name in the messages.
fn validate_selector_and_template(
    errors: &mut Vec<FieldError>,
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    kind: &str,
) {
    let path = SPEC.child("template");
    // Upstream makes no selector of an absent one, and that matches nothing.
    let given = (!is_empty(selector)).then_some(selector);
    match Selector::from_label_selector(given) {
        Err(_) => {
            let words = if kind == "StatefulSet" { "" } else { "invalid label selector" };
            let shown = label_selector_shown(Some(selector));
            errors.push(FieldError::invalid(&SPEC.child("selector"), shown, words));
        }
        Ok(selector) => {
            validate_match(errors, &selector, template, &path);
            if kind == "StatefulSet" {
                // Its claims are volumes, too, so upstream leaves the rest to the Pods.
                validate_template_metadata(errors, template, &path);
            } else {
                validate_template(errors, template, &path);
            }
        }
    }
    validate_restart(errors, template, kind);
}

fn validate_match(
    errors: &mut Vec<FieldError>,
    selector: &Selector,
    template: &PodTemplateSpec,
    path: &Path<'_>,
) {
    let labels = template_labels(template);
    if !selector.matches(labels) {
        let meta = path.child("metadata");
        let words = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid(&meta.child("labels"), labels_shown(labels), words));
    }
}

/// What the Pods of a workload can not have: an end.
fn validate_restart(errors: &mut Vec<FieldError>, template: &PodTemplateSpec, kind: &str) {
    let Some(spec) = &template.spec else { return };
    let template = SPEC.child("template");
    let path = template.child("spec");
    let policy = spec.restart_policy.as_deref().unwrap_or_default();
    if policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if spec.active_deadline_seconds.is_some() {
        let words = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), words));
    }
}

// Models pkg/registry/apps/deployment/strategy.go ValidateUpdate
fn validate_same_selector(
    errors: &mut Vec<FieldError>,
    selector: &LabelSelector,
    old: Option<&LabelSelector>,
) {
    if old.is_some_and(|old| old != selector) {
        let shown = label_selector_shown(Some(selector));
        errors.push(FieldError::invalid(&SPEC.child("selector"), shown, "field is immutable"));
    }
}

impl Strategy for Deployment {
    // Models pkg/apis/apps/v1/defaults.go SetDefaults_Deployment
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        set_template_defaults(&mut spec.template);
        spec.replicas.get_or_insert(1);
        rollout::set_deployment_defaults(spec.strategy.get_or_insert_default());
        spec.revision_history_limit.get_or_insert(10);
        spec.progress_deadline_seconds.get_or_insert(600);
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = FIRST;
    }

    fn prepare_for_update(&mut self, old: &Deployment) {
        let annotations = self.metadata.annotations != old.metadata.annotations;
        next_generation(&mut self.metadata, &old.metadata, annotations || self.spec != old.spec);
    }

    // Models pkg/apis/apps/validation/validation.go ValidateDeploymentSpec
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&Deployment>) {
        let absent = DeploymentSpec::default();
        let spec = self.spec.as_ref().unwrap_or(&absent);
        non_negative(errors, spec.replicas, &SPEC.child("replicas"));
        validate_selector(errors, &spec.selector);
        validate_selector_and_template(errors, &spec.selector, &spec.template, "ReplicaSet");
        if let Some(strategy) = &spec.strategy {
            rollout::validate_deployment(errors, strategy, &SPEC.child("strategy"));
        }
        non_negative(errors, spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
        non_negative(errors, spec.revision_history_limit, &SPEC.child("revisionHistoryLimit"));
        if let Some(seconds) = spec.progress_deadline_seconds {
            let path = SPEC.child("progressDeadlineSeconds");
            non_negative(errors, Some(seconds), &path);
            if seconds <= spec.min_ready_seconds.unwrap_or(0) {
                errors.push(FieldError::invalid(&path, seconds, "must be greater than minReadySeconds"));
            }
        }
        let before = old.and_then(|old| old.spec.as_ref());
        validate_same_selector(errors, &spec.selector, before.map(|before| &before.selector));
    }
}

impl Strategy for ReplicaSet {
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        set_template_defaults(spec.template.get_or_insert_default());
        spec.replicas.get_or_insert(1);
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = FIRST;
    }

    fn prepare_for_update(&mut self, old: &ReplicaSet) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/apps/validation/validation.go ValidateReplicaSetSpec
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&ReplicaSet>) {
        let Some(spec) = &self.spec else { return };
        non_negative(errors, spec.replicas, &SPEC.child("replicas"));
        non_negative(errors, spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
        validate_selector(errors, &spec.selector);
        if let Some(template) = &spec.template {
            validate_selector_and_template(errors, &spec.selector, template, "ReplicaSet");
        }
        let before = old.and_then(|old| old.spec.as_ref());
        validate_same_selector(errors, &spec.selector, before.map(|before| &before.selector));
    }
}

impl Strategy for StatefulSet {
    // Its Pods' names are host names.
    const NAME_FORM: NameForm = NameForm::Label;

    // Models pkg/apis/apps/v1/defaults.go SetDefaults_StatefulSet
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        set_template_defaults(&mut spec.template);
        default_text(&mut spec.pod_management_policy, "OrderedReady");
        rollout::set_stateful_set_defaults(spec.update_strategy.get_or_insert_default());
        let retention = || StatefulSetPersistentVolumeClaimRetentionPolicy::default();
        let policy = spec.persistent_volume_claim_retention_policy.get_or_insert_with(retention);
        default_text(&mut policy.when_deleted, "Retain");
        default_text(&mut policy.when_scaled, "Retain");
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = FIRST;
    }

    fn prepare_for_update(&mut self, old: &StatefulSet) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/apps/validation/validation.go ValidateStatefulSetSpec and ValidateStatefulSetUpdate
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&StatefulSet>) {
        let Some(spec) = &self.spec else { return };
        let policy = spec.pod_management_policy.as_deref().unwrap_or_default();
        if !["OrderedReady", "Parallel"].contains(&policy) {
            let words = "must be 'OrderedReady' or 'Parallel'";
            errors.push(FieldError::invalid(&SPEC.child("podManagementPolicy"), policy, words));
        }
        if let Some(strategy) = &spec.update_strategy {
            rollout::validate_stateful_set(errors, strategy, &SPEC.child("updateStrategy"));
        }
        if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
            let path = SPEC.child("persistentVolumeClaimRetentionPolicy");
            for (field, value) in [("whenDeleted", &policy.when_deleted), ("whenScaled", &policy.when_scaled)]
            {
                let value = value.as_deref().unwrap_or_default();
                if !["Retain", "Delete"].contains(&value) {
                    errors.push(FieldError::not_supported(&path.child(field), value, &["Retain", "Delete"]));
                }
            }
        }
        non_negative(errors, spec.replicas, &SPEC.child("replicas"));
        non_negative(errors, spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
        let start = spec.ordinals.as_ref().and_then(|ordinals| ordinals.start);
        non_negative(errors, start, &SPEC.child("ordinals.start"));
        if let (None, Some(name)) = (old, spec.service_name.as_deref().filter(|name| !name.is_empty())) {
            invalid_each(errors, &SPEC.child("serviceName"), name, is_dns1123_label(name));
        }
        validate_selector(errors, &spec.selector);
        validate_selector_and_template(errors, &spec.selector, &spec.template, "StatefulSet");
        if let Some(before) = old.and_then(|old| old.spec.as_ref())
            && *before != with_changeable_fields_of(spec, before)
        {
            let words = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                         'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                         'minReadySeconds' are forbidden";
            errors.push(FieldError::forbidden(&SPEC, words));
        }
    }
}

/// `spec` with everything that may change as in `before`.
fn with_changeable_fields_of(spec: &StatefulSetSpec, before: &StatefulSetSpec) -> StatefulSetSpec {
    StatefulSetSpec {
        replicas: before.replicas,
        ordinals: before.ordinals.clone(),
        template: before.template.clone(),
        update_strategy: before.update_strategy.clone(),
        revision_history_limit: before.revision_history_limit,
        persistent_volume_claim_retention_policy: before.persistent_volume_claim_retention_policy.clone(),
        min_ready_seconds: before.min_ready_seconds,
        ..spec.clone()
    }
}

impl Strategy for DaemonSet {
    // Models pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        set_template_defaults(&mut spec.template);
        rollout::set_daemon_set_defaults(spec.update_strategy.get_or_insert_default());
        spec.revision_history_limit.get_or_insert(10);
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = FIRST;
    }

    fn prepare_for_update(&mut self, old: &DaemonSet) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/apps/validation/validation.go ValidateDaemonSetSpec
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&DaemonSet>) {
        let Some(spec) = &self.spec else { return };
        validate_label_selector(errors, Some(&spec.selector), &SPEC.child("selector"));
        let template = SPEC.child("template");
        let given = (!is_empty(&spec.selector)).then_some(&spec.selector);
        if let Ok(selector) = Selector::from_label_selector(given) {
            validate_match(errors, &selector, &spec.template, &template);
        }
        validate_template(errors, &spec.template, &template);
        validate_restart(errors, &spec.template, "DaemonSet");
        non_negative(errors, spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
        if let Some(strategy) = &spec.update_strategy {
            rollout::validate_daemon_set(errors, strategy, &SPEC.child("updateStrategy"));
        }
        non_negative(errors, spec.revision_history_limit, &SPEC.child("revisionHistoryLimit"));
        let before = old.and_then(|old| old.spec.as_ref());
        validate_same_selector(errors, &spec.selector, before.map(|before| &before.selector));
    }
}

impl Strategy for ReplicationController {
    // Models pkg/apis/core/v1/defaults.go SetDefaults_ReplicationController
    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        if let Some(template) = &mut spec.template {
            set_template_defaults(template);
        }
        let labels = spec.template.as_ref().and_then(template_labels).filter(|labels| !labels.is_empty());
        if let Some(labels) = labels {
            if spec.selector.as_ref().is_none_or(|selector| selector.is_empty()) {
                spec.selector = Some(labels.clone());
            }
            if self.metadata.labels.as_ref().is_none_or(|labels| labels.is_empty()) {
                self.metadata.labels = Some(labels.clone());
            }
        }
        spec.replicas.get_or_insert(1);
    }

    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = FIRST;
    }

    fn prepare_for_update(&mut self, old: &ReplicationController) {
        next_generation(&mut self.metadata, &old.metadata, self.spec != old.spec);
    }

    // Models pkg/apis/core/validation/validation.go ValidateReplicationControllerSpec
    fn validate(&self, errors: &mut Vec<FieldError>, _old: Option<&ReplicationController>) {
        let Some(spec) = &self.spec else { return };
        non_negative(errors, spec.min_ready_seconds, &SPEC.child("minReadySeconds"));
        let selector = spec.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_none() {
            errors.push(FieldError::required(&SPEC.child("selector"), ""));
        }
        non_negative(errors, spec.replicas, &SPEC.child("replicas"));
        let path = SPEC.child("template");
        let Some(template) = &spec.template else {
            errors.push(FieldError::required(&path, ""));
            return;
        };
        if selector.is_some() {
            validate_match(errors, &Selector::from_set(selector), template, &path);
        }
        validate_template(errors, template, &path);
        validate_restart(errors, template, "ReplicationController");
    }
}
