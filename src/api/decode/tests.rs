use super::*;
use crate::api::{Kind, Live};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

/// What is odd about a Service with this spec: `path: message`, or `path: unknown`.
fn check(kind: Kind, value: Value, expected: &[&str]) {
    let (_, findings) = Live::decode(&kind, &value);
    let found: Vec<String> = findings
        .iter()
        .map(|finding| match &finding.what {
            Oddity::UnknownField { .. } => format!("{}: unknown", finding.path),
            Oddity::Refused { message, .. } => format!("{}: {message}", finding.path),
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn unknown_fields_are_found_at_every_depth_with_their_siblings() {
    let value =
        json!({"metadata": {"name": "web", "label": {}}, "spec": {"ports": [{"port": 80, "targetport": 1}]}});
    check(Kind::Service, value.clone(), &["metadata.label: unknown", "spec.ports[0].targetport: unknown"]);
    let (_, findings) = Live::decode(&Kind::Service, &value);
    let Oddity::UnknownField { siblings } = &findings[1].what else { panic!() };
    assert!(siblings.contains(&"targetPort"));
}

#[test]
fn wrong_types_are_worded_as_the_api_server_words_them() {
    check(
        Kind::Service,
        json!({
            "metadata": {"labels": {"app": 1}},
            "spec": {"ports": [{"port": "80", "nodePort": 1.5, "targetPort": true, "protocol": 6}], "type": 5, "selector": "x"},
        }),
        &[
            "metadata.labels.app: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
            "spec.ports[0].port: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
            "spec.ports[0].nodePort: json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.nodePort of type int32",
            "spec.ports[0].targetPort: json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32",
            "spec.ports[0].protocol: json: cannot unmarshal number into Go struct field ServicePort.spec.ports.protocol of type v1.Protocol",
            "spec.type: json: cannot unmarshal number into Go struct field ServiceSpec.spec.type of type v1.ServiceType",
            "spec.selector: json: cannot unmarshal string into Go struct field ServiceSpec.spec.selector of type map[string]string",
        ],
    );
    check(
        Kind::Service,
        json!({"spec": {"ports": {"port": 80}}}),
        &[
            "spec.ports: json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
        ],
    );
    check(
        Kind::Pod,
        json!({"spec": {"containers": [{"name": "a", "env": [{"name": "A", "value": 1}], "command": "sh"}]}}),
        &[
            "spec.containers[0].env[0].value: json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
            "spec.containers[0].command: json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string",
        ],
    );
    check(
        Kind::Pod,
        json!({"spec": []}),
        &["spec: json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec"],
    );
    check(
        Kind::Service,
        json!({"spec": {"ports": [{"port": 99999999999i64}]}}),
        &[
            "spec.ports[0].port: json: cannot unmarshal number 99999999999 into Go struct field ServicePort.spec.ports.port of type int32",
        ],
    );
}

#[test]
fn null_is_an_empty_value() {
    check(
        Kind::Pod,
        json!({
            "metadata": {"labels": {"app": null}, "creationTimestamp": null},
            "spec": {"containers": [{"name": null, "ports": [null], "args": [null], "resources": {"limits": {"cpu": null}}}], "volumes": null},
            "status": null,
        }),
        &[],
    );
}

#[test]
fn quantities_may_be_numbers_and_bad_ones_are_refused() {
    let with =
        |cpu: Value| json!({"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": cpu}}}]}});
    check(Kind::Pod, with(json!(1)), &[]);
    check(Kind::Pod, with(json!(0.5)), &[]);
    check(Kind::Pod, with(json!("64Mi")), &[]);
    for bad in [json!("lots"), json!(true), json!([])] {
        let refused = format!("spec.containers[0].resources.limits.cpu: {}", go::BAD_QUANTITY);
        check(Kind::Pod, with(bad), &[&refused]);
    }
}

#[test]
fn bad_times_are_refused_and_reading_goes_on() {
    check(
        Kind::Pod,
        json!({"metadata": {"creationTimestamp": "yesterday", "label": 1}}),
        &[
            "metadata.creationTimestamp: parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006-01-02T15:04:05Z07:00\"",
            "metadata.label: unknown",
        ],
    );
}

#[test]
fn objects_inside_objects_need_no_api_version() {
    check(
        Kind::StatefulSet,
        json!({"spec": {"serviceName": "a", "volumeClaimTemplates": [{"kind": "x", "apiVersion": "y", "metadata": {"name": "data"}}]}}),
        &[],
    );
}

#[test]
fn managed_fields_are_kept_as_they_are() {
    let fields = json!({"f:spec": {"f:type": {}}, "x": [1, 1.5, null, true]});
    let value =
        json!({"metadata": {"managedFields": [{"fieldsV1": fields, "time": "2026-01-31T12:00:00Z"}]}});
    let live = Live::from_value(&Kind::Service, &value).unwrap();
    assert_eq!(live.to_value()["metadata"]["managedFields"][0]["fieldsV1"], fields);
}

/// Any JSON, with the words that the types look for among its texts and keys.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("v1".to_owned()),
        Just("Pod".to_owned()),
        Just("2026-01-31T12:00:00Z".to_owned()),
        Just("9999-12-31T23:59:59.999999999+23:00".to_owned()),
        Just("-009999-01-02T01:59:59Z".to_owned()),
        Just("1e9".to_owned()),
        ".{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1.0e300..1.0e300).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Puts `value` at a place of `whole` that is chosen by `choice`: at a field that is there, or in the place of all.
fn plant(whole: &mut Value, value: Value, mut choice: u64) {
    let mut at = whole;
    loop {
        let children = match &*at {
            Value::Object(map) => map.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        } as u64;
        let turn = choice % (children + 1);
        choice /= children + 1;
        if turn == children {
            *at = value;
            return;
        }
        let turn = usize::try_from(turn).unwrap();
        at = match at {
            Value::Object(map) => map.values_mut().nth(turn).unwrap(),
            Value::Array(items) => &mut items[turn],
            _ => unreachable!(),
        };
    }
}

/// A document of the kind with a value at every field that the type knows, to a depth.
fn full(kind: &Kind) -> Value {
    let mut value = json!({"apiVersion": kind.api_version(), "kind": kind.name()});
    for _ in 0..7 {
        // Each round learns the siblings of a field that is unknown everywhere, and fills them in.
        let mut probe = value.clone();
        add_unknown(&mut probe);
        let (_, findings) = Live::decode(kind, &probe);
        for finding in findings {
            if let Oddity::UnknownField { siblings } = finding.what {
                let mut path = finding.path;
                path.0.pop();
                let Some(map) = place_of(&path, &mut value).and_then(Value::as_object_mut) else { continue };
                for name in siblings {
                    map.entry(*name).or_insert_with(|| json!([{}]));
                }
            }
        }
        // What is no list says so: it is an object, or a text.
        let (_, findings) = Live::decode(kind, &value);
        for finding in findings {
            if let Oddity::Refused { message, .. } = finding.what
                && let Some(place) = place_of(&finding.path, &mut value)
            {
                *place = match message.rsplit_once("of type ").map_or("", |(_, wanted)| wanted) {
                    "string" => json!("x"),
                    "bool" => json!(true),
                    wanted if wanted.starts_with("int") || wanted.starts_with("float") => json!(1),
                    wanted if wanted.starts_with("[]") => json!(["x"]),
                    _ => json!({}),
                };
            }
        }
    }
    value
}

fn place_of<'v>(path: &Path, value: &'v mut Value) -> Option<&'v mut Value> {
    path.0.iter().try_fold(value, |value, segment| match segment {
        Segment::Field(name) => value.get_mut(name),
        Segment::Index(index) => value.get_mut(*index as usize),
    })
}

fn add_unknown(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(add_unknown);
            map.insert("unknown to all".to_owned(), Value::Null);
        }
        Value::Array(items) => items.iter_mut().for_each(add_unknown),
        _ => {}
    }
}

#[test]
fn whatever_stands_in_a_document_no_type_refuses_it() {
    let kinds: Vec<(Kind, Value)> = Kind::simulated()
        .map(|kind| {
            let full = full(&kind);
            (kind, full)
        })
        .collect();
    for (kind, value) in &kinds {
        assert!(value.to_string().len() > 300, "{kind}: {value}");
    }
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2_000));
    let choice = (0..kinds.len(), any::<u64>(), anything(), any::<u64>(), anything());
    runner
        .run(&choice, |(which, first, value, second, other)| {
            let (kind, whole) = &kinds[which];
            let mut whole = whole.clone();
            plant(&mut whole, value, first);
            plant(&mut whole, other, second);
            let (live, _) = Live::decode(kind, &whole);
            // What was read can be written, and is then nothing that could be refused.
            let (again, findings) = Live::decode(kind, &live.to_value());
            prop_assert!(findings.is_empty(), "{:?}", findings);
            prop_assert_eq!(again, live);
            Ok(())
        })
        .unwrap();
}
