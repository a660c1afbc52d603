//! The JavaScript API: one class, one error conversion. It needs no page and works in workers and in Node too.

use wasm_bindgen::prelude::*;

use crate::api::{Problem, Time, text};
use crate::session::{Client, Command, Fate, Request, Session, permalink};

/// A board without a page.
#[wasm_bindgen]
pub struct Playground {
    session: Session,
}

/// Turns anything that can be shown into a JavaScript `Error`.
fn error(message: impl std::fmt::Display) -> JsError {
    JsError::new(&message.to_string())
}

/// A value as a plain JavaScript object.
fn to_js(value: &impl serde::Serialize) -> Result<JsValue, JsError> {
    let text = serde_json::to_string(value).map_err(error)?;
    js_sys::JSON::parse(&text).map_err(|_| JsError::new("the value can not be told as JSON"))
}

/// What became of one object, for JavaScript.
#[derive(serde::Serialize)]
struct FateReport {
    /// `apiVersion/kind/namespace/name`.
    object: String,
    /// As kubectl says it: `created`, `configured`, `unchanged`, `refused`.
    fate: &'static str,
    /// The API server's message, for a refused object.
    message: Option<String>,
}

#[wasm_bindgen]
impl Playground {
    /// An empty board; the seed decides everything that a real cluster leaves to chance.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u32) -> Playground {
        Playground { session: Session::new(seed.into()) }
    }

    /// The board that a link describes: the part of its address from `v1.` on, with or without `#`. Throws when the
    /// link is broken.
    pub fn open(link: &str) -> Result<Playground, JsError> {
        let recording = permalink::decode(link).map_err(error)?;
        Ok(Playground { session: Session::open(recording) })
    }

    /// Applies YAML or JSON as `kubectl apply` does, each object by itself. Gives what became of each. Throws with line
    /// and column when the text can not be read; then nothing was applied.
    pub fn apply(&mut self, yaml: &str) -> Result<JsValue, JsError> {
        let reading = text::read(yaml, "default");
        if let Some(problem) = reading.problems.iter().find(|problem| problem.is_error()) {
            return Err(error(place_and_message(problem)));
        }
        let documents = reading.documents.into_iter().map(|document| document.value).collect();
        let result = self.session.dispatch(Command::Apply { documents, namespace: "default".to_owned() });
        let fates: Vec<FateReport> = result
            .iter()
            .map(|object| FateReport {
                object: object.key.to_path(),
                fate: object.fate.word(),
                message: match &object.fate {
                    Fate::Rejected(rejected) => Some(rejected.to_string()),
                    _ => None,
                },
            })
            .collect();
        to_js(&fates)
    }

    /// Sends a request: from `internet`, `laptop`, `node/NAME` or `pod/NAMESPACE/NAME`, to a URL or `host:port`. Gives the
    /// hops and the outcome.
    pub fn send(&mut self, from: &str, url: &str) -> Result<JsValue, JsError> {
        let from = client(from)?;
        let request = Request { from, method: "GET".to_owned(), url: url.to_owned() };
        self.session.dispatch(Command::Send { request });
        to_js(&self.session.cluster().requests().back().map(|record| &record.trace))
    }

    /// Lets simulated time pass, in milliseconds.
    pub fn advance(&mut self, milliseconds: u32) {
        self.session.advance(self.session.now() + u64::from(milliseconds));
    }

    /// Goes to a moment, in milliseconds since the beginning.
    pub fn seek(&mut self, milliseconds: u32) {
        self.session.seek(Time(milliseconds.into()));
    }

    /// Takes the newest change back; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        self.session.undo()
    }

    /// Does again what was taken back; `false` when there is nothing.
    pub fn redo(&mut self) -> bool {
        self.session.redo()
    }

    /// All objects as the API server shows them.
    pub fn objects(&self) -> Result<JsValue, JsError> {
        let objects: Vec<_> =
            self.session.cluster().store().objects().map(|object| object.live.to_value()).collect();
        to_js(&objects)
    }

    /// The board as YAML: what people wrote on it, ready for `kubectl apply -f` and for [`Playground::apply`].
    pub fn export(&self) -> String {
        self.session.export()
    }

    /// The fragment of a link to this board.
    pub fn link(&self) -> String {
        permalink::encode(&self.session.recording())
    }

    /// A digest of the whole state, the same on every machine.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.session.digest())
    }
}

fn place_and_message(problem: &Problem) -> String {
    match &problem.place {
        Some(place) => format!("line {}, column {}: {}", place.line, place.column, problem.message),
        None => problem.message.clone(),
    }
}

fn client(text: &str) -> Result<Client, JsError> {
    let mut parts = text.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("internet"), None, None, None) => Ok(Client::Internet),
        (Some("laptop"), None, None, None) => Ok(Client::Laptop),
        (Some("node"), Some(name), None, None) => Ok(Client::Node(name.to_owned())),
        (Some("pod"), Some(namespace), Some(name), None) => {
            Ok(Client::Pod { namespace: namespace.to_owned(), name: name.to_owned() })
        }
        _ => Err(error(format!(
            "{text:?} is no sender: use \"internet\", \"laptop\", \"node/NAME\" or \"pod/NAMESPACE/NAME\""
        ))),
    }
}
