//! A stage from its start to its removal. The removal always happens, and has its own deadline.

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{Action, StepPath};
use tokio::{sync::mpsc, task::JoinError};

use super::{Dispatcher, NodeId};
use crate::{Backend, BackendError, Outcome, RunError, attempt::Message, context::Halt};

/// The number of events about the start of a stage that may wait.
const PROGRESS: usize = 64;

/// The time beyond its deadline after which a backend's removal is abandoned.
const CLEANUP_MARGIN: Duration = Duration::from_secs(5);

impl<B: Backend> Dispatcher<'_, B> {
    /// Runs the stage. When this returns, every step has been reported as finished, and nothing of the stage is left.
    pub(crate) async fn run_stage(mut self) -> Outcome {
        let needs_backend =
            self.stage.steps().iter().any(|step| matches!(step.action, Action::Container(_) | Action::Host(_)));
        if !needs_backend {
            return self.walk().await;
        }
        self.start().await;
        let outcome = self.walk().await;
        self.leaving.cancel();
        self.collect_service_reports(None).await;
        self.end_preparations().await;
        self.destroy().await;
        self.close().await;
        outcome
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
            let removal = tokio::time::timeout(deadline + CLEANUP_MARGIN, backend.end_group(&path, deadline)).await;
            let left = match removal {
                Ok(Ok(left)) => left,
                Ok(Err(error)) => vec![error.to_string()],
                Err(_elapsed) => vec![format!("the step group `{path}` was not removed within {deadline:?}")],
            };
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

    /// Removes the stage's objects, while the last output of services still arrives.
    async fn destroy(&mut self) {
        let (backend, deadline) = (Arc::clone(&self.context.backend), self.context.config.cleanup_deadline);
        let mut removal = tokio::spawn(async move {
            tokio::time::timeout(deadline + CLEANUP_MARGIN, backend.destroy_stage(deadline)).await
        });
        let result = loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => self.handle(message).await,
                result = &mut removal => break result,
            }
        };
        for problem in cleanup_problems(result, deadline) {
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

type Removal = Result<Result<Result<Vec<String>, BackendError>, tokio::time::error::Elapsed>, JoinError>;

fn cleanup_problems(result: Removal, deadline: Duration) -> Vec<String> {
    match result {
        Ok(Ok(Ok(left))) => left,
        Ok(Ok(Err(error))) => vec![error.to_string()],
        Ok(Err(_elapsed)) => vec![format!("the stage was not removed within {deadline:?}")],
        Err(_panic) => vec!["cirun has a bug: the removal of the stage panicked".to_owned()],
    }
}
