//! The ways to connect two objects, each with what it changes; and the choice of the other object for who works by
//! keyboard or finger.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::session::draw::{self, Proposal};
use serde_json::Value;
use yew::prelude::*;

use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::events_model::Selection;
use crate::ui::icons::{mark, of_kind, small_icon};
use crate::ui::moment::Objects;

/// What the popup needs.
#[derive(Properties, PartialEq)]
pub(super) struct ConnectingProps {
    /// The objects.
    pub objects: Objects,
    /// Where the line began.
    pub from: ObjectKey,
    /// Where it leads; `None` when that is still to be chosen.
    pub to: Option<ObjectKey>,
    /// What was asked for.
    pub on_act: Callback<Act>,
    /// It is done, or given up.
    pub on_close: Callback<()>,
}

/// What gets the focus first: a choice, else the button that closes.
const FIRST: &str = ".partners button, .way button, header:only-child button, header:has(+ p) button";

/// The popup.
#[component]
pub(super) fn Connecting(props: &ConnectingProps) -> Html {
    let to = use_state(|| props.to.clone());
    let root = use_node_ref();
    {
        let root = root.clone();
        use_effect_with((*to).clone(), move |_| browser::move_focus(&root, FIRST, i32::MIN));
    }
    let onkeydown = {
        let root = root.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Tab" if event.shift_key() => -1,
                "Tab" => 1,
                _ => return,
            };
            event.prevent_default();
            browser::move_focus(&root, "button:not(:disabled)", step);
        })
    };
    let content = match &*to {
        None => partners(props, &to),
        Some(to) => ways(props, to),
    };
    let title = match &*to {
        None => format!("Connect {} to", props.from.name),
        Some(to) => format!("Connect {} and {}", props.from.name, to.name),
    };
    html! {
        <div class="connecting" ref={root} role="dialog" aria-label={title.clone()} {onkeydown}>
            <header><h3>{ title }</h3>
                <button type="button" class="btn" title="Close (Escape)" aria-label="Close"
                    onclick={props.on_close.reform(|_| ())}>{ small_icon("i-x") }</button></header>
            { content }
        </div>
    }
}

fn partners(props: &ConnectingProps, to: &UseStateHandle<Option<ObjectKey>>) -> Html {
    let partners = draw::partners(props.objects.cluster(), &props.from);
    if partners.is_empty() {
        return html! { <p class="body">{ "There is nothing in its namespace that it could be connected to." }</p> };
    }
    html! {
        <div class="partners">
            for partner in partners.into_iter().take(100) {
                <button type="button" class="btn" onclick={let (to, partner) = (to.setter(), partner.clone()); move |_: MouseEvent| to.set(Some(partner.clone()))}>
                    { small_icon(of_kind(&partner.kind)) }<span class="cut">{ &*partner.name }</span><span class="muted">{ partner.kind.to_string() }</span>
                </button>
            }
        </div>
    }
}

fn ways(props: &ConnectingProps, to: &ObjectKey) -> Html {
    match draw::proposals(props.objects.cluster(), &props.from, to) {
        Err(why) => html! { <p class="body">{ why }</p> },
        Ok(proposals) => {
            // The first one that the API server would take is what most people mean.
            let refusals: Vec<Option<String>> =
                proposals.iter().map(|proposal| props.objects.refusal(&proposal.command())).collect();
            let first = refusals.iter().position(Option::is_none);
            proposals
                .iter()
                .zip(&refusals)
                .enumerate()
                .map(|(index, (proposal, refusal))| {
                    way(props, proposal, refusal.as_deref(), first == Some(index))
                })
                .collect()
        }
    }
}

fn way(props: &ConnectingProps, proposal: &Proposal, refusal: Option<&str>, is_first: bool) -> Html {
    let value = props.objects.get(&proposal.object).map(|object| object.live.to_value()).unwrap_or_default();
    let apply = {
        let (on_act, on_close, command) = (props.on_act.clone(), props.on_close.clone(), proposal.command());
        let from = props.from.clone();
        move |_: MouseEvent| {
            on_close.emit(());
            on_act.emit(Act::Command(command.clone()));
            on_act.emit(Act::Select(Some(Selection::Object(from.clone()))));
        }
    };
    html! {
        <section class="way">
            <p class="body">{ &proposal.text }</p>
            <div class="diff" role="group" aria-label={format!("What changes in {}", proposal.object)}>
                <div class="h">{ proposal.object.to_string() }</div>
                for edit in proposal.edits.iter() {
                    if let Some(old) = edit.path.get(&value) {
                        <div class="del"><span aria-hidden="true">{ "- " }</span><span class="sr">{ "removed: " }</span>{ format!("{}: {}", edit.path, text(old)) }</div>
                    }
                    if let Some(new) = &edit.value {
                        <div class="add"><span aria-hidden="true">{ "+ " }</span><span class="sr">{ "added: " }</span>{ format!("{}: {}", edit.path, text(new)) }</div>
                    }
                }
            </div>
            if let Some(why) = refusal {
                <p class="said">{ mark("r-fail", "refused") }<span>{ why.to_owned() }</span></p>
            } else {
                <button type="button" class={classes!("btn", if is_first { "solid" } else { "out" })} onclick={apply}>{ &proposal.label }</button>
            }
        </section>
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
