//! Turns the bytes that a step prints into masked lines.
//!
//! Nothing is lost: a line that is too long continues on the next line, with a mark.

mod held;

use cirun_terminal_text::{Piece, pieces};

use self::held::Held;
use crate::{MaskedLine, Masker};

/// The longest line in bytes; the rest continues on the next line (CI drops the rest: outputs.long-lines).
pub(crate) const MAX_LINE: usize = 71_680;

/// The mark at the end of a line that continues on the next one.
pub(crate) const CONTINUED: &str = " … (continued on the next line)";

/// Splits one stream into lines. `\n`, `\r\n` and a lone `\r` (an updated progress bar) end a line.
#[derive(Debug, Default)]
pub(crate) struct LineSplitter {
    line: Vec<u8>,
    /// The last byte was a `\r` that ended a line: a following `\n` belongs to the same line end.
    after_return: bool,
    held: Held,
}

impl LineSplitter {
    /// Whether lines wait for the rest of a secret that may have started in them.
    pub(crate) fn is_waiting(&self) -> bool {
        self.held.is_waiting()
    }

    /// Appends the lines that still wait, because their time is over.
    pub(crate) fn release(&mut self, masker: &Masker, lines: &mut Vec<MaskedLine>) {
        self.held.release(masker, lines);
    }

    /// Takes the next bytes, and appends the lines that they complete to `lines`.
    pub(crate) fn push(&mut self, bytes: &[u8], masker: &Masker, lines: &mut Vec<MaskedLine>) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&rest[..end], masker, lines);
            match (rest[end], self.line.is_empty(), self.after_return) {
                (b'\n', true, true) => self.after_return = false,
                (b'\n', ..) => self.end(masker, lines),
                // A return at the start of a line prints nothing.
                (_, true, _) => {}
                (_, false, _) => {
                    self.end(masker, lines);
                    self.after_return = true;
                }
            }
            rest = &rest[end + 1..];
        }
        self.extend(rest, masker, lines);
    }

    /// Ends the stream: a last part without a line end is a line too.
    pub(crate) fn finish(&mut self, masker: &Masker, lines: &mut Vec<MaskedLine>) {
        if !self.line.is_empty() {
            self.end(masker, lines);
        }
        self.held.release(masker, lines);
    }

    fn extend(&mut self, bytes: &[u8], masker: &Masker, lines: &mut Vec<MaskedLine>) {
        if bytes.is_empty() {
            return;
        }
        self.after_return = false;
        // The buffer keeps up to a secret's length beyond a line, so that a secret across the cut is found.
        for part in bytes.chunks(MAX_LINE) {
            self.line.extend_from_slice(part);
            while self.line.len() >= MAX_LINE + masker.longest().max(1) {
                let cut = self.cut(masker);
                self.held.push(&String::from_utf8_lossy(&self.line[..cut]), CONTINUED, masker, lines);
                self.line.drain(..cut);
            }
        }
    }

    fn cut(&self, masker: &Masker) -> usize {
        let cut = masker.cut(&self.line, MAX_LINE);
        // Half of an escape sequence would be read as text.
        let cut = match pieces(&self.line).find(|(_, piece)| piece.end >= cut) {
            Some((Piece::Text, _)) | None => cut,
            Some((_, piece)) if piece.end == cut || piece.start == 0 => cut,
            Some((_, piece)) => piece.start,
        };
        let inside_character = |at: &usize| self.line.get(*at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
        (cut.saturating_sub(3)..=cut).rev().find(|at| !inside_character(at)).unwrap_or(cut)
    }

    fn end(&mut self, masker: &Masker, lines: &mut Vec<MaskedLine>) {
        self.held.push(&String::from_utf8_lossy(&self.line), "", masker, lines);
        self.line.clear();
        self.after_return = false;
    }
}

#[cfg(test)]
mod tests {
    use cirun_plan::Secret;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]], masker: &Masker) -> Vec<String> {
        let (mut splitter, mut lines) = (LineSplitter::default(), Vec::new());
        for chunk in chunks {
            splitter.push(chunk, masker, &mut lines);
        }
        splitter.finish(masker, &mut lines);
        lines.iter().map(|line| line.as_str().to_owned()).collect()
    }

    fn shown(chunks: &[&[u8]]) -> String {
        split(chunks, &Masker::default()).join("|")
    }

    #[test]
    fn line_ends() {
        assert_snapshot!(shown(&[b"a\nb\r\n\r\nc\n\nd"]), @"a|b||c||d");
        assert_snapshot!(shown(&[b"a\r", b"\nb"]), @"a|b");
        assert_snapshot!(shown(&[b"\r\na"]), @"|a");
        assert_snapshot!(shown(&[b""]), @"");
    }

    #[test]
    fn progress_bar() {
        assert_snapshot!(shown(&[b"\r 10%\r 20%\r\r", b"\r100%\r\ndone\n"]), @" 10%| 20%|100%|done");
    }

    #[test]
    fn not_utf_8() {
        assert_snapshot!(shown(&[b"a\xffb", b"\xc3", b"\xa9\n"]), @"a\u{fffd}bé");
    }

    #[test]
    fn a_long_line_goes_on() {
        let text = "é".repeat(MAX_LINE);
        let lines = split(&[text.as_bytes()], &Masker::default());
        assert_eq!(lines.len(), 2);
        assert!(lines[0].ends_with(CONTINUED), "{}", &lines[0][lines[0].len() - 40..]);
        let whole: String = lines.iter().map(|line| line.replace(CONTINUED, "")).collect();
        assert_eq!(whole, text);
    }

    #[test]
    fn a_secret_at_the_cut_is_masked() {
        let masker = Masker::new(&[Secret::new("hunter2-hunter2")]);
        for before in MAX_LINE - 16..=MAX_LINE + 1 {
            let text = format!("{}hunter2-hunter2{}", "x".repeat(before), "y".repeat(40));
            let shown = split(&[text.as_bytes()], &masker).join("");
            assert!(!shown.contains("hunter"), "{before}");
            assert_eq!(shown.matches(crate::mask::MASK).count(), 1, "{before}");
        }
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "([a-z]{0,6}(s3cret)?[\r\n]{0,2}){0,8}", cuts in prop::collection::vec(0_usize..60, 0..6)) {
            let masker = Masker::new(&[Secret::new("s3cret")]);
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            cuts.push(text.len());
            let (mut chunks, mut from) = (Vec::new(), 0);
            for cut in cuts {
                chunks.push(&text.as_bytes()[from..cut]);
                from = cut;
            }
            let lines = split(&chunks, &masker);
            prop_assert_eq!(&lines, &split(&[text.as_bytes()], &masker));
            prop_assert!(!lines.join("\n").contains("s3cret"));
        }
    }
}
