//! A request as a list of steps, for those who asked their system for less motion: no packet moves, the step that has
//! happened last is lit, and Step goes on to the next.

use endpoint_playground::api::Time;
use endpoint_playground::session::RequestRecord;
use yew::prelude::*;

use super::act::Act;
use super::moment::Moment;
use super::requests::hop_place;

/// What the steps need.
#[derive(Properties, PartialEq)]
pub struct StepsProps {
    /// The cluster.
    pub moment: Moment,
    /// The request in focus; `None` for the newest.
    pub focus: Option<u64>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The steps of the request in focus.
#[component]
pub fn Steps(props: &StepsProps) -> Html {
    let requests = props.moment.cluster().requests();
    let chosen = props.focus.and_then(|number| requests.iter().rev().find(|record| record.number == number));
    let Some(record) = chosen.or_else(|| requests.back()) else { return Html::default() };
    let done = record.hops_done(props.moment.now());
    let number = record.number;
    html! {
        <div class="steps">
            <button type="button" class="go-to" title="Show the hops of this request"
                onclick={props.on.reform(move |_| Act::Focus(Some(number)))}>{ format!("Request {number}") }</button>
            <ol aria-label={format!("Steps of request {number}")}>
                for (index, hop) in record.trace.hops.iter().enumerate() {
                    <li key={index} class={(index >= done).then_some("ahead")}
                        aria-current={(index + 1 == done).then_some("step")}>
                        <span class="n">{ index + 1 }</span>{ hop_place(hop) }
                    </li>
                }
            </ol>
            <p>{ last_step(record, props.moment.now()) }</p>
        </div>
    }
}

/// What the step decided that happened last.
fn last_step(record: &RequestRecord, now: Time) -> String {
    let hop = record.hops_done(now).checked_sub(1).and_then(|index| record.trace.hops.get(index));
    match hop {
        None => format!("{} sends {}.", record.request.from, record.request),
        Some(hop) => format!("{}: {}", hop_place(hop), hop.decision),
    }
}
