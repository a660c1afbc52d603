//! ClusterIPs, from Pods and nodes.

use serde_json::json;

use super::{Board, client, node};
use crate::network::ProxyMode;

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
fn api_server_is_an_endpoint_that_is_no_pod() {
    let board = Board::new()
        .with(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}))
        .with(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kubernetes", "namespace": "default"},
            "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
                "ipFamilies": ["IPv4"], "ports": [{"name": "https", "port": 443, "protocol": "TCP"}]}}))
        .with(json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["192.168.1.10"]}]}));
    board.check(client(), "https://kubernetes.default/",
        "
        1 Cluster DNS: kubernetes.default.svc.cluster.local has A 10.96.0.1 (1 name before it does not exist)
        2 node-1: DNAT default/kubernetes:https: 1 of 1 ready [KUBE-SERVICES > KUBE-SVC-NPX46M4PTMTKRN6Y > KUBE-SEP-FIMWYXOJBPP32KI5] | 10.244.1.5:PORT | 10.96.0.1:443 -> 192.168.1.10:6443
        3 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 192.168.1.10:6443
        4 192.168.1.10: the API server answers 403 Forbidden: the request has no credentials | 192.168.1.11:PORT | 192.168.1.10:6443
        5 Pod shop/client: REPLY conntrack on node-1 undoes 3 and 2 | 192.168.1.10:6443 -> 10.96.0.1:443 | 192.168.1.11:PORT -> 10.244.1.5:PORT
        = 403 Forbidden (Service default/kubernetes spec.ports)
        ",
    );
}

#[test]
fn dns_server_without_endpoints_answers_nobody() {
    let board =
        Board::new().web(json!({"type": "ClusterIP"})).with(json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": "kube-system"},
            "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.10", "clusterIPs": ["10.96.0.10"],
                "ipFamilies": ["IPv4"], "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}]}}));
    board.check(client(), "http://web/",
        "
        1 node-1: REJECT kube-system/kube-dns:dns has no endpoints [KUBE-SERVICES] | 10.244.1.5:PORT | 10.96.0.10:53
        = no such host: no answer from DNS, no endpoints (Service kube-system/kube-dns spec.ports)
        ",
    );
}
