//! Import: paste or open YAML, see what is wrong with it, put it on the board, see what becomes of each object.

use std::rc::Rc;

use endpoint_playground::api::{Problem, text};
use endpoint_playground::session::{Command, Fate, ObjectFate, refusals};
use yew::prelude::*;

use super::Frame;
use crate::ui::act::Act;
use crate::ui::browser::{self, Reading};
use crate::ui::fates::fate_list;
use crate::ui::icons::small_icon;
use crate::ui::inspector::Editor;
use crate::ui::moment::Objects;

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub struct ImportProps {
    /// The objects, to rehearse on.
    pub objects: Objects,
    /// A text to begin with.
    pub pasted: AttrValue,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// What a text would do.
struct Tried {
    count: usize,
    command: Command,
    fates: Vec<ObjectFate>,
    problems: Rc<Vec<Problem>>,
}

impl Tried {
    fn new(text: &str, namespace: &str, objects: &Objects) -> Tried {
        let reading = text::read(text, namespace);
        let command = Command::apply_text(&reading, text, namespace);
        let fates = objects.rehearse(&command);
        let refused = refusals::refusals(&reading, &fates);
        let count = reading.documents.len();
        Tried { count, command, fates, problems: Rc::new([reading.problems, refused].concat()) }
    }
}

/// The dialog.
#[component]
pub fn Import(props: &ImportProps) -> Html {
    let content = use_state(|| props.pasted.to_string());
    let namespace = use_state(|| "default".to_owned());
    let failure = use_state(|| None::<String>);
    let picker = use_node_ref();
    let readings = use_mut_ref(Vec::<Reading>::new);

    let got = {
        let (content, failure) = (content.clone(), failure.setter());
        Callback::from(move |result: Result<(String, String), String>| match result {
            Ok((_, text)) => content.set(join(&content, &text)),
            Err(why) => failure.set(Some(why)),
        })
    };
    let onchange = {
        let (readings, got) = (readings.clone(), got.clone());
        Callback::from(move |event: Event| readings.borrow_mut().extend(browser::read_files(&event, &got)))
    };
    let ondrop = {
        let (readings, got) = (readings.clone(), got.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            readings.borrow_mut().extend(browser::read_dropped(&event, &got));
        })
    };
    let written = ((*content).clone(), (*namespace).clone(), props.objects.clone());
    let tried = use_memo(written, |(content, namespace, objects)| Tried::new(content, namespace, objects));
    let (fates, command) = (&tried.fates, &tried.command);
    let count = tried.count;
    let accepted = fates.iter().filter(|fate| !matches!(fate.fate, Fate::Rejected(_))).count();
    let apply = {
        let (on, command) = (props.on.clone(), command.clone());
        Callback::from(move |()| {
            if accepted > 0 {
                on.emit(Act::Dialog(None));
                on.emit(Act::Command(command.clone()));
            }
        })
    };
    let label = match (accepted, count) {
        (_, 0) => "Apply".to_owned(),
        (1, 1) => "Apply 1 object".to_owned(),
        (all, same) if all == same => format!("Apply {all} objects"),
        (some, all) => format!("Apply {some} of {all} objects"),
    };
    let buttons = html! {
        <>
            <button type="button" class="btn solid" disabled={accepted == 0}
                onclick={apply.reform(|_: MouseEvent| ())}>{ label }</button>
            <button type="button" class="btn" onclick={props.on.reform(|_| Act::Dialog(None))}>{ "Cancel" }</button>
        </>
    };
    let pick = {
        let picker = picker.clone();
        move |_: MouseEvent| browser::press(&picker)
    };
    let on_namespace = {
        let namespace = namespace.setter();
        move |event: InputEvent| namespace.set(browser::value_of(&event).trim().to_owned())
    };
    let on_text = {
        let content = content.setter();
        Callback::from(move |text: String| content.set(text))
    };
    html! {
        <Frame title="Import YAML" wide=true on={props.on.clone()} {buttons}>
            <p class="body">{ "Paste manifests, or what " }
                <code class="mono">{ "kubectl get pods,svc,endpointslices,ingress,nodes -A -o yaml" }</code>
                { " prints. It stays in this browser." }</p>
            <div class="import-bar">
                <button type="button" class="btn out" onclick={pick}>{ small_icon("i-file") }{ "Open files" }</button>
                <input ref={picker} class="sr" type="file" tabindex="-1" aria-hidden="true" multiple=true
                    accept=".yaml,.yml,.json,text/*,application/json" {onchange} />
                <span class="hint">{ "or drop them below" }</span>
                <span class="grow"></span>
                <label class="line-inline">{ "Namespace where none is named" }
                    <input class="input mono" type="text" value={(*namespace).clone()} oninput={on_namespace} /></label>
            </div>
            if let Some(why) = &*failure { <p class="said">{ why }</p> }
            <div class="import-editor" {ondrop} ondragover={|event: DragEvent| event.prevent_default()}>
                <Editor text={(*content).clone()} problems={tried.problems.clone()} label="YAML to import" list=true
                    objects={props.objects.clone()} {on_text} on_apply={apply} />
            </div>
            { fate_list(fates) }
        </Frame>
    }
}

/// What a text adds to another, as one more document.
fn join(before: &str, text: &str) -> String {
    if before.trim().is_empty() { text.to_owned() } else { format!("{}\n---\n{text}", before.trim_end()) }
}
