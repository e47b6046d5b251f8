//! The channels of a task: its output becomes masked lines, which go to the dispatcher in batches.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Message, Preparation};
use crate::{MaskedLines, Masker, OutputChunk, Stream, dispatch::NodeId, lines::LineSplitter};

/// How long a line waits for the next one if it may end with the first part of a secret.
const PATIENCE: Duration = Duration::from_millis(250);

/// The number of bytes of lines after which they are sent.
const BATCH: usize = 64 * 1024;

/// The mean time between two batches of a flood of small writes.
const PACE: Duration = Duration::from_millis(5);

/// How far the batches may be ahead of that pace: lines are sent at once unless there are many.
const AHEAD: Duration = Duration::from_millis(100);

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

    fn current_masker(&self) -> Arc<Masker> {
        Arc::clone(&self.masker.borrow())
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

    /// Sends the output as lines until every sender is gone or `done` fires, then the rest.
    pub(super) async fn pump(&self, mut chunks: mpsc::Receiver<OutputChunk>, done: &CancellationToken) {
        let mut output = Output::new(self);
        loop {
            let due = output.due();
            let time = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let chunk = tokio::select! {
                biased;
                () = done.cancelled() => break,
                chunk = chunks.recv() => chunk,
                () = time => {
                    output.release().await;
                    continue;
                }
            };
            match chunk {
                Some(chunk) => output.take(&chunk).await,
                None => break,
            }
        }
        // A backend may keep a sender; a closed channel returns what was sent, and then ends.
        chunks.close();
        while let Some(chunk) = chunks.recv().await {
            output.take(&chunk).await;
        }
        output.finish().await;
    }
}

/// The streams of a task, and the lines that are not sent yet.
struct Output<'w> {
    wires: &'w Wires,
    streams: [(Stream, LineSplitter); 2],
    /// When a line began to wait for the rest of a secret.
    waiting_since: Option<Instant>,
    /// Lines of one stream.
    batch: MaskedLines,
    stream: Stream,
    /// The time of the next batch at [`PACE`].
    next: Instant,
}

impl<'w> Output<'w> {
    fn new(wires: &'w Wires) -> Self {
        let streams = [Stream::Stdout, Stream::Stderr].map(|stream| (stream, LineSplitter::default()));
        Self {
            wires,
            streams,
            waiting_since: None,
            batch: MaskedLines::default(),
            stream: Stream::Stdout,
            next: Instant::now(),
        }
    }

    /// When [`Self::release`] is due, if no chunk comes before.
    fn due(&self) -> Option<Instant> {
        let batch = (!self.batch.is_empty()).then(|| self.next.checked_sub(AHEAD).unwrap_or(self.next));
        let held = self.waiting_since.map(|since| since + PATIENCE);
        batch.into_iter().chain(held).min()
    }

    /// Adds a chunk to the batch, and sends the batch unless it is small and there have been many.
    async fn take(&mut self, chunk: &OutputChunk) {
        self.continue_with(chunk.stream).await;
        let masker = self.wires.current_masker();
        for part in chunk.bytes.chunks(BATCH) {
            let [stdout, stderr] = &mut self.streams;
            let splitter = if chunk.stream == Stream::Stdout { &mut stdout.1 } else { &mut stderr.1 };
            splitter.push(part, &masker, &mut self.batch);
            if self.batch.text().len() >= BATCH {
                self.send().await;
            }
        }
        self.note_waiting();
        if self.next <= Instant::now() + AHEAD {
            self.send().await;
        }
    }

    /// Sends the lines that have waited long enough.
    async fn release(&mut self) {
        let now = Instant::now();
        if self.waiting_since.is_some_and(|since| since + PATIENCE <= now) {
            let masker = self.wires.current_masker();
            for index in 0..self.streams.len() {
                self.continue_with(self.streams[index].0).await;
                self.streams[index].1.release(&masker, &mut self.batch);
            }
            self.waiting_since = None;
        }
        self.send().await;
    }

    async fn finish(mut self) {
        let masker = self.wires.current_masker();
        for index in 0..self.streams.len() {
            self.continue_with(self.streams[index].0).await;
            self.streams[index].1.finish(&masker, &mut self.batch);
        }
        self.send().await;
    }

    /// Sends the batch if it is of the other stream: all lines stay in order.
    async fn continue_with(&mut self, stream: Stream) {
        if stream != self.stream {
            self.send().await;
            self.stream = stream;
        }
    }

    async fn send(&mut self) {
        if !self.batch.is_empty() {
            let lines = std::mem::take(&mut self.batch);
            self.wires.send(Message::Lines { node: self.wires.node, stream: self.stream, lines }).await;
            self.next = self.next.max(Instant::now()) + PACE;
        }
    }

    fn note_waiting(&mut self) {
        let is_waiting = self.streams.iter().any(|(_, splitter)| splitter.is_waiting());
        self.waiting_since = is_waiting.then(|| self.waiting_since.unwrap_or_else(Instant::now));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use bytes::Bytes;
    use cirun_plan::Secret;
    use proptest::prelude::*;
    use tokio::time::sleep;

    use super::*;
    use crate::dispatch::NodeId;

    /// What a pump sends for chunks that come after pauses of these milliseconds.
    async fn pumped(chunks: Vec<(u64, OutputChunk)>, masker: Masker) -> Vec<(Stream, MaskedLines)> {
        let (messages, mut sent) = mpsc::channel(2);
        let (_masker, masker) = watch::channel(Arc::new(masker));
        let [stop, kill] = [CancellationToken::new(), CancellationToken::new()];
        let wires = Wires { node: NodeId::default(), messages, masker, stop, kill, grace: Duration::ZERO };
        let (output, received) = mpsc::channel(1);
        let prints = async move {
            for (pause, chunk) in chunks {
                sleep(Duration::from_millis(pause)).await;
                output.send(chunk).await.unwrap();
            }
        };
        let pump = async move { wires.pump(received, &CancellationToken::new()).await };
        let collect = async move {
            let mut all = Vec::new();
            while let Some(message) = sent.recv().await {
                let Message::Lines { stream, lines, .. } = message else { continue };
                all.push((stream, lines));
            }
            all
        };
        tokio::join!(prints, pump, collect).2
    }

    fn chunk(stream: Stream, bytes: &[u8]) -> OutputChunk {
        OutputChunk { stream, bytes: Bytes::copy_from_slice(bytes) }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_lines_are_sent_at_once_and_those_of_a_flood_together() {
        let line = chunk(Stream::Stdout, b"line\n");
        let mut chunks = vec![(0, line.clone()); 40];
        chunks.push((60, line));
        let sent = pumped(chunks, Masker::default()).await;
        let counts: Vec<_> = sent.iter().map(|(_, lines)| lines.iter().count()).collect();
        assert_eq!(counts, [[1; 21].as_slice(), &[19, 1]].concat());
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_limited() {
        let text = "0123456789abcde\n".repeat(5 * BATCH / 16);
        let sent = pumped(vec![(0, chunk(Stream::Stdout, text.as_bytes()))], Masker::default()).await;
        assert_eq!(sent.iter().map(|(_, lines)| lines.text().len()).collect::<Vec<_>>(), [BATCH; 5]);
    }

    proptest! {
        #[test]
        fn each_stream_keeps_its_lines_in_order(
            chunks in prop::collection::vec((0..300_u64, any::<bool>(), "([a-z]{0,4}|s3cret-word|s3cr|et-word|\n){0,8}"), 0..12),
        ) {
            let masker = Masker::new(&[Secret::new("s3cret-word")]);
            let mut printed: HashMap<Stream, String> = HashMap::new();
            let mut sends = Vec::new();
            for (pause, is_error, text) in chunks {
                let stream = if is_error { Stream::Stderr } else { Stream::Stdout };
                printed.entry(stream).or_default().push_str(&text);
                sends.push((pause, chunk(stream, text.as_bytes())));
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let sent = runtime.block_on(pumped(sends, masker));
            for (stream, text) in printed {
                let lines: Vec<_> =
                    sent.iter().filter(|(of, _)| *of == stream).flat_map(|(_, lines)| lines.iter()).collect();
                // A pause in a secret may show its first part; all other lines are as printed.
                prop_assert_eq!(lines.len(), text.split_terminator('\n').count());
                for (line, original) in lines.iter().zip(text.split_terminator('\n')) {
                    prop_assert!(line.contains(crate::MASK) || *line == original, "{:?} for {:?}", line, original);
                    prop_assert!(!line.contains("s3cret-word"));
                }
            }
        }
    }
}
