//! Behaviours of ingress-nginx and of class ownership that the conformance data do not show.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use serde_json::{Value, json};

use super::http::Scheme;
use super::*;

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the object is of this kind")
}

fn class(name: &str, controller: &str) -> IngressClass {
    read(json!({"metadata": {"name": name}, "spec": {"controller": controller}}))
}

/// An Ingress of the class `nginx` with these annotations, these TLS hosts, and rules as (host, path, type, service).
fn ingress(name: &str, annotations: Value, tls: &[&str], rules: &[(&str, &str, &str, &str)]) -> Ingress {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(host, path, path_type, service)| {
            json!({"host": host, "http": {"paths": [{"path": path, "pathType": path_type,
                "backend": {"service": {"name": service, "port": {"number": 80}}}}]}})
        })
        .collect();
    let tls: Vec<Value> = tls.iter().map(|host| json!({"hosts": [host], "secretName": "cert"})).collect();
    let annotations: serde_json::Map<String, Value> = annotations
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (format!("nginx.ingress.kubernetes.io/{name}"), value.clone()))
        .collect();
    read(json!({"metadata": {"namespace": "shop", "name": name, "annotations": annotations},
        "spec": {"ingressClassName": "nginx", "tls": tls, "rules": rules}}))
}

fn get(url: &str) -> HttpRequest {
    let (scheme, rest) = url.split_once("://").expect("the URL has a scheme");
    let (host, path) = rest.split_once('/').expect("the URL has a path");
    HttpRequest {
        scheme: if scheme == "https" { Scheme::Https } else { Scheme::Http },
        method: "GET".to_owned(),
        host: host.to_owned(),
        path: format!("/{path}"),
        headers: Vec::new(),
    }
}

/// Routes as ingress-nginx and compares: `service path`, or the status with the redirect's location.
fn check(ingresses: &[Ingress], url: &str, expected: &str) {
    let nginx = class("nginx", "k8s.io/ingress-nginx");
    let decision = route(ingresses, &[&nginx], &Controller::ingress_nginx(), &get(url));
    let found = match &decision.action {
        Action::Forward { backend, path } => format!("{} {path}", backend.service),
        Action::Redirect { status, location } => format!("{status} {location}"),
        Action::NotFound => "404".to_owned(),
    };
    assert_eq!(found, expected, "{url}: {}", decision.reason);
}

#[test]
fn rewrite_target_takes_the_groups_of_the_pattern() {
    let rewrite = [ingress(
        "r",
        json!({"use-regex": "true", "rewrite-target": "/$2"}),
        &[],
        &[("a.com", "/something(/|$)(.*)", "ImplementationSpecific", "web")],
    )];
    check(&rewrite, "http://a.com/something", "web /");
    check(&rewrite, "http://a.com/something/", "web /");
    check(&rewrite, "http://a.com/something/new?q=1", "web /new?q=1");
    check(&rewrite, "http://a.com/SOMETHING/new", "web /new");
    check(&rewrite, "http://a.com/other", "404");
}

#[test]
fn one_regex_makes_all_paths_of_the_host_patterns_without_element_boundaries() {
    let both = [
        ingress(
            "plain",
            json!({}),
            &[],
            &[("a.com", "/foo", "Prefix", "plain"), ("b.com", "/foo", "Prefix", "b")],
        ),
        ingress(
            "regex",
            json!({"use-regex": "true"}),
            &[],
            &[("a.com", "/x.*", "ImplementationSpecific", "x")],
        ),
    ];
    check(&both, "http://a.com/FOObar", "plain /FOObar");
    check(&both, "http://b.com/foobar", "404");
    check(&both, "http://b.com/foo", "b /foo");
}

#[test]
fn tls_host_redirects_to_https_unless_told_not_to() {
    let tls = [ingress("t", json!({}), &["a.com"], &[("a.com", "/", "Prefix", "web")])];
    check(&tls, "http://a.com/x/", "308 https://a.com/x");
    check(&tls, "https://a.com/x/", "web /x/");
    let off =
        [ingress("t", json!({"ssl-redirect": "false"}), &["a.com"], &[("a.com", "/", "Prefix", "web")])];
    check(&off, "http://a.com/x", "web /x");
    let forced =
        [ingress("t", json!({"force-ssl-redirect": "true"}), &[], &[("a.com", "/", "Prefix", "web")])];
    check(&forced, "http://a.com/x", "308 https://a.com/x");
}

#[test]
fn certificate_comes_from_the_server_of_the_name_in_tls() {
    let nginx = class("nginx", "k8s.io/ingress-nginx");
    let tls = [ingress(
        "t",
        json!({}),
        &["a.com"],
        &[("a.com", "/", "Prefix", "web"), ("b.com", "/", "Prefix", "web")],
    )];
    let secret = |url: &str| {
        route(&tls, &[&nginx], &Controller::ingress_nginx(), &get(url)).tls_secret.map(|(_, name)| name)
    };
    assert_eq!(secret("https://a.com/"), Some("cert".to_owned()));
    assert_eq!(secret("https://b.com/"), None);
    assert_eq!(secret("http://a.com/"), None);
    // The Ingress has a TLS section, so its other hosts redirect too.
    check(&tls, "http://b.com/", "308 https://b.com");
}

#[test]
fn path_with_a_final_slash_redirects_to_it() {
    let slash = [ingress("s", json!({}), &[], &[("a.com", "/foo/", "Prefix", "web")])];
    check(&slash, "http://a.com/foo?x=1", "301 http://a.com/foo/?x=1");
    check(&slash, "http://a.com/foo/bar", "web /foo/bar");
}

#[test]
fn app_root_and_redirect_annotations_come_first() {
    let root = [ingress("a", json!({"app-root": "/app1"}), &[], &[("a.com", "/", "Prefix", "web")])];
    check(&root, "http://a.com/", "302 http://a.com/app1");
    check(&root, "http://a.com/x", "web /x");
    let moved = [ingress(
        "m",
        json!({"permanent-redirect": "https://www.example.com"}),
        &["a.com"],
        &[("a.com", "/", "Prefix", "web")],
    )];
    check(&moved, "http://a.com/x", "301 https://www.example.com");
}

#[test]
fn default_backend_with_rules_serves_only_the_hosts_of_its_rules() {
    let mut with_default = ingress("d", json!({}), &[], &[("a.com", "/x", "Prefix", "web")]);
    let spec = with_default.spec.as_mut().expect("it has a spec");
    spec.default_backend = Some(read(json!({"service": {"name": "fallback", "port": {"number": 80}}})));
    let mut alone = with_default.clone();
    check(&[with_default.clone()], "http://a.com/y", "fallback /y");
    check(&[with_default], "http://b.com/y", "404");
    alone.spec.as_mut().expect("it has a spec").rules = None;
    check(&[alone], "http://b.com/y", "fallback /y");
}

#[test]
fn ingress_belongs_to_the_controller_of_its_class() {
    let nginx = class("nginx", "k8s.io/ingress-nginx");
    let other = class("other", "example.com/other");
    let classes = [&nginx, &other];
    let owns = |ingress: Value| Controller::ingress_nginx().owns(&read(ingress), &classes);
    assert_eq!(owns(json!({"spec": {"ingressClassName": "nginx"}})), Ownership::Owned);
    assert_eq!(
        owns(json!({"spec": {"ingressClassName": "other"}})),
        Ownership::OtherController("example.com/other".to_owned())
    );
    assert_eq!(owns(json!({"spec": {"ingressClassName": "x"}})), Ownership::NoSuchClass("x".to_owned()));
    let annotated = json!({"metadata": {"annotations": {"kubernetes.io/ingress.class": "nginx"}}});
    assert_eq!(owns(annotated), Ownership::Owned);
    assert_eq!(owns(json!({})), Ownership::NoClass);
}

#[test]
fn newest_default_class_is_taken() {
    let default = |name: &str, time: &str| -> IngressClass {
        read(json!({"metadata": {"name": name, "creationTimestamp": time,
            "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}}))
    };
    let (old, new) = (default("a", "2025-01-01T00:00:00Z"), default("b", "2025-02-01T00:00:00Z"));
    let plain = class("c", "x");
    let name =
        |classes: &[&IngressClass]| default_class(classes).and_then(|class| class.metadata.name.clone());
    assert_eq!(name(&[&old, &new, &plain]).as_deref(), Some("b"));
    assert_eq!(name(&[&plain]), None);
}

#[test]
fn backend_port_is_found_by_number_target_port_or_name() {
    let service: Service = read(json!({"spec": {"ports": [
        {"name": "web", "port": 80, "targetPort": 8080}, {"name": "admin", "port": 9000, "targetPort": "adm"}]}}));
    let port = |port: BackendPort| service_port(&service, &port).map(|port| port.port);
    assert_eq!(port(BackendPort::Number(80)), Some(80));
    assert_eq!(port(BackendPort::Number(8080)), Some(80));
    assert_eq!(port(BackendPort::Name("admin".to_owned())), Some(9000));
    assert_eq!(port(BackendPort::Name("adm".to_owned())), Some(9000));
    assert_eq!(port(BackendPort::Number(81)), None);

    let slice: EndpointSlice = read(json!({"addressType": "IPv4", "ports": [{"name": "web", "port": 8080}],
        "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "conditions": {"ready": false}}]}));
    let web = service_port(&service, &BackendPort::Number(80)).expect("it has port 80");
    assert_eq!(endpoints(&service, web, [&slice]), [("10.0.0.1".to_owned(), 8080)]);
}
