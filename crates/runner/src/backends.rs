//! Containers and host processes in one run: each step goes to the backend of its action.

use std::{borrow::Cow, time::Duration};

use cirun_diagnostics::codes::run::NO_GATE;
use cirun_engine::{
    AnyBackend, Backend, BackendError, EventKind, Exit, OutputFiles, Readiness, ReadyAction, ReadyHost, ReadyStep,
    Reports, ServiceExit, Shell, StepIo,
};
use cirun_host_executor::HostBackend;
use cirun_plan::{Action, PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;

/// The backends of a run.
#[derive(Debug)]
pub struct Backends {
    /// Runs containers. `None` if the plan has host steps only, and the run no engine.
    pub containers: Option<AnyBackend>,
    /// Runs host processes.
    pub host: HostBackend,
    /// The command that emulates plugins as a host process, without the arguments of a step.
    pub local_plugin: Vec<String>,
}

impl Backends {
    /// Reports that steps had no gate, where they should have had one.
    pub(crate) fn without_a_gate(&self) -> Option<EventKind> {
        let finding = self.containers.as_ref()?.take_finding()?;
        Some(EventKind::found(NO_GATE, finding, None))
    }

    fn containers(&self) -> Result<&AnyBackend, BackendError> {
        self.containers.as_ref().ok_or_else(|| BackendError::Unreachable {
            reason: "this run was started without an engine, and a step needs a container".to_owned(),
            remedy: None,
        })
    }

    /// The step as it runs here: without an engine, an emulated plugin becomes a host process.
    fn routed<'s>(&self, step: &'s ReadyStep) -> Cow<'s, ReadyStep> {
        let ReadyAction::Container(container) = &step.action else { return Cow::Borrowed(step) };
        let (None, Some(local_plugin)) = (&self.containers, &container.local_plugin) else {
            return Cow::Borrowed(step);
        };
        let workspace = ["--workspace".to_owned(), container.working_dir.clone()];
        let argv =
            self.local_plugin.iter().cloned().chain(workspace).chain(local_plugin.words.iter().cloned()).collect();
        let host = ReadyHost { argv, env: container.env.clone(), ports: Vec::new() };
        Cow::Owned(ReadyStep { action: ReadyAction::Host(Box::new(host)), ..step.clone() })
    }
}

impl Backend for Backends {
    async fn start_stage(&self, stage: &PlannedStage, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        self.host.start_stage(stage, progress.clone()).await?;
        match &self.containers {
            Some(containers) => containers.start_stage(stage, progress).await,
            None => Ok(()),
        }
    }

    async fn prepare(&self, step: &PlannedStep) -> Result<(), BackendError> {
        match &step.action {
            Action::Container(container) if container.local_plugin.is_some() && self.containers.is_none() => Ok(()),
            Action::Container(_) => self.containers()?.prepare(step).await,
            Action::Host(_) => self.host.prepare(step).await,
            Action::Wait(_) | Action::Skip(_) => Ok(()),
        }
    }

    async fn discard(&self, step: &StepPath) {
        if let Some(containers) = &self.containers {
            containers.discard(step).await;
        }
    }

    async fn run(&self, step: &ReadyStep, io: StepIo) -> Result<Exit, BackendError> {
        let step = &*self.routed(step);
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.run(step, io).await,
            ReadyAction::Host(_) => self.host.run(step, io).await,
        }
    }

    async fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Result<(), BackendError> {
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.start_service(step, io, ended).await,
            ReadyAction::Host(_) => self.host.start_service(step, io, ended).await,
        }
    }

    async fn await_ready(&self, step: &ReadyStep, within: Duration) -> Result<Readiness, BackendError> {
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.await_ready(step, within).await,
            ReadyAction::Host(_) => self.host.await_ready(step, within).await,
        }
    }

    async fn read_outputs(&self, step: &ReadyStep) -> Result<OutputFiles, BackendError> {
        let step = &*self.routed(step);
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.read_outputs(step).await,
            ReadyAction::Host(_) => self.host.read_outputs(step).await,
        }
    }

    async fn collect_reports(&self, step: &ReadyStep) -> Result<Reports, BackendError> {
        let step = &*self.routed(step);
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.collect_reports(step).await,
            ReadyAction::Host(_) => self.host.collect_reports(step).await,
        }
    }

    fn shell(&self, step: &ReadyStep) -> Result<Shell, BackendError> {
        match &step.action {
            ReadyAction::Container(_) => self.containers()?.shell(step),
            ReadyAction::Host(_) => self.host.shell(step),
        }
    }

    async fn end_group(&self, group: &StepPath, deadline: Duration) -> Result<Vec<String>, BackendError> {
        let host = self.host.end_group(group, deadline);
        let Some(containers) = &self.containers else { return host.await };
        let (host, containers) = tokio::join!(host, containers.end_group(group, deadline));
        let mut left = host?;
        left.extend(containers?);
        Ok(left)
    }

    async fn destroy_stage(&self, deadline: Duration) -> Result<Vec<String>, BackendError> {
        let host = self.host.destroy_stage(deadline);
        let Some(containers) = &self.containers else { return host.await };
        let (host, containers) = tokio::join!(host, containers.destroy_stage(deadline));
        let mut left = host?;
        left.extend(containers?);
        Ok(left)
    }
}
