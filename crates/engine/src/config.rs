//! What a run is given besides its plan and its backend.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use cirun_plan::{PlannedStage, StageId, StaticScope, StepPath};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{Earlier, EventKind, ReadyStep, RunResult};

/// Says what is known of a stage once it has ended.
pub type AfterStage = dyn Fn(&StageId) -> Vec<EventKind> + Send + Sync;

/// Plans a stage as it begins, from what the stages before it have left: its instances, or why there are none.
pub type PlanAgain = dyn Fn(&StageId, Arc<dyn StaticScope>) -> Result<Vec<PlannedStage>, String> + Send + Sync;

/// The settings of a run.
#[derive(Clone)]
pub struct Config {
    /// The run's id.
    pub run: String,
    /// cirun's version, for the event stream.
    pub version: String,
    /// How long a step that was asked to end may take before it is killed.
    pub grace: Duration,
    /// How long removing a stage's objects may take.
    pub cleanup_deadline: Duration,
    /// How many steps are prepared ahead of their turn.
    pub look_ahead: usize,
    /// How many last lines of a failed step, or of a service that ended, go into its event.
    pub tail_lines: usize,
    /// How steps and the services before them meet.
    pub services: ServiceRules,
    /// The time.
    pub clock: Clock,
    /// Who answers for `ManualIntervention`; without anyone, what the strategy says for its time-out is done at once.
    pub questions: Option<mpsc::Sender<Question>>,
    /// Who looks at steps that have failed, before the run goes on.
    pub visitor: Option<mpsc::Sender<Visit>>,
    /// The run that this one goes on from, if it does.
    pub earlier: Option<Earlier>,
    /// Plans the stages of which something is decided when they begin.
    pub plan_again: Option<Arc<PlanAgain>>,
    /// What is known of a stage once it has ended, and to whoever set the stage alone.
    pub after_stage: Arc<AfterStage>,
    /// cirun's exit code for a result, for the event stream.
    pub exit_code: Arc<dyn Fn(&RunResult) -> u8 + Send + Sync>,
}

/// How steps and the services before them meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRules {
    /// Whether steps wait.
    pub waiting: Waiting,
    /// How long a service is waited for.
    pub ready_within: Duration,
    /// A service that is ready this much later than a step could have begun is told as a race: CI needs about as long to
    /// start the step.
    pub race_from: Duration,
    /// Services that start later by so much. Nobody waits for them: the race is wanted.
    pub delays: BTreeMap<StepPath, Duration>,
    /// What the end of a service does to its stage.
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
    /// No, as in CI; when they do is told all the same.
    No,
}

/// What the end of a service does to its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtServiceExit {
    /// Nothing, as in CI.
    GoOn,
    /// The stage fails.
    FailStage,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("run", &self.run).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Tells the time.
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

/// The person's wish that a run ends (Ctrl-C).
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    /// Running steps are asked to end, later ones do not start, everything is cleaned up.
    pub first: CancellationToken,
    /// Running steps are killed.
    pub second: CancellationToken,
}

/// A failed step waits for a person's decision.
#[derive(Debug)]
pub struct Question {
    /// The step.
    pub step: StepPath,
    /// Why it failed; masked.
    pub reason: String,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// What is done without an answer, in the service's word.
    pub otherwise: &'static str,
    /// Takes the answer; dropped without one, the strategy's action for a time-out is done.
    pub reply: oneshot::Sender<Answer>,
}

/// A step has failed, and the run waits until it has been looked at.
#[derive(Debug)]
pub struct Visit {
    /// The step as it ran last.
    pub step: ReadyStep,
    /// Why it failed; masked.
    pub reason: String,
    /// Dropped when the run is to go on.
    pub done: oneshot::Sender<()>,
}

/// What to do with a failed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Run it again.
    Retry,
    /// It counts as ignored.
    Ignore,
    /// It counts as succeeded.
    MarkAsSuccess,
    /// It failed.
    MarkAsFailure,
    /// The run ends.
    Abort,
}
