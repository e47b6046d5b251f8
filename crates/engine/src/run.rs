//! A run: its stages in order.

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{Plan, PlannedStage, Profile, StageId};
use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};

use crate::{
    Backend, Cancellation, Config, Event, EventKind, Masker, Outcome, RunResult,
    condition::{self, Turn, Whole},
    context::{Broken, Context, Halt},
    dispatch::{Dispatcher, Removal, StageEnd},
    emit::Emitter,
    history::{RunHistory, StageHistory},
    scope::RunScope,
    so_far::SoFar,
    with_causes,
};

/// Runs plans on a backend.
#[derive(Debug)]
pub struct Engine<B> {
    backend: Arc<B>,
    config: Config,
}

impl<B: Backend> Engine<B> {
    /// Creates an engine for a backend.
    pub fn new(backend: Arc<B>, config: Config) -> Self {
        Self { backend, config }
    }

    /// Runs `plan`. Events go to `events`, with `run_finished` last; if the receiver is dropped, the run is ended.
    ///
    /// Run the returned future to its end: dropping it leaves the objects of the stage for `cirun clean`.
    pub async fn run(&self, plan: &Plan, events: mpsc::Sender<Event>, cancel: Cancellation) -> RunResult {
        let emitter = Emitter::new(events, self.config.clock.clone(), Masker::new(&plan.secrets));
        let (backend, config) = (Arc::clone(&self.backend), self.config.clone());
        let context = Context { backend, config, emitter, cancel };
        let began = Instant::now();
        context.emitter.emit(started(plan, &context.config)).await;
        let mut state = RunState::new(plan);
        for stage in &plan.stages {
            state.plan_and_run(&context, stage).await;
        }
        let elapsed = began.elapsed().saturating_sub(state.removing);
        let removal = state.removal.take();
        let mut result = state.result(&context.emitter);
        let exit_code = (context.config.exit_code)(&result);
        context.emitter.emit(EventKind::RunFinished { outcome: result.outcome, exit_code, elapsed }).await;
        if let Some(mut removal) = removal {
            result.left = removal.end().await.iter().map(|left| context.emitter.mask(left)).collect();
        }
        result
    }
}

/// The results that stages pass on to later ones.
struct RunState {
    record: RunHistory,
    halt: Option<Halt>,
    error: Option<Broken>,
    /// The outcomes of the finished stages, as reported to the user.
    shown: Vec<(StageId, Outcome)>,
    /// The removal of the last stage's objects.
    removal: Option<Removal>,
    /// The time for which the run waited for removals.
    removing: Duration,
}

impl RunState {
    fn new(plan: &Plan) -> Self {
        let record = RunHistory::new(plan);
        Self { record, halt: None, error: None, shown: Vec::new(), removal: None, removing: Duration::ZERO }
    }

    /// Waits until nothing is left of the stage before.
    async fn end_removal<B>(&mut self, context: &Context<B>) {
        let Some(mut removal) = self.removal.take() else { return };
        let began = Instant::now();
        for problem in removal.end().await {
            context.emitter.diagnostic(codes::CLEANUP_INCOMPLETE, &problem, None).await;
        }
        self.removing += began.elapsed();
    }

    /// Runs a stage; what it decides when it begins is decided now, unless it does not run.
    async fn plan_and_run<B: Backend>(&mut self, context: &Context<B>, stage: &PlannedStage) {
        let turn = self.turn(stage, context.config.clock.now());
        let plan_again = context.config.plan_again.as_ref().filter(|_| !stage.undecided.is_empty());
        let (StageTurn::Run, Some(plan_again)) = (turn, plan_again) else {
            return self.run_stage(context, stage, None).await;
        };
        let again = plan_again(&stage.id, Arc::new(SoFar::of(&self.record, context.config.clock.now())));
        context.emitter.learn(&again.secrets);
        for found in again.findings {
            context.emitter.emit_unmasked(found).await;
        }
        match again.stages {
            Ok(stages) => {
                self.record.replace(&stage.id, &stages);
                for stage in &stages {
                    self.run_stage(context, stage, None).await;
                }
            }
            Err(error) => {
                let reason = error.to_string();
                let failed = StageTurn::End { outcome: Outcome::Failed, step_outcome: Outcome::Skipped, reason };
                self.run_stage(context, stage, Some(failed)).await;
            }
        }
    }

    /// Runs a stage, or ends it as its turn says; without one, its conditions say what its turn is.
    #[tracing::instrument(name = "stage", level = "debug", skip_all, fields(stage = %stage.id))]
    async fn run_stage<B: Backend>(&mut self, context: &Context<B>, stage: &PlannedStage, turn: Option<StageTurn>) {
        self.end_removal(context).await;
        let began = Instant::now();
        context.emitter.emit(EventKind::StageStarted { stage: stage.id.clone() }).await;
        if context.is_cancelled() && self.halt.is_none() {
            self.halt = Some(Halt::Cancelled);
        }
        let now = context.config.clock.now();
        if let Some(record) = self.record.stages.get_mut(&stage.id) {
            record.started = Some(now);
        }
        let turn = turn.unwrap_or_else(|| self.turn(stage, now));
        let mut dispatcher =
            Dispatcher::new(context, &mut self.record, &mut self.halt, &mut self.error, Arc::new(stage.clone()));
        let StageEnd { outcome, at, removal } = match turn {
            StageTurn::Run => dispatcher.run_stage().await,
            StageTurn::End { outcome, step_outcome, reason } => {
                dispatcher.skip_all(step_outcome, &reason).await;
                StageEnd::now(outcome)
            }
        };
        self.removal = removal;
        self.removing += at.elapsed();
        let ran = self.record.stages.get(&stage.id).is_some_and(StageHistory::has_run);
        let outcome = match &self.halt {
            Some(Halt::ServiceEnded { .. }) => Outcome::Failed,
            Some(_) | None if self.error.is_some() && outcome != Outcome::Skipped => Outcome::Failed,
            Some(_) | None => outcome,
        };
        if let Some(Halt::RolledBack { .. } | Halt::ServiceEnded { .. }) = self.halt {
            self.halt = None;
        }
        // In expressions a stage of skipped steps is a success, as in CI; to the user it is reported as skipped.
        let shown = if outcome == Outcome::Succeeded && !ran { Outcome::Skipped } else { outcome };
        self.shown.push((stage.id.clone(), shown));
        if let Some(record) = self.record.stages.get_mut(&stage.id) {
            record.outcome = Some(outcome);
            record.ended = Some(context.config.clock.now());
        }
        self.finish(context, stage, shown, at.duration_since(began)).await;
    }

    async fn finish<B>(&self, context: &Context<B>, stage: &PlannedStage, outcome: Outcome, elapsed: Duration) {
        for event in (context.config.after_stage)(&stage.id) {
            context.emitter.emit_unmasked(event).await;
        }
        let stage = stage.id.clone();
        context.emitter.emit(EventKind::StageFinished { stage, outcome, elapsed }).await;
    }

    /// Whether a stage runs.
    fn turn(&self, stage: &PlannedStage, now: Timestamp) -> StageTurn {
        if let Some(halt) = &self.halt {
            let (outcome, reason) = halt.for_later_steps();
            return StageTurn::End { outcome, step_outcome: outcome, reason };
        }
        let step_outcome = Outcome::Skipped;
        if let Some(why) = &stage.not_here {
            let reason = format!("stage `{}` is not run on this machine: {why}", stage.id);
            return StageTurn::End { outcome: Outcome::Skipped, step_outcome, reason };
        }
        let scope = RunScope { run: &self.record, stage: &stage.id, step: None, strategy: None, now };
        match condition::decide(&stage.when, Whole::Pipeline, self.record.current(), &scope) {
            Turn::Take => StageTurn::Run,
            Turn::Skip(reason) => {
                let reason = format!("stage `{}` is skipped: {reason}", stage.id);
                StageTurn::End { outcome: Outcome::Skipped, step_outcome, reason }
            }
            Turn::Fail(reason) => StageTurn::End { outcome: Outcome::Failed, step_outcome, reason },
        }
    }

    fn result(self, emitter: &Emitter) -> RunResult {
        let outcome = if self.error.is_some() { Outcome::Failed } else { self.record.outcome() };
        let nothing_ran = self.shown.iter().all(|(_, shown)| *shown == Outcome::Skipped);
        let outcome = if outcome == Outcome::Succeeded && nothing_ran { Outcome::Skipped } else { outcome };
        let first_failed = self.record.first_failed().cloned();
        let (error, told_by) = self.error.map(|broken| (broken.error, broken.told_by)).unzip();
        RunResult {
            outcome,
            stages: self.shown,
            error_text: error.as_ref().map(|error| emitter.mask(&with_causes(error))),
            error,
            told_by: told_by.flatten(),
            first_failed,
            cancelled: self.halt == Some(Halt::Cancelled),
            differences: emitter.differences(),
            left: Vec::new(),
        }
    }
}

enum StageTurn {
    Run,
    /// Ends all of its steps with this outcome.
    End {
        outcome: Outcome,
        step_outcome: Outcome,
        reason: String,
    },
}

fn started(plan: &Plan, config: &Config) -> EventKind {
    EventKind::RunStarted {
        run: config.run.clone(),
        pipeline: plan.pipeline.clone(),
        version: config.version.clone(),
        profile: plan.stages.first().map_or(Profile::Docker, |stage| stage.profile.value),
        stages: plan.stages.iter().map(|stage| (stage.id.clone(), stage.steps().len())).collect(),
    }
}

#[cfg(test)]
mod tests;
