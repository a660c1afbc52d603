//! Topology hints: the annotation `service.kubernetes.io/topology-mode: Auto` spreads endpoints over zones by the CPUs of
//! each zone's nodes.
//!
//! The shares are computed with 64-bit floating point, as upstream does. Only addition, subtraction, multiplication, division
//! and rounding up are used, which give the same bits on every machine.

use std::collections::BTreeMap;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Node, Service};
use k8s_openapi::api::discovery::v1::{EndpointHints, ForZone};

use super::Event;
use super::address::AddressType;
use super::endpoint::ZONE_LABEL;
use super::hints::{SliceSets, is_ready};
use super::slice::endpoints_of;
use crate::api::quantity::nano;

/// The share by which an endpoint may have more traffic than it would have without hints.
const OVERLOAD_THRESHOLD: f64 = 0.2;

const ENABLED: &str = "TopologyAwareHintsEnabled";
const DISABLED: &str = "TopologyAwareHintsDisabled";

/// The number of endpoints for each zone.
type ZoneCounts = BTreeMap<String, i64>;

// Models k8s.io/endpointslice/topologycache/topologycache.go TopologyCache
/// The CPUs of each zone, and the hints that each Service has. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct TopologyCache {
    /// Each zone's share of all CPUs; `None` while some node lacks its zone or CPUs, or there is but one zone.
    ratios: Option<BTreeMap<String, f64>>,
    /// Hints by Service, as `namespace/name`, and address type.
    services: OrdMap<String, BTreeMap<String, ZoneCounts>>,
    /// The Services that had hints at their last look.
    populated: OrdMap<String, ()>,
}

/// How many endpoints a zone should have.
#[derive(Clone, Copy, Debug)]
struct Allocation {
    maximum: i64,
    desired: f64,
}

impl TopologyCache {
    /// Takes in the Nodes, to be called whenever one comes, goes, turns ready or unready, or changes its zone.
    ///
    /// Counted are ready nodes that are no control plane. If one of them lacks its zone or its allocatable CPUs, or all are
    /// in one zone, there are no hints for any Service.
    pub fn set_nodes<'a>(&mut self, nodes: impl IntoIterator<Item = &'a Node>) {
        let mut cpus: Option<BTreeMap<&str, i128>> = Some(BTreeMap::new());
        for node in nodes {
            let labels = node.metadata.labels.as_ref();
            let label = |name| labels.and_then(|labels| labels.get(name)).map(String::as_str);
            let excluded = label("node-role.kubernetes.io/control-plane").is_some()
                || label("node-role.kubernetes.io/master").is_some();
            if excluded || !is_node_ready(node) {
                continue;
            }
            match (label(ZONE_LABEL), allocatable_cpu(node)) {
                (Some(zone), cpu) if !zone.is_empty() && cpu != 0 => {
                    if let Some(cpus) = &mut cpus {
                        *cpus.entry(zone).or_default() += cpu;
                    }
                }
                _ => cpus = None,
            }
        }
        self.ratios = cpus.filter(|cpus| cpus.len() >= 2).map(|cpus| {
            let total = milli(cpus.values().sum());
            cpus.into_iter().map(|(zone, cpu)| (zone.to_owned(), milli(cpu) / total)).collect()
        });
    }

    /// The Services, as `namespace/name`, in which some zone now has too few endpoints for its CPUs: they should be looked
    /// at again.
    pub fn overloaded_services(&self) -> Vec<String> {
        self.services
            .iter()
            .filter(|(_, types)| types.values().any(|zones| self.is_overloaded(zones)))
            .map(|(service, _)| service.clone())
            .collect()
    }

    // Models k8s.io/endpointslice/topologycache/utils.go serviceOverloaded
    fn is_overloaded(&self, zones: &ZoneCounts) -> bool {
        if zones.is_empty() {
            return false;
        }
        let Some(ratios) = &self.ratios else { return true };
        let total = zones.values().fold(0.0, |total, count| total + float(*count));
        ratios.iter().any(|(zone, ratio)| {
            let minimum = (total * ratio * (1.0 / (1.0 + OVERLOAD_THRESHOLD))).ceil();
            zones.get(zone).is_none_or(|count| float(*count) < minimum)
        })
    }

    /// Forgets the hints of a Service's address type.
    pub(super) fn remove_hints(&mut self, service: &Service, address_type: &str) {
        let key = key_of(service);
        if let Some(types) = self.services.get_mut(&key) {
            types.remove(address_type);
            if types.is_empty() {
                self.services.remove(&key);
            }
        }
        self.populated.remove(&key);
    }

    /// Forgets the hints of a Service that no longer asks for them; gives the event if there were any.
    pub(super) fn turn_off(&mut self, service: &Service, address_type: AddressType) -> Option<Event> {
        if self.populated.is_empty() && self.services.is_empty() {
            return None;
        }
        let was_on = self.populated.contains_key(&key_of(service));
        self.remove_hints(service, address_type.as_str());
        was_on.then(|| disabled("Topology Aware Hints has been disabled", address_type))
    }

    // Models k8s.io/endpointslice/topologycache/topologycache.go AddHints
    /// Gives each ready endpoint a hint, so that each zone has endpoints for its share of the CPUs.
    ///
    /// Where that cannot be, all hints go and an event says why: nodes without zone or CPUs, fewer ready endpoints than zones,
    /// a minimum for each zone that together is more than there are, a ready endpoint without a zone. Otherwise every endpoint
    /// that is written anyway gets its own zone, and then zones with too many give some of these to zones with too few.
    /// Slices that are not written keep their hints unless one lacks, names an unknown zone, or a zone would get too many.
    pub(super) fn add_hints(
        &mut self,
        service: &Service,
        address_type: AddressType,
        sets: &mut SliceSets<'_>,
    ) -> Option<Event> {
        match self.allocate(sets) {
            Err(message) => {
                self.remove_hints(service, address_type.as_str());
                sets.remove_hints();
                Some(disabled(&message, address_type))
            }
            Ok(zones) => {
                let key = key_of(service);
                self.services.entry(key.clone()).or_default().insert(address_type.as_str().to_owned(), zones);
                let was_on = self.populated.insert(key, ()).is_some();
                (!was_on).then(|| {
                    let message =
                        format!("Topology Aware Hints has been enabled, addressType: {address_type}");
                    Event::normal(ENABLED, message)
                })
            }
        }
    }

    /// Puts the hints; gives how many each zone has, or why there can be none.
    fn allocate(&self, sets: &mut SliceSets<'_>) -> Result<ZoneCounts, String> {
        let ready = sets.all_endpoints().filter(|endpoint| is_ready(endpoint)).count();
        let allocations = self.allocations(i64::try_from(ready).unwrap_or(i64::MAX))?;
        let mut zones = ZoneCounts::new();
        sets.update_where(|slice| match hints_by_zone(endpoints_of(slice), &zones, &allocations) {
            None => true,
            Some(hints) => {
                for (zone, count) in hints {
                    *zones.entry(zone.to_owned()).or_default() += count;
                }
                false
            }
        });

        for endpoint in sets.written_endpoints_mut().filter(|endpoint| is_ready(endpoint)) {
            let Some(zone) = endpoint.zone.as_ref().filter(|zone| !zone.is_empty()) else {
                return Err("One or more endpoints do not have a zone specified".to_owned());
            };
            *zones.entry(zone.clone()).or_default() += 1;
            endpoint.hints = Some(hint_for(zone));
        }

        let (giving, receiving) = giving_and_receiving(&allocations, &zones);
        redistribute(sets, giving, receiving, &mut zones);
        if zones.is_empty() {
            return Err("No hints allocated for zones".to_owned());
        }
        Ok(zones)
    }

    // Models k8s.io/endpointslice/topologycache/topologycache.go getAllocations
    /// How many of `count` ready endpoints each zone should have, or why that cannot be said.
    fn allocations(&self, count: i64) -> Result<BTreeMap<&str, Allocation>, String> {
        let Some(ratios) = &self.ratios else {
            return Err(
                "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
                    .to_owned(),
            );
        };
        let reason = |words: &str| format!("{words} ({count} endpoints, {} zones)", ratios.len());
        if i64::try_from(ratios.len()).unwrap_or(i64::MAX) > count {
            return Err(reason("Insufficient number of endpoints"));
        }
        let mut total = 0i64;
        let mut minimums = Vec::with_capacity(ratios.len());
        for (zone, ratio) in ratios {
            let desired = ratio * float(count);
            let minimum = (desired * (1.0 / (1.0 + OVERLOAD_THRESHOLD))).ceil();
            total = total.saturating_add(minimum as i64);
            minimums.push((zone.as_str(), minimum, desired.max(minimum)));
        }
        if total > count {
            return Err(reason(
                "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold",
            ));
        }
        Ok(minimums
            .into_iter()
            .map(|(zone, minimum, desired)| {
                (zone, Allocation { maximum: minimum as i64 + count - total, desired })
            })
            .collect())
    }
}

// Models k8s.io/endpointslice/topologycache/utils.go getHintsByZone
/// The number of hints for each zone in an unchanged slice, or `None` when the slice has to be written anew: a ready
/// endpoint without a hint, a hint for an unknown zone, or more for a zone than it should have.
fn hints_by_zone<'a>(
    endpoints: &'a [k8s_openapi::api::discovery::v1::Endpoint],
    allocated: &ZoneCounts,
    allocations: &BTreeMap<&str, Allocation>,
) -> Option<BTreeMap<&'a str, i64>> {
    let mut by_zone: BTreeMap<&str, i64> = BTreeMap::new();
    for endpoint in endpoints.iter().filter(|endpoint| is_ready(endpoint)) {
        let zones = endpoint.hints.as_ref()?.for_zones.as_deref().filter(|zones| !zones.is_empty())?;
        for zone in zones {
            if !allocations.contains_key(zone.name.as_str()) {
                return None;
            }
            *by_zone.entry(&zone.name).or_default() += 1;
        }
    }
    by_zone
        .iter()
        .all(|(zone, count)| {
            let already = allocated.get(*zone).copied().unwrap_or_default();
            allocations.get(zone).is_some_and(|allocation| count + already <= allocation.maximum)
        })
        .then_some(by_zone)
}

// Models k8s.io/endpointslice/topologycache/utils.go getGivingAndReceivingZones
/// How many endpoints each zone should give to others, and how many each should get.
fn giving_and_receiving<'a>(
    allocations: &BTreeMap<&'a str, Allocation>,
    allocated: &ZoneCounts,
) -> (BTreeMap<&'a str, i64>, BTreeMap<&'a str, i64>) {
    let mut too_many: BTreeMap<&str, f64> = BTreeMap::new();
    let mut too_few: BTreeMap<&str, f64> = BTreeMap::new();
    for (zone, allocation) in allocations {
        let has = float(allocated.get(*zone).copied().unwrap_or_default());
        if has > allocation.desired {
            too_many.insert(zone, has - allocation.desired);
        } else if has < allocation.desired {
            too_few.insert(zone, allocation.desired - has);
        }
    }
    let mut giving = BTreeMap::new();
    let mut receiving = BTreeMap::new();
    while let (Some((giver, surplus)), Some((receiver, need))) = (most(&mut too_many), most(&mut too_few)) {
        if (*surplus < 1.0 && *need < 1.0) || *surplus < 0.5 || *need < 0.5 {
            break;
        }
        *surplus -= 1.0;
        *need -= 1.0;
        *giving.entry(giver).or_default() += 1;
        *receiving.entry(receiver).or_default() += 1;
    }
    (giving, receiving)
}

/// The zone with the greatest number above zero; the first of equals.
fn most<'m, 'a>(zones: &'m mut BTreeMap<&'a str, f64>) -> Option<(&'a str, &'m mut f64)> {
    let mut best: Option<(&'a str, &'m mut f64)> = None;
    for (zone, number) in zones.iter_mut() {
        if *number > best.as_ref().map_or(0.0, |(_, most)| **most) {
            best = Some((zone, number));
        }
    }
    best
}

// Models k8s.io/endpointslice/topologycache/utils.go redistributeHints
/// Moves hints of endpoints that are written from zones that give to zones that get.
fn redistribute(
    sets: &mut SliceSets<'_>,
    mut giving: BTreeMap<&str, i64>,
    mut receiving: BTreeMap<&str, i64>,
    zones: &mut ZoneCounts,
) {
    for endpoint in sets.written_endpoints_mut().filter(|endpoint| is_ready(endpoint)) {
        let Some(mut receiver) = receiving.first_entry() else { return };
        let Some((giver, left)) =
            endpoint.zone.as_deref().and_then(|zone| giving.get_mut(zone).map(|left| (zone, left)))
        else {
            continue;
        };
        endpoint.hints = Some(hint_for(receiver.key()));
        *zones.entry((*receiver.key()).to_owned()).or_default() += 1;
        *zones.entry(giver.to_owned()).or_default() -= 1;
        *left -= 1;
        if *left == 0 {
            giving.remove(giver);
        }
        *receiver.get_mut() -= 1;
        if *receiver.get() == 0 {
            receiver.remove();
        }
    }
}

fn hint_for(zone: &str) -> EndpointHints {
    EndpointHints { for_zones: Some(vec![ForZone { name: zone.to_owned() }]), for_nodes: None }
}

fn disabled(message: &str, address_type: AddressType) -> Event {
    Event::warning(DISABLED, format!("{message}, addressType: {address_type}"))
}

fn key_of(service: &Service) -> String {
    let meta = &service.metadata;
    format!("{}/{}", meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default())
}

/// Whether the Node's condition `Ready` is `True`.
fn is_node_ready(node: &Node) -> bool {
    node.status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .find(|condition| condition.type_ == "Ready")
        .is_some_and(|condition| condition.status == "True")
}

/// The Node's allocatable CPUs in billionths; 0 when there are none.
fn allocatable_cpu(node: &Node) -> i128 {
    node.status
        .as_ref()
        .and_then(|status| status.allocatable.as_ref()?.get("cpu"))
        .and_then(|quantity| nano(&quantity.0))
        .unwrap_or_default()
}

/// Thousandths, rounded up, of billionths.
fn milli(nano: i128) -> f64 {
    ((nano + 999_999).div_euclid(1_000_000)) as f64
}

fn float(count: i64) -> f64 {
    count as f64
}
