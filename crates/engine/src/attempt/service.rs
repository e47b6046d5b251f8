//! The task of a service: it starts the service, forwards its output, and reports when it is ready and when it ends.

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Message, OUTPUT_CHUNKS, Preparation, ServiceStart, Wires};
use crate::{Backend, ReadyStep, ServiceExit, StepIo};

/// One start of a service.
pub(crate) struct ServiceTask<B> {
    pub(crate) backend: Arc<B>,
    pub(crate) step: ReadyStep,
    pub(crate) preparation: Option<Preparation>,
    /// The delay of its start.
    pub(crate) delay: Duration,
    /// How long to watch its readiness.
    pub(crate) ready_within: Duration,
    /// Its stop never fires: the removal of the stage ends a service, after the steps that use it.
    pub(crate) wires: Wires,
    /// Fires on the stop or the end of the stage: a pending start is cancelled.
    pub(crate) give_up: CancellationToken,
    /// Fires when the stage's objects have been removed.
    pub(crate) closing: CancellationToken,
}

/// How a service ended.
enum Life {
    NeverUp(ServiceStart),
    /// By itself.
    Ended(ServiceExit),
    /// With its stage.
    Removed,
}

impl<B: Backend> ServiceTask<B> {
    /// Runs until the service has ended or the stage is closed.
    pub(crate) async fn run(mut self) {
        let node = self.wires.node;
        if let Some(preparation) = self.preparation.take() {
            self.wires.await_preparation(preparation).await;
        }
        let (output, chunks) = mpsc::channel(OUTPUT_CHUNKS);
        let io = StepIo { output, stop: self.wires.stop.clone(), kill: self.wires.kill.clone() };
        let drained = CancellationToken::new();
        let life = async {
            let end = self.live(io).await;
            drained.cancel();
            end
        };
        let (end, ()) = futures_util::future::join(life, self.wires.pump(chunks, &drained)).await;
        match end {
            Life::NeverUp(start) => self.wires.send(Message::ServiceUp { node, start }).await,
            Life::Ended(ServiceExit { exit, cause, .. }) => {
                self.wires.send(Message::ServiceDown { node, exit, cause }).await;
            }
            Life::Removed => {}
        }
    }

    /// Starts the service and waits for its end. Its start and its readiness are reported at once, everything else
    /// after its last output.
    async fn live(&self, io: StepIo) -> Life {
        let (ended, mut exits) = mpsc::channel(1);
        let start = async {
            if !self.delay.is_zero() {
                tokio::time::sleep(self.delay).await;
            }
            self.backend.start_service(&self.step, io, ended).await
        };
        let started = tokio::select! {
            biased;
            () = self.give_up.cancelled() => return Life::NeverUp(ServiceStart::GivenUp),
            started = start => started,
        };
        if let Err(error) = started {
            return Life::NeverUp(ServiceStart::Broken(error));
        }
        let start = ServiceStart::Up(Box::new(self.step.clone()));
        self.wires.send(Message::ServiceUp { node: self.wires.node, start }).await;
        let exit = tokio::select! {
            biased;
            exit = exits.recv() => exit,
            () = self.closing.cancelled() => return Life::Removed,
            () = self.watch() => tokio::select! {
                biased;
                exit = exits.recv() => exit,
                () = self.closing.cancelled() => return Life::Removed,
            },
        };
        match exit {
            Some(exit) => Life::Ended(exit),
            // The backend does not watch it any more, because it removes the stage; the last output still arrives.
            None => {
                self.closing.cancelled().await;
                Life::Removed
            }
        }
    }

    /// Reports when the service is ready, or why that is unknown.
    async fn watch(&self) {
        let found = self.backend.await_ready(&self.step, self.ready_within).await;
        self.wires.send(Message::ServiceProbed { node: self.wires.node, found }).await;
    }
}
