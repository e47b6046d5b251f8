//! A backend with a workspace, and its helpers for tests.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cirun_engine::{
    Backend, BackendError, Exit, OutputChunk, ReadyAction, ReadyContainer, ReadyHost, ReadyStep, ServiceExit, StepIo,
    Stream, Workspaces,
};
use cirun_host_executor::{HostBackend, HostConfig};
use cirun_plan::{Cause, Node, Origin, PlannedStage, Profile, PullPolicy, Role, StageId, StepPath, Traced, When};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Longer than any step here takes, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A started stage in a workspace.
pub(crate) struct Bed {
    pub(crate) backend: Arc<HostBackend>,
    pub(crate) workspace: PathBuf,
}

/// A running step.
pub(crate) struct Running {
    pub(crate) stop: CancellationToken,
    pub(crate) kill: CancellationToken,
    task: JoinHandle<Result<Exit, BackendError>>,
    output: JoinHandle<(String, String)>,
}

/// The exit of a step, and its output on stdout and stderr.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn sh(id: &str, script: &str) -> ReadyStep {
    step(id, &["sh", "-c", script], &[])
}

pub(crate) fn step(id: &str, argv: &[&str], env: &[(&str, &str)]) -> ReadyStep {
    let host = ReadyHost {
        argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ports: Vec::new(),
    };
    ReadyStep {
        path: StepPath::new("build", [id]),
        role: Role::Foreground,
        attempt: 1,
        action: ReadyAction::Host(Box::new(host)),
        timeout: PATIENCE,
        reports: Vec::new(),
    }
}

/// A step's container, with the fields that a refusal reads.
pub(crate) fn container(image: &str) -> ReadyContainer {
    ReadyContainer {
        image: image.to_owned(),
        pull: PullPolicy::Never,
        registry_auth: None,
        entrypoint: None,
        command: None,
        env: Default::default(),
        aliases: Vec::new(),
        ports: Vec::new(),
        privileged: false,
        user: None,
        nano_cpus: None,
        memory_bytes: None,
        working_dir: "/harness".to_owned(),
        engine_socket: false,
        local_plugin: None,
    }
}

impl Bed {
    /// A stage whose steps run in `workspace`, under the supervisor of `testbed`.
    pub(crate) async fn at(workspace: PathBuf, testbed: &Path) -> Self {
        Self::with(workspace, testbed, |_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(workspace: PathBuf, testbed: &Path, change: impl FnOnce(&mut HostConfig)) -> Self {
        let path = std::env::var("PATH").expect("a PATH");
        let machine = [
            ("PATH", path.as_str()),
            ("LC_MACHINE", "yes"),
            ("TZ", "machine"),
            ("LANG", "machine"),
            ("HOME", "/home/person"),
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("GITHUB_TOKEN", "hush"),
        ];
        let mut config = HostConfig {
            workspaces: Workspaces::default(),
            run_dir: workspace.join("run dir"),
            workspace: workspace.clone(),
            homes: workspace.join("homes"),
            own_files: BTreeMap::new(),
            given: [("LANG", "run"), ("GIVEN", "run")].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            environment: machine.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            supervisor: vec![testbed.into(), "supervisor".into()],
            stop_grace: PATIENCE,
        };
        change(&mut config);
        let backend = Arc::new(HostBackend::new(config));
        let (progress, _) = mpsc::channel(1);
        backend.start_stage(&stage(), progress).await.expect("the stage starts");
        Self { backend, workspace }
    }

    /// Starts a step.
    pub(crate) fn start(&self, step: &ReadyStep) -> Running {
        let (io, output) = wires();
        let (stop, kill) = (io.stop.clone(), io.kill.clone());
        let (backend, step) = (Arc::clone(&self.backend), step.clone());
        let task = tokio::spawn(async move { backend.run(&step, io).await });
        Running { stop, kill, task, output }
    }

    /// Runs a step to its end.
    pub(crate) async fn run(&self, step: &ReadyStep) -> Ended {
        self.start(step).end().await
    }

    /// Starts a service; its end, and all its output until then, arrive later.
    pub(crate) async fn service(
        &self,
        step: &ReadyStep,
    ) -> (mpsc::Receiver<ServiceExit>, JoinHandle<(String, String)>) {
        let (io, output) = wires();
        let (ended, ends) = mpsc::channel(1);
        self.backend.start_service(step, io, ended).await.expect("a service that does not start has ended");
        (ends, output)
    }

    pub(crate) async fn destroy(&self) -> Vec<String> {
        self.backend.destroy_stage(PATIENCE).await.expect("nothing here can fail")
    }

    /// The process id that a step wrote to a file of the workspace, once it has.
    pub(crate) async fn pid(&self, file: &str) -> i32 {
        let path = self.workspace.join(file);
        eventually(|| std::fs::read_to_string(&path).ok()?.trim().parse().ok()).await
    }
}

impl Running {
    pub(crate) async fn end(self) -> Ended {
        let exit = timeout(PATIENCE, self.task).await.expect("in time").expect("no panic").expect("no engine error");
        let (stdout, stderr) = timeout(PATIENCE, self.output).await.expect("in time").expect("no panic");
        Ended { exit, stdout, stderr }
    }
}

/// Polls until there is a value.
pub(crate) async fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "it did not happen");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process runs; a zombie does not.
pub(crate) fn is_alive(pid: i32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| !matches!(state.as_str(), "Z" | "X"))
}

pub(crate) fn parent_of(pid: i32) -> i32 {
    state_and_parent(pid).expect("it runs").1
}

#[cfg(target_os = "linux")]
fn state_and_parent(pid: i32) -> Option<(String, i32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

#[cfg(not(target_os = "linux"))]
fn state_and_parent(pid: i32) -> Option<(String, i32)> {
    let asked = std::process::Command::new("ps").args(["-o", "stat=,ppid=", "-p", &pid.to_string()]).output();
    let text = String::from_utf8_lossy(&asked.expect("ps(1)").stdout).into_owned();
    let mut fields = text.split_ascii_whitespace();
    Some((fields.next()?.get(..1)?.to_owned(), fields.next()?.parse().ok()?))
}

pub(crate) fn code(code: i64) -> Exit {
    Exit::Code { code, oom_killed: false }
}

fn wires() -> (StepIo, JoinHandle<(String, String)>) {
    let (output, mut chunks) = mpsc::channel::<OutputChunk>(1);
    let collect = tokio::spawn(async move {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(chunk) = chunks.recv().await {
            match chunk.stream {
                Stream::Stdout => stdout.extend_from_slice(&chunk.bytes),
                Stream::Stderr => stderr.extend_from_slice(&chunk.bytes),
            }
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(stdout), text(stderr))
    });
    (StepIo { output, stop: CancellationToken::new(), kill: CancellationToken::new() }, collect)
}

fn stage() -> PlannedStage {
    PlannedStage {
        id: StageId("build".to_owned()),
        name: "build".to_owned(),
        profile: Traced::new(Profile::Vm, Origin::new(Cause::Local("a test"))),
        workspace: "/harness".to_owned(),
        shared_paths: Vec::new(),
        when: When::default(),
        execution: Vec::<Node>::new(),
        looped: None,
        clone: None,
        not_here: None,
        undecided: Vec::new(),
        containerised: Vec::new(),
        known: Arc::new(Nothing),
    }
}

/// An environment in which nothing was known when the plan was made.
#[derive(Debug)]
struct Nothing;

impl cirun_expressions::Scope for Nothing {
    fn lookup(&self, _: &[cirun_expressions::Segment]) -> cirun_expressions::Lookup {
        cirun_expressions::Lookup::Missing
    }

    fn secret(&self, _: &str) -> cirun_expressions::Lookup {
        cirun_expressions::Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}
