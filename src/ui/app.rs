//! The page: what reaches it, what it does with the browser, and how its parts lie.

use std::cell::RefCell;
use std::rc::Rc;

use endpoint_playground::api::{ObjectKey, Time};
use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::session::{Command, permalink, scenarios};
use gloo::render::AnimationFrame;
use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::board::{Ask, Board, Change};
use super::browser::{self, FrameHooks, Listener};
use super::clipboard::Clip;
use super::dialogs::{Dialogs, Drawable};
use super::embed::EmbedBar;
use super::events::Events;
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use super::inspector::{Inspector, WrittenBoard};
use super::keys::{self, Key, Pressed};
use super::notices::NoticeList;
use super::options::{EmbedView, Options};
use super::outline::{self, BoardText, TextOver};
use super::palette::Palette;
use super::requests::{Composer, Connections, Draft, Repeating, Requests, SendAgain};
use super::search::{Search, looks_like_manifests};
use super::sentence::{Say, Try, sentence};
use super::sheet::{Grip, Height};
use super::skips::Skips;
use super::state::State;
use super::steps::Steps;
use super::stored;
use super::tabs::{Tab, Tabs, panel_ids};
use super::timeline::{Clock, Timeline, line_end, marks};
use super::tools::{self, RoundTools, Tools};
use super::top_bar::{PlayButtons, ScenarioItem, TopBar};

/// How long after a change the sitting is stored, in milliseconds.
const SAVE_AFTER: u32 = 500;

/// No frame passes more than this, in milliseconds: after a pause of the browser time goes on where it stood.
const LONGEST_FRAME: f64 = 100.0;

/// The page.
pub struct App {
    state: State,
    hooks: FrameHooks,
    frame: Option<AnimationFrame>,
    last_frame: Option<f64>,
    save: Option<Timeout>,
    passing: Option<Timeout>,
    link: AttrValue,
    /// What people wrote, as YAML, when the dialog for exporting was opened.
    written: AttrValue,
    pasted: AttrValue,
    /// What the dialog for pictures draws.
    drawable: Option<Drawable>,
    /// The board as text, with the generation of the sitting that it shows.
    board_yaml: RefCell<Option<(u64, AttrValue)>>,
    clip: Rc<RefCell<Clip>>,
    _listeners: Vec<Listener>,
}

/// What the page is told.
pub enum Msg {
    /// A frame, with the browser's time in milliseconds.
    Frame(f64),
    /// Something wants a frame.
    Wake,
    /// A panel asks for something.
    Act(Act),
    /// Something was done on the board.
    Board(BoardEvent),
    /// Another text of the request.
    Draft(Draft),
    /// A key.
    Key(Key),
    /// A text was pasted that looks like manifests; `true` when it was copied on a board.
    Pasted(String, bool),
    /// The clipboard was read; `None` when the browser does not allow it.
    Clipboard(Option<String>),
    /// What is selected was copied, or cut (`true`).
    Copied(bool),
    /// The sitting is to be stored now.
    Save,
    /// The fragment of the address changed.
    Fragment,
    /// Opens the board in full, out of an embed.
    Full,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> App {
        let options = Options::read(&browser::query());
        let stores = !options.embed;
        let link = ctx.link().clone();
        let hooks = FrameHooks::default();
        hooks.on_wake(link.callback(|()| Msg::Wake));
        let mut listeners = vec![listen_to_keys(link.callback(Msg::Key))];
        listeners.push({
            let link = link.clone();
            browser::on_fragment(move || link.send_message(Msg::Fragment))
        });
        listeners.push({
            let link = link.clone();
            browser::on_paste(move |text, own| {
                if looks_like_manifests(&text) {
                    link.send_message(Msg::Pasted(text, own));
                }
            })
        });
        let clip = Rc::new(RefCell::new(Clip::default()));
        listeners.extend({
            let (link, clip) = (link.clone(), clip.clone());
            browser::on_copy(move |cut| {
                let text = clip.borrow_mut().copy()?;
                link.send_message(Msg::Copied(cut));
                Some(text)
            })
        });
        if stores {
            listeners.extend(browser::on_leave(move || link.send_message(Msg::Save)));
        }
        let mut state = State::new(options);
        if state.options.theme.is_none() && stores {
            state.theme = stored::theme();
        }
        browser::set_theme(state.theme.attribute());
        stored::first_board(&mut state);
        if stores && !state.options.read_only && !stored::legend_was_seen() {
            state.dialog = Some(Dialog::Legend);
        }
        ctx.link().send_message(Msg::Wake);
        App {
            state,
            hooks,
            frame: None,
            last_frame: None,
            save: None,
            passing: None,
            link: AttrValue::default(),
            written: AttrValue::default(),
            pasted: AttrValue::default(),
            drawable: None,
            board_yaml: RefCell::default(),
            clip,
            _listeners: listeners,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let draw = match msg {
            Msg::Frame(at) => return self.run_frame(ctx, at),
            Msg::Wake => false,
            Msg::Act(act) => self.act(ctx, act),
            // Who shall send is chosen; what, is written next.
            Msg::Board(BoardEvent::SendFrom(client)) => {
                self.state.tool = Tool::Select;
                self.act(ctx, Act::Compose(client))
            }
            Msg::Board(BoardEvent::Act(act)) => self.act(ctx, act),
            Msg::Board(event) => {
                let by_key = matches!(event, BoardEvent::PlaceNew { at: None, .. });
                self.state.board(event);
                if by_key {
                    self.focus_selected();
                }
                true
            }
            Msg::Draft(draft) => {
                let other_sender = draft.from != self.state.draft.from;
                self.state.draft = draft;
                if other_sender {
                    // Another sender may reach other things.
                    self.state.act(Act::Compose(self.state.draft.from.clone()));
                }
                true
            }
            Msg::Key(key) => self.key(ctx, key),
            Msg::Pasted(text, own) => {
                self.state.dialog = None;
                if self.state.options.read_only || !self.state.paste(&text, own) {
                    self.pasted = text.into();
                    self.state.dialog = Some(Dialog::Import);
                }
                true
            }
            Msg::Clipboard(Some(text)) if looks_like_manifests(&text) => {
                let own = text == *self.clip.borrow().copied();
                ctx.link().send_message(Msg::Pasted(text, own));
                false
            }
            Msg::Clipboard(found) => {
                let words = match found {
                    Some(_) => "The clipboard holds no manifests.",
                    None => "This browser does not let the page read the clipboard. Press Ctrl+V instead.",
                };
                self.state.notices.say(words, false, None);
                true
            }
            Msg::Copied(cut) => {
                if cut {
                    self.state.act(Act::Delete);
                } else {
                    let words = match self.state.chosen().as_slice() {
                        [key] => format!("{key} was copied as YAML."),
                        several => format!("{} objects were copied as YAML.", several.len()),
                    };
                    self.state.notices.say(words, false, None);
                }
                true
            }
            Msg::Save => self.save_now(),
            Msg::Fragment => {
                let fragment = browser::fragment();
                !fragment.is_empty() && stored::open_link(&mut self.state, &fragment)
            }
            Msg::Full => {
                let link = permalink::encode(&self.state.session.recording());
                browser::open_tab(&format!("{}#{link}", browser::page_address()));
                false
            }
        };
        self.after(ctx);
        if draw {
            self.keep_clip();
        }
        draw
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let page = if self.state.options.embed { self.embedded(ctx) } else { self.whole(ctx) };
        html! {
            <ContextProvider<FrameHooks> context={self.hooks.clone()}>
                { icons::sprite() }
                { page }
            </ContextProvider<FrameHooks>>
        }
    }
}

fn listen_to_keys(on: Callback<Key>) -> Listener {
    browser::on_key(move |event| {
        if event.default_prevented() || browser::dialog_is_open() {
            return;
        }
        let name = event.key();
        // Escape leads from the panels back to the board; in an editor it is the editor's.
        if name == "Escape" && !browser::is_inside(&event, ".editor, .cm-editor") {
            if browser::is_inside(&event, ".side") {
                event.prevent_default();
                on.emit(Key::Return);
                return;
            }
            if browser::is_inside(&event, ".foot") {
                event.prevent_default();
                browser::focus_board();
                return;
            }
        }
        let pressed = Pressed {
            key: &name,
            control: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
            typing: browser::is_typing(&event),
            on_button: browser::is_pressable(&event),
        };
        if let Some(key) = keys::meaning(&pressed) {
            event.prevent_default();
            on.emit(key);
        }
    })
}

impl App {
    fn run_frame(&mut self, ctx: &Context<Self>, at: f64) -> bool {
        self.frame = None;
        let passed = self.last_frame.map_or(0.0, |last| (at - last).clamp(0.0, LONGEST_FRAME));
        self.last_frame = Some(at);
        // Asked for first: once the page has drawn, asking waits for the browser.
        if self.state.playing {
            self.ask_for_frame(ctx);
        }
        let draw = self.state.pass(passed);
        self.hooks.run(self.state.session.now());
        if !self.state.playing {
            self.last_frame = None;
        }
        if self.state.unsaved {
            self.save_soon(ctx);
        }
        if draw {
            self.keep_clip();
        }
        draw
    }

    fn keep_clip(&self) {
        self.clip.borrow_mut().keep(self.state.moment.objects(), self.state.chosen());
    }

    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Some(browser::next_frame(move |at| link.send_message(Msg::Frame(at))));
        }
    }

    /// What follows on everything that is done: a frame, the storing, the end of a notice.
    fn after(&mut self, ctx: &Context<Self>) {
        self.ask_for_frame(ctx);
        if self.state.unsaved {
            self.save_soon(ctx);
        }
        if let Some(number) = self.state.notices.passing() {
            let link = ctx.link().clone();
            self.passing = Some(Timeout::new(6_000, move || link.send_message(Msg::Act(Act::Unsay(number)))));
        }
    }

    fn save_soon(&mut self, ctx: &Context<Self>) {
        self.state.unsaved = false;
        if self.state.options.embed {
            return;
        }
        let link = ctx.link().clone();
        self.save = Some(Timeout::new(SAVE_AFTER, move || link.send_message(Msg::Save)));
    }

    fn save_now(&mut self) -> bool {
        self.save = None;
        if self.state.options.embed || stored::save(&self.state) {
            return false;
        }
        let words = "This browser stores nothing for the page, so a reload loses the board. Share or export it to keep it.";
        self.state.notices.say(words, true, Some(("Share", Act::Dialog(Some(Dialog::Share)))));
        true
    }

    fn act(&mut self, ctx: &Context<Self>, act: Act) -> bool {
        match &act {
            Act::Dialog(dialog) => {
                if *dialog == Some(Dialog::Share) {
                    self.link = permalink::encode(&self.state.session.recording()).into();
                }
                if *dialog == Some(Dialog::Export) {
                    self.written = self.state.session.export().into();
                }
                if *dialog == Some(Dialog::Picture) {
                    let seen = browser::seen_of_board().map(|[x, y, w, h]| Rect { x, y, w, h });
                    self.drawable = Some(self.state.drawable(seen));
                }
                if *dialog == Some(Dialog::Import) {
                    self.pasted = AttrValue::default();
                }
                if self.state.dialog == Some(Dialog::Legend) && !self.state.options.embed {
                    stored::legend_seen();
                }
            }
            Act::Theme(theme) => {
                browser::set_theme(theme.attribute());
                if !self.state.options.embed {
                    stored::save_theme(*theme);
                }
            }
            Act::Compose(_) => browser::focus_id("compose-url"),
            Act::Copy | Act::Cut => {
                let command = if matches!(act, Act::Cut) { "cut" } else { "copy" };
                if !browser::copy_command(command) {
                    self.state.notices.say(
                        "This browser does not let the page copy. Press Ctrl+C instead.",
                        false,
                        None,
                    );
                }
            }
            Act::Paste => browser::read_clipboard(ctx.link().callback(Msg::Clipboard)),
            // Once it is drawn.
            Act::BoardText(true) => {
                Timeout::new(0, || browser::focus_id(outline::ID)).forget();
            }
            Act::BoardText(false) => browser::focus_board(),
            _ => {}
        }
        let placed = matches!(act, Act::Place { .. } | Act::Make { .. });
        self.state.act(act);
        if placed {
            self.focus_selected();
        }
        true
    }

    fn key(&mut self, ctx: &Context<Self>, key: Key) -> bool {
        let read_only = self.state.options.read_only;
        let tool = self.state.tool;
        let act = match key {
            Key::Tool(other) if read_only && other != Tool::Select => return false,
            Key::Tool(other) => {
                // Enter shall place it, and not press the button that has the focus.
                browser::leave_for_board();
                Act::Tool(other)
            }
            Key::Play => Act::Play(!self.state.playing),
            Key::Step => Act::Step,
            Key::Undo => Act::Undo,
            Key::Redo => Act::Redo,
            Key::Delete => Act::Delete,
            Key::Duplicate => Act::Duplicate,
            Key::Escape if self.state.tool != Tool::Select => Act::Tool(Tool::Select),
            Key::Escape => Act::Select(None),
            Key::Place if read_only || matches!(tool, Tool::Select | Tool::Hand) => return false,
            Key::Place => {
                self.state.board(BoardEvent::PlaceNew { tool, at: None, on_node: None });
                self.focus_selected();
                return true;
            }
            Key::Return => {
                self.focus_selected();
                Act::CloseSide
            }
            Key::Help => Act::Dialog(Some(Dialog::Help)),
            Key::Compose => {
                browser::focus_id("compose-url");
                return false;
            }
            Key::Palette => Act::Dialog(Some(Dialog::Palette)),
            Key::SelectAll => Act::SelectAll,
            Key::Menu => Act::Ask(Ask::Menu),
            Key::Rename => match &self.state.selection {
                Some(Selection::Object(key)) => Act::Ask(Ask::Edit(key.clone(), Change::Name)),
                _ => return false,
            },
        };
        self.act(ctx, act)
    }

    /// Moves the keyboard focus to the card of what is selected, once it is drawn.
    fn focus_selected(&self) {
        let Some(selection) = &self.state.selection else { return };
        let id = selection.card();
        Timeout::new(0, move || browser::focus_card(&id)).forget();
    }

    fn whole(&self, ctx: &Context<Self>) -> Html {
        let state = &self.state;
        let options = &state.options;
        let on = ctx.link().callback(Msg::Act);
        let on_tool = on.reform(Act::Tool);
        let no_tools = options.hide_toolbar || options.read_only;
        let class = classes!(
            "app",
            state.tall.then_some("tall"),
            (state.tall && state.tall_full).then_some("tall-full"),
            no_tools.then_some("no-tools"),
            options.hide_inspector.then_some("no-side"),
            options.hide_timeline.then_some("no-foot"),
            (state.side_open && (state.selection.is_some() || state.shows_board_yaml()))
                .then_some("side-open"),
            state.side_full.then_some("side-full"),
        );
        let search = html! {
            <Search on={on.clone()} />
        };
        html! {
            <div {class}>
                <Skips board={!(options.embed && options.view == EmbedView::Yaml)} lists={!options.embed && !options.hide_timeline}
                    text={options.embed || !options.hide_timeline} on={on.clone()} />
                <TopBar title={state.title()} scenarios={scenario_items()}
                    scenario={state.scenario.map_or("", |scenario| scenario.name)}
                    namespaces={state.namespaces.clone()} namespace={state.looking.namespace().map(|name| AttrValue::from(name.to_owned()))}
                    can_undo={state.session.can_undo() && !options.read_only} can_redo={state.session.can_redo() && !options.read_only}
                    playing={state.playing} speed={state.speed} theme={state.theme} read_only={options.read_only} {search} on={on.clone()} />
                if !no_tools { <Tools tool={state.tool} on_tool={on_tool.clone()} /> }
                { self.say(&on) }
                { self.board(ctx) }
                if !options.hide_inspector { { self.inspector(&on) } }
                if !options.hide_timeline { { self.foot(ctx, &on) } }
                <section class="pill phone-only" aria-label="Time">
                    <PlayButtons playing={state.playing} speed={state.speed} short=true on={on.clone()} />
                    <Clock playing={state.playing} />
                    <SendAgain draft={state.draft.clone()} on={on.clone()} />
                </section>
                if !no_tools { <RoundTools tool={state.tool} {on_tool} /> }
                <NoticeList notices={state.notices.clone()} on={on.clone()} />
                <Dialogs open={state.dialog} read_only={options.read_only} objects={state.moment.objects()} link={self.link.clone()}
                    written={self.written.clone()} drawable={self.drawable.clone()} pasted={self.pasted.clone()} on={on.clone()} />
                if state.dialog == Some(Dialog::Palette) { { self.palette(ctx, on) } }
            </div>
        }
    }

    fn embedded(&self, ctx: &Context<Self>) -> Html {
        let state = &self.state;
        let options = &state.options;
        let on = ctx.link().callback(Msg::Act);
        let with_side = options.view != EmbedView::Canvas && !options.hide_inspector;
        let class = classes!(
            "app",
            "embed",
            (options.view == EmbedView::Split).then_some("split"),
            (options.view == EmbedView::Yaml).then_some("yaml-only"),
            "side-open"
        );
        let end = line_end(state.latest.now());
        html! {
            <div {class}>
                <header class="sr"><h1>{ "Endpoint Playground" }</h1></header>
                <Skips board={!(options.embed && options.view == EmbedView::Yaml)} lists={!options.embed && !options.hide_timeline}
                    text={options.embed || !options.hide_timeline} on={on.clone()} />
                { self.say(&on) }
                if options.view != EmbedView::Yaml { { self.board(ctx) } }
                if with_side { { self.inspector(&on) } }
                <EmbedBar playing={state.playing} speed={state.speed} theme={state.theme}
                    can_undo={state.session.can_undo() && !options.read_only} moment={state.moment.clone()}
                    draft={state.draft.clone()} marks={Rc::new(marks(&state.latest, state.moment.now(), end))} {end}
                    hide_timeline={options.hide_timeline} on_draft={ctx.link().callback(Msg::Draft)}
                    on_full={ctx.link().callback(|()| Msg::Full)} on={on.clone()} />
                if state.board_text { <TextOver objects={state.moment.objects()} on={on.clone()} /> }
                <NoticeList notices={state.notices.clone()} {on} />
            </div>
        }
    }

    fn board(&self, ctx: &Context<Self>) -> Html {
        let state = &self.state;
        html! {
            <Board scene={state.looking.scene.clone()} live={state.looking.live.clone()} fit={state.looking.fit} selection={state.selection.clone()}
                picked={state.picked.clone()} objects={state.moment.objects()} placed={state.session.places().clone()} ask={state.ask.clone()}
                tool={state.tool} read_only={state.options.read_only} pans={state.options.read_only || state.options.embed}
                still={self.is_still()} peek={state.peek.clone().map(AttrValue::from)}
                on={ctx.link().callback(Msg::Board)} />
        }
    }

    fn palette(&self, ctx: &Context<Self>, on: Callback<Act>) -> Html {
        let state = &self.state;
        html! {
            <Palette objects={state.moment.objects()} selection={state.selection.clone()} picked={state.picked.clone()}
                placed={state.session.places().clone()} playing={state.playing} read_only={state.options.read_only} namespaces={state.namespaces.clone()}
                on_paste={ctx.link().callback(|text| Msg::Pasted(text, false))} {on} />
        }
    }

    fn say(&self, on: &Callback<Act>) -> Html {
        let state = &self.state;
        let cluster = state.moment.cluster();
        let idle = match state.scenario {
            Some(scenario) => scenario.say.as_str(),
            None => "The board waits for you: place a Pod and a Service, or paste YAML.",
        };
        // What the scenario itself did is no news.
        let since = state.scenario.map_or(Time::ZERO, |scenario| scenario.start);
        let problems: Vec<(ObjectKey, AttrValue)> = state
            .problems
            .list
            .iter()
            .map(|(key, finding)| (key.clone(), finding.title.clone().into()))
            .collect();
        let sentence = match state.tool {
            Tool::Select | Tool::Hand => sentence(cluster, state.moment.now(), since, idle),
            tool => tools::placing(tool),
        };
        let steps = if self.is_still() {
            html! { <Steps moment={state.moment.clone()} focus={state.focus} on={on.clone()} /> }
        } else {
            Html::default()
        };
        html! {
            <Say {sentence} {problems} tries={self.tries(on)} {steps} on={on.clone()} />
        }
    }

    /// Whether nothing may move by itself.
    fn is_still(&self) -> bool {
        browser::matches("(prefers-reduced-motion: reduce)")
    }

    fn tries(&self, on: &Callback<Act>) -> Vec<Try> {
        let state = &self.state;
        let Some(scenario) = state.scenario.filter(|_| !state.options.read_only) else { return Vec::new() };
        let store = state.moment.cluster().store();
        let settings = state.moment.cluster().settings();
        let others = scenario.settings.iter().filter(|(_, other)| other != settings).map(|(label, other)| {
            let command = Command::Configure { settings: other.clone() };
            Try { label: label.clone().into(), action: on.reform(move |()| Act::Command(command.clone())) }
        });
        scenario
            .buttons
            .iter()
            .filter(|button| {
                store.get(&button.object).is_some_and(|object| button.applies_to(&object.live.to_value()))
            })
            .map(|button| {
                let command = button.command();
                Try {
                    label: button.label.clone().into(),
                    action: on.reform(move |()| Act::Command(command.clone())),
                }
            })
            .chain(others)
            .collect()
    }

    fn inspector(&self, on: &Callback<Act>) -> Html {
        let state = &self.state;
        let accent = state.selection.as_ref().and_then(Selection::object).and_then(|key| state.accent(key));
        let board = state.shows_board_yaml().then(|| self.board_yaml());
        html! {
            <Inspector {board} moment={state.moment.clone()} focus={state.focus} objects={state.moment.objects()} selection={state.selection.clone()} tab={state.tab} {accent}
                drafts={state.yaml.clone()} read_only={state.options.read_only} full={state.side_full}
                beside={state.options.embed} alone={state.options.embed && state.options.view == EmbedView::Yaml} on={on.clone()} />
        }
    }

    /// The board as text; made anew only when something has changed.
    fn board_yaml(&self) -> WrittenBoard {
        let generation = self.state.session.generation();
        let mut kept = self.board_yaml.borrow_mut();
        if kept.as_ref().is_none_or(|(of, _)| *of != generation) {
            *kept = Some((generation, self.state.session.export().into()));
        }
        let written = kept.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        WrittenBoard { written, draft: self.state.board_yaml.clone() }
    }

    fn foot(&self, ctx: &Context<Self>, on: &Callback<Act>) -> Html {
        let state = &self.state;
        let end = line_end(state.latest.now());
        let on_command = on.reform(Act::Command);
        let cluster = state.moment.cluster();
        let mut requests = Tab::new("requests", "Requests");
        requests.count = Some(usize::try_from(cluster.requests_sent()).unwrap_or(usize::MAX));
        let mut events = Tab::new("events", "Events");
        events.count = Some(cluster.events().len());
        let mut connections = Tab::new("connections", "Connections");
        connections.count = Some(cluster.connections().len());
        let text = Tab::new("outline", "Outline");
        let (panel, label) = panel_ids("lists", state.list);
        let tall = state.tall;
        let at = match (tall, state.tall_full) {
            (false, _) => Height::Closed,
            (true, false) => Height::Half,
            (true, true) => Height::Full,
        };
        let on_height = on.reform(|height| match height {
            Height::Closed => Act::Tall(false),
            Height::Half => Act::TallFull(false),
            Height::Full => Act::TallFull(true),
        });
        let body = match state.list {
            "outline" => html! { <BoardText objects={state.moment.objects()} on={on.clone()} /> },
            "connections" => html! { <Connections moment={state.moment.clone()} on={on.clone()} /> },
            "events" => html! { <Events moment={state.moment.clone()} on={on.clone()} /> },
            _ => {
                html! { <Requests moment={state.moment.clone()} open={state.focus} accents={state.accents.clone()} on={on.clone()} /> }
            }
        };
        html! {
            <footer class="foot">
                <Grip name="the lists" property="--foot-by" {at} low={120} on={on_height} />
                <Timeline playing={state.playing} marks={Rc::new(marks(&state.latest, state.moment.now(), end))} {end} on={on.clone()} />
                <Tabs label="Lists" id="lists" tabs={vec![requests, connections, events, text]} shown={state.list}
                    on_show={on.reform(Act::List)}>
                    <span class="repeats"><Repeating moment={state.moment.clone()} on_command={on_command.clone()} /></span>
                </Tabs>
                <Composer objects={state.moment.objects()} draft={state.draft.clone()} on={on.clone()}
                    on_draft={ctx.link().callback(Msg::Draft)} {on_command} />
                <span class="toggle">
                    <button type="button" class="btn" aria-expanded={tall.to_string()}
                        title={if tall { "Make this lower" } else { "Make this taller" }}
                        aria-label={if tall { "Make the lists lower" } else { "Make the lists taller" }}
                        onclick={on.reform(move |_| Act::Tall(!tall))}>{ icons::icon(if tall { "i-down" } else { "i-up" }) }</button>
                </span>
                <div class="list-pane" role="tabpanel" id={panel} aria-labelledby={label} tabindex="-1">{ body }</div>
            </footer>
        }
    }
}

fn scenario_items() -> Vec<ScenarioItem> {
    scenarios::all()
        .iter()
        .map(|scenario| ScenarioItem {
            name: scenario.name,
            title: &scenario.title,
            sentence: &scenario.about,
        })
        .collect()
}
