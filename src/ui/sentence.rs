//! The one plain sentence on top of the board that says what just happened, and the problems there are.

use std::collections::VecDeque;

use endpoint_playground::api::{ObjectKey, Time};
use endpoint_playground::session::{Action, Actor, Client, Cluster, LogEntry, Outcome, Place, RequestRecord};
use yew::prelude::*;

use super::act::Act;
use super::events_model::Selection;
use super::icons::mark;

/// What just happened.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sentence {
    /// In plain words.
    pub text: String,
    /// The symbol before it.
    pub mark: Option<&'static str>,
    /// Whether something failed.
    pub bad: bool,
    /// What two sentences have in common that tell the same. A screen reader hears one of them, or it would speak
    /// without end while requests are repeated.
    pub sort: String,
    /// Whether it tells what the person did.
    pub deed: bool,
}

/// How many sorts of sentences are remembered as heard.
const REMEMBERED: usize = 8;

/// What a screen reader has heard, so that it hears only what is new: of requests that are repeated and end in turn in
/// one way and in another, each way once. What the person does makes everything new again.
#[derive(Default)]
pub struct Heard {
    sorts: VecDeque<String>,
    text: String,
}

impl Heard {
    /// The text of the live region after this sentence.
    fn hear(&mut self, sentence: &Sentence) -> String {
        if sentence.deed {
            self.sorts.clear();
        }
        if !self.sorts.contains(&sentence.sort) {
            self.sorts.push_back(sentence.sort.clone());
            if self.sorts.len() > REMEMBERED {
                self.sorts.pop_front();
            }
            self.text.clone_from(&sentence.text);
        }
        self.text.clone()
    }
}

/// The sentence for a moment; `idle` stands until something happens after `since`.
pub fn sentence(cluster: &Cluster, since: Time, idle: &str) -> Sentence {
    let ended = cluster.ended_last().filter(|record| record.ended_at > since);
    let since = ended.map_or(since, |record| record.ended_at);
    let mut later = cluster.events().iter().rev().take_while(|entry| entry.at > since);
    let done = later.find(|entry| entry.actor == Actor::Person);
    match (ended, done) {
        (_, Some(entry)) => {
            // The time tells apart what was done twice.
            let sort = format!("{} {}", entry.at, entry.message);
            Sentence { text: about_deed(entry, cluster), sort, deed: true, ..Sentence::default() }
        }
        (Some(record), None) => of_request(record, cluster),
        (None, None) => Sentence { text: idle.to_owned(), sort: "idle".to_owned(), ..Sentence::default() },
    }
}

/// What became of a request; one that is not repeated is always new.
fn of_request(record: &RequestRecord, cluster: &Cluster) -> Sentence {
    let mut sentence = about_request(record);
    if !cluster.repetitions().values().any(|repetition| repetition.request == record.request) {
        sentence.sort = format!("request {}", record.number);
    }
    sentence
}

/// What the person did, in plain words; of several objects at once the first is named.
fn about_deed(entry: &LogEntry, cluster: &Cluster) -> String {
    let Some(object) = &entry.object else {
        return capital(&format!("{}.", entry.message.trim_end_matches('.')));
    };
    let verb = match entry.reason.as_str() {
        "created" => "made",
        "configured" => "changed",
        "deleted" => "deleted",
        _ => return capital(&format!("{}.", entry.message.trim_end_matches('.'))),
    };
    let at_once =
        cluster.events().iter().filter(|other| other.actor == Actor::Person && other.at == entry.at).count();
    match at_once {
        0 | 1 => format!("You {verb} {object}."),
        2 => format!("You {verb} {object} and 1 more object."),
        several => format!("You {verb} {object} and {} more objects.", several - 1),
    }
}

/// The text with a capital at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What became of a request, in plain words.
pub fn about_request(record: &RequestRecord) -> Sentence {
    let who = client_name(&record.request.from);
    let decided = record.trace.decided_by.as_ref().map(|(key, _)| key);
    let target = decided.map_or_else(|| record.request.url.clone(), |key| key.name.to_string());
    let answered = record.trace.hops.iter().rev().find_map(|hop| match (&hop.place, hop.action) {
        (Place::Pod(key), Action::Answer) => Some(&*key.name),
        (Place::External(name), Action::Answer) => Some(name.as_str()),
        _ => None,
    });
    let outcome = &record.trace.outcome;
    let text = match outcome {
        Outcome::Status(_) | Outcome::Connected if outcome.is_success() => match answered {
            Some(pod) => format!("{pod} answered {who}: {outcome}."),
            None => format!("{who} got an answer: {outcome}."),
        },
        Outcome::Status(_) | Outcome::Connected => {
            match record.trace.hops.iter().rev().find(|hop| hop.action == Action::Answer) {
                Some(hop) => {
                    // The hop says again what was answered; the reason behind it is what is of interest.
                    let said = hop.decision.trim_end_matches('.');
                    let why = said.strip_prefix(&format!("answers {outcome}: ")).unwrap_or(said);
                    format!("{who} got {outcome}: {why}.")
                }
                None => format!("{who} got {outcome}."),
            }
        }
        Outcome::Refused(why) => format!("{target} refused {who}: {why}."),
        Outcome::TimedOut(why) => format!("{who} waited for {target} and heard nothing: {why}."),
        Outcome::NoSuchHost(why) => {
            format!("{who} found no address for {}: {why}.", host(&record.request.url))
        }
        Outcome::BadTarget(why) => format!("Not sent: {why}."),
    };
    Sentence {
        // Names of objects stay as they are; only the page's own words begin with a capital.
        text: if text.starts_with("the ") { capital(&text) } else { text },
        mark: Some(outcome_mark(outcome)),
        bad: !outcome.is_success(),
        sort: format!("{:?} {} {outcome}", record.request.from, record.request.url),
        deed: false,
    }
}

/// The symbol of an outcome.
pub fn outcome_mark(outcome: &Outcome) -> &'static str {
    match outcome {
        outcome if outcome.is_success() => "r-ready",
        Outcome::TimedOut(_) => "r-time",
        _ => "r-fail",
    }
}

/// How a sentence names a client: `the Internet`, `web-1`.
fn client_name(client: &Client) -> String {
    match client {
        Client::Internet => "the Internet".to_owned(),
        Client::Laptop => "the laptop".to_owned(),
        Client::Node(name) => name.clone(),
        Client::Pod { name, .. } => name.clone(),
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// A button that changes something on the board.
#[derive(Clone, PartialEq)]
pub struct Try {
    /// What it says.
    pub label: AttrValue,
    /// What it does.
    pub action: Callback<()>,
}

/// How many problems the line names.
pub const MOST_PROBLEMS: usize = 3;

/// What the line needs.
#[derive(Properties, PartialEq)]
pub struct SayProps {
    /// What just happened.
    pub sentence: Sentence,
    /// The Service and the title of the first problems, [`MOST_PROBLEMS`] at most.
    pub problems: Vec<(ObjectKey, AttrValue)>,
    /// How many there are beside them.
    pub more: usize,
    /// What the scenario invites to.
    pub tries: Vec<Try>,
    /// The steps of the request in focus, where nothing may move.
    #[prop_or_default]
    pub steps: Html,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The line between the bar on top and the board.
#[component]
pub fn Say(props: &SayProps) -> Html {
    let sentence = &props.sentence;
    // The live region keeps its text as long as nothing new happens.
    let heard = use_mut_ref(Heard::default);
    let spoken = heard.borrow_mut().hear(sentence);
    html! {
        <section class="say" aria-label="What just happened">
            <p class={classes!("sentence", sentence.bad.then_some("bad"))}>
                if let Some(name) = sentence.mark { { mark(name, if sentence.bad { "failed" } else { "worked" }) } }
                <span>{ &sentence.text }</span>
            </p>
            <span class="sr" role="status" aria-live="polite">{ spoken }</span>
            if !props.problems.is_empty() || !props.tries.is_empty() {
                <div class="tries">
                    for (index, (service, title)) in props.problems.iter().enumerate() {
                        <button type="button" class="try problem-chip"
                            title={format!("Why: {title}")}
                            onclick={
                                let (on, service) = (props.on.clone(), service.clone());
                                move |_| {
                                    on.emit(Act::Select(Some(Selection::Object(service.clone()))));
                                    on.emit(Act::Inspect("why"));
                                }
                            }>
                            <span class="no" aria-hidden="true">{ index + 1 }</span>
                            <span class="sr">{ format!("Problem {}: ", index + 1) }</span>
                            { title }
                        </button>
                    }
                    if props.more > 0 { <span>{ format!("and {} more", props.more) }</span> }
                    if !props.tries.is_empty() { <span class="try-word">{ "Try:" }</span> }
                    for one in props.tries.iter() {
                        <button type="button" class="try" onclick={one.action.reform(|_| ())}>{ &one.label }</button>
                    }
                </div>
            }
            { props.steps.clone() }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn said(sort: &str, text: &str, deed: bool) -> Sentence {
        Sentence { text: text.to_owned(), sort: sort.to_owned(), deed, ..Sentence::default() }
    }

    #[wasm_bindgen_test]
    fn repeated_requests_that_end_in_turn_in_two_ways_are_heard_once_each() {
        let mut heard = Heard::default();
        let mut texts = Vec::new();
        for round in 0..5 {
            texts.push(heard.hear(&said("200", &format!("web-{round} answered"), false)));
            texts.push(heard.hear(&said("503", "no endpoints", false)));
        }
        texts.dedup();
        assert_eq!(texts, ["web-0 answered", "no endpoints"]);
        // After a deed the same is news.
        assert_eq!(heard.hear(&said("deed", "You deleted web", true)), "You deleted web");
        assert_eq!(heard.hear(&said("200", "web-1 answered", false)), "web-1 answered");
    }
}
