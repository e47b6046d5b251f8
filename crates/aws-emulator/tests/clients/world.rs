//! An emulator with its own certificate authority, and the environment of its clients.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::{
    Config, EcrRegistry, Listen, LogEntry, PlainHttp, RequestLog, Server, Tls, host_names, serve,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The account of the tests.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The registry of the tests.
pub(crate) const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// Names outside AWS that the emulator uses in tests.
const OTHERS: [&str; 6] =
    ["docker.io", "index.docker.io", "registry-1.docker.io", "auth.docker.io", "quay.io", "us-docker.pkg.dev"];

/// A running emulator with the data for its clients.
pub(crate) struct World {
    dir: TempDir,
    server: Server,
    requests: UnboundedReceiver<LogEntry>,
    path: Vec<PathBuf>,
}

impl World {
    /// Starts an emulator with the product's default settings: lenient, and repositories must exist.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// Starts an emulator with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Result<Self> {
        let dir = TempDir::with_prefix("cirun-emulator-")?;
        let mut names = host_names(&[EcrRegistry::new(ACCOUNT, "us-east-1"), EcrRegistry::new(ACCOUNT, "eu-west-1")]);
        names.extend(OTHERS.map(str::to_owned));
        let address = own_address();
        let hosts: String = names.iter().map(|name| format!("{address} {name}\n")).collect();
        fs::write(dir.path().join("hosts"), format!("127.0.0.1 localhost\n{hosts}"))?;
        let (sender, requests) = unbounded_channel();
        let mut config = Config {
            listen: Listen {
                https: Some(SocketAddr::from((address, 443))),
                http: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
                either: Vec::new(),
            },
            tls: Some(Arc::new(certificate(&names, &dir.path().join("ca.pem"))?)),
            default_account: ACCOUNT.to_owned(),
            plain_http: PlainHttp { write: true, create_on_push: true },
            request_log: RequestLog::Channel(sender),
            ..Config::new(dir.path().join("data"))
        };
        change(&mut config);
        let server = serve(config).await?;
        Ok(Self { dir, server, requests, path: Vec::new() })
    }

    /// Adds a directory of programs for the clients.
    pub(crate) fn with_programs(mut self, dir: PathBuf) -> Self {
        self.path.push(dir);
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Creates a repository without a client, by seeding a second emulator over the same directory.
    pub(crate) async fn create_repository(&self, name: &str) -> Result<()> {
        let mut config = Config::new(self.dir.path().join("data"));
        config.listen.http = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        config.seeds.repositories.push((EcrRegistry::new(ACCOUNT, "us-east-1"), name.parse()?));
        serve(config).await?.shutdown(std::time::Duration::ZERO).await;
        Ok(())
    }

    /// Returns the TLS address and the certificate of its authority.
    pub(crate) fn https(&self) -> Result<(SocketAddr, String)> {
        let address = self.server.https.context("the tests' emulator has a TLS address")?;
        Ok((address, fs::read_to_string(self.dir.path().join("ca.pem"))?))
    }

    /// Returns the plain HTTP address.
    pub(crate) fn http(&self) -> SocketAddr {
        self.server.http.expect("the tests' emulator has a plain address")
    }

    /// Runs a client that resolves the AWS names to this emulator; returns its standard output.
    pub(crate) fn run(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<String> {
        let output = self.output(program, args, env)?;
        let shown = format!("{program} {}: {}\n{}\n{}", args.join(" "), output.status, output.stdout, output.stderr);
        ensure!(output.status == 0, "{shown}");
        Ok(output.stdout)
    }

    /// Runs a client and returns its result.
    pub(crate) fn output(&self, program: &str, args: &[&str], env: &[(&str, &str)]) -> Result<Output> {
        let mut path = std::env::join_paths(&self.path)?;
        path.push(":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        let ca = self.dir.path().join("ca.pem");
        // Debian's `unshare` needs root or user namespaces for the mount.
        let output = Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-ec", "mount --bind \"$0\" /etc/hosts; exec \"$@\""])
            .arg(self.dir.path().join("hosts"))
            .arg(program)
            .args(args)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.dir.path())
            .env("SSL_CERT_FILE", &ca)
            .env("AWS_CA_BUNDLE", &ca)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(env.iter().copied())
            .output()
            .with_context(|| format!("cannot run {program}"))?;
        Ok(Output {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Returns the requests since the last call, one per line: host, action, signature, parameters.
    pub(crate) fn requests(&mut self) -> String {
        let mut lines = String::new();
        while let Ok(entry) = self.requests.try_recv() {
            let params: String = entry.params.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            let auth = serde_json::to_string(&entry.auth).expect("a word");
            let error = entry.error.map(|error| format!(" {error}")).unwrap_or_default();
            lines.push_str(&format!(
                "{} {} {} {}{error}{params}\n",
                entry.host,
                entry.action,
                auth.trim_matches('"'),
                entry.status
            ));
        }
        lines
    }
}

/// The exit status and output of a client.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The keys of a connector with manual credentials.
pub(crate) const STATIC_KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
];

/// Returns an address that no other test on this machine has: by process, then by count.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, high | 0x80, low, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Creates a certificate authority, writes its certificate for the clients, and signs one for the names.
fn certificate(names: &[String], ca_file: &Path) -> Result<Tls> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "cirun test CA");
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::DigitalSignature];
    let ca_key = KeyPair::generate()?;
    let ca = params.self_signed(&ca_key)?;
    fs::write(ca_file, ca.pem())?;
    let issuer = Issuer::new(params, ca_key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(names.to_vec())?.signed_by(&key, &issuer)?;
    Ok(Tls { certificate_chain: certificate.pem(), private_key: key.serialize_pem() })
}
