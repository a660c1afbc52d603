//! What the API server says of bad objects: each row has the place in Kubernetes that says it, the objects that are
//! there, the bad one, and the exact message.

use endpoint_playground::api::{Kind, Live, ObjectKey, Random, Time};
use endpoint_playground::store::Store;
use endpoint_playground::store::admission::{
    Allocators, Part, Rejected, Request, admit, admit_deletion, release,
};
use endpoint_playground::store::config::ClusterConfig;
use serde_json::{Value, json};

/// A cluster that takes writes.
struct Cluster {
    store: Store,
    allocators: Allocators,
    random: Random,
}

impl Cluster {
    fn new(config: &ClusterConfig) -> Cluster {
        let allocators = Allocators::new(config).unwrap();
        Cluster { store: Store::default(), allocators, random: Random::new(1) }
    }

    fn key(value: &Value) -> ObjectKey {
        let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
        let namespace = if kind.is_namespaced() {
            value["metadata"]["namespace"].as_str().unwrap_or("default")
        } else {
            ""
        };
        ObjectKey::new(kind, namespace, value["metadata"]["name"].as_str().unwrap_or_default())
    }

    fn apply(&mut self, value: &Value) -> Result<Value, Rejected> {
        let key = Cluster::key(value);
        let object = Live::from_value(&key.kind, value).unwrap();
        let old = self.store.get(&key).map(|object| object.live.clone());
        let request = Request {
            object,
            old: old.as_ref(),
            part: Part::Spec,
            store: &self.store,
            now: Time(0),
            random: &mut self.random,
        };
        let live = admit(request, &mut self.allocators)?;
        let shown = live.to_value();
        self.store.put(Cluster::key(&shown), None, live);
        Ok(shown)
    }

    fn delete(&mut self, value: &Value) {
        if let Some(object) = self.store.remove(&Cluster::key(value)) {
            release(&object.live, &mut self.allocators);
        }
    }
}

/// One row. The first argument is the place in Kubernetes that says the message.
fn check(_source: &str, existing: &[Value], bad: Value, message: &str) {
    check_in(&ClusterConfig::default(), existing, bad, message);
}

fn check_in(config: &ClusterConfig, existing: &[Value], bad: Value, message: &str) {
    let mut cluster = Cluster::new(config);
    for object in existing {
        cluster.apply(object).unwrap_or_else(|error| panic!("{error}: {object}"));
    }
    match cluster.apply(&bad) {
        Ok(stored) => panic!("taken: {stored}\nexpected: {message}"),
        Err(rejected) => assert_eq!(rejected.to_string(), message),
    }
}

/// A Service named `web` with one port, and `spec` over it.
fn service(spec: Value) -> Value {
    named_service("web", spec)
}

fn named_service(name: &str, spec: Value) -> Value {
    let mut whole = json!({ "selector": { "app": "web" }, "ports": [{ "port": 80 }] });
    for (field, value) in spec.as_object().unwrap() {
        whole[field] = value.clone();
    }
    json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": name }, "spec": whole })
}

const VALIDATION: &str = "pkg/apis/core/validation/validation.go validateService";
const CLUSTER_IPS: &str = "pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields";
const SERVICE_PORT: &str = "pkg/apis/core/validation/validation.go validateServicePort";
const ALLOC: &str = "pkg/registry/core/service/storage/alloc.go";

#[test]
fn service_ports() {
    check(
        VALIDATION,
        &[],
        service(json!({ "ports": [] })),
        r#"Service "web" is invalid: spec.ports: Required value"#,
    );
    check(
        SERVICE_PORT,
        &[],
        service(json!({ "ports": [{ "port": 80 }, { "port": 443 }] })),
        r#"Service "web" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]"#,
    );
    check(
        SERVICE_PORT,
        &[],
        service(json!({ "ports": [{ "name": "a", "port": 80 }, { "name": "a", "port": 443 }] })),
        r#"Service "web" is invalid: spec.ports[1].name: Duplicate value: "a""#,
    );
    check(
        SERVICE_PORT,
        &[],
        service(json!({ "ports": [{ "name": "Web", "port": 80 }] })),
        r#"Service "web" is invalid: spec.ports[0].name: Invalid value: "Web": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#,
    );
    check(
        SERVICE_PORT,
        &[],
        service(json!({ "ports": [{ "port": 70000 }] })),
        r#"Service "web" is invalid: [spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]"#,
    );
    check(
        SERVICE_PORT,
        &[],
        service(json!({ "ports": [{ "port": 80, "protocol": "HTTP" }] })),
        r#"Service "web" is invalid: spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP""#,
    );
    check(
        "pkg/apis/core/validation/validation.go ValidatePortNumOrName",
        &[],
        service(json!({ "ports": [{ "port": 80, "targetPort": "8080" }] })),
        r#"Service "web" is invalid: spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)"#,
    );
    check(
        "pkg/apis/core/validation/validation.go ValidatePortNumOrName",
        &[],
        service(json!({ "ports": [{ "port": 80, "targetPort": "much-too-long-a-name" }] })),
        r#"Service "web" is invalid: spec.ports[0].targetPort: Invalid value: "much-too-long-a-name": must be no more than 15 characters"#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "ports": [{ "name": "a", "port": 80 }, { "name": "b", "port": 80 }] })),
        r#"Service "web" is invalid: spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}"#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "ports": [{ "port": 80, "nodePort": 30080 }] })),
        r#"Service "web" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"#,
    );
}

#[test]
fn service_types_and_policies() {
    check(
        VALIDATION,
        &[],
        service(json!({ "type": "Loadbalancer" })),
        r#"Service "web" is invalid: spec.type: Unsupported value: "Loadbalancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "type": "NodePort", "clusterIP": "None" })),
        r#"Service "web" is invalid: spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services"#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "type": "ExternalName" })),
        r#"Service "web" is invalid: spec.externalName: Required value"#,
    );
    check(
        VALIDATION,
        &[],
        service(
            json!({ "type": "ExternalName", "externalName": "db.example.com", "clusterIP": "10.96.0.9" }),
        ),
        r#"Service "web" is invalid: spec.clusterIPs: Forbidden: may not be set for ExternalName services"#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "sessionAffinity": "Cookie" })),
        r#"Service "web" is invalid: spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None""#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateAffinityTimeout",
        &[],
        service(json!({
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": { "clientIP": { "timeoutSeconds": 86401 } },
        })),
        r#"Service "web" is invalid: spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateServiceExternalTrafficPolicy",
        &[],
        service(json!({ "externalTrafficPolicy": "Local" })),
        r#"Service "web" is invalid: spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateServiceExternalTrafficPolicy",
        &[],
        service(json!({ "type": "NodePort", "healthCheckNodePort": 30001 })),
        r#"Service "web" is invalid: spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateServiceInternalTrafficFieldsValue",
        &[],
        service(json!({ "internalTrafficPolicy": "local" })),
        r#"Service "web" is invalid: spec.internalTrafficPolicy: Unsupported value: "local": supported values: "Cluster", "Local""#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateServiceTrafficDistribution",
        &[],
        service(json!({ "trafficDistribution": "Near" })),
        r#"Service "web" is invalid: spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameNode", "PreferSameZone""#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "loadBalancerSourceRanges": ["10.0.0.1/8"] })),
        r#"Service "web" is invalid: [spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer', spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length]"#,
    );
    check(
        VALIDATION,
        &[],
        service(json!({ "allocateLoadBalancerNodePorts": false })),
        r#"Service "web" is invalid: spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateLoadBalancerClassField",
        &[service(json!({ "type": "LoadBalancer" }))],
        service(json!({ "type": "LoadBalancer", "loadBalancerClass": "example.com/lb" })),
        r#"Service "web" is invalid: spec.loadBalancerClass: Invalid value: "example.com/lb": may not change once set"#,
    );
    check(
        "pkg/apis/core/validation/validation.go ValidateEndpointIP",
        &[],
        service(json!({ "externalIPs": ["127.0.0.1"] })),
        r#"Service "web" is invalid: spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#,
    );
    check(
        "pkg/apis/meta/v1/validation/validation.go ValidateLabels",
        &[],
        service(json!({ "selector": { "app": "a b" } })),
        r#"Service "web" is invalid: spec.selector: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"#,
    );
}

#[test]
fn service_addresses() {
    check(
        CLUSTER_IPS,
        &[],
        service(json!({ "clusterIP": "10.96.0.300" })),
        r#"Service "web" is invalid: spec.clusterIPs[0]: Invalid value: "10.96.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
    );
    check(
        CLUSTER_IPS,
        &[],
        service(json!({ "clusterIPs": ["10.96.0.9"] })),
        r#"Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.9"]: must be empty when `clusterIP` is not specified"#,
    );
    check(
        CLUSTER_IPS,
        &[],
        service(
            json!({ "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "10.96.0.8"], "ipFamilyPolicy": "PreferDualStack" }),
        ),
        r#"Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.9","10.96.0.8"]: may specify no more than one IP for each IP family"#,
    );
    check(
        ALLOC,
        &[],
        service(json!({ "clusterIP": "10.128.0.1" })),
        r#"Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.128.0.1"]: failed to allocate IP 10.128.0.1: the provided network does not match the current range"#,
    );
    check(
        ALLOC,
        &[named_service("dns", json!({ "clusterIP": "10.96.0.10" }))],
        service(json!({ "clusterIP": "10.96.0.10" })),
        r#"Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateUpgradeDowngradeClusterIPs",
        &[service(json!({ "clusterIP": "10.96.0.10" }))],
        service(json!({ "clusterIP": "None" })),
        r#"Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set"#,
    );
    check(
        ALLOC,
        &[],
        service(json!({ "ipFamilies": ["IPv6"] })),
        r#"Service "web" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#,
    );
    check(
        ALLOC,
        &[],
        service(json!({ "ipFamilyPolicy": "RequireDualStack" })),
        r#"Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services"#,
    );
    check_in(
        &ClusterConfig::dual_stack(),
        &[],
        service(json!({ "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "SingleStack" })),
        r#"Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"#,
    );
}

#[test]
fn service_node_ports() {
    check(
        ALLOC,
        &[],
        service(json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 80 }] })),
        r#"Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"#,
    );
    check(
        ALLOC,
        &[named_service(
            "other",
            json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 30080 }] }),
        )],
        service(json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 30080 }] })),
        r#"Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"#,
    );
    check(
        ALLOC,
        &[named_service(
            "other",
            json!({ "type": "NodePort", "ports": [{ "port": 80, "nodePort": 30080 }] }),
        )],
        service(
            json!({ "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30080 }),
        ),
        "Internal error occurred: failed to allocate requested HealthCheck NodePort 30080: provided port is already allocated",
    );
    check(
        "pkg/apis/core/validation/validation.go validateServiceExternalTrafficFieldsUpdate",
        &[service(
            json!({ "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001 }),
        )],
        service(
            json!({ "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30002 }),
        ),
        r#"Service "web" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable"#,
    );
    let small = ClusterConfig { node_port_range: "30000-30000".parse().unwrap(), ..ClusterConfig::default() };
    check_in(
        &small,
        &[named_service("other", json!({ "type": "NodePort" }))],
        service(json!({ "type": "NodePort" })),
        "Internal error occurred: failed to allocate a nodePort: range is full",
    );
}

#[test]
fn metadata() {
    let meta = |meta: Value| json!({ "apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": { "ports": [{ "port": 80 }] } });
    const META: &str = "pkg/api/validation/objectmeta.go";
    check(
        META,
        &[],
        meta(json!({})),
        r#"Service "" is invalid: metadata.name: Required value: name or generateName is required"#,
    );
    check(
        META,
        &[],
        meta(json!({ "name": "Web" })),
        r#"Service "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#,
    );
    check(
        META,
        &[],
        meta(json!({ "name": "a.b" })),
        r#"Service "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots"#,
    );
    check(
        "pkg/apis/meta/v1/validation/validation.go ValidateLabelName",
        &[],
        meta(json!({ "name": "web", "labels": { "/x": "y" } })),
        r#"Service "web" is invalid: metadata.labels: Invalid value: "/x": prefix part must be non-empty"#,
    );
    check(
        META,
        &[],
        meta(json!({ "name": "web", "finalizers": ["mine"] })),
        r#"Service "web" is invalid: metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified"#,
    );
    check(
        "plugin/pkg/admission/namespace/lifecycle/admission.go",
        &[],
        meta(json!({ "name": "web", "namespace": "shop" })),
        r#"namespaces "shop" not found"#,
    );
    let rejected = admit_deletion(&ObjectKey::new(Kind::Namespace, "", "default")).unwrap_err();
    assert_eq!(
        rejected.to_string(),
        r#"namespaces "default" is forbidden: this namespace may not be deleted"#
    );
}

#[test]
fn stale_resource_version_is_a_conflict() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    let first = cluster.apply(&service(json!({}))).unwrap();
    let mut live = Live::from_value(&Kind::Service, &first).unwrap();
    live.metadata_mut().unwrap().resource_version = Some("7".to_owned());
    cluster.store.put(Cluster::key(&first), None, live);
    let mut stale = service(json!({}));
    stale["metadata"]["resourceVersion"] = "6".into();
    assert_eq!(
        cluster.apply(&stale).unwrap_err().to_string(),
        r#"Operation cannot be fulfilled on services "web": the object has been modified; please apply your changes to the latest version and try again"#
    );
}

#[test]
fn refused_service_draws_nothing() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    let bad = service(
        json!({ "type": "NodePort", "clusterIP": "10.96.0.10", "ports": [{ "port": 80, "nodePort": 30080, "protocol": "X" }] }),
    );
    cluster.apply(&bad).unwrap_err();
    let good = named_service(
        "b",
        json!({ "type": "NodePort", "clusterIP": "10.96.0.10", "ports": [{ "port": 80, "nodePort": 30080 }] }),
    );
    cluster.apply(&good).unwrap();
    cluster.delete(&good);
    cluster.apply(&named_service("c", good["spec"].clone())).unwrap();
}

#[test]
fn service_keeps_what_it_drew_and_gives_back_what_it_does_not_need() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    let node_port = service(json!({ "type": "NodePort" }));
    let first = cluster.apply(&node_port).unwrap();
    let second = cluster.apply(&node_port).unwrap();
    assert_eq!(first["spec"], second["spec"]);
    let port = first["spec"]["ports"][0]["nodePort"].as_i64().unwrap();
    assert!((30086..=32767).contains(&port), "{port}");

    let external = service(json!({ "type": "ExternalName", "externalName": "db.example.com" }));
    let third = cluster.apply(&external).unwrap();
    assert!(
        third["spec"]["clusterIP"].is_null() && third["spec"]["ports"][0]["nodePort"].is_null(),
        "{third}"
    );
    assert!(
        third["spec"]["ipFamilies"].is_null() && third["spec"]["externalTrafficPolicy"].is_null(),
        "{third}"
    );
    let other = named_service("other", json!({ "clusterIP": first["spec"]["clusterIP"] }));
    assert_eq!(cluster.apply(&other).unwrap()["spec"]["clusterIP"], first["spec"]["clusterIP"]);
}

#[test]
fn families_follow_the_cluster_and_the_policy() {
    let mut cluster = Cluster::new(&ClusterConfig::dual_stack());
    let single = cluster.apply(&service(json!({}))).unwrap();
    assert_eq!(single["spec"]["ipFamilies"], json!(["IPv4"]));
    assert_eq!(single["spec"]["ipFamilyPolicy"], "SingleStack");
    let dual = cluster.apply(&service(json!({ "ipFamilyPolicy": "PreferDualStack" }))).unwrap();
    assert_eq!(dual["spec"]["ipFamilies"], json!(["IPv4", "IPv6"]));
    assert_eq!(dual["spec"]["clusterIPs"][0], single["spec"]["clusterIP"]);
    assert!(dual["spec"]["clusterIPs"][1].as_str().unwrap().starts_with("fd00:10:96::"));
    let mut back = dual.clone();
    back["spec"]["ipFamilyPolicy"] = "SingleStack".into();
    let back = cluster.apply(&back).unwrap();
    assert_eq!(back["spec"]["clusterIPs"], json!([single["spec"]["clusterIP"]]));

    let headless = json!({ "clusterIP": "None", "selector": null });
    let headless = cluster.apply(&named_service("peers", headless)).unwrap();
    assert_eq!(headless["spec"]["ipFamilyPolicy"], "RequireDualStack");
    assert_eq!(headless["spec"]["ipFamilies"], json!(["IPv4", "IPv6"]));
}
