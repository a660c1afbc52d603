//! What becomes of each object of a command, as a list.

use endpoint_playground::session::ObjectFate;
use yew::prelude::*;

use super::icons::mark;
use super::moment::refusal;

/// How many objects are listed.
const MOST: usize = 200;

/// What becomes of each object; nothing for none.
pub fn fate_list(fates: &[ObjectFate]) -> Html {
    if fates.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="fates" aria-label="What becomes of each object">
            for fate in fates.iter().take(MOST) { { line(fate) } }
            if fates.len() > MOST { <li class="hint">{ format!("and {} more", fates.len() - MOST) }</li> }
        </ul>
    }
}

fn line(fate: &ObjectFate) -> Html {
    let why = refusal(fate);
    html! {
        <li class={why.is_some().then_some("bad")}>
            { mark(if why.is_some() { "r-fail" } else { "r-ready" }, fate.fate.word()) }
            <span class="grow">{ fate.key.to_string() }{ " " }<span class="muted">{ fate.fate.word() }</span>
                if let Some(why) = why { <span class="said">{ why }</span> }
            </span>
        </li>
    }
}
