//! Programs like cirun, for other CI services: installed from npm and crates.io, and given the same work.

use std::{fs, fs::File, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};

use super::{
    cirun::timed,
    pipelines::{self, IMAGE},
};
use crate::{apt, engine::Engine, project, sh::Cmd};

/// gitlab-ci-local runs its scripts with bash, which the image of the steps does not have.
const BASH_IMAGE: &str = "cirun.local/bench-bash:1";
/// The versions of gitlab-ci-local after this one need Node 22.
const FOR_NODE_20: &str = "4.59.0";
const WRKFLW: &str = "0.8.0";

/// The installed programs.
pub(super) struct Peers {
    wrkflw: PathBuf,
    gitlab_ci_local: PathBuf,
    gitlab_ci_local_version: String,
    host: String,
}

impl Peers {
    /// Installs what is missing; compiling wrkflw takes some minutes.
    pub(super) fn ensure(engine: &Engine) -> Result<Self> {
        let home = project::cache_dir("bench/peers")?;
        let wrkflw = home.join("bin/wrkflw");
        if !wrkflw.is_file() {
            Cmd::new("cargo")
                .args(["install", "wrkflw", "--locked", "--version", WRKFLW, "--root"])
                .arg(&home)
                .run()?;
        }
        let package = home.join("node_modules/gitlab-ci-local");
        if !package.is_dir() {
            let version = if node_version()? < 22 { FOR_NODE_20 } else { "latest" };
            let name = format!("gitlab-ci-local@{version}");
            Cmd::new("npm").args(["install", "--no-save", "--prefix"]).arg(&home).arg(name).run()?;
        }
        let manifest: serde_json::Value = serde_json::from_reader(File::open(package.join("package.json"))?)?;
        let gitlab_ci_local_version = manifest["version"].as_str().unwrap_or("?").to_owned();
        image_with_bash(engine)?;
        let gitlab_ci_local = home.join("node_modules/.bin/gitlab-ci-local");
        Ok(Self { wrkflw, gitlab_ci_local, gitlab_ci_local_version, host: engine.host().to_owned() })
    }

    pub(super) fn wrkflw_name() -> String {
        format!("wrkflw {WRKFLW}")
    }

    pub(super) fn gitlab_ci_local_name(&self) -> String {
        format!("gitlab-ci-local {}", self.gitlab_ci_local_version)
    }

    /// A job of `steps` steps in a container each.
    pub(super) fn wrkflw(&self, steps: u32) -> Result<Duration> {
        let list = "      - run: \"true\"\n".repeat(steps as usize);
        let head =
            format!("name: bench\non: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    container: {IMAGE}\n");
        let file = pipelines::written(".github/workflows/bench.yml", &format!("{head}    steps:\n{list}"))?;
        timed(Cmd::new(&self.wrkflw).arg("run").arg(file).dir(&pipelines::repository()?).env("DOCKER_HOST", &self.host))
    }

    /// A pipeline of `jobs` jobs, each in a stage and a container of its own.
    pub(super) fn gitlab_ci_local(&self, jobs: u32) -> Result<Duration> {
        let stages: Vec<String> = (0..jobs).map(|number| format!("stage_{number}")).collect();
        let job = |number: u32| format!("job_{number}:\n  stage: stage_{number}\n  script: [\"true\"]\n");
        let jobs: String = (0..jobs).map(job).collect();
        let text = format!("image: {BASH_IMAGE}\nstages: [{}]\n{jobs}", stages.join(", "));
        pipelines::written(".gitlab-ci.yml", &text)?;
        let command = Cmd::new(&self.gitlab_ci_local).args(["--helper-image", BASH_IMAGE]);
        timed(command.dir(&pipelines::repository()?).env("DOCKER_HOST", &self.host))
    }
}

/// The image of the steps with Debian's static bash.
fn image_with_bash(engine: &Engine) -> Result<()> {
    if engine.docker().args(["image", "inspect", BASH_IMAGE]).succeeds() {
        return Ok(());
    }
    let dir = project::cache_dir("bench/bash")?;
    let packages = apt::closure(&["bash-static".to_owned()], &[], &dir)?;
    let package = packages.into_iter().filter(|package| package.name == "bash-static").collect::<Vec<_>>();
    let archive = apt::download(&package, &dir)?.into_iter().next().context("Debian has bash-static")?;
    Cmd::new("dpkg").arg("-x").arg(archive).arg(dir.join("root")).read()?;
    let program = ["bin/bash-static", "usr/bin/bash-static"].map(|path| dir.join("root").join(path));
    let program = program.iter().find(|path| path.is_file()).context("bash-static has the program")?;
    let context = project::cache_dir("bench/bash/context")?;
    fs::copy(program, context.join("bash"))?;
    fs::write(context.join("Dockerfile"), format!("FROM {IMAGE}\nCOPY bash /bin/bash\n"))?;
    engine.docker().args(["build", "--quiet", "--tag", BASH_IMAGE]).arg(context).read().map(drop)
}

fn node_version() -> Result<u32> {
    let version = Cmd::new("node").arg("--version").read()?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    major.parse().with_context(|| format!("node's version: {version}"))
}
