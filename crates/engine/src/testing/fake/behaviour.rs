//! The behaviour of a scripted step.

use std::time::Duration;

use bytes::Bytes;
use tokio::{sync::mpsc, time::sleep};

use crate::{
    BackendError, EventKind, Exit, MissedReport, OutputChunk, OutputFiles, Readiness, ReportFile, Reports, StepIo,
    Stream,
};

/// The behaviour of one attempt of a step.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    output: Vec<(Duration, OutputChunk)>,
    takes: Duration,
    end: End,
    obeys: Obeys,
    preparing: Duration,
    cannot_prepare: bool,
    ready: Becomes,
    pub(super) cause: Option<String>,
    pub(super) files: OutputFiles,
    reports: Vec<ReportFile>,
    hides_reports: bool,
}

#[derive(Debug, Clone, Default)]
enum End {
    /// A step ends with exit code 0, a service does not end.
    #[default]
    Natural,
    Exit(Exit),
    NoImage,
    Broken,
    Panic,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Becomes {
    /// Unknown.
    #[default]
    Unknown,
    ReadyAfter(Duration),
    Never,
    Unwatched,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Obeys {
    #[default]
    Stop,
    Kill,
    Nothing,
}

/// A step that ends at once with exit code 0.
pub fn behaves() -> Behaviour {
    Behaviour::default()
}

impl Behaviour {
    /// Prints a line.
    #[must_use]
    pub fn prints(self, line: &str) -> Self {
        self.writes(0, Stream::Stdout, format!("{line}\n").as_bytes())
    }

    /// Prints a line to standard error.
    #[must_use]
    pub fn complains(self, line: &str) -> Self {
        self.writes(0, Stream::Stderr, format!("{line}\n").as_bytes())
    }

    /// Writes bytes after a delay.
    #[must_use]
    pub fn writes(mut self, after_seconds: u64, stream: Stream, bytes: &[u8]) -> Self {
        let chunk = OutputChunk { stream, bytes: Bytes::copy_from_slice(bytes) };
        self.output.push((Duration::from_secs(after_seconds), chunk));
        self
    }

    /// Takes this time, after its output.
    #[must_use]
    pub fn takes(mut self, seconds: u64) -> Self {
        self.takes = Duration::from_secs(seconds);
        self
    }

    /// Ends with an exit code.
    #[must_use]
    pub fn exits(mut self, code: i64) -> Self {
        self.end = End::Exit(Exit::Code { code, oom_killed: false });
        self
    }

    /// Is killed for its memory limit.
    #[must_use]
    pub fn runs_out_of_memory(mut self) -> Self {
        self.end = End::Exit(Exit::Code { code: 137, oom_killed: true });
        self
    }

    /// Cannot be started.
    #[must_use]
    pub fn cannot_start(mut self, code: i64, reason: &str) -> Self {
        self.end = End::Exit(Exit::NotStarted { code, reason: reason.to_owned() });
        self
    }

    /// Its image is not available.
    #[must_use]
    pub fn has_no_image(mut self) -> Self {
        self.end = End::NoImage;
        self
    }

    /// The engine breaks.
    #[must_use]
    pub fn breaks(mut self) -> Self {
        self.end = End::Broken;
        self
    }

    /// The backend panics.
    #[must_use]
    pub fn panics(mut self) -> Self {
        self.end = End::Panic;
        self
    }

    /// Ignores a stop, and ends only when it is killed.
    #[must_use]
    pub fn ignores_stop(mut self) -> Self {
        self.obeys = Obeys::Kill;
        self
    }

    /// Does not end even when it is killed.
    #[must_use]
    pub fn ignores_kill(mut self) -> Self {
        self.obeys = Obeys::Nothing;
        self
    }

    /// Takes this time to prepare or, for a service, to start.
    #[must_use]
    pub fn prepares_in(mut self, seconds: u64) -> Self {
        self.preparing = Duration::from_secs(seconds);
        self
    }

    /// Cannot be prepared, or, for a service, started.
    #[must_use]
    pub fn cannot_prepare(mut self) -> Self {
        self.cannot_prepare = true;
        self
    }

    /// Accepts connections this long after its start.
    #[must_use]
    pub fn ready_in(mut self, seconds: u64) -> Self {
        self.ready = Becomes::ReadyAfter(Duration::from_secs(seconds));
        self
    }

    /// Never accepts connections.
    #[must_use]
    pub fn never_ready(mut self) -> Self {
        self.ready = Becomes::Never;
        self
    }

    /// Cannot be watched.
    #[must_use]
    pub fn cannot_be_watched(mut self) -> Self {
        self.ready = Becomes::Unwatched;
        self
    }

    /// Its end has a cause that the backend knows.
    #[must_use]
    pub fn because(mut self, cause: &str) -> Self {
        self.cause = Some(cause.to_owned());
        self
    }

    /// Writes its output file.
    #[must_use]
    pub fn exports(mut self, text: &str) -> Self {
        self.files.outputs = Some(text.as_bytes().to_vec());
        self
    }

    /// Writes its file of secret outputs.
    #[must_use]
    pub fn exports_secretly(mut self, text: &str) -> Self {
        self.files.secrets = Some(text.as_bytes().to_vec());
        self
    }

    /// Writes its artifact file.
    #[must_use]
    pub fn publishes(mut self, json: &str) -> Self {
        self.files.artifact = Some(json.as_bytes().to_vec());
        self
    }

    /// Leaves a report file.
    #[must_use]
    pub fn reports(mut self, path: &str, content: &str) -> Self {
        self.reports.push(ReportFile { path: path.to_owned(), content: content.as_bytes().to_vec() });
        self
    }

    /// Leaves reports that cannot be read.
    #[must_use]
    pub fn hides_reports(mut self) -> Self {
        self.hides_reports = true;
        self
    }

    pub(super) fn collect_reports(&self, globs: &[String]) -> Result<Reports, BackendError> {
        let missed = |path: &String| MissedReport { path: path.clone(), place: "in the workspace".to_owned() };
        match (self.hides_reports, self.reports.is_empty()) {
            (true, _) => Err(broken("reading the reports")),
            (false, true) => Ok(Reports { missed: globs.iter().map(missed).collect(), ..Reports::default() }),
            (false, false) => Ok(Reports { files: self.reports.clone(), ..Reports::default() }),
        }
    }

    pub(super) async fn start(&self, progress: mpsc::Sender<EventKind>) -> Result<(), BackendError> {
        let state = crate::ImageState::Present;
        let _nobody_listens = progress.send(EventKind::ImagePull { image: "busybox".to_owned(), state }).await;
        sleep(self.takes).await;
        self.ending().map(|_exit| ())
    }

    pub(super) async fn prepare(&self) -> Result<(), BackendError> {
        sleep(self.preparing).await;
        match self.cannot_prepare {
            true => Err(broken("preparing a step")),
            false => Ok(()),
        }
    }

    /// The time that a service needs before it starts.
    pub(super) fn get_image(&self) -> Result<(), BackendError> {
        match &self.end {
            End::NoImage => self.ending().map(|_exit| ()),
            End::Natural | End::Exit(_) | End::Broken | End::Panic => Ok(()),
        }
    }

    pub(super) async fn run(&self, io: &StepIo) -> Result<Exit, BackendError> {
        let stopped = async {
            match self.obeys {
                Obeys::Stop => io.stop.cancelled().await,
                Obeys::Kill => io.kill.cancelled().await,
                Obeys::Nothing => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stopped => Ok(Exit::Stopped),
            () = self.act(io) => Ok(self.ending()?.unwrap_or(Exit::Code { code: 0, oom_killed: false })),
        }
    }

    pub(super) async fn become_ready(&self, within: Duration) -> Result<Readiness, BackendError> {
        match self.ready {
            Becomes::Unknown => Ok(Readiness::Unknown),
            Becomes::Unwatched => Err(broken("watching a service")),
            Becomes::ReadyAfter(after) if after <= within => {
                sleep(after).await;
                Ok(Readiness::Ready)
            }
            Becomes::ReadyAfter(_) | Becomes::Never => {
                sleep(within).await;
                Ok(Readiness::NotInTime { missing: "nothing listens on port 5432".to_owned() })
            }
        }
    }

    /// A service's own end, if it has one.
    pub(super) async fn serve(&self, io: &StepIo) -> Option<Exit> {
        self.act(io).await;
        self.ending().ok().flatten()
    }

    async fn act(&self, io: &StepIo) {
        for (after, chunk) in &self.output {
            sleep(*after).await;
            let _nobody_listens = io.output.send(chunk.clone()).await;
        }
        sleep(self.takes).await;
    }

    fn ending(&self) -> Result<Option<Exit>, BackendError> {
        match &self.end {
            End::Natural => Ok(None),
            End::Exit(exit) => Ok(Some(exit.clone())),
            End::NoImage => Err(BackendError::Image { image: "busybox".to_owned(), reason: "no such tag".to_owned() }),
            End::Broken => Err(broken("running a step")),
            End::Panic => panic!("the script says so"),
        }
    }
}

fn broken(what: &str) -> BackendError {
    BackendError::Engine { what: what.to_owned(), reason: "the engine has gone".to_owned() }
}
