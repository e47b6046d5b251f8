//! `cargo xtask bench services`: a stage of 50 services, compared with as many `docker run --detach` and `docker rm
//! --force`; and the overhead of a container step, compared with that of `docker run --rm`.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    engine::{self, Engine},
    images, project,
    sh::Cmd,
};

const IMAGE: &str = "cirun.local/busybox:1";
const PROFILES: [&str; 2] = ["docker", "kubernetes"];
/// The network of the docker commands, with names for its containers as in a stage.
const NETWORK: &str = "cirun-bench";
/// The limit of a stage's time, relative to the docker commands.
const LIMIT: f64 = 0.5;
/// Steps of the stage that measures the overhead of a step.
const STEPS: u32 = 20;

/// The measured programs, and their connections.
struct Bench<'a> {
    engine: &'a Engine,
    binary: &'a Path,
}

/// Measures all of them in turn, so that they have the same load of the machine; fails if the median of a profile's
/// ratios is too large.
pub(super) fn run(binary: &Path, services: u32, rounds: u32) -> Result<()> {
    let engine = engine::ensure()?;
    images::ensure(&engine)?;
    let bench = Bench { engine: &engine, binary };
    let file = written("services.yaml", &pipeline(services))?;
    // The first run imports cirun's own image into the engine.
    bench.stage(&file, PROFILES[1])?;
    println!("{:<32} {:>9} {:>8}", format!("{services} services, seconds"), "median", "ratio");
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let measured = [
            bench.docker(services, &[])?,
            bench.stage(&file, PROFILES[0])?,
            bench.docker_with_names(services)?,
            bench.stage(&file, PROFILES[1])?,
        ];
        times.iter_mut().zip(measured).for_each(|(times, time)| times.push(time.as_secs_f64()));
    }
    let [plain, bridge, named, pod] = &times;
    let row = |what: &str, of: &[f64], beside: &[f64]| {
        let ratio = median(of.iter().zip(beside).map(|(one, other)| one / other));
        println!("{what:<32} {:>9.2} {ratio:>8.2}", median(of.iter().copied()));
        ratio
    };
    row("docker run, docker rm", plain, plain);
    row("  on a network, with a name", named, plain);
    let ratios = [row("cirun, docker", bridge, plain), row("cirun, kubernetes", pod, plain)];
    bench.steps()?;
    let slow: Vec<&str> =
        PROFILES.into_iter().zip(ratios).filter(|(_, ratio)| *ratio >= LIMIT).map(|(profile, _)| profile).collect();
    if slow.is_empty() { Ok(()) } else { bail!("slower than {LIMIT} of the docker commands: {}", slow.join(", ")) }
}

impl Bench<'_> {
    fn stage(&self, file: &Path, profile: &str) -> Result<Duration> {
        let started = Instant::now();
        let words = ["local", "--trust", "--infra", profile, "--progress", "quiet"];
        let output = Cmd::new(self.binary).args(words).arg(file).env("DOCKER_HOST", self.engine.host()).output()?;
        if !output.status.success() {
            bail!("cirun failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(started.elapsed())
    }

    fn docker(&self, services: u32, options: &[&str]) -> Result<Duration> {
        let started = Instant::now();
        let mut containers = Vec::new();
        for number in 0..services {
            let run = self.engine.docker().args(["run", "--detach"]).args(options);
            let run = if options.is_empty() { run } else { run.arg(format!("--network-alias=service_{number}")) };
            containers.push(run.args([IMAGE, "sleep", "1000"]).read()?.trim().to_owned());
        }
        for container in &containers {
            self.engine.docker().args(["rm", "--force", container]).read()?;
        }
        Ok(started.elapsed())
    }

    /// The work of a stage on a bridge, in sequence.
    fn docker_with_names(&self, services: u32) -> Result<Duration> {
        let started = Instant::now();
        self.engine.docker().args(["network", "create", NETWORK]).read()?;
        let ran = self.docker(services, &["--network", NETWORK]);
        self.engine.docker().args(["network", "rm", NETWORK]).read()?;
        ran?;
        Ok(started.elapsed())
    }

    /// The overhead of a step: the difference between a stage of many steps and one of a single step.
    fn steps(&self) -> Result<()> {
        println!("\n{:<32} {:>9}", "a step that does nothing", "ms");
        let (one, many) = (written("step.yaml", &steps(1))?, written("steps.yaml", &steps(STEPS + 1))?);
        for profile in PROFILES {
            let (short, long) = (self.stage(&one, profile)?, self.stage(&many, profile)?);
            println!("{:<32} {:>9.0}", format!("cirun, {profile}"), each(long.saturating_sub(short)));
        }
        let started = Instant::now();
        for _ in 0..STEPS {
            self.engine.docker().args(["run", "--rm", IMAGE, "true"]).read()?;
        }
        println!("{:<32} {:>9.0}", "docker run --rm", each(started.elapsed()));
        Ok(())
    }
}

/// Milliseconds of one of the steps.
fn each(all: Duration) -> f64 {
    all.as_secs_f64() * 1000.0 / f64::from(STEPS)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn written(name: &str, text: &str) -> Result<PathBuf> {
    let file = project::cache_dir("bench")?.join(name);
    fs::write(&file, text)?;
    Ok(file)
}

fn pipeline(services: u32) -> String {
    list(services, "Background", "exec sleep 1000")
}

fn steps(count: u32) -> String {
    list(count, "Run", "true")
}

fn list(count: u32, kind: &str, command: &str) -> String {
    let mut text = String::from(super::plan::HEAD);
    for number in 0..count {
        write!(
            text,
            "              - step:
                  type: {kind}
                  name: Step {number}
                  identifier: step_{number}
                  spec:
                    shell: Sh
                    connectorRef: account.harnessImage
                    image: {IMAGE}
                    command: {command}
"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_has_the_requested_number_of_services() {
        assert_eq!(pipeline(50).matches("type: Background").count(), 50);
        assert_eq!(steps(3).matches("type: Run").count(), 3);
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < f64::EPSILON);
    }
}
