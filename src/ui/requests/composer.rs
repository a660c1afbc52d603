//! The composer: who asks, for what, how often.

use std::rc::Rc;
use std::sync::Arc;

use endpoint_playground::api::Kind;
use endpoint_playground::session::{Client, Command, Request};
use yew::prelude::*;

use super::suggest::{Sender, Target, client_of, client_value, senders, targets};
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::moment::{Moment, Objects};

/// A request that is being written.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// Who asks.
    pub from: Client,
    /// The HTTP method.
    pub method: String,
    /// The URL, or `host:port`.
    pub url: String,
    /// Milliseconds from one to the next; 0 for one alone.
    pub every: u64,
    /// Whether it goes over a connection that is kept open.
    pub keep: bool,
    /// Whether the person wrote the URL, so that nothing else replaces it.
    pub own: bool,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft {
            from: Client::Internet,
            method: "GET".to_owned(),
            url: String::new(),
            every: 0,
            keep: false,
            own: false,
        }
    }
}

impl Draft {
    /// The request.
    pub fn request(&self) -> Request {
        Request { from: self.from.clone(), method: self.method.clone(), url: self.url.trim().to_owned() }
    }

    /// What sends it.
    pub fn command(&self) -> Command {
        if self.keep {
            return Command::SendKept { request: self.request(), every: self.every };
        }
        match self.every {
            0 => Command::Send { request: self.request() },
            every => Command::Repeat { request: self.request(), every },
        }
    }
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

const REPEATS: [(u64, &str); 5] =
    [(0, "once"), (500, "every 0.5 s"), (1_000, "every 1 s"), (2_000, "every 2 s"), (5_000, "every 5 s")];

/// What the composer needs.
#[derive(Properties, PartialEq)]
pub struct ComposerProps {
    /// The objects: who can send and what to.
    pub objects: Objects,
    /// What is written.
    pub draft: Draft,
    /// Another text.
    pub on_draft: Callback<Draft>,
    /// Sends.
    pub on_command: Callback<Command>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The composer.
#[component]
pub fn Composer(props: &ComposerProps) -> Html {
    let draft = &props.draft;
    let senders = use_memo(CanSend(props.objects.clone()), |CanSend(objects)| senders(objects.cluster()));
    let reached = (CanBeReached(props.objects.clone()), draft.from.clone());
    let targets = use_memo(reached, |(CanBeReached(objects), from)| targets(objects.cluster(), from));
    let change = {
        let (on_draft, draft) = (props.on_draft.clone(), draft.clone());
        move |with: fn(&mut Draft, String)| {
            let (on_draft, draft) = (on_draft.clone(), draft.clone());
            Callback::from(move |text: String| {
                let mut draft = draft.clone();
                with(&mut draft, text);
                on_draft.emit(draft);
            })
        }
    };
    let on_from = change(|draft, value| {
        if let Some(from) = client_of(&value) {
            draft.from = from;
        }
    });
    let on_method = change(|draft, value| draft.method = value);
    let on_every = change(|draft, value| draft.every = value.parse().unwrap_or(0));
    let on_keep = {
        let (on_draft, draft) = (props.on_draft.clone(), draft.clone());
        Callback::from(move |event: Event| {
            on_draft.emit(Draft { keep: browser::is_checked(&event), ..draft.clone() });
        })
    };
    // gRPC and WebSocket keep their connections by their nature.
    let always = ["grpc://", "ws://", "wss://"].iter().any(|scheme| draft.url.trim().starts_with(scheme));
    let on_url = change(|draft, value| {
        draft.url = value;
        draft.own = true;
    });
    let onsubmit = {
        let (draft, on_command) = (draft.clone(), props.on_command.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !draft.url.trim().is_empty() {
                on_command.emit(draft.command());
            }
        })
    };
    let what = targets.iter().find(|target| target.url == draft.url).map(|target| target.what.clone());
    html! {
        <form class="compose" {onsubmit} aria-label="Write a request">
            <label class="c-from"><span class="c-word">{ "From" }</span>
                <select class="input" aria-label="From" onchange={on_from.reform(|event: Event| browser::value_of(&event))}>
                    <Senders {senders} from={draft.from.clone()} />
                </select>
            </label>
            <label class="c-method"><span class="c-word">{ "to" }</span>
                <select class="input mono" aria-label="Method" onchange={on_method.reform(|event: Event| browser::value_of(&event))}>
                    for method in METHODS {
                        <option value={method} selected={draft.method == method}>{ method }</option>
                    }
                </select>
            </label>
            <input id="compose-url" class="input mono c-url" type="text" inputmode="url" autocomplete="off" autocapitalize="off"
                spellcheck="false" aria-label="URL, or host and port" placeholder="http://name/ or name:port"
                list="compose-targets" value={draft.url.clone()}
                oninput={on_url.reform(|event: InputEvent| browser::value_of(&event))} />
            <datalist id="compose-targets">
                <Targets {targets} />
            </datalist>
            <label class="c-every"><span class="c-word">{ "send" }</span>
                <select class="input" aria-label="How often" onchange={on_every.reform(|event: Event| browser::value_of(&event))}>
                    for (every, label) in REPEATS {
                        <option value={every.to_string()} selected={draft.every == every}>{ label }</option>
                    }
                </select>
            </label>
            <label class="c-keep" title="Send over a connection that stays open: its Pod is chosen once, when it is opened">
                <input type="checkbox" checked={draft.keep || always} disabled={always} onchange={on_keep} />{ "keep open" }
            </label>
            <span class="c-what muted cut">{ what }</span>
            <button type="submit" class="btn solid" disabled={draft.url.trim().is_empty()} title="Send this request (R moves here)">
                { "Send" }<kbd aria-hidden="true">{ "R" }</kbd>
            </button>
        </form>
    }
}

/// The objects; the same as long as the names of those are that can send.
struct CanSend(Objects);

impl PartialEq for CanSend {
    fn eq(&self, CanSend(other): &CanSend) -> bool {
        let same = |kind| self.0.are_the_same(other, kind, |one, two| one.key == two.key);
        self.0 == *other || same(Kind::Pod) && same(Kind::Node)
    }
}

/// The objects; the same as long as those are that requests can be sent to.
struct CanBeReached(Objects);

impl PartialEq for CanBeReached {
    fn eq(&self, CanBeReached(other): &CanBeReached) -> bool {
        let same = |kind| self.0.are_the_same(other, kind, Arc::ptr_eq);
        self.0 == *other || same(Kind::Service) && same(Kind::Ingress) && same(Kind::Node)
    }
}

/// Who can send, and who does.
#[derive(Properties, PartialEq)]
struct SendersProps {
    /// The Pods and the nodes.
    senders: Rc<(Vec<Sender>, Vec<Sender>)>,
    /// Who is chosen.
    from: Client,
}

/// Who can send, as options. On a large board there are very many; they change seldom.
#[component]
fn Senders(props: &SendersProps) -> Html {
    let (pods, nodes) = &*props.senders;
    let known = matches!(props.from, Client::Internet | Client::Laptop)
        || pods.iter().chain(nodes).any(|sender| sender.client == props.from);
    let option = |client: &Client, label: String| {
        let selected = *client == props.from;
        html! { <option value={client_value(client)} {selected}>{ label }</option> }
    };
    html! {
        <>
            { option(&Client::Internet, "Internet".to_owned()) }
            { option(&Client::Laptop, "Laptop".to_owned()) }
            if !known { { option(&props.from, props.from.to_string()) } }
            if !pods.is_empty() {
                <optgroup label="Pods">
                    { for pods.iter().map(|sender| option(&sender.client, sender.label.clone())) }
                </optgroup>
            }
            <optgroup label="Nodes">
                { for nodes.iter().map(|sender| option(&sender.client, sender.label.clone())) }
            </optgroup>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct TargetsProps {
    targets: Rc<Vec<Target>>,
}

/// What there is to send to, as options.
#[component]
fn Targets(props: &TargetsProps) -> Html {
    html! {
        for target in props.targets.iter() {
            <option value={target.url.clone()}>{ &target.what }</option>
        }
    }
}

/// How many repetitions have a button each; more are counted.
const SHOWN: usize = 2;

/// What is sent again and again, each with a button that stops it.
#[component]
pub fn Repeating(props: &RepeatingProps) -> Html {
    let repetitions = props.moment.cluster().repetitions();
    let more = repetitions.len().saturating_sub(SHOWN);
    let stop_all = || {
        let requests: Vec<Request> = repetitions.values().map(|one| one.request.clone()).collect();
        props.on_command.reform(move |_: MouseEvent| Command::Batch {
            commands: requests
                .iter()
                .map(|request| Command::Repeat { request: request.clone(), every: 0 })
                .collect(),
        })
    };
    html! {
        <>
            if more > 0 {
                <span class="repeating more">
                    <span>{ format!("{} repeat", repetitions.len()) }</span>
                    <button type="button" class="btn" aria-label="Stop sending everything" onclick={stop_all()}>{ "Stop all" }</button>
                </span>
            }
            for repetition in repetitions.values().take(SHOWN) {
                <span class="repeating">
                    <span class="cut">
                        { format!("{} {} every {} s", repetition.request.from, repetition.request, repetition.every as f64 / 1000.0) }
                    </span>
                    <button type="button" class="btn" aria-label={format!("Stop sending {}", repetition.request.url)} title="Stop sending"
                        onclick={
                            let (on, request) = (props.on_command.clone(), repetition.request.clone());
                            move |_| on.emit(Command::Repeat { request: request.clone(), every: 0 })
                        }>{ small_icon("i-x") }</button>
                </span>
            }
        </>
    }
}

/// What the list of repetitions needs.
#[derive(Properties, PartialEq)]
pub struct RepeatingProps {
    /// The cluster.
    pub moment: Moment,
    /// Stops one.
    pub on_command: Callback<Command>,
}

/// What sends the request in the composer again needs.
#[derive(Properties, PartialEq)]
pub struct SendAgainProps {
    /// What is written.
    pub draft: Draft,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// Sends what the composer holds, where something lies over the composer.
#[component]
pub fn SendAgain(props: &SendAgainProps) -> Html {
    let draft = &props.draft;
    let command = draft.command();
    let label = format!("Send {} {}", draft.method, draft.url);
    html! {
        <button type="button" class="btn solid send" disabled={draft.url.trim().is_empty()} title={label.clone()}
            aria-label={label} onclick={props.on.reform(move |_| Act::Command(command.clone()))}>{ "Send" }</button>
    }
}
