//! Who can send, and what there is to send to.

use endpoint_playground::api::{Kind, Object, ObjectKey};
use endpoint_playground::session::{Client, Cluster};
use serde_json::Value;

/// A target, and what it stands for.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    /// A URL.
    pub url: String,
    /// What it stands for, as a short sentence.
    pub what: String,
}

/// A sender: the client, its name, and its address if it is known.
#[derive(Clone, PartialEq, Debug)]
pub struct Sender {
    /// The client.
    pub client: Client,
    /// Its name and address.
    pub label: String,
}

/// The value of a client in a form field.
pub fn client_value(client: &Client) -> String {
    match client {
        Client::Internet => "internet".to_owned(),
        Client::Laptop => "laptop".to_owned(),
        Client::Node(name) => format!("node/{name}"),
        Client::Pod { namespace, name } => format!("pod/{namespace}/{name}"),
    }
}

/// The client that a value of a form field names.
pub fn client_of(value: &str) -> Option<Client> {
    match value.split('/').collect::<Vec<_>>().as_slice() {
        ["internet"] => Some(Client::Internet),
        ["laptop"] => Some(Client::Laptop),
        ["node", name] => Some(Client::Node((*name).to_owned())),
        ["pod", namespace, name] => {
            Some(Client::Pod { namespace: (*namespace).to_owned(), name: (*name).to_owned() })
        }
        _ => None,
    }
}

/// The Pods that can send, then the nodes.
pub fn senders(cluster: &Cluster) -> (Vec<Sender>, Vec<Sender>) {
    let store = cluster.store();
    let pods = store
        .objects_of(Kind::Pod)
        .filter(|object| !object.key.namespace.starts_with("kube-"))
        .map(|object| Sender {
            client: Client::Pod {
                namespace: object.key.namespace.to_string(),
                name: object.key.name.to_string(),
            },
            label: match &*object.key.namespace {
                "default" => object.key.name.to_string(),
                namespace => format!("{namespace}/{}", object.key.name),
            },
        })
        .collect();
    let nodes = store
        .objects_of(Kind::Node)
        .map(|object| Sender {
            client: Client::Node(object.key.name.to_string()),
            label: object.key.name.to_string(),
        })
        .collect();
    (pods, nodes)
}

/// What a client of this sort can send to, most telling first.
pub fn targets(cluster: &Cluster, from: &Client) -> Vec<Target> {
    let inside = matches!(from, Client::Pod { .. });
    let mut targets = Vec::new();
    let node = cluster.store().objects_of(Kind::Node).next().and_then(|node| {
        let value = node.live.to_value();
        let address = items(&value, "/status/addresses").find(|address| address["type"] == "InternalIP")?;
        Some((node.key.name.to_string(), address["address"].as_str()?.to_owned()))
    });
    for object in cluster.store().objects_of(Kind::Service).filter(|object| is_own(object)) {
        service_targets(&object.key, &object.live.to_value(), inside, node.as_ref(), &mut targets);
    }
    for object in cluster.store().objects_of(Kind::Ingress) {
        ingress_targets(&object.key, &object.live.to_value(), &mut targets);
    }
    targets
}

fn is_own(object: &Object) -> bool {
    !object.key.namespace.starts_with("kube-") && object.key.to_path() != "v1/Service/default/kubernetes"
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The items of a list in an object.
fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn service_targets(
    key: &ObjectKey,
    service: &Value,
    inside: bool,
    node: Option<&(String, String)>,
    targets: &mut Vec<Target>,
) {
    let name = &*key.name;
    let port = service.pointer("/spec/ports/0/port").and_then(Value::as_u64).unwrap_or(80);
    let node_port = service.pointer("/spec/ports/0/nodePort").and_then(Value::as_u64);
    let mut inner = Vec::new();
    inner.push(Target {
        url: url(&format!("{name}.{}.svc.cluster.local", key.namespace), port),
        what: format!("the name of Service {name} in the cluster"),
    });
    if let Some(address) = text(service, "/spec/clusterIP").filter(|address| *address != "None") {
        inner.push(Target { url: url(&bracketed(address), port), what: format!("the ClusterIP of {name}") });
    }
    let mut outer = Vec::new();
    let balanced = service.pointer("/status/loadBalancer/ingress/0");
    let address = balanced.and_then(|entry| text(entry, "/ip").or_else(|| text(entry, "/hostname")));
    if let Some(address) = address {
        outer.push(Target {
            url: url(&bracketed(address), port),
            what: format!("the load balancer of {name}"),
        });
    }
    if let (Some(node_port), Some((node, address))) = (node_port.filter(|port| *port > 0), node) {
        outer.push(Target {
            url: format!("http://{}:{node_port}/", bracketed(address)),
            what: format!("the node port of {name}, on {node}"),
        });
    }
    if inside {
        inner.append(&mut outer);
        targets.append(&mut inner);
    } else {
        outer.append(&mut inner);
        targets.append(&mut outer);
    }
}

fn ingress_targets(key: &ObjectKey, ingress: &Value, targets: &mut Vec<Target>) {
    let rules = ingress.pointer("/spec/rules").and_then(Value::as_array);
    for rule in rules.into_iter().flatten() {
        let host = text(rule, "/host").unwrap_or_default();
        if host.is_empty() || host.starts_with('*') {
            continue;
        }
        let paths = rule.pointer("/http/paths").and_then(Value::as_array);
        for path in paths.into_iter().flatten() {
            let path = text(path, "/path").unwrap_or("/");
            targets.push(Target {
                url: format!("http://{host}{path}"),
                what: format!("a rule of Ingress {}", key.name),
            });
        }
    }
}

fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

fn url(host: &str, port: u64) -> String {
    if port == 80 { format!("http://{host}/") } else { format!("http://{host}:{port}/") }
}

/// What the composer offers for a Service, or for the first one there is.
pub fn default_url(cluster: &Cluster, from: &Client, service: Option<&ObjectKey>) -> Option<String> {
    let targets = targets(cluster, from);
    let named = service.and_then(|key| {
        let host = format!("//{}.{}.", key.name, key.namespace);
        targets.iter().find(|target| target.url.contains(&host))
    });
    named.or_else(|| targets.first()).map(|target| target.url.clone())
}
