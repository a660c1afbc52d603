//! How the parts of the page lie: the whole page, and the one that stands in another.

use std::rc::Rc;

use endpoint_playground::api::{ObjectKey, Time};
use endpoint_playground::scene::{TimeMark, line_end};
use endpoint_playground::session::Command;
use yew::prelude::*;

use crate::ui::act::{Act, Dialog};
use crate::ui::board::Board;
use crate::ui::dialogs::Dialogs;
use crate::ui::embed::EmbedBar;
use crate::ui::events::Events;
use crate::ui::events_model::{Selection, Tool};
use crate::ui::icons;
use crate::ui::inspector::{Inspector, WrittenBoard};
use crate::ui::notices::NoticeList;
use crate::ui::options::EmbedView;
use crate::ui::outline::{BoardText, TextOver};
use crate::ui::palette::Palette;
use crate::ui::requests::{Composer, Connections, Repeating, Requests, SendAgain};
use crate::ui::search::Search;
use crate::ui::sentence::{MOST_PROBLEMS, Say, Try, sentence};
use crate::ui::sheet::{Grip, Height};
use crate::ui::skips::Skips;
use crate::ui::state::Part;
use crate::ui::steps::Steps;
use crate::ui::tabs::{Tab, Tabs, panel_ids};
use crate::ui::timeline::{Clock, Timeline};
use crate::ui::tools::{self, RoundTools, Tools};
use crate::ui::top_bar::{PlayButtons, TopBar};

use super::App;
use super::told::Told;

impl App {
    pub(super) fn whole(&self) -> Html {
        let state = &self.state;
        let options = &state.options;
        let Told { act: on, tool: on_tool, .. } = &self.told;
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
                <TopBar title={state.title()}
                    scenario={state.scenario.map_or("", |scenario| scenario.name)}
                    namespaces={state.namespaces.clone()} namespace={state.looking.namespace().map(|name| AttrValue::from(name.to_owned()))}
                    can_undo={state.session.can_undo() && !options.read_only} can_redo={state.session.can_redo() && !options.read_only}
                    playing={state.playing} speed={state.speed} theme={state.theme} read_only={options.read_only} {search} on={on.clone()} />
                if !no_tools { <Tools tool={state.tool} on_tool={on_tool.clone()} /> }
                { self.upper(on) }
                if !options.hide_timeline { { self.foot(on) } }
                <section class="pill phone-only" aria-label="Time">
                    <PlayButtons playing={state.playing} speed={state.speed} short=true on={on.clone()} />
                    <Clock playing={state.playing} />
                    <SendAgain draft={state.draft.clone()} on={on.clone()} />
                </section>
                if !no_tools { <RoundTools tool={state.tool} on_tool={on_tool.clone()} /> }
                <NoticeList notices={state.notices.clone()} on={on.clone()} />
                <Dialogs open={state.dialog} read_only={options.read_only} objects={state.moment.objects()} link={self.link.clone()}
                    written={self.written.clone()} drawable={self.drawable.clone()} pasted={self.pasted.clone()} on={on.clone()} />
                if state.dialog == Some(Dialog::Palette) { { self.palette() } }
            </div>
        }
    }

    pub(super) fn embedded(&self) -> Html {
        let state = &self.state;
        let options = &state.options;
        let on = &self.told.act;
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
                { self.say(on) }
                if options.view != EmbedView::Yaml { { self.board() } }
                if with_side { { self.inspector(on) } }
                <EmbedBar playing={state.playing} speed={state.speed} theme={state.theme}
                    can_undo={state.session.can_undo() && !options.read_only} moment={state.moment.clone()}
                    draft={state.draft.clone()} marks={self.marks(end)} {end}
                    hide_timeline={options.hide_timeline} on_draft={self.told.draft.clone()}
                    on_full={self.told.full.clone()} on={on.clone()} />
                if state.board_text { <TextOver objects={state.moment.objects()} on={on.clone()} /> }
                <NoticeList notices={state.notices.clone()} on={on.clone()} />
            </div>
        }
    }

    fn board(&self) -> Html {
        let state = &self.state;
        html! {
            <Board scene={state.looking.scene.clone()} live={state.looking.live.clone()} fit={state.looking.fit} selection={state.selection.clone()}
                picked={state.picked.clone()} objects={state.moment.objects()} placed={state.session.places().clone()} ask={state.ask.clone()}
                tool={state.tool} read_only={state.options.read_only} pans={state.options.read_only || state.options.embed}
                still={self.is_still()} theme={state.theme} peek={state.peek.clone().map(AttrValue::from)}
                on={self.told.board.clone()} />
        }
    }

    fn palette(&self) -> Html {
        let state = &self.state;
        html! {
            <Palette objects={state.moment.objects()} selection={state.selection.clone()} picked={state.picked.clone()}
                placed={state.session.places().clone()} playing={state.playing} read_only={state.options.read_only} namespaces={state.namespaces.clone()}
                on_paste={self.told.paste.clone()} on={self.told.act.clone()} />
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
        let all = &state.problems.list;
        let problems: Vec<(ObjectKey, AttrValue)> = all
            .iter()
            .take(MOST_PROBLEMS)
            .map(|(key, finding)| (key.clone(), finding.title.clone().into()))
            .collect();
        let more = all.len() - problems.len();
        let sentence = match state.tool {
            Tool::Select | Tool::Hand => sentence(cluster, since, idle),
            tool => tools::placing(tool),
        };
        let steps = if self.is_still() {
            html! { <Steps moment={state.moment.clone()} focus={state.focus} on={on.clone()} /> }
        } else {
            Html::default()
        };
        html! {
            <Say {sentence} {problems} {more} tries={self.tries(on)} {steps} on={on.clone()} />
        }
    }

    /// Whether nothing may move by itself.
    fn is_still(&self) -> bool {
        self.wants_stillness.holds()
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

    /// The marks of the time line.
    fn marks(&self, end: Time) -> Rc<Vec<TimeMark>> {
        let state = &self.state;
        self.marks.borrow_mut().tell(&state.latest, state.moment.now(), state.epoch(), end)
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

    /// What is below the board.
    fn foot(&self, on: &Callback<Act>) -> Html {
        let part = self.state.part();
        if matches!(part, Part::Whole | Part::List) {
            *self.list.borrow_mut() = self.list(on);
        }
        if part != Part::Upper {
            *self.foot.borrow_mut() = self.around_list(on);
        }
        self.foot.borrow().clone()
    }

    /// What is above the lists.
    fn upper(&self, on: &Callback<Act>) -> Html {
        if matches!(self.state.part(), Part::Whole | Part::Upper) {
            *self.upper.borrow_mut() = html! {
                <>
                    { self.say(on) }
                    { self.board() }
                    if !self.state.options.hide_inspector { { self.inspector(on) } }
                </>
            };
        }
        self.upper.borrow().clone()
    }

    /// The list that is shown.
    fn list(&self, on: &Callback<Act>) -> Html {
        let state = &self.state;
        match state.list {
            "outline" => html! { <BoardText objects={state.moment.objects()} on={on.clone()} /> },
            "connections" => html! { <Connections moment={state.moment.clone()} on={on.clone()} /> },
            "events" => html! { <Events moment={state.moment.clone()} on={on.clone()} /> },
            _ => {
                html! { <Requests playing={state.playing} low={!state.tall} moment={state.moment.clone()} open={state.focus} accents={state.accents.clone()} on={on.clone()} /> }
            }
        }
    }

    /// The time line, the list that is shown, and what else is around it.
    fn around_list(&self, on: &Callback<Act>) -> Html {
        let state = &self.state;
        let end = line_end(state.latest.now());
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
        html! {
            <footer class="foot">
                <Grip name="the lists" property="--foot-by" {at} low={120} on={self.told.height.clone()} />
                <Timeline playing={state.playing} marks={self.marks(end)} {end} on={on.clone()} />
                <Tabs label="Lists" id="lists" tabs={vec![requests, connections, events, text]} shown={state.list}
                    on_show={self.told.list.clone()}>
                    <span class="repeats"><Repeating moment={state.moment.clone()} on_command={self.told.command.clone()} /></span>
                </Tabs>
                <Composer objects={state.moment.objects()} draft={state.draft.clone()} on={on.clone()}
                    on_draft={self.told.draft.clone()} on_command={self.told.command.clone()} />
                <span class="toggle">
                    <button type="button" class="btn" aria-expanded={tall.to_string()}
                        title={if tall { "Make this lower" } else { "Make this taller" }}
                        aria-label={if tall { "Make the lists lower" } else { "Make the lists taller" }}
                        onclick={on.reform(move |_| Act::Tall(!tall))}>{ icons::icon(if tall { "i-down" } else { "i-up" }) }</button>
                </span>
                <div class="list-pane" role="tabpanel" id={panel} aria-labelledby={label} tabindex="-1">{ self.list.borrow().clone() }</div>
            </footer>
        }
    }
}
