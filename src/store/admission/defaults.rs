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
