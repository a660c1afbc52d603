//! Notices: what could not be done, and what was done out of sight.

use yew::prelude::*;

use super::act::Act;
use super::icons::{mark, small_icon};

/// A notice.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    /// Tells it from the others.
    pub number: u64,
    /// What it says.
    pub text: String,
    /// Whether something failed.
    pub bad: bool,
    /// A button: what it says, and what it asks for.
    pub offer: Option<(&'static str, Act)>,
}

/// The notices on the page, oldest first. No more than three at a time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Notices {
    made: u64,
    shown: Vec<Notice>,
}

impl Notices {
    /// Shows a notice and gives its number.
    pub fn say(&mut self, text: impl Into<String>, bad: bool, offer: Option<(&'static str, Act)>) -> u64 {
        let text = text.into();
        self.shown.retain(|notice| notice.text != text);
        self.made += 1;
        self.shown.push(Notice { number: self.made, text, bad, offer });
        if self.shown.len() > 3 {
            self.shown.remove(0);
        }
        self.made
    }

    /// Takes a notice away.
    pub fn unsay(&mut self, number: u64) {
        self.shown.retain(|notice| notice.number != number);
    }

    /// The number of the oldest notice in which nothing needs an answer, so that it may go by itself. Undo has a button
    /// and a key besides.
    pub fn passing(&self) -> Option<u64> {
        let passes =
            |notice: &&Notice| !notice.bad && notice.offer.as_ref().is_none_or(|(_, act)| *act == Act::Undo);
        self.shown.iter().find(passes).map(|notice| notice.number)
    }
}

/// What the notices need.
#[derive(Properties, PartialEq)]
pub struct NoticesProps {
    /// The notices.
    pub notices: Notices,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The notices, as a live region.
#[component]
pub fn NoticeList(props: &NoticesProps) -> Html {
    html! {
        <div class="notices" role="status" aria-live="polite">
            for notice in props.notices.shown.iter() {
                { one(notice, &props.on) }
            }
        </div>
    }
}

fn one(notice: &Notice, on: &Callback<Act>) -> Html {
    let number = notice.number;
    html! {
        <div key={number} class={classes!("notice", notice.bad.then_some("bad"))}>
            if notice.bad { { mark("r-fail", "problem") } }
            <p>{ &notice.text }</p>
            if let Some((label, act)) = &notice.offer {
                <button type="button" class="btn out" onclick={
                    let (act, on) = (act.clone(), on.clone());
                    move |_| { on.emit(act.clone()); on.emit(Act::Unsay(number)); }
                }>{ *label }</button>
            }
            <button type="button" class="btn" title="Close" aria-label="Close this notice"
                onclick={on.reform(move |_| Act::Unsay(number))}>{ small_icon("i-x") }</button>
        </div>
    }
}
