//! A few changed Pods of a settled Service, without a look at its other Pods.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::address::{AddressType, address_types};
use super::endpoint::{Candidate, node_name, publishes_not_ready, should_pod_be_in_endpoints};
use super::fill::{Draft, Edit, SliceWork, fill};
use super::hints::{SliceSets, hint_mode};
use super::port::{PortKey, PortResolver};
use super::reconcile::put_hints;
use super::slice::{endpoints_of, is_owned_by, is_same_placeholder, is_visible, labels_changed, new_slice};
use super::{Context, Input, Plan};

/// What is known of a Service whose slices are as they should be. Clones share everything.
#[derive(Clone, Debug)]
pub struct ServiceState {
    service: Arc<Service>,
    nodes_version: u64,
    slices: Arc<[KnownSlice]>,
}

#[derive(Clone, Debug)]
struct KnownSlice {
    slice: Arc<EndpointSlice>,
    /// `None` for a slice that the controller does not look at.
    address_type: Option<AddressType>,
    /// The places of the slice's endpoints, ordered by the names of their Pods.
    by_pod: Arc<[usize]>,
}

impl ServiceState {
    /// What is known after `plan` has been carried out, every write of it; `None` when the plan left something open.
    ///
    /// `slices` are those that would be given as [`Input::slices`] now. `nodes_version` is a number that changes whenever a
    /// Node comes, goes or changes its zone. `previous` saves work for slices that have stayed the same.
    pub fn new<'s>(
        plan: &Plan,
        service: &Arc<Service>,
        nodes_version: u64,
        slices: impl IntoIterator<Item = &'s Arc<EndpointSlice>>,
        previous: Option<&ServiceState>,
    ) -> Option<ServiceState> {
        if !plan.settled {
            return None;
        }
        let known = previous.filter(|state| Arc::ptr_eq(&state.service, service));
        let known: &[KnownSlice] = known.map(|state| &*state.slices).unwrap_or_default();
        let slices = slices
            .into_iter()
            .enumerate()
            .map(|(place, slice)| {
                let same = |known: &&KnownSlice| Arc::ptr_eq(&known.slice, slice);
                let found = known.get(place).filter(same).or_else(|| known.iter().find(same));
                found.cloned().unwrap_or_else(|| KnownSlice::new(slice, service))
            })
            .collect();
        Some(ServiceState { service: service.clone(), nodes_version, slices })
    }

    /// Whether this is what is known of the very same Service.
    pub fn is_of(&self, service: &Arc<Service>) -> bool {
        Arc::ptr_eq(&self.service, service)
    }

    /// Whether service, nodes and slices are still the very same.
    fn holds(&self, input: &PodChanges<'_>) -> bool {
        self.is_of(input.service)
            && self.nodes_version == input.nodes_version
            && self.slices.len() == input.slices.len()
            && self.slices.iter().zip(input.slices).all(|(known, slice)| Arc::ptr_eq(&known.slice, slice))
    }
}

impl KnownSlice {
    fn new(slice: &Arc<EndpointSlice>, service: &Service) -> KnownSlice {
        let endpoints = endpoints_of(slice);
        let mut by_pod: Vec<usize> = (0..endpoints.len()).collect();
        by_pod.sort_by_key(|&place| pod_name(slice, place));
        let address_type = AddressType::parse(&slice.address_type).filter(|_| is_visible(slice, service));
        KnownSlice { slice: slice.clone(), address_type, by_pod: by_pod.into() }
    }

    /// The places of the Pod's endpoints: at most one in a slice that is as it should be.
    fn places_of(&self, pod: &str) -> &[usize] {
        let start = self.by_pod.partition_point(|&place| pod_name(&self.slice, place) < pod);
        let rest = self.by_pod.get(start..).unwrap_or_default();
        let count = rest.iter().take_while(|&&place| pod_name(&self.slice, place) == pod).count();
        rest.get(..count).unwrap_or_default()
    }
}

fn pod_name(slice: &EndpointSlice, place: usize) -> &str {
    endpoints_of(slice)
        .get(place)
        .and_then(|endpoint| endpoint.target_ref.as_ref()?.name.as_deref())
        .unwrap_or_default()
}

/// A Pod that has changed in any way since the last look.
#[derive(Clone, Copy, Debug)]
pub struct PodChange<'a> {
    /// The Pod's name.
    pub name: &'a str,
    /// The Pod as it is, or `None` if it is gone or the Service's selector does not match it.
    pub pod: Option<&'a Pod>,
}

/// What has changed, and what [`reconcile_pod_change`] needs to be sure that nothing else has.
#[derive(Clone, Copy)]
pub struct PodChanges<'a> {
    /// The Service.
    pub service: &'a Arc<Service>,
    /// The Pods that have changed, each once, in the order in which [`Input::pods`] would have them.
    pub pods: &'a [PodChange<'a>],
    /// As [`Input::slices`], in the order in which [`ServiceState::new`] got them.
    pub slices: &'a [Arc<EndpointSlice>],
    /// As [`Input::nodes`].
    pub nodes: &'a dyn Fn(&str) -> Option<&'a Node>,
    /// As for [`ServiceState::new`].
    pub nodes_version: u64,
    /// As [`Input::max_endpoints_per_slice`].
    pub max_endpoints_per_slice: usize,
    /// As [`Input::trigger_time`].
    pub trigger_time: Option<&'a str>,
}

/// The changes of one port group.
#[derive(Default)]
struct GroupChange<'a> {
    edits: BTreeMap<usize, Vec<Edit<'a>>>,
    additions: Vec<Candidate<'a>>,
    /// The group's place in the resolver, known when there are additions.
    group: Option<usize>,
}

/// The same plan as [`super::reconcile`] gives, from the changed Pods alone. The cost does not depend on the number of the
/// Service's Pods, only on that of its slices.
///
/// `None` when that cannot be known: the Service, its slices or the Nodes are not those of `state`, a changed Pod's Node does
/// not exist, or an empty slice would have to be judged by the Pods that are not looked at. The whole reconcile then decides.
pub fn reconcile_pod_change<'a>(state: &'a ServiceState, input: &PodChanges<'a>) -> Option<Plan> {
    if !state.holds(input) {
        return None;
    }
    if input.pods.is_empty() {
        return Some(Plan { settled: true, ..Plan::default() });
    }
    let families = address_types(input.service);
    let seen_by_controller = |known: &KnownSlice| known.address_type;
    if state.slices.iter().filter_map(seen_by_controller).any(|family| !families.contains(&family)) {
        return None;
    }
    let whole = Input {
        service: input.service,
        pods: &[],
        slices: input.slices,
        nodes: input.nodes,
        max_endpoints_per_slice: input.max_endpoints_per_slice,
        trigger_time: input.trigger_time,
    };
    let mut ports = PortResolver::new(input.service);
    let pods = eligible(input, &mut ports)?;
    let mut plan = Plan { settled: true, ..Plan::default() };
    for family in families {
        let context = Context::new(&whole, family);
        reconcile_address_type(state, input, &context, &pods, &ports, &mut plan)?;
    }
    Some(plan)
}

/// A changed Pod, with its Node and its port group if it may be an endpoint.
struct ChangedPod<'a> {
    name: &'a str,
    eligible: Option<(&'a Pod, Option<&'a Node>, usize)>,
}

/// `None` when a Pod's Node does not exist.
fn eligible<'a>(input: &PodChanges<'a>, ports: &mut PortResolver<'a>) -> Option<Vec<ChangedPod<'a>>> {
    let tolerant = publishes_not_ready(input.service);
    input
        .pods
        .iter()
        .map(|change| {
            let eligible = match change.pod.filter(|pod| should_pod_be_in_endpoints(pod, true)) {
                None => None,
                Some(pod) => {
                    let node = node_name(pod).and_then(|name| (input.nodes)(name));
                    if node.is_none() && !tolerant {
                        return None;
                    }
                    Some((pod, node, ports.group_of(pod)))
                }
            };
            Some(ChangedPod { name: change.name, eligible })
        })
        .collect()
}

fn reconcile_address_type<'a>(
    state: &'a ServiceState,
    input: &PodChanges<'a>,
    context: &Context<'_>,
    pods: &[ChangedPod<'a>],
    ports: &PortResolver<'a>,
    plan: &mut Plan,
) -> Option<()> {
    let slices: Vec<&'a KnownSlice> =
        state.slices.iter().filter(|known| known.address_type == Some(context.address_type)).collect();
    let (changes, touched) = changes(&slices, context, pods, ports)?;
    let empty = slices.iter().any(|known| endpoints_of(&known.slice).is_empty());
    if !touched {
        // An empty slice alone stays as it is only if that is so whatever ports the Pods without addresses have.
        let settled = match slices.as_slice() {
            [] => false,
            [only] if empty => context.is_settled_placeholder(&only.slice),
            _ => !empty,
        };
        return settled.then_some(());
    }
    if empty || slices.iter().any(|known| !is_owned_by(&known.slice, context.service)) {
        return None;
    }

    let mut draft = Draft::default();
    for (key, mut change) in changes {
        let works = slices
            .iter()
            .enumerate()
            .filter_map(|(place, known)| {
                let edits = change.edits.remove(&place);
                // Slices without changes matter only as places for what is added.
                let candidate = edits.is_some()
                    || (!change.additions.is_empty()
                        && PortKey::of_slice(known.slice.ports.as_deref()) == key);
                candidate.then(|| SliceWork { slice: &known.slice, edits: edits.unwrap_or_default() })
            })
            .collect();
        let group = change.group;
        let endpoint_ports = || group.map(|group| ports.endpoint_ports(group)).unwrap_or_default();
        fill(context, works, change.additions, endpoint_ports, &mut draft);
    }
    context.add_placeholder(slices.len(), &mut draft);
    let Draft { creates, updates, deletes } = draft;
    // The hints of slices that are not written are right already.
    let mut sets = SliceSets { creates, updates, unchanged: Vec::new() };
    put_hints(hint_mode(context.service), &mut sets);
    context.finalize(sets, deletes, input.trigger_time, &mut plan.writes);
    Some(())
}

/// The changes by port group, and whether any changed Pod has or had an endpoint of the address type. `None` when a Pod has
/// several.
fn changes<'a>(
    slices: &[&'a KnownSlice],
    context: &Context<'_>,
    pods: &[ChangedPod<'a>],
    ports: &PortResolver<'a>,
) -> Option<(BTreeMap<PortKey<'a>, GroupChange<'a>>, bool)> {
    let mut changes: BTreeMap<PortKey<'a>, GroupChange<'a>> = BTreeMap::new();
    let mut touched = false;
    for changed in pods {
        let mut found = slices.iter().enumerate().flat_map(|(place, known)| {
            known.places_of(changed.name).iter().map(move |&position| (place, *known, position))
        });
        let present = found.next();
        if found.next().is_some() {
            return None;
        }
        let wanted = changed.eligible.and_then(|(pod, node, group)| {
            let candidate = Candidate::new(pod, node, context.service, context.address_type)?;
            Some((candidate, group, ports.groups().get(group)?.key.clone()))
        });
        touched |= present.is_some() || wanted.is_some();
        if let Some((place, known, position)) = present {
            let key = PortKey::of_slice(known.slice.ports.as_deref());
            let endpoint = endpoints_of(&known.slice).get(position)?;
            let stays = wanted
                .as_ref()
                .is_some_and(|(candidate, _, wanted)| *wanted == key && candidate.is_same(endpoint));
            if stays && wanted.as_ref().is_some_and(|(candidate, ..)| candidate.is_up_to_date(endpoint)) {
                continue;
            }
            let edits = changes.entry(key).or_default().edits.entry(place).or_default();
            if stays {
                edits.push(Edit { position, wanted: wanted.map(|(candidate, ..)| candidate) });
                continue;
            }
            edits.push(Edit { position, wanted: None });
        }
        if let Some((candidate, group, key)) = wanted {
            let change = changes.entry(key).or_default();
            change.additions.push(candidate);
            change.group = Some(group);
        }
    }
    for edits in changes.values_mut().flat_map(|change| change.edits.values_mut()) {
        edits.sort_by_key(|edit| edit.position);
    }
    Some((changes, touched))
}

impl Context<'_> {
    /// Whether an empty slice is just what it should be, as a placeholder and as a slice of Pods without addresses.
    fn is_settled_placeholder(&self, slice: &EndpointSlice) -> bool {
        let placeholder = new_slice(self.service, &self.labels, Vec::new(), self.address_type);
        is_owned_by(slice, self.service)
            && is_same_placeholder(slice, &placeholder)
            && !labels_changed(slice, &self.labels)
    }
}
