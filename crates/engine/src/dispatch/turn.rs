//! Nodes whose turn has come: conditions, final texts, the start.

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::codes::{plan::UNRESOLVED_EXPRESSION, run as codes};
use cirun_plan::{Action, PlannedStep, Role, SkipReason};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    Dispatcher, NodeId, Work,
    branch::{Kind, Restart},
    finish::Finish,
    live::{Live, Since, Tail},
};
use crate::{
    Backend, EventKind, Outcome,
    attempt::{AttemptTask, Job, Message},
    condition::{self, Turn, Whole},
    failure::{Cause, Failure},
    history::{GroupHistory, StepState},
    outputs::{OutputValue, Outputs},
    resolve::{self, Resolved},
};

impl<B: Backend> Dispatcher<'_, B> {
    /// Starts the nodes of a branch that may start, or ends the branch.
    pub(super) async fn advance(&mut self, node: NodeId) {
        while let Some(child) = self.tree.start_next(node) {
            self.work.push_back(Work::Turn(child));
        }
        if !self.tree.is_complete(node) {
            return;
        }
        match self.tree.branch(node).restart {
            Restart::No => self.close_branch(node).await,
            Restart::Wanted(pause) => self.rest_group(node, pause),
            Restart::Resting => {}
        }
    }

    /// Handles the turn of a node that is registered as running.
    pub(super) async fn take_turn(&mut self, node: NodeId) {
        if let Some((outcome, reason)) = self.halt.as_ref().map(|halt| halt.for_later_steps()) {
            self.finish_all_under(node, outcome, &reason).await;
            return;
        }
        if self.tree.is_restarting(node) {
            self.end_quietly(node);
            return;
        }
        match self.tree.kind(node) {
            Kind::Step(step) => {
                let step = Arc::clone(step);
                self.take_step(node, step).await;
            }
            Kind::Branch(branch) => match &branch.group {
                Some(group) => {
                    let (id, path, when) = (group.id.clone(), group.path.clone(), group.when.clone());
                    let (scope, current) = self.scope(node, Some(&path));
                    let turn = condition::decide(&when, Whole::Stage, current, &scope);
                    self.enter_group(node, id, turn).await;
                }
                None => self.work.push_back(Work::Advance(node)),
            },
        }
    }

    async fn enter_group(&mut self, node: NodeId, id: String, turn: Turn) {
        match turn {
            Turn::Take => {
                self.record_group(node, None);
                self.work.push_back(Work::Advance(node));
            }
            Turn::Skip(reason) => {
                let reason = format!("step group `{id}` is skipped: {reason}");
                self.record_group(node, Some(Outcome::Skipped));
                self.finish_all_under(node, Outcome::Skipped, &reason).await;
            }
            Turn::Fail(reason) => {
                self.emitter().diagnostic(codes::CONDITION_ERROR, &format!("step group `{id}`: {reason}"), None).await;
                self.record_group(node, Some(Outcome::Failed));
                self.report_all_under(node, Outcome::Skipped, &reason).await;
                self.end_node(node, Outcome::Failed, Some(Cause::Expression));
            }
        }
    }

    /// Records the start or end of a loop or step group, for the expressions of later steps.
    pub(super) fn record_group(&mut self, node: NodeId, outcome: Option<Outcome>) {
        let now = self.context.config.clock.now();
        let Some(group) = &self.tree.branch(node).group else { return };
        let (path, name) = (group.path.clone(), group.name.clone());
        let record = GroupHistory { name, started: now, ended: None };
        self.record().groups.entry(path).or_insert(record).ended = outcome.map(|outcome| (now, outcome));
    }

    async fn take_step(&mut self, node: NodeId, step: Arc<PlannedStep>) {
        if let Action::Skip(reason) = &step.action {
            if let Some(finish) = self.taken_over(&step, reason) {
                self.finish_step(node, finish).await;
                return;
            }
            self.finish_step(node, Finish::new(Outcome::Skipped).because(skip_text(reason))).await;
            return;
        }
        let profile = self.stage.profile_of(&step.path);
        let (scope, current) = self.scope(node, Some(&step.path));
        let turn = condition::decide(&step.when, Whole::Stage, current, &scope);
        if turn == Turn::Take && step.role == Role::Foreground && self.hold(node, &step) {
            return;
        }
        let (scope, _) = self.scope(node, Some(&step.path));
        let resolved = match turn {
            Turn::Take => resolve::resolve(&step, profile, &scope).map_err(|error| error.to_string()),
            Turn::Skip(reason) => {
                self.finish_step(node, Finish::new(Outcome::Skipped).because(reason)).await;
                return;
            }
            Turn::Fail(reason) => Err(reason),
        };
        match (resolved, step.role) {
            (Ok(resolved), Role::Foreground) => self.start_step(node, &step, resolved).await,
            (Ok(Some(resolved)), Role::Service) => self.start_service(node, resolved).await,
            (Ok(None), Role::Service) => self.finish_step(node, Finish::new(Outcome::Succeeded)).await,
            (Err(reason), _) => {
                self.register(node, &step, None);
                self.failed(node, Failure { cause: Cause::Expression, exit_code: None, reason }).await;
            }
        }
    }

    /// The end of a step that succeeded in the run that this one continues.
    fn taken_over(&self, step: &PlannedStep, reason: &SkipReason) -> Option<Finish> {
        let earlier = self.context.config.earlier.as_ref().filter(|_| *reason == SkipReason::NotSelected)?;
        let outputs = earlier.steps.get(step.path.full())?;
        let secret = |name: &str| step.outputs.iter().any(|output| output.name == name && output.secret);
        let value =
            |(name, text): (&String, &String)| (name.clone(), OutputValue { text: text.clone(), secret: secret(name) });
        let outputs = Outputs { variables: outputs.iter().map(value).collect(), ..Outputs::default() };
        let reason = format!("it succeeded in run {}, and is not run again", earlier.run);
        Some(Finish { outputs, ..Finish::new(Outcome::Succeeded).because(reason) })
    }

    async fn start_step(&mut self, node: NodeId, step: &PlannedStep, resolved: Option<Resolved>) {
        let job = match (resolved, &step.action) {
            (Some(resolved), _) => {
                self.take_notes(&resolved).await;
                Job::Run(Box::new(resolved.step))
            }
            (None, Action::Wait(duration)) => Job::Wait(duration.value),
            (None, Action::Container(_) | Action::Host(_) | Action::Skip(_)) => {
                unreachable!("containers and processes are resolved, skipped steps have ended")
            }
        };
        self.register(node, step, Some(job));
        self.start_attempt(node, Duration::ZERO);
    }

    pub(super) async fn take_notes(&mut self, resolved: &Resolved) {
        self.emitter().learn(&resolved.secrets);
        for expression in &resolved.unresolved {
            let text = format!("`{expression}` resolved to nothing and became `null`");
            self.emitter().diagnostic(UNRESOLVED_EXPRESSION, &text, Some(&resolved.step.path)).await;
        }
    }

    /// Registers a step before any part of it runs.
    fn register(&mut self, node: NodeId, step: &PlannedStep, job: Option<Job>) {
        let since = self.now();
        let earlier = match self.record().steps.get(&step.path).map(|record| record.state) {
            Some(StepState::Finished { attempts, .. } | StepState::Running { attempt: attempts, .. }) => attempts,
            Some(StepState::Waiting) | None => 0,
        };
        let live = Live {
            job,
            attempt: earlier + 1,
            retries: 0,
            since,
            stop: self.stop.child_token(),
            tail: Tail::new(self.context.config.tail_lines),
            asked: None,
            tests: None,
        };
        self.live.insert(node, live);
    }

    /// Starts the registered attempt of a step after a pause.
    pub(super) fn start_attempt(&mut self, node: NodeId, pause: Duration) {
        let stop = self.stop.child_token();
        let wires = self.wires(node, stop.clone());
        let preparation = self.preparations.take(node);
        let step = self.tree.step(node);
        let Some(live) = self.live.get_mut(&node) else { return };
        live.stop = stop;
        let Some(mut job) = live.job.clone() else { return };
        if let Job::Run(ready) = &mut job {
            ready.attempt = live.attempt;
        }
        let task = AttemptTask {
            backend: Arc::clone(&self.context.backend),
            job,
            pause,
            timeout: step.timeout.value,
            preparation,
            wires,
        };
        let span = tracing::debug_span!("step", step = %step.path);
        self.spawn(node, task.run().instrument(span));
    }

    /// Starts a task.
    pub(super) async fn started(&mut self, node: NodeId) {
        let step = self.tree.step(node);
        let (attempt, started) = match (self.live.get(&node), self.services.get(&node)) {
            (Some(live), _) => (live.attempt, live.since.at),
            (None, Some(service)) => (service.starts, service.since.at),
            (None, None) => return,
        };
        if let Some(record) = self.record().steps.get_mut(&step.path) {
            record.state = StepState::Running { attempt, started };
        }
        let (path, step_type) = (step.path.clone(), step.step_type.clone());
        self.emitter().emit(EventKind::StepStarted { step: path, step_type, attempt }).await;
    }

    pub(super) fn now(&self) -> Since {
        Since { at: self.context.config.clock.now(), instant: Instant::now() }
    }

    /// Waits before a step group runs again.
    fn rest_group(&mut self, node: NodeId, pause: Duration) {
        self.tree.branch_mut(node).restart = Restart::Resting;
        let (sender, stop) = (self.sender.clone(), self.stop.clone());
        // The task belongs to no step; a stop ends the group at once.
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
            let _gone = sender.send(Message::GroupRested { node }).await;
        });
    }

    /// Ends a turn without an event, because the group around it runs again.
    pub(super) fn end_quietly(&mut self, node: NodeId) {
        if let Some(parent) = self.tree.finish(node, Outcome::Skipped) {
            self.work.push_back(Work::Advance(parent));
        }
    }
}

/// Why a step does not run here.
fn skip_text(reason: &SkipReason) -> String {
    match reason {
        SkipReason::NotRunLocally { why } => format!("it is not run locally: {why}"),
        SkipReason::NotSelected => "it is left out by `--step`, `--from` or `--until`".to_owned(),
    }
}
