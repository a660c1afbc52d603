//! What the browser keeps for the page, and the board that the page begins with. An embed keeps and reads nothing.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::session::{permalink, scenarios};

use super::act::Act;
use super::browser;
use super::events_model::Selection;
use super::options::Theme;
use super::state::State;

/// Where the sitting is stored.
const SITTING: &str = "endpoint-playground.sitting";
/// Where the sitting is kept that a link took the place of.
const BEFORE_LINK: &str = "endpoint-playground.before-link";
/// Where the name of the scenario is stored that the sitting began with, and the path of what is selected.
const CONTEXT: &str = "endpoint-playground.context";
/// Where the theme is stored.
const THEME: &str = "endpoint-playground.theme";
/// Where it is stored that the legend was seen.
const LEGEND: &str = "endpoint-playground.legend";

/// The theme that was chosen.
pub fn theme() -> Theme {
    browser::stored(THEME).map(|name| Theme::named(&name)).unwrap_or_default()
}

/// Keeps the theme.
pub fn save_theme(theme: Theme) {
    browser::store(THEME, theme.name());
}

/// Whether the legend was closed once.
pub fn legend_was_seen() -> bool {
    browser::stored(LEGEND).is_some()
}

/// Keeps in mind that the legend was closed.
pub fn legend_seen() {
    browser::store(LEGEND, "seen");
}

/// Keeps the sitting; `false` when the browser refuses.
pub fn save(state: &State) -> bool {
    let text = permalink::encode(&state.session.recording());
    let scenario = state.scenario.map_or("", |scenario| scenario.name);
    let selected =
        state.selection.as_ref().and_then(Selection::object).map(ObjectKey::to_path).unwrap_or_default();
    browser::store(SITTING, &text) && browser::store(CONTEXT, &format!("{scenario}\n{selected}"))
}

/// The board that the page begins with: of the link, else of the last sitting, else the scenario that the address
/// names, else the first one.
pub fn first_board(state: &mut State) {
    let fragment = browser::fragment();
    if !fragment.is_empty() && open_link(state, &fragment) {
        return;
    }
    if let Some(name) = state.options.scenario.clone() {
        state.begin(&name);
        return;
    }
    if !fragment.is_empty() {
        // The link was broken and says so; nothing else takes its place.
        return;
    }
    let stored = if state.options.embed { None } else { browser::stored(SITTING) };
    match stored.map(|text| permalink::decode(&text)) {
        Some(Ok(recording)) => {
            let context = browser::stored(CONTEXT).unwrap_or_default();
            let (scenario, selected) = context.split_once('\n').unwrap_or_default();
            state.open(recording, scenarios::find(scenario));
            state.act(Act::Select(ObjectKey::from_path(selected).map(Selection::Object)));
        }
        Some(Err(_)) => {
            browser::forget(SITTING);
            let text = "Your last board was stored in this browser, and can not be read any more. This is an empty one.";
            state.notices.say(text, true, Some(("Begin the first scenario", Act::Scenario("first"))));
        }
        None => state.begin("first"),
    }
    state.unsaved = false;
}

/// Opens a fragment. A broken one says how it is broken; `false` then.
pub fn open_link(state: &mut State, fragment: &str) -> bool {
    match permalink::decode(fragment) {
        Ok(recording) => {
            if !state.options.embed {
                // A reload is to open what was made since, and one's own board is not to be lost.
                if let Some(own) = browser::stored(SITTING).filter(|own| own != fragment)
                    && browser::store(BEFORE_LINK, &own)
                    && let Ok(recording) = permalink::decode(&own)
                {
                    let back = Act::Open(Box::new(recording));
                    let text = "This board came with the link. Your own board is kept.";
                    state.notices.say(text, false, Some(("Back to your own", back)));
                }
                browser::clear_fragment();
            }
            state.open(recording, None);
            true
        }
        Err(broken) => {
            state.notices.say(broken.to_string(), true, None);
            false
        }
    }
}
