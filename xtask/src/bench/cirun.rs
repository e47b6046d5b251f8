//! Runs the measured cirun.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::{peak, pipelines};
use crate::{engine::Engine, project, sh::Cmd};

/// The kinds of infrastructure that the stages run on: on the first, each container has a network namespace of its own.
pub(super) const PROFILES: [&str; 2] = ["cloud", "kubernetes"];

/// The measured program, and the engine that it uses.
pub(super) struct Cirun<'a> {
    pub(super) binary: &'a Path,
    pub(super) engine: &'a Engine,
}

/// How step containers start.
#[derive(Clone, Copy)]
pub(super) enum Isolation {
    Gate,
    Plain,
}

impl Cirun<'_> {
    /// The time of `cirun local FILE` from start to exit.
    pub(super) fn stage(&self, file: &Path, profile: &str, isolation: Isolation) -> Result<Duration> {
        let started = Instant::now();
        let output = self.local(file, profile, isolation)?.output()?;
        let elapsed = started.elapsed();
        if !output.status.success() {
            bail!("cirun failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(elapsed)
    }

    /// The maximum resident memory of `cirun local FILE` in kilobytes.
    pub(super) fn memory(&self, file: &Path, profile: &str) -> Result<Option<u64>> {
        peak(self.local(file, profile, Isolation::Gate)?.into_inner())
    }

    fn local(&self, file: &Path, profile: &str, isolation: Isolation) -> Result<Cmd> {
        let isolation = match isolation {
            Isolation::Gate => "gate",
            Isolation::Plain => "plain",
        };
        let words = ["local", "--trust", "--infra", profile, "--isolation", isolation, "--progress", "quiet"];
        let command = Cmd::new(self.binary).args(words).arg(file).dir(&pipelines::repository()?);
        let command = self.environment()?.into_iter().fold(command, |command, (name, value)| command.env(&name, value));
        Ok(command.env("DOCKER_HOST", self.engine.host()))
    }

    /// The records of the measured runs are not the user's.
    fn environment(&self) -> Result<Vec<(String, OsString)>> {
        let state: PathBuf = project::cache_dir("bench")?.join("state");
        let secrets = (0..SECRETS).map(|number| (format!("CIRUN_SECRET_SECRET_{number}"), secret(number).into()));
        Ok(std::iter::once(("XDG_STATE_HOME".to_owned(), state.into())).chain(secrets).collect())
    }
}

/// The number of secrets that are masked where a benchmark needs some.
pub(super) const SECRETS: u32 = 50;

/// The value of the secret `SECRET_<number>`.
pub(super) fn secret(number: u32) -> String {
    format!("correct-horse-battery-{number:03}")
}

/// `command`, measured from start to exit.
pub(super) fn timed(command: Cmd) -> Result<Duration> {
    let started = Instant::now();
    command.read()?;
    Ok(started.elapsed())
}
