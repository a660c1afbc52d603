//! The requests on their ways over the board: where each one's bytes are, when, and what was looked up.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use motion::fleet::ease;

use super::Scene;
use super::geometry::{Path, Point, point};
use super::level::Level;
use super::way::{Way, Ways, anchor, row_of};
use crate::api::Time;
use crate::cluster::RequestRecord;
use crate::network::{Action, Outcome, Place};
use crate::session::Session;

/// Which part of its way a request makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    /// To a resolver.
    Ask,
    /// Back from it.
    Told,
    /// To the next place.
    There,
    /// All the way back.
    Home,
}

/// From one place to another, in time.
pub(super) struct Move<'r> {
    pub turn: Turn,
    pub from: &'r Place,
    pub to: &'r Place,
    begin: Time,
    end: Time,
}

/// Where it goes, and not when.
impl Hash for Move<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.turn, self.to).hash(state);
    }
}

/// The moves of a request, in the order of time.
struct Moves<'r> {
    moves: Vec<Move<'r>>,
    /// The last place that it came to.
    last: &'r Place,
    /// When that was decided which was decided there.
    decided: Time,
}

/// The way of one request.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// The request's number.
    pub number: u64,
    /// Where it goes.
    pub way: Rc<Way>,
    /// When it leaves and when it arrives, for each of the lines of its way.
    pub(super) times: Vec<(Time, Time)>,
}

/// A numbered disc at a place where something was decided. The numbers are those of the hop list.
#[derive(Clone, PartialEq, Debug)]
pub struct Stop {
    /// `2`, or `3, 4` where several things happen at one place.
    pub numbers: String,
    /// Where.
    pub at: Point,
}

/// Where a request died.
#[derive(Clone, PartialEq, Debug)]
pub struct Burst {
    /// Where.
    pub at: Point,
    /// `refused: no endpoints`.
    pub label: String,
    /// A clock instead of a cross: nothing came back.
    pub silent: bool,
    /// When.
    pub since: Time,
}

/// How long a burst takes to appear, in milliseconds of simulated time.
const BURST: u64 = 280;

impl Burst {
    /// How much of it has appeared, from 0 to 1.
    pub fn grown(&self, now: Time) -> f64 {
        (now.since(self.since) as f64 / BURST as f64).min(1.0)
    }
}

/// The request in focus, with what is told of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Focus {
    /// Its way.
    pub route: Route,
    /// The ways to the resolvers that were asked first.
    pub questions: Vec<Path>,
    /// The numbered discs.
    pub stops: Vec<Stop>,
    /// Thin lines from where something was looked up to what was looked up.
    pub ties: Vec<Path>,
    /// Where it died, if it did.
    pub burst: Option<Burst>,
    /// When the client knows the outcome.
    pub ended_at: Time,
}

/// A connection that a client keeps open.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// Its way, from the client to the Pod.
    pub path: Path,
    /// The accent of its Service; `None` without one.
    pub accent: Option<u8>,
    /// `#1: 12 requests`.
    pub text: String,
    /// Where that is written: a little before the Pod.
    pub at: Point,
}

/// Where a packet is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Packet {
    /// The middle of the disc.
    pub at: Point,
    /// The direction of travel, in radians.
    pub angle: f64,
}

impl Standing {
    fn is_at(&self, end: Point) -> bool {
        self.path.points().last().is_some_and(|other| *other == end)
    }
}

impl Route {
    /// The packet's place at a moment: a pure function of time. `None` before it left, while it is at a place, and
    /// after its end.
    pub fn at(&self, now: Time) -> Option<Point> {
        let (path, done) = self.on_the_way(now)?;
        Some(path.at(done))
    }

    /// The same, with the direction.
    pub fn packet(&self, now: Time) -> Option<Packet> {
        let (path, done) = self.on_the_way(now)?;
        Some(Packet { at: path.at(done), angle: path.heading(done) })
    }

    /// The line that the packet is on, and which share of it is done.
    fn on_the_way(&self, now: Time) -> Option<(&Path, f64)> {
        for (index, (from, to)) in self.times.iter().enumerate() {
            if *from <= now
                && now < *to
                && let Some(path) = self.way.lines.get(index)?
            {
                let done = (now.0 - from.0) as f64 / (to.0 - from.0) as f64;
                return Some((path, ease(done)));
            }
        }
        None
    }
}

/// The connections that are open, each on the way of the newest request that went over it.
pub(super) fn standing(scene: &Scene, session: &Session, ways: &mut Ways) -> Vec<Standing> {
    let cluster = session.cluster();
    let mut all = Vec::new();
    for open in cluster.connections().values().filter(|open| open.closed.is_none()) {
        let newest = cluster.requests().iter().rev().find(|record| record.connection == Some(open.number));
        let Some(way) = newest.map(|record| route(scene, session, ways, record).way) else { continue };
        let Some(end) = way.track.points().last().copied() else { continue };
        let requests = if open.requests == 1 { "request" } else { "requests" };
        all.push(Standing {
            path: way.track.clone(),
            accent: way.accent,
            text: format!("#{}: {} {requests}", open.number, open.requests),
            // Connections to one Pod stand below each other.
            at: point(
                end.x,
                end.y + 14.0 * all.iter().filter(|other: &&Standing| other.is_at(end)).count() as f64,
            ),
        });
    }
    all
}

/// The way of a request over a scene whose cards stand.
pub(super) fn route(scene: &Scene, session: &Session, ways: &mut Ways, record: &RequestRecord) -> Route {
    let client = Place::Client(record.request.from.clone());
    let moves = moves(record, &client).moves;
    Route {
        number: record.number,
        way: ways.way(scene, session, record, &moves),
        times: moves.iter().map(|one| (one.begin, one.end)).collect(),
    }
}

/// What is told of a request beside its way.
pub(super) fn focus(scene: &Scene, route: Route, record: &RequestRecord) -> Focus {
    let client = Place::Client(record.request.from.clone());
    let Moves { moves, last, decided } = moves(record, &client);
    let row = row_of(scene, record);
    let asked = moves.iter().zip(&*route.way.lines).filter(|(one, _)| one.turn == Turn::Ask);
    let questions = asked.filter_map(|(_, line)| line.clone()).collect();
    let died = matches!(record.trace.outcome, Outcome::Refused(_) | Outcome::TimedOut(_));
    let burst = died.then(|| anchor(scene, last, row)).flatten().map(|anchor| Burst {
        at: anchor.left,
        label: record.trace.outcome.to_string(),
        silent: is_silent(record),
        since: decided,
    });
    let ties = ties(scene, record, row);
    Focus { route, questions, stops: stops(scene, record, row), ties, burst, ended_at: record.ended_at }
}

/// Whether nothing comes back.
fn is_silent(record: &RequestRecord) -> bool {
    matches!(record.trace.outcome, Outcome::TimedOut(_))
}

/// Which moves a request makes that leaves from `client`.
fn moves<'r>(record: &'r RequestRecord, client: &'r Place) -> Moves<'r> {
    let hops = &record.trace.hops;
    let mut moves = Vec::with_capacity(hops.len() + 1);
    let mut here = client;
    let mut left_at = record.sent_at;
    for (hop, at) in hops.iter().zip(&record.hop_at) {
        if hop.action == Action::Reply {
            continue;
        }
        let to = &hop.place;
        if to.is_resolver() {
            // There and back, each as long as the other.
            let back_at = *at + at.since(left_at);
            moves.push(Move { turn: Turn::Ask, from: here, to, begin: left_at, end: *at });
            moves.push(Move { turn: Turn::Told, from: to, to: here, begin: *at, end: back_at });
            left_at = back_at;
            continue;
        }
        if to != here {
            moves.push(Move { turn: Turn::There, from: here, to, begin: left_at, end: *at });
            here = to;
        }
        left_at = *at;
    }
    if !is_silent(record) && record.ended_at > left_at {
        moves.push(Move { turn: Turn::Home, from: here, to: client, begin: left_at, end: record.ended_at });
    }
    Moves { moves, last: here, decided: left_at }
}

/// The numbers of the hops, by place.
fn stops(scene: &Scene, record: &RequestRecord, row: usize) -> Vec<Stop> {
    let mut stops: Vec<(&Place, Vec<String>)> = Vec::new();
    for (index, hop) in record.trace.hops.iter().enumerate() {
        let number = (index + 1).to_string();
        match stops.iter_mut().find(|(place, _)| **place == hop.place) {
            Some((_, numbers)) => numbers.push(number),
            None => stops.push((&hop.place, vec![number])),
        }
    }
    let at = |(place, numbers): (&Place, Vec<String>)| {
        Some(Stop { numbers: numbers.join(", "), at: anchor(scene, place, row)?.left })
    };
    stops.into_iter().filter_map(at).collect()
}

/// Thin ties from the gates and controllers to the Services and Ingresses that were looked up there.
fn ties(scene: &Scene, record: &RequestRecord, row: usize) -> Vec<Path> {
    let metrics = scene.metrics;
    let mut ties = Vec::new();
    for hop in &record.trace.hops {
        if !matches!(hop.place, Place::Node(_) | Place::Pod(_) | Place::Client(_)) {
            continue;
        }
        let Some(from) = anchor(scene, &hop.place, row) else { continue };
        for key in &hop.looked_up {
            let to = if let Some(card) = scene.service(key) {
                let y = match scene.level {
                    Level::Overview => card.rect.y + card.rect.h / 2.0,
                    _ => card.rect.y + metrics.heading + metrics.address + metrics.row / 2.0,
                };
                point(card.rect.right(), y)
            } else {
                continue;
            };
            let tie = Path::swing(to, from.left);
            if from.node.is_some() && !ties.contains(&tie) {
                ties.push(tie);
            }
        }
    }
    ties
}
