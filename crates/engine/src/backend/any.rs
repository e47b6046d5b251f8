//! A backend of any kind, behind a pointer: what chooses a backend need not name its type.

use std::{fmt, sync::Arc, time::Duration};

use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::{Backend, BackendError, Exit, OutputFiles, Readiness, Reports, ServiceExit, Shell, StepIo};
use crate::{EventKind, ReadyStep};

/// A backend whose type is not known. Cheap to clone.
#[derive(Clone)]
pub struct AnyBackend(Arc<dyn Erased>);

impl AnyBackend {
    /// Forgets the type of a backend.
    pub fn new(backend: impl Backend) -> Self {
        Self(Arc::new(backend))
    }
}

impl fmt::Debug for AnyBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyBackend").finish_non_exhaustive()
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, BackendError>>;

/// [`Backend`], with futures of one type.
trait Erased: Send + Sync + 'static {
    fn start_stage<'a>(&'a self, stage: &'a PlannedStage, progress: mpsc::Sender<EventKind>) -> Answer<'a, ()>;
    fn prepare<'a>(&'a self, step: &'a PlannedStep) -> Answer<'a, ()>;
    fn discard<'a>(&'a self, step: &'a StepPath) -> BoxFuture<'a, ()>;
    fn run<'a>(&'a self, step: &'a ReadyStep, io: StepIo) -> Answer<'a, Exit>;
    fn start_service<'a>(&'a self, step: &'a ReadyStep, io: StepIo, ended: mpsc::Sender<ServiceExit>)
    -> Answer<'a, ()>;
    fn await_ready<'a>(&'a self, step: &'a ReadyStep, within: Duration) -> Answer<'a, Readiness>;
    fn read_outputs<'a>(&'a self, step: &'a ReadyStep) -> Answer<'a, OutputFiles>;
    fn collect_reports<'a>(&'a self, step: &'a ReadyStep) -> Answer<'a, Reports>;
    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError>;
    fn take_finding(&self) -> Option<String>;
    fn end_group<'a>(&'a self, group: &'a StepPath, deadline: Duration) -> Answer<'a, Vec<String>>;
    fn destroy_stage(&self, deadline: Duration) -> Answer<'_, Vec<String>>;
}

impl<B: Backend> Erased for B {
    fn start_stage<'a>(&'a self, stage: &'a PlannedStage, progress: mpsc::Sender<EventKind>) -> Answer<'a, ()> {
        Box::pin(Backend::start_stage(self, stage, progress))
    }

    fn prepare<'a>(&'a self, step: &'a PlannedStep) -> Answer<'a, ()> {
        Box::pin(Backend::prepare(self, step))
    }

    fn discard<'a>(&'a self, step: &'a StepPath) -> BoxFuture<'a, ()> {
        Box::pin(Backend::discard(self, step))
    }

    fn run<'a>(&'a self, step: &'a ReadyStep, io: StepIo) -> Answer<'a, Exit> {
        Box::pin(Backend::run(self, step, io))
    }

    fn start_service<'a>(
        &'a self,
        step: &'a ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Answer<'a, ()> {
        Box::pin(Backend::start_service(self, step, io, ended))
    }

    fn await_ready<'a>(&'a self, step: &'a ReadyStep, within: Duration) -> Answer<'a, Readiness> {
        Box::pin(Backend::await_ready(self, step, within))
    }

    fn read_outputs<'a>(&'a self, step: &'a ReadyStep) -> Answer<'a, OutputFiles> {
        Box::pin(Backend::read_outputs(self, step))
    }

    fn collect_reports<'a>(&'a self, step: &'a ReadyStep) -> Answer<'a, Reports> {
        Box::pin(Backend::collect_reports(self, step))
    }

    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        Backend::shell(self, step)
    }

    fn take_finding(&self) -> Option<String> {
        Backend::take_finding(self)
    }

    fn end_group<'a>(&'a self, group: &'a StepPath, deadline: Duration) -> Answer<'a, Vec<String>> {
        Box::pin(Backend::end_group(self, group, deadline))
    }

    fn destroy_stage(&self, deadline: Duration) -> Answer<'_, Vec<String>> {
        Box::pin(Backend::destroy_stage(self, deadline))
    }
}

impl Backend for AnyBackend {
    async fn start_stage(&self, stage: &PlannedStage, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        self.0.start_stage(stage, progress).await
    }

    async fn prepare(&self, step: &PlannedStep) -> Result<(), BackendError> {
        self.0.prepare(step).await
    }

    async fn discard(&self, step: &StepPath) {
        self.0.discard(step).await;
    }

    async fn run(&self, step: &ReadyStep, io: StepIo) -> Result<Exit, BackendError> {
        self.0.run(step, io).await
    }

    async fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Result<(), BackendError> {
        self.0.start_service(step, io, ended).await
    }

    async fn await_ready(&self, step: &ReadyStep, within: Duration) -> Result<Readiness, BackendError> {
        self.0.await_ready(step, within).await
    }

    async fn read_outputs(&self, step: &ReadyStep) -> Result<OutputFiles, BackendError> {
        self.0.read_outputs(step).await
    }

    async fn collect_reports(&self, step: &ReadyStep) -> Result<Reports, BackendError> {
        self.0.collect_reports(step).await
    }

    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        self.0.shell(step)
    }

    fn take_finding(&self) -> Option<String> {
        self.0.take_finding()
    }

    async fn end_group(&self, group: &StepPath, deadline: Duration) -> Result<Vec<String>, BackendError> {
        self.0.end_group(group, deadline).await
    }

    async fn destroy_stage(&self, deadline: Duration) -> Result<Vec<String>, BackendError> {
        self.0.destroy_stage(deadline).await
    }
}
