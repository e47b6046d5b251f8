//! `reports`: the paths of a step's test reports.

use cirun_diagnostics::{Severity, Span, codes::plan as codes};
use cirun_parser::{ParameterField, model::ReportsSpec};
use cirun_plan::{Text as PlanText, Traced};
use globset::GlobBuilder;

use crate::scope::Ctx;

/// The report paths of a step; reports patterns that cannot be parsed.
pub(super) fn of(ctx: &Ctx<'_>, reports: Option<&ReportsSpec>) -> Vec<Traced<PlanText>> {
    let Some(field) = reports.and_then(|reports| reports.paths.as_ref()) else { return Vec::new() };
    let paths = ctx.list(field);
    let span_of = |index: usize| match &field.value {
        ParameterField::Literal(items) => items.get(index).map_or(field.span, |item| item.span),
        ParameterField::Expression(_) => field.span,
    };
    for (index, path) in paths.iter().enumerate() {
        if let PlanText::Known(path) = &path.value {
            check(ctx, path, span_of(index));
        }
    }
    paths
}

/// CI logs that it finds no file, and the step continues.
fn check(ctx: &Ctx<'_>, path: &str, span: Span) {
    let Err(error) = GlobBuilder::new(path).literal_separator(true).build() else { return };
    let mut warning = codes::BAD_PATTERN
        .says(format!("`{path}` is not a pattern: {}", error.kind()))
        .at(span, "a path or a pattern is needed here (outputs.report-paths)")
        .help("write `*` for a part of a name, `**` for directories, `{a,b}` for either, `[ab]` for one character");
    warning.severity = Severity::Warning;
    ctx.notes.report(warning);
}
