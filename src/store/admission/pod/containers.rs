//! The containers of a Pod.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, ContainerPort, PodSpec};

use super::super::checks::validate_protocol;
use super::super::metadata::invalid_each;
use super::probes::{ProbeUse, validate_hook, validate_probe};
use crate::api::validation::field::{FieldError, Path};
use crate::api::validation::{
    is_dns1123_label, is_relaxed_env_var_name, is_valid_port_name, is_valid_port_num,
};

// Models pkg/apis/core/validation/validation.go validateContainers
/// The containers that run side by side: at least one, each with a name of its own.
pub(super) fn validate_containers(errors: &mut Vec<FieldError>, spec: &PodSpec, path: &Path<'_>) {
    if spec.containers.is_empty() {
        errors.push(FieldError::required(path, ""));
        return;
    }
    let mut names = BTreeSet::new();
    for (index, container) in spec.containers.iter().enumerate() {
        let path = path.index(index);
        validate_common(errors, container, spec, &path);
        if !names.insert(container.name.as_str()) {
            errors.push(FieldError::duplicate(&path.child("name"), &container.name));
        }
        validate_life(errors, container, spec, &path);
        if container.restart_policy.is_some() {
            let words = "may not be set for non-init containers";
            errors.push(FieldError::forbidden(&path.child("restartPolicy"), words));
        }
    }
    validate_host_ports(errors, &spec.containers, path);
}

// Models pkg/apis/core/validation/validation.go validateInitContainers
/// The containers that run before, of which those with `restartPolicy: Always` go on running.
pub(super) fn validate_init_containers(errors: &mut Vec<FieldError>, spec: &PodSpec, path: &Path<'_>) {
    let mut names: BTreeSet<&str> = spec.containers.iter().map(|container| container.name.as_str()).collect();
    for (index, container) in spec.init_containers.iter().flatten().enumerate() {
        let own = path.index(index);
        validate_common(errors, container, spec, &own);
        let policy = container.restart_policy.as_deref();
        if let Some(other) = policy.filter(|policy| *policy != "Always") {
            errors.push(FieldError::not_supported(&own.child("restartPolicy"), other, &["Always"]));
        }
        if !container.name.is_empty() && !names.insert(container.name.as_str()) {
            errors.push(FieldError::duplicate(&own.child("name"), &container.name));
        }
        validate_host_ports(errors, std::slice::from_ref(container), path);
        if policy == Some("Always") {
            validate_life(errors, container, spec, &own);
            continue;
        }
        for (field, is_set) in [
            ("lifecycle", container.lifecycle.is_some()),
            ("livenessProbe", container.liveness_probe.is_some()),
            ("readinessProbe", container.readiness_probe.is_some()),
            ("startupProbe", container.startup_probe.is_some()),
        ] {
            if is_set {
                let words = "may not be set for init containers without restartPolicy=Always";
                errors.push(FieldError::forbidden(&own.child(field), words));
            }
        }
    }
}

/// The hooks and probes of a container that keeps running.
fn validate_life(errors: &mut Vec<FieldError>, container: &Container, spec: &PodSpec, path: &Path<'_>) {
    if let Some(lifecycle) = &container.lifecycle {
        let path = path.child("lifecycle");
        for (field, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
            if let Some(hook) = hook {
                validate_hook(errors, hook, spec.termination_grace_period_seconds, &path.child(field));
            }
        }
    }
    for (field, probe, probe_use) in [
        ("livenessProbe", &container.liveness_probe, ProbeUse::Liveness),
        ("readinessProbe", &container.readiness_probe, ProbeUse::Readiness),
        ("startupProbe", &container.startup_probe, ProbeUse::Startup),
    ] {
        if let Some(probe) = probe {
            validate_probe(errors, probe, probe_use, &path.child(field));
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerCommon
fn validate_common(errors: &mut Vec<FieldError>, container: &Container, spec: &PodSpec, path: &Path<'_>) {
    let name = path.child("name");
    if container.name.is_empty() {
        errors.push(FieldError::required(&name, ""));
    } else {
        invalid_each(errors, &name, &container.name, is_dns1123_label(&container.name));
    }
    if container.image.as_deref().unwrap_or_default().is_empty() {
        errors.push(FieldError::required(&path.child("image"), ""));
    }
    let policy = container.termination_message_policy.as_deref().unwrap_or_default();
    let supported = ["File", "FallbackToLogsOnError"];
    if !supported.contains(&policy) {
        let path = path.child("terminationMessagePolicy");
        errors.push(FieldError::not_supported(&path, policy, &supported));
    }
    validate_ports(errors, container.ports.as_deref().unwrap_or_default(), &path.child("ports"));
    let env = path.child("env");
    for (index, variable) in container.env.iter().flatten().enumerate() {
        let element = env.index(index);
        let path = element.child("name");
        if variable.name.is_empty() {
            errors.push(FieldError::required(&path, ""));
        } else {
            invalid_each(errors, &path, &variable.name, is_relaxed_env_var_name(&variable.name));
        }
    }
    validate_volume_mounts(errors, container, spec, &path.child("volumeMounts"));
    let policy = container.image_pull_policy.as_deref().unwrap_or_default();
    let supported = ["Always", "IfNotPresent", "Never"];
    if !supported.contains(&policy) {
        errors.push(FieldError::not_supported(&path.child("imagePullPolicy"), policy, &supported));
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerPorts
fn validate_ports(errors: &mut Vec<FieldError>, ports: &[ContainerPort], path: &Path<'_>) {
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        if let Some(name) = port.name.as_deref() {
            let messages = is_valid_port_name(name);
            if messages.is_empty() && !names.insert(name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
            invalid_each(errors, &path.child("name"), name, messages);
        }
        let number = path.child("containerPort");
        if port.container_port == 0 {
            errors.push(FieldError::required(&number, ""));
        } else {
            invalid_each(errors, &number, port.container_port, is_valid_port_num(port.container_port));
        }
        if let Some(port) = port.host_port {
            invalid_each(errors, &path.child("hostPort"), port, is_valid_port_num(port));
        }
        validate_protocol(errors, port.protocol.as_deref(), &path.child("protocol"));
    }
}

// Models pkg/apis/core/validation/validation.go checkHostPortConflicts
fn validate_host_ports(errors: &mut Vec<FieldError>, containers: &[Container], path: &Path<'_>) {
    let mut seen = BTreeSet::new();
    for (index, container) in containers.iter().enumerate() {
        let own = path.index(index);
        let ports = own.child("ports");
        for (index, port) in container.ports.iter().flatten().enumerate() {
            let Some(host_port) = port.host_port else { continue };
            let (protocol, ip) = (port.protocol.as_deref(), port.host_ip.as_deref());
            let shown = format!("{}/{}/{host_port}", protocol.unwrap_or_default(), ip.unwrap_or_default());
            if !seen.insert(shown.clone()) {
                errors.push(FieldError::duplicate(&ports.index(index).child("hostPort"), shown));
            }
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateVolumeMounts
fn validate_volume_mounts(
    errors: &mut Vec<FieldError>,
    container: &Container,
    spec: &PodSpec,
    path: &Path<'_>,
) {
    let mut mount_points = BTreeSet::new();
    for (index, mount) in container.volume_mounts.iter().flatten().enumerate() {
        let path = path.index(index);
        if mount.name.is_empty() {
            errors.push(FieldError::required(&path.child("name"), ""));
        }
        if !spec.volumes.iter().flatten().any(|volume| volume.name == mount.name) {
            errors.push(FieldError::not_found(&path.child("name"), &mount.name));
        }
        if mount.mount_path.is_empty() {
            errors.push(FieldError::required(&path.child("mountPath"), ""));
        }
        if !mount_points.insert(mount.mount_path.as_str()) {
            errors.push(FieldError::invalid(&path.child("mountPath"), &mount.mount_path, "must be unique"));
        }
    }
}
