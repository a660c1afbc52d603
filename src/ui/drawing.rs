//! What is drawn with: several objects selected at once, copies, pastes, deletions, tools that place.

use std::collections::BTreeSet;
use std::rc::Rc;

use endpoint_playground::api::{Kind, ObjectKey};
use endpoint_playground::session::{Change, Command, Fate, Hop, RequestRecord, draw};

use super::act::Act;
use super::create;
use super::events_model::{Selection, Tool};
use super::moment::refusal;
use super::state::State;

impl State {
    /// The objects that are selected and still there.
    pub fn chosen(&self) -> Vec<ObjectKey> {
        let store = self.session.cluster().store();
        let alone = match &self.selection {
            Some(Selection::Object(key)) => Some(key),
            _ => None,
        };
        let all: Vec<&ObjectKey> =
            if self.picked.is_empty() { alone.into_iter().collect() } else { self.picked.iter().collect() };
        all.into_iter().filter(|key| store.get(key).is_some()).cloned().collect()
    }

    /// Selects objects, beside those that are selected if `add`. The inspector shows the first of several.
    pub fn pick(&mut self, keys: Vec<ObjectKey>, add: bool) {
        let before = if add { self.chosen() } else { Vec::new() };
        let shown = self.selection.clone().filter(|_| add);
        let all: BTreeSet<ObjectKey> = before.into_iter().chain(keys).collect();
        match all.first().cloned() {
            None => self.select(None),
            Some(first) if all.len() == 1 => self.select(Some(Selection::Object(first))),
            Some(first) => {
                let open = self.side_open;
                let kept = shown.filter(|shown| shown.object().is_some_and(|key| all.contains(key)));
                self.select(Some(kept.unwrap_or(Selection::Object(first))));
                // Where the inspector lies over the board it would hide what is being selected.
                self.side_open = open;
                self.picked = Rc::new(all);
            }
        }
    }

    /// Selects an object beside the others, or takes it out.
    pub fn toggle(&mut self, key: ObjectKey) {
        let mut all: BTreeSet<ObjectKey> = self.chosen().into_iter().collect();
        if !all.remove(&key) {
            all.insert(key);
        }
        self.pick(all.into_iter().collect(), false);
    }

    /// Selects everything on the board that somebody put there, and every Pod.
    pub fn select_all(&mut self) {
        let scene = self.looking.scene.0.clone();
        let store = self.session.cluster().store();
        let edges = scene.edges.iter().filter_map(|edge| edge.key.as_ref());
        let services = scene.services.iter().map(|service| &service.key);
        let nodes = scene.nodes.iter().filter_map(|node| node.key.as_ref());
        let pods = scene.nodes.iter().flat_map(|node| &node.pods).flat_map(|pod| &pod.keys);
        let own = |key: &&ObjectKey| {
            key.kind == Kind::Pod || store.get(key).is_some_and(|object| object.document.is_some())
        };
        let keys = edges.chain(services).chain(nodes).chain(pods).filter(own).cloned().collect();
        self.pick(keys, false);
    }

    /// Deletes what is selected, in one step.
    pub fn delete(&mut self) {
        let chosen = self.chosen();
        let keys = draw::delete(self.session.cluster(), &chosen);
        let words = match keys.as_slice() {
            [] => return,
            [key] => format!("{key} was deleted."),
            several => format!("{} objects were deleted.", several.len()),
        };
        if self.dispatch(Command::Delete { keys }) {
            self.notices.say(words, false, Some(("Undo", Act::Undo)));
        }
    }

    /// Makes copies of what is selected beside it, in one step, and selects them.
    pub fn duplicate(&mut self) {
        let chosen = self.chosen();
        if let Some((copies, command)) = draw::duplicate(self.session.cluster(), &chosen)
            && self.dispatch(command)
        {
            self.pick(copies, false);
        }
    }

    /// Puts a text from the clipboard on the board; `own` when it was copied from a board. `false` when it needs a look
    /// first: something in it can not be read, or would be refused.
    pub fn paste(&mut self, text: &str, own: bool) -> bool {
        let namespace =
            self.selection.as_ref().and_then(Selection::object).map(|key| key.namespace.to_string());
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        let paste = draw::paste(self.session.cluster(), text, namespace.as_deref().unwrap_or("default"), own);
        if paste.keys.is_empty() || paste.problems.iter().any(|problem| problem.is_error()) {
            return false;
        }
        let fates = self.session.rehearse(&paste.command);
        if fates.iter().any(|fate| refusal(fate).is_some()) {
            return false;
        }
        if fates.iter().all(|fate| fate.fate == Fate::Unchanged) {
            self.notices.say("Nothing changed: the board has all of this already.", false, None);
        } else if self.dispatch(paste.command) {
            let words = match paste.keys.as_slice() {
                [key] => format!("{key} was put on the board."),
                several => format!("{} objects were put on the board.", several.len()),
            };
            self.notices.say(words, false, Some(("Undo", Act::Undo)));
        }
        self.pick(paste.keys, false);
        true
    }

    /// Where new objects go: into the namespace that alone is shown.
    fn ground(&self) -> create::Ground<'_> {
        let namespace = self.looking.namespace().unwrap_or("default");
        create::Ground { cluster: self.session.cluster(), namespace }
    }

    /// Places what a tool makes.
    pub fn place(&mut self, tool: Tool, at: Option<(i32, i32)>, on_node: Option<String>) {
        let near = self.selection.as_ref().and_then(Selection::object).cloned();
        let made = create::create(self.ground(), tool, at, on_node, near.as_ref());
        self.put(made);
        self.tool = Tool::Select;
    }

    /// Makes an object for which there is no tool.
    pub fn make(&mut self, kind: &Kind, at: Option<(i32, i32)>) {
        let near = self.selection.as_ref().and_then(Selection::object).cloned();
        let made = create::make(self.ground(), kind, at, near.as_ref());
        self.put(made);
    }

    /// Puts something new on the board, and shows it.
    fn put(&mut self, made: Option<(ObjectKey, Command)>) {
        if let Some((key, command)) = made
            && self.dispatch(command)
        {
            self.select(Some(Selection::Object(key)));
            self.tab = "form";
            self.side_open = true;
        }
    }

    /// The addresses of the packet of a request as it is now, before and after what rewrites them.
    pub fn peek(&mut self, number: Option<u64>) {
        let now = self.now();
        let requests = self.session.cluster().requests();
        let record = number.and_then(|number| requests.iter().find(|record| record.number == number));
        self.peek = record.map(|record| {
            let done = record.hop_at.iter().take_while(|at| **at <= now).count();
            addresses(record, done)
        });
    }
}

/// One line for the request, one for the addresses of its packet after so many hops, and one for the last rewriting.
fn addresses(record: &RequestRecord, done: usize) -> String {
    let mut lines = vec![format!("#{} {} {}", record.number, record.request.method, record.request.url)];
    let hops = &record.trace.hops;
    let past = || hops.iter().take(done.max(1)).rev();
    let pair = |hop: &Hop, before: bool| {
        let (source, destination) = (hop.source.as_ref()?, hop.destination.as_ref()?);
        Some(if before {
            format!("{} \u{2192} {}", source.before, destination.before)
        } else {
            format!("{} \u{2192} {}", source.after, destination.after)
        })
    };
    match past().find_map(|hop| pair(hop, false)) {
        Some(now) => lines.push(now),
        None => lines.push("a question to DNS, no connection yet".to_owned()),
    }
    let rewritten =
        past().find(|hop| [&hop.source, &hop.destination].into_iter().flatten().any(Change::is_rewritten));
    if let Some(before) = rewritten.and_then(|hop| pair(hop, true)) {
        lines.push(format!("before it was rewritten: {before}"));
    }
    lines.join("\n")
}
