//! The cluster's DNS: what CoreDNS 1.14.7 answers from Services, EndpointSlices and Pods, and how a Pod's stub
//! resolver asks it.
//!
//! [`answer`] is the server, [`resolve`] the client. The names follow the Kubernetes DNS specification 1.1.0.

mod answer;
mod message;
mod name;
mod records;
mod resolver;
mod reverse;
#[cfg(test)]
mod tests;
mod view;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

pub use answer::answer;
pub use message::{Question, Rcode, Record, RecordData, RecordType, Response};
pub use resolver::{Attempt, Client, NodeResolver, Resolution, ResolvConf, Verdict, resolve};
pub use view::StoreView;

/// What the DNS server knows of the cluster, and its way to the world outside.
pub trait DnsView {
    /// Whether the namespace exists.
    fn namespace_exists(&self, name: &str) -> bool;
    /// The Service of this name.
    fn service(&self, namespace: &str, name: &str) -> Option<&Service>;
    /// The EndpointSlices whose label `kubernetes.io/service-name` names the Service, whether it exists or not.
    fn slices_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = &EndpointSlice>;
    /// The Services that have `ip` among their `clusterIPs`.
    fn services_with_cluster_ip(&self, ip: &str) -> impl Iterator<Item = &Service>;
    /// The EndpointSlices that have `ip` among the addresses of any endpoint.
    fn slices_with_address(&self, ip: &str) -> impl Iterator<Item = &EndpointSlice>;
    /// The Pods of the namespace whose `status.podIP` is `ip`.
    fn pods_with_ip(&self, namespace: &str, ip: &str) -> impl Iterator<Item = &Pod>;
    /// What the servers outside the cluster answer.
    fn upstream(&self, question: &Question) -> Response;
}

/// Whether names of Pods (`10-244-1-7.shop.pod.cluster.local`) have addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PodMode {
    /// No Pod has a name: the default of the plugin.
    #[default]
    Disabled,
    /// Every dashed address in a namespace that exists has one, whether a Pod has that address or not: what kubeadm
    /// sets up.
    Insecure,
    /// Only the addresses of Pods have one.
    Verified,
}

/// The settings of the DNS server: the `kubernetes` block of CoreDNS' Corefile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DnsConfig {
    /// The cluster's domain.
    pub zone: String,
    /// How many seconds records may be kept.
    pub ttl: u32,
    /// The names of Pods.
    pub pods: PodMode,
    /// Whether a Service without ready endpoints does not exist (`ignore empty_service`).
    pub ignore_empty_service: bool,
    /// The zones of addresses that are served beside `zone`.
    pub reverse_zones: Vec<String>,
    /// The zones in which a name that does not exist is asked outside instead.
    pub fallthrough: Vec<String>,
    /// Namespace and name of the Service that the DNS server itself is reached by.
    pub server: Option<(String, String)>,
}

impl Default for DnsConfig {
    /// What kubeadm sets up: `pods insecure`, `ttl 30` and `fallthrough in-addr.arpa ip6.arpa`, reached by the Service
    /// `kube-system/kube-dns`.
    fn default() -> DnsConfig {
        let arpa = vec!["in-addr.arpa".to_owned(), "ip6.arpa".to_owned()];
        DnsConfig {
            zone: "cluster.local".to_owned(),
            ttl: 30,
            pods: PodMode::Insecure,
            ignore_empty_service: false,
            reverse_zones: arpa.clone(),
            fallthrough: arpa,
            server: Some(("kube-system".to_owned(), "kube-dns".to_owned())),
        }
    }
}
