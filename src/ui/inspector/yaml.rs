//! The YAML tab: the object as its author wrote it, to change and apply.

use std::rc::Rc;

use endpoint_playground::api::problem::Problem;
use endpoint_playground::api::text;
use endpoint_playground::session::{Command, refusals};
use serde_json::Value;
use yew::prelude::*;

use super::draft::{Quarrel, Standing, standing};
use super::field::Editing;
use super::{Editor, copy_and_say};
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::state::YamlDraft;

/// What the tab needs.
#[derive(Properties, PartialEq)]
pub struct YamlTabProps {
    /// The object.
    pub editing: Editing,
    /// The text that is being written, if one is.
    pub draft: Option<YamlDraft>,
}

/// What a draft would do.
#[derive(PartialEq)]
struct Rehearsed {
    problems: Rc<Vec<Problem>>,
    /// What applies it; `None` when it can not be applied.
    command: Option<Command>,
    /// Whether it names another object.
    renamed: bool,
}

/// The YAML tab.
#[component]
pub fn YamlTab(props: &YamlTabProps) -> Html {
    let editing = &props.editing;
    let live = use_state(|| false);
    let object = editing.objects.get(&editing.key);
    let written = object.and_then(|object| object.document.as_deref().cloned());
    let made_by_controller = written.is_none();
    let whole = object.map(|object| object.live.to_value()).unwrap_or_default();
    let source = if *live { whole } else { written.unwrap_or_else(|| without_bookkeeping(whole)) };
    let began: AttrValue = match *live {
        true => text::write([&source]).into(),
        false => editing.objects.written_as(&editing.key, &source).into(),
    };
    let draft = props.draft.clone().filter(|_| !*live);
    let state = draft.as_ref().map_or(Standing::Fresh, |draft| standing(draft, &began));
    let key = editing.key.clone();
    {
        let (on, key) = (editing.on.clone(), key.clone());
        use_effect_with(state.clone(), move |state| {
            if let Standing::Merged(draft) = state {
                on.emit(Act::Draft(key, draft.clone()));
            }
        });
    }
    let rehearsed = use_memo((draft.clone(), editing.clone()), |(draft, editing)| match draft {
        Some(draft) => rehearse(editing, &draft.text),
        None => Rehearsed { problems: Rc::default(), command: None, renamed: false },
    });
    let quarrels = state == Standing::Quarrel;
    let can_apply = rehearsed.command.is_some() && !quarrels && !editing.read_only;
    let shown: AttrValue = draft.as_ref().map_or_else(|| began.clone(), |draft| draft.text.clone().into());

    let set_draft = {
        let (on, key) = (editing.on.clone(), key.clone());
        Callback::from(move |draft: Option<YamlDraft>| on.emit(Act::Draft(key.clone(), draft)))
    };
    let on_text = {
        let (set_draft, now) = (set_draft.clone(), began.clone());
        let base = draft.as_ref().map_or_else(|| began.to_string(), |draft| draft.began.clone());
        Callback::from(move |text: String| {
            let draft = (text != *now).then(|| YamlDraft { began: base.clone(), text, merged: false });
            set_draft.emit(draft);
        })
    };
    let on_apply = {
        let (on, set_draft, rehearsed) = (editing.on.clone(), set_draft.clone(), rehearsed.clone());
        Callback::from(move |()| {
            if let Some(command) = rehearsed.command.clone().filter(|_| can_apply) {
                set_draft.emit(None);
                on.emit(Act::Command(command));
            }
        })
    };
    let keep = {
        let (set_draft, now, mine) = (set_draft.clone(), began.to_string(), shown.to_string());
        Callback::from(move |()| {
            set_draft.emit(Some(YamlDraft { began: now.clone(), text: mine.clone(), merged: false }));
        })
    };
    let discard = set_draft.reform(|()| None);
    let copy = {
        let (on, shown) = (editing.on.clone(), shown.clone());
        Callback::from(move |_: MouseEvent| copy_and_say(&shown, "The YAML", &on))
    };
    let pick = {
        let live = live.setter();
        move |event: Event| live.set(browser::value_of(&event) == "live")
    };
    let count = rehearsed.problems.iter().filter(|problem| problem.is_error()).count();
    html! {
        <div class="yaml-pane">
            <div class="pick">
                <label class="grow"><span class="sr">{ "Which text" }</span>
                    <select class="input" onchange={pick}>
                        <option value="written" selected={!*live}>{ if made_by_controller { "To change" } else { "As it was written" } }</option>
                        <option value="live" selected={*live}>{ "As the cluster holds it" }</option>
                    </select>
                </label>
                <button type="button" class="btn" title="Copy this text" aria-label="Copy this text" onclick={copy}>{ small_icon("i-copy") }</button>
            </div>
            <Editor text={shown.clone()} problems={rehearsed.problems.clone()} label={format!("YAML of {key}")}
                read_only={*live || editing.read_only} objects={editing.objects.clone()} {on_text} on_apply={on_apply.clone()} />
            if quarrels {
                <Quarrel what="object" mine={shown} now={began} on_keep={keep} on_take={discard.clone()} />
            } else if rehearsed.renamed {
                <p class="draft-note warn" role="status">{ "The text names another object: applying makes it and leaves this one as it is." }</p>
            } else if draft.as_ref().is_some_and(|draft| draft.merged) {
                <p class="draft-note" role="status">{ "The object changed meanwhile; the change is in your draft now." }</p>
            } else if draft.is_some() {
                <p class="draft-note">{ "Draft. The board still shows the applied object." }</p>
            } else if made_by_controller && !*live {
                <p class="draft-note">{ "A controller made this object. What you change here, it may change back." }</p>
            }
            if draft.is_some() {
                <div class="pane-foot"><div class="acts">
                    <button type="button" class="btn solid" disabled={!can_apply} title="Apply (Ctrl+Enter)" onclick={on_apply.reform(|_: MouseEvent| ())}>{ "Apply" }</button>
                    <button type="button" class="btn" onclick={discard.reform(|_: MouseEvent| ())}>{ "Discard draft" }</button>
                    <span class="grow"></span>
                    if count > 0 {
                        <span class="said">{ match count { 1 => "1 problem".to_owned(), more => format!("{more} problems") } }</span>
                    }
                </div></div>
            }
        </div>
    }
}

/// Reads a draft and tries it out.
fn rehearse(editing: &Editing, draft: &str) -> Rehearsed {
    let reading = text::read(draft, &editing.key.namespace);
    let renamed = reading.documents.iter().any(|document| document.key != editing.key);
    if reading.has_errors() || reading.documents.is_empty() {
        return Rehearsed { problems: Rc::new(reading.problems), command: None, renamed };
    }
    let command = Command::apply_text(&reading, draft, &editing.key.namespace);
    let refused = refusals::refusals(&reading, &editing.objects.rehearse(&command));
    let command = refused.is_empty().then_some(command);
    let problems = [reading.problems, refused].concat();
    Rehearsed { problems: Rc::new(problems), command, renamed }
}

/// An object of the cluster without what no author writes.
fn without_bookkeeping(mut value: Value) -> Value {
    if let Some(top) = value.as_object_mut() {
        top.shift_remove("status");
        if let Some(meta) = top.get_mut("metadata").and_then(Value::as_object_mut) {
            for given in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
                meta.shift_remove(given);
            }
        }
    }
    value
}
