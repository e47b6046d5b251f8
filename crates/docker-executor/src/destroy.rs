//! Removes everything of a stage, in whatever state it is.

use std::{collections::HashMap, time::Duration};

use cirun_engine::{BackendError, Cleaned, ObjectKind};
use cirun_plan::StepPath;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;

use crate::{
    Keep,
    labels::{group_filter, stage_filter},
    shared::Shared,
    stage::RunningStage,
};

/// The pause before the next attempt: the engine may still be removing the same object.
const PAUSE: Duration = Duration::from_millis(50);

/// Removes the stage's objects, unless they are kept, until none is left or the deadline has passed; returns what is
/// left.
///
/// It lists the objects again after each round: a removal that another call began may still be running.
#[tracing::instrument(name = "remove the stage", level = "debug", skip_all)]
pub(crate) async fn destroy(
    shared: &Shared,
    stage: &RunningStage,
    deadline: Duration,
) -> Result<Vec<String>, BackendError> {
    let deadline = Instant::now() + deadline;
    stage.ending.cancel();
    shared.gate.close();
    if shared.config.keep == Keep::Everything {
        return Ok(Vec::new());
    }
    let mut left = remove_all(shared, &stage_filter(&shared.config.run_id, &stage.id), deadline).await?;
    // Containers no longer use the images.
    let names = std::mem::take(&mut *stage.new_names());
    if timeout_at(deadline, names.remove(&shared.engine)).await.is_err() {
        left.push("names that steps gave to images".to_owned());
    }
    if !ended_by(&shared.tasks, deadline).await {
        left.push("the removal of a step's container, or a service's output, did not end in time".to_owned());
    }
    Ok(left)
}

/// Removes the objects of a containerised step group; [`destroy`] removes what is left of it.
pub(crate) async fn end_group(
    shared: &Shared,
    stage: &RunningStage,
    group: &StepPath,
    deadline: Duration,
) -> Result<Vec<String>, BackendError> {
    let Some(surroundings) = stage.of_group(group) else { return Ok(Vec::new()) };
    surroundings.ending.cancel();
    if shared.config.keep == Keep::Everything {
        return Ok(Vec::new());
    }
    let filter = group_filter(&shared.config.run_id, &stage.id, group.as_str());
    remove_all(shared, &filter, Instant::now() + deadline).await
}

async fn remove_all(
    shared: &Shared,
    filter: &HashMap<String, Vec<String>>,
    deadline: Instant,
) -> Result<Vec<String>, BackendError> {
    let mut left = Vec::new();
    if !ended_by(&shared.making, deadline).await {
        left.push("the engine is still creating an object".to_owned());
    }
    let round = async {
        loop {
            let objects = shared.engine.list_labelled(filter).await?;
            if objects.is_empty() {
                left.clear();
                return Ok(());
            }
            left = objects.iter().map(|object| describe(object.kind, &object.name, "not removed in time")).collect();
            let Cleaned { failed, .. } = shared.engine.remove_objects(objects).await;
            left = failed.iter().map(|(object, reason)| describe(object.kind, &object.name, reason)).collect();
            if !left.is_empty() {
                sleep(PAUSE).await;
            }
        }
    };
    if let Ok(result) = timeout_at(deadline, round).await {
        result?;
    }
    Ok(left)
}

async fn ended_by(tasks: &TaskTracker, deadline: Instant) -> bool {
    tasks.close();
    let ended = timeout_at(deadline, tasks.wait()).await.is_ok();
    tasks.reopen();
    ended
}

fn describe(kind: ObjectKind, name: &str, reason: &str) -> String {
    let kind = match kind {
        ObjectKind::Container => "container",
        ObjectKind::Volume => "volume",
        ObjectKind::Network => "network",
    };
    format!("{kind} `{name}`: {reason}")
}
