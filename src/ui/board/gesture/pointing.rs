//! Clicks, double clicks and keys: what they select, open, edit and place.

use endpoint_playground::api::path::Path;
use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::card::{EdgeCard, EdgeKind};
use endpoint_playground::session::Client;
use wasm_bindgen::JsCast as _;
use web_sys::Element;
use yew::prelude::*;

use super::super::popup::{Change, Popup};
use super::super::{Board, BoardProps, focus, view};
use super::client;
use crate::ui::browser;
use crate::ui::events_model::{BoardEvent, Selection, Tool};

/// What a card in the Edge lane stands for.
pub(in super::super) fn selection_of_edge(card: &EdgeCard) -> Selection {
    match (&card.kind, &card.key) {
        (EdgeKind::LoadBalancer, Some(key)) => Selection::LoadBalancer(key.clone()),
        (_, Some(key)) => Selection::Object(key.clone()),
        (_, None) => Selection::Dns,
    }
}

/// Who sends, if what is selected can send.
fn sender_of(selection: &Selection) -> Option<Client> {
    match selection {
        Selection::Client(client) => Some(client.clone()),
        Selection::Object(key) => match key.kind {
            Kind::Pod => {
                Some(Client::Pod { namespace: key.namespace.to_string(), name: key.name.to_string() })
            }
            Kind::Node => Some(Client::Node(key.name.to_string())),
            _ => None,
        },
        Selection::LoadBalancer(_) | Selection::Dns => None,
    }
}

impl Board {
    /// What a card stands for, by its id.
    pub(in super::super) fn selection_of(&self, props: &BoardProps, card: &str) -> Option<Selection> {
        let scene = &props.scene.0;
        if let Some(client) = scene.clients.iter().find(|client| client.id == card) {
            return Some(Selection::Client(client.client.clone()));
        }
        if let Some(edge) = scene.edges.iter().find(|edge| edge.id == card) {
            return Some(selection_of_edge(edge));
        }
        // The place where Pods wait for a node has no object.
        ObjectKey::from_path(card).map(Selection::Object)
    }

    /// The object of a card, by its id.
    pub(super) fn object_of(&self, props: &BoardProps, card: &str) -> Option<ObjectKey> {
        match self.selection_of(props, card)? {
            Selection::Object(key) => Some(key),
            _ => None,
        }
    }

    /// What an event happened on.
    pub(in super::super) fn under(&self, props: &BoardProps, event: &web_sys::Event) -> Option<Selection> {
        self.selection_of(props, &focus::card_of(event).or_else(|| self.card_on_map(props, event))?)
    }

    /// The card whose rectangle on the map a pointer is on; `None` where cards are in the document.
    pub(in super::super) fn card_on_map(&self, props: &BoardProps, event: &web_sys::Event) -> Option<String> {
        if !self.shows_map() || view::closest(event, ".float, .popup").is_some() {
            return None;
        }
        let at = self.to_world(client(event.dyn_ref::<MouseEvent>()?));
        props.scene.0.card_at(at.x, at.y)
    }

    /// A click: on a card it selects, with Shift or Control one more; with a tool it places; on a track it shows the
    /// request.
    pub(in super::super) fn clicked(&mut self, ctx: &Context<Self>, event: &MouseEvent) {
        let (props, at) = (ctx.props(), client(event));
        if view::closest(event, "[data-unfold]").is_some() {
            if let Some(Selection::Object(key)) = self.under(props, event) {
                props.on.emit(BoardEvent::Unfold(key));
            }
            return;
        }
        if view::closest(event, "button, input, .float, .popup").is_some() {
            return;
        }
        if self.popup.is_some() {
            self.hide(ctx);
        }
        let under = self.under(props, event);
        match (props.tool, under) {
            (Tool::Select | Tool::Hand, Some(Selection::Object(key)))
                if event.shift_key() || event.ctrl_key() || event.meta_key() =>
            {
                props.on.emit(BoardEvent::Toggle(key));
            }
            (Tool::Select | Tool::Hand, Some(selection)) => {
                props.on.emit(BoardEvent::Select(Some(selection)))
            }
            (Tool::Select | Tool::Hand, None) => {
                let point = self.to_world(at);
                props.on.emit(match view::route_at(&props.scene.0, point.x, point.y) {
                    Some(number) => BoardEvent::FocusRequest(number),
                    None => BoardEvent::Select(None),
                });
            }
            (Tool::Client, under) => {
                if let Some(client) = under.as_ref().and_then(sender_of) {
                    props.on.emit(BoardEvent::SendFrom(client));
                }
            }
            _ => self.use_tool(ctx, at),
        }
    }

    /// A double click edits a text in place, unfolds a fold, and opens a card in the inspector.
    pub(in super::super) fn opened(&mut self, ctx: &Context<Self>, event: &MouseEvent) {
        let props = ctx.props();
        if view::closest(event, "button, input, .float, .popup").is_some() {
            return;
        }
        if let Some(element) = view::closest(event, "[data-edit]").filter(|_| !props.read_only)
            && self.edit(ctx, &element)
        {
            return;
        }
        let Some(selection) = self.under(props, event) else { return };
        let stacked = view::closest(event, ".stack").is_some();
        props.on.emit(match selection {
            Selection::Object(key) if stacked => BoardEvent::Unfold(key),
            selection => BoardEvent::Open(selection),
        });
    }

    /// The menu of what an event happened on, or of the bare board.
    pub(in super::super) fn asked(&mut self, ctx: &Context<Self>, at: (f64, f64), event: &web_sys::Event) {
        let props = ctx.props();
        let on = self.under(props, event);
        self.let_go();
        let alone = props.selection.as_ref().and_then(Selection::object).filter(|_| props.picked.is_empty());
        let before: Vec<ObjectKey> = alone.into_iter().chain(props.picked.iter()).cloned().collect();
        if let Some(selection) = &on
            && !selection.object().is_some_and(|key| props.picked.contains(key))
        {
            props.on.emit(BoardEvent::Point(selection.clone()));
        }
        let point = self.to_world(at);
        let ratio = props.scene.0.metrics.ratio;
        let place = ((point.x / ratio).round() as i32, (point.y / ratio).round() as i32);
        let node = props.scene.0.node_at(point.x, point.y).and_then(|node| node.key.as_ref());
        let on_node = node.map(|key| key.name.to_string());
        let at = self.in_window(at);
        self.show(ctx, Popup::Menu { at, on, place, on_node, before });
    }

    /// A key on a card or on a text in it. Gives whether it was ours.
    pub(in super::super) fn card_key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let props = ctx.props();
        let Some(selection) = self.under(props, event) else { return };
        let shift = event.shift_key();
        match event.key().as_str() {
            " " if shift => {
                if let Selection::Object(key) = selection {
                    props.on.emit(BoardEvent::Toggle(key));
                }
            }
            " " => props.on.emit(BoardEvent::Select(Some(selection))),
            "Enter" | "F2" if view::closest(event, "[data-pair]").is_some() => {
                if let Some(element) = view::closest(event, "[data-edit]") {
                    self.edit(ctx, &element);
                }
            }
            "F2" => {
                if let Selection::Object(key) = selection {
                    self.edit_name(ctx, key);
                }
            }
            "Enter" => match (props.tool, sender_of(&selection)) {
                (Tool::Select | Tool::Hand, _) => {
                    props.on.emit(BoardEvent::Open(selection));
                    browser::focus_inspector();
                }
                (Tool::Client, Some(client)) => props.on.emit(BoardEvent::SendFrom(client)),
                (Tool::Client, None) => {}
                (tool, _) => {
                    let node = selection.object().filter(|key| key.kind == Kind::Node);
                    let on_node = node.map(|key| key.name.to_string());
                    props.on.emit(BoardEvent::PlaceNew { tool, at: None, on_node });
                }
            },
            "ContextMenu" | "F10" => {
                let at = view::closest(event, "[data-card]").map_or((0.0, 0.0), |card| {
                    let rect = card.get_bounding_client_rect();
                    (rect.left() + 24.0, rect.top() + 24.0)
                });
                self.asked(ctx, at, event);
            }
            "Escape" => focus::back_to_card(event),
            _ => {}
        }
    }

    /// Edits what an element shows, in place. Gives whether it can be edited.
    fn edit(&mut self, ctx: &Context<Self>, element: &Element) -> bool {
        let props = ctx.props();
        let card = element.closest("[data-card]").ok().flatten();
        let id = card.and_then(|card| card.get_attribute("data-card")).unwrap_or_default();
        let Some(object) = self.object_of(props, &id).filter(|_| !props.read_only) else { return false };
        let pair = element.get_attribute("data-pair").unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or_default();
        let change = match element.get_attribute("data-edit").as_deref() {
            Some("labels") => Change::pair(Path::ROOT.field("metadata").field("labels"), name, value),
            Some("selector") => Change::pair(Path::ROOT.field("spec").field("selector"), name, value),
            Some("name") => Change::Name,
            Some("port") => {
                let index = element.get_attribute("data-port").and_then(|index| index.parse().ok());
                Change::Port(index.unwrap_or(0))
            }
            _ => return false,
        };
        let rect = element.get_bounding_client_rect();
        let at = self.in_window((rect.left(), rect.top()));
        self.show(ctx, Popup::Edit { at, object, change });
        true
    }

    /// Edits the name of an object in place.
    pub(in super::super) fn edit_name(&mut self, ctx: &Context<Self>, object: ObjectKey) {
        self.edit_at_card(ctx, object, Change::Name);
    }

    /// Edits something of an object at its card, in the words of a menu or the command palette.
    pub(in super::super) fn edit_at_card(&mut self, ctx: &Context<Self>, object: ObjectKey, change: Change) {
        if !ctx.props().read_only {
            let at = self.place_of(ctx.props(), &object);
            self.show(ctx, Popup::Edit { at, object, change });
        }
    }
}

/// Whether a key on a card is one that the board answers.
pub(in super::super) fn answers(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    match event.key().as_str() {
        " " | "Enter" | "F2" | "ContextMenu" => true,
        "F10" => event.shift_key(),
        "Escape" => focus::is_within(event),
        _ => false,
    }
}
