//! The form of what makes Pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController.

use endpoint_playground::api::Kind;
use serde_json::Value;
use yew::prelude::*;

use super::super::field::{Editing, Field, Fixed, Sort, path};
use super::super::pairs::Pairs;
use super::{items, labels, pod, text};

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    let kind = &editing.key.kind;
    let ready = match kind {
        Kind::DaemonSet => "/status/numberReady",
        _ => "/status/readyReplicas",
    };
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                if *kind != Kind::DaemonSet {
                    <Field editing={editing.clone()} at={path("spec.replicas")} label="Replicas" sort={Sort::Number}
                        value={text(value, "/spec/replicas")} />
                }
                <Fixed label="Ready" value={match text(value, ready) { empty if empty.is_empty() => "0".to_owned(), ready => ready }} />
                if *kind == Kind::StatefulSet {
                    <Fixed label="Service" value={text(value, "/spec/serviceName")} />
                }
            </fieldset>
            <Pairs editing={editing.clone()} at={path("spec.template.metadata.labels")} label="Labels of its Pods" one="label"
                value={value.pointer("/spec/template/metadata/labels").cloned()}
                hint="A change makes new Pods from the template." />
            for (index, container) in items(value, "/spec/template/spec/containers").iter().enumerate() {
                { pod::ports(editing, index, container, "spec.template.spec.containers") }
            }
            { labels(editing, value) }
        </>
    }
}
