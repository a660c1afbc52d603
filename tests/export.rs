//! Export and import: the text of a board puts the same board up again.

#[path = "common/sittings.rs"]
mod sittings;

use std::collections::BTreeMap;

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{Kind, ObjectKey, Path, Time, text};
use endpoint_playground::session::{Command, Fate, Placement, Session, scenarios};
use proptest::prelude::*;
use serde_json::{Value, json};

const SEED: u64 = 1;

fn apply(session: &mut Session, yaml: &str) {
    let reading = text::read(yaml, "default");
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    for object in session.dispatch(Command::Apply { documents, namespace: "default".to_owned() }) {
        assert!(!matches!(object.fate, Fate::Rejected(_)), "{}: {:?}", object.key, object.fate);
    }
}

fn edit(session: &mut Session, key: ObjectKey, path: &str, value: Value) {
    let edit = Edit { path: Path::parse(path).unwrap(), value: (!value.is_null()).then_some(value) };
    let fates = session.dispatch(Command::Edit { key, edits: vec![edit] });
    assert_eq!(fates[0].fate, Fate::Configured, "{path}");
}

fn put(session: &mut Session, card: &str, at: (i32, i32)) {
    session.dispatch(Command::Place { places: vec![Placement { card: card.to_owned(), at: Some(at) }] });
}

/// An empty board onto which `yaml` was imported, after as much time as there was before.
fn imported(yaml: &str, now: Time) -> Session {
    let mut session = Session::new(SEED);
    apply(&mut session, yaml);
    session.advance(now);
    session
}

/// Every object, less its revision and the moments, which tell when and how often it was written.
fn objects(session: &Session) -> BTreeMap<ObjectKey, Value> {
    fn timeless(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| {
                    !["resourceVersion", "uid", "observedGeneration", "generation"].contains(&name.as_str())
                        && !name.ends_with("Time")
                        && !name.ends_with("Timestamp")
                        && name != "startedAt"
                });
                fields.values_mut().for_each(timeless);
            }
            Value::Array(items) => items.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    let store = session.cluster().store();
    store
        .objects()
        .map(|object| {
            let mut value = object.live.to_value();
            timeless(&mut value);
            (object.key.clone(), value)
        })
        .collect()
}

/// The endpoints of each Service: for each, its address and whether it is ready.
fn endpoints(session: &Session) -> BTreeMap<ObjectKey, Vec<(String, bool)>> {
    let store = session.cluster().store();
    let services = store.objects_of(Kind::Service).map(|object| object.key.clone());
    services
        .map(|key| {
            let slices = store.slices_of(&key.namespace, &key.name);
            let mut found: Vec<_> = slices
                .flat_map(|slice| slice.endpoints.iter().flatten())
                .map(|endpoint| {
                    let ready =
                        endpoint.conditions.as_ref().is_some_and(|conditions| conditions.ready == Some(true));
                    (endpoint.addresses[0].clone(), ready)
                })
                .collect();
            found.sort();
            (key, found)
        })
        .collect()
}

/// Imports what a board exports, and holds the new board to the old one in everything.
#[track_caller]
fn check_same(session: &Session) -> Session {
    let yaml = session.export();
    let again = imported(&yaml, session.now());
    assert_eq!(again.export(), yaml);
    assert_eq!(again.places(), session.places());
    assert_eq!(endpoints(&again), endpoints(session), "{yaml}");
    let (now, before) = (objects(&again), objects(session));
    assert_eq!(now.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{yaml}");
    for (key, value) in now {
        assert_eq!(value, before[&key], "{key}");
    }
    again
}

#[test]
fn an_empty_board_exports_nothing() {
    assert_eq!(Session::new(SEED).export(), "");
}

/// A document without the annotation that keeps the cluster's settings, which no author wrote.
fn without_settings(mut document: Value) -> Value {
    if let Some(metadata) = document["metadata"].as_object_mut()
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.remove("playground.endpoint/cluster");
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    document
}

#[test]
fn every_scenario_is_the_same_board_after_export_and_import() {
    for scenario in scenarios::all() {
        let session = Session::open(scenario.recording(SEED));
        println!("{}", scenario.name);
        check_same(&session);
        let documents: Vec<Value> = text::read(&session.export(), "default")
            .documents
            .into_iter()
            .map(|document| without_settings(document.value))
            .collect();
        assert_eq!(documents.len(), scenario.documents.len());
        for document in documents {
            assert!(scenario.documents.contains(&document), "{}: {document}", scenario.name);
        }
    }
}

#[test]
fn every_manifest_is_the_same_board_after_export_and_import() {
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/manifests")).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        check_same(&imported(&std::fs::read_to_string(path).unwrap(), Time(30_000)));
    }
}

const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}], type: LoadBalancer}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {containers: [{name: c, image: nginx}], futureField: kept}
";

#[test]
fn hand_placed_cards_stand_where_they_stood() {
    let mut session = Session::new(SEED);
    let reading = text::read(WEB, "default");
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    put(&mut session, "v1/Service/default/web", (40, -8));
    put(&mut session, "lb/default/web", (-120, 16));
    put(&mut session, "v1/Node//node-2", (700, 4));
    let yaml = session.export();
    assert!(yaml.contains("playground.endpoint/place: 40,-8"), "{yaml}");
    assert!(yaml.contains("futureField: kept"), "{yaml}");
    let mut again = Session::new(SEED);
    let reading = text::read(&yaml, "default");
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    again.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    assert_eq!(again.places(), session.places());
    // The place belongs to the board: the object itself does not carry it.
    let web = again.cluster().store().get(&ObjectKey::service("default", "web")).unwrap();
    assert!(!web.live.to_value().to_string().contains("playground.endpoint/place"));
    assert_eq!(again.export(), yaml);
    // A card that goes back to the automatic layout leaves nothing behind.
    for card in ["v1/Service/default/web", "lb/default/web", "v1/Node//node-2"] {
        again.dispatch(Command::Place { places: vec![Placement { card: card.to_owned(), at: None }] });
    }
    assert!(!again.export().contains("playground.endpoint/place"), "{}", again.export());
}

#[test]
fn a_namespace_that_was_chosen_for_a_document_is_written_into_it() {
    let mut session = Session::new(SEED);
    apply(&mut session, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    let web = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"a": "b"}},
        "spec": {"ports": [{"port": 80}]}});
    session.dispatch(Command::Apply { documents: vec![web], namespace: "shop".to_owned() });
    assert!(session.export().contains("  name: web\n  namespace: shop\n"), "{}", session.export());
    check_same(&session);
}

#[test]
fn nodes_are_exported_when_somebody_added_or_changed_them() {
    let mut session = Session::new(SEED);
    apply(&mut session, "{apiVersion: v1, kind: Node, metadata: {name: node-4}}");
    edit(&mut session, ObjectKey::node("node-3"), "metadata.labels.disk", json!("ssd"));
    edit(&mut session, ObjectKey::node("node-2"), "spec.unschedulable", json!(true));
    session.advance(Time(20_000));
    let kinds: Vec<ObjectKey> =
        text::read(&session.export(), "default").documents.into_iter().map(|document| document.key).collect();
    assert_eq!(kinds, [ObjectKey::node("node-4"), ObjectKey::node("node-2"), ObjectKey::node("node-3")]);
    check_same(&session);
}

#[test]
fn the_clusters_own_objects_are_exported_when_somebody_changed_them() {
    let mut session = Session::open(scenarios::find("ingress").unwrap().recording(SEED));
    assert!(!session.export().contains("playground.endpoint/base"));
    assert!(!session.export().contains("ingress-nginx-controller"));
    let coredns = ObjectKey::new(Kind::Deployment, "kube-system", "coredns");
    edit(&mut session, coredns, "spec.replicas", json!(0));
    let controller = ObjectKey::service("ingress-nginx", "ingress-nginx-controller");
    edit(&mut session, controller.clone(), "spec.externalTrafficPolicy", json!("Cluster"));
    let yaml = session.export();
    let again = imported(&yaml, Time(30_000));
    assert!(endpoints(&again)[&ObjectKey::service("kube-system", "kube-dns")].is_empty());
    let live = again.cluster().store().get(&controller).unwrap().live.to_value();
    assert_eq!(live["spec"]["externalTrafficPolicy"], "Cluster", "{yaml}");
    assert!(!yaml.contains("coredns-"), "{yaml}");
}

#[test]
fn a_pod_that_was_taken_from_its_controller_is_exported() {
    let mut session = Session::open(scenarios::find("loadbalancer").unwrap().recording(SEED));
    let store = session.cluster().store();
    let pod = store.objects_of(Kind::Pod).find(|pod| &*pod.key.namespace == "default").unwrap().key.clone();
    edit(&mut session, pod.clone(), "metadata.labels.app", json!("debug"));
    session.advance(Time(30_000));
    let again = imported(&session.export(), session.now());
    assert!(again.cluster().store().get(&pod).is_some_and(|pod| pod.labels().unwrap()["app"] == "debug"));
    let count = |session: &Session| endpoints(session)[&ObjectKey::service("default", "web")].len();
    assert_eq!((count(&session), count(&again)), (2, 2));
}

#[test]
fn what_kubectl_get_prints_is_exported_as_it_came() {
    let session = Session::open(scenarios::find("clusterip").unwrap().recording(SEED));
    let store = session.cluster().store();
    let printed: Vec<Value> = store.objects().map(|object| object.live.to_value()).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": printed});
    let again = imported(&text::write([&list]), session.now());
    assert_eq!(endpoints(&again), endpoints(&session));
    let exported = text::read(&again.export(), "default");
    assert_eq!(exported.documents.len(), printed.len());
    for document in exported.documents {
        assert!(printed.contains(&document.value), "{}", document.key);
    }
    // And again: status, uids and owners are what they were.
    let third = imported(&again.export(), again.now());
    assert_eq!(third.export(), again.export());
    assert_eq!(endpoints(&third), endpoints(&session));
    let mine = |session: &Session| -> BTreeMap<ObjectKey, String> {
        session
            .cluster()
            .store()
            .objects()
            .map(|object| (object.key.clone(), object.uid().to_owned()))
            .collect()
    };
    for (key, uid) in mine(&session)
        .into_iter()
        .filter(|(key, _)| &*key.namespace == "default" && &*key.name != "kubernetes")
    {
        assert_eq!(mine(&third).get(&key), Some(&uid), "{key}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 24 } else { 1_000 }, ..Default::default() })]

    #[test]
    fn any_board_is_the_same_after_export_and_import(steps in prop::collection::vec(sittings::step(), 1..14)) {
        let mut session = Session::new(SEED);
        sittings::play(&mut session, &steps);
        // What is under way comes to its end.
        session.advance(session.now() + 120_000);
        let yaml = session.export();
        let again = imported(&yaml, session.now());
        prop_assert_eq!(again.export(), yaml.clone());
        for (card, at) in session.places().iter() {
            let on_board = ObjectKey::from_path(card).is_some_and(|key| session.cluster().store().get(&key).is_some());
            prop_assert_eq!(again.places().get(card), on_board.then_some(at), "{}\n{}", card, yaml);
        }
        let count = |session: &Session| -> BTreeMap<ObjectKey, (usize, usize)> {
            endpoints(session)
                .into_iter()
                .map(|(key, found)| (key, (found.len(), found.iter().filter(|(_, ready)| *ready).count())))
                .collect()
        };
        prop_assert_eq!(count(&again), count(&session), "{}", yaml);
        let kinds = |session: &Session| -> BTreeMap<Kind, usize> {
            session.cluster().store().objects().fold(BTreeMap::new(), |mut counts, object| {
                *counts.entry(object.key.kind.clone()).or_insert(0) += 1;
                counts
            })
        };
        let (mut now, mut before) = (kinds(&again), kinds(&session));
        // A rollout leaves old ReplicaSets behind.
        now.remove(&Kind::ReplicaSet);
        before.remove(&Kind::ReplicaSet);
        prop_assert_eq!(now, before, "{}", yaml);
    }
}
