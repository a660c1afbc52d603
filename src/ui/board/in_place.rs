//! A text on a card, edited where it stands: a name, a label, a pair of a selector, a port. While it is typed, labels in
//! use complete it, and the API server says what it would refuse.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::session::{Command, Places, draw};
use yew::prelude::*;

use super::popup::Change;
use crate::ui::act::Act;
use crate::ui::browser;
use crate::ui::icons::mark;
use crate::ui::moment::Objects;

/// How many completions are shown.
const SHOWN: usize = 6;

/// What the field needs.
#[derive(Properties, PartialEq, Clone)]
pub(super) struct InPlaceProps {
    /// All objects, to rehearse on.
    pub objects: Objects,
    /// The cards that were placed by hand: another name keeps the place.
    pub places: Places,
    /// The object.
    pub object: ObjectKey,
    /// What of it.
    pub change: Change,
    /// What was asked for.
    pub on_act: Callback<Act>,
    /// It is done, or given up.
    pub on_close: Callback<()>,
}

impl InPlaceProps {
    /// The text as it is on the card.
    fn began(&self) -> String {
        match &self.change {
            Change::Name => self.object.name.to_string(),
            Change::Pair { name, .. } if name.is_empty() => String::new(),
            Change::Pair { name, value, .. } => format!("{name}={value}"),
            Change::Port(index) => {
                let value = self.objects.get(&self.object).map(|object| object.live.to_value());
                let port = value.as_ref().and_then(|value| value.pointer(&format!("/spec/ports/{index}")));
                port.map(draw::port_text).unwrap_or_default()
            }
        }
    }

    /// The command that makes the text of what it is; `None` for no change.
    fn command(&self, text: &str) -> Result<Option<Command>, String> {
        let cluster = self.objects.cluster();
        let edits = match &self.change {
            Change::Name if text.trim() == &*self.object.name => return Ok(None),
            Change::Name => return draw::rename(cluster, &self.places, &self.object, text).map(Some),
            Change::Pair { path, name, value } => draw::pair_edits(path, name, value, text),
            Change::Port(index) => {
                let value = self.objects.get(&self.object).map(|object| object.live.to_value());
                value.and_then(|value| draw::port_edits(&value, *index, text))
            }
        };
        Ok(edits.map(|edits| Command::Edit { key: self.object.clone(), edits }))
    }

    /// Why the text would be refused.
    fn refusal(&self, text: &str) -> Option<String> {
        match self.command(text) {
            Err(why) => Some(why),
            Ok(command) => command.and_then(|command| self.objects.refusal(&command)),
        }
    }

    fn label(&self) -> String {
        match &self.change {
            Change::Name => format!("Name of {}", self.object),
            Change::Pair { name, path, .. } => match (name.is_empty(), path.to_string().contains("selector"))
            {
                (true, false) => "New label".to_owned(),
                (true, true) => "New pair of the selector".to_owned(),
                (false, _) => format!("Label {name}"),
            },
            Change::Port(_) => format!("Port of {}", self.object),
        }
    }

    /// What a change means that the text alone does not say.
    fn hint(&self, text: &str) -> String {
        match &self.change {
            Change::Name if text.trim() != &*self.object.name => {
                let named = draw::named_by(self.objects.cluster(), &self.object);
                let names: Vec<String> = named.iter().map(ToString::to_string).collect();
                let left = if names.is_empty() {
                    String::new()
                } else {
                    format!(" {} names it still.", names.join(", "))
                };
                format!("Kubernetes has no renaming: the new one is made, and the old one deleted.{left}")
            }
            Change::Pair { name, .. } if !name.is_empty() && text.trim().is_empty() => {
                format!("Removes {name}.")
            }
            Change::Port(_) if text.trim().is_empty() => "Removes the port.".to_owned(),
            Change::Port(_) => "port:targetPort/protocol".to_owned(),
            _ => String::new(),
        }
    }
}

/// The field.
#[component]
pub(super) fn InPlace(props: &InPlaceProps) -> Html {
    let began = use_memo((), |()| props.began());
    let text = use_state(|| (*began).clone());
    let said = use_state(|| None::<String>);
    let chosen = use_state(|| None::<usize>);
    // A field that closes loses the focus once more; by then everything is said.
    let done = use_mut_ref(|| false);
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            browser::focus(&field);
            browser::select_text(&field);
        });
    }
    let completions = match &props.change {
        Change::Pair { .. } if *text != *began || text.is_empty() => {
            draw::completions(props.objects.cluster(), &props.object.namespace, &text, SHOWN)
        }
        _ => Vec::new(),
    };
    let set = {
        let (text, said, chosen) = (text.setter(), said.setter(), chosen.setter());
        let refusal = {
            let props = props.clone();
            move |new: &str| props.refusal(new)
        };
        Callback::from(move |new: String| {
            said.set(refusal(&new));
            chosen.set(None);
            text.set(new);
        })
    };
    let commit = {
        let (props, said, done) = (props.clone(), said.setter(), done.clone());
        Callback::from(move |(text, leaving): (String, bool)| {
            if std::mem::take(&mut *done.borrow_mut()) {
                return;
            }
            match (props.refusal(&text), props.command(&text)) {
                (None, Ok(command)) => {
                    *done.borrow_mut() = true;
                    props.on_close.emit(());
                    if let Some(command) = command {
                        props.on_act.emit(Act::Command(command));
                    }
                }
                // Who leaves the field with a text that is refused gives it up; nothing was changed.
                _ if leaving => {
                    *done.borrow_mut() = true;
                    props.on_close.emit(());
                }
                (why, _) => said.set(why),
            }
        })
    };
    let oninput = set.reform(|event: InputEvent| browser::value_of(&event));
    let onblur = commit.reform(|event: FocusEvent| (browser::value_of(&event), true));
    let onkeydown = {
        let (commit, set, chosen, done) = (commit, set.clone(), chosen.clone(), done);
        let (completions, on_close) = (completions.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let count = completions.len();
            match event.key().as_str() {
                "Enter" => match chosen.and_then(|index| completions.get(index)) {
                    Some(completion) => set.emit(completion.clone()),
                    None => commit.emit((browser::value_of(&event), false)),
                },
                "ArrowDown" if count > 0 => chosen.set(Some(chosen.map_or(0, |index| (index + 1) % count))),
                "ArrowUp" if count > 0 => {
                    chosen.set(Some(chosen.map_or(count - 1, |index| (index + count - 1) % count)))
                }
                "Escape" => {
                    *done.borrow_mut() = true;
                    on_close.emit(());
                }
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let hint = props.hint(&text);
    let size = text.chars().count().clamp(12, 40).to_string();
    html! {
        <div class="in-place">
            <input ref={field} class="input mono" type="text" value={(*text).clone()} {size} autocapitalize="off" autocomplete="off" spellcheck="false"
                role="combobox" aria-label={props.label()} aria-expanded={(!completions.is_empty()).to_string()} aria-controls="completions"
                aria-autocomplete="list" aria-activedescendant={chosen.map(|index| format!("completion-{index}"))}
                aria-invalid={said.is_some().then_some("true")} aria-describedby="in-place-said" {oninput} {onblur} {onkeydown} />
            if !completions.is_empty() {
                <ul class="completions" id="completions" role="listbox" aria-label="Labels in use">
                    for (index, completion) in completions.iter().enumerate() {
                        <li key={completion.clone()} id={format!("completion-{index}")} role="option" aria-selected={(*chosen == Some(index)).to_string()}
                            onpointerdown={let (set, completion) = (set.clone(), completion.clone()); move |event: PointerEvent| {
                                event.prevent_default();
                                set.emit(completion.clone());
                            }}>{ completion }</li>
                    }
                </ul>
            }
            <div id="in-place-said" aria-live="polite">
                if let Some(why) = &*said {
                    <p class="said">{ mark("r-fail", "refused") }<span>{ why }</span></p>
                } else if !hint.is_empty() {
                    <p class="hint">{ hint }</p>
                }
            </div>
        </div>
    }
}
