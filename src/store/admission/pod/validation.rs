//! What the API server demands of Pods and of templates.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, Pod, PodDNSConfig, PodSpec, PodTemplateSpec, Toleration};

use super::super::checks::validate_taint_effect;
use super::super::metadata::{SPEC, invalid_each, validate_annotations, validate_labels};
use super::Use;
use super::containers::{validate_containers, validate_init_containers};
use crate::api::validation::address::is_valid_ip_for_legacy_field;
use crate::api::validation::field::{FieldError, Path, Raw};
use crate::api::validation::{
    inclusive_range_error, is_dns1123_label, is_dns1123_subdomain, is_dns1123_subdomain_with_underscore,
    is_qualified_name, is_valid_label_value,
};

/// What of a Pod's spec can be changed, in the API server's words.
const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
    `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be \
    set to 1 if it was previously negative)";

// Models pkg/apis/core/validation/validation.go validatePodMetadataAndSpec and ValidatePodUpdate
/// A new Pod, or a changed one.
pub(super) fn validate_pod(errors: &mut Vec<FieldError>, pod: &Pod, old: Option<&Pod>) {
    let absent = PodSpec::default();
    let spec = pod.spec.as_ref().unwrap_or(&absent);
    validate_spec(errors, spec, Use::Pod, &SPEC);
    let lists = [("containers", Some(&spec.containers)), ("initContainers", spec.init_containers.as_ref())];
    for (field, list) in lists {
        let path = SPEC.child(field);
        for (index, container) in list.into_iter().flatten().enumerate() {
            let image = container.image.as_deref().unwrap_or_default();
            if image.trim() != image {
                let words = "must not have leading or trailing whitespace";
                errors.push(FieldError::invalid(&path.index(index).child("image"), image, words));
            }
        }
    }
    if let Some(before) = old.and_then(|old| old.spec.as_ref()) {
        validate_spec_update(errors, spec, before);
    }
}

// Models pkg/apis/core/validation/validation.go ValidatePodTemplateSpec
/// The template of a workload.
pub(in super::super) fn validate_template(
    errors: &mut Vec<FieldError>,
    template: &PodTemplateSpec,
    path: &Path<'_>,
) {
    validate_template_metadata(errors, template, path);
    let absent = PodSpec::default();
    validate_spec(errors, template.spec.as_ref().unwrap_or(&absent), Use::Template, &path.child("spec"));
}

/// The labels and annotations of a template, which upstream tells of directly under it.
pub(in super::super) fn validate_template_metadata(
    errors: &mut Vec<FieldError>,
    template: &PodTemplateSpec,
    path: &Path<'_>,
) {
    let meta = template.metadata.as_ref();
    validate_labels(errors, meta.and_then(|meta| meta.labels.as_ref()), &path.child("labels"));
    validate_annotations(errors, meta.and_then(|meta| meta.annotations.as_ref()), &path.child("annotations"));
}

// Models pkg/apis/core/validation/validation.go ValidatePodSpec
fn validate_spec(errors: &mut Vec<FieldError>, spec: &PodSpec, spec_use: Use, path: &Path<'_>) {
    validate_volumes(errors, spec, &path.child("volumes"));
    validate_containers(errors, spec, &path.child("containers"));
    validate_init_containers(errors, spec, &path.child("initContainers"));
    validate_host_network_ports(errors, spec, spec_use, &path.child("containers"));
    let one_of = |errors: &mut Vec<FieldError>, field: &str, value: &Option<String>, supported: &[&str]| {
        let value = value.as_deref().unwrap_or_default();
        if !supported.contains(&value) {
            errors.push(FieldError::not_supported(&path.child(field), value, supported));
        }
    };
    one_of(errors, "restartPolicy", &spec.restart_policy, &["Always", "OnFailure", "Never"]);
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    one_of(errors, "dnsPolicy", &spec.dns_policy, &policies);
    validate_labels(errors, spec.node_selector.as_ref(), &path.child("nodeSelector"));
    validate_dns_config(errors, spec, &path.child("dnsConfig"));
    let gates = path.child("readinessGates");
    for (index, gate) in spec.readiness_gates.iter().flatten().enumerate() {
        let element = gates.index(index);
        let condition = &gate.condition_type;
        invalid_each(errors, &element.child("conditionType"), condition, is_qualified_name(condition));
    }
    for (field, value) in [
        ("serviceAccountName", &spec.service_account_name),
        ("nodeName", &spec.node_name),
        ("priorityClassName", &spec.priority_class_name),
    ] {
        if let Some(value) = value.as_deref() {
            invalid_each(errors, &path.child(field), value, is_dns1123_subdomain(value));
        }
    }
    if let Some(seconds) = spec.active_deadline_seconds
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        let words = inclusive_range_error(1, i32::MAX.into());
        errors.push(FieldError::invalid(&path.child("activeDeadlineSeconds"), seconds, words));
    }
    for (field, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if let Some(value) = value.as_deref() {
            invalid_each(errors, &path.child(field), value, is_dns1123_label(value));
        }
    }
    validate_tolerations(errors, spec.tolerations.as_deref().unwrap_or_default(), &path.child("tolerations"));
    let aliases = path.child("hostAliases");
    for (index, alias) in spec.host_aliases.iter().flatten().enumerate() {
        let element = aliases.index(index);
        errors.extend(is_valid_ip_for_legacy_field(&element.child("ip"), &alias.ip, &[]).err());
        let names = element.child("hostnames");
        for (index, name) in alias.hostnames.iter().flatten().enumerate() {
            invalid_each(errors, &names.index(index), name, is_dns1123_subdomain(name));
        }
    }
}

fn validate_volumes(errors: &mut Vec<FieldError>, spec: &PodSpec, path: &Path<'_>) {
    let mut names = BTreeSet::new();
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let element = path.index(index);
        let path = element.child("name");
        if volume.name.is_empty() {
            errors.push(FieldError::required(&path, ""));
            continue;
        }
        let messages = is_dns1123_label(&volume.name);
        if messages.is_empty() && !names.insert(volume.name.as_str()) {
            errors.push(FieldError::duplicate(&path, &volume.name));
        }
        invalid_each(errors, &path, &volume.name, messages);
    }
}

// Models pkg/apis/core/validation/validation.go validatePodHostNetworkDeps
fn validate_host_network_ports(errors: &mut Vec<FieldError>, spec: &PodSpec, spec_use: Use, path: &Path<'_>) {
    if spec.host_network != Some(true) {
        return;
    }
    for (index, container) in spec.containers.iter().enumerate() {
        let own = path.index(index);
        let ports = own.child("ports");
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let host_port = port.host_port.unwrap_or(0);
            if (spec_use == Use::Pod || host_port != 0) && host_port != port.container_port {
                let words = "must match `containerPort` when `hostNetwork` is true";
                errors.push(FieldError::invalid(&ports.index(index).child("hostPort"), host_port, words));
            }
        }
    }
}

// Models pkg/apis/core/validation/validation.go validatePodDNSConfig
fn validate_dns_config(errors: &mut Vec<FieldError>, spec: &PodSpec, path: &Path<'_>) {
    let servers = |config: &PodDNSConfig| config.nameservers.clone().unwrap_or_default();
    if spec.dns_policy.as_deref() == Some("None") {
        match &spec.dns_config {
            None => {
                errors.push(FieldError::required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
                return;
            }
            Some(config) if servers(config).is_empty() => {
                let words = "must provide at least one DNS nameserver when `dnsPolicy` is None";
                errors.push(FieldError::required(&path.child("nameservers"), words));
                return;
            }
            Some(_) => {}
        }
    }
    let Some(config) = &spec.dns_config else { return };
    let servers = servers(config);
    let list = path.child("nameservers");
    if servers.len() > 3 {
        errors.push(FieldError::invalid(&list, &servers, "must not have more than 3 nameservers"));
    }
    for (index, server) in servers.iter().enumerate() {
        errors.extend(is_valid_ip_for_legacy_field(&list.index(index), server, &[]).err());
    }
    let searches = config.searches.clone().unwrap_or_default();
    let list = path.child("searches");
    if searches.len() > 32 {
        errors.push(FieldError::invalid(&list, &searches, "must not have more than 32 search paths"));
    }
    if searches.join(" ").len() > 2048 {
        let words = "must not have more than 2048 characters (including spaces) in the search list";
        errors.push(FieldError::invalid(&list, &searches, words));
    }
    for (index, search) in searches.iter().enumerate().filter(|(_, search)| *search != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        invalid_each(errors, &list.index(index), search, is_dns1123_subdomain_with_underscore(search));
    }
    let list = path.child("options");
    for (index, option) in config.options.iter().flatten().enumerate() {
        if option.name.as_deref().unwrap_or_default().is_empty() {
            errors.push(FieldError::required(&list.index(index), "must not be empty"));
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateTolerations
fn validate_tolerations(errors: &mut Vec<FieldError>, tolerations: &[Toleration], path: &Path<'_>) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let path = path.index(index);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (key, operator) = (text(&toleration.key), text(&toleration.operator));
        let (value, effect) = (text(&toleration.value), text(&toleration.effect));
        if !key.is_empty() {
            invalid_each(errors, &path.child("key"), &key, is_qualified_name(&key));
        } else if operator != "Exists" {
            let words =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(FieldError::invalid(&path.child("operator"), &operator, words));
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(FieldError::invalid(&path.child("effect"), &effect, words));
        }
        match operator.as_str() {
            "" | "Equal" => {
                let messages = is_valid_label_value(&value);
                if !messages.is_empty() {
                    errors.push(FieldError::invalid(&path.child("operator"), &value, messages.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let words = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&path.child("operator"), &value, words));
            }
            "Exists" => {}
            other => {
                errors.push(FieldError::not_supported(&path.child("operator"), other, &["Equal", "Exists"]));
            }
        }
        if !effect.is_empty() {
            validate_taint_effect(errors, &effect, &path.child("effect"));
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateContainerUpdates
/// Gives whether the check has to stop because the lists can not be compared.
fn validate_container_updates(
    errors: &mut Vec<FieldError>,
    containers: &[Container],
    before: &[Container],
    path: &Path<'_>,
) -> bool {
    if containers.len() == before.len() {
        return false;
    }
    errors.push(FieldError::forbidden(path, "pod updates may not add or remove containers"));
    true
}

// Models pkg/apis/core/validation/validation.go ValidatePodUpdate
/// A Pod's spec is fixed but for a few fields. Upstream adds a diff to the last message, whose form it varies on
/// purpose; it is left out here.
fn validate_spec_update(errors: &mut Vec<FieldError>, spec: &PodSpec, before: &PodSpec) {
    let init = |spec: &PodSpec| spec.init_containers.clone().unwrap_or_default();
    if validate_container_updates(errors, &spec.containers, &before.containers, &SPEC.child("containers"))
        || validate_container_updates(errors, &init(spec), &init(before), &SPEC.child("initContainers"))
    {
        return;
    }
    let path = SPEC.child("activeDeadlineSeconds");
    match (spec.active_deadline_seconds, before.active_deadline_seconds) {
        (Some(now), Some(before)) if now > before => {
            errors.push(FieldError::invalid(&path, now, "must be less than or equal to previous value"));
            return;
        }
        (None, Some(_)) => {
            let words = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(&path, Raw("null"), words));
        }
        _ => {}
    }
    let path = SPEC.child("tolerations");
    let tolerations = spec.tolerations.as_deref().unwrap_or_default();
    let is_kept = |old: &Toleration| {
        tolerations
            .iter()
            .any(|own| *own == Toleration { toleration_seconds: own.toleration_seconds, ..old.clone() })
    };
    if !before.tolerations.iter().flatten().all(is_kept) {
        let words = "existing toleration can not be modified except its tolerationSeconds";
        errors.push(FieldError::forbidden(&path, words));
    }
    let mut munged = spec.clone();
    for (container, old) in munged.containers.iter_mut().zip(&before.containers) {
        container.image.clone_from(&old.image);
    }
    let old = before.init_containers.iter().flatten();
    for (container, old) in munged.init_containers.iter_mut().flatten().zip(old) {
        container.image.clone_from(&old.image);
    }
    munged.active_deadline_seconds = before.active_deadline_seconds;
    munged.tolerations.clone_from(&before.tolerations);
    munged.scheduling_gates.clone_from(&before.scheduling_gates);
    if before.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0)
        && munged.termination_grace_period_seconds == Some(1)
    {
        munged.termination_grace_period_seconds = before.termination_grace_period_seconds;
    }
    if munged != *before {
        errors.push(FieldError::forbidden(
            &SPEC,
            format!("pod updates may not change fields other than {UPDATABLE}"),
        ));
    }
}
