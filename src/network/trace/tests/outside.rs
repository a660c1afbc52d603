//! Node ports, load balancers and external IPs.

use serde_json::json;

use super::{Board, client};
use crate::network::Client;

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
fn health_check_node_port_answers_for_its_node() {
    let board = Board::new().web(json!({"externalTrafficPolicy": "Local", "healthCheckNodePort": 31000}));
    board.check(
        Client::Laptop,
        "http://192.168.1.11:31000/",
        "
        1 node-1: health check of web: 1 ready endpoint on node-1; the body is { \"service\": { \"namespace\": \"shop\", \"name\": \"web\" }, \"localEndpoints\": 1, \"serviceProxyHealthy\": true } | 192.168.1.50:PORT | 192.168.1.11:31000
        2 Laptop: REPLY nothing was rewritten | 192.168.1.11:31000 | 192.168.1.50:PORT
        = 200 OK
        ",
    );
    board.check(
        Client::Laptop,
        "http://192.168.1.13:31000/",
        "
        1 node-3: health check of web: no ready endpoint on node-3; the body is { \"service\": { \"namespace\": \"shop\", \"name\": \"web\" }, \"localEndpoints\": 0, \"serviceProxyHealthy\": true } | 192.168.1.50:PORT | 192.168.1.13:31000
        2 Laptop: REPLY nothing was rewritten | 192.168.1.13:31000 | 192.168.1.50:PORT
        = 503 Service Unavailable
        ",
    );
}

#[test]
fn proxying_load_balancer_is_reached_from_a_pod_by_going_out() {
    let mut board = Board::new().web(json!({}));
    let key = crate::api::ObjectKey::service("shop", "web");
    let mut service = board.0.get(&key).unwrap().live.to_value();
    service["status"]["loadBalancer"]["ingress"][0]["ipMode"] = json!("Proxy");
    board.put(service);
    board.check(client(), "http://203.0.113.10/",
        "
        1 node-1: SNAT the packet leaves the Pod network | 10.244.1.5:PORT -> 192.168.1.11:PORT | 203.0.113.10:80
        2 Load balancer of shop/web: DNAT node-3, one of 3 healthy nodes | 192.168.1.11:PORT | 203.0.113.10:80 -> 192.168.1.13:30080
        3 node-3: DNAT shop/web: 1 of 2 ready [KUBE-NODEPORTS > KUBE-EXT-E3PXEPMWAWIUT6ZV > KUBE-SVC-E3PXEPMWAWIUT6ZV > KUBE-SEP-M2ZVNS2Q7FBQTIYE] | 192.168.1.11:PORT | 192.168.1.13:30080 -> 10.244.1.7:8080
        4 node-3: SNAT externalTrafficPolicy: Cluster [KUBE-POSTROUTING] | 192.168.1.11:PORT -> 192.168.1.13:PORT | 10.244.1.7:8080
        5 Pod shop/web-1: listens on 8080, answers 200 OK | 192.168.1.13:PORT | 10.244.1.7:8080
        6 Pod shop/client: REPLY conntrack on node-3 undoes 4 and 3, the load balancer 2, conntrack on node-1 1 | 10.244.1.7:8080 -> 203.0.113.10:80 | 192.168.1.13:PORT -> 10.244.1.5:PORT
        = 200 OK (Service shop/web spec.selector)
        ",
    );
}
