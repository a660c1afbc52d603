//! Finding objects, by name, kind, namespace, label or address; and the field in the bar on top that opens the command
//! palette, which finds everything else too.

use endpoint_playground::api::fuzzy::fuzzy;
use endpoint_playground::api::{Object, ObjectKey};
use yew::prelude::*;

use super::act::{Act, Dialog};
use super::icons::small_icon;
use super::moment::Objects;

/// What the field needs.
#[derive(Properties, PartialEq)]
pub struct SearchProps {
    /// What was asked for.
    pub on: Callback<Act>,
}

/// The field in the bar on top.
#[component]
pub fn Search(props: &SearchProps) -> Html {
    html! {
        <div class="search">
            <button type="button" id="search" class="field" aria-haspopup="dialog"
                title="Find an object, or do anything (Ctrl+K)" onclick={props.on.reform(|_| Act::Dialog(Some(Dialog::Palette)))}>
                { small_icon("i-search") }<span class="grow cut">{ "Find or do anything" }</span>
                <span class="kbd key-of" data-key="Ctrl K" aria-hidden="true"></span>
            </button>
        </div>
    }
}

/// The objects that fit a query, with how well: smaller is better.
pub fn find(objects: &Objects, query: &str) -> Vec<(u32, ObjectKey)> {
    objects
        .cluster()
        .store()
        .objects()
        .filter_map(|object| Some((rank(object, query)?, object.key.clone())))
        .collect()
}

/// How well an object fits a query. Its name and kind count most, then its namespace, labels and addresses.
fn rank(object: &Object, query: &str) -> Option<u32> {
    let key = &object.key;
    if let Some(rank) = fuzzy(query, &key.name) {
        return Some(rank);
    }
    let named = format!("{} {} {}", key.name, key.kind.name(), key.namespace);
    if let Some(rank) = fuzzy(query, &named) {
        return Some(rank + 2);
    }
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let labels = object.labels().into_iter().flatten();
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={value}").to_lowercase()).collect();
    let in_label = |word: &String| labels.iter().any(|label| label.contains(word.as_str()));
    if words.iter().all(|word| in_label(word) || named.to_lowercase().contains(word.as_str())) {
        return Some(20);
    }
    // Only what looks like an address is looked for among addresses: that needs the whole object.
    let is_address = |word: &String| {
        word.contains(['.', ':']) && word.starts_with(|first: char| first.is_ascii_hexdigit())
    };
    if !words.iter().all(is_address) {
        return None;
    }
    let value = object.live.to_value();
    let addresses = [
        "/status/podIP",
        "/spec/clusterIP",
        "/status/loadBalancer/ingress/0/ip",
        "/status/addresses/0/address",
    ]
    .map(|pointer| value.pointer(pointer).and_then(serde_json::Value::as_str));
    words
        .iter()
        .all(|word| addresses.iter().flatten().any(|address| address.starts_with(word.as_str())))
        .then_some(10)
}

/// Whether a text looks like Kubernetes objects.
pub fn looks_like_manifests(text: &str) -> bool {
    text.contains("kind")
        && text.contains("apiVersion")
        && (text.contains('\n') || text.trim_start().starts_with('{'))
}
