//! What becomes of a text that is being written when what it began from changes: both changes come together where they
//! can, and where they can not both are shown to choose from.

use endpoint_playground::api::text::line_diff::{DiffLine, Part, Tag};
use endpoint_playground::api::text::{self, line_diff};
use yew::prelude::*;

use crate::ui::state::YamlDraft;

/// How a draft stands to what it began from.
#[derive(Clone, PartialEq, Debug)]
pub enum Standing {
    /// Nothing changed meanwhile.
    Fresh,
    /// Something changed, and this is the draft with the change in it; `None` when nothing of the draft is left to do.
    Merged(Option<YamlDraft>),
    /// Both changed the same lines.
    Quarrel,
}

/// How `draft` stands to the text as it is `now`.
pub fn standing(draft: &YamlDraft, now: &str) -> Standing {
    if draft.began == now {
        return Standing::Fresh;
    }
    // Two changes that are good alone can make a text together that can not be read.
    let is_broken = |text: &str| text::read(text, "default").has_errors();
    match text::merge(&draft.began, &draft.text, now) {
        Some(merged) if !is_broken(&merged) || is_broken(&draft.text) => {
            let is_left = merged != now;
            Standing::Merged(is_left.then(|| YamlDraft { began: now.to_owned(), text: merged, merged: true }))
        }
        _ => Standing::Quarrel,
    }
}

/// What the choice needs.
#[derive(Properties, PartialEq)]
pub struct QuarrelProps {
    /// What changed: `the object`, `the board`.
    pub what: AttrValue,
    /// The text being written.
    pub mine: AttrValue,
    /// The text as it is now.
    pub now: AttrValue,
    /// Keeps the text being written.
    pub on_keep: Callback<()>,
    /// Takes the text as it is now.
    pub on_take: Callback<()>,
}

/// The two texts where they differ, and the choice.
#[component]
pub fn Quarrel(props: &QuarrelProps) -> Html {
    let parts = line_diff(&props.now, &props.mine, 1);
    html! {
        <div class="quarrel" role="group" aria-label={format!("{} and your text differ", props.what)}>
            <p class="draft-note warn" role="status">{ format!(
                "The {} has changed since you began, in lines that you changed too.", props.what) }</p>
            <div class="diff" tabindex="0" role="group" aria-label="Where they differ">
                for part in parts.iter() { { match part {
                    Part::Skipped(count) => html! { <div class="h">{ format!("{count} lines are alike") }</div> },
                    Part::Line(line) => diff_line(line),
                } } }
            </div>
            <div class="acts">
                <button type="button" class="btn out" onclick={props.on_keep.reform(|_| ())}>{ "Keep my text (+)" }</button>
                <button type="button" class="btn out" onclick={props.on_take.reform(|_| ())}>{ format!("Take the {}'s (-)", props.what) }</button>
            </div>
        </div>
    }
}

fn diff_line(line: &DiffLine) -> Html {
    let (class, sign, word) = match line.tag {
        Tag::Same => ("", "  ", ""),
        Tag::Removed => ("del", "- ", "now: "),
        Tag::Added => ("add", "+ ", "yours: "),
    };
    html! {
        <div {class}><span aria-hidden="true">{ sign }</span><span class="sr">{ word }</span>{ &line.before }
            if line.changed.is_empty() { { "" } } else { <b>{ &line.changed }</b> }
            { &line.after }</div>
    }
}
