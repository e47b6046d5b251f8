//! Turns the bytes that a step prints into masked lines.
//!
//! Nothing is lost: a line that is too long continues on the next line, with a mark.

mod held;

use cirun_terminal_text::{Piece, pieces};
use memchr::memchr2;

use self::held::Held;
use crate::{MaskedLines, Masker};

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
    pub(crate) fn release(&mut self, masker: &Masker, lines: &mut MaskedLines) {
        self.held.release(masker, lines);
    }

    /// Takes the next bytes, and appends the lines that they complete to `lines`.
    pub(crate) fn push(&mut self, bytes: &[u8], masker: &Masker, lines: &mut MaskedLines) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.line.is_empty() && !self.after_return {
                rest = &rest[self.held.push_closed(rest, masker, lines)..];
            }
            rest = self.push_line(rest, masker, lines);
        }
    }

    /// Takes bytes up to the end of a line; returns the others.
    fn push_line<'b>(&mut self, bytes: &'b [u8], masker: &Masker, lines: &mut MaskedLines) -> &'b [u8] {
        let Some(end) = memchr2(b'\n', b'\r', bytes) else {
            self.extend(bytes, masker, lines);
            return &[];
        };
        self.extend(&bytes[..end], masker, lines);
        match (bytes[end], self.line.is_empty(), self.after_return) {
            (b'\n', true, true) => self.after_return = false,
            (b'\n', ..) => self.end(masker, lines),
            // A return at the start of a line prints nothing.
            (_, true, _) => {}
            (_, false, _) => {
                self.end(masker, lines);
                self.after_return = true;
            }
        }
        &bytes[end + 1..]
    }

    /// Ends the stream: a last part without a line end is a line too.
    pub(crate) fn finish(&mut self, masker: &Masker, lines: &mut MaskedLines) {
        if !self.line.is_empty() {
            self.end(masker, lines);
        }
        self.held.release(masker, lines);
    }

    fn extend(&mut self, bytes: &[u8], masker: &Masker, lines: &mut MaskedLines) {
        if bytes.is_empty() {
            return;
        }
        self.after_return = false;
        // The buffer keeps up to a secret's length beyond a line, so that a secret across the cut is found.
        for part in bytes.chunks(MAX_LINE) {
            self.line.extend_from_slice(part);
            while self.line.len() >= longest_line(masker) {
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

    fn end(&mut self, masker: &Masker, lines: &mut MaskedLines) {
        self.line.push(b'\n');
        if self.held.push_closed(&self.line, masker, lines) == 0 {
            let text = &self.line[..self.line.len() - 1];
            self.held.push(&String::from_utf8_lossy(text), "", masker, lines);
        }
        self.line.clear();
        self.after_return = false;
    }
}

/// The length at which a line is cut.
fn longest_line(masker: &Masker) -> usize {
    MAX_LINE + masker.longest().max(1)
}

#[cfg(test)]
mod tests {
    use cirun_plan::Secret;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]], masker: &Masker) -> Vec<String> {
        let (mut splitter, mut lines) = (LineSplitter::default(), MaskedLines::default());
        for chunk in chunks {
            splitter.push(chunk, masker, &mut lines);
        }
        splitter.finish(masker, &mut lines);
        lines.iter().map(str::to_owned).collect()
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

    const SECRETS: [&str; 3] = ["tr0ub4dor-and-3", "s3cret", "zq"];

    /// Text with secrets, parts of them, and what is invisible between.
    fn output() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            4 => "[a-z ]{0,6}",
            4 => Just("\n".to_owned()),
            1 => Just("\r\n".to_owned()),
            1 => Just("\r".to_owned()),
            2 => prop::sample::select(SECRETS.to_vec()).prop_map(str::to_owned),
            4 => (0..SECRETS[0].len(), 1..6_usize).prop_map(|(from, length)| SECRETS[0].chars().skip(from).take(length).collect()),
            2 => prop::sample::select(vec!["\u{1b}[1m", "\u{1b}[0m", "é", "\u{200b}", "\u{8}", "\t", "✓"]).prop_map(str::to_owned),
        ];
        prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
    }

    fn cut<'t>(text: &'t [u8], cuts: &[usize]) -> Vec<&'t [u8]> {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| *cut % (text.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(text.len());
        let from = std::iter::once(0).chain(cuts.clone());
        from.zip(&cuts).map(|(from, to)| &text[from..*to]).collect()
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in output(), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
            let masker = Masker::new(&SECRETS.map(Secret::new));
            let lines = split(&cut(text.as_bytes(), &cuts), &masker);
            prop_assert_eq!(&lines, &split(&[text.as_bytes()], &masker));
            let shown = lines.join("\n");
            for secret in SECRETS {
                prop_assert!(!shown.contains(secret), "{}", secret);
            }
        }

        /// Lines that are taken together are masked as each of them alone is.
        #[test]
        fn a_short_way_leads_to_the_same_lines(text in output()) {
            let (masker, text) = (Masker::new(&SECRETS.map(Secret::new)), text.replace('\r', ""));
            let (mut held, mut one_by_one) = (Held::default(), MaskedLines::default());
            for line in text.split_terminator('\n') {
                held.push(line, "", &masker, &mut one_by_one);
            }
            held.release(&masker, &mut one_by_one);
            prop_assert_eq!(split(&[text.as_bytes()], &masker), one_by_one.iter().collect::<Vec<_>>());
        }

        #[test]
        fn no_byte_is_lost(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'\r').collect();
            let lines = split(&cut(&bytes, &cuts), &Masker::default());
            let text = String::from_utf8_lossy(&bytes).into_owned();
            prop_assert_eq!(lines, text.split_terminator('\n').map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
