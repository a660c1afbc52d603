//! The one plain sentence on top of the board that says what just happened, and the problems there are.

use endpoint_playground::api::{ObjectKey, Time};
use endpoint_playground::explain::{Finding, findings};
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
    /// What changes only when something of another sort happens. A screen reader hears the sentence again only then,
    /// or it would speak without end while the same request is repeated.
    pub sort: String,
}

/// The sentence for a moment; `idle` stands until something happens after `since`.
pub fn sentence(cluster: &Cluster, now: Time, since: Time, idle: &str) -> Sentence {
    let ended =
        cluster.requests().iter().rev().find(|record| record.ended_at <= now && record.ended_at > since);
    let done = cluster.events().iter().rev().find(|entry| entry.actor == Actor::Person && entry.at > since);
    match (ended, done) {
        (Some(record), Some(entry)) if record.ended_at >= entry.at => about_request(record),
        (Some(record), None) => about_request(record),
        (_, Some(entry)) => {
            Sentence { text: about_deed(entry, cluster), sort: entry.message.clone(), ..Sentence::default() }
        }
        (None, None) => Sentence { text: idle.to_owned(), sort: "idle".to_owned(), ..Sentence::default() },
    }
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

/// The findings about every Service, with the Service.
pub fn problems(cluster: &Cluster) -> Vec<(ObjectKey, Finding)> {
    let store = cluster.store();
    store
        .objects_of(endpoint_playground::api::Kind::Service)
        .filter(|object| !object.key.namespace.starts_with("kube-"))
        .flat_map(|object| {
            findings(store, &object.key).into_iter().map(|finding| (object.key.clone(), finding))
        })
        .collect()
}

/// A button that changes something on the board.
#[derive(Clone, PartialEq)]
pub struct Try {
    /// What it says.
    pub label: AttrValue,
    /// What it does.
    pub action: Callback<()>,
}

/// What the line needs.
#[derive(Properties, PartialEq)]
pub struct SayProps {
    /// What just happened.
    pub sentence: Sentence,
    /// The Service and the title of each problem.
    pub problems: Vec<(ObjectKey, AttrValue)>,
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
    // The live region keeps its text as long as nothing of another sort happens.
    let spoken = use_memo(sentence.sort.clone(), |_| sentence.text.clone());
    html! {
        <section class="say" aria-label="What just happened">
            <p class={classes!("sentence", sentence.bad.then_some("bad"))}>
                if let Some(name) = sentence.mark { { mark(name, if sentence.bad { "failed" } else { "worked" }) } }
                <span>{ &sentence.text }</span>
            </p>
            <span class="sr" role="status" aria-live="polite">{ &*spoken }</span>
            if !props.problems.is_empty() || !props.tries.is_empty() {
                <div class="tries">
                    for (index, (service, title)) in props.problems.iter().enumerate().take(3) {
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
                    if props.problems.len() > 3 { <span>{ format!("and {} more", props.problems.len() - 3) }</span> }
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
