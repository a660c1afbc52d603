//! The list of requests, newest first.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use endpoint_playground::api::{ObjectKey, Time};
use endpoint_playground::scene;
use endpoint_playground::session::{Action, Place, RequestRecord};
use yew::prelude::*;

use super::hops::Hops;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::{mark, small_icon};
use crate::ui::moment::Moment;
use crate::ui::sentence::outcome_mark;

/// How many rows are drawn at first.
const SHOWN: usize = 25;

/// How many while the list is low.
const SHOWN_LOW: usize = 10;

/// How many more when they are asked for.
const MORE: usize = 100;

/// What the list needs.
#[derive(Properties, PartialEq)]
pub struct RequestsProps {
    /// The cluster.
    pub moment: Moment,
    /// Whether time passes.
    pub playing: bool,
    /// Whether only a few rows have room.
    pub low: bool,
    /// The request whose hops are unfolded.
    pub open: Option<u64>,
    /// The accent of each Service: 1 to 6.
    pub accents: Rc<BTreeMap<ObjectKey, u8>>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The list of requests.
#[component]
pub fn Requests(props: &RequestsProps) -> Html {
    let root = use_node_ref();
    let more = use_state_eq(|| 0);
    let shown = *more + if props.low { SHOWN_LOW } else { SHOWN };
    let requests = props.moment.cluster().requests();
    let now = props.moment.now();
    if requests.is_empty() {
        return html! {
            <p class="none">{ "No request was sent yet. Pick who asks, write a URL or take one from the list, and press Send." }</p>
        };
    }
    let onkeydown = {
        let root = root.clone();
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
            browser::move_focus(&root, ".rq", step);
        })
    };
    // While very many are sent the list stands still for a few seconds at a time, as the cards do: nobody could read it.
    let oldest = requests.front().map_or(0, |record| record.number);
    let told = scene::told(requests, now).filter(|_| props.playing);
    // Numbers have no gaps.
    let index = |number: u64| usize::try_from(number.checked_sub(oldest)?).ok();
    let end = told.and_then(|record| index(record.number)).map_or(requests.len(), |last| last + 1);
    let end = end.max(shown.min(requests.len()));
    let first = end.saturating_sub(shown);
    // The unfolded request stays in the list however old it is.
    let older = props.open.and_then(index).filter(|index| *index < first);
    let records = (first..end).rev().chain(older).filter_map(|index| requests.get(index));
    html! {
        <div class="reqs" ref={root} {onkeydown}>
            for record in records {
                <Row key={record.number} record={record.clone()} {now} open={props.open == Some(record.number)}
                    accent={looked_up(record).find_map(|key| props.accents.get(key)).copied()} on={props.on.clone()} />
            }
            if let Some(older) = requests.len().checked_sub(shown).filter(|older| *older > 0) {
                <button type="button" class="btn out older" onclick={move |_| more.set(*more + MORE)}>
                    { format!("Show {} older ones", older.min(MORE)) }
                </button>
            }
        </div>
    }
}

/// The class of a text with at most so many characters: it has room on every wide page, and is not cut there.
fn short(characters: usize, text: &str) -> Option<&'static str> {
    (text.chars().count() <= characters).then_some("short")
}

/// A request of the list.
#[derive(Properties)]
struct RowProps {
    record: Arc<RequestRecord>,
    /// The moment that is told: of a request that is unfolded the very one, of others that of the last hop.
    now: Time,
    open: bool,
    /// The accent of the Service that was looked up.
    accent: Option<u8>,
    on: Callback<Act>,
}

impl PartialEq for RowProps {
    fn eq(&self, other: &RowProps) -> bool {
        let stage = |props: &RowProps| (props.record.hops_done(props.now), props.record.in_flight(props.now));
        Arc::ptr_eq(&self.record, &other.record)
            && (self.open, self.accent, &self.on) == (other.open, other.accent, &other.on)
            && (self.now == other.now || !self.open && stage(self) == stage(other))
    }
}

/// A row, and below it the hops of a request that is unfolded.
#[component]
fn Row(props: &RowProps) -> Html {
    let RowProps { record, now, open, on, .. } = props;
    let (number, open, now) = (record.number, *open, *now);
    let (class, symbol, words, took) = outcome(record, now);
    let accent = props.accent.map(|accent| format!("a{accent}"));
    let onclick = on.reform(move |_: MouseEvent| Act::Focus(if open { None } else { Some(number) }));
    let way = way(record);
    let (from, url) = (record.request.from.to_string(), record.request.to_string());
    let has_number = record.connection.is_some();
    html! {
        <>
            <button type="button" class={classes!("rq", open.then_some("on"), accent.clone())}
                aria-expanded={open.to_string()} {onclick}>
                <span class="tri">{ small_icon(if open { "i-down" } else { "i-right" }) }</span>
                <span class="num">{ format!("#{number}") }</span>
                <span class="at">{ record.sent_at.to_string() }</span>
                <span class={classes!("from", short(11, &from))}>{ &from }</span>
                <span class={classes!("url", short(36, &url))} title={record.request.url.clone()}>{ &url }</span>
                <span class={classes!("way", short(34, &way).filter(|_| !has_number))} title={way.clone()}>
                    if let Some(connection) = record.connection {
                        <span class="reused">{ format!("connection {connection}") }</span>{ " " }
                    }
                    { way.clone() }
                </span>
                <span class={classes!("out", class, short(24, &words))} title={words.clone()}>
                    { mark(symbol, "") }
                    <span class="cut">{ words }</span>
                    if let Some(took) = took { <span class="muted took">{ format!("in {took} ms") }</span> }
                </span>
            </button>
            if open {
                <Hops record={(**record).clone()} {now} class={classes!(accent)} on={on.clone()} />
            }
        </>
    }
}

/// The objects that were looked up on the way.
fn looked_up(record: &RequestRecord) -> impl Iterator<Item = &ObjectKey> {
    record.trace.hops.iter().flat_map(|hop| &hop.looked_up)
}

/// The class, the mark, the words and the milliseconds of what became of a request so far.
fn outcome(record: &RequestRecord, now: Time) -> (&'static str, &'static str, String, Option<u64>) {
    if record.in_flight(now) {
        let hop = record.hops_done(now).checked_sub(1).and_then(|index| record.trace.hops.get(index));
        let place = hop.map_or_else(|| record.request.from.to_string(), |hop| place_name(&hop.place));
        return ("go", "r-go", format!("under way: {place}"), None);
    }
    let outcome = &record.trace.outcome;
    let class = if outcome.is_success() { "" } else { "bad" };
    let took = outcome.is_success().then(|| record.ended_at.since(record.sent_at));
    (class, outcome_mark(outcome), outcome.to_string(), took)
}

/// How the list names a place.
pub(super) fn place_name(place: &Place) -> String {
    match place {
        Place::Client(client) => client.to_string(),
        Place::PublicDns => "public DNS".to_owned(),
        Place::ClusterDns => "cluster DNS".to_owned(),
        Place::LoadBalancer(key) => format!("load balancer of {}", key.name),
        Place::Node(name) => name.clone(),
        Place::Pod(key) => short_name(&key.name),
        Place::External(name) => name.clone(),
    }
}

/// A Pod's name without the hash in the middle: its head, and the last five characters that tell it from the others.
fn short_name(name: &str) -> String {
    let count = name.chars().count();
    if count <= 18 {
        return name.to_owned();
    }
    let head: String = name.chars().take(8).collect();
    let tail: String = name.chars().skip(count - 5).collect();
    format!("{head}…-{tail}")
}

/// The places where the bytes go, in order, each once: `load balancer → node-2 → web-1`.
fn way(record: &RequestRecord) -> String {
    let mut places: Vec<String> = Vec::new();
    for hop in record.trace.hops.iter().filter(|hop| !matches!(hop.action, Action::Reply)) {
        if matches!(hop.place, Place::Client(_)) {
            continue;
        }
        let name = place_name(&hop.place);
        if places.last() != Some(&name) {
            places.push(name);
        }
    }
    places.join(" → ")
}
