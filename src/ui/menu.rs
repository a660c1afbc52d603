//! A button that opens a menu: arrows, Home and End move in it, Escape and a press elsewhere close it.

use yew::prelude::*;

use super::browser;
use super::icons::small_icon;

/// One line of a menu.
#[derive(Clone, PartialEq)]
pub struct MenuItem {
    /// What the line says.
    pub label: AttrValue,
    /// A smaller second line; empty for none.
    pub detail: AttrValue,
    /// The icon before it.
    pub icon: Option<&'static str>,
    /// Whether it is the one in force; `None` when the line is no choice.
    pub chosen: Option<bool>,
    /// What it does.
    pub action: Callback<()>,
}

impl MenuItem {
    /// A line that does something.
    pub fn new(label: impl Into<AttrValue>, action: Callback<()>) -> MenuItem {
        MenuItem { label: label.into(), detail: AttrValue::default(), icon: None, chosen: None, action }
    }

    /// The same line with an icon.
    pub fn icon(mut self, icon: &'static str) -> MenuItem {
        self.icon = Some(icon);
        self
    }

    /// The same line with a second, smaller line.
    pub fn detail(mut self, detail: impl Into<AttrValue>) -> MenuItem {
        self.detail = detail.into();
        self
    }

    /// The same line as one of several choices.
    pub fn chosen(mut self, chosen: bool) -> MenuItem {
        self.chosen = Some(chosen);
        self
    }
}

/// What a menu needs.
#[derive(Properties, PartialEq)]
pub struct MenuProps {
    /// What a screen reader says for the button; also its tooltip.
    pub label: AttrValue,
    /// What stands on the button.
    pub children: Html,
    /// The lines.
    pub items: Vec<MenuItem>,
    /// Classes of the button beside `btn`.
    #[prop_or_default]
    pub class: Classes,
    /// Whether the menu hangs from the right edge of the button.
    #[prop_or_default]
    pub to_left: bool,
    /// Whether the button shows that it opens a menu.
    #[prop_or(true)]
    pub arrow: bool,
}

const ITEMS: &str = "[role=menuitem], [role=menuitemradio]";

/// A button with a menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let open = use_state(|| false);
    let root = use_node_ref();
    let list = use_node_ref();
    let button = use_node_ref();

    {
        let (root, list, setter) = (root.clone(), list.clone(), open.setter());
        use_effect_with(*open, move |open| {
            let listener = open.then(|| {
                browser::move_focus(&list, ITEMS, i32::MIN);
                browser::on_pointer_down(move |event| {
                    if !browser::holds(&root, event) {
                        setter.set(false);
                    }
                })
            });
            move || drop(listener)
        });
    }

    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onkeydown = {
        let (open, list, button) = (open.clone(), list.clone(), button.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" if !*open => {
                    open.set(true);
                    event.prevent_default();
                    return;
                }
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                "Escape" if *open => {
                    open.set(false);
                    browser::focus(&button);
                    event.prevent_default();
                    event.stop_propagation();
                    return;
                }
                "Tab" => {
                    open.set(false);
                    return;
                }
                _ => return,
            };
            if *open {
                event.prevent_default();
                event.stop_propagation();
                browser::move_focus(&list, ITEMS, step);
            }
        })
    };

    html! {
        <span class="menu" ref={root} {onkeydown}>
            <button ref={button.clone()} type="button" class={classes!("btn", props.class.clone())} title={&props.label}
                aria-label={&props.label} aria-haspopup="menu" aria-expanded={open.to_string()} onclick={toggle}>
                { props.children.clone() }
                if props.arrow { { small_icon("i-down") } }
            </button>
            if *open {
                <ul ref={list} role="menu" aria-label={&props.label}
                    class={classes!("menu-list", props.to_left.then_some("to-left"))}>
                    for item in props.items.iter() {
                        { line(item, &open, &button) }
                    }
                </ul>
            }
        </span>
    }
}

fn line(item: &MenuItem, open: &UseStateHandle<bool>, button: &NodeRef) -> Html {
    let onclick = {
        let (action, open, button) = (item.action.clone(), open.setter(), button.clone());
        Callback::from(move |_: MouseEvent| {
            open.set(false);
            browser::focus(&button);
            action.emit(());
        })
    };
    let role = if item.chosen.is_some() { "menuitemradio" } else { "menuitem" };
    html! {
        <li role="none">
            <button type="button" {role} tabindex="-1" aria-checked={item.chosen.map(|chosen| chosen.to_string())}
                {onclick}>
                <span class="menu-mark">
                    if let Some(icon) = item.icon {
                        { small_icon(icon) }
                    } else if item.chosen == Some(true) {
                        { small_icon("i-check") }
                    }
                </span>
                <span class="menu-text">
                    { &item.label }
                    if !item.detail.is_empty() { <small>{ &item.detail }</small> }
                </span>
            </button>
        </li>
    }
}
