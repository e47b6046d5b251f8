//! The options of a run that are not settings.

use std::time::Duration;

/// The options of one run.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The platform of the images, such as `linux/amd64`; by default the engine's.
    pub platform: Option<String>,
    /// Services to start later, by id or path. Steps do not wait for them.
    pub service_delays: Vec<(String, Duration)>,
    /// Keep containers, networks and volumes after the run.
    pub keep: bool,
    /// Keep the container of a failed step for a shell, while the run continues.
    pub keep_failed: bool,
    /// Errors that the emulated AWS makes on purpose, such as `sts:expired`.
    pub faults: Vec<String>,
    /// Refuse to run if a step or stage does not run locally.
    pub fail_on_skip: bool,
}
