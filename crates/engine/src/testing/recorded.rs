//! Runs a plan on a fake backend and writes its events as text.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use cirun_plan::Plan;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::FakeBackend;
use crate::{
    Answer, Cancellation, Clock, Config, Engine, Event, EventKind, FailureHook, LookAhead, MaskedLine, Question,
    RunResult, ServiceRules, Stream,
};

/// The settings of a test's run. Its clock is tokio's, which tests pause.
#[derive(Debug)]
pub struct Runner {
    backend: FakeBackend,
    answers: Option<Vec<(Duration, Answer)>>,
    visits: Option<Duration>,
    cancel: Vec<Duration>,
    look_ahead: LookAhead,
    stop_listening: bool,
    services: ServiceRules,
}

/// A finished run.
#[derive(Debug)]
pub struct Recorded {
    /// The events.
    pub events: Vec<Event>,
    /// The result.
    pub result: RunResult,
    /// The backend, with its calls.
    pub backend: Arc<FakeBackend>,
    /// The failed steps that were visited, and their reasons.
    pub visits: Vec<String>,
}

impl Runner {
    /// Uses `backend`, without answers and without look-ahead.
    pub fn new(backend: FakeBackend) -> Self {
        Self {
            backend,
            answers: None,
            visits: None,
            cancel: Vec::new(),
            look_ahead: LookAhead { steps: 0, memory: u64::MAX },
            stop_listening: false,
            services: ServiceRules::default(),
        }
    }

    /// Answers the next question after this number of seconds.
    #[must_use]
    pub fn answers(mut self, after_seconds: u64, answer: Answer) -> Self {
        self.answers.get_or_insert_default().push((Duration::from_secs(after_seconds), answer));
        self
    }

    /// Visits each failed step for this number of seconds.
    #[must_use]
    pub fn visits_for(mut self, seconds: u64) -> Self {
        self.visits = Some(Duration::from_secs(seconds));
        self
    }

    /// Sends the first or second Ctrl-C after this number of seconds.
    #[must_use]
    pub fn cancels_after(mut self, seconds: u64) -> Self {
        self.cancel.push(Duration::from_secs(seconds));
        self
    }

    /// Prepares this number of steps ahead.
    #[must_use]
    pub fn look_ahead(mut self, steps: usize) -> Self {
        self.look_ahead.steps = steps;
        self
    }

    /// The memory that limits of prepared and running steps may reach together.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.look_ahead.memory = bytes;
        self
    }

    /// Sets how steps wait for services.
    #[must_use]
    pub fn services(mut self, rules: ServiceRules) -> Self {
        self.services = rules;
        self
    }

    /// Drops the receiver of events.
    #[must_use]
    pub fn stops_listening(mut self) -> Self {
        self.stop_listening = true;
        self
    }

    /// Runs the plan to its end. Panics if the backend was called out of order.
    pub async fn run(self, plan: &Plan) -> Recorded {
        let backend = Arc::new(self.backend);
        let (sender, mut receiver) = mpsc::channel(8);
        let events = tokio::spawn(async move {
            let mut events = Vec::new();
            while let (false, Some(event)) = (self.stop_listening, receiver.recv().await) {
                events.push(event);
            }
            events
        });
        let cancel = Cancellation::default();
        let tokens = [cancel.first.clone(), cancel.second.clone()];
        for (after, token) in self.cancel.into_iter().zip(tokens) {
            tokio::spawn(async move {
                sleep(after).await;
                token.cancel();
            });
        }
        let config = config(self.answers.map(answering), self.look_ahead, self.services);
        let visits: Arc<Mutex<Vec<String>>> = Arc::default();
        let on_failure = self.visits.map(|duration| visiting(duration, Arc::clone(&visits)));
        let engine = Engine::new(Arc::clone(&backend), Config { on_failure, ..config });
        let result = engine.run(plan, sender, cancel).await;
        let events = events.await.expect("collecting events does not panic");
        let violations = backend.violations();
        assert!(violations.is_empty(), "calls out of order: {violations:#?}\n{:#?}", backend.calls());
        let visits = visits.lock().expect("no test panics while it holds this").clone();
        Recorded { events, result, backend, visits }
    }
}

fn config(questions: Option<mpsc::Sender<Question>>, look_ahead: LookAhead, services: ServiceRules) -> Config {
    let began = Instant::now();
    let exit_code = |result: &RunResult| match (&result.error, result.cancelled) {
        (Some(_), _) => 4,
        (None, true) => 130,
        (None, false) => u8::from(!result.outcome.is_positive()),
    };
    Config {
        run: "r1".to_owned(),
        version: "0.1.0".to_owned(),
        grace: Duration::from_secs(10),
        cleanup_deadline: Duration::from_secs(20),
        look_ahead,
        tail_lines: 2,
        services,
        clock: Clock::new(move || {
            Timestamp::UNIX_EPOCH + SignedDuration::try_from(began.elapsed()).unwrap_or_default()
        }),
        questions,
        on_failure: None,
        earlier: None,
        plan_again: None,
        after_stage: Arc::new(|_| Vec::new()),
        exit_code: Arc::new(exit_code),
    }
}

fn answering(answers: Vec<(Duration, Answer)>) -> mpsc::Sender<Question> {
    let (sender, mut questions) = mpsc::channel::<Question>(1);
    tokio::spawn(async move {
        for (after, answer) in answers {
            let Some(question) = questions.recv().await else { return };
            sleep(after).await;
            let _too_late = question.reply.send(answer);
        }
        // Later questions get no answer.
        let mut unanswered = Vec::new();
        while let Some(question) = questions.recv().await {
            unanswered.push(question);
        }
    });
    sender
}

fn visiting(duration: Duration, visits: Arc<Mutex<Vec<String>>>) -> mpsc::Sender<FailureHook> {
    let (sender, mut receiver) = mpsc::channel::<FailureHook>(1);
    tokio::spawn(async move {
        while let Some(visit) = receiver.recv().await {
            visits
                .lock()
                .expect("no test panics while it holds this")
                .push(format!("{}: {}", visit.step.path, visit.reason));
            sleep(duration).await;
        }
    });
    sender
}

impl Recorded {
    /// The events, one a line, with the seconds since the start where they are not 0.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for event in &self.events {
            let seconds = event.at.as_second();
            let at = if seconds == 0 { String::new() } else { format!("{seconds}s ") };
            for line in lines(&event.kind) {
                writeln!(text, "{at}{line}").expect("writing to a string cannot fail");
            }
        }
        text
    }

    /// Only the ends of steps, stages and the run.
    pub fn ends(&self) -> String {
        let is_end = |text: &&str| text.contains("finished");
        self.text().lines().filter(is_end).collect::<Vec<_>>().join("\n")
    }

    /// The backend's calls, in one line.
    pub fn calls(&self) -> String {
        self.backend.calls().join(", ")
    }
}

fn lines(kind: &EventKind) -> Vec<String> {
    let EventKind::StepOutput { step, stream, lines } = kind else { return vec![line(kind)] };
    let mark = match stream {
        Stream::Stdout => "|",
        Stream::Stderr => "!",
    };
    lines.iter().map(|line| format!("step_output {step} {mark} {line}")).collect()
}

fn line(kind: &EventKind) -> String {
    match kind {
        EventKind::RunStarted { pipeline, stages, .. } => {
            let stages: Vec<_> = stages.iter().map(|(id, steps)| format!("{id}:{steps}")).collect();
            format!("run_started {pipeline} {}", stages.join(" "))
        }
        EventKind::Diagnostic { code, severity, message, step } => {
            let step = step.as_ref().map(|step| format!(" {step}")).unwrap_or_default();
            format!("diagnostic{step} {severity} {code}: {message}")
        }
        EventKind::ImagePull { image, state } => format!("image_pull {image} {state:?}"),
        EventKind::StageStarted { stage } => format!("stage_started {stage}"),
        EventKind::ServiceStarted { step, addresses } => format!("service_started {step} {}", addresses.join(" ")),
        EventKind::ServiceReady { step, after } => format!("service_ready {step} {after:?}"),
        EventKind::ServiceExited { step, exit_code, reason, tail } => {
            format!("service_exited {step} exit={exit_code}{}{}", reason_text(reason.as_deref()), tail_text(tail))
        }
        EventKind::StepStarted { step, attempt, .. } => format!("step_started {step} #{attempt}"),
        EventKind::StepOutput { step, .. } => format!("step_output {step}"),
        EventKind::StepFinished { step, outcome, exit_code, reason, elapsed, outputs, tests, tail } => {
            let mut text = format!("step_finished {step} {}", outcome.as_str());
            text.extend(exit_code.map(|code| format!(" exit={code}")));
            text.extend((!elapsed.is_zero()).then(|| format!(" in {elapsed:?}")));
            text.extend((!outputs.is_empty()).then(|| format!(" outputs={outputs:?}")));
            text.extend(
                tests.as_ref().map(|tests| format!(" tests={}/{} {:?}", tests.passed, tests.total, tests.failures)),
            );
            text + &reason_text(reason.as_deref()) + &tail_text(tail)
        }
        EventKind::StageFinished { stage, outcome, .. } => format!("stage_finished {stage} {}", outcome.as_str()),
        EventKind::RunFinished { outcome, exit_code, .. } => {
            format!("run_finished {} exit={exit_code}", outcome.as_str())
        }
    }
}

fn reason_text(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn tail_text(tail: &[MaskedLine]) -> String {
    let lines: Vec<_> = tail.iter().map(MaskedLine::as_str).collect();
    if lines.is_empty() { String::new() } else { format!(" tail={lines:?}") }
}
