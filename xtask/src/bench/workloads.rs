//! Stages beside other programs that do the same work.

use std::{
    collections::VecDeque,
    fs::File,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    cirun::{Cirun, Isolation, PROFILES, SECRETS, secret, timed},
    compare::{Contender, compare},
    engine_api,
    peers::Peers,
    pipelines::{self, IMAGE},
    table::Table,
};
use crate::{apt, sh::Cmd};

/// The network of the docker commands, with names for its containers as in a stage.
const NETWORK: &str = "cirun-bench";

/// Trivial steps, one after the other and at the same time.
pub(super) fn steps(cirun: &Cirun<'_>, peers: Option<&Peers>, rounds: u32) -> Result<Vec<Table>> {
    let serial = pipelines::written("serial.yaml", &pipelines::serial(10, "true"))?;
    let mut contenders = subjects(cirun, &serial);
    for profile in PROFILES {
        let file = serial.clone();
        let name = format!("cirun, {profile}, plain");
        contenders.push(Contender::reference(name, None, move || cirun.stage(&file, profile, Isolation::Plain)));
    }
    contenders.push(Contender::reference("docker run --rm", 0.30, || docker_runs(cirun, 10, 1)));
    if let Some(socket) = cirun.engine.host().strip_prefix("unix://") {
        let run = || (0..10).try_for_each(|_| engine_api::run_container(Path::new(socket), IMAGE, &["true"]));
        contenders.push(Contender::reference("the engine's API", None, move || {
            let started = Instant::now();
            run()?;
            Ok(started.elapsed())
        }));
    }
    if let Some(peers) = peers {
        contenders.push(Contender::reference(Peers::wrkflw_name(), 0.30, || peers.wrkflw(10)));
        contenders.push(Contender::reference(peers.gitlab_ci_local_name(), 0.10, || peers.gitlab_ci_local(10)));
    }
    let mut tables = vec![compare("10 trivial steps, one after the other", &contenders, rounds)?];
    for (count, at_once) in [(4, 4), (100, 8)] {
        let text = pipelines::parallel(count, "true");
        let file = pipelines::written(&format!("parallel_{count}.yaml"), &text)?;
        let mut contenders = subjects(cirun, &file);
        let name = format!("docker run --rm, {at_once} at once");
        let docker = move || docker_runs(cirun, count, at_once);
        contenders.push(Contender::reference(name, 0.5, docker));
        tables.push(compare(&format!("{count} trivial steps at the same time"), &contenders, rounds)?);
    }
    Ok(tables)
}

/// Output, masked and written to a record, beside `docker run` whose output is written to a file.
pub(super) fn logs(cirun: &Cirun<'_>, rounds: u32) -> Result<Vec<Table>> {
    let line =
        "the quick brown fox jumps over the lazy dog while a build writes its long and tedious log to disk, line";
    // One of twenty lines has a secret.
    let many = format!(
        "block=$(seq 19 | sed 's/^/{line} /'; echo 'password={}'); yes \"$block\" | head -c 200000000",
        secret(7)
    );
    let works = [
        ("200 MB of lines, 50 secrets masked", many.as_str(), 1.0),
        ("500,000 short lines, 50 secrets masked", "seq 500000", 0.8),
    ];
    works
        .into_iter()
        .map(|(title, script, at_most)| {
            let text = pipelines::with_secrets(SECRETS, &format!("|-\n                        {script}"));
            let file = pipelines::written("logs.yaml", &text)?;
            let mut contenders = subjects(cirun, &file);
            contenders.push(Contender::reference("docker run --rm > FILE", at_most, || docker_output(cirun, script)));
            compare(title, &contenders, rounds)
        })
        .collect()
}

/// A stage of services, beside as many `docker run --detach` and `docker rm --force`.
pub(super) fn services(cirun: &Cirun<'_>, count: u32, rounds: u32) -> Result<Vec<Table>> {
    apt::install(&["docker-compose"], "the comparison of services")?;
    let file = pipelines::written("services.yaml", &pipelines::services(count))?;
    let mut contenders = subjects(cirun, &file);
    contenders.push(Contender::reference("docker run, docker rm", 0.5, || docker_services(cirun, count, &[])));
    contenders.push(Contender::reference("on a network, with a name", None, || named_services(cirun, count)));
    contenders.push(Contender::reference("docker-compose", None, || compose(cirun, count)));
    Ok(vec![compare(&format!("{count} services, started and removed"), &contenders, rounds)?])
}

fn subjects<'a>(cirun: &'a Cirun<'_>, file: &Path) -> Vec<Contender<'a>> {
    let subject = |profile: &'static str| {
        let file: PathBuf = file.to_owned();
        Contender::subject(format!("cirun, {profile}"), move || cirun.stage(&file, profile, Isolation::Gate))
    };
    PROFILES.into_iter().map(subject).collect()
}

/// `docker run --rm` so many times, `at_once` of them at a time.
fn docker_runs(cirun: &Cirun<'_>, count: u32, at_once: u32) -> Result<Duration> {
    let started = Instant::now();
    let waiting = Mutex::new((0..count).collect::<VecDeque<u32>>());
    thread::scope(|scope| {
        let worker = || {
            while waiting.lock().is_ok_and(|mut waiting| waiting.pop_front().is_some()) {
                cirun.engine.docker().args(["run", "--rm", IMAGE, "true"]).read()?;
            }
            anyhow::Ok(())
        };
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    Ok(started.elapsed())
}

fn docker_output(cirun: &Cirun<'_>, script: &str) -> Result<Duration> {
    let file = File::create(pipelines::repository()?.join("output.log"))?;
    let mut command = cirun.engine.docker().args(["run", "--rm", IMAGE, "sh", "-c", script]).into_inner();
    let started = Instant::now();
    let status = command.stdout(file).status().context("docker run")?;
    ensure!(status.success(), "docker run ended with {status}");
    Ok(started.elapsed())
}

fn docker_services(cirun: &Cirun<'_>, count: u32, options: &[&str]) -> Result<Duration> {
    let started = Instant::now();
    let mut containers = Vec::new();
    for number in 0..count {
        let run = cirun.engine.docker().args(["run", "--detach"]).args(options);
        let run = if options.is_empty() { run } else { run.arg(format!("--network-alias=service_{number}")) };
        containers.push(run.args([IMAGE, "sleep", "1000"]).read()?.trim().to_owned());
    }
    for container in &containers {
        cirun.engine.docker().args(["rm", "--force", container]).read()?;
    }
    Ok(started.elapsed())
}

/// The work of a stage on a bridge, in sequence.
fn named_services(cirun: &Cirun<'_>, count: u32) -> Result<Duration> {
    let started = Instant::now();
    cirun.engine.docker().args(["network", "create", NETWORK]).read()?;
    let ran = docker_services(cirun, count, &["--network", NETWORK]);
    cirun.engine.docker().args(["network", "rm", NETWORK]).read()?;
    ran?;
    Ok(started.elapsed())
}

fn compose(cirun: &Cirun<'_>, count: u32) -> Result<Duration> {
    let service = |number: u32| {
        format!("  service_{number}:\n    image: {IMAGE}\n    command: [sleep, \"1000\"]\n    stop_signal: SIGKILL\n")
    };
    let text = format!("version: \"3\"\nservices:\n{}", (0..count).map(service).collect::<String>());
    let file = pipelines::written("docker-compose.yml", &text)?;
    let run = |words: &[&str]| {
        let command = Cmd::new("docker-compose").arg("--file").arg(&file).args(words);
        timed(command.env("DOCKER_HOST", cirun.engine.host()))
    };
    let up = run(&["up", "--detach"])?;
    Ok(up + run(&["down", "--timeout", "0"])?)
}
