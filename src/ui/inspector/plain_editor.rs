//! A plain editor for YAML, where the bundled one is missing: line numbers, marks of problems, Tab and Shift+Tab.

use std::rc::Rc;

use endpoint_playground::api::problem::{Place, Problem, Severity};
use yew::prelude::*;

use crate::ui::browser;

/// The height of a line in pixels, as the style sheet has it.
const LINE: i32 = 20;

/// What the editor needs.
#[derive(Properties, PartialEq)]
pub struct PlainEditorProps {
    /// The text.
    pub text: AttrValue,
    /// What is wrong with it.
    pub problems: Rc<Vec<Problem>>,
    /// What a screen reader says for it.
    pub label: AttrValue,
    /// Whether it can not be changed.
    pub read_only: bool,
    /// The field.
    pub area: NodeRef,
    /// Another text.
    pub on_text: Callback<String>,
    /// Ctrl+Enter.
    pub on_apply: Callback<()>,
}

/// The editor. Lines and problems are told by `props`; `area` is its field, to show a problem in it.
#[component]
pub fn PlainEditor(props: &PlainEditorProps) -> Html {
    let gutter = use_node_ref();
    let area = &props.area;
    // Escape lets the next Tab leave the field, for who works with the keyboard alone.
    let leaving = use_mut_ref(|| false);
    let onscroll = {
        let (area, gutter) = (area.clone(), gutter.clone());
        Callback::from(move |_: Event| browser::set_scroll_top(&gutter, browser::scroll_top(&area)))
    };
    let onkeydown = {
        let (area, on_text, on_apply, read_only, leaving) =
            (area.clone(), props.on_text.clone(), props.on_apply.clone(), props.read_only, leaving.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                on_apply.emit(());
            }
            "Escape" if !*leaving.borrow() => {
                // In a dialog the next Escape closes it.
                event.prevent_default();
                *leaving.borrow_mut() = true;
            }
            "Tab" if !read_only && !*leaving.borrow() => {
                event.prevent_default();
                if let Some((from, to)) = browser::selected_range(&area) {
                    let (text, from, to) = indent(&browser::value_of(&event), from, to, event.shift_key());
                    browser::set_area(&area, &text, from, to);
                    on_text.emit(text);
                }
            }
            "Escape" | "Shift" => {}
            _ => *leaving.borrow_mut() = false,
        })
    };
    let oninput = props.on_text.reform(|event: InputEvent| browser::value_of(&event));
    let lines = props.text.matches('\n').count() + 1;
    let worst = |line: usize| {
        let here = props
            .problems
            .iter()
            .filter(|problem| problem.place.is_some_and(|place| place.line as usize == line));
        here.map(|problem| problem.severity).max()
    };
    html! {
        <div class="editor">
            <div class="gutter" ref={gutter} aria-hidden="true">
                for line in 1..=lines {
                    <div class={worst(line).map(|severity| if severity == Severity::Error { "bad" } else { "warn" })}>{ line }</div>
                }
            </div>
            <textarea ref={area.clone()} aria-label={props.label.clone()} spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off"
                title="Ctrl+Enter applies. Tab indents; Escape, then Tab, leaves." readonly={props.read_only}
                value={props.text.clone()} {oninput} {onscroll} {onkeydown} />
        </div>
    }
}

/// Selects a stretch of the field and shows it.
pub fn reveal(area: &NodeRef, text: &str, place: Place) {
    let from = offset(text, place.line, place.column);
    let to = offset(text, place.end_line, place.end_column).max(from);
    browser::reveal_in_area(area, from, to, place.line.saturating_sub(1), LINE);
}

/// The place of a line and column, both from 1, in UTF-16 units as the browser counts.
fn offset(text: &str, line: u32, column: u32) -> u32 {
    let mut units = 0;
    for (index, content) in text.split('\n').enumerate() {
        if index + 1 == line as usize {
            let before = content.chars().take(column.saturating_sub(1) as usize);
            return units + before.map(|letter| letter.len_utf16() as u32).sum::<u32>();
        }
        units += content.chars().map(|letter| letter.len_utf16() as u32).sum::<u32>() + 1;
    }
    units
}

/// Indents the selected lines by two spaces, or takes two away. With nothing selected, Tab adds spaces at the cursor.
/// Places are in UTF-16 units. Gives the text and the new selection.
fn indent(text: &str, from: u32, to: u32, out: bool) -> (String, u32, u32) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (from, to) = ((from as usize).min(units.len()), (to as usize).min(units.len()));
    let (space, newline) = (u16::from(b' '), u16::from(b'\n'));
    if from == to && !out {
        let mut result = units[..from].to_vec();
        result.extend([space, space]);
        result.extend(&units[from..]);
        let at = from as u32 + 2;
        return (String::from_utf16_lossy(&result), at, at);
    }
    let start = units[..from].iter().rposition(|unit| *unit == newline).map_or(0, |index| index + 1);
    let mut result = units[..start].to_vec();
    let (mut new_from, mut new_to) = (from as i64, to as i64);
    let mut rest = &units[start..];
    let mut position = start;
    while !rest.is_empty() {
        let end = rest.iter().position(|unit| *unit == newline).map_or(rest.len(), |index| index + 1);
        let (line, after) = rest.split_at(end);
        let touched = position < to || position == start;
        let change: i64 = if !touched {
            result.extend(line);
            0
        } else if out {
            let spaces = line.iter().take(2).take_while(|unit| **unit == space).count();
            result.extend(&line[spaces..]);
            -(spaces as i64)
        } else {
            result.extend([space, space]);
            result.extend(line);
            2
        };
        if position <= from {
            new_from = (new_from + change).max(position as i64);
        }
        new_to += change;
        position += end;
        rest = after;
    }
    (String::from_utf16_lossy(&result), new_from.max(0) as u32, new_to.max(0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn tab_at_the_cursor_adds_two_spaces() {
        assert_eq!(indent("a: b", 2, 2, false), ("a:   b".to_owned(), 4, 4));
    }

    #[wasm_bindgen_test]
    fn tab_with_a_selection_indents_its_lines() {
        assert_eq!(indent("a\nb\nc", 0, 3, false).0, "  a\n  b\nc");
        assert_eq!(indent("  a\n b\nc", 0, 6, true).0, "a\nb\nc");
    }

    #[wasm_bindgen_test]
    fn places_are_counted_as_the_browser_counts() {
        assert_eq!(offset("\u{1f600}x\nyz", 2, 2), 5);
    }
}
