//! The board as text: what its lines and marks say, in words, for whoever does not see them.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::explain::{OutlineItem, outline};
use yew::prelude::*;

use super::act::Act;
use super::events_model::Selection;
use super::moment::Objects;

/// The id of the text, for who wants to go there.
pub const ID: &str = "board-as-text";

/// How many objects of a kind are written out at once.
const SHOWN: usize = 200;

/// What the text needs.
#[derive(Properties, PartialEq)]
pub struct OutlineProps {
    /// The objects.
    pub objects: Objects,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The board as text. It is made anew whenever an object is written, as long as it is shown.
#[component]
pub fn BoardText(props: &OutlineProps) -> Html {
    let outline = outline(props.objects.cluster().store());
    let parts = [
        ("Ingresses", outline.ingresses),
        ("Gateways and HTTPRoutes", outline.routes),
        ("Services", outline.services),
        ("Pods", outline.pods),
        ("NetworkPolicies", outline.policies),
    ];
    html! {
        <div class="outline" id={ID} tabindex="-1">
            for (title, items) in parts {
                if !items.is_empty() {
                    <section>
                        <h3>{ format!("{title}, {}", items.len()) }</h3>
                        <ul>
                            for item in items.iter().take(SHOWN) { { object(item, &props.on) } }
                            if items.len() > SHOWN { <li class="none">{ format!("and {} more", items.len() - SHOWN) }</li> }
                        </ul>
                    </section>
                }
            }
        </div>
    }
}

/// The board as text, over the board of an embed.
#[component]
pub fn TextOver(props: &OutlineProps) -> Html {
    html! {
        <section class="text-over" aria-label="The board as text">
            <button type="button" class="btn out" onclick={props.on.reform(|_| Act::BoardText(false))}>{ "Back to the board" }</button>
            <BoardText objects={props.objects.clone()} on={props.on.clone()} />
        </section>
    }
}

fn object(item: &OutlineItem, on: &Callback<Act>) -> Html {
    html! {
        <li>
            { link(&item.key, on) }
            { format!(": {}", item.text) }
            if !item.lines.is_empty() {
                <ul>
                    for line in item.lines.iter() {
                        <li>
                            { format!("{} ", line.text) }
                            if let Some(to) = &line.to { { link(to, on) } }
                        </li>
                    }
                </ul>
            }
        </li>
    }
}

fn link(key: &ObjectKey, on: &Callback<Act>) -> Html {
    let select = {
        let (on, key) = (on.clone(), key.clone());
        move |_: MouseEvent| on.emit(Act::Select(Some(Selection::Object(key.clone()))))
    };
    html! {
        <button type="button" class="go-to" title={key.to_string()} onclick={select}>
            { format!("{} {}", key.kind, key.name) }
        </button>
    }
}
