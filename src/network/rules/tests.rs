//! The text of the rules does what the decision says: both are asked about many packets on many boards.

use serde_json::{Value, json};

use super::taken::{End, taken};
use super::{Packet, rules};
use crate::api::{Kind, Live, ObjectKey, Random, Time};
use crate::network::addresses::Family;
use crate::network::kernel::Kernels;
use crate::network::kube_proxy::{self, NodeView, Origin, Verdict, decide};
use crate::network::settings::{ProxyMode, Settings};
use crate::store::Store;

fn put(store: &mut Store, value: &Value) {
    let kind = Kind::from_api(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap());
    let live = Live::from_value(&kind, value).unwrap();
    let name = live.metadata().unwrap().name.clone().unwrap();
    store.put(ObjectKey::new(kind, "shop", name), None, live);
}

/// A Service of random policies with up to four endpoints on two nodes, in random conditions.
fn board(random: &mut Random) -> Store {
    let mut store = Store::default();
    let mut any = |choices: &[Value]| choices[random.below(choices.len() as u64) as usize].clone();
    let policies = [json!("Cluster"), json!("Local")];
    let kind = any(&[json!("ClusterIP"), json!("NodePort"), json!("LoadBalancer")]);
    let mut spec = json!({"clusterIP": "10.96.84.12", "clusterIPs": ["10.96.84.12"], "ipFamilies": ["IPv4"], "type": kind,
        "internalTrafficPolicy": any(&policies), "sessionAffinity": any(&[json!("None"), json!("ClientIP")]),
        "externalIPs": any(&[json!([]), json!(["203.0.113.77"])]),
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]});
    if kind != "ClusterIP" {
        spec["ports"][0]["nodePort"] = json!(30080);
        spec["externalTrafficPolicy"] = any(&policies);
    }
    let mut status = json!({});
    if kind == "LoadBalancer" {
        spec["loadBalancerSourceRanges"] =
            any(&[json!([]), json!(["198.51.100.0/24"]), json!(["192.168.1.0/24"])]);
        status = json!({"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}});
    }
    put(
        &mut store,
        &json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec, "status": status}),
    );
    let count = random.below(5);
    let endpoints: Vec<Value> = (0..count)
        .map(|number| {
            let (ready, serving, node) = (random.below(3) > 0, random.below(2) > 0, random.below(2) + 1);
            json!({"addresses": [format!("10.244.{node}.{}", 5 + number)], "nodeName": format!("node-{node}"),
                "conditions": {"ready": ready, "serving": ready || serving, "terminating": !ready && serving}})
        })
        .collect();
    put(
        &mut store,
        &json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}], "endpoints": endpoints}),
    );
    store
}

#[test]
fn the_text_of_the_rules_does_what_the_decision_says() {
    let node = NodeView {
        name: "node-1".to_owned(),
        zone: String::new(),
        addresses: vec!["192.168.1.11".parse().unwrap()],
    };
    let sources = [
        ("10.244.1.5", Origin::Pod),
        ("10.244.1.6", Origin::Pod),
        ("192.168.1.11", Origin::Node),
        ("198.51.100.23", Origin::Outside),
        ("192.168.1.50", Origin::Outside),
    ];
    let destinations = [
        "10.96.84.12:80",
        "10.96.84.12:81",
        "10.96.1.1:80",
        "203.0.113.10:80",
        "203.0.113.77:80",
        "192.168.1.11:30080",
        "192.168.1.12:30080",
        "10.244.1.5:8080",
    ];
    let mut random = Random::new(1);
    let mut seen: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for number in 0..120 {
        let store = board(&mut random);
        for proxy_mode in [ProxyMode::Iptables, ProxyMode::Nftables] {
            let settings = Settings { proxy_mode, ..Settings::default() };
            let mut kernels = Kernels::default();
            let lines = rules(&store, &settings, &kernels, &node, None, Family::V4);
            for round in 0..2 {
                for (source, origin) in sources {
                    for to in destinations {
                        kernels.set_now(Time(round * 1000));
                        let source = format!("{source}:50000").parse().unwrap();
                        let destination = to.parse().unwrap();
                        let packet = kube_proxy::Packet { source, destination, protocol: "TCP", origin };
                        let verdict = decide(&store, &settings, &node, &packet, &mut kernels, &mut random);
                        let (mut endpoint, mut is_kept, mut masquerade) = (None, false, false);
                        let wanted = match &verdict {
                            Verdict::NotAService => End::Untouched,
                            Verdict::Forward(forward) => {
                                endpoint = forward.endpoint.address().parse().ok();
                                is_kept = forward.is_kept;
                                masquerade = forward.masquerade.is_some();
                                End::Dnat(forward.endpoint.address())
                            }
                            Verdict::Reject(_) => End::Reject,
                            Verdict::Drop(_) => End::Drop,
                        };
                        let packet = Packet { source, destination, protocol: "TCP", endpoint, is_kept };
                        let way = taken(&lines, proxy_mode, &node, &packet);
                        let told = || {
                            let taken = way.lines.iter().map(|index| lines[*index].as_str());
                            format!(
                                "board {number}, {proxy_mode:?}, {source} {origin:?} > {to}: {verdict:?}\n{}\n\n{}",
                                taken.collect::<Vec<_>>().join("\n"),
                                lines.join("\n")
                            )
                        };
                        assert_eq!(way.end, wanted, "{}", told());
                        if matches!(wanted, End::Dnat(_)) {
                            assert_eq!(way.is_masqueraded, masquerade, "{}", told());
                        }
                        *seen
                            .entry(format!("{proxy_mode:?} {:?}", std::mem::discriminant(&wanted)))
                            .or_default() += 1;
                    }
                }
            }
        }
    }
    // Each mode came to each end, so the comparison was about something.
    assert_eq!(seen.len(), 8, "{seen:?}");
    assert!(seen.values().all(|count| *count > 40), "{seen:?}");
}
