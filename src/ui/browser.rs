//! What of the page speaks to the browser: clipboard, location, storage, files, focus.

mod code_editor;
mod frames;
mod painter;
mod picture;

use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

pub use code_editor::{CodeEditor, CodeHooks, code_editor_is_loaded, load_code_editor};
pub use frames::{Between, FrameHook, FrameHooks, Frames, Tempo, use_frame};
pub use painter::PainterThread;
pub use picture::{copy_png, picture_address, save_png, seen_of_board};

// ---- the window ---------------------------------------------------------------------------------------------------

/// A listener; dropping it takes it away.
pub type Listener = EventListener;

/// Milliseconds since the page was opened.
pub fn milliseconds() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |clock| clock.now())
}

/// Runs `callback` for each key pressed anywhere on the page.
pub fn on_key(callback: impl Fn(KeyboardEvent) + 'static) -> Listener {
    let options = EventListenerOptions { phase: EventListenerPhase::Bubble, passive: false };
    EventListener::new_with_options(&gloo::utils::document(), "keydown", options, move |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
            callback(event.clone());
        }
    })
}

/// Runs `callback` when the page is hidden or about to go.
pub fn on_leave(callback: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let hidden = {
        let callback = callback.clone();
        EventListener::new(&gloo::utils::document(), "visibilitychange", move |_| {
            if gloo::utils::document().hidden() {
                callback();
            }
        })
    };
    [hidden, EventListener::new(&gloo::utils::window(), "pagehide", move |_| callback())]
}

/// Runs `callback` when the fragment of the address changes.
pub fn on_fragment(callback: impl Fn() + 'static) -> Listener {
    EventListener::new(&gloo::utils::window(), "hashchange", move |_| callback())
}

/// Runs `callback` for each press of a pointer anywhere, before the page's own handlers.
pub fn on_pointer_down(callback: impl Fn(&web_sys::Event) + 'static) -> Listener {
    let options = EventListenerOptions { phase: EventListenerPhase::Capture, passive: true };
    EventListener::new_with_options(&gloo::utils::document(), "pointerdown", options, callback)
}

/// Runs `callback` for an event of a pointer, such as `pointermove`, anywhere on the page.
pub fn on_pointer(event: &'static str, callback: impl Fn(PointerEvent) + 'static) -> Listener {
    EventListener::new(&gloo::utils::document(), event, move |event| {
        if let Some(event) = event.dyn_ref::<PointerEvent>() {
            callback(event.clone());
        }
    })
}

/// A media query: whether it holds now. To ask the same one again costs the browser less than to read it anew.
pub struct MediaQuery(Option<web_sys::MediaQueryList>);

impl MediaQuery {
    /// A query that the browser does not understand never holds.
    pub fn new(query: &str) -> MediaQuery {
        MediaQuery(gloo::utils::window().match_media(query).ok().flatten())
    }

    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.0.as_ref().is_some_and(web_sys::MediaQueryList::matches)
    }
}

/// Calls back when the system asks for other colours.
pub fn on_system_colours(callback: impl Fn() + Clone + 'static) -> Vec<Listener> {
    let queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"];
    let known = queries.into_iter().filter_map(|query| MediaQuery::new(query).0);
    let listen = |query: web_sys::MediaQueryList| {
        let callback = callback.clone();
        EventListener::new(&query, "change", move |_| callback())
    };
    known.map(listen).collect()
}

/// Whether the page shows its dark colours.
pub fn is_dark() -> bool {
    let root = gloo::utils::document().document_element();
    match root.and_then(|root| root.get_attribute("data-theme")).as_deref() {
        Some(theme) => theme == "dark",
        None => MediaQuery::new("(prefers-color-scheme: dark)").holds(),
    }
}

/// The query of the address, without `?`.
pub fn query() -> String {
    let search = gloo::utils::window().location().search().unwrap_or_default();
    search.strip_prefix('?').unwrap_or(&search).to_owned()
}

/// The fragment of the address, without `#`; empty when there is none.
pub fn fragment() -> String {
    let hash = gloo::utils::window().location().hash().unwrap_or_default();
    hash.strip_prefix('#').unwrap_or(&hash).to_owned()
}

/// Takes the fragment out of the address, so that a reload opens what was made since.
pub fn clear_fragment() {
    let window = gloo::utils::window();
    let location = window.location();
    let address = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    if let Ok(history) = window.history() {
        // A sandboxed frame may forbid it; then the fragment stays, which does no harm.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// The address of this page without query and fragment.
pub fn page_address() -> String {
    let location = gloo::utils::window().location();
    location.origin().unwrap_or_default() + &location.pathname().unwrap_or_default()
}

/// Sets the colour theme; `None` follows the system.
pub fn set_theme(theme: Option<&str>) {
    if let Some(root) = gloo::utils::document().document_element() {
        let result = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
        // Setting an attribute of a valid name does not fail.
        let _ = result;
    }
}

// ---- storage ------------------------------------------------------------------------------------------------------

fn storage() -> Option<web_sys::Storage> {
    // A sandboxed frame or a browser without cookies has none.
    gloo::utils::window().local_storage().ok().flatten()
}

/// What is stored under a name.
pub fn stored(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Stores a text under a name; `false` when the browser refuses.
pub fn store(name: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(name, text).is_ok())
}

/// Forgets what is stored under a name.
pub fn forget(name: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(name);
    }
}

// ---- clipboard and files ------------------------------------------------------------------------------------------

/// Copies a text; `done` hears whether it worked.
pub fn copy(text: &str, done: Callback<bool>) {
    let clipboard = gloo::utils::window().navigator().clipboard();
    // Outside a secure context there is no clipboard, whatever the type says.
    if clipboard.is_undefined() {
        done.emit(false);
        return;
    }
    let promise = clipboard.write_text(text);
    yew::platform::spawn_local(async move {
        done.emit(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// The media type that tells a text that was copied on a board from one that an editor copied.
const OWN: &str = "application/x-endpoint-playground";

/// Runs `callback` when the person copies or cuts (`true`) something that is no text on the page. What it gives is put
/// into the clipboard.
pub fn on_copy(callback: impl Fn(bool) -> Option<String> + Clone + 'static) -> [Listener; 2] {
    ["copy", "cut"].map(|name| {
        let callback = callback.clone();
        let options = EventListenerOptions { phase: EventListenerPhase::Bubble, passive: false };
        EventListener::new_with_options(&gloo::utils::document(), name, options, move |event| {
            let text_is_selected = gloo::utils::window()
                .get_selection()
                .ok()
                .flatten()
                .is_some_and(|selection| !selection.is_collapsed());
            if event.default_prevented() || is_typing(event) || text_is_selected || dialog_is_open() {
                return;
            }
            let data =
                event.dyn_ref::<web_sys::ClipboardEvent>().and_then(web_sys::ClipboardEvent::clipboard_data);
            if let Some(data) = data
                && let Some(text) = callback(event.type_() == "cut")
            {
                // Setting data in an event that the person began does not fail.
                let _ = data.set_data("text/plain", &text).and_then(|()| data.set_data(OWN, "1"));
                event.prevent_default();
            }
        })
    })
}

/// Copies or cuts as if the person had pressed the keys; `false` when the browser refuses.
pub fn copy_command(command: &str) -> bool {
    gloo::utils::document()
        .dyn_ref::<web_sys::HtmlDocument>()
        .is_some_and(|document| document.exec_command(command).unwrap_or(false))
}

/// Reads the text in the clipboard; `None` when the browser refuses, or asks and the person does.
pub fn read_clipboard(done: Callback<Option<String>>) {
    let clipboard = gloo::utils::window().navigator().clipboard();
    if clipboard.is_undefined() {
        done.emit(None);
        return;
    }
    let promise = clipboard.read_text();
    yew::platform::spawn_local(async move {
        let text = wasm_bindgen_futures::JsFuture::from(promise).await.ok();
        done.emit(text.and_then(|text| text.as_string()));
    });
}

/// Offers a text as a file to save.
pub fn save_file(name: &str, media_type: &str, text: &str) {
    save_blob(name, gloo::file::Blob::new_with_options(text, Some(media_type)));
}

/// Offers bytes as a file to save.
fn save_blob(name: &str, blob: gloo::file::Blob) {
    let address = gloo::file::ObjectUrl::from(blob);
    let document = gloo::utils::document();
    let link = document.create_element("a").ok().and_then(|link| link.dyn_into::<HtmlElement>().ok());
    if let Some(link) = link {
        let set = link.set_attribute("href", &address).and_then(|()| link.set_attribute("download", name));
        if set.is_ok() {
            link.click();
        }
    }
    // The browser has begun to read the blob by the time a second is over.
    gloo::timers::callback::Timeout::new(1_000, move || drop(address)).forget();
}

/// A file being read; dropping it stops the reading.
pub type Reading = gloo::file::callbacks::FileReader;

/// Reads the files of an `<input type=file>`; `then` gets each name and text, or what went wrong.
pub fn read_files(event: &Event, then: &Callback<Result<(String, String), String>>) -> Vec<Reading> {
    let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return Vec::new() };
    let readings = input.files().map(|files| read_list(&files, then)).unwrap_or_default();
    // So that the same file can be chosen again.
    input.set_value("");
    readings
}

/// Reads the files that were dropped on an element.
pub fn read_dropped(event: &DragEvent, then: &Callback<Result<(String, String), String>>) -> Vec<Reading> {
    let files = event.data_transfer().and_then(|data| data.files());
    files.map(|files| read_list(&files, then)).unwrap_or_default()
}

fn read_list(files: &web_sys::FileList, then: &Callback<Result<(String, String), String>>) -> Vec<Reading> {
    gloo::file::FileList::from(files.clone())
        .iter()
        .map(|file| {
            let (name, then) = (file.name(), then.clone());
            gloo::file::callbacks::read_as_text(file, move |text| {
                then.emit(text.map(|text| (name.clone(), text)).map_err(|error| format!("{name}: {error}")));
            })
        })
        .collect()
}

// ---- elements -----------------------------------------------------------------------------------------------------

/// The text in the input, text area or select that an event comes from.
pub fn value_of(event: &web_sys::Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
        input.value()
    } else if let Some(area) = target.dyn_ref::<HtmlTextAreaElement>() {
        area.value()
    } else if let Some(select) = target.dyn_ref::<HtmlSelectElement>() {
        select.value()
    } else {
        String::new()
    }
}

/// Whether the `details` that a toggle event comes from shows what is in it.
pub fn is_unfolded(event: &web_sys::Event) -> bool {
    let target = event.target();
    target
        .as_ref()
        .and_then(|target| target.dyn_ref::<HtmlElement>())
        .is_some_and(|element| element.has_attribute("open"))
}

/// Whether the check box that an event comes from is on.
pub fn is_checked(event: &web_sys::Event) -> bool {
    event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked())
}

/// Sets the text of an input past Yew.
pub fn set_value(node: &NodeRef, value: &str) {
    if let Some(input) = node.cast::<HtmlInputElement>() {
        input.set_value(value);
    }
}

/// Moves the keyboard focus to an element.
pub fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Selects the text of an input.
pub fn select_text(node: &NodeRef) {
    if let Some(input) = node.cast::<HtmlInputElement>() {
        input.select();
    }
}

/// Moves the keyboard focus to the element with an id.
pub fn focus_id(id: &str) {
    if let Some(element) = gloo::utils::document().get_element_by_id(id) {
        focus_element(&element);
    }
}

/// Moves the keyboard focus to the card of the board that had it last, or to the first.
pub fn focus_board() {
    let document = gloo::utils::document();
    let card = document.query_selector("main [data-card][tabindex='0']").ok().flatten();
    if let Some(card) = card.or_else(|| document.query_selector("main [data-card]").ok().flatten()) {
        focus_element(&card);
    }
}

/// Moves the keyboard focus to the board if something else on the page has it.
pub fn leave_for_board() {
    let active = gloo::utils::document().active_element();
    let elsewhere = active.is_some_and(|element| {
        element.tag_name() != "BODY" && !matches!(element.closest("main [data-card]"), Ok(Some(_)))
    });
    if elsewhere {
        focus_board();
    }
}

/// Moves the keyboard focus into the inspector once it is drawn: to the tab that is shown, else to its first button.
pub fn focus_inspector() {
    let focus = || {
        let selectors =
            [".side [role=tab][aria-selected=true]", ".side .pane button", ".side button:not(.sheet-grip)"];
        let found =
            selectors.iter().find_map(|selector| gloo::utils::document().query_selector(selector).ok()?);
        if let Some(element) = found {
            focus_element(&element);
        }
    };
    gloo::timers::callback::Timeout::new(0, focus).forget();
}

/// Whether an event happened inside what a selector finds.
pub fn is_inside(event: &web_sys::Event, selector: &str) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.and_then(|element| element.closest(selector).ok().flatten()).is_some()
}

/// How often the page looks for a card that is about to be drawn, in milliseconds, and how many times.
const LOOK_FOR_CARD: (u32, u32) = (16, 30);

/// Moves the keyboard focus to the card with this id once it is drawn.
pub fn focus_card_soon(id: String) {
    fn look(id: String, wait: u32, times: u32) {
        gloo::timers::callback::Timeout::new(wait, move || {
            if !focus_card(&id) && times > 0 {
                look(id, LOOK_FOR_CARD.0, times - 1);
            }
        })
        .forget();
    }
    look(id, 0, LOOK_FOR_CARD.1);
}

/// Moves the keyboard focus to the card with this id; whether it is on the board and in view.
pub fn focus_card(id: &str) -> bool {
    let cards = gloo::utils::document().query_selector_all("main [data-card]").ok();
    let count = cards.as_ref().map_or(0, web_sys::NodeList::length);
    let all = (0..count).filter_map(|index| cards.as_ref()?.item(index)?.dyn_into::<web_sys::Element>().ok());
    let found = all.into_iter().find(|card| card.get_attribute("data-card").as_deref() == Some(id));
    if let Some(card) = &found {
        focus_element(card);
    }
    found.is_some()
}

fn focus_element(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Moves the focus among the elements below `root` that a selector finds: `step` 1 to the next, -1 to the one before,
/// around the ends; `i32::MIN` to the first, `i32::MAX` to the last.
pub fn move_focus(root: &NodeRef, selector: &str, step: i32) {
    let Some(root) = root.cast::<web_sys::Element>() else { return };
    let Ok(found) = root.query_selector_all(selector) else { return };
    let count = i32::try_from(found.length()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let active = gloo::utils::document().active_element();
    let at = |index: i32| u32::try_from(index).ok().and_then(|index| found.item(index));
    let here = (0..count).find(|index| match (&active, at(*index)) {
        (Some(active), Some(node)) => node.is_same_node(Some(active)),
        _ => false,
    });
    let target = match (step, here) {
        (i32::MIN, _) | (1, None) => 0,
        (i32::MAX, _) | (_, None) => count - 1,
        (step, Some(here)) => (here + step).rem_euclid(count),
    };
    if let Some(element) = at(target).and_then(|node| node.dyn_into::<web_sys::Element>().ok()) {
        focus_element(&element);
    }
}

/// Sets the text of an element past Yew.
pub fn set_text(node: &NodeRef, text: &str) {
    if let Some(node) = node.get() {
        node.set_text_content(Some(text));
    }
}

/// Sets a custom property of an element past Yew.
pub fn set_property(node: &NodeRef, name: &str, value: &str) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.style().set_property(name, value);
    }
}

/// Sets a custom property of the whole page, or takes it away.
pub fn set_page_property(name: &str, value: Option<&str>) {
    let root =
        gloo::utils::document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok());
    if let Some(root) = root {
        let style = root.style();
        let _ = match value {
            Some(value) => style.set_property(name, value),
            None => style.remove_property(name).map(|_| ()),
        };
    }
}

/// The height of the window, in CSS pixels.
pub fn window_height() -> i32 {
    let height = gloo::utils::window().inner_height().ok().and_then(|height| height.as_f64());
    height.unwrap_or(0.0) as i32
}

/// Lets the element that a pointer went down on hear of it until it is lifted, wherever it goes.
pub fn hold_pointer(event: &PointerEvent) {
    if let Some(element) = event.target_dyn_into::<web_sys::Element>() {
        // A pointer that was lifted in the meantime can not be captured, and needs not.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

/// Sets an attribute of an element past Yew.
pub fn set_attribute(node: &NodeRef, name: &str, value: &str) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.set_attribute(name, value);
    }
}

/// Whether an element holds the target of an event.
pub fn holds(node: &NodeRef, event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    node.get().is_some_and(|node| node.contains(target.as_ref()))
}

/// Whether an event happened on an element itself, not on something in it.
pub fn is_itself(node: &NodeRef, event: &web_sys::Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    node.get().is_some_and(|node| node.is_same_node(target.as_ref()))
}

/// Presses an element, as a click does.
pub fn press(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        element.click();
    }
}

/// Whether keys typed at the target of an event are text: then letters are no shortcuts.
pub fn is_typing(event: &web_sys::Event) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => !matches!(
            element.get_attribute("type").as_deref(),
            Some("checkbox" | "radio" | "button" | "range" | "file")
        ),
        _ => element.is_content_editable(),
    }
}

/// Whether the target of an event takes Space and Enter for itself: a button, a link, a tab, a check box.
pub fn is_pressable(event: &web_sys::Event) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return false;
    };
    element.closest("button, a[href], summary, input, [role=button], [role=option]").ok().flatten().is_some()
}

/// Whether a dialog lies over the page.
pub fn dialog_is_open() -> bool {
    gloo::utils::document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Opens a `<dialog>` over the page; the browser keeps the focus inside and closes it on Escape.
pub fn show_dialog(node: &NodeRef) {
    if let Some(dialog) = node.cast::<web_sys::HtmlDialogElement>()
        && !dialog.open()
    {
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog at once.
pub fn close_dialog(node: &NodeRef) {
    if let Some(dialog) = node.cast::<web_sys::HtmlDialogElement>() {
        dialog.close();
    }
}

/// Scrolls what a selector finds below `root` into view.
pub fn reveal(root: &NodeRef, selector: &str) {
    let found = root.cast::<web_sys::Element>().and_then(|root| root.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// The selected stretch of a text area, in UTF-16 units.
pub fn selected_range(node: &NodeRef) -> Option<(u32, u32)> {
    let area = node.cast::<HtmlTextAreaElement>()?;
    Some((area.selection_start().ok().flatten()?, area.selection_end().ok().flatten()?))
}

/// Puts a text into a text area and selects a stretch of it.
pub fn set_area(node: &NodeRef, text: &str, from: u32, to: u32) {
    if let Some(area) = node.cast::<HtmlTextAreaElement>() {
        area.set_value(text);
        let _ = area.set_selection_range(from, to);
    }
}

/// Selects a stretch of a text area, moves the focus there and scrolls it into view. `line` counts from 0.
pub fn reveal_in_area(node: &NodeRef, from: u32, to: u32, line: u32, line_height: i32) {
    if let Some(area) = node.cast::<HtmlTextAreaElement>() {
        let _ = area.focus();
        let _ = area.set_selection_range(from, to);
        let top = i32::try_from(line).unwrap_or(0).saturating_mul(line_height);
        area.set_scroll_top((top - area.client_height() / 2).max(0));
    }
}

/// How far an element is scrolled down.
pub fn scroll_top(node: &NodeRef) -> i32 {
    node.cast::<web_sys::Element>().map_or(0, |element| element.scroll_top())
}

/// Scrolls an element down.
pub fn set_scroll_top(node: &NodeRef, top: i32) {
    if let Some(element) = node.cast::<web_sys::Element>() {
        element.set_scroll_top(top);
    }
}

/// Opens an address in a new tab.
pub fn open_tab(address: &str) {
    let _ = gloo::utils::window().open_with_url_and_target_and_features(address, "_blank", "noopener");
}

/// Selects the whole text of the field that an event comes from.
pub fn select_all(event: &FocusEvent) {
    if let Some(target) = event.target() {
        if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
            input.select();
        } else if let Some(area) = target.dyn_ref::<HtmlTextAreaElement>() {
            area.select();
        }
    }
}

/// The text that is being pasted, and whether it was copied on a board; `None` when the event is no paste or holds no
/// text.
pub fn pasted(event: &web_sys::Event) -> Option<(String, bool)> {
    let data = event.dyn_ref::<web_sys::ClipboardEvent>()?.clipboard_data()?;
    let own = data.get_data(OWN).is_ok_and(|own| !own.is_empty());
    data.get_data("text/plain").ok().filter(|text| !text.is_empty()).map(|text| (text, own))
}

/// Runs `callback` with each text that is pasted outside a field, and whether it was copied on a board.
pub fn on_paste(callback: impl Fn(String, bool) + 'static) -> Listener {
    EventListener::new(&gloo::utils::document(), "paste", move |event| {
        if !is_typing(event)
            && !dialog_is_open()
            && let Some((text, own)) = pasted(event)
        {
            callback(text, own);
        }
    })
}
