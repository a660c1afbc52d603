//! The EndpointSlice mirroring controller: EndpointSlices for an Endpoints object that somebody writes by hand, for a Service
//! without a selector.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{EndpointAddress, Endpoints, ObjectReference, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::Event;
use super::endpoint_slice::{
    AddressType, MANAGED_BY_LABEL, Plan, SERVICE_NAME_LABEL, TRIGGER_TIME_ANNOTATION, Write,
    controller_reference, name_prefix,
};
use super::endpoint_subsets::{Repacker, Subset, SubsetPort};
use crate::api::validation::parse_ip_sloppy;

/// The value of [`MANAGED_BY_LABEL`] on the slices of this controller.
pub const MANAGED_BY: &str = "endpointslicemirroring-controller.k8s.io";
/// The number of addresses of one subset that are mirrored, unless the controller is told otherwise
/// (`--mirroring-max-endpoints-per-subset`).
pub const MAX_ENDPOINTS_PER_SUBSET: usize = 1000;

const SKIP_LABEL: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER_ANNOTATION: &str = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED_ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

type Labels = BTreeMap<String, String>;

/// What the controller looks at for one Endpoints object.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The Endpoints object, if there is one.
    pub endpoints: Option<&'a Endpoints>,
    /// The Service of the same name, if there is one.
    pub service: Option<&'a Service>,
    /// The slices whose label names the Service. Those that other controllers keep are left alone.
    pub slices: &'a [Arc<EndpointSlice>],
    /// The number of addresses of one subset that are mirrored: [`MAX_ENDPOINTS_PER_SUBSET`].
    pub max_endpoints_per_subset: usize,
}

// Models pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go syncEndpoints
/// What the controller does for an Endpoints object. The events are about that object.
///
/// - No Endpoints object, one with the label `endpointslice.kubernetes.io/skip-mirror: "true"` or of a leader election, no
///   Service of the name, or one with a selector: all mirrored slices are deleted.
/// - Otherwise there is one slice for each address type and set of ports.
pub fn reconcile(input: &Input<'_>) -> Plan {
    let mut slices: Vec<&Arc<EndpointSlice>> = input
        .slices
        .iter()
        .filter(|slice| get(&slice.metadata.labels, MANAGED_BY_LABEL) == Some(MANAGED_BY))
        .collect();
    slices.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
    let has_selector = |service: &Service| service.spec.as_ref().is_some_and(|spec| spec.selector.is_some());
    let endpoints = input
        .endpoints
        .filter(|endpoints| should_mirror(endpoints))
        .filter(|_| input.service.is_some_and(|service| !has_selector(service)));
    match endpoints {
        Some(endpoints) => mirror(endpoints, slices, input.max_endpoints_per_subset),
        None => Plan {
            writes: slices.into_iter().map(|slice| Write::Delete(slice.clone())).collect(),
            settled: true,
            ..Plan::default()
        },
    }
}

// Models pkg/controller/endpointslicemirroring/endpointslicemirroring_controller.go shouldMirror
/// Whether the Endpoints object itself asks for no exception.
pub fn should_mirror(endpoints: &Endpoints) -> bool {
    get(&endpoints.metadata.labels, SKIP_LABEL) != Some("true")
        && get(&endpoints.metadata.annotations, LEADER_ANNOTATION).is_none()
}

fn get<'m>(map: &'m Option<Labels>, key: &str) -> Option<&'m str> {
    map.as_ref().and_then(|map| map.get(key)).map(String::as_str)
}

/// The endpoints of one address type and set of ports.
#[derive(Default)]
struct Wanted<'a> {
    ports: &'a [SubsetPort<'a>],
    endpoints: Vec<Mirrored<'a>>,
    /// The place of each endpoint by its identity.
    places: BTreeMap<Identity<'a>, usize>,
}

/// An address on its way to a slice.
struct Mirrored<'a> {
    ip: String,
    address: &'a EndpointAddress,
    ready: bool,
}

/// What makes two endpoints the same: IP, hostname, and the target's namespace and name.
type Identity<'a> = (String, &'a str, &'a str, &'a str);

/// Address type, then ports by value: `None` for a type that slices of this controller should not have.
type GroupKey = (Option<AddressType>, Vec<PortKey>);
type PortKey = (Option<String>, Option<i32>, Option<String>, Option<String>);

// Models pkg/controller/endpointslicemirroring/reconciler.go reconcile
/// Brings the slices in line with the subsets, which are packed anew before. Of each subset at most `max` addresses are
/// mirrored, the ready ones first; what is no IP address is left out. An event tells of either.
fn mirror(endpoints: &Endpoints, slices: Vec<&Arc<EndpointSlice>>, max: usize) -> Plan {
    let mut plan = Plan { settled: true, ..Plan::default() };
    let subsets = repacked(endpoints);
    let mut groups: BTreeMap<GroupKey, Wanted<'_>> = BTreeMap::new();
    let (mut invalid, mut skipped) = (0, 0);
    for subset in &subsets {
        for family in [AddressType::Ipv4, AddressType::Ipv6] {
            let key = (Some(family), port_keys(&to_ports(&subset.ports)));
            groups.entry(key).or_default().ports = &subset.ports;
        }
        let addresses = subset
            .ready
            .iter()
            .map(|ready| (ready, true))
            .chain(subset.not_ready.iter().map(|not| (not, false)));
        let total = subset.ready.len() + subset.not_ready.len();
        let mut added = 0;
        for (address, ready) in addresses {
            if added >= max {
                break;
            }
            let Some(ip) = parse_ip_sloppy(&address.ip) else {
                invalid += 1;
                continue;
            };
            let family = if ip.is_ipv4() { AddressType::Ipv4 } else { AddressType::Ipv6 };
            let key = (Some(family), port_keys(&to_ports(&subset.ports)));
            groups.entry(key).or_default().insert(Mirrored { ip: ip.to_string(), address, ready });
            added += 1;
        }
        skipped += total - added;
    }
    if invalid > 0 {
        plan.events.push(Event::warning(
            "InvalidIPAddress",
            format!("Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices"),
        ));
    }
    if skipped > invalid {
        plan.events.push(Event::warning(
            "TooManyAddressesToMirror",
            format!(
                "A max of {max} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped"
            ),
        ));
    }

    let mut existing: BTreeMap<GroupKey, Vec<&Arc<EndpointSlice>>> = BTreeMap::new();
    for slice in slices {
        let ports = port_keys(slice.ports.as_deref().unwrap_or_default());
        existing.entry((AddressType::parse(&slice.address_type), ports)).or_default().push(slice);
    }
    let mut creates = Vec::new();
    let mut updates = Vec::new();
    let mut deletes: Vec<&Arc<EndpointSlice>> = Vec::new();
    for (key, wanted) in &groups {
        let mut present = existing.remove(key).unwrap_or_default().into_iter();
        let Some(address_type) = key.0.filter(|_| !wanted.endpoints.is_empty()) else {
            deletes.extend(present);
            continue;
        };
        let first = present.next();
        deletes.extend(present);
        if first.is_some_and(|slice| wanted.is_mirrored_by(slice) && metadata_is_right(slice, endpoints)) {
            continue;
        }
        let slice = wanted.to_slice(endpoints, address_type, max, first.map(Arc::as_ref));
        if first.is_some() { updates.push(slice) } else { creates.push(slice) }
    }
    deletes.extend(existing.into_values().flatten());

    // A new slice takes the name of one that would be deleted, if the address type is the same.
    deletes.retain(|old| {
        match creates.iter().position(|new: &EndpointSlice| new.address_type == old.address_type) {
            Some(place) => {
                let mut slice = creates.remove(place);
                slice.metadata.name = old.metadata.name.clone();
                keep_identity(&mut slice, old);
                updates.push(slice);
                false
            }
            None => true,
        }
    });
    if endpoints.metadata.deletion_timestamp.is_some() {
        creates.clear();
    }
    plan.writes.extend(creates.into_iter().map(Write::Create));
    plan.writes.extend(updates.into_iter().map(Write::Update));
    plan.writes.extend(deletes.into_iter().map(|slice| Write::Delete(slice.clone())));
    plan
}

fn repacked(endpoints: &Endpoints) -> Vec<Subset<'_, &EndpointAddress>> {
    let mut packer = Repacker::new();
    let mut places = 0;
    for subset in endpoints.subsets.iter().flatten() {
        let ports: Vec<SubsetPort<'_>> = subset
            .ports
            .iter()
            .flatten()
            .map(|port| {
                places += 1;
                SubsetPort {
                    name: port.name.as_deref().unwrap_or_default(),
                    port: port.port,
                    protocol: port.protocol.as_deref().unwrap_or_default(),
                    app_protocol: port.app_protocol.as_deref().map(|protocol| (protocol, places)),
                }
            })
            .collect();
        for (list, ready) in [(&subset.addresses, true), (&subset.not_ready_addresses, false)] {
            for address in list.iter().flatten() {
                let target = address.target_ref.as_ref();
                let uid = target.and_then(|target| target.uid.as_deref()).unwrap_or_default();
                let place = packer.add_address(&address.ip, uid, address);
                if ports.is_empty() {
                    packer.add_port(place, None, ready);
                }
                ports.iter().for_each(|port| packer.add_port(place, Some(*port), ready));
            }
        }
    }
    packer.pack()
}

fn to_ports(ports: &[SubsetPort<'_>]) -> Vec<EndpointPort> {
    ports
        .iter()
        .map(|port| EndpointPort {
            name: Some(port.name.to_owned()),
            port: Some(port.port),
            protocol: Some(port.protocol.to_owned()),
            app_protocol: port.app_protocol.map(|(protocol, _)| protocol.to_owned()),
        })
        .collect()
}

fn port_keys(ports: &[EndpointPort]) -> Vec<PortKey> {
    let mut keys: Vec<PortKey> = ports
        .iter()
        .map(|port| (port.name.clone(), port.port, port.protocol.clone(), port.app_protocol.clone()))
        .collect();
    keys.sort_unstable();
    keys
}

impl<'a> Wanted<'a> {
    /// Adds an endpoint; one that is the same as an earlier one replaces it.
    fn insert(&mut self, endpoint: Mirrored<'a>) {
        let target = endpoint.address.target_ref.as_ref();
        let identity: Identity<'a> = (
            endpoint.ip.clone(),
            endpoint.address.hostname.as_deref().unwrap_or_default(),
            target.and_then(|target| target.namespace.as_deref()).unwrap_or_default(),
            target.and_then(|target| target.name.as_deref()).unwrap_or_default(),
        );
        let place = *self.places.entry(identity).or_insert(self.endpoints.len());
        match self.endpoints.get_mut(place) {
            Some(known) => *known = endpoint,
            None => self.endpoints.push(endpoint),
        }
    }

    // Models pkg/controller/endpointslicemirroring/reconciler.go totalChanges
    /// Whether the slice has just these endpoints, all up to date.
    fn is_mirrored_by(&self, slice: &EndpointSlice) -> bool {
        let present = slice.endpoints.as_deref().unwrap_or_default();
        present.len() == self.endpoints.len()
            && present
                .iter()
                .all(|endpoint| self.find(endpoint).is_some_and(|mirrored| mirrored.is_up_to_date(endpoint)))
    }

    fn find(&self, endpoint: &Endpoint) -> Option<&Mirrored<'a>> {
        let [ip] = endpoint.addresses.as_slice() else { return None };
        let target = endpoint.target_ref.as_ref();
        let place = self.places.get(&(
            ip.clone(),
            endpoint.hostname.as_deref().unwrap_or_default(),
            target.and_then(|target| target.namespace.as_deref()).unwrap_or_default(),
            target.and_then(|target| target.name.as_deref()).unwrap_or_default(),
        ))?;
        self.endpoints.get(*place)
    }

    // Models pkg/controller/endpointslicemirroring/utils.go newEndpointSlice
    /// The slice as it should be, with the labels and annotations of the Endpoints object: in place of `old`, or to be named.
    fn to_slice(
        &self,
        endpoints: &Endpoints,
        address_type: AddressType,
        max: usize,
        old: Option<&EndpointSlice>,
    ) -> EndpointSlice {
        let meta = &endpoints.metadata;
        let name = meta.name.clone().unwrap_or_default();
        let owner = controller_reference("Endpoints", &name, meta.uid.as_deref().unwrap_or_default());
        let mut labels = meta.labels.clone().unwrap_or_default();
        labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned());
        let mut slice = EndpointSlice {
            metadata: ObjectMeta {
                generate_name: old.is_none().then(|| name_prefix(&name)),
                name: old.and_then(|old| old.metadata.name.clone()),
                namespace: meta.namespace.clone(),
                annotations: Some(mirrored_annotations(endpoints)).filter(|all| !all.is_empty()),
                owner_references: Some(vec![owner]),
                ..ObjectMeta::default()
            },
            address_type: address_type.as_str().to_owned(),
            ports: Some(to_ports(self.ports)),
            endpoints: Some(self.endpoints.iter().take(max).map(Mirrored::to_endpoint).collect()),
        };
        labels.insert(SERVICE_NAME_LABEL.to_owned(), name);
        slice.metadata.labels = Some(labels);
        if let Some(old) = old {
            keep_identity(&mut slice, old);
        }
        slice
    }
}

/// Keeps what the API server would keep of the slice that is replaced.
fn keep_identity(slice: &mut EndpointSlice, old: &EndpointSlice) {
    slice.metadata.uid = old.metadata.uid.clone();
    slice.metadata.creation_timestamp = old.metadata.creation_timestamp.clone();
}

fn mirrored_annotations(endpoints: &Endpoints) -> Labels {
    let mut annotations = endpoints.metadata.annotations.clone().unwrap_or_default();
    annotations.remove(TRIGGER_TIME_ANNOTATION);
    annotations.remove(LAST_APPLIED_ANNOTATION);
    annotations
}

/// Whether the slice has the labels and annotations of the Endpoints object, besides the controller's own labels.
fn metadata_is_right(slice: &EndpointSlice, endpoints: &Endpoints) -> bool {
    let mut labels = slice.metadata.labels.clone().unwrap_or_default();
    labels.remove(MANAGED_BY_LABEL);
    labels.remove(SERVICE_NAME_LABEL);
    labels == endpoints.metadata.labels.clone().unwrap_or_default()
        && mirrored_annotations(endpoints) == slice.metadata.annotations.clone().unwrap_or_default()
}

impl Mirrored<'_> {
    // Models pkg/controller/endpointslicemirroring/utils.go addressToEndpoint
    /// The endpoint in full: of the conditions, only `ready` is said.
    fn to_endpoint(&self) -> Endpoint {
        Endpoint {
            addresses: vec![self.ip.clone()],
            conditions: Some(EndpointConditions { ready: Some(self.ready), ..EndpointConditions::default() }),
            hostname: self.address.hostname.clone().filter(|hostname| !hostname.is_empty()),
            node_name: self.address.node_name.clone(),
            target_ref: self.address.target_ref.clone(),
            ..Endpoint::default()
        }
    }

    fn is_up_to_date(&self, endpoint: &Endpoint) -> bool {
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        let without_version = |target: &Option<ObjectReference>| {
            let mut target = target.clone();
            if let Some(target) = &mut target {
                target.resource_version = None;
            }
            target
        };
        conditions == EndpointConditions { ready: Some(self.ready), ..EndpointConditions::default() }
            && endpoint.node_name == self.address.node_name
            && endpoint.zone.is_none()
            && without_version(&endpoint.target_ref) == without_version(&self.address.target_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn endpoints(subsets: Value) -> Endpoints {
        serde_json::from_value(json!({"metadata": {"name": "db", "namespace": "shop", "uid": "e1",
            "labels": {"team": "a"}, "annotations": {"note": "x", LAST_APPLIED_ANNOTATION: "{}"}}, "subsets": subsets}))
        .unwrap()
    }

    fn service(selector: Value) -> Service {
        serde_json::from_value(
            json!({"metadata": {"name": "db", "namespace": "shop"}, "spec": {"selector": selector}}),
        )
        .unwrap()
    }

    /// The writes as `create IPv4 [port] 10.0.0.1+ 10.0.0.2-`, `+` for ready.
    fn check(subsets: Value, slices: &[Arc<EndpointSlice>], expected: &[&str]) -> Vec<Arc<EndpointSlice>> {
        let endpoints = endpoints(subsets);
        let service = service(Value::Null);
        let input = Input {
            endpoints: Some(&endpoints),
            service: Some(&service),
            slices,
            max_endpoints_per_subset: 3,
        };
        let plan = reconcile(&input);
        let mut shown = Vec::new();
        let mut after: Vec<Arc<EndpointSlice>> = slices.to_vec();
        for write in plan.writes {
            let (verb, mut slice) = match write {
                Write::Create(slice) => ("create", slice),
                Write::Update(slice) => ("update", slice),
                Write::Delete(slice) => ("delete", (*slice).clone()),
            };
            let ports: Vec<String> =
                slice.ports.iter().flatten().map(|port| port.port.unwrap().to_string()).collect();
            let mut line = format!("{verb} {} [{}]", slice.address_type, ports.join(" "));
            for endpoint in slice.endpoints.iter().flatten() {
                let ready = endpoint.conditions.as_ref().unwrap().ready.unwrap();
                line += &format!(" {}{}", endpoint.addresses[0], if ready { '+' } else { '-' });
            }
            shown.push(line);
            after.retain(|old| old.metadata.name != slice.metadata.name);
            if verb != "delete" {
                slice.metadata.name.get_or_insert_with(|| format!("db-{}", shown.len()));
                after.push(Arc::new(slice));
            }
        }
        shown.extend(plan.events.iter().map(|event| event.message.clone()));
        assert_eq!(shown, expected);
        after
    }

    #[test]
    fn each_address_type_and_set_of_ports_has_one_slice() {
        let subsets = json!([{"addresses": [{"ip": "010.0.0.1"}, {"ip": "fd00::1"}],
            "notReadyAddresses": [{"ip": "10.0.0.2"}], "ports": [{"port": 5432, "protocol": "TCP"}]}]);
        let slices = check(
            subsets.clone(),
            &[],
            &["create IPv4 [5432] 10.0.0.1+ 10.0.0.2-", "create IPv6 [5432] fd00::1+"],
        );
        let labels = slices[0].metadata.labels.as_ref().unwrap();
        assert_eq!(labels["team"], "a");
        assert_eq!(labels[SERVICE_NAME_LABEL], "db");
        assert_eq!(slices[0].metadata.annotations.as_ref().unwrap().len(), 1);
        check(subsets, &slices, &[]);
    }

    #[test]
    fn name_is_reused_when_the_ports_change() {
        let subset = |port: u16| json!([{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": port}]}]);
        let slices = check(subset(1), &[], &["create IPv4 [1] 10.0.0.1+"]);
        let after = check(subset(2), &slices, &["update IPv4 [2] 10.0.0.1+"]);
        assert_eq!(after[0].metadata.name, slices[0].metadata.name);
        check(json!([]), &after, &["delete IPv4 [2] 10.0.0.1+"]);
    }

    #[test]
    fn what_is_invalid_or_too_much_is_left_out_with_an_event() {
        let addresses: Vec<Value> = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "x"]
            .iter()
            .map(|ip| json!({"ip": ip}))
            .collect();
        check(
            json!([{"addresses": [{"ip": "no"}], "ports": [{"port": 1}]}, {"addresses": addresses, "ports": [{"port": 2}]}]),
            &[],
            &[
                "create IPv4 [2] 10.0.0.1+ 10.0.0.2+ 10.0.0.3+",
                "Skipped 1 invalid IP addresses when mirroring to EndpointSlices",
                "A max of 3 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped",
            ],
        );
    }

    #[test]
    fn mirrored_slices_go_when_the_service_gets_a_selector() {
        let slices = check(json!([{"addresses": [{"ip": "10.0.0.1"}]}]), &[], &["create IPv4 [] 10.0.0.1+"]);
        let endpoints = endpoints(json!([]));
        let service = service(json!({"app": "db"}));
        let plan = reconcile(&Input {
            endpoints: Some(&endpoints),
            service: Some(&service),
            slices: &slices,
            max_endpoints_per_subset: MAX_ENDPOINTS_PER_SUBSET,
        });
        assert!(matches!(plan.writes.as_slice(), [Write::Delete(_)]));
    }
}
