//! The whole of a Service: from all its Pods and slices to a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

use super::address::{AddressType, address_types};
use super::endpoint::{Candidate, node_name, publishes_not_ready, should_pod_be_in_endpoints};
use super::fill::{Draft, Edit, SliceWork, fill};
use super::hints::{HintMode, SliceSets, hint_mode};
use super::port::{PortKey, PortResolver};
use super::slice::{
    endpoints_of, is_owned_by, is_same_placeholder, is_visible, name_of, new_slice, set_trigger_time,
    wanted_labels,
};
use super::topology::TopologyCache;
use super::{Context, Event, Input, NodeNotFound, Plan, Write};

// Models pkg/controller/endpointslice/endpointslice_controller.go syncService and
// k8s.io/endpointslice/reconciler.go Reconcile
/// What the controller does for a Service, from all that is there.
///
/// - A Service of type `ExternalName` or without a selector: nothing; slices that exist are left alone.
/// - Otherwise, for each address type of the Service, its slices are brought in line with its Pods.
/// - Slices of other address types are deleted.
///
/// A Pod whose Node does not exist is left out, and the plan has an error and the event `FailedToUpdateEndpointSlices`.
pub fn reconcile(input: &Input<'_>, topology: &mut TopologyCache) -> Plan {
    let mut plan = Plan::default();
    let Input { service, .. } = *input;
    if !is_managed(service) {
        return plan;
    }
    let mut slices: Vec<&Arc<EndpointSlice>> =
        input.slices.iter().filter(|slice| is_visible(slice, service)).collect();
    slices.sort_by(|one, other| name_of(one).cmp(name_of(other)));

    let families = address_types(service);
    let (supported, unsupported): (Vec<_>, Vec<_>) = slices.into_iter().partition(|slice| {
        AddressType::parse(&slice.address_type).is_some_and(|family| families.contains(&family))
    });
    for slice in &unsupported {
        topology.remove_hints(service, &slice.address_type);
    }

    let pods = EligiblePods::new(input);
    for family in families {
        let existing: Vec<_> =
            supported.iter().copied().filter(|slice| slice.address_type == family.as_str()).collect();
        reconcile_address_type(input, &pods, &existing, family, topology, &mut plan);
    }
    plan.writes.extend(unsupported.into_iter().map(|slice| Write::Delete(slice.clone())));

    if !pods.skipped.is_empty() {
        let error = NodeNotFound { messages: pods.skipped };
        plan.events.push(Event::warning(
            "FailedToUpdateEndpointSlices",
            format!(
                "Error updating Endpoint Slices for Service {}/{}: {error}",
                service.metadata.namespace.as_deref().unwrap_or_default(),
                service.metadata.name.as_deref().unwrap_or_default(),
            ),
        ));
        plan.error = Some(error);
    }
    plan.settled = plan.error.is_none()
        && service.metadata.deletion_timestamp.is_none()
        && hint_mode(service) != HintMode::TopologyAuto;
    plan
}

/// Whether the controller makes slices for the Service: it has a selector and is not of type `ExternalName`.
pub(super) fn is_managed(service: &Service) -> bool {
    service
        .spec
        .as_ref()
        .is_some_and(|spec| spec.selector.is_some() && spec.type_.as_deref() != Some("ExternalName"))
}

/// A Pod that may be an endpoint, with what is the same for both address types.
struct EligiblePod<'a> {
    pod: &'a Pod,
    node: Option<&'a k8s_openapi::api::core::v1::Node>,
    group: usize,
    /// Whether it is left out because its Node does not exist. Its ports are wanted all the same.
    skipped: bool,
}

struct EligiblePods<'a> {
    pods: Vec<EligiblePod<'a>>,
    ports: PortResolver<'a>,
    /// Why Pods were left out, each message once.
    skipped: Vec<String>,
}

impl<'a> EligiblePods<'a> {
    fn new(input: &Input<'a>) -> EligiblePods<'a> {
        let mut ports = PortResolver::new(input.service);
        let mut skipped = Vec::new();
        let tolerant = publishes_not_ready(input.service);
        let pods = input
            .pods
            .iter()
            .filter(|pod| should_pod_be_in_endpoints(pod, true))
            .map(|pod| {
                let node = node_name(pod).and_then(|name| (input.nodes)(name));
                let skip = node.is_none() && !tolerant;
                if skip {
                    skipped.push(skip_message(pod, input.service));
                }
                EligiblePod { pod, node, group: ports.group_of(pod), skipped: skip }
            })
            .collect();
        EligiblePods { pods, ports, skipped }
    }
}

fn skip_message(pod: &Pod, service: &Service) -> String {
    format!(
        "skipping Pod {} for Service {}/{}: Node {} Not Found",
        pod.metadata.name.as_deref().unwrap_or_default(),
        service.metadata.namespace.as_deref().unwrap_or_default(),
        service.metadata.name.as_deref().unwrap_or_default(),
        node_name(pod).unwrap_or_default(),
    )
}

// Models k8s.io/endpointslice/reconciler.go reconcileByAddressType
/// Brings the slices of one address type in line with the Pods. Slices of another owner are deleted.
fn reconcile_address_type<'a>(
    input: &Input<'a>,
    pods: &EligiblePods<'a>,
    existing: &[&'a Arc<EndpointSlice>],
    address_type: AddressType,
    topology: &mut TopologyCache,
    plan: &mut Plan,
) {
    let service = input.service;
    let context = Context::new(input, address_type);
    let mut draft = Draft::default();

    let mut by_ports: BTreeMap<PortKey<'a>, Vec<&'a Arc<EndpointSlice>>> = BTreeMap::new();
    for slice in existing {
        if is_owned_by(slice, service) {
            by_ports.entry(PortKey::of_slice(slice.ports.as_deref())).or_default().push(slice);
        } else {
            draft.deletes.push(slice);
        }
    }

    let mut wanted: Vec<Vec<Candidate<'a>>> = pods.ports.groups().iter().map(|_| Vec::new()).collect();
    for pod in pods.pods.iter().filter(|pod| !pod.skipped) {
        if let Some(group) = wanted.get_mut(pod.group) {
            group.extend(Candidate::new(pod.pod, pod.node, service, address_type));
        }
    }
    let mut groups: Vec<usize> = (0..wanted.len()).collect();
    groups.sort_by_key(|&group| pods.ports.groups().get(group).map(|group| &group.key));
    for group in groups {
        let Some(key) = pods.ports.groups().get(group).map(|group| &group.key) else { continue };
        let slices = by_ports.remove(key).unwrap_or_default();
        let (works, additions) =
            compare(slices, wanted.get_mut(group).map(std::mem::take).unwrap_or_default());
        fill(&context, works, additions, || pods.ports.endpoint_ports(group), &mut draft);
    }
    // What is left has ports that no Pod has any more.
    draft.deletes.extend(by_ports.into_values().flatten());

    let mode = hint_mode(service);
    context.add_placeholder(existing.len(), &mut draft);
    let Draft { creates, updates, deletes } = draft;
    let unchanged = unchanged(existing, &updates, &deletes);
    let mut sets = SliceSets { creates, updates, unchanged };
    if mode == HintMode::TopologyAuto {
        plan.events.extend(topology.add_hints(service, address_type, &mut sets));
    } else {
        plan.events.extend(topology.turn_off(service, address_type));
        put_hints(mode, &mut sets);
    }
    context.finalize(sets, deletes, input.trigger_time, &mut plan.writes);
}

/// Hints as `spec.trafficDistribution` wants them.
pub(super) fn put_hints(mode: HintMode, sets: &mut SliceSets<'_>) {
    match mode {
        HintMode::SameZone => sets.put_close_hints(false),
        HintMode::SameNode => sets.put_close_hints(true),
        HintMode::Off | HintMode::TopologyAuto => sets.remove_hints(),
    }
}

/// Finds the wanted endpoints in the slices of their group: gives the changes that each slice needs, and the endpoints
/// that are in none. An endpoint that is in several places stays in the first.
fn compare<'a>(
    slices: Vec<&'a Arc<EndpointSlice>>,
    wanted: Vec<Candidate<'a>>,
) -> (Vec<SliceWork<'a>>, Vec<Candidate<'a>>) {
    if slices.is_empty() {
        return (Vec::new(), wanted);
    }
    let mut wanted = WantedEndpoints::new(wanted);
    let works = slices
        .into_iter()
        .map(|slice| {
            let mut edits = Vec::new();
            for (position, endpoint) in endpoints_of(slice).iter().enumerate() {
                let wanted = wanted.take(endpoint);
                if wanted.as_ref().is_none_or(|wanted| !wanted.is_up_to_date(endpoint)) {
                    edits.push(Edit { position, wanted });
                }
            }
            SliceWork { slice, edits }
        })
        .collect();
    (works, wanted.candidates.into_iter().flatten().collect())
}

/// The wanted endpoints of a group that are not found in a slice yet. Names are unique among the Pods of one namespace.
struct WantedEndpoints<'a> {
    candidates: Vec<Option<Candidate<'a>>>,
    /// Each name with its place among the candidates, ordered by name.
    names: Vec<(&'a str, usize)>,
    /// Where in `names` the one is expected that is asked for next: slices are filled in the order of names, mostly.
    next: usize,
}

impl<'a> WantedEndpoints<'a> {
    fn new(candidates: Vec<Candidate<'a>>) -> WantedEndpoints<'a> {
        let mut names: Vec<(&'a str, usize)> =
            candidates.iter().enumerate().map(|(place, candidate)| (candidate.name(), place)).collect();
        names.sort_unstable();
        WantedEndpoints { candidates: candidates.into_iter().map(Some).collect(), names, next: 0 }
    }

    /// Takes the candidate that this endpoint is; `None` when it is not wanted, or was taken before.
    fn take(&mut self, endpoint: &Endpoint) -> Option<Candidate<'a>> {
        let name = endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref()).unwrap_or_default();
        let place = match self.names.get(self.next) {
            Some((expected, _)) if *expected == name => self.next,
            _ => self.names.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?,
        };
        self.next = place + 1;
        let (_, candidate) = self.names.get(place)?;
        self.candidates.get_mut(*candidate)?.take_if(|candidate| candidate.is_same(endpoint))
    }
}

// Models k8s.io/endpointslice/utils.go unchangedSlices
fn unchanged<'a>(
    existing: &[&'a Arc<EndpointSlice>],
    updates: &[EndpointSlice],
    deletes: &[&Arc<EndpointSlice>],
) -> Vec<&'a Arc<EndpointSlice>> {
    let mut changed: Vec<&str> = updates.iter().map(name_of).collect();
    changed.extend(deletes.iter().map(|slice| name_of(slice)));
    changed.sort_unstable();
    existing.iter().copied().filter(|slice| changed.binary_search(&name_of(slice)).is_err()).collect()
}

impl<'a> Context<'a> {
    pub(super) fn new(input: &Input<'a>, address_type: AddressType) -> Context<'a> {
        Context {
            service: input.service,
            labels: wanted_labels(input.service),
            address_type,
            max_endpoints_per_slice: input.max_endpoints_per_slice.max(1),
        }
    }

    /// A Service always has a slice of each address type: adds an empty one without ports where none would be left. An
    /// existing one that is the same stays, even if it has another owner.
    pub(super) fn add_placeholder(&self, existing: usize, draft: &mut Draft<'_>) {
        if existing != draft.deletes.len() || !draft.creates.is_empty() {
            return;
        }
        let placeholder = new_slice(self.service, &self.labels, Vec::new(), self.address_type);
        match draft.deletes.as_slice() {
            [only] if is_same_placeholder(only, &placeholder) => draft.deletes.clear(),
            _ => draft.creates.push(placeholder),
        }
    }

    // Models k8s.io/endpointslice/reconciler.go finalize
    /// Adds the writes. A new slice takes the name of one that would be deleted, if that has the same owner: two writes
    /// become one. For a Service that is about to be deleted nothing new is made.
    pub(super) fn finalize(
        &self,
        sets: SliceSets<'_>,
        mut deletes: Vec<&Arc<EndpointSlice>>,
        trigger_time: Option<&str>,
        writes: &mut Vec<Write>,
    ) {
        let SliceSets { mut creates, mut updates, .. } = sets;
        deletes.sort_by(|one, other| name_of(one).cmp(name_of(other)));
        deletes.retain(|old| {
            if !is_owned_by(old, self.service) {
                return true;
            }
            let Some(mut slice) = creates.pop() else { return true };
            slice.metadata.name = old.metadata.name.clone();
            slice.metadata.uid = old.metadata.uid.clone();
            slice.metadata.creation_timestamp = old.metadata.creation_timestamp.clone();
            updates.push(slice);
            false
        });
        if self.service.metadata.deletion_timestamp.is_some() {
            creates.clear();
        }
        for slice in creates.iter_mut().chain(&mut updates) {
            set_trigger_time(slice, trigger_time);
        }
        writes.extend(creates.into_iter().map(Write::Create));
        writes.extend(updates.into_iter().map(Write::Update));
        writes.extend(deletes.into_iter().map(|slice| Write::Delete(slice.clone())));
    }
}
