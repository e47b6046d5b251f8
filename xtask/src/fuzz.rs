//! `cargo xtask fuzz`: builds the targets of `fuzz/` with coverage counters, and runs libFuzzer on each for some time.
//!
//! Like `cargo fuzz`, but with the stable compiler and without AddressSanitizer: the crates forbid `unsafe`, so it
//! would find little.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::{
    apt, project,
    sh::{self, Cmd},
};

/// The counters that libFuzzer reads: one for each edge, and the operands of comparisons.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// An input that needs more time or memory than this is a finding.
const BOUNDS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384"];

/// Fuzz the pure crates and the gate's protocol with libFuzzer: build the targets and run each for some time.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Targets (default: all)
    targets: Vec<Target>,
    /// Seconds to run each target
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Number of inputs to try instead, from a fixed seed: nearly the same ones in every run
    #[arg(long, conflicts_with = "seconds")]
    runs: Option<u32>,
}

impl Args {
    /// Tries `runs` inputs on every target, from a fixed seed.
    pub(crate) fn repeatable(runs: u32) -> Self {
        Self { targets: Vec::new(), seconds: 0, runs: Some(runs) }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Target {
    Parser,
    Expressions,
    Planner,
    Gate,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Parser => "parser",
            Self::Expressions => "expressions",
            Self::Planner => "planner",
            Self::Gate => "gate",
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    ensure_compiler()?;
    let binaries = build()?;
    let targets = if args.targets.is_empty() { Target::value_variants() } else { args.targets.as_slice() };
    // A finding in one target must not hide another's.
    let found: Vec<String> = targets
        .iter()
        .filter_map(|target| fuzz(*target, &binaries, args).err())
        .map(|error| format!("{error:#}"))
        .collect();
    if found.is_empty() { Ok(()) } else { bail!("{}", found.join("; ")) }
}

/// libFuzzer itself is C++.
fn ensure_compiler() -> Result<()> {
    if ["c++", "g++", "clang++"].into_iter().any(sh::installed) {
        return Ok(());
    }
    apt::install(&["g++"], "libFuzzer")
}

/// Builds every target; returns the directory of the programs.
fn build() -> Result<PathBuf> {
    let root = project::root();
    // The product's versions; cargo adds libFuzzer's.
    fs::copy(root.join("Cargo.lock"), root.join("fuzz/Cargo.lock")).context("cannot copy Cargo.lock")?;
    let version = Cmd::new("rustc").arg("-vV").read()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not name its host")?;
    let into = project::target_dir().join("fuzz");
    // With `--target` the flags do not apply to build scripts.
    Cmd::new("cargo")
        .args(["build", "--release", "--target", host, "--target-dir"])
        .arg(&into)
        .dir(&root.join("fuzz"))
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"))
        .run()?;
    Ok(into.join(host).join("release"))
}

/// Runs one target on the seeds of the repository and, unless the run must be repeatable, on the findings of earlier
/// runs on this machine.
fn fuzz(target: Target, binaries: &Path, args: &Args) -> Result<()> {
    let name = target.name();
    let found = project::cache_dir("fuzz")?.join(name);
    let (inputs, until) = match args.runs {
        Some(runs) => {
            let inputs = found.join("repeatable");
            if inputs.exists() {
                fs::remove_dir_all(&inputs).with_context(|| format!("cannot empty {}", inputs.display()))?;
            }
            (inputs, vec![format!("-runs={runs}"), "-seed=1".to_owned()])
        }
        None => (found.join("inputs"), vec![format!("-max_total_time={}", args.seconds)]),
    };
    fs::create_dir_all(&inputs).with_context(|| format!("cannot create {}", inputs.display()))?;
    let code = Cmd::new(binaries.join(name))
        .args(BOUNDS)
        .args(until)
        .args(["-print_final_stats=1", "-verbosity=0"])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(&inputs)
        .arg(project::root().join("fuzz/corpus").join(name))
        .status()?;
    if code != 0 {
        bail!(
            "the fuzz target `{name}` ended with code {code}: run {} with the input that it wrote to {}",
            binaries.join(name).display(),
            found.display()
        );
    }
    Ok(())
}
