//! What becomes of a deletion: an object goes at once, or it is marked and goes later.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time as Timestamp;
use k8s_openapi::jiff::Timestamp as Moment;

use super::Store;
use crate::api::{Live, Object, ObjectKey, Time};

/// The grace period of a Pod that names none, in seconds.
const DEFAULT_GRACE: i64 = 30;

/// What the API server did with a deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deleted {
    /// There is no such object.
    NotFound,
    /// The object is gone.
    Gone,
    /// The object is marked with a deletion time. Its kubelet, or the removal of its finalizers, lets it go.
    Marked,
    /// The object was marked before, and this deletion changed nothing.
    Unchanged,
}

impl Store {
    // Models k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete and pkg/registry/core/pod/strategy.go
    // CheckGracefulDelete
    /// Deletes an object, with a grace period in seconds or the object's own:
    /// 1. finalizers hold any object: it is only marked;
    /// 2. a Pod that runs on a node is marked, and its kubelet has until then; a Pod that is not scheduled or that has
    ///    ended goes at once, as does everything that is not a Pod;
    /// 3. a second deletion can only shorten the grace period. A Pod that was already marked when it was imported goes:
    ///    no kubelet here runs it.
    pub fn delete(&mut self, key: &ObjectKey, grace: Option<i64>, now: Time) -> Deleted {
        let Some(object) = self.get(key).cloned() else { return Deleted::NotFound };
        let Some(metadata) = object.live.metadata() else {
            self.remove(key);
            return Deleted::Gone;
        };
        let is_held = metadata.finalizers.as_ref().is_some_and(|finalizers| !finalizers.is_empty());
        let old_grace = metadata.deletion_grace_period_seconds.unwrap_or(0);
        let mut grace = grace_of(&object, grace);
        let mut deadline = moment(now, grace);
        if let Some(marked) = &metadata.deletion_timestamp {
            if was_imported_as_deleted(&object) {
                grace = 0;
            } else if grace >= old_grace && (grace > 0 || is_held) {
                return Deleted::Unchanged;
            }
            let begun = Time::from_timestamp(marked).0.saturating_sub(milliseconds(old_grace));
            deadline = moment(Time(begun), grace);
        }
        if grace == 0 && !is_held {
            self.remove(key);
            return Deleted::Gone;
        }
        let mut live = object.live.clone();
        if let Some(metadata) = live.metadata_mut() {
            metadata.deletion_timestamp = Some(deadline);
            metadata.deletion_grace_period_seconds = Some(grace);
            metadata.generation = metadata.generation.map(|generation| generation + 1);
        }
        self.put(key.clone(), object.document.clone(), live);
        Deleted::Marked
    }
}

/// The grace period of this deletion, in seconds; 0 for what needs none.
fn grace_of(object: &Object, asked: Option<i64>) -> i64 {
    let Live::Pod(pod) = &object.live else { return 0 };
    let spec = pod.spec.as_ref();
    let is_scheduled = spec.and_then(|spec| spec.node_name.as_ref()).is_some_and(|node| !node.is_empty());
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if !is_scheduled || matches!(phase, Some("Succeeded" | "Failed")) {
        return 0;
    }
    let own = spec.and_then(|spec| spec.termination_grace_period_seconds);
    let grace = asked.or(own).unwrap_or(DEFAULT_GRACE);
    if grace < 0 { 1 } else { grace }
}

fn was_imported_as_deleted(object: &Object) -> bool {
    object.document.as_ref().is_some_and(|document| !document["metadata"]["deletionTimestamp"].is_null())
}

fn milliseconds(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}

/// The moment `grace` seconds after `begun`. It keeps the milliseconds, which objects do not show: so a process that is
/// told to end ends at the same distance from its deletion whenever that was.
fn moment(begun: Time, grace: i64) -> Timestamp {
    let Time(at) = begun + milliseconds(grace);
    let whole = Time(at).to_timestamp();
    let rest = i64::try_from(at % 1000).unwrap_or(0);
    Moment::from_millisecond(whole.0.as_millisecond() + rest).map_or(whole, Timestamp)
}
