//! Writes the lines of each step and service to a text file of its own, for the record of the run.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
};

use cirun_engine::{Event, EventKind, MaskedLines};
use cirun_plan::StepPath;

use crate::{Sink, SinkError};

const WHAT: &str = "the log of a step";

/// Writes `STAGE/STEP.log` in a directory, for every step and service that prints something.
pub struct LogFilesSink {
    directory: PathBuf,
    /// The files of the running stage.
    files: HashMap<StepPath, File>,
    stage: PathBuf,
}

impl LogFilesSink {
    /// Writes to `directory`, which is created when the first step prints.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        Self { stage: directory.clone(), directory, files: HashMap::new() }
    }

    /// Writes the lines at once, so that a reader of the file sees them.
    fn write(&mut self, step: &StepPath, lines: &MaskedLines) -> io::Result<()> {
        let file = match self.files.entry(step.clone()) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => {
                fs::create_dir_all(&self.stage)?;
                let file = File::create(self.stage.join(format!("{step}.log")))?;
                place.insert(file)
            }
        };
        file.write_all(lines.text().as_bytes())
    }
}

impl Sink for LogFilesSink {
    fn consume(&mut self, event: &Event) -> Result<(), SinkError> {
        let written = match &event.kind {
            EventKind::StageStarted { stage } => {
                self.stage = self.directory.join(&stage.0);
                Ok(())
            }
            EventKind::StepOutput { step, lines, .. } => self.write(step, lines),
            EventKind::StageFinished { .. } => {
                self.files.clear();
                Ok(())
            }
            EventKind::RunStarted { .. }
            | EventKind::Diagnostic { .. }
            | EventKind::ImagePull { .. }
            | EventKind::ServiceStarted { .. }
            | EventKind::ServiceReady { .. }
            | EventKind::ServiceExited { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepFinished { .. }
            | EventKind::RunFinished { .. } => Ok(()),
        };
        written.map_err(SinkError::write(WHAT))
    }
}

#[cfg(test)]
mod tests {
    use cirun_engine::{Outcome, Stream};
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
                    lines: MaskedLines::from_masked([line]),
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
