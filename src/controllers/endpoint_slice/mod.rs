//! The EndpointSlice controller: from a Service and the Pods that it selects to its EndpointSlices.
//!
//! Everything is pure: [`reconcile`] looks at what is there and gives a [`Plan`] of writes. [`reconcile_pod_change`] gives
//! the same plan for a few changed Pods without a look at the others.
//!
//! Upstream takes many things in random order (Go maps). Here the order is always the same: IPv4 before IPv6; port groups
//! by name, number, protocol and application protocol; slices by name; endpoints in the order of the Pods given; zones by
//! name. The ports of a slice are in the Service's order.

mod address;
mod endpoint;
mod fill;
mod hints;
mod incremental;
mod port;
mod reconcile;
mod slice;
mod topology;
mod tracker;

use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

pub use address::{AddressType, address_types, is_ipv6};
pub use endpoint::{ZONE_LABEL, endpoint_hostname, is_pod_ready, should_pod_be_in_endpoints};
pub use incremental::{PodChange, PodChanges, ServiceState, reconcile_pod_change};
pub use port::find_port;
pub use reconcile::reconcile;
pub use slice::{HEADLESS_LABEL, MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, TRIGGER_TIME_ANNOTATION};
pub(super) use slice::{controller_reference, name_prefix};
pub use topology::TopologyCache;
pub use tracker::SliceTracker;

use super::Event;

/// The number of endpoints that fit in one slice, unless the controller is told otherwise
/// (`--max-endpoints-per-slice`).
pub const MAX_ENDPOINTS_PER_SLICE: usize = 100;

/// What the controller looks at for one Service.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The Service.
    pub service: &'a Service,
    /// The Pods of its namespace that its selector matches, each once; new endpoints are added in this order.
    pub pods: &'a [Arc<Pod>],
    /// The slices of its namespace that may be its own. Those that other controllers keep, or that are about to be deleted,
    /// are left alone.
    pub slices: &'a [Arc<EndpointSlice>],
    /// Finds a Node by its name.
    pub nodes: &'a dyn Fn(&str) -> Option<&'a Node>,
    /// The number of endpoints that fit in one slice: [`MAX_ENDPOINTS_PER_SLICE`].
    pub max_endpoints_per_slice: usize,
    /// The time of the change that led here, for the annotation of the slices written; `None` takes the annotation away.
    pub trigger_time: Option<&'a str>,
}

/// One write.
#[derive(Clone, Debug)]
pub enum Write {
    /// Make this slice. It has a `generateName` and no name.
    Create(EndpointSlice),
    /// Replace the slice of this name. The API server keeps uid, creation time and generation.
    Update(EndpointSlice),
    /// Delete this slice.
    Delete(Arc<EndpointSlice>),
}

/// What the controller does for one Service.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The writes, in order.
    pub writes: Vec<Write>,
    /// The events about the Service, in order.
    pub events: Vec<Event>,
    /// Why the Service is to be looked at again after a while; the writes are made nevertheless.
    pub error: Option<NodeNotFound>,
    /// Whether nothing is left to do once the writes are made: another look would give an empty plan, and a
    /// [`ServiceState`] may be kept.
    pub settled: bool,
}

/// Pods that were left out because their Node does not exist.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeNotFound {
    messages: Vec<String>,
}

impl std::fmt::Display for NodeNotFound {
    /// As upstream words an aggregate of errors: one alone, or several in brackets, each once.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.messages.as_slice() {
            [one] => f.write_str(one),
            all => write!(f, "[{}]", all.join(", ")),
        }
    }
}

/// What is the same for all slices of one Service and address type.
struct Context<'a> {
    service: &'a Service,
    labels: slice::Labels,
    address_type: AddressType,
    max_endpoints_per_slice: usize,
}
