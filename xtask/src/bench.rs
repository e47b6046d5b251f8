//! `cargo xtask bench`: measures what must stay fast, with documents and images that it creates, beside other programs.
//! No test measures time.

mod cirun;
mod compare;
mod engine_api;
mod figures;
mod page;
mod peers;
mod pipelines;
mod plan;
mod registry;
mod table;
mod workloads;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Result, bail};

use self::{cirun::Cirun, peers::Peers, table::Table};
use crate::{engine, images, project, sh::Cmd};

/// Measure cirun; without a subcommand, everything but `registry` and `functions`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    bench: Option<Bench>,
    /// Number of measurements of each program
    #[arg(long, default_value_t = 5, global = true)]
    rounds: u32,
    /// Use this cirun instead of a release build
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    /// Leave out wrkflw and gitlab-ci-local, whose installation takes some minutes
    #[arg(long, global = true)]
    no_peers: bool,
    /// Write the tables to BENCHMARKS.md
    #[arg(long, conflicts_with = "no_peers")]
    write: bool,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// `list`, `check` and `plan` of pipelines with 200 and 10,000 steps: time, memory, and whether they grow with the number of
    /// steps, with the limits that they must keep; and `check` of every document of the corpus (`CIRUN_CORPUS`, or ../shared/corpus)
    Plan,
    /// Trivial steps, in sequence and in parallel, beside `docker run`, the engine's API, wrkflw and gitlab-ci-local
    Steps,
    /// A step's output, masked and recorded, beside `docker run`
    Logs,
    /// A stage of services, beside the docker commands and docker-compose
    Services {
        /// Number of services
        #[arg(long, default_value_t = 50)]
        services: u32,
    },
    /// What cirun adds to a step, its memory, its start, and the demo
    Figures,
    /// The emulator's container: time and memory; and a push into its registry beside one into docker-registry
    Registry {
        /// Size of the image
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
    },
    /// The functions that everything else waits for: parsing, planning, expressions, masking, the gate's frames
    Functions,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if matches!(args.bench, Some(Bench::Functions)) {
        return Cmd::new("cargo").args(["bench", "--workspace", "--benches"]).dir(&project::root()).run();
    }
    // The programs run in other directories.
    let binary = args.binary.as_deref().map_or_else(release, |given| Ok(fs::canonicalize(given)?))?;
    if let Some(Bench::Registry { megabytes }) = args.bench {
        return registry::run(&binary, megabytes, args.rounds);
    }
    let mut tables = Vec::new();
    if matches!(args.bench, None | Some(Bench::Plan)) {
        report(&mut tables, plan::run(&binary, args.rounds * 2)?);
    }
    if !matches!(args.bench, Some(Bench::Plan)) {
        let engine = engine::ensure()?;
        images::ensure(&engine)?;
        on_the_engine(args, &Cirun { binary: &binary, engine: &engine }, &mut tables)?;
        if args.write {
            page::write(&engine, &tables)?;
        }
    }
    let over: Vec<String> = tables.into_iter().flat_map(|table| table.over).collect();
    if over.is_empty() {
        return Ok(());
    }
    bail!("over the limits, on a machine that should be idle otherwise:\n{}", over.join("\n"));
}

fn on_the_engine(args: &Args, cirun: &Cirun<'_>, tables: &mut Vec<Table>) -> Result<()> {
    let all = args.bench.is_none();
    if all || matches!(args.bench, Some(Bench::Steps)) {
        let peers = if args.no_peers { None } else { Some(Peers::ensure(cirun.engine)?) };
        report(tables, workloads::steps(cirun, peers.as_ref(), args.rounds)?);
    }
    if all || matches!(args.bench, Some(Bench::Logs)) {
        report(tables, workloads::logs(cirun, args.rounds)?);
    }
    let services = if let Some(Bench::Services { services }) = args.bench { Some(services) } else { None };
    if let Some(services) = services.or(all.then_some(50)) {
        report(tables, workloads::services(cirun, services, args.rounds)?);
    }
    if all || matches!(args.bench, Some(Bench::Figures)) {
        report(tables, vec![figures::run(cirun, args.rounds)?]);
    }
    Ok(())
}

/// Prints the tables as soon as they are measured.
fn report(all: &mut Vec<Table>, tables: Vec<Table>) {
    tables.iter().for_each(|table| print!("{}", table.text()));
    all.extend(tables);
}

/// Builds cirun as it is released.
fn release() -> Result<PathBuf> {
    Cmd::new("cargo").args(["build", "--release", "--package", "cirun"]).dir(&project::root()).run()?;
    Ok(project::target_dir().join("release/cirun"))
}

/// The maximum memory of a run, in kilobytes, as Linux counts it while the process lives.
fn peak(mut command: Command) -> Result<Option<u64>> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = Path::new("/proc").join(child.id().to_string()).join("status");
    let mut peak = None;
    while child.try_wait()?.is_none() {
        let now = fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        });
        peak = peak.max(now);
        thread::sleep(Duration::from_micros(200));
    }
    Ok(peak)
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn seconds(value: f64) -> String {
    format!("{value:.2} s")
}
