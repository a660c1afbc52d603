//! The whole board as one text: everything that people wrote on it, to change and apply at once.

use std::rc::Rc;

use endpoint_playground::api::problem::{Place, Problem};
use endpoint_playground::api::{ObjectKey, text};
use endpoint_playground::session::board_text::{Plan, plan};
use endpoint_playground::session::{Command, Fate, ObjectFate, refusals};
use yew::prelude::*;

use super::draft::{Quarrel, Standing, standing};
use super::{Editor, copy_and_say};
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::fates::fate_list;
use crate::ui::icons::small_icon;
use crate::ui::moment::Objects;
use crate::ui::state::YamlDraft;

/// What the view needs.
#[derive(Properties, PartialEq)]
pub struct BoardYamlProps {
    /// The board as the session exports it.
    pub written: AttrValue,
    /// The text that is being written, if one is.
    pub draft: Option<YamlDraft>,
    /// The object to bring into view.
    pub selected: Option<ObjectKey>,
    /// The objects.
    pub objects: Objects,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// What a draft would do.
#[derive(Default)]
struct Rehearsed {
    problems: Rc<Vec<Problem>>,
    fates: Vec<ObjectFate>,
    delete: Vec<ObjectKey>,
    command: Option<Command>,
}

impl Rehearsed {
    fn new(draft: &YamlDraft, objects: &Objects) -> Rehearsed {
        let Plan { reading, delete, .. } = &plan(&draft.began, &draft.text);
        let command = plan(&draft.began, &draft.text).command();
        let fates = command.as_ref().map(|command| objects.rehearse(command)).unwrap_or_default();
        let problems = [reading.problems.clone(), refusals::refusals(reading, &fates)].concat();
        Rehearsed { problems: Rc::new(problems), fates, delete: delete.clone(), command }
    }
}

/// The view.
#[component]
pub fn BoardYaml(props: &BoardYamlProps) -> Html {
    let asks = use_state(|| false);
    let question = use_node_ref();
    let draft = props.draft.clone();
    let state = draft.as_ref().map_or(Standing::Fresh, |draft| standing(draft, &props.written));
    {
        let on = props.on.clone();
        use_effect_with(state.clone(), move |state| {
            if let Standing::Merged(draft) = state {
                on.emit(Act::BoardDraft(draft.clone()));
            }
        });
    }
    {
        let (asks, question) = (asks.clone(), question.clone());
        use_effect_with(*asks, move |asks| {
            if *asks {
                browser::focus(&question);
            }
        });
    }
    let tried = use_memo((draft.clone(), props.objects.clone()), |(draft, objects)| {
        draft.as_ref().map(|draft| Rehearsed::new(draft, objects)).unwrap_or_default()
    });
    let shown: AttrValue =
        draft.as_ref().map_or_else(|| props.written.clone(), |draft| draft.text.clone().into());
    let reveal = use_memo((props.selected.clone(), shown.clone()), |(selected, shown)| {
        selected.as_ref().and_then(|key| place_of(shown, key))
    });
    let quarrels = state == Standing::Quarrel;
    let accepted = tried.fates.iter().filter(|fate| !matches!(fate.fate, Fate::Rejected(_))).count();
    let can_apply = accepted > 0 && !quarrels && !props.read_only;

    let set_draft = props.on.reform(Act::BoardDraft);
    let on_text = {
        let (set_draft, asks, now) = (set_draft.clone(), asks.setter(), props.written.clone());
        let base = draft.as_ref().map_or_else(|| now.to_string(), |draft| draft.began.clone());
        Callback::from(move |text: String| {
            asks.set(false);
            let draft = (text != *now).then(|| YamlDraft { began: base.clone(), text, merged: false });
            set_draft.emit(draft);
        })
    };
    let apply = {
        let (on, set_draft, tried, asks) =
            (props.on.clone(), set_draft.clone(), tried.clone(), asks.setter());
        Callback::from(move |()| {
            if let Some(command) = tried.command.clone().filter(|_| can_apply) {
                asks.set(false);
                set_draft.emit(None);
                on.emit(Act::Command(command));
            }
        })
    };
    let ask = {
        let (apply, asks, deletes) = (apply.clone(), asks.setter(), !tried.delete.is_empty());
        Callback::from(move |()| {
            if deletes && can_apply {
                asks.set(true);
            } else {
                apply.emit(());
            }
        })
    };
    let keep = {
        let (set_draft, now, mine) = (set_draft.clone(), props.written.to_string(), shown.to_string());
        Callback::from(move |()| {
            set_draft.emit(Some(YamlDraft { began: now.clone(), text: mine.clone(), merged: false }));
        })
    };
    let discard = set_draft.reform(|()| None);
    let copy = {
        let (on, shown) = (props.on.clone(), shown.clone());
        Callback::from(move |_: MouseEvent| copy_and_say(&shown, "The YAML of the board", &on))
    };
    let unask = {
        let asks = asks.setter();
        move |_: MouseEvent| asks.set(false)
    };
    html! {
        <div class="yaml-pane">
            <div class="pick">
                <p class="hint grow">{ if props.read_only {
                    "Everything that was written on this board."
                } else {
                    "Everything that was written on this board. Change it, and apply it with Ctrl+Enter."
                } }</p>
                <button type="button" class="btn" title="Copy this text" aria-label="Copy the text of the board" onclick={copy}>{ small_icon("i-copy") }</button>
            </div>
            <Editor text={shown.clone()} problems={tried.problems.clone()} label="YAML of the board" list=true
                read_only={props.read_only} reveal={*reveal} objects={props.objects.clone()} {on_text} on_apply={ask.clone()} />
            if quarrels {
                <Quarrel what="board" mine={shown} now={props.written.clone()} on_keep={keep} on_take={discard.clone()} />
            } else {
                if draft.as_ref().is_some_and(|draft| draft.merged) {
                    <p class="draft-note" role="status">{ "The board changed meanwhile; the change is in your draft now." }</p>
                }
                { fate_list(&tried.fates) }
            }
            if draft.is_some() {
                <div class="pane-foot">
                    if *asks {
                        <p class="said warn" role="alert">{ format!("Applying deletes {}.", names(&tried.delete)) }</p>
                        <div class="acts">
                            <button ref={question} type="button" class="btn solid" onclick={apply.reform(|_: MouseEvent| ())}>{ "Delete and apply" }</button>
                            <button type="button" class="btn" onclick={unask}>{ "Go back" }</button>
                        </div>
                    } else {
                        <div class="acts">
                            <button type="button" class="btn solid" disabled={!can_apply} title="Apply (Ctrl+Enter)" onclick={ask.reform(|_: MouseEvent| ())}>{ "Apply" }</button>
                            <button type="button" class="btn" onclick={discard.reform(|_: MouseEvent| ())}>{ "Discard draft" }</button>
                        </div>
                    }
                </div>
            }
        </div>
    }
}

/// Where an object's document begins.
fn place_of(whole: &str, key: &ObjectKey) -> Option<Place> {
    let reading = text::read(whole, "default");
    let document = reading.documents.iter().find(|document| document.key == *key)?;
    let place = document.marks.value;
    Some(Place::at(place.line, place.column))
}

fn names(keys: &[ObjectKey]) -> String {
    let mut names: Vec<String> = keys.iter().take(4).map(ToString::to_string).collect();
    if keys.len() > 4 {
        names.push(format!("{} more", keys.len() - 4));
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
