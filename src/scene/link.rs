//! The lines of membership and of configuration.

use super::card::Mark;
use super::geometry::{Path, Point, point};
use super::level::Level;
use super::{Scene, View};
use crate::api::ObjectKey;
use crate::explain::near_miss;
use crate::store::Store;
use k8s_openapi::api::core::v1::Pod;

/// From an endpoint's row to its Pod, or from a selector to a Pod that it nearly matches.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    /// The Service.
    pub service: ObjectKey,
    /// The Pod.
    pub pod: ObjectKey,
    /// How it is drawn.
    pub mark: Mark,
    /// The Service's accent.
    pub accent: u8,
    /// The line.
    pub path: Path,
    /// Whether the Service or the Pod is selected.
    pub selected: bool,
    /// How many endpoints it stands for.
    pub count: usize,
}

/// From a rule to the Service that it names.
#[derive(Clone, PartialEq, Debug)]
pub struct Wire {
    /// The Service.
    pub service: ObjectKey,
    /// The line.
    pub path: Path,
}

/// Where the links of the cards begin that show no rows: the middle of the ring row, or of the token.
fn without_rows(scene: &Scene, index: usize) -> Option<Point> {
    let card = scene.services.get(index)?;
    Some(match scene.level {
        Level::Compact => point(card.rect.right(), card.rect.bottom() - 17.0),
        _ => card.rect.right_middle(),
    })
}

/// Draws the links and wires of a scene whose cards stand.
pub(super) fn connect(scene: &mut Scene, store: &Store, view: &View) {
    let mut links: Vec<Link> = Vec::new();
    for (index, service) in scene.services.iter().enumerate() {
        let selected_service = view.selected.as_ref() == Some(&service.key);
        for slice in &service.slices {
            let heading = scene.metrics.slice_heading;
            let line = scene.metrics.slice_row;
            // All endpoints have a link; those without a row of their own start at the row that counts them.
            let Some(found) = store
                .get(&slice.key)
                .and_then(|object| object.get::<k8s_openapi::api::discovery::v1::EndpointSlice>().cloned())
            else {
                continue;
            };
            for (place, endpoint) in found.endpoints.iter().flatten().enumerate() {
                let Some(name) = endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref())
                else {
                    continue;
                };
                let pod = ObjectKey::pod(service.key.namespace.clone(), name);
                let Some((_, card)) = scene.pod(&pod) else { continue };
                let from = if scene.level == Level::Full {
                    let row = place.min(slice.rows.len()) as f64;
                    point(slice.rect.right(), slice.rect.y + heading + (row + 0.5) * line)
                } else {
                    without_rows(scene, index).unwrap_or_default()
                };
                let to = card.rect.left_middle();
                let mark = super::service::mark(endpoint);
                let selected = selected_service || view.selected.as_ref() == Some(&pod);
                // The endpoints of a fold share one line.
                if card.keys.len() > 1
                    && let Some(same) = links.iter_mut().find(|link| {
                        link.service == service.key && link.mark == mark && card.keys.contains(&link.pod)
                    })
                {
                    same.count += 1;
                    continue;
                }
                links.push(Link {
                    service: service.key.clone(),
                    pod,
                    mark,
                    accent: service.accent,
                    path: Path::swing(from, to),
                    selected,
                    count: 1,
                });
            }
        }
    }
    links.extend(near_misses(scene, store, view));
    scene.links = links;
    scene.wires = wires(scene);
}

/// A near miss is in no slice: its line starts at the selector, and is drawn whole only for what is selected.
fn near_misses(scene: &Scene, store: &Store, view: &View) -> Vec<Link> {
    let mut links = Vec::new();
    for card in scene.nodes.iter().flat_map(|node| &node.pods).filter(|pod| pod.mark == Mark::NearMiss) {
        let Some(pod) = store.get(&card.key).and_then(|object| object.get::<Pod>()) else { continue };
        let near = near_miss::near_misses(store, pod);
        let Some(service) = near.first().and_then(|near| scene.service(&near.service)) else { continue };
        let from = if scene.level == Level::Full {
            point(service.rect.right(), service.rect.bottom() - 20.0)
        } else {
            service.rect.right_middle()
        };
        links.push(Link {
            service: service.key.clone(),
            pod: card.key.clone(),
            mark: Mark::NearMiss,
            accent: service.accent,
            path: Path::swing(from, card.rect.left_middle()),
            selected: view.selected.as_ref().is_some_and(|key| *key == service.key || *key == card.key),
            count: card.keys.len(),
        });
    }
    links
}

/// Each wire turns in a channel of its own in the gutter between Edge and Services.
fn wires(scene: &Scene) -> Vec<Wire> {
    let metrics = scene.metrics;
    let gutter = metrics.services.x - metrics.edge.x - metrics.edge.w;
    let mut wires = Vec::new();
    let mut channel = 0_u32;
    for card in scene.edges.iter().filter(|card| card.kind.leads_to_services()) {
        for (index, row) in card.rows.iter().enumerate() {
            let target = card.service_of(row);
            let Some(service) = target.and_then(|key| scene.services.iter().find(|card| card.key == key))
            else {
                continue;
            };
            let shown = index.min(metrics.rows) as f64;
            let from = match scene.level {
                Level::Overview => card.rect.right_middle(),
                _ => point(
                    card.rect.right(),
                    card.rect.y + metrics.heading + metrics.address + (shown + 0.5) * metrics.row,
                ),
            };
            let to = match scene.level {
                Level::Overview => service.rect.left_middle(),
                _ => point(service.rect.x, service.rect.y + metrics.heading / 2.0),
            };
            let x = card.rect.right() + gutter * (0.35 + 0.1 * f64::from(channel % 4));
            channel += 1;
            wires.push(Wire {
                service: service.key.clone(),
                path: Path::rounded(&[from, point(x, from.y), point(x, to.y), to]),
            });
        }
    }
    wires
}
