use super::*;
use crate::api::{Kind, Live};
use serde_json::json;

/// What is odd about a Service with this spec: `path: message`, or `path: unknown`.
fn check(kind: Kind, value: Value, expected: &[&str]) {
    let (live, findings) = Live::decode(&kind, &value);
    assert!(live.is_some());
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
