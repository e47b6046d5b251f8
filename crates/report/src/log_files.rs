//! Writes the lines of each step and service to a text file of its own, for the record of the run.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use cirun_engine::{Event, EventKind};
use cirun_plan::StepPath;

use crate::{Sink, SinkError};

const WHAT: &str = "the log of a step";

/// Writes `STAGE/STEP.log` in a directory, for every step and service that prints something.
pub struct LogFilesSink {
    directory: PathBuf,
    /// The files of the running stage.
    files: HashMap<StepPath, BufWriter<File>>,
    stage: PathBuf,
}

impl LogFilesSink {
    /// Writes to `directory`, which is created when the first step prints.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        Self { stage: directory.clone(), directory, files: HashMap::new() }
    }

    fn write(&mut self, step: &StepPath, line: &str) -> io::Result<()> {
        let file = match self.files.entry(step.clone()) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => {
                fs::create_dir_all(&self.stage)?;
                let file = File::create(self.stage.join(format!("{step}.log")))?;
                place.insert(BufWriter::new(file))
            }
        };
        writeln!(file, "{line}")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.files.values_mut().try_for_each(Write::flush)
    }
}

impl Sink for LogFilesSink {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let written = match &event.kind {
            EventKind::StageStarted { stage } => {
                self.stage = self.directory.join(&stage.0);
                Ok(())
            }
            EventKind::StepOutput { step, line, .. } => self.write(step, line.as_str()),
            // The last lines of a service are read when a failed step is examined.
            EventKind::StepFinished { .. } | EventKind::ServiceExited { .. } => self.flush(),
            EventKind::StageFinished { .. } => {
                let flushed = self.flush();
                self.files.clear();
                flushed
            }
            EventKind::RunStarted { .. }
            | EventKind::Diagnostic { .. }
            | EventKind::ImagePull { .. }
            | EventKind::ServiceStarted { .. }
            | EventKind::ServiceReady { .. }
            | EventKind::StepStarted { .. }
            | EventKind::RunFinished { .. } => Ok(()),
        };
        written.map_err(SinkError::write(WHAT))
    }
}

#[cfg(test)]
mod tests {
    use cirun_engine::{MaskedLine, Outcome, Stream};
    use cirun_plan::StageId;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_file_for_each_step_of_each_stage() {
        let directory = tempfile::tempdir().unwrap();
        let mut sink = LogFilesSink::new(directory.path().join("logs"));
        let mut emit = |kind| sink.consume(&Event { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
        for stage in ["build", "test"] {
            emit(EventKind::StageStarted { stage: StageId(stage.to_owned()) });
            for (step, line) in [("db", "up"), ("g.unit", "ok"), ("db", stage)] {
                emit(EventKind::StepOutput {
                    step: StepPath::new(stage, [step]),
                    stream: Stream::Stdout,
                    line: MaskedLine::from_masked(line),
                });
            }
            emit(EventKind::StageFinished {
                stage: StageId(stage.to_owned()),
                outcome: Outcome::Succeeded,
                elapsed: std::time::Duration::ZERO,
            });
        }
        let read = |path: &str| fs::read_to_string(directory.path().join("logs").join(path)).unwrap();
        assert_eq!((read("build/db.log"), read("test/db.log")), ("up\nbuild\n".to_owned(), "up\ntest\n".to_owned()));
        assert_eq!(read("build/g.unit.log"), "ok\n");
    }
}
