//! The requests that are under way, and the one in focus.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::level::Level;
use super::placed::Moved;
use super::route::{self, Focus, Route, Standing};
use super::way::Ways;
use super::{Scene, View, asked};
use crate::api::{ObjectKey, Time};
use crate::cluster::{Connections, RequestLog, RequestRecord};
use crate::session::Session;

/// How long the way of a request that is not in focus stays on the board after its end, in milliseconds.
const AFTERGLOW: u64 = 600;

/// How long a request is on the board at most, in milliseconds.
const LONGEST: u64 = 15_000;

/// The ways as they were laid last.
#[derive(Default)]
pub(super) struct Traffic {
    ways: Ways,
    /// Of the requests under way, by number. Either all stay as they were laid, or all are laid anew.
    routes: imbl::OrdMap<u64, Rc<Route>>,
    /// When each of them is taken off the board.
    ends: BTreeSet<(Time, u64)>,
    focus: Option<(Arc<RequestRecord>, Rc<Focus>)>,
    /// The newest request that was seen, and when.
    seen: Option<(Arc<RequestRecord>, Time)>,
    accents: imbl::OrdMap<ObjectKey, u8>,
    /// The connections that are open, and of which connections and newest request that is.
    standing: Vec<Standing>,
    connections: Connections,
}

impl Traffic {
    /// Lays the ways of the requests that matter now over a scene whose cards stand. `moved` tells which cards stand
    /// elsewhere.
    pub fn lay(&mut self, scene: &mut Scene, session: &Session, view: &View, moved: &Moved) {
        let requests = session.cluster().requests();
        let now = session.now();
        if moved.any || !self.accents.ptr_eq(session.accents()) {
            self.accents = session.accents().clone();
            self.ways = Ways::default();
            self.begin_anew();
        } else if moved.clients && scene.level != Level::Overview {
            // Requests may leave from other rows.
            self.begin_anew();
        }
        let newest = |seen: &(Arc<RequestRecord>, Time)| {
            requests.back().is_some_and(|record| Arc::ptr_eq(record, &seen.0))
        };
        let connections = session.cluster().connections();
        if !self.seen.as_ref().is_some_and(newest) || !connections.ptr_eq(&self.connections) {
            self.connections = connections.clone();
            self.standing = route::standing(scene, session, &mut self.ways);
        }
        scene.standing = self.standing.clone();
        self.follow(scene, session, requests, now);
        if let Some(record) = asked::focus(requests, view.focus, now) {
            let known = self.focus.take().filter(|(known, _)| Arc::ptr_eq(known, record));
            let (_, focus) = self.focus.insert(known.unwrap_or_else(|| {
                let route = route::route(scene, session, &mut self.ways, record);
                (record.clone(), Rc::new(route::focus(scene, route, record)))
            }));
            scene.focus = Some(focus.clone());
        } else {
            self.focus = None;
        }
        scene.under_way = self.routes.clone();
    }

    /// The request in focus, and the accent of its Service.
    pub fn in_focus(&self) -> Option<(&Arc<RequestRecord>, Option<u8>)> {
        self.focus.as_ref().map(|(record, focus)| (record, focus.route.way.accent))
    }

    fn begin_anew(&mut self) {
        self.forget_routes();
        (self.focus, self.seen) = (None, None);
    }

    fn forget_routes(&mut self) {
        self.routes.clear();
        self.ends.clear();
    }

    /// Lets go what has ended, and takes up what was sent since.
    fn follow(&mut self, scene: &Scene, session: &Session, requests: &RequestLog, now: Time) {
        let known = self.seen.take().filter(|(record, at)| {
            *at <= now && asked::find(requests, record.number).is_some_and(|found| Arc::ptr_eq(found, record))
        });
        let begin = match &known {
            Some((record, _)) => record.number + 1,
            None => {
                self.forget_routes();
                0
            }
        };
        let oldest = requests.front().map_or(0, |record| record.number);
        while let Some((number, _)) = self.routes.get_min().filter(|(number, _)| *number < oldest) {
            let number = *number;
            self.routes.remove(&number);
        }
        while let Some((_, number)) = self.ends.first().filter(|(end, _)| *end <= now).copied() {
            self.ends.pop_first();
            self.routes.remove(&number);
        }
        let fresh = requests
            .iter()
            .rev()
            .take_while(|record| record.number >= begin && now < record.sent_at + LONGEST)
            .filter(|record| now < end(record));
        for record in fresh {
            let route = route::route(scene, session, &mut self.ways, record);
            self.routes.insert(record.number, Rc::new(route));
            self.ends.insert((end(record), record.number));
        }
        self.seen = requests.back().map(|record| (record.clone(), now));
    }
}

/// When the way of a request that is not in focus is taken off the board.
fn end(record: &RequestRecord) -> Time {
    (record.ended_at + AFTERGLOW).min(record.sent_at + LONGEST)
}
