//! What an Ingress controller writes into the status of its Ingresses: the addresses at which it is reached.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{
    Ingress, IngressClass, IngressLoadBalancerIngress, IngressLoadBalancerStatus,
};

use super::{Event, Outcome, pod};
use crate::api::{ObjectKey, Time};
use crate::store::Store;

/// The controller's name in events.
pub const COMPONENT: &str = "nginx-ingress-controller";

/// A controller that publishes the addresses of its Service.
struct Publisher {
    /// `spec.controller` of its classes.
    controller: &'static str,
    /// The value of the annotation `kubernetes.io/ingress.class` that it takes as its own.
    annotation: &'static str,
    /// Whether it takes Ingresses without a class.
    takes_classless: bool,
    /// The labels that its manifests give to its Service.
    labels: &'static [(&'static str, &'static str)],
}

const PUBLISHERS: [Publisher; 2] = [
    Publisher {
        controller: "k8s.io/ingress-nginx",
        annotation: "nginx",
        takes_classless: false,
        labels: &[("app.kubernetes.io/name", "ingress-nginx"), ("app.kubernetes.io/component", "controller")],
    },
    Publisher {
        controller: "traefik.io/ingress-controller",
        annotation: "traefik",
        takes_classless: true,
        labels: &[("app.kubernetes.io/name", "traefik")],
    },
];

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

// Models ingress-nginx internal/ingress/status/status.go
/// Writes the addresses of the controller's Service into the Ingress. Only a controller that owns the Ingress and
/// has a ready Pod does so; an Ingress that nobody owns keeps what it has.
pub fn reconcile(store: &Store, key: &ObjectKey, _: Time) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(ingress) = store.find::<Ingress>(&key.namespace, &key.name) else { return outcome };
    let Some(publisher) = PUBLISHERS.iter().find(|publisher| publisher.owns(store, ingress)) else {
        return outcome;
    };
    let Some(service) = publisher.running_service(store) else { return outcome };
    let addresses = addresses(service);
    let old = ingress.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let old = old.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    let same = |(a, b): (&IngressLoadBalancerIngress, &IngressLoadBalancerIngress)| {
        a.ip == b.ip && a.hostname == b.hostname
    };
    if old.len() == addresses.len() && old.iter().zip(&addresses).all(same) {
        return outcome;
    }
    let mut updated = (**ingress).clone();
    updated.status.get_or_insert_default().load_balancer =
        Some(IngressLoadBalancerStatus { ingress: Some(addresses).filter(|found| !found.is_empty()) });
    outcome.events.push(Event::normal("Sync", "Scheduled for sync"));
    outcome.update_status::<Ingress>(updated);
    outcome
}

/// Whether the Service is the one of an Ingress controller, whose addresses Ingresses report.
pub fn is_publisher(service: &Service) -> bool {
    PUBLISHERS.iter().any(|publisher| publisher.has_labels(service))
}

impl Publisher {
    /// Whether the Service has the labels of the controller's own.
    fn has_labels(&self, service: &Service) -> bool {
        let labels = service.metadata.labels.as_ref();
        let has = |name: &str, value: &str| {
            labels.and_then(|labels| labels.get(name)).is_some_and(|own| own == value)
        };
        self.labels.iter().all(|(name, value)| has(name, value))
    }

    fn owns(&self, store: &Store, ingress: &Ingress) -> bool {
        if let Some(class) = ingress.spec.as_ref().and_then(|spec| spec.ingress_class_name.as_deref()) {
            let class = store.find::<IngressClass>("", class);
            return class.and_then(|class| class.spec.as_ref()?.controller.as_deref())
                == Some(self.controller);
        }
        let annotations = ingress.metadata.annotations.as_ref();
        match annotations.and_then(|annotations| annotations.get(CLASS_ANNOTATION)) {
            Some(class) => class == self.annotation,
            None => self.takes_classless,
        }
    }

    /// The controller's Service, if a Pod behind it is ready: that Pod does the writing.
    fn running_service<'a>(&self, store: &'a Store) -> Option<&'a Service> {
        let runs = |service: &Service| {
            let selector = service.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
            selector.is_some_and(|selector| {
                store.pods_matching(namespace, selector).iter().any(|pod| pod::is_ready(pod))
            })
        };
        // Of several (a second one serves admission or metrics) the one that is reached from outside.
        let mut services: Vec<&Service> = store
            .list::<Service>()
            .map(|service| &**service)
            .filter(|service| self.has_labels(service))
            .collect();
        let rank = |service: &Service| match service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) {
            Some("LoadBalancer") => 0,
            Some("NodePort") => 1,
            _ => 2,
        };
        services.sort_by_key(|service| rank(service));
        services.into_iter().find(|service| runs(service))
    }
}

// Models ingress-nginx internal/ingress/status/status.go statusAddressFromService
/// The addresses that the Service is reached at, sorted: of a load balancer its own and the external IPs, of a node
/// port the external IPs or else the cluster IP, of an ExternalName its name, else the cluster IP.
fn addresses(service: &Service) -> Vec<IngressLoadBalancerIngress> {
    let Some(spec) = &service.spec else { return Vec::new() };
    let at_ip = |ip: &String| IngressLoadBalancerIngress { ip: Some(ip.clone()), ..Default::default() };
    let at_name =
        |name: &String| IngressLoadBalancerIngress { hostname: Some(name.clone()), ..Default::default() };
    let external = || spec.external_ips.iter().flatten();
    let mut found: Vec<IngressLoadBalancerIngress> = match spec.type_.as_deref() {
        Some("ExternalName") => spec.external_name.iter().map(at_name).collect(),
        Some("LoadBalancer") => {
            let balancer = service.status.as_ref().and_then(|status| status.load_balancer.as_ref());
            let own = balancer.and_then(|balancer| balancer.ingress.as_ref()).into_iter().flatten();
            let own = own.filter_map(|ingress| match (&ingress.ip, &ingress.hostname) {
                (Some(ip), _) if !ip.is_empty() => Some(at_ip(ip)),
                (_, Some(name)) => Some(at_name(name)),
                _ => None,
            });
            own.chain(external().map(at_ip)).collect()
        }
        Some("NodePort") if external().next().is_some() => external().map(at_ip).collect(),
        _ => spec.cluster_ip.iter().filter(|ip| *ip != "None").map(at_ip).collect(),
    };
    found.sort_by(|a, b| (&a.hostname, &a.ip).cmp(&(&b.hostname, &b.ip)));
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::ObjectKey;
    use crate::controllers::testing::Cluster;

    fn cluster(with_pod: bool) -> Cluster {
        let mut cluster = Cluster::with_nodes(1);
        let labels =
            json!({"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"});
        cluster.apply(json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}));
        cluster.apply(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "entry", "labels": labels},
            "spec": {"type": "LoadBalancer", "selector": labels}}),
        );
        if with_pod {
            cluster.apply(
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "entry", "labels": labels},
                "spec": {"containers": [{"name": "c", "image": "nginx"}]}}),
            );
        }
        cluster.settle();
        cluster
    }

    fn check(cluster: &mut Cluster, spec: Value, annotations: Value, expected: Value) {
        let key: ObjectKey = cluster.apply(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "front", "annotations": annotations}, "spec": spec}));
        cluster.settle();
        assert_eq!(cluster.value(&key)["status"]["loadBalancer"]["ingress"], expected);
        cluster.store.remove(&key);
    }

    #[test]
    fn the_owner_writes_the_address_of_its_service() {
        let mut cluster = cluster(true);
        let address = json!([{"ip": "203.0.113.10"}]);
        check(&mut cluster, json!({"ingressClassName": "nginx"}), json!({}), address.clone());
        check(&mut cluster, json!({}), json!({"kubernetes.io/ingress.class": "nginx"}), address);
    }

    #[test]
    fn an_ingress_of_nobody_gets_no_address() {
        let mut cluster = cluster(true);
        check(&mut cluster, json!({"ingressClassName": "other"}), json!({}), Value::Null);
        check(&mut cluster, json!({}), json!({}), Value::Null);
    }

    #[test]
    fn without_a_ready_pod_nobody_writes() {
        let mut cluster = cluster(false);
        check(&mut cluster, json!({"ingressClassName": "nginx"}), json!({}), Value::Null);
    }
}
