//! Pairs of key and value: labels, selectors, annotations.

use endpoint_playground::api::Path;
use endpoint_playground::api::patch::Edit;
use serde_json::Value;
use yew::prelude::*;

use super::field::{Editing, Said, remove, set};
use crate::ui::browser;
use crate::ui::icons::small_icon;

/// What a list of pairs needs.
#[derive(Properties, PartialEq)]
pub struct PairsProps {
    /// What it edits.
    pub editing: Editing,
    /// Where the map stands.
    pub at: Path,
    /// What it is called: `Labels`.
    pub label: AttrValue,
    /// What one pair is called: `label`.
    pub one: AttrValue,
    /// The map.
    pub value: Option<Value>,
    /// Keys that the form shows elsewhere.
    #[prop_or_default]
    pub hidden: Vec<&'static str>,
    /// A sentence below.
    #[prop_or_default]
    pub hint: AttrValue,
    /// A word of trouble or praise for each key, such as what a Pod has instead.
    #[prop_or_default]
    pub notes: Vec<(String, String)>,
}

/// A list of pairs.
#[component]
pub fn Pairs(props: &PairsProps) -> Html {
    let pairs: Vec<(String, String)> = props
        .value
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(key, _)| !props.hidden.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let adding = use_state(|| false);
    {
        let adding = adding.setter();
        use_effect_with((pairs.len(), props.editing.key.clone()), move |_| adding.set(false));
    }
    let note = |key: &str| props.notes.iter().find(|(noted, _)| noted == key).map(|(_, note)| note.clone());
    html! {
        <fieldset>
            <legend>{ &props.label }</legend>
            <div class="pairs">
                for (key, value) in pairs.iter() {
                    <Pair key={key.clone()} editing={props.editing.clone()} at={props.at.clone()} one={props.one.clone()}
                        name={key.clone()} value={value.clone()} note={note(key)} />
                }
                if *adding {
                    <Pair key="" editing={props.editing.clone()} at={props.at.clone()} one={props.one.clone()} name="" value="" note={None::<String>} />
                }
            </div>
            if pairs.is_empty() && !*adding { <p class="hint">{ "None." }</p> }
            if !props.hint.is_empty() { <p class="hint">{ &props.hint }</p> }
            if !props.editing.read_only && !*adding {
                <button type="button" class="btn add-row" onclick={let adding = adding.setter(); move |_| adding.set(true)}>
                    { small_icon("i-plus") }{ format!("Add a {}", props.one) }</button>
            }
        </fieldset>
    }
}

#[derive(Properties, PartialEq)]
struct PairProps {
    editing: Editing,
    at: Path,
    one: AttrValue,
    /// Empty for a new pair.
    name: AttrValue,
    value: AttrValue,
    note: Option<String>,
}

#[component]
fn Pair(props: &PairProps) -> Html {
    let draft = use_state(|| None::<(String, String)>);
    let said = use_state(|| None::<String>);
    let value_field = use_node_ref();
    let first = use_node_ref();
    {
        let (draft, said) = (draft.setter(), said.setter());
        use_effect_with((props.name.clone(), props.value.clone()), move |_| {
            draft.set(None);
            said.set(None);
        });
    }
    {
        let (first, new) = (first.clone(), props.name.is_empty());
        use_effect_with((), move |()| {
            if new {
                browser::focus(&first);
            }
        });
    }
    let (name, value) = (*draft).clone().unwrap_or_else(|| (props.name.to_string(), props.value.to_string()));
    let change = {
        let (draft, said, editing, at, old) =
            (draft.setter(), said.setter(), props.editing.clone(), props.at.clone(), props.name.clone());
        move |name: String, value: String| {
            let edits = edits(&at, &old, &name, &value);
            said.set(if name.is_empty() { None } else { editing.refusal_of(&edits) });
            draft.set(Some((name, value)));
        }
    };
    let on_name = {
        let (change, value) = (change.clone(), value.clone());
        Callback::from(move |event: InputEvent| {
            change(browser::value_of(&event).trim().to_owned(), value.clone())
        })
    };
    let on_value = {
        let (change, name) = (change, name.clone());
        Callback::from(move |event: InputEvent| {
            change(name.clone(), browser::value_of(&event).trim().to_owned())
        })
    };
    let commit = {
        let (editing, at, old, said) =
            (props.editing.clone(), props.at.clone(), props.name.clone(), said.setter());
        let (name, value, is_draft) = (name.clone(), value.clone(), draft.is_some());
        Callback::from(move |()| {
            if !is_draft || name.is_empty() {
                return;
            }
            let edits = edits(&at, &old, &name, &value);
            match editing.refusal_of(&edits) {
                Some(why) => said.set(Some(why)),
                None => editing.emit(edits),
            }
        })
    };
    // A new pair waits for its value; an old one is changed at once.
    let on_name_change = {
        let (commit, value_field, new) = (commit.clone(), value_field.clone(), props.name.is_empty());
        Callback::from(move |_: Event| if new { browser::focus(&value_field) } else { commit.emit(()) })
    };
    let onkeydown = {
        let (commit, is_draft, draft, said) =
            (commit.clone(), draft.is_some(), draft.setter(), said.setter());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => commit.emit(()),
            "Escape" if is_draft => {
                event.stop_propagation();
                draft.set(None);
                said.set(None);
            }
            _ => {}
        })
    };
    let invalid = said.is_some().then_some("true");
    let gone = {
        let (editing, at) = (props.editing.clone(), props.at.field(props.name.to_string()));
        move |_| editing.emit(vec![remove(&at)])
    };
    html! {
        <div class="pair" {onkeydown}>
            <input ref={first} class="input mono" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-label={format!("Key of the {}", props.one)} placeholder="key" aria-invalid={invalid}
                list={format!("keys-{}", props.at)} disabled={props.editing.read_only} value={name.clone()} oninput={on_name} onchange={on_name_change} />
            <span class="eq" aria-hidden="true">{ "=" }</span>
            <input ref={value_field} class="input mono" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-label={format!("Value of {name}")} placeholder="value" aria-invalid={invalid}
                disabled={props.editing.read_only} {value} oninput={on_value} onchange={commit.reform(|_: Event| ())} />
            if props.name.is_empty() {
                <span></span>
            } else {
                <button type="button" class="btn" title={format!("Remove {}", props.name)} aria-label={format!("Remove {}", props.name)}
                    disabled={props.editing.read_only} onclick={gone}>{ small_icon("i-x") }</button>
            }
            if let Some(why) = &*said {
                <Said why={why.clone()} />
            } else if let Some(note) = &props.note {
                <p class="said warn">{ note }</p>
            }
        </div>
    }
}

/// Sets a pair; under another name the old one goes.
fn edits(at: &Path, old: &str, name: &str, value: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    if !old.is_empty() && old != name {
        edits.push(remove(&at.field(old)));
    }
    edits.push(set(&at.field(name), value));
    edits
}
