//! The cluster at one moment, as the panels share it.

use std::rc::Rc;
use std::sync::Arc;

use endpoint_playground::api::{Kind, Object, ObjectKey, Time, text};
use endpoint_playground::session::{Cluster, Command, Fate, ObjectFate, Session, Texts};
use serde_json::Value;

/// The cluster at one moment. Two are equal when nothing happened between them that a panel could show.
#[derive(Clone)]
pub struct Moment {
    cluster: Rc<Cluster>,
    texts: Texts,
    /// Grows with everything that is not the passing of time: commands, undo, seek.
    epoch: u64,
    /// How many hops and answers of requests under way have happened.
    beat: u64,
}

impl PartialEq for Moment {
    fn eq(&self, other: &Moment) -> bool {
        (self.epoch, self.beat, self.cluster.generation())
            == (other.epoch, other.beat, other.cluster.generation())
    }
}

impl Moment {
    /// The cluster now; `epoch` and `beat` tell moments apart that hold the same objects.
    pub fn new(session: &Session, epoch: u64, beat: u64) -> Moment {
        Moment { cluster: Rc::new(session.cluster().clone()), texts: session.texts().clone(), epoch, beat }
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// When this was.
    pub fn now(&self) -> Time {
        self.cluster.now()
    }

    /// The same moment for a panel that shows objects alone.
    pub fn objects(&self) -> Objects {
        Objects { cluster: self.cluster.clone(), texts: self.texts.clone(), epoch: self.epoch }
    }
}

/// The objects at one moment. Two are equal when no object was written between them.
#[derive(Clone)]
pub struct Objects {
    cluster: Rc<Cluster>,
    texts: Texts,
    epoch: u64,
}

impl PartialEq for Objects {
    fn eq(&self, other: &Objects) -> bool {
        (self.epoch, self.cluster.store().revision()) == (other.epoch, other.cluster.store().revision())
    }
}

impl Objects {
    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// An object.
    pub fn get(&self, key: &ObjectKey) -> Option<&Object> {
        self.cluster.store().get(key).map(|object| &**object)
    }

    /// Whether the objects of a kind are the same as at another moment, by `same`.
    pub fn are_the_same(
        &self,
        other: &Objects,
        kind: Kind,
        same: impl Fn(&Arc<Object>, &Arc<Object>) -> bool,
    ) -> bool {
        let (mut one, mut two) =
            (self.cluster.store().objects_of(kind.clone()), other.cluster.store().objects_of(kind));
        loop {
            match (one.next(), two.next()) {
                (None, None) => return true,
                (Some(one), Some(two)) if same(one, two) => {}
                _ => return false,
            }
        }
    }

    /// A document of an object as text: its author's own, where that is kept.
    pub fn written_as(&self, key: &ObjectKey, document: &Value) -> String {
        self.texts.of(key, document).unwrap_or_else(|| text::write([document]))
    }

    /// What a command would do to each object it names; nothing is done.
    pub fn rehearse(&self, command: &Command) -> Vec<ObjectFate> {
        rehearse(&mut (*self.cluster).clone(), command)
    }

    /// Why the API server would refuse a command, in its words; `None` when it would not.
    pub fn refusal(&self, command: &Command) -> Option<String> {
        self.rehearse(command).iter().find_map(refusal)
    }
}

/// Does to a copy of the cluster what a command does to objects.
fn rehearse(copy: &mut Cluster, command: &Command) -> Vec<ObjectFate> {
    match command {
        Command::Apply { documents, namespace } => copy.apply(documents, namespace),
        Command::ApplyText { text, namespace } => {
            let read = text::read(text, namespace).documents;
            let documents: Vec<_> = read.into_iter().map(|document| document.value).collect();
            copy.apply(&documents, namespace)
        }
        Command::Edit { key, edits } => vec![copy.edit(key, edits)],
        Command::Delete { keys } => copy.delete(keys),
        Command::Batch { commands } => commands.iter().flat_map(|command| rehearse(copy, command)).collect(),
        _ => Vec::new(),
    }
}

/// Why an object was refused; `None` when it was not.
pub fn refusal(fate: &ObjectFate) -> Option<String> {
    match &fate.fate {
        Fate::Rejected(why) => Some(why.to_string()),
        _ => None,
    }
}
