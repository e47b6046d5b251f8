//! A step whose turn has come, with all texts final.

use std::time::Duration;

use cirun_plan::{LocalPlugin, PortBinding, PullPolicy, RegistryAuth, Role, StepPath};
use indexmap::IndexMap;

/// A step to run now.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyStep {
    /// Its path in the stage.
    pub path: StepPath,
    /// Foreground or service.
    pub role: Role,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The work.
    pub action: ReadyAction,
    /// Its timeout; the engine enforces it.
    pub timeout: Duration,
    /// Globs of its test reports, which are collected when it has ended.
    pub reports: Vec<String>,
}

/// The work of a ready step.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadyAction {
    /// Runs in a container.
    Container(Box<ReadyContainer>),
    /// Runs as a process of the machine.
    Host(Box<ReadyHost>),
}

/// A container with final settings.
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
    /// The whole environment; it may have secrets.
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
    /// The local replacement for the image's program.
    pub local_plugin: Option<LocalPlugin>,
}

/// A process of the machine with final settings.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadyHost {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The step's environment, added to the machine's.
    pub env: IndexMap<String, String>,
    /// The ports that a service declares.
    pub ports: Vec<u16>,
}
