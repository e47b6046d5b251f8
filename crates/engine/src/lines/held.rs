//! Secrets across line ends: a line that ends with the first part of one waits for the next line.
//!
//! The guarantee, for secrets whose form has at least eight bytes: if the rest of a secret comes in the next lines of
//! its stream, all of that rest is masked, and the first part too if it has at least four bytes and the rest arrives
//! before the wait is over. When the wait is over, the first part is masked if it is half of the secret.

use std::{collections::VecDeque, ops::Range};

use cirun_terminal_text::is_visible;
use memchr::memchr;

use super::longest_line;
use crate::{
    MaskedLines, Masker,
    mask::{GLANCE, View},
};

/// The largest number of waiting lines: a secret may be printed letter by letter, and empty lines belong to no part.
const MOST_LINES: usize = 512;

/// The last lines of a stream, as long as a secret may continue from them.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The visible text of the lines below, concatenated, after what still matters of earlier ones.
    shown: Vec<u8>,
    lines: VecDeque<Line>,
}

/// A line that waits.
#[derive(Debug)]
struct Line {
    text: String,
    /// The suffix after the masked text.
    mark: &'static str,
    view: View,
    /// Where it begins in the visible text.
    start: usize,
    /// Parts of secrets that the line shares with other lines.
    parts: Vec<Range<usize>>,
}

impl Held {
    /// Whether lines wait.
    pub(super) fn is_waiting(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Takes the whole lines at the start of `bytes` that need no closer look: all is visible, and no secret continues
    /// across their ends. Appends them, and returns their length with the line feeds.
    pub(super) fn push_closed(&mut self, bytes: &[u8], masker: &Masker, out: &mut MaskedLines) -> usize {
        if self.is_waiting() || self.shown.len() >= GLANCE {
            return 0;
        }
        let (mut end, longest) = (0, longest_line(masker));
        while let Some(length) = memchr(b'\n', &bytes[end..]) {
            let line = &bytes[end..end + length];
            if length >= longest || !is_visible(line) || !masker.is_closed(&self.shown, line) {
                break;
            }
            self.remember_end(line);
            end += length + 1;
        }
        let lines = str::from_utf8(&bytes[..end]).unwrap_or_default();
        out.push_text(&masker.mask_closed(lines));
        lines.len()
    }

    /// Keeps the last bytes of a line that is closed.
    fn remember_end(&mut self, line: &[u8]) {
        self.shown.extend_from_slice(&line[line.len().saturating_sub(GLANCE - 1)..]);
        self.shown.drain(..self.shown.len().saturating_sub(GLANCE - 1));
    }

    /// Takes the next line, and appends the lines that do not have to wait.
    pub(super) fn push(&mut self, text: &str, mark: &'static str, masker: &Masker, out: &mut MaskedLines) {
        if masker.is_idle() {
            self.release(masker, out);
            self.shown.clear();
            out.push_parts([text, mark]);
            return;
        }
        let (view, start) = (View::shown(text.as_bytes()), self.shown.len());
        self.shown.extend_from_slice(&view.bytes);
        self.lines.push_back(Line { text: text.to_owned(), mark, view, start, parts: Vec::new() });
        for found in masker.across(&self.shown, start) {
            self.mask(&found);
        }
        let open = masker.open(&self.shown).map(|open| self.shown.len() - open.length);
        let waits_from = if self.lines.len() > MOST_LINES { None } else { open };
        match waits_from {
            Some(from) => {
                while self.lines.front().is_some_and(|line| line.start + line.view.bytes.len() <= from) {
                    self.emit_first(masker, out);
                }
            }
            None => self.release(masker, out),
        }
        self.forget(open);
    }

    /// Appends the waiting lines: the rest of the secret has not come.
    pub(super) fn release(&mut self, masker: &Masker, out: &mut MaskedLines) {
        if let Some(open) = masker.open(&self.shown).filter(|open| self.is_waiting() && open.is_most()) {
            self.mask(&(self.shown.len() - open.length..self.shown.len()));
        }
        while self.is_waiting() {
            self.emit_first(masker, out);
        }
    }

    /// Records a part of a secret in each line that has one.
    fn mask(&mut self, found: &Range<usize>) {
        for line in &mut self.lines {
            let end = line.start + line.view.bytes.len();
            let part = found.start.max(line.start)..found.end.min(end);
            if part.start < part.end {
                line.parts.push(line.view.origin(&(part.start - line.start..part.end - line.start)));
            }
        }
    }

    fn emit_first(&mut self, masker: &Masker, out: &mut MaskedLines) {
        if let Some(line) = self.lines.pop_front() {
            let mut parts = line.parts;
            parts.sort_by_key(|part| part.start);
            out.push_parts([&*masker.mask_with(&line.text, parts), line.mark]);
        }
    }

    /// Drops what no longer matters: everything before the first waiting line, before an unfinished secret, and before
    /// the few bytes that may be the beginning of one.
    fn forget(&mut self, open: Option<usize>) {
        let last_bytes = self.shown.len().saturating_sub(GLANCE - 1);
        let first_line = self.lines.front().map_or(last_bytes, |line| line.start);
        let gone = open.unwrap_or(last_bytes).min(last_bytes).min(first_line);
        self.shown.drain(..gone);
        for line in &mut self.lines {
            line.start -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use cirun_plan::Secret;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "tr0ub4dor-and-3";

    static MASKER: LazyLock<Masker> = LazyLock::new(|| Masker::new(&[Secret::new(SECRET), Secret::new("short")]));

    /// The released lines, with `/` at each release.
    fn hold(lines: &[&str]) -> String {
        let (masker, mut held, mut out) = (&*MASKER, Held::default(), MaskedLines::default());
        for line in lines {
            match *line {
                "/" => held.release(masker, &mut out),
                line => held.push(line, "", masker, &mut out),
            }
        }
        let waiting = held.lines.len();
        assert!(waiting <= MOST_LINES);
        held.release(masker, &mut out);
        let shown: Vec<_> = out.iter().map(|line| line.replace(crate::mask::MASK, "***")).collect();
        format!("{} ({waiting} waited)", shown.join("|").replace('\u{1b}', "^"))
    }

    #[test]
    fn a_secret_in_two_lines() {
        assert_snapshot!(hold(&["a tr0ub4dor", "-and-3 b", "c"]), @"a ***|*** b|c (0 waited)");
        assert_snapshot!(hold(&["a tr0", "ub4dor-and-3 b"]), @"a tr0|*** b (0 waited)");
        assert_snapshot!(hold(&["tr0ub4dor-and-", "3"]), @"***|*** (0 waited)");
        assert_snapshot!(hold(&["tr0ub4dor\u{1b}[1m", "\u{1b}[0m-and-3"]), @"***^[1m|^[0m*** (0 waited)");
    }

    #[test]
    fn a_secret_in_many_lines() {
        assert_snapshot!(hold(&["tr0ub", "4do", "", "r-and", "-3 x"]), @"***|***||***|*** x (0 waited)");
        let letters: Vec<String> = SECRET.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_snapshot!(hold(&letters), @"t|r|0|***|***|***|***|***|***|***|***|***|***|***|*** (0 waited)");
    }

    #[test]
    fn what_only_begins_like_a_secret() {
        assert_snapshot!(hold(&["a tr0ub", "led", "b"]), @"a tr0ub|led|b (0 waited)");
        assert_snapshot!(hold(&["a tr0ub"]), @"a tr0ub (1 waited)");
        assert_snapshot!(hold(&["sho", "rt"]), @"sho|rt (0 waited)");
    }

    #[test]
    fn the_rest_comes_too_late() {
        assert_snapshot!(hold(&["a tr0ub", "/", "4dor-and-3 b"]), @"a tr0ub|*** b (0 waited)");
        assert_snapshot!(hold(&["a tr0ub4dor", "/", "-and-3 b"]), @"a ***|*** b (0 waited)");
        assert_snapshot!(hold(&["a tr0ub4dor"]), @"a *** (1 waited)");
    }

    #[test]
    fn empty_lines_without_end_do_not_wait() {
        let mut lines = vec!["tr0ub"];
        lines.extend([""; 2 * MOST_LINES]);
        lines.push("4dor-and-3");
        let shown = hold(&lines);
        assert!(shown.starts_with("tr0ub|||") && shown.ends_with("|||*** (0 waited)"), "{shown}");
    }

    proptest! {
        #[test]
        fn at_most_three_letters_of_a_secret_are_left(
            before in "[a-z ]{0,12}", cuts in prop::collection::btree_set(1_usize..SECRET.len(), 0..4), after in "[a-z ]{0,12}",
        ) {
            let (mut lines, mut from) = (vec![before.clone()], 0);
            for cut in cuts.into_iter().chain([SECRET.len()]) {
                lines.last_mut().unwrap().push_str(&SECRET[from..cut]);
                lines.push(String::new());
                from = cut;
            }
            lines.last_mut().unwrap().push_str(&after);
            let shown = hold(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let left: String = shown.replace("***", "").replace('|', "");
            let least = before.len() + after.len() + " (0 waited)".len();
            prop_assert!((least..=least + 3).contains(&left.len()), "{lines:?} -> {shown}");
        }
    }
}
