//! Ways past the bars for those who use the keyboard. They are seen only while one of them has the focus.

use yew::prelude::*;

use super::act::Act;
use super::browser;

/// What the links need.
#[derive(Properties, PartialEq)]
pub struct SkipsProps {
    /// Whether there is a board to go to.
    pub board: bool,
    /// Whether there is a composer to go to.
    pub lists: bool,
    /// Whether there is room for the board as text.
    pub text: bool,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The ways.
#[component]
pub fn Skips(props: &SkipsProps) -> Html {
    html! {
        <nav class="skips" aria-label="Skip">
            if props.board {
                <button type="button" class="btn solid" onclick={|_| browser::focus_board()}>{ "Skip to the board" }</button>
            }
            if props.lists {
                <button type="button" class="btn solid" onclick={|_| browser::focus_id("compose-url")}>{ "Skip to the requests" }</button>
            }
            if props.text {
                <button type="button" class="btn solid" onclick={props.on.reform(|_| Act::BoardText(true))}>{ "Read the board as text" }</button>
            }
        </nav>
    }
}
