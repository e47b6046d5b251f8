//! The emulator that a run's STS, ECR and S3 calls are forwarded to (`--aws-endpoint-url`), and the gateway's way to it.
//!
//! The gateway runs in a container, where `localhost` is the container itself. It reaches a service of the stage over the
//! stage's network. For any other emulator, it connects to a socket in the run's directory, and cirun on this machine connects
//! that to the emulator. So the emulator can listen on loopback only.

use std::{fs, path::PathBuf, time::Duration};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_image_ref::Endpoint;
use cirun_plan::{Action, NetworkModel, Plan};
use cirun_project::{Environment, settings::Setting};
use tokio::{net::TcpStream, time::timeout};

use super::{EMULATOR_DIRECTORY, configuration::UpstreamFile};
use crate::{record::Record, relay, relay::Target};

/// The file name of the socket, in the record's directory of the emulator.
const SOCKET: &str = "upstream.sock";
/// Timeout of the test connection to the endpoint before the run.
const PATIENCE: Duration = Duration::from_secs(5);

/// The gateway's way to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// Through cirun on this machine.
    Machine,
    /// By its name on the stage's network.
    Service,
    /// Through a port of the pod, from which a relay leads to the service on the pod's loopback.
    Pod {
        /// The port of the relay.
        relay: u16,
    },
}

/// Chooses the route. A host that is the id of a Background step means that service; any other host is resolved on this
/// machine.
pub(crate) fn route(endpoint: &Endpoint, plan: &Plan) -> Result<Route, Failure> {
    let mut models = plan.stages.iter().filter_map(|stage| {
        let named = stage.services().any(|service| match &service.action {
            Action::Container(container) => container.aliases.iter().any(|alias| alias.value == endpoint.host),
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => false,
        });
        named.then(|| stage.profile.value.network())
    });
    let Some(model) = models.next() else { return Ok(Route::Machine) };
    if models.any(|other| other != model) {
        return Err(Failure::usage(format!(
            "`{}` is a service of stages with different infrastructure, and the gateway reaches it in one way only",
            endpoint.host
        ))
        .help("run them one by one with `--stage ID`, or on the same infrastructure with `--infra`"));
    }
    Ok(match model {
        NetworkModel::Bridge => Route::Service,
        NetworkModel::Pod => Route::Pod { relay: relay_port(endpoint.port) },
    })
}

/// A port for the relay, which the pod's services are unlikely to use.
fn relay_port(port: u16) -> u16 {
    port ^ 0x8000
}

impl Route {
    /// Additional arguments for the pod's first container: the relay to the service.
    pub(crate) fn pod_words(&self, endpoint: &Endpoint) -> Vec<String> {
        match self {
            Self::Pod { relay } => vec![format!("--relay={relay}={}", endpoint.port)],
            Self::Machine | Self::Service => Vec::new(),
        }
    }

    /// The pod's names on the stage's network.
    pub(crate) fn pod_aliases(&self, endpoint: &Endpoint) -> Vec<String> {
        match self {
            Self::Pod { .. } => vec![endpoint.host.clone()],
            Self::Machine | Self::Service => Vec::new(),
        }
    }

    /// Opens the route, and returns the gateway's configuration for it.
    pub(crate) async fn open(
        &self,
        given: &Setting<Endpoint>,
        record: &Record,
        environment: &Environment,
    ) -> Result<UpstreamFile, Failure> {
        let endpoint = &given.value;
        let roots = roots(endpoint, environment)?;
        match self {
            Self::Service => Ok(UpstreamFile { url: endpoint.to_string(), relay: None, roots }),
            Self::Pod { relay } => {
                Ok(UpstreamFile { url: Endpoint { port: *relay, ..endpoint.clone() }.to_string(), relay: None, roots })
            }
            Self::Machine => {
                let host = endpoint.host.trim_matches(['[', ']']).to_owned();
                let answered = timeout(PATIENCE, TcpStream::connect((host.as_str(), endpoint.port))).await;
                match answered {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return Err(silent(given, &error.to_string())),
                    Err(_) => return Err(silent(given, "no answer")),
                }
                let target = Target { host, port: endpoint.port, patience: Duration::ZERO };
                relay::unix(&record.emulator(), SOCKET, target)
                    .map_err(|error| Failure::io("cannot connect the gateway to this machine", error))?;
                let relay = Some(PathBuf::from(format!("{EMULATOR_DIRECTORY}/{SOCKET}")));
                Ok(UpstreamFile { url: endpoint.to_string(), relay, roots })
            }
        }
    }
}

/// The certificates (PEM) of `AWS_CA_BUNDLE`; empty if the variable is not set or the endpoint does not use TLS.
///
/// # Errors
/// The file cannot be read.
pub fn roots(endpoint: &Endpoint, environment: &Environment) -> Result<Vec<String>, Failure> {
    let Some(path) = environment.get("AWS_CA_BUNDLE").filter(|_| endpoint.secure) else { return Ok(Vec::new()) };
    let read = fs::read_to_string(path);
    let text =
        read.map_err(|error| Failure::new(FailureKind::Aws, format!("cannot read AWS_CA_BUNDLE ({path}): {error}")))?;
    Ok(vec![text])
}

fn silent(given: &Setting<Endpoint>, why: &str) -> Failure {
    let Setting { value, origin } = given;
    let error =
        Failure::new(FailureKind::Aws, format!("nothing answers at {value} (`aws-endpoint-url`, {origin}): {why}"));
    error.help(if value.host.contains('.') || value.host == "localhost" {
        "start the emulator that receives the calls, or omit the option to use the built-in emulator".to_owned()
    } else {
        format!(
            "no Background step of the selected stages is `{}`, and this machine does not reach it either",
            value.host
        )
    })
}
