//! Which apiVersions the API server serves a kind in, to tell old and misspelt ones.

use crate::api::Problem;
use crate::api::nearest::nearest;

/// The kinds of Kubernetes 1.36 with the apiVersions that it serves by default, the preferred one first.
const SERVED: &[(&str, &[&str])] = &[
    ("APIService", &["apiregistration.k8s.io/v1"]),
    ("Binding", &["v1"]),
    ("CSIDriver", &["storage.k8s.io/v1"]),
    ("CSINode", &["storage.k8s.io/v1"]),
    ("CSIStorageCapacity", &["storage.k8s.io/v1"]),
    ("CertificateSigningRequest", &["certificates.k8s.io/v1"]),
    ("ClusterRole", &["rbac.authorization.k8s.io/v1"]),
    ("ClusterRoleBinding", &["rbac.authorization.k8s.io/v1"]),
    ("ComponentStatus", &["v1"]),
    ("ConfigMap", &["v1"]),
    ("ControllerRevision", &["apps/v1"]),
    ("CronJob", &["batch/v1"]),
    ("CustomResourceDefinition", &["apiextensions.k8s.io/v1"]),
    ("DaemonSet", &["apps/v1"]),
    ("Deployment", &["apps/v1"]),
    ("EndpointSlice", &["discovery.k8s.io/v1"]),
    ("Endpoints", &["v1"]),
    ("Event", &["v1", "events.k8s.io/v1"]),
    ("Eviction", &["policy/v1"]),
    ("FlowSchema", &["flowcontrol.apiserver.k8s.io/v1"]),
    ("HorizontalPodAutoscaler", &["autoscaling/v2", "autoscaling/v1"]),
    ("Ingress", &["networking.k8s.io/v1"]),
    ("IngressClass", &["networking.k8s.io/v1"]),
    ("IPAddress", &["networking.k8s.io/v1"]),
    ("Job", &["batch/v1"]),
    ("Lease", &["coordination.k8s.io/v1"]),
    ("LimitRange", &["v1"]),
    ("List", &["v1"]),
    ("MutatingWebhookConfiguration", &["admissionregistration.k8s.io/v1"]),
    ("Namespace", &["v1"]),
    ("NetworkPolicy", &["networking.k8s.io/v1"]),
    ("Node", &["v1"]),
    ("PersistentVolume", &["v1"]),
    ("PersistentVolumeClaim", &["v1"]),
    ("Pod", &["v1"]),
    ("PodDisruptionBudget", &["policy/v1"]),
    ("PodTemplate", &["v1"]),
    ("PriorityClass", &["scheduling.k8s.io/v1"]),
    ("PriorityLevelConfiguration", &["flowcontrol.apiserver.k8s.io/v1"]),
    ("ReplicaSet", &["apps/v1"]),
    ("ReplicationController", &["v1"]),
    ("ResourceQuota", &["v1"]),
    ("Role", &["rbac.authorization.k8s.io/v1"]),
    ("RoleBinding", &["rbac.authorization.k8s.io/v1"]),
    ("RuntimeClass", &["node.k8s.io/v1"]),
    ("Scale", &["autoscaling/v1"]),
    ("Secret", &["v1"]),
    ("Service", &["v1"]),
    ("ServiceAccount", &["v1"]),
    ("ServiceCIDR", &["networking.k8s.io/v1"]),
    ("StatefulSet", &["apps/v1"]),
    ("StorageClass", &["storage.k8s.io/v1"]),
    ("ValidatingWebhookConfiguration", &["admissionregistration.k8s.io/v1"]),
    ("VolumeAttachment", &["storage.k8s.io/v1"]),
];

/// Kinds that Kubernetes had and has no more.
const REMOVED: [&str; 1] = ["PodSecurityPolicy"];

// Models apimachinery/pkg/api/meta/errors.go NoKindMatchError.Error
/// What kubectl says of an apiVersion and kind that the API server does not serve; `None` if it serves them, or if
/// they may be of a custom resource: the group of one always holds a dot and is none of Kubernetes' own.
pub fn no_match(api_version: &str, kind: &str) -> Option<Problem> {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let served = SERVED.iter().find(|row| row.0 == kind).map(|row| row.1);
    if served.is_some_and(|versions| versions.contains(&api_version)) {
        return None;
    }
    let own_group = SERVED
        .iter()
        .flat_map(|row| row.1)
        .any(|version| version.rsplit_once('/').map_or("", |(group, _)| group) == group);
    let no_custom_group = !group.contains('.');
    // A kind of one of Kubernetes' own groups that is not listed may be one that is served when asked for.
    let known = served.is_some() || REMOVED.contains(&kind);
    if !(no_custom_group || (own_group && known)) {
        return None;
    }
    let problem = Problem::warning(format!("no matches for kind {kind:?} in version {api_version:?}"));
    Some(match (served.and_then(<[&str]>::first), nearest(kind, SERVED.iter().map(|row| row.0))) {
        (Some(version), _) => problem.hint(format!("Kubernetes 1.36 serves {kind} as {version}.")),
        (None, Some(near)) => problem.hint(format!("Did you mean {near}?")),
        (None, None) => problem.hint("Kubernetes 1.36 does not serve it; it is kept and has no effect."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(api_version: &str, kind: &str, hint: Option<&str>) {
        let problem = no_match(api_version, kind);
        assert_eq!(
            problem.as_ref().and_then(|problem| problem.hint.as_deref()),
            hint,
            "{api_version} {kind}"
        );
        if let Some(problem) = problem {
            assert_eq!(
                problem.message,
                format!("no matches for kind \"{kind}\" in version \"{api_version}\"")
            );
        }
    }

    #[test]
    fn served_and_custom_kinds_are_left_alone() {
        check("apps/v1", "Deployment", None);
        check("autoscaling/v1", "HorizontalPodAutoscaler", None);
        check("serving.knative.dev/v1", "Service", None);
        check("gateway.networking.k8s.io/v1", "HTTPRoute", None);
        check("resource.k8s.io/v1", "DeviceClass", None);
    }

    #[test]
    fn old_and_misspelt_ones_are_told() {
        check("extensions/v1beta1", "Deployment", Some("Kubernetes 1.36 serves Deployment as apps/v1."));
        check(
            "networking.k8s.io/v1beta1",
            "Ingress",
            Some("Kubernetes 1.36 serves Ingress as networking.k8s.io/v1."),
        );
        check("v1", "Deployment", Some("Kubernetes 1.36 serves Deployment as apps/v1."));
        check("app/v1", "Deployment", Some("Kubernetes 1.36 serves Deployment as apps/v1."));
        check("v1", "service", Some("Did you mean Service?"));
        check("v1", "Podd", Some("Did you mean Pod?"));
        check("v1", "Spaceship", Some("Kubernetes 1.36 does not serve it; it is kept and has no effect."));
    }
}
