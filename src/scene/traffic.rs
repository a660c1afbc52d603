//! The requests that are under way, and the one in focus.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::placed::Moved;
use super::route::{self, Focus, Route, Standing};
use super::way::Ways;
use super::{Scene, View, asked, light};
use crate::api::{ObjectKey, Time};
use crate::cluster::{Connections, RequestLog, RequestRecord};
use crate::session::Session;

/// How long the way of a request that is not in focus stays on the board after its end, in milliseconds.
const AFTERGLOW: u64 = 600;

/// How long a request is on the board at most, in milliseconds.
const LONGEST: u64 = 15_000;

/// How many ways are drawn at most beside the one in focus.
const OTHERS: usize = 3_000;

/// The ways as they were laid last.
#[derive(Default)]
pub(super) struct Traffic {
    ways: Ways,
    /// Of the requests under way, oldest first.
    routes: VecDeque<(Arc<RequestRecord>, Rc<Route>)>,
    focus: Option<(Arc<RequestRecord>, Rc<Focus>)>,
    /// The newest request that was seen, and when.
    seen: Option<(Arc<RequestRecord>, Time)>,
    accents: imbl::OrdMap<ObjectKey, u8>,
    /// The connections that are open, and of which connections and newest request that is.
    standing: Vec<Standing>,
    connections: Connections,
}

impl Traffic {
    /// Lays the ways of the requests that matter now over a scene whose cards stand, and lights up what the one in focus
    /// uses. `moved` tells which cards stand elsewhere.
    pub fn lay(&mut self, scene: &mut Scene, session: &Session, view: &View, moved: &Moved) {
        let requests = session.cluster().requests();
        let now = session.now();
        if moved.any || !self.accents.ptr_eq(session.accents()) {
            self.accents = session.accents().clone();
            self.ways = Ways::default();
            self.begin_anew();
        } else if moved.clients {
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
            let accent = focus.route.way.accent;
            light::light(scene, record, accent);
        } else {
            self.focus = None;
        }
        let focus = self.focus.as_ref().map(|(record, _)| record.number);
        let skipped = self.routes.len().saturating_sub(OTHERS);
        let others = self.routes.iter().skip(skipped).filter(|(record, _)| Some(record.number) != focus);
        scene.others = others.map(|(_, route)| route.clone()).collect();
    }

    fn begin_anew(&mut self) {
        self.routes.clear();
        (self.focus, self.seen) = (None, None);
    }

    /// Lets go what has ended, and takes up what was sent since.
    fn follow(&mut self, scene: &Scene, session: &Session, requests: &RequestLog, now: Time) {
        let known = self.seen.take().filter(|(record, at)| {
            *at <= now && asked::find(requests, record.number).is_some_and(|found| Arc::ptr_eq(found, record))
        });
        let lives =
            |record: &RequestRecord| now < record.ended_at + AFTERGLOW && now < record.sent_at + LONGEST;
        let mut begin = 0;
        let oldest = requests.front().map_or(0, |record| record.number);
        match known {
            Some((record, _)) => {
                self.routes.retain(|(record, _)| lives(record) && record.number >= oldest);
                begin = record.number + 1;
            }
            None => self.routes.clear(),
        }
        let fresh: Vec<&Arc<RequestRecord>> = requests
            .iter()
            .rev()
            .take_while(|record| record.number >= begin && now < record.sent_at + LONGEST)
            .filter(|record| lives(record))
            .collect();
        for record in fresh.into_iter().rev() {
            let route = route::route(scene, session, &mut self.ways, record);
            self.routes.push_back((record.clone(), Rc::new(route)));
        }
        self.seen = requests.back().map(|record| (record.clone(), now));
    }
}
