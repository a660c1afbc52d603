//! Which lines of the rules a packet takes in nftables mode.

use std::collections::BTreeMap;

use super::taken::{End, Packet, State, Taken, is_in};
use crate::network::kube_proxy::NodeView;

/// Whether the walk through a hook goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    /// With the next rule.
    Next,
    /// Behind the jump that led here.
    Back,
    /// Not at all.
    Over,
}

struct Nftables<'a> {
    rules: BTreeMap<&'a str, Vec<(usize, Vec<&'a str>)>>,
    /// The elements of sets and maps, by set and key, with the verdict of a map.
    elements: BTreeMap<(&'a str, String), (usize, Vec<&'a str>)>,
    state: State<'a>,
    /// The elements of sets that the conditions of a rule have found so far.
    found: Vec<usize>,
}

/// Follows a packet through the hooks in the order of the kernel.
pub(super) fn follow_nftables(lines: &[String], node: &NodeView, packet: &Packet) -> Taken {
    let mut rules: BTreeMap<&str, Vec<(usize, Vec<&str>)>> = BTreeMap::new();
    let mut elements = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["add", "rule", _, _, chain, rest @ ..] => {
                rules.entry(*chain).or_default().push((index, rest.to_vec()));
            }
            ["add", "element", _, _, set, "{", inner @ .., "}"] => {
                let end = inner.iter().position(|word| matches!(*word, "comment" | ":"));
                let key = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default().join(" ");
                let verdict = inner.iter().skip_while(|word| **word != ":").skip(1).copied().collect();
                elements.insert((*set, key), (index, verdict));
            }
            _ => {}
        }
    }
    let mut walk = Nftables { rules, elements, state: State::new(node, packet), found: Vec::new() };
    // What comes from this node begins at the output hooks, all else at the prerouting ones; both jump to the same
    // chains. A packet to the node itself comes to the input hook, any other is forwarded.
    let begins_here = walk.state.is_local(packet.source);
    let (before, nat) = match begins_here {
        true => ("filter-output-pre-dnat", "nat-output"),
        false => ("filter-prerouting-pre-dnat", "nat-prerouting"),
    };
    if walk.chain(before, 0) == Walk::Over {
        return walk.state.taken;
    }
    walk.chain(nat, 0);
    // What a node sends to itself leaves by the output hook and comes back in by the input hook.
    let filters: &[&str] = match (begins_here, walk.state.is_local(walk.state.destination)) {
        (true, true) => &["filter-output", "filter-input"],
        (true, false) => &["filter-output"],
        (false, true) => &["filter-input"],
        (false, false) => &["filter-forward"],
    };
    for filter in filters {
        if walk.chain(filter, 0) == Walk::Over {
            return walk.state.taken;
        }
    }
    walk.chain("nat-postrouting", 0);
    walk.state.taken
}

impl Nftables<'_> {
    fn chain(&mut self, chain: &str, depth: u8) -> Walk {
        // Rules never jump deeper than this.
        if depth > 8 {
            return Walk::Over;
        }
        let rules = self.rules.get(chain).cloned().unwrap_or_default();
        for (index, rule) in rules {
            match self.rule(index, &rule, depth) {
                Walk::Next => {}
                end => return end,
            }
        }
        Walk::Next
    }

    /// Reads a rule from left to right: conditions first, then what is done.
    fn rule(&mut self, index: usize, rule: &[&str], depth: u8) -> Walk {
        let mut rest = rule;
        self.found.clear();
        loop {
            match rest {
                ["ct", "state", "new", after @ ..] => rest = after,
                ["ct", "status", "dnat", after @ ..] => {
                    if !matches!(self.state.taken.end, End::Dnat(_)) {
                        return Walk::Next;
                    }
                    rest = after;
                }
                ["fib", side, "type", "local", after @ ..] => {
                    if !self.state.is_local(self.side(side)) {
                        return Walk::Next;
                    }
                    rest = after;
                }
                ["mark", "and", _, "!=", "0", after @ ..] => {
                    if !self.state.is_marked {
                        return Walk::Next;
                    }
                    rest = after;
                }
                ["ip" | "ip6" | "meta", _, ".", ..] => return self.look_up(index, rest, depth),
                ["ip" | "ip6", side, after @ ..] => match self.address(side, after) {
                    Some(after) => rest = after,
                    None => return Walk::Next,
                },
                ["meta", "l4proto", protocol, after @ ..] => {
                    if !protocol.eq_ignore_ascii_case(self.state.packet.protocol) {
                        return Walk::Next;
                    }
                    rest = after;
                }
                _ => break,
            }
        }
        self.state.taken.take(index);
        let found = std::mem::take(&mut self.found);
        found.into_iter().for_each(|line| self.state.taken.take(line));
        self.act(rest, depth)
    }

    fn side(&self, side: &str) -> std::net::SocketAddr {
        if side == "saddr" { self.state.packet.source } else { self.state.destination }
    }

    /// A condition on an address: in a set, in one of several networks, or not in one. Gives what stands behind it.
    fn address<'r, 's>(&mut self, side: &str, rule: &'r [&'s str]) -> Option<&'r [&'s str]> {
        let address = self.side(side);
        let (is_negated, rule) = match rule {
            ["!=", after @ ..] => (true, after),
            other => (false, other),
        };
        let (holds, after) = match rule {
            ["{", ..] => {
                let end = rule.iter().position(|word| *word == "}")?;
                let all = rule.get(1..end)?.iter().flat_map(|word| word.split(','));
                let holds = all.filter(|word| !word.is_empty()).any(|network| is_in(address, network));
                (holds, rule.get(end + 1..)?)
            }
            [set, after @ ..] if set.starts_with('@') => {
                let set = set.trim_start_matches('@');
                let holds = if set.starts_with("affinity-") {
                    // The set holds the clients that were sent to the endpoint of its rule.
                    self.state.packet.is_kept && self.leads_to_endpoint(after)
                } else {
                    let element = self.elements.get(&(set, address.ip().to_string()));
                    let line = element.map(|(line, _)| *line);
                    self.found.extend(line);
                    line.is_some()
                };
                (holds, after)
            }
            [network, after @ ..] => (is_in(address, network), after),
            [] => return None,
        };
        (holds != is_negated).then_some(after)
    }

    /// `ip daddr . meta l4proto . th dport vmap @map`, or the same with a set.
    fn look_up(&mut self, index: usize, rule: &[&str], depth: u8) -> Walk {
        let end = rule.iter().position(|word| *word == "vmap" || word.starts_with('@'));
        let Some((fields, rest)) = end.and_then(|end| rule.split_at_checked(end)) else { return Walk::Next };
        let fields = fields.split(|word| *word == ".").map(|field| match field {
            [_, "saddr"] => self.state.packet.source.ip().to_string(),
            [_, "daddr"] => self.state.destination.ip().to_string(),
            ["meta", _] => self.state.packet.protocol.to_ascii_lowercase(),
            _ => self.state.destination.port().to_string(),
        });
        let key = fields.collect::<Vec<_>>().join(" . ");
        let (set, after) = match rest {
            ["vmap", set, ..] => (*set, None),
            [set, after @ ..] => (*set, Some(after)),
            [] => return Walk::Next,
        };
        let found = self.elements.get(&(set.trim_start_matches('@'), key)).cloned();
        let Some((line, verdict)) = found else { return Walk::Next };
        self.state.taken.take(index);
        self.state.taken.take(line);
        match after {
            Some(after) => self.act(after, depth),
            None => self.act(&verdict, depth),
        }
    }

    /// Does what a rule or a verdict says.
    fn act(&mut self, action: &[&str], depth: u8) -> Walk {
        match action {
            ["mark", "set", "mark", how, _, after @ ..] => {
                self.state.is_marked = *how == "or";
                self.act(after, depth)
            }
            ["jump", chain, ..] => match self.chain(chain, depth + 1) {
                Walk::Over => Walk::Over,
                _ => Walk::Next,
            },
            ["goto", chain, ..] => match self.chain(chain, depth + 1) {
                Walk::Over => Walk::Over,
                _ => Walk::Back,
            },
            ["masquerade", ..] => {
                self.state.taken.is_masqueraded = true;
                Walk::Over
            }
            ["reject", ..] => {
                self.state.taken.end = End::Reject;
                Walk::Over
            }
            ["drop", ..] => {
                self.state.taken.end = End::Drop;
                Walk::Over
            }
            ["dnat", "to", to, ..] => {
                self.state.dnat(to);
                Walk::Over
            }
            ["dnat", ..] => {
                if let Some(endpoint) = self.state.packet.endpoint {
                    self.state.dnat(&endpoint.to_string());
                }
                Walk::Over
            }
            ["numgen", ..] => {
                let goes = action.windows(2).filter(|words| words[0] == "goto").map(|words| words[1]);
                let goes: Vec<String> = goes.map(str::to_owned).collect();
                match goes.into_iter().find(|chain| self.is_endpoint_chain(chain)) {
                    Some(chain) => self.act(&["goto", &chain], depth),
                    None => Walk::Next,
                }
            }
            _ => Walk::Next,
        }
    }

    fn leads_to_endpoint(&self, action: &[&str]) -> bool {
        matches!(action, ["goto", chain, ..] if self.is_endpoint_chain(chain))
    }

    /// Whether a chain rewrites to the endpoint that was picked.
    fn is_endpoint_chain(&self, chain: &str) -> bool {
        let Some(endpoint) = self.state.packet.endpoint else { return false };
        let wanted = endpoint.to_string();
        let rules = self.rules.get(chain).into_iter().flatten();
        rules.into_iter().any(|(_, rule)| rule.last() == Some(&wanted.as_str()))
    }
}
