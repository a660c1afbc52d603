//! Manifests as people keep them: every object arrives, workloads get their Pods, Services their endpoints.

use std::collections::{BTreeMap, BTreeSet};

use endpoint_playground::api::{Kind, ObjectKey, Severity, text};
use endpoint_playground::scene::{View, scene};
use endpoint_playground::session::{Command, Fate, Session};
use k8s_openapi::api::core::v1::Service;
use serde_json::Value;

/// Imports onto an empty board and gives the board a minute.
fn imported(yaml: &str) -> Session {
    let mut session = Session::new(1);
    let reading = text::read(yaml, "default");
    assert_eq!(reading.problems, []);
    let documents: Vec<Value> = reading.documents.into_iter().map(|document| document.value).collect();
    let fates =
        session.dispatch(Command::Apply { documents: documents.clone(), namespace: "default".to_owned() });
    assert_eq!(fates.len(), documents.len());
    for object in &fates {
        let expected = if object.key.kind.is_simulated() { Fate::Created } else { Fate::Kept };
        assert_eq!(object.fate, expected, "{}", object.key);
        let stored = session.cluster().store().get(&object.key).expect("it was just made");
        assert!(documents.contains(stored.document.as_deref().expect("somebody wrote it")), "{}", object.key);
    }
    session.advance(session.now() + 60_000);
    let bad: Vec<_> = session.cluster().events().iter().filter(|line| line.warning).collect();
    assert!(bad.is_empty(), "{bad:?}");
    session
}

fn check_workloads(session: &Session) {
    let store = session.cluster().store();
    for object in store.objects() {
        let live = object.live.to_value();
        let selector = &live["spec"]["selector"];
        let (wanted, selector) = match object.key.kind {
            Kind::Deployment | Kind::StatefulSet => {
                (live["spec"]["replicas"].as_u64(), &selector["matchLabels"])
            }
            Kind::ReplicationController => (live["spec"]["replicas"].as_u64(), selector),
            Kind::DaemonSet => (Some(3), &selector["matchLabels"]),
            _ => continue,
        };
        let selector: BTreeMap<String, String> = serde_json::from_value(selector.clone()).unwrap();
        let phases = store.pods_matching(&object.key.namespace, &selector).into_iter();
        let phases: Vec<String> = phases.filter_map(|pod| pod.status.as_ref()?.phase.clone()).collect();
        assert_eq!(phases, vec!["Running"; wanted.unwrap() as usize], "{}", object.key);
    }
}

fn check_endpoints(session: &Session) {
    let store = session.cluster().store();
    for object in store.objects_of(Kind::Service) {
        let spec = object.get::<Service>().and_then(|service| service.spec.clone()).unwrap_or_default();
        let Some(selector) = spec.selector else { continue };
        let pods = store.pods_matching(&object.key.namespace, &selector).into_iter();
        let expected: BTreeSet<String> = pods.filter_map(|pod| pod.status.as_ref()?.pod_ip.clone()).collect();
        let slices = store.slices_of(&object.key.namespace, &object.key.name);
        let endpoints = slices.flat_map(|slice| slice.endpoints.iter().flatten());
        let found: BTreeSet<String> = endpoints.flat_map(|endpoint| endpoint.addresses.clone()).collect();
        assert!(!found.is_empty(), "{}", object.key);
        assert_eq!(found, expected, "{}", object.key);
    }
}

#[track_caller]
fn check(yaml: &str, kept: &[(&str, usize)]) {
    let session = imported(yaml);
    check_workloads(&session);
    check_endpoints(&session);
    let scene = scene(&session, &View::default());
    let named: Vec<(&str, usize)> = scene.kept.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(named, kept);
}

#[test]
fn a_shop_imports() {
    check(include_str!("manifests/shop.yaml"), &[("Discount", 1), ("Secret", 1)]);
}

#[test]
fn a_stateful_store_with_its_class_and_job_imports() {
    check(include_str!("manifests/store.yaml"), &[("ConfigMap", 1), ("Job", 1), ("StorageClass", 1)]);
}

#[test]
fn a_controller_with_roles_and_webhooks_imports() {
    let kept = [
        ("ClusterRole", 1),
        ("ClusterRoleBinding", 1),
        ("ConfigMap", 1),
        ("Job", 1),
        ("Role", 1),
        ("RoleBinding", 1),
        ("ServiceAccount", 1),
        ("ValidatingWebhookConfiguration", 1),
    ];
    check(include_str!("manifests/gateway.yaml"), &kept);
}

#[test]
fn what_another_cluster_printed_is_the_board_that_it_was_there() {
    let session = imported(include_str!("manifests/printed.yaml"));
    check_endpoints(&session);
    let store = session.cluster().store();
    let pod = store.get(&ObjectKey::pod("default", "web-7d4b9c5f6d-x2x4v")).expect("nobody deletes it");
    let live = pod.live.to_value();
    assert_eq!(live["status"]["podIP"], "10.244.7.5");
    assert_eq!(live["spec"]["nodeName"], "worker-1");
    assert_eq!(pod.uid(), "5c1d6d0e-0f5e-4b59-8f3a-2f1a4b3c0003");
    let slices: Vec<_> = store.slices_of("default", "web").collect();
    assert_eq!(slices.len(), 1, "the slice that came is kept up, and no other made");
    assert_eq!(slices[0].metadata.name.as_deref(), Some("web-jx7hk"));
}

#[test]
fn what_no_cluster_serves_is_kept_and_told() {
    let yaml = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}, spec: {size: 3}}";
    let reading = text::read(yaml, "default");
    assert!(
        reading.problems.iter().all(|problem| problem.severity == Severity::Warning),
        "{:?}",
        reading.problems
    );
    let documents: Vec<Value> = reading.documents.into_iter().map(|document| document.value).collect();
    let mut session = Session::new(1);
    let fates = session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    assert_eq!(fates[0].fate, Fate::Kept);
    assert_eq!(scene(&session, &View::default()).kept["Widget"], 1);
}

#[test]
fn a_text_that_can_not_be_read_says_where_and_gives_nothing_to_apply() {
    for (yaml, line, column) in [
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n labels: {}\n", 5, 2),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: eighty\n", 6, 11),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: a: b}\n", 3, 19),
        ("kind: Pod\nmetadata: {name: a}\n", 1, 1),
    ] {
        let reading = text::read(yaml, "default");
        let error = reading.problems.iter().find(|problem| problem.is_error()).expect(yaml);
        let place = error.place.expect("an error has a place");
        assert_eq!((place.line, place.column), (line, column), "{yaml}\n{error:?}");
        assert!(reading.documents.is_empty(), "{yaml}");
    }
}

#[test]
fn refused_objects_alone_leave_the_board_as_it_was() {
    let mut session = imported(include_str!("manifests/shop.yaml"));
    let (before, entries) = (session.digest(), session.entries().len());
    let yaml = "{apiVersion: v1, kind: Service, metadata: {name: UPPER}, spec: {ports: [{port: 80}]}}";
    let documents =
        text::read(yaml, "default").documents.into_iter().map(|document| document.value).collect();
    let fates = session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    assert!(matches!(&fates[0].fate, Fate::Rejected(why) if why.to_string().contains("UPPER")), "{fates:?}");
    assert_eq!((session.digest(), session.entries().len()), (before, entries));
}
