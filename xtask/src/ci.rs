//! `cargo xtask ci`: everything that a change must pass, the fastest checks first.

use std::{
    env,
    fs::DirEntry,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{fuzz, project, sh::Cmd, tidy};

/// The number of inputs for each fuzz target in CI: seconds. `cargo xtask fuzz` is for exploring; here only the change
/// is tested.
const FUZZ_RUNS: u32 = 50_000;

/// Runs everything that a change must pass: format, tidy, lints, the two commands of the README, a short fuzzing,
/// licences and advisories, as far as cargo-deny and its database are installed.
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

/// The phases so far, with their times: printed after each phase, so that a slow one is visible.
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

/// Runs cargo with clippy as the compiler of this workspace, and with warnings as errors: one build for the lints and
/// the tests. `cargo clippy` would check every crate, and every dependency, again.
fn cargo(words: &[&str]) -> Result<()> {
    let cargo = Cmd::new("cargo").args(words).dir(&project::root());
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", DENY_WARNINGS).run()
}

/// The arguments of `cargo clippy -- -D warnings`, as cargo-clippy passes them to the driver.
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

/// cargo-deny takes minutes to build: it is used if it is installed.
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

/// The state of the advisories.
#[derive(Debug, PartialEq, Eq)]
enum Database {
    /// Just fetched.
    Fresh,
    /// Fetched some time ago.
    Old,
    /// Missing.
    Absent,
}

impl Database {
    fn found(folder: &Path) -> Self {
        // Each database is a directory; next to them is a lock file.
        let is_one = |found: io::Result<DirEntry>| found.is_ok_and(|found| found.path().is_dir());
        if folder.read_dir().is_ok_and(|mut found| found.any(is_one)) { Self::Old } else { Self::Absent }
    }
}

/// The directory of cargo-deny's databases, unless `deny.toml` names another one.
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
