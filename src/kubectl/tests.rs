use std::sync::Arc;

use super::*;
use crate::api::text;
use crate::cluster::{Actor, LogEntry};

const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        ports: [{name: http, containerPort: 8080}]
        resources: {requests: {cpu: 250m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /healthz, port: http}}
        env:
        - {name: MODE, value: fast}
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        volumeMounts: [{name: cache, mountPath: /cache}]
      volumes: [{name: cache, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: walls, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: NotIn, values: [b, a]}]}
  policyTypes: [Ingress, Egress]
  ingress:
  - ports: [{port: 80}, {port: 8000, endPort: 8080, protocol: UDP}]
    from:
    - {namespaceSelector: {matchLabels: {team: a}}, podSelector: {}}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}
  - {}
";

/// A cluster with these objects in namespace `shop`, after some seconds.
fn cluster(yaml: &str, seconds: u64) -> Cluster {
    let mut cluster = Cluster::new(7);
    apply(&mut cluster, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    apply(&mut cluster, yaml);
    cluster.advance(Time(seconds * 1_000));
    cluster
}

fn apply(cluster: &mut Cluster, yaml: &str) {
    let reading = text::read(yaml, "shop");
    assert!(!reading.has_errors(), "{:?}", reading.problems);
    let documents: Vec<_> = reading.documents.into_iter().map(|document| document.value).collect();
    cluster.apply(&documents, "shop");
}

fn described(cluster: &Cluster, kind: Kind, name: &str) -> String {
    let namespace = if kind.is_namespaced() { "shop" } else { "" };
    describe(ApiServer::of(cluster), &ObjectKey::new(kind, namespace, name)).unwrap()
}

/// The keys of a kind in namespace `shop`.
fn keys(cluster: &Cluster, kind: Kind) -> Vec<ObjectKey> {
    let keys = cluster.store().objects_of(kind).map(|object| object.key.clone());
    keys.filter(|key| &*key.namespace == "shop").collect()
}

/// Checks that the description has these lines one after the other, blanks at both ends apart.
fn check_lines(described: &str, expected: &[&str]) {
    let lines: Vec<&str> = described.lines().map(str::trim).collect();
    assert!(lines.windows(expected.len()).any(|lines| lines == expected), "{expected:#?}\nin\n{described}");
}

#[test]
fn a_deployment_names_its_replica_sets_and_what_its_controller_reported() {
    let mut cluster = cluster(SHOP, 30);
    let set = keys(&cluster, Kind::ReplicaSet).remove(0).name;
    let text = described(&cluster, Kind::Deployment, "web");
    check_lines(
        &text,
        &["Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable"],
    );
    check_lines(
        &text,
        &[
            "OldReplicaSets:  <none>",
            &format!("NewReplicaSet:   {set} (2/2 replicas created)"),
            "Events:",
            "Type    Reason             Age   From                   Message",
            "----    ------             ----  ----                   -------",
            &format!(
                "Normal  ScalingReplicaSet  30s   deployment-controller  Scaled up replica set {set} from 0 to 2"
            ),
        ],
    );
    apply(&mut cluster, &SHOP.replace("image: nginx", "image: caddy"));
    cluster.advance(Time(120_000));
    let text = described(&cluster, Kind::Deployment, "web");
    check_lines(&text, &[&format!("OldReplicaSets:  {set} (0/0 replicas created)")]);
}

#[test]
fn a_pod_tells_its_container_probes_variables_and_volumes() {
    let cluster = cluster(SHOP, 30);
    let pod = keys(&cluster, Kind::Pod).remove(0).name;
    let text = described(&cluster, Kind::Pod, &pod);
    check_lines(
        &text,
        &[
            "Requests:",
            "cpu:      250m",
            "memory:   64Mi",
            "Readiness:  http-get http://:http/healthz delay=0s timeout=1s period=10s #success=1 #failure=3",
            "Environment:",
            "MODE:  fast",
            &format!("POD:   {pod} (v1:metadata.name)"),
            "Mounts:",
            "/cache from cache (rw)",
        ],
    );
    check_lines(
        &text,
        &[
            "Volumes:",
            "cache:",
            "Type:        EmptyDir (a temporary directory that shares a pod's lifetime)",
            "Medium:",
            "SizeLimit:   <unset>",
            "QoS Class:       Burstable",
        ],
    );
    let node = cluster.store().find::<k8s_openapi::api::core::v1::Pod>("shop", &pod).unwrap();
    let node = node.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap();
    let text = described(&cluster, Kind::Node, &node);
    let row: Vec<&str> =
        text.lines().filter(|line| line.contains(&*pod)).flat_map(str::split_whitespace).collect();
    assert_eq!(
        row,
        ["shop", &*pod, "250m", "(6%)", "0", "(0%)", "64Mi", "(0%)", "0", "(0%)", "30s"],
        "{text}"
    );
}

#[test]
fn the_events_of_an_object_of_the_same_name_before_are_forgotten() {
    const POD: &str =
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}";
    let mut cluster = cluster(POD, 10);
    let scheduled =
        |cluster: &Cluster| described(cluster, Kind::Pod, "a").matches("default-scheduler").count();
    assert_eq!(scheduled(&cluster), 1);
    cluster.delete(&[ObjectKey::pod("shop", "a")]);
    cluster.advance(Time(100_000));
    apply(&mut cluster, POD);
    cluster.advance(Time(110_000));
    let text = described(&cluster, Kind::Pod, "a");
    assert_eq!(scheduled(&cluster), 1, "{text}");
    assert!(!text.contains("Killing"), "{text}");
    // The API server keeps Events for an hour.
    cluster.advance(Time(4_000_000));
    check_lines(&described(&cluster, Kind::Pod, "a"), &[&format!("Events:{:23}<none>", "")]);
}

#[test]
fn what_is_reported_again_is_counted() {
    let cluster = cluster(SHOP, 30);
    let web = ObjectKey::service("shop", "web");
    let entry = |at: u64, reason: &str, object: &ObjectKey| {
        Arc::new(LogEntry {
            at: Time(at * 1_000),
            actor: Actor::Cluster,
            warning: true,
            reason: reason.to_owned(),
            object: Some(object.clone()),
            message: "why".to_owned(),
        })
    };
    let events: EventLog = [
        entry(1, "FailedToUpdateEndpointSlices", &web),
        entry(2, "FailedToUpdateEndpointSlices", &ObjectKey::service("shop", "other")),
        entry(11, "FailedToUpdateEndpointSlices", &web),
        // The controller that mirrors Endpoints reports it of the Endpoints.
        entry(12, "InvalidIPAddress", &web),
        // Nothing in a cluster reports this.
        entry(13, "NeverAtRest", &web),
    ]
    .into_iter()
    .collect();
    let server = ApiServer { events: &events, ..ApiServer::of(&cluster) };
    let events_of = |kind| {
        let text = describe(server, &ObjectKey::new(kind, "shop", "web")).unwrap();
        let at = text.find("Events:").unwrap();
        text[at..].to_owned()
    };
    assert_eq!(
        events_of(Kind::Service),
        "\
Events:
  Type     Reason                        Age                From                       Message
  ----     ------                        ----               ----                       -------
  Warning  FailedToUpdateEndpointSlices  19s (x2 over 29s)  endpoint-slice-controller  why
"
    );
    assert_eq!(
        events_of(Kind::Endpoints),
        "\
Events:
  Type     Reason            Age   From                                 Message
  ----     ------            ----  ----                                 -------
  Warning  InvalidIPAddress  18s   endpoint-slice-mirroring-controller  why
"
    );
}

#[test]
fn a_network_policy_tells_who_may_reach_which_ports() {
    let cluster = cluster(SHOP, 0);
    assert_eq!(
        described(&cluster, Kind::NetworkPolicy, "walls"),
        "\
Name:         walls
Namespace:    shop
Created on:   2026-01-01 00:00:00 +0000 UTC
Labels:       <none>
Annotations:  <none>
Spec:
  PodSelector:     app=web,tier notin (a,b)
  Allowing ingress traffic:
    To Port: 80/TCP
    To Port Range: 8000-8080/UDP
    From:
      NamespaceSelector: team=a
      PodSelector: <none>
    From:
      IPBlock:
        CIDR: 10.0.0.0/8
        Except: 10.1.0.0/16, 10.2.0.0/16
    ----------
    To Port: <any> (traffic allowed to all ports)
    From: <any> (traffic not restricted by source)
  Allowing egress traffic:
    <none> (Selected pods are isolated for egress connectivity)
  Policy Types: Ingress, Egress
"
    );
}

#[test]
fn a_custom_resource_is_printed_field_by_field() {
    let cluster = cluster(
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop, labels: {a: b}}, \
         spec: {maxSize: 3, parts: [{name: one, spare: true}, {name: two}], tags: [p, q]}}",
        0,
    );
    let kind = Kind::from_api("example.com/v1", "Widget");
    let text = described(&cluster, kind.clone(), "w");
    check_lines(
        &text,
        &[
            "Spec:",
            "Max Size:  3",
            "Parts:",
            "Name:   one",
            "Spare:  true",
            "Name:   two",
            "Tags:",
            "p",
            "q",
            "Events:  <none>",
        ],
    );
    assert_eq!(
        describe_command(&ObjectKey::new(kind, "shop", "w")),
        "kubectl describe widget.example.com w -n shop"
    );
}

#[test]
fn tables_have_the_columns_that_are_asked_for() {
    let cluster = cluster(SHOP, 30);
    let services = [ObjectKey::service("shop", "web"), ObjectKey::service("shop", "gone")];
    let server = ApiServer::of(&cluster);
    let columns = Columns { wide: true, namespace: true, labels: true };
    let table = get(server, &Kind::Service, &services, columns);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let ip = rows[1][3];
    assert_eq!(
        rows,
        [
            vec![
                "NAMESPACE",
                "NAME",
                "TYPE",
                "CLUSTER-IP",
                "EXTERNAL-IP",
                "PORT(S)",
                "AGE",
                "SELECTOR",
                "LABELS"
            ],
            vec!["shop", "web", "ClusterIP", ip, "<none>", "80/TCP", "30s", "app=web", "<none>"],
        ]
    );
    assert!(table.starts_with("NAMESPACE   NAME   TYPE        CLUSTER-IP   "), "{table}");
    assert_eq!(get(server, &Kind::Service, &services[1..], columns), "");
}

#[test]
fn commands_are_as_one_types_them() {
    assert_eq!(describe_command(&ObjectKey::service("shop", "web")), "kubectl describe service web -n shop");
    assert_eq!(describe_command(&ObjectKey::pod("default", "a")), "kubectl describe pod a");
    assert_eq!(get_command(&ObjectKey::node("node-1")), "kubectl get node node-1 -o wide");
    assert_eq!(
        get_slices_command(&ObjectKey::service("shop", "web")),
        "kubectl get endpointslice -l kubernetes.io/service-name=web -n shop -o wide"
    );
}

#[test]
fn every_kind_on_a_board_can_be_described_and_listed() {
    let mut cluster = Cluster::own_objects();
    apply(&mut cluster, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    apply(&mut cluster, SHOP);
    cluster.advance(Time(60_000));
    let server = ApiServer::of(&cluster);
    for object in cluster.store().objects() {
        assert!(is_described(&object.key.kind), "{}", object.key);
        let text = describe(server, &object.key).unwrap();
        assert!(text.starts_with("Name:") && text.contains(&*object.key.name), "{text}");
        let table =
            get(server, &object.key.kind, [&object.key], Columns { wide: true, ..Columns::default() });
        let [heads, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
        assert!(heads.starts_with("NAME ") && row.starts_with(&*object.key.name), "{table}");
    }
}
