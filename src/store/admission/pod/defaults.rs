//! The defaults of Pods and of templates.

use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
    ResourceRequirements, Volume,
};

use super::super::defaults::{absent_when_empty, absent_when_zero, default_number, default_text};
use super::default_tolerations;

/// 0644, the mode of files in volumes from Secrets and ConfigMaps.
const DEFAULT_MODE: i32 = 0o644;

// Models pkg/apis/core/v1/defaults.go SetDefaults_Pod and the admission plugins that act on every Pod
/// The defaults of a Pod of its own: those of every Pod, and what only becomes of one that will run.
pub(super) fn set_pod_defaults(spec: &mut PodSpec) {
    set_spec_defaults(spec);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        if let Some(resources) = &mut container.resources {
            default_requests(resources);
        }
    }
    spec.enable_service_links.get_or_insert(true);
    if spec.host_network == Some(true) {
        for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
            for port in container.ports.iter_mut().flatten() {
                port.host_port.get_or_insert(port.container_port);
            }
        }
    }
    default_text(&mut spec.service_account_name, "default");
    spec.service_account.clone_from(&spec.service_account_name);
    spec.priority.get_or_insert(0);
    default_text(&mut spec.preemption_policy, "PreemptLowerPriority");
    default_tolerations(spec.tolerations.get_or_insert_default());
}

/// Requests that are not given are the limits.
fn default_requests(resources: &mut ResourceRequirements) {
    let Some(limits) = &resources.limits else { return };
    let requests = resources.requests.get_or_insert_default();
    for (resource, limit) in limits {
        requests.entry(resource.clone()).or_insert_with(|| limit.clone());
    }
}

/// The defaults of the template of a workload.
pub(in super::super) fn set_template_defaults(template: &mut PodTemplateSpec) {
    set_spec_defaults(template.spec.get_or_insert_default());
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_PodSpec
fn set_spec_defaults(spec: &mut PodSpec) {
    for text in [&mut spec.hostname, &mut spec.subdomain, &mut spec.node_name, &mut spec.priority_class_name]
    {
        absent_when_empty(text);
    }
    default_text(&mut spec.dns_policy, "ClusterFirst");
    default_text(&mut spec.restart_policy, "Always");
    spec.security_context.get_or_insert_with(PodSecurityContext::default);
    spec.termination_grace_period_seconds.get_or_insert(30);
    default_text(&mut spec.scheduler_name, "default-scheduler");
    spec.volumes.iter_mut().flatten().for_each(set_volume_defaults);
    for container in spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten()) {
        set_container_defaults(container);
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Container
fn set_container_defaults(container: &mut Container) {
    absent_when_empty(&mut container.image);
    let is_latest = container.image.as_deref().is_none_or(|image| image_tag(image) == Some("latest"));
    default_text(&mut container.image_pull_policy, if is_latest { "Always" } else { "IfNotPresent" });
    default_text(&mut container.termination_message_path, "/dev/termination-log");
    default_text(&mut container.termination_message_policy, "File");
    for port in container.ports.iter_mut().flatten() {
        absent_when_empty(&mut port.name);
        absent_when_zero(&mut port.host_port);
        default_text(&mut port.protocol, "TCP");
    }
    for probe in [&mut container.liveness_probe, &mut container.readiness_probe, &mut container.startup_probe]
        .into_iter()
        .flatten()
    {
        set_probe_defaults(probe);
    }
    for handler in container
        .lifecycle
        .iter_mut()
        .flat_map(|lifecycle| [&mut lifecycle.post_start, &mut lifecycle.pre_stop])
        .flatten()
    {
        if let Some(get) = &mut handler.http_get {
            default_text(&mut get.path, "/");
            default_text(&mut get.scheme, "HTTP");
        }
    }
}

// Models pkg/util/parsers/parsers.go ParseImageName
/// The tag of an image: `latest` when there is neither tag nor digest, none when there is only a digest.
fn image_tag(image: &str) -> Option<&str> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) => Some(tag),
        None if digest.is_some() => None,
        None => Some("latest"),
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Probe and SetDefaults_HTTPGetAction
fn set_probe_defaults(probe: &mut Probe) {
    default_number(&mut probe.timeout_seconds, 1);
    default_number(&mut probe.period_seconds, 10);
    default_number(&mut probe.success_threshold, 1);
    default_number(&mut probe.failure_threshold, 3);
    if let Some(get) = &mut probe.http_get {
        default_text(&mut get.path, "/");
        default_text(&mut get.scheme, "HTTP");
    }
    if let Some(grpc) = &mut probe.grpc {
        grpc.service.get_or_insert_default();
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Volume and its neighbours
fn set_volume_defaults(volume: &mut Volume) {
    if let Some(source) = &mut volume.secret {
        source.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(source) = &mut volume.config_map {
        source.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(source) = &mut volume.projected {
        source.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(source) = &mut volume.downward_api {
        source.default_mode.get_or_insert(DEFAULT_MODE);
    } else if let Some(source) = &mut volume.host_path {
        source.type_.get_or_insert_default();
    } else if *volume == (Volume { name: volume.name.clone(), ..Volume::default() }) {
        volume.empty_dir = Some(EmptyDirVolumeSource::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_image_is_always_pulled() {
        for (image, tag) in [
            ("nginx", Some("latest")),
            ("nginx:1.29", Some("1.29")),
            ("registry.example.com:5000/nginx", Some("latest")),
            ("registry.example.com:5000/nginx:v1@sha256:00", Some("v1")),
            ("nginx@sha256:00", None),
        ] {
            assert_eq!(image_tag(image), tag, "{image}");
        }
    }
}
