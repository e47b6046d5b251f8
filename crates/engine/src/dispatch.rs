//! The dispatcher of a stage: it alone holds the stage's state, decides, and emits events. Tasks run steps and send
//! messages.

mod branch;
mod finish;
mod lifecycle;
mod live;
mod prepare;
mod removal;
mod service_failure;
mod service_text;
mod services;
mod strategy;
mod tree;
mod turn;
mod upcoming;
mod waiting;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use cirun_diagnostics::{Severity, codes::run as codes};
use cirun_plan::{PlannedStage, StepPath};
use tokio::{
    sync::mpsc,
    task::{self, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{branch::NodeId, lifecycle::StageEnd, removal::Removal};
use self::{
    live::Live,
    prepare::Preparations,
    services::Service,
    tree::{ROOT, Tree},
    waiting::Wants,
};
use crate::{
    Backend, EventKind, Outcome, RunError,
    attempt::{Message, Wires},
    context::{Broken, Context, Halt},
    emit::Emitter,
    history::{RunHistory, StageHistory},
    scope::RunScope,
    status::Tally,
};

/// The number of messages that may wait for the dispatcher. One may be a batch of lines, so they are few.
const MESSAGES: usize = 32;

/// Walks one stage.
pub(crate) struct Dispatcher<'a, B> {
    context: &'a Context<B>,
    run: &'a mut RunHistory,
    halt: &'a mut Option<Halt>,
    error: &'a mut Option<Broken>,
    stage: Arc<PlannedStage>,
    tree: Tree,
    work: VecDeque<Work>,
    live: BTreeMap<NodeId, Live>,
    services: BTreeMap<NodeId, Service>,
    /// Steps whose turn has come, but that wait for services.
    held: Vec<(NodeId, Wants)>,
    /// Outcomes that a failure strategy gave to services after their branch had continued.
    afterwards: Tally,
    preparations: Preparations,
    tasks: JoinSet<()>,
    /// The node of each task.
    owners: HashMap<task::Id, NodeId>,
    sender: mpsc::Sender<Message>,
    messages: mpsc::Receiver<Message>,
    stop: CancellationToken,
    kill: CancellationToken,
    /// Fires when the stage ends or is stopped: pending starts are cancelled.
    leaving: CancellationToken,
    closing: CancellationToken,
}

/// The dispatcher's queue of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// The node's turn has come, and it is registered as running.
    Turn(NodeId),
    /// A node of the branch has ended, or may start.
    Advance(NodeId),
}

impl<'a, B: Backend> Dispatcher<'a, B> {
    /// Creates a dispatcher for a stage of `run`. It does nothing until one of its methods is called.
    pub(crate) fn new(
        context: &'a Context<B>,
        run: &'a mut RunHistory,
        halt: &'a mut Option<Halt>,
        error: &'a mut Option<Broken>,
        stage: Arc<PlannedStage>,
    ) -> Self {
        let (sender, messages) = mpsc::channel(MESSAGES);
        let tree = Tree::new(&stage.id, &stage.execution);
        let stop = context.cancel.first.child_token();
        Self {
            leaving: stop.child_token(),
            stop,
            kill: context.cancel.second.child_token(),
            closing: CancellationToken::new(),
            context,
            run,
            halt,
            error,
            stage,
            tree,
            work: VecDeque::new(),
            live: BTreeMap::new(),
            services: BTreeMap::new(),
            held: Vec::new(),
            afterwards: Tally::default(),
            preparations: Preparations::default(),
            tasks: JoinSet::new(),
            owners: HashMap::new(),
            sender,
            messages,
        }
    }

    /// Walks the stage to its end and returns its outcome. Services still run then.
    pub(crate) async fn walk(&mut self) -> Outcome {
        self.work.push_back(Work::Advance(ROOT));
        loop {
            self.do_work().await;
            if self.release() {
                continue;
            }
            if self.tree.outcome(ROOT).is_some() && !self.is_starting_services() {
                let mut tally = self.afterwards;
                tally.add(self.tree.combined(ROOT));
                return tally.combined();
            }
            self.look_ahead();
            self.next().await;
        }
    }

    /// Finishes every step without running any; `stop` decides their outcome.
    pub(crate) async fn skip_all(&mut self, outcome: Outcome, reason: &str) {
        self.finish_all_under(ROOT, outcome, reason).await;
    }

    /// Why no further step of this run starts.
    fn halt(&mut self, halt: Halt) {
        if self.halt.is_none() {
            if halt.stops_running_steps() {
                self.stop.cancel();
            }
            *self.halt = Some(halt);
        }
    }

    /// Ends the run because of a backend error. Later errors, and those after a cancellation, are only consequences.
    /// The caller reports an error about a step with the step's end.
    async fn broke(&mut self, error: RunError, step: Option<&StepPath>) {
        if self.halt.is_some() {
            self.emitter()
                .diagnostic(codes::BACKEND_ERROR.with_severity(Severity::Warning), &error.to_string(), step)
                .await;
            return;
        }
        let told_by = match error {
            RunError::Backend(_) => step.cloned(),
            RunError::Abandoned | RunError::Panicked { .. } => None,
        };
        if told_by.is_none() {
            self.emitter().diagnostic(codes::BACKEND_ERROR, &error.to_string(), step).await;
        }
        *self.error = Some(Broken { error, told_by });
        self.halt(Halt::Broken);
    }

    async fn do_work(&mut self) {
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Turn(node) => self.take_turn(node).await,
                Work::Advance(node) => self.advance(node).await,
            }
        }
    }

    /// Waits for the next message and handles it.
    async fn next(&mut self) {
        let halted = self.halt.is_some();
        tokio::select! {
            biased;
            () = self.context.cancelled(), if !halted => self.halt(Halt::Cancelled),
            () = self.context.emitter.abandoned(), if !halted => self.broke(RunError::Abandoned, None).await,
            message = self.messages.recv() => self.handle(message).await,
            Some(ended) = self.tasks.join_next_with_id() => self.joined(ended.map(|(id, ())| id)).await,
        }
    }

    async fn handle(&mut self, message: Option<Message>) {
        // The dispatcher holds a sender itself, so the channel never closes.
        let Some(message) = message else { return };
        match message {
            Message::Started { node } => self.started(node).await,
            Message::Lines { node, stream, lines } => {
                let step = self.tree.step(node).path.clone();
                if let Some(tail) = self.tail_mut(node) {
                    tail.extend(&lines);
                }
                self.emitter().emit(EventKind::StepOutput { step, stream, lines }).await;
            }
            Message::PrepareFailed { node, problem } => {
                let text = format!("the step could not be prepared ahead of its turn: {problem}");
                self.emitter().diagnostic(codes::PREPARE_FAILED, &text, Some(&self.tree.step(node).path)).await;
            }
            Message::Ended { node, ended } => self.ended(node, *ended).await,
            Message::ServiceUp { node, start } => self.service_up(node, start).await,
            Message::ServiceProbed { node, found } => self.service_probed(node, found).await,
            Message::ServiceDown { node, exit, cause } => self.service_down(node, exit, cause).await,
            Message::Answered { node, answer } => self.answered(node, answer).await,
            Message::GroupEnded { node, left } => self.group_ended(node, left).await,
            Message::GroupRested { node } => {
                self.tree.reset(node);
                self.work.push_back(Work::Advance(node));
            }
        }
    }

    /// Handles the end of a task. Only a panic matters: its step would otherwise never end.
    async fn joined(&mut self, ended: Result<task::Id, JoinError>) {
        let (id, panicked) = match ended {
            Ok(id) => (id, false),
            Err(error) => (error.id(), error.is_panic()),
        };
        let Some(node) = self.owners.remove(&id) else { return };
        if !panicked {
            return;
        }
        // Messages that the task sent before come first.
        while let Ok(message) = self.messages.try_recv() {
            Box::pin(self.handle(Some(message))).await;
        }
        let path = self.tree.step(node).path.clone();
        self.broke(RunError::Panicked { step: Some(path.clone()) }, Some(&path)).await;
        self.task_panicked(node).await;
    }

    fn spawn(&mut self, node: NodeId, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.tasks.spawn(task).id();
        self.owners.insert(id, node);
    }

    fn wires(&self, node: NodeId, stop: CancellationToken) -> Wires {
        Wires {
            node,
            messages: self.sender.clone(),
            masker: self.emitter().masker(),
            stop,
            kill: self.kill.child_token(),
            grace: self.context.config.grace,
        }
    }

    fn emitter(&self) -> &'a Emitter {
        &self.context.emitter
    }

    fn record(&mut self) -> &mut StageHistory {
        self.run.stages.entry(self.stage.id.clone()).or_insert_with(|| StageHistory::new(&self.stage))
    }

    /// The values that expressions at a node can read, and the stage's status there.
    fn scope<'s>(&'s mut self, node: NodeId, step: Option<&'s StepPath>) -> (RunScope<'s>, Outcome) {
        let current = self.tree.current(ROOT);
        self.record().current = current;
        let (strategy, now) = (self.tree.loop_status(node), self.context.config.clock.now());
        (RunScope { run: self.run, stage: &self.stage.id, step, strategy, now }, current.combined())
    }
}
