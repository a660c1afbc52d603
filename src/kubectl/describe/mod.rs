//! `kubectl describe`.
//!
//! Models staging/src/k8s.io/kubectl/pkg/describe/describe.go.

mod container;
mod endpoints;
mod generic;
mod ingress;
mod network_policy;
mod node;
mod pod;
mod service;
mod volume;
mod workload;

use super::ApiServer;
use super::age::date;
use super::doc::{Doc, pairs};
use super::events::describe_events;
use super::page::Page;
use crate::api::{Kind, ObjectKey};

/// How much of an annotation is printed in one line, in bytes.
const LONGEST: usize = 140;

/// What `kubectl describe` prints for an object; `None` when there is none with this key.
pub fn describe(server: ApiServer<'_>, key: &ObjectKey) -> Option<String> {
    let value = server.store.get(key)?.live.to_value();
    let object = Doc(&value);
    let mut page = Page::default();
    match &key.kind {
        Kind::Namespace => describe_namespace(&mut page, object),
        Kind::Node => node::describe_node(&mut page, server, object),
        Kind::IngressClass => ingress::describe_ingress_class(&mut page, object),
        Kind::Deployment => workload::describe_deployment(&mut page, server, object),
        Kind::ReplicaSet => workload::describe_replica_set(&mut page, server, object),
        Kind::ReplicationController => workload::describe_replication_controller(&mut page, server, object),
        Kind::StatefulSet => workload::describe_stateful_set(&mut page, server, object),
        Kind::DaemonSet => workload::describe_daemon_set(&mut page, server, object),
        Kind::Pod => pod::describe_pod(&mut page, object, server.seconds()),
        Kind::Service => service::describe_service(&mut page, server, object),
        Kind::Endpoints => endpoints::describe_endpoints(&mut page, object),
        Kind::EndpointSlice => endpoints::describe_endpoint_slice(&mut page, object),
        Kind::Ingress => ingress::describe_ingress(&mut page, server, object),
        Kind::NetworkPolicy => network_policy::describe_network_policy(&mut page, object),
        Kind::GatewayClass | Kind::Gateway | Kind::HTTPRoute | Kind::ReferenceGrant | Kind::Other(_) => {
            generic::describe_generic(&mut page, object);
        }
    }
    if !matches!(key.kind, Kind::Namespace | Kind::NetworkPolicy) {
        describe_events(&mut page, server, key);
    }
    Some(page.finish())
}

/// Writes name and namespace.
fn name(page: &mut Page, object: Doc<'_>) {
    page.field(0, "Name", object.text("metadata.name"));
    page.field(0, "Namespace", object.text("metadata.namespace"));
}

/// Writes labels and annotations.
fn labels_and_annotations(page: &mut Page, object: Doc<'_>) {
    page.list("Labels", &pairs(object, "metadata.labels"));
    annotations(page, "Annotations", object.at("metadata.annotations"));
}

// Models describe.go printAnnotationsMultiline
/// Writes annotations, long ones shortened; what kubectl keeps for itself is left out.
fn annotations(page: &mut Page, title: &str, map: Doc<'_>) {
    let mut title: &str = &[title, ":"].concat();
    for (key, value) in map.entries_here() {
        if key == "kubectl.kubernetes.io/last-applied-configuration" {
            continue;
        }
        let value = value.own();
        let value = value.strip_suffix('\n').unwrap_or(&value);
        if value.len() + key.len() + 2 > LONGEST || value.contains('\n') {
            page.line(0, &[title, &[key, ":"].concat()]);
            for line in value.split('\n') {
                page.line(0, &["", &["  ", &shorten(line, LONGEST - 2)].concat()]);
            }
        } else {
            page.line(0, &[title, &[key, ": ", value].concat()]);
        }
        title = "";
    }
    if !title.is_empty() {
        page.line(0, &[title, "<none>"]);
    }
}

/// At most `longest` bytes of a text; a letter that would be cut is left out.
fn shorten(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    [&text[..end], "..."].concat()
}

// Models describe.go describeNamespace
fn describe_namespace(page: &mut Page, namespace: Doc<'_>) {
    page.field(0, "Name", namespace.text("metadata.name"));
    labels_and_annotations(page, namespace);
    page.field(0, "Status", namespace.text("status.phase"));
    if namespace.items("status.conditions").len() > 0 {
        page.line(0, &["Conditions:"]);
        page.line(1, &["Type", "Status", "LastTransitionTime", "Reason", "Message"]);
        page.line(1, &["----", "------", "------------------", "------", "-------"]);
        for condition in namespace.items("status.conditions") {
            let text = |field| condition.text(field);
            let at = date(condition, "lastTransitionTime");
            page.line(1, &[text("type"), text("status"), &at, text("reason"), text("message")]);
        }
    }
    // There are no quotas and limits on this board.
    for words in ["No resource quota.", "No LimitRange resource."] {
        page.line(0, &[""]);
        page.line(0, &[words]);
    }
}
