//! The bar below an embedded board: time, theme, undo, Send, and the way to the whole page.

use std::rc::Rc;

use endpoint_playground::api::Time;
use endpoint_playground::scene::TimeMark;
use endpoint_playground::session::Command;
use yew::prelude::*;

use super::act::Act;
use super::icons::{icon, small_icon};
use super::moment::Moment;
use super::options::Theme;
use super::requests::{Composer, Draft};
use super::timeline::{Clock, Track};
use super::top_bar::{PlayButtons, theme_menu};

/// What the bar needs.
#[derive(Properties, PartialEq)]
pub struct EmbedBarProps {
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds per second.
    pub speed: f64,
    /// The colours.
    pub theme: Theme,
    /// Whether there is something to take back.
    pub can_undo: bool,
    /// The cluster.
    pub moment: Moment,
    /// The request that is being written.
    pub draft: Draft,
    /// The marks of the time line.
    pub marks: Rc<Vec<TimeMark>>,
    /// The end of the time line.
    pub end: Time,
    /// Whether the time line is left out.
    pub hide_timeline: bool,
    /// Another text of the request.
    pub on_draft: Callback<Draft>,
    /// Opens the board in full.
    pub on_full: Callback<()>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The bar.
#[component]
pub fn EmbedBar(props: &EmbedBarProps) -> Html {
    let open = use_state(|| false);
    let on = &props.on;
    let on_command = {
        let (on, open) = (on.clone(), open.setter());
        Callback::from(move |command: Command| {
            open.set(false);
            on.emit(Act::Command(command));
        })
    };
    let toggle = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let onkeydown = {
        let open = open.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && *open {
                event.stop_propagation();
                open.set(false);
            }
        }
    };
    html! {
        <footer class="bar">
            <PlayButtons playing={props.playing} speed={props.speed} {on} />
            <Clock playing={props.playing} />
            if props.hide_timeline {
                <span class="grow"></span>
            } else {
                <Track marks={props.marks.clone()} end={props.end} {on} />
            }
            <span class="not-narrow">{ theme_menu(props.theme, on) }</span>
            <button type="button" class="btn not-narrow" title="Undo (Ctrl+Z)" aria-label="Undo" disabled={!props.can_undo}
                onclick={on.reform(|_| Act::Undo)}>{ icon("i-undo") }</button>
            <span class="pop" {onkeydown}>
                <button type="button" class={classes!("btn", if *open { "out" } else { "solid" })} aria-expanded={open.to_string()} onclick={toggle}>{ "Send" }</button>
                if *open {
                    <div class="pop-body">
                        <Composer objects={props.moment.objects()} draft={props.draft.clone()}
                            on_draft={props.on_draft.clone()} {on_command} {on} />
                    </div>
                }
            </span>
            <button type="button" class="btn out" title="Open this board in full, in a new tab"
                onclick={props.on_full.reform(|_| ())}><span class="not-narrow">{ "Open full" }</span>{ small_icon("i-out") }</button>
        </footer>
    }
}
