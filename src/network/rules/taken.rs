//! Which lines of the rules a packet takes: the text is read and followed as the kernel follows the rules. What is left to
//! chance is given.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::taken_nftables::follow_nftables;
use crate::api::validation::parse_cidr_sloppy;
use crate::network::addresses::join_host_port;
use crate::network::kube_proxy::NodeView;
use crate::network::settings::ProxyMode;

/// The first packet of a connection, as it comes to the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The source address.
    pub source: SocketAddr,
    /// The destination address.
    pub destination: SocketAddr,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// The endpoint that chance, a scheduler or session affinity picked.
    pub endpoint: Option<SocketAddr>,
    /// Whether session affinity picked it.
    pub is_kept: bool,
}

/// What the rules did with a packet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum End {
    /// No rule was about it.
    #[default]
    Untouched,
    /// Its destination was rewritten.
    Dnat(String),
    /// It was refused.
    Reject,
    /// It was dropped.
    Drop,
}

/// The way of a packet through the rules.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// The indices of the lines that matched and did something, in the order in which the packet came to them.
    pub lines: Vec<usize>,
    /// What was done in the end.
    pub end: End,
    /// Whether the source was rewritten.
    pub is_masqueraded: bool,
}

impl Taken {
    /// Adds a line, unless the packet came to it before.
    pub(super) fn take(&mut self, line: usize) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }
}

/// Follows a packet through the rules of a node.
pub fn taken(lines: &[String], mode: ProxyMode, node: &NodeView, packet: &Packet) -> Taken {
    match mode {
        ProxyMode::Iptables => Iptables::new(lines, node, packet).follow(),
        ProxyMode::Nftables => follow_nftables(lines, node, packet),
        ProxyMode::Ipvs => follow_ipvs(lines, packet),
    }
}

/// A packet on its way, and what is asked of it.
pub(super) struct State<'a> {
    pub node: &'a NodeView,
    pub packet: &'a Packet,
    /// The destination now.
    pub destination: SocketAddr,
    pub is_marked: bool,
    pub taken: Taken,
}

impl<'a> State<'a> {
    pub fn new(node: &'a NodeView, packet: &'a Packet) -> State<'a> {
        let destination = packet.destination;
        State { node, packet, destination, is_marked: false, taken: Taken::default() }
    }

    pub fn is_local(&self, address: SocketAddr) -> bool {
        address.ip().is_loopback() || self.node.addresses.contains(&address.ip())
    }

    /// Rewrites the destination to `ip:port`.
    pub fn dnat(&mut self, to: &str) {
        if let Ok(to) = to.parse() {
            self.destination = to;
        }
        self.taken.end = End::Dnat(to.to_owned());
    }
}

/// Whether an address is the one that a rule names, or in the network.
pub(super) fn is_in(address: SocketAddr, network: &str) -> bool {
    match parse_cidr_sloppy(network) {
        Some((_, network)) => network.contains(&address.ip()),
        None => network.parse() == Ok(address.ip()),
    }
}

/// The words of a line; what stands in quotation marks is one.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let (word, after) = quoted.unwrap_or_else(|| rest.split_once(' ').unwrap_or((rest, "")));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// Whether the walk goes on.
#[derive(PartialEq, Eq)]
enum Walk {
    On,
    Over,
}

type Chains<'a> = BTreeMap<(&'a str, &'a str), Vec<(usize, Vec<&'a str>)>>;

struct Iptables<'a> {
    chains: Chains<'a>,
    state: State<'a>,
}

impl<'a> Iptables<'a> {
    fn new(lines: &'a [String], node: &'a NodeView, packet: &'a Packet) -> Iptables<'a> {
        let mut chains = Chains::new();
        let mut table = "";
        for (index, line) in lines.iter().enumerate() {
            if let Some(name) = line.strip_prefix('*') {
                table = name;
            }
            if let Some(rule) = line.strip_prefix("-A ") {
                let words = words(rule);
                if let Some((chain, rest)) = words.split_first() {
                    chains.entry((table, *chain)).or_default().push((index, rest.to_vec()));
                }
            }
        }
        Iptables { chains, state: State::new(node, packet) }
    }

    /// PREROUTING or OUTPUT of the table nat, then the table filter, then POSTROUTING.
    fn follow(mut self) -> Taken {
        self.walk("nat", "KUBE-SERVICES", 0);
        for chain in ["KUBE-PROXY-FIREWALL", "KUBE-EXTERNAL-SERVICES", "KUBE-SERVICES"] {
            if self.walk("filter", chain, 0) == Walk::Over {
                return self.state.taken;
            }
        }
        self.walk("filter", "KUBE-FORWARD", 0);
        self.walk("nat", "KUBE-POSTROUTING", 0);
        self.state.taken
    }

    fn walk(&mut self, table: &'static str, chain: &str, depth: u8) -> Walk {
        let rules = self.chains.get(&(table, chain)).cloned().unwrap_or_default();
        for (index, rule) in rules {
            let Some(target) = self.matched(&rule) else { continue };
            self.state.taken.take(index);
            let after = |word: &str| rule.iter().skip_while(|other| **other != word).nth(1).copied();
            match target {
                "MARK" => self.state.is_marked = after("--or-mark").is_some(),
                "DNAT" => {
                    self.state.dnat(after("--to-destination").unwrap_or_default());
                    return Walk::Over;
                }
                "MASQUERADE" => {
                    self.state.taken.is_masqueraded = true;
                    return Walk::Over;
                }
                "REJECT" => {
                    self.state.taken.end = End::Reject;
                    return Walk::Over;
                }
                "DROP" => {
                    self.state.taken.end = End::Drop;
                    return Walk::Over;
                }
                "RETURN" => return Walk::On,
                "ACCEPT" => return Walk::Over,
                // Rules never jump deeper than this.
                chain if depth < 8 && self.walk(table, chain, depth + 1) == Walk::Over => return Walk::Over,
                _ => {}
            }
        }
        Walk::On
    }

    /// The target of a rule that matches; `None` for one that does not, or that does nothing.
    fn matched<'r>(&self, rule: &[&'r str]) -> Option<&'r str> {
        let mut is_negated = false;
        let mut target = None;
        let mut at = rule.iter().copied();
        while let Some(word) = at.next() {
            let state = &self.state;
            let holds = match word {
                "!" => {
                    is_negated = true;
                    continue;
                }
                "-d" => is_in(state.destination, at.next()?),
                "-s" => is_in(state.packet.source, at.next()?),
                "-p" => at.next()?.eq_ignore_ascii_case(state.packet.protocol),
                "--dport" => at.next()?.parse() == Ok(state.destination.port()),
                "--dst-type" => at.next().is_some() && state.is_local(state.destination),
                "--src-type" => at.next().is_some() && state.is_local(state.packet.source),
                "--mark" => at.next().is_some() && state.is_marked,
                // The first packet is NEW, and has the state DNAT once it is rewritten.
                "--ctstate" => at.next()?.contains("DNAT") && matches!(state.taken.end, End::Dnat(_)),
                "--rcheck" => state.packet.is_kept && self.leads_to_endpoint(rule),
                "--probability" => at.next().is_some() && self.leads_to_endpoint(rule),
                "-j" => {
                    target = at.next();
                    continue;
                }
                "-m" | "--comment" | "--mode" | "--name" | "--seconds" | "--nfacct-name" => {
                    at.next();
                    continue;
                }
                _ => continue,
            };
            if holds == is_negated {
                return None;
            }
            is_negated = false;
        }
        target
    }

    /// Whether a rule jumps to the chain that rewrites to the endpoint which was picked.
    fn leads_to_endpoint(&self, rule: &[&str]) -> bool {
        let Some(endpoint) = self.state.packet.endpoint else { return false };
        let wanted = join_host_port(&endpoint.ip().to_string(), endpoint.port());
        let Some(chain) = rule.last() else { return false };
        let rules = self.chains.get(&("nat", *chain)).into_iter().flatten();
        rules.into_iter().any(|(_, rule)| rule.contains(&"DNAT") && rule.last() == Some(&wanted.as_str()))
    }
}

/// IPVS has no chains: the virtual server, and the real server that its scheduler picked.
fn follow_ipvs(lines: &[String], packet: &Packet) -> Taken {
    let mut taken = Taken::default();
    let mut is_own = false;
    for (index, line) in lines.iter().enumerate() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("->") if is_own => {
                let address: Option<SocketAddr> = words.next().and_then(|address| address.parse().ok());
                if address.is_some() && address == packet.endpoint {
                    taken.take(index);
                    taken.end = End::Dnat(address.map(|address| address.to_string()).unwrap_or_default());
                }
            }
            Some("->") => {}
            protocol => {
                let address = words.next().and_then(|address| address.parse().ok());
                is_own = protocol == Some(packet.protocol) && address == Some(packet.destination);
                if is_own {
                    taken.take(index);
                    // Without a real server the client hears that nobody is there.
                    taken.end = End::Reject;
                }
            }
        }
    }
    taken
}
