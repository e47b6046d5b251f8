//! Checks that refuse a run before it begins.

use cirun_diagnostics::Failure;
use cirun_plan::{Action, PlannedStage, PlannedStep, SkipReason};
use cirun_project::Compiled;
use cirun_terminal_text::human_count;

use crate::{RunOptions, push_policy};

/// Refuses a plan that would push where the push policy forbids it or that runs nothing, and with `fail_on_skip` one that
/// skips a step.
///
/// # Errors
/// The first rule that the plan breaks.
pub fn check(compiled: &Compiled, options: &RunOptions) -> Result<(), Failure> {
    if options.fail_on_skip {
        demand_no_skips(compiled)?;
    }
    demand_something_to_run(compiled)?;
    push_policy::check(&compiled.settings, &compiled.planned.targets)?;
    push_policy::check_stores(&compiled.settings, &compiled.planned.stores)?;
    push_policy::check_egress(&compiled.settings)
}

/// Refuses a plan with a step or stage that does not run locally (`--fail-on-skip`).
pub(crate) fn demand_no_skips(compiled: &Compiled) -> Result<(), Failure> {
    let skipped: Vec<String> = compiled.plan().stages.iter().flat_map(skipped_steps).collect();
    let stages = left_out(compiled);
    let counts = [(skipped.len(), "step"), (stages.len(), "stage")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| human_count(count, what));
    let counts = counts.collect::<Vec<_>>().join(" and ");
    if counts.is_empty() {
        return Ok(());
    }
    Err(Failure::input(format!("{counts} not run locally:{}{}", skipped.concat(), stages.concat())))
}

/// The same for stages that are planned as they begin.
pub(crate) fn demand_no_skipped_steps(stages: &[PlannedStage]) -> Result<(), Failure> {
    let skipped: Vec<String> = stages.iter().flat_map(skipped_steps).collect();
    match skipped.len() {
        0 => Ok(()),
        count => Err(Failure::input(format!("{} not run locally:{}", human_count(count, "step"), skipped.concat()))),
    }
}

/// Refuses a plan without any step that runs locally: such a run would report success.
pub(crate) fn demand_something_to_run(compiled: &Compiled) -> Result<(), Failure> {
    let stages = &compiled.plan().stages;
    let runs = |step: &PlannedStep| match step.action {
        Action::Container(_) | Action::Host(_) | Action::Wait(_) => true,
        Action::Skip(SkipReason::NotSelected) => true,
        Action::Skip(SkipReason::NotRunLocally { .. }) => false,
    };
    let is_run = |stage: &PlannedStage| stage.not_here.is_none() && stage.steps().into_iter().any(runs);
    let rows: Vec<String> = stages.iter().flat_map(skipped_steps).chain(left_out(compiled)).collect();
    if rows.is_empty() || stages.iter().any(is_run) {
        return Ok(());
    }
    Err(Failure::input(format!("nothing of this pipeline runs locally:{}", rows.concat()))
        .help("`cirun plan`, `explain` and `check` still work on it"))
}

/// The stages that are not in the plan, each with the reason.
fn left_out(compiled: &Compiled) -> Vec<String> {
    compiled.planned.left_out.iter().map(|left| format!("\n  {}: {}", left.stage, left.why)).collect()
}

/// The steps of a stage that do not run locally, each with the reason.
fn skipped_steps(stage: &PlannedStage) -> Vec<String> {
    let why = |step: &PlannedStep| match (&stage.not_here, &step.action) {
        (_, Action::Skip(SkipReason::NotSelected)) => None,
        (Some(why), _) | (None, Action::Skip(SkipReason::NotRunLocally { why })) => Some(why.clone()),
        (None, Action::Container(_) | Action::Host(_) | Action::Wait(_)) => None,
    };
    let row = |step: &PlannedStep| why(step).map(|why| format!("\n  {}: {why}", step.path));
    stage.steps().into_iter().filter_map(row).collect()
}
