//! The removal of a stage's objects, which nothing has to wait for but the next stage and the end of cirun.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::timeout};

use crate::{Backend, BackendError};

/// The time beyond its deadline after which a backend's removal is abandoned.
const MARGIN: Duration = Duration::from_secs(5);

/// A removal that has begun.
#[derive(Debug)]
pub(crate) struct Removal {
    task: JoinHandle<Vec<String>>,
}

impl Removal {
    /// Begins the removal of the stage; it has its own deadline.
    pub(super) fn begin<B: Backend>(backend: Arc<B>, deadline: Duration) -> Self {
        let task = tokio::spawn(async move { left_by(backend.destroy_stage(deadline), "the stage", deadline).await });
        Self { task }
    }

    /// Waits for its end; returns what is left, as text to print.
    pub(crate) async fn end(&mut self) -> Vec<String> {
        let bug = |_panic| vec!["cirun has a bug: the removal of the stage panicked".to_owned()];
        (&mut self.task).await.unwrap_or_else(bug)
    }
}

/// Waits for a removal that has this deadline; returns what is left of `what`, as text to print.
pub(super) async fn left_by(
    removal: impl Future<Output = Result<Vec<String>, BackendError>>,
    what: &str,
    deadline: Duration,
) -> Vec<String> {
    match timeout(deadline + MARGIN, removal).await {
        Ok(removed) => removed.unwrap_or_else(|error| vec![error.to_string()]),
        Err(_elapsed) => vec![format!("{what} was not removed within {deadline:?}")],
    }
}
