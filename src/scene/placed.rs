//! Puts the contents of a board into their places, and keeps what stands where it stood.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::card::{ClientCard, EdgeCard, NodeCard, PodCard, ServiceCard};
use super::geometry::Rect;
use super::layout::{self, Arrangement, Contents, Places};
use super::level::{Level, Metrics};
use super::link::Links;
use super::traffic::Traffic;
use super::{Scene, TalkMark, View, light, talk};
use crate::api::ObjectKey;
use crate::cluster::RequestRecord;
use crate::session::Session;

/// A card without a place, and the same card in its place.
type Pair<Card> = (Rc<Card>, Rc<Card>);

/// The board as it stood last.
#[derive(Default)]
pub(super) struct Placed {
    level: Level,
    metrics: Metrics,
    places: Places,
    arrangement: Arrangement,
    clients: Vec<Pair<ClientCard>>,
    edges: Vec<Pair<EdgeCard>>,
    /// The cards of the Edge lane before they were put in order.
    unsorted: Vec<Rc<EdgeCard>>,
    services: Vec<Pair<ServiceCard>>,
    nodes: Vec<Pair<NodeCard>>,
    /// Where each Service's card is among the others.
    service_at: imbl::OrdMap<ObjectKey, usize>,
    /// In which node and where among its cards each Pod's is.
    pod_at: imbl::OrdMap<ObjectKey, (usize, usize)>,
    selected: Option<ObjectKey>,
    talks: BTreeMap<ObjectKey, TalkMark>,
    links: Links,
    traffic: Traffic,
    /// The request that lit up the cards of the last scene, and the accent in which it did.
    lit: Option<(Arc<RequestRecord>, Option<u8>)>,
    /// The scene that was drawn last.
    last: Rc<Scene>,
}

/// What is not as it stood last.
#[derive(Default)]
pub(super) struct Moved {
    /// Whether anything stands elsewhere, or has come or gone.
    pub any: bool,
    /// The Pods whose cards are others.
    pub pods: BTreeSet<ObjectKey>,
    /// The Services whose cards are others.
    pub services: BTreeSet<ObjectKey>,
    /// Whether a card of the Edge lane is another.
    pub edges: bool,
    /// Whether a client's card is another, though it stands where it stood.
    pub clients: bool,
}

impl Placed {
    /// The scene with these contents. `touched` are the Services of which a slice was written since the
    /// last one, and `changed` tells whether any object was.
    pub fn scene(
        &mut self,
        session: &Session,
        view: &View,
        contents: Contents,
        kept: &BTreeMap<String, usize>,
        touched: BTreeSet<ObjectKey>,
        changed: bool,
    ) -> Rc<Scene> {
        let metrics = view.level.metrics(view.columns).stretched(view.stretch);
        let places = session.places();
        let anew = (self.level, self.metrics) != (view.level, metrics);
        let mut moved = Moved { any: anew, services: touched, ..Moved::default() };
        let stands = !anew && self.places.ptr_eq(places) && self.stands(&contents);
        if !stands {
            (self.level, self.metrics, self.places) = (view.level, metrics, places.clone());
            self.arrange(contents, anew, &mut moved);
        }
        let mut scene = Scene {
            level: view.level,
            metrics,
            clients: cards(&self.clients),
            edges: cards(&self.edges),
            services: cards(&self.services),
            nodes: cards(&self.nodes),
            frames: self.arrangement.frames.clone(),
            bounds: self.arrangement.bounds,
            kept: kept.clone(),
            service_at: self.service_at.clone(),
            pod_at: self.pod_at.clone(),
            ..Scene::default()
        };
        if changed || self.selected != view.selected {
            self.selected.clone_from(&view.selected);
            self.talks = talk::marks(session.cluster().store(), view);
        }
        scene.talks = self.talks.clone();
        self.links.connect(&mut scene, session.cluster().store(), view, &moved);
        self.traffic.lay(&mut scene, session, view, &moved);
        self.light(&mut scene, stands);
        self.last = Rc::new(scene);
        self.last.clone()
    }

    /// Lights up what the request in focus uses; `stands` tells whether the cards are those of the last scene.
    fn light(&mut self, scene: &mut Scene, stands: bool) {
        let focus = self.traffic.in_focus();
        let same = match (&self.lit, focus) {
            (None, None) => true,
            (Some((lit, accent)), Some((record, now))) => Arc::ptr_eq(lit, record) && *accent == now,
            _ => false,
        };
        if stands && same {
            scene.clients.clone_from(&self.last.clients);
            scene.edges.clone_from(&self.last.edges);
            scene.services.clone_from(&self.last.services);
            scene.nodes.clone_from(&self.last.nodes);
            return;
        }
        if let Some((record, accent)) = focus {
            light::light(scene, record, accent);
        }
        self.lit = focus.map(|(record, accent)| (record.clone(), accent));
        keep_lit(&mut scene.clients, &self.clients, &self.last.clients);
        keep_lit(&mut scene.edges, &self.edges, &self.last.edges);
        keep_lit(&mut scene.services, &self.services, &self.last.services);
        keep_lit(&mut scene.nodes, &self.nodes, &self.last.nodes);
    }

    /// Whether the contents are those that stand.
    fn stands(&self, contents: &Contents) -> bool {
        fn same<Card>(pairs: &[Pair<Card>], cards: &[Rc<Card>]) -> bool {
            pairs.len() == cards.len()
                && pairs.iter().zip(cards).all(|(pair, card)| Rc::ptr_eq(&pair.0, card))
        }
        same(&self.clients, &contents.clients)
            && same(&self.services, &contents.services)
            && same(&self.nodes, &contents.nodes)
            && self.unsorted.len() == contents.edges.len()
            && self.unsorted.iter().zip(&contents.edges).all(|(one, other)| Rc::ptr_eq(one, other))
    }

    /// Puts the contents into their places; `anew` when all sizes are others.
    fn arrange(&mut self, mut contents: Contents, anew: bool, moved: &mut Moved) {
        let (level, metrics) = (self.level, self.metrics);
        self.unsorted.clone_from(&contents.edges);
        layout::sort_edges(&mut contents, level, &metrics, &self.places);
        let arrangement = layout::arrange(&contents, level, &metrics, &self.places);
        moved.any |= arrangement != self.arrangement;
        let clients = settle(&self.clients, contents.clients, &arrangement.clients, anew, |card, rect, _| {
            card.rect = rect;
        });
        moved.any |= !same_keys(&clients, &self.clients, |card| &card.client)
            || clients.iter().zip(&self.clients).any(|((_, new), (_, old))| new.rect != old.rect);
        moved.clients = !same_cards(&clients, &self.clients);
        let edges = settle(&self.edges, contents.edges, &arrangement.edges, anew, |card, rect, _| {
            card.rect = rect;
        });
        moved.edges = !same_cards(&edges, &self.edges);
        moved.any |= moved.edges;
        let services =
            settle(&self.services, contents.services, &arrangement.services, anew, |card, rect, _| {
                layout::place_service(card, rect, level, &metrics);
            });
        for (index, (_, card)) in services.iter().enumerate() {
            if !self.services.get(index).is_some_and(|(_, old)| Rc::ptr_eq(old, card)) {
                moved.services.insert(card.key.clone());
            }
        }
        let nodes = settle(&self.nodes, contents.nodes, &arrangement.nodes, anew, |card, rect, old| {
            card.rect = rect;
            let rects = layout::pod_rects(card, rect, &metrics);
            card.pods = put_pods(&card.pods, rects, old.filter(|_| !anew));
        });
        moved.any |= !same_keys(&services, &self.services, |card| &card.key);
        if moved.any {
            let keys = services.iter().map(|(_, card)| card.key.clone());
            self.service_at = keys.enumerate().map(|(at, key)| (key, at)).collect();
        }
        self.find_pods(&nodes, moved);
        self.arrangement = arrangement;
        (self.clients, self.edges, self.services, self.nodes) = (clients, edges, services, nodes);
    }

    /// Brings the index of Pods up to date, and notes whose cards are others.
    fn find_pods(&mut self, nodes: &[Pair<NodeCard>], moved: &mut Moved) {
        let mut regrouped = !same_keys(nodes, &self.nodes, |node| &node.name);
        for ((_, node), (_, old)) in
            nodes.iter().zip(&self.nodes).filter(|(new, old)| !Rc::ptr_eq(&new.1, &old.1))
        {
            let mut pairs = node.pods.iter().zip(&old.pods);
            regrouped |= node.pods.len() != old.pods.len() || pairs.any(|(new, old)| new.keys != old.keys);
            let others = node.pods.iter().filter(|pod| !old.pods.iter().any(|old| Rc::ptr_eq(old, pod)));
            moved.pods.extend(others.flat_map(|pod| pod.keys.iter().cloned()));
        }
        if regrouped {
            moved.any = true;
            self.pod_at = nodes
                .iter()
                .enumerate()
                .flat_map(|(at, (_, node))| {
                    node.pods.iter().enumerate().flat_map(move |(place, pod)| {
                        pod.keys.iter().map(move |key| (key.clone(), (at, place)))
                    })
                })
                .collect();
        }
    }
}

fn cards<Card>(pairs: &[Pair<Card>]) -> Vec<Rc<Card>> {
    pairs.iter().map(|(_, card)| card.clone()).collect()
}

fn same_cards<Card>(one: &[Pair<Card>], other: &[Pair<Card>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Rc::ptr_eq(&one.1, &other.1))
}

fn same_keys<Card, Key: PartialEq>(
    one: &[Pair<Card>],
    other: &[Pair<Card>],
    key: impl Fn(&Card) -> &Key,
) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| key(&one.1) == key(&other.1))
}

/// Puts cards into their rectangles. One that is the same and stands where it stood is kept.
fn settle<Card: Clone + InPlace>(
    before: &[Pair<Card>],
    cards: Vec<Rc<Card>>,
    rects: &[Rect],
    anew: bool,
    put: impl Fn(&mut Card, Rect, Option<&Pair<Card>>),
) -> Vec<Pair<Card>> {
    cards
        .into_iter()
        .zip(rects)
        .enumerate()
        .map(|(index, (content, rect))| {
            let same = |pair: &&Pair<Card>| Rc::ptr_eq(&pair.0, &content);
            let here = before.get(index);
            let old = here.filter(same).or_else(|| before.iter().find(same));
            if let Some((_, card)) = old.filter(|(_, card)| !anew && card.place() == *rect) {
                let card = card.clone();
                return (content, card);
            }
            let mut card = (*content).clone();
            put(&mut card, *rect, old.or(here));
            (content, Rc::new(card))
        })
        .collect()
}

/// Puts the Pods of a node into their rectangles.
fn put_pods(
    pods: &[Rc<PodCard>],
    rects: impl Iterator<Item = Rect>,
    before: Option<&Pair<NodeCard>>,
) -> Vec<Rc<PodCard>> {
    pods.iter()
        .zip(rects)
        .map(|(content, rect)| {
            let old = before.and_then(|(contents, node)| {
                let at = contents.pods.iter().position(|other| Rc::ptr_eq(other, content))?;
                node.pods.get(at).filter(|pod| pod.rect == rect)
            });
            old.cloned().unwrap_or_else(|| Rc::new(PodCard { rect, ..(**content).clone() }))
        })
        .collect()
}

/// A card that stands somewhere.
trait InPlace {
    /// Where.
    fn place(&self) -> Rect;
}

impl InPlace for ClientCard {
    fn place(&self) -> Rect {
        self.rect
    }
}

impl InPlace for EdgeCard {
    fn place(&self) -> Rect {
        self.rect
    }
}

impl InPlace for ServiceCard {
    fn place(&self) -> Rect {
        self.whole
    }
}

impl InPlace for NodeCard {
    fn place(&self) -> Rect {
        self.rect
    }
}

/// A card that is lit as it was lit last keeps its place in memory.
fn keep_lit<Card: PartialEq>(cards: &mut [Rc<Card>], unlit: &[Pair<Card>], last: &[Rc<Card>]) {
    for ((card, (_, unlit)), last) in cards.iter_mut().zip(unlit).zip(last) {
        if !Rc::ptr_eq(card, unlit) && **card == **last {
            *card = last.clone();
        }
    }
}
