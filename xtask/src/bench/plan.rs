//! `cargo xtask bench plan`: time and memory of parsing and planning, compared with a plain YAML reader.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{millis, peak, pipelines::pipeline, table::Table};
use crate::{project, sh::Cmd};

/// The sizes, smallest first.
const STEPS: [usize; 2] = [200, 10_000];
/// The memory limit of a command for the larger size, in kilobytes.
const MEMORY: u64 = 200 * 1024;
/// The limit of the ratio of the times per step for the larger and the smaller size: growth is linear, except for
/// noise.
const GROWTH: f64 = 1.25;

/// A command with its time limits for each size, in milliseconds.
struct Row {
    words: &'static [&'static str],
    most: [u64; 2],
}

#[rustfmt::skip]
const ROWS: [Row; 4] = [
    Row { words: &["list"],                     most: [10, 300] },
    Row { words: &["check"],                    most: [10, 300] },
    Row { words: &["plan"],                     most: [10, 300] },
    Row { words: &["plan", "--format", "json"], most: [10, 400] },
];

/// A program that only reads the same bytes, for comparison: libyaml, through Python.
const YAML: &str = "import sys, yaml; list(yaml.load_all(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader))";

pub(super) fn run(binary: &Path, runs: u32) -> Result<Vec<Table>> {
    let files = STEPS.map(generate).into_iter().collect::<Result<Vec<PathBuf>>>()?;
    let cirun = |words: &[&str], file: &Path| {
        let mut command = Command::new(binary);
        command.args(words).arg(file);
        command
    };
    let header =
        ["command", "200 steps", "at most", "memory", "10,000 steps", "at most", "memory", "time per step, relative"];
    let mut table = Table::new("Reading and planning, the fastest of several runs", &header);
    for Row { words, most } in ROWS {
        let times = [fastest(runs, || cirun(words, &files[0]))?, fastest(runs, || cirun(words, &files[1]))?];
        let memory = [peak(cirun(words, &files[0]))?, peak(cirun(words, &files[1]))?];
        let size = |size: usize| [millis(times[size]), format!("{} ms", most[size]), megabytes(memory[size])];
        let mut cells = vec![format!("`cirun {}`", words.join(" "))];
        cells.extend(size(0).into_iter().chain(size(1)));
        cells.push(format!("{:.2} ×", ratio(times[0], times[1])));
        table.rows.push(cells);
        table.over.extend(beyond(most, times, memory[1]).map(|what| format!("`{}`: {what}", words.join(" "))));
    }
    let mut tables = vec![table];
    tables.extend(beside_libyaml(runs, &files, &cirun)?);
    tables.extend(corpus(binary)?);
    Ok(tables)
}

/// The limits that were exceeded.
fn beyond(most: [u64; 2], times: [Duration; 2], memory: Option<u64>) -> impl Iterator<Item = String> {
    let too_long = (0..2).filter(move |&size| times[size] > Duration::from_millis(most[size]));
    let long = too_long.map(move |size| format!("{} with {} steps", millis(times[size]), STEPS[size]));
    let large = memory.filter(|kilobytes| *kilobytes > MEMORY).map(|_| megabytes(memory));
    let steep = Some(ratio(times[0], times[1])).filter(|ratio| *ratio > GROWTH);
    long.chain(large).chain(steep.map(|ratio| format!("each step takes {ratio:.2} times as long in the large one")))
}

/// `check` and a program that only reads, run in turn.
fn beside_libyaml(runs: u32, files: &[PathBuf], cirun: &dyn Fn(&[&str], &Path) -> Command) -> Result<Option<Table>> {
    let reader = |file: &Path| {
        let mut command = Command::new("python3");
        command.args(["-c", YAML]).arg(file);
        command
    };
    if !Cmd::new("python3").args(["-c", "import yaml; yaml.CSafeLoader"]).succeeds() {
        eprintln!("no python3 with libyaml here: nothing to compare `check` with");
        return Ok(None);
    }
    let (mut check, mut yaml) = (Duration::MAX, Duration::MAX);
    for _ in 0..runs.max(1) {
        check = check.min(fastest(1, || cirun(&["check"], &files[1]))?);
        yaml = yaml.min(fastest(1, || reader(&files[1]))?);
    }
    let mut table =
        Table::new("A pipeline of 10,000 steps, beside a plain YAML reader", &["", "fastest", "`check` takes"]);
    table.rows.push(vec!["`cirun check`".to_owned(), millis(check), String::new()]);
    let ratio = format!("{:.2} ×", check.as_secs_f64() / yaml.as_secs_f64());
    table.rows.push(vec!["libyaml, into Python's objects".to_owned(), millis(yaml), ratio]);
    Ok(Some(table))
}

/// `check` of every v0 document of the corpus: each in a process of its own, then all in one.
fn corpus(binary: &Path) -> Result<Option<Table>> {
    let Some(root) = project::corpus()? else { return Ok(None) };
    let index = fs::read_to_string(root.join("INDEX.tsv"))?;
    let documents: Vec<&str> = index
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|cells| cells.len() > 13 && cells[11] == "v0" && cells[13] == "ok" && cells[12] == "pipeline")
        .map(|cells| cells[0])
        .collect();
    let mut times = Vec::new();
    for document in &documents {
        let mut command = Command::new(binary);
        command.current_dir(&root).arg("check").arg(document);
        times.push(timed(&mut command)?);
    }
    times.sort();
    let (Some(middle), Some(slowest)) = (times.get(times.len() / 2), times.last()) else {
        bail!("the corpus in {} has no pipelines", root.display());
    };
    let mut command = Command::new(binary);
    command.current_dir(&root).args(["check", "--format", "json"]).args(&documents);
    let whole = timed(&mut command)?;
    let title = format!("`cirun check` of {} real pipelines", documents.len());
    let mut table = Table::new(title, &["middle one", "slowest", "all in one process"]);
    table.rows.push(vec![millis(*middle), millis(*slowest), millis(whole)]);
    Ok(Some(table))
}

/// The ratio of the times per step for the larger and the smaller pipeline: 1 is linear.
fn ratio(small: Duration, large: Duration) -> f64 {
    let per_step = |time: Duration, steps: usize| time.as_secs_f64() / steps as f64;
    per_step(large, STEPS[1]) / per_step(small, STEPS[0])
}

fn megabytes(kilobytes: Option<u64>) -> String {
    kilobytes.map_or_else(|| "?".to_owned(), |kilobytes| format!("{:.0} MB", kilobytes as f64 / 1024.0))
}

/// The fastest of several runs; all must succeed.
fn fastest(runs: u32, command: impl Fn() -> Command) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs.max(1) {
        let mut command = command();
        let started = Instant::now();
        let output = command.output().with_context(|| format!("{command:?}"))?;
        best = best.min(started.elapsed());
        if !output.status.success() {
            bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
    }
    Ok(best)
}

/// One run, whatever it finds: exit code 3 means errors in the document.
fn timed(command: &mut Command) -> Result<Duration> {
    let started = Instant::now();
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let elapsed = started.elapsed();
    if !matches!(output.status.code(), Some(0 | 3)) {
        bail!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(elapsed)
}

fn generate(steps: usize) -> Result<PathBuf> {
    let file = project::cache_dir("bench")?.join(format!("{steps}_steps.yaml"));
    fs::write(&file, pipeline(steps))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipeline_has_the_requested_number_of_steps() {
        assert_eq!(pipeline(7).matches("- step:").count(), 7);
    }

    #[test]
    fn each_limit_is_looked_at() {
        let beyond = |small: u64, large: u64, kilobytes: u64| {
            let times = [small, large].map(Duration::from_millis);
            beyond([10, 300], times, Some(kilobytes)).collect::<Vec<_>>()
        };
        assert_eq!(beyond(10, 300, MEMORY), Vec::<String>::new());
        assert_eq!(beyond(11, 301, 300 * 1024), ["11.0 ms with 200 steps", "301.0 ms with 10000 steps", "300 MB"]);
        assert_eq!(beyond(4, 280, 0), ["each step takes 1.40 times as long in the large one"]);
    }

    #[test]
    fn linear_growth_has_the_ratio_one() {
        let ratio = ratio(Duration::from_millis(2), Duration::from_millis(100));
        assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
    }
}
