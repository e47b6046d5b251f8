//! The interface of sinks, and the distribution of an event to several.

use std::io;

use cirun_engine::Event;

/// Receives the events of one run, in order.
pub trait Sink: Send {
    /// Handles the next event. An error means that its fact may be lost; the caller then cancels the run.
    fn consume(&mut self, event: &Event) -> Result<(), SinkError>;
}

/// A sink could not write its output.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// Writing failed.
    #[error("cannot write {what}")]
    Write {
        /// The output, as text to print (`the event stream`).
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A report could not be formatted.
    #[error("cannot make {what}: {reason}")]
    Format {
        /// The output, as text to print.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

impl SinkError {
    pub(crate) fn write(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { what, source }
    }
}

/// Passes each event to several sinks, in the order they were added.
#[derive(Default)]
pub struct Fanout {
    sinks: Vec<Box<dyn Sink>>,
}

impl Fanout {
    /// No sinks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sink.
    #[must_use]
    pub fn with(mut self, sink: impl Sink + 'static) -> Self {
        self.push(Box::new(sink));
        self
    }

    /// Adds a sink whose type is chosen at run time.
    pub fn push(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(sink);
    }
}

impl Sink for Fanout {
    /// Every sink gets the event. Those that fail get no further ones, so that the others can show how the cancelled
    /// run ends; the first failure is returned.
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let mut first = None;
        self.sinks.retain_mut(|sink| match sink.consume(event) {
            Ok(()) => true,
            Err(error) => {
                first.get_or_insert(error);
                false
            }
        });
        first.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use cirun_engine::{EventKind, Outcome};
    use jiff::Timestamp;

    use super::*;

    struct Counting(mpsc::Sender<&'static str>, &'static str, Option<io::ErrorKind>);

    impl Sink for Counting {
        fn consume(&mut self, _: &Event) -> Result<(), SinkError> {
            self.0.send(self.1).unwrap();
            self.2.map_or(Ok(()), |kind| Err(SinkError::write("the event stream")(kind.into())))
        }
    }

    #[test]
    fn a_failing_sink_is_reported_once_and_the_others_go_on() {
        let (seen, order) = mpsc::channel();
        let mut fanout = Fanout::new()
            .with(Counting(seen.clone(), "first", None))
            .with(Counting(seen.clone(), "broken", Some(io::ErrorKind::BrokenPipe)))
            .with(Counting(seen, "last", None));
        let event = Event {
            at: Timestamp::UNIX_EPOCH,
            kind: EventKind::RunFinished {
                outcome: Outcome::Succeeded,
                exit_code: 0,
                elapsed: std::time::Duration::ZERO,
            },
        };

        let error = fanout.consume(&event).unwrap_err();
        assert_eq!(error.to_string(), "cannot write the event stream");
        fanout.consume(&event).unwrap();
        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["first", "broken", "last", "first", "last"]);
    }
}
