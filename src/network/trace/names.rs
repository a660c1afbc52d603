//! Names to addresses: the cluster's DNS for Pods, the public resolver for everybody else.
//!
//! The public resolver knows what the objects on the board say of the world outside, and nothing else:
//! - a host of an Ingress rule (a `*.` host for one label) has the addresses in the Ingress' status;
//! - a hostname of an HTTPRoute, or of the listener for a route without any, has the addresses in the status of the
//!   Gateways that it names as parents;
//! - a name in the annotation `external-dns.alpha.kubernetes.io/hostname` of a Service or Ingress has the addresses in
//!   its status, as the controller external-dns would publish it;
//! - the `externalName` of a Service exists and has an address from 192.0.2.0/24.

use std::net::{IpAddr, Ipv4Addr};

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;

use super::client::Location;
use super::text::and;
use super::{DecidedBy, Failure, Tracer};
use crate::api::gateway::{Gateway, HTTPRoute};
use crate::api::validation::parse_ip_sloppy;
use crate::api::{Kind, ObjectKey};
use crate::controllers::gateway::{covers, gateway_of_parent};
use crate::network::addresses::{CLUSTER_DNS, Family, PUBLIC_DNS};
use crate::network::dns::{
    self, DnsConfig, NodeResolver, Question, Rcode, Record, RecordData, Resolution, ResolvConf, Response,
    StoreView,
};
use crate::network::http::host_matches;
use crate::network::kube_proxy::load_balancer_ingress;
use crate::network::{Action, Hop, Outcome, Place};
use crate::store::Store;

/// The annotation by which external-dns publishes names; several are separated by commas.
pub const EXTERNAL_DNS_HOSTNAME: &str = "external-dns.alpha.kubernetes.io/hostname";
/// How long a public answer may be kept, in seconds.
const PUBLIC_TTL: u32 = 300;

/// How a client looks names up.
pub(super) struct Resolver {
    /// Its `/etc/resolv.conf`.
    pub conf: ResolvConf,
    /// Its `/etc/hosts`.
    pub hosts: Vec<(IpAddr, String)>,
    /// The addresses of the cluster's DNS.
    pub cluster_dns: Vec<String>,
}

impl Tracer<'_> {
    /// The files by which a client looks names up.
    pub(super) fn resolver(&self, location: &Location) -> Resolver {
        let cluster_dns = cluster_dns_addresses(self.store);
        let host = ResolvConf { nameservers: vec![PUBLIC_DNS.to_string()], ..ResolvConf::default() };
        let zone = self.settings.cluster_domain.clone();
        let resolver = NodeResolver { cluster_dns: cluster_dns.clone(), zone, host };
        let (conf, hosts) = match location {
            Location::Pod { pod, .. } => (ResolvConf::for_pod(pod, &resolver), pod_hosts(pod)),
            _ => (resolver.host, Vec::new()),
        };
        Resolver { conf, hosts, cluster_dns }
    }

    /// Looks a name up as the client does, and picks one of its addresses.
    pub(super) fn resolve(&mut self, location: &Location, name: &str) -> Result<IpAddr, Failure> {
        let zone = self.settings.cluster_domain.clone();
        let Resolver { conf, hosts, cluster_dns } = self.resolver(location);
        let view =
            StoreView { store: self.store, upstream: |question: &Question| public(self.store, question) };
        let config = DnsConfig { zone: zone.clone(), ..DnsConfig::default() };
        let client = dns::Client { conf: &conf, cluster_dns: &cluster_dns, hosts: &hosts };
        let resolution = dns::resolve(&view, &config, &client, name);

        if let Some(server) = resolution.server.as_deref().and_then(parse_ip_sloppy) {
            self.dns_rules(location, server)?;
            self.dns_egress(location, server)?;
        }

        let in_cluster = resolution.server.as_ref().is_some_and(|server| cluster_dns.contains(server));
        let service = service_of(self.store, &resolution, &zone);
        let mut looked_up: Vec<ObjectKey> =
            service.iter().flat_map(|service| self.with_slices(service)).collect();
        let asked = resolution.tried.last().map_or(name, |attempt| attempt.question.name.as_str());
        looked_up.extend(published_by(self.store, asked));
        if resolution.server.is_some() {
            self.push(Hop {
                place: if in_cluster { Place::ClusterDns } else { Place::PublicDns },
                action: Action::Resolve,
                decision: told(&resolution, name),
                rule: None,
                looked_up,
                source: None,
                destination: None,
            });
        }
        self.pick(location, &resolution).ok_or_else(|| {
            // Who does not ask the cluster's DNS hears nothing of what it would say.
            let is_of_cluster = asked.trim_end_matches('.').ends_with(&zone) || service.is_some();
            let (why, decided_by) = match is_of_cluster && !in_cluster && resolution.server.is_some() {
                true => (format!("{name}, {}: only Pods ask the cluster's DNS", verdict(&resolution)), None),
                false => why_not(self.store, &resolution, name, service),
            };
            Failure { outcome: Outcome::NoSuchHost(why), decided_by }
        })
    }

    /// One of the addresses, IPv4 first, of a family that the client has; servers and clients shuffle them.
    fn pick(&mut self, location: &Location, resolution: &Resolution) -> Option<IpAddr> {
        let of = |family| -> Vec<IpAddr> {
            let usable = location.address(family).is_some();
            let addresses = resolution.addresses.iter().copied();
            addresses.filter(|address| usable && Family::of(*address) == family).collect()
        };
        let mut candidates = of(Family::V4);
        if candidates.is_empty() {
            candidates = of(Family::V6);
        }
        if candidates.is_empty() {
            // The connection then fails for want of an address of this family, which is worth telling.
            return resolution.addresses.first().copied();
        }
        let index = usize::try_from(self.random.below(candidates.len() as u64)).ok()?;
        candidates.get(index).copied()
    }
}

/// The ClusterIPs of `kube-system/kube-dns`; kubeadm's default when that Service is not on the board.
fn cluster_dns_addresses(store: &Store) -> Vec<String> {
    let service = store.find::<Service>("kube-system", "kube-dns");
    let spec = service.and_then(|service| service.spec.as_ref());
    let ips: Vec<String> = spec
        .iter()
        .flat_map(|spec| spec.cluster_ips.iter().flatten())
        .filter(|ip| *ip != "None")
        .cloned()
        .collect();
    if ips.is_empty() { vec![CLUSTER_DNS.to_string()] } else { ips }
}

/// `/etc/hosts` of a Pod: localhost, its own name and `spec.hostAliases`.
fn pod_hosts(pod: &k8s_openapi::api::core::v1::Pod) -> Vec<(IpAddr, String)> {
    let mut hosts = vec![(IpAddr::V4(Ipv4Addr::LOCALHOST), "localhost".to_owned())];
    let spec = pod.spec.as_ref();
    let own = spec.and_then(|spec| spec.hostname.clone()).or_else(|| pod.metadata.name.clone());
    let address = super::pod::addresses(pod).find_map(parse_ip_sloppy);
    hosts.extend(address.zip(own));
    for alias in spec.into_iter().flat_map(|spec| spec.host_aliases.iter().flatten()) {
        let Some(address) = parse_ip_sloppy(&alias.ip) else { continue };
        hosts.extend(alias.hostnames.iter().flatten().map(|name| (address, name.clone())));
    }
    hosts
}

/// The Service that a name of the cluster is about: the last of the asked names that names one.
fn service_of(store: &Store, resolution: &Resolution, zone: &str) -> Option<ObjectKey> {
    let suffix = format!(".svc.{}.", zone.trim_end_matches('.'));
    resolution.tried.iter().rev().find_map(|attempt| {
        let name = attempt.question.name.to_ascii_lowercase();
        let labels = name.strip_suffix(&suffix)?;
        let mut labels = labels.rsplit('.');
        let (namespace, service) = (labels.next()?, labels.next()?);
        store.find::<Service>(namespace, service)?;
        Some(ObjectKey::service(namespace, service))
    })
}

/// The distinct names that were asked for, without the final dot.
fn asked_names(resolution: &Resolution) -> Vec<String> {
    let mut names: Vec<String> = resolution
        .tried
        .iter()
        .map(|attempt| attempt.question.name.trim_end_matches('.').to_owned())
        .collect();
    names.dedup();
    names
}

/// What the DNS hop says: `web.shop.svc.cluster.local has A 10.96.84.12`.
fn told(resolution: &Resolution, name: &str) -> String {
    let names = asked_names(resolution);
    let before = match names.len() {
        0 | 1 => String::new(),
        2 => " (1 name before it does not exist)".to_owned(),
        n => format!(" ({} names before it do not exist)", n - 1),
    };
    let last = names.last().map_or(name, String::as_str);
    if resolution.addresses.is_empty() {
        return match names.len() {
            0 | 1 => format!("{last}: {}", verdict(resolution)),
            n => format!("{name}: {}, {n} names asked", verdict(resolution)),
        };
    }
    let answers = || resolution.tried.iter().flat_map(|attempt| &attempt.response.answers);
    let alias = answers().find_map(|record| match &record.data {
        RecordData::Cname(target) => Some(target.trim_end_matches('.').to_owned()),
        _ => None,
    });
    let records = |family: Family| -> Vec<String> {
        let addresses = resolution.addresses.iter().filter(|address| Family::of(**address) == family);
        addresses.map(IpAddr::to_string).collect()
    };
    let (v4, v6) = (records(Family::V4), records(Family::V6));
    let mut found = Vec::new();
    if !v4.is_empty() {
        found.push(format!("A {}", shortened(&v4)));
    }
    if !v6.is_empty() {
        found.push(format!("AAAA {}", shortened(&v6)));
    }
    let found = and(&found);
    match alias {
        Some(target) => format!("{last} is an alias of {target}, which has {found}{before}"),
        None => format!("{last} has {found}{before}"),
    }
}

fn shortened(addresses: &[String]) -> String {
    match addresses {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a}, {b}, {c} and {} more", rest.len()),
        all => and(all),
    }
}

fn verdict(resolution: &Resolution) -> &'static str {
    match resolution.verdict {
        dns::Verdict::Found | dns::Verdict::NoAddress => "no address",
        dns::Verdict::NoSuchHost => "NXDOMAIN",
        dns::Verdict::ServerFailed => "SERVFAIL",
        dns::Verdict::NoServer => "no DNS server is set up",
        dns::Verdict::Malformed => "not a well-formed name",
    }
}

/// Why a name has no address, and the object and field to look at.
fn why_not(
    store: &Store,
    resolution: &Resolution,
    name: &str,
    service: Option<ObjectKey>,
) -> (String, DecidedBy) {
    let Some(key) = service else { return (format!("{name}, {}", verdict(resolution)), None) };
    let shown = format!("{}/{}", key.namespace, key.name);
    let spec = store.find::<Service>(&key.namespace, &key.name).and_then(|service| service.spec.as_ref());
    if spec.is_some_and(|spec| spec.type_.as_deref() == Some("ExternalName")) {
        let why = format!("{name}, the externalName of {shown} has no address");
        return (why, Some((key, "spec.externalName".to_owned())));
    }
    let why = format!("{name}, headless Service {shown} has no ready endpoint");
    (why, Some((key, "spec.selector".to_owned())))
}

/// What the public resolver answers.
pub(super) fn public(store: &Store, question: &Question) -> Response {
    let name = question.name.trim_end_matches('.').to_ascii_lowercase();
    let addresses = public_addresses(store, &name);
    let Some(addresses) = addresses else { return Response::empty(Rcode::NxDomain) };
    let mut response = Response::empty(Rcode::NoError);
    response.answers = addresses
        .into_iter()
        .map(|address| Record {
            name: question.name.clone(),
            ttl: PUBLIC_TTL,
            data: RecordData::address(address),
        })
        .filter(|record| record.data.record_type() == question.record_type)
        .collect();
    response
}

/// The addresses of a public name; `None` when it does not exist.
fn public_addresses(store: &Store, name: &str) -> Option<Vec<IpAddr>> {
    let mut addresses = None;
    let mut add = |found: &mut dyn Iterator<Item = IpAddr>| {
        let all: &mut Vec<IpAddr> = addresses.get_or_insert_with(Vec::new);
        all.extend(found);
        all.sort_unstable();
        all.dedup();
    };
    for key in published_by(store, name) {
        let Some(object) = store.get(&key) else { continue };
        if let Some(service) = object.get::<Service>() {
            match service.spec.as_ref().and_then(|spec| spec.external_name.as_deref()) {
                Some(external) if is_external_name(service, name) => {
                    add(&mut std::iter::once(IpAddr::V4(assumed_address(external))));
                }
                _ => {
                    let ips = load_balancer_ingress(service).filter_map(|ingress| ingress.ip.as_deref());
                    add(&mut ips.filter_map(parse_ip_sloppy));
                }
            }
        } else if let Some(ingress) = object.get::<Ingress>() {
            let balancer = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let points = balancer.into_iter().flat_map(|balancer| balancer.ingress.iter().flatten());
            add(&mut points.filter_map(|point| parse_ip_sloppy(point.ip.as_deref()?)));
        } else if let Some(route) = object.get::<HTTPRoute>() {
            for gateway in gateways_of(store, route) {
                let points = gateway.status.iter().flat_map(|status| &status.addresses);
                add(&mut points.filter_map(|point| parse_ip_sloppy(point.value.as_deref()?)));
            }
        }
    }
    // A name whose objects have no address yet is not published.
    addresses.filter(|addresses| !addresses.is_empty())
}

/// The objects that give a public name its addresses.
fn published_by(store: &Store, name: &str) -> Vec<ObjectKey> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut found = Vec::new();
    let publishing = [Kind::Service, Kind::Ingress, Kind::HTTPRoute];
    for object in publishing.into_iter().flat_map(|kind| store.objects_of(kind)) {
        let by_service = object.get::<Service>().is_some_and(|service| {
            is_external_name(service, &name)
                || load_balancer_ingress(service).next().is_some()
                    && is_annotated(service.metadata.annotations.as_ref(), &name)
        });
        let by_ingress = object.get::<Ingress>().is_some_and(|ingress| {
            let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten());
            rules.filter_map(|rule| rule.host.as_deref()).any(|host| host_matches(host, &name))
                || is_annotated(ingress.metadata.annotations.as_ref(), &name)
        });
        let by_route = object.get::<HTTPRoute>().is_some_and(|route| {
            let own = route.spec.hostnames.iter();
            let listeners = gateways_of(store, route).flat_map(|gateway| &gateway.spec.listeners);
            let of_listeners =
                listeners.filter(|_| route.spec.hostnames.is_empty()).filter_map(|one| one.hostname.as_ref());
            own.chain(of_listeners).any(|host| covers(host, &name))
        });
        if by_service || by_ingress || by_route {
            found.push(object.key.clone());
        }
    }
    found
}

/// The Gateways that a route names as its parents.
fn gateways_of<'a>(store: &'a Store, route: &'a HTTPRoute) -> impl Iterator<Item = &'a Gateway> {
    let parents = route.spec.parent_refs.iter();
    parents.filter_map(|parent| gateway_of_parent(store, route, parent)).map(|gateway| &**gateway)
}

fn is_external_name(service: &Service, name: &str) -> bool {
    let spec = service.spec.as_ref();
    let external = spec.filter(|spec| spec.type_.as_deref() == Some("ExternalName"));
    let external = external.and_then(|spec| spec.external_name.as_deref());
    external.is_some_and(|external| external.trim_end_matches('.').eq_ignore_ascii_case(name))
}

fn is_annotated(annotations: Option<&std::collections::BTreeMap<String, String>>, name: &str) -> bool {
    let names = annotations.and_then(|annotations| annotations.get(EXTERNAL_DNS_HOSTNAME));
    names.is_some_and(|names| {
        names.split(',').any(|one| one.trim().trim_end_matches('.').eq_ignore_ascii_case(name))
    })
}

/// The address that an external name is taken to have, from the range that documentation uses for examples.
fn assumed_address(name: &str) -> Ipv4Addr {
    let sum = name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    Ipv4Addr::new(192, 0, 2, sum.clamp(1, 254))
}
