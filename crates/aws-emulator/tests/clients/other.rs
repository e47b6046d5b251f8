//! Other emulators, from their packages: moto, LocalStack and ministack.

use std::{
    fs::File,
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use super::{free_port, tools};

/// Another emulator, stopped when the test ends.
pub(crate) struct Other {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Other {
    fn start(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let port = free_port();
        let log = std::env::temp_dir().join(format!("cirun-emulator-other-{port}.log"));
        let output = File::create(&log)?;
        let mut command = command(port);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let mut other = Self { child: command.spawn()?, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = other.child.try_wait()? {
                bail!("it ended with {status}: {}", std::fs::read_to_string(&log)?);
            }
            ensure!(Instant::now() < deadline, "not ready in a minute: {}", std::fs::read_to_string(&log)?);
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::remove_file(log)?;
        Ok(other)
    }
}

/// Starts moto: STS, S3 and ECR's control plane.
pub(crate) fn moto() -> Result<Other> {
    let programs = tools::python("moto", &["moto[server,ecr,s3,sts]==5.2.5"])?;
    Other::start(|port| {
        let mut command = Command::new(programs.join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        command
    })
}

/// Starts LocalStack, with its files in `state`: STS only, because ECR is in the paid edition.
pub(crate) fn localstack(state: &Path) -> Result<Other> {
    // Its source uses the syntax of Python 3.12.
    let programs = tools::python_since(
        "localstack",
        12,
        &[
            "localstack-core[runtime]==2026.3.0",
            "pyopenssl>=25,<26",
            "cryptography>=45.0.1,<47",
            "service_identity",
            "cbor2<5.8",
        ],
    )?;
    Other::start(|port| {
        let mut command = Command::new(programs.join("python"));
        command
            .args(["-m", "localstack.runtime.main"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", state)
            .env("TMPDIR", state)
            .env("FILESYSTEM_ROOT", state)
            .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .envs([
                ("DISABLE_EVENTS", "1"),
                ("SKIP_SSL_CERT_DOWNLOAD", "1"),
                ("DNS_ADDRESS", "0"),
                ("SERVICES", "sts,iam,s3"),
                ("STRICT_SERVICE_LOADING", "1"),
            ]);
        command
    })
}

/// Starts ministack, with its files in `state`: STS and ECR's control plane.
pub(crate) fn ministack(state: &Path) -> Result<Other> {
    let programs = tools::python("ministack", &["ministack==1.5.33"])?;
    Other::start(|port| {
        let mut command = Command::new(programs.join("ministack"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", state)
            .env("TMPDIR", state)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            // Its other services would start containers of their own.
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .env("SERVICES", "sts,iam,ecr");
        command
    })
}
