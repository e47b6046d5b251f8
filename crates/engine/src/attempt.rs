//! The tasks that run steps: they call the backend and report to the dispatcher, and keep no state of the run.

mod message;
mod output;
mod service;
mod supervise;

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    message::{Ended, Message, ServiceStart},
    output::Wires,
    service::ServiceTask,
};
use crate::{Backend, BackendError, Exit, OutputFiles, ReadyStep, Reports, StepIo, TestSummary, test_reports};

/// The number of output chunks that may wait for the masker.
const OUTPUT_CHUNKS: usize = 64;

/// The preparation of a step; it may still be running when the step's turn comes.
pub(crate) type Preparation = JoinHandle<Result<(), BackendError>>;

/// What an attempt does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Job {
    /// Runs a step and collects its reports.
    Run(Box<ReadyStep>),
    /// Waits (the step type `Wait`).
    Wait(Duration),
}

/// One attempt of a foreground step.
pub(crate) struct AttemptTask<B> {
    pub(crate) backend: Arc<B>,
    pub(crate) job: Job,
    /// The pause before the start (a retry's interval).
    pub(crate) pause: Duration,
    pub(crate) timeout: Duration,
    pub(crate) preparation: Option<Preparation>,
    pub(crate) wires: Wires,
}

impl<B: Backend> AttemptTask<B> {
    /// Runs the attempt; its last message is [`Message::Ended`].
    pub(crate) async fn run(mut self) {
        let ended = if self.wait_for_start().await { self.attempt().await } else { Ended::of(Ok(Exit::Stopped)) };
        self.wires.send(Message::Ended { node: self.wires.node, ended: Box::new(ended) }).await;
    }

    /// Waits for the pause; returns whether the attempt should still start.
    async fn wait_for_start(&mut self) -> bool {
        if !self.wires.rest(self.pause).await {
            return false;
        }
        self.wires.send(Message::Started { node: self.wires.node }).await;
        if let Some(preparation) = self.preparation.take() {
            self.wires.await_preparation(preparation).await;
        }
        !self.wires.stop.is_cancelled()
    }

    async fn attempt(&mut self) -> Ended {
        let Self { job, wires, timeout, .. } = self;
        let step = match job {
            Job::Wait(duration) => {
                let work = wires.wait(*duration);
                let (result, timed_out) = wires.supervise(*timeout, work).await;
                return Ended { timed_out, ..Ended::of(result) };
            }
            Job::Run(step) => &**step,
        };
        let (output, chunks) = mpsc::channel(OUTPUT_CHUNKS);
        let io = StepIo { output, stop: wires.stop.clone(), kill: wires.kill.clone() };
        let drained = CancellationToken::new();
        let supervised = async {
            let outcome = wires.supervise(*timeout, self.backend.run(step, io)).await;
            drained.cancel();
            outcome
        };
        let ((exit, timed_out), ()) = futures_util::future::join(supervised, wires.pump(chunks, &drained)).await;
        let mut ended = Ended { timed_out, ..Ended::of(exit) };
        ended.collect(&*self.backend, step).await;
        ended
    }
}

/// Reads the reports of a finished step: its tests, and problems with the files. As in CI, a bad report does not change
/// the outcome of its step.
pub(crate) async fn collect_reports<B: Backend>(backend: &B, step: &ReadyStep) -> (Option<TestSummary>, Vec<String>) {
    let Reports { mut files, left_out, missed } = match backend.collect_reports(step).await {
        Ok(reports) => reports,
        Err(error) => return (None, vec![error.in_full()]),
    };
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files.dedup_by(|one, other| one.path == other.path);
    let (mut summary, mut notes) = (TestSummary::default(), left_out);
    for file in &files {
        notes.extend(test_reports::add(file, &mut summary));
    }
    if files.is_empty() {
        // Once one path has found a file, paths without one are not reported: patterns are often wider than one tool
        // needs.
        notes.extend(missed.iter().map(|missed| format!("no file matches `{}` {}", missed.path, missed.place)));
        return (None, notes);
    }
    (Some(summary), notes)
}

impl Ended {
    /// Adds the results of an attempt that ended by itself: output files if it succeeded, and reports.
    async fn collect<B: Backend>(&mut self, backend: &B, step: &ReadyStep) {
        let Ok(Exit::Code { code, .. }) = self.exit else { return };
        if code == 0 {
            match backend.read_outputs(step).await {
                Ok(files) => self.files = files,
                Err(error) => self.exit = Err(error),
            }
        }
        if !step.reports.is_empty() {
            (self.tests, self.notes) = collect_reports(backend, step).await;
        }
    }

    fn of(exit: Result<Exit, BackendError>) -> Self {
        Self { exit, timed_out: false, files: OutputFiles::default(), tests: None, notes: Vec::new() }
    }
}
