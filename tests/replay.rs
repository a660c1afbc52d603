//! A recording is the only truth: whatever is done, undoing, redoing, seeking and opening a link lead to the same bytes.

#[path = "common/sittings.rs"]
mod sittings;

use endpoint_playground::api::Time;
use endpoint_playground::session::{Session, permalink};
use proptest::prelude::*;
use sittings::{play, step};

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
