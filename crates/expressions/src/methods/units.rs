//! Java counts text in UTF-16 units, Rust in bytes.

/// The number of units in `text`.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The byte at which unit `unit` begins; `None` past the end or inside a character.
pub(super) fn byte_at(text: &str, unit: i64) -> Option<usize> {
    let unit = usize::try_from(unit).ok()?;
    if text.is_ascii() {
        return (unit <= text.len()).then_some(unit);
    }
    let mut units = 0;
    for (at, character) in text.char_indices() {
        if units == unit {
            return Some(at);
        }
        units += character.len_utf16();
    }
    (units == unit).then_some(text.len())
}

/// The unit that begins at byte `at`.
pub(super) fn unit_at(text: &str, at: usize) -> i64 {
    length(&text[..at]) as i64
}
