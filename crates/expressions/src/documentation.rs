//! Tests `docs/expressions.md`: evaluates every line of its tables.

use std::fmt::Write;

use crate::{
    Template,
    testing::{TestScope, expression_in, template_in},
};

const DOCUMENT: &str = include_str!("../../../docs/expressions.md");

/// A line of a table, with the title of the table's first column.
struct Line {
    kind: &'static str,
    cells: Vec<String>,
}

fn lines() -> Vec<Line> {
    let (mut lines, mut kind) = (Vec::new(), "");
    for line in DOCUMENT.lines() {
        let Some(row) = line.strip_prefix('|') else { continue };
        let cells = cells(row);
        match cells[0].strip_prefix('`') {
            Some(_) => lines.push(Line { kind, cells: cells.iter().map(|cell| code(cell).to_owned()).collect() }),
            None if !row.starts_with('-') => kind = row.split('|').next().unwrap().trim(),
            None => {}
        }
    }
    lines
}

/// Splits a row at `|`, except at `\|`.
fn cells(row: &str) -> Vec<String> {
    let escaped = row.replace("\\|", "\0");
    escaped.trim_end_matches('|').split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or(cell)
}

fn answered(input: &str, answer: &str) -> String {
    let input = Template::parse(input).0.as_runtime_input().unwrap();
    input.validate(answer).err().unwrap_or_else(|| "accepted".to_owned())
}

#[test]
fn every_line_of_the_tables_is_true() {
    let data = DOCUMENT.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let scope = TestScope::from_json(data);
    let (mut wrong, mut checked) = (String::new(), 0);
    for Line { kind, cells } in lines() {
        let (written, is) = match kind {
            "Expression" => (&cells[1], template_in(&scope, &cells[0])),
            "Condition" => (&cells[1], expression_in(&scope, &cells[0])),
            "Input" => (&cells[2], answered(&cells[0], &cells[1])),
            _ => continue,
        };
        checked += 1;
        // A report is on a line of its own, but a table's cell has only one line.
        let is = is.replace('\n', "; ").replace('`', "'");
        if *written != is {
            writeln!(wrong, "{}\n  written: {written}\n  is:      {is}", cells[0]).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(checked > 200, "only {checked} lines were found");
}
