//! The data plane, one pure decision per file, and the trace of a request, hop by hop.

pub mod addresses;
pub mod dns;
pub mod http;
pub mod http_route;
pub mod ingress;
pub mod kernel;
pub mod kube_proxy;
pub mod listening;
pub mod load_balancer;
pub mod network_policy;
pub mod request;
pub mod rules;
pub mod settings;
pub mod trace;

pub use request::{Action, Change, Client, Hop, Outcome, Place, Request, Rule, Trace};
pub use settings::{Provider, ProxyMode, Scheduler, Settings};
pub use trace::Connection;
