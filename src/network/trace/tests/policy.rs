//! NetworkPolicies on the way.

use serde_json::json;

use super::{Board, client};
use crate::network::Client;

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
        3 node-1: DROP 2 NetworkPolicies select the Pod for egress (deny, dns), and no rule allows it | 10.244.1.5:PORT | 10.244.2.9:8080
        = timed out: blocked by NetworkPolicy shop/deny and dns (NetworkPolicy shop/deny spec.egress)
        ",
    );
}
