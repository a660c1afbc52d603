//! The grip of a sheet on a phone: dragged, the sheet follows the finger and settles closed, half or full; pressed, it
//! goes on to the next height.

use yew::prelude::*;

use super::browser;

/// How high a sheet stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Height {
    /// As low as it goes.
    Closed,
    /// About half of the window.
    Half,
    /// Nearly all of the window.
    Full,
}

/// The share of the window that a sheet takes at half height, in hundredths; the style sheets say the same.
const HALF: i32 = 56;

/// What stays free above a full sheet, in pixels; the style sheets say the same.
const ABOVE_FULL: i32 = 64;

/// How far a finger may tremble and still press, in pixels.
const TREMBLE: i32 = 6;

/// Where a sheet settles that stood at `from`, was dragged `up` pixels (down when negative), is `low` pixels high when
/// closed, in a window of `window` pixels.
fn settle(from: Height, up: i32, low: i32, window: i32) -> Height {
    let height = |at: Height| match at {
        Height::Closed => low,
        Height::Half => window * HALF / 100,
        Height::Full => window - ABOVE_FULL,
    };
    let now = height(from) + up;
    let all = [Height::Closed, Height::Half, Height::Full];
    all.into_iter().min_by_key(|at| (height(*at) - now).abs()).unwrap_or(from)
}

/// What the grip needs.
#[derive(Properties, PartialEq)]
pub struct GripProps {
    /// How the sheet is called: `the inspector`.
    pub name: &'static str,
    /// The custom property of the page that holds how far the sheet is dragged up.
    pub property: &'static str,
    /// How high the sheet stands.
    pub at: Height,
    /// How high it is when closed, in pixels.
    pub low: i32,
    /// Sets another height.
    pub on: Callback<Height>,
}

/// The grip.
#[component]
pub fn Grip(props: &GripProps) -> Html {
    // The pointer that holds it, where it went down, and whether it has moved since.
    let held = use_mut_ref(|| None::<(i32, i32)>);
    let moved = use_mut_ref(|| false);
    let (property, at, low) = (props.property, props.at, props.low);
    let onpointerdown = {
        let (held, moved) = (held.clone(), moved.clone());
        Callback::from(move |event: PointerEvent| {
            browser::hold_pointer(&event);
            *held.borrow_mut() = Some((event.pointer_id(), event.client_y()));
            *moved.borrow_mut() = false;
        })
    };
    let up = {
        let held = held.clone();
        move |event: &PointerEvent| {
            let (pointer, from) = (*held.borrow())?;
            (pointer == event.pointer_id()).then(|| from - event.client_y())
        }
    };
    let onpointermove = {
        let (up, moved) = (up.clone(), moved.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(up) = up(&event) else { return };
            if *moved.borrow() || up.abs() > TREMBLE {
                *moved.borrow_mut() = true;
                browser::set_page_property(property, Some(&format!("{up}px")));
            }
        })
    };
    let onpointerup = {
        let (held, moved, on) = (held.clone(), moved.clone(), props.on.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(up) = up(&event) else { return };
            *held.borrow_mut() = None;
            browser::set_page_property(property, None);
            if *moved.borrow() && event.type_() == "pointerup" {
                on.emit(settle(at, up, low, browser::window_height()));
            }
        })
    };
    let onclick = {
        let (moved, on) = (moved.clone(), props.on.clone());
        Callback::from(move |_: MouseEvent| {
            // The click that ends a drag is none.
            if !std::mem::take(&mut *moved.borrow_mut()) {
                on.emit(if at == Height::Half { Height::Full } else { Height::Half });
            }
        })
    };
    let label = match at {
        Height::Half => format!("Raise {}", props.name),
        Height::Closed => format!("Open {}", props.name),
        Height::Full => format!("Lower {}", props.name),
    };
    html! {
        <button type="button" class="sheet-grip" aria-label={label} {onclick} {onpointerdown} {onpointermove}
            onpointercancel={onpointerup.clone()} {onpointerup}></button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn check(from: Height, up: i32, expected: Height) {
        assert_eq!(settle(from, up, 120, 844), expected, "{from:?} {up}");
    }

    #[wasm_bindgen_test]
    fn a_sheet_settles_at_the_nearest_height() {
        check(Height::Half, 0, Height::Half);
        check(Height::Half, 60, Height::Half);
        check(Height::Half, 200, Height::Full);
        check(Height::Half, -250, Height::Closed);
        check(Height::Full, -700, Height::Closed);
        check(Height::Closed, 2_000, Height::Full);
    }
}
