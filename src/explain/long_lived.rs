//! Connections that stay open are not rebalanced: Pods that became ready later get nothing of them.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Certainty, Finding};
use crate::api::{Kind, ObjectKey};
use crate::cluster::{Cluster, OpenConnection};
use crate::network::Place;

/// The finding that connections to a Service which are kept open go to fewer Pods than could serve them; `None` when
/// they do not.
pub fn unbalanced(cluster: &Cluster, service: &ObjectKey) -> Option<Finding> {
    let open: Vec<&OpenConnection> = cluster
        .connections()
        .values()
        .map(|open| &**open)
        .filter(|open| open.closed.is_none() && open.connection.service.as_ref() == Some(service))
        .collect();
    let first = open.first()?;
    let mut requests: BTreeMap<&ObjectKey, u64> = BTreeMap::new();
    for open in &open {
        if let Place::Pod(key) = &open.connection.server {
            *requests.entry(key).or_default() += open.requests;
        }
    }
    let ready: BTreeSet<ObjectKey> = cluster
        .store()
        .slices_of(&service.namespace, &service.name)
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|endpoint| {
            endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
        })
        .filter_map(|endpoint| endpoint.target_ref.as_ref()?.name.as_deref())
        .map(|name| ObjectKey::new(Kind::Pod, service.namespace.clone(), name))
        .collect();
    let idle: Vec<&ObjectKey> = ready.iter().filter(|pod| !requests.contains_key(pod)).collect();
    let (idle_one, busy) = (idle.first()?, requests.keys().next()?);
    let sent: u64 = requests.values().sum();
    let (name, to) = (&idle_one.name, first.connection.target.as_str());
    Some(Finding {
        title: format!("{} of {} ready Pods get nothing of the open connections", idle.len(), ready.len()),
        text: format!(
            "{} went over {} to {to}, opened when {} was picked. The rules are asked for a connection's first packet alone, so \
             Pods such as {name} get nothing of it, however many requests it carries. Balance on the client (a headless Service, \
             gRPC's round_robin), with a proxy that reads requests, or close connections from time to time.",
            if sent == 1 { "1 request".to_owned() } else { format!("{sent} requests") },
            match open.len() {
                1 => "1 connection".to_owned(),
                n => format!("{n} connections"),
            },
            busy.name
        ),
        certainty: Certainty::FoundForThisRequest,
        evidence: std::iter::once(service.clone()).chain(idle.into_iter().cloned()).collect(),
        fix: None,
    })
}
