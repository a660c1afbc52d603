//! Describe: what kubectl prints of an object, as it stands at the moment.

use endpoint_playground::api::{Kind, ObjectKey, Time};
use endpoint_playground::kubectl::{
    ApiServer, Columns, describe, describe_command, get, get_command, get_slices_command,
};
use endpoint_playground::session::Cluster;
use yew::prelude::*;

use super::copy_and_say;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::moment::Moment;

/// What the tab needs.
#[derive(Properties, PartialEq)]
pub struct DescribeProps {
    /// The object.
    pub object: ObjectKey,
    /// The cluster.
    pub moment: Moment,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// A command, and what it prints.
#[derive(Clone, PartialEq, Debug)]
struct Printed {
    command: String,
    output: String,
}

/// The tab Describe.
#[component]
pub fn Describe(props: &DescribeProps) -> Html {
    let second = use_state_eq(|| props.moment.now().0 / 1_000);
    let is_open = use_state(|| false);
    {
        // Ages are told in whole seconds.
        let second = second.setter();
        browser::use_frame(move |now| second.set(now.0 / 1_000));
    }
    let cluster = props.moment.cluster();
    // What is printed changes with the objects, with what is reported of them, and with time.
    let newest = cluster.events().back().cloned();
    let printed = use_memo(
        (props.object.clone(), props.moment.objects(), newest, *second, *is_open),
        |(key, _, _, second, is_open)| {
            let now = Time(second * 1_000);
            let lists = if *is_open { lists(cluster, key, now) } else { Vec::new() };
            (description(cluster, key, now), lists)
        },
    );
    let ontoggle = {
        let is_open = is_open.setter();
        Callback::from(move |event: Event| is_open.set(browser::is_unfolded(&event)))
    };
    html! {
        <section class="described" aria-label="What kubectl prints">
            { shown(&printed.0, &props.on) }
            <details {ontoggle}>
                <summary>{ "In a list: kubectl get" }</summary>
                for list in &printed.1 { { shown(list, &props.on) } }
            </details>
        </section>
    }
}

/// What describes the object.
fn description(cluster: &Cluster, key: &ObjectKey, now: Time) -> Printed {
    let server = ApiServer { now, ..ApiServer::of(cluster) };
    Printed { command: describe_command(key), output: describe(server, key).unwrap_or_default() }
}

/// What lists the object; for a Service its EndpointSlices too.
fn lists(cluster: &Cluster, key: &ObjectKey, now: Time) -> Vec<Printed> {
    let server = ApiServer { now, ..ApiServer::of(cluster) };
    let columns = Columns { wide: true, ..Columns::default() };
    let mut lists =
        vec![Printed { command: get_command(key), output: get(server, &key.kind, [key], columns) }];
    if key.kind == Kind::Service {
        let slices: Vec<ObjectKey> = cluster
            .store()
            .slices_of(&key.namespace, &key.name)
            .filter_map(|slice| slice.metadata.name.as_deref())
            .map(|name| ObjectKey::new(Kind::EndpointSlice, key.namespace.clone(), name))
            .collect();
        let mut output = get(server, &Kind::EndpointSlice, &slices, columns);
        if output.is_empty() {
            output = format!("No resources found in {} namespace.\n", key.namespace);
        }
        lists.push(Printed { command: get_slices_command(key), output });
    }
    lists
}

/// A command with what it prints.
fn shown(printed: &Printed, on: &Callback<Act>) -> Html {
    let copy = {
        let (command, on) = (printed.command.clone(), on.clone());
        move |_: MouseEvent| copy_and_say(&command, "The command", &on)
    };
    html! {
        <>
            <div class="command">
                <code>{ &printed.command }</code>
                <button type="button" class="btn" title="Copy the command" aria-label={format!("Copy {}", printed.command)} onclick={copy}>{ small_icon("i-copy") }</button>
            </div>
            <pre class="rules" tabindex="0" aria-label={format!("What {} prints", printed.command)}>{ &printed.output }</pre>
        </>
    }
}

#[cfg(test)]
mod tests {
    use endpoint_playground::session::{Command, Session};
    use serde_json::{Value, json};
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn pod(ready: bool) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-1", "labels": {"app": "web"}, "annotations": {"playground.endpoint/ready": ready.to_string()}},
            "spec": {"containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 8080}]}]}})
    }

    fn apply(session: &mut Session, documents: Vec<Value>) {
        session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
        session.advance(Time(session.now().0 + 5_000));
    }

    #[wasm_bindgen_test]
    fn a_service_is_described_and_listed_with_its_slices_as_they_stand() {
        let mut session = Session::new(7);
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}});
        apply(&mut session, vec![service, pod(true)]);
        let key = ObjectKey::service("default", "web");
        let now = session.now();
        let ready = description(session.cluster(), &key, now);
        assert_eq!(ready.command, "kubectl describe service web");
        let endpoints = |printed: &Printed| {
            let line = printed.output.lines().find(|line| line.starts_with("Endpoints:"));
            line.and_then(|line| line.split_whitespace().nth(1)).unwrap_or_default().to_owned()
        };
        assert!(endpoints(&ready).ends_with(":8080"), "{}", ready.output);
        let lists = lists(session.cluster(), &key, now);
        let commands: Vec<&str> = lists.iter().map(|list| list.command.as_str()).collect();
        let of_slices = "kubectl get endpointslice -l kubernetes.io/service-name=web -o wide";
        assert_eq!(commands, ["kubectl get service web -o wide", of_slices]);
        let address = endpoints(&ready);
        let address = address.trim_end_matches(":8080");
        assert!(lists[1].output.contains(address), "{}", lists[1].output);
        apply(&mut session, vec![pod(false)]);
        assert_eq!(endpoints(&description(session.cluster(), &key, session.now())), "");
    }
}
