//! Lights up what a request uses: solid where bytes go, tinted where something was looked up.

use std::rc::Rc;

use super::card::{EdgeCard, Light, Row, ServiceCard, SliceRow};
use super::{Scene, build};
use crate::api::ObjectKey;
use crate::cluster::RequestRecord;
use crate::network::{Client, Hop, Place};

/// Lights up the rows, gates and Pods that a request uses: solid where bytes go, tinted where something was looked up.
pub(super) fn light(scene: &mut Scene, record: &RequestRecord, accent: Option<u8>) {
    let request = &record.request;
    for card in scene.clients.iter_mut().filter(|card| card.client == record.request.from) {
        for row in Rc::make_mut(card)
            .rows
            .iter_mut()
            .filter(|row| build::tells_of(&row.text, &request.method, &request.url))
        {
            (row.light, row.accent) = (Light::Solid, accent);
        }
    }
    let mut last_pod = None;
    for hop in &record.trace.hops {
        visit(scene, hop, accent);
        if let Place::Pod(key) = &hop.place {
            last_pod = Some((key.clone(), hop.destination.map(|change| change.after.ip().to_string())));
        }
        for key in &hop.looked_up {
            look_up(scene, key, hop);
        }
    }
    if let Some((pod, reached)) = last_pod {
        // A Pod may be in slices of both families: the row is that of the address that was reached.
        let is_reached = |row: &SliceRow| {
            row.pod.as_ref() == Some(&pod)
                && reached
                    .as_deref()
                    .is_none_or(|reached| row.address.split(", ").any(|address| address == reached))
        };
        let holds = |card: &ServiceCard| {
            let mut rows = card.slices.iter().flat_map(|slice| &slice.rows);
            rows.any(is_reached)
        };
        for card in scene.services.iter_mut().filter(|card| holds(card)) {
            for row in Rc::make_mut(card).slices.iter_mut().flat_map(|slice| &mut slice.rows) {
                if is_reached(row) {
                    row.light = Light::Tinted;
                }
            }
        }
    }
}

fn visit(scene: &mut Scene, hop: &Hop, accent: Option<u8>) {
    let place = &hop.place;
    match place {
        Place::Node(name) | Place::Client(Client::Node(name)) => {
            let nodes = scene.nodes.iter_mut();
            for node in nodes.filter(|node| node.key.as_ref().is_some_and(|key| *key.name == **name)) {
                let node = Rc::make_mut(node);
                (node.gate_light, node.gate_accent) = (Light::Solid, accent);
            }
        }
        Place::Pod(key) => light_pod(scene, key),
        Place::Client(Client::Pod { namespace, name }) => {
            light_pod(scene, &ObjectKey::pod(namespace.as_str(), name.as_str()));
        }
        Place::LoadBalancer(key) => {
            let id = format!("lb/{}/{}", key.namespace, key.name);
            let asked = hop.destination.map(|change| format!(":{}", change.before.port()));
            if let Some(row) = row_of(scene, &id, asked.as_deref()) {
                (row.light, row.accent) = (Light::Solid, accent);
            }
        }
        Place::PublicDns | Place::ClusterDns => {
            let id = if *place == Place::PublicDns { "dns/public" } else { "dns/cluster" };
            if let Some(row) = row_of(scene, id, None) {
                row.light = Light::Tinted;
            }
        }
        Place::Client(_) | Place::External(_) => {}
    }
}

/// The row of a card in the Edge lane that says `text`, else its first.
fn row_of<'s>(scene: &'s mut Scene, id: &str, text: Option<&str>) -> Option<&'s mut Row> {
    let card = scene.edges.iter_mut().find(|card| card.id == id)?;
    let at = card.rows.iter().position(|row| text == Some(row.text.as_str())).unwrap_or(0);
    Rc::make_mut(card).rows.get_mut(at)
}

fn light_pod(scene: &mut Scene, key: &ObjectKey) {
    let Some((node, place)) = scene.pod_at(key).map(|(at, _)| at) else { return };
    let pod = scene.nodes.get_mut(node).and_then(|node| Rc::make_mut(node).pods.get_mut(place));
    if let Some(pod) = pod {
        Rc::make_mut(pod).light = Light::Solid;
    }
}

fn look_up(scene: &mut Scene, key: &ObjectKey, hop: &Hop) {
    if let Some(card) = scene.services.iter_mut().find(|card| card.key == *key) {
        // The row of the port that was asked for; the only row, where there is one.
        let asked = hop.destination.map(|change| change.before.port().to_string());
        let only = card.rows.len() == 1;
        for row in &mut Rc::make_mut(card).rows {
            let named = asked.as_deref().is_some_and(|port| {
                row.text.split(' ').next() == Some(port) || row.end.strip_prefix(':') == Some(port)
            });
            if only || named {
                row.light = Light::Tinted;
            }
        }
    }
    // Of an Ingress or HTTPRoute, the rows that lead to a Service that was looked up with it.
    let is_it = |card: &&mut Rc<EdgeCard>| card.kind.leads_to_services() && card.key.as_ref() == Some(key);
    for card in scene.edges.iter_mut().filter(is_it) {
        let lit: Vec<bool> = card
            .rows
            .iter()
            .map(|row| card.service_of(row).is_some_and(|service| hop.looked_up.contains(&service)))
            .collect();
        for (row, _) in Rc::make_mut(card).rows.iter_mut().zip(lit).filter(|(_, lit)| *lit) {
            row.light = Light::Tinted;
        }
    }
}
