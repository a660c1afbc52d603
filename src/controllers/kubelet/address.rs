//! Which addresses a Pod gets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use k8s_openapi::api::core::v1::{Node, Pod};

use crate::controllers::node;
use crate::store::Store;

/// The addresses of a Pod on this node: the node's own for a Pod on the node's network; else one of each of the node's
/// ranges of Pod addresses. `None` when a range is full or the node has none.
pub fn addresses_for(store: &Store, pod: &Pod, node: &Node) -> Option<Vec<IpAddr>> {
    if pod.spec.as_ref().is_some_and(|spec| spec.host_network == Some(true)) {
        return Some(node::host_ips(node)).filter(|ips| !ips.is_empty());
    }
    let spec = node.spec.as_ref()?;
    let ranges: Vec<&String> = match &spec.pod_cidrs {
        Some(ranges) if !ranges.is_empty() => ranges.iter().collect(),
        _ => spec.pod_cidr.iter().collect(),
    };
    let taken: Vec<IpAddr> = store.pods_on_node(node::name(node)).flat_map(|pod| addresses(pod)).collect();
    let addresses: Option<Vec<IpAddr>> =
        ranges.iter().map(|range| next_free(store, range.parse().ok()?, &taken)).collect();
    addresses.filter(|addresses| !addresses.is_empty())
}

/// `status.podIPs`, or `status.podIP` alone.
fn addresses(pod: &Pod) -> Vec<IpAddr> {
    let Some(status) = &pod.status else { return Vec::new() };
    let listed = status.pod_ips.iter().flatten().map(|ip| &ip.ip);
    listed.chain(&status.pod_ip).filter_map(|ip| ip.parse().ok()).collect()
}

/// The address after the highest that is in use on the node, or the lowest free one when the range is used to its
/// end. The first address of a range is the node's own (its bridge), so Pods begin with the second.
fn next_free(store: &Store, range: IpNet, taken: &[IpAddr]) -> Option<IpAddr> {
    let (first, last) = (number(range.network()), number(range.broadcast()));
    // An IPv6 range has no broadcast address.
    let last = if range.addr().is_ipv4() { last.checked_sub(1)? } else { last };
    let lowest = first.checked_add(2)?;
    let address = |number: u128| -> IpAddr {
        match range {
            // The number lies between two addresses of the range, so it fits.
            IpNet::V4(_) => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).into(),
            IpNet::V6(_) => Ipv6Addr::from(number).into(),
        }
    };
    let highest = taken.iter().filter(|ip| range.contains(*ip)).map(|ip| number(*ip)).max();
    let start = highest.and_then(|highest| highest.checked_add(1)).unwrap_or(lowest).max(lowest);
    let is_free = |ip: &IpAddr| !taken.contains(ip) && store.at_address(*ip).next().is_none();
    (start..=last).chain(lowest..start.min(last.saturating_add(1))).map(address).find(is_free)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}
