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
fn terminating_namespace_takes_nothing_new() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z" },
    });
    cluster.store.put(
        Cluster::key(&namespace),
        None,
        Live::from_value(&Kind::Namespace, &namespace).unwrap(),
    );
    let mut web = service(json!({}));
    web["metadata"]["namespace"] = "shop".into();
    assert_eq!(
        cluster.apply(&web).unwrap_err().to_string(),
        r#"services "web" is forbidden: unable to create new content in namespace shop because it is being terminated"#
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

fn pod(spec: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a", "labels": { "app": "web" } }, "spec": spec })
}

/// A Pod with one container, and `container` over it.
fn container(container: Value) -> Value {
    let mut whole = json!({ "name": "c", "image": "nginx" });
    for (field, value) in container.as_object().unwrap() {
        whole[field] = value.clone();
    }
    pod(json!({ "containers": [whole] }))
}

#[test]
fn pods() {
    const CONTAINERS: &str = "pkg/apis/core/validation/validation.go validateContainers";
    const CONTAINER: &str = "pkg/apis/core/validation/validation.go validateContainerCommon";
    const PORTS: &str = "pkg/apis/core/validation/validation.go validateContainerPorts";
    const SPEC: &str = "pkg/apis/core/validation/validation.go ValidatePodSpec";
    check(
        CONTAINERS,
        &[],
        pod(json!({ "containers": [] })),
        r#"Pod "a" is invalid: spec.containers: Required value"#,
    );
    check(
        CONTAINER,
        &[],
        pod(json!({ "containers": [{ "name": "", "image": "" }] })),
        r#"Pod "a" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]"#,
    );
    check(
        CONTAINERS,
        &[],
        pod(json!({ "containers": [{ "name": "c", "image": "x" }, { "name": "c", "image": "y" }] })),
        r#"Pod "a" is invalid: spec.containers[1].name: Duplicate value: "c""#,
    );
    check(
        PORTS,
        &[],
        container(json!({ "ports": [{ "containerPort": 70000 }] })),
        r#"Pod "a" is invalid: spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"#,
    );
    check(
        PORTS,
        &[],
        container(
            json!({ "ports": [{ "name": "http", "containerPort": 80 }, { "name": "http", "containerPort": 81 }] }),
        ),
        r#"Pod "a" is invalid: spec.containers[0].ports[1].name: Duplicate value: "http""#,
    );
    check(
        PORTS,
        &[],
        container(json!({ "ports": [{ "name": "http_alt", "containerPort": 80 }] })),
        r#"Pod "a" is invalid: spec.containers[0].ports[0].name: Invalid value: "http_alt": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"#,
    );
    check(
        "pkg/apis/core/validation/validation.go checkHostPortConflicts",
        &[],
        container(
            json!({ "ports": [{ "containerPort": 80, "hostPort": 80 }, { "containerPort": 81, "hostPort": 80 }] }),
        ),
        r#"Pod "a" is invalid: spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80""#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateHandler",
        &[],
        container(json!({ "readinessProbe": {} })),
        r#"Pod "a" is invalid: spec.containers[0].readinessProbe: Required value: must specify a handler type"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateLivenessProbe",
        &[],
        container(json!({ "livenessProbe": { "tcpSocket": { "port": 80 }, "successThreshold": 2 } })),
        r#"Pod "a" is invalid: spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"#,
    );
    check(
        "pkg/apis/core/validation/validation.go ValidateVolumeMounts",
        &[],
        container(json!({ "volumeMounts": [{ "name": "data", "mountPath": "/data" }] })),
        r#"Pod "a" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "data""#,
    );
    check(
        SPEC,
        &[],
        pod(json!({ "containers": [{ "name": "c", "image": "x" }], "restartPolicy": "always" })),
        r#"Pod "a" is invalid: spec.restartPolicy: Unsupported value: "always": supported values: "Always", "OnFailure", "Never""#,
    );
    check(
        SPEC,
        &[],
        pod(json!({ "containers": [{ "name": "c", "image": "x" }], "hostname": "a.b" })),
        r#"Pod "a" is invalid: spec.hostname: Invalid value: "a.b": must not contain dots"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validatePodDNSConfig",
        &[],
        pod(json!({ "containers": [{ "name": "c", "image": "x" }], "dnsPolicy": "None" })),
        r#"Pod "a" is invalid: spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"#,
    );
    const UPDATE: &str = "pkg/apis/core/validation/validation.go ValidatePodUpdate";
    check(
        UPDATE,
        &[container(json!({}))],
        container(json!({ "command": ["sh"] })),
        "Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    );
    check(
        UPDATE,
        &[container(json!({}))],
        pod(json!({ "containers": [{ "name": "c", "image": "nginx" }, { "name": "d", "image": "nginx" }] })),
        r#"Pod "a" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers"#,
    );
}

#[test]
fn pod_takes_a_new_image_and_new_labels() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    let first = cluster.apply(&container(json!({}))).unwrap();
    assert_eq!(first["spec"]["containers"][0]["imagePullPolicy"], "Always");
    assert_eq!(first["spec"]["terminationGracePeriodSeconds"], 30);
    assert_eq!(first["status"]["phase"], "Pending");
    let second =
        cluster.apply(&container(json!({ "image": "nginx:1.29", "imagePullPolicy": "Always" }))).unwrap();
    assert_eq!(second["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!((&first["metadata"]["generation"], &second["metadata"]["generation"]), (&json!(1), &json!(2)));
    let mut relabelled = container(json!({ "image": "nginx:1.29", "imagePullPolicy": "Always" }));
    relabelled["metadata"]["labels"] = json!({ "app": "other" });
    let third = cluster.apply(&relabelled).unwrap();
    assert_eq!(third["metadata"]["generation"], 2);
}

fn workload(kind: &str, spec: Value) -> Value {
    let mut whole = json!({
        "selector": { "matchLabels": { "app": "web" } },
        "template": {
            "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "name": "c", "image": "nginx" }] },
        },
    });
    for (field, value) in spec.as_object().unwrap() {
        whole[field] = value.clone();
    }
    json!({ "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": "web" }, "spec": whole })
}

#[test]
fn workloads() {
    const TEMPLATE: &str = "pkg/apis/apps/validation/validation.go ValidatePodTemplateSpecForReplicaSet";
    let mismatch = json!({ "selector": { "matchLabels": { "app": "wbe" } } });
    check(
        TEMPLATE,
        &[],
        workload("Deployment", mismatch.clone()),
        r#"Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidatePodTemplateSpecForStatefulSet",
        &[],
        workload("StatefulSet", mismatch.clone()),
        r#"StatefulSet.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidateDaemonSetSpec",
        &[],
        workload("DaemonSet", mismatch),
        r#"DaemonSet.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#,
    );
    let mut without_selector = workload("Deployment", json!({}));
    without_selector["spec"].as_object_mut().unwrap().remove("selector");
    check(
        "pkg/apis/apps/validation/validation.go ValidateDeploymentSpec",
        &[],
        without_selector,
        r#"Deployment.apps "web" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`]"#,
    );
    check(
        "pkg/registry/apps/deployment/strategy.go ValidateUpdate",
        &[workload("Deployment", json!({}))],
        workload(
            "Deployment",
            json!({
                "selector": { "matchLabels": { "app": "web", "tier": "front" } },
                "template": {
                    "metadata": { "labels": { "app": "web", "tier": "front" } },
                    "spec": { "containers": [{ "name": "c", "image": "nginx" }] },
                },
            }),
        ),
        r#"Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable"#,
    );
    check(
        TEMPLATE,
        &[],
        workload(
            "ReplicaSet",
            json!({ "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "c", "image": "nginx" }], "restartPolicy": "Never" },
            } }),
        ),
        r#"ReplicaSet.apps "web" is invalid: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always""#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidateDeploymentSpec",
        &[],
        workload("Deployment", json!({ "replicas": -1 })),
        r#"Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidateRollingUpdateDeployment",
        &[],
        workload(
            "Deployment",
            json!({ "strategy": { "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 0 } } }),
        ),
        r#"Deployment.apps "web" is invalid: spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidateDeploymentStrategy",
        &[],
        workload("Deployment", json!({ "strategy": { "type": "Recreate", "rollingUpdate": {} } })),
        r#"Deployment.apps "web" is invalid: spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"#,
    );
    check(
        "pkg/apis/apps/validation/validation.go ValidateStatefulSetUpdate",
        &[workload("StatefulSet", json!({ "serviceName": "web" }))],
        workload("StatefulSet", json!({ "serviceName": "other" })),
        "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    );
    check(
        "pkg/apis/meta/v1/validation/validation.go ValidateLabelSelectorRequirement",
        &[],
        workload(
            "ReplicaSet",
            json!({ "selector": { "matchExpressions": [{ "key": "app", "operator": "In" }] } }),
        ),
        r#"ReplicaSet.apps "web" is invalid: [spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"In"}]}: invalid label selector]"#,
    );
    let mut controller = workload("ReplicationController", json!({ "selector": { "app": "wbe" } }));
    controller["apiVersion"] = "v1".into();
    check(
        "pkg/apis/core/validation/validation.go ValidatePodTemplateSpecForRC",
        &[],
        controller,
        r#"ReplicationController "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`"#,
    );
}

#[test]
fn replication_controller_selects_what_its_template_makes() {
    let mut controller = workload("ReplicationController", json!({}));
    controller["apiVersion"] = "v1".into();
    controller["spec"].as_object_mut().unwrap().remove("selector");
    let stored = Cluster::new(&ClusterConfig::default()).apply(&controller).unwrap();
    assert_eq!(stored["spec"]["selector"], json!({ "app": "web" }));
    assert_eq!(stored["metadata"]["labels"], json!({ "app": "web" }));
    assert_eq!(stored["spec"]["replicas"], 1);
}

fn ingress(spec: Value) -> Value {
    json!({ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": "front" }, "spec": spec })
}

fn ingress_path(path: Value) -> Value {
    ingress(json!({ "rules": [{ "host": "example.com", "http": { "paths": [path] } }] }))
}

#[test]
fn ingresses() {
    const SPEC: &str = "pkg/apis/networking/validation/validation.go ValidateIngressSpec";
    const PATH: &str = "pkg/apis/networking/validation/validation.go validateHTTPIngressPath";
    const BACKEND: &str = "pkg/apis/networking/validation/validation.go validateIngressBackend";
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    check(
        SPEC,
        &[],
        ingress(json!({})),
        r#"Ingress.networking.k8s.io "front" is invalid: spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"#,
    );
    check(
        PATH,
        &[],
        ingress_path(json!({ "path": "/", "backend": backend })),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified"#,
    );
    check(
        PATH,
        &[],
        ingress_path(json!({ "path": "web", "pathType": "Prefix", "backend": backend })),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.rules[0].http.paths[0].path: Invalid value: "web": must be an absolute path"#,
    );
    check(
        PATH,
        &[],
        ingress_path(json!({ "path": "/", "pathType": "prefix", "backend": backend })),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.rules[0].http.paths[0].pathType: Unsupported value: "prefix": supported values: "Exact", "ImplementationSpecific", "Prefix""#,
    );
    check(
        BACKEND,
        &[],
        ingress_path(
            json!({ "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "web" } } }),
        ),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.rules[0].http.paths[0].backend: Required value: port name or number is required"#,
    );
    check(
        BACKEND,
        &[],
        ingress(json!({ "defaultBackend": {} })),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.defaultBackend: Invalid value: "": resource or service backend is required"#,
    );
    check(
        "pkg/apis/networking/validation/validation.go validateIngressRules",
        &[],
        ingress(json!({ "rules": [{ "host": "10.0.0.1" }] })),
        r#"Ingress.networking.k8s.io "front" is invalid: spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address"#,
    );
    let class = |controller: &str| {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": { "name": "nginx" },
            "spec": { "controller": controller },
        })
    };
    check(
        "pkg/apis/networking/validation/validation.go validateIngressClassSpecUpdate",
        &[class("k8s.io/ingress-nginx")],
        class("example.com/other"),
        r#"IngressClass.networking.k8s.io "nginx" is invalid: spec.controller: Invalid value: "example.com/other": field is immutable"#,
    );
    check(
        "pkg/util/validation/validation.go IsDomainPrefixedPath",
        &[],
        class("nginx"),
        r#"IngressClass.networking.k8s.io "nginx" is invalid: spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")"#,
    );
}

#[test]
fn ingress_without_class_gets_the_default_one() {
    let mut cluster = Cluster::new(&ClusterConfig::default());
    cluster
        .apply(&json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {
                "name": "nginx",
                "annotations": { "ingressclass.kubernetes.io/is-default-class": "true" },
            },
            "spec": { "controller": "k8s.io/ingress-nginx" },
        }))
        .unwrap();
    let stored = cluster
        .apply(&ingress(
            json!({ "defaultBackend": { "service": { "name": "web", "port": { "number": 80 } } } }),
        ))
        .unwrap();
    assert_eq!(stored["spec"]["ingressClassName"], "nginx");
}

fn policy(spec: Value) -> Value {
    json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "p" }, "spec": spec })
}

#[test]
fn network_policies() {
    const PEER: &str = "pkg/apis/networking/validation/validation.go ValidateNetworkPolicyPeer";
    check(
        PEER,
        &[],
        policy(json!({ "podSelector": {}, "ingress": [{ "from": [{}] }] })),
        r#"NetworkPolicy.networking.k8s.io "p" is invalid: spec.ingress[0].from[0]: Required value: must specify a peer"#,
    );
    check(
        PEER,
        &[],
        policy(
            json!({ "podSelector": {}, "ingress": [{ "from": [{ "podSelector": {}, "ipBlock": { "cidr": "10.0.0.0/8" } }] }] }),
        ),
        r#"NetworkPolicy.networking.k8s.io "p" is invalid: spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"#,
    );
    check(
        "pkg/apis/networking/validation/validation.go ValidateIPBlock",
        &[],
        policy(
            json!({ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["11.0.0.0/8"] } }] }] }),
        ),
        r#"NetworkPolicy.networking.k8s.io "p" is invalid: spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/8": must be a strict subset of `cidr`"#,
    );
    check(
        "pkg/apis/networking/validation/validation.go ValidateNetworkPolicyPort",
        &[],
        policy(json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": 80, "endPort": 79 }] }] })),
        r#"NetworkPolicy.networking.k8s.io "p" is invalid: spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"#,
    );
    check(
        "pkg/apis/networking/validation/validation.go ValidateNetworkPolicySpec",
        &[],
        policy(json!({ "podSelector": {}, "policyTypes": ["ingress"] })),
        r#"NetworkPolicy.networking.k8s.io "p" is invalid: spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress""#,
    );
    let stored = Cluster::new(&ClusterConfig::default())
        .apply(&policy(json!({ "egress": [{ "ports": [{ "port": 53 }] }] })));
    let stored = stored.unwrap();
    assert_eq!(stored["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(stored["spec"]["egress"][0]["ports"][0]["protocol"], "TCP");
}

fn slice(fields: Value) -> Value {
    let mut whole = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": { "name": "web-1" },
        "addressType": "IPv4",
        "endpoints": [{ "addresses": ["10.244.0.5"] }],
    });
    for (field, value) in fields.as_object().unwrap() {
        whole[field] = value.clone();
    }
    whole
}

#[test]
fn endpoints() {
    const ENDPOINTS: &str = "pkg/apis/discovery/validation/validation.go validateEndpoints";
    check(
        "pkg/apis/discovery/validation/validation.go validateAddressType",
        &[],
        slice(json!({ "addressType": "ipv4" })),
        r#"EndpointSlice.discovery.k8s.io "web-1" is invalid: addressType: Unsupported value: "ipv4": supported values: "FQDN", "IPv4", "IPv6""#,
    );
    check(
        ENDPOINTS,
        &[],
        slice(json!({ "endpoints": [{ "addresses": [] }] })),
        r#"EndpointSlice.discovery.k8s.io "web-1" is invalid: endpoints[0].addresses: Required value: must contain at least 1 address"#,
    );
    check(
        ENDPOINTS,
        &[],
        slice(json!({ "endpoints": [{ "addresses": ["fd00::1"] }] })),
        r#"EndpointSlice.discovery.k8s.io "web-1" is invalid: endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address"#,
    );
    check(
        "pkg/apis/discovery/validation/validation.go validatePorts",
        &[],
        slice(json!({ "ports": [{ "port": 80 }, { "port": 81 }] })),
        r#"EndpointSlice.discovery.k8s.io "web-1" is invalid: ports[1].name: Duplicate value: """#,
    );
    check(
        "pkg/apis/discovery/validation/validation.go ValidateEndpointSliceUpdate",
        &[slice(json!({}))],
        slice(json!({ "addressType": "IPv6", "endpoints": [] })),
        r#"EndpointSlice.discovery.k8s.io "web-1" is invalid: addressType: Invalid value: "IPv6": field is immutable"#,
    );
    let endpoints = |subset: Value| json!({ "apiVersion": "v1", "kind": "Endpoints", "metadata": { "name": "web" }, "subsets": [subset] });
    const SUBSETS: &str = "pkg/apis/core/validation/validation.go validateEndpointSubsets";
    check(
        SUBSETS,
        &[],
        endpoints(json!({ "ports": [{ "port": 80 }] })),
        r#"Endpoints "web" is invalid: subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"#,
    );
    check(
        SUBSETS,
        &[],
        endpoints(json!({ "addresses": [{ "ip": "169.254.0.1" }] })),
        r#"Endpoints "web" is invalid: subsets[0].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)"#,
    );
}

#[test]
fn namespaces_and_nodes() {
    let namespace =
        |name: &str| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    check(
        "pkg/apis/core/validation/validation.go ValidateNamespace",
        &[],
        namespace("a.b"),
        r#"Namespace "a.b" is invalid: metadata.name: Invalid value: "a.b": must not contain dots"#,
    );
    let stored = Cluster::new(&ClusterConfig::default()).apply(&namespace("shop")).unwrap();
    assert_eq!(stored["metadata"]["labels"], json!({ "kubernetes.io/metadata.name": "shop" }));
    assert_eq!(stored["status"]["phase"], "Active");

    let node = |spec: Value| json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "n" }, "spec": spec });
    check(
        "pkg/apis/core/validation/validation.go ValidateNode",
        &[],
        node(json!({ "podCIDRs": ["10.244.0.0/24", "10.244.1.0/24"] })),
        r#"Node "n" is invalid: spec.podCIDRs: Invalid value: ["10.244.0.0/24","10.244.1.0/24"]: may specify no more than one CIDR for each IP family"#,
    );
    check(
        "pkg/apis/core/validation/validation.go ValidateNodeUpdate",
        &[node(json!({ "podCIDRs": ["10.244.0.0/24"] }))],
        node(json!({ "podCIDRs": ["10.244.1.0/24"] })),
        r#"Node "n" is invalid: spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid"#,
    );
    check(
        "pkg/apis/core/validation/validation.go validateTaintEffect",
        &[],
        node(json!({ "taints": [{ "key": "a", "effect": "Never" }] })),
        r#"Node "n" is invalid: metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute""#,
    );
}
