//! Who may talk to whom, for the Pod or the NetworkPolicy that is selected.

use std::collections::BTreeMap;

use crate::api::{Kind, ObjectKey};
use crate::explain;
use crate::store::Store;

use super::View;

/// How a Pod stands to what is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TalkMark {
    /// The selected Pod and this one may each open connections to the other.
    BothWays,
    /// Only the selected Pod may open connections to this one.
    Called,
    /// Only this Pod may open connections to the selected one.
    Calls,
    /// Neither may.
    CutOff,
    /// The selected NetworkPolicy selects this Pod.
    Selected,
}

impl TalkMark {
    /// The words on the card.
    pub fn word(self) -> &'static str {
        match self {
            TalkMark::BothWays => "both may call",
            TalkMark::Called => "may be called",
            TalkMark::Calls => "may call",
            TalkMark::CutOff => "cut off",
            TalkMark::Selected => "policy applies",
        }
    }
}

/// The marks of the Pods; empty unless a NetworkPolicy is selected, or a Pod while there are policies.
pub(super) fn marks(store: &Store, view: &View) -> BTreeMap<ObjectKey, TalkMark> {
    let Some(selected) = &view.selected else { return BTreeMap::new() };
    match selected.kind {
        Kind::NetworkPolicy => {
            explain::selected(store, selected).into_iter().map(|pod| (pod, TalkMark::Selected)).collect()
        }
        Kind::Pod => {
            let others = explain::isolation(store, selected).map(|found| found.others).unwrap_or_default();
            let mark = |talk: explain::Talk| {
                let mark = match (talk.out.is_open(), talk.into.is_open()) {
                    (true, true) => TalkMark::BothWays,
                    (true, false) => TalkMark::Called,
                    (false, true) => TalkMark::Calls,
                    (false, false) => TalkMark::CutOff,
                };
                (talk.pod, mark)
            };
            others.into_iter().map(mark).collect()
        }
        _ => BTreeMap::new(),
    }
}
