//! The task of a service: it starts it, lets its output flow, and tells when it ends.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Message, OUTPUT_CHUNKS, Preparation, ServiceStart, Wires};
use crate::{Backend, Exit, ReadyStep, StepIo};

/// One start of a service.
pub(crate) struct ServiceTask<B> {
    pub(crate) backend: Arc<B>,
    pub(crate) step: ReadyStep,
    pub(crate) preparation: Option<Preparation>,
    /// Its stop never fires: a service is ended by the removal of the stage, after the steps that use it.
    pub(crate) wires: Wires,
    /// The stage's stop: a start that is under way is given up.
    pub(crate) stage_stop: CancellationToken,
    /// Fires when the stage's objects have been removed.
    pub(crate) closing: CancellationToken,
}

/// How the life of a service went.
enum Life {
    NeverUp(ServiceStart),
    /// By itself.
    Ended(Exit),
    /// With its stage.
    Removed,
}

impl<B: Backend> ServiceTask<B> {
    /// Runs until the service has ended or the stage is closed.
    pub(crate) async fn run(mut self) {
        let node = self.wires.node;
        self.wires.send(Message::Started { node }).await;
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
            Life::Ended(exit) => self.wires.send(Message::ServiceDown { node, exit }).await,
            Life::Removed => {}
        }
    }

    /// Starts the service and waits for its end. That it is up is told at once, all else after its last output.
    async fn live(&self, io: StepIo) -> Life {
        let (ended, mut exits) = mpsc::channel(1);
        let started = tokio::select! {
            biased;
            started = self.backend.start_service(&self.step, io, ended) => started,
            () = self.stage_stop.cancelled() => return Life::NeverUp(ServiceStart::GivenUp),
        };
        if let Err(error) = started {
            return Life::NeverUp(ServiceStart::Broken(error));
        }
        // A check that the service accepts connections belongs here, before the stage goes on.
        let start = ServiceStart::Up(Box::new(self.step.clone()));
        self.wires.send(Message::ServiceUp { node: self.wires.node, start }).await;
        let exit = tokio::select! {
            biased;
            exit = exits.recv() => exit,
            () = self.closing.cancelled() => return Life::Removed,
        };
        match exit {
            Some(exit) => Life::Ended(exit.exit),
            // The backend does not watch it any more, as it removes the stage; its last output still comes.
            None => {
                self.closing.cancelled().await;
                Life::Removed
            }
        }
    }
}
