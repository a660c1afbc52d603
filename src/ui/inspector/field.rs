//! Fields of the forms: each change is one edit of the object, rehearsed while it is typed, refused in the API
//! server's words.

use endpoint_playground::api::patch::Edit;
use endpoint_playground::api::{ObjectKey, Path};
use endpoint_playground::session::Command;
use serde_json::Value;
use yew::prelude::*;

use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::{mark, small_icon};
use crate::ui::moment::Objects;

/// The object that a form edits, and whom it tells.
#[derive(Clone, PartialEq)]
pub struct Editing {
    /// The object.
    pub key: ObjectKey,
    /// All objects, to rehearse on.
    pub objects: Objects,
    /// What was asked for.
    pub on: Callback<Act>,
    /// Whether nothing can be changed.
    pub read_only: bool,
}

impl Editing {
    /// The object as the API server holds it; null when it is not there.
    pub fn value(&self) -> Value {
        self.objects.get(&self.key).map_or(Value::Null, |object| object.live.to_value())
    }

    fn command(&self, edits: Vec<Edit>) -> Command {
        Command::Edit { key: self.key.clone(), edits }
    }

    /// Why edits would be refused.
    pub fn refusal_of(&self, edits: &[Edit]) -> Option<String> {
        self.objects.refusal(&self.command(edits.to_vec()))
    }

    /// Does an edit, past rehearsal.
    pub fn emit(&self, edits: Vec<Edit>) {
        self.on.emit(Act::Command(self.command(edits)));
    }
}

/// A path from its text; the texts are the forms' own.
pub fn path(text: &str) -> Path {
    Path::parse(text).unwrap_or_default()
}

/// An edit that sets a value.
pub fn set(at: &Path, value: impl Into<Value>) -> Edit {
    Edit { path: at.clone(), value: Some(value.into()) }
}

/// An edit that takes a field away.
pub fn remove(at: &Path) -> Edit {
    Edit { path: at.clone(), value: None }
}

/// How the text of a field becomes a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// A string; an empty one takes the field away.
    #[default]
    Text,
    /// A number; what is no number is sent as a string, so that the API server says what it thinks of it.
    Number,
    /// A port: a number, or a name.
    Port,
}

impl Sort {
    fn edit(self, at: &Path, text: &str) -> Edit {
        let text = text.trim();
        match self {
            _ if text.is_empty() => remove(at),
            Sort::Text => set(at, text),
            Sort::Number | Sort::Port => match text.parse::<i64>() {
                Ok(number) => set(at, number),
                Err(_) => set(at, text),
            },
        }
    }
}

/// The text of a value in a field.
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// What a field needs.
#[derive(Properties, PartialEq)]
pub struct FieldProps {
    /// What it edits.
    pub editing: Editing,
    /// Where in the object.
    pub at: Path,
    /// What it is called.
    pub label: AttrValue,
    /// The value.
    pub value: AttrValue,
    /// How the text becomes a value.
    #[prop_or_default]
    pub sort: Sort,
    /// The choices: value and what it says. None for free text.
    #[prop_or_default]
    pub choices: Vec<(AttrValue, AttrValue)>,
    /// A sentence below.
    #[prop_or_default]
    pub hint: AttrValue,
    /// What stands in it while it is empty.
    #[prop_or_default]
    pub placeholder: AttrValue,
    /// Whether the name is left out, in a table.
    #[prop_or_default]
    pub bare: bool,
}

/// A text field or a choice.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    let draft = use_state(|| None::<String>);
    let said = use_state(|| None::<String>);
    {
        let (draft, said) = (draft.setter(), said.setter());
        use_effect_with((props.value.clone(), props.at.clone(), props.editing.key.clone()), move |_| {
            draft.set(None);
            said.set(None);
        });
    }
    let edit = {
        let (sort, at) = (props.sort, props.at.clone());
        move |text: &str| sort.edit(&at, text)
    };
    let oninput = {
        let (draft, said, editing, edit) =
            (draft.setter(), said.setter(), props.editing.clone(), edit.clone());
        Callback::from(move |event: InputEvent| {
            let text = browser::value_of(&event);
            said.set(editing.refusal_of(&[edit(&text)]));
            draft.set(Some(text));
        })
    };
    let onchange = {
        let (editing, edit, said, draft) =
            (props.editing.clone(), edit.clone(), said.setter(), draft.setter());
        let old = props.value.clone();
        Callback::from(move |event: Event| {
            let text = browser::value_of(&event);
            if text == *old {
                draft.set(None);
                return;
            }
            let edit = edit(&text);
            match editing.refusal_of(std::slice::from_ref(&edit)) {
                Some(why) => {
                    draft.set(Some(text));
                    said.set(Some(why));
                }
                None => editing.emit(vec![edit]),
            }
        })
    };
    let onkeydown = {
        let (draft, said, is_draft) = (draft.setter(), said.setter(), draft.is_some());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && is_draft {
                event.stop_propagation();
                draft.set(None);
                said.set(None);
            }
        })
    };
    let text = draft.as_ref().map_or_else(|| props.value.to_string(), String::clone);
    let id = format!("field-{}", props.at);
    let invalid = said.is_some().then_some("true");
    let described = said.is_some().then(|| format!("{id}-said"));
    let control = if props.choices.is_empty() {
        html! {
            <input class="input mono" id={id.clone()} type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                inputmode={(props.sort == Sort::Number).then_some("numeric")}
                aria-label={props.bare.then(|| props.label.clone())} aria-invalid={invalid} aria-describedby={described}
                placeholder={props.placeholder.clone()} disabled={props.editing.read_only} value={text} {oninput} {onchange} {onkeydown} />
        }
    } else {
        html! {
            <select class="input" id={id.clone()} aria-label={props.bare.then(|| props.label.clone())} aria-invalid={invalid}
                aria-describedby={described} disabled={props.editing.read_only} {onchange}>
                if !props.choices.iter().any(|(value, _)| *value == props.value) {
                    <option value={props.value.clone()} selected=true>{ &props.value }</option>
                }
                for (value, label) in props.choices.iter() {
                    <option value={value.clone()} selected={*value == props.value}>{ label }</option>
                }
            </select>
        }
    };
    let message = said.as_ref().map(|why| html! { <Said id={format!("{id}-said")} why={why.clone()} /> });
    if props.bare {
        return html! { <>{ control }{ message }</> };
    }
    html! {
        <div class="line">
            <label for={id}>{ &props.label }</label>
            { control }
            { message }
            if !props.hint.is_empty() && said.is_none() { <p class="hint">{ &props.hint }</p> }
        </div>
    }
}

/// What a refusal needs.
#[derive(Properties, PartialEq)]
pub struct SaidProps {
    /// The id, for `aria-describedby`.
    #[prop_or_default]
    pub id: AttrValue,
    /// Why.
    pub why: AttrValue,
}

/// Why an edit is refused, in the API server's words.
#[component]
pub fn Said(props: &SaidProps) -> Html {
    html! { <p class="said" id={props.id.clone()} role="alert">{ mark("r-fail", "refused") }<span>{ &props.why }</span></p> }
}

/// What a row that can not be edited needs.
#[derive(Properties, PartialEq)]
pub struct FixedProps {
    /// What it is called.
    pub label: AttrValue,
    /// The value; a dash stands for an empty one.
    pub value: AttrValue,
}

/// A value that can not be edited.
#[component]
pub fn Fixed(props: &FixedProps) -> Html {
    let value = if props.value.is_empty() { AttrValue::Static("-") } else { props.value.clone() };
    html! { <div class="line"><span class="name">{ &props.label }</span><span class="value">{ value }</span></div> }
}

/// What a switch needs.
#[derive(Properties, PartialEq)]
pub struct SwitchProps {
    /// What it edits.
    pub editing: Editing,
    /// What it says.
    pub label: AttrValue,
    /// Whether it is on.
    pub on: bool,
    /// What turning it on does.
    pub to_on: Vec<Edit>,
    /// What turning it off does.
    pub to_off: Vec<Edit>,
    /// A sentence below.
    #[prop_or_default]
    pub hint: AttrValue,
}

/// A switch.
#[component]
pub fn Switch(props: &SwitchProps) -> Html {
    let said = use_state(|| None::<String>);
    let onchange = {
        let (editing, said) = (props.editing.clone(), said.setter());
        let (to_on, to_off) = (props.to_on.clone(), props.to_off.clone());
        Callback::from(move |event: Event| {
            let edits = if browser::is_checked(&event) { to_on.clone() } else { to_off.clone() };
            let why = editing.refusal_of(&edits);
            if why.is_none() {
                editing.emit(edits);
            }
            said.set(why);
        })
    };
    html! {
        <div>
            <label class="switch">
                <input type="checkbox" role="switch" checked={props.on} disabled={props.editing.read_only} {onchange} />
                { &props.label }
            </label>
            if let Some(why) = &*said { <Said why={why.clone()} /> }
            if !props.hint.is_empty() { <p class="hint">{ &props.hint }</p> }
        </div>
    }
}

/// A button of a table row that takes it away.
pub fn remove_button(editing: &Editing, what: String, edits: Vec<Edit>) -> Html {
    let editing_there = editing.clone();
    html! {
        <button type="button" class="btn" title={what.clone()} aria-label={what} disabled={editing.read_only}
            onclick={move |_| editing_there.emit(edits.clone())}>{ small_icon("i-x") }</button>
    }
}

/// A button below a table that adds a row.
pub fn add_button(editing: &Editing, what: &'static str, edits: Vec<Edit>) -> Html {
    if editing.read_only {
        return Html::default();
    }
    let editing = editing.clone();
    html! {
        <button type="button" class="btn add-row" onclick={move |_| editing.emit(edits.clone())}>{ small_icon("i-plus") }{ what }</button>
    }
}
