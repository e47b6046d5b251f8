//! `cirun plan`: prints what will run.

use std::path::PathBuf;

use cirun_parser::Severity;

use crate::{
    args::{PlanFormat, PlanOptions},
    console,
    environment::Environment,
    error::CliError,
    exit::ExitCode,
    session::{Purpose, Session},
};

/// Prints the plan; nothing outside the files is asked.
pub(crate) fn run(
    file: Option<PathBuf>,
    options: &PlanOptions,
    format: PlanFormat,
    environment: &Environment,
) -> Result<ExitCode, CliError> {
    let session = Session::show(file, options, environment, Purpose::Show)?;
    session.demand_valid(Severity::Warning)?;
    let text = match format {
        PlanFormat::Tree => cirun_plan::render_tree(session.plan()),
        PlanFormat::Json => cirun_plan::to_json(session.plan()),
        PlanFormat::Mermaid => cirun_plan::render_mermaid(session.plan()),
    };
    console::data(&text).map_err(|error| CliError::io("cannot write to stdout", &error))?;
    Ok(ExitCode::Success)
}
