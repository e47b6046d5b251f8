//! The machine's registry: a container that serves the images of all runs on loopback, for `docker pull`.

use std::time::Duration;

use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::{Engine, HelperImage, MachineService, ReadyLine, VolumeMount};
use cirun_image_ref::{Repository, split_tag};
use cirun_plan::PortBinding;
use indexmap::IndexMap;
use tokio::sync::OnceCell;

use super::{DATA_DIRECTORY, Pushed, READY_LINE, helper_image};
use crate::OwnImage;

/// The preferred port on loopback; if it is taken, the next free one.
const PREFERRED_PORT: u16 = 5577;
/// The port in the container.
const PORT: u16 = 5000;

/// The machine's registry, started when it is first needed.
#[derive(Debug)]
pub struct MachineRegistry {
    engine: Engine,
    own: OwnImage,
    name: String,
    running: OnceCell<LocalRegistry>,
}

impl MachineRegistry {
    /// A registry that is not started yet. `name` is the name of its container and volume.
    pub fn new(engine: Engine, own: OwnImage, name: String) -> Self {
        Self { engine, own, name, running: OnceCell::new() }
    }

    /// Starts the registry, if this run has not done so, and returns it.
    ///
    /// # Errors
    /// The registry cannot be started.
    #[tracing::instrument(name = "the local registry", level = "debug", skip_all)]
    pub async fn ensure(&self) -> Result<&LocalRegistry, Failure> {
        let start = || LocalRegistry::ensure(&self.engine, &self.own, helper_image(&self.own), &self.name);
        self.running.get_or_try_init(start).await
    }

    /// The registry, if this run has started it.
    pub fn running(&self) -> Option<&LocalRegistry> {
        self.running.get()
    }
}

/// The running registry.
#[derive(Debug, Clone)]
pub struct LocalRegistry {
    port: u16,
    container: String,
}

impl LocalRegistry {
    /// Makes sure that the registry of that name runs, from this build of cirun. All users and runs share it.
    ///
    /// # Errors
    /// The registry cannot be started.
    pub async fn ensure(engine: &Engine, own: &OwnImage, image: HelperImage, name: &str) -> Result<Self, Failure> {
        let service = MachineService {
            name: name.to_owned(),
            role: "registry".to_owned(),
            image,
            command: own.inside(&["registry", "--data", DATA_DIRECTORY, "--port", &PORT.to_string()]),
            env: IndexMap::new(),
            binds: Vec::new(),
            volumes: vec![VolumeMount { name: name.to_owned(), target: DATA_DIRECTORY.to_owned() }],
            ports: vec![PortBinding { host: PREFERRED_PORT, container: PORT }],
            ready: Some(ReadyLine { text: READY_LINE.to_owned(), within: Duration::from_secs(20) }),
        };
        let running = engine.ensure_machine_service(&service).await?;
        let port = running.ports.iter().find(|port| port.container == PORT).map(|port| port.host);
        let port = port.ok_or_else(|| Failure::new(FailureKind::Aws, "the local registry publishes no port"))?;
        Ok(Self { port, container: running.id })
    }

    /// The container's id.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// The registry's `host:port`, for the engine and for this machine.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The reference by which `docker pull` gets a pushed image.
    pub fn address(&self, image: &Pushed) -> String {
        format!("{}/{}/{}:{}", self.host(), image.registry, image.repository, image.tag)
    }

    /// Copies an image of the engine into the registry, under the `name` that builds start FROM.
    ///
    /// # Errors
    /// The engine does not have the image, or it cannot be copied.
    pub async fn seed(&self, engine: &Engine, name: &str, image: &str) -> Result<(), Failure> {
        if !engine.has_image(image, None).await? {
            return Err(Failure::new(
                FailureKind::Image,
                format!("the engine has no image `{image}`, which `base-image` names for `{name}`"),
            ));
        }
        let (name, tag) = split_tag(name);
        let separator = if tag.is_some_and(|tag| tag.contains(':')) { '@' } else { ':' };
        let address = format!("{}{separator}{}", Repository::of(name).kept_at(&self.host()), tag.unwrap_or("latest"));
        Ok(engine.publish_image(image, &address).await?)
    }
}
