//! The form of an Ingress.

use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{Editing, Field, Fixed, Sort, add_button, path, remove, remove_button, set, shown};
use super::{choices, items, labels, next, text};

pub(super) fn form(editing: &Editing, value: &Value) -> Html {
    let rules = items(value, "/spec/rules");
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let paths = json!([{ "path": "/", "pathType": "Prefix", "backend": backend }]);
    let rule = json!({ "host": "web.example", "http": { "paths": paths } });
    let at = path("spec.rules");
    let add = if rules.is_empty() { set(&at, json!([rule])) } else { set(&at.index(next(rules)), rule) };
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Field editing={editing.clone()} at={path("spec.ingressClassName")} label="Class"
                    value={text(value, "/spec/ingressClassName")} placeholder="the default class"
                    hint="The class names the controller that serves this Ingress." />
            </fieldset>
            for (index, rule) in rules.iter().enumerate() {
                { one(editing, index, rule) }
            }
            { add_button(editing, "Add a rule", vec![add]) }
            { tls(editing, value) }
            { labels(editing, value) }
        </>
    }
}

/// Which hosts have a certificate of their own.
fn tls(editing: &Editing, value: &Value) -> Html {
    let entries = items(value, "/spec/tls");
    let at = path("spec.tls");
    let host = text(value, "/spec/rules/0/host");
    let hosts = if host.is_empty() { json!([]) } else { json!([host]) };
    let new = json!({ "hosts": hosts, "secretName": "cert" });
    let add = if entries.is_empty() { set(&at, json!([new])) } else { set(&at.index(next(entries)), new) };
    html! {
        <fieldset>
            <legend>{ "TLS" }</legend>
            if entries.is_empty() { <p class="hint">{ "No host has a certificate." }</p> }
            for (index, entry) in entries.iter().enumerate() {
                { tls_entry(editing, &at.index(u32::try_from(index).unwrap_or(0)), index, entry) }
            }
            { add_button(editing, "Add a certificate", vec![add]) }
        </fieldset>
    }
}

fn tls_entry(editing: &Editing, at: &endpoint_playground::api::Path, index: usize, entry: &Value) -> Html {
    html! {
        <div key={index}>
            <Field editing={editing.clone()} at={at.field("hosts").index(0)} label="Host" value={shown(entry.pointer("/hosts/0"))} />
            <Field editing={editing.clone()} at={at.field("secretName")} label="Secret" value={shown(entry.get("secretName"))} />
            { remove_button(editing, format!("Remove certificate {}", index + 1), vec![remove(at)]) }
        </div>
    }
}

fn one(editing: &Editing, index: usize, rule: &Value) -> Html {
    let base = path(&format!("spec.rules[{index}]"));
    let paths = items(rule, "/http/paths");
    let all = base.field("http").field("paths");
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let new = json!({ "path": "/new", "pathType": "Prefix", "backend": backend });
    html! {
        <fieldset key={index}>
            <legend>{ format!("Rule {}", index + 1) }</legend>
            <Field editing={editing.clone()} at={base.field("host")} label="Host" value={shown(rule.get("host"))} placeholder="any host" />
            for (number, entry) in paths.iter().enumerate() {
                { backend_fields(editing, &all.index(u32::try_from(number).unwrap_or(0)), entry) }
            }
            <div class="acts flush">
                { add_button(editing, "Add a path", vec![set(&all.index(next(paths)), new)]) }
                { remove_button(editing, format!("Remove rule {}", index + 1), vec![remove(&base)]) }
            </div>
        </fieldset>
    }
}

fn backend_fields(editing: &Editing, at: &endpoint_playground::api::Path, entry: &Value) -> Html {
    let port = at.field("backend").field("service").field("port");
    let named = entry.pointer("/backend/service/port/name");
    // A port is told by number or by name, never both.
    let (port_at, sort) =
        if named.is_some() { (port.field("name"), Sort::Text) } else { (port.field("number"), Sort::Number) };
    html! {
        <>
            <Field editing={editing.clone()} at={at.field("path")} label="Path" value={shown(entry.get("path"))} />
            <Field editing={editing.clone()} at={at.field("pathType")} label="Path type" value={shown(entry.get("pathType"))}
                choices={choices(&["Prefix", "Exact", "ImplementationSpecific"])} />
            <Field editing={editing.clone()} at={at.field("backend").field("service").field("name")} label="Service"
                value={shown(entry.pointer("/backend/service/name"))} />
            <Field editing={editing.clone()} at={port_at} {sort} label="Port"
                value={shown(named.or_else(|| entry.pointer("/backend/service/port/number")))} />
        </>
    }
}
