//! Checks stages that are planned as they begin: they may need no more than the run was set up and allowed for.

use std::sync::Arc;

use cirun_diagnostics::{Failure, FailureKind};
use cirun_plan::{Action, PlannedStage, PlannedStep, StageId, steps_here};
use cirun_project::{Compiled, consent, settings::AwsMode};

use crate::{CleanWorkspaces, RunOptions, checks, gateway::Reach, plan_again::Demands, push_policy};

/// The check of such stages. A run gets its engine, its gateway and consent before the first step, and cannot add them later.
pub(crate) fn demands(compiled: &Compiled, options: &RunOptions, clean: Option<&Arc<CleanWorkspaces>>) -> Box<Demands> {
    let clean = clean.cloned();
    let settings = compiled.settings.clone();
    let (is_trusted, fail_on_skip) = (compiled.repository_trust.is_trusted, options.fail_on_skip);
    let reach = Reach::of(&compiled.planned, &settings);
    let first = &compiled.plan().stages;
    let (has_engine, has_host_steps) = (any_step(first, PlannedStep::needs_container), any_step(first, is_on_host));
    Box::new(move |outline, planned, stages| {
        push_policy::check(&settings, &planned.targets)?;
        push_policy::check_stores(&settings, &planned.stores)?;
        if fail_on_skip {
            checks::demand_no_skipped_steps(stages)?;
        }
        if !is_trusted && let Some(more) = consent::beyond(outline, stages, &settings) {
            return Err(refusal(&outline.id, &format!("asks for more than was allowed before the run: {more}"))
                .help("`--trust` allows it"));
        }
        if !has_engine && any_step(stages, PlannedStep::needs_container) {
            return Err(refusal(&outline.id, "needs an engine, and the run was started without one"));
        }
        if !has_host_steps && any_step(stages, is_on_host) && settings.aws.value == AwsMode::Emulated {
            return Err(refusal(&outline.id, "has host steps, and no address of the emulated AWS is ready for them"));
        }
        if let Some(host) = reach.lacks(&Reach::of(planned, &settings)) {
            return Err(refusal(&outline.id, &format!("needs `{host}`, which the run was not made ready for"))
                .help("a registry must be known before the run: write it, or give what decides it with `--var`"));
        }
        // Their notes are the same as those of earlier stages, so they are dropped.
        let own = clean.iter().flat_map(|clean| stages.iter().map(|stage| clean.give(stage)));
        own.collect::<Result<Vec<_>, _>>().map(drop)
    })
}

/// Whether any step of the stages that run here matches.
fn any_step(stages: &[PlannedStage], is_one: fn(&PlannedStep) -> bool) -> bool {
    steps_here(stages).any(is_one)
}

fn is_on_host(step: &PlannedStep) -> bool {
    matches!(step.action, Action::Host(_))
}

fn refusal(stage: &StageId, what: &str) -> Failure {
    Failure::new(FailureKind::Stage, format!("stage `{stage}` {what}"))
}
