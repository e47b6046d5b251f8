//! The gateway's work, as a file in its container.

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

/// What the emulator is told in its container, as a JSON file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EmulatorFile {
    /// The directory with repositories and images.
    pub(crate) data: PathBuf,
    /// The TLS address.
    pub(crate) https: Option<HttpsFile>,
    /// A push makes the repository that it names.
    pub(crate) create_on_push: bool,
    /// What it is told of names, where containers ask it.
    pub(crate) resolver: Option<ResolverFile>,
    /// The registries that it plays besides AWS's.
    pub(crate) registries: RegistriesFile,
    /// Who signs the web identity tokens of the CI; by default the data directory's own issuer.
    pub(crate) issuer: Option<OidcKey>,
    /// Errors on purpose, as `--inject` has them.
    pub(crate) faults: Vec<String>,
    /// Who answers STS and ECR first.
    pub(crate) upstream: Option<UpstreamFile>,
    /// The port for what comes from this machine, in plain HTTP.
    pub(crate) plain_port: Option<u16>,
    /// The account and region of callers whose key tells nothing else.
    pub(crate) home: Option<(String, String)>,
    /// Where each request is noted, one JSON object a line.
    pub(crate) request_log: Option<PathBuf>,
}

/// An emulator that calls are forwarded to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UpstreamFile {
    /// Its address.
    pub(crate) url: String,
    /// The socket that leads there.
    pub(crate) relay: Option<PathBuf>,
    /// Certificates (PEM) that it is trusted by, besides the public roots.
    pub(crate) roots: Vec<String>,
}

/// The TLS address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HttpsFile {
    /// The address.
    pub(crate) listen: SocketAddr,
    /// The run's certificate authority, with its key (PEM).
    pub(crate) authority: String,
    /// The names besides AWS's that it issues certificates for.
    pub(crate) names: Vec<String>,
    /// AWS's names are among them.
    pub(crate) aws: bool,
}

impl EmulatorFile {
    /// The file's text; it holds keys.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::new(FailureKind::Aws, format!("cannot describe the gateway's work: {error}")))
    }
}

/// Reads what [`EmulatorFile::text`] wrote.
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
