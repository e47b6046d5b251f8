//! What a run is set up from.

use std::time::Duration;

use cirun_engine::Workspaces;
use cirun_project::{Compiled, Context};

use crate::{RunOptions, record::Record};

/// How long a step may take to end after SIGTERM. CI waits 30 s (flow.stop). Here a person waits, often for a shell, which
/// ignores SIGTERM as the first process of its container.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// Sets up one run.
#[derive(Clone, Copy)]
pub struct RunSetup<'a> {
    /// The pipeline to run.
    pub compiled: &'a Compiled,
    /// The options.
    pub options: &'a RunOptions,
    /// The environment and the person.
    pub context: Context<'a>,
    /// The run's record.
    pub record: &'a Record,
    /// The run's id.
    pub run: &'a str,
    /// The clean workspace of each stage; empty without `--clean-clone`.
    pub workspaces: &'a Workspaces,
}
