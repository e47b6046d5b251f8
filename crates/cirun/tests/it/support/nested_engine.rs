//! An engine for one test, in a container of this machine's engine.

use std::process::{Command, Stdio};

use super::{docker, until};

/// A running engine; removed with its content when it is dropped.
#[derive(Debug)]
pub(crate) struct NestedEngine {
    name: String,
    address: String,
}

impl NestedEngine {
    /// Starts one with additional options of `docker run` and of its daemon, and waits until it responds. It sees the
    /// machine's `/tmp`, where the workspaces of tests are.
    #[track_caller]
    pub(crate) fn start(name: &str, options: &[&str], daemon: &[&str]) -> Self {
        let name = format!("cirun-it-{name}-{}", std::process::id());
        let mut engine = Self { name: name.clone(), address: String::new() };
        let run = ["run", "--detach", "--privileged", "--name", &name, "--volume", "/tmp:/tmp"];
        let publish = ["--publish", "127.0.0.1::2375"];
        docker(&[&run[..], &publish, options, &["cirun.local/dind:1"], daemon].concat());
        let published = docker(&["port", &name, "2375/tcp"]);
        engine.address = format!("tcp://{}", published.lines().next().expect("a published port").trim());
        until("the engine answers", || engine.command(&["info"]).output().is_ok_and(|output| output.status.success()));
        engine
    }

    /// As in `DOCKER_HOST`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Copies an image from this machine's engine to it.
    #[track_caller]
    pub(crate) fn load(&self, image: &str) {
        let mut save = Command::new("docker").args(["save", image]).stdout(Stdio::piped()).spawn().unwrap();
        let saved = save.stdout.take().expect("it is piped");
        let loaded = self.command(&["load", "--quiet"]).stdin(saved).output().unwrap();
        assert!(save.wait().unwrap().success() && loaded.status.success(), "{image}: {loaded:?}");
    }

    /// Its containers, networks and volumes, except those that every engine has.
    #[track_caller]
    pub(crate) fn objects(&self) -> String {
        let kinds: [&[&str]; 3] = [
            &["ps", "--all", "--quiet"],
            &["network", "ls", "--quiet", "--filter", "type=custom"],
            &["volume", "ls", "--quiet"],
        ];
        let listed = kinds.map(|kind| {
            let output = self.command(kind).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        });
        listed.concat()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["--host", &self.address]).args(args);
        command
    }
}

impl Drop for NestedEngine {
    fn drop(&mut self) {
        drop(Command::new("docker").args(["rm", "--force", "--volumes", &self.name]).output());
    }
}
