//! The store, as the DNS server reads it.

use k8s_openapi::api::core::v1::{Namespace, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::{DnsView, Question, Response, records};
use crate::api::validation::parse_ip_sloppy;
use crate::store::Store;

/// The cluster in a [`Store`], with `upstream` for the servers outside.
pub struct StoreView<'a, F> {
    /// The cluster.
    pub store: &'a Store,
    /// What the servers outside answer.
    pub upstream: F,
}

impl<F: Fn(&Question) -> Response> DnsView for StoreView<'_, F> {
    fn namespace_exists(&self, name: &str) -> bool {
        self.store.find::<Namespace>("", name).is_some()
    }

    fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.store.find::<Service>(namespace, name).map(|service| &**service)
    }

    fn slices_of(&self, namespace: &str, service: &str) -> impl Iterator<Item = &EndpointSlice> {
        self.store.slices_of(namespace, service).map(|slice| &**slice)
    }

    fn services_with_cluster_ip(&self, ip: &str) -> impl Iterator<Item = &Service> {
        parse_ip_sloppy(ip)
            .into_iter()
            .flat_map(|address| self.store.at_address(address))
            .filter_map(|object| object.get::<Service>())
            .map(|service| &**service)
            .filter(move |service| records::cluster_ips(service).any(|known| known == ip))
    }

    // Only a question for the name of an address asks this: too rare for an index of its own.
    fn slices_with_address(&self, ip: &str) -> impl Iterator<Item = &EndpointSlice> {
        self.store
            .list::<EndpointSlice>()
            .map(|slice| &**slice)
            .filter(move |slice| records::ready_addresses(slice).any(|(_, address)| address == ip))
    }

    // Only `pods verified` asks this, which is not the default.
    fn pods_with_ip(&self, namespace: &str, ip: &str) -> impl Iterator<Item = &Pod> {
        self.store.list::<Pod>().map(|pod| &**pod).filter(move |pod| {
            pod.metadata.namespace.as_deref() == Some(namespace)
                && pod.status.as_ref().and_then(|status| status.pod_ip.as_deref()) == Some(ip)
        })
    }

    fn upstream(&self, question: &Question) -> Response {
        (self.upstream)(question)
    }
}
