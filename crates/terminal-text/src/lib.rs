//! Splits text into what a terminal displays and what it executes: the masker and every sink use the same rules, so
//! that nothing is displayed that was not checked.
//!
//! Bytes that are not UTF-8 are text here; callers replace them before they display them.

mod count;
mod shell_word;
mod writer;

use std::{borrow::Cow, fmt::Write, ops::Range};

pub use count::human_count;
pub use shell_word::shell_word;
pub use writer::LegibleWriter;

/// The kinds of pieces in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Characters, including tabs.
    Text,
    /// `ESC [ … m` with numbers only: a colour.
    Colour,
    /// Any other escape sequence, with its parameters or string.
    Escape,
    /// A control character, including line ends.
    Control,
    /// A mark that changes the direction of the text around it.
    Direction,
    /// A character without a width of its own, or the replacement character for invalid bytes.
    Filler,
}

/// How many bytes to search for the end of a string sequence (a title, a link).
const LONGEST_STRING: usize = 4096;

const ESC: u8 = 0x1b;
const CANCEL: [u8; 2] = [0x18, 0x1a];

/// The pieces of a text, in order; concatenated they are the text.
#[derive(Debug, Clone)]
pub struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Splits a text into its pieces.
pub fn pieces(text: &(impl AsRef<[u8]> + ?Sized)) -> Pieces<'_> {
    Pieces { bytes: text.as_ref(), at: 0 }
}

impl Iterator for Pieces<'_> {
    type Item = (Piece, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let (piece, length) = special(rest).unwrap_or_else(|| (Piece::Text, text_length(rest)));
        self.at = start + length;
        Some((piece, start..self.at))
    }
}

/// Whether the whole text is visible: it is UTF-8 and has one piece, or none.
pub fn is_visible(text: &[u8]) -> bool {
    // Without a branch for each byte, so that the compiler takes many at once.
    if text.iter().fold(true, |all, byte| all & matches!(byte, b'\t' | 0x20..=0x7e)) {
        return true;
    }
    special(text).is_none() && text_length(text) == text.len() && str::from_utf8(text).is_ok()
}

/// The length of the text at the start of `bytes`, whose first byte is text.
fn text_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = bytes[at..].iter().position(|byte| may_be_special(*byte)) {
        at += found;
        if special(&bytes[at..]).is_some() {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// Whether the byte may begin something other than text.
fn may_be_special(byte: u8) -> bool {
    match byte {
        b'\t' => false,
        0..=0x1f | 0x7f => true,
        // The first bytes of the characters below.
        0xc2 | 0xcd | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3 => true,
        _ => false,
    }
}

/// The kind and length of the piece at the start of `bytes`, if it is not text.
fn special(bytes: &[u8]) -> Option<(Piece, usize)> {
    match *bytes {
        [ESC, ..] => Some(escape(bytes)),
        // The C1 controls, U+0080 to U+009F, are equivalent to ESC and a letter.
        [0xc2, 0x9b, ..] => Some(control_sequence(bytes, Piece::Escape)),
        [0xc2, 0x90 | 0x98 | 0x9d..=0x9f, ..] => Some(string(bytes)),
        _ => unseen(bytes),
    }
}

/// The character at the start of `bytes` and its length, if the character is invisible.
pub fn unseen(bytes: &[u8]) -> Option<(Piece, usize)> {
    match *bytes {
        [b'\t', ..] => None,
        [0..=0x1f | 0x7f, ..] => Some((Piece::Control, 1)),
        [0xc2, 0x80..=0x9f, ..] => Some((Piece::Control, 2)),
        // U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
        [0xd8, 0x9c, ..] => Some((Piece::Direction, 2)),
        [0xe2, 0x80, 0x8e | 0x8f | 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa6..=0xa9, ..] => Some((Piece::Direction, 3)),
        // U+00AD, U+034F.
        [0xc2, 0xad, ..] | [0xcd, 0x8f, ..] => Some((Piece::Filler, 2)),
        // U+115F, U+1160, U+180B to U+180F.
        [0xe1, 0x85, 0x9f | 0xa0, ..] | [0xe1, 0xa0, 0x8b..=0x8f, ..] => Some((Piece::Filler, 3)),
        // U+200B to U+200D, U+2028, U+2029, U+2060 to U+2065, U+206A to U+206F.
        [0xe2, 0x80, 0x8b..=0x8d | 0xa8 | 0xa9, ..] | [0xe2, 0x81, 0xa0..=0xaf, ..] => Some((Piece::Filler, 3)),
        // U+FE00 to U+FE0F, U+FEFF, U+FFF9 to U+FFFB, U+FFFD.
        [0xef, 0xb8, 0x80..=0x8f, ..] | [0xef, 0xbb, 0xbf, ..] | [0xef, 0xbf, 0xb9..=0xbb | 0xbd, ..] => {
            Some((Piece::Filler, 3))
        }
        // U+E0000 to U+E0FFF.
        [0xf3, 0xa0, _, _, ..] => Some((Piece::Filler, 4)),
        _ => None,
    }
}

fn escape(bytes: &[u8]) -> (Piece, usize) {
    match bytes.get(1) {
        Some(b'[') => control_sequence(bytes, Piece::Colour),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string(bytes),
        Some(0x20..=0x2f) => {
            let middle = bytes[1..].iter().take_while(|byte| (0x20..=0x2f).contains(*byte)).count();
            let last = usize::from(bytes.get(1 + middle).is_some_and(|byte| (0x30..=0x7e).contains(byte)));
            (Piece::Escape, 1 + middle + last)
        }
        Some(0x30..=0x7e) => (Piece::Escape, 2),
        Some(_) | None => (Piece::Escape, 1),
    }
}

/// A sequence of two introducing bytes, parameters and a letter. Terminals execute control characters inside it and
/// continue.
fn control_sequence(bytes: &[u8], colour: Piece) -> (Piece, usize) {
    let mut plain = true;
    for (at, byte) in bytes.iter().enumerate().skip(2) {
        match *byte {
            b'0'..=b'9' | b';' | b':' => {}
            b'm' if plain => return (colour, at + 1),
            0x40..=0x7e => return (Piece::Escape, at + 1),
            0x20..=0x3f => plain = false,
            ESC | 0x7f.. => return (Piece::Escape, at),
            byte if CANCEL.contains(&byte) => return (Piece::Escape, at + 1),
            0..=0x1f => plain = false,
        }
    }
    (Piece::Escape, bytes.len())
}

/// A sequence of two introducing bytes and a string with an end mark. Without an end mark only the introduction counts:
/// what follows is displayed, as far as a reader can know.
fn string(bytes: &[u8]) -> (Piece, usize) {
    for (at, byte) in bytes.iter().enumerate().take(LONGEST_STRING).skip(2) {
        match (byte, bytes.get(at + 1)) {
            (0x07, _) => return (Piece::Escape, at + 1),
            (&ESC, Some(b'\\')) | (0xc2, Some(0x9c)) => return (Piece::Escape, at + 2),
            (&ESC, Some(_)) => return (Piece::Escape, at),
            (byte, _) if CANCEL.contains(byte) => return (Piece::Escape, at + 1),
            (b'\n', _) => break,
            _ => {}
        }
    }
    (Piece::Escape, 2)
}

/// Text that is safe for a terminal: line ends and tabs stay; escape sequences, control characters and direction marks
/// are written out, as in `\u001b`. In JSON that is the same text.
pub fn legible(text: &str) -> Cow<'_, str> {
    legible_except(text, |_| false)
}

/// Like [`legible`], but keeps colours, which come from the caller.
pub fn legible_in_colour(text: &str) -> Cow<'_, str> {
    legible_except(text, |piece| piece == Piece::Colour)
}

/// Whether a character must be written out.
pub fn is_written_out(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

fn legible_except(text: &str, is_kept: impl Fn(Piece) -> bool) -> Cow<'_, str> {
    if !text.bytes().any(may_be_special) || !text.chars().any(is_written_out) {
        return Cow::Borrowed(text);
    }
    let mut legible = String::with_capacity(text.len() + 16);
    for (piece, range) in pieces(text) {
        if is_kept(piece) {
            legible.push_str(&text[range]);
            continue;
        }
        for (at, character) in text[range.clone()].char_indices() {
            let ends_a_line = character == '\r' && text[range.start + at..].starts_with("\r\n");
            if is_written_out(character) && !ends_a_line {
                write!(legible, "\\u{:04x}", u32::from(character)).expect("writing to a string cannot fail");
            } else {
                legible.push(character);
            }
        }
    }
    Cow::Owned(legible)
}

#[cfg(test)]
mod tests;
