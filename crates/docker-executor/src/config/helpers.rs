//! Helper containers, which cirun itself provides, and what they and the steps mount.

use std::{fmt, io, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use cirun_plan::PortBinding;
use indexmap::IndexMap;

/// A host path in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The path on the host; it must exist.
    pub source: PathBuf,
    /// The path in the container.
    pub target: String,
    /// Whether it is read-only in the container.
    pub read_only: bool,
}

/// A named volume in a container; it outlives the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeMount {
    /// The volume's name; it is created if it does not exist.
    pub name: String,
    /// The path in the container.
    pub target: String,
}

/// A helper container of a stage, provided by cirun itself.
#[derive(Clone)]
pub struct Sidecar {
    /// Its name within the stage.
    pub name: String,
    /// Its image.
    pub image: HelperImage,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Environment.
    pub env: IndexMap<String, String>,
    /// DNS names on the stage's network.
    pub aliases: Vec<String>,
    /// Files to write into it before it starts, by absolute path; they are removed with the container.
    pub files: Vec<(String, Bytes)>,
    /// The name servers that the engine uses for it, if not the machine's.
    pub name_servers: Vec<IpAddr>,
    /// Host paths.
    pub binds: Vec<Bind>,
    /// Volumes that outlive the stage.
    pub volumes: Vec<VolumeMount>,
    /// Ports published on loopback; host port 0 lets the engine choose, see [`DockerBackend::sidecar_port`].
    ///
    /// [`DockerBackend::sidecar_port`]: crate::DockerBackend::sidecar_port
    pub ports: Vec<PortBinding>,
    /// The condition to wait for before the first step.
    pub ready: Option<ReadyLine>,
}

/// Omits the content of files, which may be secret.
impl fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sidecar").field("name", &self.name).field("command", &self.command).finish_non_exhaustive()
    }
}

/// An image that comes with cirun.
#[derive(Debug, Clone)]
pub struct HelperImage {
    /// Its reference, with a tag made from its content: if the engine has it, nothing is imported.
    pub reference: String,
    /// Its file system, or `None` if the engine must already have the image.
    pub rootfs: Option<RootFs>,
    /// Dockerfile instructions for the imported image (`ENTRYPOINT ["/cirun"]`).
    pub changes: Vec<String>,
}

/// Creates the tar stream of an image's file system when it is needed.
#[derive(Clone)]
pub struct RootFs(Arc<dyn Fn() -> io::Result<Bytes> + Send + Sync>);

impl RootFs {
    /// Wraps the function; it is called on a blocking thread, at most once for each import.
    pub fn new(make: impl Fn() -> io::Result<Bytes> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    pub(crate) fn make(&self) -> io::Result<Bytes> {
        (self.0)()
    }
}

impl fmt::Debug for RootFs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootFs")
    }
}

/// The line that a helper container prints when it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyLine {
    /// A part of the line.
    pub text: String,
    /// How long to wait for it.
    pub within: Duration,
}

/// The holder of a pod's network namespace.
#[derive(Debug, Clone)]
pub struct PodImage {
    /// The image.
    pub image: HelperImage,
    /// A program that runs until it is killed.
    pub command: Vec<String>,
    /// The pod's DNS names on the stage's network, for sidecars; the pod's own containers reach its services on
    /// loopback.
    pub aliases: Vec<String>,
}

/// The helper that lists the listening ports of a network namespace.
#[derive(Debug, Clone)]
pub struct WatcherImage {
    /// The image.
    pub image: HelperImage,
    /// A program that prints `/proc/net/tcp`, `/proc/net/tcp6` and a line with a single dot, repeatedly, until it is
    /// killed.
    pub command: Vec<String>,
}

/// A program that runs instead of the programs of some images; the containers are otherwise those of their steps.
#[derive(Debug, Clone)]
pub struct LocalPluginImage {
    /// Its image.
    pub image: HelperImage,
    /// Program and first arguments; the arguments of the step follow.
    pub command: Vec<String>,
    /// Host paths in addition to those of every step.
    pub binds: Vec<Bind>,
}
