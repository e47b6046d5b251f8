//! `cargo xtask bench`: times what must stay fast, on documents and images that it makes itself. No test measures time.

mod registry;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{project, sh::Cmd};

/// Measures cirun (release build).
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// `list`, `check` and `plan` of pipelines with 200 and 10,000 steps; they must grow with the number of steps
    Plan {
        /// Runs per figure; the fastest counts
        #[arg(long, default_value_t = 10)]
        runs: u32,
    },
    /// The emulator's container: time and memory; and a push into its registry beside one into docker-registry
    Registry {
        /// The image's size
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
        /// Pushes into each
        #[arg(long, default_value_t = 3)]
        rounds: u32,
    },
}

/// The sizes, smallest first.
const STEPS: [usize; 2] = [200, 10_000];
const COMMANDS: [&[&str]; 3] = [&["list"], &["check"], &["plan", "--format", "json"]];

pub(crate) fn run(args: &Args) -> Result<()> {
    Cmd::new("cargo").args(["build", "--release", "--package", "cirun"]).dir(&project::root()).run()?;
    let binary = project::target_dir().join("release/cirun");
    match args.bench {
        Bench::Plan { runs } => plan(&binary, runs),
        Bench::Registry { megabytes, rounds } => registry::run(&binary, megabytes, rounds),
    }
}

fn plan(binary: &Path, runs: u32) -> Result<()> {
    let files = STEPS.map(generate).into_iter().collect::<Result<Vec<PathBuf>>>()?;
    println!("{:<20} {:>12} {:>14} {:>18}", "command", "200 steps", "10,000 steps", "per step, ratio");
    for command in COMMANDS {
        let small = fastest(binary, command, &files[0], runs)?;
        let large = fastest(binary, command, &files[1], runs)?;
        println!("{:<20} {:>12} {:>14} {:>18.2}", command.join(" "), millis(small), millis(large), ratio(small, large));
    }
    Ok(())
}

/// How much longer one step takes in the large pipeline: 1 is linear.
fn ratio(small: Duration, large: Duration) -> f64 {
    let per_step = |time: Duration, steps: usize| time.as_secs_f64() / steps as f64;
    per_step(large, STEPS[1]) / per_step(small, STEPS[0])
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn fastest(binary: &Path, command: &[&str], file: &Path, runs: u32) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs.max(1) {
        let started = Instant::now();
        let output = Cmd::new(binary).args(command).arg(file).output()?;
        best = best.min(started.elapsed());
        if !output.status.success() {
            bail!("cirun {} failed: {}", command.join(" "), String::from_utf8_lossy(&output.stderr).trim_end());
        }
    }
    Ok(best)
}

fn generate(steps: usize) -> Result<PathBuf> {
    let file = project::cache_dir("bench")?.join(format!("{steps}_steps.yaml"));
    fs::write(&file, pipeline(steps))?;
    Ok(file)
}

/// A valid pipeline of `steps` Run steps, each with an expression and an output variable.
fn pipeline(steps: usize) -> String {
    let mut text = String::from(HEAD);
    for number in 0..steps {
        write!(
            text,
            "              - step:
                  type: Run
                  name: Step {number}
                  identifier: step_{number}
                  spec:
                    shell: Sh
                    connectorRef: docker
                    image: busybox:1
                    command: echo <+pipeline.name> {number}; VALUE={number}
                    envVariables:
                      NUMBER: \"{number}\"
                    outputVariables:
                      - name: VALUE
"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

const HEAD: &str = "pipeline:
  name: bench
  identifier: bench
  projectIdentifier: default
  orgIdentifier: default
  stages:
    - stage:
        name: build
        identifier: build
        type: CI
        spec:
          cloneCodebase: false
          platform: {os: Linux, arch: Amd64}
          runtime: {type: Docker, spec: {}}
          execution:
            steps:
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_has_as_many_steps_as_asked_for() {
        assert_eq!(pipeline(7).matches("- step:").count(), 7);
    }

    #[test]
    fn linear_growth_has_the_ratio_one() {
        let ratio = ratio(Duration::from_millis(2), Duration::from_millis(100));
        assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
    }
}
