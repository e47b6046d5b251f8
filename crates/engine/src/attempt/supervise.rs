//! Time limits and stops around the work of a backend: stop, then a grace period, then kill.

use std::{future::Future, pin::pin, time::Duration};

use tokio::time::sleep;

use super::Wires;
use crate::{BackendError, Exit};

/// How long a backend may take to report the end of a step that it was asked to kill.
const KILL_LIMIT: Duration = Duration::from_secs(30);

impl Wires {
    /// Runs `work`, and returns its own result if it ends first. After `timeout`, or when `stop` fires, it fires
    /// `stop`, and after the grace period `kill`. Also returns whether the timeout was the reason.
    pub(super) async fn supervise<T>(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<T, BackendError>>,
    ) -> (Result<T, BackendError>, bool) {
        let mut work = pin!(work);
        let timed_out = tokio::select! {
            biased;
            result = &mut work => return (result, false),
            () = self.stop.cancelled() => false,
            () = self.kill.cancelled() => false,
            () = sleep(timeout) => true,
        };
        self.stop.cancel();
        tokio::select! {
            biased;
            result = &mut work => return (result, timed_out),
            () = self.kill.cancelled() => {}
            () = sleep(self.grace) => {}
        }
        self.kill.cancel();
        let result = tokio::select! {
            biased;
            result = &mut work => result,
            () = sleep(KILL_LIMIT) => Err(BackendError::Engine {
                what: "killing a step".to_owned(),
                reason: format!("it was not reported as ended within {} s", KILL_LIMIT.as_secs()),
            }),
        };
        (result, timed_out)
    }

    /// Runs a `Wait` step.
    pub(super) async fn wait(&self, duration: Duration) -> Result<Exit, BackendError> {
        if self.rest(duration).await { Ok(Exit::Code { code: 0, oom_killed: false }) } else { Ok(Exit::Stopped) }
    }
}
