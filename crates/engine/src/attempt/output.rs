//! The channels of a task: its output becomes masked lines, which go to the dispatcher.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Message, Preparation};
use crate::{Masker, OutputChunk, Stream, dispatch::NodeId, lines::LineSplitter};

/// How long a line waits for the next one if it may end with the first part of a secret.
const PATIENCE: Duration = Duration::from_millis(250);

/// The surroundings of a task.
#[derive(Debug, Clone)]
pub(crate) struct Wires {
    pub(crate) node: NodeId,
    pub(crate) messages: mpsc::Sender<Message>,
    pub(crate) masker: watch::Receiver<Arc<Masker>>,
    /// Fires when the step should end.
    pub(crate) stop: CancellationToken,
    /// Fires when the step should be killed.
    pub(crate) kill: CancellationToken,
    /// The time between `stop` and `kill`.
    pub(crate) grace: Duration,
}

impl Wires {
    pub(crate) async fn send(&self, message: Message) {
        // The dispatcher outlives its tasks; without it there is no receiver.
        let _gone = self.messages.send(message).await;
    }

    /// Sleeps; returns false if the step should end meanwhile.
    pub(super) async fn rest(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// Waits for a preparation to end, because a running step must not be prepared. A failed one is reported and has no
    /// other effect.
    pub(super) async fn await_preparation(&self, mut preparation: Preparation) {
        let result = tokio::select! {
            biased;
            result = &mut preparation => result,
            () = self.stop.cancelled() => {
                preparation.abort();
                let _stopped = preparation.await;
                return;
            }
        };
        let problem = match result {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.send(Message::PrepareFailed { node: self.node, problem }).await;
    }

    /// Sends the output line by line until every sender is gone or `done` fires, then the rest.
    pub(super) async fn pump(&self, mut chunks: mpsc::Receiver<OutputChunk>, done: &CancellationToken) {
        let mut streams = [(Stream::Stdout, LineSplitter::default()), (Stream::Stderr, LineSplitter::default())];
        let mut waiting_since = None;
        loop {
            let is_waiting = streams.iter().any(|(_, splitter)| splitter.is_waiting());
            waiting_since = is_waiting.then(|| waiting_since.unwrap_or_else(Instant::now));
            let patience = async {
                match waiting_since {
                    Some(since) => sleep_until(since + PATIENCE).await,
                    None => std::future::pending().await,
                }
            };
            let chunk = tokio::select! {
                biased;
                () = done.cancelled() => break,
                chunk = chunks.recv() => chunk,
                () = patience => {
                    self.release(&mut streams).await;
                    continue;
                }
            };
            match chunk {
                Some(chunk) => self.split(&mut streams, &chunk).await,
                None => break,
            }
        }
        // A backend may keep a sender; a closed channel returns what was sent, and then ends.
        chunks.close();
        while let Some(chunk) = chunks.recv().await {
            self.split(&mut streams, &chunk).await;
        }
        for (stream, splitter) in &mut streams {
            let mut lines = Vec::new();
            splitter.finish(&self.current_masker(), &mut lines);
            self.send_lines(*stream, lines).await;
        }
    }

    async fn split(&self, streams: &mut [(Stream, LineSplitter); 2], chunk: &OutputChunk) {
        for (stream, splitter) in streams.iter_mut().filter(|(stream, _)| *stream == chunk.stream) {
            let mut lines = Vec::new();
            splitter.push(&chunk.bytes, &self.current_masker(), &mut lines);
            self.send_lines(*stream, lines).await;
        }
    }

    /// Sends the lines that waited for the rest of a secret.
    async fn release(&self, streams: &mut [(Stream, LineSplitter); 2]) {
        for (stream, splitter) in streams {
            let mut lines = Vec::new();
            splitter.release(&self.current_masker(), &mut lines);
            self.send_lines(*stream, lines).await;
        }
    }

    async fn send_lines(&self, stream: Stream, lines: Vec<crate::MaskedLine>) {
        for line in lines {
            self.send(Message::Line { node: self.node, stream, line }).await;
        }
    }

    fn current_masker(&self) -> Arc<Masker> {
        Arc::clone(&self.masker.borrow())
    }
}
