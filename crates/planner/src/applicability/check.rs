//! Checks a step against its table.

use cirun_diagnostics::{Diagnostic, Span, codes::plan as codes};
use cirun_parser::model::Step;

use super::{Applicability, Row};
use crate::{infrastructure::Infrastructure, notes::Notes};

/// A step at its place.
pub(crate) struct Checked<'c, S> {
    pub(crate) step: &'c Step,
    pub(crate) spec: &'c S,
    pub(crate) infrastructure: Infrastructure,
    /// The input that another setting of the stage replaces.
    pub(crate) replaced: Option<&'static str>,
}

/// Reports every input of a step that its table requires, ignores or rejects on the step's infrastructure; what is
/// required in any case comes first.
pub(crate) fn check<S: 'static>(
    rows: impl Iterator<Item = &'static Row<S>> + Clone,
    checked: &Checked<'_, S>,
    notes: &Notes,
) {
    let Checked { step, spec, infrastructure, replaced } = *checked;
    let written = |input: &str| rows.clone().find(|row| row.input == input).and_then(|row| (row.place)(step, spec));
    let subject = format!("`{}` step `{}`", step.kind.value, step.identifier.value);
    let profile = infrastructure.name();
    let is_required = |row: &&Row<S>| row.cells[infrastructure.index()] == Applicability::Required;
    let first = rows.clone().filter(is_required);
    let then = rows.clone().filter(|row| !is_required(row));
    for row in first.chain(then).filter(|row| Some(row.input) != replaced) {
        let diagnostic = match (row.cells[infrastructure.index()], (row.place)(step, spec)) {
            (Applicability::Required, None) => missing(&subject, row, infrastructure, step),
            (Applicability::Unless(other), None) if written(other).is_none() => {
                missing(&subject, row, infrastructure, step).help(format!("set `{}` or `{other}`", row.input))
            }
            (Applicability::Beside(other), None) if written(other).is_some() => codes::IMAGE_WITHOUT_CONNECTOR
                .says(format!("{subject} has `{other}` and no `{}`", row.input))
                .at(step.identifier.span, row.rule)
                .help("the image is pulled without credentials"),
            (Applicability::Ignored, Some(span)) => ignored(row, infrastructure, span),
            (Applicability::Rejected, Some(span)) => codes::REJECTED_INPUT
                .says(format!("`{}` is refused on {profile}", row.input))
                .at(span, row.rule)
                .help(format!("remove `{}`", row.input)),
            (Applicability::Hidden, Some(span)) => codes::NOT_OFFERED_INPUT
                .says(format!("the Studio does not offer `{}` on {profile}", row.input))
                .at(span, row.rule),
            (
                Applicability::Required
                | Applicability::Unless(_)
                | Applicability::Beside(_)
                | Applicability::Allowed
                | Applicability::Hidden
                | Applicability::Ignored
                | Applicability::Rejected,
                _,
            ) => continue,
        };
        notes.report(diagnostic);
    }
}

fn missing<S>(subject: &str, row: &Row<S>, infrastructure: Infrastructure, step: &Step) -> Diagnostic {
    codes::MISSING_REQUIRED_INPUT
        .says(format!("{subject} needs `{}` on {}", row.input, infrastructure.name()))
        .at(step.identifier.span, row.rule)
        .help(format!("set `{}`", row.input))
}

fn ignored<S>(row: &Row<S>, infrastructure: Infrastructure, span: Span) -> Diagnostic {
    let everywhere = row.cells.iter().all(|cell| *cell == Applicability::Ignored);
    let (message, help) = if everywhere {
        (format!("`{}` has no effect on this step", row.input), format!("remove `{}`", row.input))
    } else {
        (
            format!("`{}` has no effect on {}", row.input, infrastructure.name()),
            format!("remove `{}`, or run the stage where it has an effect", row.input),
        )
    };
    codes::IGNORED_INPUT.says(message).at(span, row.rule).help(help)
}
