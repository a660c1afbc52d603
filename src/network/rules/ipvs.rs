//! The virtual servers in IPVS mode, as `ipvsadm -Ln` lists them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::plan::Plan;
use super::{Proxied, Proxy};
use crate::network::addresses::{Family, join_host_port};
use crate::network::kernel::{Kernels, VirtualServer};
use crate::network::kube_proxy::{Endpoint, ServicePort};
use crate::network::settings::Scheduler;

/// Each address of each service port with its endpoints: sorted by protocol, address and port as `ipvsadm` does. An
/// endpoint that is not used any more stays with weight 0 as long as it has connections.
// Models pkg/proxy/ipvs/proxier.go syncProxyRules, graceful_termination.go, and ipvsadm.c print_service_entry
pub fn ipvs(proxied: &[Proxied], proxy: &Proxy, scheduler: Scheduler, kernels: &Kernels) -> Vec<String> {
    let mut lines = vec!["IP Virtual Server version 1.2.1 (size=4096)".to_owned()];
    lines.push("Prot LocalAddress:Port Scheduler Flags".to_owned());
    lines.push("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn".to_owned());
    let mut groups: BTreeMap<(u8, IpAddr, u16), Vec<String>> = BTreeMap::new();
    for one in proxied {
        let plan = Plan::new(one, proxy);
        let protocol = match plan.port.name.protocol.as_str() {
            "UDP" => "UDP",
            "SCTP" => "SCTP",
            _ => "TCP",
        };
        for (ip, number, is_local) in addresses(plan.port, proxy) {
            let number = u16::try_from(number).unwrap_or(0);
            // Without an endpoint on this node the virtual server has all of them.
            let local = &plan.categories.local;
            let used = if is_local && !local.is_empty() { local } else { &plan.categories.cluster };
            let server = VirtualServer {
                node: proxy.node.name.clone(),
                protocol,
                address: SocketAddr::new(ip, number),
            };
            let order = match protocol {
                "TCP" => 6,
                "UDP" => 17,
                _ => 132,
            };
            groups.insert((order, ip, number), group(&server, plan.port, scheduler, used, kernels));
        }
    }
    lines.extend(groups.into_values().flatten());
    lines
}

/// The addresses of a service port with their number, and whether the policy Local is in force there.
fn addresses(port: &ServicePort, proxy: &Proxy) -> Vec<(IpAddr, i32, bool)> {
    let mut servers: Vec<(IpAddr, i32, bool)> = Vec::new();
    servers.extend(port.cluster_ip.map(|ip| (ip, port.port, port.internal_policy_local)));
    let external = port.external_ips.iter().chain(&port.load_balancer_vips);
    servers.extend(external.map(|ip| (*ip, port.port, port.external_policy_local)));
    if port.node_port != 0 {
        let own = || proxy.node.addresses.iter().copied().filter(|ip| Family::of(*ip) == proxy.family);
        let ips = proxy.node_port_ips.clone().unwrap_or_else(|| own().collect());
        servers.extend(ips.into_iter().map(|ip| (ip, port.node_port, port.external_policy_local)));
    }
    servers
}

fn group(
    server: &VirtualServer,
    port: &ServicePort,
    scheduler: Scheduler,
    used: &[&Endpoint],
    kernels: &Kernels,
) -> Vec<String> {
    let address = join_host_port(&server.address.ip().to_string(), server.address.port());
    let sticky = port.affinity_seconds.map_or_else(String::new, |seconds| format!(" persistent {seconds}"));
    // kube-proxy sets the flag by which the source port counts, too.
    let flags = if scheduler == Scheduler::Mh { " (mh-port)" } else { "" };
    let mut lines = vec![format!("{:<4} {address} {}{flags}{sticky}", server.protocol, scheduler.name())];
    let mut real: BTreeMap<String, u8> = used.iter().map(|endpoint| (endpoint.address(), 1)).collect();
    for drained in kernels.real_servers(server) {
        real.entry(drained).or_insert(0);
    }
    let place = |address: &str| -> Option<SocketAddr> { address.parse().ok() };
    let mut real: Vec<(String, u8)> = real.into_iter().collect();
    real.sort_by_key(|(address, _)| place(address));
    for (address, weight) in real {
        let (active, inactive) = kernels.counts(server, &address);
        let line = format!("  -> {address:<28} {:<7} {weight:<6} {active:<10} {inactive:<10}", "Masq");
        lines.push(line.trim_end().to_owned());
    }
    lines
}
