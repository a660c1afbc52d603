//! The form of a Pod.

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::listening::{
    DELAY_ANNOTATION, LISTEN_ANNOTATION, STATUS_ANNOTATION, parse_sockets,
};
use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{
    Editing, Field, Fixed, Sort, Switch, add_button, path, remove, remove_button, set, shown,
};
use super::super::pairs::Pairs;
use super::{choices, items, text};
use crate::ui::act::Act;
use crate::ui::events_model::Selection;

/// The annotation that makes a Pod unready or ready, as its readiness probe would.
const READY: &str = "playground.endpoint/ready";

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    let conditions = items(value, "/status/conditions");
    let ready =
        conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let wanted_ready = text(value, &format!("/metadata/annotations/{}", READY.replace('/', "~1"))) != "false";
    let annotation = path("metadata.annotations").field(READY);
    html! {
        <>
            { owner(editing, value) }
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Fixed label="Phase" value={text(value, "/status/phase")} />
                <Fixed label="Address" value={text(value, "/status/podIP")} />
                <Fixed label="Node" value={text(value, "/spec/nodeName")} />
                <Fixed label="Ready" value={if ready { "True" } else { "False" }} />
            </fieldset>
            <Switch editing={editing.clone()} label="Its readiness probe succeeds" on={wanted_ready}
                to_on={vec![remove(&annotation)]} to_off={vec![set(&annotation, "false")]}
                hint="Without it the Pod runs on, and Services stop sending to it." />
            { listening(editing, value) }
            <Pairs editing={editing.clone()} at={path("metadata.labels")} label="Labels" one="label"
                value={value.pointer("/metadata/labels").cloned()} />
            for (index, container) in items(value, "/spec/containers").iter().enumerate() {
                { ports(editing, index, container, "spec.containers") }
            }
        </>
    }
}

/// What the process does that the API does not know.
fn listening(editing: &Editing, value: &Value) -> Html {
    let field = |name: &str, label: &'static str, placeholder: String, hint: &str| {
        let told = text(value, &format!("/metadata/annotations/{}", name.replace('/', "~1")));
        let bad = name == LISTEN_ANNOTATION && parse_sockets(&told).is_err();
        let hint = match parse_sockets(&told) {
            Err(why) if bad => format!("{why} Until then the container ports count."),
            _ => hint.to_owned(),
        };
        html! {
            <Field editing={editing.clone()} at={path("metadata.annotations").field(name)} {label} value={told} {placeholder} {hint} />
        }
    };
    let declared: Vec<String> = items(value, "/spec/containers")
        .iter()
        .flat_map(|container| items(container, "/ports"))
        .map(|port| match shown(port.get("protocol")).as_str() {
            "" | "TCP" => shown(port.get("containerPort")),
            protocol => format!("{}/{protocol}", shown(port.get("containerPort"))),
        })
        .collect();
    let placeholder = if declared.is_empty() { "every port".to_owned() } else { declared.join(", ") };
    html! {
        <fieldset>
            <legend>{ "What its process does" }</legend>
            { field(LISTEN_ANNOTATION, "Listens on", placeholder,
                "A port, or an address with a port: 127.0.0.1:8080 is reached from inside the Pod alone. The API does not know this.") }
            { field(STATUS_ANNOTATION, "Answers", "200".to_owned(), "The HTTP status.") }
            { field(DELAY_ANNOTATION, "After (ms)", "0".to_owned(), "Clients here wait 2000 ms.") }
        </fieldset>
    }
}

/// Where a Pod has an owner, its template is the place to mend things for good.
fn owner(editing: &Editing, value: &Value) -> Html {
    let Some(owner) = top_owner(editing, value) else { return Html::default() };
    let (on, target) = (editing.on.clone(), owner.clone());
    html! {
        <div class="owner">
            <span>{ format!("{} {} made this Pod from its template. A change here is lost with the Pod; a change of the \
                template makes new Pods and stays.", owner.kind, owner.name) }</span>
            <div class="acts">
                <button type="button" class="btn out" onclick={move |_| {
                    on.emit(Act::Select(Some(Selection::Object(target.clone()))));
                    on.emit(Act::Inspect("form"));
                }}>{ "Edit the template" }</button>
                <span class="hint">{ "or change this Pod alone, below" }</span>
            </div>
        </div>
    }
}

/// The controller that made an object, or that made its controller.
fn top_owner(editing: &Editing, value: &Value) -> Option<ObjectKey> {
    let mut owner = controller_of(editing, value)?;
    while let Some(object) = editing.objects.get(&owner) {
        match controller_of(editing, &object.live.to_value()) {
            Some(above) if above != owner => owner = above,
            _ => break,
        }
    }
    Some(owner)
}

fn controller_of(editing: &Editing, value: &Value) -> Option<ObjectKey> {
    let reference =
        items(value, "/metadata/ownerReferences").iter().find(|owner| owner["controller"] == json!(true))?;
    let kind = Kind::from_api(reference["apiVersion"].as_str()?, reference["kind"].as_str()?);
    Some(ObjectKey::new(kind, editing.key.namespace.clone(), reference["name"].as_str()?))
}

/// The ports of a container; also of one in a template.
pub(super) fn ports(editing: &Editing, container: usize, value: &Value, containers: &str) -> Html {
    let list = value["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let base = path(&format!("{containers}[{container}].ports"));
    let at = |index: usize, field: &str| path(&format!("{base}[{index}].{field}"));
    let next = u32::try_from(list.len()).unwrap_or(u32::MAX);
    let new = if list.is_empty() {
        json!({ "name": "http", "containerPort": 8080 })
    } else {
        json!({ "containerPort": 8080 + next })
    };
    let add = if list.is_empty() { set(&base, json!([new])) } else { set(&base.index(next), new) };
    html! {
        <fieldset>
            <legend>{ format!("Ports of container {}", shown(value.get("name"))) }</legend>
            if !list.is_empty() {
                <table class="table">
                    <thead><tr>
                        <th scope="col">{ "Name" }</th><th scope="col">{ "Port" }</th><th scope="col">{ "Protocol" }</th>
                        <th scope="col"><span class="sr">{ "Remove" }</span></th>
                    </tr></thead>
                    <tbody>
                    for (index, port) in list.iter().enumerate() {
                        <tr key={index}>
                            <td><Field editing={editing.clone()} at={at(index, "name")} bare=true
                                label={format!("Name of port {}", index + 1)} value={shown(port.get("name"))} /></td>
                            <td><Field editing={editing.clone()} at={at(index, "containerPort")} bare=true sort={Sort::Number}
                                label={format!("Number of port {}", index + 1)} value={shown(port.get("containerPort"))} /></td>
                            <td><Field editing={editing.clone()} at={at(index, "protocol")} bare=true
                                label={format!("Protocol of port {}", index + 1)} choices={choices(&["TCP", "UDP", "SCTP"])}
                                value={port.get("protocol").map_or_else(|| "TCP".to_owned(), |value| shown(Some(value)))} /></td>
                            <td>{ remove_button(editing, format!("Remove port {}", index + 1),
                                vec![remove(&base.index(u32::try_from(index).unwrap_or(0)))]) }</td>
                        </tr>
                    }
                    </tbody>
                </table>
            }
            { add_button(editing, "Add a port", vec![add]) }
        </fieldset>
    }
}
