//! One test for each way of a request, with its hops as text.

use serde_json::{Value, json};

use super::{hops_as_text, trace};
use crate::api::{Kind, Live, ObjectKey, Random};
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
        let text = hops_as_text(&trace(&self.0, &settings, &request, &mut Random::new(1)));
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

#[test]
fn pod_to_cluster_ip_is_sent_on_by_the_rules_of_its_own_node() {
    let board = Board::new().web(json!({"type": "ClusterIP"}));
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 10.244.1.5:PORT | 10.244.2.9:8080
        4 Pod shop/client: REPLY conntrack on node-1 undoes 2 | 10.244.2.9:8080 -> 10.96.84.12:80 | 10.244.1.5:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
    board.check(
        client(),
        "http://web.other/",
        "
        1 Cluster DNS: web.other: NXDOMAIN, 4 names asked
        = no such host: web.other, NXDOMAIN
        ",
    );
    board.check(client(), "tcp://web:8080",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DROP no rule is about this destination: shop/web has no port 8080 | 10.244.1.5:PORT | 10.96.84.12:8080
        = timed out: shop/web has no port 8080 (Service shop/web spec.ports)
        ",
    );
    board.check_in(
        ProxyMode::Nftables,
        client(),
        "tcp://web:8080",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: REJECT shop/web has no port 8080 [cluster-ips-check] | 10.244.1.5:PORT | 10.96.84.12:8080
        = refused: shop/web has no port 8080 (Service shop/web spec.ports)
        ",
    );
}

#[test]
fn process_on_a_node_to_cluster_ip_is_masqueraded() {
    let board = Board::new().web(json!({"type": "ClusterIP"}));
    board.check(node(3), "http://10.96.84.12/",
        "
        1 node-3: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 192.168.1.13:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        2 node-3: SNAT the client is outside the Pod network [KUBE-POSTROUTING] | 192.168.1.13:PORT -> 192.168.1.13:PORT | 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 192.168.1.13:PORT | 10.244.2.9:8080
        4 Node node-3: REPLY conntrack on node-3 undoes 2 and 1 | 10.244.2.9:8080 -> 10.96.84.12:80 | 192.168.1.13:PORT -> 192.168.1.13:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
}

#[test]
fn cluster_ip_has_no_way_from_outside() {
    let board = Board::new().web(json!({"type": "ClusterIP"}));
    board.check(Client::Laptop, "http://10.96.84.12/",
        "
        1 Laptop: 10.96.84.12 is a ClusterIP, which exists only in the rules of the nodes | 192.168.1.50:PORT | 10.96.84.12:80
        = timed out: 10.96.84.12 is a ClusterIP, which exists only in the rules of the nodes (Service shop/web spec.clusterIP)
        ",
    );
    board.check(
        Client::Internet,
        "http://web.shop/",
        "
        1 Public DNS: web.shop: NXDOMAIN
        = no such host: web.shop, NXDOMAIN
        ",
    );
}

#[test]
fn service_without_endpoints_refuses_on_the_clients_node() {
    let board = Board::new().service("cart", json!({"type": "ClusterIP"}), &[("10.244.1.7", 1, false)]);
    board.check(
        client(),
        "http://cart/",
        "
        1 Cluster DNS: cart.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: REJECT shop/cart has no endpoints [KUBE-SERVICES] | 10.244.1.5:PORT | 10.96.84.12:80
        = refused: no endpoints (Service shop/cart spec.selector)
        ",
    );
}

#[test]
fn internal_policy_local_without_a_local_endpoint_drops() {
    let board = Board::new().service(
        "web",
        json!({"type": "ClusterIP", "internalTrafficPolicy": "Local"}),
        &[("10.244.2.9", 2, true)],
    );
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DROP internalTrafficPolicy: Local, and shop/web has no endpoint on node-1 [KUBE-SERVICES] | 10.244.1.5:PORT | 10.96.84.12:80
        = timed out: no endpoint on node-1 (Service shop/web spec.internalTrafficPolicy)
        ",
    );
}

#[test]
fn client_that_is_its_own_endpoint_is_masqueraded() {
    let board = Board::new().service("web", json!({"type": "ClusterIP"}), &[("10.244.1.5", 1, true)]);
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 1 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-JEWKWDKY4ODQIXQB] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.1.5:8080
        3 node-1: SNAT the client is the chosen endpoint itself [KUBE-POSTROUTING] | 10.244.1.5:PORT -> 192.168.1.11:PORT | 10.244.1.5:8080
        4 Pod shop/client: declares no ports, so 8080 is assumed, answers 200 OK | 192.168.1.11:PORT | 10.244.1.5:8080
        5 Pod shop/client: REPLY conntrack on node-1 undoes 3 and 2 | 10.244.1.5:8080 -> 10.96.84.12:80 | 192.168.1.11:PORT -> 10.244.1.5:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
}

#[test]
fn node_port_from_the_laptop_is_masqueraded_on_the_entry_node() {
    let board = Board::new().web(json!({}));
    board.check(Client::Laptop, "http://192.168.1.13:30080/",
        "
        1 node-3: DNAT shop/web: 1 of 2 ready [KUBE-NODEPORTS > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 192.168.1.50:PORT | 192.168.1.13:30080 -> 10.244.2.9:8080
        2 node-3: SNAT externalTrafficPolicy: Cluster [KUBE-POSTROUTING] | 192.168.1.50:PORT -> 192.168.1.13:PORT | 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 192.168.1.13:PORT | 10.244.2.9:8080
        4 Laptop: REPLY conntrack on node-3 undoes 2 and 1 | 10.244.2.9:8080 -> 192.168.1.13:30080 | 192.168.1.13:PORT -> 192.168.1.50:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
    board.check(
        Client::Laptop,
        "http://192.168.1.13:30081/",
        "
        1 node-3: REJECT no Service has node port 30081 | 192.168.1.50:PORT | 192.168.1.13:30081
        = refused: no Service has node port 30081
        ",
    );
    board.check(
        Client::Laptop,
        "192.168.1.99:30080",
        "
        1 Laptop: no node has 192.168.1.99 | 192.168.1.50:PORT | 192.168.1.99:30080
        = timed out: no node has 192.168.1.99
        ",
    );
}

#[test]
fn node_port_is_out_of_reach_for_the_internet() {
    let board = Board::new().web(json!({}));
    board.check(Client::Internet, "http://192.168.1.13:30080/",
        "
        1 Internet: 192.168.1.13 is an address inside the nodes' network | 198.51.100.23:PORT | 192.168.1.13:30080
        = timed out: 192.168.1.13 is an address inside the nodes' network (Node node-3 status.addresses)
        ",
    );
}

#[test]
fn node_port_of_another_node_from_a_pod_leaves_the_pod_network() {
    let board = Board::new().web(json!({"externalTrafficPolicy": "Local"}));
    board.check(client(), "http://192.168.1.12:30080/",
        "
        1 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 192.168.1.12:30080
        2 node-2: DNAT shop/web: 1 of 1 ready on node-2 [KUBE-NODEPORTS > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVL-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 192.168.1.11:PORT | 192.168.1.12:30080 -> 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 192.168.1.11:PORT | 10.244.2.9:8080
        4 Pod shop/client: REPLY conntrack on node-2 undoes 2, conntrack on node-1 1 | 10.244.2.9:8080 -> 192.168.1.12:30080 | 192.168.1.11:PORT -> 10.244.1.5:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
    board.check(client(), "http://192.168.1.13:30080/",
        "
        1 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 192.168.1.13:30080
        2 node-3: DROP externalTrafficPolicy: Local, and shop/web has no endpoint on node-3 [KUBE-EXTERNAL-SERVICES] | 192.168.1.11:PORT | 192.168.1.13:30080
        = timed out: no endpoint on node-3 (Service shop/web spec.externalTrafficPolicy)
        ",
    );
}

#[test]
fn load_balancer_sends_to_a_node_port() {
    let board = Board::new().web(json!({}));
    board.check(Client::Internet, "http://web.example/",
        "
        1 Public DNS: web.example has A 203.0.113.10
        2 Load balancer of shop/web: DNAT node-3, one of 3 healthy nodes | 198.51.100.23:PORT | 203.0.113.10:80 -> 192.168.1.13:30080
        3 node-3: DNAT shop/web: 1 of 2 ready [KUBE-NODEPORTS > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-M2ZVNS2Q7FBQTIYE] | 198.51.100.23:PORT | 192.168.1.13:30080 -> 10.244.1.7:8080
        4 node-3: SNAT externalTrafficPolicy: Cluster [KUBE-POSTROUTING] | 198.51.100.23:PORT -> 192.168.1.13:PORT | 10.244.1.7:8080
        5 Pod shop/web-1: listens on 8080, answers 200 OK | 192.168.1.13:PORT | 10.244.1.7:8080
        6 Internet: REPLY conntrack on node-3 undoes 4 and 3, the load balancer 2 | 10.244.1.7:8080 -> 203.0.113.10:80 | 192.168.1.13:PORT -> 198.51.100.23:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
    board.check(Client::Internet, "http://web.example:8080/",
        "
        1 Public DNS: web.example has A 203.0.113.10
        2 Load balancer of shop/web: DROP the load balancer has no port 8080 | 198.51.100.23:PORT | 203.0.113.10:8080
        = timed out: the load balancer has no port 8080 (Service shop/web spec.ports)
        ",
    );
}

#[test]
fn external_policy_local_keeps_the_clients_address() {
    let board = Board::new().web(json!({"externalTrafficPolicy": "Local"}));
    board.check(Client::Internet, "http://203.0.113.10/",
        "
        1 Load balancer of shop/web: DNAT node-2, one of 2 nodes with a ready endpoint | 198.51.100.23:PORT | 203.0.113.10:80 -> 192.168.1.12:30080
        2 node-2: DNAT shop/web: 1 of 1 ready on node-2 [KUBE-NODEPORTS > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVL-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 198.51.100.23:PORT | 192.168.1.12:30080 -> 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 198.51.100.23:PORT | 10.244.2.9:8080
        4 Internet: REPLY conntrack on node-2 undoes 2, the load balancer 1 | 10.244.2.9:8080 -> 203.0.113.10:80 | 198.51.100.23:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
    board.check(Client::Laptop, "http://192.168.1.13:30080/",
        "
        1 node-3: DROP externalTrafficPolicy: Local, and shop/web has no endpoint on node-3 [KUBE-EXTERNAL-SERVICES] | 192.168.1.50:PORT | 192.168.1.13:30080
        = timed out: no endpoint on node-3 (Service shop/web spec.externalTrafficPolicy)
        ",
    );
}

#[test]
fn load_balancer_without_a_local_endpoint_anywhere_drops() {
    let board =
        Board::new().service("web", json!({"externalTrafficPolicy": "Local"}), &[("10.244.1.7", 1, false)]);
    board.check(
        Client::Internet,
        "http://203.0.113.10/",
        "
        1 Load balancer of shop/web: DROP no node has a ready endpoint | 198.51.100.23:PORT | 203.0.113.10:80
        = timed out: no node has a ready endpoint (Service shop/web spec.externalTrafficPolicy)
        ",
    );
}

#[test]
fn load_balancer_keeps_out_what_source_ranges_leave_out() {
    let board = Board::new().web(json!({"loadBalancerSourceRanges": ["192.0.2.0/24"]}));
    board.check(Client::Internet, "http://203.0.113.10/",
        "
        1 Load balancer of shop/web: DROP 198.51.100.23 is not in loadBalancerSourceRanges | 198.51.100.23:PORT | 203.0.113.10:80
        = timed out: 198.51.100.23 is not in loadBalancerSourceRanges (Service shop/web spec.loadBalancerSourceRanges)
        ",
    );
}

#[test]
fn pod_to_load_balancer_is_short_circuited_by_its_node() {
    let board = Board::new().web(json!({"externalTrafficPolicy": "Local"}));
    board.check(client(), "http://web.example/",
        "
        1 Cluster DNS: web.example has A 203.0.113.10 (3 names before it do not exist)
        2 node-1: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 203.0.113.10:80 -> 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 10.244.1.5:PORT | 10.244.2.9:8080
        4 Pod shop/client: REPLY conntrack on node-1 undoes 2 | 10.244.2.9:8080 -> 203.0.113.10:80 | 10.244.1.5:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
}

#[test]
fn port_that_the_pod_does_not_declare_is_refused_by_the_pod() {
    let board = Board::new().pod("web-0", 2, "10.244.2.9", &[8081]).service(
        "web",
        json!({"type": "ClusterIP"}),
        &[("10.244.2.9", 2, true)],
    );
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 1 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        3 Pod shop/web-0: REJECT nothing listens on 8080 in web-0 | 10.244.1.5:PORT | 10.244.2.9:8080
        = refused: nothing listens on 8080 in web-0 (Service shop/web spec.ports[0].targetPort)
        ",
    );
}

#[test]
fn pod_address_is_reached_inside_and_not_outside() {
    let board = Board::new().pod("web-0", 2, "10.244.2.9", &[]);
    board.check(client(), "http://10.244.2.9:8080/",
        "
        1 Pod shop/web-0: declares no ports, so 8080 is assumed, answers 200 OK | 10.244.1.5:PORT | 10.244.2.9:8080
        2 Pod shop/client: REPLY nothing was rewritten | 10.244.2.9:8080 | 10.244.1.5:PORT
        = 200 OK (Pod shop/web-0 status.podIPs)
        ",
    );
    board.check(Client::Laptop, "http://10.244.2.9:8080/",
        "
        1 Laptop: 10.244.2.9 is a Pod's address, and the Pod network ends at the nodes | 192.168.1.50:PORT | 10.244.2.9:8080
        = timed out: 10.244.2.9 is a Pod's address, and the Pod network ends at the nodes (Pod shop/web-0 status.podIPs)
        ",
    );
    board.check(
        client(),
        "10.244.2.99:80",
        "
        1 node-1: DROP no Pod has 10.244.2.99 | 10.244.1.5:PORT | 10.244.2.99:80
        = timed out: no Pod has 10.244.2.99
        ",
    );
}

#[test]
fn headless_service_leads_straight_to_a_pod() {
    let board = Board::new().pod("db-0", 2, "10.244.2.14", &[8080]).service(
        "db",
        json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}),
        &[("10.244.2.14", 2, true)],
    );
    board.check(
        client(),
        "db:8080",
        "
        1 Cluster DNS: db.shop.svc.cluster.local has A 10.244.2.14
        2 Pod shop/db-0: listens on 8080, accepts the connection | 10.244.1.5:PORT | 10.244.2.14:8080
        3 Pod shop/client: REPLY nothing was rewritten | 10.244.2.14:8080 | 10.244.1.5:PORT
        = connected (Pod shop/db-0 status.podIPs)
        ",
    );
    board.check(
        client(),
        "db:80",
        "
        1 Cluster DNS: db.shop.svc.cluster.local has A 10.244.2.14
        2 Pod shop/db-0: REJECT nothing listens on 80 in db-0 | 10.244.1.5:PORT | 10.244.2.14:80
        = refused: nothing listens on 80 in db-0 (Pod shop/db-0 spec.containers[].ports)
        ",
    );
}

#[test]
fn headless_service_without_ready_endpoints_has_no_name() {
    let board = Board::new().service(
        "db",
        json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}),
        &[("10.244.2.14", 2, false)],
    );
    board.check(
        client(),
        "db:5432",
        "
        1 Cluster DNS: db: NXDOMAIN, 4 names asked
        = no such host: db, headless Service shop/db has no ready endpoint (Service shop/db spec.selector)
        ",
    );
}

#[test]
fn external_name_is_an_alias_of_a_host_outside() {
    let board = Board::new().with(json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"type": "ExternalName", "externalName": "db.example.com"}}));
    board.check(client(), "db:5432",
        "
        1 Cluster DNS: db.shop.svc.cluster.local is an alias of db.example.com, which has A 192.0.2.141
        2 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 192.0.2.141:5432
        3 192.0.2.141: a host outside the cluster, assumed to answer | 192.168.1.11:PORT | 192.0.2.141:5432
        4 Pod shop/client: REPLY conntrack on node-1 undoes 2 | 192.0.2.141:5432 | 192.168.1.11:PORT -> 10.244.1.5:PORT
        = connected
        ",
    );
}

#[test]
fn silent_node_takes_its_pods_along() {
    let mut board = Board::new().service("web", json!({}), &[("10.244.2.9", 2, true)]);
    board = board.pod("web-2", 2, "10.244.2.9", &[8080]).with(json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "node-2"},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.168.1.12"}],
            "conditions": [{"type": "Ready", "status": "Unknown"}]}}));
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 1 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        3 node-2: DROP node-2 does not answer | 10.244.1.5:PORT | 10.244.2.9:8080
        = timed out: node-2 does not answer (Node node-2 status.conditions)
        ",
    );
    board.check(
        Client::Laptop,
        "http://192.168.1.12:30080/",
        "
        1 node-2: DROP node-2 does not answer | 192.168.1.50:PORT | 192.168.1.12:30080
        = timed out: node-2 does not answer (Node node-2 status.conditions)
        ",
    );
}

#[test]
fn external_ip_on_a_node_address_is_matched_there() {
    let board = Board::new().web(json!({"type": "ClusterIP", "externalIPs": ["192.168.1.13"]}));
    board.check(Client::Laptop, "http://192.168.1.13/",
        "
        1 node-3: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 192.168.1.50:PORT | 192.168.1.13:80 -> 10.244.2.9:8080
        2 node-3: SNAT externalTrafficPolicy: Cluster [KUBE-POSTROUTING] | 192.168.1.50:PORT -> 192.168.1.13:PORT | 10.244.2.9:8080
        3 Pod shop/web-2: listens on 8080, answers 200 OK | 192.168.1.13:PORT | 10.244.2.9:8080
        4 Laptop: REPLY conntrack on node-3 undoes 2 and 1 | 10.244.2.9:8080 -> 192.168.1.13:80 | 192.168.1.13:PORT -> 192.168.1.50:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
}

#[test]
fn host_network_and_host_port_are_reached_on_the_node() {
    let board = Board::new()
        .with(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent", "namespace": "shop"},
            "spec": {"nodeName": "node-2", "hostNetwork": true,
                "containers": [{"name": "main", "ports": [{"containerPort": 9100}]}]},
            "status": {"phase": "Running", "podIPs": [{"ip": "192.168.1.12"}]}}))
        .with(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "edge", "namespace": "shop"},
            "spec": {"nodeName": "node-2",
                "containers": [{"name": "main", "ports": [{"containerPort": 8080, "hostPort": 80}]}]},
            "status": {"phase": "Running", "podIPs": [{"ip": "10.244.2.30"}]}}));
    board.check(
        Client::Laptop,
        "192.168.1.12:9100",
        "
        1 Pod shop/agent: listens on 9100, accepts the connection | 192.168.1.50:PORT | 192.168.1.12:9100
        2 Laptop: REPLY nothing was rewritten | 192.168.1.12:9100 | 192.168.1.50:PORT
        = connected (Pod shop/agent status.podIPs)
        ",
    );
    board.check(Client::Laptop, "http://192.168.1.12/",
        "
        1 node-2: DNAT hostPort 80 of Pod shop/edge [CNI-HOSTPORT-DNAT] | 192.168.1.50:PORT | 192.168.1.12:80 -> 10.244.2.30:8080
        2 Pod shop/edge: listens on 8080, answers 200 OK | 192.168.1.50:PORT | 10.244.2.30:8080
        3 Laptop: REPLY conntrack on node-2 undoes 1 | 10.244.2.30:8080 -> 192.168.1.12:80 | 192.168.1.50:PORT
        = 200 OK (Pod shop/edge status.podIPs)
        ",
    );
    board.check(
        Client::Laptop,
        "192.168.1.12:9101",
        "
        1 node-2: REJECT nothing listens on 9101 of node-2 | 192.168.1.50:PORT | 192.168.1.12:9101
        = refused: nothing listens on 9101 of node-2
        ",
    );
}

#[test]
fn health_check_node_port_answers_for_its_node() {
    let board = Board::new().web(json!({"externalTrafficPolicy": "Local", "healthCheckNodePort": 31000}));
    board.check(
        Client::Laptop,
        "http://192.168.1.11:31000/",
        "
        1 node-1: health check of web: a ready endpoint on node-1 | 192.168.1.50:PORT | 192.168.1.11:31000
        2 Laptop: REPLY nothing was rewritten | 192.168.1.11:31000 | 192.168.1.50:PORT
        = 200 OK
        ",
    );
    board.check(
        Client::Laptop,
        "http://192.168.1.13:31000/",
        "
        1 node-3: health check of web: no ready endpoint on node-3 | 192.168.1.50:PORT | 192.168.1.13:31000
        2 Laptop: REPLY nothing was rewritten | 192.168.1.13:31000 | 192.168.1.50:PORT
        = 503 Service Unavailable
        ",
    );
}

#[test]
fn host_outside_is_assumed_to_answer_a_masqueraded_pod() {
    Board::new().check(client(), "https://8.8.8.8/",
        "
        1 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 8.8.8.8:443
        2 8.8.8.8: a host outside the cluster, assumed to answer | 192.168.1.11:PORT | 8.8.8.8:443
        3 Pod shop/client: REPLY conntrack on node-1 undoes 1 | 8.8.8.8:443 | 192.168.1.11:PORT -> 10.244.1.5:PORT
        = 200 OK
        ",
    );
}

#[test]
fn what_can_not_be_sent_says_why() {
    let board = Board::new();
    board.check(
        client(),
        "ftp://web",
        "
        = not sent: ftp:// is not known. Expected http, https, tcp, udp or sctp.
        ",
    );
    board.check(
        Client::Pod { namespace: "shop".to_owned(), name: "x".to_owned() },
        "http://web",
        "
        = not sent: Pod shop/x does not exist.
        ",
    );
    board.check(
        Client::Laptop,
        "http://nowhere.example",
        "
        1 Public DNS: nowhere.example: NXDOMAIN
        = no such host: nowhere.example, NXDOMAIN
        ",
    );
}

#[test]
fn ingress_controller_dials_an_endpoint_past_the_cluster_ip() {
    let board = Board::new().web(json!({"type": "ClusterIP"})).front();
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: PROXY shop/web:80: 10.244.1.7:8080, 1 of 2 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        5 Pod shop/web-1: listens on 8080, answers 200 OK | 10.244.3.2:PORT | 10.244.1.7:8080
        6 Pod ingress-nginx/controller: REPLY nothing was rewritten | 10.244.1.7:8080 | 10.244.3.2:PORT
        7 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 200 OK (Ingress shop/front spec.rules[0].http.paths[0].backend.service)
        ",
    );
}

#[test]
fn ingress_controller_answers_404_and_503_by_itself() {
    let board =
        Board::new().front().service("web", json!({"type": "ClusterIP"}), &[("10.244.1.7", 1, false)]);
    board.check(Client::Internet, "http://203.0.113.20/",
        "
        1 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        2 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        3 Pod ingress-nginx/controller: answers 404 Not Found: no Ingress names the host 203.0.113.20, so the catch-all server takes the request, but no path matches / and there is no default backend | 198.51.100.23:PORT | 10.244.3.2:80
        4 Internet: REPLY conntrack on node-3 undoes 2, the load balancer 1 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 404 Not Found
        ",
    );
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: answers 503 Service Unavailable: Service shop/web has no endpoints [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        5 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 503 Service Unavailable (Service shop/web spec.selector)
        ",
    );
    board.check(Client::Internet, "http://shop.example/cart",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: answers 503 Service Unavailable: Service shop/cart does not exist [shop/front: shop.example /cart] | 198.51.100.23:PORT | 10.244.3.2:80
        5 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 503 Service Unavailable (Ingress shop/front spec.rules[0].http.paths[1].backend.service.name)
        ",
    );
}

#[test]
fn ingress_controller_tries_the_next_endpoint_and_answers_502_when_all_refuse() {
    let one =
        Board::new().front().pod("web-1", 1, "10.244.1.7", &[9090]).pod("web-2", 2, "10.244.2.9", &[8080]);
    let endpoints = [("10.244.1.7", 1, true), ("10.244.2.9", 2, true)];
    let board = one.service("web", json!({"type": "ClusterIP"}), &endpoints);
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: PROXY shop/web:80: 10.244.1.7:8080, 1 of 2 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        5 Pod shop/web-1: REJECT nothing listens on 8080 in web-1 | 10.244.3.2:PORT | 10.244.1.7:8080
        6 Pod ingress-nginx/controller: PROXY shop/web:80 again: 10.244.2.9:8080, 1 of 2 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        7 Pod shop/web-2: listens on 8080, answers 200 OK | 10.244.3.2:PORT | 10.244.2.9:8080
        8 Pod ingress-nginx/controller: REPLY nothing was rewritten | 10.244.2.9:8080 | 10.244.3.2:PORT
        9 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 200 OK (Ingress shop/front spec.rules[0].http.paths[0].backend.service)
        ",
    );
    let board = board.pod("web-2", 2, "10.244.2.9", &[9090]);
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: PROXY shop/web:80: 10.244.1.7:8080, 1 of 2 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        5 Pod shop/web-1: REJECT nothing listens on 8080 in web-1 | 10.244.3.2:PORT | 10.244.1.7:8080
        6 Pod ingress-nginx/controller: PROXY shop/web:80 again: 10.244.2.9:8080, 1 of 2 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        7 Pod shop/web-2: REJECT nothing listens on 8080 in web-2 | 10.244.3.2:PORT | 10.244.2.9:8080
        8 Pod ingress-nginx/controller: answers 502 Bad Gateway: the endpoint refused the connection [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        9 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 502 Bad Gateway (Service shop/web spec.ports[].targetPort)
        ",
    );
}

#[test]
fn ingress_of_an_unknown_class_gets_404() {
    let board = Board::new().front().with(json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "shop"},
        "spec": {"ingressClassName": "ngnix", "rules": [{"host": "shop.example"}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.20"}]}}}));
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: answers 404 Not Found: no Ingress names the host shop.example, so the catch-all server takes the request, but no path matches / and there is no default backend | 198.51.100.23:PORT | 10.244.3.2:80
        5 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 404 Not Found (Ingress shop/front spec.ingressClassName)
        ",
    );
}

#[test]
fn policy_for_ingress_drops_on_the_servers_node() {
    let board = Board::new()
        .pod("web-2", 2, "10.244.2.9", &[8080])
        .service("web", json!({"type": "ClusterIP"}), &[("10.244.2.9", 2, true)])
        .policy("deny", json!({"podSelector": {}, "policyTypes": ["Ingress"]}));
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 1 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        3 node-2: DROP NetworkPolicy shop/deny selects the Pod for ingress, and none of its rules allows it | 10.244.1.5:PORT | 10.244.2.9:8080
        = timed out: blocked by NetworkPolicy shop/deny (NetworkPolicy shop/deny spec.ingress)
        ",
    );
    let board = board.front();
    board.check(Client::Internet, "http://shop.example/",
        "
        1 Public DNS: shop.example has A 203.0.113.20
        2 Load balancer of ingress-nginx/controller: DNAT node-3, the only node with a ready endpoint | 198.51.100.23:PORT | 203.0.113.20:80 -> 192.168.1.13:31080
        3 node-3: DNAT ingress-nginx/controller:http: 1 of 1 ready on node-3 [KUBE-NODEPORTS > KUBE-EXT-NSQXBD7ZBTNOGOV2 > KUBE-SVL-NSQXBD7ZBTNOGOV2 > KUBE-SEP-OOOAHSTEN45WKNQE] | 198.51.100.23:PORT | 192.168.1.13:31080 -> 10.244.3.2:80
        4 Pod ingress-nginx/controller: PROXY shop/web:80: 10.244.2.9:8080, 1 of 1 ready [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        5 node-2: DROP NetworkPolicy shop/deny selects the Pod for ingress, and none of its rules allows it | 10.244.3.2:PORT | 10.244.2.9:8080
        6 Pod ingress-nginx/controller: answers 504 Gateway Timeout: the endpoint did not answer [shop/front: shop.example /] | 198.51.100.23:PORT | 10.244.3.2:80
        7 Internet: REPLY conntrack on node-3 undoes 3, the load balancer 2 | 10.244.3.2:80 -> 203.0.113.20:80 | 198.51.100.23:PORT
        = 504 Gateway Timeout (NetworkPolicy shop/deny spec.ingress)
        ",
    );
}

#[test]
fn policy_for_egress_drops_the_question_to_dns_too() {
    let board = Board::new().web(json!({"type": "ClusterIP"}));
    let board = board.policy("deny", json!({"podSelector": {}, "policyTypes": ["Egress"]}));
    board.check(client(), "http://web/",
        "
        1 node-1: DROP NetworkPolicy shop/deny selects the Pod for egress, and none of its rules allows it | 10.244.1.5:PORT | 10.96.0.10:53
        = timed out: no answer from DNS, blocked by NetworkPolicy shop/deny (NetworkPolicy shop/deny spec.egress)
        ",
    );
    board.check(client(), "http://10.96.84.12/",
        "
        1 node-1: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        2 node-1: DROP NetworkPolicy shop/deny selects the Pod for egress, and none of its rules allows it | 10.244.1.5:PORT | 10.244.2.9:8080
        = timed out: blocked by NetworkPolicy shop/deny (NetworkPolicy shop/deny spec.egress)
        ",
    );
    let board = board.policy(
        "dns",
        json!({"podSelector": {}, "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}),
    );
    board.check(client(), "http://web/",
        "
        1 Cluster DNS: web.shop.svc.cluster.local has A 10.96.84.12
        2 node-1: DNAT shop/web: 1 of 2 ready [KUBE-SERVICES > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-THQMUZBGAGLPMZ2W] | 10.244.1.5:PORT | 10.96.84.12:80 -> 10.244.2.9:8080
        3 node-1: DROP 2 NetworkPolicies select the Pod for egress, and no rule allows it | 10.244.1.5:PORT | 10.244.2.9:8080
        = timed out: blocked by 2 NetworkPolicies (NetworkPolicy shop/deny spec.egress)
        ",
    );
}
