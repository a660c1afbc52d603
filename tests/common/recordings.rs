//! Sittings that every machine must play to the same bytes.

use endpoint_playground::session::{Command, Session, permalink, scenarios};

/// What each sitting comes to, in one line: `name=digest` for each.
pub fn digests() -> String {
    let mut lines: Vec<String> = scenarios::all()
        .map(|scenario| {
            let mut session = Session::open(scenario.recording(1));
            for button in &scenario.buttons {
                session.dispatch(button.command());
                session.advance(session.now() + 7_000);
                for (request, _) in &scenario.expect {
                    session.dispatch(Command::Send { request: request.clone() });
                }
            }
            session.undo();
            format!("{}={:016x}", scenario.name, session.digest())
        })
        .collect();
    let kept = permalink::decode(include_str!("../links/v1.txt").trim()).expect("the kept link opens");
    lines.push(format!("link={:016x}", Session::open(kept).digest()));
    lines.join(" ")
}
