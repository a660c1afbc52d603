//! Requests through an Ingress controller.

use serde_json::json;

use super::Board;
use crate::network::Client;

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
        = 404 Not Found (Pod ingress-nginx/controller spec.containers[].args)
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
