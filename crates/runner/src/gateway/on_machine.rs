//! The emulated AWS for host steps: an address on loopback, as the run's name server is not theirs.

use std::{fs, io, net::SocketAddr, path::PathBuf};

use cirun_aws_emulator::{Config, Listen, OidcIssuer, PlainHttp, RequestLog, Server, Upstream};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::DockerBackend;

use super::{PLAIN_PORT, REQUEST_LOG, SHUTDOWN, SIDECAR};
use crate::{record::Record, relay};

/// The emulated AWS that cirun itself serves for a run without an engine.
#[derive(Debug)]
pub(crate) struct Alone {
    server: Server,
    address: SocketAddr,
    data: PathBuf,
}

/// How it answers.
#[derive(Debug)]
pub(crate) struct AloneOrders {
    /// The issuer of the run's OIDC token.
    pub issuer: OidcIssuer,
    /// A push creates its repository if it does not exist.
    pub create_on_push: bool,
    /// Errors to make on purpose (`--inject`).
    pub faults: Vec<String>,
    /// The emulator that calls are forwarded to first.
    pub upstream: Option<Upstream>,
}

impl Alone {
    /// Serves the emulated AWS from this process. Its images are kept until [`Alone::end`].
    pub(crate) async fn serve(record: &Record, orders: AloneOrders) -> Result<Self, Failure> {
        let data = record.emulator().join("data");
        let faults = orders.faults.iter().map(|fault| fault.parse()).collect::<Result<_, _>>();
        let config = Config {
            listen: Listen { http: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..Listen::default() },
            create_on_push: orders.create_on_push,
            plain_http: PlainHttp { write: true, create_on_push: orders.create_on_push },
            request_log: RequestLog::File(record.emulator().join(REQUEST_LOG)),
            issuer: Some(orders.issuer),
            faults: faults.map_err(|error: cirun_aws_emulator::InvalidFault| Failure::aws(error))?,
            upstream: orders.upstream,
            ..Config::new(&data)
        };
        let server = cirun_aws_emulator::serve(config).await.map_err(Failure::aws)?;
        let address = server.http.ok_or_else(|| Failure::new(FailureKind::Aws, "the emulated AWS has no address"))?;
        Ok(Self { server, address, data })
    }

    /// The endpoint's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops serving and removes the images.
    pub(crate) async fn end(self) -> io::Result<()> {
        self.server.shutdown(SHUTDOWN).await;
        match fs::remove_dir_all(&self.data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Opens a port on loopback that leads to the gateway of the current stage, and returns its URL.
pub(crate) async fn of_the_gateway(containers: &DockerBackend) -> io::Result<String> {
    let containers = containers.clone();
    let address = relay::loopback(move || containers.sidecar_port(SIDECAR, PLAIN_PORT)).await?;
    Ok(format!("http://{address}"))
}
