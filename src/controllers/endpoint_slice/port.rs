//! From a Service's ports and a Pod to the ports of its endpoints, and the groups that Pods with the same ports form.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, Service, ServicePort};
use k8s_openapi::api::discovery::v1::EndpointPort;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

// Models k8s.io/endpointslice/utils.go FindPort
/// The number that a Service's port has in a Pod.
///
/// A numeric `targetPort` is taken as it is, whatever the containers declare; a missing one is 0. A name is looked up,
/// together with the protocol, in the containers in order, then in the init containers that run on (`restartPolicy:
/// Always`). `None` when no container has it.
pub fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        None => return Some(0),
        Some(IntOrString::Int(number)) => return Some(*number),
        Some(IntOrString::String(name)) => name.as_str(),
    };
    let protocol = port.protocol.as_deref().unwrap_or_default();
    let spec = pod.spec.as_ref()?;
    let sidecars = spec
        .init_containers
        .iter()
        .flatten()
        .filter(|container| container.restart_policy.as_deref() == Some("Always"));
    spec.containers.iter().chain(sidecars).find_map(|container| named_port(container, name, protocol))
}

fn named_port(container: &Container, name: &str, protocol: &str) -> Option<i32> {
    container
        .ports
        .iter()
        .flatten()
        .find(|port| {
            port.name.as_deref().unwrap_or_default() == name
                && port.protocol.as_deref().unwrap_or_default() == protocol
        })
        .map(|port| port.container_port)
}

/// The exact set of ports that the endpoints of one slice share; slices and Pods with equal keys form a group.
///
/// The order of the ports has no meaning, an absent value is another than an empty one. Keys order the groups.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct PortKey<'a>(Vec<PortParts<'a>>);

/// Name, number, protocol and application protocol.
type PortParts<'a> = (Option<&'a str>, Option<i32>, Option<&'a str>, Option<&'a str>);

impl<'a> PortKey<'a> {
    // Models k8s.io/endpointslice/util/controller_utils.go NewPortMapKey
    /// The key of a slice's ports; none and an empty list are the same.
    pub fn of_slice(ports: Option<&'a [EndpointPort]>) -> PortKey<'a> {
        PortKey::new(
            ports
                .unwrap_or_default()
                .iter()
                .map(|port| {
                    (port.name.as_deref(), port.port, port.protocol.as_deref(), port.app_protocol.as_deref())
                })
                .collect(),
        )
    }

    fn new(mut parts: Vec<PortParts<'a>>) -> PortKey<'a> {
        parts.sort_unstable();
        PortKey(parts)
    }
}

/// One group of Pods: those in which the Service's ports have the same numbers.
#[derive(Debug)]
pub(super) struct PortGroup<'a> {
    /// What tells the group from others.
    pub key: PortKey<'a>,
    /// For each port of the Service its number, `None` when the Pods lack it.
    numbers: Box<[Option<i32>]>,
}

/// Finds the group of each Pod. Remembers the groups seen, so most Pods cost one comparison of a few numbers.
pub(super) struct PortResolver<'a> {
    ports: &'a [ServicePort],
    known: BTreeMap<Box<[Option<i32>]>, usize>,
    by_key: BTreeMap<PortKey<'a>, usize>,
    groups: Vec<PortGroup<'a>>,
    numbers: Vec<Option<i32>>,
}

impl<'a> PortResolver<'a> {
    /// A resolver for the Service's ports.
    pub fn new(service: &'a Service) -> PortResolver<'a> {
        let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
        PortResolver {
            ports,
            known: BTreeMap::new(),
            by_key: BTreeMap::new(),
            groups: Vec::new(),
            numbers: Vec::with_capacity(ports.len()),
        }
    }

    /// The groups found so far; the positions are those that [`PortResolver::group_of`] gives.
    pub fn groups(&self) -> &[PortGroup<'a>] {
        &self.groups
    }

    /// The position of the Pod's group among the groups.
    pub fn group_of(&mut self, pod: &Pod) -> usize {
        self.numbers.clear();
        self.numbers.extend(self.ports.iter().map(|port| find_port(pod, port)));
        if let Some(&group) = self.known.get(self.numbers.as_slice()) {
            return group;
        }
        let numbers: Box<[Option<i32>]> = self.numbers.as_slice().into();
        let key = PortKey::new(
            resolved(self.ports, &numbers)
                .map(|(port, number)| {
                    (
                        Some(port.name.as_deref().unwrap_or_default()),
                        Some(number),
                        Some(port.protocol.as_deref().unwrap_or_default()),
                        port.app_protocol.as_deref(),
                    )
                })
                .collect(),
        );
        let groups = &mut self.groups;
        let group = *self.by_key.entry(key.clone()).or_insert_with(|| {
            groups.push(PortGroup { key, numbers: numbers.clone() });
            groups.len() - 1
        });
        self.known.insert(numbers, group);
        group
    }

    // Models k8s.io/endpointslice/utils.go getEndpointPorts
    /// The ports that the slices of a group publish, in the Service's order: without those that the Pods lack.
    pub fn endpoint_ports(&self, group: usize) -> Vec<EndpointPort> {
        let numbers = self.groups.get(group).map(|group| &*group.numbers).unwrap_or_default();
        resolved(self.ports, numbers)
            .map(|(port, number)| EndpointPort {
                name: Some(port.name.clone().unwrap_or_default()),
                port: Some(number),
                protocol: Some(port.protocol.clone().unwrap_or_default()),
                app_protocol: port.app_protocol.clone(),
            })
            .collect()
    }
}

fn resolved<'a>(
    ports: &'a [ServicePort],
    numbers: &[Option<i32>],
) -> impl Iterator<Item = (&'a ServicePort, i32)> {
    ports.iter().zip(numbers).filter_map(|(port, number)| Some((port, (*number)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(spec: Value, port: Value, expected: Option<i32>) {
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
        let port: ServicePort = serde_json::from_value(port).unwrap();
        assert_eq!(find_port(&pod, &port), expected, "{port:?}");
    }

    #[test]
    fn name_and_protocol_are_looked_up_together() {
        let spec = json!({"containers": [
            {"name": "a", "ports": [{"name": "dns", "containerPort": 53, "protocol": "UDP"}]},
            {"name": "b", "ports": [{"name": "dns", "containerPort": 5353, "protocol": "TCP"}]}]});
        check(spec.clone(), json!({"port": 1, "targetPort": "dns", "protocol": "TCP"}), Some(5353));
        check(spec.clone(), json!({"port": 1, "targetPort": "dns", "protocol": "UDP"}), Some(53));
        check(spec, json!({"port": 1, "targetPort": "dns", "protocol": "SCTP"}), None);
    }

    #[test]
    fn only_init_containers_that_run_on_count() {
        let spec = |policy: Option<&str>| {
            json!({"containers": [], "initContainers": [{"name": "i", "restartPolicy": policy,
                "ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}]}]})
        };
        let port = json!({"port": 1, "targetPort": "http", "protocol": "TCP"});
        check(spec(Some("Always")), port.clone(), Some(80));
        check(spec(None), port, None);
    }

    #[test]
    fn number_is_taken_as_it_is() {
        check(json!({"containers": []}), json!({"port": 80, "targetPort": 9999}), Some(9999));
        check(json!({"containers": []}), json!({"port": 80}), Some(0));
    }
}
