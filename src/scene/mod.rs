//! What is on the board, as plain data to draw: cards, links, the ways of requests.
//!
//! [`scene`] is a function of the session and of what the person looks at. It is made anew when either changes;
//! packets are not part of it, since their place is a function of time (see [`route`]).

mod asked;
mod build;
pub mod card;
mod drawing;
mod fit;
pub mod fleet;
mod fold;
mod gateway;
mod layout;
pub mod level;
mod light;
mod link;
mod order;
pub mod pick;
pub mod picture;
mod placed;
mod pod;
pub mod route;
mod service;
mod talk;
mod time_marks;
mod touched;
mod traffic;
pub mod walk;
pub mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub use build::namespaces;
pub use drawing::Drawing;
pub use fit::{Fitting, LARGE, SMALLEST};
pub use fold::fold_id;

pub use asked::told;
use card::{ClientCard, EdgeCard, Frame, NodeCard, PodCard, ServiceCard};
use geometry::Rect;
pub use level::{Columns, Level, Metrics};
pub use link::{Link, Wire};
pub use motion::geometry;
pub use route::{Focus, Route, Standing};
pub use talk::TalkMark;
pub use time_marks::{MarkSort, TimeMark, TimeMarks, line_end};

use crate::api::ObjectKey;
use crate::session::Session;

/// What the person looks at; none of it is recorded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct View {
    /// How much the cards tell.
    pub level: Level,
    /// In how many columns the cards of each lane stand.
    pub columns: Columns,
    /// How much wider than usual the board is drawn, for a wide window; 0 is 1.
    pub stretch: f64,
    /// Only this namespace; `None` for all.
    pub namespace: Option<String>,
    /// Whether the cluster's own objects are shown too.
    pub system: bool,
    /// The object that is selected.
    pub selected: Option<ObjectKey>,
    /// The request in focus, by number; `None` for the newest.
    pub focus: Option<u64>,
    /// Whether the lane of the nodes shows only what the selected object or the request in focus has to do with.
    pub touched: bool,
    /// The folds that are open, by the id of their first Pod's owner.
    pub unfolded: BTreeSet<String>,
}

/// Everything that is drawn, back to front: nodes, links, cards, gates, packets, labels.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scene {
    /// How much the cards tell.
    pub level: Level,
    /// The sizes that it is drawn with.
    pub metrics: Metrics,
    /// Who asks.
    pub clients: Vec<Rc<ClientCard>>,
    /// Where it enters.
    pub edges: Vec<Rc<EdgeCard>>,
    /// Which Pods may answer.
    pub services: Vec<Rc<ServiceCard>>,
    /// Where Pods run.
    pub nodes: Vec<Rc<NodeCard>>,
    /// Configuration: an Ingress rule to its Service, a load balancer to its Service.
    pub wires: Vec<Rc<Wire>>,
    /// Membership: an endpoint to its Pod.
    pub links: Rc<Vec<Rc<Link>>>,
    /// The way of the request in focus.
    pub focus: Option<Rc<Focus>>,
    /// The ways of the connections that clients keep open.
    pub standing: Vec<Standing>,
    /// The ways of all requests that are in flight or ended a moment ago, by number.
    pub under_way: imbl::OrdMap<u64, Rc<Route>>,
    /// A frame around the Services of each namespace, where there are several.
    pub frames: Vec<Frame>,
    /// The area that holds everything.
    pub bounds: Rect,
    /// How many objects are kept but not simulated, by kind.
    pub kept: BTreeMap<String, usize>,
    /// What NetworkPolicies make of each Pod, seen from the Pod or the policy that is selected.
    pub talks: BTreeMap<ObjectKey, TalkMark>,
    /// Where in `services` each Service's card is.
    service_at: imbl::OrdMap<ObjectKey, usize>,
    /// In which of `nodes`, and where among its cards, each Pod's is.
    pod_at: imbl::OrdMap<ObjectKey, (usize, usize)>,
}

/// Draws up the board as it is at the session's `now`, from nothing; see [`Drawing`] for drawing again and again.
pub fn scene(session: &Session, view: &View) -> Rc<Scene> {
    Drawing::default().scene(session, view)
}

impl Scene {
    /// The Service's card.
    pub fn service(&self, key: &ObjectKey) -> Option<&ServiceCard> {
        self.services.get(*self.service_at.get(key)?).map(|card| &**card)
    }

    /// The node that holds the card of this Pod, and the card; a fold's card holds several Pods.
    pub fn pod(&self, key: &ObjectKey) -> Option<(&NodeCard, &PodCard)> {
        let ((node, _), card) = self.pod_at(key)?;
        Some((self.nodes.get(node)?, card))
    }

    /// As [`Scene::pod`], with the index of the node and that of the card in it.
    fn pod_at(&self, key: &ObjectKey) -> Option<((usize, usize), &PodCard)> {
        let (node, place) = *self.pod_at.get(key)?;
        Some(((node, place), self.nodes.get(node)?.pods.get(place)?))
    }

    /// The ways of the requests that are under way, but for the one in focus; the oldest first.
    pub fn others(&self) -> impl DoubleEndedIterator<Item = &Rc<Route>> {
        let focus = self.focus.as_ref().map(|focus| focus.route.number);
        self.under_way.values().filter(move |route| Some(route.number) != focus)
    }

    /// How many cards there are.
    pub fn cards(&self) -> usize {
        let pods: usize = self.nodes.iter().map(|node| node.pods.len()).sum();
        self.clients.len() + self.edges.len() + self.services.len() + self.nodes.len() + pods
    }

    /// Whether there are so many cards that only those in view are in the document.
    pub fn is_large(&self) -> bool {
        self.cards() > LARGE
    }

    /// Whether another scene looks the same but for requests that are not in focus: compared by pointers, so that it costs
    /// next to nothing.
    pub fn looks_like(&self, other: &Scene) -> bool {
        fn same<T>(one: &[Rc<T>], other: &[Rc<T>]) -> bool {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Rc::ptr_eq(one, other))
        }
        let focus = match (&self.focus, &other.focus) {
            (None, None) => true,
            (Some(one), Some(other)) => Rc::ptr_eq(one, other),
            _ => false,
        };
        focus
            && (self.level, self.metrics, self.bounds) == (other.level, other.metrics, other.bounds)
            && same(&self.clients, &other.clients)
            && same(&self.edges, &other.edges)
            && same(&self.services, &other.services)
            && same(&self.nodes, &other.nodes)
            && (Rc::ptr_eq(&self.links, &other.links) || same(&self.links, &other.links))
            && same(&self.wires, &other.wires)
            && (&self.frames, &self.kept) == (&other.frames, &other.kept)
            && (&self.standing, &self.talks) == (&other.standing, &other.talks)
    }
}
