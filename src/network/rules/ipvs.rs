//! The virtual servers in IPVS mode, as `ipvsadm -Ln` lists them.

use std::net::IpAddr;

use super::plan::Plan;
use super::{Proxied, Proxy};
use crate::network::addresses::join_host_port;

/// Each address of each service port with its endpoints. Clients are spread in turn (`rr`).
// Models pkg/proxy/ipvs/proxier.go syncProxyRules
pub fn ipvs(proxied: &[Proxied], proxy: &Proxy) -> Vec<String> {
    let mut lines = vec!["IP Virtual Server version 1.2.1 (size=4096)".to_owned()];
    lines.push("Prot LocalAddress:Port Scheduler Flags".to_owned());
    lines.push("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn".to_owned());
    for one in proxied {
        let plan = Plan::new(one, proxy);
        let port = plan.port;
        let mut servers: Vec<(IpAddr, i32, bool)> = Vec::new();
        servers.extend(port.cluster_ip.map(|ip| (ip, port.port, port.internal_policy_local)));
        let external = port.external_ips.iter().chain(&port.load_balancer_vips);
        servers.extend(external.map(|ip| (*ip, port.port, port.external_policy_local)));
        let own = proxy.node_ip.filter(|_| port.node_port != 0);
        servers.extend(own.map(|ip| (ip, port.node_port, port.external_policy_local)));
        for (ip, number, is_local) in servers {
            let address = join_host_port(&ip.to_string(), number);
            let sticky =
                port.affinity_seconds.map_or_else(String::new, |seconds| format!(" persistent {seconds}"));
            lines.push(format!("{}  {address} rr{sticky}", port.name.protocol));
            let used = if is_local { &plan.categories.local } else { &plan.categories.cluster };
            for endpoint in used {
                lines.push(format!("  -> {:<28} Masq    1      0          0", endpoint.address()));
            }
        }
    }
    lines
}
