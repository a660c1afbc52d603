//! Findings: what is wrong with a Service, how sure that is, what proves it, and the change that mends it.

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;

use super::near_miss::Difference;
use super::verdict::{self, Standing, Verdict};
use crate::api::patch::Edit;
use crate::api::path::Path;
use crate::api::{Kind, ObjectKey};
use crate::store::Store;

/// How sure a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certainty {
    /// The objects alone prove it.
    Found,
    /// The objects prove it for one client or entry node.
    FoundForThisRequest,
    /// It needs what the objects do not say.
    Possible,
}

impl Certainty {
    /// The word on the finding.
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Found => "found",
            Certainty::FoundForThisRequest => "found for this request",
            Certainty::Possible => "possible",
        }
    }
}

/// A change that mends what was found.
#[derive(Clone, PartialEq, Debug)]
pub struct Fix {
    /// The object to change: the owner's template where the Pod has an owner.
    pub object: ObjectKey,
    /// The change.
    pub edits: Vec<Edit>,
    /// What the change does, as a button says it: `Set app=web`.
    pub label: String,
}

/// Something that is wrong, or may be.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// One line: `web-canary is one label away`.
    pub title: String,
    /// Whole sentences: what is the case and what follows from it.
    pub text: String,
    /// How sure.
    pub certainty: Certainty,
    /// The objects that prove it.
    pub evidence: Vec<ObjectKey>,
    /// What mends it, if one change does.
    pub fix: Option<Fix>,
}

/// The findings about a Service, an Ingress, a Gateway with its class and routes, or a NetworkPolicy, gravest first. Empty
/// when nothing is wrong, when there is no such object, and for other kinds.
pub fn findings(store: &Store, key: &ObjectKey) -> Vec<Finding> {
    match key.kind {
        Kind::Service => of_service(store, key),
        Kind::NetworkPolicy => super::talk::findings(store, key),
        _ => super::routing::findings(store, key),
    }
}

fn of_service(store: &Store, service: &ObjectKey) -> Vec<Finding> {
    let Some(found) = store.get(service).and_then(|object| object.get::<Service>()) else {
        return Vec::new();
    };
    let Some(spec) = &found.spec else { return Vec::new() };
    if spec.type_.as_deref() == Some("ExternalName") {
        return Vec::new();
    }
    let verdicts = verdict::noteworthy(store, service);
    let mut findings = Vec::new();
    let near: Vec<&Verdict> =
        verdicts.iter().filter(|verdict| matches!(verdict.standing, Standing::NearMiss(_))).collect();
    for verdict in &near {
        findings.extend(near_miss(store, service, verdict));
    }
    let selector = spec.selector.clone().unwrap_or_default();
    let has_endpoints = verdicts.iter().any(|verdict| verdict.standing.is_endpoint());
    if selector.is_empty() {
        findings.extend(no_selector(store, service));
    } else if !has_endpoints && near.is_empty() {
        findings.push(no_pod(store, service, &selector));
    }
    findings.extend(verdicts.iter().filter_map(|verdict| not_ready(store, verdict)));
    findings.extend(missing_named_ports(store, service, found, &verdicts));
    findings.extend(super::listening::findings(store, service, found));
    findings.extend(pending_load_balancer(service, found));
    findings
}

fn near_miss(store: &Store, service: &ObjectKey, verdict: &Verdict) -> Option<Finding> {
    let Standing::NearMiss(differences) = &verdict.standing else { return None };
    let count = match differences.len() {
        1 => "one label".to_owned(),
        several => format!("{several} labels"),
    };
    let pod = store.get(&verdict.pod)?.get::<Pod>()?;
    let address = pod.status.as_ref().and_then(|status| status.pod_ip.as_deref());
    let becomes = match address {
        Some(address) => format!("it becomes the endpoint {address}"),
        None => "it becomes an endpoint when it has an IP".to_owned(),
    };
    Some(Finding {
        title: format!("{} is {count} away", verdict.pod.name),
        text: format!(
            "{} selects Pods with {}. The Pod has {}. With the right label {becomes}.",
            service.name,
            join(differences.iter().map(|d| format!("{}={}", d.key, d.wanted))),
            join(differences.iter().map(|d| match &d.found {
                Some((key, value)) => format!("{key}={value}"),
                None => format!("no label {}", d.key),
            })),
        ),
        certainty: Certainty::Found,
        evidence: vec![service.clone(), verdict.pod.clone()],
        fix: Some(relabel(store, &verdict.pod, pod, differences)),
    })
}

/// Gives the Pod, or the template that it is made from, the labels that the selector wants.
fn relabel(store: &Store, key: &ObjectKey, pod: &Pod, differences: &[Difference]) -> Fix {
    let (object, labels) = template_of(store, key, pod);
    let mut edits = Vec::new();
    for difference in differences {
        if let Some((found, _)) = difference.found.as_ref().filter(|(found, _)| *found != difference.key) {
            edits.push(Edit { path: labels.field(found.clone()), value: None });
        }
        edits.push(Edit {
            path: labels.field(difference.key.clone()),
            value: Some(Value::String(difference.wanted.clone())),
        });
    }
    let label = format!("Set {}", join(differences.iter().map(|d| format!("{}={}", d.key, d.wanted))));
    Fix { object, edits, label }
}

/// The object whose labels decide a Pod's: the topmost owner with a template, else the Pod; and where in it they stand.
pub fn template_of(store: &Store, key: &ObjectKey, pod: &Pod) -> (ObjectKey, Path) {
    let mut owner = controller_of(store, &key.namespace, &pod.metadata);
    let mut top = None;
    while let Some(object) = owner {
        owner = store
            .get(&object)
            .and_then(|found| found.live.metadata())
            .and_then(|meta| controller_of(store, &key.namespace, meta));
        top = Some(object);
    }
    match top {
        Some(object) => {
            let labels = Path::ROOT.field("spec").field("template").field("metadata").field("labels");
            (object, labels)
        }
        None => (key.clone(), Path::ROOT.field("metadata").field("labels")),
    }
}

fn controller_of(
    store: &Store,
    namespace: &str,
    meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
) -> Option<ObjectKey> {
    let owner = meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    let key = ObjectKey::new(Kind::from_api(&owner.api_version, &owner.kind), namespace, owner.name.as_str());
    store.get(&key).filter(|object| object.uid() == owner.uid).map(|object| object.key.clone())
}

fn no_pod(
    store: &Store,
    service: &ObjectKey,
    selector: &std::collections::BTreeMap<String, String>,
) -> Finding {
    let wanted = join(selector.iter().map(|(key, value)| format!("{key}={value}")));
    let elsewhere: Vec<ObjectKey> = store
        .list::<k8s_openapi::api::core::v1::Namespace>()
        .filter_map(|namespace| namespace.metadata.name.as_deref())
        .filter(|namespace| *namespace != &*service.namespace)
        .flat_map(|namespace| store.pods_matching(namespace, selector))
        .filter_map(|pod| {
            Some(ObjectKey::pod(pod.metadata.namespace.as_deref()?, pod.metadata.name.as_deref()?))
        })
        .collect();
    let (title, text) = match elsewhere.first() {
        Some(first) => (
            "The Pods are in another namespace".to_owned(),
            format!(
                "No Pod in {} has {wanted}, but {} in {} does. A Service selects Pods of its own namespace only.",
                service.namespace, first.name, first.namespace
            ),
        ),
        None => (
            format!("No Pod has {wanted}"),
            format!(
                "The Service selects Pods with {wanted} in {}, and there is none. Connections are refused.",
                service.namespace
            ),
        ),
    };
    let evidence = std::iter::once(service.clone()).chain(elsewhere).collect();
    Finding { title, text, certainty: Certainty::Found, evidence, fix: None }
}

fn no_selector(store: &Store, service: &ObjectKey) -> Option<Finding> {
    let has_slices = store.slices_of(&service.namespace, &service.name).next().is_some();
    (!has_slices).then(|| Finding {
        title: "The Service has no selector and no slice".to_owned(),
        text: format!(
            "Without a selector nothing makes its endpoints. Give it a selector, or write an EndpointSlice with the \
             label kubernetes.io/service-name: {}.",
            service.name
        ),
        certainty: Certainty::Found,
        evidence: vec![service.clone()],
        fix: None,
    })
}

fn not_ready(store: &Store, verdict: &Verdict) -> Option<Finding> {
    if verdict.standing != Standing::NotReady {
        return None;
    }
    let pod = store.get(&verdict.pod)?.get::<Pod>()?;
    let switched_off = pod
        .metadata
        .annotations
        .as_ref()
        .is_some_and(|annotations| annotations.contains_key(READY_ANNOTATION));
    let fix = switched_off.then(|| Fix {
        object: verdict.pod.clone(),
        edits: vec![Edit {
            path: Path::ROOT.field("metadata").field("annotations").field(READY_ANNOTATION),
            value: None,
        }],
        label: "Let its probe succeed".to_owned(),
    });
    Some(Finding {
        title: format!("{} is not ready", verdict.pod.name),
        text: format!("{}. It is in the slice with ready=false, and gets no traffic.", verdict.reason),
        certainty: Certainty::Found,
        evidence: vec![verdict.pod.clone()],
        fix,
    })
}

/// The annotation that makes a Pod fail its readiness probe on the board.
pub const READY_ANNOTATION: &str = "playground.endpoint/ready";

fn missing_named_ports(
    store: &Store,
    service: &ObjectKey,
    found: &Service,
    verdicts: &[Verdict],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for port in found.spec.iter().flat_map(|spec| spec.ports.iter().flatten()) {
        let Some(IntOrString::String(wanted)) = &port.target_port else { continue };
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        let lacking: Vec<ObjectKey> = verdicts
            .iter()
            .filter(|verdict| verdict.standing.is_endpoint())
            .filter(|verdict| {
                let pod = store.get(&verdict.pod).and_then(|object| object.get::<Pod>());
                pod.is_some_and(|pod| !has_port(pod, wanted, protocol))
            })
            .map(|verdict| verdict.pod.clone())
            .collect();
        let Some(first) = lacking.first() else { continue };
        let more = match lacking.len() {
            1 => String::new(),
            several => format!(" and {} more", several - 1),
        };
        findings.push(Finding {
            title: format!("No port is named {wanted} in {}{more}", first.name),
            text: format!(
                "targetPort {wanted} is a name, and no container of the Pod has a {protocol} port of that name. \
                 The Pod stays an endpoint, but without this port, so nothing reaches it there."
            ),
            certainty: Certainty::Found,
            evidence: std::iter::once(service.clone()).chain(lacking).collect(),
            fix: None,
        });
    }
    findings
}

fn has_port(pod: &Pod, name: &str, protocol: &str) -> bool {
    let Some(spec) = &pod.spec else { return false };
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter().flatten()).any(
        |port| port.name.as_deref() == Some(name) && port.protocol.as_deref().unwrap_or("TCP") == protocol,
    )
}

fn pending_load_balancer(service: &ObjectKey, found: &Service) -> Option<Finding> {
    let is_balancer = found.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("LoadBalancer");
    let has_address = found
        .status
        .as_ref()
        .and_then(|status| status.load_balancer.as_ref())
        .and_then(|balancer| balancer.ingress.as_ref())
        .is_some_and(|ingress| !ingress.is_empty());
    (is_balancer && !has_address).then(|| Finding {
        title: "The load balancer has no address".to_owned(),
        text: "status.loadBalancer is empty, which kubectl shows as <pending>: no provider has given it an address."
            .to_owned(),
        certainty: Certainty::Found,
        evidence: vec![service.clone()],
        fix: None,
    })
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
