//! The board as text that puts it up again: what people wrote, nothing that the cluster made of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Command, Placement, Session};
use crate::api::{Kind, Object, ObjectKey, text};
use crate::cluster::Cluster;
use crate::cluster::base::BASE_ANNOTATION;
use crate::controllers::pod::controller_of;
use crate::network::Settings;

/// The annotation that keeps where an object's card was put by hand: `"40,-8"`, the left and the top edge.
const PLACE: &str = "playground.endpoint/place";

/// The same for the card of a Service's load balancer.
const BALANCER_PLACE: &str = "playground.endpoint/place-load-balancer";

/// The annotation of the first document that keeps the cluster's settings, as JSON, where they are not the usual ones.
const SETTINGS: &str = "playground.endpoint/cluster";

/// What the API server and the controllers write into `metadata`.
const GIVEN: [&str; 8] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "generateName",
    "ownerReferences",
    "finalizers",
];

/// The annotation that the Deployment controller writes.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Where a document stands in the text: by its rank in an apply, then by when it was first written.
type Order = (u8, usize);

impl Session {
    /// The board as YAML for `kubectl apply -f` and for the import: each document with the fields that its author
    /// wrote, in the order in which an apply makes the objects, and those of the same rank as they were first written.
    /// What controllers made is left out, and so are the cluster's own objects unless somebody changed them. Cards that
    /// were placed by hand tell so in an annotation. Empty when nothing is left.
    pub fn export(&self) -> String {
        let order = self.order();
        let base = Cluster::own_objects();
        let mut found: Vec<(Order, Value)> = self
            .cluster()
            .store()
            .objects()
            .filter_map(|object| {
                let mut document = written(object).or_else(|| changed(object, &base));
                self.write_places(&object.key, &mut document);
                let made = order.get(&object.key).copied().unwrap_or(usize::MAX);
                Some(((object.key.apply_rank(), made), document?))
            })
            .collect();
        for namespace in namespaces_to_name(&found) {
            found.push(((namespace.apply_rank(), usize::MAX), head(&namespace)));
        }
        found.sort_by_key(|(order, _)| *order);
        let settings = self.cluster().settings();
        if *settings != Settings::default()
            && let Some((_, first)) = found.first_mut()
        {
            // Settings hold nothing that JSON can not say.
            annotate(first, SETTINGS, serde_json::to_string(settings).unwrap_or_default());
        }
        let written: Vec<String> = found.iter().map(|(_, document)| self.written_as(document)).collect();
        written.join("---\n")
    }

    /// A document as text: its author's own, where that has comments and says the same or can be made to.
    fn written_as(&self, document: &Value) -> String {
        let own = ObjectKey::of_document(document, "default").and_then(|key| self.texts().of(&key, document));
        own.unwrap_or_else(|| text::write([document]))
    }

    /// When each object was first applied: its number among all that were.
    fn order(&self) -> BTreeMap<ObjectKey, usize> {
        fn collect(command: &Command, order: &mut BTreeMap<ObjectKey, usize>) {
            match command {
                Command::Apply { documents, namespace } => {
                    for key in
                        documents.iter().filter_map(|document| ObjectKey::of_document(document, namespace))
                    {
                        let number = order.len();
                        order.entry(key).or_insert(number);
                    }
                }
                Command::ApplyText { text, namespace } => {
                    for document in text::read(text, namespace).documents {
                        let number = order.len();
                        order.entry(document.key).or_insert(number);
                    }
                }
                Command::Batch { commands } => commands.iter().for_each(|command| collect(command, order)),
                _ => {}
            }
        }
        let mut order = BTreeMap::new();
        for entry in self.entries().iter().take(self.applied()) {
            collect(&entry.command, &mut order);
        }
        order
    }

    /// Writes where the cards of an object are, if they were placed by hand. A Node of the cluster's own gets a document
    /// for that.
    fn write_places(&self, key: &ObjectKey, document: &mut Option<Value>) {
        for (card, annotation) in cards(key) {
            let Some((x, y)) = self.places().get(card.as_str()) else { continue };
            if document.is_none() && key.kind != Kind::Node {
                continue;
            }
            annotate(document.get_or_insert_with(|| head(key)), annotation, format!("{x},{y}"));
        }
    }
}

/// The namespaces that documents are in, and that no document and no new board has.
fn namespaces_to_name<'a>(documents: impl IntoIterator<Item = &'a (Order, Value)>) -> BTreeSet<ObjectKey> {
    let keys = documents.into_iter().filter_map(|(_, document)| ObjectKey::of_document(document, "default"));
    let (namespaces, others): (BTreeSet<_>, BTreeSet<_>) = keys.partition(|key| key.kind == Kind::Namespace);
    others
        .iter()
        .map(|key| ObjectKey::new(Kind::Namespace, "", key.namespace.clone()))
        .filter(|key| !["", "default"].contains(&&*key.name) && !key.name.starts_with("kube-"))
        .filter(|key| !namespaces.contains(key))
        .collect()
}

fn annotate(document: &mut Value, annotation: &str, value: String) {
    if let Some(annotations) =
        object_in(document, "metadata").and_then(|metadata| object_in(metadata, "annotations"))
        && let Some(annotations) = annotations.as_object_mut()
    {
        annotations.insert(annotation.to_owned(), json!(value));
    }
}

/// Takes the cluster's settings out of documents; `None` where none has any that can be read.
pub(super) fn take_settings(documents: &mut [Value]) -> Option<Settings> {
    let told: Vec<String> =
        documents.iter_mut().filter_map(|document| take_annotation(document, SETTINGS)).collect();
    told.iter().find_map(|text| serde_json::from_str(text).ok())
}

/// Takes the places of cards out of documents: they belong to the board, not to the objects.
pub(super) fn take_places(documents: &[Value], namespace: &str) -> (Vec<Value>, Vec<Placement>) {
    let mut places = Vec::new();
    let documents = documents
        .iter()
        .map(|document| {
            let mut document = document.clone();
            for (card, annotation) in
                ObjectKey::of_document(&document, namespace).iter().flat_map(|key| cards(key))
            {
                if let Some(at) = take_annotation(&mut document, annotation).as_deref().and_then(place) {
                    places.push(Placement { card, at: Some(at) });
                }
            }
            document
        })
        .collect();
    (documents, places)
}

/// The cards that an object can have, with the annotation that keeps the place of each.
fn cards(key: &ObjectKey) -> Vec<(String, &'static str)> {
    let mut cards = vec![(key.to_path(), PLACE)];
    if key.kind == Kind::Service {
        cards.push((format!("lb/{}/{}", key.namespace, key.name), BALANCER_PLACE));
    }
    cards
}

fn place(text: &str) -> Option<(i32, i32)> {
    let (x, y) = text.split_once(',')?;
    Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
}

/// Takes an annotation out, and the annotations with it when it was the only one.
fn take_annotation(document: &mut Value, name: &str) -> Option<String> {
    let metadata = document.get_mut("metadata")?.as_object_mut()?;
    let annotations = metadata.get_mut("annotations")?.as_object_mut()?;
    let value = annotations.shift_remove(name)?;
    if annotations.is_empty() {
        metadata.shift_remove("annotations");
    }
    value.as_str().map(str::to_owned)
}

/// What somebody wrote: the document, with its namespace if another one than `default` was chosen for it. A Pod that
/// no controller owns any more, because somebody changed its labels, counts as written.
fn written(object: &Object) -> Option<Value> {
    let metadata = object.live.metadata();
    if metadata.is_some_and(|metadata| metadata.deletion_timestamp.is_some()) {
        return None;
    }
    let mut document = match &object.document {
        Some(document) => Value::clone(document),
        None if object.key.kind == Kind::Pod && metadata.is_some_and(|pod| controller_of(pod).is_none()) => {
            let mut pod = object.live.to_value();
            strip(&mut pod);
            pod
        }
        None => return None,
    };
    name_namespace(&mut document, &object.key.namespace);
    Some(document)
}

/// Writes the namespace into a document that names none, unless it is `default`.
pub(super) fn name_namespace(document: &mut Value, namespace: &str) {
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut)
        && !["", "default"].contains(&namespace)
        && metadata.get("namespace").and_then(Value::as_str).unwrap_or_default().is_empty()
    {
        metadata.shift_remove("namespace");
        let after_name = metadata.keys().position(|name| name == "name").map_or(0, |index| index + 1);
        metadata.shift_insert(after_name, "namespace".to_owned(), json!(namespace));
    }
}

/// One of the cluster's own objects, if somebody changed it.
fn changed(object: &Object, base: &Cluster) -> Option<Value> {
    let before = base.store().get(&object.key)?;
    // A ReplicaSet has its Deployment's annotations, and follows from it.
    let is_owned = |object: &Object| object.live.metadata().is_some_and(|meta| controller_of(meta).is_some());
    if !has_annotation(object, BASE_ANNOTATION)
        || !has_annotation(before, BASE_ANNOTATION)
        || is_owned(object)
    {
        return None;
    }
    let own = |object: &Object| {
        let mut value = object.live.to_value();
        strip(&mut value);
        value
    };
    let now = own(object);
    (now != own(before)).then_some(now)
}

fn has_annotation(object: &Object, name: &str) -> bool {
    let annotations = object.live.metadata().and_then(|metadata| metadata.annotations.as_ref());
    annotations.is_some_and(|annotations| annotations.contains_key(name))
}

/// Leaves of a live object what a person could have written.
pub(super) fn strip(value: &mut Value) {
    for name in [BASE_ANNOTATION, REVISION] {
        take_annotation(value, name);
    }
    let Some(fields) = value.as_object_mut() else { return };
    fields.shift_remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for name in GIVEN {
            metadata.shift_remove(name);
        }
    }
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) else { return };
    // Only the Ingress controller's Service draws these, the cluster's others have fixed addresses.
    for name in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
        spec.shift_remove(name);
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.shift_remove("nodePort");
        }
    }
    // What looks after Nodes taints them by their condition.
    if let Some(taints) = spec.get_mut("taints").and_then(Value::as_array_mut) {
        taints.retain(|taint| !taint["key"].as_str().unwrap_or_default().starts_with("node.kubernetes.io/"));
        if taints.is_empty() {
            spec.shift_remove("taints");
        }
    }
}

/// A document that only names an object.
fn head(key: &ObjectKey) -> Value {
    json!({
        "apiVersion": key.kind.api_version(),
        "kind": key.kind.name(),
        "metadata": {"name": &*key.name},
    })
}

/// The object in a field, made if it is missing.
fn object_in<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let field = value.as_object_mut()?.entry(name).or_insert(Value::Null);
    if field.is_null() {
        *field = Value::Object(Map::new());
    }
    Some(field)
}
