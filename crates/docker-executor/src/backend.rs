//! The engine's view of the executor: each call is implemented in the file of its name.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bollard::{errors::Error, models::ContainerCreateBody};
use cirun_engine::{
    Backend, BackendError, EventKind, Exit, OutputFiles, Readiness, ReadyAction, ReadyContainer, ReadyStep, Reports,
    ServiceExit, StepIo,
};
use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::{
    Engine, RunConfig, destroy,
    images::{Rules, Source},
    names::UniqueNames,
    reports, run, service,
    stage::{self, Stage},
};

/// Runs the container steps of a run, one stage at a time. Cheap to clone; clones share the run.
#[derive(Debug, Clone)]
pub struct DockerBackend {
    pub(crate) shared: Arc<Shared>,
}

/// State that the calls of a run share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) config: RunConfig,
    stage: Mutex<Option<Arc<Stage>>>,
    names: Mutex<UniqueNames>,
    /// The containers of failed steps, if they are kept.
    held: Mutex<HashMap<StepPath, String>>,
    /// The containers of ended steps, kept until their reports are read.
    left: Mutex<HashMap<StepPath, String>>,
    /// Requests that create objects; `destroy_stage` waits for them before it looks for objects.
    pub(crate) making: TaskTracker,
    /// Removals, and the output of services; `destroy_stage` waits for them.
    pub(crate) tasks: TaskTracker,
}

impl DockerBackend {
    /// Creates the executor of one run.
    pub fn new(engine: Engine, config: RunConfig) -> Self {
        let shared = Shared {
            engine,
            config,
            stage: Mutex::new(None),
            names: Mutex::new(UniqueNames::default()),
            held: Mutex::default(),
            left: Mutex::default(),
            making: TaskTracker::new(),
            tasks: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The loopback port that publishes a sidecar's `container_port`, once the stage has started.
    pub fn sidecar_port(&self, sidecar: &str, container_port: u16) -> Option<u16> {
        self.shared.current_stage().ok()?.sidecar_port(sidecar, container_port)
    }
}

impl Shared {
    pub(crate) fn current_stage(&self) -> Result<Arc<Stage>, BackendError> {
        self.stage_slot().clone().ok_or_else(|| BackendError::Engine {
            what: "run a step".to_owned(),
            reason: "the stage was not started".to_owned(),
        })
    }

    pub(crate) fn enter_stage(&self, stage: Arc<Stage>) {
        *self.stage_slot() = Some(stage);
    }

    fn stage_slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Stage>>> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Returns a name that no object of this run has had.
    pub(crate) fn unique_name(&self, name: String) -> String {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).take(name)
    }

    /// Keeps the container of a failed step for inspection.
    pub(crate) fn hold(&self, step: &StepPath, container: String) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(step.clone(), container);
    }

    /// The container of a step's last failure.
    pub(crate) fn held(&self, step: &StepPath) -> Option<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(step).cloned()
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
    pub(crate) fn images(&self) -> Source<'_> {
        Source {
            engine: &self.engine,
            logins: &self.config.docker_config,
            passwords: &*self.config.passwords,
            rules: Rules { pull: self.config.pull, offline: self.config.offline },
            platform: self.config.platform.as_deref(),
            mirror: self.config.mirror.as_ref(),
        }
    }
}

impl Backend for DockerBackend {
    async fn start_stage(&self, stage: &PlannedStage, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        stage::start(&self.shared, stage, &progress).await
    }

    /// Does nothing: creating a container takes only a fiftieth of its run time (peers.md 2.9), and its environment is
    /// not final yet.
    async fn prepare(&self, _step: &PlannedStep) -> Result<(), BackendError> {
        Ok(())
    }

    async fn run(&self, step: &ReadyStep, io: StepIo) -> Result<Exit, BackendError> {
        run::run(&self.shared, step, container_of(step)?, io).await
    }

    async fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Result<(), BackendError> {
        service::start(&self.shared, step, container_of(step)?, io, ended).await
    }

    async fn await_ready(&self, step: &ReadyStep, within: Duration) -> Result<Readiness, BackendError> {
        service::await_ready(&self.shared, step, within).await
    }

    async fn read_outputs(&self, step: &ReadyStep) -> Result<OutputFiles, BackendError> {
        let env = &container_of(step)?.env;
        cirun_step_files::read(cirun_step_files::Step { run_dir: &self.shared.config.run_dir, env }).await
    }

    async fn collect_reports(&self, step: &ReadyStep) -> Result<Reports, BackendError> {
        reports::collect(&self.shared, step, container_of(step)?).await
    }

    async fn end_group(&self, group: &StepPath, deadline: Duration) -> Result<Vec<String>, BackendError> {
        match self.shared.current_stage() {
            Ok(stage) => destroy::end_group(&self.shared, &stage, group, deadline).await,
            Err(_) => Ok(Vec::new()),
        }
    }

    async fn destroy_stage(&self, deadline: Duration) -> Result<Vec<String>, BackendError> {
        match self.shared.current_stage() {
            Ok(stage) => destroy::destroy(&self.shared, &stage, deadline).await,
            Err(_) => Ok(Vec::new()),
        }
    }
}

fn container_of(step: &ReadyStep) -> Result<&ReadyContainer, BackendError> {
    match &step.action {
        ReadyAction::Container(container) => Ok(container),
        ReadyAction::Host(_) => Err(BackendError::Engine {
            what: format!("run `{}`", step.path),
            reason: "it is a step for the machine itself, not for a container".to_owned(),
        }),
    }
}
