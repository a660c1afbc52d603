//! Rules: what kube-proxy wrote for a Service on a node, as the tools of the node would show it. Each line says what it
//! does; those that the request in focus took are marked.

use std::sync::Arc;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::{Command, Hop, Place, ProxyMode, RequestRecord, RuleLine, Settings};
use yew::prelude::*;

use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::moment::Moment;

/// What the tab needs.
#[derive(Properties, PartialEq)]
pub struct RulesProps {
    /// The Service.
    pub service: ObjectKey,
    /// The cluster.
    pub moment: Moment,
    /// The request whose lines are marked; `None` for the newest.
    pub focus: Option<u64>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The tab Rules.
#[component]
pub fn Rules(props: &RulesProps) -> Html {
    let cluster = props.moment.cluster();
    let chosen = use_state(|| None::<String>);
    let family = use_state(|| false);
    let at = use_state(|| None::<usize>);
    let alone = use_state(|| false);
    let list = use_node_ref();
    let nodes: Vec<String> =
        cluster.store().objects_of(Kind::Node).map(|object| object.key.name.to_string()).collect();
    let requests = cluster.requests();
    let focused = props.focus.and_then(|number| requests.iter().find(|record| record.number == number));
    let request: Option<&Arc<RequestRecord>> = focused.or_else(|| requests.back());
    // The node where the request came to rules begins.
    let used = request.and_then(|record| record.trace.hops.iter().find_map(node_of));
    let node =
        (*chosen).clone().or(used).filter(|name| nodes.contains(name)).or_else(|| nodes.first().cloned());
    let Some(node) = node else {
        return html! { <p class="body">{ "There is no node, so there are no rules." }</p> };
    };
    let settings = cluster.settings();
    let lines = cluster.rules(&node, Some(&props.service), *family, request.map(|record| &**record));
    let is_v6_there = cluster.store().get(&props.service).is_some_and(|object| {
        let value = object.live.to_value();
        value["spec"]["ipFamilies"].as_array().is_some_and(|all| all.iter().any(|family| family == "IPv6"))
    });
    let taken = lines.iter().filter(|line| line.is_taken()).count();
    let told = match request {
        None => "No request was sent yet, so no line is marked.".to_owned(),
        Some(record) if record.connection.is_some() && record.packets_on(&node).is_empty() => format!(
            "Request {} came to no rule here: connection tracking knew its connection.",
            record.number
        ),
        Some(record) => match taken {
            0 => format!("Request {} took none of these lines.", record.number),
            1 => format!("Request {} took the line that is marked.", record.number),
            n => format!("Request {} took the {n} lines that are marked.", record.number),
        },
    };
    let tool = match (settings.proxy_mode, *family) {
        (ProxyMode::Iptables, false) => "iptables-save",
        (ProxyMode::Iptables, true) => "ip6tables-save",
        (ProxyMode::Nftables, _) => "nft list ruleset",
        (ProxyMode::Ipvs, _) => "ipvsadm -Ln",
    };
    let on_node = Callback::from(move |event: Event| chosen.set(Some(browser::value_of(&event))));
    let on_family = {
        let family = family.setter();
        Callback::from(move |event: Event| family.set(browser::value_of(&event) == "6"))
    };
    let on_alone = {
        let alone = alone.setter();
        Callback::from(move |event: Event| alone.set(browser::is_checked(&event)))
    };
    let value = cluster.store().get(&props.service).map(|object| object.live.to_value()).unwrap_or_default();
    let no_rule = match (value["spec"]["type"].as_str(), value["spec"]["clusterIP"].as_str()) {
        (Some("ExternalName"), _) => {
            Some("An ExternalName has no rule: DNS alone answers for it. These lines are about no Service.")
        }
        (_, Some("None")) => Some(
            "A headless Service has no rule: clients connect to Pods by themselves. These lines are about no Service.",
        ),
        _ => None,
    };
    let show = |index: Option<usize>| {
        let at = at.setter();
        move || at.set(index)
    };
    // One line is in the Tab order; the arrows go to the others.
    let is_shown = |line: &RuleLine| !*alone || taken == 0 || line.is_taken();
    let mut shown: Vec<(usize, &RuleLine)> =
        lines.iter().enumerate().filter(|(_, line)| is_shown(line)).collect();
    if *alone {
        // Alone they stand in the order of the packet's way.
        shown.sort_by_key(|(_, line)| line.step);
    }
    let current = at.filter(|index| lines.get(*index).is_some_and(is_shown));
    let first = current.or_else(|| shown.first().map(|(index, _)| *index));
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            browser::move_focus(&list, "li", step);
        })
    };
    html! {
        <>
            <div class="rules-bar">
                <label>{ "Node " }
                    <select class="input" onchange={on_node}>
                        for name in &nodes {
                            <option value={name.clone()} selected={*name == node}>{ name }</option>
                        }
                    </select>
                </label>
                <ModeField settings={settings.clone()} read_only={props.read_only} on={props.on.clone()} />
                if is_v6_there {
                    <label>{ "Family " }
                        <select class="input" onchange={on_family}>
                            <option value="4" selected={!*family}>{ "IPv4" }</option>
                            <option value="6" selected={*family}>{ "IPv6" }</option>
                        </select>
                    </label>
                }
            </div>
            <p class="body">{ format!("kube-proxy writes these rules and the kernel forwards by them; {tool} shows them. {told}") }</p>
            if let Some(words) = no_rule { <p class="body">{ words }</p> }
            if taken > 0 {
                <label class="switch"><input type="checkbox" role="switch" checked={*alone} onchange={on_alone} />
                    { "Only the lines that were taken" }</label>
            }
            <p class="rule-says" role="status">{
                at.and_then(|index| lines.get(index)).map_or("Point at a line, or go through them with the arrow keys, to read what it does.",
                    |line| line.meaning.as_str())
            }</p>
            <ol class="rules" ref={list} aria-label={format!("Rules on {node}")} {onkeydown}>
                for (index, line) in shown {
                    <li class={line.is_taken().then_some("taken")} title={line.meaning.clone()}
                        tabindex={if Some(index) == first { "0" } else { "-1" }}
                        onmouseenter={ let show = show(Some(index)); move |_: MouseEvent| show() }
                        onfocus={ let show = show(Some(index)); move |_: FocusEvent| show() }>
                        if let Some(step) = line.step { <span class="step"><span class="sr">{ "Step " }</span>{ step }</span> }
                        { &line.text }<span class="sr">{ ". " }{ &line.meaning }</span>
                    </li>
                }
            </ol>
        </>
    }
}

/// The first node whose rules decided something.
fn node_of(hop: &Hop) -> Option<String> {
    match &hop.place {
        Place::Node(name) if hop.rule.is_some() => Some(name.clone()),
        _ => None,
    }
}

/// What the choice of the mode needs.
#[derive(Properties, PartialEq)]
pub struct ModeFieldProps {
    /// The settings as they are.
    pub settings: Settings,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// kube-proxy's mode, for the whole cluster.
#[component]
pub fn ModeField(props: &ModeFieldProps) -> Html {
    let onchange = {
        let (on, settings) = (props.on.clone(), props.settings.clone());
        Callback::from(move |event: Event| {
            let wanted = browser::value_of(&event);
            let mode = MODES.into_iter().find(|mode| mode.name() == wanted).unwrap_or_default();
            let changed = Settings { proxy_mode: mode, ..settings.clone() };
            if changed == settings {
                return;
            }
            let settings = changed;
            on.emit(Act::Command(Command::Configure { settings }));
        })
    };
    html! {
        <label>{ "Mode " }
            <select class="input" disabled={props.read_only} {onchange}>
                for mode in MODES {
                    <option value={mode.name()} selected={mode == props.settings.proxy_mode}>{ mode.name() }</option>
                }
            </select>
        </label>
    }
}

const MODES: [ProxyMode; 3] = [ProxyMode::Iptables, ProxyMode::Nftables, ProxyMode::Ipvs];
