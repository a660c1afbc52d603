//! Why: verdicts for each Pod, and findings with cause, evidence and a fix.

pub mod finding;
mod listening;
mod long_lived;
pub mod near_miss;
pub mod outline;
mod routing;
pub mod talk;
pub mod verdict;
pub mod watch;

pub use finding::{Certainty, Finding, Fix, findings};
pub use long_lived::unbalanced;
pub use near_miss::{Difference, NearMiss};
pub use outline::{Outline, OutlineItem, OutlineLine, outline};
pub use talk::{Isolation, Reach, Talk, isolation, selected};
pub use verdict::{Standing, Verdict, verdicts};
pub use watch::Watch;
