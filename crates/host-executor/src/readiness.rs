//! When a service on the machine is ready: its processes listen on the ports that its step declares.

use std::{io, time::Duration};

use cirun_engine::{BackendError, Readiness};
use cirun_plan::StepPath;
use tokio::{
    task,
    time::{Instant, sleep},
};

use crate::{listeners, stage::HostStage};

/// The pause between two checks.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Waits until all `ports` are open. The readiness of a service without ports is unknown.
pub(crate) async fn watch(
    stage: &HostStage,
    service: &StepPath,
    ports: &[u16],
    within: Duration,
) -> Result<Readiness, BackendError> {
    if ports.is_empty() {
        return Ok(Readiness::Unknown);
    }
    let Some((supervisor, ended)) = stage.supervisor_of(service) else { return Ok(Readiness::Ended) };
    let deadline = Instant::now() + within;
    loop {
        let wanted = ports.to_vec();
        let looked = task::spawn_blocking(move || listeners::below(supervisor, &wanted)).await;
        let what = || format!("look at the ports of `{service}`");
        let found = looked.map_err(|error| BackendError::Io { what: what(), source: io::Error::other(error) })?;
        // The supervisor has ended, so what was seen may belong to another process.
        if ended.is_cancelled() {
            return Ok(Readiness::Ended);
        }
        match found {
            None => return Ok(Readiness::Unknown),
            Some(found) if found.has_all(ports) => return Ok(Readiness::Ready),
            Some(found) if Instant::now() >= deadline => {
                return Ok(Readiness::NotInTime { missing: found.missing(ports) });
            }
            Some(_) => sleep(LOOK_AGAIN).await,
        }
    }
}
