//! What is selected, ready for the clipboard.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::session::draw;

use super::moment::Objects;

/// What a copy takes: the browser wants the text at once, so the selection is kept where the listener reaches it.
#[derive(Default)]
pub struct Clip {
    objects: Option<Objects>,
    keys: Vec<ObjectKey>,
    /// The text that was copied last.
    copied: String,
}

impl Clip {
    /// What is selected as YAML; `None` when nothing is.
    pub fn copy(&mut self) -> Option<String> {
        let text = draw::copy(self.objects.as_ref()?.cluster(), &self.keys);
        self.copied.clone_from(&text);
        (!text.is_empty()).then_some(text)
    }

    /// What a copy would take now.
    pub fn keep(&mut self, objects: Objects, keys: Vec<ObjectKey>) {
        self.objects = Some(objects);
        self.keys = keys;
    }

    /// The text that was copied last.
    pub fn copied(&self) -> &str {
        &self.copied
    }
}
