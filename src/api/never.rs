//! The error of what can not fail.

use std::fmt;

/// The error of a reading or a writing that never fails: what a type of the API would refuse is refused, and replaced,
/// before the type sees it.
///
/// Without a value that could stand for it, the compiler leaves out whatever the types would do after an error, which
/// is about half of their code.
#[derive(Debug)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

// The test `whatever_stands_in_a_document_no_type_refuses_it` holds both directions to this. The message is not shown:
// that would bring every text of every error that can not happen.
impl serde::de::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        unreachable!("a type refused a value that was checked before")
    }
}

impl serde::ser::Error for Never {
    fn custom<T: fmt::Display>(_: T) -> Never {
        unreachable!("a type could not be written")
    }
}
