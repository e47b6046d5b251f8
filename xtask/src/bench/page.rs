//! BENCHMARKS.md: the tables of a run, with what they were measured on.

use std::{fmt::Write as _, fs};

use anyhow::{Context as _, Result};

use super::table::Table;
use crate::{engine::Engine, project, sh::Cmd};

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench --write`. Each table is from one run on one machine: the programs of a table ran in turn, once to warm up,
then several times. A ratio is the median of the rounds' ratios; \"at most\" is the goal. Absolute times depend on the machine, ratios
much less.

`cargo xtask bench` prints the same tables and exits with 1 if a goal is not reached. It installs the other programs into
`target/xtask/bench/peers` (wrkflw from crates.io, gitlab-ci-local from npm) and docker-compose from Debian. Run it on a machine that
does nothing else.
";

/// Writes the page.
pub(super) fn write(engine: &Engine, tables: &[Table]) -> Result<()> {
    let mut page = format!("{HEAD}\n{}", machine(engine)?);
    for table in tables {
        write!(page, "\n{}", table.markdown())?;
    }
    let over: Vec<&String> = tables.iter().flat_map(|table| &table.over).collect();
    if !over.is_empty() {
        page.push_str("\n## Goals that are not reached\n\n");
        over.iter().try_for_each(|line| writeln!(page, "- {line}"))?;
    }
    let path = project::root().join("BENCHMARKS.md");
    fs::write(&path, page).with_context(|| path.display().to_string())
}

fn machine(engine: &Engine) -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = Cmd::new("uname").arg("-sr").read()?;
    let versions = "Docker {{.Server.Version}}";
    let docker = engine.docker().args(["version", "--format", versions]).read()?;
    let commit = Cmd::new("git").args(["rev-parse", "--short=8", "HEAD"]).dir(&project::root()).read()?;
    let day = Cmd::new("date").args(["-u", "+%F"]).read()?;
    let mut text = String::from("| | |\n|---|---|\n");
    let rows = [
        ("cirun", format!("commit {}, release build", commit.trim())),
        ("machine", format!("{processors} processors, {}", model.unwrap_or("unknown"))),
        ("kernel", kernel.trim().to_owned()),
        ("engine", docker.trim().to_owned()),
        ("day", day.trim().to_owned()),
    ];
    rows.iter().try_for_each(|(name, value)| writeln!(text, "| {name} | {value} |"))?;
    Ok(text)
}
