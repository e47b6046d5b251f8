//! The programs that cirun runs in its own containers.

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

/// The interval of [`Inside::watch`].
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A relay from a port of a pod to a port on the pod's loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRelay {
    /// The port to listen on.
    pub port: u16,
    /// The port on loopback.
    pub target: u16,
}

/// Runs one program, until it is stopped.
pub struct Inside<'a> {
    /// Stops the program.
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

    /// Prints the kernel's socket tables, followed by a line with a dot, at intervals.
    ///
    /// # Errors
    /// The output is closed.
    pub async fn watch(self) -> Result<(), Failure> {
        while !self.stop.is_cancelled() {
            let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
            (self.print)(&format!("{}\n.\n", tables.concat()))?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Serves the machine's registry.
    ///
    /// # Errors
    /// The port is taken, or the data cannot be read.
    pub async fn registry(self, data: PathBuf, port: u16) -> Result<(), Failure> {
        let http = Some(SocketAddr::from(([0, 0, 0, 0], port)));
        let plain_http = PlainHttp { write: true, create_on_push: true };
        self.serve(Config { listen: Listen { http, ..Listen::default() }, plain_http, ..Config::new(data) }).await
    }

    /// Serves a gateway according to its configuration file.
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
