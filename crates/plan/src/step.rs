//! A planned step.

use std::{fmt, time::Duration};

use cirun_expressions::Template;

use crate::{Environment, Place, RegistryAuth, Text, Traced, VariableRule};

/// The path of ids from the stage to a step: `build.tests.unit`. It is printed without the stage, which users know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepPath {
    full: String,
    /// The length of the stage's part.
    below: usize,
}

impl StepPath {
    /// Creates the path of a step from its stage's id, its groups' ids and its own.
    pub fn new<'a>(stage: &str, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let below = stage.len() + 1;
        let ids = ids.into_iter().collect::<Vec<_>>().join(".");
        Self { full: format!("{stage}.{ids}"), below }
    }

    /// The path with the stage's id: unique in the plan, and used in the output for programs (product.md, Event
    /// stream).
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The path below the stage, as printed: `tests.unit`.
    pub fn as_str(&self) -> &str {
        &self.full[self.below..]
    }

    /// The ids below the stage, outermost first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('.')
    }

    /// Whether a user may call it by this name: its id, its path with or without the stage, a part of its path, or a
    /// group around it.
    pub fn is_named(&self, name: &str) -> bool {
        let within = |path: &str| format!(".{path}.").contains(&format!(".{name}."));
        within(self.as_str()) || (name.contains('.') && within(self.full()))
    }

    /// Whether this path is in the group at `group`.
    pub fn is_within(&self, group: &Self) -> bool {
        self.full.strip_prefix(group.full()).is_some_and(|rest| rest.starts_with('.'))
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step, resolved except for what only a running step can decide.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// Its path in the stage; unique.
    pub path: StepPath,
    /// Its identifier, with the suffix of its looping strategy.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The place of its identifier.
    pub place: Place,
    /// Its Harness type (`Run`, `BuildAndPushECR`).
    pub step_type: String,
    /// Foreground or service.
    pub role: Role,
    /// Its action.
    pub action: Action,
    /// Its condition.
    pub when: When,
    /// Its failure strategies: of step, group and stage, merged; the first one that matches the error applies.
    pub failure_strategies: Vec<FailureStrategy>,
    /// Its timeout.
    pub timeout: Traced<Duration>,
    /// The output variables that it declares; without any, every variable that it writes is exported.
    pub outputs: Vec<OutputVariable>,
    /// JUnit report paths: globs, relative to the workspace or absolute in the container.
    pub reports: Vec<Traced<Text>>,
    /// How often CI starts it until it succeeds (`retry`), for the types with this setting; cirun starts it once.
    pub retry: Option<Traced<i64>>,
    /// Whether an earlier step of this run pushes its image, so that it cannot be pulled before its turn.
    pub image_from_run: bool,
}

impl PlannedStep {
    /// Whether it runs in a container; cirun's own program may take the place of its plugin, which needs none.
    pub fn needs_container(&self) -> bool {
        match &self.action {
            Action::Container(container) => {
                container.local_plugin.as_ref().is_none_or(|local_plugin| !local_plugin.value.on_host)
            }
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => false,
        }
    }
}

/// Whether the stage waits for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The stage waits for its end.
    Foreground,
    /// A Background step: it starts, and the stage continues.
    Service,
}

/// The action of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs in a container.
    Container(Box<ContainerAction>),
    /// Runs as a process of the machine (VM profiles, no image).
    Host(Box<HostAction>),
    /// Waits (`Wait`).
    Wait(Traced<Duration>),
    /// Shown, but does not run here.
    Skip(SkipReason),
}

/// Why a step does not run here, whatever the run's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A known step type without a local counterpart.
    NotRunLocally {
        /// The reason, as text to print.
        why: String,
    },
    /// Not selected by `--step`, `--from` or `--until`.
    NotSelected,
}

/// A container of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerAction {
    /// The image reference for the engine.
    pub image: Traced<Text>,
    /// When to pull.
    pub pull: Traced<PullPolicy>,
    /// The login to its registry, from the step's connector.
    pub registry_auth: Option<RegistryAuth>,
    /// The connector that pulls the image, by identifier.
    pub connector: Option<Traced<String>>,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Traced<Vec<Text>>>,
    /// Replaces the image's command (the composed script, for a shell).
    pub command: Option<Traced<Vec<Text>>>,
    /// The script as the user wrote it, for display.
    pub script: Option<Traced<Text>>,
    /// The complete environment, in order, with overrides applied.
    pub env: Environment,
    /// Rules for variables that a running step decides; the step does not start with another value.
    pub rules: Vec<VariableRule>,
    /// DNS names on the stage's network; may be empty.
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
    /// Whether the host's engine socket is mounted (infra.socket).
    pub engine_socket: bool,
    /// The local replacement for the image's program, with the same environment and mounts.
    pub local_plugin: Option<Traced<LocalPlugin>>,
}

/// A program of cirun that replaces an image's program, which would access a store outside this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPlugin {
    /// The emulated plugin and its options, as arguments for that program.
    pub words: Vec<String>,
    /// Whether it may run as a process if the run has no other container, as the program does in CI.
    pub on_host: bool,
}

/// A process of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct HostAction {
    /// The program and its arguments, the composed script last.
    pub argv: Vec<Text>,
    /// The script as the user wrote it.
    pub script: Option<Traced<Text>>,
    /// The step's environment, added to the machine's.
    pub env: Environment,
    /// The ports that a service declares. Nothing is published: it is the machine's own process.
    pub ports: Vec<Traced<PortBinding>>,
}

/// A directory shared by every container of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The path in the containers.
    pub path: String,
    /// The storage of its files.
    pub storage: Storage,
}

/// The storage of a shared directory's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// On disk, without a limit.
    Disk,
    /// In memory.
    Memory {
        /// Its size in bytes; half of the machine's memory if missing.
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
    /// Whether its value is masked and secret.
    pub secret: bool,
}

/// The status of the stage in a step's `when.stageStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageStatus {
    /// Nothing failed so far.
    Success,
    /// Something failed.
    Failure,
    /// Any status.
    All,
}

/// When a step runs.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    /// The required status of the stage; the default is `Success`.
    pub status: StageStatus,
    /// Its condition.
    pub condition: Option<Traced<Condition>>,
}

impl Default for When {
    fn default() -> Self {
        Self { status: StageStatus::Success, condition: None }
    }
}

/// A condition, known or dependent on a running step.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Known when the plan was made; the text is kept for display.
    Known {
        /// Its value.
        holds: bool,
        /// As written.
        source: Template,
    },
    /// Known and null, which is neither true nor false; the service fails the step.
    Null {
        /// As written.
        source: Template,
    },
    /// Evaluated when the step's turn comes.
    Deferred(crate::DeferredText),
}

impl Condition {
    /// Whether the condition is already known to be false.
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
    /// The error types it handles (`AllErrors`, `Timeout`, …).
    pub errors: Vec<String>,
    /// The action.
    pub action: Traced<FailureAction>,
    /// Its owner.
    pub level: StrategyLevel,
}

/// The owner of a failure strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyLevel {
    /// The step itself, or a group for the group.
    Step,
    /// A step group around the step, or its stage.
    Around,
}

/// The action of a failure strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureAction {
    /// Ignores the failure: the stage continues and can succeed.
    Ignore,
    /// Treats the step as succeeded.
    MarkAsSuccess,
    /// Fails the step; later steps decide by their `when`.
    MarkAsFailure,
    /// Aborts the stage.
    Abort,
    /// Ends the stage as failed (a CI stage has no rollback steps).
    StageRollback,
    /// Runs the step again.
    Retry {
        /// The number of retries and their pauses.
        attempts: Attempts,
        /// The action when all attempts have failed.
        then: Box<FailureAction>,
    },
    /// Runs the enclosing step group again.
    RetryStepGroup(Attempts),
    /// Asks the user.
    ManualIntervention {
        /// How long to wait for an answer.
        timeout: Duration,
        /// The action without an answer.
        on_timeout: Box<FailureAction>,
    },
    /// Continues with the defaults of missing inputs.
    ProceedWithDefaultValues,
}

/// The number of retries, and the pause before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// Further attempts after the first.
    pub count: u32,
    /// Pauses; the last one repeats.
    pub intervals: Vec<Duration>,
}
