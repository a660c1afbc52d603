//! How the cards are shown, and the component that draws a card again only when it or this has changed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use endpoint_playground::api::ObjectKey;
use endpoint_playground::scene::card::{Light, PodCard};
use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::scene::{Level, Metrics, Scene, TalkMark};
use yew::prelude::*;

use super::{Board, BoardProps, cards, lines, nodes, view::Camera};
use crate::ui::events_model::Selection;

/// Which cards of a board are in the document.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Region {
    /// All: the board is small.
    All,
    /// Those in this part of the board.
    Part(Rect),
    /// None: a large board that is seen from afar is a map without texts.
    Map,
}

impl Region {
    /// Whether what has this rectangle is in the document.
    pub fn sees(&self, rect: &Rect) -> bool {
        match self {
            Region::All => true,
            Region::Part(part) => part.overlaps(rect),
            Region::Map => false,
        }
    }

    /// Which cards should be in the document from now on, where the camera sees a scene through a window of this size: the
    /// same ones as long as they do.
    pub fn moved(self, scene: &Scene, camera: Camera, (width, height): (f64, f64)) -> Region {
        if !scene.is_large() {
            return Region::All;
        }
        if is_map(scene, camera) {
            return Region::Map;
        }
        let (left, top) = camera.to_world(0.0, 0.0);
        let (w, h) = (width / camera.scale, height / camera.scale);
        if let Region::Part(part) = self {
            let covered = part.x <= left.max(scene.bounds.x)
                && part.y <= top.max(scene.bounds.y)
                && part.right() >= (left + w).min(scene.bounds.right())
                && part.bottom() >= (top + h).min(scene.bounds.bottom());
            // Much more than is seen is too much.
            if covered && part.w * part.h < 4.0 * (w + 2.0 * MARGIN) * (h + 2.0 * MARGIN) {
                return self;
            }
        }
        Region::Part(Rect { x: left, y: top, w, h }.grown(MARGIN / camera.scale))
    }
}

/// How many pixels of the window a part of the board reaches beyond it.
const MARGIN: f64 = 240.0;

/// How the cards are shown.
#[derive(Clone, PartialEq)]
pub(super) struct Shown {
    pub level: Level,
    pub metrics: Metrics,
    pub selection: Option<Selection>,
    pub picked: Rc<BTreeSet<ObjectKey>>,
    pub talks: Rc<BTreeMap<ObjectKey, TalkMark>>,
    pub read_only: bool,
    /// The accent of the request in focus.
    pub accent: Option<u8>,
    pub region: Region,
}

impl Shown {
    pub fn new(props: &BoardProps, region: Region) -> Shown {
        let scene = &props.scene.0;
        Shown {
            level: scene.level,
            metrics: scene.metrics,
            selection: props.selection.clone(),
            picked: props.picked.clone(),
            talks: Rc::new(scene.talks.clone()),
            read_only: props.read_only,
            accent: scene.focus.as_ref().and_then(|focus| focus.route.way.accent),
            region,
        }
    }

    /// Whether this object is selected, alone or with others.
    pub fn is_selected(&self, key: &ObjectKey) -> bool {
        matches!(&self.selection, Some(Selection::Object(selected)) if selected == key)
            || self.picked.contains(key)
    }

    /// Whether what a card stands for is selected.
    pub fn is_chosen(&self, selection: &Selection) -> bool {
        match selection {
            Selection::Object(key) => self.is_selected(key),
            other => self.selection.as_ref() == Some(other),
        }
    }

    /// Whether what has this rectangle is in the document.
    pub fn sees(&self, rect: &Rect) -> bool {
        self.region.sees(rect)
    }

    /// What of this a Pod's card depends on, so that it is drawn again only for its own sake.
    pub fn of_pod(&self, card: &PodCard) -> Rc<Shown> {
        let selected = card.keys.iter().find(|key| self.is_selected(key));
        let talk = self.talks.get(&card.key).map(|talk| (card.key.clone(), *talk));
        Rc::new(Shown {
            selection: selected.cloned().map(Selection::Object),
            picked: Rc::default(),
            talks: Rc::new(talk.into_iter().collect()),
            accent: self.accent.filter(|_| card.light != Light::None),
            region: Region::All,
            ..self.clone()
        })
    }
}

/// What a card is drawn from.
#[derive(Properties)]
pub(super) struct KeptProps {
    of: Rc<dyn Any>,
    shown: Rc<Shown>,
    draw: Rc<dyn Fn(&Shown) -> Html>,
}

impl PartialEq for KeptProps {
    fn eq(&self, other: &KeptProps) -> bool {
        Rc::ptr_eq(&self.of, &other.of)
            && (Rc::ptr_eq(&self.shown, &other.shown) || self.shown == other.shown)
    }
}

/// A card that is drawn again only when it is another one or is shown in another way.
#[component(Kept)]
pub(super) fn kept(props: &KeptProps) -> Html {
    (props.draw)(&props.shown)
}

/// Draws a card, and draws it again only when it is another one or is shown in another way.
pub(super) fn keep<Card: 'static>(
    key: String,
    card: &Rc<Card>,
    shown: Rc<Shown>,
    draw: impl Fn(&Card, &Shown) -> Html + 'static,
) -> Html {
    let of = card.clone();
    let draw: Rc<dyn Fn(&Shown) -> Html> = Rc::new(move |shown| draw(&of, shown));
    html! { <Kept {key} of={card.clone() as Rc<dyn Any>} {shown} {draw} /> }
}

impl Board {
    /// The cards that are in the document.
    pub(super) fn in_document(&self, scene: &Scene) -> Html {
        let shown = &self.shown;
        if shown.region == Region::Map {
            return Html::default();
        }
        // Of a node, a client or an edge everything counts; there are few, or few of them are seen.
        let keep_all = || shown.clone();
        html! {
            <>
                { for scene.nodes.iter().filter(|node| shown.sees(&node.rect)).map(|node| {
                    keep(format!("node {}", node.name), node, keep_all(), nodes::node)
                }) }
                { lines::net(scene, &shown.region) }
                { for scene.clients.iter().map(|card| keep(card.id.clone(), card, keep_all(), cards::client)) }
                { for scene.edges.iter().filter(|card| shown.sees(&card.rect)).map(|card| {
                    keep(card.id.clone(), card, keep_all(), cards::edge)
                }) }
                { for scene.services.iter().filter(|card| shown.sees(&card.whole) || shown.is_selected(&card.key)).map(|card| {
                    keep(card.key.to_path(), card, keep_all(), cards::service)
                }) }
                { for scene.nodes.iter().filter(|node| shown.sees(&node.rect)).map(|node| {
                    keep(format!("gate {}", node.name), node, keep_all(), nodes::gate)
                }) }
            </>
        }
    }

    /// Takes in what is looked at; whether the cards have to be drawn again for it.
    pub(super) fn look(&mut self, props: &BoardProps) -> bool {
        let region = self.map.wanted_region(&props.scene.0);
        self.map.set_region(region);
        let shown = Shown::new(props, region);
        if *self.shown == shown {
            return false;
        }
        self.map.set_selected(props.selection.as_ref().and_then(Selection::object).cloned());
        self.shown = Rc::new(shown);
        true
    }

    /// Whether the board is a map of rectangles, without cards.
    pub(super) fn shows_map(&self) -> bool {
        self.shown.region == Region::Map
    }
}

/// Whether a board is so large and seen from so far that it is drawn as a map.
fn is_map(scene: &Scene, camera: Camera) -> bool {
    scene.level == Level::Overview
        && scene.is_large()
        && camera.scale < endpoint_playground::scene::SMALLEST - 0.06
}
