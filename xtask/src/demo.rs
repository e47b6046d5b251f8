//! `cargo xtask demo`: runs the example pipeline from scratch and shows the image that it pushed.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{
    engine::{self, Engine},
    images, project,
    sh::Cmd,
};

const PIPELINE: &str = "examples/shop/pipeline.yaml";
/// The step that pushes, and its image: examples/shop/pipeline.yaml.
const STEP: &str = "build.push";
const IMAGE: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest";
/// The file that the image's build writes: examples/shop/Dockerfile.
const RELEASE_FILE: &str = "/srv/release.txt";
/// cirun's container with the registry of this machine, and its port.
const REGISTRY: [&str; 2] = ["cirun-registry", "5000/tcp"];

/// Run examples/shop from scratch and show the image that it pushed
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build everything that `cargo xtask test` builds, so that nothing is built again later
    #[arg(long, hide = true)]
    with_tests: bool,
    /// Options for `cirun local`
    #[arg(last = true)]
    options: Vec<String>,
}

/// The demo exits with cirun's own exit code. The example's own settings name the images that replace the plugins; a
/// run with `--trust` uses them.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let engine = engine::ensure()?;
    images::ensure(&engine)?;
    let what: &[&str] = if args.with_tests { &["--workspace", "--all-targets"] } else { &["--package", "cirun"] };
    Cmd::new("cargo").args(["build", "--quiet"]).args(what).dir(&project::root()).run()?;
    let events = project::cache_dir("demo")?.join("events.jsonl");
    let code = Cmd::new(project::target_dir().join("debug/cirun"))
        .args(["local", PIPELINE, "--trust", "--events"])
        .arg(&events)
        .args(&args.options)
        .dir(&project::root())
        .env("DOCKER_HOST", engine.host())
        .status()?;
    if code == 0 {
        show(&engine, &pushed_digest(&events)?)?;
    }
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// The digest that the plugin reported, from the events of the run.
fn pushed_digest(events: &Path) -> Result<String> {
    let text = fs::read_to_string(events).with_context(|| format!("cannot read {}", events.display()))?;
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let digest = events
        .filter(|event| event["type"] == "step_finished" && event["step"] == STEP)
        .find_map(|event| event["outputs"]["digest"].as_str().map(str::to_owned));
    digest.with_context(|| format!("the step `{STEP}` reported no digest"))
}

/// Pulls the image from cirun's registry, as a user would, and inspects it.
fn show(engine: &Engine, digest: &str) -> Result<()> {
    let port = engine.docker().arg("port").args(REGISTRY).read()?;
    let address = port.lines().next().context("the registry has no port")?;
    let image = format!("{address}/{IMAGE}");
    eprintln!("\nThe image is in the registry of this machine:");
    engine.docker().args(["pull", "--quiet", &image]).run()?;
    let digests =
        engine.docker().args(["image", "inspect", "--format", "{{join .RepoDigests \" \"}}", &image]).read()?;
    engine.docker().args(["run", "--rm", "--network", "none", "--entrypoint", "cat", &image, RELEASE_FILE]).run()?;
    engine.docker().args(["image", "rm", &image]).read()?;
    if !digests.contains(digest) {
        bail!("the plugin pushed {digest}, and the registry has {}", digests.trim());
    }
    println!("{IMAGE} has the digest that the plugin reported: {digest}");
    Ok(())
}
