//! The page: what reaches it, and what it does with the browser.

mod parts;
mod told;

use std::cell::RefCell;
use std::rc::Rc;

use endpoint_playground::scene::TimeMarks;
use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::session::permalink;
use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::board::{Ask, Change};
use super::browser::{self, Between, FrameHooks, Frames, Listener, MediaQuery};
use super::clipboard::Clip;
use super::dialogs::Drawable;
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use super::keys::{self, Key, Pressed};
use super::options::Options;
use super::outline;
use super::requests::Draft;
use super::search::looks_like_manifests;
use super::state::{Frame, State};
use super::stored;
use told::Told;

/// How long after a change the sitting is stored, in milliseconds.
const SAVE_AFTER: u32 = 500;

/// The page.
pub struct App {
    state: State,
    hooks: FrameHooks,
    frames: Frames,
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
    marks: RefCell<TimeMarks>,
    /// What is above the time line, what is around the lists, and the list that is shown, as they were drawn last.
    upper: RefCell<Html>,
    foot: RefCell<Html>,
    list: RefCell<Html>,
    clip: Rc<RefCell<Clip>>,
    told: Told,
    /// Whether the person wants nothing to move by itself.
    wants_stillness: MediaQuery,
    _listeners: Vec<Listener>,
}

/// What the page is told.
pub enum Msg {
    /// A frame for which more is to be done than to show it, with the browser's time in milliseconds.
    Frame(f64),
    /// Between two frames there is time for what is due.
    Due,
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
        let frames = Frames::new({
            let (link, hooks, clockwork) = (ctx.link().clone(), hooks.clone(), state.clockwork.clone());
            let between = Between::default();
            move |frames, at| {
                let mut now = clockwork.get();
                let frame = now.show(at, hooks.is_reserved());
                if frame == Frame::Whole {
                    link.send_message(Msg::Frame(at));
                    return;
                }
                clockwork.set(now);
                frames.ask();
                hooks.run(now.now(), at, now.pace);
                if frame == Frame::ThenDue {
                    let (link, hooks, clockwork) = (link.clone(), hooks.clone(), clockwork.clone());
                    between.ask(move || {
                        if clockwork.get().has_time(hooks.is_reserved()) {
                            link.send_message(Msg::Due);
                        }
                    });
                }
            }
        });
        hooks.ask_of(&frames);
        frames.ask();
        App {
            state,
            hooks,
            frames,
            save: None,
            passing: None,
            link: AttrValue::default(),
            written: AttrValue::default(),
            pasted: AttrValue::default(),
            drawable: None,
            board_yaml: RefCell::default(),
            marks: RefCell::default(),
            upper: RefCell::default(),
            foot: RefCell::default(),
            list: RefCell::default(),
            clip,
            told: Told::new(ctx),
            wants_stillness: MediaQuery::new("(prefers-reduced-motion: reduce)"),
            _listeners: listeners,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(at) => return self.run_frame(ctx, at),
            Msg::Due => {
                let draw = self.state.between_frames();
                return self.has_passed(ctx, draw);
            }
            _ => {}
        }
        // What is done is done at the moment on the screen.
        let fresh = self.state.catch_up();
        let draw = match msg {
            Msg::Frame(_) | Msg::Due => false,
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
        let draw = draw || fresh;
        if draw {
            self.keep_clip();
        }
        draw
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let page = if self.state.options.embed { self.embedded() } else { self.whole() };
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
        // Asked for first: once the page has drawn, asking waits for the browser.
        if self.state.playing {
            self.frames.ask();
        }
        let draw = self.state.pass(at);
        self.hooks.run(self.state.now(), at, self.state.pace());
        self.has_passed(ctx, draw)
    }

    /// What follows when time has passed, and `draw` says whether there is something new to show.
    fn has_passed(&mut self, ctx: &Context<Self>, draw: bool) -> bool {
        self.state.wind_up();
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

    /// What follows on everything that is done: a frame, the storing, the end of a notice.
    fn after(&mut self, ctx: &Context<Self>) {
        self.state.wind_up();
        self.frames.ask();
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
        browser::focus_card_soon(selection.card());
    }
}
