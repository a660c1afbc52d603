//! Pods by themselves, DNS names and what can not be reached.

use serde_json::json;

use super::{Board, client, node};
use crate::network::Client;

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
fn a_node_does_not_ask_the_dns_of_the_cluster() {
    let board = Board::new().pod("db-0", 2, "10.244.2.14", &[5432]).service(
        "db",
        json!({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}),
        &[("10.244.2.14", 2, true)],
    );
    board.check(
        node(1),
        "db.shop.svc.cluster.local:5432",
        "
        1 Public DNS: db.shop.svc.cluster.local: NXDOMAIN
        = no such host: db.shop.svc.cluster.local, NXDOMAIN: only Pods ask the cluster's DNS
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
