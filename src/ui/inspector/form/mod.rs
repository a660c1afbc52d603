//! The form: the fields that people change most, one form for each kind.

mod gateway;
mod ingress;
mod network_policy;
mod node;
mod pod;
mod service;
mod workload;

use endpoint_playground::api::Kind;
use serde_json::Value;
use yew::prelude::*;

use super::field::{Editing, Fixed, path, shown};
use super::pairs::Pairs;

/// What the form needs.
#[derive(Properties, PartialEq)]
pub struct FormProps {
    /// What it edits.
    pub editing: Editing,
}

/// The form of an object.
#[component]
pub fn Form(props: &FormProps) -> Html {
    let editing = &props.editing;
    let value = editing.value();
    let kind = &editing.key.kind;
    html! {
        <div class="form">
            { match kind {
                Kind::Service => service::form(editing, &value),
                Kind::Pod => pod::form(editing, &value),
                Kind::Node => node::form(editing, &value),
                Kind::Ingress => ingress::form(editing, &value),
                Kind::Gateway => gateway::gateway(editing, &value),
                Kind::HTTPRoute => gateway::http_route(editing, &value),
                Kind::NetworkPolicy => network_policy::form(editing, &value),
                Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController => {
                    workload::form(editing, &value)
                }
                _ => general(editing, &value),
            } }
        </div>
    }
}

/// The form of a kind that has none of its own: its name and labels.
fn general(editing: &Editing, value: &Value) -> Html {
    html! {
        <>
            <div>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Fixed label="apiVersion" value={editing.key.kind.api_version().to_owned()} />
            </div>
            { labels(editing, value) }
            if !editing.key.kind.is_simulated() {
                <p class="hint">{ "This kind is kept and exported as it is, and takes no part in what happens here." }</p>
            } else {
                <p class="hint">{ "The rest of it is in the tab YAML." }</p>
            }
        </>
    }
}

/// The labels of the object itself.
fn labels(editing: &Editing, value: &Value) -> Html {
    html! {
        <Pairs editing={editing.clone()} at={path("metadata.labels")} label="Labels" one="label"
            value={value.pointer("/metadata/labels").cloned()} />
    }
}

/// A string in an object.
fn text(value: &Value, pointer: &str) -> String {
    shown(value.pointer(pointer))
}

/// The items of a list in an object.
fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The place behind the last item of a list.
fn next(list: &[Value]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// Choices whose values say themselves.
fn choices(values: &[&'static str]) -> Vec<(AttrValue, AttrValue)> {
    values.iter().map(|value| (AttrValue::Static(value), AttrValue::Static(value))).collect()
}
