//! Where each value of a document stands in the text.

use indexmap::IndexMap;

use crate::api::path::{Path, Segment};
use crate::api::problem::Place;

/// The places of a value and of everything below it.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Where the key stands; for items of a list, and for the document, where the value starts.
    pub key: Place,
    /// Where the value stands.
    pub value: Place,
    /// What is below.
    pub below: Below,
}

/// The places below a value.
#[derive(Clone, Debug, Default)]
pub enum Below {
    /// Nothing: the value is a scalar.
    #[default]
    Nothing,
    /// The fields of an object.
    Fields(IndexMap<String, Marks>),
    /// The items of a list.
    Items(Vec<Marks>),
}

impl Marks {
    /// The marks of a scalar.
    pub fn scalar(place: Place) -> Marks {
        Marks { key: place, value: place, below: Below::Nothing }
    }

    /// The marks at `path`, or of the nearest value above if nothing stands there, and whether they are exact.
    pub fn find(&self, path: &Path) -> (&Marks, bool) {
        let mut marks = self;
        for segment in &path.0 {
            let next = match (&marks.below, segment) {
                (Below::Fields(fields), Segment::Field(name)) => fields.get(name),
                (Below::Items(items), Segment::Index(index)) => items.get(*index as usize),
                _ => None,
            };
            match next {
                Some(next) => marks = next,
                None => return (marks, false),
            }
        }
        (marks, true)
    }

    /// Where to point for what is said about the value at `path`: at the value, or at the key of the nearest value
    /// above if nothing stands there.
    pub fn value_place(&self, path: &Path) -> Place {
        match self.find(path) {
            (marks, true) => marks.value,
            (marks, false) => marks.key,
        }
    }

    /// Where the key of `path` stands, or the key of the nearest value above.
    pub fn key_place(&self, path: &Path) -> Place {
        self.find(path).0.key
    }

    /// How many values there are, this one included.
    pub fn count(&self) -> usize {
        match &self.below {
            Below::Nothing => 1,
            Below::Fields(fields) => 1 + fields.values().map(Marks::count).sum::<usize>(),
            Below::Items(items) => 1 + items.iter().map(Marks::count).sum::<usize>(),
        }
    }
}
