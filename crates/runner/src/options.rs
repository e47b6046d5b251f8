//! How a plan is run, besides its settings.

use std::time::Duration;

/// What a person chose for one run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The platform of the images, such as `linux/amd64`; by default the engine's.
    pub platform: Option<String>,
    /// Services that start later, by id or path, and for which no step waits.
    pub service_delays: Vec<(String, Duration)>,
    /// Containers, networks and volumes are kept after the run.
    pub keep: bool,
    /// The container of a failed step is kept for a shell, while the run goes on.
    pub keep_failed: bool,
    /// Errors that the emulated AWS makes on purpose, such as `sts:expired`.
    pub faults: Vec<String>,
    /// A step that does not run locally is an error.
    pub fail_on_skip: bool,
}
