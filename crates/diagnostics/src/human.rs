//! Diagnostics as a person reads them: file:line:col, the excerpt, what is wrong, what to do.

use std::{borrow::Cow, fmt};

use cirun_terminal_text::legible;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use textwrap::{WordSeparator, WordSplitter};

use crate::{Diagnostic, Label, Severity, Sources, Span, excerpt::Excerpt};

/// How many places of one file a diagnostic shows.
const SHOWN_PLACES: usize = 3;

/// How a diagnostic is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// The width of the terminal, in columns.
    pub width: usize,
}

/// Renders one diagnostic, without a line end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false);
    // Paths, options and values stay whole: people copy them.
    let handler = handler.with_break_words(false).with_word_splitter(WordSplitter::NoHyphenation);
    let handler = handler.with_word_separator(WordSeparator::AsciiSpace);
    let rendered = Shown::of(diagnostic, sources).into_iter().map(|shown| {
        let mut text = String::new();
        handler.render_report(&mut text, &shown)?;
        Ok(text.trim_end().to_owned())
    });
    let parts: Result<Vec<String>, fmt::Error> = rendered.collect();
    parts.map_or_else(|_| place(diagnostic, sources), |parts| parts.join("\n\n"))
}

/// One line: `file:line:col: severity: message`.
pub fn place(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = diagnostic.severity;
    match diagnostic.labels.first() {
        Some(label) => format!("{}: {severity}: {}", location(label.span, sources), diagnostic.message),
        None => format!("{severity}: {}", diagnostic.message),
    }
}

/// `file:line:col` of a span.
pub fn location(span: Span, sources: &Sources) -> String {
    let (line, column) = sources.line_column(span);
    format!("{}:{line}:{column}", sources.get(span.source).name)
}

/// A diagnostic as far as one file goes.
#[derive(Debug)]
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    labels: Vec<&'a Label>,
    /// Places of the same file that are only counted.
    more: usize,
    source: Option<Excerpt>,
    is_main: bool,
}

impl<'a> Shown<'a> {
    /// The file of the first place, then the others.
    fn of(diagnostic: &'a Diagnostic, sources: &Sources) -> Vec<Self> {
        let mut by_source: Vec<Vec<&Label>> = Vec::new();
        for label in &diagnostic.labels {
            match by_source.iter_mut().find(|labels| labels[0].span.source == label.span.source) {
                Some(labels) => labels.push(label),
                None => by_source.push(vec![label]),
            }
        }
        if by_source.is_empty() {
            return vec![Self { diagnostic, labels: Vec::new(), more: 0, source: None, is_main: true }];
        }
        let parts = by_source.into_iter().enumerate().map(|(index, mut labels)| {
            let source = Some(Excerpt::new(sources.get(labels[0].span.source)));
            let more = labels.len().saturating_sub(SHOWN_PLACES);
            labels.truncate(SHOWN_PLACES);
            Self { diagnostic, labels, more, source, is_main: index == 0 }
        });
        parts.collect()
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.is_main { legible(&self.diagnostic.message) } else { "and here".into() })
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.is_main.then(|| Box::new(self.diagnostic.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Parity | Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let help = self.diagnostic.help.as_ref().filter(|_| self.is_main)?;
        Some(Box::new(legible(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let last = self.labels.len().checked_sub(1).filter(|_| self.more > 0);
        Some(Box::new(self.labels.iter().enumerate().map(move |(index, label)| {
            let text = match label.text.as_str() {
                text if Some(index) == last => {
                    let places = if self.more == 1 { "place" } else { "places" };
                    Some(format!("{text}, and at {} more {places}", self.more))
                }
                "" => None,
                text => Some(text.to_owned()),
            };
            let range = label.span.range();
            let shown = self.source.as_ref().map_or(range.clone(), |source| source.shown_range(&range));
            LabeledSpan::new_primary_with_span(
                text.as_deref().map(legible).map(Cow::into_owned),
                (shown.start, shown.len()),
            )
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { colour: false, width: 80 };

    fn span(source: crate::SourceId, text: &str, word: &str) -> Span {
        let start = text.find(word).unwrap() as u32;
        Span { source, start, end: start + word.len() as u32 }
    }

    #[test]
    fn shows_place_excerpt_and_remedy() {
        let mut sources = Sources::default();
        let text = "pipeline:\n  café: x\n  type: Runn\n";
        let id = sources.add("ci.yaml", text);
        let diagnostic = Diagnostic::error("unknown-step-type", "unknown step type `Runn`")
            .at(span(id, text, "Runn"), "no such step type")
            .help("did you mean `Run`?");
        insta::assert_snapshot!(render(&diagnostic, &sources, PLAIN));
        assert_eq!(place(&diagnostic, &sources), "ci.yaml:3:9: error: unknown step type `Runn`");
    }

    #[test]
    fn shows_the_part_of_a_long_line_that_matters() {
        let mut sources = Sources::default();
        let text = format!("pipeline:\n  x: [{}wrong{}]\n", "é".repeat(5000), "b".repeat(5000));
        let id = sources.add("ci.yaml", &text);
        let diagnostic = Diagnostic::error("c", "m").at(span(id, &text, "wrong"), "here");
        insta::assert_snapshot!(render(&diagnostic, &sources, PLAIN));
    }

    #[test]
    fn counts_places_beyond_the_third() {
        let mut sources = Sources::default();
        let text = "a: hub\nb: hub\nc: hub\nd: hub\ne: hub\n";
        let id = sources.add("ci.yaml", text);
        let places = (0..5).map(|line| Span { source: id, start: line * 7 + 3, end: line * 7 + 6 });
        let unknown = Diagnostic::error("unknown-connector", "unknown connector `hub`");
        let diagnostic = places.fold(unknown, |diagnostic, span| diagnostic.at(span, "and here"));
        insta::assert_snapshot!(render(&diagnostic, &sources, PLAIN));
    }

    #[test]
    fn shows_places_that_are_far_apart_without_what_is_between() {
        let mut sources = Sources::default();
        let text = format!(
            "{}a: hub\n{}b: hub\n{}c: hub\nd: hub\n",
            "x: 1\n".repeat(20),
            "y: 2\n".repeat(9),
            "z: 3\n".repeat(3)
        );
        let id = sources.add("ci.yaml", &text);
        let places = text.match_indices("hub").map(|(at, _)| Span { source: id, start: at as u32, end: at as u32 + 3 });
        let unknown = Diagnostic::error("unknown-connector", "unknown connector `hub`");
        let diagnostic = places.fold(unknown, |diagnostic, span| diagnostic.at(span, "and here"));
        insta::assert_snapshot!(render(&diagnostic, &sources, PLAIN));
    }

    #[test]
    fn shows_the_first_line_of_a_long_place() {
        let mut sources = Sources::default();
        let text = format!("pipeline:\n  name: shop\n{}", "  x: 1\n".repeat(30));
        let id = sources.add("ci.yaml", &text);
        let span = Span { source: id, start: 12, end: text.len() as u32 - 1 };
        insta::assert_snapshot!(render(
            &Diagnostic::error("c", "no stage `x`").at(span, "in this pipeline"),
            &sources,
            PLAIN
        ));
    }

    #[test]
    fn shows_places_in_two_files() {
        let mut sources = Sources::default();
        let (a, b) = ("id: one\n", "id: two\n");
        let (first, second) = (sources.add("a.yaml", a), sources.add("b.yaml", b));
        let diagnostic = Diagnostic::warning("duplicate", "two connectors have one identifier")
            .at(span(first, a, "one"), "here")
            .at(span(second, b, "two"), "and here");
        insta::assert_snapshot!(render(&diagnostic, &sources, PLAIN));
    }
}
