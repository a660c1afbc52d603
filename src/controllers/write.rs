//! What a controller asks for: writes to the API server, events for people, and when to look again.

use std::sync::Arc;

use super::Event;
use crate::api::{Live, ObjectKey, Resource, Time};
use crate::store::admission::Part;

/// One write that a controller sends to the API server. The API server checks it as it checks everybody's.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new object. With `metadata.generateName` and no name it gets a name; it gets a uid unless it has one, and a
    /// creation time.
    Create {
        /// The object.
        live: Live,
        /// What the controller reports once the object is there; `{name}` in the message stands for its name.
        event: Option<Event>,
    },
    /// The object as it is to be. `metadata.generation` rises if the spec differs.
    Update(Live),
    /// A write to the subresource `status`: nothing but the status changes.
    UpdateStatus(Live),
    /// A write to a subresource that changes more than the status: the `binding` of a Pod brings its node, the `status`
    /// of a Deployment its annotations. It is taken as it is; `metadata.generation` stays.
    Subresource(Live),
    /// A deletion: see `store::deletion` for what becomes of it.
    Delete {
        /// Which object.
        key: ObjectKey,
        /// `gracePeriodSeconds`; `None` leaves it to the object, 0 removes it at once.
        grace: Option<i64>,
    },
}

impl Write {
    /// The object to write, if the write holds one.
    pub fn live(&self) -> Option<&Live> {
        match self {
            Write::Create { live, .. }
            | Write::Update(live)
            | Write::UpdateStatus(live)
            | Write::Subresource(live) => Some(live),
            Write::Delete { .. } => None,
        }
    }

    /// What of the object the write means, for admission.
    pub fn part(&self) -> Part {
        match self {
            // A ReplicaSet that is made again for imported Pods brings the uid that they know.
            Write::Create { live, .. } if live.metadata().is_some_and(|metadata| metadata.uid.is_some()) => {
                Part::Whole
            }
            Write::Create { .. } | Write::Update(_) | Write::Delete { .. } => Part::Spec,
            Write::UpdateStatus(_) => Part::Status,
            Write::Subresource(_) => Part::Whole,
        }
    }
}

/// What one look of a controller at one object came to. Empty when everything is as it should be.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The writes, in their order. A later one of the same object holds the earlier ones.
    pub writes: Vec<Write>,
    /// Events about the object that the controller looked at. They come after those of the creations.
    pub events: Vec<Event>,
    /// When the controller wants to look again even if nothing changes until then.
    pub requeue_at: Option<Time>,
}

impl Outcome {
    /// Whether there is nothing to do now.
    pub fn is_quiet(&self) -> bool {
        self.writes.is_empty() && self.events.is_empty()
    }

    /// Asks for another look at this moment, or earlier if that was asked for before.
    pub fn requeue(&mut self, at: Time) {
        self.requeue_at = Some(self.requeue_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Adds a creation and the event that reports it.
    pub fn create<T: Resource>(&mut self, object: T, event: Option<Event>) {
        self.writes.push(Write::Create { live: Arc::new(object).into_live(), event });
    }

    /// Adds an update.
    pub fn update<T: Resource>(&mut self, object: impl Into<Arc<T>>) {
        self.writes.push(Write::Update(object.into().into_live()));
    }

    /// Adds an update of a subresource.
    pub fn update_status<T: Resource>(&mut self, object: impl Into<Arc<T>>) {
        self.writes.push(Write::UpdateStatus(object.into().into_live()));
    }

    /// Adds a deletion; `grace` in seconds as in [`Write::Delete`].
    pub fn delete(&mut self, key: ObjectKey, grace: Option<i64>) {
        self.writes.push(Write::Delete { key, grace });
    }
}
