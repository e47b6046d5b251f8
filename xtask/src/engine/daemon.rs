//! The local dockerd: installed, started in the background, stopped. Linux only.
//!
//! It must never change `/etc/docker/daemon.json`: all settings are on the command line.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{Engine, find};
use crate::{
    apt, capabilities, runc_wrapper,
    sh::{self, Cmd},
};

/// The binary of the runtime wrapper, and dockerd's log.
const STATE_DIR: &str = "/var/lib/cirun-engine";
const PID_FILE: &str = "/var/run/docker.pid";
/// The files of the containerd that dockerd starts for itself.
const CONTAINERD_PID_FILE: &str = "/var/run/docker/containerd/containerd.pid";
const HOST: &str = "unix:///var/run/docker.sock";
const START_LIMIT: Duration = Duration::from_secs(60);
/// dockerd gives its containers 10 s each before it exits.
const STOP_LIMIT: Duration = Duration::from_secs(60);

const FOUND_BY: &str = "started now";

/// Installs Debian's engine and its CLI.
pub(super) fn install() -> Result<()> {
    apt::install(&["docker.io", "iptables"], "the container engine")?;
    if sh::installed("docker") {
        return Ok(());
    }
    // Debian 13 has a separate package for the CLI.
    apt::install(&["docker-cli"], "the container engine's command line")
}

/// Starts dockerd and waits until it responds.
pub(super) fn start() -> Result<Engine> {
    if !cfg!(target_os = "linux") {
        bail!(
            "no engine answers: start Docker Desktop, Colima, OrbStack, Rancher Desktop or Podman, then run this again"
        );
    }
    if !sh::installed("dockerd") || !sh::installed("docker") || !sh::installed("iptables") {
        install()?;
        // With systemd, the package's own unit has started it.
        if Path::new("/run/systemd/system").exists() && wait_for_answer(Duration::from_secs(10), None).is_ok() {
            return Ok(Engine { host: HOST.into(), found_by: "started by systemd".into() });
        }
    }
    if !sh::is_root() && !Cmd::new("sudo").args(["-n", "true"]).succeeds() {
        bail!("no engine answers, and starting one needs root: run `sudo dockerd &`, or this command as root");
    }
    let log = Path::new(STATE_DIR).join("dockerd.log");
    Cmd::as_root("mkdir").args(["-p", STATE_DIR]).read()?;
    forget_killed()?;
    let options = dockerd_options()?;
    eprintln!("starting dockerd {} (log: {})", options.join(" "), log.display());
    let mut child = spawn(&options, &log)?;
    wait_for_answer(START_LIMIT, Some(&mut child)).with_context(|| {
        let said = fs::read_to_string(&log).unwrap_or_default();
        let tail: Vec<&str> = said.lines().rev().take(15).collect();
        format!("dockerd did not start; the end of {}:\n{}", log.display(), join_reversed(&tail))
    })?;
    Ok(Engine { host: HOST.into(), found_by: FOUND_BY.into() })
}

fn join_reversed(lines: &[&str]) -> String {
    lines.iter().rev().copied().collect::<Vec<_>>().join("\n")
}

fn dockerd_options() -> Result<Vec<String>> {
    let mut options = vec![format!("--host={HOST}")];
    if !sh::is_root() {
        // The socket belongs to this group: the user must reach it without sudo.
        options.push(format!("--group={}", Cmd::new("id").arg("-gn").read()?.trim()));
    }
    let missing = capabilities::missing()?;
    if !missing.is_empty() {
        let wrapper = install_wrapper()?;
        eprintln!(
            "this host lacks {}: containers start through {}, so that --privileged works",
            missing.join(", "),
            wrapper.display()
        );
        options.push(format!("--add-runtime={}={}", runc_wrapper::NAME, wrapper.display()));
        options.push(format!("--default-runtime={}", runc_wrapper::NAME));
    }
    Ok(options)
}

/// Copies this binary to a place that outlives `target/`; by its name there it is the wrapper.
fn install_wrapper() -> Result<PathBuf> {
    let path = Path::new(STATE_DIR).join(runc_wrapper::NAME);
    let own = env::current_exe().context("cannot find this program's own file")?;
    // A running wrapper keeps its old file: a rename replaces it.
    let fresh = path.with_extension("new");
    Cmd::as_root("install").args(["-m", "0755"]).args([&own, &fresh]).read()?;
    Cmd::as_root("mv").arg("-f").args([&fresh, &path]).read()?;
    Ok(path)
}

/// dockerd in a session of its own, so that it outlives the terminal. It restarts itself several times for each
/// container, and its garbage collector runs during the start: with less frequent collections, it starts in two thirds
/// of the time.
fn spawn(options: &[String], log: &Path) -> Result<Child> {
    let script = format!("exec env GOGC=400 setsid dockerd \"$@\" >>{} 2>&1", log.display());
    let mut command = Cmd::as_root("sh").args(["-c", &script, "dockerd"]).args(options).into_inner();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("cannot run dockerd")
}

fn wait_for_answer(limit: Duration, mut child: Option<&mut Child>) -> Result<()> {
    let deadline = Instant::now() + limit;
    while !find::answers(HOST) {
        if let Some(status) = child.as_mut().map(|child| child.try_wait()).transpose()?.flatten() {
            bail!("dockerd ended: {status}");
        }
        if Instant::now() > deadline {
            bail!("no answer at {HOST} within {} s", limit.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The process of a pid file, if it runs and is `program`.
fn running(pid_file: &str, program: &str) -> Option<String> {
    let pid = fs::read_to_string(pid_file).ok()?.trim().to_owned();
    is_alive(&pid, program).then_some(pid)
}

/// Not a zombie: it has no command line, and there may be no parent to reap it.
fn is_alive(pid: &str, program: &str) -> bool {
    let process = Path::new("/proc").join(pid);
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    name.trim() == program && fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty())
}

/// dockerd does not start with the files of a killed one while a process is a zombie or its pid is reused.
fn forget_killed() -> Result<()> {
    for (file, program) in [(PID_FILE, "dockerd"), (CONTAINERD_PID_FILE, "containerd")] {
        if Path::new(file).exists() && running(file, program).is_none() {
            Cmd::as_root("rm").args(["-f", file]).read()?;
        }
    }
    Ok(())
}

/// Stops the local dockerd, whatever started it, and waits until it is gone.
pub(super) fn stop() -> Result<()> {
    let Some(pid) = running(PID_FILE, "dockerd") else {
        eprintln!("no dockerd runs here");
        return Ok(());
    };
    eprintln!("stopping dockerd, process {pid}");
    // A minimal system only has `kill` in its shell.
    Cmd::as_root("sh").args(["-c", "kill \"$1\"", "sh", &pid]).read()?;
    let deadline = Instant::now() + STOP_LIMIT;
    while is_alive(&pid, "dockerd") {
        if Instant::now() > deadline {
            bail!("dockerd (process {pid}) did not end within {} s", STOP_LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The missing capabilities that make `--privileged` fail on this engine: it is local and starts runc directly.
pub(super) fn in_need_of_wrapper(engine: &Engine) -> Result<Vec<&'static str>> {
    if !cfg!(target_os = "linux") || engine.host() != HOST {
        return Ok(Vec::new());
    }
    let runtime = engine.docker().args(["info", "--format", "{{.DefaultRuntime}}"]).read()?;
    if runtime.trim() == "runc" { capabilities::missing() } else { Ok(Vec::new()) }
}
