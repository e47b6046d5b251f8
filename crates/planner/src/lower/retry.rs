//! `retry` of a step's `spec`: how often the service starts the step's container.

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::Int;
use cirun_plan::{Cause, Origin, Traced};

use super::StepCtx;

/// The service's default: the container starts once.
const DEFAULT: i64 = 1;

/// How often CI starts a plugin; reports a number above one, because cirun starts it once.
pub(crate) fn of_plugin(at: &StepCtx<'_>, retry: Option<&Int>, rule: &'static str) -> Traced<i64> {
    let count = of(at, retry, rule);
    if let Some(field) = retry
        && count.value > DEFAULT
    {
        at.ctx.notes.report(
            codes::RETRY_NOT_DONE
                .says(format!("`{}` starts once here, whatever its `retry`", at.place.id))
                .at(field.span, format!("CI may start the plugin {} times", count.value))
                .help("a failure strategy with `Retry` works here as in CI"),
        );
    }
    count
}

/// How often CI starts a service, which never needs another start.
pub(crate) fn of_service(at: &StepCtx<'_>, retry: Option<&Int>) -> Traced<i64> {
    of(at, retry, "background.retry")
}

fn of(at: &StepCtx<'_>, retry: Option<&Int>, rule: &'static str) -> Traced<i64> {
    retry
        .and_then(|field| at.ctx.int(field, "`retry`"))
        .unwrap_or_else(|| Traced::new(DEFAULT, Origin::new(Cause::Default { rule })))
}
