//! The cluster's own objects: what every board begins with, the Ingress controller, and the class of Gateways.

use crate::api::{Live, text};

/// The annotation of objects that the playground put on the board; exports leave them out.
pub const BASE_ANNOTATION: &str = "playground.endpoint/base";

const CLUSTER: &str = include_str!("../../assets/base/cluster.yaml");
const INGRESS_CONTROLLER: &str = include_str!("../../assets/base/ingress-nginx.yaml");
const GATEWAY_CLASS: &str = include_str!("../../assets/base/gateway-class.yaml");

/// Namespaces, nodes, the API server's Service and cluster DNS, in the order in which they are made.
pub fn objects() -> Vec<Live> {
    read(CLUSTER)
}

/// ingress-nginx: its class, which is the default one, its Deployment and its Service.
pub fn ingress_controller() -> Vec<Live> {
    read(INGRESS_CONTROLLER)
}

/// The class of Gateways that the playground serves.
pub fn gateway_class() -> Vec<Live> {
    read(GATEWAY_CLASS)
}

fn read(yaml: &str) -> Vec<Live> {
    text::read(yaml, "default")
        .documents
        .into_iter()
        .map(|document| {
            let mut live = document.live;
            if let Some(meta) = live.metadata_mut() {
                meta.annotations
                    .get_or_insert_default()
                    .insert(BASE_ANNOTATION.to_owned(), "true".to_owned());
            }
            live
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_objects_are_read_without_a_problem() {
        for (yaml, objects) in [(CLUSTER, 12), (INGRESS_CONTROLLER, 4), (GATEWAY_CLASS, 1)] {
            let reading = text::read(yaml, "default");
            assert!(reading.problems.is_empty(), "{:?}", reading.problems);
            assert_eq!(reading.documents.len(), objects);
        }
    }
}
