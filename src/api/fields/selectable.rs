//! Which fields of which kind can be selected by, and their values.

use super::FieldSelector;
use crate::api::labels::ParseError;
use crate::api::validation::quote::quote;
use crate::api::{Kind, Live};

/// The fields that every kind can be selected by.
const COMMON: [&str; 2] = ["metadata.name", "metadata.namespace"];

// Models pkg/apis/core/v1/conversion.go and pkg/apis/apps/v1/conversion.go
/// The fields of a kind besides its name and namespace; `None` when the kind has no table of its own.
fn own_fields(kind: &Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Node => &["spec.unschedulable"],
        Kind::Namespace => &["status.phase"],
        Kind::Service => &["spec.clusterIP", "spec.type"],
        Kind::ReplicaSet | Kind::ReplicationController => &["status.replicas"],
        Kind::StatefulSet => &["status.successful"],
        _ => return None,
    })
}

impl FieldSelector {
    /// Whether objects of this kind can be selected by these fields. The error is the API server's for the first one
    /// that they can not.
    pub fn check(&self, kind: &Kind) -> Result<(), ParseError> {
        let own = own_fields(kind);
        let is_known = |field: &str| {
            // Only Nodes and Namespaces, which have none, do not know the namespace.
            let common =
                COMMON.contains(&field) && (kind.is_namespaced() || own.is_none() || field == COMMON[0]);
            common || own.is_some_and(|own| own.contains(&field))
        };
        let Some(unknown) = self.requirements().iter().find(|own| !is_known(&own.field)) else {
            return Ok(());
        };
        let field = &unknown.field;
        Err(ParseError(if own.is_some() {
            format!("field label not supported: {field}")
        } else {
            let [name, namespace] = COMMON.map(quote);
            format!("{} is not a known field selector: only {name}, {namespace}", quote(field))
        }))
    }

    /// Whether a live object meets every requirement.
    pub fn matches_live(&self, live: &Live) -> bool {
        self.matches(|field| value_of(live, field).unwrap_or_default())
    }
}

/// The value of a field; `None` when it is absent.
fn value_of(live: &Live, field: &str) -> Option<String> {
    let meta = live.metadata()?;
    match field {
        "metadata.name" => return meta.name.clone(),
        "metadata.namespace" => return meta.namespace.clone(),
        _ => {}
    }
    match live {
        Live::Pod(pod) => {
            let (spec, status) = (pod.spec.as_ref(), pod.status.as_ref());
            match field {
                "spec.nodeName" => spec?.node_name.clone(),
                "spec.restartPolicy" => spec?.restart_policy.clone(),
                "spec.schedulerName" => spec?.scheduler_name.clone(),
                "spec.serviceAccountName" => spec?.service_account_name.clone(),
                "spec.hostNetwork" => Some(spec?.host_network.unwrap_or(false).to_string()),
                "status.phase" => status?.phase.clone(),
                "status.podIP" => status?.pod_ip.clone(),
                "status.nominatedNodeName" => status?.nominated_node_name.clone(),
                _ => None,
            }
        }
        Live::Node(node) => {
            Some(node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false).to_string())
        }
        Live::Namespace(namespace) => namespace.status.as_ref()?.phase.clone(),
        Live::Service(service) => match field {
            "spec.clusterIP" => service.spec.as_ref()?.cluster_ip.clone(),
            _ => service.spec.as_ref()?.type_.clone(),
        },
        Live::ReplicaSet(set) => Some(set.status.as_ref().map_or(0, |status| status.replicas).to_string()),
        Live::ReplicationController(controller) => {
            Some(controller.status.as_ref().map_or(0, |status| status.replicas).to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: Kind, selector: &str, expected: Result<(), &str>) {
        let result = FieldSelector::parse(selector).unwrap().check(&kind).map_err(|error| error.0);
        assert_eq!(result.as_ref().copied().map_err(String::as_str), expected, "{selector}");
    }

    #[test]
    fn each_kind_has_its_fields() {
        check(Kind::Pod, "spec.nodeName=a,status.phase!=Running,metadata.namespace=b", Ok(()));
        check(Kind::Pod, "spec.foo=1", Err("field label not supported: spec.foo"));
        check(Kind::Node, "metadata.namespace=a", Err("field label not supported: metadata.namespace"));
        check(
            Kind::Deployment,
            "spec.replicas=1",
            Err(
                "\"spec.replicas\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
        );
    }

    #[test]
    fn absent_booleans_are_false() {
        let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "n" } });
        let node = Live::from_value(&Kind::Node, &node).unwrap();
        assert!(FieldSelector::parse("spec.unschedulable=false").unwrap().matches_live(&node));
        assert!(!FieldSelector::parse("metadata.name!=n").unwrap().matches_live(&node));
    }
}
