//! `cirun __inside …`: what cirun does inside its own containers.

mod store;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cirun_aws::Authority;
use cirun_aws_emulator::{Certificates, Config, Listen, OidcIssuer, OidcKey, PlainHttp, RequestLog, Upstream};
use cirun_diagnostics::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

use crate::{
    args::{InsideCommand, Relay},
    command::aws,
    console,
    exit::ExitCode,
    front::{OnDemand, READY_LINE, RegistriesFile, ResolverFile, SERVICE_START, SHUTDOWN, resolver},
    relay,
    relay::Target,
    signals::Signals,
};

/// The pause between two readings of a watch.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the emulator is told in its container, as a JSON file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EmulatorFile {
    /// The directory with repositories and images.
    pub data: PathBuf,
    /// The TLS address.
    pub https: Option<HttpsFile>,
    /// A push makes the repository that it names.
    pub create_on_push: bool,
    /// What it is told of names, where containers ask it.
    pub resolver: Option<ResolverFile>,
    /// The registries that it plays besides AWS's.
    pub registries: RegistriesFile,
    /// Who signs the web identity tokens of the CI; by default the data directory's own issuer.
    pub issuer: Option<OidcKey>,
    /// Errors on purpose, as `--inject` has them.
    pub faults: Vec<String>,
    /// Who answers STS and ECR first.
    pub upstream: Option<UpstreamFile>,
    /// The port for what comes from this machine, in plain HTTP.
    pub plain_port: Option<u16>,
    /// The account and region of callers whose key tells nothing else.
    pub home: Option<(String, String)>,
    /// Where each request is noted, one JSON object a line.
    pub request_log: Option<PathBuf>,
}

/// An emulator that calls are forwarded to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UpstreamFile {
    /// Its address.
    pub url: String,
    /// The socket that leads there.
    pub relay: Option<PathBuf>,
    /// Certificates (PEM) that it is trusted by, besides the public roots.
    pub roots: Vec<String>,
}

/// The TLS address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HttpsFile {
    /// The address.
    pub listen: SocketAddr,
    /// The run's certificate authority, with its key (PEM).
    pub authority: String,
    /// The names besides AWS's that it issues certificates for.
    pub names: Vec<String>,
    /// AWS's names are among them.
    pub aws: bool,
}

impl EmulatorFile {
    /// The file's text; it holds keys.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::new(FailureKind::Aws, format!("cannot describe the gateway's work: {error}")))
    }
}

/// Does what the container is for, until it is stopped.
pub(crate) async fn run(command: InsideCommand) -> Result<ExitCode, Failure> {
    match command {
        InsideCommand::Watch => watch().await,
        InsideCommand::Pause { relays } => {
            for Relay { port, target } in relays {
                let target = Target { host: "localhost".to_owned(), port: target, patience: SERVICE_START };
                let every = SocketAddr::from(([0, 0, 0, 0], port));
                let opened = relay::tcp(every, target).await;
                opened.map_err(|error| Failure::io(format!("cannot listen on port {port}"), error))?;
            }
            until_stopped().await
        }
        InsideCommand::Supervisor { .. } => until_stopped().await,
        InsideCommand::Store { program, list, caches, artifacts, workspace } => {
            store::run(program, store::Orders { list, caches, artifacts, workspace })
        }
        InsideCommand::Gc { data, options } => aws::collect_inside(&data, &options).await,
        InsideCommand::Registry { data, port } => {
            let http = Some(SocketAddr::from(([0, 0, 0, 0], port)));
            let plain_http = PlainHttp { write: true, create_on_push: true };
            serve(Config { listen: Listen { http, ..Listen::default() }, plain_http, ..Config::new(data) }).await
        }
        InsideCommand::Emulator { config } => {
            let (config, resolver) = read(&config)?;
            if let Some(file) = resolver {
                resolver::serve(file).await.map_err(|error| Failure::io("cannot listen on port 53", error))?;
            }
            serve(config).await
        }
    }
}

/// Prints the kernel's tables of sockets and a dot, over and over.
async fn watch() -> Result<ExitCode, Failure> {
    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    while !signals.stop.is_cancelled() {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
        console::data(&format!("{}\n.\n", tables.concat()))?;
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(ExitCode::Success)
}

async fn serve(config: Config) -> Result<ExitCode, Failure> {
    let server = cirun_aws_emulator::serve(config).await.map_err(Failure::aws)?;
    say_ready()?;
    until_stopped().await?;
    server.shutdown(SHUTDOWN).await;
    Ok(ExitCode::Success)
}

async fn until_stopped() -> Result<ExitCode, Failure> {
    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    signals.stop.cancelled().await;
    Ok(ExitCode::Success)
}

fn say_ready() -> Result<(), Failure> {
    console::data(&format!("{READY_LINE}\n"))
}

fn read(path: &Path) -> Result<(Config, Option<ResolverFile>), Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::io(path.display(), error))?;
    let file: EmulatorFile = serde_json::from_str(&text)
        .map_err(|error| Failure::new(FailureKind::Aws, format!("{}: {error}", path.display())))?;
    let https = file.https.as_ref().map(|https| https.listen);
    let http = file.plain_port.map(|port| SocketAddr::from(([0, 0, 0, 0], port)));
    let wrong = |error: &dyn std::fmt::Display| Failure::new(FailureKind::Aws, format!("{}: {error}", path.display()));
    let issuer = file.issuer.map(|key| OidcIssuer::of_key(&key)).transpose().map_err(|error| wrong(&error))?;
    let tls = match file.https {
        None => None,
        Some(HttpsFile { authority, names, aws, .. }) => {
            let authority = Authority::from_pem(&authority).ok_or_else(|| wrong(&"no certificate authority"))?;
            let certificates: Arc<dyn Certificates> = Arc::new(OnDemand::new(authority, aws, names));
            Some(certificates)
        }
    };
    let faults = file.faults.iter().map(|fault| fault.parse()).collect::<Result<_, _>>();
    let upstream = file.upstream.map(|upstream| {
        let there = upstream.url.parse().map(Upstream::new);
        there.map(|there| there.trusting(upstream.roots)).map(|there| match upstream.relay {
            Some(relay) => there.through(relay),
            None => there.within(SERVICE_START),
        })
    });
    let mut config = Config::new(file.data);
    if let Some((account, region)) = file.home {
        config.default_account = account;
        config.default_region = region;
    }
    let mut config = Config {
        listen: Listen { https, http, ..Listen::default() },
        tls,
        create_on_push: file.create_on_push,
        request_log: file.request_log.map_or(RequestLog::Off, RequestLog::File),
        issuer,
        faults: faults.map_err(|error: cirun_aws_emulator::InvalidFault| wrong(&error))?,
        upstream: upstream.transpose().map_err(|error| wrong(&error))?,
        ..config
    };
    file.registries.apply(&mut config);
    config.plain_http = PlainHttp { write: http.is_some(), create_on_push: config.create_on_push };
    Ok((config, file.resolver))
}
