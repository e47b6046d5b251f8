//! Events to sinks: terminal, plain lines, JSON lines, JUnit, HTML.
//!
//! A sink only consumes events: it has no channel to the engine, does not read the environment or the size of the
//! terminal itself, and writes only to the outputs it was given.

mod sink;

mod json;
mod recorded;
mod wire;

mod clean;
mod human;
mod legible;
mod look;
mod table;

mod hint;
mod log;
mod record;

mod closing;
mod digest;
mod logs;
mod narrate;
mod plain;
mod quiet;
mod summary;
mod tty;

mod html;
mod junit;
mod log_files;
mod report_file;

pub use html::HTML;
pub use human::{bytes as human_bytes, duration as human_duration};
pub use json::JsonSink;
pub use junit::JUNIT;
pub use log_files::LogFilesSink;
pub use logs::LogSink;
pub use look::{Colour, Look};
pub use plain::PlainSink;
pub use quiet::QuietSink;
pub use recorded::{ReadEventError, read_event};
pub use report_file::{ReportFormat, ReportSink};
pub use sink::{Fanout, Sink, SinkError};
pub use tty::{Pause, Refresh, TtySink};
