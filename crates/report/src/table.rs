//! Tables for terminals. No other module lays out columns.

use std::borrow::Cow;

use console::{measure_text_width, truncate_str};

use crate::{
    Look,
    look::Tone::{self, Dim},
};

const GAP: &str = "  ";

/// A column's title and the alignment of its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) kind: ColumnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Left-aligned; shrinks if the table is too wide, and keeps its end (`…sts.unit`).
    Path,
    /// Left-aligned, never cut.
    Word,
    /// Right-aligned.
    Number,
    /// Left-aligned; the first to shrink, and keeps its beginning.
    Sentence,
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) tone: Option<Tone>,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: None }
    }

    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }
}

/// The table's lines, title line first; columns without any text are left out.
pub(crate) fn render(look: Look, columns: &[Column], rows: &[Vec<Cell>]) -> Vec<String> {
    let mut used: Vec<(usize, Column)> = columns
        .iter()
        .copied()
        .enumerate()
        .filter(|(index, _)| rows.iter().any(|row| !row[*index].text.is_empty()))
        .collect();
    let mut widths = fitting_widths(&used, rows, look.width);
    if total(&widths) > look.width {
        // The sentences are also elsewhere; a table with wrapped lines cannot be read at all.
        used.retain(|(_, column)| column.kind != ColumnKind::Sentence);
        widths = fitting_widths(&used, rows, look.width);
    }

    let line = |cell: &dyn Fn(usize, Column) -> Cell| {
        let mut line = String::new();
        for (place, (index, column)) in used.iter().enumerate() {
            let cell = cell(*index, *column);
            let text = fit(&cell.text, widths[place], column.kind);
            let padding = " ".repeat(widths[place].saturating_sub(measure_text_width(&text)));
            let text = cell.tone.map_or_else(|| text.to_string(), |tone| look.paint(tone, &text));
            line.push_str(if place == 0 { "" } else { GAP });
            match column.kind {
                ColumnKind::Number => line.extend([padding.as_str(), text.as_str()]),
                ColumnKind::Path | ColumnKind::Word | ColumnKind::Sentence => {
                    line.extend([text.as_str(), padding.as_str()]);
                }
            }
        }
        line.trim_end().to_owned()
    };
    let title = line(&|_, column| Cell::toned(column.title, Dim));
    std::iter::once(title).chain(rows.iter().map(|row| line(&|index, _| row[index].clone()))).collect()
}

fn fitting_widths(columns: &[(usize, Column)], rows: &[Vec<Cell>], page: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|(index, column)| {
            let cells = rows.iter().map(|row| measure_text_width(&row[*index].text)).max().unwrap_or(0);
            cells.max(measure_text_width(column.title))
        })
        .collect();
    shrink(&mut widths, columns, page);
    widths
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

/// Removes the excess from the sentence columns, then from the path columns, down to a width that is still useful.
fn shrink(widths: &mut [usize], columns: &[(usize, Column)], page: usize) {
    for (kind, least) in [(ColumnKind::Sentence, 20), (ColumnKind::Path, 12), (ColumnKind::Sentence, 8)] {
        for (place, (_, column)) in columns.iter().enumerate() {
            let excess = total(widths).saturating_sub(page);
            if column.kind == kind && widths[place] > least {
                widths[place] = widths[place].saturating_sub(excess).max(least);
            }
        }
    }
}

fn fit(text: &str, width: usize, kind: ColumnKind) -> Cow<'_, str> {
    match kind {
        ColumnKind::Path => shorten_path(text, width),
        ColumnKind::Word | ColumnKind::Number | ColumnKind::Sentence => truncate_str(text, width, "…"),
    }
}

/// A step's path in at most `width` columns: its end is more useful than its beginning.
pub(crate) fn shorten_path(path: &str, width: usize) -> Cow<'_, str> {
    if measure_text_width(path) <= width {
        return path.into();
    }
    let cut = path
        .char_indices()
        .map(|(at, _)| &path[at..])
        .find(|rest| measure_text_width(rest) < width)
        .unwrap_or_default();
    format!("…{cut}").into()
}

/// Wraps a sentence at spaces to `width` columns; longer words get a line of their own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if measure_text_width(line) + 1 + measure_text_width(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::Colour;

    const COLUMNS: [Column; 4] = [
        Column { title: "step", kind: ColumnKind::Path },
        Column { title: "status", kind: ColumnKind::Word },
        Column { title: "exit", kind: ColumnKind::Number },
        Column { title: "note", kind: ColumnKind::Sentence },
    ];

    fn table(width: usize, rows: &[[&str; 4]]) -> String {
        let rows: Vec<Vec<Cell>> = rows.iter().map(|row| row.map(Cell::new).into()).collect();
        render(Look { colour: Colour::Never, width }, &COLUMNS, &rows).join("\n")
    }

    #[test]
    fn columns_are_under_their_titles_and_empty_ones_are_left_out() {
        assert_snapshot!(table(80, &[["unit", "ok", "", "fine"], ["東京", "failed", "", ""]]), @r"
        step  status  note
        unit  ok      fine
        東京  failed
        ");
    }

    #[test]
    fn a_narrow_page_cuts_sentences_then_paths_and_then_does_without_sentences() {
        let rows = [["integration.backend.tests", "failed", "137", "killed, and a long reason follows here"]];
        assert_snapshot!(table(60, &rows), @"
        step                      status  exit  note
        …tegration.backend.tests  failed   137  killed, and a long …
        ");
        assert_snapshot!(table(30, &rows), @"
        step              status  exit
        …n.backend.tests  failed   137
        ");
        assert_snapshot!(table(40, &rows), @"
        step          status  exit  note
        …ckend.tests  failed   137  killed, and…
        ");
    }

    #[test]
    fn sentences_break_at_spaces() {
        assert_snapshot!(wrap("one two three incomprehensibilities four", 9).join("\n"), @r"
        one two
        three
        incomprehensibilities
        four
        ");
    }
}
