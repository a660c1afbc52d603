//! The YAML tab: the object as its author wrote it, to change and apply.

use endpoint_playground::api::problem::Problem;
use endpoint_playground::api::text;
use endpoint_playground::session::Command;
use serde_json::Value;
use yew::prelude::*;

use super::field::Editing;
use super::{Editor, copy_and_say};
use crate::ui::act::Act;
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

/// The YAML tab.
#[component]
pub fn YamlTab(props: &YamlTabProps) -> Html {
    let editing = &props.editing;
    let live = use_state(|| false);
    let Some(object) = editing.objects.get(&editing.key) else { return Html::default() };
    let whole = object.live.to_value();
    let written = object.document.as_deref().cloned();
    let made_by_controller = written.is_none();
    let source = if *live { whole } else { written.unwrap_or_else(|| without_bookkeeping(whole)) };
    let began = text::write([&source]);
    let draft = props.draft.as_ref().filter(|_| !*live);
    let shown = draft.map_or_else(|| began.clone(), |draft| draft.text.clone());
    let reading = text::read(&shown, &editing.key.namespace);
    let mut problems = if draft.is_some() { reading.problems.clone() } else { Vec::new() };
    let command = Command::Apply {
        documents: reading.documents.iter().map(|document| document.value.clone()).collect(),
        namespace: editing.key.namespace.to_string(),
    };
    let broken = reading.has_errors() || reading.documents.is_empty();
    let refused = if draft.is_some() && !broken { editing.objects.refusal(&command) } else { None };
    if let Some(why) = &refused {
        problems.push(Problem::error(why.clone()));
    }
    let renamed = draft.is_some() && reading.documents.iter().any(|document| document.key != editing.key);
    let overtaken = draft.is_some_and(|draft| draft.began != began);
    let can_apply = draft.is_some() && !broken && refused.is_none() && !editing.read_only;
    let key = editing.key.clone();

    let on_text = {
        let (on, key, began) = (
            editing.on.clone(),
            key.clone(),
            draft.map_or_else(|| began.clone(), |draft| draft.began.clone()),
        );
        let present = text::write([&source]);
        Callback::from(move |text: String| {
            let draft = (text != present).then(|| YamlDraft { began: began.clone(), text });
            on.emit(Act::Draft(key.clone(), draft));
        })
    };
    let on_apply = {
        let (on, key) = (editing.on.clone(), key.clone());
        Callback::from(move |()| {
            if can_apply {
                on.emit(Act::Draft(key.clone(), None));
                on.emit(Act::Command(command.clone()));
            }
        })
    };
    let discard = {
        let (on, key) = (editing.on.clone(), key.clone());
        Callback::from(move |_: MouseEvent| on.emit(Act::Draft(key.clone(), None)))
    };
    let copy = {
        let (on, shown) = (editing.on.clone(), shown.clone());
        Callback::from(move |_: MouseEvent| copy_and_say(&shown, "The YAML", &on))
    };
    let count = problems.iter().filter(|problem| problem.is_error()).count();
    html! {
        <div class="yaml-pane">
            <div class="pick">
                <label class="grow"><span class="sr">{ "Which text" }</span>
                    <select class="input" onchange={let live = live.setter(); move |event: Event| live.set(crate::ui::browser::value_of(&event) == "live")}>
                        <option value="written" selected={!*live}>{ if made_by_controller { "To change" } else { "As it was written" } }</option>
                        <option value="live" selected={*live}>{ "As the cluster holds it" }</option>
                    </select>
                </label>
                <button type="button" class="btn" title="Copy this text" aria-label="Copy this text" onclick={copy}>{ small_icon("i-copy") }</button>
            </div>
            <Editor text={shown} {problems} label={format!("YAML of {}", editing.key)} read_only={*live || editing.read_only}
                {on_text} on_apply={on_apply.clone()} />
            if overtaken {
                <p class="draft-note warn" role="status">{ "The object has changed since you began. Applying your draft sets its fields again; discarding shows the new object." }</p>
            } else if renamed {
                <p class="draft-note warn" role="status">{ "The text names another object: applying makes it and leaves this one as it is." }</p>
            } else if draft.is_some() {
                <p class="draft-note">{ "Draft. The board still shows the applied object." }</p>
            } else if made_by_controller && !*live {
                <p class="draft-note">{ "A controller made this object. What you change here, it may change back." }</p>
            }
            if draft.is_some() {
                <div class="pane-foot"><div class="acts">
                    <button type="button" class="btn solid" disabled={!can_apply} title="Apply (Ctrl+Enter)" onclick={on_apply.reform(|_: MouseEvent| ())}>{ "Apply" }</button>
                    <button type="button" class="btn" onclick={discard}>{ "Discard draft" }</button>
                    <span class="grow"></span>
                    if count > 0 {
                        <span class="said">{ match count { 1 => "1 problem".to_owned(), more => format!("{more} problems") } }</span>
                    }
                </div></div>
            }
        </div>
    }
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
