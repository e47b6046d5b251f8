//! `cargo xtask bench`: times what must stay fast, on documents and images that it makes itself. No test measures time.

mod plan;
mod registry;
mod services;

use std::time::Duration;

use anyhow::Result;

use crate::{project, sh::Cmd};

/// Measures cirun (release build).
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// `list`, `check` and `plan` of pipelines with 200 and 10,000 steps: time, memory, and whether they grow with the number of
    /// steps; and `check` of every document of the corpus (`CIRUN_CORPUS`, or ../shared/corpus)
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
    /// A stage of services, beside as many `docker run --detach` and `docker rm --force` one after the other
    Services {
        /// How many
        #[arg(long, default_value_t = 50)]
        services: u32,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    Cmd::new("cargo").args(["build", "--release", "--package", "cirun"]).dir(&project::root()).run()?;
    let binary = project::target_dir().join("release/cirun");
    match args.bench {
        Bench::Plan { runs } => plan::run(&binary, runs),
        Bench::Registry { megabytes, rounds } => registry::run(&binary, megabytes, rounds),
        Bench::Services { services } => services::run(&binary, services),
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
