//! The names of kube-proxy's chains, by which a trace tells which rule decided.

use std::fmt;
use std::sync::Arc;

use super::decide::{Policy, Way};
use super::service_port::ServicePortName;
use super::sha256::base32_digest;
use crate::network::addresses::join_host_port;
use crate::network::settings::ProxyMode;

/// The longest name of an nftables chain without its prefix.
const NFTABLES_NAME_LENGTH: usize = 240;

/// The chains that a packet went through on its way to an endpoint. Shown as their names, in order:
/// `KUBE-SERVICES > KUBE-SVC-AQI2S6QIMU7PVVRP > KUBE-SEP-2FTCOOOGVC2TWE2E`.
// The names are hashes. They are worked out when somebody reads them, for most packets never.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chains {
    pub(super) mode: ProxyMode,
    pub(super) port: Arc<ServicePortName>,
    /// Whether clients are kept with their endpoints.
    pub(super) keeps_clients: bool,
    pub(super) way: Way,
    pub(super) policy: Policy,
    /// The chosen endpoint.
    pub(super) endpoint: (String, i32),
}

impl fmt::Display for Chains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, (ip, number)) = (&self.port, &self.endpoint);
        let is_external = self.way != Way::ClusterIp;
        let is_local = self.policy == Policy::Local;
        // Where the destination was matched, the chain of external traffic, the one that chose among the endpoints, and
        // the one of the chosen endpoint.
        let (entry, external, service, endpoint) = match self.mode {
            ProxyMode::Iptables => (
                if self.way == Way::NodePort { "KUBE-NODEPORTS" } else { "KUBE-SERVICES" },
                is_external.then(|| iptables_service("KUBE-EXT-", name)),
                iptables_service(if is_local { "KUBE-SVL-" } else { "KUBE-SVC-" }, name),
                Some(iptables_endpoint(name, &join_host_port(ip, number))),
            ),
            // Without session affinity the service's chain rewrites the destination itself.
            ProxyMode::Nftables => (
                "services",
                is_external.then(|| nftables_service("external-", name)),
                nftables_service(if is_local { "local-" } else { "service-" }, name),
                self.keeps_clients.then(|| nftables_endpoint(name, ip, *number)),
            ),
            ProxyMode::Ipvs => (
                "kube-ipvs0",
                None,
                format!("virtual server of {name}"),
                Some(format!("real server {}", join_host_port(ip, number))),
            ),
        };
        f.write_str(entry)?;
        for chain in [external, Some(service), endpoint].into_iter().flatten() {
            write!(f, " > {chain}")?;
        }
        Ok(())
    }
}

/// A chain of iptables for a service port: `prefix` is `KUBE-SVC-` (Cluster policy), `KUBE-SVL-` (Local policy),
/// `KUBE-EXT-` (external traffic) or `KUBE-FW-` (source ranges).
// Models pkg/proxy/iptables/proxier.go portProtoHash
pub fn iptables_service(prefix: &str, port: &ServicePortName) -> String {
    let text = format!("{port}{}", port.protocol.to_ascii_lowercase());
    format!("{prefix}{}", base32_digest(&text, 16))
}

/// The chain of iptables for one endpoint (`ip:port`) of a service port.
// Models pkg/proxy/iptables/proxier.go servicePortEndpointChainName
pub fn iptables_endpoint(port: &ServicePortName, endpoint: &str) -> String {
    let text = format!("{port}{}{endpoint}", port.protocol.to_ascii_lowercase());
    format!("KUBE-SEP-{}", base32_digest(&text, 16))
}

/// A chain of nftables for a service port: `prefix` is `service-`, `local-`, `external-` or `firewall-`.
// Models pkg/proxy/nftables/proxier.go servicePortChainNameBase
pub fn nftables_service(prefix: &str, port: &ServicePortName) -> String {
    prefix.to_owned() + &hash_and_truncate(nftables_base(port))
}

/// The chain of nftables for one endpoint of a service port; `ip` without brackets.
// Models pkg/proxy/nftables/proxier.go servicePortEndpointChainNameBase
pub fn nftables_endpoint(port: &ServicePortName, ip: &str, endpoint_port: i32) -> String {
    let name = format!("{}__{}/{endpoint_port}", nftables_base(port), ip.replace(':', "."));
    format!("endpoint-{}", hash_and_truncate(name))
}

fn nftables_base(port: &ServicePortName) -> String {
    let protocol = port.protocol.to_ascii_lowercase();
    format!("{}/{}/{protocol}/{}", port.namespace, port.name, port.port)
}

fn hash_and_truncate(name: String) -> String {
    let mut name = format!("{}-{name}", base32_digest(&name, 8));
    if name.len() > NFTABLES_NAME_LENGTH {
        // All parts are ASCII, so every byte is a boundary; `get` keeps the name whole should one not be.
        if let Some(start) = name.get(..NFTABLES_NAME_LENGTH - 3) {
            name = format!("{start}...");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_iptables_are_hashes_as_kube_proxy_writes_them() {
        let port = ServicePortName::new("ns1", "svc1", "", "TCP");
        assert_eq!(iptables_service("KUBE-SVC-", &port), "KUBE-SVC-AQI2S6QIMU7PVVRP");
        assert_eq!(iptables_endpoint(&port, "10.180.0.131:8180"), "KUBE-SEP-2FTCOOOGVC2TWE2E");
        let named = ServicePortName::new("ns1", "svc2", "p81", "UDP");
        assert_eq!(iptables_service("KUBE-SVL-", &named), "KUBE-SVL-UT4EDF7TK5GA3CQM");
        assert_eq!(iptables_endpoint(&named, "10.180.0.231:8081"), "KUBE-SEP-SZJQHCA2JOPZU33J");
    }

    #[test]
    fn chains_of_nftables_name_their_service() {
        let port = ServicePortName::new("ns1", "svc1", "", "TCP");
        assert_eq!(nftables_service("service-", &port), "service-6KJ5P52A-ns1/svc1/tcp/");
        let named = ServicePortName::new("ns1", "svc2", "p81", "UDP");
        assert_eq!(
            nftables_endpoint(&named, "10.180.0.232", 8081),
            "endpoint-5YQFE2WP-ns1/svc2/udp/p81__10.180.0.232/8081"
        );
    }
}
