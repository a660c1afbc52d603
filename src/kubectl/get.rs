//! The tables of `kubectl get`.

use super::ApiServer;
use super::age::age;
use super::doc::{Doc, host_port, labels, or_none, selector, selector_or_none};
use super::page::escape;
use super::pod_status::pod_status;
use crate::api::{Kind, ObjectKey};

/// Which columns a table has beside the ordinary ones.
#[derive(Clone, Copy, Default)]
pub struct Columns {
    /// Those of `-o wide`.
    pub wide: bool,
    /// NAMESPACE, as `-A` asks for.
    pub namespace: bool,
    /// LABELS, as `--show-labels` asks for.
    pub labels: bool,
}

/// How many items of a list are shown.
const LISTED: usize = 3;

/// How much of a load balancer's addresses is shown.
const LOAD_BALANCER_WIDTH: usize = 16;

// Models k8s.io/cli-runtime/pkg/printers/tableprinter.go
/// What `kubectl get` prints for objects of one kind, in this order; those that are not there are left out. Empty when
/// there are none.
pub fn get<'k>(
    server: ApiServer<'_>,
    kind: &Kind,
    keys: impl IntoIterator<Item = &'k ObjectKey>,
    columns: Columns,
) -> String {
    let (narrow, wide) = heads(kind);
    let mut rows = vec![head_row(narrow, wide, columns)];
    for key in keys {
        let Some(object) = server.store.get(key) else { continue };
        let value = object.live.to_value();
        let object = Doc(&value);
        let mut row = Vec::new();
        if columns.namespace {
            row.push(object.text("metadata.namespace").to_owned());
        }
        row.push(object.text("metadata.name").to_owned());
        let cells = cells(kind, object, server.seconds(), columns.wide);
        let shown = narrow.len() + if columns.wide { wide.len() } else { 0 };
        row.extend(cells.into_iter().take(shown));
        if columns.labels {
            row.push(labels(object, "metadata.labels"));
        }
        rows.push(row.iter().map(|cell| one_line(cell)).collect());
    }
    if rows.len() == 1 { String::new() } else { align(&rows) }
}

fn head_row(narrow: &[&str], wide: &[&str], columns: Columns) -> Vec<String> {
    let mut heads = Vec::new();
    if columns.namespace {
        heads.push("NAMESPACE");
    }
    heads.push("NAME");
    heads.extend(narrow);
    if columns.wide {
        heads.extend(wide);
    }
    if columns.labels {
        heads.push("LABELS");
    }
    heads.into_iter().map(str::to_owned).collect()
}

/// A cell ends where its first line does.
fn one_line(cell: &str) -> String {
    match cell.find(['\x0c', '\n', '\r']) {
        Some(end) => [&escape(&cell[..end]), "..."].concat(),
        None => escape(cell),
    }
}

/// Lines up the cells: each column but the last is three blanks wider than its widest cell, and six wide at least.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        (cells.max().unwrap_or_default() + 3).max(6)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (place, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if place + 1 < row.len() {
                text.push_str(&" ".repeat(widths[place].saturating_sub(cell.chars().count())));
            }
        }
        text.push('\n');
    }
    text
}

// Models pkg/printers/internalversion/printers.go AddHandlers, and the columns of the Gateway API's definitions
/// The heads after NAME, and those of `-o wide`.
fn heads(kind: &Kind) -> (&'static [&'static str], &'static [&'static str]) {
    const CONTAINERS: &[&str] = &["CONTAINERS", "IMAGES", "SELECTOR"];
    match kind {
        Kind::Namespace => (&["STATUS", "AGE"], &[]),
        Kind::Node => (
            &["STATUS", "ROLES", "AGE", "VERSION"],
            &["INTERNAL-IP", "EXTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"],
        ),
        Kind::IngressClass => (&["CONTROLLER", "PARAMETERS", "AGE"], &[]),
        Kind::GatewayClass => (&["CONTROLLER", "ACCEPTED", "AGE"], &["DESCRIPTION"]),
        Kind::Deployment => (&["READY", "UP-TO-DATE", "AVAILABLE", "AGE"], CONTAINERS),
        Kind::ReplicaSet | Kind::ReplicationController => {
            (&["DESIRED", "CURRENT", "READY", "AGE"], CONTAINERS)
        }
        Kind::StatefulSet => (&["READY", "AGE"], &["CONTAINERS", "IMAGES"]),
        Kind::DaemonSet => {
            (&["DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"], CONTAINERS)
        }
        Kind::Pod => {
            (&["READY", "STATUS", "RESTARTS", "AGE"], &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"])
        }
        Kind::Service => (&["TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"], &["SELECTOR"]),
        Kind::Endpoints => (&["ENDPOINTS", "AGE"], &[]),
        Kind::EndpointSlice => (&["ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], &[]),
        Kind::Ingress => (&["CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"], &[]),
        Kind::Gateway => (&["CLASS", "ADDRESS", "PROGRAMMED", "AGE"], &[]),
        Kind::HTTPRoute => (&["HOSTNAMES", "AGE"], &[]),
        Kind::NetworkPolicy => (&["POD-SELECTOR", "AGE"], &[]),
        Kind::ReferenceGrant | Kind::Other(_) => (&["AGE"], &[]),
    }
}

/// The cells after the name, those of `-o wide` included.
fn cells(kind: &Kind, object: Doc<'_>, now: i64, wide: bool) -> Vec<String> {
    let age = age(object, "metadata.creationTimestamp", now);
    let (spec, status) = (object.at("spec"), object.at("status"));
    let count = |field| status.number(field).to_string();
    let wanted = spec.number("replicas").to_string();
    match kind {
        Kind::Namespace => vec![status.text("phase").to_owned(), age],
        Kind::Node => node(object, age),
        Kind::IngressClass => {
            vec![spec.text("controller").to_owned(), parameters(spec.at("parameters")), age]
        }
        Kind::GatewayClass => {
            let description = spec.text("description").to_owned();
            vec![spec.text("controllerName").to_owned(), condition(object, "Accepted"), age, description]
        }
        Kind::Deployment => {
            let ready = [&*count("readyReplicas"), "/", &*wanted].concat();
            let [names, images] = containers(spec.at("template.spec"));
            let selector = selector(spec.at("selector"));
            vec![ready, count("updatedReplicas"), count("availableReplicas"), age, names, images, selector]
        }
        Kind::ReplicaSet | Kind::ReplicationController => {
            let [names, images] = containers(spec.at("template.spec"));
            let selector = match kind {
                Kind::ReplicaSet => selector_or_none(spec.at("selector")),
                _ => labels(spec, "selector"),
            };
            vec![wanted, count("replicas"), count("readyReplicas"), age, names, images, selector]
        }
        Kind::StatefulSet => {
            let ready = [&*count("readyReplicas"), "/", &*wanted].concat();
            let [names, images] = containers(spec.at("template.spec"));
            vec![ready, age, names, images]
        }
        Kind::DaemonSet => {
            let mut cells: Vec<String> = [
                "desiredNumberScheduled",
                "currentNumberScheduled",
                "numberReady",
                "updatedNumberScheduled",
                "numberAvailable",
            ]
            .map(count)
            .into();
            cells.extend([labels(spec, "template.spec.nodeSelector"), age]);
            cells.extend(containers(spec.at("template.spec")));
            cells.push(selector_or_none(spec.at("selector")));
            cells
        }
        Kind::Pod => pod(object, age, now),
        Kind::Service => service(object, age, wide),
        Kind::Endpoints => vec![endpoints(object), age],
        Kind::EndpointSlice => {
            let port = |port: Doc<'_>| match (port.has("port"), port.text("name")) {
                (true, _) => port.word("port").into_owned(),
                (false, "") => "*".to_owned(),
                (false, name) => name.to_owned(),
            };
            let addresses: Vec<&str> =
                object.items("endpoints").flat_map(|endpoint| endpoint.texts("addresses")).collect();
            let ports: Vec<String> = object.items("ports").map(port).collect();
            vec![object.text("addressType").to_owned(), first_three(&ports), first_three(&addresses), age]
        }
        Kind::Ingress => ingress(object, age, wide),
        Kind::Gateway => vec![
            spec.text("gatewayClassName").to_owned(),
            status.items("addresses").next().map_or("", |address| address.text("value")).to_owned(),
            condition(object, "Programmed"),
            age,
        ],
        Kind::HTTPRoute => vec![spec.at("hostnames").own().into_owned(), age],
        Kind::NetworkPolicy => vec![selector_or_none(spec.at("podSelector")), age],
        Kind::ReferenceGrant | Kind::Other(_) => vec![age],
    }
}

fn or_none_text(text: &str) -> String {
    or_none(text.to_owned())
}

/// The status of a condition; empty when there is none.
fn condition(object: Doc<'_>, name: &str) -> String {
    let mut conditions = object.items("status.conditions");
    let found = conditions.find(|condition| condition.text("type") == name);
    found.map_or("", |found| found.text("status")).to_owned()
}

// Models printers.go layoutContainerCells
/// The names and the images of the containers.
fn containers(spec: Doc<'_>) -> [String; 2] {
    ["name", "image"].map(|field| {
        let of_each: Vec<&str> = spec.items("containers").map(|container| container.text(field)).collect();
        of_each.join(",")
    })
}

// Models printers.go listWithMoreString
/// The first three of a list, and how many more there are; `<unset>` when there are none.
fn first_three<S: AsRef<str>>(items: &[S]) -> String {
    if items.is_empty() {
        return "<unset>".to_owned();
    }
    let shown: Vec<&str> = items.iter().take(LISTED).map(AsRef::as_ref).collect();
    let text = shown.join(",");
    if items.len() > LISTED { format!("{text} + {} more...", items.len() - LISTED) } else { text }
}

// Models printers.go findNodeRoles
/// The roles of a Node in one line; empty when it has none.
pub fn roles(node: Doc<'_>) -> String {
    let role = |(key, value): &(&str, Doc<'_>)| match (key.strip_prefix("node-role.kubernetes.io/"), *key) {
        (Some(role), _) => Some(role.to_owned()),
        (None, "kubernetes.io/role") => Some(value.own().into_owned()),
        _ => None,
    };
    let labels = node.entries("metadata.labels");
    let mut roles: Vec<String> = labels.iter().filter_map(role).filter(|role| !role.is_empty()).collect();
    roles.sort();
    roles.dedup();
    roles.join(",")
}

// Models printers.go printNode
fn node(node: Doc<'_>, age: String) -> Vec<String> {
    let mut status = match &*condition(node, "Ready") {
        "" => "Unknown",
        "True" => "Ready",
        _ => "NotReady",
    }
    .to_owned();
    if node.is("spec.unschedulable") {
        status += ",SchedulingDisabled";
    }
    let address = |of: &str| {
        let mut addresses = node.items("status.addresses");
        or_none_text(
            addresses.find(|address| address.text("type") == of).map_or("", |found| found.text("address")),
        )
    };
    let info = |field| node.at("status.nodeInfo").text_or(field, "<unknown>").to_owned();
    vec![
        status,
        or_none(roles(node)),
        age,
        node.text("status.nodeInfo.kubeletVersion").to_owned(),
        address("InternalIP"),
        address("ExternalIP"),
        info("osImage"),
        info("kernelVersion"),
        info("containerRuntimeVersion"),
    ]
}

// Models printers.go printIngressClass
fn parameters(parameters: Doc<'_>) -> String {
    match (parameters.text("kind"), parameters.text("apiGroup")) {
        ("", _) => "<none>".to_owned(),
        (kind, "") => [kind, "/", parameters.text("name")].concat(),
        (kind, group) => [kind, ".", group, "/", parameters.text("name")].concat(),
    }
}

// Models printers.go printPod
fn pod(pod: Doc<'_>, age: String, now: i64) -> Vec<String> {
    let columns = pod_status(pod, now);
    let ip = pod.items("status.podIPs").next().map_or("", |ip| ip.text("ip"));
    let gates = pod.items("spec.readinessGates");
    let all = gates.len();
    let open = gates.filter(|gate| condition(pod, gate.text("conditionType")) == "True").count();
    vec![
        columns.ready,
        columns.status,
        columns.restarts,
        age,
        or_none_text(ip),
        or_none_text(pod.text("spec.nodeName")),
        or_none_text(pod.text("status.nominatedNodeName")),
        if all == 0 { "<none>".to_owned() } else { format!("{open}/{all}") },
    ]
}

// Models printers.go printService
fn service(service: Doc<'_>, age: String, wide: bool) -> Vec<String> {
    let spec = service.at("spec");
    let port = |port: Doc<'_>| {
        let (number, protocol) = (port.number("port").to_string(), port.text("protocol"));
        match port.number("nodePort") {
            0 => [&*number, "/", protocol].concat(),
            node_port => [&*number, ":", &node_port.to_string(), "/", protocol].concat(),
        }
    };
    let ports: Vec<String> = spec.items("ports").map(port).collect();
    vec![
        spec.text("type").to_owned(),
        or_none_text(spec.texts("clusterIPs").first().copied().unwrap_or_default()),
        external_ip(service, wide),
        or_none(ports.join(",")),
        age,
        labels(spec, "selector"),
    ]
}

// Models printers.go getServiceExternalIP
fn external_ip(service: Doc<'_>, wide: bool) -> String {
    let spec = service.at("spec");
    let ips = spec.texts("externalIPs").join(",");
    match spec.text("type") {
        "ClusterIP" | "NodePort" => or_none(ips),
        "ExternalName" => spec.text("externalName").to_owned(),
        "LoadBalancer" => match (load_balancer_status(service, wide), ips) {
            (given, ips) if given.is_empty() && ips.is_empty() => "<pending>".to_owned(),
            (given, ips) if given.is_empty() || ips.is_empty() => given + &ips,
            (given, ips) => [given, ips].join(","),
        },
        _ => "<unknown>".to_owned(),
    }
}

// Models printers.go loadBalancerStatusStringer and ingressLoadBalancerStatusStringer
/// The addresses of a load balancer, in order and each once; clipped unless the output is wide.
pub fn load_balancer_status(object: Doc<'_>, wide: bool) -> String {
    let ingress = object.items("status.loadBalancer.ingress");
    let mut addresses: Vec<&str> = ingress
        .map(|ingress| ingress.text_or("ip", ingress.text("hostname")))
        .filter(|address| !address.is_empty())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let text = addresses.join(",");
    match text.get(..LOAD_BALANCER_WIDTH - 3) {
        Some(start) if !wide && text.len() > LOAD_BALANCER_WIDTH => [start, "..."].concat(),
        _ => text,
    }
}

// Models printers.go formatEndpoints
/// The first three ready addresses with each port; empty when there are subsets and no address is ready.
fn endpoints(endpoints: Doc<'_>) -> String {
    if endpoints.items("subsets").len() == 0 {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in endpoints.items("subsets") {
        let ips = || subset.items("addresses").map(|address| address.text("ip"));
        if subset.items("ports").len() == 0 {
            all.extend(ips().map(str::to_owned));
        }
        for port in subset.items("ports") {
            all.extend(ips().map(|ip| host_port(ip, &port.word("port"))));
        }
    }
    if all.is_empty() { String::new() } else { first_three(&all) }
}

// Models printers.go printIngress, formatHosts and formatPorts
fn ingress(ingress: Doc<'_>, age: String, wide: bool) -> Vec<String> {
    let spec = ingress.at("spec");
    let (mut hosts, mut more) = (Vec::new(), false);
    for rule in spec.items("rules") {
        more |= hosts.len() == LISTED;
        if !more && !rule.text("host").is_empty() {
            hosts.push(rule.text("host"));
        }
    }
    let mut shown = if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") };
    if more {
        shown += &format!(" + {} more...", spec.items("rules").len() - LISTED);
    }
    let ports = if spec.items("tls").len() > 0 { "80, 443" } else { "80" };
    vec![
        spec.text_or("ingressClassName", "<none>").to_owned(),
        shown,
        load_balancer_status(ingress, wide),
        ports.to_owned(),
        age,
    ]
}
