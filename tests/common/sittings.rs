//! Random sittings.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{ObjectKey, Path};
use endpoint_playground::session::{Client, Command, Placement, ProxyMode, Request, Session, Settings};
use proptest::prelude::*;
use serde_json::json;

/// A step of a random sitting.
#[derive(Clone, Debug)]
pub enum Step {
    /// Something is done.
    Do(Command),
    /// Milliseconds pass.
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

/// What a person does next, or that nothing happens for a while.
pub fn step() -> impl Strategy<Value = Step> {
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
    let keep = request().prop_map(|request| Command::SendKept { request, every: 0 });
    let close = (1..4_u64).prop_map(|connection| Command::Disconnect { connection });
    let modes = [ProxyMode::Iptables, ProxyMode::Nftables, ProxyMode::Ipvs];
    let mode = prop::sample::select(modes.to_vec()).prop_map(|proxy_mode| Command::Configure {
        settings: Settings { proxy_mode, ..Settings::default() },
    });
    prop_oneof![
        6 => apply.prop_map(Step::Do),
        3 => relabel.prop_map(Step::Do),
        2 => delete.prop_map(Step::Do),
        1 => place.prop_map(Step::Do),
        2 => send.prop_map(Step::Do),
        1 => repeat.prop_map(Step::Do),
        2 => keep.prop_map(Step::Do),
        1 => close.prop_map(Step::Do),
        1 => mode.prop_map(Step::Do),
        3 => (0..4_000_u64).prop_map(Step::Wait),
    ]
}

/// Does all of it.
pub fn play(session: &mut Session, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Do(command) => {
                session.dispatch(command.clone());
            }
            Step::Wait(milliseconds) => session.advance(session.now() + *milliseconds),
        }
    }
}
