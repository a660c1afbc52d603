//! What opens on the board at a place: a menu, the editing of a text, the ways to connect two objects.

use endpoint_playground::api::ObjectKey;
use endpoint_playground::api::path::Path;
use yew::prelude::*;

use super::connecting::Connecting;
use super::in_place::InPlace;
use super::{Board, BoardProps, focus};
use crate::ui::actions::{self, Chosen};
use crate::ui::events_model::{BoardEvent, Selection};
use crate::ui::menu::MenuList;

/// One thing at a time opens on the board; places are in pixels of the board's window.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Popup {
    /// The menu of a card, or of the bare board.
    Menu {
        /// Where it opens.
        at: (f64, f64),
        /// Whose it is; `None` for the bare board.
        on: Option<Selection>,
        /// The place on the board at 100 %, for what is added there.
        place: (i32, i32),
        /// The node that is there.
        on_node: Option<String>,
        /// What was selected before.
        before: Vec<ObjectKey>,
    },
    /// The editing of a text on a card.
    Edit {
        /// Where the text stands.
        at: (f64, f64),
        /// The object.
        object: ObjectKey,
        /// What of it.
        change: Change,
    },
    /// The ways to connect an object with another, or the choice of the other.
    Connect {
        /// Where the line ended.
        at: (f64, f64),
        /// Where it began.
        from: ObjectKey,
        /// Where it leads, if that is chosen.
        to: Option<ObjectKey>,
    },
}

/// What of an object is edited in place.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Its name.
    Name,
    /// A pair of its labels or its selector; an empty name is a new pair.
    Pair {
        /// The map that holds it.
        path: Path,
        /// The key.
        name: String,
        /// The value.
        value: String,
    },
    /// A port of a Service, by its number in the list.
    Port(u32),
}

impl Change {
    /// A pair of a map.
    pub fn pair(path: Path, name: &str, value: &str) -> Change {
        Change::Pair { path, name: name.to_owned(), value: value.to_owned() }
    }

    /// A label more.
    pub fn new_label() -> Change {
        Change::pair(Path::ROOT.field("metadata").field("labels"), "", "")
    }

    /// A pair more of a selector.
    pub fn new_selector() -> Change {
        Change::pair(Path::ROOT.field("spec").field("selector"), "", "")
    }
}

/// What a panel asks the board for.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// To edit something of an object.
    Edit(ObjectKey, Change),
    /// To connect an object with another.
    Connect(ObjectKey),
    /// The menu of what is selected.
    Menu,
    /// To zoom.
    Zoom(super::ZoomStep),
}

/// How much room a popup is given below and beside its place before it moves up or left.
const ROOM: (f64, f64) = (344.0, 260.0);

impl Board {
    /// Opens a popup; what was open closes.
    pub(super) fn show(&mut self, ctx: &Context<Self>, popup: Popup) {
        self.unlight();
        self.walker.stay();
        self.popup = Some(popup);
        self.redraw(ctx);
    }

    /// Closes the popup and gives the focus back to the card that it was for.
    pub(super) fn hide(&mut self, ctx: &Context<Self>) {
        if let Some(popup) = self.popup.take() {
            let card = match &popup {
                Popup::Menu { on, .. } => on.as_ref().map(Selection::card),
                Popup::Edit { object, .. } | Popup::Connect { from: object, .. } => Some(object.to_path()),
            };
            if let Some(card) = card.filter(|_| focus::is_nowhere_or_in(".popup")) {
                self.walker.want(card);
            }
            self.redraw(ctx);
        }
    }

    /// A place of the page as one of the board's window.
    pub(super) fn in_window(&self, at: (f64, f64)) -> (f64, f64) {
        let corner = self.corner.get();
        (at.0 - corner.0, at.1 - corner.1)
    }

    /// Where the card of an object begins, in the board's window.
    pub(super) fn place_of(&self, props: &BoardProps, object: &ObjectKey) -> (f64, f64) {
        let camera = self.camera.get();
        props.scene.0.rect_of(object).map_or((40.0, 40.0), |rect| {
            (rect.x * camera.scale + camera.x + 16.0, rect.y * camera.scale + camera.y + 8.0)
        })
    }

    /// Does what a panel asks for.
    pub(super) fn answer(&mut self, ctx: &Context<Self>, ask: Ask) {
        let props = ctx.props();
        match ask {
            Ask::Zoom(step) => self.zoom(ctx, step),
            Ask::Edit(object, change) => self.edit_at_card(ctx, object, change),
            Ask::Connect(from) => {
                let at = self.place_of(props, &from);
                self.show(ctx, Popup::Connect { at, from, to: None });
            }
            Ask::Menu => {
                let on = props.selection.clone();
                let object = on.as_ref().and_then(Selection::object);
                let at = object.map_or((40.0, 40.0), |object| self.place_of(props, object));
                self.show(ctx, Popup::Menu { at, on, place: (0, 0), on_node: None, before: Vec::new() });
            }
        }
    }

    /// The popup that is open.
    pub(super) fn popup_view(&self, ctx: &Context<Self>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let Some(popup) = &self.popup else { return Html::default() };
        let (width, height) = self.size();
        let on_close = link.callback(|()| super::Msg::Hide);
        // No key in it is a shortcut of the page.
        let keys = {
            let on_close = on_close.clone();
            move |event: KeyboardEvent| {
                event.stop_propagation();
                if event.key() == "Escape" {
                    event.prevent_default();
                    on_close.emit(());
                }
            }
        };
        let on_act = props.on.reform(BoardEvent::Act);
        let (at, content) = match popup {
            Popup::Menu { at, on, place, on_node, before } => {
                let chosen = Chosen {
                    objects: &props.objects,
                    on: on.as_ref(),
                    picked: &props.picked,
                    placed: &props.placed,
                    read_only: props.read_only,
                    before,
                };
                let all = match on {
                    Some(_) => actions::for_chosen(&chosen),
                    None => actions::for_board(*place, on_node.as_deref(), props.read_only),
                };
                let items = all.into_iter().map(|action| action.item(&on_act)).collect::<Vec<_>>();
                let label = on.as_ref().map_or_else(|| "The board".to_owned(), |on| chosen.words(on));
                (
                    *at,
                    html! { <MenuList {items} {label} class="menu-list" on_close={on_close.reform(|_: bool| ())} /> },
                )
            }
            Popup::Edit { at, object, change } => (
                *at,
                html! { <InPlace objects={props.objects.clone()} places={props.placed.clone()} object={object.clone()}
                change={change.clone()} {on_act} {on_close} /> },
            ),
            Popup::Connect { at, from, to } => (
                *at,
                html! { <Connecting objects={props.objects.clone()} from={from.clone()} to={to.clone()} {on_act} {on_close} /> },
            ),
        };
        // Near the right and lower edges it opens to the other side.
        let x = if at.0 + ROOM.0 > width { (width - ROOM.0 - 8.0).max(8.0) } else { at.0 };
        let up = at.1 > ROOM.1 && at.1 + ROOM.1 > height;
        let y =
            if up { format!("bottom:{:.0}px", height - at.1) } else { format!("top:{:.0}px", at.1.max(4.0)) };
        let room = if up { at.1 - 8.0 } else { height - at.1.max(4.0) - 8.0 };
        html! {
            <div class="popup" style={format!("left:{x:.0}px;{y};--room:{room:.0}px")}
                onpointerdown={|event: PointerEvent| event.stop_propagation()}
                onclick={|event: MouseEvent| event.stop_propagation()}
                ondblclick={|event: MouseEvent| event.stop_propagation()}
                onkeydown={keys}>
                { content }
            </div>
        }
    }
}
