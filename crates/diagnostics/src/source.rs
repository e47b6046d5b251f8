//! The texts that were read, and places in them.

use std::{ops::Range, sync::Arc};

/// A text, by its number in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// Bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value with its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// A text and its name.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, as named by the user.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

/// All texts of a run.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: &str) -> SourceId {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes());
        let line_starts = std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect();
        self.all.push(Source { name: name.into(), text: text.into(), line_starts });
        SourceId(self.all.len() as u32 - 1)
    }

    /// The number of texts; also the number of the next one.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The text of `id`.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.all[id.0 as usize]
    }

    /// Line and column of a span's first byte, both from 1; the column in characters.
    pub fn line_column(&self, span: Span) -> (u32, u32) {
        let source = self.get(span.source);
        let line = source.line_starts.partition_point(|start| *start <= span.start).max(1);
        let start = source.line_starts[line - 1] as usize;
        let column = source.text.get(start..span.start as usize).map_or(0, |text| text.chars().count());
        (line as u32, column as u32 + 1)
    }
}
