//! Figures of cirun alone: what it adds to a step, whether that grows with their number, and memory.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    cirun::{Cirun, Isolation, PROFILES, SECRETS},
    compare::median,
    pipelines,
    table::Table,
};
use crate::{project, sh::Cmd};

/// A figure and the limit that it must keep.
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    at_most: f64,
}

/// All figures, each the median of `rounds`.
pub(super) fn run(cirun: &Cirun<'_>, rounds: u32) -> Result<Table> {
    eprintln!("measuring: cirun alone");
    let mut figures = vec![start(cirun.binary, rounds)?];
    for profile in PROFILES {
        figures.push(added(cirun, profile, rounds)?);
        figures.push(growth(cirun, profile)?);
        let file = pipelines::written("fifty.yaml", &pipelines::serial(50, "true"))?;
        figures.push(memory(cirun, &file, profile, "50 steps", 30.0)?);
        let text = pipelines::with_secrets(SECRETS, "yes \"$(seq -s ' ' 40)\" | head -c 200000000");
        let file = pipelines::written("output.yaml", &text)?;
        figures.push(memory(cirun, &file, profile, "200 MB of lines", 64.0)?);
    }
    figures.push(demo(cirun, rounds)?);
    Ok(table(&figures))
}

fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new("cirun alone", &["", "median", "at most"]);
    for Figure { what, value, unit, at_most } in figures {
        let shown = |value: f64| format!("{value:.1} {unit}");
        table.rows.push(vec![what.clone(), shown(*value), shown(*at_most)]);
        if value > at_most {
            table.over.push(format!("{what}: {}, at most {}", shown(*value), shown(*at_most)));
        }
    }
    table
}

fn start(binary: &Path, rounds: u32) -> Result<Figure> {
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) * 4 {
        let started = Instant::now();
        let output = Command::new(binary).arg("--version").output()?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        ensure!(output.status.success(), "`cirun --version` failed");
    }
    Ok(Figure { what: "`cirun --version`".to_owned(), value: median(&times), unit: "ms", at_most: 3.0 })
}

/// What each of 20 steps adds to its own half second.
fn added(cirun: &Cirun<'_>, profile: &str, rounds: u32) -> Result<Figure> {
    let files = [1, 21].map(|count| {
        let text = pipelines::serial(count, "sleep 0.5");
        pipelines::written(&format!("sleep_{count}.yaml"), &text)
    });
    let [one, many] = files;
    let (one, many) = (one?, many?);
    let mut added = Vec::new();
    for _ in 0..rounds.max(1) {
        let times = [&one, &many].map(|file| cirun.stage(file, profile, Isolation::Gate));
        let [short, long] = times;
        added.push((long?.as_secs_f64() - short?.as_secs_f64()) * 1000.0 / 20.0 - 500.0);
    }
    let what = format!("{profile}: added to each of 20 steps of `sleep 0.5`");
    Ok(Figure { what, value: median(&added), unit: "ms", at_most: 15.0 })
}

/// How much longer a step takes in a stage of 1,000 steps than in one of 50.
fn growth(cirun: &Cirun<'_>, profile: &str) -> Result<Figure> {
    let time = |count: u32| -> Result<Duration> {
        let file = pipelines::written(&format!("steps_{count}.yaml"), &pipelines::serial(count, "true"))?;
        cirun.stage(&file, profile, Isolation::Gate)
    };
    let (one, fifty, thousand) = (time(1)?, time(50)?, time(1000)?);
    let each = |time: Duration, steps: f64| (time.as_secs_f64() - one.as_secs_f64()) / steps;
    let value = each(thousand, 999.0) / each(fifty, 49.0);
    let what = format!("{profile}: time per step with 1,000 steps, relative to 50");
    Ok(Figure { what, value, unit: "×", at_most: 1.1 })
}

fn memory(cirun: &Cirun<'_>, file: &Path, profile: &str, what: &str, at_most: f64) -> Result<Figure> {
    let kilobytes = cirun.memory(file, profile)?.context("this system does not report a process's memory")?;
    let what = format!("{profile}: resident memory, {what}");
    Ok(Figure { what, value: kilobytes as f64 / 1024.0, unit: "MB", at_most })
}

/// The second and later runs of `cargo xtask demo`.
fn demo(cirun: &Cirun<'_>, rounds: u32) -> Result<Figure> {
    let mut times = Vec::new();
    for round in 0..=rounds.max(1) {
        let started = Instant::now();
        let demo =
            Cmd::new("cargo").args(["xtask", "demo"]).dir(&project::root()).env("DOCKER_HOST", cirun.engine.host());
        demo.read()?;
        // The first one makes what is missing.
        if round > 0 {
            times.push(started.elapsed().as_secs_f64());
        }
    }
    Ok(Figure { what: "`cargo xtask demo`, not the first".to_owned(), value: median(&times), unit: "s", at_most: 5.4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_over_its_limit_is_reported() {
        let figure = |value| Figure { what: "start".to_owned(), value, unit: "ms", at_most: 3.0 };
        let table = table(&[figure(2.0), figure(4.0)]);
        assert_eq!(table.rows[0], ["start", "2.0 ms", "3.0 ms"]);
        assert_eq!(table.over, ["start: 4.0 ms, at most 3.0 ms"]);
    }
}
