//! What kubectl prints: `kubectl describe` and the tables of `kubectl get`, in its very words and columns.
//!
//! Where releases of kubectl word something differently it is as 1.32 has it: the conformance data were recorded with it.
//!
//! An object is read as the API shows it ([`doc`]); [`page`] lines the text up as kubectl does. A description is one
//! function for each kind in `describe`, a row of a table one in `get`.

mod age;
mod describe;
mod doc;
mod events;
mod get;
mod page;
mod pod_status;
mod quantity;
#[cfg(test)]
mod tests;

pub use describe::describe;
pub use get::{Columns, get};

use crate::api::{Kind, ObjectKey, Time};
use crate::cluster::{Cluster, EventLog};
use crate::store::Store;

/// What kubectl asks: the API server at a moment.
#[derive(Clone, Copy)]
pub struct ApiServer<'a> {
    /// The objects.
    pub store: &'a Store,
    /// What the controllers reported.
    pub events: &'a EventLog,
    /// The moment from which ages are counted.
    pub now: Time,
}

impl<'a> ApiServer<'a> {
    /// The API server of a cluster.
    pub fn of(cluster: &'a Cluster) -> ApiServer<'a> {
        ApiServer { store: cluster.store(), events: cluster.events(), now: cluster.now() }
    }

    /// The moment in seconds since 1970.
    fn seconds(self) -> i64 {
        self.now.to_timestamp().0.as_second()
    }
}

/// Whether kubectl's description of this kind is known: those that are simulated, and custom resources, which all have
/// the same one.
pub fn is_described(kind: &Kind) -> bool {
    let group = kind.group();
    kind.is_simulated()
        || group == "gateway.networking.k8s.io"
        || group.contains('.') && !group.ends_with(".k8s.io")
}

/// The command that describes an object: `kubectl describe service web -n shop`.
pub fn describe_command(key: &ObjectKey) -> String {
    let parts = ["kubectl describe ", &resource(&key.kind), " ", &*key.name, &in_namespace(key)];
    parts.concat()
}

/// The command that lists an object: `kubectl get service web -n shop -o wide`.
pub fn get_command(key: &ObjectKey) -> String {
    let parts = ["kubectl get ", &resource(&key.kind), " ", &*key.name, &in_namespace(key), " -o wide"];
    parts.concat()
}

/// The command that lists the EndpointSlices of a Service.
pub fn get_slices_command(service: &ObjectKey) -> String {
    let label = crate::store::SERVICE_NAME_LABEL;
    let parts =
        ["kubectl get endpointslice -l ", label, "=", &*service.name, &in_namespace(service), " -o wide"];
    parts.concat()
}

/// A kind as one types it. A custom resource is told from others of its name by its group.
fn resource(kind: &Kind) -> String {
    let name = kind.name().to_ascii_lowercase();
    if kind.is_simulated() { name } else { [&*name, ".", kind.group()].concat() }
}

/// Where the object is, unless kubectl would look there anyway.
fn in_namespace(key: &ObjectKey) -> String {
    match &*key.namespace {
        "" | "default" => String::new(),
        namespace => [" -n ", namespace].concat(),
    }
}
