//! The lines around a place. Of a very long line only the part around the place is shown, and what would be an order to the
//! terminal is written out.

use std::{borrow::Cow, ops::Range, sync::Arc};

use cirun_terminal_text::{is_written_out, legible};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::Source;

/// How many lines of one place are shown; the first line of a longer one (a stage, a pipeline) says which it is.
const SHOWN_LINES: usize = 8;
/// Lines up to this length are shown whole, in bytes.
const LONGEST_LINE: usize = 400;
/// What is shown of a longer one, before and after the place, in bytes.
const AROUND: usize = 50;

/// A text to cut excerpts from.
#[derive(Debug)]
pub(crate) struct Excerpt {
    name: String,
    text: Arc<str>,
    /// The ends of the characters that are written out, as they are in the file, and how much longer all up to there became.
    grown: Vec<(usize, usize)>,
}

impl Excerpt {
    pub(crate) fn new(source: &Source) -> Self {
        let name = legible(&source.name).into_owned();
        let (mut text, mut grown) = (source.text.clone(), Vec::new());
        if let Cow::Owned(shown) = legible(&source.text) {
            let mut longer = 0;
            let is_line_end = |at: usize| source.text[at..].starts_with("\r\n");
            let written_out =
                source.text.char_indices().filter(|(at, character)| is_written_out(*character) && !is_line_end(*at));
            for (at, character) in written_out {
                let written = legible(&source.text[at..at + character.len_utf8()]).len();
                longer += written - character.len_utf8();
                grown.push((at + character.len_utf8(), longer));
            }
            text = shown.into();
        }
        Self { name, text, grown }
    }

    /// Where a place of the file is in the text.
    fn shown_at(&self, at: usize) -> usize {
        let before = self.grown.partition_point(|(end, _)| *end <= at);
        at + before.checked_sub(1).map_or(0, |last| self.grown[last].1)
    }

    /// What is marked of a place of the file: all, or its first line where it has more than [`SHOWN_LINES`].
    pub(crate) fn shown_range(&self, place: &Range<usize>) -> Range<usize> {
        let (start, end) = (self.shown_at(place.start), self.shown_at(place.end));
        let text = self.text.get(start..end).unwrap_or_default();
        let mut lines = text.lines();
        match (lines.next(), lines.nth(SHOWN_LINES - 1)) {
            (Some(first), Some(_)) => start..start + first.len(),
            _ => start..end,
        }
    }

    /// The part of a too long line around `start..end`, or nothing where the lines are short.
    fn crop(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        if line_end - line_start <= LONGEST_LINE {
            return None;
        }
        let from = floor_boundary(&self.text, start.saturating_sub(AROUND).max(line_start));
        let to = floor_boundary(&self.text, (end.min(start + AROUND) + AROUND).min(line_end));
        Some((from, to))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let start = floor_boundary(&self.text, span.offset());
        let end = floor_boundary(&self.text, span.offset() + span.len()).max(start);
        // Without lines around it, only the place itself is asked for.
        let crop = if before + after == 0 { None } else { self.crop(start, end) };
        if let Some((from, to)) = crop {
            let line = self.text[..from].matches('\n').count();
            let column = self.text[..from].rsplit('\n').next().map_or(0, |text| text.chars().count());
            let contents = &self.text.as_bytes()[from..to];
            let shown = SourceSpan::from((from, to - from));
            return Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), contents, shown, line, column, 1)));
        }
        let contents = self.text.read_span(span, before, after)?;
        // miette counts from the start of the text, and with that joins places that are far apart.
        let lines = contents.data().iter().filter(|byte| **byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            contents.column(),
            lines,
        )))
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
