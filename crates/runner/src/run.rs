//! The run itself: the engine with everything that was set up, and what has to be tidied afterwards.

use std::{io, sync::Arc, time::Duration};

use cirun_diagnostics::Failure;
use cirun_engine::{Cancellation, Clock, Config, Earlier, Engine, Event, FailureHook, Question, RunResult};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    CleanWorkspaces, RunOptions, RunSetup, Setup, late, not_emulated::NotEmulated, plan_again::plan_again,
    record::StepFiles, services, setup::GRACE,
};

/// How long removing a stage's objects may take.
const CLEANUP: Duration = Duration::from_secs(30);
/// Steps prepared ahead of their turn.
const LOOK_AHEAD: usize = 3;
/// Last lines of a failed step that are repeated at the end.
const TAIL_LINES: usize = 20;

/// Who takes part while a run goes on.
pub struct Hooks {
    /// Who decides about a failed step of `ManualIntervention`.
    pub questions: Option<mpsc::Sender<Question>>,
    /// Who looks into a step that has failed.
    pub on_failure: Option<mpsc::Sender<FailureHook>>,
    /// The exit code that the last event reports.
    pub exit_code: Arc<dyn Fn(&RunResult) -> u8 + Send + Sync>,
    /// The run that this one continues.
    pub earlier: Option<Earlier>,
    /// The clean workspaces, for stages that are planned as they begin.
    pub clean: Option<Arc<CleanWorkspaces>>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// What the engine reports.
    pub result: RunResult,
    /// What could not be tidied afterwards, each a line for a person.
    pub left: Vec<String>,
}

impl RunSetup<'_> {
    /// Refuses options that name no service of the plan.
    ///
    /// # Errors
    /// A delay for what is no service.
    pub fn demand_services(self) -> Result<(), Failure> {
        services::rules(self.compiled, self.options).map(drop)
    }

    /// Runs the plan on what was set up; every event goes to `events`.
    ///
    /// # Errors
    /// An option names what the plan does not have. A run that fails is no error.
    pub async fn run(
        self,
        setup: Setup,
        hooks: Hooks,
        events: mpsc::Sender<Event>,
        cancellation: Cancellation,
    ) -> Result<(Ended, Setup), Failure> {
        let Self { compiled, options, context, record, run, .. } = self;
        let Hooks { questions, on_failure, exit_code, earlier, clean } = hooks;
        let config = Config {
            run: run.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            grace: GRACE,
            cleanup_deadline: CLEANUP,
            look_ahead: LOOK_AHEAD,
            tail_lines: TAIL_LINES,
            services: services::rules(compiled, options)?,
            clock: Clock::new(Timestamp::now),
            questions,
            on_failure,
            earlier,
            plan_again: plan_again(compiled, late::demands(compiled, options, clean.as_ref())),
            after_stage: {
                let not_emulated = NotEmulated::of(record, context.person);
                Arc::new(move |_| not_emulated.findings())
            },
            exit_code,
        };
        let backends = Arc::clone(&setup.backends);
        let result = Engine::new(backends, config).run(compiled.plan(), events, cancellation).await;
        let (left, setup) = setup.tidy(options).await;
        Ok((Ended { result, left }, setup))
    }
}

impl Setup {
    /// Ends what the run had of its own.
    async fn tidy(mut self, options: &RunOptions) -> (Vec<String>, Self) {
        let mut left = Vec::new();
        let mut note = |what: &str, result: io::Result<()>| {
            left.extend(result.err().map(|error| format!("cannot remove {what}: {error}")));
        };
        if let Some(alone) = self.alone.take() {
            note("what the emulated AWS kept", alone.end().await);
        }
        let files = if options.keep { StepFiles::KeptForContainers } else { StepFiles::Removed };
        note("the files of steps' outputs", self.record.forget_step_files(files));
        (left, self)
    }
}
