//! The output of a step: two pipes, read to the last byte that the step wrote.

use std::{
    fs::File,
    io::{self, PipeReader, Read},
    os::fd::{AsFd, OwnedFd},
};

use bytes::Bytes;
use cirun_engine::{OutputChunk, StepIo, Stream};
use tokio::{io::AsyncReadExt, net::unix::pipe};
use tokio_util::sync::CancellationToken;

/// The size of a read.
const CHUNK: usize = 64 * 1024;
/// The maximum capacity of a pipe (pipe(7): unprivileged limit). It holds everything that a step wrote before it ended.
const PIPE_MOST: usize = 1024 * 1024;

/// The reading end of an output stream.
pub(crate) struct OutputPipe {
    stream: Stream,
    /// `None` after its end.
    receiver: Option<pipe::Receiver>,
    /// The same end, to read without the event loop.
    direct: File,
}

impl OutputPipe {
    pub(crate) fn new(reader: PipeReader, stream: Stream) -> io::Result<Self> {
        let direct = File::from(reader.as_fd().try_clone_to_owned()?);
        let receiver = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        Ok(Self { stream, receiver: Some(receiver), direct })
    }

    /// Forwards the output until its end, or until `exited` fires and everything written before has been sent.
    pub(crate) async fn pump(&mut self, io: &StepIo, exited: &CancellationToken) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        while let Some(receiver) = &mut self.receiver {
            let count = tokio::select! {
                biased;
                count = receiver.read(&mut buffer) => count?,
                () = exited.cancelled() => return self.rest(io, &mut buffer).await,
            };
            if count == 0 {
                self.receiver = None;
            } else {
                send(io, self.stream, &buffer[..count]).await;
            }
        }
        Ok(())
    }

    /// Reads the current content of the pipe. A process that the step left behind may still write, so this has a limit.
    async fn rest(&mut self, io: &StepIo, buffer: &mut [u8]) -> io::Result<()> {
        let mut taken = 0;
        while taken < PIPE_MOST {
            match self.direct.read(buffer) {
                Ok(0) => {
                    self.receiver = None;
                    break;
                }
                Ok(count) => {
                    taken += count;
                    send(io, self.stream, &buffer[..count]).await;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until the last writer is gone, so that a process that the step left behind does not block on a full pipe.
    pub(crate) fn discard(mut self) {
        let Some(mut receiver) = self.receiver.take() else { return };
        tokio::spawn(async move {
            let mut buffer = vec![0; CHUNK];
            while let Ok(1..) = receiver.read(&mut buffer).await {}
        });
    }
}

/// A missing receiver does not matter: a step whose output no one reads would block.
async fn send(io: &StepIo, stream: Stream, bytes: &[u8]) {
    drop(io.output.send(OutputChunk { stream, bytes: Bytes::copy_from_slice(bytes) }).await);
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::sync::mpsc;

    use super::*;

    /// Output after the end of the step, while a process that it left behind still has the pipe.
    #[tokio::test]
    async fn what_was_written_before_the_end_is_sent_though_a_writer_is_left() {
        let (reader, mut left_behind) = io::pipe().unwrap();
        let mut pipe = OutputPipe::new(reader, Stream::Stderr).unwrap();
        let written: Vec<u8> = (0..60_000_u32).flat_map(u32::to_le_bytes).take(60_000).collect();
        left_behind.write_all(&written).unwrap();
        let (output, mut chunks) = mpsc::channel(100);
        let io = StepIo { output, stop: CancellationToken::new(), kill: CancellationToken::new() };
        let exited = CancellationToken::new();
        exited.cancel();

        pipe.pump(&io, &exited).await.unwrap();
        drop(io);
        let mut arrived = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            assert_eq!(chunk.stream, Stream::Stderr);
            arrived.extend_from_slice(&chunk.bytes);
        }
        assert!(arrived == written, "{} of {} bytes", arrived.len(), written.len());
    }
}
