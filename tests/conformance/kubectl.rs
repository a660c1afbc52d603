//! What kubectl prints.

use endpoint_playground::api::{Kind, Live, ObjectKey, Time};
use endpoint_playground::cluster::EventLog;
use endpoint_playground::kubectl::{ApiServer, Columns, describe, get};
use endpoint_playground::store::Store;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time as Timestamp;
use serde_json::Value;

/// The objects of a case and their keys in the order of the case.
fn world(case: &Value) -> (Store, Vec<ObjectKey>) {
    let mut store = Store::default();
    let mut keys = Vec::new();
    for object in case["objects"].as_array().expect("a case has objects") {
        let key = ObjectKey::of_document(object, "default").expect("the object has a kind and a name");
        let live = Live::from_value(&key.kind, object).expect("the object is of its kind");
        store.put(key.clone(), None, live);
        keys.push(key);
    }
    (store, keys)
}

fn now(case: &Value) -> Time {
    case["now"]
        .as_str()
        .map_or(Time::ZERO, |now| Time::from_timestamp(&Timestamp(now.parse().expect("`now` is a moment"))))
}

/// What a command line asks for: the words, the namespace (`None` for all), and the columns.
fn arguments(case: &Value) -> (Vec<&str>, Option<&str>, Columns) {
    let mut words = Vec::new();
    let (mut namespace, mut columns) = (Some("default"), Columns::default());
    let mut arguments =
        case["argv"].as_array().expect("a case has arguments").iter().filter_map(Value::as_str);
    while let Some(argument) = arguments.next() {
        match argument {
            "-n" | "--namespace" => namespace = arguments.next(),
            "-A" | "--all-namespaces" => (namespace, columns.namespace) = (None, true),
            "-o" => columns.wide = arguments.next() == Some("wide"),
            "-owide" | "--output=wide" => columns.wide = true,
            "--show-labels" => columns.labels = true,
            word => words.push(word),
        }
    }
    (words, namespace, columns)
}

/// The kind that a command line names.
fn kind(word: &str) -> Kind {
    const SHORT: [(&str, &str); 13] = [
        ("ds", "daemonset"),
        ("deploy", "deployment"),
        ("ep", "endpoints"),
        ("ing", "ingress"),
        ("netpol", "networkpolicy"),
        ("no", "node"),
        ("ns", "namespace"),
        ("po", "pod"),
        ("rc", "replicationcontroller"),
        ("rs", "replicaset"),
        ("sts", "statefulset"),
        ("svc", "service"),
        ("endpointslices.discovery.k8s.io", "endpointslice"),
    ];
    let word = SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long);
    let named = |kind: &Kind| kind.name().eq_ignore_ascii_case(word) || kind.plural() == word;
    Kind::simulated().find(named).unwrap_or_else(|| panic!("no kind is called {word:?}"))
}

fn check(data: &Value, print: impl Fn(&Value) -> String) -> (usize, Vec<String>) {
    let cases = data["cases"].as_array().expect("the file has cases");
    let mut differences = Vec::new();
    for case in cases {
        let (printed, expected) = (print(case), case["stdout"].as_str().expect("a case has an output"));
        if printed != expected {
            differences.push(format!("{}: printed\n{printed}expected\n{expected}", case["id"]));
        }
    }
    (cases.len(), differences)
}

pub fn check_describe(data: &Value) -> (usize, Vec<String>) {
    check(data, |case| {
        let (store, _) = world(case);
        let (words, namespace, _) = arguments(case);
        let kind = kind(words[1]);
        let namespace = if kind.is_namespaced() { namespace.unwrap_or_default() } else { "" };
        let server = ApiServer { store: &store, events: &EventLog::new(), now: now(case) };
        describe(server, &ObjectKey::new(kind, namespace, words[2])).unwrap_or_default()
    })
}

pub fn check_get(data: &Value) -> (usize, Vec<String>) {
    check(data, |case| {
        let (store, keys) = world(case);
        let (words, namespace, columns) = arguments(case);
        let kind = kind(words[1]);
        let is_asked_for = |key: &&ObjectKey| {
            key.kind == kind
                && (!kind.is_namespaced() || namespace.is_none_or(|namespace| &*key.namespace == namespace))
                && words.get(2).is_none_or(|name| &*key.name == *name)
        };
        let server = ApiServer { store: &store, events: &EventLog::new(), now: now(case) };
        get(server, &kind, keys.iter().filter(is_asked_for), columns)
    })
}
