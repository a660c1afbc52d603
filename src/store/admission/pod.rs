//! Pods, and the templates of Pods in workloads.

mod containers;
mod defaults;
mod probes;
mod validation;

use k8s_openapi::api::core::v1::{Pod, PodStatus, PodTemplateSpec, Toleration};

pub(super) use defaults::set_template_defaults;
pub(super) use validation::{validate_template, validate_template_metadata};

use super::strategy::Strategy;
use crate::api::validation::field::FieldError;
use crate::store::Store;

/// Whether a Pod is checked for itself or as a template, for which some rules are looser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    /// A Pod of its own.
    Pod,
    /// The template of a workload.
    Template,
}

impl Strategy for Pod {
    fn set_defaults(&mut self) {
        defaults::set_pod_defaults(self.spec.get_or_insert_default());
    }

    // Models pkg/registry/core/pod/strategy.go PrepareForCreate and the admission plugins ServiceAccount, Priority and
    // DefaultTolerationSeconds
    fn prepare_for_create(&mut self, _store: &Store) {
        self.metadata.generation = Some(1);
        self.status = Some(PodStatus { phase: Some("Pending".to_owned()), ..PodStatus::default() });
    }

    fn prepare_for_update(&mut self, old: &Pod) {
        let (Some(spec), Some(before)) = (&mut self.spec, &old.spec) else { return };
        // The scheduler's choice, which no author writes: an apply leaves it as it is.
        super::defaults::absent_when_empty(&mut spec.node_name);
        if spec.node_name.is_none() {
            spec.node_name.clone_from(&before.node_name);
        }
        if spec != before {
            self.metadata.generation = Some(old.metadata.generation.unwrap_or(0) + 1);
        }
    }

    fn validate(&self, errors: &mut Vec<FieldError>, old: Option<&Pod>) {
        validation::validate_pod(errors, self, old);
    }
}

// Models plugin/pkg/admission/defaulttolerationseconds/admission.go
/// What a Pod puts up with for five minutes, unless it says something else: a node that is not ready or not reached.
fn default_tolerations(tolerations: &mut Vec<Toleration>) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |own: &Toleration| {
            let own_key = own.key.as_deref().unwrap_or_default();
            let effect = own.effect.as_deref().unwrap_or_default();
            (own_key == key || own_key.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        };
        if !tolerations.iter().any(covers) {
            tolerations.push(Toleration {
                key: Some(key.to_owned()),
                operator: Some("Exists".to_owned()),
                effect: Some("NoExecute".to_owned()),
                toleration_seconds: Some(300),
                value: None,
            });
        }
    }
}

/// The labels of a template.
pub(super) fn template_labels(
    template: &PodTemplateSpec,
) -> Option<&std::collections::BTreeMap<String, String>> {
    template.metadata.as_ref().and_then(|meta| meta.labels.as_ref())
}
