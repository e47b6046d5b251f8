//! Every sink, fed with scripted runs.

#[path = "sinks/script.rs"]
mod script;

#[path = "sinks/files.rs"]
mod files;
#[path = "sinks/json.rs"]
mod json;
#[path = "sinks/plain.rs"]
mod plain;
#[path = "sinks/secrets.rs"]
mod secrets;
#[path = "sinks/tty.rs"]
mod tty;

use cirun_engine::Event;
use cirun_report::Sink;

/// The output of a sink for `events`.
fn written(events: &[Event], sink: impl FnOnce(Buffer) -> Box<dyn Sink>) -> String {
    let buffer = Buffer::default();
    let mut sink = sink(buffer.clone());
    for event in events {
        sink.consume(event).expect("memory takes everything");
    }
    buffer.text()
}

/// A buffer that a sink writes to and a test reads.
#[derive(Clone, Default)]
struct Buffer(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no writer panicked").clone()).expect("UTF-8")
    }
}

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A writer whose receiver is closed.
struct Closed;

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
