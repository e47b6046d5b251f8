//! `cirun list`: lists stages and steps.

use std::path::PathBuf;

use cirun_diagnostics::{Failure, FailureKind, Severity};
use cirun_plan::{Plan, PlannedStage, Role};
use cirun_project::{Context, Purpose};
use serde::Serialize;

use crate::{
    args::{ListFormat, PlanOptions},
    compile, console,
    exit::ExitCode,
};

#[derive(Serialize)]
struct StageRow<'a> {
    id: &'a str,
    name: &'a str,
    profile: &'static str,
    steps: Vec<StepRow<'a>>,
}

#[derive(Serialize)]
struct StepRow<'a> {
    path: &'a str,
    /// The path below the stage, for the text format.
    #[serde(skip)]
    below: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    step_type: &'a str,
    service: bool,
}

/// Prints the stages and their steps, in order.
pub(crate) fn run(
    file: Option<PathBuf>,
    options: &PlanOptions,
    format: ListFormat,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    let compiled = compile::show(file, options, context, Purpose::List)?;
    compile::demand_valid(&compiled, Severity::Error)?;
    let rows = rows(compiled.plan());
    let text = match format {
        ListFormat::Text => text(&rows),
        ListFormat::Json => {
            let json = serde_json::to_string_pretty(&rows);
            json.map_err(|error| Failure::new(FailureKind::Bug, error.to_string()))? + "\n"
        }
    };
    console::data(&text)?;
    Ok(ExitCode::Success)
}

fn rows(plan: &Plan) -> Vec<StageRow<'_>> {
    plan.stages.iter().map(row).collect()
}

fn row(stage: &PlannedStage) -> StageRow<'_> {
    let steps = stage.steps().into_iter().map(|step| StepRow {
        path: step.path.full(),
        below: step.path.as_str(),
        name: &step.name,
        step_type: &step.step_type,
        service: step.role == Role::Service,
    });
    StageRow { id: &stage.id.0, name: &stage.name, profile: stage.profile.value.as_str(), steps: steps.collect() }
}

fn text(stages: &[StageRow<'_>]) -> String {
    let mut text = String::new();
    let steps = stages.iter().flat_map(|stage| &stage.steps);
    let width = steps.map(|step| step.below.len()).max().unwrap_or(0);
    for stage in stages {
        text.push_str(&format!("{} ({})\n", stage.id, stage.profile));
        for step in &stage.steps {
            let service = if step.service { " · service" } else { "" };
            text.push_str(&format!("  {:<width$}  {}{service}\n", step.below, step.step_type));
        }
    }
    text
}
