//! The state of a run so far, gathered from its events. Summaries and reports are made from it.

use std::time::Duration;

use cirun_diagnostics::Severity;
use cirun_engine::{ENDED_EARLY, Event, EventKind, MaskedLine, MaskedLines, Outcome, TestSummary};
use cirun_plan::{Profile, StageId, StepPath};
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::{hint::first_error, log::Log};

/// The Harness type of services.
pub(crate) const BACKGROUND: &str = "Background";

/// A run.
#[derive(Debug)]
pub(crate) struct RunRecord {
    pub(crate) header: Option<Header>,
    pub(crate) stages: Vec<StageRecord>,
    pub(crate) notes: Vec<Note>,
    pub(crate) finish: Option<RunFinish>,
    keep_lines: usize,
}

/// The contents of `run_started`.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) at: Timestamp,
    pub(crate) run: String,
    pub(crate) pipeline: String,
    pub(crate) version: String,
    pub(crate) profile: Profile,
    pub(crate) stages: Vec<(StageId, usize)>,
}

/// A diagnostic.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) severity: Severity,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) step: Option<StepPath>,
}

/// How the run ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunFinish {
    pub(crate) outcome: Outcome,
    pub(crate) exit_code: u8,
    pub(crate) elapsed: Duration,
}

/// A stage with its steps and services, in the order of their first events.
#[derive(Debug)]
pub(crate) struct StageRecord {
    pub(crate) id: String,
    pub(crate) entries: IndexMap<StepPath, Entry>,
    pub(crate) finish: Option<StageFinish>,
}

/// How a stage ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StageFinish {
    pub(crate) outcome: Outcome,
    pub(crate) elapsed: Duration,
}

/// A step or a service.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) started: Option<Timestamp>,
    pub(crate) log: Log,
    /// The first line that looks like an error.
    pub(crate) first_error: Option<String>,
    pub(crate) state: State,
    /// The tests of a service's reports.
    service_tests: Option<TestSummary>,
}

/// Details that only steps, or only services, have.
#[derive(Debug)]
pub(crate) enum State {
    Service { ready_after: Option<Duration>, end: Option<ServiceEnd> },
    Step { step_type: String, attempt: u32, finish: Option<StepFinish> },
}

/// A service ended by itself.
#[derive(Debug)]
pub(crate) struct ServiceEnd {
    pub(crate) at: Timestamp,
    pub(crate) exit_code: i64,
    pub(crate) reason: Option<String>,
    pub(crate) tail: Vec<MaskedLine>,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) struct StepFinish {
    pub(crate) at: Timestamp,
    pub(crate) outcome: Outcome,
    pub(crate) exit_code: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) elapsed: Duration,
    pub(crate) tests: Option<TestSummary>,
    pub(crate) tail: Vec<MaskedLine>,
}

impl RunRecord {
    /// An empty record; it keeps the last `keep_lines` lines of each step.
    pub(crate) fn new(keep_lines: usize) -> Self {
        Self { header: None, stages: Vec::new(), notes: Vec::new(), finish: None, keep_lines }
    }

    pub(crate) fn apply(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { run, pipeline, version, profile, stages } => {
                self.header = Some(Header {
                    at: event.at,
                    run: run.clone(),
                    pipeline: pipeline.clone(),
                    version: version.clone(),
                    profile: *profile,
                    stages: stages.clone(),
                });
            }
            EventKind::Diagnostic { code, severity, message, step } => {
                let (code, message, step) = (code.clone(), message.clone(), step.clone());
                self.notes.push(Note { severity: *severity, code, message, step });
            }
            EventKind::ImagePull { .. } => {}
            EventKind::StageStarted { stage } => self.stages.push(StageRecord::new(&stage.0)),
            EventKind::ServiceStarted { step, .. } => {
                self.entry(step).start(event.at, State::Service { ready_after: None, end: None });
            }
            EventKind::ServiceReady { step, after } => {
                if let State::Service { ready_after, .. } = &mut self.entry(step).state {
                    *ready_after = Some(*after);
                }
            }
            EventKind::ServiceExited { step, exit_code, reason, tail } => {
                if let State::Service { end, .. } = &mut self.entry(step).state {
                    let (exit_code, reason, tail) = (*exit_code, reason.clone(), tail.clone());
                    *end = Some(ServiceEnd { at: event.at, exit_code, reason, tail });
                }
            }
            EventKind::StepStarted { step, step_type, attempt } => {
                let state = State::Step { step_type: step_type.clone(), attempt: *attempt, finish: None };
                self.entry(step).start(event.at, state);
            }
            EventKind::StepOutput { step, lines, .. } => self.entry(step).print(lines),
            EventKind::StepFinished { step, .. } => self.entry(step).finish_with(StepFinish::of(event)),
            EventKind::StageFinished { outcome, elapsed, .. } => {
                self.stage().finish = Some(StageFinish { outcome: *outcome, elapsed: *elapsed });
            }
            EventKind::RunFinished { outcome, exit_code, elapsed } => {
                self.finish = Some(RunFinish { outcome: *outcome, exit_code: *exit_code, elapsed: *elapsed });
            }
        }
    }

    /// The running stage; events before any stage get one without a name.
    fn stage(&mut self) -> &mut StageRecord {
        if self.stages.is_empty() {
            self.stages.push(StageRecord::new(""));
        }
        let last = self.stages.len() - 1;
        &mut self.stages[last]
    }

    fn entry(&mut self, path: &StepPath) -> &mut Entry {
        let keep_lines = self.keep_lines;
        self.stage().entries.entry(path.clone()).or_insert_with(|| Entry {
            started: None,
            log: Log::new(keep_lines),
            first_error: None,
            state: State::Step { step_type: String::new(), attempt: 1, finish: None },
            service_tests: None,
        })
    }

    /// A step or service of the running stage, and its number there.
    pub(crate) fn find(&self, path: &StepPath) -> Option<(usize, &Entry)> {
        let (number, _, entry) = self.stages.last()?.entries.get_full(path)?;
        Some((number, entry))
    }

    /// The time since the run began.
    pub(crate) fn since_start(&self, at: Timestamp) -> Duration {
        self.header.as_ref().map_or(Duration::ZERO, |header| between(header.at, at))
    }
}

/// The time from `start` to `end`; zero if the clock went back.
pub(crate) fn between(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or_default()
}

impl StageRecord {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned(), entries: IndexMap::new(), finish: None }
    }
}

impl Entry {
    fn start(&mut self, at: Timestamp, state: State) {
        self.started = Some(at);
        self.first_error = None;
        self.service_tests = None;
        self.state = state;
    }

    /// CI reports every started service as successful (background.started); here its own end is more precise, and the
    /// decision of its failure strategy most of all.
    fn finish_with(&mut self, ended: Option<StepFinish>) {
        match (&mut self.state, ended) {
            (State::Step { finish, .. }, ended) => *finish = ended,
            (State::Service { .. }, Some(StepFinish { outcome: Outcome::Succeeded, reason, tests, .. }))
                if reason.as_deref().is_none_or(|reason| reason.starts_with(ENDED_EARLY)) =>
            {
                self.service_tests = tests;
            }
            (State::Service { .. }, None) => {}
            (State::Service { .. }, ended @ Some(_)) => {
                self.state = State::Step { step_type: BACKGROUND.to_owned(), attempt: 1, finish: ended };
            }
        }
    }

    fn print(&mut self, lines: &MaskedLines) {
        lines.iter().for_each(|line| self.log.push(line));
        if self.first_error.is_none() {
            self.first_error = first_error(lines).map(str::to_owned);
        }
    }

    pub(crate) fn is_service(&self) -> bool {
        matches!(self.state, State::Service { .. })
    }

    /// When it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        match &self.state {
            State::Service { end, .. } => end.as_ref().map(|end| end.at),
            State::Step { finish, .. } => finish.as_ref().map(|finish| finish.at),
        }
    }

    /// The tests of the reports of a step that has ended, or of a service whose stage has.
    pub(crate) fn tests(&self) -> Option<&TestSummary> {
        self.service_tests.as_ref().or_else(|| self.finish()?.tests.as_ref())
    }

    /// How the step ended, if this is a step and it has.
    pub(crate) fn finish(&self) -> Option<&StepFinish> {
        match &self.state {
            State::Service { .. } => None,
            State::Step { finish, .. } => finish.as_ref(),
        }
    }
}

impl StepFinish {
    fn of(event: &Event) -> Option<Self> {
        let EventKind::StepFinished { outcome, exit_code, reason, elapsed, tests, tail, .. } = &event.kind else {
            return None;
        };
        Some(Self {
            at: event.at,
            outcome: *outcome,
            exit_code: *exit_code,
            reason: reason.clone(),
            elapsed: *elapsed,
            tests: tests.clone(),
            tail: tail.clone(),
        })
    }
}
