//! `cirun plan`: prints what will run.

use std::path::PathBuf;

use cirun_diagnostics::{Failure, Severity};
use cirun_project::{Context, Purpose, consent::Request};

use crate::{
    args::{PlanFormat, PlanOptions},
    compile, console,
    exit::ExitCode,
};

/// Prints the plan. Asks no questions and connects to no engine.
pub(crate) fn run(
    file: Option<PathBuf>,
    options: &PlanOptions,
    format: PlanFormat,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    let compiled = compile::show(file, options, context, Purpose::Show)?;
    compile::demand_valid(&compiled, Severity::Warning)?;
    Request::of(&compiled).announced(&compiled).iter().for_each(|asks| console::say(asks));
    let plan = compiled.plan();
    let written = match format {
        PlanFormat::Tree => console::data(&cirun_plan::render_tree(plan, &compiled.planned.rows)),
        PlanFormat::Json => console::stream(|out| cirun_plan::write_json(plan, out)),
        PlanFormat::JsonV2 => console::stream(|out| cirun_plan::write_json_v2(plan, out)),
        PlanFormat::Mermaid => console::data(&cirun_plan::render_mermaid(plan)),
    };
    written?;
    // The process ends here. Freeing a large plan would take a tenth of the time of planning.
    std::mem::forget(compiled);
    Ok(ExitCode::Success)
}
