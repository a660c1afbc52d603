//! Why: verdicts for each Pod, and findings with cause, evidence and a fix.

pub mod finding;
pub mod near_miss;
pub mod outline;
pub mod verdict;

pub use finding::{Certainty, Finding, Fix, findings};
pub use near_miss::{Difference, NearMiss};
pub use outline::{Outline, OutlineItem, OutlineLine, outline};
pub use verdict::{Standing, Verdict, verdicts};
