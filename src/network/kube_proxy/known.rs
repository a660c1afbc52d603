//! The service ports that packets came to, with their endpoints: worked out once, not for each packet.

use std::sync::Arc;

use imbl::OrdMap;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::endpoint::{Endpoint, endpoints};
use super::service_port::{ServicePort, is_watched, service_ports};
use crate::api::ObjectKey;
use crate::network::addresses::Family;
use crate::store::Store;

/// How many Services are remembered; one more, and all are forgotten.
const SERVICES_KEPT: usize = 4_000;

/// A service port with all its endpoints, as kube-proxy keeps them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proxied {
    /// The service port.
    pub port: ServicePort,
    /// Its endpoints, sorted by `ip:port` as text.
    pub endpoints: Vec<Endpoint>,
}

/// What was worked out for the Services that packets came to, by family. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Known(OrdMap<(ObjectKey, Family), Arc<Worked>>);

/// The service ports of one Service, and the objects that they were worked out from.
#[derive(Debug)]
struct Worked {
    service: Arc<Service>,
    slices: Vec<Arc<EndpointSlice>>,
    ports: Arc<[Arc<Proxied>]>,
}

impl Worked {
    fn new(store: &Store, key: &ObjectKey, service: &Arc<Service>, family: Family) -> Worked {
        let slices: Vec<Arc<EndpointSlice>> = store.slices_of(&key.namespace, &key.name).cloned().collect();
        let watched = || slices.iter().map(|slice| &**slice).filter(|slice| is_watched(slice));
        let ports = service_ports(service, family)
            .into_iter()
            .map(|(name, port)| Arc::new(Proxied { port, endpoints: endpoints(watched(), &name, family) }));
        Worked { service: service.clone(), ports: ports.collect(), slices }
    }

    /// Whether the store still has the very objects: each write makes new ones.
    fn holds(&self, store: &Store, key: &ObjectKey, service: &Arc<Service>) -> bool {
        let slices = store.slices_of(&key.namespace, &key.name);
        Arc::ptr_eq(&self.service, service) && slices.map(Arc::as_ptr).eq(self.slices.iter().map(Arc::as_ptr))
    }
}

impl Known {
    /// The service ports of one family that the Service with this key has now, with their endpoints, ordered by name.
    pub fn ports(
        &mut self,
        store: &Store,
        key: &ObjectKey,
        service: &Arc<Service>,
        family: Family,
    ) -> Arc<[Arc<Proxied>]> {
        let place = (key.clone(), family);
        if let Some(known) = self.0.get(&place).filter(|known| known.holds(store, key, service)) {
            return known.ports.clone();
        }
        if self.0.len() >= SERVICES_KEPT {
            self.0.clear();
        }
        let worked = Worked::new(store, key, service, family);
        let ports = worked.ports.clone();
        self.0.insert(place, Arc::new(worked));
        ports
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{Kind, Live};

    fn put(store: &mut Store, kind: Kind, name: &str, mut value: Value) {
        value["metadata"]["namespace"] = json!("shop");
        value["metadata"]["name"] = json!(name);
        let live = Live::from_value(&kind, &value).unwrap();
        store.put(ObjectKey::new(kind, "shop", name), None, live);
    }

    fn slice(store: &mut Store, name: &str, service: &str, addresses: &[&str]) {
        let endpoints: Vec<Value> = addresses.iter().map(|ip| json!({"addresses": [ip]})).collect();
        let value = json!({"addressType": "IPv4", "metadata": {"labels": {"kubernetes.io/service-name": service}},
            "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": endpoints});
        put(store, Kind::EndpointSlice, name, value);
    }

    fn service(store: &mut Store, number: i32) {
        let ports = json!([{"port": number, "protocol": "TCP"}]);
        let spec = json!({"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ports": ports});
        put(store, Kind::Service, "web", json!({"spec": spec}));
    }

    /// The ports and endpoints that are known, which are those worked out from nothing.
    fn known(known: &mut Known, store: &Store) -> Vec<String> {
        let key = ObjectKey::service("shop", "web");
        let service = store.find::<Service>("shop", "web").unwrap();
        let ports = known.ports(store, &key, service, Family::V4);
        assert_eq!(ports, Known::default().ports(store, &key, service, Family::V4));
        let told = |one: &Arc<Proxied>| {
            let endpoints: Vec<String> = one.endpoints.iter().map(Endpoint::address).collect();
            format!("{} {}", one.port.port, endpoints.join(","))
        };
        ports.iter().map(told).collect()
    }

    #[test]
    fn what_is_known_follows_the_service_and_its_slices() {
        let (mut store, mut cache) = (Store::default(), Known::default());
        service(&mut store, 80);
        assert_eq!(known(&mut cache, &store), ["80 "]);
        slice(&mut store, "web-1", "web", &["10.244.1.7"]);
        assert_eq!(known(&mut cache, &store), ["80 10.244.1.7:8080"]);
        let before = store.clone();
        slice(&mut store, "web-2", "web", &["10.244.2.9"]);
        assert_eq!(known(&mut cache, &store), ["80 10.244.1.7:8080,10.244.2.9:8080"]);
        slice(&mut store, "web-1", "other", &["10.244.1.7"]);
        service(&mut store, 81);
        assert_eq!(known(&mut cache, &store), ["81 10.244.2.9:8080"]);
        // A step back, as undo takes it.
        assert_eq!(known(&mut cache, &before), ["80 10.244.1.7:8080"]);
        store.remove(&ObjectKey::new(Kind::EndpointSlice, "shop", "web-2"));
        assert_eq!(known(&mut cache, &store), ["81 "]);
    }

    #[test]
    fn nothing_is_worked_out_twice() {
        let (mut store, mut cache) = (Store::default(), Known::default());
        service(&mut store, 80);
        let key = ObjectKey::service("shop", "web");
        let web = store.find::<Service>("shop", "web").unwrap().clone();
        let first = cache.ports(&store, &key, &web, Family::V4)[0].clone();
        put(&mut store, Kind::Pod, "a", json!({}));
        assert!(Arc::ptr_eq(&first, &cache.ports(&store, &key, &web, Family::V4)[0]));
    }
}
