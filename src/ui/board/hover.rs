//! What lights up under the pointer: a Service's Pods, everything that bears a label, a packet's addresses.
//!
//! Lit cards get an attribute past Yew, and the rest of the board steps back a little; nothing is drawn anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::scene::card::{EdgeKind, Mark};
use endpoint_playground::scene::{Link, Scene};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::gesture::client;
use super::{Board, BoardProps, focus, view};
use crate::ui::events_model::{BoardEvent, Selection};
use crate::ui::moment::Objects;

/// What the pointer is on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Hover {
    /// A card, by its id.
    Card(String),
    /// A label or a pair of a selector, in a namespace.
    Pair(String, String),
}

/// How far from a packet its addresses stay in view, in pixels of the window.
const STAYS: f64 = 28.0;

/// What shows the addresses of a packet.
#[derive(Default)]
pub(super) struct Peek {
    /// The request, and where the pointer was when it was on the packet.
    pub shown: Option<(u64, (f64, f64))>,
    /// The card of a map that the pointer is on, and where it came to it: its rectangle has no room for its name.
    named: Option<(String, (f64, f64))>,
}

impl Board {
    /// A pointer came over something.
    pub(super) fn over(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        if self.gesture.is_some()
            || event.pointer_type() == "touch"
            || view::closest(event, ".handle").is_some()
        {
            return;
        }
        let props = ctx.props();
        let card = focus::card_of(event);
        let pair = view::closest(event, "[data-pair]").and_then(|chip| chip.get_attribute("data-pair"));
        let object = card.as_deref().and_then(|card| match self.selection_of(props, card)? {
            Selection::Object(key) => Some(key),
            _ => None,
        });
        let hover = match (pair, &object, card) {
            (Some(pair), Some(object), _) => Some(Hover::Pair(object.namespace.to_string(), pair)),
            (_, _, Some(card)) => Some(Hover::Card(card)),
            _ => None,
        };
        if object.is_some() || view::closest(event, ".card").is_some() {
            self.show_handle(props, object.as_ref());
        } else {
            self.handle_of_selected(props);
        }
        if hover != self.hover {
            self.hover = hover;
            self.light(props);
        }
    }

    /// Nothing is pointed at any more.
    pub(super) fn unlight(&mut self) {
        self.stale |= self.peek.named.take().is_some();
        if self.hover.take().is_some() {
            self.flag("data-lit", |_| false);
            self.dim(false);
        }
    }

    /// Lights what belongs to what the pointer is on.
    pub(super) fn light(&self, props: &BoardProps) {
        let scene = &props.scene.0;
        let (lit, [links, near]) = match &self.hover {
            None => Default::default(),
            Some(Hover::Pair(namespace, pair)) => {
                (bearers(scene, &props.objects, namespace, pair), Default::default())
            }
            Some(Hover::Card(card)) => self
                .selection_of(props, card)
                .map_or_else(Default::default, |selection| around(scene, &selection, card)),
        };
        self.flag("data-lit", |id| lit.contains(id));
        self.overlay.links(&links, &near);
        // A card that nothing belongs to is no reason to dim the others.
        self.dim(lit.len() > 1 || matches!(self.hover, Some(Hover::Pair(..))) && !lit.is_empty());
    }

    fn dim(&self, dims: bool) {
        let Some(world) = self.world.cast::<Element>() else { return };
        if dims {
            // Setting an attribute of a valid name does not fail.
            let _ = world.set_attribute("data-hover", "");
        } else {
            let _ = world.remove_attribute("data-hover");
            self.overlay.links("", "");
        }
    }

    /// The cards in the document.
    pub(super) fn cards(&self) -> impl Iterator<Item = HtmlElement> + use<> {
        let found =
            self.world.cast::<Element>().and_then(|world| world.query_selector_all("[data-card]").ok());
        let count = found.as_ref().map_or(0, |found| found.length());
        (0..count).filter_map(move |index| found.as_ref()?.item(index)?.dyn_into::<HtmlElement>().ok())
    }

    /// Sets an attribute on the cards that `is_marked` names by their ids, and takes it from the others.
    pub(super) fn flag(&self, attribute: &str, is_marked: impl Fn(&str) -> bool) {
        for card in self.cards() {
            let marked = card.get_attribute("data-card").is_some_and(|id| is_marked(&id));
            if marked != card.has_attribute(attribute) {
                let _ = card.toggle_attribute_with_force(attribute, marked);
            }
        }
    }

    /// The pointer moves over the board and does nothing: is it on a packet?
    pub(super) fn pointed(&mut self, ctx: &Context<Self>, event: &PointerEvent) {
        if event.pointer_type() == "touch" {
            return;
        }
        let at = client(event);
        let point = self.to_world(at);
        let found = self.painter.packet_at(point).filter(|_| !ctx.props().still).map(|number| (number, at));
        let stays = |(_, was): (u64, (f64, f64))| (at.0 - was.0).hypot(at.1 - was.1) < STAYS;
        match (found, self.peek.shown) {
            (Some((number, _)), Some((shown, _))) if number == shown => {}
            (Some((number, at)), _) => {
                self.peek.shown = Some((number, at));
                ctx.props().on.emit(BoardEvent::Peek(Some(number)));
            }
            (None, Some(shown)) if !stays(shown) => {
                self.peek.shown = None;
                ctx.props().on.emit(BoardEvent::Peek(None));
            }
            _ => {}
        }
        let card = self.card_on_map(ctx.props(), event);
        if card.as_ref() != self.peek.named.as_ref().map(|(card, _)| card) {
            self.peek.named = card.map(|card| (card, at));
            self.redraw(ctx);
        }
    }

    /// The name of the rectangle that the pointer is on.
    fn name_on_map(&self, props: &BoardProps) -> Option<((f64, f64), String)> {
        let (card, at) = self.peek.named.as_ref()?;
        let name = match self.selection_of(props, card)? {
            Selection::Object(key) => key.to_string(),
            Selection::LoadBalancer(key) => format!("load balancer of {key}"),
            Selection::Client(client) => client.to_string(),
            Selection::Dns => "DNS".to_owned(),
        };
        Some((*at, name))
    }

    /// The addresses of the packet that the pointer was on.
    pub(super) fn peek_view(&self, props: &BoardProps) -> Html {
        let (at, words) = match (self.peek.shown, &props.peek, self.name_on_map(props)) {
            (Some((_, at)), Some(words), _) => (at, words.clone()),
            (_, _, Some((at, name))) => (at, name.into()),
            _ => return Html::default(),
        };
        let at = self.in_window(at);
        let (width, _) = self.size();
        let x = (at.0 + 14.0).min(width - 300.0).max(8.0);
        html! {
            <div class="float peek" role="status" style={format!("left:{x:.0}px;top:{:.0}px", at.1 + 14.0)}>
                for line in words.lines() { <span>{ line.to_owned() }</span> }
            </div>
        }
    }
}

/// Everything that has a label: Pods that bear it, and Services that ask for it.
fn bearers(scene: &Scene, objects: &Objects, namespace: &str, pair: &str) -> BTreeSet<String> {
    let Some((key, value)) = pair.split_once('=') else { return BTreeSet::new() };
    let store = objects.cluster().store();
    let bears = |object: &ObjectKey| {
        let labels = store.get(object).and_then(|object| object.labels());
        labels.and_then(|labels| labels.get(key)).is_some_and(|own| own == value)
    };
    let pods = scene.nodes.iter().flat_map(|node| &node.pods);
    let pods = pods.filter(|card| &*card.key.namespace == namespace && card.keys.iter().any(bears));
    let asks = |selector: &[(String, String)]| selector.iter().any(|(name, own)| name == key && own == value);
    let services =
        scene.services.iter().filter(|card| &*card.key.namespace == namespace && asks(&card.selector));
    pods.map(|card| card.key.to_path()).chain(services.map(|card| card.key.to_path())).collect()
}

/// What belongs to a card, and the links and near misses between: of a Service its Pods and what leads to it, of a Pod its Services, of an
/// Ingress and a load balancer their Services and the Pods of these.
fn around(scene: &Scene, selection: &Selection, card: &str) -> (BTreeSet<String>, [String; 2]) {
    let mut lit = BTreeSet::from([card.to_owned()]);
    let mut paths = [String::new(), String::new()];
    let mut services: BTreeSet<&ObjectKey> = BTreeSet::new();
    let mut follow = |link: &Link, lit: &mut BTreeSet<String>| {
        lit.insert(link.service.to_path());
        lit.extend(scene.pod(&link.pod).map(|(_, pod)| pod.key.to_path()));
        // Writing to a string does not fail.
        let [links, near] = &mut paths;
        let _ = write!(if link.mark == Mark::NearMiss { near } else { links }, "{} ", link.path.to_svg());
    };
    match selection {
        Selection::Object(key) if key.kind == Kind::Pod => {
            let own = scene.pod(key).map(|(_, pod)| &pod.keys);
            for link in scene.links.iter().filter(|link| own.is_some_and(|keys| keys.contains(&link.pod))) {
                follow(link, &mut lit);
            }
            return (lit, paths);
        }
        Selection::Object(key) | Selection::LoadBalancer(key) if key.kind == Kind::Service => {
            services.extend(scene.services.iter().map(|card| &card.key).filter(|own| *own == key));
        }
        Selection::Object(key) if matches!(key.kind, Kind::Ingress | Kind::HTTPRoute) => {
            let named =
                scene.edges.iter().filter(|edge| edge.key.as_ref() == Some(key)).flat_map(|edge| &edge.rows);
            let names: Vec<&str> = named
                .map(|row| {
                    row.end.trim_start_matches(['\u{2192}', ' ']).split(':').next().unwrap_or_default()
                })
                .collect();
            services.extend(
                scene
                    .services
                    .iter()
                    .map(|card| &card.key)
                    .filter(|own| own.namespace == key.namespace && names.contains(&&*own.name)),
            );
        }
        _ => return (lit, paths),
    }
    for service in services {
        lit.insert(service.to_path());
        for link in scene.links.iter().filter(|link| link.service == *service) {
            follow(link, &mut lit);
        }
        for edge in &scene.edges {
            let leads = match edge.kind {
                EdgeKind::LoadBalancer => edge.key.as_ref() == Some(service),
                kind if kind.leads_to_services() => edge.rows.iter().any(|row| {
                    let name = row.end.trim_start_matches(['\u{2192}', ' ']).split(':').next();
                    edge.key.as_ref().is_some_and(|key| key.namespace == service.namespace)
                        && name == Some(&*service.name)
                }),
                _ => false,
            };
            if leads {
                lit.insert(edge.id.clone());
            }
        }
    }
    (lit, paths)
}
