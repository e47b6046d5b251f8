//! `cargo xtask ci`: all that a change must pass, in the order of what fails fastest.

use std::{
    env,
    fs::DirEntry,
    io,
    path::{Path, PathBuf},
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
    ensure_components()?;
    cargo(&["xfmt", "--check"])?;
    tidy::run(&tidy::Args {})?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    cargo(&["xtask", "test"])?;
    cargo(&["xtask", "demo"])?;
    fuzz::run(&fuzz::Args::repeatable(FUZZ_RUNS))?;
    deny()
}

fn cargo(words: &[&str]) -> Result<()> {
    Cmd::new("cargo").args(words).dir(&project::root()).run()
}

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
    cargo(&["deny", "check", "bans", "licenses", "sources"])?;
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
    cargo(&["deny", "--offline", "check", "advisories"])
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
