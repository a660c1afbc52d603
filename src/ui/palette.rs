//! The command palette: one field that finds every object and does everything that the page can do.

use std::collections::BTreeSet;
use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::api::fuzzy::fuzzy;
use endpoint_playground::session::{Client, Places, scenarios};
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::actions::{Action, Chosen, for_chosen};
use super::board::{Ask, ZoomStep};
use super::browser;
use super::create;
use super::events_model::{Selection, Tool};
use super::icons::{of_kind, small_icon};
use super::moment::Objects;
use super::options::Theme;
use super::search::{find, looks_like_manifests};
use super::top_bar::{SPEEDS, speed_text};

/// How many lines are shown.
const SHOWN: usize = 40;

/// What the palette needs.
#[derive(Properties, PartialEq)]
pub struct PaletteProps {
    /// The objects.
    pub objects: Objects,
    /// What is selected.
    pub selection: Option<Selection>,
    /// All that are selected, where they are several.
    pub picked: Rc<BTreeSet<ObjectKey>>,
    /// The cards that were placed by hand.
    pub placed: Places,
    /// Whether time runs.
    pub playing: bool,
    /// The namespaces in which people put something.
    pub namespaces: Rc<[AttrValue]>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// A text that looks like manifests was pasted.
    pub on_paste: Callback<String>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// One line: what it is among, what it says beside its name, and what it does.
#[derive(Clone, PartialEq)]
struct Entry {
    group: &'static str,
    detail: String,
    action: Action,
}

/// The palette.
#[component]
pub fn Palette(props: &PaletteProps) -> Html {
    let query = use_state(String::new);
    let at = use_state(|| 0_usize);
    let (node, list) = (use_node_ref(), use_node_ref());
    {
        let node = node.clone();
        use_effect_with((), move |()| browser::show_dialog(&node));
    }
    {
        let list = list.clone();
        use_effect_with((*at, (*query).clone()), move |_| browser::reveal(&list, "[aria-selected=true]"));
    }
    // The lines stay those of the moment at which the palette opened; the objects are found as they are.
    let fixed = use_memo((props.selection.clone(), props.read_only, props.playing), |_| entries(props));
    let found = found_for(&fixed, &props.objects, &query);
    let count = found.len();
    let choose = {
        let (on, node) = (props.on.clone(), node.clone());
        Callback::from(move |act: Act| {
            // Closed at once: what is under an open dialog can not have the focus.
            browser::close_dialog(&node);
            on.emit(Act::Dialog(None));
            on.emit(act);
        })
    };
    let oninput = {
        let (query, at) = (query.setter(), at.setter());
        Callback::from(move |event: InputEvent| {
            query.set(browser::value_of(&event));
            at.set(0);
        })
    };
    let onpaste = {
        let (on_paste, node) = (props.on_paste.clone(), node.clone());
        Callback::from(move |event: Event| {
            if let Some((text, _)) = browser::pasted(&event).filter(|(text, _)| looks_like_manifests(text)) {
                event.prevent_default();
                browser::close_dialog(&node);
                on_paste.emit(text);
            }
        })
    };
    let onkeydown = {
        let (at, choose) = (at.clone(), choose.clone());
        let (fixed, objects, drawn) = (fixed.clone(), props.objects.clone(), (*query).clone());
        let chosen = found.get(*at).map(|entry| entry.action.act.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set(if *at + 1 < count { *at + 1 } else { 0 }),
                "ArrowUp" => at.set(if *at > 0 { *at - 1 } else { count.saturating_sub(1) }),
                "PageDown" => at.set((*at + 8).min(count.saturating_sub(1))),
                "PageUp" => at.set(at.saturating_sub(8)),
                "Enter" => {
                    // Who types fast presses it before the last letters are drawn.
                    let text = browser::value_of(&event);
                    let first = || Some(found_for(&fixed, &objects, &text).into_iter().next()?.action.act);
                    if let Some(act) = if text == drawn { chosen.clone() } else { first() } {
                        choose.emit(act);
                    }
                }
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let onclick = {
        let (node, on) = (node.clone(), props.on.clone());
        Callback::from(move |event: MouseEvent| {
            if browser::is_itself(&node, &event) {
                on.emit(Act::Dialog(None));
            }
        })
    };
    let groups = found.iter().map(|entry| entry.group);
    let heads: Vec<bool> = groups
        .clone()
        .enumerate()
        .map(|(index, group)| index == 0 || groups.clone().nth(index - 1) != Some(group))
        .collect();
    html! {
        <dialog ref={node} class="dialog palette" aria-label="Find or do anything" {onclick}
            onclose={props.on.reform(|_: Event| Act::Dialog(None))}>
            <div class="dialog-body">
                <div class="field">
                    { small_icon("i-search") }
                    <input type="text" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus=true
                        placeholder="An object, a tool, a scenario, anything; or paste YAML" aria-label="Find or do anything" aria-expanded="true"
                        aria-controls="palette-found" aria-autocomplete="list" aria-activedescendant={(count > 0).then(|| format!("palette-{}", *at))}
                        value={(*query).clone()} {oninput} {onkeydown} {onpaste} />
                </div>
                <ul class="found" id="palette-found" role="listbox" aria-label="Found" ref={list}>
                    for (index, entry) in found.iter().enumerate() {
                        <li id={format!("palette-{index}")} role="option" aria-selected={(index == *at).to_string()}
                            class={heads.get(index).copied().unwrap_or_default().then_some("head")} data-group={entry.group}
                            onclick={let (choose, act) = (choose.clone(), entry.action.act.clone()); move |_: MouseEvent| choose.emit(act.clone())}>
                            { small_icon(entry.action.icon) }<span class="cut">{ &entry.action.label }</span>
                            <span class="muted cut grow">{ &entry.detail }</span>
                            if !entry.action.keys.is_empty() { <kbd class="kbd" aria-hidden="true">{ entry.action.keys }</kbd> }
                        </li>
                    }
                </ul>
                if found.is_empty() { <p class="none" role="status">{ format!("Nothing matches {}.", query.trim()) }</p> }
            </div>
        </dialog>
    }
}

/// What fits the query, best first; without a query what is selected and the usual things, in their order.
fn found_for(fixed: &[Entry], objects: &Objects, query: &str) -> Vec<Entry> {
    if query.trim().is_empty() {
        return fixed.iter().take(SHOWN).cloned().collect();
    }
    let mut ranked: Vec<(u32, usize, Entry)> = fixed
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| {
            let name = fuzzy(query, &entry.action.label);
            let all = || fuzzy(query, &format!("{} {} {}", entry.group, entry.action.label, entry.detail));
            let rank = name.or_else(|| all().map(|rank| rank + 6))?;
            Some((rank, index, entry.clone()))
        })
        .collect();
    let places = fixed.len();
    let mut keys = find(objects, query);
    keys.sort();
    ranked.extend(keys.into_iter().take(SHOWN).enumerate().map(|(index, (rank, key))| {
        let detail = match &*key.namespace {
            "" => key.kind.to_string(),
            namespace => format!("{} in {namespace}", key.kind),
        };
        let show = Act::Show(Selection::Object(key.clone()));
        let action = Action::new(&*key.name, of_kind(&key.kind), "", show);
        (rank, places + index, Entry { group: "Objects", detail, action })
    }));
    ranked.sort_by_key(|(rank, index, _)| (*rank, *index));
    ranked.into_iter().take(SHOWN).map(|(_, _, entry)| entry).collect()
}

/// Everything that can be done, group by group.
fn entries(props: &PaletteProps) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut add = |group: &'static str, detail: &str, action: Action| {
        all.push(Entry { group, detail: detail.to_owned(), action });
    };
    let chosen = Chosen {
        objects: &props.objects,
        on: props.selection.as_ref(),
        picked: &props.picked,
        placed: &props.placed,
        read_only: props.read_only,
        before: &[],
    };
    if let Some(selection) = &props.selection {
        let words = chosen.words(selection);
        for action in for_chosen(&chosen) {
            add("What is selected", &words, action);
        }
    }
    if !props.read_only {
        for tool in Tool::ALL {
            let keys = ["V", "H", "P", "S", "I", "N", "D", "C"];
            let key = keys.into_iter().find(|key| key.starts_with(tool.letter())).unwrap_or_default();
            let words = format!("Tool: {}", tool.name());
            add("Draw", super::tools::hint(tool), Action::new(words, tool.icon(), key, Act::Tool(tool)));
        }
        for tool in [Tool::Pod, Tool::Service, Tool::Ingress, Tool::Node, Tool::Deployment] {
            let act = Act::Place { tool, at: None, on_node: None };
            add(
                "Draw",
                "Wherever there is room",
                Action::new(format!("Add {} {}", article(tool), tool.name()), tool.icon(), "", act),
            );
        }
        for kind in create::MORE {
            let icon = of_kind(&kind);
            let action =
                Action::new(format!("Add {}", create::words(&kind)), icon, "", Act::Make { kind, at: None });
            add("Draw", "Wherever there is room", action);
        }
        add("Draw", "", Action::new("Undo", "i-undo", "Ctrl+Z", Act::Undo));
        add("Draw", "", Action::new("Redo", "i-redo", "Ctrl+Shift+Z", Act::Redo));
        add("Draw", "From the clipboard", Action::new("Paste YAML", "i-file", "Ctrl+V", Act::Paste));
    }
    add("Draw", "", Action::new("Select all", "i-select", "Ctrl+A", Act::SelectAll));
    let play = if props.playing { ("Pause", "i-pause") } else { ("Play", "i-play") };
    add("Time", "", Action::new(play.0, play.1, "Space", Act::Play(!props.playing)));
    add("Time", "To the next hop or event", Action::new("One step", "i-step", ".", Act::Step));
    for speed in SPEEDS {
        add("Time", "", Action::new(format!("Speed {}", speed_text(speed)), "i-play", "", Act::Speed(speed)));
    }
    for client in [Client::Internet, Client::Laptop] {
        let words = format!("Send a request from {client}");
        add("Requests", "", Action::new(words, "i-globe", "", Act::Compose(client)));
    }
    let views: [(&str, &str, Act); 15] = [
        ("Requests", "List", Act::All(vec![Act::List("requests"), Act::Tall(true)])),
        ("Events", "List", Act::All(vec![Act::List("events"), Act::Tall(true)])),
        ("Outline", "The board as text", Act::BoardText(true)),
        ("Form", "Inspector", Act::Inspect("form")),
        ("YAML", "Inspector", Act::Inspect("yaml")),
        ("Why", "Inspector", Act::Inspect("why")),
        ("Rules", "Inspector", Act::Inspect("rules")),
        ("DNS", "Inspector", Act::Inspect("dns")),
        ("Describe", "Inspector", Act::Inspect("describe")),
        ("Connections", "List", Act::All(vec![Act::List("connections"), Act::Tall(true)])),
        ("Cluster", "How the cluster's network is set up", Act::Dialog(Some(Dialog::Cluster))),
        ("Picture", "Of the board, as SVG or PNG", Act::Dialog(Some(Dialog::Picture))),
        ("Legend", "What shapes and colours mean", Act::Dialog(Some(Dialog::Legend))),
        ("Keys", "Help", Act::Dialog(Some(Dialog::Help))),
        ("Share", "A link to this board, and the snippet for another page", Act::Dialog(Some(Dialog::Share))),
    ];
    for (words, detail, act) in views {
        add("Views", detail, Action::new(words, "i-file", "", act));
    }
    if props.namespaces.len() > 1 {
        for shown in std::iter::once(None).chain(props.namespaces.iter().map(Some)) {
            let words = match shown {
                Some(name) => format!("Show namespace {name}"),
                None => "Show all namespaces".to_owned(),
            };
            let act = Act::Namespace(shown.cloned());
            add("Views", "On the board", Action::new(words, "i-file", "", act));
        }
    }
    let zooms = [
        ("Zoom in", "i-plus", "+", ZoomStep::In),
        ("Zoom out", "i-minus", "-", ZoomStep::Out),
        ("Show everything", "i-fit", "0", ZoomStep::Fit),
    ];
    for (words, icon, keys, step) in zooms {
        add("Views", "", Action::new(words, icon, keys, Act::Ask(Ask::Zoom(step))));
    }
    if !props.read_only {
        add(
            "Files",
            "Paste or open manifests",
            Action::new("Import YAML", "i-file", "", Act::Dialog(Some(Dialog::Import))),
        );
    }
    add(
        "Files",
        "Everything on the board, for kubectl apply",
        Action::new("Export YAML", "i-save", "", Act::Dialog(Some(Dialog::Export))),
    );
    for scenario in scenarios::all() {
        let action = Action::new(scenario.title.clone(), "i-play", "", Act::Scenario(scenario.name));
        add("Scenarios", &scenario.about, action);
    }
    add("Scenarios", "Three nodes and nothing else", Action::new("Empty board", "i-plus", "", Act::Empty));
    for (theme, words) in [(Theme::Auto, "as the system"), (Theme::Light, "light"), (Theme::Dark, "dark")] {
        add("Settings", "", Action::new(format!("Theme: {words}"), "i-theme", "", Act::Theme(theme)));
    }
    all
}

fn article(tool: Tool) -> &'static str {
    if tool == Tool::Ingress { "an" } else { "a" }
}
