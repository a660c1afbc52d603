//! The lines of membership and of configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use k8s_openapi::api::discovery::v1::EndpointSlice;

use super::asked::keep;
use super::card::Mark;
use super::geometry::{Path, Point, point};
use super::level::Level;
use super::placed::Moved;
use super::{Scene, View};
use crate::api::ObjectKey;
use crate::store::Store;

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

/// How much of the line of a near miss is drawn before it is pointed at, in pixels at 100 %.
const STUB: f64 = 44.0;

impl Link {
    /// What is drawn of the line. A near miss is no member: it has a stub before the Pod, and the whole line when the Pod
    /// or the Service is selected.
    pub fn drawn(&self) -> Path {
        match self.mark {
            Mark::NearMiss if !self.selected => self.path.end(STUB),
            _ => self.path.clone(),
        }
    }
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

/// The links and wires as they were drawn last.
#[derive(Default)]
pub(super) struct Links {
    /// Of each Service to its endpoints.
    sets: BTreeMap<ObjectKey, Vec<Rc<Link>>>,
    /// The Services that have an endpoint of a Pod.
    served: BTreeMap<ObjectKey, BTreeSet<ObjectKey>>,
    near: Vec<Rc<Link>>,
    /// All of these, in the order of the Services.
    together: Rc<Vec<Rc<Link>>>,
    wires: Vec<Rc<Wire>>,
    selected: Option<ObjectKey>,
}

impl Links {
    /// Draws the links and wires of a scene whose cards stand: anew only where something has moved.
    pub fn connect(&mut self, scene: &mut Scene, store: &Store, view: &View, moved: &Moved) {
        let all = moved.any || self.selected != view.selected;
        self.selected.clone_from(&view.selected);
        let mut stale = moved.services.clone();
        for pod in &moved.pods {
            stale.extend(self.served.get(pod).into_iter().flatten().cloned());
        }
        if moved.any {
            self.sets.retain(|key, _| scene.service(key).is_some());
        }
        for (index, service) in scene.services.iter().enumerate() {
            if all || stale.contains(&service.key) {
                let wanted = self.endpoints(scene, store, view, index);
                let before = self.sets.get(&service.key).map_or(&[][..], Vec::as_slice);
                let links = keep(before, wanted.into_iter());
                self.sets.insert(service.key.clone(), links);
            }
        }
        if all || !moved.pods.is_empty() || !stale.is_empty() {
            self.near = keep(&self.near, near_misses(scene, view).into_iter());
        }
        if moved.any || moved.edges {
            self.wires = keep(&self.wires, wires(scene).into_iter());
        }
        if all || !moved.pods.is_empty() || !stale.is_empty() {
            let sets = scene.services.iter().filter_map(|service| self.sets.get(&service.key));
            self.together = Rc::new(sets.flatten().chain(&self.near).cloned().collect());
        }
        scene.links = self.together.clone();
        scene.wires = self.wires.clone();
    }

    /// The links of one Service. All endpoints have one; those without a row of their own start at the row that counts
    /// them.
    fn endpoints(&mut self, scene: &Scene, store: &Store, view: &View, index: usize) -> Vec<Link> {
        let Some(service) = scene.services.get(index) else { return Vec::new() };
        let selected_service = view.selected.as_ref() == Some(&service.key);
        let heading = scene.metrics.slice_heading;
        let line = scene.metrics.slice_row;
        let mut links: Vec<Link> = Vec::new();
        // The endpoints of a fold share one line: for each fold and mark, which.
        let mut folds: BTreeMap<((usize, usize), Mark), usize> = BTreeMap::new();
        for slice in &service.slices {
            let Some(found) = store.get(&slice.key).and_then(|object| object.get::<EndpointSlice>()) else {
                continue;
            };
            for (place, endpoint) in found.endpoints.iter().flatten().enumerate() {
                let Some(name) = endpoint.target_ref.as_ref().and_then(|target| target.name.as_deref())
                else {
                    continue;
                };
                let pod = ObjectKey::pod(service.key.namespace.clone(), name);
                self.served.entry(pod.clone()).or_default().insert(service.key.clone());
                let Some((at, card)) = scene.pod_at(&pod) else { continue };
                let mark = super::service::mark(endpoint);
                if card.keys.len() > 1 {
                    if let Some(same) = folds.get(&(at, mark)).and_then(|same| links.get_mut(*same)) {
                        same.count += 1;
                        same.selected |= view.selected.as_ref() == Some(&pod);
                        continue;
                    }
                    folds.insert((at, mark), links.len());
                }
                let from = if scene.level == Level::Full {
                    let row = place.min(slice.rows.len()) as f64;
                    point(slice.rect.right(), slice.rect.y + heading + (row + 0.5) * line)
                } else {
                    without_rows(scene, index).unwrap_or_default()
                };
                links.push(Link {
                    service: service.key.clone(),
                    selected: selected_service || view.selected.as_ref() == Some(&pod),
                    pod,
                    mark,
                    accent: service.accent,
                    path: Path::swing(from, card.rect.left_middle()),
                    count: 1,
                });
            }
        }
        links
    }
}

/// A near miss is in no slice: its line starts at the selector.
fn near_misses(scene: &Scene, view: &View) -> Vec<Link> {
    let mut links = Vec::new();
    let pods = scene.nodes.iter().flat_map(|node| &node.pods);
    for card in pods.filter(|pod| pod.mark == Mark::NearMiss) {
        let Some(service) = card.near.as_ref().and_then(|key| scene.service(key)) else { continue };
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
