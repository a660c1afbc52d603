//! The hops of one request: where, what decided, the addresses before and after.

use endpoint_playground::api::Time;
use endpoint_playground::session::{Action, Change, Hop, Place, RequestRecord};
use yew::prelude::*;

use super::list::place_name;
use crate::ui::act::Act;
use crate::ui::events_model::Selection;
use crate::ui::icons::small_icon;

/// What the hops need.
#[derive(Properties, PartialEq)]
pub struct HopsProps {
    /// The request.
    pub record: RequestRecord,
    /// The moment on the screen: hops that lie ahead are pale.
    pub now: Time,
    /// The accent.
    #[prop_or_default]
    pub class: Classes,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The hops as a table.
#[component]
pub fn Hops(props: &HopsProps) -> Html {
    let record = &props.record;
    let done = record.hops_done(props.now);
    html! {
        <div class={classes!("hops", props.class.clone())} role="table" aria-label={format!("Hops of request {}", record.number)}>
            <div class="hop head" role="row">
                <span role="columnheader"><span class="sr">{ "Number" }</span></span>
                <span role="columnheader">{ "Where" }</span>
                <span role="columnheader">{ "What decided" }</span>
                <span role="columnheader">{ "Source address" }</span>
                <span role="columnheader">{ "Destination address" }</span>
            </div>
            for (index, hop) in record.trace.hops.iter().enumerate() {
                { line(index, hop, index >= done, &props.on) }
            }
            if let Some((key, field)) = &record.trace.decided_by {
                <div class="hop decided" role="row">
                    <span></span>
                    <span role="cell">{ "Decided by" }</span>
                    <span role="cell">
                        <button type="button" class="go-to" onclick={
                            let (on, key) = (props.on.clone(), key.clone());
                            move |_| on.emit(Act::Select(Some(Selection::Object(key.clone()))))
                        }>{ key.to_string() }</button>
                        if !field.is_empty() { { " " }<span class="mono">{ field }</span> }
                    </span>
                </div>
            }
        </div>
    }
}

/// How the list names the place of a hop: the rules of a node where they decide, the reply where it arrives.
pub fn hop_place(hop: &Hop) -> String {
    let name = match &hop.place {
        Place::Node(name)
            if matches!(hop.action, Action::Dnat | Action::Snat | Action::Reject | Action::Drop) =>
        {
            format!("rules on {name}")
        }
        Place::Client(_) if hop.action == Action::Reply => "Reply".to_owned(),
        place => place_name(place),
    };
    upper(&name)
}

fn line(index: usize, hop: &Hop, ahead: bool, on: &Callback<Act>) -> Html {
    let place = hop_place(hop);
    let (tag, bad) = match hop.action {
        Action::Dnat => (Some("DNAT"), false),
        Action::Snat => (Some("SNAT"), false),
        Action::Proxy => (Some("proxy"), false),
        Action::Reject => (Some("reject"), true),
        Action::Drop => (Some("drop"), true),
        _ => (None, false),
    };
    let title = match hop.action {
        Action::Dnat => "Destination network address translation: the destination address is rewritten",
        Action::Snat => {
            "Source network address translation: the source becomes the node's own address (masquerade). The playground models a \
             routed Pod network; with another network plugin it may be the address of the node's tunnel"
        }
        Action::Proxy => "The connection ends here, and another one begins",
        Action::Reject => "Refused: the sender hears it at once",
        Action::Drop => "Dropped: the sender hears nothing and waits",
        _ => "",
    };
    html! {
        <div class={classes!("hop", ahead.then_some("ahead"))} role="row">
            <span class="n" role="cell">
                if hop.action == Action::Reply {
                    <span class="sr">{ index + 1 }</span>{ small_icon("i-undo") }
                } else {
                    { index + 1 }
                }
            </span>
            <span class="where" role="cell"><b title={place_name(&hop.place)}>{ place }</b></span>
            <span class="what" role="cell">
                if let Some(tag) = tag { <span class={classes!("nat", bad.then_some("bad"))} {title}>{ tag }</span> }
                if let Some(rule) = &hop.rule { <span class="mono rule">{ rule.to_string() }</span>{ ", " } }
                { &hop.decision }
                if hop.action == Action::Answer && let Some(source) = &hop.source {
                    { format!("; sees {} as the client", source.after) }
                }
                for key in hop.looked_up.iter().take(2) {
                    { " " }
                    <button type="button" class="go-to looked" title={format!("Looked up: {key}")} onclick={
                        let (on, key) = (on.clone(), key.clone());
                        move |_| on.emit(Act::Select(Some(Selection::Object(key.clone()))))
                    }>{ format!("{} {}", key.kind, key.name) }</button>
                }
            </span>
            <span class="ad" role="cell">{ address("from", hop.source) }</span>
            <span class="ad" role="cell">{ address("to", hop.destination) }</span>
        </div>
    }
}

fn address(word: &'static str, change: Option<Change>) -> Html {
    let Some(change) = change else { return Html::default() };
    if !change.is_rewritten() {
        return html! { <><span class="ad-word">{ word }{ " " }</span>{ change.after }</> };
    }
    html! {
        <>
            <span class="ad-word">{ word }{ " " }</span>
            <s class="was"><span class="sr">{ "was " }</span>{ change.before }</s>
            { " → " }
            <span class="is"><span class="sr">{ "now " }</span>{ change.after }</span>
        </>
    }
}

fn upper(text: &str) -> String {
    // Names of objects stay as they are; only the page's own words begin with a capital.
    match text.split_once(' ') {
        Some((first, rest)) if matches!(first, "rules" | "load" | "public" | "cluster") => {
            let mut letters = first.chars();
            let head = letters.next().map(|letter| letter.to_ascii_uppercase()).unwrap_or_default();
            format!("{head}{} {rest}", letters.as_str())
        }
        _ => text.to_owned(),
    }
}
