//! Which address families a Service has, and how a Pod's addresses are published.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use k8s_openapi::api::core::v1::{Pod, Service};

use crate::api::validation::parse_ip_sloppy;

/// The `addressType` of the EndpointSlices that the controller makes, in the order in which it works on them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AddressType {
    /// `IPv4`.
    Ipv4,
    /// `IPv6`.
    Ipv6,
}

impl AddressType {
    /// The text in `addressType`.
    pub fn as_str(self) -> &'static str {
        match self {
            AddressType::Ipv4 => "IPv4",
            AddressType::Ipv6 => "IPv6",
        }
    }

    /// The address type that this text names; `None` for `FQDN` and anything unknown.
    pub fn parse(text: &str) -> Option<AddressType> {
        match text {
            "IPv4" => Some(AddressType::Ipv4),
            "IPv6" => Some(AddressType::Ipv6),
            _ => None,
        }
    }
}

impl fmt::Display for AddressType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// Models k8s.io/endpointslice/utils.go getAddressTypesForService
/// The address types of a Service's slices: those of `ipFamilies`; without any, that of the cluster IP; for a headless
/// Service without `ipFamilies`, both.
pub fn address_types(service: &Service) -> Vec<AddressType> {
    let spec = service.spec.as_ref();
    let families = spec.and_then(|spec| spec.ip_families.as_deref()).unwrap_or_default();
    let named: Vec<AddressType> = [AddressType::Ipv4, AddressType::Ipv6]
        .into_iter()
        .filter(|family| families.iter().any(|named| named == family.as_str()))
        .collect();
    if !named.is_empty() {
        return named;
    }
    match spec.and_then(|spec| spec.cluster_ip.as_deref()) {
        None | Some("" | "None") => vec![AddressType::Ipv4, AddressType::Ipv6],
        Some(ip) if is_ipv6(ip) => vec![AddressType::Ipv6],
        Some(_) => vec![AddressType::Ipv4],
    }
}

/// Whether the text is an IPv6 address; an IPv4 address written as IPv6 is none, and neither is what is no address.
pub fn is_ipv6(text: &str) -> bool {
    matches!(parse_ip_sloppy(text), Some(IpAddr::V6(_)))
}

// Models k8s.io/endpointslice/utils.go getEndpointAddresses
/// A Pod's addresses of one family from `status.podIPs`, in canonical spelling, ordered as text.
///
/// What is no address at all counts as IPv4 and becomes `<nil>`, as it does upstream; the API server lets no such
/// status in.
pub(super) fn pod_addresses(pod: &Pod, family: AddressType) -> Vec<Cow<'_, str>> {
    let ips = pod.status.as_ref().and_then(|status| status.pod_ips.as_deref()).unwrap_or_default();
    let mut addresses: Vec<Cow<'_, str>> =
        ips.iter().filter_map(|pod_ip| canonical_address(&pod_ip.ip, family)).collect();
    addresses.sort_unstable();
    addresses
}

/// The canonical spelling of an address, if it is of this family.
fn canonical_address(text: &str, family: AddressType) -> Option<Cow<'_, str>> {
    // The usual case first: what this parser takes as IPv4 is canonical.
    if text.parse::<Ipv4Addr>().is_ok() {
        return (family == AddressType::Ipv4).then_some(Cow::Borrowed(text));
    }
    match (parse_ip_sloppy(text), family) {
        (Some(ip @ IpAddr::V4(_)), AddressType::Ipv4) | (Some(ip @ IpAddr::V6(_)), AddressType::Ipv6) => {
            Some(Cow::Owned(ip.to_string()))
        }
        (None, AddressType::Ipv4) => Some(Cow::Borrowed("<nil>")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ips: &[&str], family: AddressType, expected: &[&str]) {
        let ips: Vec<_> = ips.iter().map(|ip| serde_json::json!({ "ip": ip })).collect();
        let pod: Pod =
            serde_json::from_value(serde_json::json!({"metadata": {}, "status": {"podIPs": ips}})).unwrap();
        assert_eq!(pod_addresses(&pod, family), expected);
    }

    #[test]
    fn odd_spellings_are_normalised_and_sorted_as_text() {
        let ips = ["10.0.0.9", "010.001.002.003", "FD00:0:0:0::00AB", "::ffff:10.0.0.10"];
        check(&ips, AddressType::Ipv4, &["10.0.0.10", "10.0.0.9", "10.1.2.3"]);
        check(&ips, AddressType::Ipv6, &["fd00::ab"]);
    }
}
