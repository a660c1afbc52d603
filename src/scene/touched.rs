//! What the selected object or the request in focus has to do with: where there is little room, the lane of the nodes
//! shows nothing else.

use std::collections::BTreeSet;
use std::rc::Rc;

use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::api::networking::v1::Ingress;

use super::View;
use super::card::NodeCard;
use super::layout::Contents;
use crate::api::{Kind, ObjectKey};
use crate::explain::near_miss;
use crate::network::{Client, Place};
use crate::session::Session;
use crate::store::Store;

/// The Pods and the nodes that are shown.
#[derive(Default)]
struct Touched {
    pods: BTreeSet<ObjectKey>,
    nodes: BTreeSet<String>,
}

/// Leaves in the lane of the nodes what is touched. Everything stays where nothing that could touch a Pod is selected,
/// nor a request chosen.
pub(super) fn keep(contents: &mut Contents, session: &Session, view: &View) {
    let mut touched = Touched::default();
    let store = session.cluster().store();
    match &view.selected {
        Some(key) if !touched.object(store, key) => return,
        Some(_) => {}
        None if view.focus.is_none() => return,
        None => {}
    }
    touched.request(session, view.focus);
    contents.nodes.retain_mut(|node| {
        let whole = node.key.as_ref() == view.selected.as_ref() && node.key.is_some();
        if whole || node.pods.iter().all(|pod| touched.has(&pod.keys)) {
            return whole || !node.pods.is_empty() || touched.nodes.contains(&node.name);
        }
        let pods: Vec<_> = node.pods.iter().filter(|pod| touched.has(&pod.keys)).cloned().collect();
        let stays = !pods.is_empty() || touched.nodes.contains(&node.name);
        *node = Rc::new(NodeCard { pods, ..(**node).clone() });
        stays
    });
}

impl Touched {
    fn has(&self, pods: &[ObjectKey]) -> bool {
        pods.iter().any(|key| self.pods.contains(key))
    }

    /// Takes in what an object has to do with; `false` when that can not be told for its kind.
    fn object(&mut self, store: &Store, key: &ObjectKey) -> bool {
        match &key.kind {
            Kind::Service => self.service(store, key),
            Kind::Pod => {
                self.pods.insert(key.clone());
            }
            Kind::Node => {
                self.nodes.insert(key.name.to_string());
            }
            Kind::Ingress => {
                let ingress = store.find::<Ingress>(&key.namespace, &key.name);
                let spec = ingress.and_then(|ingress| ingress.spec.as_ref());
                let rules = spec.and_then(|spec| spec.rules.as_ref()).into_iter().flatten();
                let paths = rules.filter_map(|rule| rule.http.as_ref()).flat_map(|http| &http.paths);
                let backends = paths.map(|path| &path.backend);
                let fallback = spec.and_then(|spec| spec.default_backend.as_ref());
                for service in backends.chain(fallback).filter_map(|backend| backend.service.as_ref()) {
                    self.service(store, &ObjectKey::service(key.namespace.clone(), service.name.as_str()));
                }
            }
            _ => return false,
        }
        true
    }

    /// The endpoints of a Service, and the Pods that it misses by a hair.
    fn service(&mut self, store: &Store, key: &ObjectKey) {
        let endpoints =
            store.slices_of(&key.namespace, &key.name).flat_map(|slice| slice.endpoints.iter().flatten());
        let targets = endpoints.filter_map(|endpoint| endpoint.target_ref.as_ref());
        let names = targets
            .filter(|target| target.kind.as_deref() == Some("Pod"))
            .filter_map(|target| target.name.as_deref());
        self.pods.extend(names.map(|name| ObjectKey::pod(key.namespace.clone(), name)));
        let service = store.find::<Service>(&key.namespace, &key.name);
        let Some(selector) = service.and_then(|service| service.spec.as_ref()?.selector.as_ref()) else {
            return;
        };
        for pod in store.list_in::<Pod>(&key.namespace) {
            let labels = pod.metadata.labels.as_ref();
            if let (Some(labels), Some(name)) = (labels, pod.metadata.name.as_deref())
                && near_miss::differences(selector, labels).is_some()
            {
                self.pods.insert(ObjectKey::pod(key.namespace.clone(), name));
            }
        }
    }

    /// The places where a request goes; the newest without a number.
    fn request(&mut self, session: &Session, number: Option<u64>) {
        let requests = session.cluster().requests();
        let chosen = number.and_then(|number| requests.iter().rev().find(|record| record.number == number));
        let Some(record) = chosen.or_else(|| requests.back()) else { return };
        self.client(&record.request.from);
        for hop in &record.trace.hops {
            match &hop.place {
                Place::Client(client) => self.client(client),
                Place::Node(name) => {
                    self.nodes.insert(name.clone());
                }
                Place::Pod(key) => {
                    self.pods.insert(key.clone());
                }
                _ => {}
            }
        }
    }

    fn client(&mut self, client: &Client) {
        match client {
            Client::Pod { namespace, name } => {
                self.pods.insert(ObjectKey::pod(namespace.as_str(), name.as_str()));
            }
            Client::Node(name) => {
                self.nodes.insert(name.clone());
            }
            Client::Internet | Client::Laptop => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Scene, scene};
    use crate::session::scenarios;

    fn board(scenario: &str, selected: Option<ObjectKey>, touched: bool) -> Rc<Scene> {
        let scenario = scenarios::find(scenario).expect("the scenario is there");
        let mut session = Session::open(scenario.recording(1));
        session.advance(scenario.start);
        scene(&session, &View { selected, touched, ..View::default() })
    }

    fn pods(scene: &Scene) -> BTreeSet<ObjectKey> {
        scene.nodes.iter().flat_map(|node| node.pods.iter().flat_map(|pod| pod.keys.clone())).collect()
    }

    #[test]
    fn a_service_leaves_its_endpoints_and_near_misses() {
        let service = ObjectKey::service("default", "web");
        let all = pods(&board("first", Some(service.clone()), false));
        assert_eq!(pods(&board("first", Some(service), true)), all, "all three Pods have to do with web");
    }

    #[test]
    fn what_the_selection_and_the_request_do_not_touch_is_left_out() {
        let all = pods(&board("first", None, false));
        let web_3 = ObjectKey::pod("default", "web-3");
        let shown = board("first", Some(web_3.clone()), true);
        let left = pods(&shown);
        assert!(left.contains(&web_3) && left.len() < all.len(), "{left:?}");
        // The request in focus stays whole: its Pod, and the node whose rules chose it.
        let focus = shown.focus.as_ref().expect("a request is under way");
        assert!(focus.route.way.track.length() > 0.0);
        assert!(left.len() >= 2, "{left:?}");
    }

    #[test]
    fn without_a_selection_everything_stays() {
        assert_eq!(pods(&board("first", None, true)), pods(&board("first", None, false)));
        let kind = ObjectKey::new(Kind::Deployment, "default", "cart");
        assert_eq!(
            pods(&board("clusterip", Some(kind.clone()), true)),
            pods(&board("clusterip", Some(kind), false))
        );
    }
}
