//! The gateway's configuration file.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use cirun_aws::Authority;
use cirun_aws_emulator::{Certificates, Config, Listen, OidcIssuer, OidcKey, PlainHttp, RequestLog, Upstream};
use cirun_diagnostics::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

use super::{SERVICE_START, certificates::OnDemand, registries::RegistriesFile, resolver::ResolverFile};

/// The configuration of the emulator and the name server in the gateway's container, as JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EmulatorFile {
    /// The directory with repositories and images.
    pub(crate) data: PathBuf,
    /// The TLS endpoint.
    pub(crate) https: Option<HttpsFile>,
    /// A push creates its repository if it does not exist.
    pub(crate) create_on_push: bool,
    /// The name server. `None` if the gateway has none.
    pub(crate) resolver: Option<ResolverFile>,
    /// The registries other than ECR that it answers for.
    pub(crate) registries: RegistriesFile,
    /// The key of the OIDC issuer whose tokens are accepted; by default that of the data directory.
    pub(crate) issuer: Option<OidcKey>,
    /// Errors to make on purpose, in the syntax of `--inject`.
    pub(crate) faults: Vec<String>,
    /// The emulator that calls are forwarded to first.
    pub(crate) upstream: Option<UpstreamFile>,
    /// The plain HTTP port for requests from this machine.
    pub(crate) plain_port: Option<u16>,
    /// Account and region of callers whose key belongs to no other account.
    pub(crate) home: Option<(String, String)>,
    /// The request log, with one JSON object per line.
    pub(crate) request_log: Option<PathBuf>,
}

/// An emulator that calls are forwarded to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UpstreamFile {
    /// The emulator's URL.
    pub(crate) url: String,
    /// The Unix socket that leads to it, if it cannot be reached directly.
    pub(crate) relay: Option<PathBuf>,
    /// Certificates (PEM) to trust besides the public roots.
    pub(crate) roots: Vec<String>,
}

/// The TLS endpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HttpsFile {
    /// The address to listen on.
    pub(crate) listen: SocketAddr,
    /// The run's certificate authority with its key (PEM).
    pub(crate) authority: String,
    /// The names other than AWS's to issue certificates for.
    pub(crate) names: Vec<String>,
    /// Whether to issue certificates for AWS's names.
    pub(crate) aws: bool,
}

impl EmulatorFile {
    /// The file's text. It contains keys.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::new(FailureKind::Aws, format!("cannot describe the gateway's work: {error}")))
    }
}

/// Reads a file that [`EmulatorFile::text`] wrote.
pub(crate) fn read(path: &Path) -> Result<(Config, Option<ResolverFile>), Failure> {
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
