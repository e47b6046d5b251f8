//! A planned step.

use std::{fmt, time::Duration};

use cirun_expressions::Template;

use crate::{Environment, Place, RegistryAuth, Text, Traced, VariableRule};

/// The path of ids from the stage to a step: `build.tests.unit`. People see it without the stage, which they know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepPath {
    full: String,
    /// Where the part below the stage begins.
    below: usize,
}

impl StepPath {
    /// The path of a step, of its stage's id, its groups' ids and its own.
    pub fn new<'a>(stage: &str, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let below = stage.len() + 1;
        let ids = ids.into_iter().collect::<Vec<_>>().join(".");
        Self { full: format!("{stage}.{ids}"), below }
    }

    /// The path with the stage's id: unique in the plan, and what programs get (product.md, Event stream).
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The path below the stage, for people: `tests.unit`.
    pub fn as_str(&self) -> &str {
        &self.full[self.below..]
    }

    /// The ids below the stage, outermost first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('.')
    }

    /// Whether a person may call it so: by its id, its path with or without the stage, a part of its path, or a group around
    /// it.
    pub fn is_named(&self, name: &str) -> bool {
        let within = |path: &str| format!(".{path}.").contains(&format!(".{name}."));
        within(self.as_str()) || (name.contains('.') && within(self.full()))
    }

    /// Whether this is the path of something in the group at `group`.
    pub fn is_within(&self, group: &Self) -> bool {
        self.full.strip_prefix(group.full()).is_some_and(|rest| rest.starts_with('.'))
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step, fully decided but for what only a running step can decide.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// Its path in the stage; unique.
    pub path: StepPath,
    /// Its identifier, with the suffix of its looping strategy.
    pub id: String,
    /// Its name, for eyes.
    pub name: String,
    /// Where its identifier is written.
    pub place: Place,
    /// Its Harness type (`Run`, `BuildAndPushECR`).
    pub step_type: String,
    /// Foreground or service.
    pub role: Role,
    /// What it does.
    pub action: Action,
    /// When it runs.
    pub when: When,
    /// What to do when it fails: step, group and stage strategies merged, the first that names the error acts.
    pub failure_strategies: Vec<FailureStrategy>,
    /// How long it may take.
    pub timeout: Traced<Duration>,
    /// The output variables that it declares; with none, every variable it writes is exported.
    pub outputs: Vec<OutputVariable>,
    /// JUnit report paths: globs, relative to the workspace or absolute in the container.
    pub reports: Vec<Traced<Text>>,
    /// How often CI starts it until it succeeds (`retry`), for the types that say so; here it starts once.
    pub retry: Option<Traced<i64>>,
    /// The image comes out of this run (an earlier step pushes it): it cannot be pulled before its turn.
    pub image_from_run: bool,
}

/// Whether the stage waits for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The stage waits for its end.
    Foreground,
    /// A Background step: started, then the stage goes on.
    Service,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs in a container.
    Container(Box<ContainerAction>),
    /// Runs as a process of the machine (VM profiles, no image).
    Host(Box<HostAction>),
    /// Waits (`Wait`).
    Wait(Traced<Duration>),
    /// Is shown, and not run here.
    Skip(SkipReason),
}

/// Why a step is not run here, whatever the run's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A known step type that has no local counterpart.
    NotRunLocally {
        /// Why, for a person.
        why: String,
    },
    /// Left out by `--step`, `--from` or `--until`.
    NotSelected,
}

/// A container of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerAction {
    /// The image reference as the engine is to be asked for it.
    pub image: Traced<Text>,
    /// When to pull.
    pub pull: Traced<PullPolicy>,
    /// How its registry is logged in to, by the step's connector.
    pub registry_auth: Option<RegistryAuth>,
    /// The connector that the image is pulled with, by identifier.
    pub connector: Option<Traced<String>>,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Traced<Vec<Text>>>,
    /// Replaces the image's command (the composed script, for a shell).
    pub command: Option<Traced<Vec<Text>>>,
    /// The script as the user wrote it, for people.
    pub script: Option<Traced<Text>>,
    /// The environment, complete, in order, later entries winning already applied.
    pub env: Environment,
    /// What variables that a running step decides must name; a step with another value does not start.
    pub rules: Vec<VariableRule>,
    /// DNS names on the stage's network, besides none.
    pub aliases: Vec<Traced<String>>,
    /// Published ports.
    pub ports: Vec<Traced<PortBinding>>,
    /// `--privileged`.
    pub privileged: Traced<bool>,
    /// User (`uid`), or the image's.
    pub user: Option<Traced<Text>>,
    /// CPU limit in nano-CPUs.
    pub nano_cpus: Option<Traced<u64>>,
    /// Memory limit in bytes.
    pub memory_bytes: Option<Traced<u64>>,
    /// Working directory in the container.
    pub working_dir: String,
    /// The host's engine socket is mounted (infra.socket).
    pub engine_socket: bool,
    /// What plays the image's program here, with the same environment and mounts.
    pub stand_in: Option<Traced<StandIn>>,
}

/// A program of cirun's own that runs in place of an image's program, which would reach a store outside this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// What is played, and how: words for that program.
    pub words: Vec<String>,
    /// Where the run has no other container, it may run as a process, as the program does in CI.
    pub on_host: bool,
}

/// A process of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct HostAction {
    /// The program and its arguments, the composed script last.
    pub argv: Vec<Text>,
    /// The script as the user wrote it.
    pub script: Option<Traced<Text>>,
    /// The step's environment, over the machine's.
    pub env: Environment,
    /// The ports that a service says it listens on. Nothing is published: it is the machine's own process.
    pub ports: Vec<Traced<PortBinding>>,
}

/// A variable of a step's environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvVar {
    /// Its value and origin.
    pub value: Traced<Text>,
}

/// A directory shared by every container of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The path in the containers.
    pub path: String,
    /// What keeps its files.
    pub storage: Storage,
}

/// What keeps the files of a shared directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// The disk, without a limit.
    Disk,
    /// Memory.
    Memory {
        /// How much it holds, in bytes; half of the machine's memory if missing.
        limit_bytes: Option<u64>,
    },
}

/// When to pull an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    /// Ask the registry each time.
    Always,
    /// Pull what the engine does not have.
    IfNotPresent,
    /// Never pull.
    Never,
}

/// A port of the host bound to a port of a container (network.bindings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortBinding {
    /// Port on the host.
    pub host: u16,
    /// Port in the container.
    pub container: u16,
}

/// An output variable that a step declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputVariable {
    /// The exported key.
    pub name: String,
    /// Its value is masked and secret.
    pub secret: bool,
}

/// The status of the stage that a step asks for (`when.stageStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageStatus {
    /// Nothing failed so far.
    Success,
    /// Something failed.
    Failure,
    /// Either.
    All,
}

/// When a step runs.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// The stage's status it asks for; the default is `Success`.
    pub status: StageStatus,
    /// Its condition.
    pub condition: Option<Traced<Condition>>,
}

impl Default for When {
    fn default() -> Self {
        Self { status: StageStatus::Success, condition: None }
    }
}

/// A condition, decided or waiting for a running step.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Decided when the plan was made; the text is kept for people.
    Known {
        /// What it came to.
        holds: bool,
        /// As written.
        source: Template,
    },
    /// Decided: null, which is neither true nor false; the service fails the step.
    Null {
        /// As written.
        source: Template,
    },
    /// Evaluated when the step's turn comes.
    Deferred(crate::Pieces),
}

impl Condition {
    /// Whether it is known already that the condition does not hold.
    pub fn never_holds(&self) -> bool {
        match self {
            Self::Known { holds, .. } => !holds,
            Self::Null { .. } => true,
            Self::Deferred(_) => false,
        }
    }
}

/// `onFailure` of one failure strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct FailureStrategy {
    /// The error types it is for (`AllErrors`, `Timeout`, …).
    pub errors: Vec<String>,
    /// What to do.
    pub action: Traced<FailureAction>,
    /// Who says so.
    pub level: StrategyLevel,
}

/// Whose failure strategy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyLevel {
    /// The step's own, or a group's for the group.
    Step,
    /// That of a step group around the step, or of its stage.
    Around,
}

/// What a failure strategy does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureAction {
    /// The step counts as ignored; the stage goes on and can succeed.
    Ignore,
    /// The step counts as succeeded.
    MarkAsSuccess,
    /// The step failed; later steps decide by their `when`.
    MarkAsFailure,
    /// The stage ends.
    Abort,
    /// The stage ends as failed (no rollback steps exist in a CI stage).
    StageRollback,
    /// Runs the step again.
    Retry {
        /// How often.
        attempts: Attempts,
        /// What to do when all attempts failed.
        then: Box<FailureAction>,
    },
    /// Runs the enclosing step group again.
    RetryStepGroup(Attempts),
    /// Asks the person.
    ManualIntervention {
        /// How long to wait for an answer.
        timeout: Duration,
        /// What to do without one.
        on_timeout: Box<FailureAction>,
    },
    /// Goes on with the defaults of unanswered inputs.
    ProceedWithDefaultValues,
}

/// How often to try again, and how long to wait before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// Further attempts after the first.
    pub count: u32,
    /// Pauses; the last one repeats.
    pub intervals: Vec<Duration>,
}
