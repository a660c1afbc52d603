//! What of the requests is told in words: who asked for what lately, and which names the resolvers were asked for.
//!
//! While many requests are sent, the words would change faster than anybody reads. They stand still then for a few
//! seconds at a time, and so does the request in focus.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::build::request_text;
use super::card::{ClientCard, EdgeCard, EdgeKind, Row};
use crate::api::Time;
use crate::cluster::{RequestLog, RequestRecord};
use crate::network::{Client, Place, Rule, addresses};
use crate::session::Session;

/// How many of its last requests a client's card lists.
const CLIENT_ROWS: usize = 3;

/// How many requests back the resolvers' cards look.
const RESOLVER_REQUESTS: usize = 20;

/// From how many requests in the last second on the words stand still.
const BUSY: usize = 12;

/// How long they do, in milliseconds.
const SLOT: u64 = 3_000;

/// How long they do at least where the log is short, in milliseconds.
const SHORTEST_SLOT: u64 = 200;

/// The clients that have a card, with its id and name.
const CLIENTS: [(Client, &str, &str, IpAddr); 2] = [
    (Client::Internet, "client/internet", "Internet", addresses::INTERNET_CLIENT),
    (Client::Laptop, "client/laptop", "Laptop", addresses::LAPTOP),
];

/// The record up to which the requests are told: the newest, or the newest of a moment ago while there are many.
pub fn told(requests: &RequestLog, now: Time) -> Option<&Arc<RequestRecord>> {
    let newest = requests.back()?;
    let busy = requests
        .len()
        .checked_sub(BUSY)
        .and_then(|index| requests.get(index))
        .is_some_and(|record| now.since(record.sent_at) < 1_000);
    if !busy {
        return Some(newest);
    }
    // The log may not reach back to where a slot began; then the words change a little more often.
    let oldest = requests.front().map_or(now, |record| record.sent_at);
    let slots = std::iter::successors(Some(SLOT), |slot| (*slot > SHORTEST_SLOT).then_some(slot / 2));
    let until = slots.map(|slot| Time(now.0 - now.0 % slot)).find(|until| oldest <= *until).unwrap_or(now);
    let order = |record: &Arc<RequestRecord>| match record.sent_at <= until {
        true => Ordering::Less,
        false => Ordering::Greater,
    };
    let after = requests.binary_search_by(order).unwrap_or_else(|after| after);
    requests.get(after.saturating_sub(1))
}

/// The request in focus: the one that was asked for, or the last that is told.
pub(super) fn focus(requests: &RequestLog, wanted: Option<u64>, now: Time) -> Option<&Arc<RequestRecord>> {
    wanted.and_then(|number| find(requests, number)).or_else(|| told(requests, now))
}

/// The record with this number; numbers grow along the log.
pub(super) fn find(requests: &RequestLog, number: u64) -> Option<&Arc<RequestRecord>> {
    requests.get(requests.binary_search_by(|record| record.number.cmp(&number)).ok()?)
}

/// The cards that tell of requests, and what they were made from.
#[derive(Default)]
pub(super) struct Asked {
    /// The last record that is told, and the oldest number that can be seen on a card.
    until: Option<(Arc<RequestRecord>, u64)>,
    /// Whether the laptop was placed by hand.
    laptop_placed: bool,
    /// For each client what it asked for, newest first, with the number of the request.
    rows: [Vec<(u64, String)>; 2],
    /// The cards of the clients.
    pub clients: Vec<Rc<ClientCard>>,
    /// The cards of the resolvers.
    pub resolvers: Vec<Rc<EdgeCard>>,
}

impl Asked {
    /// Brings the cards up to date; those that stay the same stay where they are in memory.
    pub fn update(&mut self, session: &Session) {
        let requests = session.cluster().requests();
        let told = told(requests, session.now());
        let laptop_placed = session.places().contains_key("client/laptop");
        if !self.take_rows(requests, told) && laptop_placed == self.laptop_placed && !self.clients.is_empty()
        {
            return;
        }
        self.laptop_placed = laptop_placed;
        let wanted = CLIENTS.iter().zip(&self.rows).filter_map(|((client, id, name, address), rows)| {
            let stands = *client == Client::Internet || !rows.is_empty() || laptop_placed;
            stands.then(|| ClientCard {
                id: (*id).to_owned(),
                client: client.clone(),
                name: (*name).to_owned(),
                address: address.to_string(),
                rows: rows.iter().map(|(_, text)| Row { text: text.clone(), ..Row::default() }).collect(),
                rect: Default::default(),
            })
        });
        self.clients = keep(&self.clients, wanted);
        self.resolvers = keep(&self.resolvers, resolvers(requests, told).into_iter());
    }

    /// Brings the rows up to date; whether anything may be told in another way now.
    fn take_rows(&mut self, requests: &RequestLog, told: Option<&Arc<RequestRecord>>) -> bool {
        let (Some(told), Some(oldest)) = (told, requests.front()) else {
            let changed = self.until.is_some();
            (self.until, self.rows) = (None, Default::default());
            return changed;
        };
        let seen_from = oldest.number.max(told.number.saturating_sub(RESOLVER_REQUESTS as u64));
        // What was taken in must be the past of what is told now, and still be remembered.
        let known = self.until.as_ref().map(|(record, _)| record).filter(|record| {
            record.number <= told.number
                && find(requests, record.number).is_some_and(|found| Arc::ptr_eq(found, record))
        });
        let from = match known {
            Some(record) => record.number + 1,
            None => {
                self.rows = Default::default();
                oldest.number
            }
        };
        let begin = requests.binary_search_by(|record| record.number.cmp(&from)).unwrap_or_else(|at| at);
        for record in requests.iter().skip(begin).take_while(|record| record.number <= told.number) {
            let place = CLIENTS.iter().position(|(client, ..)| *client == record.request.from);
            let Some(rows) = place.and_then(|place| self.rows.get_mut(place)) else { continue };
            let text = request_text(&record.request.method, &record.request.url);
            rows.retain(|(_, other)| *other != text);
            rows.insert(0, (record.number, text));
            rows.truncate(CLIENT_ROWS);
        }
        let mut changed = !self
            .until
            .as_ref()
            .is_some_and(|(record, from)| Arc::ptr_eq(record, told) && *from == seen_from);
        for rows in &mut self.rows {
            let before = rows.len();
            rows.retain(|(number, _)| *number >= oldest.number);
            changed |= rows.len() != before;
        }
        self.until = Some((told.clone(), seen_from));
        changed
    }
}

/// The resolvers that a request asked lately, with the names.
fn resolvers(requests: &RequestLog, told: Option<&Arc<RequestRecord>>) -> Vec<EdgeCard> {
    let Some(told) = told else { return Vec::new() };
    let end = requests.binary_search_by(|record| record.number.cmp(&told.number)).map_or(0, |at| at + 1);
    let mut cards = Vec::new();
    for (place, id, kind, name, address) in [
        (Place::PublicDns, "dns/public", EdgeKind::PublicDns, "Public DNS", addresses::PUBLIC_DNS),
        (Place::ClusterDns, "dns/cluster", EdgeKind::ClusterDns, "Cluster DNS", addresses::CLUSTER_DNS),
    ] {
        let mut rows: Vec<Row> = Vec::new();
        for index in (end.saturating_sub(RESOLVER_REQUESTS)..end).rev() {
            let Some(record) = requests.get(index) else { continue };
            let Some(hop) = record.trace.hops.iter().find(|hop| hop.place == place) else { continue };
            let text = hop.rule.as_ref().map(Rule::to_string);
            let text = text.unwrap_or_else(|| host_of(&record.request.url).to_owned());
            if rows.len() < CLIENT_ROWS && !rows.iter().any(|row| row.text == text) {
                rows.push(Row { text, ..Row::default() });
            }
        }
        if !rows.is_empty() {
            cards.push(EdgeCard {
                id: id.to_owned(),
                kind,
                key: None,
                name: name.to_owned(),
                note: String::new(),
                address: address.to_string(),
                rows,
                accent: None,
                rect: Default::default(),
            });
        }
    }
    cards
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

/// The wanted cards; one that was there before, equal and in the same place of the list, is kept.
pub(super) fn keep<Card: PartialEq>(
    before: &[Rc<Card>],
    wanted: impl Iterator<Item = Card>,
) -> Vec<Rc<Card>> {
    wanted
        .enumerate()
        .map(|(index, card)| match before.get(index) {
            Some(old) if **old == card => old.clone(),
            _ => Rc::new(card),
        })
        .collect()
}
