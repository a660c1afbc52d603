//! What is on the board, as plain data to draw: cards, links, the ways of requests.
//!
//! [`scene`] is a function of the session and of what the person looks at. It is made anew when either changes;
//! packets are not part of it, since their place is a function of time (see [`route`]).

mod build;
pub mod card;
mod fold;
mod gateway;
pub mod geometry;
mod layout;
pub mod level;
mod link;
pub mod pick;
pub mod picture;
pub mod route;
mod service;
mod talk;
pub mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub use fold::fold_id;

use card::{ClientCard, EdgeCard, NodeCard, ServiceCard};
use geometry::Rect;
pub use level::{Level, Metrics};
pub use link::{Link, Wire};
pub use route::{Route, Standing};
pub use talk::TalkMark;

use crate::api::ObjectKey;
use crate::session::Session;

/// What the person looks at; none of it is recorded.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct View {
    /// How much the cards tell.
    pub level: Level,
    /// In how many columns the Services stand; 0 is 1.
    pub columns: u32,
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
    pub clients: Vec<ClientCard>,
    /// Where it enters.
    pub edges: Vec<EdgeCard>,
    /// Which Pods may answer.
    pub services: Vec<ServiceCard>,
    /// Where Pods run.
    pub nodes: Vec<NodeCard>,
    /// Configuration: an Ingress rule to its Service, a load balancer to its Service.
    pub wires: Vec<Wire>,
    /// Membership: an endpoint to its Pod.
    pub links: Vec<Link>,
    /// The way of the request in focus.
    pub focus: Option<Route>,
    /// The ways of the connections that clients keep open.
    pub standing: Vec<Standing>,
    /// The ways of the other requests that are in flight or ended a moment ago.
    pub others: Vec<Route>,
    /// The area that holds everything.
    pub bounds: Rect,
    /// How many objects are kept but not simulated, by kind.
    pub kept: BTreeMap<String, usize>,
    /// What NetworkPolicies make of each Pod, seen from the Pod or the policy that is selected.
    pub talks: BTreeMap<ObjectKey, TalkMark>,
}

/// Draws up the board as it is at the session's `now`.
pub fn scene(session: &Session, view: &View) -> Scene {
    let mut scene = build::contents(session, view);
    layout::place(&mut scene, session.places());
    link::connect(&mut scene, session.cluster().store(), view);
    route::lay(&mut scene, session, view);
    scene.talks = talk::marks(session.cluster().store(), view);
    scene.bounds = layout::bounds(&scene);
    scene
}

/// How a board fits a window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fitting {
    /// For [`View::level`].
    pub level: Level,
    /// For [`View::columns`].
    pub columns: u32,
    /// For [`View::stretch`].
    pub stretch: f64,
    /// The scale that fills the window.
    pub scale: f64,
}

/// The most detailed level, with as few columns, that shows the whole board in a window of this size. The overview is
/// drawn as wide as the window allows, so that its names have room. Where nothing shows the board whole, it is the overview
/// at its smallest legible scale.
pub fn fit(session: &Session, view: &View, width: f64, height: f64) -> Fitting {
    let mut last = Fitting { level: Level::Overview, columns: 1, stretch: 1.0, scale: SMALLEST };
    for level in [Level::Full, Level::Compact, Level::Overview] {
        for columns in 1..=MOST_COLUMNS {
            if width / level.metrics(columns).width < SMALLEST {
                break;
            }
            let bounds = scene(session, &View { level, columns, stretch: 1.0, ..view.clone() }).bounds;
            let scale = (width / bounds.w).min(height / bounds.h).min(LARGEST);
            let widest = if level == Level::Overview { WIDEST } else { 1.0 };
            let stretch = (width / (bounds.w * scale.max(SMALLEST))).clamp(1.0, widest);
            last = Fitting { level, columns, stretch, scale: scale.max(SMALLEST) };
            if scale >= SMALLEST {
                return last;
            }
        }
    }
    last
}

/// How much wider than on a phone the overview is drawn at most.
const WIDEST: f64 = 2.2;

/// The smallest scale at which the texts of a level are drawn: below it, 11 px would be too small to read.
pub const SMALLEST: f64 = 0.86;

/// The largest scale that fitting uses.
const LARGEST: f64 = 1.15;

/// In how many columns Services are put at most to fit a window.
const MOST_COLUMNS: u32 = 8;

impl Scene {
    /// The Service's card.
    pub fn service(&self, key: &ObjectKey) -> Option<&ServiceCard> {
        self.services.iter().find(|card| card.key == *key)
    }

    /// The node that holds the card of this Pod, and the card; a fold's card holds several Pods.
    pub fn pod(&self, key: &ObjectKey) -> Option<(&NodeCard, &card::PodCard)> {
        self.nodes.iter().find_map(|node| {
            let pod = node.pods.iter().find(|pod| pod.keys.contains(key))?;
            Some((node, pod))
        })
    }
}
