//! A user of cirun: with a home directory, a workspace, and an environment.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

#[cfg(unix)]
use super::terminal::Terminal;
use super::{CommandOutput, Events, filters, free_port, process::Running};

/// The address of an engine that does not exist.
const NO_ENGINE: &str = "unix:///nonexistent/docker.sock";

/// A temporary home and workspace; commands run with an empty environment and the workspace as current directory.
#[derive(Debug)]
pub(crate) struct TestEnvironment {
    root: TempDir,
    variables: Vec<(String, String)>,
    is_trusted: bool,
}

impl TestEnvironment {
    /// An empty workspace, and no engine.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("cirun-it-").tempdir().unwrap();
        let environment = Self { root, variables: Vec::new(), is_trusted: true };
        fs::create_dir_all(environment.workspace()).unwrap();
        fs::create_dir_all(environment.home()).unwrap();
        environment.with("DOCKER_HOST", NO_ENGINE)
    }

    /// A workspace with `ci.yaml` and the connectors of `examples/shop`.
    pub(crate) fn pipeline(text: impl AsRef<[u8]>) -> Self {
        let connectors = fs::read_to_string(examples().join("shop/.harness/connectors.yaml")).unwrap();
        Self::new().file("ci.yaml", text).file(".harness/connectors.yaml", connectors)
    }

    /// A copy of `examples/NAME` as workspace.
    pub(crate) fn example(name: &str) -> Self {
        let environment = Self::new();
        copy(&examples().join(name), &environment.workspace());
        environment
    }

    /// Uses the engine of this machine, by `DOCKER_HOST` of the tests' own environment or the usual socket.
    ///
    /// Steps are isolated as `CIRUN_ISOLATION` says, or as by default. The registry is `CIRUN_TEST_REGISTRY`, which `cargo xtask test` removes at the end, or one that only the tests
    /// of this tree use.
    pub(crate) fn with_engine(self) -> Self {
        let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let registry = std::env::var("CIRUN_TEST_REGISTRY").unwrap_or_else(|_| registry_of_this_tree());
        let environment = self.with("DOCKER_HOST", &host).with("CIRUN_REGISTRY", &registry);
        match std::env::var("CIRUN_ISOLATION") {
            Ok(isolation) => environment.with("CIRUN_ISOLATION", &isolation),
            Err(_) => environment,
        }
    }

    /// Runs ask for consent, as for users; otherwise every run gets `--trust`.
    pub(crate) fn untrusted(mut self) -> Self {
        self.is_trusted = false;
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The last value that was set for a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Writes a new file of the workspace.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.workspace().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Replaces a file of the workspace.
    pub(crate) fn write(&self, path: &str, content: &str) {
        fs::write(self.workspace().join(path), content).unwrap();
    }

    /// The example's stage on a VM publishes a port; next to other tests it must be a port of its own.
    pub(crate) fn shop() -> Self {
        let port = free_port();
        Self::example("shop").edit("pipeline-vm.yaml", "\"16379\"", &format!("\"{port}\"")).with_engine()
    }

    /// Replaces text in a file of the workspace; the text must exist.
    pub(crate) fn edit(self, path: &str, from: &str, to: &str) -> Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} holds no {from:?}");
        self.file(path, text.replace(from, to))
    }

    /// A file of the workspace.
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.workspace().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs cirun and waits for it.
    pub(crate) fn cirun(&self, args: &[&str]) -> CommandOutput {
        let output = self.command(args).output().unwrap();
        CommandOutput::new(output, filters::of(self.root.path()))
    }

    /// Runs cirun in a directory of the workspace.
    pub(crate) fn cirun_in(&self, directory: &str, args: &[&str]) -> CommandOutput {
        let output = self.command(args).current_dir(self.workspace().join(directory)).output().unwrap();
        CommandOutput::new(output, filters::of(self.root.path()))
    }

    /// Runs cirun in a network namespace of its own.
    pub(crate) fn cirun_without_network(&self, args: &[&str]) -> CommandOutput {
        let wanted = self.command(args);
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net"]).arg(wanted.get_program()).args(wanted.get_args());
        command.env_clear().envs(wanted.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.current_dir(self.workspace()).stdin(std::process::Stdio::null()).output();
        CommandOutput::new(output.expect("util-linux is installed"), filters::of(self.root.path()))
    }

    /// Runs cirun, and returns its maximum memory in KiB. If it does not end in two minutes, the test fails.
    pub(crate) fn cirun_measured(&self, args: &[&str]) -> (CommandOutput, u64) {
        const MEASURE: &str = "import resource, subprocess, sys\n\
             code = subprocess.call(sys.argv[2:], timeout=120)\n\
             open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n\
             sys.exit(code)";
        let (wanted, measured) = (self.command(args), self.root.path().join("measured"));
        let mut command = Command::new("python3");
        command.args(["-c", MEASURE]).arg(&measured).arg(wanted.get_program()).args(wanted.get_args());
        command.env_clear().envs(wanted.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.current_dir(self.workspace()).stdin(std::process::Stdio::null()).output();
        let output = CommandOutput::new(output.expect("Python is installed"), filters::of(self.root.path()));
        let measured = fs::read_to_string(measured).unwrap_or_else(|error| panic!("{error}\n{output}"));
        (output, measured.parse().unwrap())
    }

    /// Starts cirun, to send it signals.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args), self.root.path(), filters::of(self.root.path()))
    }

    /// Starts cirun at a terminal.
    #[cfg(unix)]
    pub(crate) fn at_terminal(&self, args: &[&str]) -> Terminal {
        Terminal::start(self.command(args))
    }

    /// The events that a run wrote to `e.jsonl`.
    pub(crate) fn events(&self) -> Events {
        Events::read(&self.workspace().join("e.jsonl"))
    }

    /// The records of runs, in order.
    pub(crate) fn records(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.state().join("cirun/runs")) else { return Vec::new() };
        let mut records: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        records.sort();
        records
    }

    /// The record of the last run.
    pub(crate) fn record(&self) -> PathBuf {
        self.records().pop().expect("a run has been recorded")
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The caches of the workspace's project, which have the name of its directory.
    pub(crate) fn caches(&self) -> PathBuf {
        let caches = self.home().join(".cache/cirun/caches");
        let project = fs::canonicalize(self.workspace()).unwrap();
        let hash = hex::encode(Sha256::digest(project.as_os_str().as_encoded_bytes()));
        caches.join(format!("work-{}", &hash[..16]))
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cirun"));
        command.args(args).current_dir(self.workspace()).env_clear();
        if self.is_trusted && args.first().is_some_and(|command| ["local", "rerun"].contains(command)) {
            command.arg("--trust");
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("USER", "tester");
        command.env("XDG_CONFIG_HOME", self.home().join(".config"));
        command.env("XDG_DATA_HOME", self.root.path().join("data"));
        command.env("XDG_STATE_HOME", self.state());
        command.env("NO_COLOR", "1").env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.stdin(std::process::Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn registry_of_this_tree() -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_TARGET_TMPDIR").hash(&mut hasher);
    format!("cirun-registry-test-{:x}", hasher.finish())
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
