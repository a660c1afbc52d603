//! What can be written where the cursor of an editor stands: fields that the API has there, values that it takes, and
//! names, labels and ports that are in use on the board.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::api::path::Segment;
use crate::api::shape::{Shape, fields, shape};
use crate::api::text::cursor::{Cursor, Slot, cursor};
use crate::api::{Kind, Live, ObjectKey, Path};
use crate::store::Store;

/// Something that can be written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Choice {
    /// What it is called.
    pub label: String,
    /// What is written in place of what was begun.
    pub insert: String,
    /// Its type, or where it is from.
    pub detail: String,
    /// `property` or `enum`.
    pub kind: &'static str,
    /// Whether something else is to be written right behind it.
    pub more: bool,
    /// 1 for what comes first, -1 for what is seldom meant.
    pub boost: i8,
}

/// What can be written at a place of a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Choices {
    /// The column of the cursor's line, from 1, where what was begun starts.
    pub column: u32,
    /// Whether a value is due that is one of few.
    pub due: bool,
    /// What can be written.
    pub options: Vec<Choice>,
}

/// Fields that nobody writes by hand, or hardly ever.
const SELDOM: [&str; 9] = [
    "status",
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "selfLink",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Fields that are wanted before their siblings.
const FIRST: [&str; 12] = [
    "apiVersion",
    "kind",
    "metadata",
    "spec",
    "name",
    "namespace",
    "labels",
    "selector",
    "ports",
    "port",
    "targetPort",
    "containers",
];

/// What can be written at a line and column of a text, both from 1. `None` where nothing is known.
pub fn complete(store: &Store, text: &str, line: u32, column: u32) -> Option<Choices> {
    let cursor = cursor(text, line, column)?;
    let kind = kind_of(&cursor);
    let options = match (&kind, cursor.slot) {
        (_, Slot::Value) => values(store, kind.as_ref(), &cursor),
        (Some(kind), Slot::Key) => keys(store, kind, &cursor, &cursor.path),
        (Some(kind), Slot::Item) => match shape(kind, &cursor.path) {
            Shape::Fields(_) | Shape::Map(_) => keys(store, kind, &cursor, &cursor.path),
            _ => values(store, Some(kind), &cursor),
        },
        (None, Slot::Key) if cursor.path == Path::ROOT => ["apiVersion", "kind", "metadata"]
            .into_iter()
            .filter(|name| !cursor.siblings.iter().any(|sibling| sibling == name))
            .map(|name| field(name, &top_shape(name), &cursor))
            .collect(),
        (None, _) => Vec::new(),
    };
    let few = options.len() <= 24 && options.iter().all(|choice| choice.kind == "enum");
    let due = few && cursor.slot != Slot::Key && !is_done(&options, &cursor);
    (!options.is_empty()).then_some(Choices { column: cursor.column, due, options })
}

/// Whether what stands there is one of the choices already.
fn is_done(options: &[Choice], cursor: &Cursor) -> bool {
    options.iter().any(|choice| choice.insert == cursor.begun)
}

fn top_shape(name: &str) -> Shape {
    if name == "metadata" { Shape::Fields(&[]) } else { Shape::Scalar("string".to_owned()) }
}

/// The kind that the document names, also while its apiVersion is not written yet.
fn kind_of(cursor: &Cursor) -> Option<Kind> {
    let name = cursor.kind.as_deref()?;
    match &cursor.api_version {
        Some(version) => Some(Kind::from_api(version, name)).filter(Kind::is_simulated),
        None => Kind::simulated().find(|kind| kind.name() == name),
    }
}

// ---- keys ---------------------------------------------------------------------------------------------------------

fn keys(store: &Store, kind: &Kind, cursor: &Cursor, path: &Path) -> Vec<Choice> {
    let is_new = |name: &str| !cursor.siblings.iter().any(|sibling| sibling == name);
    match shape(kind, path) {
        Shape::Fields(_) => fields(kind, path)
            .iter()
            .filter(|(name, _)| is_new(name))
            .map(|(name, shape)| field(name, shape, cursor))
            .collect(),
        Shape::Map(_) => map_keys(store, path)
            .into_iter()
            .filter(|name| is_new(name))
            .map(|name| Choice {
                insert: format!("{}: ", quoted(&name)),
                label: name,
                detail: "in use".to_owned(),
                kind: "property",
                more: true,
                boost: 0,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A field, with what opens its value.
fn field(name: &str, shape: &Shape, cursor: &Cursor) -> Choice {
    let indent = " ".repeat(cursor.key_column.saturating_sub(1) as usize);
    let (opening, more) = match shape {
        _ if !cursor.at_end || cursor.in_flow => (": ".to_owned(), true),
        Shape::Fields(_) | Shape::Map(_) => (format!(":\n{indent}  "), true),
        Shape::List(_) => (format!(":\n{indent}- "), true),
        Shape::Scalar(_) | Shape::Unknown => (": ".to_owned(), true),
    };
    let boost = if SELDOM.contains(&name) { -1 } else { i8::from(FIRST.contains(&name)) };
    Choice {
        label: name.to_owned(),
        insert: format!("{name}{opening}"),
        detail: shape.word(),
        kind: "property",
        more,
        boost,
    }
}

/// The keys that maps at such a place have on the board.
fn map_keys(store: &Store, path: &Path) -> Vec<String> {
    let name = last_field(path);
    let mut found = BTreeSet::new();
    match name {
        "annotations" => {
            for object in store.objects() {
                let annotations = object.live.metadata().and_then(|meta| meta.annotations.as_ref());
                found.extend(annotations.into_iter().flat_map(|all| all.keys().cloned()));
            }
        }
        "nodeSelector" => {
            for object in store.objects_of(Kind::Node) {
                found.extend(object.labels().into_iter().flat_map(|labels| labels.keys().cloned()));
            }
        }
        "labels" | "selector" | "matchLabels" => {
            for (key, _) in pod_labels(store) {
                found.insert(key);
            }
        }
        _ => {}
    }
    found.into_iter().collect()
}

// ---- values -------------------------------------------------------------------------------------------------------

fn values(store: &Store, kind: Option<&Kind>, cursor: &Cursor) -> Vec<Choice> {
    let name = last_field(&cursor.path);
    if cursor.path.0.len() == 1 && matches!(name, "kind" | "apiVersion") {
        return types(cursor, name);
    }
    let Some(kind) = kind else { return Vec::new() };
    let listed = enumerated(kind, &cursor.path);
    if !listed.is_empty() {
        return listed.iter().map(|value| choice(value, "", cursor)).collect();
    }
    let in_use = in_use(store, kind, cursor);
    if !in_use.is_empty() {
        return in_use.iter().map(|(value, from)| choice(value, from, cursor)).collect();
    }
    match shape(kind, &cursor.path) {
        Shape::Scalar(of) if of == "bool" => {
            ["true", "false"].iter().map(|value| choice(value, "", cursor)).collect()
        }
        _ => Vec::new(),
    }
}

fn choice(value: &str, from: &str, cursor: &Cursor) -> Choice {
    let quote = cursor.path.0.len() > 1
        && matches!(container_of(&cursor.path), "labels" | "selector" | "matchLabels");
    Choice {
        label: value.to_owned(),
        insert: if quote { quoted(value) } else { value.to_owned() },
        detail: from.to_owned(),
        kind: "enum",
        more: false,
        boost: 0,
    }
}

/// What YAML would read as something else than a string, in quotes.
fn quoted(text: &str) -> String {
    let plain = crate::api::text::write([&serde_json::Value::from(text)]);
    plain.trim_end().to_owned()
}

fn types(cursor: &Cursor, name: &str) -> Vec<Choice> {
    if name == "apiVersion" {
        let of = |kind: &Kind| cursor.kind.as_deref().is_none_or(|own| own == kind.name());
        let mut versions: Vec<String> = Vec::new();
        for kind in Kind::simulated().filter(of) {
            if !versions.iter().any(|version| version == kind.api_version()) {
                versions.push(kind.api_version().to_owned());
            }
        }
        return versions.iter().map(|version| choice(version, "", cursor)).collect();
    }
    let of = |kind: &Kind| cursor.api_version.as_deref().is_none_or(|own| own == kind.api_version());
    Kind::simulated().filter(of).map(|kind| choice(kind.name(), kind.api_version(), cursor)).collect()
}

/// The values that the API takes for a field that is a string and takes few. From the `+enum` types of
/// staging/src/k8s.io/api in Kubernetes.
fn enumerated(kind: &Kind, path: &Path) -> &'static [&'static str] {
    match (kind, last_field(path), container_of(path)) {
        (Kind::Service, "type", "spec") => &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
        (_, "protocol", _) => &["TCP", "UDP", "SCTP"],
        (_, "externalTrafficPolicy" | "internalTrafficPolicy", _) => &["Cluster", "Local"],
        (_, "sessionAffinity", _) => &["None", "ClientIP"],
        (_, "trafficDistribution", _) => &["PreferSameZone", "PreferSameNode", "PreferClose"],
        (_, "ipFamilyPolicy", _) => &["SingleStack", "PreferDualStack", "RequireDualStack"],
        (_, "ipFamilies", _) => &["IPv4", "IPv6"],
        (_, "addressType", _) => &["IPv4", "IPv6", "FQDN"],
        (_, "pathType", _) => &["Exact", "Prefix", "ImplementationSpecific"],
        (_, "policyTypes", _) => &["Ingress", "Egress"],
        (_, "restartPolicy", _) => &["Always", "OnFailure", "Never"],
        (_, "imagePullPolicy", _) => &["Always", "IfNotPresent", "Never"],
        (_, "dnsPolicy", _) => &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
        (_, "podManagementPolicy", _) => &["OrderedReady", "Parallel"],
        (Kind::Deployment, "type", "strategy") => &["RollingUpdate", "Recreate"],
        (Kind::StatefulSet | Kind::DaemonSet, "type", "updateStrategy") => &["RollingUpdate", "OnDelete"],
        (_, "whenUnsatisfiable", _) => &["DoNotSchedule", "ScheduleAnyway"],
        (_, "effect", _) => &["NoSchedule", "PreferNoSchedule", "NoExecute"],
        (_, "operator", "tolerations") => &["Equal", "Exists"],
        (_, "operator", "matchExpressions" | "matchFields") => {
            if path.0.iter().any(|step| matches!(step, Segment::Field(name) if name == "nodeSelectorTerms")) {
                &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
            } else {
                &["In", "NotIn", "Exists", "DoesNotExist"]
            }
        }
        (Kind::Node | Kind::Pod, "status", "conditions") => &["True", "False", "Unknown"],
        (Kind::Node, "type", "conditions") => {
            &["Ready", "MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"]
        }
        (Kind::Pod, "type", "conditions") => &["Ready", "ContainersReady", "Initialized", "PodScheduled"],
        (Kind::Pod, "phase", "status") => &["Pending", "Running", "Succeeded", "Failed", "Unknown"],
        _ => &[],
    }
}

/// Names, labels and ports on the board that fit a field, and where each is from.
fn in_use(store: &Store, kind: &Kind, cursor: &Cursor) -> Vec<(String, String)> {
    let path = &cursor.path;
    let namespace = cursor.namespace.as_deref().unwrap_or("default");
    let names = |of: Kind| -> Vec<(String, String)> {
        let here = |object: &&std::sync::Arc<crate::api::Object>| {
            !object.key.kind.is_namespaced() || &*object.key.namespace == namespace
        };
        store.objects_of(of).filter(here).map(|object| (object.key.name.to_string(), String::new())).collect()
    };
    let holder = container_of(path);
    match last_field(path) {
        key if matches!(holder, "labels" | "selector" | "matchLabels") => {
            let all: BTreeSet<String> =
                pod_labels(store).into_iter().filter(|(own, _)| own == key).map(|(_, value)| value).collect();
            all.into_iter().map(|value| (value, "in use".to_owned())).collect()
        }
        key if holder == "nodeSelector" => {
            let nodes = store.objects_of(Kind::Node);
            let all: BTreeSet<String> = nodes.filter_map(|node| node.labels()?.get(key).cloned()).collect();
            all.into_iter().map(|value| (value, "in use".to_owned())).collect()
        }
        "namespace" => store
            .objects_of(Kind::Namespace)
            .map(|object| (object.key.name.to_string(), String::new()))
            .collect(),
        "nodeName" => names(Kind::Node),
        "ingressClassName" => names(Kind::IngressClass),
        "serviceName" if *kind == Kind::StatefulSet => names(Kind::Service),
        "name" if *kind == Kind::Ingress && holder == "service" => names(Kind::Service),
        "name" | "number" if *kind == Kind::Ingress && holder == "port" => {
            backend_ports(store, namespace, cursor, last_field(path) == "number")
        }
        "targetPort" if *kind == Kind::Service => container_ports(store, namespace),
        "topologyKey" => node_label_keys(store),
        _ => Vec::new(),
    }
}

fn node_label_keys(store: &Store) -> Vec<(String, String)> {
    let nodes = store.objects_of(Kind::Node);
    let all: BTreeSet<String> =
        nodes.flat_map(|node| node.labels().into_iter().flat_map(|labels| labels.keys().cloned())).collect();
    all.into_iter().map(|key| (key, "label of nodes".to_owned())).collect()
}

/// The ports of the Services of a namespace: by name, or by number.
fn backend_ports(store: &Store, namespace: &str, cursor: &Cursor, by_number: bool) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let services = store.objects_of(Kind::Service).filter(|object| &*object.key.namespace == namespace);
    for object in services {
        let Live::Service(service) = &object.live else { continue };
        // The Service that is named close by, where one is; else all of them.
        let named = format!("name: {}", object.key.name);
        let is_named = cursor.document.contains(&named);
        for port in service.spec.iter().flat_map(|spec| spec.ports.iter().flatten()) {
            let text = if by_number { Some(port.port.to_string()) } else { port.name.clone() };
            if let Some(text) = text.filter(|_| is_named) {
                found.push((text, format!("of {}", object.key.name)));
            }
        }
    }
    found
}

/// The named ports of the containers of a namespace, and the numbers of all.
fn container_ports(store: &Store, namespace: &str) -> Vec<(String, String)> {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for object in store.objects_of(Kind::Pod).filter(|object| &*object.key.namespace == namespace) {
        let Live::Pod(pod) = &object.live else { continue };
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        for port in containers.flat_map(|container| container.ports.iter().flatten()) {
            found.insert((port.container_port.to_string(), String::new()));
            if let Some(name) = &port.name {
                found.insert((name.clone(), format!("port {}", port.container_port)));
            }
        }
    }
    found.into_iter().collect()
}

/// The labels of all Pods outside of the cluster's own namespaces, without those that controllers give.
fn pod_labels(store: &Store) -> BTreeSet<(String, String)> {
    let given = ["pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name"];
    let is_own = |key: &ObjectKey| key.namespace.starts_with("kube-") || &*key.namespace == "ingress-nginx";
    let pods = store.objects_of(Kind::Pod).filter(|object| !is_own(&object.key));
    pods.filter_map(|object| object.labels())
        .flatten()
        .filter(|(key, _)| !given.contains(&key.as_str()) && !key.starts_with("apps.kubernetes.io/"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The last field of a path; that of the list for an item.
fn last_field(path: &Path) -> &str {
    let mut fields = path.0.iter().rev().filter_map(field_name);
    fields.next().unwrap_or("")
}

/// The field that holds the last one; that of the list for an item of one.
fn container_of(path: &Path) -> &str {
    let mut fields = path.0.iter().rev().filter_map(field_name);
    fields.nth(1).unwrap_or("")
}

fn field_name(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Field(name) => Some(name.as_str()),
        Segment::Index(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::text;
    use crate::session::{Command, Session};

    fn board() -> Session {
        let mut session = Session::new(1);
        let yaml = "
{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web, track: \"1\"}}, spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{name: main, port: 80}]}}
";
        let documents = text::read(yaml, "default").documents.into_iter().map(|it| it.value).collect();
        session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
        session
    }

    /// `|` is the cursor; the labels of the first choices are expected, the ones that come first in front.
    fn check(text: &str, expected: &[&str]) {
        let at = text.find('|').unwrap();
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let session = board();
        let text = text.replacen('|', "", 1);
        let found = complete(session.cluster().store(), &text, line as u32, column as u32);
        let labels: Vec<String> =
            found.into_iter().flat_map(|it| it.options).map(|choice| choice.label).collect();
        for name in expected {
            assert!(labels.iter().any(|label| label == name), "{text}: {name} is missing in {labels:?}");
        }
        assert_eq!(expected.is_empty(), labels.is_empty(), "{labels:?}");
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nspec:\n";

    #[test]
    fn fields_of_the_api() {
        check("|", &["apiVersion", "kind"]);
        check(&format!("{SERVICE}  |"), &["selector", "ports", "externalTrafficPolicy"]);
        check(&format!("{SERVICE}  ports:\n  - |"), &["port", "targetPort", "nodePort"]);
        check(
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        |",
            &["image", "readinessProbe"],
        );
        check("kind: Pod\nspec:\n  |", &["containers"]);
        check(&format!("{SERVICE}  nonsense:\n    |"), &[]);
    }

    #[test]
    fn values_that_the_api_takes() {
        check("kind: |", &["Service", "Ingress"]);
        check("kind: Deployment\napiVersion: |", &["apps/v1"]);
        check(&format!("{SERVICE}  type: |"), &["NodePort", "LoadBalancer"]);
        check(&format!("{SERVICE}  publishNotReadyAddresses: |"), &["true", "false"]);
        check(&format!("{SERVICE}  ipFamilies:\n  - |"), &["IPv4", "IPv6"]);
        check(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec:\n  policyTypes: [|",
            &["Ingress", "Egress"],
        );
    }

    #[test]
    fn what_is_in_use_on_the_board() {
        check(&format!("{SERVICE}  selector:\n    |"), &["app", "track"]);
        check(&format!("{SERVICE}  selector:\n    app: |"), &["web"]);
        check(&format!("{SERVICE}  selector: {{app: |"), &["web"]);
        check(&format!("{SERVICE}  ports:\n  - targetPort: |"), &["http", "8080"]);
        let ingress =
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  defaultBackend:\n    service:\n";
        check(&format!("{ingress}      name: |"), &["web"]);
        check(&format!("{ingress}      name: web\n      port:\n        number: |"), &["80"]);
        check("kind: Pod\nspec:\n  nodeName: |", &["node-1"]);
    }

    #[test]
    fn values_that_yaml_would_misread_are_quoted() {
        let session = board();
        let text = format!("{SERVICE}  selector:\n    track: ");
        let found = complete(session.cluster().store(), &text, 5, 12).unwrap();
        assert_eq!(found.options[0].insert, "\"1\"");
        assert!(found.due);
    }

    #[test]
    fn a_list_or_object_is_opened_on_a_line_of_its_own() {
        let session = board();
        let store = session.cluster().store();
        let found = complete(store, &format!("{SERVICE}  po"), 4, 5).unwrap();
        let ports = found.options.iter().find(|choice| choice.label == "ports").unwrap();
        assert_eq!((found.column, ports.insert.as_str()), (3, "ports:\n  - "));
        let selector = found.options.iter().find(|choice| choice.label == "selector").unwrap();
        assert_eq!(selector.insert, "selector:\n    ");
    }
}
