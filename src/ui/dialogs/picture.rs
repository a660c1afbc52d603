//! Pictures of the board for slides and documents.

use endpoint_playground::api::Time;
use endpoint_playground::scene::geometry::Rect;
use endpoint_playground::scene::picture::{Palette, picture};
use yew::prelude::*;

use super::Frame;
use crate::ui::act::Act;
use crate::ui::board::SharedScene;
use crate::ui::browser;
use crate::ui::icons::small_icon;
use crate::ui::inspector::copy_and_say;

/// What can be drawn: the board as it was when the dialog was opened.
#[derive(Clone, PartialEq)]
pub struct Drawable {
    /// The whole board with everything on its cards.
    pub whole: SharedScene,
    /// The board as it is shown.
    pub shown: SharedScene,
    /// The part that is in view.
    pub seen: Option<Rect>,
    /// When this was.
    pub now: Time,
}

/// What the dialog needs.
#[derive(Properties, PartialEq)]
pub struct PictureProps {
    /// What can be drawn.
    pub drawable: Drawable,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The dialog.
#[component]
pub fn Picture(props: &PictureProps) -> Html {
    let dark = use_state(browser::is_dark);
    let seen = use_state(|| false);
    let svg: std::rc::Rc<String> =
        use_memo((props.drawable.clone(), *dark, *seen), |(drawable, dark, seen)| {
            let palette = if *dark { Palette::DARK } else { Palette::LIGHT };
            match drawable.seen.filter(|_| *seen) {
                Some(area) => picture(&drawable.shown.0, palette, Some(area), drawable.now),
                None => picture(&drawable.whole.0, palette, None, drawable.now),
            }
        });
    let said = |worked: &'static str, failed: &'static str| {
        let on = props.on.clone();
        Callback::from(move |done: bool| on.emit(Act::Say(if done { worked } else { failed }.to_owned())))
    };
    let save_svg = {
        let svg = svg.clone();
        move |_: MouseEvent| browser::save_file("board.svg", "image/svg+xml", &svg)
    };
    let save_png = {
        let (svg, done) = (
            svg.clone(),
            said(
                "The picture is saved.",
                "This browser can not draw a picture of this size. The SVG file has no such bound.",
            ),
        );
        move |_: MouseEvent| browser::save_png("board.png", &svg, done.clone())
    };
    let copy_png = {
        let (svg, done) = (
            svg.clone(),
            said(
                "The picture is on the clipboard.",
                "The browser does not let this page copy pictures. Save the file instead.",
            ),
        );
        move |_: MouseEvent| browser::copy_png(&svg, done.clone())
    };
    let copy_svg = {
        let (svg, on) = (svg.clone(), props.on.clone());
        move |_: MouseEvent| copy_and_say(&svg, "The SVG", &on)
    };
    let choice = |state: &UseStateHandle<bool>, name: &'static str, labels: [&'static str; 2]| {
        let set = state.setter();
        let onchange = move |event: Event| set.set(browser::value_of(&event) == "1");
        html! {
            <label class="line-inline">{ name }
                <select class="input" {onchange}>
                    <option value="0" selected={!**state}>{ labels[0] }</option>
                    <option value="1" selected={**state}>{ labels[1] }</option>
                </select>
            </label>
        }
    };
    let buttons = html! {
        <>
            <button type="button" class="btn solid" onclick={save_png}>{ small_icon("i-save") }{ "Save PNG" }</button>
            <button type="button" class="btn out" onclick={save_svg}>{ small_icon("i-save") }{ "Save SVG" }</button>
            <button type="button" class="btn out" onclick={copy_png}>{ small_icon("i-copy") }{ "Copy PNG" }</button>
            <button type="button" class="btn" onclick={copy_svg}>{ small_icon("i-copy") }{ "Copy SVG" }</button>
        </>
    };
    html! {
        <Frame title="A picture of the board" wide=true on={props.on.clone()} {buttons}>
            <p class="body">{ "For slides and documents, with the way of the request in focus. An SVG stays sharp at any size and its texts \
                can be selected; a PNG has two pixels for each on the screen." }</p>
            <div class="import-bar">
                { choice(&dark, "Colours", ["Light", "Dark"]) }
                if props.drawable.seen.is_some() { { choice(&seen, "What", ["The whole board", "What is in view"]) } }
            </div>
            <img class="picture" alt="How the picture looks" src={browser::picture_address(&svg)} />
        </Frame>
    }
}
