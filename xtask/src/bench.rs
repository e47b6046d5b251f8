//! `cargo xtask bench`: measures what must stay fast, with documents and images that it creates. No test measures time.

mod plan;
mod registry;
mod services;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;

use crate::{project, sh::Cmd};

/// Measure cirun.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// `list`, `check` and `plan` of pipelines with 200 and 10,000 steps: time, memory, and whether they grow with the number of
    /// steps, with the limits that they must keep; and `check` of every document of the corpus (`CIRUN_CORPUS`, or ../shared/corpus)
    Plan {
        /// Runs per figure; the fastest one counts
        #[arg(long, default_value_t = 10)]
        runs: u32,
    },
    /// The emulator's container: time and memory; and a push into its registry beside one into docker-registry
    Registry {
        /// Size of the image
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
        /// Number of pushes to each
        #[arg(long, default_value_t = 3)]
        rounds: u32,
    },
    /// A stage of services, beside as many `docker run --detach` and `docker rm --force` one after the other; and what a
    /// container step adds to its program
    Services {
        /// Number of services
        #[arg(long, default_value_t = 50)]
        services: u32,
        /// Number of measurements
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// Use this cirun instead of a release build
        #[arg(long)]
        binary: Option<PathBuf>,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.bench {
        Bench::Plan { runs } => plan::run(&release()?, *runs),
        Bench::Registry { megabytes, rounds } => registry::run(&release()?, *megabytes, *rounds),
        Bench::Services { services, rounds, binary: Some(binary) } => services::run(binary, *services, *rounds),
        Bench::Services { services, rounds, binary: None } => services::run(&release()?, *services, *rounds),
    }
}

/// Builds cirun as it is released.
fn release() -> Result<PathBuf> {
    Cmd::new("cargo").args(["build", "--release", "--package", "cirun"]).dir(&project::root()).run()?;
    Ok(project::target_dir().join("release/cirun"))
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
