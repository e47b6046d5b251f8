//! The ends of attempts, steps and branches, and their events.

use cirun_diagnostics::codes::run as codes;
use cirun_plan::{PlannedStep, Secret};
use indexmap::IndexMap;
use tokio::sync::oneshot;

use super::{
    Dispatcher, NodeId, Work,
    branch::Kind,
    live::{Since, Tail},
};
use crate::{
    Backend, BackendError, EventKind, FailureHook, Outcome, ReadyStep, RunError, TestSummary,
    attempt::{Ended, Job},
    failure::{Cause, Failure},
    history::StepState,
    outputs::{OutputValue, Outputs},
    verdict::{self, Verdict},
};

/// How the event stream shows a secret output.
const SECRET_OUTPUT: &str = "***";

/// The details of the end of a step that had begun.
struct Begun {
    since: Since,
    attempts: u32,
    tests: Option<TestSummary>,
    tail: Tail,
}

/// A step's end.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) outcome: Outcome,
    pub(super) exit_code: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) outputs: Outputs,
    pub(super) cause: Option<Cause>,
}

impl Finish {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self { outcome, exit_code: None, reason: None, outputs: Outputs::default(), cause: None }
    }

    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The end of a step when the backend could not find out how it went; it names the part of the file.
    pub(super) fn broken(step: &PlannedStep, outcome: Outcome, error: &BackendError) -> Self {
        Self::new(outcome).because(format!("{}; the step is at {}", error.in_full(), step.place))
    }

    /// The end of a failed step whose outcome was decided.
    pub(super) fn after(failure: Failure, outcome: Outcome) -> Self {
        let Failure { cause, exit_code, reason } = failure;
        Self { exit_code, cause: Some(cause), ..Self::new(outcome).because(reason) }
    }
}

impl<B: Backend> Dispatcher<'_, B> {
    /// Handles the end of an attempt.
    pub(super) async fn ended(&mut self, node: NodeId, ended: Ended) {
        let step = self.tree.step(node);
        for note in &ended.notes {
            self.emitter().diagnostic(codes::REPORT_UNUSABLE, note, Some(&step.path)).await;
        }
        let Some(live) = self.live.get_mut(&node) else { return };
        live.tests = ended.tests;
        match verdict::judge(&step, &live.job, ended.timed_out, ended.exit, &ended.files) {
            Ok(Verdict::Succeeded { exit_code, outputs }) => self.succeeded(node, exit_code, outputs).await,
            Ok(Verdict::Failed(failure)) => self.failed(node, failure).await,
            Ok(Verdict::Stopped) => self.stopped(node).await,
            Err(error) => {
                let outcome = if self.halt.is_some() { Outcome::Aborted } else { Outcome::Failed };
                let finish = Finish::broken(&step, outcome, &error);
                self.broke(RunError::Backend(error), Some(&step.path)).await;
                self.finish_step(node, finish).await;
            }
        }
    }

    async fn succeeded(&mut self, node: NodeId, exit_code: Option<i64>, outputs: Outputs) {
        let path = self.tree.step(node).path.clone();
        for note in &outputs.notes {
            self.emitter().diagnostic(codes::OUTPUTS_UNUSABLE, note, Some(&path)).await;
        }
        let secrets = outputs.variables.values().filter(|value| value.secret).map(|value| Secret::new(&*value.text));
        self.emitter().learn(&secrets.collect::<Vec<_>>());
        self.finish_step(node, Finish { exit_code, outputs, ..Finish::new(Outcome::Succeeded) }).await;
    }

    /// Handles an attempt that was stopped, other than by its timeout.
    pub(super) async fn stopped(&mut self, node: NodeId) {
        let reason = match &*self.halt {
            None if self.tree.is_restarting(node) => {
                self.live.remove(&node);
                self.end_quietly(node);
                return;
            }
            None => "it was stopped by something other than cirun".to_owned(),
            Some(halt) => halt.for_running_steps(),
        };
        self.finish_failed(node, Finish::new(Outcome::Aborted).because(reason)).await;
    }

    /// Handles a panic of a step's task, which ends the run.
    pub(super) async fn task_panicked(&mut self, node: NodeId) {
        if self.live.contains_key(&node) {
            self.finish_step(node, Finish::new(Outcome::Failed).because("cirun has a bug: its task panicked")).await;
        } else if self.services.contains_key(&node) {
            self.service_lost(node);
        }
    }

    /// Ends a step whose turn had come.
    pub(super) async fn finish_step(&mut self, node: NodeId, finish: Finish) {
        let (outcome, cause) = (finish.outcome, finish.cause);
        let failed = self.hooked(node, &finish);
        self.report_step(node, node, finish).await;
        if let Some((step, reason)) = failed {
            self.wait_for_hook(step, reason).await;
        }
        self.end_node(node, outcome, cause);
    }

    /// The step and the reason for the failure hook, if there is one and the step failed by itself.
    fn hooked(&mut self, node: NodeId, finish: &Finish) -> Option<(ReadyStep, String)> {
        self.context.config.on_failure.as_ref()?;
        if !matches!(finish.outcome, Outcome::Failed | Outcome::TimedOut) || self.halt.is_some() {
            return None;
        }
        match self.live.get_mut(&node)?.job.take()? {
            Job::Run(step) => Some((*step, self.emitter().mask(finish.reason.as_deref().unwrap_or("it failed")))),
            Job::Wait(_) => None,
        }
    }

    /// The rest of the stage waits meanwhile: the hook uses the terminal.
    async fn wait_for_hook(&self, step: ReadyStep, reason: String) {
        let Some(on_failure) = &self.context.config.on_failure else { return };
        let (done, gone) = oneshot::channel();
        let visited = async {
            if on_failure.send(FailureHook { step, reason, done }).await.is_ok() {
                drop(gone.await);
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            () = visited => {}
        }
    }

    /// Reports the end of a step, and keeps its results for later steps. The event is held back if a group around
    /// `teller` may run again.
    pub(super) async fn report_step(&mut self, node: NodeId, teller: NodeId, finish: Finish) {
        let step = self.tree.step(node);
        self.discard_preparation(node);
        let now = self.now();
        let Finish { outcome, exit_code, reason, outputs, .. } = finish;
        let begun = match (self.live.remove(&node), self.services.remove(&node)) {
            (Some(live), _) => Begun { since: live.since, attempts: live.attempt, tests: live.tests, tail: live.tail },
            (None, Some(service)) => {
                Begun { since: service.since, attempts: service.starts, tests: service.tests, tail: service.tail }
            }
            (None, None) => Begun { since: now, attempts: 0, tests: None, tail: Tail::new(0) },
        };
        if let Some(record) = self.record().steps.get_mut(&step.path) {
            let (attempts, started) = (begun.attempts, begun.since.at);
            record.state = StepState::Finished { attempts, started, ended: now.at, outcome };
            record.outputs = outputs.clone();
        }
        let needs_tail = !matches!(outcome, Outcome::Succeeded | Outcome::Skipped);
        let kind = EventKind::StepFinished {
            step: step.path.clone(),
            outcome,
            exit_code,
            reason: reason.map(|reason| self.emitter().mask(&reason)),
            elapsed: now.instant.saturating_duration_since(begun.since.instant),
            outputs: self.shown(&outputs.variables),
            tests: begun.tests.as_ref().map(|tests| self.masked_tests(tests)),
            tail: if needs_tail { begun.tail.lines() } else { Vec::new() },
        };
        self.report(teller, kind).await;
    }

    /// Records the end of a node and continues its branch.
    pub(super) fn end_node(&mut self, node: NodeId, outcome: Outcome, cause: Option<Cause>) {
        if let Some(parent) = self.tree.finish(node, outcome) {
            if !outcome.is_positive() {
                let branch = self.tree.branch_mut(parent);
                branch.cause = branch.cause.or(cause);
            }
            self.work.push_back(Work::Advance(parent));
        }
    }

    /// Ends a branch whose nodes have all ended, once the resources of a containerised group are removed.
    pub(super) async fn close_branch(&mut self, node: NodeId) {
        let path = self.tree.branch(node).group.as_ref().map(|group| &group.path);
        match self.stage.containerised.iter().find(|group| Some(&group.path) == path) {
            Some(group) => self.end_containerised_group(node, group.path.clone()).await,
            None => self.finish_branch(node).await,
        }
    }

    /// Ends a branch whose nodes have all ended.
    pub(super) async fn finish_branch(&mut self, node: NodeId) {
        let combined = self.tree.combined(node);
        let branch = self.tree.branch_mut(node);
        let (cause, held) = (branch.cause, std::mem::take(&mut branch.held));
        let outcome = self.group_outcome(node, combined, cause);
        self.record_group(node, Some(outcome));
        for kind in held {
            self.report(node, kind).await;
        }
        self.end_node(node, outcome, cause);
    }

    /// Ends a node and everything under it; only services that an earlier run of a group started still run there.
    pub(super) async fn finish_all_under(&mut self, node: NodeId, outcome: Outcome, reason: &str) {
        self.report_all_under(node, outcome, reason).await;
        self.end_node(node, outcome, None);
    }

    /// Reports the same end for every step under a node. The ends of services are reported after the stage has been
    /// removed.
    pub(super) async fn report_all_under(&mut self, node: NodeId, outcome: Outcome, reason: &str) {
        for step in self.tree.steps_under(node) {
            if self.services.contains_key(&step) {
                continue;
            }
            self.report_step(step, node, Finish::new(outcome).because(reason)).await;
        }
    }

    /// Emits an event about a step's end, or holds it back while a group around the step may run again.
    async fn report(&mut self, node: NodeId, kind: EventKind) {
        let holder = self.tree.around(node).find(|id| self.tree.branch(*id).holds);
        match holder {
            Some(holder) => self.tree.branch_mut(holder).held.push(kind),
            None => self.emitter().emit(kind).await,
        }
    }

    pub(super) fn tail_mut(&mut self, node: NodeId) -> Option<&mut Tail> {
        match self.tree.kind(node) {
            Kind::Step(_) => match self.live.get_mut(&node) {
                Some(live) => Some(&mut live.tail),
                None => self.services.get_mut(&node).map(|service| &mut service.tail),
            },
            Kind::Branch(_) => None,
        }
    }

    fn shown(&self, variables: &IndexMap<String, OutputValue>) -> IndexMap<String, String> {
        let show = |value: &OutputValue| match value.secret {
            true => SECRET_OUTPUT.to_owned(),
            false => self.emitter().mask(&value.text),
        };
        variables.iter().map(|(name, value)| (self.emitter().mask(name), show(value))).collect()
    }

    fn masked_tests(&self, tests: &TestSummary) -> TestSummary {
        let mask = |text: &str| self.emitter().mask(text);
        let failures = tests.failures.iter().map(|(name, message)| (mask(name), mask(message)));
        TestSummary { failures: failures.collect(), ..tests.clone() }
    }
}
