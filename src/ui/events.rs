//! The list of events: what the person and the cluster did, newest first.

use endpoint_playground::session::{Actor, LogEntry};
use yew::prelude::*;

use super::act::Act;
use super::events_model::Selection;
use super::moment::Moment;

/// How many lines are drawn at once.
const SHOWN: usize = 200;

/// What the list needs.
#[derive(Properties, PartialEq)]
pub struct EventsProps {
    /// The cluster.
    pub moment: Moment,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The list of events.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let events = props.moment.cluster().events();
    if events.is_empty() {
        return html! { <p class="none">{ "Nothing has happened yet. What you and the controllers do is listed here." }</p> };
    }
    html! {
        <ul class="events">
            for entry in events.iter().rev().take(SHOWN) {
                { line(entry, &props.on) }
            }
            if events.len() > SHOWN {
                <li class="none">{ format!("and {} older ones", events.len() - SHOWN) }</li>
            }
        </ul>
    }
}

fn line(entry: &LogEntry, on: &Callback<Act>) -> Html {
    let (symbol, class, who) = match entry.actor {
        Actor::Person => ("#t-person", "person", "you"),
        _ => ("#t-cluster", "cluster", "cluster"),
    };
    html! {
        <li class={classes!("ev", entry.warning.then_some("warn"))}>
            <span>{ entry.at.to_string() }</span>
            <span class={classes!("actor", class)}>
                <svg viewBox="0 0 10 10" aria-hidden="true"><use href={symbol} /></svg>{ who }
            </span>
            <span class="reason">{ &entry.reason }</span>
            <span class="object">
                if let Some(key) = &entry.object {
                    <button type="button" class="go-to" title={key.to_string()} onclick={
                        let (on, key) = (on.clone(), key.clone());
                        move |_| on.emit(Act::Select(Some(Selection::Object(key.clone()))))
                    }>{ key.to_string() }</button>
                }
            </span>
            <span class="message" title={entry.message.clone()}>{ &entry.message }</span>
        </li>
    }
}
