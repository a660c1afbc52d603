//! One test for each way of a request, with its hops as text.

mod cluster;
mod ingress;
mod outside;
mod pods;
mod policy;

use serde_json::{Value, json};

use super::{hops_as_text, trace};
use crate::api::{Kind, Live, ObjectKey, Random};
use crate::network::kernel::Kernels;
use crate::network::{Client, ProxyMode, Request, Settings};
use crate::store::Store;

/// A board in the making.
struct Board(Store);

impl Board {
    /// Three nodes, the namespaces `shop` and `other`, and a Pod `shop/client` at 10.244.1.5 on node-1.
    fn new() -> Board {
        let mut board = Board(Store::default());
        for name in ["shop", "other"] {
            board.put(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        for (number, zone) in [(1, "a"), (2, "b"), (3, "c")] {
            board.put(json!({"apiVersion": "v1", "kind": "Node",
                "metadata": {"name": format!("node-{number}"),
                    "labels": {"topology.kubernetes.io/zone": format!("zone-{zone}")}},
                "status": {"addresses": [{"type": "InternalIP", "address": format!("192.168.1.1{number}")}],
                    "conditions": [{"type": "Ready", "status": "True"}]}}));
        }
        board.pod("client", 1, "10.244.1.5", &[])
    }

    fn put(&mut self, value: Value) {
        let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
        let live = Live::from_value(&kind, &value).unwrap();
        let meta = live.metadata().unwrap();
        let namespace = meta.namespace.clone().unwrap_or_default();
        let key = ObjectKey::new(kind, namespace, meta.name.clone().unwrap());
        self.0.put(key, None, live);
    }

    fn with(mut self, value: Value) -> Board {
        self.put(value);
        self
    }

    /// A running Pod in `shop` that declares these ports.
    fn pod(mut self, name: &str, node: u8, address: &str, ports: &[u16]) -> Board {
        let ports: Vec<Value> = ports.iter().map(|port| json!({"containerPort": port})).collect();
        self.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"nodeName": format!("node-{node}"), "containers": [{"name": "main", "ports": ports}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}));
        self
    }

    /// A Service `shop/NAME` with port 80, node port 30080 and `spec` over the usual fields, and one slice of
    /// `(address, node, ready)` on port 8080.
    fn service(mut self, name: &str, spec: Value, endpoints: &[(&str, u8, bool)]) -> Board {
        let mut service = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"clusterIP": "10.96.84.12", "clusterIPs": ["10.96.84.12"], "ipFamilies": ["IPv4"],
                "type": "LoadBalancer", "selector": {"app": name},
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30080, "protocol": "TCP"}]}});
        for (field, value) in spec.as_object().unwrap() {
            service["spec"][field] = value.clone();
        }
        if service["spec"]["type"] == "LoadBalancer" {
            service["status"] = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}});
            service["metadata"]["annotations"] =
                json!({"external-dns.alpha.kubernetes.io/hostname": format!("{name}.example")});
        } else {
            service["spec"]["ports"][0].as_object_mut().unwrap().remove("nodePort");
        }
        self.put(service);
        let endpoints: Vec<Value> = endpoints
            .iter()
            .map(|(address, node, ready)| {
                json!({"addresses": [address], "nodeName": format!("node-{node}"),
                    "conditions": {"ready": ready, "serving": ready, "terminating": false}})
            })
            .collect();
        self.put(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": format!("{name}-1"), "namespace": "shop",
                "labels": {"kubernetes.io/service-name": name}},
            "ports": [{"name": "", "port": 8080, "protocol": "TCP"}], "endpoints": endpoints}));
        self
    }

    /// `web` with one ready endpoint on each of node-1 and node-2.
    fn web(self, spec: Value) -> Board {
        self.pod("web-1", 1, "10.244.1.7", &[8080]).pod("web-2", 2, "10.244.2.9", &[8080]).service(
            "web",
            spec,
            &[("10.244.1.7", 1, true), ("10.244.2.9", 2, true)],
        )
    }

    /// An Ingress controller with its Service at 203.0.113.20, and the Ingress `shop/front` for shop.example: `/` to
    /// `web:80`, `/cart` to `cart:80`.
    fn front(mut self) -> Board {
        self.put(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "controller", "namespace": "ingress-nginx", "labels": {
                "app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller"}},
            "spec": {"nodeName": "node-3", "containers": [{"name": "controller",
                "ports": [{"name": "http", "containerPort": 80}, {"name": "https", "containerPort": 443}]}]},
            "status": {"phase": "Running", "podIPs": [{"ip": "10.244.3.2"}]}}));
        self.put(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "controller", "namespace": "ingress-nginx"},
            "spec": {"clusterIP": "10.96.0.80", "clusterIPs": ["10.96.0.80"], "ipFamilies": ["IPv4"],
                "type": "LoadBalancer", "externalTrafficPolicy": "Local",
                "ports": [{"name": "http", "port": 80, "nodePort": 31080, "protocol": "TCP"}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.20"}]}}}));
        self.put(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "controller-1", "namespace": "ingress-nginx",
                "labels": {"kubernetes.io/service-name": "controller"}},
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["10.244.3.2"], "nodeName": "node-3"}]}));
        self.put(json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}));
        let path = |path: &str, service: &str| {
            json!({"path": path, "pathType": "Prefix",
                "backend": {"service": {"name": service, "port": {"number": 80}}}})
        };
        self.with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "front", "namespace": "shop"},
            "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example",
                "http": {"paths": [path("/", "web"), path("/cart", "cart")]}}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.20"}]}}}))
    }

    /// A NetworkPolicy in `shop`.
    fn policy(self, name: &str, spec: Value) -> Board {
        self.with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "shop"}, "spec": spec}))
    }

    /// Sends, and compares the hops; ports from the ephemeral range are written `PORT`.
    fn check(&self, from: Client, url: &str, expected: &str) {
        self.check_in(ProxyMode::Iptables, from, url, expected);
    }

    fn check_in(&self, proxy_mode: ProxyMode, from: Client, url: &str, expected: &str) {
        let settings = Settings { proxy_mode, ..Settings::default() };
        let request = Request { from, method: "GET".to_owned(), url: url.to_owned() };
        let text =
            hops_as_text(&trace(&self.0, &settings, &request, &mut Kernels::default(), &mut Random::new(1)));
        let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
        let got: Vec<String> = text.lines().map(without_ephemeral_ports).collect();
        assert_eq!(got, expected, "\n{}\n", got.join("\n"));
    }
}

fn without_ephemeral_ports(line: &str) -> String {
    let mut text = line.to_owned();
    for word in line.split([' ', '|']) {
        if let Some((_, port)) = word.rsplit_once(':')
            && port.parse::<u16>().is_ok_and(|port| port >= 49152)
        {
            text = text.replace(&format!(":{port}"), ":PORT");
        }
    }
    text
}

fn client() -> Client {
    Client::Pod { namespace: "shop".to_owned(), name: "client".to_owned() }
}

fn node(number: u8) -> Client {
    Client::Node(format!("node-{number}"))
}
