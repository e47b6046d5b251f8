//! `cargo xtask bench services`: a stage of 50 services, beside as many `docker run --detach` and `docker rm --force`.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
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
/// How much of the time of the docker commands a stage may take.
const LIMIT: f64 = 0.5;

/// Measures both, side by side, and fails if a stage takes too long.
pub(super) fn run(binary: &Path, services: u32) -> Result<()> {
    let engine = engine::ensure()?;
    images::ensure(&engine)?;
    let file = project::cache_dir("bench")?.join("services.yaml");
    fs::write(&file, pipeline(services))?;
    // The first run brings cirun's own image into the engine.
    stage(&engine, binary, &file, PROFILES[1])?;
    println!("{:<24} {:>10} {:>8}", format!("{services} services"), "seconds", "ratio");
    let mut slow = Vec::new();
    for profile in PROFILES {
        // One after the other, so that both meet the same load of the machine.
        let ours = stage(&engine, binary, &file, profile)?;
        let docker = docker(&engine, services)?;
        let ratio = ours.as_secs_f64() / docker.as_secs_f64();
        println!("{:<24} {:>10.2} {ratio:>8.2}", format!("cirun, {profile}"), ours.as_secs_f64());
        println!("{:<24} {:>10.2}", "docker run, docker rm", docker.as_secs_f64());
        if ratio >= LIMIT {
            slow.push(profile);
        }
    }
    if slow.is_empty() { Ok(()) } else { bail!("slower than {LIMIT} of the docker commands: {}", slow.join(", ")) }
}

fn stage(engine: &Engine, binary: &Path, file: &Path, profile: &str) -> Result<Duration> {
    let started = Instant::now();
    let words = ["local", "--infra", profile, "--progress", "quiet"];
    let output = Cmd::new(binary).args(words).arg(file).env("DOCKER_HOST", engine.host()).output()?;
    if !output.status.success() {
        bail!("cirun failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    Ok(started.elapsed())
}

fn docker(engine: &Engine, services: u32) -> Result<Duration> {
    let started = Instant::now();
    let mut containers = Vec::new();
    for _ in 0..services {
        let id = engine.docker().args(["run", "--detach", IMAGE, "sleep", "1000"]).read()?;
        containers.push(id.trim().to_owned());
    }
    for container in &containers {
        engine.docker().args(["rm", "--force", container]).read()?;
    }
    Ok(started.elapsed())
}

fn pipeline(services: u32) -> String {
    let mut text = String::from(super::plan::HEAD);
    for number in 0..services {
        write!(
            text,
            "              - step:
                  type: Background
                  name: Service {number}
                  identifier: service_{number}
                  spec:
                    shell: Sh
                    connectorRef: account.harnessImage
                    image: {IMAGE}
                    command: exec sleep 1000
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
    fn the_stage_has_as_many_services_as_asked_for() {
        assert_eq!(pipeline(50).matches("type: Background").count(), 50);
    }
}
