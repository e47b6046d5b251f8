//! `cargo xtask ci`: all that a change must pass, in the order of what fails fastest.

use std::{
    env,
    fs::DirEntry,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{fuzz, project, sh::Cmd, tidy};

/// How many inputs each fuzz target tries in CI: seconds. Exploring is for `cargo xtask fuzz`; here the change is on trial.
const FUZZ_RUNS: u32 = 50_000;

/// Runs all that a change must pass: format, tidy, lints, the two commands of the README, a short fuzzing, licences and
/// advisories, as far as cargo-deny and its database are here.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    let mut phases = Phases::default();
    phases.run("components", ensure_components)?;
    phases.run("format", || cargo(&["xfmt", "--check"]))?;
    phases.run("tidy", || tidy::run(&tidy::Args {}))?;
    phases.run("lints and tests", || cargo(&["xtask", "test"]))?;
    phases.run("demo", || cargo(&["xtask", "demo", "--with-tests"]))?;
    phases.run("fuzz", || fuzz::run(&fuzz::Args::repeatable(FUZZ_RUNS)))?;
    phases.run("licences and advisories", deny)
}

/// What ran so far, with its time: printed after each phase, so that a slow one is seen.
#[derive(Default)]
struct Phases(Vec<(&'static str, Duration)>);

impl Phases {
    fn run(&mut self, name: &'static str, phase: impl FnOnce() -> Result<()>) -> Result<()> {
        let start = Instant::now();
        let done = phase();
        self.0.push((name, start.elapsed()));
        let line: Vec<_> = self.0.iter().map(|(name, took)| format!("{name} {} s", took.as_secs())).collect();
        eprintln!("ci: {}", line.join(", "));
        done
    }
}

/// Runs cargo with clippy as the compiler of this workspace, and its warnings as errors: one build gives the lints and the
/// tests. `cargo clippy` would check every crate, and every dependency, once more.
fn cargo(words: &[&str]) -> Result<()> {
    let cargo = Cmd::new("cargo").args(words).dir(&project::root());
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", DENY_WARNINGS).run()
}

/// The arguments of `cargo clippy -- -D warnings`, as cargo-clippy gives them to the driver.
const DENY_WARNINGS: &str = "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__";

/// A minimal Rust installation has neither rustfmt nor clippy.
fn ensure_components() -> Result<()> {
    for (command, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !Cmd::new("cargo").args([command, "--version"]).succeeds() {
            Cmd::new("rustup").args(["component", "add", component]).run()?;
        }
    }
    Ok(())
}

/// cargo-deny takes minutes to build: it is used where it is installed.
fn deny() -> Result<()> {
    if !Cmd::new("cargo").args(["deny", "--version"]).succeeds() {
        eprintln!("skipped: cargo-deny is not installed (`cargo install --locked cargo-deny`)");
        return Ok(());
    }
    let check = |words: &[&str]| Cmd::new("cargo").arg("deny").args(words).dir(&project::root()).run();
    check(&["check", "bans", "licenses", "sources"])?;
    let folder = advisories();
    let database = if Cmd::new("cargo").args(["deny", "fetch", "db"]).dir(&project::root()).succeeds() {
        Database::Fresh
    } else {
        Database::found(&folder)
    };
    match database {
        Database::Fresh => {}
        Database::Old => {
            eprintln!("the advisories of {} are used as they are: they cannot be fetched", folder.display());
        }
        Database::Absent => {
            eprintln!("skipped: advisories are not checked: {} holds none, and none can be fetched", folder.display());
            return Ok(());
        }
    }
    check(&["--offline", "check", "advisories"])
}

/// What is here of the advisories.
#[derive(Debug, PartialEq, Eq)]
enum Database {
    /// Fetched just now.
    Fresh,
    /// Fetched some time ago.
    Old,
    /// Nothing.
    Absent,
}

impl Database {
    fn found(folder: &Path) -> Self {
        // Each database is a folder; beside them lies a lock file.
        let is_one = |found: io::Result<DirEntry>| found.is_ok_and(|found| found.path().is_dir());
        if folder.read_dir().is_ok_and(|mut found| found.any(is_one)) { Self::Old } else { Self::Absent }
    }
}

/// Where cargo-deny keeps its databases, as long as `deny.toml` names no other place.
fn advisories() -> PathBuf {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| env::home_dir().map(|home| home.join(".cargo"))).unwrap_or_default().join("advisory-dbs")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_empty_folder_holds_no_advisories() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Database::found(&folder.path().join("none")), Database::Absent);
        fs::write(folder.path().join("db.lock"), "").unwrap();
        assert_eq!(Database::found(folder.path()), Database::Absent);
        fs::create_dir(folder.path().join("advisory-db-1")).unwrap();
        assert_eq!(Database::found(folder.path()), Database::Old);
    }
}
