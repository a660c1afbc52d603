//! Behaviours of the server and of the stub resolver that the conformance data do not show.

use serde_json::{Value, json};

use super::*;
use crate::api::{Kind, Live, ObjectKey};
use crate::store::Store;

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the object is of this kind")
}

/// A small cluster.
fn cluster() -> Store {
    let mut store = Store::default();
    let objects = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"clusterIP": "10.96.0.20", "clusterIPs": ["10.96.0.20"],
                "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system"},
            "spec": {"clusterIP": "10.96.0.10", "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"clusterIP": "None"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out", "namespace": "shop"},
            "spec": {"type": "ExternalName", "externalName": "gone.example.org"}}),
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "db-1",
            "namespace": "shop", "labels": {"kubernetes.io/service-name": "db"}}, "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.244.1.5"], "conditions": {"ready": true}}], "ports": []}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"},
            "status": {"podIP": "10.244.1.5"}}),
    ];
    for object in objects {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = Kind::from_api(&text("/apiVersion"), &text("/kind"));
        let live = Live::from_value(&kind, &object).expect("the object is of its kind");
        store.put(ObjectKey::new(kind, text("/metadata/namespace"), text("/metadata/name")), None, live);
    }
    store
}

/// A world outside that knows `example.com`.
fn upstream(question: &Question) -> Response {
    if question.name != "example.com." {
        return Response::empty(Rcode::NxDomain);
    }
    let mut response = Response::empty(Rcode::NoError);
    if question.record_type == RecordType::A {
        let data = RecordData::A([192, 0, 2, 7].into());
        response.answers.push(Record { name: question.name.clone(), ttl: 60, data });
    }
    response
}

fn ask(config: &DnsConfig, name: &str, record_type: RecordType) -> Response {
    answer(&StoreView { store: &cluster(), upstream }, config, &Question::new(name, record_type))
}

/// Asks, and compares the response: the rcode, then the values of the answers.
fn check(name: &str, record_type: RecordType, expected: &str) {
    let response = ask(&DnsConfig::default(), name, record_type);
    let found =
        response.answers.iter().fold(response.rcode.to_string(), |text, one| format!("{text} {}", one.data));
    assert_eq!(found, expected, "{name} {record_type}");
}

#[test]
fn zone_answers_with_its_server_and_its_start() {
    check("cluster.local.", RecordType::Ns, "NOERROR kube-dns.kube-system.svc.cluster.local.");
    check("ns.dns.cluster.local.", RecordType::A, "NOERROR 10.96.0.10");
    check("ns.dns.cluster.local.", RecordType::Aaaa, "NOERROR");
    check(
        "cluster.local.",
        RecordType::Soa,
        "NOERROR ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 30",
    );
    check("cluster.local.", RecordType::Transfer, "REFUSED");
}

#[test]
fn text_of_an_empty_name_does_not_exist() {
    check("cluster.local.", RecordType::Txt, "NXDOMAIN");
    check("shop.svc.cluster.local.", RecordType::Txt, "NXDOMAIN");
    check("web.shop.svc.cluster.local.", RecordType::Txt, "NOERROR");
}

#[test]
fn headless_service_without_ports_has_addresses_but_no_srv() {
    check("db.shop.svc.cluster.local.", RecordType::A, "NOERROR 10.244.1.5");
    check("db.shop.svc.cluster.local.", RecordType::Srv, "NOERROR");
    check("_x._tcp.db.shop.svc.cluster.local.", RecordType::Srv, "NXDOMAIN");
}

#[test]
fn external_name_that_leads_nowhere_outside_keeps_its_cname() {
    check("out.shop.svc.cluster.local.", RecordType::A, "NOERROR gone.example.org.");
    check("out.shop.svc.cluster.local.", RecordType::Srv, "NOERROR");
}

#[test]
fn name_outside_the_zones_is_forwarded() {
    let response = ask(&DnsConfig::default(), "example.com", RecordType::A);
    assert!(response.forwarded);
    check("example.com.", RecordType::A, "NOERROR 192.0.2.7");
}

#[test]
fn missing_name_of_an_address_falls_through_to_the_outside() {
    check("5.1.244.10.in-addr.arpa.", RecordType::Ptr, "NOERROR 10-244-1-5.db.shop.svc.cluster.local.");
    assert!(ask(&DnsConfig::default(), "6.1.244.10.in-addr.arpa", RecordType::Ptr).forwarded);
}

#[test]
fn malformed_name_is_a_format_error() {
    check("web..svc.cluster.local.", RecordType::A, "FORMERR");
}

#[test]
fn verified_mode_answers_only_for_addresses_of_pods() {
    let config = DnsConfig { pods: PodMode::Verified, ..DnsConfig::default() };
    let rcode = |name: &str| ask(&config, name, RecordType::A).rcode;
    assert_eq!(rcode("10-244-1-5.shop.pod.cluster.local"), Rcode::NoError);
    assert_eq!(rcode("10-244-1-6.shop.pod.cluster.local"), Rcode::NxDomain);
    assert_eq!(rcode("10-244-1-5.kube-system.pod.cluster.local"), Rcode::NxDomain);
    check("10-244-1-6.shop.pod.cluster.local", RecordType::A, "NOERROR 10.244.1.6");
}

fn node() -> NodeResolver {
    NodeResolver {
        cluster_dns: vec!["10.96.0.10".to_owned()],
        zone: "cluster.local".to_owned(),
        host: ResolvConf {
            nameservers: vec!["192.0.2.1".to_owned()],
            searches: vec!["corp.example".to_owned()],
            options: Vec::new(),
        },
    }
}

fn lookup(conf: &ResolvConf, host: &str) -> Resolution {
    let node = node();
    let client = Client { conf, cluster_dns: &node.cluster_dns, hosts: &[] };
    resolve(&StoreView { store: &cluster(), upstream }, &DnsConfig::default(), &client, host)
}

fn names(resolution: &Resolution) -> Vec<&str> {
    let asked = resolution.tried.iter().filter(|attempt| attempt.question.record_type == RecordType::A);
    asked.map(|attempt| attempt.question.name.as_str()).collect()
}

#[test]
fn short_name_is_found_through_the_search_domains() {
    let conf = ResolvConf::cluster_first("shop", &node());
    let found = lookup(&conf, "web");
    assert_eq!(names(&found), ["web.shop.svc.cluster.local."]);
    assert_eq!(found.addresses, [std::net::IpAddr::from([10, 96, 0, 20])]);
    let found = lookup(&conf, "kube-dns.kube-system");
    assert_eq!(
        names(&found),
        ["kube-dns.kube-system.shop.svc.cluster.local.", "kube-dns.kube-system.svc.cluster.local."]
    );
    assert_eq!(found.verdict, Verdict::Found);
}

#[test]
fn outside_name_with_few_dots_goes_through_every_search_domain_first() {
    let found = lookup(&ResolvConf::cluster_first("shop", &node()), "example.com");
    assert_eq!(
        names(&found),
        [
            "example.com.shop.svc.cluster.local.",
            "example.com.svc.cluster.local.",
            "example.com.cluster.local.",
            "example.com.corp.example.",
            "example.com."
        ]
    );
    assert_eq!(found.verdict, Verdict::Found);
    assert_eq!(names(&lookup(&ResolvConf::cluster_first("shop", &node()), "example.com.")), ["example.com."]);
}

#[test]
fn failed_lookup_says_how_it_ended() {
    let conf = ResolvConf::cluster_first("shop", &node());
    assert_eq!(lookup(&conf, "wbe").verdict, Verdict::NoSuchHost);
    assert_eq!(lookup(&conf, "svc.cluster.local.").verdict, Verdict::NoAddress);
    assert_eq!(lookup(&conf, "a..b").verdict, Verdict::Malformed);
    assert_eq!(lookup(&ResolvConf::default(), "web").verdict, Verdict::NoServer);
    assert_eq!(lookup(&conf, "10.0.0.1").verdict, Verdict::Found);
}

#[test]
fn dns_policy_picks_the_servers_and_the_search_domains() {
    let conf = |spec: Value| {
        ResolvConf::for_pod(&read(json!({"metadata": {"namespace": "shop"}, "spec": spec})), &node())
    };
    let ordinary = conf(json!({"containers": [], "dnsPolicy": "ClusterFirst"}));
    assert_eq!(ordinary.nameservers, ["10.96.0.10"]);
    assert_eq!(ordinary.ndots(), 5);
    assert_eq!(ordinary.searches.len(), 4);
    let host_network = conf(json!({"containers": [], "dnsPolicy": "ClusterFirst", "hostNetwork": true}));
    assert_eq!(host_network, node().host);
    assert_eq!(host_network.ndots(), 1);
    let both = conf(json!({"containers": [], "dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": true}));
    assert_eq!(both, ordinary);
    let none =
        conf(json!({"containers": [], "dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.9"],
        "searches": ["a.example"], "options": [{"name": "ndots", "value": "2"}]}}));
    assert_eq!((none.nameservers.len(), none.ndots()), (1, 2));
    let fewer_dots =
        conf(json!({"containers": [], "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]}}));
    assert_eq!(names(&lookup(&fewer_dots, "example.com")), ["example.com."]);
    assert_eq!(
        lookup(&conf(json!({"containers": [], "dnsPolicy": "Default"})), "web.shop").verdict,
        Verdict::NoSuchHost
    );
}
