//! For one Service, the verdict on every Pod of its namespace.

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use super::near_miss::{self, Difference};
use crate::api::{Kind, ObjectKey};
use crate::store::Store;

/// How a Pod stands to a Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// In a slice, ready.
    Ready,
    /// In a slice, not ready.
    NotReady,
    /// In a slice, terminating; `serving` when its process still answers.
    Terminating {
        /// The condition `serving`.
        serving: bool,
    },
    /// The labels match, yet it is in no slice.
    NotEligible,
    /// The labels differ by so little that it looks like a mistake.
    NearMiss(Vec<Difference>),
    /// Another Pod.
    NotSelected,
}

impl Standing {
    /// Whether the Pod is an endpoint of the Service, ready or not.
    pub fn is_endpoint(&self) -> bool {
        matches!(self, Standing::Ready | Standing::NotReady | Standing::Terminating { .. })
    }

    /// The word that stands beside the Pod.
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Ready => "endpoint",
            Standing::NotReady => "endpoint, not ready",
            Standing::Terminating { .. } => "endpoint, terminating",
            Standing::NotEligible => "not an endpoint",
            Standing::NearMiss(_) => "near miss",
            Standing::NotSelected => "not selected",
        }
    }
}

/// How one Pod stands, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The Pod.
    pub pod: ObjectKey,
    /// How it stands to the Service.
    pub standing: Standing,
    /// One sentence without a full stop.
    pub reason: Cow<'static, str>,
}

/// The verdicts on all Pods of the Service's namespace: endpoints first, then those that matter, then the others;
/// by name within each. Empty when there is no such Service.
pub fn verdicts(store: &Store, service: &ObjectKey) -> Vec<Verdict> {
    judged(store, service, |_| true)
}

/// The same without those on Pods that are simply others: in a large namespace nearly all are.
pub(super) fn noteworthy(store: &Store, service: &ObjectKey) -> Vec<Verdict> {
    judged(store, service, |standing| *standing != Standing::NotSelected)
}

fn judged(store: &Store, service: &ObjectKey, is_wanted: fn(&Standing) -> bool) -> Vec<Verdict> {
    let Some(found) = store.get(service).and_then(|object| object.get::<Service>()) else {
        return Vec::new();
    };
    let none = BTreeMap::new();
    let selector = found.spec.as_ref().and_then(|spec| spec.selector.as_ref()).unwrap_or(&none);
    let endpoints = endpoints_by_pod(store, service);
    let last_resort = last_resort(found);
    let mut verdicts: Vec<Verdict> = store
        .objects_in(Kind::Pod, &service.namespace)
        .filter_map(|object| Some((&object.key, object.get::<Pod>()?)))
        .filter_map(|(key, pod)| {
            let labels = pod.metadata.labels.as_ref().unwrap_or(&none);
            let endpoint = endpoints.get(&*key.name).copied();
            let (standing, reason) = judge(selector, pod, labels, endpoint, last_resort);
            is_wanted(&standing).then(|| Verdict { pod: key.clone(), standing, reason })
        })
        .collect();
    verdicts.sort_by_key(|verdict| rank(&verdict.standing));
    verdicts
}

fn rank(standing: &Standing) -> u8 {
    match standing {
        Standing::Ready => 0,
        Standing::NotReady => 1,
        Standing::Terminating { .. } => 2,
        Standing::NotEligible => 3,
        Standing::NearMiss(_) => 4,
        Standing::NotSelected => 5,
    }
}

/// For each Pod that is in a slice of the Service, its endpoint and the slice.
fn endpoints_by_pod<'a>(
    store: &'a Store,
    service: &ObjectKey,
) -> BTreeMap<&'a str, (&'a Endpoint, &'a EndpointSlice)> {
    store
        .slices_of(&service.namespace, &service.name)
        .flat_map(|slice| slice.endpoints.iter().flatten().map(move |endpoint| (endpoint, &**slice)))
        .filter_map(|(endpoint, slice)| {
            let target =
                endpoint.target_ref.as_ref().filter(|target| target.kind.as_deref() == Some("Pod"))?;
            Some((target.name.as_deref()?, (endpoint, slice)))
        })
        .collect()
}

fn judge(
    selector: &BTreeMap<String, String>,
    pod: &Pod,
    labels: &BTreeMap<String, String>,
    endpoint: Option<(&Endpoint, &EndpointSlice)>,
    last_resort: &str,
) -> (Standing, Cow<'static, str>) {
    if let Some((endpoint, slice)) = endpoint {
        let (standing, reason) = judge_endpoint(pod, endpoint, slice, last_resort);
        return (standing, reason.into());
    }
    let matches = !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    if matches {
        return (Standing::NotEligible, why_not_eligible(pod).into());
    }
    match near_miss::differences(selector, labels) {
        Some(differences) => {
            let text: Vec<String> = differences.iter().map(describe_difference).collect();
            (Standing::NearMiss(differences), text.join("; ").into())
        }
        None => (Standing::NotSelected, "Labels differ".into()),
    }
}

/// What a Pod has and what was wanted: `app=wbe, wanted app=web`.
pub fn describe_difference(difference: &Difference) -> String {
    match &difference.found {
        Some((key, value)) => format!("{key}={value}, wanted {}={}", difference.key, difference.wanted),
        None => format!("lacks {}={}", difference.key, difference.wanted),
    }
}

/// When kube-proxy sends to serving terminating endpoints of a Service: the traffic policies decide where none may be ready.
fn last_resort(service: &Service) -> &'static str {
    let spec = service.spec.as_ref();
    let local = |policy: Option<&String>| policy.is_some_and(|policy| policy == "Local");
    let inside = local(spec.and_then(|spec| spec.internal_traffic_policy.as_ref()));
    let outside = local(spec.and_then(|spec| spec.external_traffic_policy.as_ref()));
    match (inside, outside) {
        (false, false) => "used only when no endpoint is ready anywhere",
        (true, true) => "used only when no endpoint on the same node is ready",
        (false, true) => {
            "used only when no endpoint is ready anywhere; for traffic from outside, none on the same node"
        }
        (true, false) => {
            "used only when no endpoint on the same node is ready; for traffic from outside, none anywhere"
        }
    }
}

fn judge_endpoint(
    pod: &Pod,
    endpoint: &Endpoint,
    slice: &EndpointSlice,
    last_resort: &str,
) -> (Standing, String) {
    let conditions = endpoint.conditions.as_ref();
    // Absent means ready and serving, as kube-proxy reads it.
    let ready = conditions.and_then(|conditions| conditions.ready).unwrap_or(true);
    let serving = conditions.and_then(|conditions| conditions.serving).unwrap_or(ready);
    let terminating = conditions.and_then(|conditions| conditions.terminating).unwrap_or(false);
    if terminating {
        let reason = if serving {
            format!("Terminating but serving: {last_resort}")
        } else {
            "Terminating and no longer serving: gets no traffic".to_owned()
        };
        return (Standing::Terminating { serving }, reason);
    }
    if !ready {
        return (Standing::NotReady, why_not_ready(pod));
    }
    let ports: Vec<String> = slice
        .ports
        .iter()
        .flatten()
        .filter_map(|port| {
            let number = port.port?;
            Some(match port.name.as_deref().filter(|name| !name.is_empty()) {
                Some(name) => format!("port {name} is {number}"),
                None => format!("port {number}"),
            })
        })
        .collect();
    let reason = if ports.is_empty() {
        "Labels match and it is Ready, but none of the Service's ports was found in it".to_owned()
    } else {
        format!("Labels match, Ready, {}", ports.join(", "))
    };
    (Standing::Ready, reason)
}

/// Why a Pod is not Ready, in its condition's own words where it has some.
fn why_not_ready(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let condition = status
        .and_then(|status| status.conditions.as_ref())
        .and_then(|conditions| conditions.iter().find(|condition| condition.type_ == "Ready"));
    match condition {
        None => "Labels match, but it has no condition Ready yet".to_owned(),
        Some(condition) => match condition.message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => format!("Labels match, but Ready is {}: {message}", condition.status),
            None => format!("Labels match, but Ready is {}", condition.status),
        },
    }
}

fn why_not_eligible(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Pending");
    let has_ip = status.and_then(|status| status.pod_ips.as_ref()).is_some_and(|ips| !ips.is_empty());
    if phase == "Succeeded" || phase == "Failed" {
        format!("Labels match, but the Pod has ended ({phase})")
    } else if !has_ip {
        "Labels match, but the Pod has no IP yet".to_owned()
    } else {
        "Labels match, but no slice of the Service holds it".to_owned()
    }
}
