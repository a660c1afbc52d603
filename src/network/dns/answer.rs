//! The DNS server: from a question to a response.

use std::net::IpAddr;

use super::message::{Question, Rcode, Record, RecordData, RecordType, Response};
use super::records::{self, Entry, NoSuchName};
use super::{DnsConfig, DnsView, name, reverse};

/// The text of `dns-version`: the version of the Kubernetes DNS specification.
const SPECIFICATION: &str = "1.1.0";
/// How many seconds `dns-version` may be kept, whatever the settings say.
const VERSION_TTL: u32 = 28_800;
/// A chain of this many names is followed, and no further.
const MAX_CNAME_CHAIN: usize = 10;
/// The start of a zone is never kept longer than these seconds.
const MAX_SOA_TTL: u32 = 300;

/// What the cluster's DNS server answers.
///
/// A name outside of its zones is asked outside. Otherwise, by type: A and AAAA follow ExternalName Services; SRV
/// gives the addresses of its targets as additional records; CNAME, TXT, PTR, SOA and NS have what the zone has;
/// a zone transfer is refused; any other type, MX among them, only tells whether the name exists. No record of a
/// name that exists is NOERROR, a name that does not exist NXDOMAIN, both with the start of the zone as authority,
/// except where the settings let the question fall through to the servers outside.
// Models plugin/kubernetes/handler.go ServeDNS
pub fn answer<V: DnsView>(view: &V, config: &DnsConfig, question: &Question) -> Response {
    if !name::is_well_formed(&question.name) {
        return Response::empty(Rcode::FormErr);
    }
    let question = Question::new(&question.name, question.record_type);
    let Some(zone) = zone_of(config, &question.name) else { return forward(view, &question) };
    let server = Server { view, config, zone: name::zone_as_asked(&question.name, zone) };
    if question.record_type == RecordType::Transfer {
        return Response::empty(Rcode::Refused);
    }
    match server.records(&question) {
        Ok((answers, additional)) if !answers.is_empty() => {
            Response { answers, additional, ..Response::empty(Rcode::NoError) }
        }
        Ok(_) => server.negative(Rcode::NoError),
        Err(NoSuchName) => {
            if config.fallthrough.iter().any(|zone| name::is_within(&question.name, zone)) {
                forward(view, &question)
            } else {
                server.negative(Rcode::NxDomain)
            }
        }
    }
}

/// The zone that serves `name`: the longest of those it is in.
fn zone_of<'a>(config: &'a DnsConfig, name: &str) -> Option<&'a str> {
    std::iter::once(&config.zone)
        .chain(&config.reverse_zones)
        .map(String::as_str)
        .filter(|zone| name::is_within(name, zone))
        .max_by_key(|zone| name::labels(zone).len())
}

fn forward<V: DnsView>(view: &V, question: &Question) -> Response {
    Response { forwarded: true, ..view.upstream(question) }
}

/// The records that answer, and the additional ones.
type Found = Result<(Vec<Record>, Vec<Record>), NoSuchName>;

/// The server at work on one question.
struct Server<'a, V> {
    view: &'a V,
    config: &'a DnsConfig,
    /// The zone of the question, in the question's letter case.
    zone: String,
}

impl<V: DnsView> Server<'_, V> {
    fn records(&self, question: &Question) -> Found {
        let name = question.name.as_str();
        match question.record_type {
            RecordType::A | RecordType::Aaaa => {
                self.addresses(name, question.record_type, &mut Vec::new()).map(only)
            }
            RecordType::Txt => self.texts(name).map(only),
            RecordType::Cname => Ok(only(self.cname(name, &self.entries(name, RecordType::Cname)?))),
            RecordType::Ptr => {
                let names = reverse::names(self.view, self.config, name, &self.zone)?;
                Ok(only(names.into_iter().map(|target| self.record(name, RecordData::Ptr(target))).collect()))
            }
            RecordType::Srv => Ok(self.services(name, &self.entries(name, RecordType::Srv)?)),
            RecordType::Soa if name == self.zone => Ok(only(vec![self.start_of_zone()])),
            RecordType::Soa | RecordType::Transfer => Ok(only(Vec::new())),
            RecordType::Ns if name.eq_ignore_ascii_case(&self.zone) => Ok(self.name_servers(name)),
            RecordType::Mx => self.entries(name, RecordType::Mx).map(|_| only(Vec::new())),
            RecordType::Ns | RecordType::Other => {
                self.addresses(name, RecordType::A, &mut Vec::new()).map(|_| only(Vec::new()))
            }
        }
    }

    /// The entries of a name; those of `ns.dns` below the zone are the addresses of the server itself.
    // Models plugin/kubernetes/kubernetes.go Services
    fn entries(&self, name: &str, record_type: RecordType) -> Result<Vec<Entry>, NoSuchName> {
        if name.eq_ignore_ascii_case(&format!("ns.dns.{}", self.zone)) {
            let family = |entry: &Entry| match entry.host.parse::<IpAddr>() {
                Ok(address) => address.is_ipv4() == (record_type == RecordType::A),
                Err(_) => false,
            };
            let asked = matches!(record_type, RecordType::A | RecordType::Aaaa);
            return Ok(self.own_entries().into_iter().filter(|entry| asked && family(entry)).collect());
        }
        let entries = records::entries(self.view, self.config, name, &self.zone)?;
        if record_type == RecordType::Srv {
            return Ok(entries.into_iter().filter(|entry| entry.host.parse::<IpAddr>().is_ok()).collect());
        }
        Ok(entries)
    }

    /// The addresses of the DNS server: its Service's cluster IPs, or its endpoints when that is headless.
    // Models plugin/kubernetes/ns.go nsAddrs
    fn own_entries(&self) -> Vec<Entry> {
        let Some((namespace, service)) = &self.config.server else { return Vec::new() };
        let name = format!("{service}.{namespace}.svc.{}", self.zone);
        let mut entries: Vec<Entry> = Vec::new();
        for entry in records::entries(self.view, self.config, &name, &self.zone).unwrap_or_default() {
            if entries.iter().all(|known| known.host != entry.host) {
                entries.push(entry);
            }
        }
        entries
    }

    /// A or AAAA records. A name that stands for another is followed: in the zone by itself, dropped when that leads
    /// nowhere; outside by asking there, and kept even when that leads nowhere. Loops are dropped. `followed` holds
    /// the targets on the way here.
    // Models plugin/backend_lookup.go A and AAAA
    fn addresses(
        &self,
        name: &str,
        record_type: RecordType,
        followed: &mut Vec<String>,
    ) -> Result<Vec<Record>, NoSuchName> {
        let mut found: Vec<Record> = Vec::new();
        for entry in self.entries(name, record_type)? {
            if let Ok(address) = entry.host.parse::<IpAddr>() {
                let data = RecordData::address(address.to_canonical());
                if data.record_type() == record_type && found.iter().all(|record| record.data != data) {
                    found.push(self.record(name, data));
                }
                continue;
            }
            let target = name::fully_qualified(&entry.host);
            if name::is_within(&target, name)
                || followed.len() > MAX_CNAME_CHAIN
                || followed.contains(&target)
            {
                continue;
            }
            let cname = self.record(name, RecordData::Cname(target.clone()));
            if name::is_within(&target, &self.zone) {
                followed.push(target.clone());
                let next = self.addresses(&target, record_type, followed).unwrap_or_default();
                followed.pop();
                if !next.is_empty() {
                    found.push(cname);
                    found.extend(next);
                }
            } else {
                found.push(cname);
                found.extend(answer(self.view, self.config, &Question::new(&target, record_type)).answers);
            }
        }
        Ok(found)
    }

    /// The CNAME record of a name: that of its first entry, if it is a name.
    // Models plugin/backend_lookup.go CNAME
    fn cname(&self, name: &str, entries: &[Entry]) -> Vec<Record> {
        entries
            .first()
            .filter(|entry| entry.host.parse::<IpAddr>().is_err())
            .map(|entry| self.record(name, RecordData::Cname(name::fully_qualified(&entry.host))))
            .into_iter()
            .collect()
    }

    /// The only text of a zone is its `dns-version`. A name that has entries exists, all others do not: not even
    /// those that other types find to be empty.
    fn texts(&self, name: &str) -> Result<Vec<Record>, NoSuchName> {
        if name.eq_ignore_ascii_case(&format!("dns-version.{}", self.zone)) {
            let data = RecordData::Txt(SPECIFICATION.to_owned());
            return Ok(vec![Record { name: name.to_owned(), ttl: VERSION_TTL, data }]);
        }
        match records::entries(self.view, self.config, name, &self.zone)?.as_slice() {
            [] => Err(NoSuchName),
            _ => Ok(Vec::new()),
        }
    }

    /// SRV records with the addresses of their targets. The weight is 100 shared among all entries, at least 1; it is
    /// shared before duplicates, and entries without a port, are left out.
    // Models plugin/backend_lookup.go SRV
    fn services(&self, name: &str, entries: &[Entry]) -> (Vec<Record>, Vec<Record>) {
        let count = u16::try_from(entries.len()).unwrap_or(u16::MAX).max(1);
        let weight = (100 / count).max(1);
        let (mut answers, mut additional) = (Vec::new(), Vec::new());
        for entry in entries {
            let (Some(port), Ok(address)) = (entry.port, entry.host.parse::<IpAddr>()) else { continue };
            let port = u16::try_from(port).unwrap_or_default();
            let target = entry.target.clone();
            let service =
                self.record(name, RecordData::Srv { priority: 0, weight, port, target: target.clone() });
            if !answers.contains(&service) {
                answers.push(service);
            }
            let address = self.record(&target, RecordData::address(address.to_canonical()));
            if !additional.contains(&address) {
                additional.push(address);
            }
        }
        (answers, additional)
    }

    /// NS records of the zone, with the addresses of the servers.
    // Models plugin/backend_lookup.go NS
    fn name_servers(&self, name: &str) -> (Vec<Record>, Vec<Record>) {
        let (mut answers, mut additional) = (Vec::new(), Vec::new());
        for entry in self.own_entries() {
            let Ok(address) = entry.host.parse::<IpAddr>() else { continue };
            additional.push(self.record(&entry.target, RecordData::address(address)));
            let server = self.record(name, RecordData::Ns(entry.target));
            if !answers.contains(&server) {
                answers.push(server);
            }
        }
        (answers, additional)
    }

    fn record(&self, name: &str, data: RecordData) -> Record {
        Record { name: name.to_owned(), ttl: self.config.ttl, data }
    }

    // Models plugin/backend_lookup.go SOA
    fn start_of_zone(&self) -> Record {
        Record {
            name: self.zone.clone(),
            ttl: self.config.ttl.min(MAX_SOA_TTL),
            data: RecordData::Soa {
                server: format!("ns.dns.{}", self.zone),
                mailbox: format!("hostmaster.{}", self.zone),
                minimum: self.config.ttl,
            },
        }
    }

    fn negative(&self, rcode: Rcode) -> Response {
        Response { authority: vec![self.start_of_zone()], ..Response::empty(rcode) }
    }
}

fn only(answers: Vec<Record>) -> (Vec<Record>, Vec<Record>) {
    (answers, Vec::new())
}
