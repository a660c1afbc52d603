//! The lines that what is in the hand has snapped to, across the whole window.

use std::cell::Cell;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::view::{self, Camera};

/// Where a guide stands that is not seen, in pixels of the window. To take an element away and to bring it back would have
/// the browser put the page together anew each time that a card snaps.
const OUTSIDE: f64 = -8.0;

/// A vertical and a horizontal line.
#[derive(Default)]
pub(super) struct Guides {
    elements: [NodeRef; 2],
    /// Where they are on the board; `None` while nothing is in the hand.
    shown: Cell<Option<[Option<f64>; 2]>>,
    /// Where they were put in the window.
    placed: Cell<Option<[f64; 2]>>,
}

impl Guides {
    /// The elements; they stand in the window, as thin however near the board is.
    pub fn view(&self) -> Html {
        let [across, down] = self.elements.clone();
        html! {
            <>
                <i key="guide-x" class="guide across" ref={across} hidden=true aria-hidden="true"></i>
                <i key="guide-y" class="guide down" ref={down} hidden=true aria-hidden="true"></i>
            </>
        }
    }

    /// Shows a vertical line at this `x` of the board and a horizontal one at this `y` from the next frame on.
    pub fn show(&self, x: Option<f64>, y: Option<f64>) {
        self.shown.set(Some([x, y]));
    }

    /// Nothing is in the hand any more.
    pub fn clear(&self) {
        self.shown.set(None);
        self.put(None);
    }

    /// Puts them where the camera sees them.
    pub fn place(&self, camera: Camera) {
        let Camera { x, y, scale, .. } = camera;
        let seen = |at: Option<f64>, from: f64| at.map_or(OUTSIDE, |at| (at * scale + from).round());
        self.put(self.shown.get().map(|[across, down]| [seen(across, x), seen(down, y)]));
    }

    /// Puts them at these places of the window, or away.
    fn put(&self, places: Option<[f64; 2]>) {
        if self.placed.replace(places) == places {
            return;
        }
        let shifts = places.map(|[across, down]| [(across, 0.0), (0.0, down)]);
        for (index, element) in self.elements.iter().enumerate() {
            let Some(element) = element.cast::<HtmlElement>() else { continue };
            let shift = shifts.and_then(|shifts| shifts.get(index).copied());
            if let Some((x, y)) = shift {
                // Setting a property of a valid name does not fail.
                let _ = element.style().set_property("transform", &view::shifted(x, y));
            }
            if element.hidden() == shift.is_some() {
                element.set_hidden(shift.is_none());
            }
        }
    }
}
