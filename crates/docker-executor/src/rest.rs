//! The rest of a container's output, from the engine's log, after its stream has ended.

use std::time::Duration;

use bollard::{container::LogOutput, query_parameters::LogsOptionsBuilder};
use cirun_engine::{BackendError, OutputChunk, StepIo, Stream};
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::{error::engine_error, shared::Shared};

/// A stream that ends this long before its container's end was broken, or closed by the container.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a container's stream has delivered.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
    stdout: usize,
    stderr: usize,
    /// When it ended.
    ended: Instant,
}

impl Delivered {
    /// Nothing so far.
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), stdout: 0, stderr: 0, ended: Instant::now() }
    }

    /// Records the end of the stream.
    pub(crate) fn end(mut self) -> Self {
        self.ended = Instant::now();
        self
    }

    /// Counts bytes; keeps the first ones, up to `head` of them.
    pub(crate) fn count(&mut self, stream: Stream, bytes: &[u8], head: usize) {
        let room = head.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        *self.number(stream) += bytes.len();
    }

    fn number(&mut self, stream: Stream) -> &mut usize {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

/// Forwards what the log of a container has beyond what was delivered; the container has ended just now. The end of its
/// stream looks the same whether the stream is complete or broken. A log that cannot be read is an error if it may well
/// have more.
pub(crate) async fn forward(
    shared: &Shared,
    container: &str,
    mut delivered: Delivered,
    io: &StepIo,
) -> Result<(), BackendError> {
    let was_at_once = delivered.ended.elapsed() < AT_ONCE;
    let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail("all").build();
    let mut log = shared.engine.docker.logs(container, Some(options));
    while let Some(record) = log.next().await {
        let (stream, mut bytes) = match record {
            Ok(LogOutput::StdErr { message }) => (Stream::Stderr, message),
            Ok(LogOutput::StdOut { message } | LogOutput::Console { message }) => (Stream::Stdout, message),
            Ok(LogOutput::StdIn { .. }) => continue,
            // Some engines keep logs elsewhere.
            Err(_) if was_at_once => return Ok(()),
            Err(error) => return Err(engine_error("read the rest of a step's output, whose stream broke", &error)),
        };
        let known = delivered.number(stream);
        let skipped = bytes.len().min(*known);
        *known -= skipped;
        let rest = bytes.split_off(skipped);
        if !rest.is_empty() {
            drop(io.output.send(OutputChunk { stream, bytes: rest }).await);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_and_all_numbers() {
        let mut delivered = Delivered::new();
        delivered.count(Stream::Stdout, b"abc", 5);
        delivered.count(Stream::Stderr, b"defg", 5);
        delivered.count(Stream::Stdout, b"h", 5);
        assert_eq!((&delivered.head[..], delivered.stdout, delivered.stderr), (&b"abcde"[..], 4, 4));
    }
}
