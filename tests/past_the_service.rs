//! The way past the Service, as the scenarios tell it: what happened at each hop and what decided.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::session::{Client, Command, Request, Session, Trace, scenarios};

fn open(name: &str) -> Session {
    Session::open(scenarios::find(name).expect("it is a scenario").recording(1))
}

fn send(session: &mut Session, from: Client, url: &str) -> Trace {
    let request = Request { from, method: "GET".to_owned(), url: url.to_owned() };
    session.dispatch(Command::Send { request });
    session.cluster().requests().back().expect("it was just sent").trace.clone()
}

/// Presses the button of a scenario that says `label`.
fn press(session: &mut Session, name: &str, label: &str) {
    let buttons = &scenarios::find(name).expect("it is a scenario").buttons;
    let button = buttons.iter().find(|button| button.label == label).expect("it has the button");
    session.dispatch(button.command());
}

/// The outcome, and the object and field that decided it.
fn decided(trace: &Trace) -> String {
    let (object, field) = trace.decided_by.clone().expect("something decided");
    format!("{} ({object} {field})", trace.outcome)
}

fn decisions(trace: &Trace) -> String {
    trace.hops.iter().map(|hop| hop.decision.as_str()).collect::<Vec<_>>().join("\n")
}

fn client() -> Client {
    Client::Pod { namespace: "default".to_owned(), name: "client".to_owned() }
}

#[test]
fn each_of_two_hosts_has_its_own_certificate_and_tls_ends_at_the_controller() {
    let mut session = open("tls");
    let trace = send(&mut session, Client::Internet, "https://blog.example/");
    let told = decisions(&trace);
    assert!(
        told.contains("TLS for blog.example ends here, with the certificate in Secret default/blog-cert"),
        "{told}"
    );
    assert!(trace.hops.iter().any(|hop| hop.looked_up.contains(&ObjectKey::new(
        endpoint_playground::api::Kind::from_api("v1", "Secret"),
        "default",
        "blog-cert"
    ))));
    assert_eq!(decided(&trace), "200 OK (Ingress default/front spec.rules[1].http.paths[0].backend.service)");
    let trace = send(&mut session, Client::Internet, "http://shop.example/");
    assert_eq!(decided(&trace), "308 Permanent Redirect (Ingress default/front spec.tls)");
    press(&mut session, "tls", "No certificate for blog.example");
    let told = decisions(&send(&mut session, Client::Internet, "https://blog.example/"));
    assert!(told.contains("with the controller's own certificate"), "{told}");
    press(&mut session, "tls", "Do not redirect to https");
    assert_eq!(send(&mut session, Client::Internet, "http://shop.example/").outcome.to_string(), "200 OK");
}

#[test]
fn longest_path_wins_and_exact_before_prefix() {
    let mut session = open("paths");
    for (path, rule) in [("cart", 2), ("cart/1", 1), ("cart/items/7", 3), ("cartoon", 0)] {
        let trace = send(&mut session, Client::Internet, &format!("http://shop.example/{path}"));
        let expected =
            format!("200 OK (Ingress default/shop spec.rules[0].http.paths[{rule}].backend.service)");
        assert_eq!(decided(&trace), expected, "{path}");
    }
}

#[test]
fn weights_of_an_http_route_share_requests_out() {
    let mut session = open("canary");
    let count = |session: &mut Session| {
        let mut canary = 0;
        for _ in 0..400 {
            let trace = send(session, Client::Internet, "http://shop.example/");
            assert_eq!(trace.outcome.to_string(), "200 OK");
            let (_, field) = trace.decided_by.expect("a backend decided");
            canary += usize::from(field == "spec.rules[1].backendRefs[1]");
        }
        canary
    };
    // One in ten of 400: 40, give or take more than three standard deviations of 6.
    let canary = count(&mut session);
    assert!((20..=60).contains(&canary), "{canary}");
    press(&mut session, "canary", "Half for the new version");
    let canary = count(&mut session);
    assert!((165..=235).contains(&canary), "{canary}");
    press(&mut session, "canary", "None for the new version");
    assert_eq!(count(&mut session), 0);
    let trace = send(&mut session, Client::Internet, "http://shop.example/ -H 'version: canary'");
    assert_eq!(decided(&trace), "200 OK (HTTPRoute default/shop spec.rules[0].backendRefs[0])");
    // Past the ClusterIP: the last hop but the replies goes to the Pod's own address.
    let answer =
        trace.hops.iter().rev().nth(2).and_then(|hop| hop.destination.clone()).expect("a connection");
    assert!(answer.after.ends_with(":8080"), "{answer:?}");
}

#[test]
fn gateway_answers_for_each_cause_by_itself() {
    let mut session = open("canary");
    press(&mut session, "canary", "Name a Service that is not there");
    let mut outcomes: Vec<String> =
        (0..60).map(|_| decided(&send(&mut session, Client::Internet, "http://shop.example/"))).collect();
    outcomes.sort();
    outcomes.dedup();
    assert_eq!(
        outcomes,
        [
            "200 OK (HTTPRoute default/shop spec.rules[1].backendRefs[0])",
            "500 Internal Server Error (HTTPRoute default/shop spec.rules[1].backendRefs[1].name)"
        ]
    );
    let trace = send(&mut session, Client::Internet, "http://shop.example/ -H 'Host: other.example'");
    assert_eq!(decided(&trace), "404 Not Found (Gateway default/edge spec.listeners)");
}

#[test]
fn each_rule_of_a_policy_brings_the_request_one_step_further() {
    let mut session = open("policy");
    let trace = send(&mut session, client(), "http://web/");
    assert_eq!(
        decided(&trace),
        "timed out: no answer from DNS, blocked by NetworkPolicy default/client and default-deny \
         (NetworkPolicy default/client spec.egress)"
    );
    press(&mut session, "policy", "Open DNS");
    let trace = send(&mut session, client(), "http://web/");
    assert_eq!(
        decided(&trace),
        "timed out: blocked by NetworkPolicy default/client and default-deny \
         (NetworkPolicy default/client spec.egress)"
    );
    press(&mut session, "policy", "Open the port out of the client");
    let trace = send(&mut session, client(), "http://web/");
    assert_eq!(
        decided(&trace),
        "timed out: blocked by NetworkPolicy default/default-deny and web \
         (NetworkPolicy default/web spec.ingress)"
    );
    press(&mut session, "policy", "Open the port into web");
    let trace = send(&mut session, client(), "http://web/");
    assert_eq!(trace.outcome.to_string(), "200 OK");
    let told = decisions(&trace);
    assert!(told.contains("NetworkPolicy default/client allows it with spec.egress[1]"), "{told}");
    assert!(told.contains("NetworkPolicy default/web allows it with spec.ingress[0]"), "{told}");
}
