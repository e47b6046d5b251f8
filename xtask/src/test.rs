//! `cargo xtask test`: every test, including those that need an engine, with all set-up.

use std::thread;

use anyhow::{Result, bail};

use crate::{
    apt,
    engine::{self, Engine},
    images, project,
    sh::{self, Cmd},
};

/// What tests need besides Rust and the engine: repositories to clone, the tests of the plugin's substitute, and real
/// clients for the AWS emulator (a Python environment with the AWS CLI, skopeo, openssl).
const PACKAGES: [&str; 5] = ["git", "openssl", "python3", "python3-venv", "skopeo"];

/// Run every test: unit, golden, command line, doc tests, and those on a Docker engine.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Run the attacks by a hostile repository and a curious step: a part of `test`, on the real engine.
#[derive(clap::Args)]
pub(crate) struct AttackArgs {}

/// The modules with the attacks.
const ATTACKS: &str = "::attack::";

pub(crate) fn run(_: &Args) -> Result<()> {
    let engine = set_up_and_build()?;
    project::corpus()?;
    let mut results = rust(&engine, None);
    results.extend([doc(), stand_in()]);
    all(results)
}

pub(crate) fn attack(_: &AttackArgs) -> Result<()> {
    all(rust(&set_up_and_build()?, Some(ATTACKS)))
}

/// Builds the tests while packages and images are fetched: on a fresh machine both take minutes.
fn set_up_and_build() -> Result<Engine> {
    let build = || match has_nextest() {
        true => cargo().args(["nextest", "run", "--workspace", "--no-run"]).dir(&project::root()).run(),
        false => cargo().args(["test", "--workspace", "--all-targets", "--no-run"]).dir(&project::root()).run(),
    };
    thread::scope(|scope| {
        let building = scope.spawn(build);
        let engine = set_up();
        building.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        engine
    })
}

fn set_up() -> Result<Engine> {
    if sh::installed("apt-get") {
        apt::install(&PACKAGES, "the tests")?;
    }
    let engine = engine::ensure()?;
    images::ensure(&engine)?;
    Ok(engine)
}

/// A failure in one part must not hide the others.
fn all(results: Vec<Result<()>>) -> Result<()> {
    let failed: Vec<String> = results.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
}

/// Unit and integration tests, or those whose name contains `named`; nextest runs the engine's tests in a second
/// profile, which limits how many run at once, and a part of them without gates in a third.
fn rust(engine: &Engine, named: Option<&str>) -> Vec<Result<()>> {
    let registry = Registry { engine, name: format!("cirun-registry-test-{}", std::process::id()) };
    let command = |words: &[&str]| {
        let cargo = cargo().args(words).args(named).dir(&project::root()).env("DOCKER_HOST", engine.host());
        cargo.env("CIRUN_TEST_REGISTRY", &registry.name)
    };
    if has_nextest() {
        let nextest = |profile: &str| command(&["nextest", "run", "--workspace", "--profile", profile]);
        let mut results = vec![nextest("default").run(), nextest("docker").run()];
        if named.is_none() {
            results.push(nextest("docker-plain").env("CIRUN_ISOLATION", "plain").run());
        }
        return results;
    }
    eprintln!("cargo-nextest is not installed: cargo's own test runner runs the same tests");
    vec![command(&["test", "--workspace", "--all-targets", "--no-fail-fast"]).run()]
}

/// The registry that the tests' runs share, a container and a volume; removed after the tests.
struct Registry<'a> {
    engine: &'a Engine,
    name: String,
}

impl Drop for Registry<'_> {
    fn drop(&mut self) {
        let remove = |words: &[&str]| self.engine.docker().args(words).arg(&self.name).succeeds();
        remove(&["rm", "--force"]);
        if !remove(&["volume", "rm", "--force"]) {
            eprintln!("the registry of the tests is still there: the container and volume {}", self.name);
        }
    }
}

fn doc() -> Result<()> {
    cargo().args(["test", "--workspace", "--doc", "--quiet"]).dir(&project::root()).run()
}

/// The tests of the plugin's substitute: they need neither an engine nor its image.
fn stand_in() -> Result<()> {
    let dir = project::root().join("testdata/images/plugin-ecr");
    Cmd::new("python3")
        .args(["-B", "-m", "unittest", "discover", "--quiet", "--start-directory", "tests"])
        .env("PYTHONPATH", dir.join("rootfs/usr/lib/ecr-standin"))
        .dir(&dir)
        .run()
}

fn has_nextest() -> bool {
    cargo().args(["nextest", "--version"]).succeeds()
}

fn cargo() -> Cmd {
    Cmd::new("cargo")
}
