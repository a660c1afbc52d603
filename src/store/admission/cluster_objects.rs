//! Namespaces and Nodes.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Namespace, NamespaceSpec, NamespaceStatus, Node, Taint};

use super::checks::validate_taint_effect;
use super::metadata::{METADATA, NameForm, SPEC, invalid_each};
use super::strategy::Strategy;
use crate::api::validation::address::is_valid_cidr_for_legacy_field;
use crate::api::validation::field::{FieldError, Raw};
use crate::api::validation::quote::json_string;
use crate::api::validation::{is_qualified_name, is_valid_label_value, parse_cidr_sloppy};
use crate::store::Store;

/// The label that every Namespace has, so that policies can select it by its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

impl Strategy for Namespace {
    const NAME_FORM: NameForm = NameForm::Label;

    // Models pkg/apis/core/v1/defaults.go SetDefaults_Namespace
    fn set_defaults(&mut self) {
        if let Some(name) = self.metadata.name.clone() {
            self.metadata.labels.get_or_insert_default().insert(NAME_LABEL.to_owned(), name);
        }
    }

    // Models pkg/registry/core/namespace/strategy.go PrepareForCreate
    fn prepare_for_create(&mut self, _store: &Store) {
        let status = NamespaceStatus { phase: Some("Active".to_owned()), ..NamespaceStatus::default() };
        self.status = Some(status);
        let finalizers = self.spec.get_or_insert_default().finalizers.get_or_insert_default();
        if !finalizers.iter().any(|finalizer| finalizer == "kubernetes") {
            finalizers.push("kubernetes".to_owned());
        }
    }

    fn prepare_for_update(&mut self, old: &Namespace) {
        let finalizers = old.spec.as_ref().and_then(|spec| spec.finalizers.clone());
        self.spec = Some(NamespaceSpec { finalizers });
    }
}

impl Strategy for Node {
    const HAS_STATUS_WHEN_NEW: bool = true;

    // Models pkg/apis/core/v1/defaults.go SetDefaults_NodeStatus
    fn set_defaults(&mut self) {
        if let Some(status) = &mut self.status
            && status.allocatable.is_none()
        {
            status.allocatable.clone_from(&status.capacity);
        }
    }

    /// An author leaves out what controllers write: an apply leaves that as it is.
    fn prepare_for_update(&mut self, old: &Node) {
        let Some(before) = &old.spec else { return };
        let spec = self.spec.get_or_insert_default();
        if spec.pod_cidrs.is_none() && spec.pod_cidr.is_none() {
            spec.pod_cidr.clone_from(&before.pod_cidr);
            spec.pod_cidrs.clone_from(&before.pod_cidrs);
        }
        if spec.provider_id.is_none() {
            spec.provider_id.clone_from(&before.provider_id);
        }
        if spec.taints.is_none() {
            spec.taints.clone_from(&before.taints);
        }
    }

    // Models pkg/apis/core/validation/validation.go ValidateNode and ValidateNodeUpdate
    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&Node>) {
        let Some(spec) = &self.spec else { return };
        let path = SPEC.child("podCIDRs");
        let cidrs = spec.pod_cidrs.as_deref().unwrap_or_default();
        let Some(old) = old else {
            validate_taints(errors, spec.taints.as_deref().unwrap_or_default());
            for (index, cidr) in cidrs.iter().enumerate() {
                errors.extend(is_valid_cidr_for_legacy_field(&path.index(index), cidr, &[]).err());
            }
            let families: BTreeSet<bool> =
                cidrs.iter().filter_map(|cidr| Some(parse_cidr_sloppy(cidr)?.1.addr().is_ipv4())).collect();
            if cidrs.len() > 1 && (families.len() < 2 || cidrs.len() > 2) {
                let words = "may specify no more than one CIDR for each IP family";
                errors.push(FieldError::invalid(&path, cidrs, words));
            }
            let mut seen = BTreeSet::new();
            for (index, cidr) in cidrs.iter().enumerate() {
                if !seen.insert(cidr) {
                    errors.push(FieldError::duplicate(&path.index(index), cidr));
                }
            }
            return;
        };
        let before = old.spec.as_ref();
        let old_cidrs = before.and_then(|before| before.pod_cidrs.as_deref()).unwrap_or_default();
        if !old_cidrs.is_empty() && old_cidrs != cidrs {
            let words = "node updates may not change podCIDR except from \"\" to valid";
            errors.push(FieldError::forbidden(&path, words));
        }
        let provider = before.and_then(|before| before.provider_id.as_deref()).unwrap_or_default();
        if !provider.is_empty() && spec.provider_id.as_deref() != Some(provider) {
            let words = "node updates may not change providerID except from \"\" to valid";
            errors.push(FieldError::forbidden(&SPEC.child("providerID"), words));
        }
        validate_taints(errors, spec.taints.as_deref().unwrap_or_default());
    }
}

// Models pkg/apis/core/validation/validation.go validateNodeTaints
/// Taints, which upstream tells of under `metadata.taints`.
fn validate_taints(errors: &mut Vec<FieldError>, taints: &[Taint]) {
    let list = METADATA.child("taints");
    let mut seen = BTreeSet::new();
    for (index, taint) in taints.iter().enumerate() {
        let path = list.index(index);
        invalid_each(errors, &path.child("key"), &taint.key, is_qualified_name(&taint.key));
        let value = taint.value.as_deref().unwrap_or_default();
        let messages = is_valid_label_value(value);
        if !messages.is_empty() {
            errors.push(FieldError::invalid(&path.child("value"), value, messages.join(";")));
        }
        validate_taint_effect(errors, &taint.effect, &path.child("effect"));
        if !seen.insert((&taint.effect, &taint.key)) {
            let shown = format!(
                "{{\"Key\":{},\"Value\":{},\"Effect\":{},\"TimeAdded\":null}}",
                json_string(&taint.key),
                json_string(value),
                json_string(&taint.effect)
            );
            let mut error = FieldError::duplicate(&path, Raw(shown));
            error.detail = "taints must be unique by key and effect pair".to_owned();
            errors.push(error);
        }
    }
}
