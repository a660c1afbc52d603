//! The boards to begin with: one story each, as YAML with a few lines of comment on top that tell the rest.
//!
//! The lines: `title`, `about` (one sentence for the menu), `say` (what to see and try), `select` (the object that the
//! inspector shows), `cluster` (the cluster's settings, as JSON), `repeat` (client, method, URL, milliseconds), `keep` (the
//! same over a connection that is kept open), `start` (the moment at which the board opens, in milliseconds: by then the
//! Pods run), `button` (label, object, path = value), `set` (label, settings) and `expect` (client, method, URL, outcome),
//! which the tests hold the scenario to.

use std::sync::OnceLock;

use serde_json::Value;

use super::{Command, Entry, Recording, VERSION};
use crate::api::patch::Edit;
use crate::api::{ObjectKey, Path, Time, text};
use crate::network::{Client, Request, Settings};

/// A board to begin with.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name in addresses: `first`.
    pub name: &'static str,
    /// Its name for people.
    pub title: String,
    /// What it is about, one sentence.
    pub about: String,
    /// What to see and to try, one or two sentences.
    pub say: String,
    /// What the inspector shows first.
    pub select: Option<ObjectKey>,
    /// What is sent again and again: the request and the milliseconds from one to the next.
    pub repeat: Vec<(Request, u64)>,
    /// The same, each over a connection that the client keeps open.
    pub keep: Vec<(Request, u64)>,
    /// How the cluster's network is set up.
    pub cluster: Option<Settings>,
    /// Other settings to try, each with what its button says.
    pub settings: Vec<(String, Settings)>,
    /// When the board opens.
    pub start: Time,
    /// Changes to try.
    pub buttons: Vec<Button>,
    /// Requests, and how the text of their outcome begins.
    pub expect: Vec<(Request, String)>,
    /// The objects.
    pub documents: Vec<Value>,
}

/// A change that a scenario invites to.
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    /// What the button says.
    pub label: String,
    /// The object to change.
    pub object: ObjectKey,
    /// The change.
    pub edit: Edit,
}

/// A scenario's name and its text, and the scenario once it was read. Functions give the texts: so those that a first view
/// does not read can come later.
struct Told {
    name: &'static str,
    text: fn() -> &'static str,
    read: OnceLock<Scenario>,
}

/// One that stands in a file of its name.
macro_rules! told {
    ($name:literal) => {
        Told {
            name: $name,
            text: || include_str!(concat!("../../assets/scenarios/", $name, ".yaml")),
            read: OnceLock::new(),
        }
    };
}

static SCENARIOS: [Told; 20] = [
    told!("first"),
    told!("clusterip"),
    told!("nodeport"),
    told!("loadbalancer"),
    told!("local-and-cluster"),
    told!("metallb"),
    told!("pending"),
    told!("ingress"),
    told!("tls"),
    told!("paths"),
    told!("canary"),
    told!("policy"),
    told!("headless"),
    told!("externalname"),
    told!("by-hand"),
    told!("long-lived"),
    told!("listening"),
    told!("slices"),
    told!("hints"),
    told!("dual-stack"),
];

impl Told {
    fn scenario(&'static self) -> &'static Scenario {
        self.read.get_or_init(|| read(self.name, (self.text)()))
    }
}

/// All scenarios, in the order of the menu.
pub fn all() -> impl ExactSizeIterator<Item = &'static Scenario> {
    SCENARIOS.iter().map(Told::scenario)
}

/// The scenario with a name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|told| told.name == name).map(Told::scenario)
}

impl Scenario {
    /// The sitting that it begins with.
    pub fn recording(&self, seed: u64) -> Recording {
        let apply = Command::Apply { documents: self.documents.clone(), namespace: "default".to_owned() };
        let configure = self.cluster.iter().map(|settings| Entry {
            at: Time::ZERO,
            command: Command::Configure { settings: settings.clone() },
        });
        let mut entries: Vec<Entry> = configure.collect();
        entries.push(Entry { at: Time::ZERO, command: apply });
        entries.extend(self.keep.iter().map(|(request, every)| Entry {
            at: self.start,
            command: Command::SendKept { request: request.clone(), every: *every },
        }));
        entries.extend(self.repeat.iter().map(|(request, every)| Entry {
            at: self.start,
            command: Command::Repeat { request: request.clone(), every: *every },
        }));
        let base = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        Recording { version: VERSION, seed, entries, now: self.start, base }
    }
}

impl Button {
    /// What the button does.
    pub fn command(&self) -> Command {
        Command::Edit { key: self.object.clone(), edits: vec![self.edit.clone()] }
    }

    /// Whether the change would change something in this object, so that the button has a use.
    pub fn applies_to(&self, object: &Value) -> bool {
        self.edit.path.get(object) != self.edit.value.as_ref()
    }
}

/// Reads the comment lines and the objects. A line that says nothing known is left out; the tests see to it that the
/// scenarios have none.
fn read(name: &'static str, yaml: &str) -> Scenario {
    let mut scenario = Scenario {
        name,
        title: name.to_owned(),
        about: String::new(),
        say: String::new(),
        select: None,
        repeat: Vec::new(),
        keep: Vec::new(),
        cluster: None,
        settings: Vec::new(),
        start: Time::ZERO,
        buttons: Vec::new(),
        expect: Vec::new(),
        documents: text::read(yaml, "default").documents.into_iter().map(|document| document.value).collect(),
    };
    for line in yaml.lines().map_while(|line| line.strip_prefix("# ")) {
        let Some((word, rest)) = line.split_once(": ") else { continue };
        match word {
            "title" => scenario.title = rest.to_owned(),
            "about" => scenario.about = rest.to_owned(),
            "say" => scenario.say = rest.to_owned(),
            "select" => scenario.select = ObjectKey::from_path(rest),
            "start" => scenario.start = Time(rest.parse().unwrap_or(0)),
            "repeat" => scenario
                .repeat
                .extend(request(rest).and_then(|(request, every)| Some((request, every.parse().ok()?)))),
            "keep" => scenario
                .keep
                .extend(request(rest).and_then(|(request, every)| Some((request, every.parse().ok()?)))),
            "cluster" => scenario.cluster = serde_json::from_str(rest).ok(),
            "set" => scenario.settings.extend(rest.split_once(" | ").and_then(|(label, settings)| {
                Some((label.to_owned(), serde_json::from_str(settings).ok()?))
            })),
            "button" => scenario.buttons.extend(button(rest)),
            "expect" => scenario.expect.extend(request(rest)),
            _ => {}
        }
    }
    scenario
}

/// `internet GET http://web/ REST`.
fn request(line: &str) -> Option<(Request, String)> {
    let mut words = line.splitn(4, ' ');
    let from = match words.next()?.split('/').collect::<Vec<_>>().as_slice() {
        ["internet"] => Client::Internet,
        ["laptop"] => Client::Laptop,
        ["node", name] => Client::Node((*name).to_owned()),
        ["pod", namespace, name] => {
            Client::Pod { namespace: (*namespace).to_owned(), name: (*name).to_owned() }
        }
        _ => return None,
    };
    let (method, url) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some((Request { from, method, url }, words.next()?.to_owned()))
}

/// `LABEL | OBJECT | PATH = VALUE`.
fn button(line: &str) -> Option<Button> {
    let mut parts = line.splitn(3, " | ");
    let (label, object) = (parts.next()?.to_owned(), ObjectKey::from_path(parts.next()?)?);
    let (path, value) = parts.next()?.rsplit_once(" = ")?;
    let value: Value = serde_json::from_str(value).ok()?;
    let edit = Edit { path: Path::parse(path).ok()?, value: (!value.is_null()).then_some(value) };
    Some(Button { label, object, edit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Fate;
    use crate::session::Session;

    #[test]
    fn every_line_on_top_of_a_scenario_is_understood() {
        for (name, yaml) in SCENARIOS.iter().map(|told| (told.name, (told.text)())) {
            let scenario = find(name).expect("it is listed");
            let count =
                |word: &str| yaml.lines().filter(|line| line.starts_with(&format!("# {word}: "))).count();
            assert!(
                !scenario.about.is_empty() && !scenario.say.is_empty() && scenario.title != name,
                "{name}"
            );
            assert!(scenario.select.is_some() && scenario.start > Time::ZERO, "{name}");
            assert_eq!(scenario.repeat.len(), count("repeat"), "{name}");
            assert_eq!(scenario.keep.len(), count("keep"), "{name}");
            assert_eq!(scenario.cluster.iter().count(), count("cluster"), "{name}");
            assert_eq!(scenario.settings.len(), count("set"), "{name}");
            assert_eq!(scenario.buttons.len(), count("button"), "{name}");
            assert_eq!(scenario.expect.len(), count("expect"), "{name}");
        }
    }

    #[test]
    fn every_scenario_is_read_and_applied_without_a_problem() {
        for (name, yaml) in SCENARIOS.iter().map(|told| (told.name, (told.text)())) {
            assert_eq!(text::read(yaml, "default").problems, [], "{name}");
            let scenario = find(name).expect("it is listed");
            let mut session = Session::new(1);
            let command =
                Command::Apply { documents: scenario.documents.clone(), namespace: "default".to_owned() };
            for object in session.dispatch(command) {
                let expected = if object.key.kind.is_simulated() { Fate::Created } else { Fate::Kept };
                assert_eq!(object.fate, expected, "{name}: {}", object.key);
            }
        }
    }

    #[test]
    fn undo_stops_where_the_scenario_began() {
        for scenario in all() {
            let mut session = Session::open(scenario.recording(1));
            let began = session.digest();
            assert!(!session.can_undo() && !session.undo(), "{}", scenario.name);
            let button = scenario.buttons.first().expect("every scenario has a button");
            session.dispatch(button.command());
            // A link and a reload keep what the board began with.
            let mut session = Session::open(session.recording());
            assert!(session.can_undo() && session.undo(), "{}", scenario.name);
            assert!(!session.can_undo() && !session.undo(), "{}", scenario.name);
            assert_eq!(session.digest(), began, "{}", scenario.name);
            assert!(session.redo());
        }
    }

    #[test]
    fn a_change_before_the_beginning_can_be_undone() {
        let scenario = find("first").expect("it is listed");
        let mut session = Session::open(scenario.recording(1));
        session.seek(Time(1));
        assert!(!session.can_undo());
        session.dispatch(Command::Delete { keys: vec![ObjectKey::service("default", "web")] });
        assert!(session.undo() && !session.undo());
        assert!(session.cluster().store().get(&ObjectKey::service("default", "web")).is_some());
    }

    #[test]
    fn every_request_of_a_scenario_ends_as_it_tells() {
        for scenario in all() {
            let session = Session::open(scenario.recording(1));
            for (request, expected) in &scenario.expect {
                let mut cluster = session.cluster().clone();
                cluster.send(request.clone());
                let outcome = cluster.requests().back().map(|record| record.trace.outcome.to_string());
                let outcome = outcome.unwrap_or_default();
                assert!(outcome.starts_with(expected), "{}: {request:?} ended: {outcome}", scenario.name);
            }
        }
    }

    #[test]
    fn every_button_changes_something_that_is_there() {
        for scenario in all() {
            let session = Session::open(scenario.recording(1));
            for button in &scenario.buttons {
                let object = session.cluster().store().get(&button.object);
                assert!(object.is_some(), "{}: {}", scenario.name, button.object);
            }
            let useful = scenario.buttons.iter().filter(|button| {
                let object = session.cluster().store().get(&button.object);
                object.is_some_and(|object| button.applies_to(&object.live.to_value()))
            });
            let settings = session.cluster().settings();
            let other = scenario.settings.iter().any(|(_, other)| other != settings);
            assert!(useful.count() > 0 || other, "{}", scenario.name);
        }
    }
}
