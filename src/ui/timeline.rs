//! The time line: a scrubber with marks for what the person, the cluster and the requests did.

use std::rc::Rc;

use endpoint_playground::api::Time;
use endpoint_playground::scene::{MarkSort, TimeMark};
use yew::prelude::*;

use super::act::Act;
use super::browser;

/// The class and the symbol of a mark.
fn look(sort: MarkSort) -> (&'static str, &'static str) {
    match sort {
        MarkSort::Cluster => ("cluster", "#t-cluster"),
        MarkSort::Request => ("request", "#t-request"),
        MarkSort::Person => ("person", "#t-person"),
        MarkSort::Failed => ("failed", "#t-failed"),
    }
}

/// What the scrubber needs.
#[derive(Properties, PartialEq)]
pub struct TrackProps {
    /// The marks.
    pub marks: Rc<Vec<TimeMark>>,
    /// The end of the line.
    pub end: Time,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The scrubber alone.
#[component]
pub fn Track(props: &TrackProps) -> Html {
    let (track, input) = (use_node_ref(), use_node_ref());
    {
        let (track, input, end) = (track.clone(), input.clone(), props.end);
        let seen = use_mut_ref(|| (u64::MAX, u64::MAX, u64::MAX));
        browser::use_frame(move |now| {
            let at = now.0.min(end.0);
            // Half a pixel, or less: a finer step is not seen, and each costs the browser a layout.
            let share = (at * 1000 + end.0 / 2) / end.0.max(1);
            let second = now.0 / 1000;
            let (seen_end, seen_share, seen_second) = &mut *seen.borrow_mut();
            if (*seen_end, *seen_share) != (end.0, share) {
                browser::set_property(&track, "--share", &format!("{}.{}%", share / 10, share % 10));
                browser::set_value(&input, &at.to_string());
                (*seen_end, *seen_share) = (end.0, share);
            }
            if *seen_second != second {
                browser::set_attribute(&input, "aria-valuetext", &spoken(now));
                *seen_second = second;
            }
        });
    }
    let oninput =
        props.on.reform(|event: InputEvent| Act::Seek(Time(browser::value_of(&event).parse().unwrap_or(0))));
    let step = match props.end.0 {
        0..=60_000 => 10_000,
        60_001..=300_000 => 30_000,
        300_001..=1_800_000 => 300_000,
        _ => 600_000,
    };
    let scale: Vec<Time> = (0..props.end.0).step_by(step).map(Time).collect();
    html! {
        <div class="track" ref={track}>
            <div class="rail"></div>
            <div class="marks" aria-hidden="true">
                for at in scale {
                    <span class="sc" style={format!("left:{:.2}%", at.0 as f64 * 100.0 / props.end.0.max(1) as f64)}>
                        { short(at) }
                    </span>
                }
                for TimeMark { place, sort, future } in props.marks.iter().copied() {
                    <svg class={classes!("mk", look(sort).0, future.then_some("future"))}
                        style={format!("left:{:.1}%", f64::from(place) / 10.0)}>
                        <use href={look(sort).1} />
                    </svg>
                }
            </div>
            <input ref={input} type="range" min="0" max={props.end.0.to_string()} step="100"
                aria-label="Time line" {oninput} />
        </div>
    }
}

/// What the clock needs.
#[derive(Properties, PartialEq)]
pub struct ClockProps {
    /// Whether time passes.
    pub playing: bool,
}

/// Simulated time. While it passes, nobody reads more than tenths of a second.
#[component]
pub fn Clock(props: &ClockProps) -> Html {
    let node = use_node_ref();
    {
        let (node, playing) = (node.clone(), props.playing);
        let seen = use_mut_ref(|| None);
        browser::use_frame(move |now| {
            let shown = if playing { now.0 / 100 } else { now.0 };
            if seen.replace(Some((playing, shown))) != Some((playing, shown)) {
                let mut text = now.to_string();
                if playing {
                    text.truncate(text.len().saturating_sub(2));
                }
                browser::set_text(&node, &text);
            }
        });
    }
    html! { <span class="clock" ref={node} role="timer" aria-label="Simulated time" title="Simulated time"></span> }
}

/// What the time line needs.
#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    /// The marks.
    pub marks: Rc<Vec<TimeMark>>,
    /// The end of the line.
    pub end: Time,
    /// Whether time passes.
    pub playing: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// Clock, scrubber and the key to its marks.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    html! {
        <div class="time">
            <Clock playing={props.playing} />
            <Track marks={props.marks.clone()} end={props.end} on={props.on.clone()} />
            <span class="key" aria-hidden="true">
                for (symbol, word) in [("#t-person", "you"), ("#t-cluster", "cluster"), ("#t-request", "request"), ("#t-failed", "failed")] {
                    <span><svg viewBox="0 0 10 10"><use href={symbol} /></svg>{ word }</span>
                }
            </span>
        </div>
    }
}

fn short(at: Time) -> String {
    format!("{}:{:02}", at.0 / 60_000, at.0 / 1000 % 60)
}

fn spoken(at: Time) -> String {
    match (at.0 / 60_000, at.0 / 1000 % 60) {
        (0, seconds) => format!("{seconds} seconds"),
        (minutes, seconds) => format!("{minutes} minutes {seconds} seconds"),
    }
}
