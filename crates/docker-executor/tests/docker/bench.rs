//! The test setup: a run with its directories, and helpers that run steps.

mod steps;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use cirun_docker_executor::{
    ConnectOptions, DockerBackend, DockerConfig, Egress, Engine, EngineSocket, GateProgram, HelperImage, HostOs, Keep,
    LocalPluginImage, NoPassword, Passwords, PodImage, PullOverride, RunConfig, WatcherImage, connect,
};
use cirun_engine::{
    Backend, BackendError, EventKind, Exit, Inventory, OutputChunk, OwnedObject, Owner, ReadyStep, Selection,
    ServiceExit, StepIo, Stream, Workspaces,
};
use cirun_plan::{AwsLogin, PlannedStage, Profile, RegistryPassword};
use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

pub(super) use self::steps::{planned, service, step};

/// Longer than any step of these tests; what takes this long hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The program of cirun's own image as a watcher.
const WATCH: &str = "while :; do cat /proc/net/tcp /proc/net/tcp6; echo .; sleep 0.02; done";

static RUNS: AtomicU32 = AtomicU32::new(0);

/// A run of one stage on the real engine.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) backend: DockerBackend,
    pub(super) run_id: String,
    pub(super) dir: tempfile::TempDir,
    pub(super) config: RunConfig,
    profile: Profile,
}

/// The result of a step.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) exit: Exit,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Ran {
    pub(super) fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }
}

pub(super) fn busybox() -> String {
    std::env::var("CIRUN_TEST_BUSYBOX").unwrap_or_else(|_| "cirun.local/busybox:1".to_owned())
}

pub(super) async fn engine() -> Engine {
    let options =
        ConnectOptions { docker_host: std::env::var("DOCKER_HOST").ok(), ..ConnectOptions::new(HostOs::current()) };
    connect(&options).await.unwrap()
}

/// The isolation that these tests run with, as cirun's setting has it.
fn gate() -> Option<GateProgram> {
    match std::env::var("CIRUN_ISOLATION").as_deref() {
        Ok("plain") => None,
        Ok(_) | Err(_) => Some(GateProgram::new(cirun_gate_program::PROGRAM.expect("this build has a gate"))),
    }
}

/// A gate whatever `CIRUN_ISOLATION` says.
pub(super) fn with_gate(config: &mut RunConfig) {
    config.gate = Some(GateProgram::new(cirun_gate_program::PROGRAM.expect("this build has a gate")));
}

/// No gate whatever `CIRUN_ISOLATION` says.
pub(super) fn plain(config: &mut RunConfig) {
    config.gate = None;
}

/// Gives passwords to no identity.
#[derive(Debug)]
struct NoPasswords;

impl Passwords for NoPasswords {
    fn ask<'a>(&'a self, login: &'a AwsLogin, _: &'a str) -> BoxFuture<'a, Result<RegistryPassword, NoPassword>> {
        Box::pin(async { Err(NoPassword(format!("there is no password of {}", login.connector))) })
    }

    fn permit(&self, _: &str) -> Result<(), NoPassword> {
        Ok(())
    }
}

pub(super) fn helper() -> HelperImage {
    HelperImage { reference: busybox(), rootfs: None, changes: Vec::new() }
}

pub(super) fn code(code: i64) -> Exit {
    Exit::Code { code, oom_killed: false }
}

impl Bench {
    pub(super) async fn new(profile: Profile) -> Self {
        Self::with(profile, |_| {}).await
    }

    /// A run with settings changed by `change`.
    pub(super) async fn with(profile: Profile, change: impl FnOnce(&mut RunConfig)) -> Self {
        let engine = engine().await;
        let dir = tempfile::tempdir().unwrap();
        let workspace = dir.path().join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        let run_id = format!("test-{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let mut config = RunConfig {
            run_id: run_id.clone(),
            owner: Owner::current(),
            workspace,
            workspaces: Workspaces::default(),
            run_dir: dir.path().join("run"),
            private_dir: dir.path().join("private"),
            files: Vec::new(),
            absent_files: std::collections::BTreeSet::new(),
            sidecars: Vec::new(),
            pod: PodImage { image: helper(), command: vec!["sleep".into(), "1000000".into()], aliases: Vec::new() },
            watcher: WatcherImage { image: helper(), command: ["sh", "-c", WATCH].map(str::to_owned).to_vec() },
            local_plugin: LocalPluginImage {
                image: helper(),
                command: vec!["sh".into(), "-c".into()],
                binds: Vec::new(),
            },
            always_watch_inside: false,
            pull: PullOverride::Yaml,
            offline: false,
            platform: None,
            docker_config: DockerConfig::default(),
            passwords: Arc::new(NoPasswords),
            mirror: None,
            egress: Egress::Open,
            resolver: None,
            engine_socket: EngineSocket::AsPlanned,
            publish_address: [127, 0, 0, 1].into(),
            gate: gate(),
            stop_grace: Duration::from_secs(1),
            keep: Keep::Nothing,
        };
        change(&mut config);
        let backend = DockerBackend::new(engine.clone(), config.clone());
        Self { engine, backend, run_id, dir, config, profile }
    }

    /// A run whose stage starts with these services.
    pub(super) async fn started(profile: Profile, services: &[&ReadyStep]) -> Self {
        let bench = Self::new(profile).await;
        bench.start(services).await.unwrap();
        bench
    }

    pub(super) async fn start(&self, steps: &[&ReadyStep]) -> Result<Vec<EventKind>, BackendError> {
        self.start_planned(planned(self.profile, steps, &["/shared"])).await
    }

    /// Starts the stage on another backend of the same run.
    pub(super) async fn start_on(&self, backend: &DockerBackend, steps: &[&ReadyStep]) {
        let stage = planned(self.profile, steps, &[]);
        backend.start_stage(&stage, mpsc::channel(100).0).await.unwrap();
    }

    pub(super) async fn start_planned(&self, stage: PlannedStage) -> Result<Vec<EventKind>, BackendError> {
        let (progress, mut events) = mpsc::channel(100);
        tokio::time::timeout(PATIENCE, self.backend.start_stage(&stage, progress)).await.unwrap()?;
        let mut seen = Vec::new();
        while let Some(event) = events.recv().await {
            seen.push(event);
        }
        Ok(seen)
    }

    /// Runs a step to its end.
    pub(super) async fn run(&self, step: &ReadyStep) -> Ran {
        self.run_with(step, |_, _| {}).await
    }

    /// Runs a step; `watch` receives the standard output so far after each chunk, and may fire the tokens.
    pub(super) async fn run_with(&self, step: &ReadyStep, watch: impl Fn(&[u8], &StepIo)) -> Ran {
        let (io, mut chunks) = wires();
        let running = {
            let io = io.clone();
            async move { self.backend.run(step, io).await }
        };
        let reading = async {
            let io = io;
            let tokens = StepIo { output: mpsc::channel(1).0, ..io.clone() };
            drop(io);
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            while let Some(OutputChunk { stream, bytes }) = chunks.recv().await {
                match stream {
                    Stream::Stdout => stdout.extend_from_slice(&bytes),
                    Stream::Stderr => stderr.extend_from_slice(&bytes),
                }
                watch(&stdout, &tokens);
            }
            (stdout, stderr)
        };
        let both = async { tokio::join!(running, reading) };
        let (exit, (stdout, stderr)) = tokio::time::timeout(PATIENCE, both).await.expect("the step hangs");
        Ran { exit: exit.unwrap(), stdout, stderr }
    }

    /// Starts a service; its output and its end arrive through the channels.
    pub(super) async fn serve(&self, step: &ReadyStep) -> (mpsc::Receiver<OutputChunk>, mpsc::Receiver<ServiceExit>) {
        let (io, chunks) = wires();
        let (ended, ends) = mpsc::channel(1);
        self.backend.start_service(step, io, ended).await.unwrap();
        (chunks, ends)
    }

    pub(super) fn workspace(&self, path: &str) -> PathBuf {
        self.dir.path().join("workspace").join(path)
    }

    /// The objects of the run on the engine.
    pub(super) async fn owned(&self) -> Vec<OwnedObject> {
        let mut objects = self.engine.list_owned().await.unwrap();
        objects.retain(|object| object.run.as_deref() == Some(self.run_id.as_str()));
        objects
    }

    /// Destroys the stage and checks that nothing is left.
    pub(super) async fn finish(self) {
        let left = self.backend.destroy_stage(PATIENCE).await.unwrap();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(self.owned().await, []);
    }
}

/// Removes what a panicking test left; `finish` has removed everything otherwise.
impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let run = Selection::Run(self.run_id.clone());
        remove_blocking(move |engine| async move { drop(engine.clean(&run, &Owner::current(), false).await) });
    }
}

/// Runs a removal in a destructor, which cannot await.
pub(super) fn remove_blocking<F: Future<Output = ()>>(remove: impl FnOnce(Engine) -> F + Send + 'static) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { remove(engine().await).await });
    });
    drop(thread.join());
}

/// The channels of a step, and the receiver of its output.
pub(super) fn wires() -> (StepIo, mpsc::Receiver<OutputChunk>) {
    let (output, chunks) = mpsc::channel(16);
    (StepIo { output, stop: CancellationToken::new(), kill: CancellationToken::new() }, chunks)
}

/// The body of a page, or `None` until something answers.
pub(super) async fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer.split_once("\r\n\r\n")?.1.to_owned())
}
