//! The legend: what shapes, lines and words on the board mean.

use yew::prelude::*;

use super::{Frame, TellingProps};
use crate::ui::act::Act;
use crate::ui::icons::{icon, mark};

/// The dialog.
#[component]
pub fn Legend(props: &TellingProps) -> Html {
    let buttons = html! {
        <button type="button" class="btn solid" autofocus=true onclick={props.on.reform(|_| Act::Dialog(None))}>{ "To the board" }</button>
    };
    let pod = |symbol: &'static str, word: &'static str, text: &'static str| {
        html! { <li>{ mark(symbol, word) }<span><b>{ word }</b>{ text }</span></li> }
    };
    let line = |class: &'static str, word: &'static str, text: &'static str| {
        html! {
            <li><svg class="sample a1" viewBox="0 0 36 12" aria-hidden="true"><path {class} d="M1 6h34" /></svg>
                <span><b>{ word }</b>{ text }</span></li>
        }
    };
    let letter = |letter: &'static str, word: &'static str, text: &'static str| {
        html! { <li><b>{ letter }</b><span><b>{ word }</b>{ text }</span></li> }
    };
    let time = |symbol: &'static str, text: &'static str| {
        html! {
            <li><svg class="t" viewBox="0 0 10 10" aria-hidden="true"><use href={symbol} /></svg><span>{ text }</span></li>
        }
    };
    html! {
        <Frame title="How to read the board" on={props.on.clone()} {buttons}>
            <p class="body">{ "The board reads from left to right, as a request travels: who asks, where it enters, which \
                Pods may answer, where they run. A Service is looked up on the way; it is no stop. Packets go to nodes \
                and Pods alone." }</p>
            <div class="legend">
                <section>
                    <h3>{ "Pods of a Service" }</h3>
                    <ul>
                        { pod("r-ready", "ready", ": gets requests") }
                        { pod("r-warn", "not ready", ": an endpoint that gets none") }
                        { pod("r-bad", "terminating", ": asked only when no endpoint is ready") }
                        { pod("r-near", "near miss", ": almost the labels that are wanted") }
                        { pod("r-no", "not selected", ": belongs to something else") }
                    </ul>
                </section>
                <section>
                    <h3>{ "Lines" }</h3>
                    <ul>
                        { line("s-route", "request", ": its way, with the packet on it") }
                        { line("s-standing", "open connection", ": its Pod was chosen once") }
                        { line("s-link", "endpoint", ": from a Service's slice to the Pod") }
                        { line("s-near", "near miss", "") }
                        { line("s-wire", "configuration", ": such as an Ingress rule") }
                    </ul>
                </section>
                <section>
                    <h3>{ "EndpointSlice" }</h3>
                    <ul>
                        { letter("R", "ready", ": gets requests") }
                        { letter("S", "serving", ": could answer") }
                        { letter("T", "terminating", ": is being deleted") }
                        <li><svg class="m" viewBox="0 0 8 8" aria-hidden="true"><use href="#m-t" /></svg>
                            <span>{ "a filled disc is true, a ring is false" }</span></li>
                    </ul>
                </section>
                <section>
                    <h3>{ "Time" }</h3>
                    <ul>
                        <li>{ icon("i-step") }<span>{ "one step, to the next hop or event" }</span></li>
                        { time("#t-person", "you changed something") }
                        { time("#t-cluster", "the cluster did something") }
                        { time("#t-request", "a request was sent") }
                        { time("#t-failed", "a request failed") }
                    </ul>
                </section>
            </div>
        </Frame>
    }
}
