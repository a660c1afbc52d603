//! The controllers, one file or folder each: from what is there and what is wanted to writes. All are pure.

pub mod daemon_set;
pub mod deployment;
pub mod endpoint_slice;
pub mod endpoint_slice_mirroring;
mod endpoint_subsets;
pub mod endpoints;
mod event;
pub mod garbage_collector;
pub mod gateway;
pub mod ingress_status;
pub mod kubelet;
pub mod node;
pub mod node_lifecycle;
pub mod pod;
mod pod_control;
pub mod replica_set;
#[cfg(test)]
mod replica_set_tests;
pub mod replication_controller;
mod revision;
pub mod scheduler;
pub mod service_load_balancer;
pub mod stateful_set;
mod template;
#[cfg(test)]
mod testing;
pub mod write;

pub use event::{Event, EventType};
pub use write::{Outcome, Write};
