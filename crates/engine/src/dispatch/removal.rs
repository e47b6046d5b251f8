//! The removal of a stage's objects, which nothing has to wait for but the next stage and the end of cirun.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::timeout};

use crate::{Backend, BackendError};

/// The time beyond its deadline after which a backend's removal is abandoned.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// A removal that has begun.
#[derive(Debug)]
pub(crate) struct Removal {
    task: JoinHandle<Vec<String>>,
}

impl Removal {
    /// Begins the removal of the stage; it has its own deadline.
    pub(super) fn begin<B: Backend>(backend: Arc<B>, deadline: Duration) -> Self {
        let task = tokio::spawn(async move {
            match timeout(deadline + MARGIN, backend.destroy_stage(deadline)).await {
                Ok(removed) => left(removed),
                Err(_elapsed) => vec![format!("the stage was not removed within {deadline:?}")],
            }
        });
        Self { task }
    }

    /// Waits for its end; returns what is left, as text to print.
    pub(crate) async fn end(&mut self) -> Vec<String> {
        let bug = |_panic| vec!["cirun has a bug: the removal of the stage panicked".to_owned()];
        (&mut self.task).await.unwrap_or_else(bug)
    }
}

fn left(removed: Result<Vec<String>, BackendError>) -> Vec<String> {
    removed.unwrap_or_else(|error| vec![error.to_string()])
}
