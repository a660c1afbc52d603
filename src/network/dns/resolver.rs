//! The stub resolver in a Pod: its `resolv.conf`, and the names it asks for in turn.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Pod, PodDNSConfig};

use super::message::{Question, Rcode, RecordType, Response};
use super::{DnsConfig, DnsView, answer, name};

/// The limits of the kubelet: name servers, search domains, and characters of the search line.
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;
const MAX_SEARCH_CHARACTERS: usize = 2048;
/// The most dots that the option `ndots` can ask for.
const MAX_NDOTS: usize = 15;
/// The value of `ndots` in a Pod that uses the cluster's DNS, and without the option.
const CLUSTER_NDOTS: usize = 5;
const DEFAULT_NDOTS: usize = 1;

/// What a `resolv.conf` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ResolvConf {
    /// The addresses of the DNS servers; the first one is asked.
    pub nameservers: Vec<String>,
    /// The domains that are appended to a short name, in turn.
    pub searches: Vec<String>,
    /// The options, each with its value, such as `ndots` with `5`.
    pub options: Vec<(String, Option<String>)>,
}

impl ResolvConf {
    /// How many dots a name needs to be tried as it is before the search domains are appended: the option `ndots`,
    /// at most 15, else 1.
    pub fn ndots(&self) -> usize {
        self.options
            .iter()
            .rev()
            .find(|(name, _)| name == "ndots")
            .and_then(|(_, value)| value.as_deref())
            .and_then(|value| value.parse::<usize>().ok())
            .map_or(DEFAULT_NDOTS, |dots| dots.min(MAX_NDOTS))
    }

    /// The file that the kubelet writes for a Pod.
    ///
    /// By `dnsPolicy`: `None` begins with nothing; `ClusterFirst`, and `ClusterFirstWithHostNet`, with the cluster's
    /// servers, the search domains `NAMESPACE.svc.ZONE`, `svc.ZONE` and `ZONE` before the node's own, and `ndots:5`;
    /// `Default`, and `ClusterFirst` for a Pod on the host network, with the node's file. `dnsConfig` is then
    /// added, and the limits of the kubelet cut it: 3 servers, 32 domains, 2048 characters of domains. Without a
    /// cluster server the node's file is used. An unknown policy counts as `ClusterFirst`.
    // Models pkg/kubelet/network/dns/dns.go GetPodDNS
    pub fn for_pod(pod: &Pod, node: &NodeResolver) -> ResolvConf {
        let spec = pod.spec.as_ref();
        let host_network = spec.and_then(|spec| spec.host_network).unwrap_or(false);
        let cluster = match spec.and_then(|spec| spec.dns_policy.as_deref()) {
            Some("None") => None,
            Some("Default") => Some(false),
            Some("ClusterFirstWithHostNet") => Some(true),
            _ => Some(!host_network),
        };
        let mut conf = match cluster {
            None => ResolvConf::default(),
            Some(true) if !node.cluster_dns.is_empty() => {
                let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
                ResolvConf::cluster_first(namespace, node)
            }
            Some(_) => node.host.clone(),
        };
        if let Some(extra) = spec.and_then(|spec| spec.dns_config.as_ref()) {
            conf.append(extra);
        }
        conf.fit_limits();
        conf
    }

    /// The file of an ordinary Pod in `namespace`.
    pub fn cluster_first(namespace: &str, node: &NodeResolver) -> ResolvConf {
        let zone = node.zone.trim_end_matches('.');
        let mut searches = Vec::new();
        if !zone.is_empty() {
            searches = vec![format!("{namespace}.svc.{zone}"), format!("svc.{zone}"), zone.to_owned()];
        }
        searches.extend(node.host.searches.iter().cloned());
        ResolvConf {
            nameservers: node.cluster_dns.clone(),
            searches: without_duplicates(searches),
            options: vec![("ndots".to_owned(), Some(CLUSTER_NDOTS.to_string()))],
        }
    }

    fn append(&mut self, extra: &PodDNSConfig) {
        let nameservers = extra.nameservers.iter().flatten().cloned();
        self.nameservers.extend(nameservers);
        self.nameservers = without_duplicates(std::mem::take(&mut self.nameservers));
        self.searches.extend(extra.searches.iter().flatten().cloned());
        self.searches = without_duplicates(std::mem::take(&mut self.searches));
        for option in extra.options.iter().flatten() {
            let name = option.name.clone().unwrap_or_default();
            let value = option.value.clone().filter(|value| !value.is_empty());
            self.options.retain(|(known, _)| *known != name);
            self.options.push((name, value));
        }
    }

    // Models pkg/kubelet/network/dns/dns.go formDNSConfigFitsLimits
    fn fit_limits(&mut self) {
        self.nameservers.truncate(MAX_NAMESERVERS);
        self.searches.truncate(MAX_SEARCHES);
        self.searches.retain(|search| search.len() <= 253);
        while self.searches.iter().map(|search| search.len() + 1).sum::<usize>() > MAX_SEARCH_CHARACTERS + 1 {
            self.searches.pop();
        }
    }

    /// The names that are asked for in turn until one has an address, each with its final dot.
    ///
    /// A name with a final dot is the only one. A name with at least `ndots` dots comes first as it is; then come the
    /// search domains; then the name as it is, unless it was tried already or a search domain is the root.
    // Models glibc's res_nsearch
    pub fn candidates(&self, host: &str) -> Vec<String> {
        if host.ends_with('.') {
            return vec![host.to_owned()];
        }
        let as_is = format!("{host}.");
        let first = host.matches('.').count() >= self.ndots();
        let mut names = Vec::new();
        if first {
            names.push(as_is.clone());
        }
        for search in &self.searches {
            let search = search.trim_matches('.');
            let name = if search.is_empty() { as_is.clone() } else { format!("{as_is}{search}.") };
            if name != as_is || !names.contains(&as_is) {
                names.push(name);
            }
        }
        if !names.contains(&as_is) {
            names.push(as_is);
        }
        names.retain(|name| name::is_well_formed(name));
        names
    }
}

/// What the kubelet of a node knows of DNS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeResolver {
    /// The addresses of the cluster's DNS: the kubelet's `clusterDNS`.
    pub cluster_dns: Vec<String>,
    /// The cluster's domain: the kubelet's `clusterDomain`.
    pub zone: String,
    /// The node's own `resolv.conf`.
    pub host: ResolvConf,
}

/// Who looks a name up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client<'a> {
    /// The client's `resolv.conf`.
    pub conf: &'a ResolvConf,
    /// The addresses behind which the cluster's DNS server answers; every other server is one outside.
    pub cluster_dns: &'a [String],
    /// The client's `/etc/hosts`: looked at before any server is asked.
    pub hosts: &'a [(IpAddr, String)],
}

/// One question of a lookup and what came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The question.
    pub question: Question,
    /// The response.
    pub response: Response,
}

/// How a lookup ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There are addresses.
    Found,
    /// No name that was tried exists.
    NoSuchHost,
    /// At least one name exists, but none has an address.
    NoAddress,
    /// No name was found, and a server failed to answer for at least one.
    ServerFailed,
    /// The client has no DNS server.
    NoServer,
    /// No name to try can be asked for: a label is empty or too long.
    Malformed,
}

/// A finished lookup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolution {
    /// The server that was asked; `None` when none was.
    pub server: Option<String>,
    /// What was asked, in turn: A and AAAA for each name.
    pub tried: Vec<Attempt>,
    /// The addresses, those of IPv4 first.
    pub addresses: Vec<IpAddr>,
    /// How it ended.
    pub verdict: Verdict,
}

/// Looks up `host` as the C library of a Pod does: an IP address as it is, then `/etc/hosts`, then the names of
/// [`ResolvConf::candidates`] in turn, A and AAAA for each, until one has an address. Neither a name without an
/// address nor a failing server ends the search.
pub fn resolve<V: DnsView>(view: &V, config: &DnsConfig, client: &Client<'_>, host: &str) -> Resolution {
    let mut resolution =
        Resolution { server: None, tried: Vec::new(), addresses: Vec::new(), verdict: Verdict::Found };
    if let Ok(address) = host.parse::<IpAddr>() {
        resolution.addresses.push(address);
        return resolution;
    }
    let plain = host.strip_suffix('.').unwrap_or(host);
    let known = client.hosts.iter().filter(|(_, name)| name.eq_ignore_ascii_case(plain));
    resolution.addresses.extend(known.map(|(address, _)| *address));
    if !resolution.addresses.is_empty() {
        return resolution;
    }
    let candidates = client.conf.candidates(host);
    if plain.is_empty() || candidates.is_empty() {
        resolution.verdict = Verdict::Malformed;
        return resolution;
    }
    let Some(server) = client.conf.nameservers.first() else {
        resolution.verdict = Verdict::NoServer;
        return resolution;
    };
    resolution.server = Some(server.clone());
    resolution.verdict = Verdict::NoSuchHost;
    for name in candidates {
        for record_type in [RecordType::A, RecordType::Aaaa] {
            let question = Question::new(&name, record_type);
            let response = if client.cluster_dns.contains(server) {
                answer(view, config, &question)
            } else {
                view.upstream(&question)
            };
            match response.rcode {
                Rcode::NoError => resolution.verdict = Verdict::NoAddress,
                Rcode::NxDomain => {}
                _ if resolution.verdict == Verdict::NoSuchHost => resolution.verdict = Verdict::ServerFailed,
                _ => {}
            }
            resolution.addresses.extend(response.addresses());
            resolution.tried.push(Attempt { question, response });
        }
        if !resolution.addresses.is_empty() {
            resolution.verdict = Verdict::Found;
            return resolution;
        }
    }
    resolution
}

fn without_duplicates(list: Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for item in list {
        if !unique.contains(&item) {
            unique.push(item);
        }
    }
    unique
}
