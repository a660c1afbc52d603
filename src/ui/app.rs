//! The page: what it knows, what it is told, and how its parts lie.

use yew::prelude::*;

use super::act::Act;
use super::browser::{self, FrameHooks};
use super::events_model::{BoardEvent, Selection, Tool};
use super::icons;
use super::options::{Options, Theme};
use super::tools::{RoundTools, Tools};
use super::top_bar::TopBar;

/// The page.
pub struct App {
    hooks: FrameHooks,
    options: Options,
    tool: Tool,
    selection: Option<Selection>,
    playing: bool,
    speed: f64,
    theme: Theme,
}

/// What the page is told.
pub enum Msg {
    /// A panel asks for something.
    Act(Act),
    /// Something was done on the board.
    Board(BoardEvent),
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(_ctx: &Context<Self>) -> App {
        let options = Options::read(&browser::query());
        App {
            hooks: FrameHooks::default(),
            tool: Tool::default(),
            selection: None,
            playing: options.play.unwrap_or(true),
            speed: options.speed.unwrap_or(1.0),
            theme: options.theme.unwrap_or_default(),
            options,
        }
    }

    fn update(&mut self, _ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Act(Act::Tool(tool)) => self.tool = tool,
            Msg::Act(Act::Play(playing)) => self.playing = playing,
            Msg::Act(Act::Speed(speed)) => self.speed = speed,
            Msg::Act(Act::Theme(theme)) => {
                self.theme = theme;
                browser::set_theme(theme.attribute());
            }
            Msg::Board(BoardEvent::Select(selection)) => self.selection = selection,
            Msg::Act(_) | Msg::Board(_) => return false,
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let on = ctx.link().callback(Msg::Act);
        let on_tool = on.reform(Act::Tool);
        html! {
            <ContextProvider<FrameHooks> context={self.hooks.clone()}>
                { icons::sprite() }
                <div class="app">
                    <TopBar title="Empty board" scenarios={vec![]} scenario="" can_undo=false can_redo=false
                        playing={self.playing} speed={self.speed} theme={self.theme}
                        read_only={self.options.read_only} {on} />
                    <Tools tool={self.tool} on_tool={on_tool.clone()} />
                    <main class="board" aria-label="Board"></main>
                    <aside class="side" aria-label="Inspector"></aside>
                    <footer class="foot"></footer>
                    <RoundTools tool={self.tool} {on_tool} />
                </div>
            </ContextProvider<FrameHooks>>
        }
    }
}
