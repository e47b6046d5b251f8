//! Compiles a pipeline for a command, and prints the diagnostics.

use cirun_diagnostics::{Failure, Severity};
use cirun_project::{
    CompileError, Compiled, Context, Findings, Located, PlanRequest, Purpose, compile, is_left_out, locate,
};
use cirun_terminal_text::human_count;

use crate::{args::PlanOptions, diagnostics};

/// Compiles a located pipeline. If there is none, prints why.
pub(crate) fn open(
    located: Located,
    request: &PlanRequest,
    context: Context<'_>,
    purpose: Purpose,
) -> Result<Compiled, Failure> {
    compile(located, request, context, purpose).map_err(|error| match error {
        CompileError::Failure(failure) => failure,
        CompileError::NoPipeline(findings) => {
            let Findings { file, sources, diagnostics } = *findings;
            diagnostics::say(&diagnostics, Severity::Note, &sources);
            Failure::input(format!("{} holds no pipeline that can be planned", file.display()))
        }
    })
}

/// Locates and compiles a pipeline for commands that do not run it.
pub(crate) fn show(
    file: Option<std::path::PathBuf>,
    options: &PlanOptions,
    context: Context<'_>,
    purpose: Purpose,
) -> Result<Compiled, Failure> {
    let request = options.request(file, None);
    open(locate(&request, context)?, &request, context, purpose)
}

/// Prints the diagnostics with at least the severity `least` and those about files that were left out. Fails if one is an
/// error.
pub(crate) fn demand_valid(compiled: &Compiled, least: Severity) -> Result<(), Failure> {
    diagnostics::say(&compiled.diagnostics, least, &compiled.sources);
    if least > Severity::Warning {
        let left_out: Vec<_> = compiled.diagnostics.iter().filter(|found| is_left_out(found)).cloned().collect();
        diagnostics::say(&left_out, Severity::Warning, &compiled.sources);
    }
    let errors = compiled.errors();
    if errors == 0 {
        return Ok(());
    }
    let consequence = if compiled.running { "; nothing was started" } else { "" };
    Err(Failure::input(format!("the pipeline has {}{consequence}", human_count(errors, "error"))))
}
