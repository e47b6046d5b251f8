//! The state that the calls of a run share: the engine, the settings, the current stage, and what is left to remove.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use bollard::{errors::Error, models::ContainerCreateBody};
use cirun_engine::BackendError;
use cirun_plan::StepPath;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::{
    Engine, RunConfig,
    gate::{GateState, Held},
    images::{ImageSources, Rules},
    names::UniqueNames,
    stage::RunningStage,
};

/// State that the calls of a run share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) config: RunConfig,
    stage: watch::Sender<Option<Arc<RunningStage>>>,
    names: Mutex<UniqueNames>,
    /// The containers of failed steps, if they are kept.
    held: Mutex<HashMap<StepPath, Held>>,
    /// The containers of ended steps, kept until their reports are read.
    left: Mutex<HashMap<StepPath, String>>,
    /// The gates of steps.
    pub(crate) gate: GateState,
    /// Requests that create objects; `destroy_stage` waits for them before it looks for objects.
    pub(crate) making: TaskTracker,
    /// Removals, and the output of services; `destroy_stage` waits for them.
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// The state of a run without a stage.
    pub(crate) fn new(engine: Engine, config: RunConfig) -> Self {
        Self {
            engine,
            config,
            stage: watch::Sender::new(None),
            names: Mutex::new(UniqueNames::default()),
            held: Mutex::default(),
            left: Mutex::default(),
            gate: GateState::default(),
            making: TaskTracker::new(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn current_stage(&self) -> Result<Arc<RunningStage>, BackendError> {
        self.stage.borrow().clone().ok_or_else(|| BackendError::Engine {
            what: "run a step".to_owned(),
            reason: "the stage was not started".to_owned(),
        })
    }

    pub(crate) fn enter_stage(&self, stage: Arc<RunningStage>) {
        self.stage.send_replace(Some(stage));
    }

    /// The stage of a step, once it has begun.
    pub(crate) async fn stage_of(&self, step: &StepPath) -> Result<Arc<RunningStage>, BackendError> {
        let has = |stage: &Option<Arc<RunningStage>>| stage.as_ref().is_some_and(|stage| stage.has(step));
        // The sender is in `self`, so the wait does not fail.
        drop(self.stage.subscribe().wait_for(has).await);
        self.current_stage()
    }

    /// Runs a request that creates an object to its end, even if the caller is cancelled: the engine carries on with a
    /// request whose client has gone, and would create the object after `destroy_stage` has looked for it.
    pub(crate) async fn make<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        self.making.spawn(request).await.unwrap_or_else(|panic| Err(Error::IOError { err: io::Error::other(panic) }))
    }

    /// Creates a container and returns its id; see [`Shared::make`].
    pub(crate) async fn create(
        &self,
        name: String,
        body: ContainerCreateBody,
        platform: Option<String>,
    ) -> Result<String, Error> {
        let engine = self.engine.clone();
        self.make(async move { engine.create(&name, body, platform.as_deref()).await }).await
    }

    /// Removes a container. Only `destroy_stage` has to wait for it, and removes the container if this fails.
    pub(crate) fn remove_later(self: &Arc<Self>, container: String) {
        let shared = Arc::clone(self);
        let removal = async move { drop(shared.engine.remove(&container).await) };
        self.tasks.spawn(removal.instrument(tracing::debug_span!("remove a container")));
    }

    /// Returns a name that no object of this run has had.
    pub(crate) fn unique_name(&self, name: String) -> String {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).take(name)
    }

    /// Keeps the container of a failed step for inspection.
    pub(crate) fn hold(&self, step: &StepPath, left: Held) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), left);
    }

    /// The container of a step's last failure.
    pub(crate) fn held(&self, step: &StepPath) -> Option<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(step).map(|held| held.container.clone())
    }

    /// Takes the container of a step's last failure, and the gate in it.
    pub(crate) fn take_held(&self, step: &StepPath) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(step)
    }

    /// Leaves the container of an ended step until its reports are read; otherwise the stage removes it.
    pub(crate) fn leave(&self, step: &StepPath, container: String) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), container);
    }

    /// Takes the container that was kept for a step's reports; the caller removes it.
    pub(crate) fn take_left(&self, step: &StepPath) -> Option<String> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).remove(step)
    }

    /// The sources of images.
    pub(crate) fn images(&self) -> ImageSources<'_> {
        ImageSources {
            engine: &self.engine,
            logins: &self.config.docker_config,
            passwords: &*self.config.passwords,
            rules: Rules { pull: self.config.pull, offline: self.config.offline },
            platform: self.config.platform.as_deref(),
            mirror: self.config.mirror.as_ref(),
        }
    }
}
