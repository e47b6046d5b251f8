//! The engine's view of the executor: each call is implemented in the file of its name.

use std::{sync::Arc, time::Duration};

use cirun_engine::{
    Backend, BackendError, EventKind, Exit, OutputFiles, Readiness, ReadyAction, ReadyContainer, ReadyStep, Reports,
    ServiceExit, Shell, StepIo,
};
use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;

use crate::{Engine, RunConfig, destroy, gate, reports, run, service, shared::Shared, start};

/// Runs the container steps of a run, one stage at a time. Cheap to clone; clones share the run.
#[derive(Debug, Clone)]
pub struct DockerBackend {
    pub(crate) shared: Arc<Shared>,
}

impl DockerBackend {
    /// Creates the executor of one run.
    pub fn new(engine: Engine, config: RunConfig) -> Self {
        Self { shared: Arc::new(Shared::new(engine, config)) }
    }

    /// The loopback port that publishes a sidecar's `container_port`, once the stage has started.
    pub fn sidecar_port(&self, sidecar: &str, container_port: u16) -> Option<u16> {
        self.shared.current_stage().ok()?.sidecar_port(sidecar, container_port)
    }
}

impl Backend for DockerBackend {
    async fn start_stage(&self, stage: &PlannedStage, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        start::start(&self.shared, stage, &progress).await
    }

    async fn prepare(&self, step: &PlannedStep) -> Result<(), BackendError> {
        gate::prepare(&self.shared, step).await
    }

    async fn discard(&self, step: &StepPath) {
        gate::discard(&self.shared, step);
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

    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        let (backend, path) = (self.clone(), step.path.clone());
        Ok(Shell::Session(Box::new(move |terminal| Box::pin(async move { backend.open_shell(&path, terminal).await }))))
    }

    fn take_finding(&self) -> Option<String> {
        let (image, reason) = self.shared.gate.take_finding()?;
        Some(format!("the gate cannot run in `{image}` on this engine ({reason}): its steps start without it"))
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
