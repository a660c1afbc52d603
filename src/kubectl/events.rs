//! The Events of an object, as `kubectl describe` lists them: those that the controllers of this board reported, and
//! those that came with the objects that were applied.

use super::ApiServer;
use super::age::{moment, since};
use super::doc::Doc;
use super::page::Page;
use crate::api::{Kind, Live, ObjectKey};
use crate::cluster::{Actor, LogEntry};

/// Seconds after which the API server forgets an Event: `--event-ttl`.
const TIME_TO_LIVE: i64 = 3_600;

/// What the controller that mirrors Endpoints reports of them.
const MIRRORING: [&str; 2] = ["InvalidIPAddress", "TooManyAddressesToMirror"];

/// One line of the table. Moments are in seconds since 1970.
struct Line {
    event_type: String,
    reason: String,
    first: Option<i64>,
    last: Option<i64>,
    count: i64,
    /// When a series of Events was seen last, for one that is kept as a series.
    series: Option<i64>,
    from: String,
    message: String,
}

// Models staging/src/k8s.io/kubectl/pkg/describe/describe.go DescribeEvents
/// Writes the Events of an object.
pub fn describe_events(page: &mut Page, server: ApiServer<'_>, key: &ObjectKey) {
    let mut lines = applied(server, key);
    lines.extend(reported(server, key));
    if lines.is_empty() {
        page.field(0, "Events", "<none>");
        return;
    }
    page.end_columns();
    lines.sort_by_key(|line| line.last);
    page.line(0, &["Events:"]);
    page.line(1, &["Type", "Reason", "Age", "From", "Message"]);
    page.line(1, &["----", "------", "----", "----", "-------"]);
    for line in &lines {
        let first = since(line.first, server.seconds());
        let again = line.series.or_else(|| line.last.filter(|_| line.count > 1));
        let age = match again {
            Some(last) => {
                let last = since(Some(last), server.seconds());
                format!("{last} (x{} over {first})", line.count)
            }
            None => first,
        };
        page.line(1, &[&line.event_type, &line.reason, &age, &line.from, &line.message]);
    }
}

/// The Events among the objects.
fn applied(server: ApiServer<'_>, key: &ObjectKey) -> Vec<Line> {
    let events = server.store.objects_of(Kind::from_api("v1", "Event"));
    let lines = events.filter_map(|object| {
        let Live::Other(value) = &object.live else { return None };
        let event = Doc(value);
        let of = event.at("involvedObject");
        let is_of = of.text("kind") == key.kind.name()
            && of.text("name") == &*key.name
            && (key.namespace.is_empty() || of.text("namespace") == &*key.namespace);
        is_of.then(|| {
            let message = event.text("message").trim();
            Line {
                event_type: event.text("type").to_owned(),
                reason: event.text("reason").to_owned(),
                first: moment(event, "eventTime").or_else(|| moment(event, "firstTimestamp")),
                last: moment(event, "lastTimestamp"),
                count: event.number("series.count").max(event.number("count")),
                series: moment(event, "series.lastObservedTime"),
                from: event.text_or("source.component", event.text("reportingComponent")).to_owned(),
                message: match of.text("fieldPath") {
                    "" => message.to_owned(),
                    path => [path, ": ", message].concat(),
                },
            }
        })
    });
    lines.collect()
}

// Models client-go/tools/record/events_cache.go: the same thing said again is counted
/// What the controllers reported of the object since it was made.
fn reported(server: ApiServer<'_>, key: &ObjectKey) -> Vec<Line> {
    let meta = server.store.get(key).and_then(|object| object.live.metadata());
    let created = meta.and_then(|meta| meta.creation_timestamp.as_ref()).map(|at| at.0.as_second());
    let mut lines: Vec<Line> = Vec::new();
    // What is said of the mirroring of Endpoints is kept with their Service.
    let is_endpoints = key.kind == Kind::Endpoints;
    let kept_with =
        ObjectKey { kind: if is_endpoints { Kind::Service } else { key.kind.clone() }, ..key.clone() };
    let entries = server.events.iter().filter(|entry| {
        entry.actor == Actor::Cluster
            && entry.object.as_ref() == Some(&kept_with)
            && (key.kind != Kind::Endpoints && key.kind != Kind::Service
                || is_endpoints == MIRRORING.contains(&&*entry.reason))
    });
    for entry in entries {
        let at = entry.at.to_timestamp().0.as_second();
        let Some(from) = component(entry) else { continue };
        // One of the same name may have been there before: its Events name another UID.
        if created.is_some_and(|created| at < created) {
            continue;
        }
        let event_type = if entry.warning { "Warning" } else { "Normal" };
        // What is said twice at one moment is said of two containers.
        let same = lines.iter_mut().find(|line| {
            line.event_type == event_type
                && line.reason == entry.reason
                && line.message == entry.message
                && line.last != Some(at)
        });
        match same {
            Some(line) => {
                line.last = Some(at);
                line.count += 1;
            }
            None => lines.push(Line {
                event_type: event_type.to_owned(),
                reason: entry.reason.clone(),
                first: Some(at),
                last: Some(at),
                count: 1,
                series: None,
                from: from.to_owned(),
                message: entry.message.clone(),
            }),
        }
    }
    lines.retain(|line| line.last.is_some_and(|last| server.seconds() - last <= TIME_TO_LIVE));
    lines
}

/// Who reports such an Event, as its `source.component` says; `None` for what the playground alone tells.
fn component(entry: &LogEntry) -> Option<&'static str> {
    let kind = &entry.object.as_ref()?.kind;
    Some(match (kind, entry.reason.as_str()) {
        (_, "FailedWrite" | "NeverAtRest") => return None,
        (Kind::Pod, "Scheduled" | "FailedScheduling") => "default-scheduler",
        (Kind::Pod, _) | (Kind::Node, "NodeReady") => "kubelet",
        (Kind::Node, _) => "node-controller",
        (Kind::Service, "IPAllocated" | "AllocationFailed") => "metallb-controller",
        (Kind::Service, "EnsuringLoadBalancer" | "EnsuredLoadBalancer") => "service-controller",
        (Kind::Service, "DeletingLoadBalancer" | "DeletedLoadBalancer") => "service-controller",
        (Kind::Service, "SyncLoadBalancerFailed") => "service-controller",
        (Kind::Service, reason) if MIRRORING.contains(&reason) => "endpoint-slice-mirroring-controller",
        (Kind::Service, _) => "endpoint-slice-controller",
        (Kind::Ingress, _) => "nginx-ingress-controller",
        (Kind::Deployment, _) => "deployment-controller",
        (Kind::ReplicaSet, _) => "replicaset-controller",
        (Kind::StatefulSet, _) => "statefulset-controller",
        (Kind::DaemonSet, _) => "daemonset-controller",
        (Kind::ReplicationController, _) => "replication-controller",
        _ => return None,
    })
}
