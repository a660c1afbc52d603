//! A board that is drawn again and again is the board that is drawn from nothing.

#[path = "common/crowd.rs"]
mod crowd;
#[path = "common/sittings.rs"]
mod sittings;

use std::rc::Rc;

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{Kind, ObjectKey, Path, text};
use endpoint_playground::scene::{Drawing, Level, Scene, View, namespaces, scene, told as told_until};
use endpoint_playground::session::{Client, Command, Request, Session, scenarios};
use proptest::prelude::*;
use serde_json::json;
use sittings::{Step, play, step};

/// What is done between two drawings.
#[derive(Clone, Debug)]
enum Deed {
    Step(Step),
    Undo,
    Redo,
    Seek(u64),
    Look { level: u8, namespace: bool, system: bool, selected: u8, stretch: bool },
    Unfold(u8),
    Fit(u16, u16),
    Flood(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        12 => step().prop_map(Deed::Step),
        1 => Just(Deed::Undo),
        1 => Just(Deed::Redo),
        1 => (0..20_000_u64).prop_map(Deed::Seek),
        2 => (0..3_u8, any::<bool>(), any::<bool>(), 0..6_u8, any::<bool>()).prop_map(
            |(level, namespace, system, selected, stretch)| Deed::Look { level, namespace, system, selected, stretch }
        ),
        1 => (0..8_u8).prop_map(Deed::Unfold),
        1 => (300..1_600_u16, 200..1_000_u16).prop_map(|(w, h)| Deed::Fit(w, h)),
        1 => (1..40_u8).prop_map(Deed::Flood),
    ]
}

fn do_it(session: &mut Session, drawing: &mut Drawing, view: &mut View, deed: &Deed) {
    match deed {
        Deed::Step(step) => play(session, std::slice::from_ref(step)),
        Deed::Undo => {
            session.undo();
        }
        Deed::Redo => {
            session.redo();
        }
        Deed::Seek(to) => session.seek(endpoint_playground::api::Time(*to)),
        Deed::Look { level, namespace, system, selected, stretch } => {
            view.level = [Level::Full, Level::Compact, Level::Overview][usize::from(*level)];
            view.namespace = namespace.then(|| "default".to_owned());
            view.system = *system;
            view.selected = match selected {
                0 => None,
                1..=3 => Some(ObjectKey::service("default", format!("n{selected}"))),
                other => Some(ObjectKey::pod("default", format!("n{}", other - 3))),
            };
            view.stretch = if *stretch { 1.5 } else { 0.0 };
        }
        Deed::Unfold(number) => {
            let store = session.cluster().store();
            let pods: Vec<ObjectKey> = store.objects_of(Kind::Pod).map(|object| object.key.clone()).collect();
            let id = pods
                .get(usize::from(*number) % pods.len().max(1))
                .and_then(|pod| endpoint_playground::scene::fold_id(store, pod));
            if let Some(id) = id
                && !view.unfolded.remove(&id)
            {
                view.unfolded.insert(id);
            }
        }
        Deed::Fit(width, height) => {
            let fitting = drawing.fit(session, view, f64::from(*width), f64::from(*height));
            (view.level, view.columns, view.stretch) = (fitting.level, fitting.columns, fitting.stretch);
        }
        Deed::Flood(count) => {
            for number in 0..*count {
                let request = Request {
                    from: if number % 3 == 0 { Client::Laptop } else { Client::Internet },
                    method: "GET".to_owned(),
                    url: format!("http://n{}/{}", number % 4, number % 5),
                };
                session.dispatch(Command::Send { request });
                session.advance(session.now() + 20);
            }
        }
    }
}

/// The first part in which two scenes differ, for a message that can be read.
fn difference(one: &Scene, other: &Scene) -> String {
    macro_rules! parts {
        ($($part:ident)*) => {
            $(if one.$part != other.$part {
                return format!("{}:\n{:#?}\n--- from nothing:\n{:#?}", stringify!($part), one.$part, other.$part);
            })*
        };
    }
    parts!(level metrics clients edges services nodes wires links focus under_way frames bounds kept);
    "an index".to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn drawing_on_is_drawing_from_nothing(deeds in prop::collection::vec(deed(), 1..30)) {
        let (mut session, mut drawing, mut view) = (Session::new(7), Drawing::default(), View::default());
        for (at, deed) in deeds.iter().enumerate() {
            do_it(&mut session, &mut drawing, &mut view, deed);
            let (drawn, anew) = (drawing.scene(&session, &view), scene(&session, &view));
            prop_assert!(drawn == anew, "after step {at}, {deed:?}: {}", difference(&drawn, &anew));
        }
    }
}

#[test]
fn scenarios_drawn_frame_by_frame_are_what_they_are_from_nothing() {
    for scenario in scenarios::all() {
        let mut session = Session::open(scenario.recording(3));
        let (mut drawing, view) = (Drawing::default(), View::default());
        for frame in 0..60 {
            session.advance(session.now() + 97);
            if frame % 20 == 10
                && let Some(button) = scenario.buttons.get(frame / 20)
            {
                session.dispatch(button.command());
            }
            let (drawn, anew) = (drawing.scene(&session, &view), scene(&session, &view));
            assert!(drawn == anew, "{} at frame {frame}: {}", scenario.name, difference(&drawn, &anew));
        }
    }
}

/// Three Deployments of six replicas, each with a Service, on the three nodes.
fn replicas() -> Session {
    let mut session = Session::new(5);
    let yaml: String = ["web", "db", "cart"]
        .iter()
        .map(|app| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: {app}}}\nspec: {{selector: {{app: {app}}}, ports: [{{port: 80}}]}}\n\
                 ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {app}}}\nspec:\n  replicas: 6\n  selector: {{matchLabels: {{app: {app}}}}}\n  \
                 template:\n    metadata: {{labels: {{app: {app}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n---\n"
            )
        })
        .collect();
    let reading = text::read(&yaml, "default");
    assert!(!reading.has_errors(), "{:?}", reading.problems);
    let documents = reading.documents.into_iter().map(|document| document.value).collect();
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    session.advance(session.now() + 5_000);
    session
}

#[test]
fn one_pod_that_turns_unready_leaves_the_other_cards_where_they_are_in_memory() {
    let mut session = replicas();
    let (mut drawing, view) = (Drawing::default(), View::default());
    let before = drawing.scene(&session, &view);
    let pod = before.nodes[0].pods[0].key.clone();
    let ready = Path::ROOT.field("metadata").field("annotations").field("playground.endpoint/ready");
    let edits = vec![Edit { path: ready, value: Some(json!("false")) }];
    session.dispatch(Command::Edit { key: pod.clone(), edits });
    let after = drawing.scene(&session, &view);
    assert!(!after.looks_like(&before));
    let cards = |scene: &Scene| -> Vec<_> { scene.nodes.iter().flat_map(|node| node.pods.clone()).collect() };
    let others = cards(&before).iter().zip(cards(&after)).filter(|(old, new)| !Rc::ptr_eq(old, new)).count();
    assert_eq!(others, 1, "only the Pod's own card");
    let others = before.nodes.iter().zip(&after.nodes).filter(|(old, new)| !Rc::ptr_eq(old, new)).count();
    assert_eq!(others, 1, "only its node's");
    let others =
        before.services.iter().zip(&after.services).filter(|(old, new)| !Rc::ptr_eq(old, new)).count();
    assert_eq!(others, 1, "only its Service's");
    let others = before.links.iter().zip(&*after.links).filter(|(old, new)| !Rc::ptr_eq(old, new)).count();
    assert_eq!(others, 1, "only its link");
}

#[test]
fn time_that_passes_draws_nothing_anew() {
    let mut session = replicas();
    let (mut drawing, view) = (Drawing::default(), View::default());
    let before = drawing.scene(&session, &view);
    session.advance(session.now() + 16);
    assert!(drawing.scene(&session, &view).looks_like(&before));
}

#[test]
fn words_stand_still_on_a_busy_board_also_when_the_log_is_short() {
    let mut session = crowd::crowd(3, 20);
    for number in 0..20 {
        session.dispatch(Command::Repeat { request: crowd::to_node_port(number), every: 57 });
        session.advance(session.now() + 1);
    }
    session.advance(endpoint_playground::api::Time(8_000));
    let log = session.cluster().requests();
    let reaches = session.now().since(log.front().expect("requests were sent").sent_at);
    assert!(reaches < 2_900, "the log reaches back {reaches} ms");
    let mut told = Vec::new();
    for _ in 0..120 {
        session.advance(session.now() + 50);
        let cluster = session.cluster();
        let number = told_until(cluster.requests(), cluster.now()).map(|record| record.number);
        if told.last() != Some(&number) {
            told.push(number);
        }
    }
    assert!((3..=6).contains(&told.len()), "{told:?}");
}

#[test]
fn replicas_fold_unfold_and_fold_again() {
    let session = replicas();
    let mut drawing = Drawing::default();
    let mut view = View { level: Level::Overview, ..View::default() };
    let folded = drawing.scene(&session, &view);
    let (_, card) = folded.pod(&folded.nodes[0].pods[0].key).expect("it is there");
    assert_eq!((card.keys.len(), card.folds), (2, None));
    view.unfolded.insert(card.fold.clone().expect("a Deployment owns it"));
    let unfolded = drawing.scene(&session, &view);
    let (_, first) = unfolded.pod(&card.keys[0]).expect("it is there");
    assert_eq!((first.keys.len(), first.folds), (1, Some(2)), "the first one can fold them again");
    assert_eq!(unfolded.pod(&card.keys[1]).expect("it is there").1.folds, None);
    view.unfolded.clear();
    assert!(*drawing.scene(&session, &view) == *folded);
}

#[test]
fn services_stand_so_that_links_cross_seldom() {
    // One Pod for each Service, on nodes in the opposite order of the names.
    let mut session = Session::new(5);
    let yaml: String = (1..=3)
        .map(|number| {
            let node = 4 - number;
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{selector: {{app: s{number}}}, ports: [{{port: 80}}]}}\n---\n\
                 apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}, labels: {{app: s{number}}}}}\nspec: {{nodeName: node-{node}, containers: [{{name: c, image: i}}]}}\n---\n"
            )
        })
        .collect();
    let documents =
        text::read(&yaml, "default").documents.into_iter().map(|document| document.value).collect();
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    session.advance(session.now() + 5_000);
    let scene = scene(&session, &View::default());
    let names: Vec<&str> = scene.services.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["s3", "s2", "s1"]);
    let ends: Vec<f64> =
        scene.links.iter().filter_map(|link| link.path.points().last()).map(|end| end.y).collect();
    assert!(ends.is_sorted(), "no two links cross: {ends:?}");
}

#[test]
fn a_large_board_is_seen_whole_and_lanes_have_no_more_columns_than_help() {
    let mut session = Session::new(5);
    let mut yaml = String::new();
    for number in 1..=20 {
        yaml += &format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: worker-{number}}}\nstatus: {{conditions: [{{type: Ready, status: \"True\"}}]}}\n---\n"
        );
    }
    for number in 0..40 {
        yaml += &format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{number}}}\nspec: {{selector: {{app: s{number}}}, ports: [{{port: 80}}]}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: s{number}}}\nspec:\n  replicas: 8\n  selector: {{matchLabels: {{app: s{number}}}}}\n  \
             template:\n    metadata: {{labels: {{app: s{number}}}}}\n    spec: {{containers: [{{name: c, image: i}}]}}\n---\n"
        );
    }
    let documents =
        text::read(&yaml, "default").documents.into_iter().map(|document| document.value).collect();
    session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
    session.advance(session.now() + 5_000);
    let mut drawing = Drawing::default();
    let fitting = drawing.fit(&session, &View::default(), 1000.0, 600.0);
    let view =
        View { level: fitting.level, columns: fitting.columns, stretch: fitting.stretch, ..View::default() };
    let scene = drawing.scene(&session, &view);
    assert!(scene.cards() > endpoint_playground::scene::LARGE);
    assert_eq!(fitting.columns.edges, 1, "no card stands in the Edge lane");
    assert!(fitting.columns.nodes > 1 && fitting.columns.services > 1, "{:?}", fitting.columns);
    assert!(
        scene.bounds.w * fitting.scale <= 1001.0 && scene.bounds.h * fitting.scale <= 601.0,
        "{fitting:?}"
    );
}

#[test]
fn namespaces_are_those_in_which_people_put_something() {
    let mut session = Session::new(7);
    let none: [&str; 0] = [];
    assert_eq!(namespaces(session.cluster().store()), none);
    let yaml = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n\
        {apiVersion: v1, kind: Namespace, metadata: {name: empty}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}, spec: {ports: [{port: 80}]}}\n---\n\
        {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 80}]}}";
    session.dispatch(Command::ApplyText { text: yaml.to_owned(), namespace: "default".to_owned() });
    assert_eq!(namespaces(session.cluster().store()), ["default", "shop"]);
}
