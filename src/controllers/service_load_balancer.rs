//! The controllers that give a Service of type LoadBalancer its address: a cloud's, MetalLB's, or none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use k8s_openapi::api::core::v1::{LoadBalancerIngress, LoadBalancerStatus, Service};
use serde::{Deserialize, Serialize};

use super::{Event, Outcome};
use crate::api::{ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "service-controller";

/// Who gives Services of type LoadBalancer their load balancers: a setting of the cluster.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Nobody: `EXTERNAL-IP` stays `<pending>`.
    None,
    /// A cloud: a load balancer of its own for each Service, which checks the health of the nodes.
    #[default]
    Cloud,
    /// MetalLB in layer 2 mode: one node answers for the address on the nodes' network.
    MetalLb,
}

/// The addresses that a provider gives out, lowest first.
struct Pool {
    first: Ipv4Addr,
    first_v6: Ipv6Addr,
    size: u32,
}

impl Provider {
    /// The cloud has TEST-NET-3 and a part of the range for documentation; MetalLB an `IPAddressPool` on the nodes'
    /// network, so that a node can answer for its addresses.
    fn pool(self) -> Option<Pool> {
        match self {
            Provider::None => None,
            Provider::Cloud => Some(Pool {
                first: Ipv4Addr::new(203, 0, 113, 10),
                first_v6: Ipv6Addr::new(0x2001, 0xdb8, 0x113, 0, 0, 0, 0, 0x10),
                size: 245,
            }),
            Provider::MetalLb => Some(Pool {
                first: Ipv4Addr::new(192, 168, 1, 240),
                first_v6: Ipv6Addr::new(0xfd00, 0x192, 0x168, 1, 0, 0, 0, 0x240),
                size: 11,
            }),
        }
    }

    /// Whether the address is one that this provider gives out.
    pub fn gives(self, address: IpAddr) -> bool {
        self.pool().is_some_and(|pool| pool.addresses(address.is_ipv4()).any(|own| own == address))
    }

    /// Whether the address is one that another provider gives out.
    fn is_of_another(self, address: IpAddr) -> bool {
        let all = [Provider::Cloud, Provider::MetalLb];
        all.iter().any(|provider| *provider != self && provider.gives(address))
    }
}

impl Pool {
    fn addresses(&self, is_v4: bool) -> impl Iterator<Item = IpAddr> {
        let (first, first_v6) = (u32::from(self.first), u128::from(self.first_v6));
        (0..self.size).map(move |place| -> IpAddr {
            if is_v4 {
                Ipv4Addr::from(first.saturating_add(place)).into()
            } else {
                Ipv6Addr::from(first_v6.saturating_add(place.into())).into()
            }
        })
    }
}

// Models k8s.io/cloud-provider/controllers/service/controller.go syncLoadBalancerIfNeeded and MetalLB's
// controller/service.go convergeBalancer
/// Gives a Service of type LoadBalancer the lowest free address of each of its families, or `spec.loadBalancerIP` if
/// nobody has that. A Service that has an address keeps it, unless it is another provider's; one with a
/// `loadBalancerClass` waits for another controller, and so does one for which no address is left. A Service that is no
/// longer of the type loses its load balancer.
pub fn reconcile(store: &Store, key: &ObjectKey, provider: Provider, _: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(service) = store.find::<Service>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &service.spec else { return outcome };
    let given = service.status.iter().filter_map(|status| status.load_balancer.as_ref());
    let given: Vec<&LoadBalancerIngress> =
        given.flat_map(|balancer| balancer.ingress.iter().flatten()).collect();
    let is_balancer = spec.type_.as_deref() == Some("LoadBalancer");
    let is_ours = is_balancer && spec.load_balancer_class.is_none();
    let is_foreign = is_ours
        && given
            .iter()
            .filter_map(|ingress| ingress.ip.as_deref()?.parse().ok())
            .any(|address| provider.is_of_another(address));
    let mut updated = (**service).clone();
    let mut has_address = !given.is_empty();
    if has_address && (!is_balancer || is_foreign) {
        if !is_balancer {
            outcome.events.push(Event::normal("DeletingLoadBalancer", "Deleting load balancer"));
            outcome.events.push(Event::normal("DeletedLoadBalancer", "Deleted load balancer"));
        }
        updated.status.get_or_insert_default().load_balancer = Some(LoadBalancerStatus::default());
        has_address = false;
    }
    if is_ours && !has_address && service.metadata.deletion_timestamp.is_none() {
        let families = spec.ip_families.clone().unwrap_or_else(|| vec!["IPv4".to_owned()]);
        let ingress: Vec<LoadBalancerIngress> = families
            .iter()
            .filter_map(|family| free_address(store, provider, family, spec.load_balancer_ip.as_deref()))
            .map(|address| LoadBalancerIngress {
                ip: Some(address.to_string()),
                ip_mode: Some("VIP".to_owned()),
                ..LoadBalancerIngress::default()
            })
            .collect();
        outcome.events.extend(events(provider, key, &ingress));
        if !ingress.is_empty() {
            updated.status.get_or_insert_default().load_balancer =
                Some(LoadBalancerStatus { ingress: Some(ingress) });
        }
    }
    if updated.status != service.status {
        outcome.update_status::<Service>(updated);
    }
    outcome
}

/// What the provider reports when it was asked for a load balancer.
fn events(provider: Provider, key: &ObjectKey, given: &[LoadBalancerIngress]) -> Vec<Event> {
    let addresses: Vec<&str> = given.iter().filter_map(|ingress| ingress.ip.as_deref()).collect();
    match (provider, addresses.is_empty()) {
        (Provider::None, _) => Vec::new(),
        (Provider::Cloud, true) => vec![
            Event::normal("EnsuringLoadBalancer", "Ensuring load balancer"),
            Event::warning(
                "SyncLoadBalancerFailed",
                "Error syncing load balancer: failed to ensure load balancer: no address is free",
            ),
        ],
        (Provider::Cloud, false) => vec![
            Event::normal("EnsuringLoadBalancer", "Ensuring load balancer"),
            Event::normal("EnsuredLoadBalancer", "Ensured load balancer"),
        ],
        (Provider::MetalLb, true) => {
            let words =
                format!("Failed to allocate IP for \"{}/{}\": no available IPs", key.namespace, key.name);
            vec![Event::warning("AllocationFailed", words)]
        }
        (Provider::MetalLb, false) => {
            vec![Event::normal("IPAllocated", format!("Assigned IP {addresses:?}"))]
        }
    }
}

/// The address that was asked for if it is of the family and free, else the lowest free one of the pool. A cloud takes
/// any address that is asked for, MetalLB only those of its pool.
fn free_address(store: &Store, provider: Provider, family: &str, asked: Option<&str>) -> Option<IpAddr> {
    let is_v4 = family == "IPv4";
    let pool = provider.pool()?;
    let is_free = |address: &IpAddr| store.at_address(*address).next().is_none();
    let asked = asked.and_then(|asked| asked.parse().ok()).filter(|ip: &IpAddr| ip.is_ipv4() == is_v4);
    if provider == Provider::MetalLb
        && let Some(asked) = asked
    {
        return Some(asked).filter(|asked| provider.gives(*asked) && is_free(asked));
    }
    asked.into_iter().chain(pool.addresses(is_v4)).find(is_free)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Provider, reconcile};
    use crate::api::{ObjectKey, Time};
    use crate::controllers::testing::Cluster;

    fn service(name: &str, spec: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})
    }

    fn addresses(cluster: &Cluster, key: &ObjectKey) -> Vec<String> {
        let status = cluster.value(key)["status"].clone();
        let ingress = status["loadBalancer"]["ingress"].as_array().cloned().unwrap_or_default();
        ingress.iter().map(|ingress| ingress["ip"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn each_load_balancer_gets_the_lowest_free_address() {
        let mut cluster = Cluster::with_nodes(0);
        let spec = || json!({"type": "LoadBalancer", "ipFamilies": ["IPv4"]});
        let first = cluster.apply(service("a", spec()));
        cluster.settle();
        let second = cluster.apply(service("b", spec()));
        cluster.settle();
        assert_eq!(addresses(&cluster, &first), ["203.0.113.10"]);
        assert_eq!(addresses(&cluster, &second), ["203.0.113.11"]);
        cluster.delete(&first);
        let third = cluster.apply(service("c", spec()));
        cluster.settle();
        assert_eq!(addresses(&cluster, &third), ["203.0.113.10"]);
    }

    #[test]
    fn the_load_balancer_goes_when_the_type_changes() {
        let mut cluster = Cluster::with_nodes(0);
        let key = cluster.apply(service("a", json!({"type": "LoadBalancer"})));
        cluster.settle();
        cluster.apply(service("a", json!({"type": "ClusterIP"})));
        cluster.settle();
        assert!(addresses(&cluster, &key).is_empty());
        assert_eq!(cluster.events.last().unwrap(), "Service a: DeletedLoadBalancer Deleted load balancer");
    }

    #[test]
    fn a_class_of_its_own_leaves_the_service_pending() {
        let mut cluster = Cluster::with_nodes(0);
        let spec = json!({"type": "LoadBalancer", "loadBalancerClass": "example.com/internal"});
        let key = cluster.apply(service("a", spec));
        cluster.settle();
        assert!(addresses(&cluster, &key).is_empty());
    }

    #[test]
    fn a_dual_stack_service_gets_one_address_of_each_family() {
        let mut cluster = Cluster::with_nodes(0);
        let spec = json!({"type": "LoadBalancer", "ipFamilies": ["IPv6", "IPv4"]});
        let key = cluster.apply(service("a", spec));
        cluster.settle();
        assert_eq!(addresses(&cluster, &key), ["2001:db8:113::10", "203.0.113.10"]);
    }

    /// The addresses that a new Service gets from a provider.
    fn check_provider(provider: Provider, spec: Value, expected: &[&str]) {
        let mut cluster = Cluster::with_nodes(0);
        cluster.provider = provider;
        let key = cluster.apply(service("a", spec));
        cluster.settle();
        assert_eq!(addresses(&cluster, &key), expected);
    }

    #[test]
    fn without_a_provider_the_service_stays_pending() {
        check_provider(Provider::None, json!({"type": "LoadBalancer"}), &[]);
    }

    #[test]
    fn metallb_gives_addresses_of_the_nodes_network_and_of_its_pool_alone() {
        check_provider(Provider::MetalLb, json!({"type": "LoadBalancer"}), &["192.168.1.240"]);
        let asked = |ip: &str| json!({"type": "LoadBalancer", "loadBalancerIP": ip});
        check_provider(Provider::MetalLb, asked("192.168.1.245"), &["192.168.1.245"]);
        // The controllers never come to rest over what can not be given, so one look has to do.
        let mut cluster = Cluster::with_nodes(0);
        let key = cluster.apply(service("a", asked("198.51.100.1")));
        let outcome = reconcile(&cluster.store, &key, Provider::MetalLb, Time::ZERO);
        let events: Vec<&str> = outcome.events.iter().map(|event| event.message.as_str()).collect();
        assert_eq!(events, ["Failed to allocate IP for \"shop/a\": no available IPs"]);
        assert!(outcome.writes.is_empty());
    }

    #[test]
    fn another_provider_replaces_the_address_of_the_one_before() {
        let mut cluster = Cluster::with_nodes(0);
        let key = cluster.apply(service("a", json!({"type": "LoadBalancer"})));
        cluster.settle();
        for (provider, expected) in [
            (Provider::MetalLb, vec!["192.168.1.240"]),
            (Provider::None, Vec::new()),
            (Provider::Cloud, vec!["203.0.113.10"]),
        ] {
            cluster.provider = provider;
            cluster.settle();
            assert_eq!(addresses(&cluster, &key), expected, "{provider:?}");
        }
    }
}
