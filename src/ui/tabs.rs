//! Tabs as WAI-ARIA describes them: one of them is in the Tab order, the arrows go to the others.

use yew::prelude::*;

use super::browser;

/// One tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// A word that tells it from the others, used in ids.
    pub name: &'static str,
    /// What it says.
    pub label: AttrValue,
    /// A number beside it.
    pub count: Option<usize>,
    /// Whether the number counts problems.
    pub bad: bool,
}

impl Tab {
    /// A tab without a number.
    pub fn new(name: &'static str, label: &'static str) -> Tab {
        Tab { name, label: AttrValue::Static(label), count: None, bad: false }
    }
}

/// What a row of tabs needs.
#[derive(Properties, PartialEq)]
pub struct TabsProps {
    /// What the row is called.
    pub label: AttrValue,
    /// The beginning of the ids: the panel of tab `yaml` has the id `{id}-panel-yaml`.
    pub id: AttrValue,
    /// The tabs.
    pub tabs: Vec<Tab>,
    /// The name of the one that is shown.
    pub shown: AttrValue,
    /// Shows another.
    pub on_show: Callback<&'static str>,
    /// What stands behind the tabs in the same row.
    #[prop_or_default]
    pub children: Html,
}

/// A row of tabs.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let root = use_node_ref();
    let onkeydown = {
        let (root, tabs, shown, on_show) =
            (root.clone(), props.tabs.clone(), props.shown.clone(), props.on_show.clone());
        Callback::from(move |event: KeyboardEvent| {
            let count = tabs.len();
            let here = tabs.iter().position(|tab| tab.name == shown.as_str()).unwrap_or(0);
            let target = match event.key().as_str() {
                "ArrowRight" => (here + 1) % count.max(1),
                "ArrowLeft" => (here + count.saturating_sub(1)) % count.max(1),
                "Home" => 0,
                "End" => count.saturating_sub(1),
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            if let Some(tab) = tabs.get(target) {
                on_show.emit(tab.name);
                browser::move_focus(&root, &format!("[data-tab={}]", tab.name), i32::MIN);
            }
        })
    };
    html! {
        <div class="tabs">
            <div class="tab-row" ref={root} role="tablist" aria-label={&props.label} {onkeydown}>
                for tab in props.tabs.iter() {
                    { one(props, tab) }
                }
            </div>
            { props.children.clone() }
        </div>
    }
}

fn one(props: &TabsProps, tab: &Tab) -> Html {
    let shown = tab.name == props.shown.as_str();
    let name = tab.name;
    let onclick = props.on_show.reform(move |_: MouseEvent| name);
    html! {
        <button type="button" role="tab" data-tab={tab.name} id={format!("{}-tab-{}", props.id, tab.name)}
            aria-selected={shown.to_string()} aria-controls={format!("{}-panel-{}", props.id, tab.name)}
            tabindex={if shown { "0" } else { "-1" }} {onclick}>
            { &tab.label }
            if let Some(count) = tab.count {
                { " " }<span class={classes!("count", tab.bad.then_some("bad"))}>{ count }</span>
            }
        </button>
    }
}

/// The attributes of the panel of a tab: its id, and the id of the tab that names it.
pub fn panel_ids(id: &str, tab: &str) -> (String, String) {
    (format!("{id}-panel-{tab}"), format!("{id}-tab-{tab}"))
}
