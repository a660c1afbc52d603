//! A recording is the only truth: whatever is done, undoing, redoing, seeking and opening a link lead to the same bytes.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{ObjectKey, Path, Time};
use endpoint_playground::session::{Client, Command, Placement, Request, Session, permalink};
use proptest::prelude::*;
use serde_json::json;

/// A step of a random sitting.
#[derive(Clone, Debug)]
enum Step {
    Do(Command),
    Wait(u64),
}

fn name() -> impl Strategy<Value = String> {
    (0..4_u32).prop_map(|number| format!("n{number}"))
}

fn label() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("web"), Just("db"), Just("wbe")]
}

fn pod() -> impl Strategy<Value = serde_json::Value> {
    (name(), label()).prop_map(|(name, label)| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": label}},
            "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": 8080}]}]},
        })
    })
}

fn service() -> impl Strategy<Value = serde_json::Value> {
    let kind = prop_oneof![Just("ClusterIP"), Just("NodePort"), Just("LoadBalancer")];
    (name(), label(), kind).prop_map(|(name, label, kind)| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": kind, "selector": {"app": label}, "ports": [{"port": 80, "targetPort": "http"}]},
        })
    })
}

fn deployment() -> impl Strategy<Value = serde_json::Value> {
    (name(), label(), 0..4_u32).prop_map(|(name, label, replicas)| {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": {"app": label}},
                "template": {
                    "metadata": {"labels": {"app": label}},
                    "spec": {"containers": [{"name": "c", "image": "i"}]},
                },
            },
        })
    })
}

fn step() -> impl Strategy<Value = Step> {
    let document = prop_oneof![pod(), service(), deployment()];
    let apply = prop::collection::vec(document, 1..3)
        .prop_map(|documents| Command::Apply { documents, namespace: "default".to_owned() });
    let relabel = (name(), label()).prop_map(|(name, label)| Command::Edit {
        key: ObjectKey::pod("default", name),
        edits: vec![Edit {
            path: Path::ROOT.field("metadata").field("labels").field("app"),
            value: Some(json!(label)),
        }],
    });
    let delete = (name(), any::<bool>()).prop_map(|(name, pod)| Command::Delete {
        keys: vec![if pod { ObjectKey::pod("default", name) } else { ObjectKey::service("default", name) }],
    });
    let place = (name(), 0..500_i32, 0..500_i32).prop_map(|(name, x, y)| Command::Place {
        places: vec![Placement { card: ObjectKey::service("default", name).to_path(), at: Some((x, y)) }],
    });
    let request = || {
        name().prop_map(|name| Request {
            from: Client::Pod { namespace: "default".to_owned(), name: "n0".to_owned() },
            method: "GET".to_owned(),
            url: format!("http://{name}/"),
        })
    };
    let send = request().prop_map(|request| Command::Send { request });
    let repeat = (request(), prop_oneof![Just(0_u64), Just(700)])
        .prop_map(|(request, every)| Command::Repeat { request, every });
    prop_oneof![
        6 => apply.prop_map(Step::Do),
        3 => relabel.prop_map(Step::Do),
        2 => delete.prop_map(Step::Do),
        1 => place.prop_map(Step::Do),
        2 => send.prop_map(Step::Do),
        1 => repeat.prop_map(Step::Do),
        3 => (0..4_000_u64).prop_map(Step::Wait),
    ]
}

fn play(session: &mut Session, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Do(command) => {
                session.dispatch(command.clone());
            }
            Step::Wait(milliseconds) => session.advance(session.now() + *milliseconds),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 24 } else { 2_000 }, ..Default::default() })]

    #[test]
    fn undo_to_the_start_and_redo_to_the_end_give_identical_bytes(steps in prop::collection::vec(step(), 1..14)) {
        let mut session = Session::new(7);
        play(&mut session, &steps);
        let (before, now) = (session.digest(), session.now());
        let mut undone = 0;
        while session.undo() {
            undone += 1;
        }
        let mut empty = Session::new(7);
        empty.advance(now);
        prop_assert_eq!(session.digest(), empty.digest());
        for _ in 0..undone {
            prop_assert!(session.redo());
        }
        prop_assert!(!session.redo());
        prop_assert_eq!(session.digest(), before);
    }

    #[test]
    fn a_link_opens_to_the_same_bytes(steps in prop::collection::vec(step(), 1..14)) {
        let mut session = Session::new(7);
        play(&mut session, &steps);
        let link = permalink::encode(&session.recording());
        let opened = Session::open(permalink::decode(&link).expect("the link was just made"));
        prop_assert_eq!(opened.digest(), session.digest());
    }

    #[test]
    fn seeking_away_and_back_gives_the_same_bytes(steps in prop::collection::vec(step(), 1..14), to in 0..20_000_u64) {
        let mut session = Session::new(7);
        play(&mut session, &steps);
        let (before, now) = (session.digest(), session.now());
        session.seek(Time(to));
        session.seek(now);
        if to <= now.0 {
            prop_assert_eq!(session.digest(), before);
        }
    }
}
