//! The bundled YAML editor: loaded when it is first wanted, and spoken to in texts and numbers alone.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// One editor, as assets/editor/editor.js makes it.
    type Handle;

    #[wasm_bindgen(js_namespace = playgroundEditor)]
    fn create(parent: &HtmlElement, label: &str, text: &str, read_only: bool, hooks: &JsValue) -> Handle;

    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &Handle, text: &str);

    #[wasm_bindgen(method, js_name = setProblems)]
    fn set_problems(this: &Handle, json: &str);

    #[wasm_bindgen(method, js_name = setReadOnly)]
    fn set_read_only(this: &Handle, read_only: bool);

    #[wasm_bindgen(method, js_name = setLabel)]
    fn set_label(this: &Handle, label: &str);

    #[wasm_bindgen(method)]
    fn reveal(this: &Handle, line: u32, column: u32, end_line: u32, end_column: u32, focus: bool);

    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

/// How far the loading of the editor's script has come.
#[derive(Default)]
enum Loading {
    #[default]
    NotAsked,
    /// Who wants to hear of it, and the listeners of the script.
    UnderWay(Vec<Callback<bool>>, [EventListener; 2]),
    Done(bool),
}

thread_local! {
    static LOADING: RefCell<Loading> = RefCell::default();
}

/// Whether the editor can be made; `None` while nobody knows yet.
pub fn code_editor_is_loaded() -> Option<bool> {
    LOADING.with_borrow(|loading| match loading {
        Loading::Done(loaded) => Some(*loaded),
        Loading::NotAsked if script_name().is_none() => Some(false),
        _ => None,
    })
}

/// The script of the editor, as the build named it; `None` when the page was built without.
fn script_name() -> Option<String> {
    let meta = gloo::utils::document().query_selector("meta[name=playground-editor]").ok()??;
    meta.get_attribute("content")
}

/// Loads the editor, once. `then` hears whether it can be made.
pub fn load_code_editor(then: Callback<bool>) {
    if let Some(loaded) = code_editor_is_loaded() {
        then.emit(loaded);
        return;
    }
    let waits = LOADING.with_borrow_mut(|loading| match loading {
        Loading::UnderWay(waiting, _) => {
            waiting.push(then.clone());
            true
        }
        _ => false,
    });
    if !waits && begin(then.clone()).is_none() {
        LOADING.set(Loading::Done(false));
        then.emit(false);
    }
}

fn begin(then: Callback<bool>) -> Option<()> {
    let document = gloo::utils::document();
    let script = document.create_element("script").ok()?;
    script.set_attribute("src", &script_name()?).ok()?;
    let listeners = [("load", true), ("error", false)]
        .map(|(event, loaded)| EventListener::once(&script, event, move |_| finish(loaded)));
    LOADING.set(Loading::UnderWay(vec![then], listeners));
    document.head()?.append_child(&script).ok()?;
    Some(())
}

fn finish(loaded: bool) {
    // The listener that runs this may not be dropped while it runs.
    let before = LOADING.replace(Loading::Done(loaded));
    if let Loading::UnderWay(waiting, listeners) = before {
        for then in waiting {
            then.emit(loaded);
        }
        yew::platform::spawn_local(async move { drop(listeners) });
    }
}

/// Gives what can be written at a line and column of a text, as JSON; empty for nothing.
pub type Completer = Rc<dyn Fn(&str, u32, u32) -> String>;

/// What an editor tells and asks.
#[derive(Clone)]
pub struct CodeHooks {
    /// Another text, by the person.
    pub on_text: Callback<String>,
    /// Ctrl+Enter.
    pub on_apply: Callback<()>,
    /// What can be written.
    pub complete: Completer,
}

/// What JavaScript calls; it may not call them once they are dropped, so they live as long as the editor.
struct Closures {
    text: Closure<dyn FnMut(String)>,
    apply: Closure<dyn FnMut()>,
    complete: Closure<dyn FnMut(String, u32, u32) -> String>,
}

/// An editor on the page; dropping it takes it away.
pub struct CodeEditor {
    handle: Handle,
    _closures: Closures,
}

impl CodeEditor {
    /// Makes an editor in an element; `None` when the element is not on the page.
    pub fn create(
        parent: &NodeRef,
        label: &str,
        text: &str,
        read_only: bool,
        hooks: CodeHooks,
    ) -> Option<CodeEditor> {
        let parent = parent.cast::<HtmlElement>()?;
        let CodeHooks { on_text, on_apply, complete } = hooks;
        let closures = Closures {
            text: Closure::new(move |text| on_text.emit(text)),
            apply: Closure::new(move || on_apply.emit(())),
            complete: Closure::new(move |text: String, line, column| complete(&text, line, column)),
        };
        let object = js_sys::Object::new();
        for (name, function) in [
            ("text", closures.text.as_ref()),
            ("apply", closures.apply.as_ref()),
            ("complete", closures.complete.as_ref()),
        ] {
            js_sys::Reflect::set(&object, &name.into(), function).ok()?;
        }
        let handle = create(&parent, label, text, read_only, object.unchecked_ref());
        Some(CodeEditor { handle, _closures: closures })
    }

    /// Puts a text in place of what is there; where it is the same, nothing happens.
    pub fn set_text(&self, text: &str) {
        self.handle.set_text(text);
    }

    /// Shows problems, given as JSON.
    pub fn set_problems(&self, json: &str) {
        self.handle.set_problems(json);
    }

    /// Whether the text can not be changed.
    pub fn set_read_only(&self, read_only: bool) {
        self.handle.set_read_only(read_only);
    }

    /// What a screen reader says for it.
    pub fn set_label(&self, label: &str) {
        self.handle.set_label(label);
    }

    /// Selects a stretch, from 1, columns in characters, and brings it into view.
    pub fn reveal(&self, from: (u32, u32), to: (u32, u32), focus: bool) {
        self.handle.reveal(from.0, from.1, to.0, to.1, focus);
    }
}

impl Drop for CodeEditor {
    fn drop(&mut self) {
        self.handle.destroy();
    }
}
