//! A Node, what it has and what its Pods ask for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::ApiServer;
use super::super::age::{age, date};
use super::super::doc::{Doc, or_none};
use super::super::get::roles;
use super::super::page::Page;
use super::super::quantity::{Quantity, pod_resources};
use super::labels_and_annotations;
use crate::api::encode::encode;
use crate::api::{Kind, Live, ObjectKey};

// Models describe.go describeNode
/// Writes a Node.
pub fn describe_node(page: &mut Page, server: ApiServer<'_>, node: Doc<'_>) {
    let name = node.text("metadata.name");
    page.field(0, "Name", name);
    page.field(0, "Roles", &or_none(roles(node)));
    labels_and_annotations(page, node);
    page.field(0, "CreationTimestamp", &date(node, "metadata.creationTimestamp"));
    page.list("Taints", &taints(node));
    page.field(0, "Unschedulable", if node.is("spec.unschedulable") { "true" } else { "false" });
    lease(page, server, name);
    if node.items("status.conditions").len() > 0 {
        page.line(0, &["Conditions:"]);
        page.line(1, &["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"]);
        page.line(1, &["----", "------", "-----------------", "------------------", "------", "-------"]);
    }
    for condition in node.items("status.conditions") {
        let with_blank = |text: &str| [text, " "].concat();
        page.line(
            1,
            &[
                &with_blank(condition.text("type")),
                &with_blank(condition.text("status")),
                &with_blank(&date(condition, "lastHeartbeatTime")),
                &with_blank(&date(condition, "lastTransitionTime")),
                &with_blank(condition.text("reason")),
                condition.text("message"),
            ],
        );
    }
    page.line(0, &["Addresses:"]);
    for address in node.items("status.addresses") {
        page.field(1, address.text("type"), address.text("address"));
    }
    for (title, field) in [("Capacity:", "status.capacity"), ("Allocatable:", "status.allocatable")] {
        let entries = node.entries(field);
        if !entries.is_empty() {
            page.line(0, &[title]);
        }
        for (name, quantity) in entries {
            page.field(1, name, &quantity.own());
        }
    }
    page.line(0, &["System Info:"]);
    let info = node.at("status.nodeInfo");
    for (title, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
        ("Kube-Proxy Version", "kubeProxyVersion"),
    ] {
        page.field(1, title, info.text(field));
    }
    page.field_if(0, "PodCIDR", node.text("spec.podCIDR"));
    page.field_if(0, "PodCIDRs", &node.texts("spec.podCIDRs").join(","));
    page.field_if(0, "ProviderID", node.text("spec.providerID"));
    resources(page, server, node);
}

// Models describe.go describeNodeLease
/// The Lease that the node's kubelet renews.
fn lease(page: &mut Page, server: ApiServer<'_>, node: &str) {
    let kind = Kind::from_api("coordination.k8s.io/v1", "Lease");
    let lease = server.store.get(&ObjectKey::new(kind, "kube-node-lease", node));
    let Some(Live::Other(lease)) = lease.map(|object| &object.live) else {
        let words = ["Failed to get lease: leases.coordination.k8s.io \"", node, "\" not found"];
        page.field(0, "Lease", &words.concat());
        return;
    };
    let lease = Doc(lease);
    page.line(0, &["Lease:"]);
    page.field(1, "HolderIdentity", lease.text_or("spec.holderIdentity", "<unset>"));
    for (title, field) in [("AcquireTime", "spec.acquireTime"), ("RenewTime", "spec.renewTime")] {
        let at = if lease.has(field) { date(lease, field) } else { "<unset>".to_owned() };
        page.field(1, title, &at);
    }
}

// Models describe.go printTaintsMultilineWithIndent and Taint.ToString
fn taints(node: Doc<'_>) -> Vec<String> {
    let mut taints: Vec<Doc<'_>> = node.items("spec.taints").collect();
    taints.sort_by_key(|taint| [taint.text("effect"), ",", taint.text("key")].concat());
    let line = |taint: Doc<'_>| {
        let text = |field| taint.text(field);
        match (text("effect"), text("value")) {
            ("", "") => text("key").to_owned(),
            ("", value) => [text("key"), "=", value, ":"].concat(),
            (effect, "") => [text("key"), ":", effect].concat(),
            (effect, value) => [text("key"), "=", value, ":", effect].concat(),
        }
    };
    taints.into_iter().map(line).collect()
}

// Models describe.go describeNodeResource
/// The Pods that have not ended, and what they ask for.
fn resources(page: &mut Page, server: ApiServer<'_>, node: Doc<'_>) {
    let pods: Vec<Value> = server
        .store
        .pods_on_node(node.text("metadata.name"))
        .map(|pod| encode(&**pod))
        .filter(|pod| !matches!(Doc(pod).text("status.phase"), "Succeeded" | "Failed"))
        .collect();
    let has_allocatable = !node.entries("status.allocatable").is_empty();
    let allocatable = node.at(if has_allocatable { "status.allocatable" } else { "status.capacity" });
    let share = |list: &BTreeMap<String, Quantity>, resource: &str| {
        let quantity = list.get(resource).cloned().unwrap_or_default();
        let whole = Quantity::parse(&allocatable.word(resource)).unwrap_or_default();
        // CPUs are counted in thousandths, all else whole.
        let percent = quantity.percent_of(&whole, resource == "cpu");
        format!("{quantity} ({percent}%)")
    };
    page.field(0, "Non-terminated Pods", &format!("({} in total)", pods.len()));
    let heads =
        ["Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age"];
    page.line(1, &heads);
    page.line(1, &heads.map(|head| "-".repeat(head.len())).each_ref().map(String::as_str));
    let (mut all_requests, mut all_limits) = (BTreeMap::new(), BTreeMap::new());
    for pod in pods.iter().map(Doc) {
        let (requests, limits) = (pod_resources(pod, "requests"), pod_resources(pod, "limits"));
        page.line(
            1,
            &[
                pod.text("metadata.namespace"),
                pod.text("metadata.name"),
                "",
                &share(&requests, "cpu"),
                &share(&limits, "cpu"),
                &share(&requests, "memory"),
                &share(&limits, "memory"),
                &age(pod, "metadata.creationTimestamp", server.seconds()),
            ],
        );
        for (all, list) in [(&mut all_requests, requests), (&mut all_limits, limits)] {
            for (resource, quantity) in list {
                Quantity::add_to(all, &resource, quantity);
            }
        }
    }
    page.line(0, &["Allocated resources:"]);
    page.line(1, &["(Total limits may be over 100 percent, i.e., overcommitted.)"]);
    page.line(1, &["Resource", "Requests", "Limits"]);
    page.line(1, &["--------", "--------", "------"]);
    let of_node = || allocatable.entries_here().into_iter().map(|(name, _)| name);
    let huge = of_node().filter(|name| name.starts_with("hugepages-"));
    for resource in ["cpu", "memory", "ephemeral-storage"].into_iter().chain(huge) {
        page.line(1, &[resource, &share(&all_requests, resource), &share(&all_limits, resource)]);
    }
    let is_known = |name: &&str| {
        name.starts_with("hugepages-") || matches!(*name, "cpu" | "memory" | "ephemeral-storage" | "pods")
    };
    for resource in of_node().filter(|name| !is_known(name)) {
        let of =
            |list: &BTreeMap<String, Quantity>| list.get(resource).cloned().unwrap_or_default().to_string();
        page.line(1, &[resource, &of(&all_requests), &of(&all_limits)]);
    }
}
