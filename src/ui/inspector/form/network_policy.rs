//! The form of a NetworkPolicy.

use endpoint_playground::api::Path;
use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{
    Editing, Field, Fixed, Sort, Switch, add_button, path, remove, remove_button, set, shown,
};
use super::super::pairs::Pairs;
use super::{choices, items, labels, next};

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    html! {
        <>
            <fieldset><Fixed label="Name" value={editing.key.name.to_string()} /></fieldset>
            <Pairs editing={editing.clone()} at={path("spec.podSelector.matchLabels")} label="Pods that it is for" one="label"
                value={value.pointer("/spec/podSelector/matchLabels").cloned()}
                hint="Without any label it is for every Pod of the namespace." />
            { direction(editing, value, "Ingress", "ingress", "from") }
            { direction(editing, value, "Egress", "egress", "to") }
            { labels(editing, value) }
        </>
    }
}

/// The rules of one direction. What no rule allows is dropped, once the policy is of that type.
fn direction(
    editing: &Editing,
    value: &Value,
    kind: &'static str,
    field: &'static str,
    peers: &'static str,
) -> Html {
    let types: Vec<Value> = items(value, "/spec/policyTypes").to_vec();
    let on = types.iter().any(|one| one == kind);
    let rules = items(value, &format!("/spec/{field}"));
    let types_at = path("spec.policyTypes");
    let at = path("spec").field(field);
    let with = types.iter().cloned().chain([json!(kind)]).collect::<Vec<_>>();
    let without = types.into_iter().filter(|one| one != kind).collect::<Vec<_>>();
    let add = |rule: Value| {
        let rule = if rules.is_empty() { set(&at, json!([rule])) } else { set(&at.index(next(rules)), rule) };
        vec![rule]
    };
    let dns = json!({ "to": [{ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
        "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } } }],
        "ports": [{ "port": 53, "protocol": "UDP" }, { "port": 53, "protocol": "TCP" }] });
    let new = json!({ peers: [{ "podSelector": { "matchLabels": { "app": "web" } } }],
        "ports": [{ "port": 8080, "protocol": "TCP" }] });
    let label = if kind == "Ingress" { "Restrict what comes in" } else { "Restrict what goes out" };
    html! {
        <fieldset>
            <legend>{ kind }</legend>
            <Switch editing={editing.clone()} {label} {on}
                to_on={vec![set(&types_at, with)]} to_off={vec![remove(&at), set(&types_at, without)]} />
            if on {
                if rules.is_empty() { <p class="hint">{ "No rule allows anything, so everything is dropped." }</p> }
                for (index, one) in rules.iter().enumerate() {
                    { rule(editing, &at.index(u32::try_from(index).unwrap_or(0)), index, one, peers) }
                }
                <div class="acts flush">
                    { add_button(editing, "Add a rule", add(new)) }
                    if kind == "Egress" { { add_button(editing, "Allow DNS", add(dns)) } }
                </div>
            }
        </fieldset>
    }
}

fn rule(editing: &Editing, base: &Path, index: usize, one: &Value, peers: &'static str) -> Html {
    let list = items(one, &format!("/{peers}"));
    let ports = items(one, "/ports");
    let at = base.field("ports");
    let new = json!({ "port": 8080, "protocol": "TCP" });
    let add = if ports.is_empty() { set(&at, json!([new])) } else { set(&at.index(next(ports)), new) };
    let who = if peers == "from" { "everyone" } else { "everywhere" };
    html! {
        <div key={index} class="rule-of">
            <p class="lead">{ format!("Rule {}", index + 1) }</p>
            if list.is_empty() { <p class="hint">{ format!("It allows {who}: {peers} is empty.") }</p> }
            for (number, peer) in list.iter().enumerate() {
                { one_peer(editing, &base.field(peers).index(u32::try_from(number).unwrap_or(0)), number, peer) }
            }
            if ports.is_empty() { <p class="hint">{ "It allows every port." }</p> }
            for (number, port) in ports.iter().enumerate() {
                { one_port(editing, &at.index(u32::try_from(number).unwrap_or(0)), number, port) }
            }
            <div class="acts flush">
                { add_button(editing, "Add a port", vec![add]) }
                { remove_button(editing, format!("Remove rule {}", index + 1), vec![remove(base)]) }
            </div>
        </div>
    }
}

fn one_peer(editing: &Editing, base: &Path, number: usize, peer: &Value) -> Html {
    let selector = |field: &'static str, label: &'static str, hint: &'static str| {
        html! {
            <Pairs editing={editing.clone()} at={base.field(field).field("matchLabels")} {label} one="label" {hint}
                value={peer.get(field).and_then(|selector| selector.get("matchLabels")).cloned()} />
        }
    };
    html! {
        <div key={number}>
            if peer.get("ipBlock").is_some() {
                <Field editing={editing.clone()} at={base.field("ipBlock").field("cidr")} label="Addresses"
                    value={shown(peer.pointer("/ipBlock/cidr"))} />
            } else {
                if peer.get("namespaceSelector").is_some() {
                    { selector("namespaceSelector", "Namespaces", "Without any label: all namespaces.") }
                }
                if peer.get("podSelector").is_some() {
                    { selector("podSelector", "Pods", "Of these namespaces; without any, of the policy's own.") }
                }
            }
        </div>
    }
}

fn one_port(editing: &Editing, base: &Path, number: usize, port: &Value) -> Html {
    let name = number + 1;
    html! {
        <div key={number} class="pair">
            <Field editing={editing.clone()} at={base.field("port")} bare=true sort={Sort::Port} placeholder="every port"
                label={format!("Port {name}")} value={shown(port.get("port"))} />
            <span class="eq" aria-hidden="true">{ "/" }</span>
            <Field editing={editing.clone()} at={base.field("protocol")} bare=true label={format!("Protocol of port {name}")}
                value={shown(port.get("protocol"))} choices={choices(&["TCP", "UDP", "SCTP"])} />
            { remove_button(editing, format!("Remove port {name}"), vec![remove(base)]) }
        </div>
    }
}
