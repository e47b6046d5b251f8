//! A running `cirun aws serve`, and its clients.

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU8, Ordering},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

use crate::it::support::{CommandOutput, Running, TestEnvironment, until};

/// The account of the tests.
pub(super) const ACCOUNT: &str = "123456789012";
/// Its registry.
pub(super) const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// A running `cirun aws serve`; its names resolve to it in the clients' own `/etc/hosts`.
pub(super) struct Served {
    environment: TestEnvironment,
    running: Running,
    exports: BTreeMap<String, String>,
    path: Vec<PathBuf>,
}

impl Served {
    /// Starts it with these options, and waits for its output.
    pub(super) fn start(options: &[&str]) -> Result<Self> {
        Self::start_in(TestEnvironment::new(), options)
    }

    /// Starts it in a workspace with its files.
    pub(super) fn start_in(environment: TestEnvironment, options: &[&str]) -> Result<Self> {
        let address = own_address();
        let names = ["sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", REGISTRY];
        let hosts: String = names.iter().map(|name| format!("{address} {name}\n")).collect();
        fs::write(environment.home().join("hosts"), format!("127.0.0.1 localhost\n{hosts}"))?;
        let tls = format!("{address}:443");
        let words = ["aws", "serve", "--port", "0", "--tls", &tls, "--account", ACCOUNT, "--request-log", "log.jsonl"];
        let running = environment.start(&[&words, options].concat());
        until("it serves", || running.said("  data"));
        let line = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let exports: BTreeMap<_, _> = running.stdout().lines().filter_map(line).collect();
        ensure!(exports.contains_key("AWS_ENDPOINT_URL"), "{}", running.stdout());
        let policy = r#"{"default":[{"type":"insecureAcceptAnything"}]}"#;
        fs::create_dir_all(environment.home().join(".config/containers"))?;
        fs::write(environment.home().join(".config/containers/policy.json"), policy)?;
        Ok(Self { environment, running, exports, path: Vec::new() })
    }

    /// Adds a directory of programs for the clients.
    pub(super) fn with_programs(mut self, directory: PathBuf) -> Self {
        self.path.push(directory);
        self
    }

    pub(super) fn environment(&self) -> &TestEnvironment {
        &self.environment
    }

    /// The address of the plain endpoint.
    pub(super) fn http(&self) -> &str {
        self.exports["AWS_ENDPOINT_URL"].trim_start_matches("http://")
    }

    /// The printed variables without the endpoint: clients use the names.
    pub(super) fn by_names(&self) -> Vec<(&str, &str)> {
        self.by_endpoint().into_iter().filter(|(name, _)| *name != "AWS_ENDPOINT_URL").collect()
    }

    /// The printed variables.
    pub(super) fn by_endpoint(&self) -> Vec<(&str, &str)> {
        self.exports.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Runs a client and returns its standard output.
    pub(super) fn run(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<String> {
        let (code, stdout, stderr) = self.output(program, args, env)?;
        ensure!(code == 0, "{program} {}: {code}\n{stdout}\n{stderr}", args.join(" "));
        Ok(stdout)
    }

    /// Runs a client that must fail, and returns its output.
    pub(super) fn fails(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<String> {
        let (code, stdout, stderr) = self.output(program, args, env)?;
        ensure!(code != 0, "{program} {} succeeded: {stdout}", args.join(" "));
        Ok(stderr)
    }

    fn output(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<(i32, String, String)> {
        let mut path = std::env::join_paths(&self.path)?;
        path.push(":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        let home = self.environment.home();
        let output = Command::new("unshare")
            .args(["--mount", "sh", "-ec", "mount --bind \"$0\" /etc/hosts; exec \"$@\""])
            .arg(home.join("hosts"))
            .arg(program)
            .args(args)
            .current_dir(self.environment.workspace())
            .env_clear()
            .env("PATH", path)
            .env("HOME", &home)
            .env("SSL_CERT_FILE", &self.exports["AWS_CA_BUNDLE"])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .envs(env.iter().copied())
            .output()
            .with_context(|| format!("cannot run {program}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr)))
    }

    /// The called services and actions, each once, sorted.
    pub(super) fn asked(&self) -> String {
        let log = self.environment.read("log.jsonl");
        let mut lines: Vec<String> = log
            .lines()
            .map(|line| {
                let entry: serde_json::Value = serde_json::from_str(line).expect("a log of JSON lines");
                let word = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                format!("{} {} {}", word("service"), word("action"), entry["status"])
            })
            .collect();
        lines.sort();
        lines.dedup();
        lines.join("\n")
    }

    /// Stops it with Ctrl-C.
    pub(super) fn stop(self) -> CommandOutput {
        self.running.signal(Signal::INT);
        self.running.wait()
    }
}

/// An address that no other test on this machine has: by process, then by count.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high | 0x80, low, NEXT.fetch_add(1, Ordering::Relaxed))
}
