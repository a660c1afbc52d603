//! The editor for YAML with what is wrong in its text: the bundled editor, or a plain one where that is missing.

use std::rc::Rc;

use endpoint_playground::api::problem::{Place, Problem};
use endpoint_playground::session::complete;
use serde_json::json;
use yew::prelude::*;

use super::plain_editor::{self, PlainEditor};
use crate::ui::browser::{self, CodeEditor, CodeHooks};
use crate::ui::moment::Objects;

/// How many problems are listed.
const MOST: usize = 50;

/// What the editor needs.
#[derive(Properties, PartialEq)]
pub struct EditorProps {
    /// The text.
    pub text: AttrValue,
    /// What is wrong with it.
    pub problems: Rc<Vec<Problem>>,
    /// What a screen reader says for it.
    pub label: AttrValue,
    /// Whether it can not be changed.
    #[prop_or_default]
    pub read_only: bool,
    /// Whether problems are listed below even where the text shows them: for long texts.
    #[prop_or_default]
    pub list: bool,
    /// What to bring into view, when it becomes another.
    #[prop_or_default]
    pub reveal: Option<Place>,
    /// What is in use on the board, to propose.
    pub objects: Objects,
    /// Another text.
    pub on_text: Callback<String>,
    /// Ctrl+Enter.
    pub on_apply: Callback<()>,
}

/// The newest callbacks, for an editor that was made with older ones.
#[derive(Clone)]
struct Newest {
    on_text: Callback<String>,
    on_apply: Callback<()>,
    objects: Objects,
}

/// The editor, and below it the problems that the text does not show.
#[component]
pub fn Editor(props: &EditorProps) -> Html {
    let loaded = use_state(browser::code_editor_is_loaded);
    {
        let loaded = loaded.setter();
        use_effect_with((), move |()| {
            if browser::code_editor_is_loaded().is_none() {
                browser::load_code_editor(Callback::from(move |it| loaded.set(Some(it))));
            }
        });
    }
    let newest = use_mut_ref(|| None::<Newest>);
    *newest.borrow_mut() = Some(Newest {
        on_text: props.on_text.clone(),
        on_apply: props.on_apply.clone(),
        objects: props.objects.clone(),
    });
    let (host, area) = (use_node_ref(), use_node_ref());
    let code = use_mut_ref(|| None::<CodeEditor>);
    {
        let (code, host, newest) = (code.clone(), host.clone(), newest.clone());
        let (label, text, read_only) = (props.label.clone(), props.text.clone(), props.read_only);
        use_effect_with(*loaded, move |loaded| {
            if *loaded == Some(true) {
                let hooks = hooks(newest);
                *code.borrow_mut() = CodeEditor::create(&host, &label, &text, read_only, hooks);
            }
            move || *code.borrow_mut() = None
        });
    }
    {
        let code = code.clone();
        let told = (*loaded, props.text.clone(), props.problems.clone());
        use_effect_with(told, move |(_, text, problems)| {
            if let Some(code) = &*code.borrow() {
                code.set_text(text);
                code.set_problems(&as_json(problems));
            }
        });
    }
    {
        let code = code.clone();
        use_effect_with((props.read_only, props.label.clone()), move |(read_only, label)| {
            if let Some(code) = &*code.borrow() {
                code.set_read_only(*read_only);
                code.set_label(label);
            }
        });
    }
    let show = {
        let (code, area, text) = (code.clone(), area.clone(), props.text.clone());
        Callback::from(move |(place, focus): (Place, bool)| match &*code.borrow() {
            Some(code) => {
                code.reveal((place.line, place.column), (place.end_line, place.end_column), focus);
            }
            None if focus => plain_editor::reveal(&area, &text, place),
            None => {}
        })
    };
    {
        let show = show.clone();
        use_effect_with((props.reveal, *loaded), move |(place, _)| {
            if let Some(place) = place {
                show.emit((*place, false));
            }
        });
    }
    let is_plain = *loaded == Some(false);
    let listed: Vec<&Problem> = props
        .problems
        .iter()
        .filter(|problem| is_plain || props.list || problem.place.is_none())
        .take(MOST)
        .collect();
    html! {
        <>
            if is_plain {
                <PlainEditor text={props.text.clone()} problems={props.problems.clone()} label={props.label.clone()}
                    read_only={props.read_only} {area} on_text={props.on_text.clone()} on_apply={props.on_apply.clone()} />
            } else {
                <div class="editor code" ref={host} aria-busy={loaded.is_none().to_string()}></div>
            }
            if !listed.is_empty() {
                <div class="problems" role="group" aria-label="Problems">
                    for problem in listed { { problem_line(problem, &show) } }
                </div>
            }
            <p class="sr" role="status">{ summary(&props.problems) }</p>
        </>
    }
}

fn hooks(newest: Rc<std::cell::RefCell<Option<Newest>>>) -> CodeHooks {
    let now = {
        let newest = newest.clone();
        move || newest.borrow().clone()
    };
    let (for_text, for_apply, for_complete) = (now.clone(), now.clone(), now);
    CodeHooks {
        on_text: Callback::from(move |text: String| {
            if let Some(now) = for_text() {
                now.on_text.emit(text);
            }
        }),
        on_apply: Callback::from(move |()| {
            if let Some(now) = for_apply() {
                now.on_apply.emit(());
            }
        }),
        complete: Rc::new(move |text, line, column| {
            let choices = for_complete()
                .and_then(|now| complete::complete(now.objects.cluster().store(), text, line, column));
            choices.and_then(|choices| serde_json::to_string(&choices).ok()).unwrap_or_default()
        }),
    }
}

/// Problems as the bundled editor takes them.
fn as_json(problems: &[Problem]) -> String {
    let all: Vec<serde_json::Value> = problems
        .iter()
        .filter_map(|problem| {
            let place = problem.place?;
            Some(json!({
                "line": place.line, "column": place.column,
                "endLine": place.end_line, "endColumn": place.end_column,
                "severity": if problem.is_error() { "error" } else { "warning" },
                "at": place_words(problem), "message": problem.message,
                "hint": problem.hint, "instead": problem.instead,
            }))
        })
        .collect();
    serde_json::Value::Array(all).to_string()
}

fn place_words(problem: &Problem) -> String {
    match problem.place {
        Some(place) => format!("line {}, column {}", place.line, place.column),
        None => problem.path.clone().unwrap_or_default(),
    }
}

/// What a screen reader says when the problems become others.
fn summary(problems: &[Problem]) -> String {
    let Some(first) = problems.first() else { return String::new() };
    let count = match problems.len() {
        1 => "1 problem".to_owned(),
        more => format!("{more} problems, the first"),
    };
    format!("{count}: {} {}", place_words(first), first.message)
}

fn problem_line(problem: &Problem, show: &Callback<(Place, bool)>) -> Html {
    let onclick = {
        let (show, place) = (show.clone(), problem.place);
        Callback::from(move |_: MouseEvent| {
            if let Some(place) = place {
                show.emit((place, true));
            }
        })
    };
    html! {
        <button type="button" class={classes!("problem", (!problem.is_error()).then_some("warn"))} {onclick}>
            <span class="at">{ place_words(problem) }</span>
            <code>{ &problem.message }</code>
            if let Some(hint) = &problem.hint { <span class="hint">{ hint }</span> }
        </button>
    }
}
