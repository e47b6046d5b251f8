//! The records of earlier runs.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use cirun_diagnostics::Failure;
use cirun_engine::{Event, EventKind, Outcome};
use cirun_project::Paths;
use cirun_report::read_event;
use jiff::Timestamp;

use super::{ARTIFACTS, EMULATOR, EVENTS, Invocation, PLAN, invocation};
use crate::gateway::REQUEST_LOG;

/// Number of bytes to read from the end of a file to find its last event.
const TAIL_BYTES: u64 = 64 * 1024;

/// The records in a directory.
#[derive(Debug)]
pub struct History {
    directory: PathBuf,
}

/// A run that has begun.
#[derive(Debug)]
pub struct RecordedRun {
    /// The run's id.
    pub id: String,
    /// The pipeline's identifier.
    pub pipeline: String,
    /// When the run began.
    pub started: Timestamp,
    /// The identifiers of its stages.
    pub stages: Vec<String>,
    /// How the run ended. `None` if it was killed, or still goes on.
    pub end: Option<End>,
    directory: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// cirun's exit code.
    pub exit_code: u8,
    /// How long the run took.
    pub elapsed: Duration,
}

impl History {
    /// The user's records.
    pub fn of(paths: &Paths) -> Self {
        Self { directory: paths.runs() }
    }

    /// The records in `directory`.
    pub fn below(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// The runs, newest first. Leaves out records without events, of runs that ended before their first step.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn runs(&self) -> Result<Vec<RecordedRun>, Failure> {
        let failed = |error: io::Error| Failure::io(self.directory.display(), error);
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            runs.extend(RecordedRun::read(entry.path(), &entry.file_name().to_string_lossy()));
        }
        runs.sort_by(|one, other| (other.started, &other.id).cmp(&(one.started, &one.id)));
        Ok(runs)
    }

    /// The runs whose ids begin with `start`.
    pub fn beginning_with(&self, start: &str) -> Result<Vec<RecordedRun>, Failure> {
        let mut runs = self.runs()?;
        runs.retain(|run| run.id.starts_with(start));
        Ok(runs)
    }

    /// The run whose id is or begins with `id`; the newest run if `id` is `None`.
    ///
    /// # Errors
    /// There is no such run, or `id` is ambiguous.
    pub fn find(&self, id: Option<&str>) -> Result<RecordedRun, Failure> {
        let Some(id) = id else {
            let none = || Failure::usage("no run is recorded").help("`cirun local` runs a pipeline");
            return self.runs()?.into_iter().next().ok_or_else(none);
        };
        let mut runs = self.beginning_with(id)?;
        if let Some(exact) = runs.iter().position(|run| run.id == id) {
            return Ok(runs.swap_remove(exact));
        }
        match runs.len() {
            1 => Ok(runs.swap_remove(0)),
            0 => Err(Failure::usage(format!("no run `{id}` is recorded")).help("`cirun runs` lists them")),
            count => Err(Failure::usage(format!("{count} runs begin with `{id}`"))
                .help(format!("they are {}", runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>().join(", ")))),
        }
    }
}

impl RecordedRun {
    /// The directory of its uploads.
    pub fn artifacts(&self) -> PathBuf {
        self.directory.join(ARTIFACTS)
    }

    /// The request log of its emulated AWS. The file does not exist if AWS was not called.
    pub fn request_log(&self) -> PathBuf {
        self.directory.join(EMULATOR).join(REQUEST_LOG)
    }

    fn read(directory: PathBuf, id: &str) -> Option<Self> {
        let mut file = File::open(directory.join(EVENTS)).ok()?;
        let mut first = String::new();
        BufReader::new(&file).read_line(&mut first).ok()?;
        let Event { at, kind: EventKind::RunStarted { pipeline, stages, .. } } = read_event(&first).ok()?? else {
            return None;
        };
        let end = match last_event(&mut file)?.kind {
            EventKind::RunFinished { outcome, exit_code, elapsed } => Some(End { outcome, exit_code, elapsed }),
            _ => None,
        };
        let stages = stages.into_iter().map(|(stage, _)| stage.0).collect();
        Some(Self { id: id.to_owned(), pipeline, started: at, stages, end, directory })
    }

    /// All events. A last line without an end is left out, as cirun was killed while it wrote it.
    ///
    /// # Errors
    /// The file cannot be read, or an event is invalid.
    pub fn events(&self) -> Result<Vec<Event>, Failure> {
        let path = self.directory.join(EVENTS);
        let text = fs::read_to_string(&path).map_err(|error| Failure::io(path.display(), error))?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut events = Vec::new();
        for (index, line) in whole.lines().enumerate() {
            let event = read_event(line).map_err(|error| {
                Failure::input(format!("{}:{}: {error}", path.display(), index + 1))
                    .help("the record was changed, or is of another version of cirun")
            })?;
            events.extend(event);
        }
        Ok(events)
    }

    /// All events. If the run was killed, an end is added after the last one.
    ///
    /// # Errors
    /// As of [`RecordedRun::events`].
    pub fn events_to_the_end(&self) -> Result<Vec<Event>, Failure> {
        let mut events = self.events()?;
        if self.end.is_none() {
            let at = events.last().map_or(self.started, |event| event.at);
            let elapsed = Duration::try_from(at.duration_since(self.started)).unwrap_or_default();
            // A placeholder: no report shows the code.
            let (outcome, exit_code) = (Outcome::Aborted, 1);
            events.push(Event { at, kind: EventKind::RunFinished { outcome, exit_code, elapsed } });
        }
        Ok(events)
    }

    /// How the run was started.
    ///
    /// # Errors
    /// The file cannot be read, so the run cannot be repeated.
    pub fn invocation(&self) -> Result<Invocation, Failure> {
        let path = self.directory.join(invocation::FILE);
        let unusable = |reason: String| {
            Failure::input(format!("run {} cannot be run again: {}: {reason}", self.id, path.display()))
                .help("`cirun local` starts a new run")
        };
        let text = fs::read_to_string(&path).map_err(|error| unusable(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
    }

    /// The full paths of its foreground steps, in the order of the plan.
    ///
    /// # Errors
    /// The recorded plan cannot be read.
    pub fn planned_steps(&self) -> Result<Vec<String>, Failure> {
        let path = self.directory.join(PLAN);
        let text = fs::read_to_string(&path).map_err(|error| Failure::io(path.display(), error))?;
        let plan: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
        let mut steps = Vec::new();
        for stage in plan["stages"].as_array().into_iter().flatten() {
            paths_of(&stage["execution"], &mut steps);
        }
        Ok(steps)
    }
}

/// Collects the paths of the steps in the nodes of a plan.
fn paths_of(nodes: &serde_json::Value, steps: &mut Vec<String>) {
    for node in nodes.as_array().into_iter().flatten() {
        steps.extend(node["step"]["path"].as_str().map(str::to_owned));
        paths_of(&node["group"]["steps"], steps);
        paths_of(&node["parallel"], steps);
    }
}

/// The last whole event of a file.
fn last_event(file: &mut File) -> Option<Event> {
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().rev().find_map(|line| read_event(line).ok().flatten())
}
