//! What defaulting has in common for all kinds: values that Go can not tell from absent ones are made absent.

/// Makes an empty text absent.
pub(super) fn absent_when_empty(text: &mut Option<String>) {
    if text.as_deref() == Some("") {
        *text = None;
    }
}

/// Makes an empty list absent.
pub(super) fn absent_when_no_items<T>(list: &mut Option<Vec<T>>) {
    if list.as_ref().is_some_and(Vec::is_empty) {
        *list = None;
    }
}

/// Makes a zero absent.
pub(super) fn absent_when_zero(number: &mut Option<i32>) {
    if *number == Some(0) {
        *number = None;
    }
}

/// Sets a text that is absent or empty.
pub(super) fn default_text(text: &mut Option<String>, default: &str) {
    absent_when_empty(text);
    text.get_or_insert_with(|| default.to_owned());
}

/// Sets a number that is absent or zero.
pub(super) fn default_number(number: &mut Option<i32>, default: i32) {
    absent_when_zero(number);
    number.get_or_insert(default);
}
