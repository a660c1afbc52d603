//! Whole stories: what a person does, and what the cluster makes of it.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{Kind, ObjectKey, Path, text};
use endpoint_playground::scene::{View, scene};
use endpoint_playground::session::{Client, Command, Fate, Request, Session};
use serde_json::json;

const WEB: &str = "
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}}
spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {containers: [{name: c, image: curl}]}
";

fn apply(session: &mut Session, yaml: &str) -> Vec<String> {
    let reading = text::read(yaml, "default");
    assert!(!reading.has_errors(), "{:?}", reading.problems);
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    session
        .dispatch(Command::Apply { documents, namespace: "default".to_owned() })
        .into_iter()
        .map(|object| match object.fate {
            Fate::Rejected(rejected) => rejected.to_string(),
            fate => format!("{} {}", object.key, fate.word()),
        })
        .collect()
}

fn send(session: &mut Session, from: Client, url: &str) -> String {
    let request = Request { from, method: "GET".to_owned(), url: url.to_owned() };
    session.dispatch(Command::Send { request });
    session.cluster().requests().back().expect("it was just sent").trace.outcome.to_string()
}

fn endpoints(session: &Session, service: &str) -> usize {
    let slices = session.cluster().store().slices_of("default", service);
    slices.map(|slice| slice.endpoints.as_ref().map_or(0, Vec::len)).sum()
}

fn client() -> Client {
    Client::Pod { namespace: "default".to_owned(), name: "client".to_owned() }
}

#[test]
fn a_new_board_has_three_nodes_and_cluster_dns() {
    let session = Session::new(1);
    let store = session.cluster().store();
    assert_eq!(store.objects_of(Kind::Node).count(), 3);
    let dns = store.slices_of("kube-system", "kube-dns");
    assert_eq!(dns.map(|slice| slice.endpoints.as_ref().map_or(0, Vec::len)).sum::<usize>(), 2);
    let bad: Vec<_> = session.cluster().events().iter().filter(|entry| entry.warning).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn a_pod_behind_a_service_answers() {
    let mut session = Session::new(1);
    let fates = apply(&mut session, WEB);
    assert_eq!(
        fates,
        ["Service default/web created", "Pod default/web-1 created", "Pod default/client created"]
    );
    assert_eq!(endpoints(&session, "web"), 1);
    assert_eq!(send(&mut session, client(), "http://web/"), "200 OK");
}

#[test]
fn a_changed_label_takes_the_pod_out_at_once_and_undo_brings_it_back() {
    let mut session = Session::new(1);
    apply(&mut session, WEB);
    let label = Path::ROOT.field("metadata").field("labels").field("app");
    let edits = vec![Edit { path: label, value: Some(json!("wbe")) }];
    session.dispatch(Command::Edit { key: ObjectKey::pod("default", "web-1"), edits });
    assert_eq!(endpoints(&session, "web"), 0);
    let outcome = send(&mut session, client(), "http://web/");
    assert!(outcome.starts_with("refused: no endpoints"), "{outcome}");
    let scene = scene(&session, &View::default());
    let (_, card) = scene.pod(&ObjectKey::pod("default", "web-1")).expect("it is on the board");
    assert_eq!(card.wanted.as_deref(), Some("app=web"));
    assert!(session.undo() && session.undo());
    assert_eq!(endpoints(&session, "web"), 1);
}

#[test]
fn refused_objects_name_themselves_and_the_others_apply() {
    let mut session = Session::new(1);
    let fates = apply(
        &mut session,
        "
{apiVersion: v1, kind: Service, metadata: {name: low}, spec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: taken}, spec: {clusterIP: 10.96.0.10, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: good}, spec: {ports: [{port: 80}]}}
",
    );
    assert_eq!(
        fates,
        [
            "Service \"low\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid \
             range. The range of valid ports is 30000-32767",
            "Service \"taken\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.10\"]: failed to allocate IP \
             10.96.0.10: provided IP is already allocated",
            "Service default/good created",
        ]
    );
}
