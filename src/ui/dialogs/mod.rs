//! Dialogs over the page. The browser's own `<dialog>` keeps the focus inside and closes on Escape.

mod cluster;
mod export;
mod import;
mod legend;
mod picture;
mod share;

use yew::prelude::*;

use super::act::{Act, Dialog};
use super::browser;
use super::icons::icon;
use super::keys;
use super::moment::Objects;
pub use picture::Drawable;

/// What the dialogs need.
#[derive(Properties, PartialEq)]
pub struct DialogsProps {
    /// The one that is open.
    pub open: Option<Dialog>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// The objects.
    pub objects: Objects,
    /// The board as the text of a fragment; made when the dialog for sharing opens.
    pub link: AttrValue,
    /// What people wrote on the board, as YAML; made when the dialog for exporting opens.
    pub written: AttrValue,
    /// What can be drawn; made when the dialog for pictures opens.
    pub drawable: Option<Drawable>,
    /// A text that the import dialog begins with.
    pub pasted: AttrValue,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The open dialog, if one is open.
#[component]
pub fn Dialogs(props: &DialogsProps) -> Html {
    let on = props.on.clone();
    match props.open {
        None | Some(Dialog::Palette) => Html::default(),
        Some(Dialog::Import) => {
            html! { <import::Import objects={props.objects.clone()} pasted={props.pasted.clone()} {on} /> }
        }
        Some(Dialog::Export) => {
            html! { <export::Export objects={props.objects.clone()} written={props.written.clone()} {on} /> }
        }
        Some(Dialog::Share) => html! { <share::Share link={props.link.clone()} {on} /> },
        Some(Dialog::Picture) => match &props.drawable {
            Some(drawable) => html! { <picture::Picture drawable={drawable.clone()} {on} /> },
            None => Html::default(),
        },
        Some(Dialog::Legend) => html! { <legend::Legend {on} /> },
        Some(Dialog::Cluster) => {
            html! { <cluster::ClusterSettings objects={props.objects.clone()} read_only={props.read_only} {on} /> }
        }
        Some(Dialog::Help) => html! { <Help {on} /> },
    }
}

/// What the frame of a dialog needs.
#[derive(Properties, PartialEq)]
pub struct FrameProps {
    /// The heading.
    pub title: AttrValue,
    /// Whether it needs much room.
    #[prop_or_default]
    pub wide: bool,
    /// What it holds.
    pub children: Html,
    /// The buttons below.
    #[prop_or_default]
    pub buttons: Option<Html>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The frame of a dialog: heading, close button, content, buttons.
#[component]
pub fn Frame(props: &FrameProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| browser::show_dialog(&node));
    }
    let close = props.on.reform(|()| Act::Dialog(None));
    // A press on the dialog itself is one beside its body.
    let onclick = {
        let (node, close) = (node.clone(), close.clone());
        Callback::from(move |event: MouseEvent| {
            if browser::is_itself(&node, &event) {
                close.emit(());
            }
        })
    };
    html! {
        <dialog ref={node} class={classes!("dialog", props.wide.then_some("wide"))} aria-labelledby="dialog-title"
            {onclick} onclose={close.reform(|_: Event| ())}>
            <div class="dialog-body">
                <header><h2 id="dialog-title">{ &props.title }</h2>
                    <button type="button" class="btn" title="Close (Escape)" aria-label="Close"
                        onclick={close.reform(|_: MouseEvent| ())}>{ icon("i-x") }</button>
                </header>
                <div class="dialog-content">{ props.children.clone() }</div>
                if let Some(buttons) = &props.buttons { <footer class="acts">{ buttons.clone() }</footer> }
            </div>
        </dialog>
    }
}

/// What a dialog needs that only tells something.
#[derive(Properties, PartialEq)]
pub struct TellingProps {
    /// What was asked for.
    pub on: Callback<Act>,
}

#[component]
fn Help(props: &TellingProps) -> Html {
    let shown = |keys: &'static str| {
        keys.split(' ').map(|key| match key {
            "or" | "+" => html! { <span>{ format!(" {key} ") }</span> },
            key => html! { <kbd class="kbd">{ key }</kbd> },
        })
    };
    html! {
        <Frame title="Keys" on={props.on.clone()}>
            <dl class="keys">
                for (keys, what) in keys::HELP {
                    <div><dt>{ for shown(keys) }</dt><dd>{ what }</dd></div>
                }
            </dl>
            <p class="hint">{ "On the board: Tab goes from card to card, Enter opens a card in the inspector, the arrows \
                move the view, + and - zoom, 0 shows everything." }</p>
            <p class="hint">{ "Nothing that you draw or paste leaves this browser." }</p>
        </Frame>
    }
}
