//! What the page knows: the sitting, and what of it is looked at. Nothing here touches the browser.

mod passing;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use endpoint_playground::api::{Kind, ObjectKey, Time};
use endpoint_playground::explain::Watch;
use endpoint_playground::scene;
use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::session::scenarios::{self, Scenario};
use endpoint_playground::session::{Cluster, Command, Recording, Session};
use yew::AttrValue;

use super::act::{Act, Dialog};
use super::board::Ask;
use super::dialogs::Drawable;
use super::events_model::{BoardEvent, Selection, Tool};
use super::looking::Looking;
use super::moment::{Moment, refusal};
use super::notices::Notices;
use super::options::{EmbedView, Options, Theme};
use super::requests::{Draft, default_url};
use passing::next_beat;
pub use passing::{Clockwork, Frame, Part};

/// Where chance begins on a new board.
const SEED: u64 = 20_260_101;

/// Up to how many pairs of a Service and a Pod are looked at for problems at once; more are looked at Service by Service.
const AT_ONCE: usize = 5_000;

/// A text that is being written in the YAML tab, and the text it began from.
#[derive(Clone, PartialEq, Debug)]
pub struct YamlDraft {
    /// The object as text when the writing began.
    pub began: String,
    /// The text now.
    pub text: String,
    /// Whether a change of the object was taken into it.
    pub merged: bool,
}

/// Everything that the page knows.
pub struct State {
    /// What the address asked for.
    pub options: Options,
    /// The sitting.
    pub session: Session,
    /// The tool in the hand.
    pub tool: Tool,
    /// What is selected; of several objects the one that the inspector shows.
    pub selection: Option<Selection>,
    /// All objects that are selected, where they are several; empty otherwise.
    pub picked: Rc<BTreeSet<ObjectKey>>,
    /// The addresses of the packet that is pointed at.
    pub peek: Option<String>,
    /// What the board is asked for, with a number that grows with each.
    pub ask: (u32, Option<Ask>),
    /// The tab of the inspector.
    pub tab: &'static str,
    /// The tab of the bottom panel.
    pub list: &'static str,
    /// Whether the bottom panel is tall.
    pub tall: bool,
    /// Whether the tall bottom panel takes the whole height of a phone.
    pub tall_full: bool,
    /// Whether the board is shown as text where there is no bottom panel.
    pub board_text: bool,
    /// Whether the inspector lies over the board, where there is no room beside it.
    pub side_open: bool,
    /// Whether the inspector takes the whole height of a phone.
    pub side_full: bool,
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// Whether time runs.
    pub playing: bool,
    /// Simulated seconds per second.
    pub speed: f64,
    /// The colours.
    pub theme: Theme,
    /// The notices.
    pub notices: Notices,
    /// The request whose hops are unfolded.
    pub focus: Option<u64>,
    /// The request that is being written.
    pub draft: Draft,
    /// The texts that are being written, by object.
    pub yaml: BTreeMap<ObjectKey, YamlDraft>,
    /// The text of the whole board that is being written.
    pub board_yaml: Option<YamlDraft>,
    /// The scenario that the board began with.
    pub scenario: Option<&'static Scenario>,
    /// The board as it is looked at.
    pub looking: Looking,
    /// The cluster as the panels see it.
    pub moment: Moment,
    /// What is wrong with the Services.
    pub problems: Watch,
    /// The cluster at the farthest moment that was seen: what lies ahead after a seek.
    pub latest: Rc<Cluster>,
    /// The accent of each Service, 1 to 6: a Service takes the next one when it is made, and keeps it.
    pub accents: Rc<BTreeMap<ObjectKey, u8>>,
    /// The namespaces in which people put something.
    pub namespaces: Rc<[AttrValue]>,
    /// Whether something was done since the last save.
    pub unsaved: bool,
    epoch: u64,
    beat: u64,
    next_beat: Option<Time>,
    seen: u64,
    /// What passes from frame to frame.
    pub clockwork: Rc<Cell<Clockwork>>,
    seek: Option<Time>,
}

impl State {
    /// An empty board.
    pub fn new(options: Options) -> State {
        let session = Session::new(SEED);
        let latest = Rc::new(session.cluster().clone());
        State {
            tool: Tool::default(),
            selection: None,
            picked: Rc::default(),
            peek: None,
            ask: (0, None),
            tab: if options.view == EmbedView::Canvas { "form" } else { "yaml" },
            list: "requests",
            tall: false,
            tall_full: false,
            board_text: false,
            side_open: false,
            side_full: false,
            dialog: None,
            playing: options.play.unwrap_or(true),
            speed: options.speed.unwrap_or(1.0),
            theme: options.theme.unwrap_or_default(),
            notices: Notices::default(),
            focus: None,
            draft: Draft::default(),
            yaml: BTreeMap::new(),
            board_yaml: None,
            scenario: None,
            looking: Looking::default(),
            moment: Moment::new(&session, 0, 0),
            problems: Watch::default(),
            latest,
            accents: Rc::default(),
            namespaces: Rc::default(),
            unsaved: false,
            epoch: 0,
            beat: 0,
            next_beat: None,
            seen: 0,
            clockwork: Rc::default(),
            seek: None,
            session,
            options,
        }
    }

    /// Puts another sitting on the board.
    pub fn open(&mut self, recording: Recording, scenario: Option<&'static Scenario>) {
        self.session = Session::open(recording);
        self.scenario = scenario;
        self.select(None);
        self.peek = None;
        self.focus = None;
        self.yaml.clear();
        self.board_yaml = None;
        self.seek = None;
        self.is_there();
        self.draft = Draft::default();
        self.tool = Tool::Select;
        self.latest = Rc::new(self.session.cluster().clone());
        self.problems = Watch::default();
        self.looking.begin();
        self.changed();
    }

    /// Begins a scenario; an unknown name says so and leaves the board as it is.
    pub fn begin(&mut self, name: &str) {
        match scenarios::find(name) {
            Some(scenario) => {
                self.open(scenario.recording(SEED), Some(scenario));
                if let Some((request, _)) = scenario.repeat.first() {
                    self.draft = Draft {
                        from: request.from.clone(),
                        method: request.method.clone(),
                        url: request.url.clone(),
                        ..Draft::default()
                    };
                }
                self.selection = scenario.select.clone().map(Selection::Object);
                if self.options.view == EmbedView::Canvas {
                    self.tab = "why";
                }
                if !self.options.embed {
                    self.playing = self.options.play.unwrap_or(true);
                }
            }
            None => {
                self.notices.say(format!("There is no scenario with the name {name}."), true, None);
            }
        }
    }

    /// The line that stands on the scenario's button.
    pub fn title(&self) -> String {
        self.scenario.map_or_else(|| "Own board".to_owned(), |scenario| scenario.title.clone())
    }

    /// What a picture of the board can show.
    pub fn drawable(&self, seen: Option<Rect>) -> Drawable {
        let whole = self.looking.whole(&self.session);
        Drawable { whole, shown: self.looking.scene.clone(), seen, now: self.now() }
    }

    /// Whether the inspector shows the whole board as YAML.
    pub fn shows_board_yaml(&self) -> bool {
        if self.options.embed {
            self.options.view != EmbedView::Canvas
        } else {
            self.tab == "yaml" && self.selection.is_none()
        }
    }

    /// Does a command and says what was refused. Gives whether anything was done.
    pub fn dispatch(&mut self, command: Command) -> bool {
        if self.options.read_only
            && !matches!(
                command,
                Command::Send { .. }
                    | Command::Repeat { .. }
                    | Command::SendKept { .. }
                    | Command::Disconnect { .. }
            )
        {
            self.notices.say("This board can not be changed here. Open it in full to change it.", true, None);
            return false;
        }
        let fates = self.session.dispatch(command);
        let refused: Vec<String> = fates
            .iter()
            .filter_map(|fate| refusal(fate).map(|why| format!("{} was refused: {why}", fate.key)))
            .collect();
        let all = !fates.is_empty() && refused.len() == fates.len();
        if !refused.is_empty() {
            self.notices.say(refused.join("\n"), true, None);
        }
        self.latest = Rc::new(self.session.cluster().clone());
        self.changed();
        !all
    }

    /// A number that grows with everything that is not the passing of time.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The accent of a Service.
    pub fn accent(&self, service: &ObjectKey) -> Option<u8> {
        self.accents.get(service).copied()
    }

    /// Something happened that is not the passing of time.
    fn changed(&mut self) {
        self.epoch += 1;
        self.unsaved = true;
        self.look();
    }

    /// Draws the board up and takes the present moment in. Gives whether the panels have something new to show.
    fn look(&mut self) -> bool {
        self.draw_up();
        self.take_in()
    }

    /// Draws the board up as it is at the present moment.
    fn draw_up(&mut self) {
        self.seen = self.session.generation();
        self.next_beat = next_beat(self.session.cluster(), self.session.now());
        let selected = self.selection.as_ref().and_then(Selection::object);
        self.looking.look(&self.session, selected, self.focus);
    }

    /// Takes the present moment in, of which the board has been drawn up. Gives whether the panels have something new to
    /// show.
    fn take_in(&mut self) -> bool {
        let cluster = self.session.cluster();
        let now = cluster.now();
        self.has_looked();
        let before = self.moment.clone();
        self.moment = Moment::new(&self.session, self.epoch, self.beat);
        if self.moment.objects() != before.objects() || self.epoch <= 1 {
            let names = scene::namespaces(cluster.store());
            if self.looking.namespace().is_some_and(|shown| !names.contains(&shown)) {
                self.looking.show_namespace(&self.session, None);
            }
            if !self.namespaces.iter().map(AttrValue::as_str).eq(names.iter().copied()) {
                self.namespaces = names.into_iter().map(|name| AttrValue::from(name.to_owned())).collect();
            }
            let services = cluster.store().objects_of(Kind::Service).map(|object| &object.key);
            self.accents = Rc::new(services.map(|key| (key.clone(), self.session.accent(key))).collect());
        }
        if now >= self.latest.now() {
            self.latest = Rc::new(cluster.clone());
        }
        // A board that was opened begins with its newest request.
        if self.draft == Draft::default()
            && let Some(record) = cluster.requests().back()
        {
            let request = record.request.clone();
            self.draft =
                Draft { from: request.from, method: request.method, url: request.url, ..self.draft.clone() };
        }
        if !self.draft.own && self.draft.url.is_empty() {
            let service = self.selection.as_ref().and_then(Selection::object);
            self.draft.url = default_url(cluster, &self.draft.from, service).unwrap_or_default();
        }
        let store = self.session.cluster().store();
        // A board that is opened tells at once what is wrong.
        let opened = self.problems.is_new();
        let services = self.problems.take_in(store);
        // Counted no farther than it matters.
        let few = AT_ONCE / services.max(1);
        if opened || !self.playing || store.objects_of(Kind::Pod).take(few + 1).count() <= few {
            while self.problems.look() {}
        }
        self.moment != before
    }

    /// Does what a panel asks for. What only the browser can do is done by the page.
    pub fn act(&mut self, act: Act) {
        let before = (self.selection.clone(), self.focus);
        self.do_act(act);
        self.look_if_other(&before);
    }

    /// Draws the board anew when something else is selected, in focus or in the hand.
    fn look_if_other(&mut self, before: &(Option<Selection>, Option<u64>)) {
        let held = std::mem::replace(&mut self.looking.holding, self.tool != Tool::Select);
        if (&before.0, before.1) != (&self.selection, self.focus) || held != self.looking.holding {
            let selected = self.selection.as_ref().and_then(Selection::object);
            self.looking.look(&self.session, selected, self.focus);
        }
    }

    fn do_act(&mut self, act: Act) {
        match act {
            Act::Tool(tool) => self.tool = tool,
            Act::Play(playing) => self.playing = playing,
            Act::Step => self.step(),
            Act::Speed(speed) => self.speed = speed,
            Act::Seek(to) => self.seek = Some(to),
            Act::Undo => {
                if self.session.undo() {
                    self.changed();
                }
            }
            Act::Redo => {
                if self.session.redo() {
                    self.changed();
                }
            }
            Act::Select(selection) => self.select(selection),
            Act::Inspect(tab) => {
                self.tab = tab;
                self.side_open = true;
            }
            Act::CloseSide => {
                self.side_open = false;
                self.side_full = false;
            }
            Act::SideFull(full) => self.side_full = full,
            Act::List(list) => self.list = list,
            Act::Tall(tall) => {
                self.tall = tall;
                self.tall_full = false;
            }
            Act::TallFull(full) => {
                self.tall = true;
                self.tall_full = full;
            }
            Act::BoardText(shown) if self.options.embed => self.board_text = shown,
            Act::BoardText(_) => {
                self.list = "outline";
                self.tall = true;
            }
            Act::Dialog(dialog) => self.dialog = dialog,
            Act::Theme(theme) => self.theme = theme,
            Act::Namespace(shown) => {
                let elsewhere = |key: &ObjectKey| {
                    !key.namespace.is_empty() && shown.as_ref().is_some_and(|shown| **shown != *key.namespace)
                };
                if self.selection.as_ref().and_then(Selection::object).is_some_and(elsewhere) {
                    self.select(None);
                }
                self.looking.show_namespace(&self.session, shown.as_deref());
            }
            Act::Scenario(name) => self.begin(name),
            Act::Empty => self.open(Recording::new(SEED), None),
            Act::Open(recording) => self.open(*recording, None),
            Act::Focus(number) => {
                self.focus = number;
                if number.is_some() {
                    self.list = "requests";
                    self.tall = true;
                }
            }
            Act::Compose(client) => {
                self.draft.from = client;
                if !self.draft.own {
                    let service = self.selection.as_ref().and_then(Selection::object);
                    let url = default_url(self.session.cluster(), &self.draft.from, service);
                    self.draft.url = url.unwrap_or_default();
                }
            }
            Act::Command(command) => {
                let sends = matches!(
                    command,
                    Command::Send { .. } | Command::SendKept { .. } | Command::Repeat { every: 1.., .. }
                );
                if self.dispatch(command) && sends {
                    self.list = "requests";
                    self.playing = true;
                }
            }
            Act::All(acts) => acts.into_iter().for_each(|act| self.do_act(act)),
            Act::Show(selection) => {
                self.select(Some(selection));
                self.side_open = true;
            }
            Act::SelectAll => self.select_all(),
            Act::Place { tool, at, on_node } => self.place(tool, at, on_node),
            Act::Make { kind, at } => self.make(&kind, at),
            Act::Pick(keys) => self.pick(keys, false),
            Act::Ask(ask) => self.ask = (self.ask.0 + 1, Some(ask)),
            // The page does these with the browser.
            Act::Copy | Act::Cut | Act::Paste => {}
            Act::Delete => self.delete(),
            Act::Duplicate => self.duplicate(),
            Act::Draft(key, draft) => {
                match draft {
                    Some(draft) => self.yaml.insert(key, draft),
                    None => self.yaml.remove(&key),
                };
            }
            Act::BoardYaml => {
                self.select(None);
                self.tab = "yaml";
                self.side_open = true;
            }
            Act::BoardDraft(draft) => self.board_yaml = draft,
            Act::Say(text) => {
                self.notices.say(text, false, None);
            }
            Act::Unsay(number) => self.notices.unsay(number),
        }
    }

    /// Selects one thing alone, or nothing.
    pub fn select(&mut self, selection: Option<Selection>) {
        self.side_open = selection.is_some();
        if selection.is_none() {
            self.side_full = false;
        }
        if let Some(Selection::Client(client)) = &selection {
            self.draft.from = client.clone();
        }
        // What is selected is in view.
        let namespace = selection.as_ref().and_then(Selection::object).map(|key| &*key.namespace);
        let is_elsewhere = |namespace: &&str| {
            !namespace.is_empty() && self.looking.namespace().is_some_and(|shown| shown != *namespace)
        };
        if namespace.filter(is_elsewhere).is_some() {
            self.looking.show_namespace(&self.session, None);
        }
        self.selection = selection;
        self.picked = Rc::default();
    }

    /// Does what was done on the board.
    pub fn board(&mut self, event: BoardEvent) {
        let before = (self.selection.clone(), self.focus);
        self.do_board(event);
        self.look_if_other(&before);
    }

    fn do_board(&mut self, event: BoardEvent) {
        match event {
            BoardEvent::Select(selection) => self.select(selection),
            BoardEvent::Open(selection) => {
                self.select(Some(selection));
                self.side_open = true;
            }
            BoardEvent::Window { width, height, fit } => {
                self.looking.resize(&self.session, width, height, fit)
            }
            BoardEvent::Level(level) => self.looking.set_level(&self.session, level),
            BoardEvent::Unfold(pod) => self.looking.unfold(&self.session, &pod),
            BoardEvent::Point(selection) => {
                let open = self.side_open;
                self.select(Some(selection));
                self.side_open = open;
            }
            BoardEvent::Toggle(key) => self.toggle(key),
            BoardEvent::Pick { keys, add } => self.pick(keys, add),
            BoardEvent::Act(act) => self.act(act),
            BoardEvent::Peek(number) => self.peek(number),
            BoardEvent::Command(command) => self.act(Act::Command(command)),
            BoardEvent::PlaceNew { tool, at, on_node } => self.place(tool, at, on_node),
            BoardEvent::SendFrom(client) => self.act(Act::Compose(client)),
            BoardEvent::FocusRequest(number) => self.act(Act::Focus(Some(number))),
        }
    }
}
