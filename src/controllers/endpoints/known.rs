//! The addresses of a Service, kept in order, so that a changed Pod costs no sorting of the others.

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::{Endpoints, Pod, Service};

use super::{
    Candidate, Input, MAX_CAPACITY, Subset, SubsetPort, Write, capacity_is_right, is_managed,
    is_over_capacity, labels_are_right, pod_address, same_subsets, write_subsets,
};
use crate::controllers::endpoint_slice::{find_port, is_pod_ready, should_pod_be_in_endpoints};

/// The addresses of a Service whose Pods all have the same ports, so that there is one subset. Clones share everything.
#[derive(Clone, Debug)]
pub struct KnownAddresses {
    service: Arc<Service>,
    /// For each port of the Service its number on every Pod, which may lack it.
    numbers: Option<Vec<Option<i32>>>,
    /// Where each Pod is.
    places: OrdMap<Arc<str>, Place>,
    ready: OrdMap<Place, Arc<Pod>>,
    not_ready: OrdMap<Place, Arc<Pod>>,
}

/// What addresses are ordered by: the IP as text, then the uid of the Pod.
type Place = (Arc<str>, Arc<str>);

impl KnownAddresses {
    /// The addresses of all Pods that the Service's selector matches. `None` when Pods differ in their ports, when two
    /// Pods are one address, when no Pod has a port of the Service, and for a Service without Endpoints of its own.
    pub fn new(service: &Arc<Service>, pods: &[Arc<Pod>]) -> Option<KnownAddresses> {
        if !is_managed(service) {
            return None;
        }
        let mut known = KnownAddresses {
            service: service.clone(),
            numbers: None,
            places: OrdMap::new(),
            ready: OrdMap::new(),
            not_ready: OrdMap::new(),
        };
        pods.iter().all(|pod| known.add(pod).is_some()).then_some(known)
    }

    /// Takes in a Pod that has changed: `pod` is as it is now, or `None` if it is gone or the selector does not match
    /// it. `None` as for [`KnownAddresses::new`]; then nothing is known any more.
    pub fn change(&mut self, name: &str, pod: Option<&Arc<Pod>>) -> Option<()> {
        if let Some(place) = self.places.remove(name) {
            self.ready.remove(&place);
            self.not_ready.remove(&place);
        }
        pod.map_or(Some(()), |pod| self.add(pod))
    }

    fn add(&mut self, pod: &Arc<Pod>) -> Option<()> {
        let spec = self.service.spec.as_ref()?;
        let tolerant = spec.publish_not_ready_addresses == Some(true);
        if !should_pod_be_in_endpoints(pod, tolerant) {
            return Some(());
        }
        let Some(ip) = pod_address(pod, &self.service) else { return Some(()) };
        let ports = spec.ports.as_deref().unwrap_or_default();
        let numbers: Vec<Option<i32>> = ports.iter().map(|port| find_port(pod, port)).collect();
        let has_some = numbers.iter().any(Option::is_some);
        let may_lack_all = ports.is_empty() && spec.cluster_ip.as_deref() == Some("None");
        if !(has_some || may_lack_all) || *self.numbers.get_or_insert_with(|| numbers.clone()) != numbers {
            return None;
        }
        let place: Place = (ip.into(), pod.metadata.uid.as_deref().unwrap_or_default().into());
        if self.ready.contains_key(&place) || self.not_ready.contains_key(&place) {
            return None;
        }
        self.places.insert(pod.metadata.name.as_deref()?.into(), place.clone());
        let list = if tolerant || is_pod_ready(pod) { &mut self.ready } else { &mut self.not_ready };
        list.insert(place, pod.clone());
        Some(())
    }

    /// What the controller writes: as [`super::reconcile`] with all Pods, but an object that is over its capacity and
    /// would stay the same is not written again.
    pub fn reconcile(&self, existing: Option<&Endpoints>, trigger_time: Option<&str>) -> Option<Write> {
        let input = Input { service: &self.service, pods: &[], existing, trigger_time };
        let (count, not_ready) = (self.ready.len(), self.not_ready.len());
        let is_truncated = count + not_ready > MAX_CAPACITY;
        // One subset has all of the capacity: those that are not ready get what the others leave.
        let subset = Subset {
            ready: self.candidates(&self.ready).take(MAX_CAPACITY).collect(),
            not_ready: self.candidates(&self.not_ready).take(MAX_CAPACITY.saturating_sub(count)).collect(),
            ports: self.ports(),
        };
        let wanted: Vec<_> = Some(subset).filter(|_| count + not_ready > 0).into_iter().collect();
        if let Some(existing) = existing {
            let present = existing.subsets.as_deref().unwrap_or_default();
            let capacity_is_right =
                if is_truncated { is_over_capacity(existing) } else { capacity_is_right(existing, present) };
            if capacity_is_right
                && labels_are_right(existing, &self.service)
                && same_subsets(&wanted, present)
            {
                return None;
            }
        }
        Some(write_subsets(&input, &wanted, is_truncated))
    }

    fn candidates<'a>(&'a self, list: &'a OrdMap<Place, Arc<Pod>>) -> impl Iterator<Item = Candidate<'a>> {
        list.iter().map(|((ip, _), pod)| Candidate::new(pod, ip, &self.service))
    }

    fn ports(&self) -> Vec<SubsetPort<'_>> {
        let spec = self.service.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
        let numbers = self.numbers.iter().flatten();
        let mut ports: Vec<SubsetPort<'_>> = spec
            .zip(numbers)
            .enumerate()
            .filter_map(|(place, (port, number))| Some(SubsetPort::new(port, place, (*number)?)))
            .filter(|port| port.port > 0)
            .collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::endpoints::reconcile;
    use serde_json::json;

    fn pod(number: usize, ready: bool) -> Arc<Pod> {
        let ready = if ready { "True" } else { "False" };
        let ip = format!("10.244.{}.{}", number / 250, number % 250);
        let pod = json!({
            "metadata": {"name": format!("web-{number}"), "namespace": "shop", "uid": format!("uid-{number}")},
            "spec": {"nodeName": "node-1", "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}]},
            "status": {"podIP": ip, "podIPs": [{"ip": ip}], "conditions": [{"type": "Ready", "status": ready}]},
        });
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    /// Changes one Pod after another, and holds what is known to what a look at all Pods gives.
    fn check(count: usize, changes: &[(usize, Option<bool>)]) {
        let service: Service =
            serde_json::from_value(json!({"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "clusterIP": "10.96.0.9",
                "ports": [{"port": 80, "targetPort": "http", "protocol": "TCP"}]}}))
            .unwrap();
        let service = Arc::new(service);
        let mut pods: Vec<Arc<Pod>> = (0..count).map(|number| pod(number, number % 7 > 0)).collect();
        let mut known = KnownAddresses::new(&service, &pods).unwrap();
        let mut existing: Option<Endpoints> = None;
        for (number, ready) in changes {
            let name = format!("web-{number}");
            pods.retain(|pod| pod.metadata.name.as_ref() != Some(&name));
            let changed = ready.map(|ready| pod(*number, ready));
            pods.extend(changed.clone());
            known.change(&name, changed.as_ref()).unwrap();

            let input =
                Input { service: &service, pods: &pods, existing: existing.as_ref(), trigger_time: None };
            let object = |write| match write {
                None => existing.clone(),
                Some(Write::Create(object) | Write::Update(object)) => Some(object),
            };
            let wanted = object(reconcile(&input));
            assert_eq!(object(known.reconcile(existing.as_ref(), None)), wanted, "{number} {ready:?}");
            existing = wanted;
        }
    }

    #[test]
    fn what_is_known_gives_what_a_look_at_all_pods_gives() {
        let changes: Vec<(usize, Option<bool>)> = (0..40_usize)
            .map(|step| (step * 37 % 1_010, [Some(false), Some(true), None][step % 3]))
            .collect();
        for count in [0, 3, 150, 990, 1_000, 1_001, 1_008, 1_400] {
            check(count, &changes);
        }
    }

    #[test]
    fn pods_with_other_ports_are_not_known() {
        let service: Service = serde_json::from_value(json!({"metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "clusterIP": "10.96.0.9", "ports": [{"port": 80, "targetPort": "http", "protocol": "TCP"}]}}))
        .unwrap();
        let mut other = (*pod(1, true)).clone();
        other.spec.as_mut().unwrap().containers[0].ports.as_mut().unwrap()[0].container_port = 9090;
        let service = Arc::new(service);
        let mut known = KnownAddresses::new(&service, &[pod(0, true)]).unwrap();
        assert!(known.change("web-1", Some(&Arc::new(other))).is_none());
        assert!(known.change("web-0", Some(&pod(0, false))).is_some());
    }
}
