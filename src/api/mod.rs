//! What users write: Kubernetes objects, how they are named, selected and checked, and their text form.
//!
//! The object types come from `k8s-openapi`; nothing of Kubernetes' own API is typed again here. The Gateway API, which
//! is no part of it, is in [`gateway`].

pub mod decode;
pub mod encode;
pub mod fields;
pub mod fuzzy;
pub mod gateway;
pub mod key;
pub mod kind;
pub mod labels;
pub mod nearest;
mod never;
pub mod object;
pub mod patch;
pub mod path;
pub mod problem;
pub mod quantity;
pub mod random;
pub mod shape;
pub mod text;
pub mod time;
pub mod validation;

pub use key::ObjectKey;
pub use kind::Kind;
pub use object::{Live, Object, Resource};
pub use path::Path;
pub use problem::{Problem, Severity};
pub use random::Random;
pub use time::Time;
