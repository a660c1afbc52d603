//! How the endpoints of one port group are put into slices: which slices are rewritten, filled, made and deleted.

use std::sync::Arc;

use k8s_openapi::api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};

use super::endpoint::{Candidate, kept};
use super::slice::{endpoints_of, labels_changed, name_of};
use super::{Context, slice};

/// A change at one place of an existing slice.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    /// The place among the slice's endpoints.
    pub position: usize,
    /// The Pod's endpoint as it should be; `None` when the place goes.
    pub wanted: Option<Candidate<'a>>,
}

/// An existing slice of the group with the changes that its endpoints need, in the order of their places.
#[derive(Debug)]
pub(super) struct SliceWork<'a> {
    pub slice: &'a Arc<EndpointSlice>,
    pub edits: Vec<Edit<'a>>,
}

/// What is to be written for one address type, before hints.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub creates: Vec<EndpointSlice>,
    pub updates: Vec<EndpointSlice>,
    pub deletes: Vec<&'a Arc<EndpointSlice>>,
}

/// A slice on its way to an update.
struct Changing<'a> {
    work: SliceWork<'a>,
    /// Whether the labels are put anew: not so for a slice that is only filled up.
    relabel: bool,
    /// The number of endpoints that stay.
    staying: usize,
    added: Vec<Candidate<'a>>,
}

impl<'a> Changing<'a> {
    fn new(work: SliceWork<'a>, relabel: bool) -> Changing<'a> {
        let removed = work.edits.iter().filter(|edit| edit.wanted.is_none()).count();
        let staying = endpoints_of(work.slice).len().saturating_sub(removed);
        Changing { work, relabel, staying, added: Vec::new() }
    }

    fn len(&self) -> usize {
        self.staying + self.added.len()
    }

    /// The slice as it is to be written. Where endpoints changed, all are as their Pods give them, without hints;
    /// where only labels changed or endpoints came, those that were there keep everything.
    fn build(self, context: &Context<'_>) -> EndpointSlice {
        let old = self.work.slice;
        let mut endpoints: Vec<Endpoint> = Vec::with_capacity(self.len());
        if self.work.edits.is_empty() {
            endpoints.extend(endpoints_of(old).iter().cloned());
            // Upstream sorts the addresses in its cache while it compares, so any write shows them sorted.
            endpoints.iter_mut().for_each(|endpoint| endpoint.addresses.sort_unstable());
        } else {
            let mut edits = self.work.edits.into_iter().peekable();
            for (position, endpoint) in endpoints_of(old).iter().enumerate() {
                match edits.next_if(|edit| edit.position == position) {
                    None => endpoints.push(kept(endpoint)),
                    Some(edit) => endpoints.extend(edit.wanted.map(|wanted| wanted.to_endpoint())),
                }
            }
        }
        endpoints.extend(self.added.iter().map(Candidate::to_endpoint));
        let mut metadata = old.metadata.clone();
        if self.relabel {
            metadata.labels = Some(context.labels.clone());
        }
        EndpointSlice {
            metadata,
            address_type: old.address_type.clone(),
            ports: old.ports.clone(),
            endpoints: Some(endpoints),
        }
    }
}

// Models k8s.io/endpointslice/reconciler.go reconcileByPortMapping
/// Puts a group's endpoints into slices and adds what is to be written to `draft`.
///
/// 1. A slice in which endpoints go or change is rewritten; one that loses all is deleted; one with other labels than
///    wanted is relabelled.
/// 2. `additions`, the endpoints that are in no slice yet, fill the slices of step 1, the fullest first.
/// 3. Of what remains: while it is a whole slice or more, a new slice is made and filled. A remainder goes whole into
///    the one untouched slice that it fills most, if it fits, else into a new one.
///
/// Upstream takes slices of equal size and endpoints to add in random order; here slices come in the order of `works`
/// and endpoints in that of `additions`.
pub(super) fn fill<'a>(
    context: &Context<'_>,
    works: Vec<SliceWork<'a>>,
    additions: Vec<Candidate<'a>>,
    ports: impl Fn() -> Vec<EndpointPort>,
    draft: &mut Draft<'a>,
) {
    let max = context.max_endpoints_per_slice;
    let mut changing: Vec<Changing<'a>> = Vec::new();
    let mut untouched: Vec<&'a Arc<EndpointSlice>> = Vec::new();
    for work in works {
        if work.edits.is_empty() {
            if labels_changed(work.slice, &context.labels) {
                changing.push(Changing::new(work, true));
            } else {
                untouched.push(work.slice);
            }
        } else {
            let change = Changing::new(work, true);
            if change.staying == 0 {
                draft.deletes.push(change.work.slice);
            } else {
                changing.push(change);
            }
        }
    }

    let mut additions = additions.into_iter();
    if additions.len() > 0 {
        changing.sort_by_key(|change| std::cmp::Reverse(change.len()));
        for change in &mut changing {
            let room = max.saturating_sub(change.len());
            change.added.extend(additions.by_ref().take(room));
        }
    }

    while additions.len() > 0 {
        let target =
            if additions.len() < max { slice_to_fill(&untouched, additions.len(), max) } else { None };
        match target {
            Some(place) => {
                let work = SliceWork { slice: untouched.remove(place), edits: Vec::new() };
                let mut change = Changing::new(work, false);
                change.added.extend(additions.by_ref());
                changing.push(change);
            }
            None => {
                let mut new =
                    slice::new_slice(context.service, &context.labels, ports(), context.address_type);
                new.endpoints =
                    Some(additions.by_ref().take(max).map(|wanted| wanted.to_endpoint()).collect());
                draft.creates.push(new);
            }
        }
    }

    changing.sort_by(|one, other| name_of(one.work.slice).cmp(name_of(other.work.slice)));
    draft.updates.extend(changing.into_iter().map(|change| change.build(context)));
}

// Models k8s.io/endpointslice/utils.go getSliceToFill
/// The place of the slice that `count` more endpoints fill most without going over `max`; the first of equals.
fn slice_to_fill(slices: &[&Arc<EndpointSlice>], count: usize, max: usize) -> Option<usize> {
    slices
        .iter()
        .enumerate()
        .filter_map(|(place, slice)| {
            let room = max.checked_sub(count + endpoints_of(slice).len())?;
            (room < max).then_some((room, place))
        })
        .min()
        .map(|(_, place)| place)
}
