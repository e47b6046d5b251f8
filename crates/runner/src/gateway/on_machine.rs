//! The emulated AWS for steps on this machine, which no name server of a run can redirect: an address on loopback.

use std::{fs, io, net::SocketAddr, path::PathBuf};

use cirun_aws_emulator::{Config, Listen, OidcIssuer, PlainHttp, RequestLog, Server, Upstream};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::DockerBackend;

use super::{PLAIN_PORT, REQUEST_LOG, SHUTDOWN, SIDECAR};
use crate::{record::Record, relay};

/// What a run without an engine serves by itself.
#[derive(Debug)]
pub(crate) struct Alone {
    server: Server,
    address: SocketAddr,
    data: PathBuf,
}

/// How it answers.
#[derive(Debug)]
pub(crate) struct AloneOrders {
    /// Who signed the run's OIDC token.
    pub issuer: OidcIssuer,
    /// A push makes the repository that it names.
    pub create_on_push: bool,
    /// Errors on purpose.
    pub faults: Vec<String>,
    /// Who answers STS, ECR and S3 first.
    pub upstream: Option<Upstream>,
}

impl Alone {
    /// Serves the emulated AWS from this process, with images of its own that go at the end.
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

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it and removes its images.
    pub(crate) async fn end(self) -> io::Result<()> {
        self.server.shutdown(SHUTDOWN).await;
        match fs::remove_dir_all(&self.data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// The URL that leads to the gateway of whichever stage is under way.
pub(crate) async fn of_the_gateway(containers: &DockerBackend) -> io::Result<String> {
    let containers = containers.clone();
    let address = relay::loopback(move || containers.sidecar_port(SIDECAR, PLAIN_PORT)).await?;
    Ok(format!("http://{address}"))
}
