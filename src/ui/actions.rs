//! What can be done with what is selected, and with the bare board: the lines of the context menus, which the command
//! palette has too.

use std::collections::BTreeSet;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::{Client, Command, Placement, Places, draw};
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::board::{Ask, Change};
use super::create;
use super::events_model::{Selection, Tool};
use super::icons::of_kind;
use super::menu::MenuItem;
use super::moment::Objects;

/// One thing that can be done.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    /// What a line says.
    pub label: String,
    /// The icon.
    pub icon: &'static str,
    /// The keys that do it too; empty for none.
    pub keys: &'static str,
    /// What it asks for.
    pub act: Act,
}

impl Action {
    /// A thing that can be done.
    pub fn new(label: impl Into<String>, icon: &'static str, keys: &'static str, act: Act) -> Action {
        Action { label: label.into(), icon, keys, act }
    }

    /// As a line of a menu.
    pub fn item(self, on: &Callback<Act>) -> MenuItem {
        let act = self.act;
        MenuItem::new(self.label, on.reform(move |()| act.clone())).icon(self.icon).keys(self.keys)
    }
}

/// What is selected, and what has to be known of it.
pub struct Chosen<'a> {
    /// All objects.
    pub objects: &'a Objects,
    /// What the menu is for.
    pub on: Option<&'a Selection>,
    /// All that are selected, where they are several.
    pub picked: &'a BTreeSet<ObjectKey>,
    /// The cards that were placed by hand.
    pub placed: &'a Places,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What was selected when the menu was asked for.
    pub before: &'a [ObjectKey],
}

impl Chosen<'_> {
    fn is_several(&self) -> bool {
        let object = self.on.and_then(Selection::object);
        self.picked.len() > 1 && object.is_none_or(|object| self.picked.contains(object))
    }

    /// What the menu is for, in words.
    pub fn words(&self, on: &Selection) -> String {
        if self.is_several() {
            return format!("{} objects", self.picked.len());
        }
        match on {
            Selection::Object(key) => key.to_string(),
            Selection::LoadBalancer(key) => format!("Load balancer of {key}"),
            Selection::Client(client) => client.to_string(),
            Selection::Dns => "DNS".to_owned(),
        }
    }

    /// The cards of what is selected that were placed by hand.
    fn placed_cards(&self) -> Vec<Placement> {
        let own = self.on.map(Selection::card);
        let others = self.picked.iter().map(ObjectKey::to_path).filter(|_| self.is_several());
        let cards = own.into_iter().chain(others).filter(|card| self.placed.contains_key(card.as_str()));
        cards.map(|card| Placement { card, at: None }).collect()
    }
}

/// What can be done with what is selected.
pub fn for_chosen(chosen: &Chosen<'_>) -> Vec<Action> {
    let Some(on) = chosen.on else { return Vec::new() };
    let mut all = Vec::new();
    if !chosen.is_several() {
        all.push(Action::new("Open in the inspector", "i-file", "Enter", Act::Show(on.clone())));
        let sender = match on {
            Selection::Client(client) => Some(client.clone()),
            Selection::Object(key) if key.kind == Kind::Pod => {
                Some(Client::Pod { namespace: key.namespace.to_string(), name: key.name.to_string() })
            }
            Selection::Object(key) if key.kind == Kind::Node => Some(Client::Node(key.name.to_string())),
            _ => None,
        };
        if let Some(client) = sender {
            all.push(Action::new("Send a request from here", "i-globe", "", Act::Compose(client)));
        }
        if let Selection::Object(key) = on {
            all.extend(for_object(chosen, key));
        }
    }
    if let Selection::Object(key) = on
        && !chosen.is_several()
        && !chosen.before.is_empty()
        && !chosen.before.contains(key)
    {
        let keys = chosen.before.iter().chain([key]).cloned().collect();
        all.push(Action::new("Select it with what was selected", "i-select", "Shift+click", Act::Pick(keys)));
    }
    let placed = chosen.placed_cards();
    if !placed.is_empty() && !chosen.read_only {
        let act = Act::Command(Command::Place { places: placed });
        all.push(Action::new("Put back where the layout has it", "i-fit", "", act));
    }
    if chosen.is_several() || matches!(on, Selection::Object(_)) {
        all.push(Action::new("Copy as YAML", "i-copy", "Ctrl+C", Act::Copy));
        if !chosen.read_only {
            all.push(Action::new("Cut", "i-copy", "Ctrl+X", Act::Cut));
            all.push(Action::new("Duplicate", "i-plus", "Ctrl+D", Act::Duplicate));
            all.push(Action::new("Delete", "i-trash", "Delete", Act::Delete));
        }
    }
    all
}

/// What can be done with one object alone.
fn for_object(chosen: &Chosen<'_>, key: &ObjectKey) -> Vec<Action> {
    let mut all = Vec::new();
    if matches!(key.kind, Kind::Service | Kind::Pod) {
        let show = Act::All(vec![Act::Show(Selection::Object(key.clone())), Act::Inspect("why")]);
        let words = if key.kind == Kind::Pod {
            "Why it is an endpoint, or not"
        } else {
            "Why its endpoints are what they are"
        };
        all.push(Action::new(words, "i-help", "", show));
    }
    if chosen.read_only {
        return all;
    }
    let edit = |change: Change| Act::Ask(Ask::Edit(key.clone(), change));
    if draw::connects(&key.kind) {
        all.push(Action::new("Connect to\u{2026}", "i-right", "", Act::Ask(Ask::Connect(key.clone()))));
    }
    all.push(Action::new("Rename\u{2026}", "i-select", "F2", edit(Change::Name)));
    let value = chosen.objects.get(key).map(|object| object.live.to_value()).unwrap_or_default();
    let pairs = |pointer: &str, word: &str| -> Vec<Action> {
        let path = if word == "label" { Change::new_label() } else { Change::new_selector() };
        let Change::Pair { path, .. } = path else { return Vec::new() };
        let map = value.pointer(pointer).and_then(serde_json::Value::as_object);
        map.into_iter()
            .flatten()
            .take(6)
            .map(|(name, own)| {
                let own = own.as_str().unwrap_or_default();
                let label = format!("Change the {word} {name}={own}");
                Action::new(label, "i-select", "", edit(Change::pair(path.clone(), name, own)))
            })
            .collect()
    };
    match key.kind {
        Kind::Service => {
            all.extend(pairs("/spec/selector", "selector"));
            all.push(Action::new("Add to the selector\u{2026}", "i-plus", "", edit(Change::new_selector())));
            let ports = value.pointer("/spec/ports").and_then(serde_json::Value::as_array);
            for (index, port) in ports.into_iter().flatten().enumerate().take(6) {
                let label = format!("Change the port {}", draw::port_text(port));
                all.push(Action::new(
                    label,
                    "i-ports",
                    "",
                    edit(Change::Port(u32::try_from(index).unwrap_or(0))),
                ));
            }
        }
        Kind::Pod => {
            all.extend(pairs("/metadata/labels", "label"));
            all.push(Action::new("Add a label\u{2026}", "i-plus", "", edit(Change::new_label())));
        }
        _ => {}
    }
    all
}

/// What can be done with the bare board, at a place of it.
pub fn for_board(place: (i32, i32), on_node: Option<&str>, read_only: bool) -> Vec<Action> {
    let mut all = Vec::new();
    if !read_only {
        for tool in [Tool::Pod, Tool::Service, Tool::Ingress, Tool::Node, Tool::Deployment] {
            let node = on_node.filter(|_| tool == Tool::Pod).map(str::to_owned);
            let act = Act::Place { tool, at: Some(place), on_node: node };
            let article = if tool == Tool::Ingress { "an" } else { "a" };
            all.push(Action::new(format!("Add {article} {} here", tool.name()), tool.icon(), "", act));
        }
        for kind in create::MORE {
            let label = format!("Add {}", create::words(&kind));
            let icon = of_kind(&kind);
            all.push(Action::new(label, icon, "", Act::Make { kind, at: Some(place) }));
        }
        all.push(Action::new("Paste YAML", "i-file", "Ctrl+V", Act::Paste));
    }
    all.push(Action::new("Select all", "i-select", "Ctrl+A", Act::SelectAll));
    all.push(Action::new("Show everything", "i-fit", "0", Act::Ask(Ask::Zoom(super::board::ZoomStep::Fit))));
    all.push(Action::new("Find or do anything", "i-search", "Ctrl+K", Act::Dialog(Some(Dialog::Palette))));
    all
}
