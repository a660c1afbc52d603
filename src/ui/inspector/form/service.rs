//! The form of a Service.

use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{
    Editing, Field, Fixed, Sort, Switch, add_button, path, remove, remove_button, set, shown,
};
use super::super::pairs::Pairs;
use super::{choices, items, labels, text};

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    let kind = text(value, "/spec/type");
    let headless = text(value, "/spec/clusterIP") == "None";
    let external_name = kind == "ExternalName";
    let from_outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
    let affinity = text(value, "/spec/sessionAffinity");
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Field editing={editing.clone()} at={path("spec.type")} label="Type" value={kind.clone()}
                    choices={choices(&["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])} />
                if external_name {
                    <Field editing={editing.clone()} at={path("spec.externalName")} label="External name"
                        value={text(value, "/spec/externalName")} placeholder="db.example.com"
                        hint="DNS answers with this name; nothing is selected and no rule is made." />
                } else {
                    <Fixed label="Cluster IP" value={text(value, "/spec/clusterIP")} />
                }
            </fieldset>
            if !external_name {
                <Pairs editing={editing.clone()} at={path("spec.selector")} label="Selector" one="pair"
                    value={value.pointer("/spec/selector").cloned()}
                    hint="A Pod becomes an endpoint when it has every one of these labels." />
                { ports(editing, value, headless, from_outside) }
                <fieldset>
                    <legend>{ "Policies" }</legend>
                    if from_outside {
                        <Field editing={editing.clone()} at={path("spec.externalTrafficPolicy")} label="External traffic"
                            value={text(value, "/spec/externalTrafficPolicy")} choices={choices(&["Cluster", "Local"])}
                            hint="Local keeps the client's address, and drops what enters a node without a ready Pod of the Service." />
                    }
                    if !headless {
                        <Field editing={editing.clone()} at={path("spec.internalTrafficPolicy")} label="Internal traffic"
                            value={text(value, "/spec/internalTrafficPolicy")} choices={choices(&["Cluster", "Local"])}
                            hint="Local sends only to Pods on the client's own node." />
                        <Field editing={editing.clone()} at={path("spec.sessionAffinity")} label="Session affinity"
                            value={affinity.clone()} choices={choices(&["None", "ClientIP"])} />
                        if affinity == "ClientIP" {
                            <Field editing={editing.clone()} at={path("spec.sessionAffinityConfig.clientIP.timeoutSeconds")} sort={Sort::Number}
                                label="Stays for (s)" value={text(value, "/spec/sessionAffinityConfig/clientIP/timeoutSeconds")}
                                hint="Each node remembers a client this long after its last connection." />
                        }
                    }
                    <Switch editing={editing.clone()} label="Publish Pods that are not ready"
                        on={value.pointer("/spec/publishNotReadyAddresses") == Some(&json!(true))}
                        to_on={vec![set(&path("spec.publishNotReadyAddresses"), true)]}
                        to_off={vec![remove(&path("spec.publishNotReadyAddresses"))]} />
                </fieldset>
            }
            { labels(editing, value) }
        </>
    }
}

fn ports(editing: &Editing, value: &Value, headless: bool, with_node_port: bool) -> Html {
    let list = items(value, "/spec/ports");
    let cell = |index: usize,
                field: &str,
                label: &str,
                sort: Sort,
                port: &Value,
                placeholder: &'static str| {
        html! {
            <td><Field editing={editing.clone()} at={path(&format!("spec.ports[{index}].{field}"))} bare=true {sort} {placeholder}
                label={format!("{label} of port {}", index + 1)} value={shown(port.get(field))} /></td>
        }
    };
    let next = u32::try_from(list.len()).unwrap_or(u32::MAX);
    let number = (80..)
        .step_by(1000)
        .find(|number| list.iter().all(|port| port["port"] != json!(number)))
        .unwrap_or(80);
    let mut new = json!({ "name": format!("port-{}", next + 1), "port": number });
    if list.is_empty() {
        new = json!({ "name": "http", "port": 80, "targetPort": 8080 });
    }
    let at = path("spec.ports");
    // The first of several ports must have a name, as all of them must.
    let mut add = Vec::new();
    if let [only] = list
        && shown(only.get("name")).is_empty()
    {
        add.push(set(&path("spec.ports[0].name"), "port-1"));
    }
    add.push(set(&at.index(next), new));
    html! {
        <fieldset>
            <legend>{ "Ports" }</legend>
            <table class="table">
                <thead><tr>
                    <th scope="col">{ "Name" }</th><th scope="col">{ "Port" }</th><th scope="col">{ "Target port" }</th>
                    <th scope="col">{ "Protocol" }</th>
                    <th scope="col"><span class="sr">{ "Remove" }</span></th>
                </tr></thead>
                <tbody>
                for (index, port) in list.iter().enumerate() {
                    <tr key={index}>
                        { cell(index, "name", "Name", Sort::Text, port, "") }
                        { cell(index, "port", "Number", Sort::Number, port, "80") }
                        { cell(index, "targetPort", "Target port", Sort::Port, port, "8080") }
                        <td><Field editing={editing.clone()} at={path(&format!("spec.ports[{index}].protocol"))} bare=true
                            label={format!("Protocol of port {}", index + 1)} value={shown(port.get("protocol"))}
                            choices={choices(&["TCP", "UDP", "SCTP"])} /></td>
                        <td>{ remove_button(editing, format!("Remove port {}", index + 1),
                            vec![remove(&at.index(u32::try_from(index).unwrap_or(0)))]) }</td>
                    </tr>
                }
                </tbody>
            </table>
            if with_node_port {
                for (index, port) in list.iter().enumerate() {
                    <Field editing={editing.clone()} at={path(&format!("spec.ports[{index}].nodePort"))} sort={Sort::Number}
                        label={format!("Node port of {}", shown(port.get("port")))} value={shown(port.get("nodePort"))} />
                }
            }
            <p class="hint">{
                if headless {
                    "No rule maps ports of a headless Service: clients call the Pods' own ports."
                } else {
                    "A target port is a number, or the name of a container's port."
                }
            }</p>
            { add_button(editing, "Add a port", add) }
        </fieldset>
    }
}
