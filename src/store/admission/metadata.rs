//! What the API server demands of every object's metadata, and of selectors and labels wherever they stand.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference};

use crate::api::validation::field::{FieldError, Path, Raw, Shown};
use crate::api::validation::quote::{json_string, quote};
use crate::api::validation::{
    is_dns1123_label, is_dns1123_subdomain, is_qualified_name, is_valid_label_value,
};

/// `metadata`, where most checks begin.
pub const METADATA: Path<'static> = Path::new("metadata");
/// `spec`.
pub const SPEC: Path<'static> = Path::new("spec");

/// The bytes that all annotations of an object may have together.
const TOTAL_ANNOTATION_SIZE_LIMIT: usize = 256 * 1024;

/// What a kind's names have to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameForm {
    /// A DNS subdomain: most kinds.
    Subdomain,
    /// A DNS label: Namespaces, and Services since 1.36.
    Label,
}

impl NameForm {
    /// What is wrong with a name, or with the prefix of one.
    fn errors(self, name: &str, is_prefix: bool) -> Vec<String> {
        let masked = if is_prefix { mask_trailing_dash(name) } else { name.to_owned() };
        match self {
            NameForm::Subdomain => is_dns1123_subdomain(&masked),
            NameForm::Label => is_dns1123_label(&masked),
        }
    }
}

// Models pkg/api/validation/generic.go maskTrailingDash
/// The prefix with its last hyphen, and the character before it, replaced by a letter: as upstream does it.
fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        Some(stem) if !stem.is_empty() => {
            let mut chars = stem.chars();
            chars.next_back();
            chars.as_str().to_owned() + "a"
        }
        _ => name.to_owned(),
    }
}

/// Adds one "Invalid value" for each message.
pub fn invalid_each(
    errors: &mut Vec<FieldError>,
    path: &Path<'_>,
    value: impl Shown + Copy,
    messages: Vec<String>,
) {
    errors.extend(messages.into_iter().map(|message| FieldError::invalid(path, value, message)));
}

// Models pkg/apis/core/validation/validation.go ValidateObjectMeta
/// The metadata of a new object: its name, its namespace, and what can change later.
pub fn validate_object_meta(
    errors: &mut Vec<FieldError>,
    meta: &ObjectMeta,
    namespaced: bool,
    form: NameForm,
) {
    let generate_name = meta.generate_name.as_deref().unwrap_or_default();
    if !generate_name.is_empty() {
        invalid_each(
            errors,
            &METADATA.child("generateName"),
            generate_name,
            form.errors(generate_name, true),
        );
    }
    match meta.name.as_deref() {
        None | Some("") => {
            errors.push(FieldError::required(&METADATA.child("name"), "name or generateName is required"));
        }
        Some(name) => invalid_each(errors, &METADATA.child("name"), name, form.errors(name, false)),
    }
    let path = METADATA.child("namespace");
    match (namespaced, meta.namespace.as_deref().unwrap_or_default()) {
        (true, "") => errors.push(FieldError::required(&path, "")),
        (true, namespace) => invalid_each(errors, &path, namespace, is_dns1123_label(namespace)),
        (false, "") => {}
        (false, _) => errors.push(FieldError::forbidden(&path, "not allowed on this type")),
    }
    validate_changeable(errors, meta);
    let path = METADATA.child("finalizers");
    let finalizers = meta.finalizers.as_deref().unwrap_or_default();
    for finalizer in finalizers {
        invalid_each(errors, &path, finalizer, is_qualified_name(finalizer));
    }
    if ["orphan", "foregroundDeletion"].iter().all(|one| finalizers.iter().any(|finalizer| finalizer == one))
    {
        let words = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(&path, finalizers, words));
    }
    validate_finalizer_names(errors, finalizers);
}

/// Labels, annotations and owners, in upstream's order.
fn validate_changeable(errors: &mut Vec<FieldError>, meta: &ObjectMeta) {
    validate_labels(errors, meta.labels.as_ref(), &METADATA.child("labels"));
    validate_annotations(errors, meta.annotations.as_ref(), &METADATA.child("annotations"));
    validate_owner_references(errors, meta.owner_references.as_deref().unwrap_or_default());
}

// Models pkg/apis/core/validation/validation.go ValidateObjectMetaUpdate
/// The metadata of a changed object.
pub fn validate_object_meta_update(errors: &mut Vec<FieldError>, meta: &ObjectMeta, old: &ObjectMeta) {
    let finalizers = meta.finalizers.as_deref().unwrap_or_default();
    if old.deletion_timestamp.is_some() {
        let before = old.finalizers.as_deref().unwrap_or_default();
        let mut added: Vec<&String> =
            finalizers.iter().filter(|finalizer| !before.contains(finalizer)).collect();
        added.sort();
        added.dedup();
        if !added.is_empty() {
            let added: Vec<String> = added.into_iter().map(|finalizer| quote(finalizer)).collect();
            let words = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            errors.push(FieldError::forbidden(&METADATA.child("finalizers"), words));
        }
    }
    if meta.uid != old.uid {
        let uid = meta.uid.as_deref().unwrap_or_default();
        errors.push(FieldError::invalid(&METADATA.child("uid"), uid, "field is immutable"));
    }
    validate_changeable(errors, meta);
    validate_finalizer_names(errors, finalizers);
}

// Models pkg/apis/core/validation/validation.go validateKubeFinalizerName
fn validate_finalizer_names(errors: &mut Vec<FieldError>, finalizers: &[String]) {
    let path = METADATA.child("finalizers");
    for (index, finalizer) in finalizers.iter().enumerate() {
        let standard = ["kubernetes", "orphan", "foregroundDeletion"].contains(&finalizer.as_str());
        if !finalizer.contains('/') && !standard {
            let words = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(&path.index(index), finalizer, words));
        }
    }
}

// Models pkg/apis/meta/v1/validation/validation.go ValidateLabels
/// Labels, or a plain selector. Upstream looks at them in no order; here they are sorted.
pub fn validate_labels(
    errors: &mut Vec<FieldError>,
    labels: Option<&BTreeMap<String, String>>,
    path: &Path<'_>,
) {
    for (key, value) in labels.into_iter().flatten() {
        invalid_each(errors, path, key, is_qualified_name(key));
        invalid_each(errors, path, value, is_valid_label_value(value));
    }
}

// Models pkg/api/validation/objectmeta.go ValidateAnnotations
/// Annotations: keys in any case, and not too much of them.
pub fn validate_annotations(
    errors: &mut Vec<FieldError>,
    annotations: Option<&BTreeMap<String, String>>,
    path: &Path<'_>,
) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        invalid_each(errors, path, key, is_qualified_name(&key.to_lowercase()));
        size += key.len() + value.len();
    }
    if size > TOTAL_ANNOTATION_SIZE_LIMIT {
        errors.push(FieldError::too_long(path, TOTAL_ANNOTATION_SIZE_LIMIT));
    }
}

// Models pkg/api/validation/objectmeta.go ValidateOwnerReferences
fn validate_owner_references(errors: &mut Vec<FieldError>, owners: &[OwnerReference]) {
    let path = METADATA.child("ownerReferences");
    let mut first_controller: Option<String> = None;
    for owner in owners {
        for (field, value, words) in [
            ("apiVersion", &owner.api_version, "version must not be empty"),
            ("kind", &owner.kind, "must not be empty"),
            ("name", &owner.name, "must not be empty"),
            ("uid", &owner.uid, "must not be empty"),
        ] {
            if value.is_empty() {
                errors.push(FieldError::invalid(&path.child(field), value, words));
            }
        }
        if owner.controller != Some(true) {
            continue;
        }
        let name = format!("{}/{}", owner.kind, owner.name);
        match &first_controller {
            None => first_controller = Some(name),
            Some(first) => {
                let words = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} \
                     and {name}"
                );
                errors.push(FieldError::invalid(&path, Raw(owners_shown(owners)), words));
            }
        }
    }
}

fn owners_shown(owners: &[OwnerReference]) -> String {
    let shown: Vec<String> = owners
        .iter()
        .map(|owner| {
            let mut shown = format!(
                "{{\"apiVersion\":{},\"kind\":{},\"name\":{},\"uid\":{}",
                json_string(&owner.api_version),
                json_string(&owner.kind),
                json_string(&owner.name),
                json_string(&owner.uid)
            );
            if let Some(controller) = owner.controller {
                shown += &format!(",\"controller\":{controller}");
            }
            if let Some(block) = owner.block_owner_deletion {
                shown += &format!(",\"blockOwnerDeletion\":{block}");
            }
            shown + "}"
        })
        .collect();
    format!("[{}]", shown.join(","))
}

// Models pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector
/// The selector of a workload or a policy.
pub fn validate_label_selector(
    errors: &mut Vec<FieldError>,
    selector: Option<&LabelSelector>,
    path: &Path<'_>,
) {
    let Some(selector) = selector else { return };
    validate_labels(errors, selector.match_labels.as_ref(), &path.child("matchLabels"));
    let expressions = path.child("matchExpressions");
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let path = expressions.index(index);
        let values = expression.values.as_deref().unwrap_or_default();
        match expression.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => {
                let words = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(FieldError::required(&path.child("values"), words));
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let words = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(&path.child("values"), words));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                let words = "not a valid selector operator";
                errors.push(FieldError::invalid(&path.child("operator"), other, words));
            }
        }
        invalid_each(errors, &path.child("key"), &expression.key, is_qualified_name(&expression.key));
        let list = path.child("values");
        for (index, value) in values.iter().enumerate() {
            invalid_each(errors, &list.index(index), value, is_valid_label_value(value));
        }
    }
}

/// Labels as Go prints a map in JSON: sorted; `null` when there are none.
pub fn labels_shown(labels: Option<&BTreeMap<String, String>>) -> Raw<String> {
    let Some(labels) = labels else { return Raw("null".to_owned()) };
    let shown: Vec<String> =
        labels.iter().map(|(key, value)| format!("{}:{}", json_string(key), json_string(value))).collect();
    Raw(format!("{{{}}}", shown.join(",")))
}

/// A selector as Go prints it in JSON: labels first; `null` when it is absent.
pub fn label_selector_shown(selector: Option<&LabelSelector>) -> Raw<String> {
    let Some(selector) = selector else { return Raw("null".to_owned()) };
    let mut parts = Vec::new();
    if let Some(labels) = selector.match_labels.as_ref().filter(|labels| !labels.is_empty()) {
        parts.push(format!("\"matchLabels\":{}", labels_shown(Some(labels)).0));
    }
    let expressions: Vec<String> = selector
        .match_expressions
        .iter()
        .flatten()
        .map(|expression| {
            let values = expression.values.as_deref().filter(|values| !values.is_empty());
            let values = values.map_or(String::new(), |values| format!(",\"values\":{}", values.shown()));
            format!(
                "{{\"key\":{},\"operator\":{}{values}}}",
                json_string(&expression.key),
                json_string(&expression.operator)
            )
        })
        .collect();
    if !expressions.is_empty() {
        parts.push(format!("\"matchExpressions\":[{}]", expressions.join(",")));
    }
    Raw(format!("{{{}}}", parts.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_may_end_in_a_hyphen() {
        assert!(NameForm::Label.errors("web-", true).is_empty());
        assert!(!NameForm::Label.errors("web-", false).is_empty());
        // The character before the hyphen is masked with it, as upstream does it.
        assert!(NameForm::Label.errors("web_-", true).is_empty());
        assert!(!NameForm::Label.errors("-", true).is_empty());
    }

    #[test]
    fn selector_is_shown_with_its_labels_first() {
        let selector: LabelSelector = serde_json::from_str(
            r#"{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}],"matchLabels":{"x":"y"}}"#,
        )
        .unwrap();
        assert_eq!(
            label_selector_shown(Some(&selector)).0,
            r#"{"matchLabels":{"x":"y"},"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}"#
        );
        assert_eq!(label_selector_shown(Some(&LabelSelector::default())).0, "{}");
    }
}
