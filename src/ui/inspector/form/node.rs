//! The form of a Node.

use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{Editing, Field, Fixed, Switch, path, remove, set};
use super::super::pairs::Pairs;
use super::{items, text};

const ZONE: &str = "topology.kubernetes.io/zone";

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    let address = items(value, "/status/addresses").iter().find(|address| address["type"] == "InternalIP");
    let zone = path("metadata.labels").field(ZONE);
    let unschedulable = path("spec.unschedulable");
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Fixed label="Address" value={address.and_then(|address| address["address"].as_str()).unwrap_or_default().to_owned()} />
                <Fixed label="Pod addresses" value={text(value, "/spec/podCIDR")} />
                <Field editing={editing.clone()} at={zone} label="Zone"
                    value={text(value, "/metadata/labels/topology.kubernetes.io~1zone")} placeholder="none" />
            </fieldset>
            <Switch editing={editing.clone()} label="Takes new Pods" on={value.pointer("/spec/unschedulable") != Some(&json!(true))}
                to_on={vec![remove(&unschedulable)]} to_off={vec![set(&unschedulable, true)]}
                hint="Off is what kubectl cordon does: the Pods that are there stay." />
            <Pairs editing={editing.clone()} at={path("metadata.labels")} label="Labels" one="label" hidden={vec![ZONE]}
                value={value.pointer("/metadata/labels").cloned()} />
        </>
    }
}
