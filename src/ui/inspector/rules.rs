//! Rules: what kube-proxy wrote for a Service on a node, as `iptables-save` would show it.

use endpoint_playground::api::Kind;
use endpoint_playground::session::{Hop, Place};
use yew::prelude::*;

use super::field::Editing;
use crate::ui::browser;

/// What the tab needs.
#[derive(Properties, PartialEq)]
pub struct RulesProps {
    /// The Service.
    pub editing: Editing,
}

/// The tab Rules.
#[component]
pub fn Rules(props: &RulesProps) -> Html {
    let cluster = props.editing.objects.cluster();
    let nodes: Vec<String> =
        cluster.store().objects_of(Kind::Node).map(|object| object.key.name.to_string()).collect();
    // The node of the newest request begins, since its rules were just used.
    let used = cluster.requests().back().and_then(|record| record.trace.hops.iter().find_map(node_of));
    let chosen = use_state(|| None::<String>);
    let node =
        (*chosen).clone().or(used).filter(|name| nodes.contains(name)).or_else(|| nodes.first().cloned());
    let Some(node) = node else {
        return html! { <p class="body">{ "There is no node, so there are no rules." }</p> };
    };
    // The chains that the newest request ran through there.
    let taken: Vec<String> = cluster
        .requests()
        .back()
        .iter()
        .flat_map(|record| &record.trace.hops)
        .filter(|hop| hop.place == Place::Node(node.clone()))
        .filter_map(|hop| hop.rule.clone())
        .flat_map(|rule| rule.split([' ', ',']).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.starts_with("KUBE-"))
        .collect();
    let lines = cluster.rules(&node, Some(&props.editing.key));
    let on_node = Callback::from(move |event: Event| chosen.set(Some(browser::value_of(&event))));
    html! {
        <>
            <label class="rules-node">{ "On node " }
                <select class="input" onchange={on_node}>
                    for name in &nodes {
                        <option value={name.clone()} selected={*name == node}>{ name }</option>
                    }
                </select>
            </label>
            <p class="body">{ "kube-proxy writes these rules and the kernel forwards by them. The marked ones were used by the newest request." }</p>
            <ol class="rules" tabindex="0" aria-label={format!("Rules on {node}")}>
                for line in &lines {
                    <li class={(taken.iter().any(|chain| of_chain(line, chain))).then_some("taken")} title={meaning(line)}>{ line }</li>
                }
            </ol>
        </>
    }
}

fn node_of(hop: &Hop) -> Option<String> {
    match &hop.place {
        Place::Node(name) => Some(name.clone()),
        _ => None,
    }
}

/// Whether a line belongs to a chain, or jumps into it.
fn of_chain(line: &str, chain: &str) -> bool {
    line.split_whitespace().any(|word| word == chain)
}

/// What a line does, in words.
fn meaning(line: &str) -> &'static str {
    let has = |text: &str| line.contains(text);
    if line.starts_with(':') || has("add chain") {
        "Declares a chain."
    } else if has("-j REJECT") || has("reject") {
        "Refuses: the Service has no endpoint at all, and the client hears it."
    } else if has("-j DROP") || has(" drop") {
        "Drops: nothing comes back."
    } else if has("DNAT") || has("dnat") {
        "Rewrites the destination to this endpoint."
    } else if has("KUBE-MARK-MASQ") || has("mark-for-masquerade") {
        "Marks the packet, so that its source becomes the node's address when it leaves."
    } else if has("--probability") || has("numgen") {
        "Picks this endpoint by chance: of those that are left, each is as likely."
    } else if has("-m recent") {
        "Keeps a client with the endpoint that it had before: session affinity."
    } else if has("KUBE-SEP") || has("endpoint-") {
        "Goes on to the rule of one endpoint."
    } else if has("KUBE-SVC") || has("service-") {
        "Goes on to the choice among the Service's endpoints."
    } else if has("KUBE-EXT") || has("external-") {
        "Goes on to the rules for traffic from outside."
    } else {
        "Part of the frame in which kube-proxy's rules stand."
    }
}
