//! Objects as text for the clipboard, and text from there as objects; copies and deletions of several at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::names::{base_name, free_among};
use crate::api::problem::Problem;
use crate::api::{Kind, Object, ObjectKey, text};
use crate::cluster::Cluster;
use crate::controllers::pod::controller_of;
use crate::session::{Command, export};

/// What only the API server and the controllers write into `metadata`.
const GIVEN: [&str; 8] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "generateName",
    "ownerReferences",
    "deletionTimestamp",
];

/// The labels by which controllers know the Pods that they made: a copy with them would be taken for one of theirs.
const CONTROLLERS_LABELS: [&str; 5] = [
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

/// An object as somebody would write it: the document of its author, else the served object without what the API
/// server and the controllers gave it.
pub fn manifest(object: &Object) -> Value {
    let mut document = match &object.document {
        Some(document) => Value::clone(document),
        None => {
            let mut value = object.live.to_value();
            export::strip(&mut value);
            if let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut)
                && object.key.kind == Kind::Pod
            {
                // The scheduler chose it.
                spec.shift_remove("nodeName");
            }
            value
        }
    };
    if object.live.metadata().is_some_and(|metadata| controller_of(metadata).is_some())
        && let Some(labels) = document.pointer_mut("/metadata/labels").and_then(Value::as_object_mut)
    {
        for label in CONTROLLERS_LABELS {
            labels.shift_remove(label);
        }
    }
    export::name_namespace(&mut document, &object.key.namespace);
    document
}

/// The manifests of objects as YAML, in the order in which an apply makes them. Empty when none is there.
pub fn copy(cluster: &Cluster, keys: &[ObjectKey]) -> String {
    let documents = manifests(cluster, keys);
    text::write(documents.iter().map(|(_, document)| document))
}

fn manifests(cluster: &Cluster, keys: &[ObjectKey]) -> Vec<(ObjectKey, Value)> {
    let distinct: BTreeSet<&ObjectKey> = keys.iter().collect();
    let mut found: Vec<(ObjectKey, Value)> = distinct
        .into_iter()
        .filter_map(|key| Some((key.clone(), manifest(cluster.store().get(key)?))))
        .collect();
    found.sort_by_key(|(key, _)| key.apply_rank());
    found
}

/// Copies of objects beside them, under free names: the command, and what is new. `None` when none is there.
pub fn duplicate(cluster: &Cluster, keys: &[ObjectKey]) -> Option<(Vec<ObjectKey>, Command)> {
    let documents = manifests(cluster, keys);
    (!documents.is_empty()).then(|| beside(cluster, documents))
}

/// What a text from the clipboard puts on the board.
#[derive(Clone, PartialEq, Debug)]
pub struct Paste {
    /// The command.
    pub command: Command,
    /// The objects that it makes or changes.
    pub keys: Vec<ObjectKey>,
    /// What is wrong with the text.
    pub problems: Vec<Problem>,
}

/// Reads a text from the clipboard. A text that was copied on the board (`own`) makes new objects, under free names where
/// theirs are taken; one from elsewhere is applied as it is, in `namespace` where it names none.
pub fn paste(cluster: &Cluster, yaml: &str, namespace: &str, own: bool) -> Paste {
    let reading = text::read(yaml, namespace);
    let documents: Vec<(ObjectKey, Value)> =
        reading.documents.into_iter().map(|document| (document.key, document.value)).collect();
    let (keys, command) = if own {
        beside(cluster, documents)
    } else {
        let (keys, documents) = documents.into_iter().unzip();
        (keys, Command::Apply { documents, namespace: namespace.to_owned() })
    };
    Paste { command, keys, problems: reading.problems }
}

/// An apply of documents whose names are changed where they are taken. What they say about each other follows.
fn beside(cluster: &Cluster, documents: Vec<(ObjectKey, Value)>) -> (Vec<ObjectKey>, Command) {
    let mut keys: Vec<ObjectKey> = Vec::new();
    let mut renamed: Vec<(ObjectKey, ObjectKey)> = Vec::new();
    for (key, _) in &documents {
        let taken = cluster.store().get(key).is_some() || keys.contains(key);
        let new = if taken {
            let name = free_among(cluster, &key.kind, &key.namespace, base_name(&key.name), 2, &keys);
            ObjectKey::new(key.kind.clone(), key.namespace.clone(), name)
        } else {
            key.clone()
        };
        renamed.push((key.clone(), new.clone()));
        keys.push(new);
    }
    let documents = documents
        .into_iter()
        .zip(&keys)
        .map(|((key, mut document), new)| {
            refresh(&mut document, new, true);
            if key.kind == Kind::Ingress {
                each_backend(&mut document, &mut |service| {
                    let named = renamed.iter().find(|(old, _)| {
                        old.kind == Kind::Service
                            && old.namespace == key.namespace
                            && service.get("name").and_then(Value::as_str) == Some(&*old.name)
                    });
                    if let (Some((_, new)), Some(service)) = (named, service.as_object_mut()) {
                        service.insert("name".to_owned(), json!(&*new.name));
                    }
                });
            }
            document
        })
        .collect();
    // Every document has its namespace in it, unless that is the default one.
    (keys, Command::Apply { documents, namespace: "default".to_owned() })
}

/// Gives a document another name and takes out what only the cluster gives; of a copy beside the first also addresses
/// and node ports, which can not be had twice.
pub(super) fn refresh(document: &mut Value, key: &ObjectKey, is_copy: bool) {
    let Some(top) = document.as_object_mut() else { return };
    top.shift_remove("status");
    if let Some(metadata) = top.get_mut("metadata").and_then(Value::as_object_mut) {
        for given in GIVEN {
            metadata.shift_remove(given);
        }
        metadata.insert("name".to_owned(), json!(&*key.name));
    }
    let Some(spec) = top.get_mut("spec").and_then(Value::as_object_mut).filter(|_| is_copy) else { return };
    if key.kind != Kind::Service {
        return;
    }
    spec.shift_remove("healthCheckNodePort");
    if spec.get("clusterIP").and_then(Value::as_str) != Some("None") {
        spec.shift_remove("clusterIP");
        spec.shift_remove("clusterIPs");
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.shift_remove("nodePort");
        }
    }
}

/// Visits the `service` of every backend of an Ingress.
pub(super) fn each_backend(ingress: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    if let Some(service) = ingress.pointer_mut("/spec/defaultBackend/service") {
        visit(service);
    }
    for rule in ingress.pointer_mut("/spec/rules").and_then(Value::as_array_mut).into_iter().flatten() {
        for path in rule.pointer_mut("/http/paths").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(service) = path.pointer_mut("/backend/service") {
                visit(service);
            }
        }
    }
}

/// What is deleted when somebody deletes these objects. One Pod alone is deleted as it is, and its controller makes
/// another; of several, where all Pods of an owner are among them, the owner goes instead, and they with it.
pub fn delete(cluster: &Cluster, keys: &[ObjectKey]) -> Vec<ObjectKey> {
    let store = cluster.store();
    let chosen: BTreeSet<&ObjectKey> = keys.iter().collect();
    if chosen.len() < 2 {
        return keys.to_vec();
    }
    let mut deleted: BTreeSet<ObjectKey> = BTreeSet::new();
    for key in &chosen {
        let top = owners(cluster, key).pop().filter(|top| {
            let all = store.objects_of(Kind::Pod).filter(|pod| owners(cluster, &pod.key).contains(top));
            let mut all = all.map(|pod| &pod.key);
            all.all(|pod| chosen.contains(pod))
        });
        deleted.insert(top.unwrap_or_else(|| ObjectKey::clone(key)));
    }
    deleted.into_iter().collect()
}

/// The controllers above an object, the nearest first.
fn owners(cluster: &Cluster, key: &ObjectKey) -> Vec<ObjectKey> {
    let mut found: Vec<ObjectKey> = Vec::new();
    let mut here = key.clone();
    loop {
        let owner = cluster.store().get(&here).and_then(|object| {
            let owner = controller_of(object.live.metadata()?)?;
            let kind = Kind::from_api(&owner.api_version, &owner.kind);
            let key = ObjectKey::new(kind, here.namespace.clone(), owner.name.as_str());
            cluster
                .store()
                .get(&key)
                .filter(|object| object.uid() == owner.uid)
                .map(|object| object.key.clone())
        });
        match owner {
            // A hand-written owner reference may lead round in a circle.
            Some(owner) if !found.contains(&owner) => {
                found.push(owner.clone());
                here = owner;
            }
            _ => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Fate, Session, scenarios};

    fn session(name: &str) -> Session {
        Session::open(scenarios::find(name).expect("it is listed").recording(1))
    }

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey::new(kind, "default", name)
    }

    fn all_done(session: &mut Session, command: Command) {
        for object in session.dispatch(command) {
            assert!(!matches!(object.fate, Fate::Rejected(_)), "{object:?}");
        }
    }

    #[test]
    fn a_copy_is_what_the_author_wrote() {
        let session = session("first");
        let yaml = copy(session.cluster(), &[key(Kind::Pod, "web-1"), key(Kind::Service, "web")]);
        assert!(yaml.starts_with("apiVersion: v1\nkind: Service\n"), "{yaml}");
        assert!(yaml.contains("kind: Pod") && !yaml.contains("clusterIP") && !yaml.contains("uid"), "{yaml}");
        assert_eq!(copy(session.cluster(), &[key(Kind::Pod, "none")]), "");
    }

    #[test]
    fn a_copy_of_a_controllers_pod_is_no_longer_its_own() {
        let session = session("clusterip");
        let pod = session
            .cluster()
            .store()
            .objects_of(Kind::Pod)
            .find(|pod| pod.document.is_none() && &*pod.key.namespace == "default")
            .expect("a Deployment made some");
        let yaml = copy(session.cluster(), std::slice::from_ref(&pod.key));
        for given in ["ownerReferences", "pod-template-hash", "nodeName", "status", "uid", "podIP"] {
            assert!(!yaml.contains(given), "{given} in {yaml}");
        }
        assert!(yaml.contains("image:"), "{yaml}");
    }

    #[test]
    fn a_paste_of_our_own_makes_new_objects_and_one_from_elsewhere_applies() {
        let mut session = session("first");
        let yaml = copy(session.cluster(), &[key(Kind::Pod, "web-1"), key(Kind::Service, "web")]);
        let own = paste(session.cluster(), &yaml, "default", true);
        assert_eq!(own.problems, []);
        let names: Vec<&str> = own.keys.iter().map(|key| &*key.name).collect();
        assert_eq!(names, ["web-2", "web-4"], "web-2 and web-3 are Pods, but no Services");
        all_done(&mut session, own.command);
        let again = paste(session.cluster(), &yaml, "default", false);
        let fates = session.rehearse(&again.command);
        assert!(fates.iter().all(|object| object.fate == Fate::Unchanged), "{fates:?}");
    }

    #[test]
    fn a_bad_text_says_what_is_wrong() {
        let cluster = Cluster::new(1);
        let bad = paste(
            &cluster,
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n labels: {}\n",
            "default",
            false,
        );
        assert!(!bad.problems.is_empty());
    }

    #[test]
    fn an_ingress_that_is_copied_with_its_service_names_the_copy() {
        let mut session = session("ingress");
        let store = session.cluster().store();
        let ingress = store.objects_of(Kind::Ingress).next().expect("there is one").key.clone();
        let services: Vec<ObjectKey> = store
            .objects_of(Kind::Service)
            .filter(|service| service.document.is_some())
            .map(|service| service.key.clone())
            .collect();
        let keys: Vec<ObjectKey> = services.iter().cloned().chain([ingress]).collect();
        let (new, command) = duplicate(session.cluster(), &keys).expect("they are there");
        all_done(&mut session, command);
        let copied = new.iter().find(|key| key.kind == Kind::Ingress).expect("it is copied");
        let mut value = session.cluster().store().get(copied).expect("it is there").live.to_value();
        let mut backends = 0;
        each_backend(&mut value, &mut |service| {
            let name = service["name"].as_str().unwrap_or_default();
            assert!(new.iter().any(|key| key.kind == Kind::Service && &*key.name == name), "{name}");
            backends += 1;
        });
        assert!(backends > 0);
        assert!(session.undo(), "one step takes all copies back");
        assert!(new.iter().all(|key| session.cluster().store().get(key).is_none()));
    }

    #[test]
    fn a_copy_of_a_service_gets_addresses_of_its_own() {
        let mut session = session("nodeport");
        let services: Vec<ObjectKey> = session
            .cluster()
            .store()
            .objects_of(Kind::Service)
            .filter(|service| service.document.is_some())
            .map(|service| service.key.clone())
            .collect();
        let (_, command) = duplicate(session.cluster(), &services).expect("they are there");
        all_done(&mut session, command);
    }

    #[test]
    fn with_all_its_pods_the_owner_is_deleted() {
        let session = session("clusterip");
        let store = session.cluster().store();
        let pods: Vec<ObjectKey> = store
            .objects_of(Kind::Pod)
            .filter(|pod| pod.document.is_none() && &*pod.key.namespace == "default")
            .map(|pod| pod.key.clone())
            .collect();
        assert!(pods.len() > 1);
        let gone = delete(session.cluster(), &pods);
        assert!(gone.iter().all(|key| key.kind == Kind::Deployment), "{gone:?}");
        assert_eq!(delete(session.cluster(), &pods[..1]), pods[..1], "one Pod alone is made again");
    }
}
