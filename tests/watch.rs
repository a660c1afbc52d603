//! Findings that are kept up to date are those that are found from nothing.

#[path = "common/sittings.rs"]
mod sittings;

use endpoint_playground::explain::Watch;
use endpoint_playground::session::{Session, scenarios};
use proptest::prelude::*;
use sittings::{play, step};

fn caught_up(watch: &mut Watch, session: &Session) {
    watch.take_in(session.cluster().store());
    while watch.look() {}
    assert!(watch.is_done());
}

fn from_nothing(session: &Session) -> Watch {
    let mut watch = Watch::default();
    caught_up(&mut watch, session);
    watch
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn findings_that_are_kept_are_those_found_from_nothing(
        scenario in any::<prop::sample::Index>(),
        steps in prop::collection::vec(step(), 1..20),
    ) {
        let all: Vec<_> = scenarios::all().collect();
        let scenario = &all[scenario.index(all.len())];
        let mut session = Session::open(scenario.recording(1));
        let mut watch = Watch::default();
        caught_up(&mut watch, &session);
        for step in steps {
            play(&mut session, std::slice::from_ref(&step));
            caught_up(&mut watch, &session);
            prop_assert_eq!(&watch.list, &from_nothing(&session).list, "after {:?}", step);
        }
    }
}

#[test]
fn a_pod_that_turns_unready_is_told_of_its_services_alone() {
    let first = scenarios::find("slices").expect("it is there");
    let mut session = Session::open(first.recording(1));
    let mut watch = Watch::default();
    caught_up(&mut watch, &session);
    let pods = session.cluster().store().objects_of(endpoint_playground::api::Kind::Pod);
    let key = pods
        .map(|pod| pod.key.clone())
        .find(|key| &*key.namespace == "default" && &*key.name != "client")
        .expect("there are Pods");
    let path = endpoint_playground::api::Path::ROOT.field("metadata").field("annotations");
    let edits = vec![endpoint_playground::api::patch::Edit {
        path: path.field("playground.endpoint/ready"),
        value: Some(serde_json::json!("false")),
    }];
    session.dispatch(endpoint_playground::session::Command::Edit { key, edits });
    session.advance(session.now() + 2_000);
    assert_eq!(watch.take_in(session.cluster().store()), 1);
}
