//! The search field: finds objects by name, kind, namespace, label or address, and selects them.

use endpoint_playground::api::{Object, ObjectKey};
use yew::prelude::*;

use super::act::Act;
use super::browser;
use super::events_model::Selection;
use super::icons::{of_kind, small_icon};
use super::moment::Objects;

/// How many results are shown.
const SHOWN: usize = 12;

/// What the field needs.
#[derive(Properties, PartialEq)]
pub struct SearchProps {
    /// The objects.
    pub objects: Objects,
    /// A text that looks like manifests was pasted.
    pub on_paste: Callback<String>,
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The search field.
#[component]
pub fn Search(props: &SearchProps) -> Html {
    let query = use_state(String::new);
    let at = use_state(|| 0_usize);
    let open = use_state(|| false);
    let input = use_node_ref();
    let found = if *open && !query.trim().is_empty() { find(&props.objects, &query) } else { Vec::new() };
    let choose = {
        let (on, query, open, input) = (props.on.clone(), query.setter(), open.setter(), input.clone());
        Callback::from(move |key: ObjectKey| {
            on.emit(Act::Select(Some(Selection::Object(key))));
            query.set(String::new());
            open.set(false);
            browser::blur(&input);
        })
    };
    let oninput = {
        let (query, at, open) = (query.setter(), at.setter(), open.setter());
        Callback::from(move |event: InputEvent| {
            query.set(browser::value_of(&event));
            at.set(0);
            open.set(true);
        })
    };
    let onpaste = {
        let on_paste = props.on_paste.clone();
        Callback::from(move |event: Event| {
            if let Some(text) = browser::pasted(&event).filter(|text| looks_like_manifests(text)) {
                event.prevent_default();
                on_paste.emit(text);
            }
        })
    };
    let onkeydown = {
        let (found, at, open, query, choose, input) =
            (found.clone(), at.clone(), open.setter(), query.setter(), choose.clone(), input.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowDown" => at.set((*at + 1).min(found.len().saturating_sub(1))),
                "ArrowUp" => at.set(at.saturating_sub(1)),
                "Enter" => {
                    if let Some(key) = found.get(*at) {
                        choose.emit(key.clone());
                    }
                }
                "Escape" => {
                    query.set(String::new());
                    open.set(false);
                    browser::blur(&input);
                }
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let expanded = *open && !query.trim().is_empty();
    html! {
        <div class="search">
            <div class="field">
                { small_icon("i-search") }
                <input ref={input} id="search" type="text" role="combobox" autocomplete="off" spellcheck="false" placeholder="Find, or paste YAML"
                    aria-label="Find an object, or paste YAML" aria-expanded={expanded.to_string()} aria-controls="search-found"
                    aria-autocomplete="list" aria-activedescendant={(!found.is_empty()).then(|| format!("found-{}", *at))}
                    value={(*query).clone()} {oninput} {onkeydown} {onpaste}
                    onfocus={let open = open.setter(); move |_| open.set(true)} onblur={let open = open.setter(); move |_| open.set(false)} />
                <kbd class="kbd" aria-hidden="true">{ "Ctrl K" }</kbd>
            </div>
            if expanded {
                <ul class="found" id="search-found" role="listbox" aria-label="Objects">
                    for (index, key) in found.iter().enumerate() {
                        <li id={format!("found-{index}")} role="option" aria-selected={(index == *at).to_string()}
                            onpointerdown={let (choose, key) = (choose.clone(), key.clone()); move |event: PointerEvent| {
                                event.prevent_default();
                                choose.emit(key.clone());
                            }}>
                            { small_icon(of_kind(&key.kind)) }<span>{ &*key.name }</span>
                            <span class="muted cut">{ match &*key.namespace { "" => key.kind.to_string(), namespace => format!("{} in {namespace}", key.kind) } }</span>
                        </li>
                    }
                    if found.is_empty() { <li class="none">{ format!("No object matches {}.", query.trim()) }</li> }
                </ul>
            }
        </div>
    }
}

fn find(objects: &Objects, query: &str) -> Vec<ObjectKey> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(u8, ObjectKey)> = objects
        .cluster()
        .store()
        .objects()
        .filter_map(|object| {
            let rank = words.iter().map(|word| rank(object, word)).max()?;
            (rank < u8::MAX).then(|| (rank, object.key.clone()))
        })
        .collect();
    found.sort();
    found.into_iter().take(SHOWN).map(|(_, key)| key).collect()
}

/// How well an object fits a word: smaller is better, the largest is not at all.
fn rank(object: &Object, word: &str) -> u8 {
    let name = object.key.name.to_lowercase();
    if name == word {
        return 0;
    }
    if name.starts_with(word) {
        return 1;
    }
    if name.contains(word) || object.key.kind.name().to_lowercase() == word {
        return 2;
    }
    let in_labels = object.labels().is_some_and(|labels| {
        labels.iter().any(|(key, value)| format!("{key}={value}").to_lowercase().contains(word))
    });
    let value = object.live.to_value();
    let addresses = ["/status/podIP", "/spec/clusterIP"]
        .map(|pointer| value.pointer(pointer).and_then(serde_json::Value::as_str));
    if in_labels
        || &*object.key.namespace == word
        || addresses.into_iter().flatten().any(|address| address.starts_with(word))
    {
        3
    } else {
        u8::MAX
    }
}

/// Whether a text looks like Kubernetes objects.
pub fn looks_like_manifests(text: &str) -> bool {
    text.contains("kind")
        && text.contains("apiVersion")
        && (text.contains('\n') || text.trim_start().starts_with('{'))
}
