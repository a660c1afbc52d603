//! What the parts of the page call.

use endpoint_playground::session::Command;
use yew::prelude::*;

use super::{App, Msg};
use crate::ui::act::Act;
use crate::ui::events_model::{BoardEvent, Tool};
use crate::ui::requests::Draft;
use crate::ui::sheet::Height;

/// The callbacks. Made once: a part is drawn again when it is told of another callback.
pub(super) struct Told {
    pub act: Callback<Act>,
    pub tool: Callback<Tool>,
    pub command: Callback<Command>,
    pub list: Callback<&'static str>,
    pub height: Callback<Height>,
    pub draft: Callback<Draft>,
    pub board: Callback<BoardEvent>,
    pub paste: Callback<String>,
    pub full: Callback<()>,
}

impl Told {
    pub fn new(ctx: &Context<App>) -> Told {
        let link = ctx.link();
        let act = link.callback(Msg::Act);
        Told {
            tool: act.reform(Act::Tool),
            command: act.reform(Act::Command),
            list: act.reform(Act::List),
            height: act.reform(|height| match height {
                Height::Closed => Act::Tall(false),
                Height::Half => Act::TallFull(false),
                Height::Full => Act::TallFull(true),
            }),
            draft: link.callback(Msg::Draft),
            board: link.callback(Msg::Board),
            paste: link.callback(|text| Msg::Pasted(text, false)),
            full: link.callback(|()| Msg::Full),
            act,
        }
    }
}
