//! The keys of the page, in one table that the help dialog prints too.

use super::events_model::Tool;

/// What a key asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// Takes a tool.
    Tool(Tool),
    /// Plays or pauses.
    Play,
    /// Goes on to the next hop or event, and pauses.
    Step,
    /// Takes the newest change back.
    Undo,
    /// Does it again.
    Redo,
    /// Deletes what is selected.
    Delete,
    /// Makes another like what is selected.
    Duplicate,
    /// Lets go: of the tool, then of the selection.
    Escape,
    /// Moves the focus to the composer.
    Compose,
    /// Opens the command palette.
    Palette,
    /// Selects everything on the board.
    SelectAll,
    /// Edits the name of what is selected.
    Rename,
    /// Opens the menu of what is selected.
    Menu,
    /// Opens the help.
    Help,
    /// Places what the tool in the hand makes, where there is room.
    Place,
    /// Goes back from the inspector to the card.
    Return,
}

/// A key as the browser reports it.
pub struct Pressed<'a> {
    /// The key's value, such as `z` or `Delete`.
    pub key: &'a str,
    /// Control, or Command on a Mac.
    pub control: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
    /// Whether the focus is in a field where letters are text.
    pub typing: bool,
    /// Whether the focus is on something that takes Space and Enter.
    pub on_button: bool,
}

/// What a key asks for; `None` when it is the browser's.
pub fn meaning(pressed: &Pressed) -> Option<Key> {
    let Pressed { key, control, shift, alt, typing, on_button } = *pressed;
    if alt {
        return None;
    }
    if control {
        return match key {
            "k" | "K" => Some(Key::Palette),
            "p" | "P" if shift => Some(Key::Palette),
            _ if typing => None,
            "a" => Some(Key::SelectAll),
            "z" | "Z" if shift => Some(Key::Redo),
            "z" => Some(Key::Undo),
            "y" | "Y" => Some(Key::Redo),
            "d" | "D" => Some(Key::Duplicate),
            _ => None,
        };
    }
    if typing {
        return None;
    }
    match key {
        " " if !on_button => Some(Key::Play),
        "." => Some(Key::Step),
        "Enter" if !on_button => Some(Key::Place),
        "Delete" | "Backspace" => Some(Key::Delete),
        "Escape" => Some(Key::Escape),
        "?" => Some(Key::Help),
        "/" => Some(Key::Palette),
        "F2" => Some(Key::Rename),
        "ContextMenu" => Some(Key::Menu),
        "F10" if shift => Some(Key::Menu),
        "r" | "R" => Some(Key::Compose),
        letter => {
            let mut letters = letter.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => Tool::for_letter(letter).map(Key::Tool),
                _ => None,
            }
        }
    }
}

/// The lines of the help: keys and what they do.
pub const HELP: [(&str, &str); 19] = [
    ("Space", "Play or pause"),
    (".", "One step: to the next hop or event"),
    ("V H P S I N D C", "Tools: select, hand, Pod, Service, Ingress, Node, Deployment, client"),
    ("R", "Write a request"),
    ("Ctrl + K or Ctrl + Shift + P or /", "Find or do anything"),
    ("Ctrl + A", "Select everything"),
    ("Shift + click", "Select one more, or one less; Shift + Space on the card that has the focus"),
    ("Shift + Left", "Move what is selected; any arrow will do"),
    ("Ctrl + C or Ctrl + X", "Copy or cut what is selected, as YAML"),
    ("Ctrl + V", "Put YAML on the board, from here or from any editor"),
    ("F2", "Change the name of a card, or the label that has the focus"),
    ("Shift + F10", "The menu of a card; also a right click, or a finger that rests"),
    ("Ctrl + Z", "Undo"),
    ("Ctrl + Shift + Z or Ctrl + Y", "Redo"),
    ("Ctrl + D", "Duplicate what is selected"),
    ("Delete", "Delete what is selected"),
    ("Escape", "Put the tool down, then let go of the selection"),
    ("Ctrl + Enter", "In YAML: apply"),
    ("?", "This help"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn check(key: &str, flags: &str, expected: Option<Key>) {
        let pressed = Pressed {
            key,
            control: flags.contains('c'),
            shift: flags.contains('s'),
            alt: flags.contains('a'),
            typing: flags.contains('t'),
            on_button: flags.contains('b'),
        };
        assert_eq!(meaning(&pressed), expected, "{key} {flags}");
    }

    #[wasm_bindgen_test]
    fn letters_are_text_while_typing() {
        check("p", "", Some(Key::Tool(Tool::Pod)));
        check("p", "t", None);
        check("z", "ct", None);
        check("Delete", "t", None);
    }

    #[wasm_bindgen_test]
    fn space_belongs_to_a_focused_button() {
        check(" ", "", Some(Key::Play));
        check(" ", "b", None);
    }

    #[wasm_bindgen_test]
    fn the_palette_opens_even_while_typing() {
        check("k", "ct", Some(Key::Palette));
        check("P", "cst", Some(Key::Palette));
        check("p", "c", None);
        check("a", "ct", None);
        check("a", "c", Some(Key::SelectAll));
    }

    #[wasm_bindgen_test]
    fn redo_has_two_keys() {
        check("Z", "cs", Some(Key::Redo));
        check("y", "c", Some(Key::Redo));
        check("z", "c", Some(Key::Undo));
    }
}
