//! The sinks of a run's events: the terminal or stdout, the record, and the requested files.

mod report_files;

use std::{
    fs::File,
    io::{self, BufWriter},
    path::Path,
    thread::{self, JoinHandle},
};

use cirun_diagnostics::{Failure, FailureKind, with_causes};
use cirun_engine::Event;
use cirun_project::settings::ProgressMode;
use cirun_report::{
    Colour, Fanout, JsonSink, LogFilesSink, Look, Pause, PlainSink, QuietSink, Refresh, Sink, SinkError, TtySink,
};
use cirun_runner::record::Record;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::report_files::ReportFiles;
use crate::console;

/// The colours and width of the output.
pub(crate) fn look() -> Look {
    Look { colour: if console::color() { Colour::Always } else { Colour::Never }, width: console::width() }
}

/// The sinks of a run.
pub(crate) struct Opened {
    pub sinks: Fanout,
    /// Hides the progress bars, if there are any.
    pub pause: Option<Pause>,
}

/// Opens every sink of a run: `events` and `reports` are the files that a person asked for.
pub(crate) fn open(
    progress: ProgressMode,
    events: Option<&Path>,
    reports: ReportFiles,
    record: &Record,
) -> Result<Opened, Failure> {
    let mut pause = None;
    let look = look();
    let mut sinks = Fanout::new().with(JsonSink::new(create(&record.events())?)).with(LogFilesSink::new(record.logs()));
    let tty = progress == ProgressMode::Tty || (progress == ProgressMode::Auto && console::is_terminal());
    match progress {
        ProgressMode::Auto | ProgressMode::Tty if tty => {
            let sink =
                TtySink::new(::console::Term::buffered_stderr(), look.colour, Refresh::default(), Timestamp::now);
            let sink = sink.map_err(|error| Failure::new(FailureKind::Bug, with_causes(&error)))?;
            pause = Some(sink.pause());
            sinks.push(Box::new(sink));
        }
        ProgressMode::Auto | ProgressMode::Tty | ProgressMode::Plain => {
            sinks.push(Box::new(PlainSink::new(io::stderr(), look)));
        }
        ProgressMode::Json => sinks.push(Box::new(JsonSink::new(io::stdout()))),
        ProgressMode::Quiet => sinks.push(Box::new(QuietSink::new(io::stderr(), look))),
    }
    if let Some(path) = events {
        sinks.push(Box::new(JsonSink::new(create(path)?)));
    }
    reports.add_to(&mut sinks)?;
    Ok(Opened { sinks, pause })
}

/// Creates an output file.
pub(crate) fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    File::create(path)
        .map(BufWriter::new)
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
}

/// Feeds the sinks on a separate thread until the events end. If a sink fails, stops the run.
pub(crate) fn feed(
    mut sinks: Fanout,
    mut events: mpsc::Receiver<Event>,
    stop: CancellationToken,
) -> JoinHandle<Result<(), SinkError>> {
    thread::spawn(move || {
        let mut result = Ok(());
        while let Some(event) = events.blocking_recv() {
            // After an error, the other sinks still show how the run ends.
            if let (Err(error), Ok(())) = (sinks.consume(&event), &result) {
                result = Err(error);
                stop.cancel();
            }
        }
        result
    })
}
