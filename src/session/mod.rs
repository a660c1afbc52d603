//! One person's sitting: commands, the recording, undo, redo, seek, permalink.
//!
//! The recording is the only truth and the cluster is a fold of it. Undo, redo and seek go back to a checkpoint (a
//! clone of the cluster, which shares everything) and play forward from there.

pub mod board_text;
mod command;
pub mod complete;
mod digest;
pub mod draw;
mod export;
pub mod permalink;
mod recording;
pub mod refusals;
pub mod scenarios;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use command::{Command, Placement};
pub use recording::{Entry, Recording, VERSION};
pub use texts::Texts;

use crate::api::{Kind, ObjectKey, Time, text};
// The page reads these, and imports nothing below the session.
pub use crate::cluster::{
    Actor, Cluster, Fate, LogEntry, ObjectFate, OpenConnection, Repetition, RequestRecord,
};
pub use crate::network::listening;
pub use crate::network::rules::RuleLine;
pub use crate::network::trace::dig::{DIG_TYPES, Dig};
pub use crate::network::{
    Action, Change, Client, Hop, Outcome, Place, Provider, ProxyMode, Request, Scheduler, Settings, Trace,
};
pub use crate::store::Store;
pub use crate::store::admission::Rejected;

/// How many accents there are for Services.
pub const ACCENTS: u8 = 6;

/// Milliseconds of simulated time between two checkpoints that are made only because time passed.
const CHECKPOINT_EVERY: u64 = 10_000;

/// The cards that were placed by hand, by card id: left and top edge at 100 %.
pub type Places = imbl::OrdMap<Arc<str>, (i32, i32)>;

/// The cluster and the hand-placed cards, as they are after a number of entries.
#[derive(Clone)]
struct Board {
    cluster: Cluster,
    places: Places,
    /// The accent of each Service that was ever on the board, 1 to [`ACCENTS`].
    accents: imbl::OrdMap<ObjectKey, u8>,
    /// The objects as they were before the last command that changed some.
    before: Store,
    /// The texts of objects as their authors wrote them, where they have comments.
    texts: Texts,
    /// How many entries of the recording are in it.
    applied: usize,
}

/// One person's sitting.
pub struct Session {
    seed: u64,
    entries: Vec<Entry>,
    /// How many of the first entries are never taken back.
    base: usize,
    board: Board,
    /// Boards of the past, by moment and number of entries applied.
    checkpoints: BTreeMap<(Time, usize), Board>,
    /// What undo took back, newest last, each with the board just before it.
    undone: Vec<(Entry, Board)>,
    /// Grows with each change that a drawing can show; a cheap way to ask "is it still the same?".
    generation: u64,
}

/// What a command did to each object it named.
pub type CommandResult = Vec<ObjectFate>;

impl Session {
    /// An empty board: three nodes, the cluster's own objects, nothing else.
    pub fn new(seed: u64) -> Session {
        let board = Board {
            cluster: Cluster::new(seed),
            places: Places::new(),
            accents: imbl::OrdMap::new(),
            before: Store::default(),
            texts: Texts::default(),
            applied: 0,
        };
        let mut checkpoints = BTreeMap::new();
        checkpoints.insert((Time::ZERO, 0), board.clone());
        Session { seed, entries: Vec::new(), base: 0, board, checkpoints, undone: Vec::new(), generation: 0 }
    }

    /// The sitting that a recording describes, at its `now`.
    pub fn open(recording: Recording) -> Session {
        let mut session = Session::new(recording.seed);
        session.base = (recording.base as usize).min(recording.entries.len());
        session.entries = recording.entries;
        session.advance(recording.now);
        session
    }

    /// The recording of this sitting.
    pub fn recording(&self) -> Recording {
        let base = u32::try_from(self.base).unwrap_or(u32::MAX);
        Recording { version: VERSION, seed: self.seed, entries: self.entries.clone(), now: self.now(), base }
    }

    /// The moment on the screen.
    pub fn now(&self) -> Time {
        self.board.cluster.now()
    }

    /// The last moment that has something recorded; seeking further plays on.
    pub fn end(&self) -> Time {
        self.entries.last().map_or(Time::ZERO, |entry| entry.at).max(self.now())
    }

    /// The cluster at [`Session::now`].
    pub fn cluster(&self) -> &Cluster {
        &self.board.cluster
    }

    /// The accent of a Service, 1 to [`ACCENTS`]: it takes the next one when it is made, and keeps it.
    pub fn accent(&self, service: &ObjectKey) -> u8 {
        self.board.accents.get(service).copied().unwrap_or(1)
    }

    /// Whether an object that was there before the last command that changed objects was written by that command or
    /// since: what its controllers rewrote.
    pub fn is_rewritten(&self, object: &ObjectKey) -> bool {
        let revision = |store: &Store| store.get(object).map(|object| object.revision);
        revision(&self.board.before).is_some_and(|before| revision(self.cluster().store()) != Some(before))
    }

    /// The accents of all Services that were ever on the board; see [`Session::accent`].
    pub fn accents(&self) -> &imbl::OrdMap<ObjectKey, u8> {
        &self.board.accents
    }

    /// The objects as they were before the last command that changed some; see [`Session::is_rewritten`].
    pub fn before(&self) -> &Store {
        &self.board.before
    }

    /// The texts of objects as their authors wrote them, where they have comments.
    pub fn texts(&self) -> &Texts {
        &self.board.texts
    }

    /// The cards that were placed by hand, by card id.
    pub fn places(&self) -> &Places {
        &self.board.places
    }

    /// The commands so far, the future after a seek included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many of [`Session::entries`] have happened at [`Session::now`].
    pub fn applied(&self) -> usize {
        self.board.applied
    }

    /// A number that changes whenever the board may look different, time passing apart.
    pub fn generation(&self) -> u64 {
        self.generation + self.board.cluster.generation()
    }

    /// Whether there is something to take back. What the board began with stays.
    pub fn can_undo(&self) -> bool {
        self.board.applied > self.base
    }

    /// Whether something was taken back and can be done again.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Does something now. After a seek into the past this drops the future. A command that changes nothing because
    /// every object in it was refused is not recorded.
    pub fn dispatch(&mut self, command: Command) -> CommandResult {
        let before = self.board.clone();
        let result = run(&mut self.board, &command);
        self.generation += 1;
        if !result.is_empty() && result.iter().all(|object| matches!(object.fate, Fate::Rejected(_))) {
            self.board = before;
            return result;
        }
        self.forget_future();
        self.undone.clear();
        self.checkpoints.insert((before.cluster.now(), before.applied), before);
        self.entries.push(Entry { at: self.now(), command });
        self.board.applied = self.entries.len();
        result
    }

    /// Says what a command would do, and does nothing.
    pub fn rehearse(&self, command: &Command) -> CommandResult {
        run(&mut self.board.clone(), command)
    }

    /// Lets time pass up to `to`; recorded commands on the way happen at their moments. Never goes back.
    pub fn advance(&mut self, to: Time) {
        if to <= self.now() && self.entries.get(self.board.applied).is_none_or(|entry| entry.at > to) {
            return;
        }
        self.play(to);
    }

    /// Goes to a moment, back or forth.
    pub fn seek(&mut self, to: Time) {
        if to < self.now() {
            self.restore(to, usize::MAX);
        }
        self.play(to);
        self.generation += 1;
    }

    /// Takes the newest command back; `false` when there is none. Time stays where it is.
    pub fn undo(&mut self) -> bool {
        if !self.can_undo() {
            return false;
        }
        let now = self.now();
        self.forget_future();
        let Some(entry) = self.entries.pop() else { return false };
        self.checkpoints.retain(|(_, applied), _| *applied <= self.entries.len());
        self.restore(entry.at, self.entries.len());
        self.play(entry.at);
        self.undone.push((entry, self.board.clone()));
        self.play(now);
        self.generation += 1;
        true
    }

    /// Does again what undo took back last; `false` when there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some((entry, before)) = self.undone.pop() else { return false };
        let now = self.now();
        self.board = before;
        self.checkpoints.insert((entry.at, self.board.applied), self.board.clone());
        self.entries.push(entry);
        self.play(now);
        self.generation += 1;
        true
    }

    /// Puts the newest checkpoint on the board that is not after `at` and holds at most `applied` entries.
    fn restore(&mut self, at: Time, applied: usize) {
        let found = self
            .checkpoints
            .range(..=(at, usize::MAX))
            .rev()
            .find(|((_, entries), _)| *entries <= applied)
            .map(|(_, board)| board.clone());
        // The checkpoint of the beginning is never dropped; a new board is what it holds.
        self.board = found.unwrap_or_else(|| Session::new(self.seed).board);
    }

    /// Plays forward to `to`.
    fn play(&mut self, to: Time) {
        while let Some(entry) = self.entries.get(self.board.applied).filter(|entry| entry.at <= to).cloned() {
            self.pass(entry.at);
            self.checkpoints.insert((self.now(), self.board.applied), self.board.clone());
            run(&mut self.board, &entry.command);
            self.board.applied += 1;
            self.generation += 1;
        }
        self.pass(to);
    }

    /// Lets time pass without commands.
    fn pass(&mut self, to: Time) {
        while self.now() < to {
            let next = Time((self.now().0 / CHECKPOINT_EVERY + 1) * CHECKPOINT_EVERY).min(to);
            self.board.cluster.advance(next);
            if next.0.is_multiple_of(CHECKPOINT_EVERY) {
                self.checkpoints.insert((next, self.board.applied), self.board.clone());
            }
        }
    }

    fn forget_future(&mut self) {
        self.entries.truncate(self.board.applied);
        self.base = self.base.min(self.entries.len());
        drop(self.checkpoints.split_off(&(self.now(), self.board.applied)));
    }
}

/// Does a command to a board.
fn run(board: &mut Board, command: &Command) -> CommandResult {
    let before = board.cluster.store().clone();
    let result = execute(board, command);
    let takes_one = |key: &&ObjectKey| {
        key.kind == Kind::Service && !key.namespace.starts_with("kube-") && &*key.name != "kubernetes"
    };
    let store = board.cluster.store();
    let changes = store.changes_since(&before);
    let written = changes.filter_map(|(_, new)| Some(&new?.key)).filter(takes_one);
    let services: Vec<ObjectKey> = written.filter(|key| !board.accents.contains_key(*key)).cloned().collect();
    for key in services {
        // The remainder is below ACCENTS, so it fits.
        let next = (board.accents.len() % usize::from(ACCENTS)) as u8 + 1;
        board.accents.insert(key, next);
    }
    if result.iter().any(|object| !matches!(object.fate, Fate::Unchanged | Fate::Rejected(_))) {
        board.before = before;
    }
    result
}

fn execute(board: &mut Board, command: &Command) -> CommandResult {
    match command {
        Command::Apply { documents, namespace } => {
            let (mut documents, places) = export::take_places(documents, namespace);
            if let Some(settings) = export::take_settings(&mut documents) {
                board.cluster.configure(&settings);
            }
            let fates = board.cluster.apply(&documents, namespace);
            place(board, &places);
            fates
        }
        Command::ApplyText { text, namespace } => {
            let reading = text::read(text, namespace);
            let documents: Vec<_> = reading.documents.iter().map(|document| document.value.clone()).collect();
            let (mut documents, places) = export::take_places(&documents, namespace);
            if let Some(settings) = export::take_settings(&mut documents) {
                board.cluster.configure(&settings);
            }
            let fates = board.cluster.apply(&documents, namespace);
            place(board, &places);
            board.texts.keep(&reading, &fates);
            fates
        }
        Command::Edit { key, edits } => vec![board.cluster.edit(key, edits)],
        Command::Delete { keys } => board.cluster.delete(keys),
        Command::Send { request } => {
            board.cluster.send(request.clone());
            Vec::new()
        }
        Command::Repeat { request, every } => {
            board.cluster.repeat(request.clone(), *every, false);
            Vec::new()
        }
        Command::SendKept { request, every: 0 } => {
            board.cluster.send_kept(request.clone());
            Vec::new()
        }
        Command::SendKept { request, every } => {
            board.cluster.repeat(request.clone(), *every, true);
            Vec::new()
        }
        Command::Disconnect { connection } => {
            board.cluster.disconnect(*connection);
            Vec::new()
        }
        Command::Configure { settings } => {
            board.cluster.configure(settings);
            Vec::new()
        }
        Command::Place { places } => {
            place(board, places);
            Vec::new()
        }
        Command::Batch { commands } => commands.iter().flat_map(|command| execute(board, command)).collect(),
    }
}

fn place(board: &mut Board, places: &[Placement]) {
    for place in places {
        match place.at {
            Some(at) => board.places.insert(Arc::from(place.card.as_str()), at),
            None => board.places.remove(place.card.as_str()),
        };
    }
}
