//! Revisions of the Pods of StatefulSets and DaemonSets: which Pods have the present template.

use k8s_openapi::api::core::v1::{Container, Pod, PodTemplateSpec};

use super::pod;
use crate::store::Store;

/// The label that names the revision a Pod was made from.
pub const CONTROLLER_REVISION_HASH: &str = "controller-revision-hash";

/// The Pod's revision; empty if it names none.
pub fn revision_of(pod: &Pod) -> &str {
    let labels = pod.metadata.labels.as_ref();
    labels.and_then(|labels| labels.get(CONTROLLER_REVISION_HASH)).map_or("", String::as_str)
}

/// Whether the Pod has the present template, whose revision is `update`. The revisions of another cluster are hashes
/// of Go's own, and its ControllerRevisions are seldom imported: an imported Pod is compared with the template itself,
/// by what its containers run.
pub fn is_updated(store: &Store, pod: &Pod, template: &PodTemplateSpec, update: &str) -> bool {
    revision_of(pod) == update
        || store.get(&pod::key(pod)).is_some_and(|object| object.document.is_some()) && runs(pod, template)
}

fn runs(pod: &Pod, template: &PodTemplateSpec) -> bool {
    let (Some(pod), Some(template)) = (&pod.spec, &template.spec) else { return false };
    let same = |(a, b): (&Container, &Container)| {
        let env = |container: &Container| -> Vec<(String, Option<String>)> {
            container.env.iter().flatten().map(|env| (env.name.clone(), env.value.clone())).collect()
        };
        let ports = |container: &Container| -> Vec<(Option<String>, i32)> {
            container.ports.iter().flatten().map(|port| (port.name.clone(), port.container_port)).collect()
        };
        a.name == b.name
            && a.image == b.image
            && a.command == b.command
            && a.args == b.args
            && env(a) == env(b)
            && ports(a) == ports(b)
    };
    pod.containers.len() == template.containers.len()
        && pod.containers.iter().zip(&template.containers).all(same)
}
