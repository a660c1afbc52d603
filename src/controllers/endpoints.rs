//! The Endpoints controller: from a Service and the Pods that it selects to the older Endpoints object of the same name.

mod known;

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{EndpointAddress, EndpointSubset, Endpoints, ObjectReference, Pod, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::endpoint_slice::{
    HEADLESS_LABEL, TRIGGER_TIME_ANNOTATION, endpoint_hostname, find_port, is_ipv6, is_pod_ready,
    should_pod_be_in_endpoints,
};
use super::endpoint_subsets::{Repacker, Subset, SubsetPort};
pub use known::KnownAddresses;

/// The label by which an Endpoints object names the controller that keeps it.
pub const MANAGED_BY_LABEL: &str = "endpoints.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY_LABEL`] on the objects of this controller.
pub const MANAGED_BY: &str = "endpoint-controller";
/// The annotation of an object from which addresses were left out.
pub const OVER_CAPACITY_ANNOTATION: &str = "endpoints.kubernetes.io/over-capacity";
/// The number of addresses that an Endpoints object holds.
const MAX_CAPACITY: usize = 1000;

/// What the controller looks at for one Service.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The Service.
    pub service: &'a Service,
    /// The Pods of its namespace that its selector matches, each once.
    pub pods: &'a [Arc<Pod>],
    /// The Endpoints object of the Service's name, if there is one.
    pub existing: Option<&'a Endpoints>,
    /// The time of the change that led here, for the annotation; `None` takes the annotation away.
    pub trigger_time: Option<&'a str>,
}

/// The one write.
#[derive(Clone, Debug)]
pub enum Write {
    /// Make this object.
    Create(Endpoints),
    /// Replace the object of this name.
    Update(Endpoints),
}

/// The address that a Pod wants.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    pod: &'a Pod,
    ip: &'a str,
    hostname: Option<&'a str>,
}

// Models pkg/controller/endpoint/endpoints_controller.go syncService
/// What the controller writes for a Service; `None` when all is as it should be.
///
/// - A Service of type `ExternalName` or without a selector: nothing; an object that exists is left alone. (The object of
///   a Service that is gone is deleted by the caller.)
/// - Each eligible Pod gives one address, of the Service's first IP family, for each port of the Service that it has. A Pod
///   that is being deleted is left out unless the Service publishes addresses that are not ready; then all are ready.
/// - A Service without ports has no subsets, unless it is headless: then subsets without ports.
/// - Over 1000 addresses, counted in all subsets, some are left out, and an annotation says so.
pub fn reconcile(input: &Input<'_>) -> Option<Write> {
    let service = input.service;
    if !is_managed(service) {
        return None;
    }
    let mut wanted = wanted_subsets(input);

    if let Some(existing) = input.existing {
        let present = existing.subsets.as_deref().unwrap_or_default();
        if same_subsets(&wanted, present)
            && labels_are_right(existing, service)
            && capacity_is_right(existing, present)
        {
            return None;
        }
    }

    let is_truncated = truncate(&mut wanted);
    Some(write_subsets(input, &wanted, is_truncated))
}

/// Whether the controller makes Endpoints for the Service: it has a selector and is not of type `ExternalName`.
fn is_managed(service: &Service) -> bool {
    service
        .spec
        .as_ref()
        .is_some_and(|spec| spec.selector.is_some() && spec.type_.as_deref() != Some("ExternalName"))
}

/// The write of an object with these subsets and nothing else of an existing one but its metadata.
fn write_subsets(input: &Input<'_>, wanted: &[Subset<'_, Candidate<'_>>], is_truncated: bool) -> Write {
    let service = input.service;
    let metadata = input.existing.map(|existing| existing.metadata.clone());
    let mut metadata = metadata.unwrap_or_else(|| ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        ..ObjectMeta::default()
    });
    metadata.labels = Some(wanted_labels(service));
    let annotations = metadata.annotations.get_or_insert_default();
    set(annotations, TRIGGER_TIME_ANNOTATION, input.trigger_time);
    set(annotations, OVER_CAPACITY_ANNOTATION, is_truncated.then_some("truncated"));
    if annotations.is_empty() {
        metadata.annotations = None;
    }
    let subsets = Some(wanted.iter().map(to_subset).collect()).filter(|all: &Vec<_>| !all.is_empty());
    let endpoints = Endpoints { metadata, subsets };
    if input.existing.is_some() { Write::Update(endpoints) } else { Write::Create(endpoints) }
}

fn set(annotations: &mut BTreeMap<String, String>, name: &str, value: Option<&str>) {
    match value {
        Some(value) => annotations.insert(name.to_owned(), value.to_owned()),
        None => annotations.remove(name),
    };
}

fn wanted_subsets<'a>(input: &Input<'a>) -> Vec<Subset<'a, Candidate<'a>>> {
    let service = input.service;
    let Some(spec) = &service.spec else { return Vec::new() };
    let tolerant = spec.publish_not_ready_addresses == Some(true);
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && spec.cluster_ip.as_deref() != Some("None") {
        return Vec::new();
    }
    let mut subsets = Repacker::new();
    for pod in input.pods.iter().map(|pod| &**pod).filter(|pod| should_pod_be_in_endpoints(pod, tolerant)) {
        let Some(ip) = pod_address(pod, service) else { continue };
        let ready = tolerant || is_pod_ready(pod);
        let uid = pod.metadata.uid.as_deref().unwrap_or_default();
        let address = subsets.add_address(ip, uid, Candidate::new(pod, ip, service));
        if ports.is_empty() {
            subsets.add_port(address, None, ready);
        }
        for (place, port) in ports.iter().enumerate() {
            let Some(number) = find_port(pod, port) else { continue };
            subsets.add_port(address, Some(SubsetPort::new(port, place, number)), ready);
        }
    }
    subsets.pack()
}

// Models pkg/controller/endpoint/endpoints_controller.go podToEndpointAddressForService
/// The Pod's first address, as it is spelled, of the Service's first IP family; without `ipFamilies`, of the cluster IP's
/// family; of a headless Service, of the family of the Pod's own `podIP`.
fn pod_address<'a>(pod: &'a Pod, service: &Service) -> Option<&'a str> {
    let spec = service.spec.as_ref()?;
    let status = pod.status.as_ref()?;
    let wants_ipv6 = match spec.ip_families.as_deref().and_then(<[String]>::first) {
        Some(family) => family == "IPv6",
        None => match spec.cluster_ip.as_deref() {
            None | Some("" | "None") => status.pod_ip.as_deref().is_some_and(is_ipv6),
            Some(ip) => is_ipv6(ip),
        },
    };
    status
        .pod_ips
        .iter()
        .flatten()
        .map(|ip| ip.ip.as_str())
        .find(|ip| is_ipv6(ip) == wants_ipv6)
        .filter(|ip| !ip.is_empty())
}

/// The Service's labels and the controller's own.
fn wanted_labels(service: &Service) -> BTreeMap<String, String> {
    let mut labels = service.metadata.labels.clone().unwrap_or_default();
    labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned());
    let cluster_ip = service.spec.as_ref().and_then(|spec| spec.cluster_ip.as_deref());
    if matches!(cluster_ip, None | Some("" | "None")) {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    } else {
        labels.remove(HEADLESS_LABEL);
    }
    labels
}

// Models pkg/controller/endpoint/endpoints_controller.go labelsCorrectForEndpoints
/// Whether the object is marked as this controller's and otherwise has just the Service's labels. The mark for headless
/// Services may be there or not.
fn labels_are_right(existing: &Endpoints, service: &Service) -> bool {
    let none = BTreeMap::new();
    let present = existing.metadata.labels.as_ref().unwrap_or(&none);
    let wanted = service.metadata.labels.as_ref().unwrap_or(&none);
    let own = |label: &str| label == HEADLESS_LABEL || label == MANAGED_BY_LABEL;
    present.get(MANAGED_BY_LABEL).is_some_and(|manager| manager == MANAGED_BY)
        && present.iter().filter(|(label, _)| !own(label)).eq(wanted.iter())
}

// Models pkg/controller/endpoint/endpoints_controller.go capacityAnnotationSetCorrectly
fn capacity_is_right(existing: &Endpoints, subsets: &[EndpointSubset]) -> bool {
    let count: usize = subsets.iter().map(|subset| ready_of(subset).len() + not_ready_of(subset).len()).sum();
    count <= MAX_CAPACITY && !is_over_capacity(existing)
}

/// Whether the object says that addresses were left out.
fn is_over_capacity(existing: &Endpoints) -> bool {
    let annotations = existing.metadata.annotations.as_ref();
    annotations.is_some_and(|annotations| annotations.contains_key(OVER_CAPACITY_ANNOTATION))
}

// Models pkg/controller/endpoint/endpoints_controller.go truncateEndpoints
/// Leaves out what is over the capacity; whether there was anything.
///
/// If the ready addresses alone are too many, each subset keeps its share of the capacity, rounded up while there is room, and
/// none that are not ready. Otherwise the ready ones all stay, and the rest of the capacity is shared out among the others.
/// Within a subset the first ones stay.
fn truncate<A>(subsets: &mut [Subset<'_, A>]) -> bool {
    let ready: usize = subsets.iter().map(|subset| subset.ready.len()).sum();
    let not_ready: usize = subsets.iter().map(|subset| subset.not_ready.len()).sum();
    if ready + not_ready <= MAX_CAPACITY {
        return false;
    }
    let too_many_ready = ready > MAX_CAPACITY;
    let (capacity, total) =
        if too_many_ready { (MAX_CAPACITY, ready) } else { (MAX_CAPACITY - ready, not_ready) };
    let mut room = capacity;
    for subset in subsets {
        let list = if too_many_ready { &mut subset.ready } else { &mut subset.not_ready };
        // Floating point as upstream: its rounding decides in the borderline cases.
        let share = ((list.len() as f64 / total as f64) * capacity as f64).ceil() as usize;
        list.truncate(share.min(room));
        room -= list.len();
        if too_many_ready {
            subset.not_ready.clear();
        }
    }
    true
}

fn to_subset(subset: &Subset<'_, Candidate<'_>>) -> EndpointSubset {
    let list = |candidates: &[Candidate<'_>]| -> Option<Vec<EndpointAddress>> {
        (!candidates.is_empty()).then(|| candidates.iter().map(|candidate| candidate.to_address()).collect())
    };
    EndpointSubset {
        addresses: list(&subset.ready),
        not_ready_addresses: list(&subset.not_ready),
        ports: (!subset.ports.is_empty()).then(|| subset.ports.iter().map(|port| port.to_port()).collect()),
    }
}

impl<'a> Candidate<'a> {
    fn new(pod: &'a Pod, ip: &'a str, service: &Service) -> Candidate<'a> {
        Candidate { pod, ip, hostname: endpoint_hostname(pod, service) }
    }
}

impl Candidate<'_> {
    fn node_name(&self) -> &str {
        self.pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or_default()
    }

    /// The address in full. The node's name is there even where it is empty.
    fn to_address(self) -> EndpointAddress {
        EndpointAddress {
            ip: self.ip.to_owned(),
            hostname: self.hostname.map(str::to_owned),
            node_name: Some(self.node_name().to_owned()),
            target_ref: Some(ObjectReference {
                kind: Some("Pod".to_owned()),
                namespace: self.pod.metadata.namespace.clone(),
                name: self.pod.metadata.name.clone(),
                uid: self.pod.metadata.uid.clone(),
                ..ObjectReference::default()
            }),
        }
    }

    fn is(&self, address: &EndpointAddress) -> bool {
        let same = |one: &Option<String>, other: Option<&str>| {
            one.as_deref().unwrap_or_default() == other.unwrap_or_default()
        };
        let meta = &self.pod.metadata;
        address.ip == self.ip
            && same(&address.hostname, self.hostname)
            && address.node_name.as_deref() == Some(self.node_name())
            && address.target_ref.as_ref().is_some_and(|target| {
                same(&target.kind, Some("Pod"))
                    && same(&target.namespace, meta.namespace.as_deref())
                    && same(&target.name, meta.name.as_deref())
                    && same(&target.uid, meta.uid.as_deref())
                    && same(&target.api_version, None)
                    && same(&target.field_path, None)
            })
    }
}

fn ready_of(subset: &EndpointSubset) -> &[EndpointAddress] {
    subset.addresses.as_deref().unwrap_or_default()
}

fn not_ready_of(subset: &EndpointSubset) -> &[EndpointAddress] {
    subset.not_ready_addresses.as_deref().unwrap_or_default()
}

/// Whether the subsets present are those wanted. The order of subsets and of ports has no meaning.
fn same_subsets(wanted: &[Subset<'_, Candidate<'_>>], present: &[EndpointSubset]) -> bool {
    let mut left: Vec<&EndpointSubset> = present.iter().collect();
    wanted.len() == left.len()
        && wanted.iter().all(|subset| match left.iter().position(|other| same_subset(subset, other)) {
            Some(place) => {
                left.swap_remove(place);
                true
            }
            None => false,
        })
}

fn same_subset(wanted: &Subset<'_, Candidate<'_>>, present: &EndpointSubset) -> bool {
    type Port<'p> = (&'p str, i32, &'p str, Option<&'p str>);
    let mut wanted_ports: Vec<Port<'_>> = wanted
        .ports
        .iter()
        .map(|port| (port.name, port.port, port.protocol, port.app_protocol.map(|(protocol, _)| protocol)))
        .collect();
    let mut present_ports: Vec<Port<'_>> = present
        .ports
        .iter()
        .flatten()
        .map(|port| {
            (
                port.name.as_deref().unwrap_or_default(),
                port.port,
                port.protocol.as_deref().unwrap_or_default(),
                port.app_protocol.as_deref(),
            )
        })
        .collect();
    wanted_ports.sort_unstable();
    present_ports.sort_unstable();
    let same = |wanted: &[Candidate<'_>], present: &[EndpointAddress]| {
        wanted.len() == present.len() && wanted.iter().zip(present).all(|(one, other)| one.is(other))
    };
    wanted_ports == present_ports
        && same(&wanted.ready, ready_of(present))
        && same(&wanted.not_ready, not_ready_of(present))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn subset(ready: usize, not_ready: usize) -> Subset<'static, ()> {
        Subset { ready: vec![(); ready], not_ready: vec![(); not_ready], ports: Vec::new() }
    }

    fn check(before: &[(usize, usize)], expected: Option<&[(usize, usize)]>) {
        let mut subsets: Vec<_> = before.iter().map(|(ready, not)| subset(*ready, *not)).collect();
        assert_eq!(truncate(&mut subsets), expected.is_some(), "{before:?}");
        let after: Vec<_> =
            subsets.iter().map(|subset| (subset.ready.len(), subset.not_ready.len())).collect();
        assert_eq!(after, expected.unwrap_or(before), "{before:?}");
    }

    #[test]
    fn ready_addresses_stay_before_others() {
        check(&[(600, 400)], None);
        check(&[(600, 401)], Some(&[(600, 400)]));
        check(&[(1001, 5)], Some(&[(1000, 0)]));
        check(&[(500, 300), (100, 300)], Some(&[(500, 200), (100, 200)]));
        check(&[(700, 0), (701, 0)], Some(&[(500, 0), (500, 0)]));
    }

    #[test]
    fn two_pods_with_one_address_are_two_addresses() {
        let service: Service = serde_json::from_value(json!({"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "clusterIP": "10.96.0.9", "ports": [{"port": 80, "targetPort": 80}]}}))
        .unwrap();
        let pod = |name: &str, uid: &str| -> Arc<Pod> {
            Arc::new(
                serde_json::from_value(json!({"metadata": {"name": name, "namespace": "shop", "uid": uid},
                "spec": {"containers": [], "nodeName": "n"},
                "status": {"podIP": "10.1.0.1", "podIPs": [{"ip": "10.1.0.1"}]}}))
                .unwrap(),
            )
        };
        let pods = [pod("b", "2"), pod("a", "1"), pod("c", "2")];
        let input = Input { service: &service, pods: &pods, existing: None, trigger_time: None };
        let Some(Write::Create(endpoints)) = reconcile(&input) else { panic!("nothing was created") };
        let names: Vec<_> = not_ready_of(&endpoints.subsets.as_ref().unwrap()[0])
            .iter()
            .map(|address| address.target_ref.as_ref().unwrap().name.clone().unwrap())
            .collect();
        assert_eq!(names, ["a", "b"]);
        let again = Input { existing: Some(&endpoints), ..input };
        assert!(reconcile(&again).is_none());
    }
}
