//! The time line: a scrubber with marks for what the person, the cluster and the requests did.

use std::collections::BTreeMap;
use std::rc::Rc;

use endpoint_playground::api::Time;
use endpoint_playground::session::{Actor, Cluster};
use yew::prelude::*;

use super::act::Act;
use super::browser;

/// A mark: what sort, where in thousandths of the line, and whether it lies ahead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeMark {
    place: u32,
    sort: Sort,
    future: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sort {
    Cluster,
    Request,
    Person,
    Failed,
}

impl Sort {
    fn class(self) -> &'static str {
        match self {
            Sort::Cluster => "cluster",
            Sort::Request => "request",
            Sort::Person => "person",
            Sort::Failed => "failed",
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Sort::Cluster => "#t-cluster",
            Sort::Request => "#t-request",
            Sort::Person => "#t-person",
            Sort::Failed => "#t-failed",
        }
    }
}

/// In how many places marks can stand. Marks that fall together are one.
const PLACES: u64 = 160;

/// The end of the line: a whole minute at least, then whole steps beyond `latest`.
pub fn line_end(latest: Time) -> Time {
    let step = match latest.0 {
        0..60_000 => return Time(60_000),
        60_000..300_000 => 30_000,
        300_000..1_800_000 => 60_000,
        _ => 600_000,
    };
    Time((latest.0 / step + 1) * step)
}

/// The place of a moment on a line with this end, in thousandths of the line.
pub fn place(at: Time, end: Time) -> u32 {
    u32::try_from(at.0.min(end.0) * PLACES / end.0.max(1) * 1000 / PLACES).unwrap_or(0)
}

/// The marks of everything in `latest`, the cluster at the farthest moment that was seen.
pub fn marks(latest: &Cluster, now: Time, end: Time) -> Vec<TimeMark> {
    // In one place what matters most is seen: a failure, then the person, then a request.
    let mut seen: BTreeMap<u32, (Sort, bool)> = BTreeMap::new();
    let mut mark = |at: Time, sort: Sort| {
        let mark = (sort, at > now);
        let known = seen.entry(place(at, end)).or_insert(mark);
        *known = (*known).max(mark);
    };
    for entry in latest.events() {
        mark(entry.at, if entry.actor == Actor::Person { Sort::Person } else { Sort::Cluster });
    }
    for record in latest.requests() {
        mark(record.sent_at, Sort::Request);
        let known = record.ended_at <= latest.now();
        if known && !record.trace.outcome.is_success() {
            mark(record.ended_at, Sort::Failed);
        }
    }
    seen.into_iter().map(|(place, (sort, future))| TimeMark { place, sort, future }).collect()
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
                for mark in props.marks.iter() {
                    <svg class={classes!("mk", mark.sort.class(), mark.future.then_some("future"))}
                        style={format!("left:{:.1}%", f64::from(mark.place) / 10.0)}>
                        <use href={mark.sort.symbol()} />
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
