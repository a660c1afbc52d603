//! The way past the Service, as the scenarios tell it: what happened at each hop and what decided.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{Kind, ObjectKey, Path};
use endpoint_playground::explain::{Reach, findings, isolation};
use endpoint_playground::scene::{TalkMark, View, scene};
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
    let answer = trace.hops.iter().rev().nth(2).and_then(|hop| hop.destination).expect("a connection");
    assert_eq!(answer.after.port(), 8080);
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

/// Sets a field of an object.
fn set(session: &mut Session, object: &ObjectKey, path: &str, value: serde_json::Value) {
    let edits = vec![Edit { path: Path::parse(path).expect("it is a path"), value: Some(value) }];
    session.dispatch(Command::Edit { key: object.clone(), edits });
}

fn titles(session: &Session, object: &ObjectKey) -> Vec<String> {
    findings(session.cluster().store(), object).into_iter().map(|finding| finding.title).collect()
}

#[test]
fn findings_name_what_is_wrong_with_a_gateway_and_its_route() {
    let mut session = open("canary");
    let route = ObjectKey::new(Kind::HTTPRoute, "default", "shop");
    let gateway = ObjectKey::new(Kind::Gateway, "default", "edge");
    assert!(titles(&session, &route).is_empty() && titles(&session, &gateway).is_empty());
    set(&mut session, &route, "spec.rules[1].backendRefs[1].name", "gone".into());
    assert_eq!(titles(&session, &route), ["The route at edge is not whole: BackendNotFound"]);
    set(&mut session, &route, "spec.parentRefs[0].sectionName", "https".into());
    assert_eq!(titles(&session, &route)[0], "The route at edge is not accepted: NoMatchingParent");
    set(&mut session, &route, "spec.parentRefs[0].name", "other".into());
    assert_eq!(titles(&session, &route), ["There is no Gateway default/other"]);
    set(&mut session, &gateway, "spec.listeners[0].protocol", "TCP".into());
    assert_eq!(titles(&session, &gateway)[0], "Listener http does not work: UnsupportedProtocol");
    set(&mut session, &gateway, "spec.gatewayClassName", "istio".into());
    let found = findings(session.cluster().store(), &gateway);
    assert_eq!(found[0].title, "There is no GatewayClass istio");
    let fix = found[0].fix.clone().expect("the class that is there would do");
    session.dispatch(Command::Edit { key: fix.object, edits: fix.edits });
    assert!(!titles(&session, &gateway).iter().any(|title| title.contains("GatewayClass")));
}

#[test]
fn findings_name_what_is_wrong_with_an_ingress() {
    let mut session = open("tls");
    let ingress = ObjectKey::new(Kind::Ingress, "default", "front");
    assert!(titles(&session, &ingress).is_empty());
    set(&mut session, &ingress, "spec.rules[0].http.paths[0].backend.service.name", "gone".into());
    set(&mut session, &ingress, "spec.tls[0].secretName", "none".into());
    let at = "spec.rules[1].http.paths[0].backend.service.port.number";
    set(&mut session, &ingress, at, 81.into());
    assert_eq!(
        titles(&session, &ingress),
        ["The Service gone does not exist", "blog has no port 81", "The Secret none does not exist"]
    );
    let backend = serde_json::json!({"resource": {"kind": "StorageBucket", "name": "static"}});
    set(&mut session, &ingress, "spec.rules[1].http.paths[0].backend", backend);
    let trace = send(&mut session, Client::Internet, "https://blog.example/");
    assert_eq!(
        decided(&trace),
        "404 Not Found (Ingress default/front spec.rules[1].http.paths[0].backend.resource)"
    );
    assert!(titles(&session, &ingress).contains(&"A path leads to a resource".to_owned()));
    set(&mut session, &ingress, "spec.ingressClassName", "other".into());
    assert_eq!(titles(&session, &ingress)[0], "No controller serves this Ingress");
}

#[test]
fn board_shows_who_may_talk_to_whom_for_the_selected_pod() {
    let mut session = open("policy");
    let (web, asking) = (ObjectKey::pod("default", "web-1"), ObjectKey::pod("default", "client"));
    let seen = |session: &Session, selected: &ObjectKey, pod: &ObjectKey| {
        let view = View { selected: Some(selected.clone()), ..View::default() };
        scene(session, &view).talks.get(pod).copied()
    };
    assert_eq!(seen(&session, &asking, &web), Some(TalkMark::CutOff));
    let policy = ObjectKey::new(Kind::NetworkPolicy, "default", "client");
    assert_eq!(seen(&session, &policy, &asking), Some(TalkMark::Selected));
    assert_eq!(seen(&session, &policy, &web), None);
    assert_eq!(titles(&session, &policy), ["Names can not be looked up"]);
    press(&mut session, "policy", "Open the port out of the client");
    press(&mut session, "policy", "Open the port into web");
    assert_eq!(seen(&session, &asking, &web), Some(TalkMark::Called));
    assert_eq!(seen(&session, &web, &asking), Some(TalkMark::Calls));
    let found = isolation(session.cluster().store(), &asking).expect("there are policies");
    assert!(found.dns && !found.to_outside && !found.from_outside);
    assert_eq!(found.others[0].out, Reach::All);
    assert!(found.others[0].why[0].contains("web-1 to client"), "{:?}", found.others[0].why);
}

#[test]
fn gateways_and_routes_stand_on_the_board_and_lead_to_their_services() {
    let session = open("canary");
    let board = scene(&session, &View::default());
    let card = |name: &str| board.edges.iter().find(|card| card.name == name).expect("it has a card");
    let rows: Vec<String> = card("shop").rows.iter().map(|row| format!("{} {}", row.text, row.end)).collect();
    assert_eq!(
        rows,
        ["Version: canary \u{2192} canary:80", "/ 90/100 \u{2192} stable:80", "/ 10/100 \u{2192} canary:80"]
    );
    assert_eq!(card("shop").address, "shop.example at edge");
    assert_eq!(card("edge").rows[0].end, "1 route");
    assert_eq!(board.wires.len(), 3);
}
