//! `retry` of a step's `spec`: how often the service starts the plugin's container.

use cirun_parser::{Diagnostic, Int};

use super::StepCtx;

/// The service's default: the container starts once (seed 002, Step Inputs `retry`).
const DEFAULT: i64 = 1;

/// Tells that a step starts once here, where `retry` asks for more.
pub(crate) fn report(at: &StepCtx<'_>, retry: Option<&Int>) {
    let Some(field) = retry else { return };
    let Some(count) = at.ctx.int(field, "`retry`").filter(|count| count.value > DEFAULT) else { return };
    at.ctx.notes.report(
        Diagnostic::parity("retry-not-done", format!("`{}` starts once here, whatever `retry` says", at.place.id))
            .at(field.span, format!("CI may start the plugin {} times", count.value))
            .help("a failure strategy with `Retry` is followed here as in CI"),
    );
}
