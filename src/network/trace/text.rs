//! A trace as a few lines of text, for tests and for the page's plain list.

use std::fmt::Write as _;

use crate::network::{Action, Client, Place, Trace};

/// One line for each hop and one for the outcome:
///
/// ```text
/// 1 Public DNS: web.example has A 203.0.113.10
/// 2 Load balancer of shop/web: DNAT node-2, one of 3 healthy nodes | 198.51.100.23:49152 | 203.0.113.10:80 -> 192.168.1.12:30080
/// = 200 OK
/// ```
///
/// After the decision stand the rule in brackets, the source and the destination.
pub fn hops_as_text(trace: &Trace) -> String {
    let mut text = String::new();
    for (number, hop) in trace.hops.iter().enumerate() {
        // Writing to a String can not fail.
        let _ = write!(text, "{} {}: ", number + 1, place(&hop.place));
        text.push_str(match hop.action {
            Action::Dnat => "DNAT ",
            Action::Snat => "SNAT ",
            Action::Reject => "REJECT ",
            Action::Drop => "DROP ",
            Action::Proxy => "PROXY ",
            Action::Reply => "REPLY ",
            Action::Resolve | Action::Send | Action::Forward | Action::Answer => "",
        });
        text.push_str(&hop.decision);
        if let Some(rule) = &hop.rule {
            let _ = write!(text, " [{rule}]");
        }
        for change in [&hop.source, &hop.destination].into_iter().flatten() {
            let _ = write!(text, " | {}", change.before);
            if change.is_rewritten() {
                let _ = write!(text, " -> {}", change.after);
            }
        }
        text.push('\n');
    }
    let _ = write!(text, "= {}", trace.outcome);
    if let Some((object, field)) = &trace.decided_by {
        let _ = write!(text, " ({object} {field})");
    }
    text.push('\n');
    text
}

/// A place as a person calls it.
fn place(place: &Place) -> String {
    match place {
        Place::Client(Client::Internet) => "Internet".to_owned(),
        Place::Client(client) => client.to_string(),
        Place::PublicDns => "Public DNS".to_owned(),
        Place::ClusterDns => "Cluster DNS".to_owned(),
        Place::LoadBalancer(service) => format!("Load balancer of {}/{}", service.namespace, service.name),
        Place::Node(name) => name.clone(),
        Place::Pod(pod) => pod.to_string(),
        Place::External(host) => host.clone(),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
