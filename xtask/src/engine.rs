//! `cargo xtask engine`: finds a Docker engine, or starts one.
//!
//! Every other command gets its engine from [`ensure`] and calls `docker` through [`Engine::docker`].

#[cfg(test)]
use anyhow::Context as _;
use anyhow::Result;

use crate::{
    project,
    sh::{self, Cmd},
};

mod daemon;
mod find;

/// Find a reachable Docker engine; install and start one if there is none.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Stop the local dockerd and start it again (its running containers end)
    #[arg(long)]
    restart: bool,
    /// Stop the local dockerd
    #[arg(long, conflicts_with = "restart")]
    stop: bool,
}

/// An engine that has responded.
pub(crate) struct Engine {
    /// As in `DOCKER_HOST`.
    host: String,
    /// How it was found, as text to print.
    found_by: String,
}

impl Engine {
    /// The docker CLI for this engine.
    pub(crate) fn docker(&self) -> Cmd {
        Cmd::new("docker").env("DOCKER_HOST", &self.host)
    }

    /// As in `DOCKER_HOST`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether `--privileged` can work: false if this host needs the runtime wrapper and the engine does not use it.
    pub(crate) fn runs_privileged(&self) -> Result<bool> {
        Ok(daemon::in_need_of_wrapper(self)?.is_empty())
    }

    fn describe(&self) -> Result<String> {
        let facts = self.docker().args(["version", "--format", "{{.Server.Version}}, API {{.Server.APIVersion}}"]);
        Ok(format!("engine: Docker {} at {} ({})", facts.read()?.trim(), self.host, self.found_by))
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.stop || args.restart {
        let _lock = project::lock("engine")?;
        daemon::stop()?;
    }
    if args.stop {
        return Ok(());
    }
    let engine = ensure()?;
    println!("{}", engine.describe()?);
    if !engine.runs_privileged()? {
        println!(
            "This host lacks a capability: `docker run --privileged` fails on this engine, which was started without\n\
             the runtime wrapper. `cargo xtask engine --restart` mends that (running containers end)."
        );
    }
    Ok(())
}

/// The engine that responds, for tests: they set nothing up.
///
/// # Errors
/// None answers.
#[cfg(test)]
pub(crate) fn answering() -> Result<Engine> {
    find::reachable()?.context("no engine answers: run `cargo xtask engine`")
}

/// The engine to use: found, or otherwise installed and started.
///
/// # Errors
/// A chosen engine does not respond, or none can be started: the error says what to do.
pub(crate) fn ensure() -> Result<Engine> {
    let _lock = project::lock("engine")?;
    if let Some(engine) = find::reachable()? {
        ensure_cli()?;
        return Ok(engine);
    }
    eprintln!("no engine answers: DOCKER_HOST, docker contexts and the usual sockets were tried");
    daemon::start()
}

fn ensure_cli() -> Result<()> {
    if sh::installed("docker") { Ok(()) } else { daemon::install() }
}
