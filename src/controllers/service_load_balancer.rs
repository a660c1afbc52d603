//! The service controller: the load balancer that a cloud gives to a Service of type LoadBalancer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use k8s_openapi::api::core::v1::{LoadBalancerIngress, LoadBalancerStatus, Service};

use super::{Event, Outcome};
use crate::api::{ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "service-controller";

/// The first address that the cloud gives out; TEST-NET-3 is its network.
const FIRST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
/// The first IPv6 address, of the range for documentation.
const FIRST_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x113, 0, 0, 0, 0, 0x10);
/// How many addresses of each family the cloud has.
const POOL: u32 = 245;

// Models k8s.io/cloud-provider/controllers/service/controller.go syncLoadBalancerIfNeeded
/// Gives a Service of type LoadBalancer the lowest free address of each of its families, or `spec.loadBalancerIP` if
/// nobody has that. A Service that has an address keeps it; one with a `loadBalancerClass` waits for another
/// controller, and so does one for which no address is left. A Service that is no longer of the type loses its load
/// balancer.
pub fn reconcile(store: &Store, key: &ObjectKey, _: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(service) = store.find::<Service>(&key.namespace, &key.name) else { return outcome };
    let Some(spec) = &service.spec else { return outcome };
    let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let has_address =
        balancer.and_then(|balancer| balancer.ingress.as_ref()).is_some_and(|ingress| !ingress.is_empty());
    let wants =
        spec.type_.as_deref() == Some("LoadBalancer") && service.metadata.deletion_timestamp.is_none();
    let mut updated = (**service).clone();
    let status = updated.status.get_or_insert_default();
    if has_address && spec.type_.as_deref() != Some("LoadBalancer") {
        outcome.events.push(Event::normal("DeletingLoadBalancer", "Deleting load balancer"));
        outcome.events.push(Event::normal("DeletedLoadBalancer", "Deleted load balancer"));
        status.load_balancer = Some(LoadBalancerStatus::default());
        outcome.update_status::<Service>(updated);
    } else if wants && !has_address && spec.load_balancer_class.is_none() {
        let families = spec.ip_families.clone().unwrap_or_else(|| vec!["IPv4".to_owned()]);
        let ingress: Vec<LoadBalancerIngress> = families
            .iter()
            .filter_map(|family| free_address(store, family, spec.load_balancer_ip.as_deref()))
            .map(|address| LoadBalancerIngress {
                ip: Some(address.to_string()),
                ip_mode: Some("VIP".to_owned()),
                ..LoadBalancerIngress::default()
            })
            .collect();
        outcome.events.push(Event::normal("EnsuringLoadBalancer", "Ensuring load balancer"));
        if ingress.is_empty() {
            let words = "Error syncing load balancer: failed to ensure load balancer: no address is free";
            outcome.events.push(Event::warning("SyncLoadBalancerFailed", words));
            return outcome;
        }
        status.load_balancer = Some(LoadBalancerStatus { ingress: Some(ingress) });
        outcome.events.push(Event::normal("EnsuredLoadBalancer", "Ensured load balancer"));
        outcome.update_status::<Service>(updated);
    }
    outcome
}

/// The address that was asked for if it is of the family and free, else the lowest free one of the pool.
fn free_address(store: &Store, family: &str, asked: Option<&str>) -> Option<IpAddr> {
    let is_v4 = family == "IPv4";
    let is_free = |address: &IpAddr| store.at_address(&address.to_string()).next().is_none();
    let asked = asked.and_then(|asked| asked.parse().ok()).filter(|ip: &IpAddr| ip.is_ipv4() == is_v4);
    let pool = (0..POOL).map(|place| -> IpAddr {
        if is_v4 {
            Ipv4Addr::from(u32::from(FIRST).saturating_add(place)).into()
        } else {
            Ipv6Addr::from(u128::from(FIRST_V6).saturating_add(place.into())).into()
        }
    });
    asked.into_iter().chain(pool).find(is_free)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::ObjectKey;
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
}
