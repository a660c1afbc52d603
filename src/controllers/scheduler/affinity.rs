//! Node selectors and node affinity.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec};

use crate::api::labels::{Operator, Requirement};
use crate::controllers::node;

// Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity RequiredNodeAffinity.Match
/// Whether the node has every pair of `nodeSelector` and meets one of the terms of the required node affinity.
pub fn matches(spec: &PodSpec, node: &Node) -> bool {
    let no_labels = BTreeMap::new();
    let labels = node.metadata.labels.as_ref().unwrap_or(&no_labels);
    let selected = spec.node_selector.iter().flatten().all(|(name, value)| labels.get(name) == Some(value));
    let required = spec
        .affinity
        .as_ref()
        .and_then(|affinity| affinity.node_affinity.as_ref())
        .and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    selected
        && required
            .is_none_or(|required| required.node_selector_terms.iter().any(|term| term_matches(term, node)))
}

/// Whether the node meets all requirements of the term. A term without any matches no node.
fn term_matches(term: &NodeSelectorTerm, node: &Node) -> bool {
    let expressions = term.match_expressions.as_deref().unwrap_or_default();
    let fields = term.match_fields.as_deref().unwrap_or_default();
    let labels = node.metadata.labels.as_ref();
    let label = |name: &str| labels.and_then(|labels| labels.get(name)).map(String::as_str);
    let field = |name: &str| (name == "metadata.name").then(|| node::name(node));
    (!expressions.is_empty() || !fields.is_empty())
        && expressions.iter().all(|expression| requirement_matches(expression, label(&expression.key)))
        && fields.iter().all(|expression| requirement_matches(expression, field(&expression.key)))
}

/// Whether the value meets the requirement. One that can not be read matches nothing.
fn requirement_matches(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let operator = match requirement.operator.as_str() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::GreaterThan,
        "Lt" => Operator::LessThan,
        _ => return false,
    };
    let values = requirement.values.clone().unwrap_or_default();
    Requirement::new(&requirement.key, operator, values)
        .is_ok_and(|requirement| requirement.matches_value(value))
}
