//! A look-up by hand, as `dig +search` in a Pod does it: the resolver's file, every name that is tried, and the answer.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::Tracer;
use crate::api::Random;
use crate::api::validation::parse_ip_sloppy;
use crate::network::dns::{
    self, DnsConfig, Question, Rcode, Record, RecordType, ResolvConf, Response, StoreView,
};
use crate::network::kernel::Kernels;
use crate::network::{Client, Outcome, Settings};
use crate::store::Store;

/// One name that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DigAttempt {
    /// The name, with its final dot.
    pub name: String,
    /// `NOERROR`, `NXDOMAIN`, or `NODATA` for a name that exists without a record of the type.
    pub status: String,
    /// Why this name was asked for.
    pub why: String,
}

/// A look-up and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dig {
    /// The client's `/etc/resolv.conf`.
    pub resolv_conf: String,
    /// The names that were asked for, in turn.
    pub attempts: Vec<DigAttempt>,
    /// What dig prints of the last answer.
    pub answer: String,
    /// One sentence on what came of it.
    pub says: String,
}

/// The types that can be asked for, most usual first.
pub const DIG_TYPES: [&str; 8] = ["A", "AAAA", "SRV", "CNAME", "TXT", "PTR", "NS", "SOA"];

/// Looks a name up from a client. A name without a final dot goes through the client's search list until a name has
/// an answer; an address of the type PTR is asked for by its name below `in-addr.arpa` or `ip6.arpa`, as `dig -x` does.
pub fn dig(store: &Store, settings: &Settings, client: &Client, name: &str, record_type: &str) -> Dig {
    let (mut kernels, mut random) = (Kernels::default(), Random::new(0));
    let mut tracer = Tracer::new(store, settings, &mut kernels, &mut random);
    let failed =
        |says: String| Dig { resolv_conf: String::new(), attempts: Vec::new(), answer: String::new(), says };
    let location = match tracer.locate(client) {
        Ok(location) => location,
        Err(failure) => {
            let Outcome::BadTarget(why) = failure.outcome else { return failed(failure.outcome.to_string()) };
            return failed(why);
        }
    };
    let resolver = tracer.resolver(&location);
    let mut dig = Dig { resolv_conf: file(&resolver.conf), ..failed(String::new()) };
    let Some(server) = resolver.conf.nameservers.first().cloned() else {
        dig.says = "The client has no DNS server: its resolv.conf names none.".to_owned();
        return dig;
    };
    let name = name.trim();
    let record_type = RecordType::from_name(record_type);
    let reverse = parse_ip_sloppy(name).filter(|_| record_type == RecordType::Ptr);
    let names = match reverse {
        Some(address) => vec![reverse_name(address)],
        None => resolver.conf.candidates(name),
    };
    if name.is_empty() || names.is_empty() {
        dig.says = "This is not a name that can be asked for: a label is empty or longer than 63 characters."
            .to_owned();
        return dig;
    }
    let is_cluster = resolver.cluster_dns.contains(&server);
    if let Some(address) = parse_ip_sloppy(&server) {
        let reached =
            tracer.dns_rules(&location, address).and_then(|()| tracer.dns_egress(&location, address));
        if let Err(failure) = reached {
            dig.answer = format!(
                ";; communications error to {server}#53: timed out\n;; no servers could be reached\n"
            );
            dig.says = format!("No answer came: {}.", failure.outcome);
            return dig;
        }
    }
    let view = StoreView { store, upstream: |question: &Question| super::names::public(store, question) };
    let config = DnsConfig { zone: settings.cluster_domain.clone(), ..DnsConfig::default() };
    let mut exists = false;
    for asked in names {
        let question = Question::new(&asked, record_type);
        let response = if is_cluster {
            dns::answer(&view, &config, &question)
        } else {
            super::names::public(store, &question)
        };
        dig.attempts.push(DigAttempt {
            status: status(&response),
            why: why(name, &asked, &resolver.conf, reverse.is_some()),
            name: asked.clone(),
        });
        // A name without such a record does not end the search, but if nothing better comes, it is what came of it.
        if !exists {
            dig.answer = printed(name, &question, &response, &server);
            dig.says = verdict(&asked, record_type, &response);
        }
        exists |= response.is_nodata();
        if !response.answers.is_empty() {
            dig.answer = printed(name, &question, &response, &server);
            dig.says = verdict(&asked, record_type, &response);
        }
        if !response.answers.is_empty() || response.rcode == Rcode::Refused {
            break;
        }
    }
    dig
}

/// `/etc/resolv.conf` as the kubelet writes it.
fn file(conf: &ResolvConf) -> String {
    let mut lines = Vec::new();
    if !conf.searches.is_empty() {
        lines.push(format!("search {}", conf.searches.join(" ")));
    }
    lines.extend(conf.nameservers.iter().map(|server| format!("nameserver {server}")));
    let options: Vec<String> = conf
        .options
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("{name}:{value}"),
            None => name.clone(),
        })
        .collect();
    if !options.is_empty() {
        lines.push(format!("options {}", options.join(" ")));
    }
    lines.join("\n")
}

fn status(response: &Response) -> String {
    if response.is_nodata() { "NODATA".to_owned() } else { response.rcode.to_string() }
}

/// Why a name is asked for.
fn why(name: &str, asked: &str, conf: &ResolvConf, is_reverse: bool) -> String {
    let (dots, ndots) = (name.matches('.').count(), conf.ndots());
    let count = |n: usize| if n == 1 { "1 dot".to_owned() } else { format!("{n} dots") };
    if is_reverse {
        "the name that stands for the address".to_owned()
    } else if name.ends_with('.') {
        "it ends in a dot, so nothing is appended".to_owned()
    } else if asked.trim_end_matches('.') != name {
        let domain = asked.get(name.len() + 1..).unwrap_or_default().trim_end_matches('.');
        format!("with the search domain {domain}")
    } else if dots >= ndots {
        format!("as it is, first: it has {}, and ndots is {ndots}", count(dots))
    } else {
        format!("as it is, last: it has {}, and ndots is {ndots}", count(dots))
    }
}

/// What an answer means.
fn verdict(name: &str, record_type: RecordType, response: &Response) -> String {
    let forwarded = if response.forwarded { " (asked outside the cluster)" } else { "" };
    match response.rcode {
        Rcode::NoError if response.answers.is_empty() => format!(
            "{name} exists, but has no {record_type} record: an empty answer (NODATA), not NXDOMAIN{forwarded}."
        ),
        Rcode::NoError => {
            let ttl = response.answers.iter().map(|record| record.ttl).min().unwrap_or(0);
            let count = match response.answers.len() {
                1 => "1 record".to_owned(),
                n => format!("{n} records"),
            };
            format!("{name} has {count}, which may be kept for {ttl} seconds{forwarded}.")
        }
        Rcode::NxDomain => {
            format!("No name that was tried exists; the last was {name} (NXDOMAIN){forwarded}.")
        }
        other => format!("The server answered {other}{forwarded}."),
    }
}

/// The answer as dig prints it. What is different each time (the id, the time it took) is left out.
fn printed(name: &str, question: &Question, response: &Response, server: &str) -> String {
    let mut text = String::new();
    let Question { name: asked, record_type } = question;
    let authoritative = if response.forwarded { "" } else { " aa" };
    let counts = [&response.answers, &response.authority, &response.additional].map(Vec::len);
    // Writing to a String can not fail.
    let _ = writeln!(text, "; <<>> DiG <<>> +search {name} {record_type}");
    let _ = writeln!(text, ";; ->>HEADER<<- opcode: QUERY, status: {}", response.rcode);
    let _ = writeln!(
        text,
        ";; flags: qr{authoritative} rd; QUERY: 1, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}",
        counts[0], counts[1], counts[2]
    );
    let _ = writeln!(text, "\n;; QUESTION SECTION:\n;{asked}\tIN\t{record_type}");
    for (title, records) in [
        ("ANSWER", &response.answers),
        ("AUTHORITY", &response.authority),
        ("ADDITIONAL", &response.additional),
    ] {
        if !records.is_empty() {
            let _ = writeln!(text, "\n;; {title} SECTION:");
        }
        for Record { name, ttl, data } in records {
            let kind = data.record_type();
            let mark = if kind == RecordType::Txt { "\"" } else { "" };
            let _ = writeln!(text, "{name}\t{ttl}\tIN\t{kind}\t{mark}{data}{mark}");
        }
    }
    let _ = writeln!(text, "\n;; SERVER: {server}#53({server}) (UDP)");
    text
}

/// The name that stands for an address.
fn reverse_name(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let digits = address.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let labels: Vec<String> = digits.map(|digit| format!("{digit:x}")).collect();
            format!("{}.ip6.arpa.", labels.join("."))
        }
    }
}
