//! Replaces secrets in text, in every form in which a step may print them.
//!
//! Lines are masked one at a time, so a secret of several lines is found line by line (harness-runtime.md 1.7).

mod forms;

use std::{borrow::Cow, collections::BTreeSet, fmt, ops::Range};

use aho_corasick::AhoCorasick;
use cirun_plan::Secret;

use crate::MaskedLine;

/// What stands in place of a secret (harness-runtime.md 1.7).
pub const MASK: &str = "**************";

/// Knows the secrets of a run and finds them in text.
#[derive(Clone, Default)]
pub struct Masker {
    forms: BTreeSet<String>,
    finder: Option<AhoCorasick>,
    longest: usize,
}

impl Masker {
    /// A masker for `secrets`. Lines of under two characters are not masked, as in CI.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::default().with(secrets)
    }

    /// The same masker, which knows `secrets` too.
    #[must_use]
    pub fn with<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut forms = self.forms.clone();
        for secret in secrets {
            forms.extend(forms::forms(secret.expose()));
        }
        let finder = (!forms.is_empty())
            .then(|| AhoCorasick::new(&forms).expect("the secrets of a run have far less than 2^31 bytes"));
        let longest = forms.iter().map(String::len).max().unwrap_or(0);
        Self { forms, finder, longest }
    }

    /// The text with every secret replaced by [`MASK`].
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.find(text.as_bytes());
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut masked, mut from) = (String::with_capacity(text.len()), 0);
        for range in found {
            masked.push_str(&text[from..range.start]);
            masked.push_str(MASK);
            from = range.end;
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }

    /// Masks a line.
    pub fn line(&self, text: &str) -> MaskedLine {
        MaskedLine::from_masked(self.mask(text))
    }

    /// The length in bytes of the longest text that is masked.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The place nearest to `at` where `bytes` can be cut without cutting a secret in two. Sees every secret that begins
    /// before `at` if `bytes` has at least [`Masker::longest`] bytes after it. Is 0 only if `at` is.
    pub(crate) fn cut(&self, bytes: &[u8], at: usize) -> usize {
        match self.find(bytes).into_iter().find(|range| range.start < at && at < range.end) {
            Some(range) if range.start > 0 => range.start,
            Some(range) => range.end,
            None => at,
        }
    }

    /// The ranges of secrets, in order; overlapping ones are joined, so that no end of one stays.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let mut all: Vec<_> = finder.find_overlapping_iter(bytes).map(|found| found.range()).collect();
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
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").field("forms", &self.forms.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
