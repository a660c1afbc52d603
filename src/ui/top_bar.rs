//! The bar on top: scenario, undo, time, search, import and export, share, theme, help.

use std::rc::Rc;

use endpoint_playground::session::scenarios::{self, Scenario};
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::icons::{icon, small_icon};
use super::menu::{Menu, MenuItem};
use super::options::Theme;

/// The speeds on offer, in simulated seconds per second.
pub const SPEEDS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// What the bar needs.
#[derive(Properties, PartialEq)]
pub struct TopBarProps {
    /// What is on the board: a scenario's title, or a word for a board of one's own.
    pub title: AttrValue,
    /// The name of the scenario on the board; empty for none.
    pub scenario: AttrValue,
    /// The namespaces in which people put something.
    pub namespaces: Rc<[AttrValue]>,
    /// The namespace that alone is shown.
    pub namespace: Option<AttrValue>,
    /// Whether there is something to take back.
    pub can_undo: bool,
    /// Whether there is something to do again.
    pub can_redo: bool,
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds per second.
    pub speed: f64,
    /// The colours.
    pub theme: Theme,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// The search field.
    #[prop_or_default]
    pub search: Html,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The bar on top.
#[component]
pub fn TopBar(props: &TopBarProps) -> Html {
    let on = &props.on;
    let has_namespaces = props.namespaces.len() > 1;
    let of_phone = if has_namespaces { namespaces(props) } else { Vec::new() };
    html! {
        <header class="top">
            <h1 class="brand"><svg class="logo" aria-hidden="true"><use href="#i-brand" /></svg>
                <span class="brand-name">{ "Endpoint Playground" }</span></h1>
            { boards(props) }
            if has_namespaces {
                <Menu label={format!("Shown: {}", namespace_words(props.namespace.as_ref()))} class={classes!("namespace", "not-phone")}
                    items={namespaces(props)}>
                    <span class="cut">{ namespace_words(props.namespace.as_ref()) }</span>
                </Menu>
            }
            <span class="sep wide-only"></span>
            <span class="group" role="group" aria-label="Changes">
                <button type="button" class="btn" title="Undo (Ctrl+Z)" aria-label="Undo" disabled={!props.can_undo}
                    onclick={on.reform(|_| Act::Undo)}>{ icon("i-undo") }</button>
                <button type="button" class="btn not-phone" title="Redo (Ctrl+Shift+Z)" aria-label="Redo"
                    disabled={!props.can_redo} onclick={on.reform(|_| Act::Redo)}>{ icon("i-redo") }</button>
            </span>
            <span class="sep not-phone"></span>
            <span class="group not-phone" role="group" aria-label="Time">
                <PlayButtons playing={props.playing} speed={props.speed} {on} />
            </span>
            <span class="grow"></span>
            { props.search.clone() }
            <span class="sep wide-only"></span>
            <Menu label="Import and export YAML" to_left=true class={classes!("not-phone")} items={files(props)}>
                { small_icon("i-file") }<span class="wide-text">{ "YAML" }</span>
            </Menu>
            <button type="button" class="btn not-phone" title="The cluster: kube-proxy's mode, node ports, load balancers"
                aria-label="The cluster" onclick={on.reform(|_| Act::Dialog(Some(Dialog::Cluster)))}>
                { small_icon("i-node") }<span class="wide-text">{ "Cluster" }</span></button>
            <button type="button" class="btn" title="Share this board" aria-label="Share"
                onclick={on.reform(|_| Act::Dialog(Some(Dialog::Share)))}>
                { small_icon("i-share") }<span class="wide-text">{ "Share" }</span></button>
            { theme_menu(props.theme, on) }
            <Menu label="Help" to_left=true arrow=false class={classes!("not-phone")} items={help(on)}>
                { icon("i-help") }
            </Menu>
            <span class="phone-only">
                <Menu label="More" to_left=true arrow=false
                    items={[vec![MenuItem::new("Redo", on.reform(|()| Act::Redo)).icon("i-redo")],
                        of_phone, files(props), help(on)].concat()}>
                    { icon("i-more") }
                </Menu>
            </span>
        </header>
    }
}

/// What is shown, in words.
fn namespace_words(namespace: Option<&AttrValue>) -> AttrValue {
    namespace.map_or(AttrValue::Static("All namespaces"), |name| format!("Namespace {name}").into())
}

fn namespaces(props: &TopBarProps) -> Vec<MenuItem> {
    let item = |shown: Option<&AttrValue>| {
        let shown = shown.cloned();
        let words = namespace_words(shown.as_ref());
        let chosen = shown == props.namespace;
        MenuItem::new(words, props.on.reform(move |()| Act::Namespace(shown.clone()))).chosen(chosen)
    };
    std::iter::once(None).chain(props.namespaces.iter().map(Some)).map(item).collect()
}

fn boards(props: &TopBarProps) -> Html {
    // Most are not read before somebody looks for them.
    let more = {
        let (on, shown) = (props.on.clone(), props.scenario.clone());
        Callback::from(move |()| {
            let item = |scenario: &'static Scenario| {
                let name = scenario.name;
                MenuItem::new(&*scenario.title, on.reform(move |()| Act::Scenario(name)))
                    .detail(&*scenario.about)
                    .chosen(name == shown.as_str())
            };
            scenarios::all().map(item).collect::<Vec<_>>()
        })
    };
    let items = vec![
        MenuItem::new("Empty board", props.on.reform(|()| Act::Empty))
            .detail("Three nodes and nothing else.")
            .icon("i-plus"),
    ];
    html! {
        <Menu label={format!("Scenario: {}", props.title)} class={classes!("out", "scenario")} {items} {more}>
            <span class="cut">{ &props.title }</span>
        </Menu>
    }
}

fn files(props: &TopBarProps) -> Vec<MenuItem> {
    let mut items = Vec::new();
    if !props.read_only {
        items.push(
            MenuItem::new("Import YAML", props.on.reform(|()| Act::Dialog(Some(Dialog::Import))))
                .detail("Paste or open manifests, or the output of kubectl get -o yaml.")
                .icon("i-file"),
        );
    }
    items.push(
        MenuItem::new("The board as YAML", props.on.reform(|()| Act::BoardYaml))
            .detail("Everything that was written, in one text that you can change.")
            .icon("i-slice"),
    );
    items.push(
        MenuItem::new("Export YAML", props.on.reform(|()| Act::Dialog(Some(Dialog::Export))))
            .detail("Everything on the board, ready for kubectl apply.")
            .icon("i-save"),
    );
    items.push(
        MenuItem::new("Picture", props.on.reform(|()| Act::Dialog(Some(Dialog::Picture))))
            .detail("The board as SVG or PNG, for slides and documents.")
            .icon("i-slice"),
    );
    items
}

fn help(on: &Callback<Act>) -> Vec<MenuItem> {
    vec![
        MenuItem::new("The cluster", on.reform(|()| Act::Dialog(Some(Dialog::Cluster))))
            .detail("kube-proxy's mode, node ports, load balancers.")
            .icon("i-node"),
        MenuItem::new("Legend", on.reform(|()| Act::Dialog(Some(Dialog::Legend))))
            .detail("What the shapes and lines mean.")
            .icon("i-svc"),
        MenuItem::new("Keys", on.reform(|()| Act::Dialog(Some(Dialog::Help))))
            .detail("Everything also works from the keyboard.")
            .icon("i-help"),
    ]
}

/// The switch of the colours.
pub fn theme_menu(theme: Theme, on: &Callback<Act>) -> Html {
    let items: Vec<MenuItem> =
        [(Theme::Auto, "As the system"), (Theme::Light, "Light"), (Theme::Dark, "Dark")]
            .into_iter()
            .map(|(value, label)| {
                MenuItem::new(label, on.reform(move |()| Act::Theme(value))).chosen(value == theme)
            })
            .collect();
    html! { <Menu label="Theme" to_left=true arrow=false {items}>{ icon("i-theme") }</Menu> }
}

/// What the buttons of time need.
#[derive(Properties, PartialEq)]
pub struct PlayButtonsProps {
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds per second.
    pub speed: f64,
    /// What was asked for.
    pub on: Callback<Act>,
    /// Whether the speed is left out, where there is no room.
    #[prop_or_default]
    pub short: bool,
}

/// Play or pause, step, speed.
#[component]
pub fn PlayButtons(props: &PlayButtonsProps) -> Html {
    let playing = props.playing;
    let on = &props.on;
    let items: Vec<MenuItem> = SPEEDS
        .into_iter()
        .map(|speed| {
            MenuItem::new(speed_text(speed), on.reform(move |()| Act::Speed(speed)))
                .chosen((speed - props.speed).abs() < 0.001)
        })
        .collect();
    let (name, title) = if playing { ("i-pause", "Pause (Space)") } else { ("i-play", "Play (Space)") };
    html! {
        <>
            <button type="button" class={classes!("btn", "out", "play", playing.then_some("on"))} {title}
                aria-label={if playing { "Playing, pause" } else { "Paused, play" }} onclick={on.reform(move |_| Act::Play(!playing))}>
                { icon(name) }
                <span class="play-word">{ if playing { "Playing" } else { "Paused" } }</span>
            </button>
            <button type="button" class="btn" title="One step, to the next hop or event (.)" aria-label="One step"
                onclick={on.reform(|_| Act::Step)}>{ icon("i-step") }</button>
            if !props.short {
                <Menu label={format!("Speed: {}", speed_text(props.speed))} {items}>
                    { speed_text(props.speed) }
                </Menu>
            }
        </>
    }
}

/// A speed as it is shown: `1×`, `0.25×`.
pub fn speed_text(speed: f64) -> String {
    format!("{speed}×")
}
