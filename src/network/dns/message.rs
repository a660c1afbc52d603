//! Questions and answers of the domain name system, as far as a cluster uses them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name;

/// The type of a record or of a question.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name for the name that was asked for.
    Cname,
    /// A mail server.
    Mx,
    /// A name server of the zone.
    Ns,
    /// The name that belongs to an address.
    Ptr,
    /// The start of a zone.
    Soa,
    /// Target and port of a service.
    Srv,
    /// Free text.
    Txt,
    /// A zone transfer (AXFR or IXFR).
    Transfer,
    /// Any other type: the server answers whether the name exists, and nothing more.
    Other,
}

impl RecordType {
    /// The type that `text` names; letter case does not matter.
    pub fn from_name(text: &str) -> RecordType {
        match text.to_ascii_uppercase().as_str() {
            "A" => RecordType::A,
            "AAAA" => RecordType::Aaaa,
            "CNAME" => RecordType::Cname,
            "MX" => RecordType::Mx,
            "NS" => RecordType::Ns,
            "PTR" => RecordType::Ptr,
            "SOA" => RecordType::Soa,
            "SRV" => RecordType::Srv,
            "TXT" => RecordType::Txt,
            "AXFR" | "IXFR" => RecordType::Transfer,
            _ => RecordType::Other,
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
            RecordType::Mx => "MX",
            RecordType::Ns => "NS",
            RecordType::Ptr => "PTR",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Txt => "TXT",
            RecordType::Transfer => "AXFR",
            RecordType::Other => "OTHER",
        })
    }
}

/// What a client asks a DNS server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The name, with its final dot, in the letter case in which it was asked.
    pub name: String,
    /// The type of record that is asked for.
    pub record_type: RecordType,
}

impl Question {
    /// A question; the final dot is added to `name` where it lacks.
    pub fn new(name: &str, record_type: RecordType) -> Question {
        Question { name: name::fully_qualified(name), record_type }
    }
}

/// The value of a record. Names end in a dot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that this name stands for.
    Cname(String),
    /// The name of a name server.
    Ns(String),
    /// The name of an address.
    Ptr(String),
    /// Where a service is reached.
    Srv {
        /// Always 0 in a cluster.
        priority: u16,
        /// The share of this record among those of its priority.
        weight: u16,
        /// The port; 0 where none is known.
        port: u16,
        /// The name of the host.
        target: String,
    },
    /// Free text.
    Txt(String),
    /// The start of a zone.
    Soa {
        /// The primary name server.
        server: String,
        /// Whom to write to.
        mailbox: String,
        /// How many seconds a negative answer may be kept.
        minimum: u32,
    },
}

impl RecordData {
    /// The record type that has values like this one.
    pub fn record_type(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Aaaa(_) => RecordType::Aaaa,
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Ns(_) => RecordType::Ns,
            RecordData::Ptr(_) => RecordType::Ptr,
            RecordData::Srv { .. } => RecordType::Srv,
            RecordData::Txt(_) => RecordType::Txt,
            RecordData::Soa { .. } => RecordType::Soa,
        }
    }

    /// An address record for `address`, by its family.
    pub fn address(address: IpAddr) -> RecordData {
        match address {
            IpAddr::V4(v4) => RecordData::A(v4),
            IpAddr::V6(v6) => RecordData::Aaaa(v6),
        }
    }
}

impl fmt::Display for RecordData {
    /// As `dig +short` prints it; the serial number of a zone's start is 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordData::A(address) => write!(f, "{address}"),
            RecordData::Aaaa(address) => write!(f, "{address}"),
            RecordData::Cname(text)
            | RecordData::Ns(text)
            | RecordData::Ptr(text)
            | RecordData::Txt(text) => f.write_str(text),
            RecordData::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
            RecordData::Soa { server, mailbox, minimum } => {
                write!(f, "{server} {mailbox} 1 7200 1800 86400 {minimum}")
            }
        }
    }
}

/// One record of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The owner of the record, with its final dot.
    pub name: String,
    /// How many seconds the record may be kept.
    pub ttl: u32,
    /// The value.
    pub data: RecordData,
}

/// The outcome of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rcode {
    /// The name exists. Without answers it has no record of the type that was asked for (NODATA).
    NoError,
    /// The question is not well formed.
    FormErr,
    /// The server could not find out.
    ServFail,
    /// The name does not exist.
    NxDomain,
    /// The server does not answer such questions.
    Refused,
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rcode::NoError => "NOERROR",
            Rcode::FormErr => "FORMERR",
            Rcode::ServFail => "SERVFAIL",
            Rcode::NxDomain => "NXDOMAIN",
            Rcode::Refused => "REFUSED",
        })
    }
}

/// What a DNS server answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The outcome.
    pub rcode: Rcode,
    /// The records that answer the question; a CNAME comes before the records of its target.
    pub answers: Vec<Record>,
    /// The start of the zone, when there is no answer.
    pub authority: Vec<Record>,
    /// The addresses of the targets in `answers`.
    pub additional: Vec<Record>,
    /// Whether the cluster's server passed the question on to a server outside.
    pub forwarded: bool,
}

impl Response {
    /// A response without records.
    pub fn empty(rcode: Rcode) -> Response {
        Response {
            rcode,
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            forwarded: false,
        }
    }

    /// Whether the name exists, but not with the type that was asked for.
    pub fn is_nodata(&self) -> bool {
        self.rcode == Rcode::NoError && self.answers.is_empty()
    }

    /// The addresses among the answers, in their order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.answers.iter().filter_map(|record| match record.data {
            RecordData::A(address) => Some(IpAddr::V4(address)),
            RecordData::Aaaa(address) => Some(IpAddr::V6(address)),
            _ => None,
        })
    }
}
