//! From an address to its name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::records::{self, NoSuchName};
use super::{DnsConfig, DnsView, name};

/// The address that a name below `in-addr.arpa.` or `ip6.arpa.` stands for; `None` for any other name.
// Models plugin/pkg/dnsutil/reverse.go ExtractAddressFromReverse
pub fn address_of(name: &str) -> Option<IpAddr> {
    let name = name.to_ascii_lowercase();
    if let Some(labels) = name.strip_suffix(".in-addr.arpa.") {
        let text: Vec<&str> = labels.rsplit('.').collect();
        return text.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let labels = name.strip_suffix(".ip6.arpa.")?;
    let nibbles: Vec<&str> = labels.rsplit('.').collect();
    let groups: Vec<String> = nibbles.chunks_exact(4).map(<[&str]>::concat).collect();
    groups.join(":").parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).to_canonical())
}

/// The names of the address that `name` stands for, each once.
///
/// In this order: the Service that has it as a cluster IP, alone; else the ready endpoints that have it, one name for
/// each Service; else the name does not exist. A name that stands for no address is looked up like any other, and has
/// nothing.
// Models plugin/kubernetes/reverse.go Reverse
pub fn names<V: DnsView>(
    view: &V,
    config: &DnsConfig,
    name: &str,
    zone: &str,
) -> Result<Vec<String>, NoSuchName> {
    let Some(address) = address_of(name) else {
        return records::entries(view, config, name, zone).map(|_| Vec::new());
    };
    let ip = address.to_string();
    let cluster = name::fully_qualified(&config.zone);
    if let Some(service) = view.services_with_cluster_ip(&ip).next() {
        let metadata = &service.metadata;
        return Ok(vec![format!(
            "{}.{}.svc.{cluster}",
            metadata.name.as_deref().unwrap_or_default(),
            metadata.namespace.as_deref().unwrap_or_default()
        )]);
    }
    let mut names = Vec::new();
    for slice in view.slices_with_address(&ip) {
        let metadata = &slice.metadata;
        let service = metadata.labels.as_ref().and_then(|labels| labels.get("kubernetes.io/service-name"));
        for (endpoint, address) in records::ready_addresses(slice) {
            let name = format!(
                "{}.{}.{}.svc.{cluster}",
                records::endpoint_hostname(endpoint, address),
                service.map(String::as_str).unwrap_or_default(),
                metadata.namespace.as_deref().unwrap_or_default()
            );
            if address == ip && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.is_empty() { Err(NoSuchName) } else { Ok(names) }
}
