//! The settings of a run, besides its plan and its backend.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use cirun_plan::{StageId, StepPath};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{Earlier, EventKind, PlanAgain, ReadyStep, RunResult};

/// Returns events about a stage that has ended.
pub type AfterStage = dyn Fn(&StageId) -> Vec<EventKind> + Send + Sync;

/// The settings of a run.
#[derive(Clone)]
pub struct Config {
    /// The run's id.
    pub run: String,
    /// cirun's version, for the event stream.
    pub version: String,
    /// How long a step may take to end when it is asked to, before it is killed.
    pub grace: Duration,
    /// How long the removal of a stage's objects may take.
    pub cleanup_deadline: Duration,
    /// How far steps are prepared ahead of their turn.
    pub look_ahead: LookAhead,
    /// The number of last lines in the event of a failed step, or of a service that ended.
    pub tail_lines: usize,
    /// How steps wait for the services before them.
    pub services: ServiceRules,
    /// The source of the time.
    pub clock: Clock,
    /// Answers `ManualIntervention`; without it, the strategy's action for a timeout is taken at once.
    pub questions: Option<mpsc::Sender<Question>>,
    /// Receives failed steps, and holds the run until each visit ends.
    pub on_failure: Option<mpsc::Sender<FailureHook>>,
    /// The earlier run that this one continues, if any.
    pub earlier: Option<Earlier>,
    /// Plans stages with values that are decided when they begin.
    pub plan_again: Option<Arc<PlanAgain>>,
    /// Returns events about a stage that has ended; only that stage's own caller knows them.
    pub after_stage: Arc<AfterStage>,
    /// The exit code of cirun for a result, for the event stream.
    pub exit_code: Arc<dyn Fn(&RunResult) -> u8 + Send + Sync>,
}

/// How far steps are prepared ahead of their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookAhead {
    /// The number of steps.
    pub steps: usize,
    /// The number of bytes that the memory limits of prepared and running steps may reach together.
    pub memory: u64,
}

/// How steps wait for the services before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRules {
    /// Whether steps wait.
    pub waiting: Waiting,
    /// The longest wait for a service.
    pub ready_within: Duration,
    /// A service that becomes ready this much later than a step could have begun is reported as a race: CI needs about
    /// as long to start the step.
    pub race_from: Duration,
    /// Services that start later by this delay. No step waits for them: the race is intended.
    pub delays: BTreeMap<StepPath, Duration>,
    /// The effect of a service's end on its stage.
    pub at_exit: AtServiceExit,
}

impl Default for ServiceRules {
    fn default() -> Self {
        Self {
            waiting: Waiting::UntilReady,
            ready_within: Duration::from_secs(30),
            // peers.md 2.9: the start of a container.
            race_from: Duration::from_millis(300),
            delays: BTreeMap::new(),
            at_exit: AtServiceExit::GoOn,
        }
    }
}

/// Whether steps wait for services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Until the services before a step accept connections.
    UntilReady,
    /// They do not wait, as in CI; readiness is still reported.
    No,
}

/// The effect of a service's end on its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtServiceExit {
    /// No effect, as in CI.
    GoOn,
    /// The stage fails.
    FailStage,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("run", &self.run).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A source of the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// A user's request to end the run (Ctrl-C).
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    /// Running steps are asked to end, later ones do not start, and everything is cleaned up.
    pub first: CancellationToken,
    /// Running steps are killed.
    pub second: CancellationToken,
}

/// A failed step that waits for a user's decision.
#[derive(Debug)]
pub struct Question {
    /// The step.
    pub step: StepPath,
    /// The reason for the failure; masked.
    pub reason: String,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// The action without an answer, by the service's name.
    pub otherwise: &'static str,
    /// Receives the answer; if it is dropped, the strategy's action for a timeout is taken.
    pub reply: oneshot::Sender<Answer>,
}

/// A failed step; the run waits until the on_failure is done.
#[derive(Debug)]
pub struct FailureHook {
    /// The step in its last attempt.
    pub step: ReadyStep,
    /// The reason for the failure; masked.
    pub reason: String,
    /// Drop it to continue the run.
    pub done: oneshot::Sender<()>,
}

/// The decision about a failed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Run it again.
    Retry,
    /// Ignore the failure.
    Ignore,
    /// Treat it as succeeded.
    MarkAsSuccess,
    /// Treat it as failed.
    MarkAsFailure,
    /// End the run.
    Abort,
}
