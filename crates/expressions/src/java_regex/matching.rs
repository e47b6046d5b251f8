//! Finds the matches of a pattern, in the order and at the positions of Java's `Matcher`.

use super::{Pattern, emit::LineStart, within};
use crate::fault::Fault;

/// A match, with the positions of its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The groups of the original; the first is the whole match.
    pub(super) groups: Vec<Option<(usize, usize)>>,
}

impl Pattern {
    /// Whether the pattern matches.
    pub(crate) fn is_match(&self, text: &str) -> Result<bool, Fault> {
        self.next(text, 0).map(|found| found.is_some())
    }

    /// Every match in order; an empty one may directly follow another.
    pub(crate) fn find_all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Result<Found, Fault>> + 'a {
        let mut from = Some(0);
        std::iter::from_fn(move || {
            let found = match self.next(text, from?) {
                Ok(found) => found?,
                Err(fault) => {
                    from = None;
                    return Some(Err(fault));
                }
            };
            let next = text[found.end..].chars().next();
            from = if found.end > found.start { Some(found.end) } else { next.map(|next| found.end + next.len_utf8()) };
            if found.end == found.start && next.is_some_and(|next| next.len_utf16() > 1) {
                // Java continues in the middle of it.
                from = None;
                return Some(Err(self.refuse("an empty match before a character of two UTF-16 units")));
            }
            Some(Ok(found))
        })
    }

    /// The first match at or after byte `from`.
    fn next(&self, text: &str, from: usize) -> Result<Option<Found>, Fault> {
        self.check(text)?;
        let mut from = from;
        let (captures, whole, line_break) = loop {
            let Some(captures) = self.regex.captures_at(text, from) else { return Ok(None) };
            let whole = captures.get_match();
            let breaks = self.emitted.breaks.iter().filter_map(|group| captures.get(*group));
            let line_break = breaks.map(|group| group.start()).min();
            // In Java, there is no line end between `\r` and `\n`.
            if !line_break.is_some_and(|at| text[at..].starts_with('\n') && text[..at].ends_with('\r')) {
                break (captures, whole, line_break);
            }
            if line_break != Some(whole.start()) {
                return Err(self.refuse("`$` between `\\r` and `\\n`"));
            }
            from = whole.start() + 1;
        };
        if self.emitted.line_start == LineStart::First && whole.start() == text.len() {
            return Ok(None);
        }
        let most = line_break.unwrap_or(text.len());
        let groups = self
            .emitted
            .groups
            .iter()
            .map(|group| captures.get(*group).map(|found| (found.start().min(most), found.end().min(most))));
        Ok(Some(Found { start: whole.start(), end: whole.end().min(most), groups: groups.collect() }))
    }

    /// Refuses texts in which the crate and Java would find different matches.
    fn check(&self, text: &str) -> Result<(), Fault> {
        const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
        if self.emitted.inner_end && text.ends_with(BREAKS) {
            return Err(self.refuse("`$` before another part, in a text that ends with a line break"));
        }
        if self.emitted.lines && text.contains(&BREAKS[2..]) {
            return Err(self.refuse("`(?m)` in a text with line breaks other than `\\n` and `\\r`"));
        }
        if self.emitted.line_start == LineStart::Inside && (text.is_empty() || text.ends_with(BREAKS)) {
            return Err(self.refuse("`^` of `(?m)` after another part, in a text that ends with a line break"));
        }
        Ok(())
    }

    fn refuse(&self, message: &str) -> Fault {
        within(Fault::refused(message), &self.written)
    }
}
