//! Checks a step against its table.

use cirun_diagnostics::{Diagnostic, Span, codes::plan as codes};
use cirun_parser::model::Step;

use super::{Cell, Column, Row};
use crate::notes::Notes;

/// Reports every input of `step` that its table's `column` requires, ignores or rejects.
pub(crate) fn check<S>(rows: &[Row<S>], step: &Step, spec: &S, column: Column, notes: &Notes) {
    check_but(rows, None, step, spec, column, notes);
}

/// The same, except for the input `stands_in`, which another setting of the stage replaces.
pub(crate) fn check_but<S>(
    rows: &[Row<S>],
    stands_in: Option<&str>,
    step: &Step,
    spec: &S,
    column: Column,
    notes: &Notes,
) {
    let written = |input: &str| rows.iter().find(|row| row.input == input).and_then(|row| (row.place)(step, spec));
    let subject = format!("`{}` step `{}`", step.kind.value, step.identifier.value);
    let profile = column.name();
    for row in rows.iter().filter(|row| Some(row.input) != stands_in) {
        let diagnostic = match (row.cells[column.index()], (row.place)(step, spec)) {
            (Cell::Required, None) => missing(&subject, row, column, step),
            (Cell::Unless(other), None) if written(other).is_none() => {
                missing(&subject, row, column, step).help(format!("set `{}` or `{other}`", row.input))
            }
            (Cell::Beside(other), None) if written(other).is_some() => codes::IMAGE_WITHOUT_CONNECTOR
                .says(format!("{subject} has `{other}` and no `{}`", row.input))
                .at(step.identifier.span, row.rule)
                .help("the image is pulled without credentials"),
            (Cell::Ignored, Some(span)) => ignored(row, column, span),
            (Cell::Rejected, Some(span)) => codes::REJECTED_INPUT
                .says(format!("`{}` is refused on {profile}", row.input))
                .at(span, row.rule)
                .help(format!("remove `{}`", row.input)),
            (Cell::Hidden, Some(span)) => codes::NOT_OFFERED_INPUT
                .says(format!("the Studio does not offer `{}` on {profile}", row.input))
                .at(span, row.rule),
            (
                Cell::Required
                | Cell::Unless(_)
                | Cell::Beside(_)
                | Cell::Allowed
                | Cell::Hidden
                | Cell::Ignored
                | Cell::Rejected,
                _,
            ) => continue,
        };
        notes.report(diagnostic);
    }
}

fn missing<S>(subject: &str, row: &Row<S>, column: Column, step: &Step) -> Diagnostic {
    codes::MISSING_REQUIRED_INPUT
        .says(format!("{subject} needs `{}` on {}", row.input, column.name()))
        .at(step.identifier.span, row.rule)
        .help(format!("set `{}`", row.input))
}

fn ignored<S>(row: &Row<S>, column: Column, span: Span) -> Diagnostic {
    let everywhere = row.cells.iter().all(|cell| *cell == Cell::Ignored);
    let (message, help) = if everywhere {
        (format!("`{}` has no effect on this step", row.input), format!("remove `{}`", row.input))
    } else {
        (
            format!("`{}` has no effect on {}", row.input, column.name()),
            format!("remove `{}`, or run the stage where it has an effect", row.input),
        )
    };
    codes::IGNORED_INPUT.says(message).at(span, row.rule).help(help)
}
