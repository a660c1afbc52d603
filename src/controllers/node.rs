//! What every controller asks about a Node.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Node, Taint, Toleration};

/// The taint of a node whose kubelet says that it is not ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of a node whose kubelet says nothing any more.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that is cordoned.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The Node's name; empty if it has none.
pub fn name(node: &Node) -> &str {
    node.metadata.name.as_deref().unwrap_or_default()
}

/// The status of the condition `Ready`; `None` when nobody told yet.
pub fn ready_status(node: &Node) -> Option<&str> {
    let conditions = node.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == "Ready").map(|condition| condition.status.as_str())
}

/// Whether the Node's kubelet can act: `Ready` is not `Unknown`.
pub fn is_reachable(node: &Node) -> bool {
    ready_status(node) != Some("Unknown")
}

/// Whether the Node is ready. One of which nothing is known is.
pub fn is_ready(node: &Node) -> bool {
    matches!(ready_status(node), None | Some("True"))
}

/// The Node's addresses of type InternalIP, or if there are none of type ExternalIP: the first of each family.
pub fn host_ips(node: &Node) -> Vec<IpAddr> {
    let addresses = || node.status.iter().flat_map(|status| status.addresses.iter().flatten());
    let of_type = |wanted: &'static str| -> Vec<IpAddr> {
        let addresses = addresses().filter(move |address| address.type_ == wanted);
        let parsed: Vec<IpAddr> = addresses.filter_map(|address| address.address.parse().ok()).collect();
        let first = parsed.first().copied();
        let other = parsed.iter().find(|ip| first.is_some_and(|first| first.is_ipv4() != ip.is_ipv4()));
        first.into_iter().chain(other.copied()).collect()
    };
    Some(of_type("InternalIP")).filter(|found| !found.is_empty()).unwrap_or_else(|| of_type("ExternalIP"))
}

/// The Node's taints, and those that its state calls for though nobody wrote them yet.
pub fn taints(node: &Node) -> Vec<Taint> {
    let spec = node.spec.as_ref();
    let mut taints = spec.and_then(|spec| spec.taints.clone()).unwrap_or_default();
    for taint in state_taints(node) {
        if !taints.iter().any(|other| other.key == taint.key && other.effect == taint.effect) {
            taints.push(taint);
        }
    }
    taints
}

/// The NoSchedule taints that the Node's state calls for: not ready, unreachable, unschedulable.
pub fn state_taints(node: &Node) -> Vec<Taint> {
    let taint =
        |key: &str| Taint { key: key.to_owned(), effect: "NoSchedule".to_owned(), ..Taint::default() };
    let ready = match ready_status(node) {
        Some("Unknown") => Some(taint(UNREACHABLE)),
        Some("True") | None => None,
        Some(_) => Some(taint(NOT_READY)),
    };
    let cordoned = node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true));
    ready.into_iter().chain(cordoned.then(|| taint(UNSCHEDULABLE))).collect()
}

// Models k8s.io/component-helpers/scheduling/corev1/helpers.go ToleratesTaint
/// Whether one of the tolerations is for this taint.
pub fn is_tolerated(taint: &Taint, tolerations: &[Toleration]) -> bool {
    tolerations.iter().any(|toleration| {
        let effect = toleration.effect.as_deref().unwrap_or_default();
        let key = toleration.key.as_deref().unwrap_or_default();
        let same_value =
            || toleration.value.as_deref().unwrap_or_default() == taint.value.as_deref().unwrap_or_default();
        (effect.is_empty() || effect == taint.effect)
            && (key.is_empty() || key == taint.key)
            && match toleration.operator.as_deref().unwrap_or_default() {
                "Exists" => true,
                "" | "Equal" => same_value(),
                _ => false,
            }
    })
}
