//! kube-proxy: which endpoint the rules on a node choose for a packet.

pub mod chains;
mod decide;
mod endpoint;
mod known;
mod service_port;
mod sha256;
#[cfg(test)]
mod tests;
mod topology;

pub use chains::Chains;
pub use decide::{Drop, Forward, Masquerade, NodeView, Origin, Packet, Policy, Reject, Verdict, Way, decide};
pub use endpoint::{Endpoint, endpoints};
pub use known::{Known, Proxied};
pub use service_port::{
    ServicePort, ServicePortName, is_proxied, is_watched, load_balancer_ingress, service_ports, source_ranges,
};
pub use sha256::sha256;
pub use topology::{Categories, TopologyMode, categorize_endpoints};
