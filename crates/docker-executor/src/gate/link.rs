//! The connection to a gate: its protocol over the attached streams of its container.

use std::{fmt, pin::Pin};

use bollard::{container::LogOutput, query_parameters::AttachContainerOptionsBuilder};
use cirun_engine::BackendError;
use cirun_gate::protocol::{CommandId, Decoder, Order, Report, encode};
use futures_util::StreamExt;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::Mutex,
};

use crate::{
    Engine,
    engine::Output,
    error::{engine_error, explain},
};

/// How much to keep of what is not of the protocol, to explain a gate that did not open.
const KEPT: usize = 512;

/// A connection to a gate. The gate ends with it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) reports: Reports,
    pub(super) orders: Orders,
    /// The number of the next command.
    next: u32,
}

/// The gate's messages.
pub(super) struct Reports {
    output: Output,
    decoder: Decoder,
    /// The first words that are not of the protocol.
    said: Vec<u8>,
}

/// The way of messages to the gate. Several tasks may write.
pub(super) struct Orders(Mutex<Pin<Box<dyn AsyncWrite + Send>>>);

impl Link {
    /// Attaches to a container that has not been started.
    pub(super) async fn attach(engine: &Engine, container: &str) -> Result<Self, bollard::errors::Error> {
        let options = AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).stderr(true).build();
        let attached = engine.docker.attach_container(container, Some(options)).await?;
        Ok(Self {
            reports: Reports { output: attached.output.boxed(), decoder: Decoder::default(), said: Vec::new() },
            orders: Orders(Mutex::new(attached.input)),
            next: 0,
        })
    }

    /// A number that no command of this gate has had.
    pub(super) fn new_command(&mut self) -> CommandId {
        self.next += 1;
        CommandId(self.next)
    }
}

impl Reports {
    /// The next message; `None` at the end of the stream, whatever ended it.
    pub(super) async fn next(&mut self) -> Result<Option<Report>, BackendError> {
        loop {
            match self.decoder.next() {
                Ok(Some(report)) => return Ok(Some(report)),
                Ok(None) => {}
                Err(error) => {
                    return Err(BackendError::Engine {
                        what: "read what a step's gate reports".to_owned(),
                        reason: error.to_string(),
                    });
                }
            }
            match self.output.next().await {
                Some(Ok(LogOutput::StdOut { message } | LogOutput::Console { message })) => {
                    self.decoder.push(&message);
                }
                Some(Ok(LogOutput::StdErr { message })) => self.keep(&message),
                Some(Ok(LogOutput::StdIn { .. })) => {}
                Some(Err(error)) => {
                    self.keep(explain(&error).as_bytes());
                    return Ok(None);
                }
                None => return Ok(None),
            }
        }
    }

    fn keep(&mut self, message: &[u8]) {
        let room = KEPT.saturating_sub(self.said.len()).min(message.len());
        self.said.extend_from_slice(&message[..room]);
    }

    /// What the runtime, or the gate, said beside its protocol, as text to print.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).trim().to_owned()
    }
}

impl Orders {
    pub(super) async fn send(&self, order: &Order) -> Result<(), BackendError> {
        let mut bytes = Vec::new();
        encode(order, &mut bytes);
        let mut stream = self.0.lock().await;
        let failed = |err| engine_error("give an order to a step's gate", &bollard::errors::Error::IOError { err });
        stream.write_all(&bytes).await.map_err(failed)?;
        stream.flush().await.map_err(failed)
    }
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reports")
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Orders")
    }
}
