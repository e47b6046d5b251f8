//! A stage from its start to its removal. The removal always happens, and has its own deadline.

use std::sync::Arc;

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{Action, StepPath};
use tokio::{sync::mpsc, time::Instant};

use super::{
    Dispatcher, NodeId,
    removal::{Removal, left_by},
};
use crate::{Backend, Outcome, RunError, attempt::Message, context::Halt};

/// The number of events about the start of a stage that may wait.
const PROGRESS: usize = 64;

/// How a stage ended.
#[derive(Debug)]
pub(crate) struct StageEnd {
    pub(crate) outcome: Outcome,
    /// When its last step ended.
    pub(crate) at: Instant,
    /// The removal of its objects, if it still runs.
    pub(crate) removal: Option<Removal>,
}

impl StageEnd {
    pub(crate) fn now(outcome: Outcome) -> Self {
        Self { outcome, at: Instant::now(), removal: None }
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Runs the stage. When this returns, every step has been reported as finished, and nothing of the stage runs.
    pub(crate) async fn run_stage(mut self) -> StageEnd {
        let needs_backend =
            self.stage.steps().iter().any(|step| matches!(step.action, Action::Container(_) | Action::Host(_)));
        if !needs_backend {
            return StageEnd::now(self.walk().await);
        }
        self.start().await;
        let end = StageEnd::now(self.walk().await);
        self.leaving.cancel();
        self.collect_service_reports(None).await;
        self.end_preparations().await;
        let mut removal = Removal::begin(Arc::clone(&self.context.backend), self.context.config.cleanup_deadline);
        let removal = match self.services.is_empty() {
            true => Some(removal),
            false => {
                self.follow(&mut removal).await;
                None
            }
        };
        self.close().await;
        StageEnd { removal, ..end }
    }

    /// Creates the stage's shared objects. If that fails, the run stops.
    async fn start(&mut self) {
        let (progress, mut facts) = mpsc::channel(PROGRESS);
        let (backend, stage) = (Arc::clone(&self.context.backend), Arc::clone(&self.stage));
        let mut starting = tokio::spawn(async move { backend.start_stage(&stage, progress).await });
        self.look_ahead();
        let result = loop {
            tokio::select! {
                biased;
                Some(fact) = facts.recv() => self.emitter().emit_unmasked(fact).await,
                result = &mut starting => break result,
                () = self.context.cancelled() => {
                    starting.abort();
                    let _stopped = starting.await;
                    self.halt(Halt::Cancelled);
                    return;
                }
                () = self.context.emitter.abandoned() => {
                    starting.abort();
                    let _stopped = starting.await;
                    self.broke(RunError::Abandoned, None).await;
                    return;
                }
            }
        };
        while let Ok(fact) = facts.try_recv() {
            self.emitter().emit_unmasked(fact).await;
        }
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.broke(RunError::Backend(error), None).await,
            Err(_panic) => self.broke(RunError::Panicked { step: None }, None).await,
        }
    }

    /// Removes the resources of a containerised group; then its branch ends.
    pub(super) async fn end_containerised_group(&mut self, node: NodeId, path: StepPath) {
        self.collect_service_reports(Some(&path)).await;
        let (backend, deadline) = (Arc::clone(&self.context.backend), self.context.config.cleanup_deadline);
        let sender = self.sender.clone();
        // The task belongs to no step. What it cannot remove is removed, or reported, with the stage.
        self.tasks.spawn(async move {
            let what = format!("the step group `{path}`");
            let left = left_by(backend.end_group(&path, deadline), &what, deadline).await;
            let _gone = sender.send(Message::GroupEnded { node, left }).await;
        });
    }

    /// Handles the removal of a group's containers.
    pub(super) async fn group_ended(&mut self, node: NodeId, left: Vec<String>) {
        for problem in left {
            self.emitter().diagnostic(codes::CLEANUP_INCOMPLETE, &problem, None).await;
        }
        self.finish_branch(node).await;
    }

    /// Waits for the removal of the stage's objects, while the last output of services still arrives.
    async fn follow(&mut self, removal: &mut Removal) {
        let left = loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => self.handle(message).await,
                left = removal.end() => break left,
            }
        };
        for problem in left {
            self.emitter().diagnostic(codes::CLEANUP_INCOMPLETE, &problem, None).await;
        }
    }

    /// Waits for the tasks of services, and reports their ends.
    async fn close(&mut self) {
        self.closing.cancel();
        loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => self.handle(message).await,
                ended = self.tasks.join_next_with_id() => match ended {
                    Some(ended) => self.joined(ended.map(|(id, ())| id)).await,
                    None => break,
                },
            }
        }
        while let Ok(message) = self.messages.try_recv() {
            self.handle(Some(message)).await;
        }
        self.finish_services().await;
    }
}
