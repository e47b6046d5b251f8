//! A step whose turn has come: every text is final.

use std::time::Duration;

use cirun_plan::{PortBinding, PullPolicy, RegistryAuth, Role, StandIn, StepPath};
use indexmap::IndexMap;

/// A step to run now.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyStep {
    /// Its path in the stage.
    pub path: StepPath,
    /// Foreground or service.
    pub role: Role,
    /// From 1; above 1 for a retry.
    pub attempt: u32,
    /// What to do.
    pub action: ReadyAction,
    /// How long it may take; the engine enforces it.
    pub timeout: Duration,
    /// The paths of its test reports, as globs: what is to be collected when it has ended.
    pub reports: Vec<String>,
}

/// What a ready step does.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadyAction {
    /// Runs in a container.
    Container(Box<ReadyContainer>),
    /// Runs as a process of the machine.
    Host(Box<ReadyHost>),
}

/// A container, final.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyContainer {
    /// Image reference.
    pub image: String,
    /// When to pull.
    pub pull: PullPolicy,
    /// Registry credentials.
    pub registry_auth: Option<RegistryAuth>,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// The whole environment; may hold secrets.
    pub env: IndexMap<String, String>,
    /// DNS names on the stage's network.
    pub aliases: Vec<String>,
    /// Published ports.
    pub ports: Vec<PortBinding>,
    /// `--privileged`.
    pub privileged: bool,
    /// User.
    pub user: Option<String>,
    /// CPU limit in nano-CPUs.
    pub nano_cpus: Option<u64>,
    /// Memory limit in bytes.
    pub memory_bytes: Option<u64>,
    /// Working directory.
    pub working_dir: String,
    /// Mount the engine's socket.
    pub engine_socket: bool,
    /// What plays the image's program.
    pub stand_in: Option<StandIn>,
}

/// A process of the machine, final.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyHost {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The step's environment, over the machine's.
    pub env: IndexMap<String, String>,
    /// The ports that a service says it listens on.
    pub ports: Vec<u16>,
}
