//! Runs the plan on what was set up, and cleans up afterwards.

use std::{io, sync::Arc, time::Duration};

use cirun_engine::{Cancellation, Clock, Config, Earlier, Engine, Event, FailureHook, Question, RunResult};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    CleanWorkspaces, RunOptions, RunSetup, Setup, late, not_emulated::NotEmulated, plan_again::plan_again,
    record::StepFiles, setup::GRACE,
};

/// Timeout for removing a stage's containers, networks and volumes.
const CLEANUP: Duration = Duration::from_secs(30);
/// Number of a failed step's last lines that are repeated at the end.
const TAIL_LINES: usize = 20;

/// The caller's part in a run.
pub struct Hooks {
    /// Gets the questions about failed steps with `ManualIntervention`.
    pub questions: Option<mpsc::Sender<Question>>,
    /// Gets each step that has failed, before its container is removed.
    pub on_failure: Option<mpsc::Sender<FailureHook>>,
    /// Chooses the exit code that the last event reports.
    pub exit_code: Arc<dyn Fn(&RunResult) -> u8 + Send + Sync>,
    /// The run that this one continues.
    pub earlier: Option<Earlier>,
    /// The clean workspaces, to add those of stages that are planned as they begin.
    pub clean: Option<Arc<CleanWorkspaces>>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The engine's result.
    pub result: RunResult,
    /// What could not be removed afterwards, one line each.
    pub left: Vec<String>,
}

impl RunSetup<'_> {
    /// Runs the plan on `setup`, sends all events to `events`, and cleans up. A failed run is no error: see [`Ended::result`].
    pub async fn run(
        self,
        setup: Setup,
        hooks: Hooks,
        events: mpsc::Sender<Event>,
        cancellation: Cancellation,
    ) -> (Ended, Setup) {
        let Self { compiled, options, context, record, run, .. } = self;
        let Hooks { questions, on_failure, exit_code, earlier, clean } = hooks;
        let config = Config {
            run: run.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            grace: GRACE,
            cleanup_deadline: CLEANUP,
            look_ahead: setup.look_ahead,
            tail_lines: TAIL_LINES,
            services: setup.services.clone(),
            clock: Clock::new(Timestamp::now),
            questions,
            on_failure,
            earlier,
            plan_again: plan_again(compiled, late::demands(compiled, options, clean.as_ref())),
            after_stage: {
                let not_emulated = NotEmulated::of(record, context.person);
                let backends = Arc::clone(&setup.backends);
                Arc::new(move |_| not_emulated.findings().into_iter().chain(backends.without_a_gate()).collect())
            },
            exit_code,
        };
        let backends = Arc::clone(&setup.backends);
        let mut result = Engine::new(backends, config).run(compiled.plan(), events, cancellation).await;
        let (more, setup) = setup.tidy(options).await;
        let left = std::mem::take(&mut result.left).into_iter().chain(more).collect();
        (Ended { result, left }, setup)
    }
}

impl Setup {
    /// Stops the emulated AWS of this process and removes the files of steps. Returns what could not be removed.
    #[tracing::instrument(name = "tidy up", level = "debug", skip_all)]
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
