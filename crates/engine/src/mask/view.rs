//! Copies of a text without its invisible parts, which map each byte to its original position.

use std::ops::Range;

use cirun_terminal_text::{Piece, pieces, unseen};

/// How a copy is made. Readers differ: a terminal executes escape sequences, a page or an editor may show parts of
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Without escape sequences.
    Shown,
    /// Without escape sequences, and without text that is overwritten after the cursor moved back.
    WrittenOver,
    /// Without the bytes that introduce a sequence.
    Unprintable,
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// The visible text.
    pub(crate) bytes: Vec<u8>,
    /// The start of each part of it: here, and in the original.
    parts: Vec<(usize, usize)>,
}

impl View {
    /// What a sink displays of a text.
    pub(crate) fn shown(text: &[u8]) -> Self {
        Self::of(text, Reading::Shown)
    }

    fn of(text: &[u8], reading: Reading) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(text.len()), parts: Vec::new() };
        for (piece, range) in pieces(text) {
            match piece {
                Piece::Text => view.take(text, range),
                Piece::Colour | Piece::Escape | Piece::Control if reading == Reading::WrittenOver => {
                    view.go_back(columns_back(&text[range]));
                }
                Piece::Colour | Piece::Escape if reading == Reading::Unprintable => view.take_printable(text, range),
                Piece::Colour | Piece::Escape | Piece::Control | Piece::Direction | Piece::Filler => {}
            }
        }
        view
    }

    /// The original range of a range: from its first byte to its last.
    pub(crate) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        self.position(range.start)..self.position(range.end - 1) + 1
    }

    fn position(&self, at: usize) -> usize {
        let part = self.parts.partition_point(|(start, _)| *start <= at);
        let (start, original) = self.parts[part - 1];
        original + (at - start)
    }

    fn take(&mut self, text: &[u8], range: Range<usize>) {
        let at = self.bytes.len();
        if self.parts.last().is_none_or(|(start, original)| original + (at - start) != range.start) {
            self.parts.push((at, range.start));
        }
        self.bytes.extend_from_slice(&text[range]);
    }

    fn take_printable(&mut self, text: &[u8], range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            match unseen(&text[at..range.end]) {
                Some((_, length)) => at += length,
                None => {
                    self.take(text, at..at + 1);
                    at += 1;
                }
            }
        }
    }

    fn go_back(&mut self, columns: usize) {
        for _ in 0..columns.min(self.bytes.len()) {
            while self.bytes.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
        }
        while self.parts.pop_if(|(start, _)| *start >= self.bytes.len()).is_some() {}
    }
}

/// The copies of a text in which something may be found that the text itself does not have; none if the whole text is
/// visible.
pub(super) fn views(text: &[u8]) -> Vec<View> {
    let (mut is_seen, mut has_escapes, mut goes_back) = (true, false, false);
    for (piece, range) in pieces(text) {
        is_seen &= piece == Piece::Text;
        has_escapes |= piece == Piece::Escape;
        goes_back |= matches!(piece, Piece::Escape | Piece::Control) && columns_back(&text[range]) > 0;
    }
    let readings = [(Reading::Shown, !is_seen), (Reading::WrittenOver, goes_back), (Reading::Unprintable, has_escapes)];
    readings.into_iter().filter(|(_, wanted)| *wanted).map(|(reading, _)| View::of(text, reading)).collect()
}

/// The number of columns by which a control character or sequence moves the cursor back: `\b`, and `ESC [ n D`.
fn columns_back(piece: &[u8]) -> usize {
    let parameter = match piece {
        [0x08] => return 1,
        [0x1b, b'[', parameter @ .., b'D'] | [0xc2, 0x9b, parameter @ .., b'D'] => parameter,
        _ => return 0,
    };
    match std::str::from_utf8(parameter).map(str::parse) {
        // Without a number it is 1, and 0 is 1 too.
        Ok(Ok(columns)) => std::cmp::max(columns, 1),
        Ok(Err(_)) | Err(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn seen(text: &str) -> String {
        views(text.as_bytes()).iter().map(|view| String::from_utf8_lossy(&view.bytes)).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_plain_text_has_no_copies() {
        assert_snapshot!(seen("plain\té 🦀"), @"");
    }

    #[test]
    fn each_reading() {
        assert_snapshot!(seen("se\u{1b}[1mcr\u{200b}et"), @"secret");
        assert_snapshot!(seen("se\u{1b}]0;x\u{7}cret"), @"secret | se]0;xcret");
        assert_snapshot!(seen("seX\u{8}cret"), @"seXcret | secret");
        assert_snapshot!(seen("seéX\u{1b}[2Dcret\u{1b}[D"), @"seéXcret | secre | seéX[2Dcret[D");
        assert_snapshot!(seen("\u{8}\u{8}se\u{9b}99999999999999999999Dcret"), @"secret | scret | se99999999999999999999Dcret");
    }

    #[test]
    fn a_range_leads_back_to_its_place() {
        let view = View::shown("é\u{1b}[1msec\u{200b}ret.".as_bytes());
        let place = view.bytes.windows(6).position(|window| window == b"secret").unwrap();
        assert_eq!(view.origin(&(place..place + 6)), 6..15);
    }
}
