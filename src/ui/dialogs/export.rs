//! Export: the board as YAML.

use endpoint_playground::api::text;
use serde_json::Value;
use yew::prelude::*;

use super::Frame;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::inspector::copy_and_say;
use crate::ui::moment::Objects;

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub struct ExportProps {
    /// The objects.
    pub objects: Objects,
    /// What people wrote, as the session exports it.
    pub written: AttrValue,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The dialog.
#[component]
pub fn Export(props: &ExportProps) -> Html {
    let whole = use_state(|| false);
    let yaml =
        use_memo((*whole, props.objects.clone(), props.written.clone()), |(whole, objects, written)| {
            if *whole { everything(objects) } else { own(written) }
        });
    let copy = {
        let (yaml, on) = (yaml.clone(), props.on.clone());
        move |_: MouseEvent| copy_and_say(&yaml, "The YAML", &on)
    };
    let save = {
        let yaml = yaml.clone();
        move |_: MouseEvent| browser::save_file("board.yaml", "application/yaml", &yaml)
    };
    let on_whole = {
        let whole = whole.setter();
        move |event: Event| whole.set(browser::is_checked(&event))
    };
    let buttons = html! {
        <>
            <button type="button" class="btn solid" onclick={copy}>{ small_icon("i-copy") }{ "Copy" }</button>
            <button type="button" class="btn out" onclick={save}>{ small_icon("i-save") }{ "Save as a file" }</button>
        </>
    };
    html! {
        <Frame title="Export YAML" wide=true on={props.on.clone()} {buttons}>
            <label class="switch">
                <input type="checkbox" role="switch" checked={*whole} onchange={on_whole} />
                { "With what controllers made, and with status" }
            </label>
            <p class="hint">{ if *whole {
                "Everything as the cluster holds it, as kubectl get -o yaml prints it."
            } else {
                "What you wrote, with every field that you wrote, ready for kubectl apply -f."
            } }</p>
            <textarea class="input mono export-text" readonly=true aria-label="The board as YAML" wrap="off"
                value={(*yaml).clone()} />
        </Frame>
    }
}

fn everything(objects: &Objects) -> String {
    let values: Vec<Value> =
        objects.cluster().store().objects().map(|object| object.live.to_value()).collect();
    text::write(&values)
}

fn own(written: &str) -> String {
    if written.is_empty() {
        return "# Nothing on this board was written by you yet.\n".to_owned();
    }
    written.to_owned()
}
