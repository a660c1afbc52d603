//! Cards that are moved by hand: together if several are selected, snapped to the grid and to their neighbours.

use endpoint_playground::scene::Scene;
use endpoint_playground::scene::card::Mark;
use endpoint_playground::scene::geometry::{Point, Rect, point};
use endpoint_playground::scene::pick::{self, Snap};
use endpoint_playground::session::{Command, Placement};
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::super::in_hand::InHand;
use super::super::{Board, BoardProps, view};
use super::elements;
use crate::ui::events_model::BoardEvent;

/// The cards that are in the hand, and what stays where it is.
#[derive(Default)]
pub(in super::super) struct Hand {
    held: Vec<Held>,
    neighbours: Vec<Rect>,
    lines: Vec<Line>,
    grid: f64,
}

/// A card that is in the hand.
struct Held {
    id: String,
    rect: Rect,
    /// Its element, where it is in the document.
    element: Option<HtmlElement>,
}

/// A link or wire of a card that is in the hand: its ends, and which of them is in the hand.
struct Line {
    from: (Point, bool),
    to: (Point, bool),
}

/// How far the arrow keys move what is selected, in pixels at 100 %.
const NUDGE: f64 = 8.0;

/// The ids of what is selected and can be put by hand.
fn chosen(props: &BoardProps) -> Vec<String> {
    let own = props.selection.iter().map(|selection| selection.card());
    let picked = props.picked.iter().map(|key| key.to_path());
    own.chain(picked).collect()
}

impl Board {
    /// Takes a card up, and with it all that are selected if it is one of them.
    pub(super) fn take_up(&self, props: &BoardProps, card: &str) -> Hand {
        let chosen = chosen(props);
        let together = chosen.iter().any(|id| id == card);
        let is_held = |id: &str| id == card || together && chosen.iter().any(|other| other == id);
        let mut elements = elements(self, is_held);
        let scene = &props.scene.0;
        let mut hand = Hand { grid: pick::GRID * scene.metrics.ratio, ..Hand::default() };
        for (id, rect) in scene.movable() {
            if is_held(&id) {
                let element = elements.iter().position(|(other, _)| *other == id);
                let element = element.map(|index| elements.swap_remove(index).1);
                if let Some(element) = &element {
                    // Adding a class of a valid name does not fail.
                    let _ = element.class_list().add_1("held");
                }
                hand.held.push(Held { id, rect, element });
            } else {
                hand.neighbours.push(rect);
            }
        }
        hand.lines = hand.lines_of(scene);
        self.hold(true);
        hand
    }

    /// While a card is in the hand the lines as they stand step back behind those that follow it. Those of what was pointed
    /// at stay where they were, so they go.
    pub(super) fn hold(&self, holds: bool) {
        if let Some(world) = self.world.cast::<Element>() {
            // An attribute of a valid name can be set.
            let _ = world.toggle_attribute_with_force("data-holds", holds);
        }
        self.overlay.links("", "");
        if !holds {
            self.painter.hand().show(None);
            self.wake();
        }
    }

    /// Moves what is held to where the pointer is, and shows what it snaps to.
    pub(super) fn drag(&self, hand: &Hand, from: (f64, f64), at: (f64, f64)) {
        let (dx, dy, snap) = self.shift(hand, from, at);
        let place = view::shifted(dx, dy);
        for element in hand.elements() {
            let _ = element.style().set_property("transform", &place);
        }
        let moved = |(at, is_held): (Point, bool)| if is_held { point(at.x + dx, at.y + dy) } else { at };
        let lines: Vec<(Point, Point)> =
            hand.lines.iter().map(|line| (moved(line.from), moved(line.to))).collect();
        self.painter.hand().show(InHand::new(&lines));
        self.overlay.guides.show(snap.x, snap.y);
        self.wake();
    }

    /// How far what is held moves, with the snapping.
    fn shift(&self, hand: &Hand, from: (f64, f64), at: (f64, f64)) -> (f64, f64, Snap) {
        let scale = self.camera.get().scale;
        let (dx, dy) = ((at.0 - from.0) / scale, (at.1 - from.1) / scale);
        let Some(area) = hand.held.iter().map(|held| held.rect).reduce(Rect::union) else {
            return (dx, dy, Snap::default());
        };
        let moving = Rect { x: area.x + dx, y: area.y + dy, ..area };
        let snap = pick::snap(&moving, &hand.neighbours, hand.grid);
        (dx + snap.dx, dy + snap.dy, snap)
    }

    /// The cards are put down: one command.
    pub(super) fn put_down(
        &self,
        ctx: &Context<Self>,
        hand: &Hand,
        from: (f64, f64),
        at: (f64, f64),
        done: bool,
    ) {
        hand.stand_still();
        self.overlay.clear();
        self.hold(false);
        if done {
            hand.land();
            let (dx, dy, _) = self.shift(hand, from, at);
            place(ctx.props(), hand.held.iter().map(|held| (held.id.clone(), held.rect)), dx, dy);
        }
    }

    /// Moves what is selected by the keyboard; `false` when nothing of it can be put by hand.
    pub(in super::super) fn nudge(&self, props: &BoardProps, right: f64, down: f64) -> bool {
        let chosen = chosen(props);
        let scene = &props.scene.0;
        let all: Vec<(String, Rect)> = scene.movable().filter(|(id, _)| chosen.contains(id)).collect();
        let step = NUDGE * scene.metrics.ratio;
        let any = !all.is_empty() && !props.read_only;
        if any {
            place(props, all.into_iter(), right * step, down * step);
        }
        any
    }
}

impl Hand {
    fn elements(&self) -> impl Iterator<Item = &HtmlElement> {
        self.held.iter().filter_map(|held| held.element.as_ref())
    }

    /// The links and wires of what is held.
    fn lines_of(&self, scene: &Scene) -> Vec<Line> {
        let is_held = |at: &Point| {
            self.held.iter().any(|held| {
                let Rect { x, y, .. } = held.rect;
                x - 1.0 <= at.x && at.x <= held.rect.right() + 1.0 && y <= at.y && at.y <= held.rect.bottom()
            })
        };
        let links = scene.links.iter().filter(|link| link.mark != Mark::NearMiss).map(|link| &link.path);
        let paths = links.chain(scene.wires.iter().map(|wire| &wire.path));
        let lines = paths.filter_map(|path| match path.points() {
            [first, .., last] => Some(Line { from: (*first, is_held(first)), to: (*last, is_held(last)) }),
            _ => None,
        });
        lines.filter(|line| line.from.1 || line.to.1).collect()
    }

    /// Puts the cards where they stand, as far as the hand moved them.
    pub(super) fn stand_still(&self) {
        for element in self.elements() {
            let _ = element.class_list().remove_1("held");
            let _ = element.style().remove_property("transform");
        }
    }

    /// Lets the cards stand at once where they are put down: they glide only when the layout moves them.
    fn land(&self) {
        let elements: Vec<HtmlElement> = self.elements().cloned().collect();
        for element in &elements {
            let _ = element.class_list().add_1("landed");
        }
        let stand = move || {
            for element in &elements {
                let _ = element.class_list().remove_1("landed");
            }
        };
        // By then they are drawn in their place.
        gloo::timers::callback::Timeout::new(120, stand).forget();
    }
}

fn place(props: &BoardProps, cards: impl Iterator<Item = (String, Rect)>, dx: f64, dy: f64) {
    let ratio = props.scene.0.metrics.ratio;
    let at_full = |value: f64| (value / ratio).round() as i32;
    let places: Vec<Placement> = cards
        .map(|(card, rect)| Placement { card, at: Some((at_full(rect.x + dx), at_full(rect.y + dy).max(0))) })
        .collect();
    if !places.is_empty() {
        props.on.emit(BoardEvent::Command(Command::Place { places }));
    }
}
