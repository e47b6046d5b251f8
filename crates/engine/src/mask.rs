//! Replaces secrets in text, in every form in which a step may print them.
//!
//! The visible text decides: terminal escape sequences and characters without a width are removed from a copy, and what
//! is found there is masked in the original. A secret of several lines is found line by line (outputs.masking).

mod forms;
mod openings;
mod view;

use std::{borrow::Cow, collections::BTreeSet, fmt, ops::Range};

use aho_corasick::AhoCorasick;
use cirun_plan::Secret;

use self::{openings::Openings, view::views};
pub(crate) use self::{
    openings::{GLANCE, Open},
    view::View,
};
use crate::MaskedLine;

/// The replacement for a secret (outputs.masking).
pub const MASK: &str = "**************";

/// Holds the secrets of a run and finds them in text.
#[derive(Clone, Default)]
pub struct Masker {
    forms: BTreeSet<String>,
    finder: Option<AhoCorasick>,
    openings: Option<Openings>,
    longest: usize,
}

impl Masker {
    /// Creates a masker for `secrets`. Lines of fewer than two characters are not masked, as in CI.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::default().with(secrets)
    }

    /// Returns a masker that also knows `secrets`.
    #[must_use]
    pub fn with<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms = self.forms.clone();
        for secret in secrets {
            forms.extend(forms::forms(secret.expose()));
        }
        if forms.len() == self.forms.len() {
            return self.clone();
        }
        let finder = (!forms.is_empty())
            .then(|| AhoCorasick::new(&forms).expect("the secrets of a run have far less than 2^31 bytes"));
        let longest = forms.iter().map(String::len).max().unwrap_or(0);
        Self { openings: Openings::of(forms.iter()), forms, finder, longest }
    }

    /// The text with every secret replaced by [`MASK`].
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.mask_with(text, Vec::new())
    }

    /// The text with every secret and these ranges replaced by [`MASK`].
    pub(crate) fn mask_with<'t>(&self, text: &'t str, more: Vec<Range<usize>>) -> Cow<'t, str> {
        replaced(text, &self.find(text.as_bytes(), more))
    }

    /// Whole lines, all visible and [closed](Self::is_closed), with every secret replaced by [`MASK`]. No secret's form
    /// has a line feed, so the lines are searched at once.
    pub(crate) fn mask_closed<'t>(&self, lines: &'t str) -> Cow<'t, str> {
        replaced(lines, &joined(self.find_visible(lines.as_bytes(), Vec::new())))
    }

    /// Whether a visible line has no part of a secret that began in the line before, which ended with `before`, and
    /// ends with no first part of one.
    pub(crate) fn is_closed(&self, before: &[u8], line: &[u8]) -> bool {
        self.openings.as_ref().is_none_or(|openings| openings.is_closed(before, line))
    }

    /// Masks a line.
    pub fn line(&self, text: &str) -> MaskedLine {
        MaskedLine::from_masked(self.mask(text))
    }

    /// Whether it has no secrets.
    pub(crate) fn is_idle(&self) -> bool {
        self.finder.is_none()
    }

    /// The length in bytes of the longest masked text.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The position nearest to `at` where `bytes` can be cut without splitting a secret. Finds every secret that begins
    /// before `at` if `bytes` has at least [`Masker::longest`] bytes after it. It is 0 only if `at` is.
    pub(crate) fn cut(&self, bytes: &[u8], at: usize) -> usize {
        match self.find(bytes, Vec::new()).into_iter().find(|range| range.start < at && at < range.end) {
            Some(range) if range.start > 0 => range.start,
            Some(range) => range.end,
            None => at,
        }
    }

    /// The first part of a secret at the end of `shown`, if there is one.
    pub(crate) fn open(&self, shown: &[u8]) -> Option<Open> {
        self.openings.as_ref()?.open(shown)
    }

    /// The secrets in `shown` that begin before `border` and end after it.
    pub(crate) fn across(&self, shown: &[u8], border: usize) -> Vec<Range<usize>> {
        let (Some(finder), Some(openings)) = (&self.finder, &self.openings) else { return Vec::new() };
        let first = border.saturating_sub(openings.longest());
        let Some(from) = (first..border).find(|at| openings.may_open(&shown[*at..])) else { return Vec::new() };
        let window = &shown[from..shown.len().min(border + openings.longest())];
        let found = finder.find_overlapping_iter(window).map(|found| found.start() + from..found.end() + from);
        found.filter(|range| Openings::may_part(range.len()) && range.start < border && border < range.end).collect()
    }

    /// The ranges of secrets and `more`, in order; overlapping ones are merged, so that no part of one stays visible.
    fn find(&self, bytes: &[u8], more: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let mut all = self.find_visible(bytes, more);
        for view in views(bytes) {
            let found = self.find_visible(&view.bytes, Vec::new());
            all.extend(found.iter().map(|range| view.origin(range)));
        }
        joined(all)
    }

    /// Adds the ranges of secrets to `all`; no byte is invisible.
    fn find_visible(&self, bytes: &[u8], mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
        // Most texts have no secret, and the check is faster than the full search.
        if let Some(finder) = self.finder.as_ref().filter(|finder| finder.is_match(bytes)) {
            all.extend(finder.find_overlapping_iter(bytes).map(|found| found.range()));
        }
        all
    }
}

/// The ranges in order; overlapping ones are merged.
fn joined(mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
    all.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(all.len());
    for range in all {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The text with these ranges replaced by [`MASK`].
fn replaced<'t>(text: &'t str, ranges: &[Range<usize>]) -> Cow<'t, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut masked, mut from) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        masked.push_str(&text[from..range.start]);
        masked.push_str(MASK);
        from = range.end;
    }
    masked.push_str(&text[from..]);
    Cow::Owned(masked)
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").field("forms", &self.forms.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
