//! Results as tables: aligned on a terminal, Markdown in BENCHMARKS.md.

use std::fmt::Write as _;

/// A table of results.
pub(super) struct Table {
    /// What was measured, in one line.
    pub(super) title: String,
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The results that exceed their limit, each as a sentence.
    pub(super) over: Vec<String>,
}

impl Table {
    pub(super) fn new(title: impl Into<String>, header: &[&str]) -> Self {
        let header = header.iter().map(|cell| (*cell).to_owned()).collect();
        Self { title: title.into(), header, rows: Vec::new(), over: Vec::new() }
    }

    /// For a terminal: the first column is left-aligned, the others are right-aligned.
    pub(super) fn text(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let widths: Vec<usize> = (0..self.header.len())
            .map(|column| lines().map(|cells| cells[column].chars().count()).max().unwrap_or_default())
            .collect();
        let mut text = format!("\n{}\n", self.title);
        for cells in lines() {
            let mut line = format!("  {:<width$}", cells[0], width = widths[0]);
            for (cell, width) in cells.iter().zip(&widths).skip(1) {
                write!(line, "  {cell:>width$}").expect("writing to a string cannot fail");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// A section of a page.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|---|{}\n", "---:|".repeat(self.header.len().saturating_sub(1)));
        let rows: String = self.rows.iter().map(|cells| line(cells)).collect();
        format!("## {}\n\n{}{rule}{rows}", self.title, line(&self.header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("Apples", &["kind", "weight"]);
        table.rows.push(vec!["Boskoop".to_owned(), "212 g".to_owned()]);
        table.rows.push(vec!["Elstar".to_owned(), "98 g".to_owned()]);
        table
    }

    #[test]
    fn columns_are_aligned_on_a_terminal() {
        assert_eq!(table().text(), "\nApples\n  kind     weight\n  Boskoop   212 g\n  Elstar     98 g\n");
    }

    #[test]
    fn a_section_has_a_title_and_a_table() {
        let expected = "## Apples\n\n| kind | weight |\n|---|---:|\n| Boskoop | 212 g |\n| Elstar | 98 g |\n";
        assert_eq!(table().markdown(), expected);
    }
}
