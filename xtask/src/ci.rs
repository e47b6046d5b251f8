//! `cargo xtask ci`: all that a change must pass, in the order of what fails fastest.

use anyhow::Result;

use crate::{fuzz, project, sh::Cmd, tidy};

/// How many inputs each fuzz target tries in CI: seconds. Exploring is for `cargo xtask fuzz`; here the change is on trial.
const FUZZ_RUNS: u32 = 50_000;

/// Runs all that a change must pass: format, tidy, lints, the two commands of the README, a short fuzzing, licences and
/// advisories.
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
    cargo(&["deny", "check"])
}
