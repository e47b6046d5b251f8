//! A backend in memory that does what a script says and notes every call out of order.

mod behaviour;
mod order;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use cirun_plan::{PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::behaviour::{Behaviour, behaves};
use self::order::Order;
use crate::{
    Backend, BackendError, EventKind, Exit, OutputFiles, Readiness, ReadyAction, ReadyStep, Reports, ServiceExit,
    StepIo,
};

/// A scripted backend. A step without a script ends at once with exit code 0, a service runs until its stage is
/// removed.
#[derive(Debug, Default)]
pub struct FakeBackend {
    behaviours: HashMap<String, Vec<Behaviour>>,
    stage_start: Behaviour,
    leftovers: Vec<String>,
    removal: Duration,
    order: Mutex<Order>,
    removed: Mutex<CancellationToken>,
}

impl FakeBackend {
    /// Creates a backend without a script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Scripts the next attempt of a step, by path; the last script also applies to all further attempts.
    #[must_use]
    pub fn step(mut self, path: &str, behaviour: Behaviour) -> Self {
        self.behaviours.entry(path.to_owned()).or_default().push(behaviour);
        self
    }

    /// Scripts the start of stages.
    #[must_use]
    pub fn stage_start(mut self, behaviour: Behaviour) -> Self {
        self.stage_start = behaviour;
        self
    }

    /// What cannot be removed.
    #[must_use]
    pub fn leaves(mut self, what: &str) -> Self {
        self.leftovers.push(what.to_owned());
        self
    }

    /// Takes this number of seconds to remove a stage.
    #[must_use]
    pub fn removes_in(mut self, seconds: u64) -> Self {
        self.removal = Duration::from_secs(seconds);
        self
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<String> {
        self.with_order(|order| order.calls.clone())
    }

    /// Calls that were out of order; must be empty at the end of every test.
    pub fn violations(&self) -> Vec<String> {
        self.with_order(Order::at_end)
    }

    /// The environments of the containers and processes that were run.
    pub fn environment(&self, path: &str) -> Option<Vec<(String, String)>> {
        self.with_order(|order| order.environments.get(path).cloned())
    }

    fn behaviour(&self, step: &ReadyStep) -> Behaviour {
        let attempt = usize::try_from(step.attempt).unwrap_or(usize::MAX).saturating_sub(1);
        let script = self.behaviours.get(step.path.as_str()).map_or(&[][..], Vec::as_slice);
        script.get(attempt).or(script.last()).cloned().unwrap_or_default()
    }

    fn with_order<T>(&self, act: impl FnOnce(&mut Order) -> T) -> T {
        act(&mut self.order.lock().expect("no test panics while it holds this"))
    }

    fn removed(&self) -> CancellationToken {
        self.removed.lock().expect("no test panics while it holds this").clone()
    }
}

impl Backend for FakeBackend {
    async fn start_stage(&self, stage: &PlannedStage, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        self.with_order(|order| order.start(&stage.id.0));
        *self.removed.lock().expect("no test panics while it holds this") = CancellationToken::new();
        let result = self.stage_start.start(progress).await;
        if result.is_ok() {
            self.with_order(Order::started);
        }
        result
    }

    async fn prepare(&self, step: &PlannedStep) -> Result<(), BackendError> {
        self.with_order(|order| order.prepare(step.path.as_str()));
        let script = self.behaviours.get(step.path.as_str()).and_then(|script| script.first()).cloned();
        let result = script.unwrap_or_default().prepare().await;
        self.with_order(|order| order.prepared(step.path.as_str()));
        result
    }

    async fn discard(&self, step: &StepPath) {
        self.with_order(|order| order.discard(step.as_str()));
    }

    async fn run(&self, step: &ReadyStep, io: StepIo) -> Result<Exit, BackendError> {
        self.with_order(|order| order.run(step));
        self.with_order(|order| order.environments.insert(step.path.as_str().to_owned(), environment(step)));
        let result = self.behaviour(step).run(&io).await;
        self.with_order(|order| order.ran(step));
        result
    }

    async fn start_service(
        &self,
        step: &ReadyStep,
        io: StepIo,
        ended: mpsc::Sender<ServiceExit>,
    ) -> Result<(), BackendError> {
        self.with_order(|order| order.service(step));
        let behaviour = self.behaviour(step);
        behaviour.prepare().await?;
        behaviour.get_image()?;
        let (path, removed) = (step.path.clone(), self.removed());
        tokio::spawn(async move {
            let exit = tokio::select! {
                biased;
                () = removed.cancelled() => return,
                exit = behaviour.serve(&io) => exit,
            };
            if let Some(exit) = exit {
                let _stage_gone = ended.send(ServiceExit { path, exit, cause: behaviour.cause.clone() }).await;
            } else {
                removed.cancelled().await;
            }
        });
        Ok(())
    }

    async fn await_ready(&self, step: &ReadyStep, within: Duration) -> Result<Readiness, BackendError> {
        self.with_order(|order| order.await_ready(step));
        self.behaviour(step).become_ready(within).await
    }

    async fn read_outputs(&self, step: &ReadyStep) -> Result<OutputFiles, BackendError> {
        self.with_order(|order| order.after_run("read_outputs", step));
        Ok(self.behaviour(step).files)
    }

    async fn collect_reports(&self, step: &ReadyStep) -> Result<Reports, BackendError> {
        self.with_order(|order| order.after_run("collect_reports", step));
        self.behaviour(step).collect_reports(&step.reports)
    }

    async fn end_group(&self, group: &StepPath, _deadline: Duration) -> Result<Vec<String>, BackendError> {
        self.with_order(|order| order.end_group(group.as_str()));
        Ok(Vec::new())
    }

    async fn destroy_stage(&self, _deadline: Duration) -> Result<Vec<String>, BackendError> {
        self.with_order(Order::destroy);
        tokio::time::sleep(self.removal).await;
        self.removed().cancel();
        Ok(self.leftovers.clone())
    }
}

fn environment(step: &ReadyStep) -> Vec<(String, String)> {
    let env = match &step.action {
        ReadyAction::Container(container) => &container.env,
        ReadyAction::Host(host) => &host.env,
    };
    env.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
