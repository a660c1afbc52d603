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
    /// The keys that do it too; empty for none.
    pub keys: &'static str,
    /// What it does.
    pub action: Callback<()>,
}

impl MenuItem {
    /// A line that does something.
    pub fn new(label: impl Into<AttrValue>, action: Callback<()>) -> MenuItem {
        MenuItem {
            label: label.into(),
            detail: AttrValue::default(),
            icon: None,
            chosen: None,
            keys: "",
            action,
        }
    }

    /// The same line with the keys that do it too.
    pub fn keys(mut self, keys: &'static str) -> MenuItem {
        self.keys = keys;
        self
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
    /// Lines above them that are made when the menu opens.
    #[prop_or_default]
    pub more: Option<Callback<(), Vec<MenuItem>>>,
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

/// What the lines of a menu need.
#[derive(Properties, PartialEq)]
pub struct MenuListProps {
    /// The lines.
    pub items: Vec<MenuItem>,
    /// What a screen reader says for the menu.
    pub label: AttrValue,
    /// Classes.
    pub class: Classes,
    /// What a press on does not close it: the element around its button; itself when unset.
    #[prop_or_default]
    pub around: NodeRef,
    /// The menu closes; `true` when the focus goes back to where it came from.
    pub on_close: Callback<bool>,
}

/// The lines of a menu that is open: the focus is in it, arrows, Home and End move it, Escape, Tab and a press elsewhere
/// close it.
#[component]
pub fn MenuList(props: &MenuListProps) -> Html {
    let list = use_node_ref();
    {
        let (list, around, on_close) = (list.clone(), props.around.clone(), props.on_close.clone());
        use_effect_with((), move |()| {
            browser::move_focus(&list, ITEMS, i32::MIN);
            let listener = browser::on_pointer_down(move |event| {
                if !browser::holds(&list, event) && !browser::holds(&around, event) {
                    on_close.emit(false);
                }
            });
            move || drop(listener)
        });
    }
    let onkeydown = {
        let (list, on_close) = (list.clone(), props.on_close.clone());
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Home" => i32::MIN,
                "End" => i32::MAX,
                "Escape" => {
                    on_close.emit(true);
                    event.prevent_default();
                    event.stop_propagation();
                    return;
                }
                "Tab" => {
                    on_close.emit(false);
                    return;
                }
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            browser::move_focus(&list, ITEMS, step);
        })
    };
    html! {
        <ul ref={list} role="menu" aria-label={&props.label} class={props.class.clone()} {onkeydown}>
            for item in props.items.iter() {
                { line(item, &props.on_close) }
            }
        </ul>
    }
}

/// A button with a menu.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let open = use_state(|| false);
    let root = use_node_ref();
    let button = use_node_ref();
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let on_close = {
        let (open, button) = (open.setter(), button.clone());
        Callback::from(move |back: bool| {
            if back {
                browser::focus(&button);
            }
            open.set(false);
        })
    };
    let onkeydown = {
        let open = open.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "ArrowDown" && !*open {
                open.set(true);
                event.prevent_default();
            }
        })
    };
    let mut items = match &props.more {
        Some(more) if *open => more.emit(()),
        _ => Vec::new(),
    };
    items.extend(props.items.iter().cloned());
    html! {
        <span class="menu" ref={root.clone()} {onkeydown}>
            <button ref={button} type="button" class={classes!("btn", props.class.clone())} title={&props.label}
                aria-label={&props.label} aria-haspopup="menu" aria-expanded={open.to_string()} onclick={toggle}>
                { props.children.clone() }
                if props.arrow { { small_icon("i-down") } }
            </button>
            if *open {
                <MenuList label={props.label.clone()} {items} around={root} {on_close}
                    class={classes!("menu-list", props.to_left.then_some("to-left"))} />
            }
        </span>
    }
}

fn line(item: &MenuItem, on_close: &Callback<bool>) -> Html {
    let onclick = {
        let (action, on_close) = (item.action.clone(), on_close.clone());
        Callback::from(move |_: MouseEvent| {
            on_close.emit(true);
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
                if !item.keys.is_empty() { <kbd class="menu-keys" aria-hidden="true">{ item.keys }</kbd> }
            </button>
        </li>
    }
}
