//! Text after masking: no secret is in it.

/// A line after masking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedLine(String);

impl MaskedLine {
    /// Wraps text that is already masked: the masker's own result, or a line of a recorded run.
    pub fn from_masked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lines after masking, in order. They are in one piece, so that a flood of short lines costs no more than their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskedLines {
    /// Each line with a line feed.
    text: String,
}

impl MaskedLines {
    /// Wraps lines that are already masked. A line feed in one of them ends a line too.
    pub fn from_masked<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for line in lines {
            all.push_parts([line]);
        }
        all
    }

    /// The lines, without their line ends.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.text.split_terminator('\n')
    }

    /// The lines as text, each with a line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends a line that consists of these parts.
    pub(crate) fn push_parts<'a>(&mut self, parts: impl IntoIterator<Item = &'a str>) {
        self.text.extend(parts);
        self.text.push('\n');
    }

    /// Appends masked text that ends with a line feed.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }
}
