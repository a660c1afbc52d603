//! Share: a link that holds the board, and the snippet that embeds it in another page.

use yew::prelude::*;

use super::Frame;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::inspector::copy_and_say;

/// From how many characters on a link is worth a warning: chat programs and old browsers cut longer ones.
const LONG: usize = 8_000;

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub struct ShareProps {
    /// The board as the text of a fragment.
    pub link: AttrValue,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The dialog.
#[component]
pub fn Share(props: &ShareProps) -> Html {
    let read_only = use_state(|| false);
    let page = browser::page_address();
    let link = format!("{page}#{}", props.link);
    let query = if *read_only { "?embed=1&amp;readonly=1" } else { "?embed=1" };
    let snippet = format!(
        "<iframe src=\"{page}{query}#{}\" title=\"Endpoint Playground\" width=\"800\" height=\"500\" \
         style=\"border:0\" loading=\"lazy\"></iframe>",
        props.link
    );
    let copy = |text: &str, what: &'static str| {
        let (on, text) = (props.on.clone(), text.to_owned());
        move |_: MouseEvent| copy_and_say(&text, what, &on)
    };
    let on_read_only = {
        let read_only = read_only.setter();
        move |event: Event| read_only.set(browser::is_checked(&event))
    };
    html! {
        <Frame title="Share this board" on={props.on.clone()}>
            <div class="share">
                <label for="share-link">{ "Link" }</label>
                <p class="hint">{ "The whole board, its past and the moment on the screen are in the link itself. \
                    Nothing is sent to a server." }</p>
                <div class="share-row">
                    <input id="share-link" class="input mono" type="text" readonly=true value={link.clone()}
                        onfocus={|event: FocusEvent| browser::select_all(&event)} />
                    <button type="button" class="btn solid" onclick={copy(&link, "The link")}>
                        { small_icon("i-copy") }{ "Copy link" }</button>
                </div>
                if link.len() > LONG {
                    <p class="said warn">{ format!("This link has {} characters. Some programs cut links of this \
                        length; a file from Export YAML is safer.", link.len()) }</p>
                }
            </div>
            <div class="share">
                <label for="share-embed">{ "In another page" }</label>
                <p class="hint">{ "For a blog, slides or an mdBook. Readers can play, break and mend it, and open it in full." }</p>
                <textarea id="share-embed" class="input mono" readonly=true rows="4" value={snippet.clone()}
                    onfocus={|event: FocusEvent| browser::select_all(&event)} />
                <div class="acts flush">
                    <button type="button" class="btn out" onclick={copy(&snippet, "The snippet")}>
                        { small_icon("i-copy") }{ "Copy snippet" }</button>
                    <label class="switch"><input type="checkbox" role="switch" checked={*read_only}
                        onchange={on_read_only} />{ "Readers can only look and send" }</label>
                </div>
            </div>
        </Frame>
    }
}
