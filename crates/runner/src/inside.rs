//! What cirun does inside its own containers, until it is stopped.

mod store;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use cirun_aws_emulator::{Config, Listen, PlainHttp};
use cirun_diagnostics::Failure;
use tokio_util::sync::CancellationToken;

pub use self::store::{Orders as StoreOrders, run as store};
use crate::{
    gateway::{READY_LINE, SERVICE_START, SHUTDOWN, configuration, resolver},
    relay::{self, Target},
};

/// The pause between two readings of a watch.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A port of a pod that leads to another one on its loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRelay {
    /// The port that is opened.
    pub port: u16,
    /// Where it leads.
    pub target: u16,
}

/// How what a container does is seen and ended.
pub struct Inside<'a> {
    /// Ends it.
    pub stop: CancellationToken,
    /// Prints a text to standard output.
    pub print: &'a (dyn Fn(&str) -> Result<(), Failure> + Sync),
}

impl Inside<'_> {
    /// Holds the network namespace of a pod, and forwards ports in it.
    ///
    /// # Errors
    /// A port is taken.
    pub async fn pause(self, relays: Vec<PortRelay>) -> Result<(), Failure> {
        for PortRelay { port, target } in relays {
            let target = Target { host: "localhost".to_owned(), port: target, patience: SERVICE_START };
            let every = SocketAddr::from(([0, 0, 0, 0], port));
            let opened = relay::tcp(every, target).await;
            opened.map_err(|error| Failure::io(format!("cannot listen on port {port}"), error))?;
        }
        self.stop.cancelled().await;
        Ok(())
    }

    /// Prints the kernel's tables of sockets and a dot, over and over.
    ///
    /// # Errors
    /// The output is gone.
    pub async fn watch(self) -> Result<(), Failure> {
        while !self.stop.is_cancelled() {
            let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
            (self.print)(&format!("{}\n.\n", tables.concat()))?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Serves the registry of this machine.
    ///
    /// # Errors
    /// The port is taken, or the data cannot be read.
    pub async fn registry(self, data: PathBuf, port: u16) -> Result<(), Failure> {
        let http = Some(SocketAddr::from(([0, 0, 0, 0], port)));
        let plain_http = PlainHttp { write: true, create_on_push: true };
        self.serve(Config { listen: Listen { http, ..Listen::default() }, plain_http, ..Config::new(data) }).await
    }

    /// Serves a gateway as its configuration file says.
    ///
    /// # Errors
    /// The file is invalid, or a port is taken.
    pub async fn emulator(self, configuration: &Path) -> Result<(), Failure> {
        let (config, names) = configuration::read(configuration)?;
        if let Some(file) = names {
            resolver::serve(file).await.map_err(|error| Failure::io("cannot listen on port 53", error))?;
        }
        self.serve(config).await
    }

    async fn serve(self, config: Config) -> Result<(), Failure> {
        let server = cirun_aws_emulator::serve(config).await.map_err(Failure::aws)?;
        (self.print)(&format!("{READY_LINE}\n"))?;
        self.stop.cancelled().await;
        server.shutdown(SHUTDOWN).await;
        Ok(())
    }
}
