//! The forms of a Gateway and of an HTTPRoute.

use endpoint_playground::api::Path;
use serde_json::{Value, json};
use yew::prelude::*;

use super::super::field::{Editing, Field, Fixed, Sort, add_button, path, remove, remove_button, set, shown};
use super::{choices, items, labels, next, text};

/// A field of the form below a path.
fn field(
    editing: &Editing,
    base: &Path,
    name: &str,
    label: &'static str,
    sort: Sort,
    values: &[&'static str],
    value: &Value,
) -> Html {
    let at = name.split('.').fold(base.clone(), |at, step| match step.parse() {
        Ok(index) => at.index(index),
        Err(_) => at.field(step),
    });
    let pointer = format!("/{}", name.replace('.', "/"));
    html! {
        <Field editing={editing.clone()} {at} {label} {sort} choices={choices(values)} value={text(value, &pointer)} />
    }
}

pub(super) fn gateway(editing: &Editing, value: &Value) -> Html {
    let listeners = items(value, "/spec/listeners");
    let at = path("spec.listeners");
    let number = (80..).find(|port| listeners.iter().all(|one| one["port"] != json!(port))).unwrap_or(80);
    let new = json!({ "name": format!("http-{number}"), "port": number, "protocol": "HTTP" });
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                <Field editing={editing.clone()} at={path("spec.gatewayClassName")} label="Class"
                    value={text(value, "/spec/gatewayClassName")} hint="The class names the controller that serves this Gateway." />
                <Fixed label="Address" value={text(value, "/status/addresses/0/value")} />
            </fieldset>
            for (index, one) in listeners.iter().enumerate() {
                { listener(editing, &at.index(u32::try_from(index).unwrap_or(0)), index, one, value) }
            }
            { add_button(editing, "Add a listener", vec![set(&at.index(next(listeners)), new)]) }
            { labels(editing, value) }
        </>
    }
}

fn listener(editing: &Editing, base: &Path, index: usize, one: &Value, whole: &Value) -> Html {
    let attached = items(whole, "/status/listeners").iter().find(|known| known["name"] == one["name"]);
    let routes = attached.map(|known| shown(known.get("attachedRoutes"))).unwrap_or_default();
    html! {
        <fieldset key={index}>
            <legend>{ format!("Listener {}", shown(one.get("name"))) }</legend>
            { field(editing, base, "name", "Name", Sort::Text, &[], one) }
            { field(editing, base, "port", "Port", Sort::Number, &[], one) }
            { field(editing, base, "protocol", "Protocol", Sort::Text, &["HTTP", "HTTPS"], one) }
            { field(editing, base, "hostname", "Host", Sort::Text, &[], one) }
            if one["protocol"] == "HTTPS" {
                { field(editing, base, "tls.certificateRefs.0.name", "Certificate", Sort::Text, &[], one) }
            }
            { field(editing, base, "allowedRoutes.namespaces.from", "Routes from", Sort::Text, &["Same", "All", "Selector"], one) }
            <Fixed label="Routes" value={routes} />
            <div class="acts flush">
                { remove_button(editing, format!("Remove listener {}", shown(one.get("name"))), vec![remove(base)]) }
            </div>
        </fieldset>
    }
}

pub(super) fn http_route(editing: &Editing, value: &Value) -> Html {
    let (spec, rules, hosts) = (path("spec"), items(value, "/spec/rules"), items(value, "/spec/hostnames"));
    let own = value.get("spec").cloned().unwrap_or_default();
    let at = path("spec.rules");
    let backend = json!([{ "name": "web", "port": 80 }]);
    let new =
        json!({ "matches": [{ "path": { "type": "PathPrefix", "value": "/new" } }], "backendRefs": backend });
    let hostnames = path("spec.hostnames");
    let host = if hosts.is_empty() {
        set(&hostnames, json!(["web.example"]))
    } else {
        set(&hostnames.index(next(hosts)), "more.example")
    };
    html! {
        <>
            <fieldset>
                <Fixed label="Name" value={editing.key.name.to_string()} />
                { field(editing, &spec, "parentRefs.0.name", "Gateway", Sort::Text, &[], &own) }
                { field(editing, &spec, "parentRefs.0.namespace", "Its namespace", Sort::Text, &[], &own) }
                { field(editing, &spec, "parentRefs.0.sectionName", "Its listener", Sort::Text, &[], &own) }
            </fieldset>
            <fieldset>
                <legend>{ "Hosts" }</legend>
                for (index, _) in hosts.iter().enumerate() {
                    { field(editing, &spec, &format!("hostnames.{index}"), "Host", Sort::Text, &[], &own) }
                }
                { add_button(editing, "Add a host", vec![host]) }
            </fieldset>
            for (index, one) in rules.iter().enumerate() {
                { rule(editing, &at.index(u32::try_from(index).unwrap_or(0)), index, one) }
            }
            { add_button(editing, "Add a rule", vec![set(&at.index(next(rules)), new)]) }
            { labels(editing, value) }
        </>
    }
}

fn rule(editing: &Editing, base: &Path, index: usize, one: &Value) -> Html {
    let backends = items(one, "/backendRefs");
    let refs = base.field("backendRefs");
    let new = json!({ "name": "web", "port": 80, "weight": 1 });
    let add =
        if backends.is_empty() { set(&refs, json!([new])) } else { set(&refs.index(next(backends)), new) };
    let header = items(one, "/matches/0/headers");
    let headers = base.field("matches").index(0).field("headers");
    html! {
        <fieldset key={index}>
            <legend>{ format!("Rule {}", index + 1) }</legend>
            { field(editing, base, "matches.0.path.value", "Path", Sort::Text, &[], one) }
            { field(editing, base, "matches.0.path.type", "Path type", Sort::Text, &["PathPrefix", "Exact", "RegularExpression"], one) }
            { field(editing, base, "matches.0.method", "Method", Sort::Text, &[], one) }
            if header.is_empty() {
                { add_button(editing, "Ask for a header", vec![set(&headers, json!([{ "name": "Version", "value": "two" }]))]) }
            } else {
                { field(editing, base, "matches.0.headers.0.name", "Header", Sort::Text, &[], one) }
                { field(editing, base, "matches.0.headers.0.value", "Its value", Sort::Text, &[], one) }
                { remove_button(editing, format!("Ask for no header in rule {}", index + 1), vec![remove(&headers)]) }
            }
            <table class="table">
                <thead><tr>
                    <th scope="col">{ "Service" }</th><th scope="col">{ "Port" }</th><th scope="col">{ "Weight" }</th>
                    <th scope="col"><span class="sr">{ "Remove" }</span></th>
                </tr></thead>
                <tbody>
                for (number, backend) in backends.iter().enumerate() {
                    { backend_row(editing, &refs.index(u32::try_from(number).unwrap_or(0)), number, backend) }
                }
                </tbody>
            </table>
            <div class="acts flush">
                { add_button(editing, "Add a backend", vec![add]) }
                { remove_button(editing, format!("Remove rule {}", index + 1), vec![remove(base)]) }
            </div>
        </fieldset>
    }
}

fn backend_row(editing: &Editing, base: &Path, number: usize, backend: &Value) -> Html {
    let cell = |name: &str, sort: Sort| {
        html! {
            <td><Field editing={editing.clone()} at={base.field(name)} bare=true {sort}
                label={format!("{name} of backend {}", number + 1)} value={shown(backend.get(name))} /></td>
        }
    };
    html! {
        <tr key={number}>
            { cell("name", Sort::Text) }
            { cell("port", Sort::Number) }
            { cell("weight", Sort::Number) }
            <td>{ remove_button(editing, format!("Remove backend {}", number + 1), vec![remove(base)]) }</td>
        </tr>
    }
}
